"""REST v1: find, see free times, hold, confirm, move, cancel. The same verbs as the pages.

Public and without accounts: whoever holds a time gets a token, and only the token opens, moves or cancels it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Annotated, Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_ratelimit.core import is_ratelimited
from ninja import Header, NinjaAPI, Path, Query, Status
from ninja.errors import HttpError
from ninja.errors import ValidationError as NinjaValidationError

from sarangbang.directory.models import Institution, Offering, Practitioner
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.scheduling.queries import cut_off, free_times
from sarangbang.stays import actions as stays

from . import queries, schemas

API_ACTOR = "api"
ALTERNATIVES = 5
ALTERNATIVE_DAYS = 30

LISTING = {400: schemas.Problem, 422: schemas.Problem}
LOOKING = {**LISTING, 404: schemas.Problem}
BOOKING = {**LOOKING, 409: schemas.Conflict, 429: schemas.Problem}
"""The errors that a call may answer with."""

api = NinjaAPI(
    title="Sarangbang REST v1",
    version="1",
    urls_namespace="api-v1",
    docs_url=None,
    description=(
        "Find procedures and registered institutions, see free times, hold one for ten minutes, confirm, move "
        "and cancel it. Instants are RFC 3339 with an offset; money is whole won. Errors carry a stable code "
        "and a sentence in the language of Accept-Language."
    ),
)


class ApiProblem(Exception):
    """An answer that is an error: HTTP status, stable code, sentence."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"code": code, "detail": detail, "errors": [], **more}


@api.exception_handler(ApiProblem)
def _problem(request: HttpRequest, problem: ApiProblem) -> HttpResponse:
    return api.create_response(request, problem.body, status=problem.status)


@api.exception_handler(NinjaValidationError)
def _invalid(request: HttpRequest, error: NinjaValidationError) -> HttpResponse:
    errors = [
        {"field": ".".join(str(part) for part in item["loc"][1:]), "message": str(item["msg"])} for item in error.errors
    ]
    body = {"code": "invalid", "detail": _("Please check the marked fields."), "errors": errors}
    return api.create_response(request, body, status=422)


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    body = {"code": "unreadable", "detail": _("We could not read this request"), "errors": []}
    return api.create_response(request, body, status=error.status_code)


def _not_found() -> ApiProblem:
    return ApiProblem(404, "not_found", _("There is nothing here."))


def _institution(slug: str) -> Institution:
    institution = queries.receiving().filter(slug=slug).first()
    if institution is None:
        raise _not_found()
    return institution


def _offering(institution: str, procedure: str) -> Offering:
    offering = queries.offering(institution, procedure)
    if offering is None:
        raise _not_found()
    return offering


Limit = Annotated[int, Query(ge=1, le=schemas.MAX_PAGE)]
Offset = Annotated[int, Query(ge=0, le=schemas.MAX_OFFSET)]
IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=8, max_length=80, pattern=r"^[\x21-\x7E]+$"),
]


@api.get("/procedures", response={200: schemas.Procedures, **LISTING}, tags=["find"])
def list_procedures(
    request: HttpRequest,
    q: Annotated[schemas.Text, Query(description="Words in any of the ten languages")] = "",
    department: schemas.Slug | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:
    """Procedures, best match first when ``q`` is given; names in the language of Accept-Language."""
    found = queries.procedures(q, department)
    return {
        "items": [queries.procedure_out(item) for item in found[offset : offset + limit]],
        "total": len(found),
    }


@api.get(
    "/procedures/{slug}",
    response={200: schemas.ProcedureOut, **LOOKING},
    tags=["find"],
)
def get_procedure(request: HttpRequest, slug: Path[schemas.Slug]) -> dict[str, Any]:
    """One procedure."""
    procedure = queries.procedure(slug)
    if procedure is None:
        raise _not_found()
    return queries.procedure_out(procedure)


@api.get("/institutions", response={200: schemas.Institutions, **LISTING}, tags=["find"])
def list_institutions(
    request: HttpRequest,
    q: schemas.Text = "",
    procedure: schemas.Slug | None = None,
    language: schemas.Language | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:
    """Institutions that may receive foreign patients today; others are not listed at all."""
    found = queries.institutions(q, procedure, language)
    page = found[offset : offset + limit]
    return {"items": [queries.institution_out(item) for item in page], "total": found.count()}


@api.get(
    "/institutions/{slug}",
    response={200: schemas.InstitutionDetail, **LOOKING},
    tags=["find"],
)
def get_institution(request: HttpRequest, slug: Path[schemas.Slug]) -> dict[str, Any]:
    """One institution with practitioners and offerings."""
    return queries.institution_detail(_institution(slug))


@api.get(
    "/free-times",
    response={200: schemas.FreeTimes, **LOOKING},
    tags=["book"],
)
def list_free_times(
    request: HttpRequest,
    institution: schemas.Slug,
    procedure: schemas.Slug,
    start: Annotated[schemas.AwareDatetime | None, Query(description="From; now when left out")] = None,
    end: Annotated[schemas.AwareDatetime | None, Query(description="Until; 14 days later when left out")] = None,
    practitioner: schemas.UUID | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Free times of one procedure at one institution, earliest first; at most 62 days at once."""
    offering = _offering(institution, procedure)
    start = _bounded(start or timezone.now())
    end = min(_bounded(end) if end else start + dt.timedelta(days=14), start + dt.timedelta(days=62))
    found = free_times(offering, start, end, limit=limit, practitioner_id=practitioner)
    return {"items": [queries.free_time_out(time, offering) for time in found]}


@api.post(
    "/holds",
    response={201: schemas.AppointmentOut, **BOOKING},
    tags=["book"],
)
def create_hold(
    request: HttpRequest, payload: schemas.HoldIn, idempotency_key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    """Hold a time for ten minutes. 409 with alternatives when somebody else has it."""
    _limit(request, "hold")
    offering = _offering(payload.institution, payload.procedure)
    starts_at = _bounded(payload.starts_at)
    key = _scoped_key(idempotency_key, payload)
    for practitioner in _practitioners(offering, payload, starts_at):
        try:
            with transaction.atomic():
                appointment = scheduling.hold(offering, practitioner, starts_at, actor=API_ACTOR, idempotency_key=key)
                link = _link(appointment)
            return Status(201, queries.appointment_out(appointment, links.token_of(link)))
        except scheduling.Taken:
            continue
        except scheduling.NotBookable as refusal:
            if payload.practitioner is not None or refusal.code != "outside_hours":
                raise ApiProblem(422, refusal.code, str(refusal.reason)) from None
    raise _taken(offering, starts_at)


@api.get(
    "/appointments/{token}",
    response={200: schemas.AppointmentOut, **LOOKING},
    tags=["book"],
)
def get_appointment(request: HttpRequest, token: Path[schemas.Token]) -> dict[str, Any]:
    """The present state; also the way to ask again after a lost answer."""
    return queries.appointment_out(_opened(token), token)


@api.post(
    "/appointments/{token}/confirm",
    response={200: schemas.AppointmentOut, **BOOKING},
    tags=["book"],
)
def confirm_appointment(request: HttpRequest, token: Path[schemas.Token], payload: schemas.ConfirmIn) -> dict[str, Any]:
    """Make the held time the guest's. The guest gets a message with the link to their stay; opening it proves
    the address. Confirming again returns the same appointment."""
    _limit(request, "confirm")
    appointment = _opened(token)
    _check_details(payload)
    if appointment.guest_id is None:
        try:
            with transaction.atomic():
                details = payload.dict()
                guest = details.pop("guest")
                stays.save_intake(appointment, {**guest, **details, "phone": guest["phone"] or ""})
                stays.confirm_booking(appointment, actor=API_ACTOR, proven=False)
        except scheduling.HoldExpired:
            raise _expired(appointment) from None
        except scheduling.MoveNotAllowed as refusal:
            raise _not_allowed(refusal) from None
        appointment.refresh_from_db()
    return queries.appointment_out(appointment, token)


@api.post(
    "/appointments/{token}/move",
    response={200: schemas.AppointmentOut, **BOOKING},
    tags=["book"],
)
def move_appointment(request: HttpRequest, token: Path[schemas.Token], payload: schemas.MoveIn) -> dict[str, Any]:
    """Take another time. The old time is given up only when the new one is certain."""
    _limit(request, "confirm")
    appointment = _opened(token)
    _check_cut_off(appointment)
    starts_at = _bounded(payload.starts_at)
    practitioner: Practitioner | None = appointment.practitioner
    if payload.practitioner is not None:
        practitioner = queries.practitioner(appointment.offering, payload.practitioner)
    if practitioner is None:
        raise _not_found()
    try:
        appointment = scheduling.reschedule(appointment, practitioner, starts_at, actor=API_ACTOR)
    except scheduling.Taken:
        raise _taken(appointment.offering, starts_at) from None
    except scheduling.NotBookable as refusal:
        raise ApiProblem(422, refusal.code, str(refusal.reason)) from None
    except scheduling.MoveNotAllowed as refusal:
        raise _not_allowed(refusal) from None
    return queries.appointment_out(appointment, token)


@api.post(
    "/appointments/{token}/cancel",
    response={200: schemas.AppointmentOut, **BOOKING},
    tags=["book"],
)
def cancel_appointment(
    request: HttpRequest, token: Path[schemas.Token], payload: schemas.CancelIn | None = None
) -> dict[str, Any]:
    """Cancel a held or booked appointment; its time is free at once. Cancelling again changes nothing."""
    appointment = _opened(token)
    _check_cut_off(appointment)
    reason = payload.reason if payload else ""
    try:
        appointment = scheduling.cancel(appointment, actor=API_ACTOR, reason=reason)
    except scheduling.MoveNotAllowed as refusal:
        raise _not_allowed(refusal) from None
    return queries.appointment_out(appointment, token)


def _bounded(moment: dt.datetime) -> dt.datetime:
    """Keep instants where arithmetic is safe: between 2000 and 2200."""
    if not 2000 <= moment.year < 2200:
        raise ApiProblem(422, "outside_calendar", _("This date is outside the calendar."))
    return moment.astimezone(dt.UTC)


def _scoped_key(key: str | None, payload: schemas.HoldIn) -> str | None:
    """The key together with what was asked, so that a key used for something else is not mistaken."""
    if key is None:
        return None
    asked = hashlib.sha256(payload.model_dump_json().encode()).hexdigest()[:24]
    return f"{key}:{asked}"


def _practitioners(offering: Offering, payload: schemas.HoldIn, starts_at: dt.datetime) -> list[Practitioner]:
    if payload.practitioner is not None:
        practitioner = queries.practitioner(offering, payload.practitioner)
        if practitioner is None:
            raise _not_found()
        return [practitioner]
    return queries.practitioners(offering)


def _link(appointment: Appointment) -> SecureLink:
    return queries.link_to(appointment) or links.issue(SecureLink.Purpose.APPOINTMENT, appointment.pk)


def _opened(token: str) -> Appointment:
    try:
        link = links.open_link(token, SecureLink.Purpose.APPOINTMENT)
    except links.LinkProblem:
        raise _not_found() from None
    appointment = queries.appointment(link.subject)
    if appointment is None:
        raise _not_found()
    return appointment


def _check_details(payload: schemas.ConfirmIn) -> None:
    errors = []
    if payload.guest.birth_year > timezone.localdate().year:
        errors.append({"field": "guest.birth_year", "message": _("This year is in the future.")})
    missing = {"booking", "health"} - set(payload.consents)
    if missing:
        errors.append({"field": "consents", "message": _("Without this consent we cannot book for you.")})
    if payload.arrives_on and payload.leaves_on and payload.arrives_on > payload.leaves_on:
        errors.append({"field": "leaves_on", "message": _("You cannot leave before you arrive.")})
    if errors:
        raise ApiProblem(422, "invalid", _("Please check the marked fields."), errors=errors)


def _check_cut_off(appointment: Appointment) -> None:
    if appointment.reservation.status == Reservation.Status.BOOKED and timezone.now() > cut_off(appointment):
        raise ApiProblem(409, "too_late", _("It is too late to change this here; please call the Medical Tour Center."))


def _taken(offering: Offering, starts_at: dt.datetime) -> ApiProblem:
    until = starts_at + dt.timedelta(days=ALTERNATIVE_DAYS)
    others = free_times(offering, starts_at, until, limit=ALTERNATIVES)
    return ApiProblem(
        409,
        "taken",
        _("Somebody else has just taken this time."),
        alternatives=[queries.free_time_json(time, offering) for time in others],
    )


def _expired(appointment: Appointment) -> ApiProblem:
    problem = _taken(appointment.offering, appointment.reservation.starts_at)
    problem.body |= {
        "code": "hold_expired",
        "detail": _("The ten minutes are over. Please take a time again."),
    }
    return problem


def _not_allowed(refusal: scheduling.MoveNotAllowed) -> ApiProblem:
    return ApiProblem(409, f"is_{refusal.current}", _("This is no longer possible."))


def _limit(request: HttpRequest, what: str) -> None:
    rate = settings.RATES[f"api_{what}"]
    if is_ratelimited(request, group=f"api.{what}", key="ip", rate=rate, increment=True):
        raise ApiProblem(429, "too_many", _("Too many requests. Please try again in a few minutes."))
