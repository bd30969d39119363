"""Calls of REST v1 with which programs see free times, hold one, confirm, move and cancel it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django_ratelimit.core import get_usage
from ninja import Status

from sarangbang import rows
from sarangbang.directory.models import Offering, Practitioner
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling import search
from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.queries import bookable_window, free_times, rules_for

from . import actions, checks, queries, refusing, schemas
from .base import api
from .finding import FINDING_ONE
from .parameters import (
    Cursor,
    End,
    IdempotencyKey,
    Institutions,
    InstitutionSlug,
    LastEnd,
    Limit,
    MaybePractitioner,
    PartOfDay,
    Party,
    ProcedureSlug,
    SpokenLanguage,
    Start,
    TokenInPath,
)
from .problems import ApiProblem, invalid, wrong

USUAL_WINDOW = dt.timedelta(days=14)
LONGEST_WINDOW = dt.timedelta(days=62)
BOOKING = {
    **FINDING_ONE,
    409: schemas.Conflict,
    413: schemas.Problem,
    415: schemas.Problem,
    429: schemas.Problem,
}
"""The errors that a call may answer with."""


@api.get("/free-times", response={200: schemas.FreeTimes, **FINDING_ONE}, tags=["book"], operation_id="listFreeTimes")
def list_free_times(
    request: HttpRequest,
    institution: InstitutionSlug,
    procedure: ProcedureSlug,
    start: Start = None,
    end: End = None,
    practitioner: MaybePractitioner = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Free times of one procedure at one institution, earliest first, one for each practitioner who is free. For more
    of them ask again from the last one on."""
    offering = offering_at(institution, procedure)
    start, end = window_of(start, end)
    found = free_times(offering, start, end, limit=limit, practitioner_id=practitioner)
    start, end = bookable_window(start, end, rules_for([offering])[offering.pk])
    return {"items": [queries.free_time_out(time, offering) for time in found], "start": start, "end": max(start, end)}


@api.get(
    "/first-free-times",
    response={200: schemas.FirstFreeTimes, **FINDING_ONE},
    tags=["book"],
    operation_id="searchFreeTimes",
)
def search_free_times(
    request: HttpRequest,
    procedure: ProcedureSlug,
    institution: Institutions = None,
    language: SpokenLanguage = None,
    start: Start = None,
    end: LastEnd = None,
    part_of_day: PartOfDay = "any",
    party: Party = 1,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """The first free times of a procedure in the whole district, or at some institutions: by a doctor who speaks a
    language, between arrival and departure, in a part of the day. Earliest first; ``cursor`` leads on."""
    wanted = queries.procedure(procedure)
    if wanted is None:
        raise ApiProblem(404)
    start = start or timezone.now()
    end = min(end or start + search.LONGEST, start + search.LONGEST)
    checks.in_order(start, end)
    at = queries.institution_ids(institution) if institution else None
    wish = search.Wish(wanted.pk, start, end, at, language or "", part_of_day=part_of_day, party=party)
    try:
        page = search.first_free(wish, limit=limit, after=cursor or "")
    except search.BadCursor:
        said = _(
            "This is not the cursor of a page of this search. Please send the cursor of the page before as it is, or "
            "none for the first page."
        )
        raise invalid([wrong("cursor", said)]) from None
    offerings = queries.offerings_by_pk(time.offering_id for time in page.times)
    return {
        "items": [queries.free_time_out(time, offerings[time.offering_id]) for time in page.times],
        "cursor": page.cursor or None,
    }


@api.post("/holds", response={201: schemas.AppointmentOut, **BOOKING}, tags=["book"], operation_id="createHold")
def create_hold(
    request: HttpRequest, payload: schemas.HoldIn, idempotency_key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    """Hold a time for ten minutes. 409 with alternatives when somebody else has it."""
    limited(request, "hold")
    wish = f"hold {payload.model_dump_json(exclude={'ends_at'})}"
    chosen = uuid4()
    with refusing.key_reused():
        try:
            appointment = actions.appointment_once(
                idempotency_key,
                wish,
                lambda found: _hold(payload, found, chosen),
                appointment_id=chosen,
                question=queries.offering_question(payload.institution, payload.procedure),
            )
        except scheduling.Taken:
            raise refusing.taken(offering_at(payload.institution, payload.procedure), payload.starts_at) from None
        except scheduling.NotBookable as refusal:
            if refusal.code == "not_here":  # the practitioner who was named
                raise ApiProblem(404) from None
            raise refusing.against_a_rule(refusal) from None
    token = queries.token_of(appointment)
    if token is None:  # it was withdrawn meanwhile
        raise ApiProblem(404)
    return Status(201, queries.appointment_out(appointment, token))


@api.post(
    "/appointments", response={201: schemas.AppointmentOut, **BOOKING}, tags=["book"], operation_id="createAppointment"
)
def create_appointment(
    request: HttpRequest, payload: schemas.BookIn, idempotency_key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    """Book a time at once for a guest whose details and consents you have: a hold and its confirmation in one request,
    both or neither. 409 with alternatives when somebody else has the time."""
    limited(request, "hold")
    wish = f"book {payload.model_dump_json(exclude={'ends_at'})}"
    chosen = uuid4()
    with refusing.key_reused():
        try:
            appointment = actions.appointment_once(
                idempotency_key,
                wish,
                lambda found: _book(payload, found, chosen),
                appointment_id=chosen,
                question=queries.offering_question(payload.institution, payload.procedure),
            )
        except refusing.REFUSALS as refusal:
            if isinstance(refusal, scheduling.NotBookable) and refusal.code == "not_here":
                raise ApiProblem(404) from None
            with refusing.answered(offering_at(payload.institution, payload.procedure), payload.starts_at):
                raise refusal from None
    token = queries.token_of(appointment)
    if token is None:  # it was withdrawn meanwhile
        raise ApiProblem(404)
    return Status(201, queries.appointment_out(appointment, token))


@api.get(
    "/appointments/{token}",
    response={200: schemas.AppointmentOut, **FINDING_ONE},
    tags=["book"],
    operation_id="getAppointment",
)
def get_appointment(request: HttpRequest, token: TokenInPath) -> dict[str, Any]:
    """The present state; also the way to ask again after a lost answer."""
    return queries.appointment_out(_opened(token), token)


@api.post(
    "/appointments/{token}/confirm",
    response={200: schemas.AppointmentOut, **BOOKING},
    tags=["book"],
    operation_id="confirmAppointment",
)
def confirm_appointment(
    request: HttpRequest, token: TokenInPath, payload: schemas.ConfirmIn, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Make the held time the guest's. The guest gets a message with the link to their stay; opening it proves
    the address. Confirming again for the same guest gives the same appointment; for another one it is 409."""
    limited(request, "confirm")
    wish = f"confirm {token} {payload.model_dump_json()}"
    with refusing.key_reused():
        appointment = actions.appointment_once(idempotency_key, wish, lambda: _confirm(token, payload))
    return queries.appointment_out(appointment, token)


@api.post(
    "/appointments/{token}/move",
    response={200: schemas.AppointmentOut, **BOOKING},
    tags=["book"],
    operation_id="moveAppointment",
)
def move_appointment(
    request: HttpRequest, token: TokenInPath, payload: schemas.MoveIn, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Take another time. The old time is given up only when the new one is certain; 409 with alternatives when somebody
    else has it. A hold, also one that is over, becomes a new hold of ten minutes; a booking stays a booking."""
    limited(request, "confirm")
    wish = f"move {token} {payload.model_dump_json()}"
    with refusing.key_reused():
        appointment = actions.appointment_once(idempotency_key, wish, lambda: _move(token, payload))
    return queries.appointment_out(appointment, token)


@api.post(
    "/appointments/{token}/cancel",
    response={200: schemas.AppointmentOut, **BOOKING},
    tags=["book"],
    operation_id="cancelAppointment",
)
def cancel_appointment(
    request: HttpRequest,
    token: TokenInPath,
    payload: schemas.CancelIn | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Cancel a held or booked appointment; its time is free at once. Cancelling again changes nothing. The body may be
    left out."""
    limited(request, "confirm")
    reason = payload.reason if payload else ""
    with refusing.key_reused():
        appointment = actions.appointment_once(
            idempotency_key, f"cancel {token} {reason}", lambda: _cancel(token, reason)
        )
    return queries.appointment_out(appointment, token)


def limited(request: HttpRequest, what: str) -> None:
    """Raise 429 when this visitor asks too often."""
    usage = get_usage(request, f"api.{what}", key="ip", rate=settings.RATES[f"api_{what}"], increment=True)
    if usage and usage["should_limit"]:
        said = _("Too many requests. Please try again in a few minutes.")
        raise ApiProblem(429, "too_many", said, headers={"Retry-After": str(max(1, usage["time_left"]))})


def window_of(start: dt.datetime | None, end: dt.datetime | None) -> tuple[dt.datetime, dt.datetime]:
    """The window that is searched: the usual one when none is named, never a longer one than allowed."""
    start = start or timezone.now()
    end = min(end or start + USUAL_WINDOW, start + LONGEST_WINDOW)
    checks.in_order(start, end)
    return start, end


def offering_at(institution: str, procedure: str) -> Offering:
    offering = queries.offering(institution, procedure)
    if offering is None:
        raise ApiProblem(404)
    return offering


def practitioner_of(offering: Offering, wanted: UUID) -> Practitioner:
    practitioner = queries.practitioner(offering, wanted)
    if practitioner is None:
        raise ApiProblem(404)
    return practitioner


def subject_of(token: str) -> str:
    """The primary key of what this token opens."""
    try:
        return links.open_link(token, SecureLink.Purpose.APPOINTMENT).subject
    except links.LinkProblem:
        raise ApiProblem(404) from None


def _opened(token: str) -> Appointment:
    appointment = queries.appointment(subject_of(token))
    if appointment is None:
        raise ApiProblem(404)
    return appointment


def _hold(payload: schemas.HoldIn, found: Sequence[Offering], appointment_id: UUID) -> Appointment:
    offering, practitioners = _wanted(payload, found)
    return actions.hold(offering, practitioners, payload.starts_at, payload.mode, appointment_id)


def _book(payload: schemas.BookIn, found: Sequence[Offering], appointment_id: UUID) -> Appointment:
    checks.details(payload, timezone.localdate(payload.starts_at))
    offering, practitioners = _wanted(payload, found)
    details = payload.intake()
    return actions.book(offering, practitioners, payload.starts_at, payload.mode, appointment_id, details)


def _wanted(payload: schemas.HoldIn, found: Sequence[Offering]) -> tuple[Offering, list[Practitioner]]:
    """The practitioner who was named gets the guest, or the first one of the department who is free. Whether who was
    named receives there is a fact that the hold itself looks up."""
    if not found:
        raise ApiProblem(404)
    offering, named = found[0], payload.practitioner
    return offering, [rows.new(Practitioner, id=named)] if named else queries.practitioners(offering)


def _confirm(token: str, payload: schemas.ConfirmIn) -> Appointment:
    def check(appointment: Appointment) -> None:
        checks.details(payload, timezone.localdate(appointment.reservation.starts_at))

    try:
        appointment, is_booked = actions.confirm(subject_of(token), payload.intake(), check)
    except refusing.REFUSALS as refusal:
        with refusing.answered_for(_opened(token)):
            raise refusal from None
    if appointment is None:
        raise ApiProblem(404)
    if is_booked:
        return appointment
    if not queries.is_booked_for(appointment, payload.guest.model_dump()):
        raise refusing.not_now(appointment.reservation.status)
    return appointment


def _move(token: str, payload: schemas.MoveIn) -> Appointment:
    appointment = _opened(token)
    who = practitioner_of(appointment.offering, payload.practitioner or appointment.practitioner_id)
    with refusing.answered_for(appointment, payload.starts_at):
        return actions.move(appointment, who, payload.starts_at, accept_odd_hour=payload.accept_odd_hour)


def _cancel(token: str, reason: str) -> Appointment:
    appointment = _opened(token)
    with refusing.answered_for(appointment):
        return actions.cancel(appointment, reason)
