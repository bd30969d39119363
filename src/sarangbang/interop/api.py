"""REST v1: find, see free times, hold, confirm, move, cancel. The same verbs as the pages.

Public and without accounts: whoever holds a time gets a token, and only the token opens, moves or cancels it.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django_ratelimit.core import get_usage
from ninja import Header, Path, Query, Status

from sarangbang.directory.models import Institution, Offering, Practitioner
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.queries import bookable_window, free_times
from sarangbang.stays.rules import Overlaps, Refused, TooLate

from . import actions, checks, queries, schemas
from .base import api, kept
from .problems import ApiProblem

ALTERNATIVES = 5
ALTERNATIVE_DAYS = 30
USUAL_WINDOW = dt.timedelta(days=14)
LONGEST_WINDOW = dt.timedelta(days=62)
FINDING = {400: schemas.Problem, 422: schemas.Problem}
FINDING_ONE = {400: schemas.Problem, 404: schemas.Problem}
LOOKING = {**FINDING, 404: schemas.Problem}
BOOKING = {
    **LOOKING,
    409: schemas.Conflict,
    413: schemas.Problem,
    415: schemas.Problem,
    429: schemas.Problem,
}
"""The errors that a call may answer with."""

Limit = Annotated[int, Query(ge=1, le=schemas.MAX_PAGE, description="How many at most")]
Offset = Annotated[int, Query(ge=0, le=schemas.MAX_OFFSET, description="How many to pass over")]
ProcedureWords = Annotated[
    schemas.Text | None,
    Query(description="What somebody looks for, in any of the ten languages, small slips allowed", example="二重"),
]
InstitutionWords = Annotated[schemas.Text | None, Query(description="Part of the name, in Korean or in Latin letters")]
InstitutionSlug = Annotated[schemas.Slug, Query(description="Slug of an institution, from /institutions")]
ProcedureSlug = Annotated[schemas.Slug, Query(description="Slug of a procedure, from /procedures")]
MaybeProcedure = Annotated[schemas.Slug | None, Query(description="Slug: only those that offer it")]
MaybeDepartment = Annotated[
    schemas.Slug | None, Query(description="Slug of a department, as in a procedure", example="dermatology")
]
MaybeLanguage = Annotated[schemas.Language | None, Query(description="Only where a doctor speaks it")]
MaybePractitioner = Annotated[UUID | None, Query(description="Only of this practitioner")]
Start = Annotated[
    schemas.Instant | None,
    Query(description="From; now when left out", example="2026-12-08T00:00:00+09:00"),
]
End = Annotated[
    schemas.Instant | None,
    Query(description="Until; 14 days after start when left out, at most 62 days after it"),
]
IdempotencyKey = Annotated[
    schemas.Key | None,
    Header(
        alias="Idempotency-Key",
        description="A random text of your own, as a UUID: the same key and body give the same appointment, also while "
        "the first request still runs. A key lives as long as its appointment. Keep it secret.",
        example="0b7f1a52-58d2-4a53-9d57-2f9a3f0f9f0e",
    ),
]
SlugInPath = Annotated[schemas.Slug, Path(description="As in the list")]
TokenInPath = Annotated[schemas.Token, Path(description="From the answer of POST /holds")]


@api.get("/procedures", response={200: schemas.Procedures, **FINDING}, tags=["find"])
@kept
def list_procedures(
    request: HttpRequest,
    q: ProcedureWords = None,
    department: MaybeDepartment = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:
    """Procedures, best match first when ``q`` is given; names in the language of Accept-Language."""
    found = queries.procedures(q or "", department)
    return {
        "items": [queries.procedure_out(item) for item in found[offset : offset + limit]],
        "total": len(found),
    }


@api.get("/procedures/{slug}", response={200: schemas.ProcedureOut, **FINDING_ONE}, tags=["find"])
@kept
def get_procedure(request: HttpRequest, slug: SlugInPath) -> dict[str, Any]:
    """One procedure."""
    procedure = queries.procedure(slug)
    if procedure is None:
        raise ApiProblem(404)
    return queries.procedure_out(procedure)


@api.get("/institutions", response={200: schemas.Institutions, **FINDING}, tags=["find"])
@kept
def list_institutions(
    request: HttpRequest,
    q: InstitutionWords = None,
    procedure: MaybeProcedure = None,
    department: MaybeDepartment = None,
    language: MaybeLanguage = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:
    """Institutions that may receive foreign patients today; others are not listed at all."""
    found = queries.institutions(q or "", procedure, department, language)
    page = found[offset : offset + limit]
    return {"items": [queries.institution_out(item) for item in page], "total": found.count()}


@api.get("/institutions/{slug}", response={200: schemas.InstitutionDetail, **FINDING_ONE}, tags=["find"])
@kept
def get_institution(request: HttpRequest, slug: SlugInPath) -> dict[str, Any]:
    """One institution with practitioners and offerings."""
    return queries.institution_detail(_institution(slug))


@api.get("/free-times", response={200: schemas.FreeTimes, **LOOKING}, tags=["book"])
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
    offering = _offering(institution, procedure)
    start = start or timezone.now()
    end = min(end or start + USUAL_WINDOW, start + LONGEST_WINDOW)
    checks.in_order(start, end)
    found = free_times(offering, start, end, limit=limit, practitioner_id=practitioner)
    start, end = bookable_window(start, end)
    return {"items": [queries.free_time_out(time, offering) for time in found], "start": start, "end": max(start, end)}


@api.post("/holds", response={201: schemas.AppointmentOut, **BOOKING}, tags=["book"])
def create_hold(
    request: HttpRequest, payload: schemas.HoldIn, idempotency_key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    """Hold a time for ten minutes. 409 with alternatives when somebody else has it."""
    _limit(request, "hold")
    wish = payload.model_dump_json(exclude={"ends_at"})
    try:
        appointment = actions.earlier(idempotency_key, wish) if idempotency_key else None
        if appointment is None:
            appointment = _hold(payload, idempotency_key, wish)
    except actions.KeyReused:
        said = _("This key came with another request before. Please use a new key for each request.")
        raise ApiProblem(422, "key_reused", said) from None
    link = queries.link_to(appointment)
    if link is None:  # it was withdrawn meanwhile
        raise ApiProblem(404)
    return Status(201, queries.appointment_out(appointment, links.token_of(link)))


@api.get("/appointments/{token}", response={200: schemas.AppointmentOut, **FINDING_ONE}, tags=["book"])
def get_appointment(request: HttpRequest, token: TokenInPath) -> dict[str, Any]:
    """The present state; also the way to ask again after a lost answer."""
    return queries.appointment_out(_opened(token), token)


@api.post("/appointments/{token}/confirm", response={200: schemas.AppointmentOut, **BOOKING}, tags=["book"])
def confirm_appointment(request: HttpRequest, token: TokenInPath, payload: schemas.ConfirmIn) -> dict[str, Any]:
    """Make the held time the guest's. The guest gets a message with the link to their stay; opening it proves
    the address. Confirming again for the same guest gives the same appointment; for another one it is 409."""
    _limit(request, "confirm")
    appointment = _opened(token)
    checks.details(payload, timezone.localdate(appointment.reservation.starts_at))
    if appointment.guest_id is None:
        try:
            actions.confirm(appointment, payload.intake())
        except scheduling.HoldExpired:
            raise _expired(appointment) from None
        except scheduling.MoveNotAllowed as refusal:
            appointment = _opened(token)
            if appointment.guest_id is None:  # otherwise the same request came twice at once
                raise _not_allowed(refusal) from None
    appointment = _opened(token)
    if not queries.is_booked_for(appointment, payload.guest.dict()):
        raise _is(appointment.reservation.status)
    return queries.appointment_out(appointment, token)


@api.post("/appointments/{token}/move", response={200: schemas.AppointmentOut, **BOOKING}, tags=["book"])
def move_appointment(request: HttpRequest, token: TokenInPath, payload: schemas.MoveIn) -> dict[str, Any]:
    """Take another time. The old time is given up only when the new one is certain. A hold, also one that is over,
    becomes a new hold of ten minutes; a booking stays a booking."""
    _limit(request, "confirm")
    appointment = _opened(token)
    practitioner = _practitioner(appointment.offering, payload.practitioner or appointment.practitioner_id)
    try:
        appointment = actions.move(appointment, practitioner, payload.starts_at)
    except scheduling.Taken:
        raise _taken(appointment.offering, payload.starts_at) from None
    except scheduling.NotBookable as refusal:
        raise ApiProblem(422, refusal.code, refusal.reason) from None
    except (scheduling.MoveNotAllowed, Refused) as refusal:
        raise _not_allowed(refusal, appointment) from None
    return queries.appointment_out(appointment, token)


@api.post("/appointments/{token}/cancel", response={200: schemas.AppointmentOut, **BOOKING}, tags=["book"])
def cancel_appointment(
    request: HttpRequest, token: TokenInPath, payload: schemas.CancelIn | None = None
) -> dict[str, Any]:
    """Cancel a held or booked appointment; its time is free at once. Cancelling again changes nothing. The body may be
    left out."""
    _limit(request, "confirm")
    appointment = _opened(token)
    try:
        appointment = actions.cancel(appointment, payload.reason if payload else "")
    except (scheduling.MoveNotAllowed, Refused) as refusal:
        raise _not_allowed(refusal, appointment) from None
    return queries.appointment_out(appointment, token)


def _institution(slug: str) -> Institution:
    institution = queries.receiving().filter(slug=slug).first()
    if institution is None:
        raise ApiProblem(404)
    return institution


def _offering(institution: str, procedure: str) -> Offering:
    offering = queries.offering(institution, procedure)
    if offering is None:
        raise ApiProblem(404)
    return offering


def _practitioners(offering: Offering, wanted: UUID | None) -> list[Practitioner]:
    """Who may be meant: the one who was named, or all of the department."""
    return [_practitioner(offering, wanted)] if wanted else queries.practitioners(offering)


def _practitioner(offering: Offering, wanted: UUID) -> Practitioner:
    practitioner = queries.practitioner(offering, wanted)
    if practitioner is None:
        raise ApiProblem(404)
    return practitioner


def _hold(payload: schemas.HoldIn, key: str | None, wish: str) -> Appointment:
    """The first practitioner who is free gets the guest; says what stands in the way when nobody is."""
    offering = _offering(payload.institution, payload.procedure)
    refusal = scheduling.NotBookable("outside_hours")
    is_taken = False
    for practitioner in _practitioners(offering, payload.practitioner):
        try:
            return actions.hold(offering, practitioner, payload.starts_at, key=key, wish=wish)
        except scheduling.Taken:
            is_taken = True
        except scheduling.NotBookable as met:
            refusal = met
            if met.code != "outside_hours":  # the others would hear the same
                break
    if is_taken:
        raise _taken(offering, payload.starts_at)
    raise ApiProblem(422, refusal.code, refusal.reason)


def _opened(token: str) -> Appointment:
    try:
        link = links.open_link(token, SecureLink.Purpose.APPOINTMENT)
    except links.LinkProblem:
        raise ApiProblem(404) from None
    appointment = queries.appointment(link.subject)
    if appointment is None:
        raise ApiProblem(404)
    return appointment


def _taken(offering: Offering, starts_at: dt.datetime, code: str = "taken", said: str = "") -> ApiProblem:
    until = starts_at + dt.timedelta(days=ALTERNATIVE_DAYS)
    others = free_times(offering, starts_at, until, limit=ALTERNATIVES)
    return ApiProblem(
        409,
        code,
        said or _("Somebody else has just taken this time."),
        alternatives=[queries.free_time_out(time, offering) for time in others],
    )


def _expired(appointment: Appointment) -> ApiProblem:
    said = _("The ten minutes are over. Please take a time again.")
    return _taken(appointment.offering, appointment.reservation.starts_at, "hold_expired", said)


def _not_allowed(refusal: scheduling.MoveNotAllowed | Refused, appointment: Appointment | None = None) -> ApiProblem:
    if isinstance(refusal, TooLate):
        return ApiProblem(409, "too_late", refusal.reason, alternatives=[])
    if isinstance(refusal, Overlaps):
        return ApiProblem(409, "overlaps", refusal.reason, alternatives=[])
    if isinstance(refusal, scheduling.MoveNotAllowed):
        return _is(refusal.current)
    return _is(appointment.reservation.status if appointment else "over")


def _is(status: str) -> ApiProblem:
    return ApiProblem(409, f"is_{status}", _("This is no longer possible."), alternatives=[])


def _limit(request: HttpRequest, what: str) -> None:
    usage = get_usage(request, f"api.{what}", key="ip", rate=settings.RATES[f"api_{what}"], increment=True)
    if usage and usage["should_limit"]:
        said = _("Too many requests. Please try again in a few minutes.")
        raise ApiProblem(429, "too_many", said, headers={"Retry-After": str(max(1, usage["time_left"]))})
