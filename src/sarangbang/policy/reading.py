"""Tables of figures, of relations and of demand, as files: which kind, and what is wrong in which row.

CSV (UTF-8 or CP949, commas, semicolons or tabs), XLSX, or a JSON list of objects; see ``directory.importing.reading``.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sarangbang.directory.importing.columns import Column, Layout, Row
from sarangbang.directory.importing.problems import RowError, UnusableFile
from sarangbang.directory.importing.reading import Rows, open_tables

HEADER_WITHIN = 10
"""Titles above a table are passed over, so many rows at most."""


class Refused(Exception):
    """A file with rows that are wrong; nothing of it is used."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        super().__init__(f"{len(errors)} wrong")
        self.errors = sorted(errors)


@dataclass(slots=True)
class Table:
    """A table that was understood: which layout, and its rows that are not blank."""

    layout: Layout
    header: list[str]
    rows: list[Row] = field(default_factory=list)

    def errors(self) -> list[RowError]:
        return [error for row in self.rows for error in row.errors]

    def insist(self) -> None:
        """Raises ``Refused`` when a row is wrong."""
        errors = self.errors()
        if errors:
            raise Refused(errors)


def read(path: Path, layouts: Sequence[Layout]) -> Table:
    """The first table of the file whose titles are those of a layout. Raises ``UnusableFile``."""
    problem = UnusableFile("The file has no rows.")
    with open_tables(path) as tables:
        for number, open_one in enumerate(tables):
            try:
                return _understood(open_one(), layouts)
            except UnusableFile as found:
                problem = found if not number else problem
    raise problem


def _understood(rows: Rows, layouts: Sequence[Layout]) -> Table:
    nearest: tuple[int, str] = (-1, "The file has no rows.")
    for _number, cells in islice(rows, HEADER_WITHIN):
        for layout in layouts:
            names, twice = layout.match(cells)
            lacking = layout.missing(names)
            if not lacking and twice:
                raise UnusableFile(twice)
            if not lacking:
                return _filled(layout, names, cells, rows)
            nearest = max(nearest, (len(names), f"The column {', '.join(lacking)} is missing."), key=lambda one: one[0])
    raise UnusableFile(nearest[1])


def _filled(layout: Layout, names: dict[str, int], header: Sequence[object], rows: Rows) -> Table:
    table = Table(layout, [str(title or "").strip() for title in header])
    for number, cells in rows:
        row = Row(number, cells, names, header)
        if not row.is_blank():
            _insist_width(row)
            table.rows.append(row)
    if not table.rows:
        raise UnusableFile("The table has no rows below its titles.")
    return table


def _insist_width(row: Row) -> None:
    """More cells than titles is a separator within a value that was not quoted."""
    extra = [cell for cell in row.cells[len(row.header) :] if cell not in (None, "")]
    if extra:
        row.errors.append(RowError(row.number, "", "has more cells than there are titles; is a comma not quoted?"))


def column(name: str, *titles: str, required: bool = False) -> Column:
    return Column(name, (name, *titles), required)


def twice(rows: Sequence[Row], keys: Sequence[object]) -> Iterator[tuple[Row, int]]:
    """Rows whose key stood in an earlier row, with the number of that row."""
    first: dict[object, int] = {}
    for row, key in zip(rows, keys, strict=True):
        if key is None:
            continue
        if key in first:
            yield row, first[key]
        else:
            first[key] = row.number


def as_text(path: Path, layouts: Sequence[Layout]) -> str:
    """The table of a file as CSV, row for row as it stands there, so that it can be mended where it is shown. Of a
    workbook: the first sheet whose titles are known, else its first. Raises ``UnusableFile``."""
    first = ""
    with open_tables(path) as tables:
        for open_one in tables:
            found = list(open_one())
            text = _csv(found)
            if any(not layout.missing(layout.match(cells)[0]) for _n, cells in found[:HEADER_WITHIN]
                   for layout in layouts):  # fmt: skip
                return text
            first = first or text
    return first


def _csv(rows: Sequence[tuple[int, Sequence[object]]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    expected = 1
    for number, cells in rows:
        for _blank in range(expected, number):
            file.write("\n")
        expected = number + 1
        kept = [_cell(cell) for cell in cells]
        while kept and not kept[-1]:
            kept.pop()
        writer.writerow(kept) if kept else file.write("\n")
    return file.getvalue()


def _cell(cell: object) -> str:
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        cell = int(cell)
    return "" if cell is None else str(cell)
