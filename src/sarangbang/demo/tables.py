"""The tables from which the district is drawn; each row of ``data/`` names its source or says "assumption"."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .drawing import Weighted

DATA = Path(__file__).parent / "data"

Reading = tuple[str, str]
"""A name as written and in Latin letters."""


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def readings(text: str) -> list[Reading]:
    """``"하늘|Haneul;달빛|Dalbit"`` as pairs."""
    pairs = [pair.partition("|") for pair in text.split(";")]
    return [(written, latin or written) for written, _, latin in pairs]


@dataclass(frozen=True, slots=True)
class Nation:
    """``share`` of all guests (sums to 1), which names its people bear, which of the ten languages they speak."""

    code: str
    share: float
    names: str
    languages: Weighted[str]
    zone: str


@cache
def nations() -> tuple[Nation, ...]:
    """Guests by nationality: the district's published shares; what they leave is shared out in proportion to the
    national counts (and stated assumptions) of the others."""
    rows = rows_of("nationalities")
    known = sum(float(row["district_share_pct"] or 0) for row in rows) / 100
    others = sum(int(row["patients"] or 0) for row in rows)
    return tuple(
        Nation(
            code=row["nationality"],
            share=float(row["district_share_pct"]) / 100
            if row["district_share_pct"]
            else (1 - known) * int(row["patients"]) / others,
            names=row["names"],
            languages=Weighted(
                (language, float(weight))
                for language, _, weight in (pair.partition(":") for pair in row["languages"].split())
            ),
            zone=row["zone"],
        )
        for row in rows
    )


@cache
def department_shares() -> dict[str, float]:
    """Guests by department (slug): the district's published shares; the rest by the national table of 2018."""
    rows = rows_of("departments")
    known = sum(float(row["district_share_pct"] or 0) for row in rows) / 100
    others = sum(float(row["national_share_pct"] or 0) for row in rows)
    return {
        row["department"]: float(row["district_share_pct"]) / 100
        if row["district_share_pct"]
        else (1 - known) * float(row["national_share_pct"]) / others
        for row in rows
    }


@cache
def split(name: str) -> Weighted[str]:
    """A split of ``people.csv``: "sex" or "age"."""
    return Weighted((row["value"], float(row["weight"])) for row in rows_of("people") if row["split"] == name)


@cache
def prices() -> dict[str, tuple[int, int]]:
    """Invented usual prices in won by department, for procedures without a published one."""
    return {row["department"]: (int(row["low"]), int(row["high"])) for row in rows_of("prices")}


@dataclass(frozen=True, slots=True)
class Line:
    """A flight of the invented timetable: one number for the way here and (plus one) for the way back. Clock times
    are Korean."""

    place: str
    number: str
    arrives: dt.time
    departs: dt.time

    @property
    def back(self) -> str:
        return f"{self.number[:2]}{int(self.number[2:]) + 1:03d}"


@cache
def lines() -> dict[str, tuple[Line, ...]]:
    """The timetable by nationality."""
    table: dict[str, list[Line]] = {}
    for row in rows_of("flights"):
        table.setdefault(row["nationality"], []).append(
            Line(
                row["place"],
                row["number"],
                dt.time.fromisoformat(row["arrives"]),
                dt.time.fromisoformat(row["departs"]),
            )
        )
    return {nation: tuple(flights) for nation, flights in table.items()}


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A dong of the district: its middle (WGS 84), the roads on which houses stand."""

    name: Reading
    latitude: float
    longitude: float
    roads: tuple[Reading, ...]


@cache
def neighbourhoods() -> Weighted[Neighbourhood]:
    return Weighted(
        (
            Neighbourhood(
                (row["name"], row["name_latin"]),
                float(row["latitude"]),
                float(row["longitude"]),
                tuple(readings(row["roads"])),
            ),
            float(row["weight"]),
        )
        for row in rows_of("neighbourhoods")
    )
