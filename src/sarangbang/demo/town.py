"""What every part of the generator shares: size, seed, the day, the writer, and who is already there."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.text import slugify

from sarangbang.concierge.models import Interpreter, Vehicle
from sarangbang.directory.models import Department, Institution, Offering, Place, Practitioner
from sarangbang.people.models import User
from sarangbang.scheduling.models import Resource

from .drawing import dice
from .sizes import Size
from .tables import Reading, neighbourhoods
from .writing import Writer

SEOUL = ZoneInfo("Asia/Seoul")

Progress = Callable[[str, int, int], None]
"""Told what is being made, how many are done and how many there will be."""


@dataclass(slots=True)
class Doctor:
    """A practitioner with what the generator needs to give out their time. ``hours`` are by weekday, in minutes of
    the Korean day; ``leave`` are Korean days, both included."""

    number: int
    practitioner: Practitioner
    resource: Resource
    department_id: int
    hours: dict[int, list[tuple[int, int]]]
    leave: tuple[dt.date, dt.date] | None = None


@dataclass(slots=True)
class House:
    """An institution with its people and offers. ``since`` is its first day of registration."""

    institution: Institution
    since: dt.date
    is_partner: bool
    weight: float
    offerings: list[Offering] = field(default_factory=list)
    doctors: dict[int, list[Doctor]] = field(default_factory=dict)
    listed: bool = True


@dataclass(slots=True)
class Speaker:
    interpreter: Interpreter
    languages: frozenset[str]
    fields: frozenset[str]


@dataclass(slots=True)
class Town:
    """The district while it is being made. ``today`` is a Korean calendar day, ``moment`` the instant at which the
    coordinator looks at it; identities depend on the seed and ``today`` only."""

    size: Size
    seed: int
    today: dt.date
    moment: dt.datetime
    progress: Progress
    writer: Writer = field(default_factory=Writer)
    departments: dict[str, Department] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    hotels: list[Place] = field(default_factory=list)
    houses: list[House] = field(default_factory=list)
    vehicles: list[Vehicle] = field(default_factory=list)
    speakers: list[Speaker] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)
    clinic_id: UUID | None = None

    def dice(self, *parts: object) -> random.Random:
        return dice(self.seed, *parts)

    def at(self, day: dt.date, minutes: int) -> dt.datetime:
        """The instant ``minutes`` after midnight of a Korean day (Korea keeps no summer time)."""
        return dt.datetime.combine(day, dt.time(), tzinfo=SEOUL).astimezone(dt.UTC) + dt.timedelta(minutes=minutes)

    def new_place(self, kind: str, code: str, name: Reading, rng: random.Random, phone: str = "") -> Place:
        """A house somewhere in the district. House numbers lie above those that exist."""
        dong = neighbourhoods().draw(rng)
        road, number = rng.choice(dong.roads), rng.randrange(900, 2000)
        place = Place(
            code=slugify(code)[:60],
            kind=kind,
            name=name[0],
            name_latin=name[1],
            address=f"서울특별시 강남구 {road[0]} {number} ({dong.name[0]})",
            address_latin=f"{number} {road[1]}, {dong.name[1]}, Gangnam-gu, Seoul",
            latitude=round(dong.latitude + rng.triangular(-0.006, 0.006), 6),
            longitude=round(dong.longitude + rng.triangular(-0.008, 0.008), 6),
            phone=phone,
        )
        self.writer.add(place)
        return place
