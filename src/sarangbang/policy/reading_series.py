"""Yearly tables as ministries and cities publish them: year, area or group, count, share.

One row brings up to three figures: the count, its share, its growth. A row that calls itself a total must be the sum of
the other rows of its year and area, and a running total the sum of all years so far.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sarangbang.directory.importing import cells
from sarangbang.directory.importing.columns import Layout, Row
from sarangbang.directory.importing.problems import CellProblem, UnusableFile

from . import periods, written
from .intervals import EXACT, last_place
from .reading import Table, column, twice
from .reading_figures import unit_of, word_of
from .records import Record, code_of
from .vocabulary import PLACES

SERIES_TABLE = Layout(
    "series",
    (
        column("year", "period", "연도", required=True),
        column("geography", "place"),
        column("region", "지역"),
        column("nationality", "country", "국적"),
        column("iso3", "iso2", "country_code"),
        column("department", "진료과"),
        column("patients", "patients_actual", "persons", "count", "환자수", "실환자수"),
        column("share", "share_pct", "share_of_korea_pct", "비중"),
        column("growth", "growth_pct", "증감률"),
        column("cumulative", "cumulative_derived", "누적"),
        column("unit", "단위"),
        column("status", "sureness"),
        column("source", "출처", required=True),
        column("published"),
        column("note"),
    ),
    one_of=("patients", "share"),
)
MOST_SHARES = Decimal(100)
ROUNDING_OF_SHARES = Decimal("0.1")
"""A row's share may be rounded by half of this."""


@dataclass(frozen=True, slots=True)
class _Entry:
    row: Row
    period: str
    geography: str
    group: str
    category: str
    count: tuple[Decimal, str, Decimal] | None
    share: Decimal | None
    is_total: bool
    rest: dict[str, Any]

    @property
    def people(self) -> Decimal | None:
        return self.count[0] if self.count else None

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.period, self.geography, self.group, self.category

    def records(self) -> Iterator[Record]:
        by_department = self.group == "department"
        measures = ("patients_by_department", "department_share") if by_department else ("patients", "patients_share")
        same: dict[str, Any] = {
            "period": self.period, "geography": self.geography, "group": self.group, "category": self.category,
            "series": "ministry", "status": "official", "row": self.row.number, **self.rest,
        }  # fmt: skip
        if self.count:
            code = code_of(measures[0], self.geography, self.period, self.category)
            value, qualifier, step = self.count
            yield Record(
                code=code,
                measure=measures[0],
                value=value,
                qualifier=qualifier,
                rounded_to=step,
                unit="persons",
                **same,
            )
        if self.share is not None:
            code = code_of(measures[1], self.geography, self.period, self.category)
            yield Record(
                code=code, measure=measures[1], value=self.share, qualifier=EXACT, rounded_to=last_place(self.share),
                unit="percent", **same,
            )  # fmt: skip


def series_records(table: Table, place: str = "") -> list[Record]:
    """Figures of a yearly table; ``place`` is what it is about when no column says so.

    Raises ``UnusableFile`` when nothing says so, and ``Refused`` with every row that is wrong.
    """
    if not (place or any(table.rows[0].has(name) for name in ("geography", "region"))):
        raise UnusableFile("No column says which place the table is about (geography); name it with --place.")
    entries = [entry for row in table.rows if (entry := _entry(row, place))]
    parts = [entry for entry in entries if not entry.is_total]
    for row, before in twice([entry.row for entry in parts], [entry.key for entry in parts]):
        row.wrong("year", f"is there twice for the same area and group (see row {before})")
    _check_totals(entries)
    _check_shares(parts)
    _check_running(parts)
    table.insist()
    return [record for entry in parts for record in entry.records()]


def _entry(row: Row, place: str) -> _Entry | None:
    if row.errors:
        return None
    period = row.read("year", _period, required=True)
    unit = row.read("unit", unit_of)
    if unit and unit != "persons":
        row.wrong("unit", f"is {unit}, but patients are counted in persons")
    count = row.read("patients", _persons)
    share = row.read("share", _share)
    group, category, is_total = _which(row)
    geography = row.read("region", _place) or row.read("geography", _place) or place or "korea"
    if count is None and share is None and not row.errors:
        row.wrong("patients", "is empty, and so is the share")
    rest = {
        "sureness": row.read("status", _sureness) or "verified",
        "source": row.read("source", lambda cell: cells.text(cell, 600), required=True) or "",
        "published": row.read("published", cells.day),
        "note": row.read("note", lambda cell: cells.text(cell, 600)) or "",
    }
    if row.errors or period is None:
        return None
    return _Entry(row, period, geography, group, category, count, share, is_total, rest)


def _department(cell: Any) -> str | None:
    line = cells.text(cell, 60)
    return word_of("-".join(re.sub(r"[&()]", " ", line).lower().split())) if line else None


GROUP_COLUMNS: tuple[tuple[str, str, Callable[[Any], str | None]], ...] = (
    ("iso3", "nationality", written.country),
    ("nationality", "nationality", written.country),
    ("department", "department", _department),
)


def _which(row: Row) -> tuple[str, str, bool]:
    """(group, category, whether it is a total) of a row."""
    for name, group, parse in GROUP_COLUMNS:
        if not row.has(name):
            continue
        if written.is_total(row.cell("nationality" if group == "nationality" else name)):
            return group, "", True
        category = row.read(name, parse, required=True)
        return group, category or "", False
    return "", "", row.has("region") and written.is_total(row.cell("region"))


def _period(cell: Any) -> str | None:
    line = (cells.text(cell, 40) or "").removesuffix(".0").removesuffix("년")
    try:
        return periods.parse(line) if line else None
    except periods.BadPeriod as problem:
        raise CellProblem(str(problem)) from None


def _place(cell: Any) -> str | None:
    line = cells.text(cell, 60)
    if line is None or written.is_total(line):
        return None
    known = {str(code): code for code in PLACES} | {name: code for code, name in _KOREAN.items()}
    found = known.get(line) or known.get(line.lower().replace(" ", "-"))
    if found is None:
        raise CellProblem(f"is no place that is known ({', '.join(PLACES)})")
    return found


_KOREAN = {
    "korea": "한국",
    "seoul": "서울",
    "gangnam-gu": "강남구",
    "busan": "부산",
    "daegu": "대구",
    "incheon": "인천",
}


def _persons(cell: Any) -> tuple[Decimal, str, Decimal] | None:
    found = written.said(cell)
    if found and found[0] < 0:
        raise CellProblem("is negative")
    if found and found[0] != found[0].to_integral_value():
        raise CellProblem("is no whole number of persons")
    return found


def _share(cell: Any) -> Decimal | None:
    """A percentage; a remark in parentheses behind it is left aside, as behind any figure."""
    found = written.positive(re.sub(r"\s*\(.*\)\s*$", "", cell).rstrip(" %") if isinstance(cell, str) else cell)
    if found is not None and found > MOST_SHARES:
        raise CellProblem("is a share of more than 100 %")
    return found


def _sureness(cell: Any) -> str | None:
    line = (cells.text(cell, 120) or "").casefold()
    for word in ("remembered", "derived", "rounded", "verified"):
        if word in line:
            return word
    if not line:
        return None
    raise CellProblem("is none of verified, rounded, derived, remembered")


def _grouped(entries: list[_Entry], key: Callable[[_Entry], Any]) -> dict[Any, list[_Entry]]:
    found: dict[Any, list[_Entry]] = defaultdict(list)
    for entry in entries:
        found[key(entry)].append(entry)
    return found


def _check_totals(entries: list[_Entry]) -> None:
    """A total is the sum of its parts: of the nationalities or departments of an area, or of the regions."""

    def whole(entry: _Entry) -> tuple[str, str, str]:
        return entry.period, entry.geography if entry.group else "", entry.group

    for rows in _grouped(entries, whole).values():
        parts = [entry.people for entry in rows if not entry.is_total and entry.people is not None]
        made = sum(parts, Decimal(0))
        for total in rows:
            if total.is_total and total.people is not None and parts and made != total.people:
                total.row.wrong("patients", f"is {total.people:,f}, but the rows make {made:,f}")


def _check_shares(parts: list[_Entry]) -> None:
    for (_period, _geography, group), rows in _grouped(parts, lambda e: (e.period, e.geography, e.group)).items():
        shares = [entry.share for entry in rows if entry.share is not None]
        most = MOST_SHARES + ROUNDING_OF_SHARES * len(shares)
        if group and sum(shares) > most:
            rows[-1].row.wrong("share", f"brings the shares of its year to {sum(shares)} %")


def _check_running(parts: list[_Entry]) -> None:
    """A running total must be the sum of all rows of its area and group so far, in the order of the years."""
    for rows in _grouped(parts, lambda e: (e.geography, e.group, e.category)).values():
        running = Decimal(0)
        for entry in sorted(rows, key=lambda entry: entry.period):
            running += entry.people or 0
            told = entry.row.read("cumulative", written.positive)
            if told is not None and told != running:
                entry.row.wrong("cumulative", f"is {told:,f}, but the years so far make {running:,f}")
