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


def ride_times(
    kind: str, origin: Place, destination: Place, flight: Flight | None, starts_at: dt.datetime | None
) -> tuple[dt.datetime, dt.datetime]:
    """Start and planned end of a ride: from the landing, before the take-off, or from the time that was asked for.

    Raises ``ValueError`` when neither flight nor time is given.
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
    return begin, begin + length


def interpreting_times(appointment: Appointment) -> tuple[dt.datetime, dt.datetime]:
    """The interpreter is there a little before the appointment and stays until its planned end."""
    reservation = appointment.reservation
    before = rules_at(reservation.starts_at).span("interpreter_before")
    return reservation.starts_at - before, reservation.ends_at
