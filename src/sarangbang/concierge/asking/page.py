"""The desk asks for a guest: finds the stay, shows what it has, and knows what a form begins with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import get_language

from sarangbang.concierge.desk.day import FIRST_DAY, LAST_DAY
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import Interpreting, Ride
from sarangbang.directory import queries as directory
from sarangbang.directory.models import Place
from sarangbang.people.models import Consent
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.stays import queries as stays
from sarangbang.stays.models import Flight, Stay
from sarangbang.ui import locales

MOST_FOUND = 20
GONE_AFTER = dt.timedelta(days=2)
"""Stays that ended before are no longer the desk's."""


def open_stays(now: dt.datetime) -> QuerySet[Stay]:
    """Stays that the desk may still arrange something for: not over, as far as their days are known."""
    over = (now - GONE_AFTER).astimezone(SEOUL).date()
    ahead = Q(leaves_on__gte=over) | Q(leaves_on__isnull=True)
    return Stay.objects.filter(ahead).select_related("guest", "hotel")


def found_stays(now: dt.datetime, text: str, day: dt.date | None) -> list[Stay]:
    """Open stays by a part of a name, a flight number, or a Korean day of an appointment or a flight, with their
    flights and appointments. Nothing is found without a wish, or on a day that is none of the desk's. Three queries."""
    if (not text and day is None) or (day is not None and not FIRST_DAY <= day <= LAST_DAY):
        return []
    found = open_stays(now)
    if text:
        number = "".join(text.split()).upper()
        wanted = Q(flights__number=number) | Q(guest__name_latin__icontains=text)
        for written in {text, text.lower(), text.upper(), text.title()}:  # SQLite knows the case of Latin letters only
            wanted |= Q(guest__name__icontains=written)
        found = found.filter(wanted)
    if day is not None:
        start = dt.datetime.combine(day, dt.time(), tzinfo=SEOUL)
        span = (start, start + dt.timedelta(days=1))
        visited = Q(stay_appointments__appointment__reservation__starts_at__range=span)
        found = found.filter(visited | Q(flights__scheduled_at__range=span))
    visits = Appointment.objects.select_related("reservation", "institution", "stay_appointment")
    return list(
        found.distinct()
        .prefetch_related("flights", Prefetch("stay_appointments__appointment", queryset=visits))
        .order_by("-created_at")[:MOST_FOUND]
    )


def visits_ahead(stay: Stay, now: dt.datetime) -> list[Appointment]:
    """Booked appointments that are still to come."""
    booked = stays.appointments_of(stay).filter(reservation__status=Reservation.Status.BOOKED)
    return [each for each in booked if each.reservation.starts_at > now]


@dataclass
class AskingPage:
    """One stay, and what is known of it when somebody asks for a car or an interpreter."""

    stay: Stay
    now: dt.datetime

    @property
    def ask_consent(self) -> bool:
        return Consent.Purpose.CONCIERGE not in stays.consents_in_force(self.stay)

    @cached_property
    def visits(self) -> list[Appointment]:
        return visits_ahead(self.stay, self.now)

    @cached_property
    def flights(self) -> dict[str, Flight]:
        return {flight.direction: flight for flight in stays.flights_of(self.stay)}

    @property
    def airports(self) -> list[Place]:
        return list(directory.airports())

    @cached_property
    def places(self) -> list[Place]:
        """The guest's institutions first, then hotels, stations and the Center."""
        found = [each.place for each in self.visits] + list(directory.landmarks())
        return list({place.code: place for place in found}.values())

    @property
    def appointments(self) -> Sequence[tuple[str, str]]:
        """Key and words of each appointment ahead."""
        code = get_language() or "en"
        return [(str(each.pk), f"{_when(each, code)} · {_where(each)}") for each in self.visits]

    def visit(self, key: str) -> Appointment | None:
        return next((each for each in self.visits if str(each.pk) == key), None)

    def begin_ride(self, kind: str) -> dict[str, Any]:
        """What a form for this kind of ride begins with: the flight, the hotel, how many travel."""
        party = min(self.stay.companions + 1, 20)
        known: dict[str, Any] = {
            "source": "phone",
            "party": party,
            "luggage": party,
            "wheelchairs": 0,
            "child_seats": 0,
        }
        hotel = self.stay.hotel.code if self.stay.hotel else ""
        known["destination" if kind == Ride.Kind.PICK_UP else "origin"] = hotel
        direction = {Ride.Kind.PICK_UP: "arrival", Ride.Kind.SENDING: "departure"}.get(Ride.Kind(kind))
        flight = self.flights.get(direction) if direction else None
        if flight is not None:
            local = flight.scheduled_at.astimezone(SEOUL)
            known |= {"number": flight.number, "airport": flight.place.code, "day": local.date(), "clock": local.time()}
        elif self.visits and direction is None:
            known |= {"destination": self.visits[0].place.code, "luggage": 0}
            known["day"] = self.visits[0].reservation.starts_at.astimezone(SEOUL).date()
        return known

    def begin_interpreting(self) -> dict[str, Any]:
        spoken = self.stay.guest.language
        return {
            "source": "phone",
            "appointment": str(self.visits[0].pk) if self.visits else "",
            "language": spoken if spoken != "ko" else "en",
            "mode": Interpreting.Mode.ON_SITE,
            "wish": "",
        }


def _when(visit: Appointment, code: str) -> str:
    return locales.moment(visit.reservation.starts_at, code)


def _where(visit: Appointment) -> str:
    return visit.institution.name if get_language() == "ko" else visit.institution.name_latin
