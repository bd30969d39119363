"""What every kind of file has in common: rows are taken one by one, compared with what is known, then written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

from .columns import Layout, Row
from .problems import RowError

Key = str | tuple[str, ...]


@dataclass(slots=True)
class Counts:
    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass
class Kind:
    """A kind of file. ``take`` reads a row and keeps what it says or what is wrong; ``compare`` counts what would
    change; ``write`` changes it. ``notes`` count rows that were left out for a reason that is no error."""

    layout: ClassVar[Layout]

    errors: list[RowError] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    seen: dict[Key, int] = field(default_factory=dict)

    def take(self, row: Row) -> None:
        before = len(row.errors)
        self.read(row)
        self.errors += row.errors[before:]

    def read(self, row: Row) -> None:
        raise NotImplementedError

    def compare(self) -> Counts:
        raise NotImplementedError

    def write(self) -> None:
        raise NotImplementedError

    def is_first(self, row: Row, column: str, key: Key) -> bool:
        """Whether this key did not stand in an earlier row; says so beside the cell if it did."""
        earlier = self.seen.setdefault(key, row.number)
        if earlier != row.number:
            row.wrong(column, f"stands in row {earlier} already")
        return earlier == row.number
