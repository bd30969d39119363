"""Cars and interpreters of a stay as lines of the guest's itinerary, in the reader's language."""

from __future__ import annotations

import datetime as dt

from django.db.models import Prefetch
from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from sarangbang.stays.entries import name_of, spot_of
from sarangbang.stays.itinerary import Entry, State
from sarangbang.stays.models import Stay
from sarangbang.ui import locales

from . import wording
from .entitlement import rules_at
from .models import Interpreting, Job, Ride, ServiceStatus, ServiceStep

STATES: dict[str, tuple[State, Lazy | str]] = {
    ServiceStatus.WAITING: (State.WAITING, gettext_lazy("The Center is checking")),
    ServiceStatus.GRANTED: (State.AGREED, gettext_lazy("Agreed; we tell you who comes")),
    ServiceStatus.ASSIGNED: (State.AGREED, gettext_lazy("Arranged")),
    ServiceStatus.UNDER_WAY: (State.UNDER_WAY, gettext_lazy("On the way to you")),
    ServiceStatus.MET: (State.UNDER_WAY, gettext_lazy("With you")),
    ServiceStatus.FINISHED: (State.DONE, gettext_lazy("Done")),
    ServiceStatus.DECLINED: (State.REFUSED, gettext_lazy("Not possible")),
    ServiceStatus.CANCELLED: (State.CANCELLED, gettext_lazy("Cancelled")),
}


MEETINGS: dict[str, Lazy | str] = {
    Interpreting.Mode.ON_SITE: gettext_lazy("An interpreter meets you at the entrance"),
    Interpreting.Mode.VIDEO: gettext_lazy("An interpreter helps you by video"),
    Interpreting.Mode.PHONE: gettext_lazy("An interpreter helps you by telephone"),
}


def entries_for(stay: Stay) -> list[Entry]:
    """All cars and interpreters that were asked for, called off ones too. Four queries, however many there are."""
    steps = Prefetch("steps", queryset=ServiceStep.objects.order_by("pk"))
    rides = stay.rides.select_related("origin", "destination", "vehicle__driver", "flight").prefetch_related(steps)
    jobs = stay.interpretings.select_related("place", "interpreter").prefetch_related(steps)
    return [_ride(ride) for ride in rides.order_by("starts_at", "pk")] + [
        _interpreting(job) for job in jobs.order_by("starts_at", "pk")
    ]


def _why_waiting(job: Job) -> list[str]:
    """Why a coordinator has to answer, in a sentence."""
    if job.status != ServiceStatus.WAITING:
        return []
    codes = [step.reason for step in job.steps.all() if step.reason in wording.OPEN_QUESTIONS]
    return [str(wording.OPEN_QUESTIONS[codes[-1]])] if codes else []


def _free_time(job: Interpreting) -> list[str]:
    """How much is free, where the appointment is longer."""
    rules = rules_at(job.starts_at)
    length = job.ends_at - job.starts_at - rules.span("interpreter_before")
    if not rules.has("interpreting_free") or length <= rules.span("interpreting_free"):
        return []
    return [f"{wording.RULES['interpreting_free']}: {wording.rule_value(rules['interpreting_free'])}"]


def _changed_at(job: Job) -> dt.datetime:
    return max([step.at for step in job.steps.all()] or [job.created_at])


def _ride(ride: Ride) -> Entry:
    state, status = STATES[ride.status]
    places = {"origin": name_of(ride.origin), "destination": name_of(ride.destination)}
    if ride.kind == Ride.Kind.PICK_UP:
        title = _("A driver waits with your name on a board")
    elif ride.kind == Ride.Kind.SENDING:
        title = _("A car brings you to the airport")
    else:
        title = _("A car comes for you")
    lines = [*_why_waiting(ride), _("From: %(origin)s") % places, _("To: %(destination)s") % places]
    if ride.vehicle is not None:
        driver = ride.vehicle.driver
        who = driver.name if get_language() == "ko" else driver.name_latin
        lines.append(_("Driver: %(who)s") % {"who": who})
        lines.append(_("Car: %(car)s") % {"car": f"{ride.vehicle.model} {ride.vehicle.plate}"})
    if ride.kind == Ride.Kind.PROGRAMME:
        lines.append(_("The car waits there and brings you back."))
    if ride.alone:
        lines.append(_("You ride alone."))
    if ride.child_seats:
        seats = {"number": locales.number(ride.child_seats, get_language() or "en")}
        lines.append(_("Child seats: %(number)s") % seats)
    if ride.wheelchairs:
        lines.append(_("The car takes a wheelchair."))
    return Entry(
        uid=ride.subject,
        kind="ride",
        starts_at=ride.starts_at,
        ends_at=ride.ends_at,
        title=title,
        summary=_("Car"),
        changed_at=_changed_at(ride),
        lines=tuple(lines),
        status=str(status),
        state=state,
        sequence=ride.sequence,
        spot=spot_of(ride.origin),
        to=spot_of(ride.destination),
        answer_by=ride.answer_by if ride.status == ServiceStatus.WAITING else None,
    )


def _interpreting(job: Interpreting) -> Entry:
    state, status = STATES[job.status]
    code = get_language() or "en"
    lines = [*_why_waiting(job), _("Language: %(name)s") % {"name": locales.language_name(job.language, code)}]
    if job.interpreter is not None:
        who = job.interpreter.name if code == "ko" else job.interpreter.name_latin
        lines.append(_("Interpreter: %(who)s") % {"who": who})
        if job.wish and job.interpreter.sex == job.wish:
            lines.append(_("As you wished."))
    lines += _free_time(job)
    return Entry(
        uid=job.subject,
        kind="interpreting",
        starts_at=job.starts_at,
        ends_at=job.ends_at,
        title=str(MEETINGS[job.mode]),
        summary=_("Interpreter"),
        changed_at=_changed_at(job),
        lines=tuple(lines),
        status=str(status),
        state=state,
        sequence=job.sequence,
        spot=spot_of(job.place),
        answer_by=job.answer_by if job.status == ServiceStatus.WAITING else None,
    )
