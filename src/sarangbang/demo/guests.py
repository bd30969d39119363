"""Invented guests with their stays and appointments, as many of each nationality and department as the tables say.

Who comes from where does not say here what for: the two tables are drawn independently. Appointments take only time
that the doctor's roster opens and nobody else has.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sarangbang.directory.models import Offering, Place
from sarangbang.people.actions import CONSENT_VERSION
from sarangbang.people.models import Consent, Guest
from sarangbang.scheduling.availability import ticks
from sarangbang.scheduling.models import Allocation, Appointment, Claim, Reservation, ReservationStep
from sarangbang.scheduling.public_holidays import is_holiday
from sarangbang.stays.models import Flight, Stay, StayAppointment

from .drawing import Weighted, draw_id, shared_out
from .institutions import draw_houses
from .names import person
from .tables import Nation, department_shares, lines, nations, split
from .town import Doctor, House, Town

CELL = 30
"""Visits begin on the half hour."""

RECENT_DAYS = 14
"""Stays that end later than this many days ago keep links, messages, promises and every step of their history."""

FORGOTTEN, LEFT_OFF, FOLLOW_UP = 0.035, 0.045, 0.18
"""Shares of guests who do not come, who cancel, and who come a second time: assumptions."""

AHEAD_DAYS = 16.0
"""Bookings thin out into the future: by 1/e in so many days."""

CLINIC_VISITS, CLINIC_DAYS = 30, 9
"""The demo clinic's last days: some so many visits in so many days."""

CLOSED = dt.timedelta(days=1)
"""As in scheduling's housekeeping: claims of what ended a day ago are dropped."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One guest to be made. ``outcome`` is served, noshow, cancelled or ahead; ``day`` counts from today."""

    number: int
    nation: Nation
    department: str
    outcome: str
    day: int
    at_clinic: bool = False


@dataclass(slots=True)
class Story:
    """A stay as it came out, for those who make rides, messages and promises of it."""

    rng: random.Random
    guest: Guest
    stay: Stay
    outcome: str
    is_partner: bool
    is_recent: bool
    nation: str
    appointments: list[Appointment] = field(default_factory=list)
    flights: dict[str, Flight] = field(default_factory=dict)
    wants_ride: bool = False
    wants_interpreter: bool = False


def plans(town: Town) -> list[Plan]:
    """Everybody who came or will come. Shares are kept by quota, not by chance, so that they hold at every size."""
    size = town.size
    rng = town.dice("plans")
    served = size.guests
    ahead = max(12, round(served / size.days_back * AHEAD_DAYS))
    outcomes = [
        *(["served"] * served),
        *(["noshow"] * round(served * FORGOTTEN)),
        *(["cancelled"] * round(served * LEFT_OFF)),
        *(["ahead"] * ahead),
    ]
    people = _by_quota([served, len(outcomes) - served], [(nation, nation.share) for nation in nations()], rng)
    rooms = _by_quota([served, len(outcomes) - served], list(department_shares().items()), rng)
    result = []
    for number, outcome in enumerate(outcomes):
        if outcome == "ahead":
            day = min(int(rng.expovariate(1 / AHEAD_DAYS)), size.days_ahead - 4)
        else:
            day = -rng.randint(1, size.days_back)
        result.append(Plan(number, people[number], rooms[number], outcome, day))
    for back, number in enumerate(_clinic_past(result)):
        result[number] = replace(result[number], day=-1 - back % CLINIC_DAYS, at_clinic=True)
    number = len(result)
    for day in (0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 5, 6):  # so that the demo clinic has something to do
        result.append(Plan(number, rng.choice(nations()), "dermatology", "ahead", day, at_clinic=True))
        number += 1
    return result


def _clinic_past(plans: list[Plan]) -> list[int]:
    """Which plans become the demo clinic's last days: some of its own department, so that no count changes."""
    past = [plan.number for plan in plans if plan.department == "dermatology" and plan.outcome in ("served", "noshow")]
    return past[:: max(3, len(past) // CLINIC_VISITS)]


def _by_quota(parts: list[int], pairs: list[tuple], rng: random.Random) -> list:
    drawn: list = []
    for part in parts:
        many = shared_out(part, [share for _, share in pairs])
        block = [thing for (thing, _), count in zip(pairs, many, strict=True) for _ in range(count)]
        rng.shuffle(block)
        drawn += block
    return drawn


class Diary:
    """Who has which half hour of whom."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.taken: set[int] = set()

    def take(self, doctor: Doctor, day: dt.date, minutes: int, rng: random.Random) -> int | None:
        """Take a free time on that day; returns its minute of the Korean day."""
        if is_holiday(day) or (doctor.leave and doctor.leave[0] <= day <= doctor.leave[1]):
            return None
        starts = [
            start
            for opens, closes in doctor.hours.get(day.weekday(), ())
            for start in range(opens, closes - minutes + 1, CELL)
        ]
        if not starts:
            return None
        cells = math.ceil(minutes / CELL)
        key = (doctor.number << 24) + (day.toordinal() << 6)
        first = rng.randrange(len(starts))
        for start in (*starts[first:], *starts[:first]):
            wanted = range(key + start // CELL, key + start // CELL + cells)
            if self.taken.isdisjoint(wanted):
                self.taken.update(wanted)
                return start
        return None


class GuestMaker:
    """Makes one story of each plan."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.diary = Diary(town)
        self.plans = plans(town)
        self.total = len(self.plans)
        self.houses: dict[str, Weighted[tuple[House, Offering]]] = draw_houses(town)
        clinic = next(house for house in town.houses if house.institution.pk == town.clinic_id)
        skin = town.departments["dermatology"].pk
        self.clinic = Weighted(((clinic, offer), 1) for offer in clinic.offerings if offer.department_id == skin)

    def stories(self) -> Iterator[Story]:
        for plan in self.plans:
            yield self._story(plan)

    def _story(self, plan: Plan) -> Story:
        town, rng = self.town, self.town.dice("guest", plan.number)
        house, offering, doctor, day, minute = self._visit(plan, rng)
        made_on = min(
            town.at(day, minute) - dt.timedelta(days=rng.randint(4, 70), minutes=rng.randrange(600)),
            town.moment - dt.timedelta(minutes=rng.randrange(20, 4000)),
        )
        guest = self._guest(plan, rng, made_on)
        visits = [(day, minute)]
        rest = offering.procedure.rest_before_flying_days
        if plan.outcome in ("served", "ahead") and rng.random() < FOLLOW_UP:
            later = day + dt.timedelta(days=rng.randint(2, 6))
            again = self.diary.take(doctor, later, offering.visit_minutes, rng)
            if again is not None:
                visits.append((later, again))
        leaves_on = visits[-1][0] + dt.timedelta(days=rng.randint(1, 3) + rest)
        hotel = rng.choice(town.hotels) if rng.random() < 0.9 else None
        stay_id, arrives_on = draw_id(rng), day - dt.timedelta(days=rng.choice((1, 1, 1, 2, 2, 3)))
        stay = Stay(
            id=stay_id,
            guest=guest,
            arrives_on=arrives_on,
            leaves_on=leaves_on,
            companions=rng.choices((0, 1, 2, 3), (60, 28, 8, 4))[0],
            hotel=hotel,
            created_at=made_on,
        )
        recent = leaves_on >= town.today - dt.timedelta(days=RECENT_DAYS)
        story = Story(rng, guest, stay, plan.outcome, house.is_partner, recent, plan.nation.code)
        coming = plan.outcome != "cancelled" and hotel is not None
        story.wants_ride = coming and house.is_partner and rng.random() < town.size.ride_share
        story.wants_interpreter = (
            plan.outcome != "cancelled" and guest.language != "ko" and rng.random() < town.size.interpreting_share
        )
        for row in (guest, stay):
            town.writer.add(row)
        self._consents(story, made_on)
        for visited, (on, at) in enumerate(visits):
            self._appointment(story, plan, house, offering, doctor, on, at, visited)
        if hotel is not None and (story.wants_ride or recent):
            self._flights(story, arrives_on, leaves_on)
        return story

    def _visit(self, plan: Plan, rng: random.Random) -> tuple[House, Offering, Doctor, dt.date, int]:
        """Whom, what, when. Looks on at other days and houses until there is a free time."""
        today = self.town.today
        past = plan.outcome != "ahead"
        span = self.town.size.days_back if past else self.town.size.days_ahead
        for attempt in range(400):
            near = plan.at_clinic and attempt < 40
            house, offering = (self.clinic if near else self.houses[plan.department]).draw(rng)
            doctor = rng.choice(house.doctors[offering.department_id])
            for step in range(8):
                day = plan.day - step if past else plan.day + step
                if past and day < -span:
                    day += span
                on = today + dt.timedelta(days=day)
                if on < house.since:
                    continue
                minute = self.diary.take(doctor, on, offering.visit_minutes, rng)
                if minute is not None:
                    return house, offering, doctor, on, minute
        raise RuntimeError(f"no free time in {plan.department}: the district is too small for so many guests")

    def _guest(self, plan: Plan, rng: random.Random, made_on: dt.datetime) -> Guest:
        sex = split("sex").draw(rng)
        name, latin = person(plan.nation.names, sex, rng)
        low, _, high = split("age").draw(rng).partition("-")
        address = "".join(letter if letter.isalnum() else "." for letter in latin.lower())
        return Guest(
            id=draw_id(rng),
            name=name,
            name_latin=latin,
            nationality=plan.nation.code,
            birth_year=self.town.today.year - rng.randint(int(low), int(high)),
            sex=sex,
            email=f"{address}.{plan.number}@guest.example",
            email_proven_at=made_on,
            language=plan.nation.languages.draw(rng),
            zone=plan.nation.zone,
            created_at=made_on,
        )

    def _consents(self, story: Story, made_on: dt.datetime) -> None:
        purposes = [Consent.Purpose.BOOKING, Consent.Purpose.HEALTH]
        if story.rng.random() < 0.8:
            purposes.append(Consent.Purpose.ABROAD)
        if story.wants_ride or story.wants_interpreter:
            purposes.append(Consent.Purpose.CONCIERGE)
        for purpose in purposes:
            self.town.writer.add(
                Consent(
                    guest=story.guest,
                    purpose=purpose,
                    version=CONSENT_VERSION,
                    language=story.guest.language,
                    given_at=made_on,
                )
            )

    def _appointment(
        self,
        story: Story,
        plan: Plan,
        house: House,
        offering: Offering,
        doctor: Doctor,
        day: dt.date,
        minute: int,
        visited: int,
    ) -> None:
        town, guest = self.town, story.guest
        starts_at = town.at(day, minute)
        ends_at = starts_at + dt.timedelta(minutes=offering.visit_minutes)
        steps = _history(story, plan, town.moment, starts_at, ends_at, visited)
        status = steps[-1][0]
        made_on = story.stay.created_at
        reservation = Reservation(
            id=draw_id(story.rng), status=status, starts_at=starts_at, ends_at=ends_at, created_at=made_on
        )
        town.writer.add(reservation)
        for step, at, actor in steps:
            town.writer.add(ReservationStep(reservation=reservation, status=step, at=at, actor=actor))
        freed = status == Reservation.Status.CANCELLED
        place = house.institution.place
        claim(town, reservation, doctor.resource.pk, starts_at, ends_at, freed=freed, place=place)
        appointment = Appointment(
            id=draw_id(story.rng),
            reservation=reservation,
            offering=offering,
            institution=house.institution,
            practitioner=doctor.practitioner,
            place=place,
            guest=guest,
            sequence=int(freed),  # calendars must show that it was called off
            created_at=made_on,
        )
        town.writer.add(appointment)
        town.writer.add(StayAppointment(stay=story.stay, appointment=appointment))
        story.appointments.append(appointment)

    def _flights(self, story: Story, arrives_on: dt.date, leaves_on: dt.date) -> None:
        town, line = self.town, story.rng.choice(lines()[story.nation])
        place = town.places[line.place]
        for direction, day, clock, number in (
            (Flight.Direction.ARRIVAL, arrives_on, line.arrives, line.number),
            (Flight.Direction.DEPARTURE, leaves_on, line.departs, line.back),
        ):
            flight = Flight(
                stay=story.stay,
                direction=direction,
                number=number,
                place=place,
                scheduled_at=town.at(day, clock.hour * 60 + clock.minute),
                changed_at=story.stay.created_at,
            )
            town.writer.add(flight)
            story.flights[direction] = flight


def claim(
    town: Town,
    reservation: Reservation,
    resource_id: int,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    *,
    freed: bool = False,
    place: Place | None = None,
) -> None:
    """The allocation of one resource and, unless it is over or was freed, its claims."""
    active = not freed and ends_at >= town.moment - CLOSED
    allocation = Allocation(
        reservation=reservation,
        resource_id=resource_id,
        place=place,
        starts_at=starts_at,
        ends_at=ends_at,
        is_active=active,
    )
    town.writer.add(allocation)
    if active:
        for tick in ticks(starts_at, ends_at):
            town.writer.add(Claim(allocation=allocation, resource_id=resource_id, tick=tick))


def _history(
    story: Story, plan: Plan, moment: dt.datetime, starts_at: dt.datetime, ends_at: dt.datetime, visited: int
) -> list[tuple[str, dt.datetime, str]]:
    """The steps of an appointment until now: status, when, who."""
    status, me, rng = Reservation.Status, f"guest:{story.guest.pk}", story.rng
    made_on = story.stay.created_at
    steps = [(str(status.BOOKED), made_on, me)]
    # Everything is drawn before it is asked what time it is, so that identities do not depend on the hour.
    chance, part, early = rng.random(), rng.uniform(0.1, 0.8), dt.timedelta(minutes=rng.randrange(0, 12))
    if plan.outcome == "cancelled" or (plan.outcome == "ahead" and chance < 0.04 and not plan.at_clinic):
        steps.append((status.CANCELLED, min(made_on + (starts_at - made_on) * part, moment), me))
    elif plan.outcome == "noshow":
        missed = status.NOSHOW_GUEST if chance < 0.9 else status.NOSHOW_HOST
        steps.append((missed, starts_at + dt.timedelta(minutes=30), "system"))
    elif starts_at <= moment or (plan.outcome == "served" and not visited):
        if story.is_recent:
            steps.append((status.ARRIVED, starts_at - early, "system"))
        if ends_at <= moment:
            steps.append((status.FULFILLED, ends_at, "system"))
    return steps
