"""A partner institution asks for a car or an interpreter for its own guest. It sees what concerns its own appointment
and what it asked for itself: neither the guest's other visits nor their flights and hotel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sarangbang.concierge.crew import queries as crew_queries
from sarangbang.concierge.models import Interpreting, Job, RequestSource, Ride
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.stays.models import Flight
from sarangbang.stays.rules import STANDING

from .forms import InterpreterRequestForm, RideRequestForm
from .page import AskingPage, visits_ahead

OF_FLIGHT = ("number", "airport", "day", "clock")
"""What is not asked when the guest has told their flight."""


class InstitutionRideForm(RideRequestForm):
    """A car, asked for by an institution. A flight that the guest has told is neither shown nor overwritten."""

    def __init__(self, *args: Any, knows_flight: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["source"]
        for name in OF_FLIGHT if knows_flight else ():
            del self.fields[name]


class InstitutionInterpreterForm(InterpreterRequestForm):
    """An interpreter at the institution's own appointment."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, appointments=(), **kwargs)
        del self.fields["source"], self.fields["appointment"]


CAME = (*STANDING, Reservation.Status.FULFILLED)
STILL_HERE = dt.timedelta(days=14)
"""So long after a visit its institution may still ask for the guest's car."""


@dataclass
class InstitutionPage(AskingPage):
    """The stay as the institution of one ``appointment`` may use it."""

    appointment: Appointment

    @cached_property
    def visits(self) -> list[Appointment]:
        """The institution's own appointments that are still to come; of those of others nothing is said."""
        ahead = visits_ahead(self.stay, self.now)
        return [each for each in ahead if each.institution_id == self.appointment.institution_id]

    def is_arranged(self, kind: str = "") -> bool:
        """Whether the guest or the Center has asked for it already; then only the Center changes it."""
        return crew_queries.arranged_by_others(self.appointment, kind)

    @property
    def is_ahead(self) -> bool:
        return any(each.pk == self.appointment.pk for each in self.visits)

    @property
    def may_ride(self) -> bool:
        """Whether a car makes sense: before the visit, and for some days after it, on the way back."""
        status, starts_at = self.appointment.reservation.status, self.appointment.reservation.starts_at
        return status in CAME and starts_at > self.now - STILL_HERE

    def flight_for(self, kind: str) -> Flight | None:
        """The flight that the guest has told for this kind of ride."""
        direction = DIRECTIONS.get(kind)
        return self.flights.get(direction) if direction else None

    def begin_ride(self, kind: str) -> dict[str, Any]:
        here = self.appointment.place.code
        known = {"party": 1, "luggage": 0, "wheelchairs": 0, "child_seats": 0}
        ends = {"destination": here} if kind == Ride.Kind.PICK_UP else {"origin": here}
        return {**known, **ends, "day": self.appointment.reservation.starts_at.date()}

    def begin_interpreting(self) -> dict[str, Any]:
        spoken = self.stay.guest.language
        return {"language": spoken if spoken != "ko" else "en", "mode": Interpreting.Mode.ON_SITE, "wish": ""}

    @cached_property
    def asked(self) -> Sequence[Job]:
        """What stands for this appointment, and the cars that this institution asked for."""
        return crew_queries.asked_by(self.appointment)


DIRECTIONS: dict[str, str] = {
    Ride.Kind.PICK_UP: Flight.Direction.ARRIVAL,
    Ride.Kind.SENDING: Flight.Direction.DEPARTURE,
}
SOURCE = RequestSource.INSTITUTION


def page_for(appointment: Appointment, now: dt.datetime) -> InstitutionPage | None:
    """The page of an appointment; None while it belongs to no stay."""
    link = getattr(appointment, "stay_appointment", None)
    return InstitutionPage(link.stay, now, appointment) if link is not None else None
