"""The verbs of a guest's flights: what the guest told, and what is expected since."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from sarangbang.directory.models import Place
from sarangbang.people.actions import audit

from . import rules
from .actions import lock
from .models import Flight, Stay
from .signals import flight_changed


@transaction.atomic
def save_flight(
    stay: Stay, *, direction: str, number: str, place: Place, scheduled_at: dt.datetime, actor: str
) -> Flight:
    """Keep the guest's flight; it says on which day the stay begins or ends. Raises ``DatesOutOfOrder``."""
    lock(stay)
    stay.refresh_from_db(fields=["arrives_on", "leaves_on"])
    day = timezone.localdate(scheduled_at)
    other = stay.flights.exclude(direction=direction).first()
    arriving = direction == Flight.Direction.ARRIVAL
    if other is not None and (other.scheduled_at > scheduled_at) != arriving:
        raise rules.DatesOutOfOrder
    if arriving:
        stay.arrives_on = day
        stay.leaves_on = None if other is None and stay.leaves_on and stay.leaves_on < day else stay.leaves_on
    else:
        stay.leaves_on = day
        stay.arrives_on = None if other is None and stay.arrives_on and stay.arrives_on > day else stay.arrives_on
    stay.save(update_fields=["arrives_on", "leaves_on"])
    flight = stay.flights.filter(direction=direction).first()
    told = {"number": number, "place": place, "scheduled_at": scheduled_at}
    if flight is None:
        flight = Flight.objects.create(stay=stay, direction=direction, **told)
    elif any(getattr(flight, name) != value for name, value in told.items()):
        for name, value in told.items():
            setattr(flight, name, value)
        flight.expected_at = None  # it was said of another flight
        _flight_changed(flight, actor)
    audit(actor, "save_flight", flight, direction=direction)
    return flight


@transaction.atomic
def expect_flight(flight: Flight, expected_at: dt.datetime | None, place: Place, *, actor: str) -> bool:
    """Go by another instant (and perhaps terminal) than the guest told; None goes back to the schedule. What hangs on
    the flight follows. Returns whether anything changed."""
    flight = Flight.objects.select_for_update().get(pk=flight.pk)
    if flight.expected_at == expected_at and flight.place_id == place.pk:
        return False
    flight.expected_at, flight.place = expected_at, place
    _flight_changed(flight, actor)
    audit(actor, "expect_flight", flight)
    return True


def _flight_changed(flight: Flight, actor: str) -> None:
    flight.sequence += 1
    flight.changed_at = timezone.now()
    flight.save()
    flight_changed.send(Flight, flight=flight, actor=actor)
