"""When a ride or an interpreting begins and ends, from what it hangs on: a flight, an appointment, a wished time."""

from __future__ import annotations

import datetime as dt

from sarangbang.directory.models import Place
from sarangbang.directory.travel import drive_minutes
from sarangbang.scheduling.models import Appointment
from sarangbang.stays.models import Flight

from .entitlement import rules_at
from .flights.exits import exit_span
from .models import Ride

NEAR = dt.timedelta(hours=4)
"""A ride to or from a clinic within this time of an appointment there belongs to it."""


def ride_times(
    kind: str,
    origin: Place,
    destination: Place,
    flight: Flight | None,
    starts_at: dt.datetime | None,
    ends_at: dt.datetime | None = None,
) -> tuple[dt.datetime, dt.datetime]:
    """Start and planned end of a ride: from the landing, before the take-off, or from the time that was asked for. From
    a programme the car is back at ``ends_at``, else when the rule's time there is over.

    Raises ``ValueError`` when neither flight nor time is given, and for a programme that ends before it is reached.
    """
    moment = flight.goes_at if flight else starts_at
    if moment is None:
        raise ValueError("a ride needs a flight or a time")
    rules = rules_at(moment)
    length = dt.timedelta(minutes=drive_minutes(origin.point, destination.point)) + rules.span("loading")
    if flight is not None and kind == Ride.Kind.PICK_UP:
        begin = moment + exit_span(flight.place.code, moment, int(rules["exit_quantile"].value))
    elif flight is not None and kind == Ride.Kind.SENDING:
        begin = moment - rules.span("departure_before") - length
    else:
        begin = moment
    if kind == Ride.Kind.PROGRAMME:
        both_ways = 2 * length
        end = ends_at or begin + both_ways + rules.span("programme_stay")
        if end < begin + both_ways:
            raise ValueError("back before it is reached")
        return begin, end
    return begin, begin + length


def earliest_back(origin: Place, destination: Place, starts_at: dt.datetime) -> dt.datetime:
    """When a car that starts then can be back at the earliest."""
    begin, end = ride_times(Ride.Kind.TRANSFER, origin, destination, None, starts_at)
    return begin + 2 * (end - begin)


def brings_to(ride: Ride, place: int, starts_at: dt.datetime) -> bool:
    """Whether a ride in town brings the guest to an appointment that begins then at this place (a key)."""
    in_town = ride.kind == Ride.Kind.TRANSFER and ride.destination_id == place
    return in_town and dt.timedelta() <= starts_at - ride.ends_at <= NEAR


def fetches_from(ride: Ride, place: int, ends_at: dt.datetime) -> bool:
    """Whether a ride in town fetches the guest from an appointment that ends then at this place (a key)."""
    in_town = ride.kind == Ride.Kind.TRANSFER and ride.origin_id == place
    return in_town and dt.timedelta() <= ride.starts_at - ends_at <= NEAR


def interpreting_times(appointment: Appointment) -> tuple[dt.datetime, dt.datetime]:
    """The interpreter is there a little before the appointment and stays until its planned end."""
    reservation = appointment.reservation
    before = rules_at(reservation.starts_at).span("interpreter_before")
    return reservation.starts_at - before, reservation.ends_at
