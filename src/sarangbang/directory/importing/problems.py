"""What can be wrong with a file, a row, a cell."""

from __future__ import annotations

from dataclasses import dataclass


class UnusableFile(Exception):
    """The file as a whole cannot be read or understood; the text says why."""


class CellProblem(ValueError):
    """A cell does not hold what its column needs; the text says what is expected."""


@dataclass(frozen=True, slots=True, order=True)
class RowError:
    """``row`` is counted as a spreadsheet counts (the header is row 1), ``column`` is its title in the file."""

    row: int
    column: str
    reason: str
