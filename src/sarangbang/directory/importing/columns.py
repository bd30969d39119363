"""Which column of a file is what. Titles are compared without spaces, case, width and punctuation, so that
"좌표(X)", "좌표(X)" and "좌표 (x)" are the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from .cells import Cell
from .problems import CellProblem, RowError

Value = TypeVar("Value")
PUNCTUATION = re.compile(r"[\s_\-()\[\]{}.,:*/'\"\u200b\ufeff]+")


def plain(title: object) -> str:
    """A title without what people type differently."""
    return PUNCTUATION.sub("", unicodedata.normalize("NFKC", str(title or "")).casefold())


@dataclass(frozen=True, slots=True)
class Column:
    """What a file can tell: our name for it, and under which titles."""

    name: str
    titles: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one kind of file. Of ``one_of`` at least one must be there."""

    kind: str
    columns: tuple[Column, ...]
    one_of: tuple[str, ...] = ()

    def missing(self, names: Mapping[str, int]) -> list[str]:
        """Titles of required columns that are not there."""
        lacking = [column.titles[0] for column in self.columns if column.required and column.name not in names]
        if self.one_of and not any(name in names for name in self.one_of):
            lacking.append(" or ".join(self._title(name) for name in self.one_of))
        return lacking

    def _title(self, name: str) -> str:
        return next(column.titles[0] for column in self.columns if column.name == name)

    def match(self, header: Sequence[object]) -> tuple[dict[str, int], str]:
        """Where each known column stands, and what is wrong when one stands there twice."""
        by_title = {plain(title): column.name for column in self.columns for title in (column.name, *column.titles)}
        found: dict[str, int] = {}
        twice = ""
        for at, title in enumerate(header):
            name = by_title.get(plain(title))
            if name is None:
                continue
            if name in found:
                twice = f"Two columns mean the same: {header[found[name]]!s} and {title!s}."
            found[name] = at
        return found, twice


@dataclass(slots=True)
class Row:
    """One row with its values by column; collects what is wrong with it."""

    number: int
    cells: Sequence[Cell]
    names: Mapping[str, int]
    header: Sequence[object]
    errors: list[RowError] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether the file has this column at all."""
        return name in self.names

    def cell(self, name: str) -> Cell:
        at = self.names.get(name)
        return self.cells[at] if at is not None and at < len(self.cells) else None

    def is_blank(self) -> bool:
        return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in self.cells)

    def read(self, name: str, parse: Callable[[Cell], Value | None], *, required: bool = False) -> Value | None:
        """The value of a cell; None when it is empty or wrong (then the error is kept)."""
        try:
            value = parse(self.cell(name))
        except CellProblem as problem:
            self.wrong(name, str(problem))
            return None
        if value is None and required:
            self.wrong(name, "is empty")
        return value

    def wrong(self, name: str, reason: str) -> None:
        at = self.names.get(name)
        title = str(self.header[at]).strip() if at is not None else name
        self.errors.append(RowError(self.number, title[:80], reason))
