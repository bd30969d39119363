"""From a file to a changed directory: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from .cells import Cell
from .columns import Row
from .hira import NationalList
from .hira_departments import NationalDepartments
from .institutions import Institutions
from .kinds import Counts, Kind
from .practitioners import Practitioners
from .problems import RowError, UnusableFile
from .procedures import Procedures
from .reading import Rows, Tables, open_tables

KINDS: dict[str, tuple[type[Kind], ...]] = {
    "institutions": (Institutions,),
    "practitioners": (Practitioners,),
    "procedures": (Procedures,),
    "hira": (NationalDepartments, NationalList),
}
EVERY_KIND = (NationalDepartments, NationalList, Practitioners, Institutions, Procedures)
"""In this order where two kinds know as many columns of a file."""

HEADER_WITHIN = 10
"""Titles above a table are passed over, so many rows at most."""


OTHER_SHEETS = "other sheets of the workbook (name one with --sheet)"


@dataclass(slots=True)
class Outcome:
    """What an import did, or would do. ``notes`` count rows that were left out without being wrong."""

    kind: str
    counts: Counts = field(default_factory=Counts)
    errors: list[RowError] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    applied: bool = False
    unusable: str = ""
    """Why the file as a whole cannot be used."""

    def as_data(self) -> dict[str, Any]:
        """For programs; ``error`` is there only when the file cannot be used."""
        said = {"error": self.unusable} if self.unusable else {}
        return said | {
            "kind": self.kind,
            "created": self.counts.created,
            "updated": self.counts.updated,
            "unchanged": self.counts.unchanged,
            "skipped": self.notes,
            "errors": [{"row": error.row, "column": error.column, "reason": error.reason} for error in self.errors],
            "applied": self.applied,
        }


def import_file(path: Path, *, kind: str = "auto", sheet: str | None = None, apply: bool = False) -> Outcome:
    """Read a file, say what it would change, and change it when ``apply`` is set and no row is wrong.

    ``kind`` is one of ``KINDS`` or "auto" (by the columns). Raises ``UnusableFile``.
    """
    with open_tables(path, sheet) as tables, transaction.atomic():
        table = _table(tables, EVERY_KIND if kind == "auto" else KINDS[kind])
        importer = table.kind()
        for number, cells in table.rows:
            row = Row(number, cells, table.names, table.header)
            if not row.is_blank():
                importer.take(row)
        outcome = Outcome(importer.layout.kind, importer.compare())
        outcome.errors = sorted(importer.errors)
        outcome.notes = dict(importer.notes)
        if len(tables) > 1:
            outcome.notes[OTHER_SHEETS] = len(tables) - 1
        if apply and not outcome.errors:
            try:
                importer.write()
            except IntegrityError as problem:
                raise UnusableFile(f"The database refuses, perhaps somebody else imports now: {problem}.") from None
            outcome.applied = True
    return outcome


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose titles were understood: what it holds, where which column stands, and the rows below them."""

    kind: type[Kind]
    header: Sequence[Cell]
    names: dict[str, int]
    rows: Rows


def _table(tables: Tables, candidates: Sequence[type[Kind]]) -> Table:
    """The first table with titles of a kind. Raises ``UnusableFile`` with what is wrong with the first of all."""
    problems = []
    for read in tables:
        try:
            return _understood(read(), candidates)
        except UnusableFile as problem:
            problems.append(problem)
    raise problems[0]


def _understood(rows: Rows, candidates: Sequence[type[Kind]]) -> Table:
    """The table below the first row whose titles are those of a kind; of several kinds the one that knows most of
    them. Raises ``UnusableFile`` with what is missing."""
    nearest: tuple[int, str] = (0, "")
    has_rows = False
    for _number, cells in islice(rows, HEADER_WITHIN):
        has_rows = True
        complete = []
        for maker in candidates:
            names, twice = maker.layout.match(cells)
            missing = maker.layout.missing(names)
            if not missing:
                complete.append((len(names), maker, names, twice))
            elif len(names) > nearest[0]:
                said = f"Columns are missing (as a table of {maker.layout.kind}): {', '.join(missing)}."
                nearest = (len(names), said)
        if complete:
            _, maker, names, twice = max(complete, key=lambda each: each[0])
            if twice:
                raise UnusableFile(twice)
            return Table(maker, list(cells), names, rows)
    if not has_rows:
        raise UnusableFile("The file is empty.")
    raise UnusableFile(
        nearest[1]
        or f"No column of the file is known. One of the first {HEADER_WITHIN} rows must hold the titles of the "
        "columns; see: sarangbang directory template --help"
    )
