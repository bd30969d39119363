"""The verbs that only programs need: hold once however often it is asked, confirm, move, cancel.

Everything is done by the verbs of ``scheduling`` and ``stays``; here they are put together for callers without pages.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from sarangbang.directory.models import Offering, Practitioner
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.holding import hold_again
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.stays import actions as stays
from sarangbang.stays.queries import stay_with

from . import queries
from .models import RepeatedRequest

API_ACTOR = "api"
UNBOOKED = (Reservation.Status.HELD, Reservation.Status.EXPIRED)


class KeyReused(Exception):
    """The key came before, with another wish."""


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def earlier(key: str, wish: str) -> Appointment | None:
    """The appointment that an earlier request with this key made. Raises ``KeyReused``."""
    known = RepeatedRequest.objects.filter(key_digest=digest(key)).first()
    if known is None:
        return None
    if known.wish_digest != digest(wish):
        raise KeyReused
    return queries.appointment(str(known.appointment_id))


def hold(
    offering: Offering, practitioner: Practitioner, starts_at: dt.datetime, *, key: str | None, wish: str
) -> Appointment:
    """Hold a time; with a key once only, whatever else happens at the same moment.

    The key's row comes first: a second request with it waits at the unique key until the first is through, and then
    finds the appointment. Raises ``NotBookable``, ``Taken`` (the key is then free again) or ``KeyReused``.
    """
    if key is None:
        return _hold(offering, practitioner, starts_at)
    try:
        with transaction.atomic():
            request = RepeatedRequest.objects.create(key_digest=digest(key), wish_digest=digest(wish))
            request.appointment = _hold(offering, practitioner, starts_at)
            request.save(update_fields=["appointment"])
            return request.appointment
    except IntegrityError:
        known = earlier(key, wish)
        if known is None:
            raise
        return known


@transaction.atomic
def _hold(offering: Offering, practitioner: Practitioner, starts_at: dt.datetime) -> Appointment:
    """The hold and its one link, together: whoever asks again gets the same token."""
    appointment = scheduling.hold(offering, practitioner, starts_at, actor=API_ACTOR)
    links.issue(SecureLink.Purpose.APPOINTMENT, appointment.pk)
    return appointment


@transaction.atomic
def confirm(appointment: Appointment, details: Mapping[str, Any]) -> None:
    """Book the held time for the guest of ``details`` (``stays.actions.INTAKE_FIELDS``), whose address is not proven.

    Raises ``HoldExpired`` or ``MoveNotAllowed``.
    """
    stays.save_intake(appointment, details)
    stays.confirm_booking(appointment, actor=API_ACTOR, proven=False)


def move(appointment: Appointment, practitioner: Practitioner, starts_at: dt.datetime) -> Appointment:
    """Take another time: of a booking as on the stay page, of a hold by holding the other one.

    Raises ``Taken``, ``NotBookable``, ``MoveNotAllowed`` or ``Refused``; then nothing has changed.
    """
    stay = stay_with(appointment)
    if stay is None:
        if appointment.reservation.status not in UNBOOKED:
            raise scheduling.MoveNotAllowed(appointment.reservation.status, Reservation.Status.HELD)
        return hold_again(appointment, appointment.offering, practitioner, starts_at, actor=API_ACTOR)
    return stays.reschedule_appointment(stay, appointment, practitioner, starts_at, actor=API_ACTOR)


def cancel(appointment: Appointment, reason: str) -> Appointment:
    """Cancel a hold or a booking. Cancelling twice changes nothing. Raises ``Refused`` or ``MoveNotAllowed``."""
    if appointment.reservation.status in UNBOOKED:
        return scheduling.cancel(appointment, actor=API_ACTOR, reason=reason)
    return stays.cancel_appointment(appointment, actor=API_ACTOR, reason=reason)
