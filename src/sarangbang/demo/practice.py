"""How some houses of the demo district work: rooms, alternate weeks, a doctor at two places, a closure, rules of their
own, and visits that follow each other. All of it is invented, and little of it, so that it can be found.

It is made last and touches no booking: what it closes lies after the last of them, and the hours that it adds are ones
that the generator does not give out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sarangbang.directory.models import PractitionerRole
from sarangbang.scheduling.models import (
    BookingRule,
    Closure,
    PathwayStep,
    Requirement,
    Resource,
    WeeklyRule,
)

from .town import Doctor, House, Town

EVERY = 9
"""Each of these things is found at every so-many-th institution."""

PATHWAYS = {
    "rhinoplasty": (("consultation", 30, 0, None), ("treatment", 120, 1, 14), ("check", 20, 6, 10)),
    "dental-implant": (("consultation", 40, 0, None), ("treatment", 90, 1, 14), ("check", 20, 2, None)),
    "hair-transplant": (("consultation", 30, 0, None), ("treatment", 240, 1, 21), ("check", 20, 1, 4)),
}
"""Procedure: kind of visit, minutes, fewest and most days after the visit before. Planning values, not medical advice;
the days stand for themselves and are no recommendation."""


def make_practice(town: Town) -> None:
    """Everything of this module, at the listed institutions in their order."""
    listed = [house for house in town.houses if house.listed and house.doctors]
    for number, house in enumerate(listed):
        is_demo_clinic = house.institution.pk == town.clinic_id
        if number % EVERY == 1 or is_demo_clinic:
            _rooms(town, house)
        if is_demo_clinic:
            _remote(town, house)
        if number % EVERY == 2:
            _alternate_saturdays(town, house)
        if number % EVERY == 3:
            _rules(town, house, number)
        _pathways(town, house)
    for house in listed[4::EVERY][:2]:
        first = town.today + dt.timedelta(days=town.size.days_ahead + 20)
        town.writer.add(
            Closure(
                place=house.institution.place,
                starts_at=town.at(first, 0),
                ends_at=town.at(first + dt.timedelta(days=2), 0),
                reason="내부 공사",
            )
        )
    _at_two_places(town, listed)


def _rooms(town: Town, house: House) -> None:
    """A room for every doctor of the department, so that what is booked already has one."""
    offering = house.offerings[0]
    doctors = house.doctors.get(offering.department_id, [])
    if not doctors:
        return
    requirement = Requirement(offering=offering, name="시술실")
    town.writer.add(requirement)
    for number, _ in enumerate(doctors, start=1):
        room = Resource(kind=Resource.Kind.ROOM, label=f"시술실 {number}", institution=house.institution)
        town.writer.add(room)
        town.writer.add(Requirement.resources.through(requirement_id=requirement.pk, resource_id=room.pk))


def _alternate_saturdays(town: Town, house: House) -> None:
    for doctor in _doctors(house):
        if 5 not in doctor.hours:
            _rule(town, doctor, house, 5, (10, 13), every_weeks=2)
            return


def _at_two_places(town: Town, listed: list[House]) -> None:
    """The first doctors with a free day who find a colleague's house receive there on that day."""
    made = 0
    for house in listed:
        for other in listed:
            department = next((pk for pk in house.doctors if pk in other.doctors), None)
            if other is house or department is None:
                continue
            doctor = house.doctors[department][0]
            free = next((weekday for weekday in range(5) if weekday not in doctor.hours), None)
            if free is None:
                break
            town.writer.add(
                PractitionerRole(
                    practitioner=doctor.practitioner, institution=other.institution, department_id=department
                )
            )
            _rule(town, doctor, other, free, (10, 17))
            made += 1
            break
        if made == 2:
            return


def _rules(town: Town, house: House, number: int) -> None:
    town.writer.add(
        BookingRule(
            institution=house.institution,
            notice_minutes=24 * 60,
            cut_off_minutes=48 * 60,
            horizon_days=90,
            buffer_after_minutes=10 if number % 2 else None,
            open_per_person=3,
            per_day=12,
        )
    )


def _remote(town: Town, house: House) -> None:
    """First talks also by video or telephone."""
    town.writer.add(BookingRule(offering=house.offerings[0], remote=True))


def _pathways(town: Town, house: House) -> None:
    for offering in house.offerings:
        for position, (kind, minutes, low, high) in enumerate(PATHWAYS.get(offering.procedure.slug, ())):
            town.writer.add(
                PathwayStep(
                    offering=offering,
                    position=position,
                    kind=kind,
                    visit_minutes=minutes,
                    days_after_low=low,
                    days_after_high=high,
                    same_practitioner=kind != PathwayStep.Kind.CHECK,
                )
            )


def _doctors(house: House) -> Iterator[Doctor]:
    for doctors in house.doctors.values():
        yield from doctors


def _rule(
    town: Town, doctor: Doctor, house: House, weekday: int, hours: tuple[int, int], *, every_weeks: int = 1
) -> None:
    town.writer.add(
        WeeklyRule(
            resource=doctor.resource,
            place=house.institution.place,
            weekday=weekday,
            starts=dt.time(hours[0]),
            ends=dt.time(hours[1]),
            valid_from=town.today,
            every_weeks=every_weeks,
        )
    )
