"""Why a booking is refused, as answers of the API: 409 for what does not fit the present state, 422 for a rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone
from django.utils.translation import gettext as _

from sarangbang.directory.models import Offering
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.odd_hours import OddHour
from sarangbang.scheduling.queries import free_times
from sarangbang.stays.rules import Overlaps, Refused, TooLate

from . import queries
from .problems import ApiProblem

REFUSALS = (
    scheduling.Taken,
    scheduling.NotBookable,
    scheduling.HoldExpired,
    scheduling.MoveNotAllowed,
    Refused,
    OddHour,
)
"""What ``answered_for`` has an answer for."""

ALTERNATIVES = 5
ALTERNATIVE_DAYS = dt.timedelta(days=30)


@contextmanager
def answered(offering: Offering, starts_at: dt.datetime) -> Iterator[None]:
    """Whatever refuses this time of this offering inside becomes the answer that says so."""
    try:
        yield
    except scheduling.Taken:
        raise taken(offering, starts_at) from None
    except scheduling.NotBookable as refusal:
        raise against_a_rule(refusal) from None
    except scheduling.HoldExpired:
        raise expired(offering, starts_at) from None
    except scheduling.MoveNotAllowed as refusal:
        raise not_now(refusal.current) from None
    except TooLate as refusal:
        raise ApiProblem(409, "too_late", refusal.reason, alternatives=[]) from None
    except Overlaps as refusal:
        raise ApiProblem(409, "overlaps", refusal.reason, alternatives=[]) from None
    except OddHour:
        raise odd_hour() from None


@contextmanager
def answered_for(appointment: Appointment, starts_at: dt.datetime | None = None) -> Iterator[None]:
    """The same for a change of an appointment, perhaps to another time."""
    with answered(appointment.offering, starts_at or appointment.reservation.starts_at):
        try:
            yield
        except (TooLate, Overlaps):
            raise
        except Refused:
            raise not_now(appointment.reservation.status) from None


@contextmanager
def key_reused() -> Iterator[None]:
    """A key that came with another wish before becomes the answer that says so."""
    try:
        yield
    except scheduling.KeyReused:
        said = _("This key came with another request before. Please use a new key for each request.")
        raise ApiProblem(422, "key_reused", said) from None


def odd_hour() -> ApiProblem:
    """422: nobody said that the middle of the guest's night is meant."""
    said = _("At this time it is night where the guest is. If this is meant, please send accept_odd_hour.")
    return ApiProblem(422, "odd_hour", said)


def against_a_rule(refusal: scheduling.NotBookable) -> ApiProblem:
    """422 with the code of the rule and its sentence."""
    return ApiProblem(422, refusal.code, refusal.reason)


def taken(offering: Offering, starts_at: dt.datetime, code: str = "taken", said: str = "") -> ApiProblem:
    """409 with the next free times of the same offering."""
    since = max(starts_at, timezone.now())
    others = free_times(offering, since, since + ALTERNATIVE_DAYS, limit=ALTERNATIVES)
    return ApiProblem(
        409,
        code,
        said or _("Somebody else has just taken this time."),
        alternatives=[queries.free_time_out(time, offering) for time in others],
    )


def expired(offering: Offering, starts_at: dt.datetime) -> ApiProblem:
    """409: the hold is over."""
    return taken(offering, starts_at, "hold_expired", _("The ten minutes are over. Please take a time again."))


def not_now(status: str) -> ApiProblem:
    """409: the present status does not allow it."""
    return ApiProblem(409, f"is_{status}", _("This is no longer possible."), alternatives=[])
