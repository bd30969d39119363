"""Booking a treatment that takes several visits: whole proposals, all visits of one held by one press."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sarangbang.directory import queries as directory
from sarangbang.directory.models import Offering, Practitioner
from sarangbang.portal.finding import zones
from sarangbang.portal.finding.forms import LONGEST_STAY, MyZoneForm, StayDates
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.holding import hold_series_again, is_held
from sarangbang.scheduling.models import Appointment, PathwayStep, WaitingEntry
from sarangbang.scheduling.pathways import FreeSeries, first_series, series_by_day, steps_by_offering, steps_of
from sarangbang.scheduling.queries import bookable_window
from sarangbang.stays import queries as stays
from sarangbang.ui import locales
from sarangbang.ui.forms import bind
from sarangbang.ui.views import secret

from .doors import hold_token, not_too_often, page_methods
from .times import DAY, GUEST, NONCE, held_behind, midnight

PROPOSALS = 4
"""So many whole proposals stand on a page, each beginning on another day."""
ELSEWHERE = 4
"""So many other institutions are shown when this one has nothing."""
LOOK_AHEAD = dt.timedelta(days=45)
"""How far is looked when no day of departure is given."""
DAYS = "days"
"""Key of the session: arrival and departure as they were asked for, by the held time, so that they are asked once."""


class VisitsForm(StayDates):
    """When the guest is here, and when visits suit them."""

    part = forms.ChoiceField(label=gettext_lazy("Time of day"), required=False, choices=WaitingEntry.PartOfDay.choices)
    language = forms.ChoiceField(label=gettext_lazy("A doctor speaks"), required=False)

    def __init__(self, *args: Any, practitioners: Iterable[Practitioner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reader = get_language() or "en"
        spoken = {each.language for one in practitioners for each in one.languages.all()}
        names = sorted((locales.language_name(code, reader), code) for code in spoken)
        choices = [("", _("Any language")), *((code, name) for name, code in names)]
        self.fields["language"].choices = choices  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class VisitOf:
    """One visit of a proposal: which step, when, by whom, and how many days after the visit before."""

    step: PathwayStep
    starts_at: dt.datetime
    ends_at: dt.datetime
    doctor: Practitioner
    days_later: int | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Times for all visits. ``value`` is what the button sends."""

    value: str
    offering: Offering
    visits: Sequence[VisitOf]

    @property
    def days(self) -> int:
        """Korean days from the first visit to the last, both counted."""
        return (_day(self.visits[-1].starts_at) - _day(self.visits[0].starts_at)).days + 1


def _day(moment: dt.datetime) -> dt.date:
    return timezone.localdate(moment, directory.KOREA)


def value_of(series: FreeSeries, steps: dict[int, PathwayStep]) -> str:
    """Offering, then for each visit step, practitioner and start in seconds since 1970."""
    visits = [
        f"{steps[each.step_id].position}.{each.practitioner_id}.{int(each.starts_at.timestamp())}"
        for each in series.times
        if each.step_id
    ]
    return "_".join([str(series.offering_id), *visits])


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a pressed button said."""

    offering: Offering
    visits: list[scheduling.Visit]


def chosen(value: str, *, procedure_id: int | None = None) -> Chosen | None:
    """The visits behind a button, if it names an offering (of this procedure), its steps and who takes them."""
    head, *parts = value[:1000].split("_")
    offering = stays.offering_at(int(head)) if re.fullmatch(r"\d{1,9}", head) else None
    if offering is None or (procedure_id is not None and offering.procedure_id != procedure_id):
        return None
    doctors = {str(one.pk): one for one in stays.practitioners_of(offering)}
    steps = {str(step.position): step for step in steps_of(offering)}
    visits = []
    for part in parts:
        match = re.fullmatch(r"(\d)\.([0-9a-f-]{36})\.(\d{9,11})", part)
        if match is None or match[1] not in steps or match[2] not in doctors:
            return None
        starts_at = dt.datetime.fromtimestamp(int(match[3]), tz=dt.UTC)
        visits.append(scheduling.Visit(steps[match[1]], doctors[match[2]], starts_at))
    return Chosen(offering, visits) if visits else None


def proposals_of(found: Iterable[FreeSeries], offerings: Iterable[Offering]) -> list[Proposal]:
    """Free series as the page shows them."""
    by_pk = {offering.pk: offering for offering in offerings}
    series = list(found)
    steps = {step.pk: step for those in steps_by_offering(by_pk.values()).values() for step in those}
    doctors = {
        one.pk: one for one in stays.practitioners({each.practitioner_id for one in series for each in one.times})
    }
    proposals = []
    for one in series:
        visits: list[VisitOf] = []
        for time in one.times:
            later = (_day(time.starts_at) - _day(visits[-1].ends_at)).days if visits else None
            step, doctor = steps[time.step_id or 0], doctors[time.practitioner_id]
            visits.append(VisitOf(step, time.starts_at, time.ends_at, doctor, later))
        proposals.append(Proposal(value_of(one, steps), by_pk[one.offering_id], visits))
    return proposals


def window(
    arrive: dt.date | None, leave: dt.date | None, since: dt.date | None = None
) -> tuple[dt.datetime, dt.datetime]:
    """The instants between which visits may lie, as far as can be booked; they begin on ``since`` at the earliest."""
    first = max(day for day in (arrive, since, directory.today()) if day is not None)
    last = min(leave, first + LONGEST_STAY) if leave else first + LOOK_AHEAD
    return bookable_window(midnight(first), midnight(last + DAY))


def elsewhere(offering: Offering, start: dt.datetime, end: dt.datetime, **wishes: str) -> list[Proposal]:
    """The first whole proposal of other institutions with the same procedure, those that end first."""
    others = {each.pk: each for each in directory.offerings_of(offering.procedure).exclude(pk=offering.pk)}
    several = steps_by_offering(others.values())
    found = first_series([others[pk] for pk in several], start, end, **wishes)
    nearest = sorted(found.values(), key=lambda series: (series.ends_at, series.offering_id))[:ELSEWHERE]
    return proposals_of(nearest, others.values())


@require_safe
def visits(request: HttpRequest, offering: int) -> HttpResponse:
    """Whole proposals for all visits of a treatment, within the stay."""
    return _page(request, _offering(offering))


def _offering(pk: int) -> Offering:
    offering = stays.offering_at(pk)
    if offering is None:
        raise Http404
    return offering


def _page(request: HttpRequest, offering: Offering, *, refused: str = "") -> HttpResponse:
    """The page of proposals; after a refusal with its reason and what is free now."""
    steps = steps_of(offering)
    if not steps or not offering.is_active or not directory.is_receiving(offering.institution_id):
        query = request.GET.urlencode()
        return redirect(f"{reverse('portal:times', args=[offering.pk])}{'?' if query else ''}{query}")
    practitioners = stays.practitioners_of(offering)
    form = bind(VisitsForm, request, method="get", practitioners=practitioners)
    form.is_valid()
    given = getattr(form, "cleaned_data", {})
    arrive, leave = given.get("arrive"), given.get("leave")
    wishes: dict[str, str] = {"part_of_day": given.get("part") or "any", "language": given.get("language") or ""}
    since = _since(request)
    start, end = window(arrive, leave, since)
    whole = window(arrive, leave)
    found = series_by_day(offering, start, end, limit=PROPOSALS + 1, **wishes)
    shown = proposals_of(found[:PROPOSALS], [offering])
    shortest = sum(step.days_after_low for step in steps) + 1
    stay_days = (leave - (arrive or directory.today())).days + 1 if leave else None
    held = held_behind(request.GET.get("hold", "") or request.POST.get("hold", ""))
    zone = zones.zone_of(request)
    context: dict[str, Any] = {
        "offering": offering,
        "steps": steps,
        "form": form,
        "proposals": shown,
        "later": _day(found[PROPOSALS].starts_at) if len(found) > PROPOSALS else None,
        "since": since,
        "others": [] if shown else elsewhere(offering, whole[0], whole[1], **wishes),
        "has_wishes": bool(arrive or leave or given.get("part") not in (None, "", "any") or given.get("language")),
        "shortest": shortest,
        "stay_days": stay_days,
        "may_wait": stay_days is None or stay_days >= shortest,
        "wait_query": _wait_query(given),
        "refused": refused,
        "nonce": uuid.uuid4().hex,
        "moving": hold_token(held) if held is not None else "",
        "zone": zone,
        "zone_form": MyZoneForm(initial={"zone": zone}, auto_id="my_%s"),
        "here": request.get_full_path(),
        "center": directory.center(),
        "keep_form": "narrow",
        "keep_get": True,
    }
    return secret(render(request, "portal/visits.html", context, status=409 if refused else 200))


def _wait_query(given: dict[str, Any]) -> str:
    """What was asked for here, for the page of the waiting list."""
    days = {name: given[name].isoformat() for name in ("arrive", "leave") if given.get(name)}
    return urlencode({**days, **{name: given[name] for name in ("part", "language") if given.get(name)}})


def _since(request: HttpRequest) -> dt.date | None:
    """From which day on further proposals are asked for."""
    try:
        asked = dt.date.fromisoformat(request.GET.get("since", "")[:10])
    except ValueError:
        return None
    return asked if directory.today() < asked <= directory.today() + dt.timedelta(days=730) else None


@page_methods
@not_too_often("hold")
def hold_visits(request: HttpRequest, offering: int) -> HttpResponse:
    """Keep all times of the chosen proposal, and on to the form. If somebody was faster with one of them, none is kept:
    what is free now. Links on that answer lead here by GET, and on to the proposals."""
    if request.method != "POST":
        query = request.GET.urlencode()
        return redirect(f"{reverse('portal:visits', args=[offering])}{'?' if query else ''}{query}")
    wanted = chosen(request.POST.get("visits", ""), procedure_id=_offering(offering).procedure_id)
    if wanted is None:
        return _page(request, _offering(offering), refused=_("Please choose one of these proposals."))
    try:
        appointment = _hold(request, wanted)
    except scheduling.Taken:
        reason = _("Somebody else has just taken one of these times; none of them is kept. These are free:")
    except scheduling.NotBookable as refusal:
        reason = str(refusal.reason)
    except scheduling.MoveNotAllowed:
        reason = _("This time was booked meanwhile. You can take another one.")
    else:
        token = hold_token(appointment)
        _keep_days(request, token)
        return redirect("portal:details", token=token)
    return _page(request, wanted.offering, refused=reason)


def _keep_days(request: HttpRequest, token: str) -> None:
    form = bind(VisitsForm, request, method="get", practitioners=())
    form.is_valid()
    given = getattr(form, "cleaned_data", {})
    days = {"arrives_on": given.get("arrive"), "leaves_on": given.get("leave")}
    request.session[DAYS] = {token: {name: day.isoformat() for name, day in days.items() if day is not None}}


def _hold(request: HttpRequest, wanted: Chosen) -> Appointment:
    """A page's button holds once, however often it is pressed; holds that have ended are renewed. Gives the first
    visit."""
    first = held_behind(request.POST.get("hold", ""))
    if first is None:
        first = _hold_once(wanted, request.POST.get("nonce", ""))
        if first.guest_id is not None or all(is_held(each.reservation) for each in stays.visits_with(first)):
            return first
    return hold_series_again(first, wanted.offering, wanted.visits, actor=GUEST)


def _hold_once(wanted: Chosen, nonce: str) -> Appointment:
    """``nonce`` is of one shown page; with it the second of two quick presses finds what the first one made."""
    said = "_".join(f"{each.practitioner.pk}.{int(each.starts_at.timestamp())}" for each in wanted.visits)
    key = f"page:{nonce}:{said}" if NONCE.fullmatch(nonce) else None
    try:
        series = scheduling.hold_series(wanted.offering, wanted.visits, actor=GUEST, idempotency_key=key)
    except scheduling.Taken:
        if key is None:
            raise
        series = scheduling.hold_series(wanted.offering, wanted.visits, actor=GUEST, idempotency_key=key)
    return stays.first_of(series)


def take_others(appointment: Appointment, wanted: Chosen) -> None:
    """Hold other times for all visits of a held pathway; what was typed stays with its first visit. Raises as
    ``hold_series_again``."""
    hold_series_again(appointment, wanted.offering, wanted.visits, actor=GUEST)


def other_proposals(appointment: Appointment) -> dict[str, Any]:
    """What else there is when times of a held pathway are gone: here and at other institutions."""
    start = max(midnight(_day(appointment.reservation.starts_at)), timezone.now())
    start, end = bookable_window(start, start + LOOK_AHEAD)
    here = series_by_day(appointment.offering, start, end, limit=PROPOSALS)
    return {
        "proposals": proposals_of(here, [appointment.offering]),
        "others": elsewhere(appointment.offering, start, end),
    }
