"""When a held time cannot be booked: the time is gone, or the institution keeps no more bookings for one person. What
there is instead, with all that was typed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sarangbang.directory import queries as directory
from sarangbang.portal.finding import zones
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.holding import hold_again
from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.pathways import steps_by_offering
from sarangbang.scheduling.queries import FreeTime, free_times, next_free, rules_for
from sarangbang.stays import queries
from sarangbang.ui.forms import is_submission

from . import odd, visits
from .booking import already, book, context_of
from .doors import at_hold, remembered
from .times import GUEST, Choice, chosen, value_of

HERE = 6
"""Next times offered at the same institution."""
ELSEWHERE = 4
"""Other institutions offered, with two times each."""


@at_hold
def taken(request: HttpRequest, appointment: Appointment, token: str) -> HttpResponse:
    """Somebody else has the time: the next ones, here and elsewhere. What was typed comes along."""
    if appointment.guest_id is not None:
        return already(request, appointment)
    intake = queries.intake_of(appointment)
    zone = intake.zone if intake is not None else zones.zone_of(request)
    refused = ""
    if is_submission(request):
        answer = _press(request, appointment, token, zone)
        if isinstance(answer, HttpResponse):
            return answer
        refused = answer
    others = visits.other_proposals if appointment.series_id is not None else _other_times
    more = {"refused": refused, "typed": intake is not None, **others(appointment)}
    context = context_of(appointment, token, zone, **more)
    return render(request, "portal/taken.html", context, status=409 if refused else 200)


def _press(request: HttpRequest, appointment: Appointment, token: str, zone: str) -> HttpResponse | str:
    """Hold what was pressed instead: on to where the guest was, or why it is not possible."""
    procedure = appointment.offering.procedure_id
    several = visits.chosen(request.POST.get("visits", ""), procedure_id=procedure)
    wanted = chosen(request.POST.get("time", ""), procedure_id=procedure) if several is None else None
    if wanted is not None and odd.asks(appointment.mode, wanted.starts_at, zone, request):
        return odd.ask(
            request, value=request.POST["time"], offering=wanted.offering, starts_at=wanted.starts_at, zone=zone,
            hidden={},
        )  # fmt: skip
    try:
        if several is not None:
            visits.take_others(appointment, several)
        elif wanted is not None:
            hold_again(appointment, wanted.offering, wanted.practitioner, wanted.starts_at, actor=GUEST)
        else:
            return _("Please choose one of these times.")
    except scheduling.Taken:
        return _("Somebody else has just taken this time. These are free:")
    except scheduling.NotBookable as refusal:
        return str(refusal.reason)
    except scheduling.MoveNotAllowed:
        return already(request, appointment)
    return _go_on(request, appointment, token)


@at_hold
def limit(request: HttpRequest, appointment: Appointment, token: str) -> HttpResponse:
    """The institution keeps no more bookings for this person: which limit, and the ways on. What was typed stays, and
    the time while its minutes last; who has cancelled another booking tries again here."""
    if appointment.guest_id is not None:
        return already(request, appointment)
    intake = queries.intake_of(appointment)
    if is_submission(request):
        if intake is not None and intake.email_proven_at is not None:
            return book(request, appointment, token)
        return redirect("portal:details", token=token)
    rules = rules_for([appointment.offering])[appointment.offering_id]
    known = remembered(request)
    others = visits.other_proposals if appointment.series_id is not None else _other_times
    zone = intake.zone if intake is not None else zones.zone_of(request)
    more = others(appointment)
    context = context_of(
        appointment, token, zone,
        reason=scheduling.Conflict("too_many", rules).reason if rules.open_per_person else "",
        stay_url=reverse("portal:stay", args=[known[1]]) if known is not None else "",
        others=more.get("others"), elsewhere=more.get("elsewhere"), center=directory.center(),
    )  # fmt: skip
    return render(request, "portal/limit.html", context)


def _go_on(request: HttpRequest, appointment: Appointment, token: str) -> HttpResponse:
    """With the new time, to where the guest was: the form, the code, or the stay if the address is proven."""
    intake = queries.intake_of(appointment)
    if intake is None:
        return redirect("portal:details", token=token)
    try:
        scheduling.extend_hold(appointment)
    except scheduling.HoldExpired:  # another press was quicker, and may have booked it
        return redirect("portal:taken", token=token)
    if intake.email_proven_at is not None:
        return book(request, appointment, token)
    return redirect("portal:code", token=token)


def _choice(free: FreeTime) -> Choice:
    return Choice(free.starts_at, value_of(free))


def _other_times(appointment: Appointment) -> dict[str, Any]:
    """The next times at the same institution, and the first ones of others that offer the same procedure."""
    start = max(appointment.reservation.starts_at - dt.timedelta(hours=4), timezone.now())
    end = timezone.now() + rules_for([appointment.offering])[appointment.offering_id].horizon
    here: dict[dt.datetime, Choice] = {}
    for free in free_times(appointment.offering, start, end, limit=HERE * 4):
        here.setdefault(free.starts_at, _choice(free))
    others = list(directory.offerings_of(appointment.offering.procedure).exclude(pk=appointment.offering_id))
    several = steps_by_offering(others)  # whose visits are proposed together, on a page of their own
    others = [offering for offering in others if offering.pk not in several]
    first = next_free(others, start, start + dt.timedelta(days=30), each=2)
    rows = sorted(
        ((offering, [_choice(free) for free in first[offering.pk]]) for offering in others if first[offering.pk]),
        key=lambda row: (row[1][0].starts_at, row[0].institution.name_latin),
    )
    return {"here": list(here.values())[:HERE], "elsewhere": rows[:ELSEWHERE]}
