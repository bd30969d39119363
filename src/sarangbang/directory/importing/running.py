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
from .reading import Rows, open_rows

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


@dataclass(slots=True)
class Outcome:
    """What an import did, or would do. ``notes`` count rows that were left out without being wrong."""

    kind: str
    counts: Counts = field(default_factory=Counts)
    errors: list[RowError] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    applied: bool = False

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
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
    with open_rows(path, sheet) as rows, transaction.atomic():
        candidates = EVERY_KIND if kind == "auto" else KINDS[kind]
        maker, header, names, header_row, rest = _header(rows, candidates)
        importer = maker()
        for number, cells in rest:
            row = Row(number, cells, names, header)
            if number > header_row and not row.is_blank():
                importer.take(row)
        outcome = Outcome(importer.layout.kind, importer.compare())
        outcome.errors = sorted(importer.errors)
        outcome.notes = dict(importer.notes)
        if apply and not outcome.errors:
            try:
                importer.write()
            except IntegrityError as problem:
                raise UnusableFile(f"The database refuses, perhaps somebody else imports now: {problem}.") from None
            outcome.applied = True
    return outcome


def _header(
    rows: Rows, candidates: Sequence[type[Kind]]
) -> tuple[type[Kind], Sequence[Cell], dict[str, int], int, Rows]:
    """The first row whose titles are those of a kind; of several kinds the one that knows most of them. Raises
    ``UnusableFile`` with what is missing."""
    nearest: tuple[int, str] = (0, "")
    looked = 0
    for number, cells in islice(rows, HEADER_WITHIN):
        looked = number
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
            return maker, list(cells), names, number, rows
    if not looked:
        raise UnusableFile("The file is empty.")
    raise UnusableFile(
        nearest[1] or "No column of the file is known. The first row must hold the titles of the columns."
    )
