"""Working files that come back filled in: every cell that can be completed, by the reference of its row.

Empty cells leave a row as it is. What the platform knows cannot be changed by a file; a file that says something else
of it is refused, because then it is another patient's row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from django.utils.translation import gettext

from sarangbang.directory.importing.columns import Layout, Row
from sarangbang.directory.models import Sex
from sarangbang.policy.reading import read, twice

from . import cells
from .models import DAYS_OF_A_YEAR, LeftOut, Part, RemoteContent
from .rows import SEXES, ReportRow, StayRow
from .words import FIELDS

AnyRow = TypeVar("AnyRow", ReportRow, StayRow)

_SEXES = [(code, word) for code, word in Sex.choices if code in SEXES]


def _parsers() -> dict[str, cells.Parse]:
    return {
        "sex": cells.coded(_SEXES),
        "inpatient_days": cells.whole(DAYS_OF_A_YEAR),
        "outpatient_days": cells.whole(DAYS_OF_A_YEAR),
        "main_disease": cells.disease,
        "content": cells.coded(RemoteContent.choices),
        "left_out": cells.coded(LeftOut.choices),
        "entered_on": cells.day,
        "left_on": cells.day,
    }


REPORT = ("sex", "inpatient_days", "main_disease", "outpatient_days", "content", "left_out")
STAY = ("sex", "inpatient_days", "entered_on", "left_on")
KNOWN: dict[str, cells.Parse] = {"country": cells.country, "birth_year": cells.whole(9999)}
"""Columns that a file may repeat and must not change, and the field they stand for."""
FIELD_OF = {"country": "nationality", "birth_year": "birth_year"}
ONLY_IN = {"content": Part.REMOTE, "inpatient_days": Part.ON_SITE, "outpatient_days": Part.ON_SITE}
"""Columns that belong to one table of the report."""


def _layout(fields: Iterable[str]) -> Layout:
    columns = [cells.column("reference", FIELDS["reference"], required=True)]
    columns += [cells.column(name, FIELDS[name]) for name in (*KNOWN, *fields)]
    return Layout("working", tuple(columns), one_of=tuple(fields))


def report_told(path: Path, rows: Iterable[ReportRow]) -> dict[ReportRow, dict[str, Any]]:
    """What a file completes of these rows. Raises ``UnusableFile``, and ``Refused`` with every row that is wrong."""
    return _told(path, rows, REPORT)


def stays_told(path: Path, rows: Iterable[StayRow]) -> dict[StayRow, dict[str, Any]]:
    """The same of the facilitators' form."""
    return _told(path, rows, STAY)


def _told(path: Path, rows: Iterable[AnyRow], fields: tuple[str, ...]) -> dict[AnyRow, dict[str, Any]]:
    table = read(path, (_layout(fields),))
    known: dict[str, AnyRow] = {row.reference.casefold(): row for row in rows}
    find = cells.named(
        known, gettext("is no reference of this report: another institution or year, or no longer there")
    )
    parsers = _parsers()
    told: dict[AnyRow, dict[str, Any]] = {}
    found: list[tuple[Row, AnyRow]] = []
    for line in table.rows:
        row: AnyRow | None = line.read("reference", find, required=True)
        if row is None:
            continue
        found.append((line, row))
        _insist_same(line, row)
        said = {name: line.read(name, parsers[name]) for name in fields if line.has(name)}
        values = {name: value for name, value in said.items() if value is not None}
        _insist_fits(line, row, values)
        if values:
            told[row] = values
    for line, before in twice([line for line, _row in found], [row.reference for _line, row in found]):
        line.wrong("reference", gettext("stands in row %(row)s already") % {"row": before})
    table.insist()
    return told


def _insist_same(line: Row, row: ReportRow | StayRow) -> None:
    for name, parse in KNOWN.items():
        said = line.read(name, parse)
        here = getattr(row, FIELD_OF[name])
        if said is not None and said != here:
            line.wrong(name, gettext("is %(here)s here and cannot be changed by a file") % {"here": here})


def _insist_fits(line: Row, row: ReportRow | StayRow, values: Mapping[str, Any]) -> None:
    if isinstance(row, ReportRow):
        for name in values:
            if ONLY_IN.get(name, row.part) != row.part:
                line.wrong(name, gettext("does not belong to this row (%(part)s)") % {"part": Part(row.part).label})
        return
    entered, left = values.get("entered_on", row.entered_on), values.get("left_on", row.left_on)
    if entered and left and left < entered:
        line.wrong("left_on", gettext("is before the entry into Korea"))
