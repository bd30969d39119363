"""Lists of treatments and institutions, and an institution's own page."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import prefetch_related_objects
from django.utils import timezone

from sarangbang.directory import maps
from sarangbang.directory import queries as directory
from sarangbang.directory.models import (
    Department,
    Institution,
    InstitutionQuerySet,
    Offering,
    Place,
    PractitionerRole,
    Procedure,
    Registration,
)
from sarangbang.scheduling.pathways import first_series, steps_by_offering
from sarangbang.scheduling.queries import FreeTime, first_free

from . import hours
from .offers import LOOK_AHEAD, Way, way

NEAREST_STATIONS = 2


@dataclass(slots=True)
class Treatment:
    procedure: Procedure
    institutions: int


@dataclass(slots=True)
class Room:
    """A department with the treatments that are listed under it."""

    department: Department
    treatments: list[Treatment] = field(default_factory=list)
    institutions: int = 0


def treatments() -> list[Room]:
    """All procedures under their main department, by name in the reader's language."""
    counts = directory.institutions_per_procedure()
    rooms: dict[int, Room] = {}
    for procedure in directory.procedures():
        room = rooms.setdefault(procedure.main_department_id, Room(procedure.main_department))
        room.treatments.append(Treatment(procedure, counts.get(procedure.pk, 0)))
    for room in rooms.values():
        room.treatments.sort(key=lambda treatment: treatment.procedure.name.casefold())
    return sorted(rooms.values(), key=lambda room: room.department.name.casefold())


def institutions(form: forms.Form) -> InstitutionQuerySet:
    """Registered institutions as the form asks; a field with an error counts as empty."""
    given = getattr(form, "cleaned_data", {})
    return directory.institutions(
        name=given.get("q", ""), department=given.get("department", ""), language=given.get("language", "")
    ).order_by("name_latin", "pk")


@dataclass(slots=True)
class Row:
    """One institution in a list."""

    institution: Institution
    languages: list[str]

    @property
    def registration(self) -> Registration:
        registration: Registration = self.institution.in_force[0]  # type: ignore[attr-defined]
        return registration


def rows(shown: Iterable[Institution]) -> list[Row]:
    """Rows with registration, departments and the languages spoken there, in three queries."""
    shown = list(shown)
    prefetch_related_objects(shown, directory.registrations_in_force(), "departments")
    spoken: dict[Any, set[str]] = defaultdict(set)
    for (institution, _room), languages in directory.languages_spoken(one.pk for one in shown).items():
        spoken[institution] |= languages
    return [Row(one, sorted(spoken[one.pk] - {"ko"})) for one in shown]


@dataclass(slots=True)
class Price:
    """A procedure as one institution offers it. ``visits`` is how many it takes when it takes several; then ``first``
    is the first of times for all of them."""

    offering: Offering
    first: FreeTime | None
    visits: int = 0


@dataclass(slots=True)
class Doctor:
    role: PractitionerRole
    languages: list[str]


def profile(institution: Institution, reader: str) -> dict[str, Any]:
    """Everything an institution's page says, in a constant number of queries."""
    prefetch_related_objects([institution], directory.registrations_in_force(), "departments")
    offerings = list(directory.offerings_at(institution))
    now = timezone.now()
    steps = steps_by_offering(offerings)
    free = first_free([each for each in offerings if each.pk not in steps], now, now + LOOK_AHEAD)
    series = first_series([each for each in offerings if each.pk in steps], now, now + LOOK_AHEAD)
    first = {**free, **{pk: series[pk].times[0] if pk in series else None for pk in steps}}
    doctors = [
        Doctor(role, [spoken.language for spoken in role.practitioner.languages.all()])
        for role in directory.practitioners_at(institution)
    ]
    return {
        "institution": institution,
        "registration": institution.in_force[0],  # type: ignore[attr-defined]
        "prices": [Price(each, first[each.pk], len(steps.get(each.pk, ()))) for each in offerings],
        "doctors": doctors,
        "speaks": any(reader in doctor.languages for doctor in doctors),
        "stations": nearest_stations(institution.place),
        "maps": maps.links(institution.place),
        "hours": hours.opening_hours(institution.place, directory.today()),
        "is_partner": is_partner(institution, directory.today()),
    }


def is_partner(institution: Institution, on: dt.date) -> bool:
    """Whether the institution works with the district on that day."""
    partner = getattr(institution, "partner", None)
    return partner is not None and partner.since <= on and (partner.until is None or partner.until >= on)


def nearest_stations(door: Place) -> list[tuple[Place, Way]]:
    stations = directory.landmarks().filter(kind=Place.Kind.STATION)
    ways = [(station, way(station.point, door.point)) for station in stations]
    return sorted(ways, key=lambda found: found[1].meters)[:NEAREST_STATIONS]
