"""Small counts in public tables: which cells are hidden so that nobody can be recognised. Pure.

A count from one to below the threshold is hidden (a zero is not: nobody is behind it). A hidden count could be computed
from the totals, so that further cells are hidden with it. How many: a table with its totals is a network in which
every row and every column keeps what flows in; a hidden cell is an edge that may vary. For each small count a circle of
hidden cells is looked for around which so much could flow that the count could also be larger by the threshold. The
cheapest such circle is taken; there always is one, over the totals.

So, whoever knows all that is shown finds for each small count a range at least as wide as the threshold.

The threshold is data with a source: ``data/disclosure.csv``.
"""

from __future__ import annotations

import csv
import datetime as dt
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Edge = tuple[str, str]
"""(row, column); ``TOTAL`` as a row or a column is the total of the other."""

TOTAL = ""
FILE = files("sarangbang.policy").joinpath("data/disclosure.csv")
DEARER = 10
"""So many times more than a cell it costs to hide a total of the same size: totals are what most readers want."""


class NoRule(LookupError):
    """The file has no threshold for that day; nothing may be published then."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Counts from 1 to below ``threshold`` are hidden. Days are Korean calendar days, both included."""

    threshold: int
    valid_from: dt.date
    valid_until: dt.date | None
    status: str
    source: str


@cache
def rules() -> tuple[Rule, ...]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    rows = [row for row in csv.DictReader(lines) if row["rule"] == "threshold"]
    return tuple(
        Rule(
            int(row["value"]),
            dt.date.fromisoformat(row["valid_from"]),
            dt.date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
            row["status"],
            row["source"],
        )
        for row in rows
    )


def rule_on(day: dt.date) -> Rule:
    """The rule in force on a day of publication; of several the latest. Raises ``NoRule``."""
    found = [rule for rule in rules() if rule.valid_from <= day and not (rule.valid_until and day > rule.valid_until)]
    if not found:
        raise NoRule(day.isoformat())
    return max(found, key=lambda rule: rule.valid_from)


@dataclass(frozen=True, slots=True)
class Protected:
    """A table as it may be shown: counts and totals by (row, column), None for a hidden one."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    shown: Mapping[Edge, int | None]

    @property
    def hidden(self) -> int:
        return sum(1 for value in self.shown.values() if value is None)


def with_totals(rows: Sequence[str], columns: Sequence[str], counts: Mapping[Edge, int]) -> dict[Edge, int]:
    """All cells of a table and its totals. Raises ``ValueError`` for a count below zero or outside the table."""
    if TOTAL in rows or TOTAL in columns:
        raise ValueError("a row or column without a name")
    cells = {(row, column): counts.get((row, column), 0) for row in rows for column in columns}
    if any(value < 0 for value in cells.values()) or set(counts) - set(cells):
        raise ValueError("a count below zero, or of no row or column")
    for row in rows:
        cells[row, TOTAL] = sum(cells[row, column] for column in columns)
    for column in (*columns, TOTAL):
        cells[TOTAL, column] = sum(cells[row, column] for row in rows)
    return cells


def protect(rows: Sequence[str], columns: Sequence[str], counts: Mapping[Edge, int], threshold: int) -> Protected:
    """Hide small counts and what would give them away. Rows and columns must be whole: the totals are their sums."""
    cells = with_totals(rows, columns, counts)
    small = [edge for edge, value in cells.items() if 0 < value < threshold]
    hidden = set(small)
    for edge in sorted(small, key=lambda edge: (-cells[edge], edge)):
        hidden.update(_circle(edge, cells, hidden, threshold))
    shown = {edge: None if edge in hidden else value for edge, value in cells.items()}
    return Protected(tuple(rows), tuple(columns), shown)


# The network: the whole flows over the rows' totals into rows, over cells into columns, and over their totals back.

_FROM, _BACK = ("whole", "out"), ("whole", "in")
Node = tuple[str, str]


def _ends(edge: Edge) -> tuple[Node, Node]:
    row, column = edge
    if row == column == TOTAL:
        return _BACK, _FROM
    if column == TOTAL:
        return _FROM, ("row", row)
    if row == TOTAL:
        return ("column", column), _BACK
    return ("row", row), ("column", column)


def _steps(
    cells: Mapping[Edge, int], hidden: set[Edge], least: int, without: Edge
) -> dict[Node, list[tuple[int, Node, Edge]]]:
    """Where more could flow: forward over any edge, backward over one that has at least ``least``; with its cost."""
    steps: dict[Node, list[tuple[int, Node, Edge]]] = {}
    for edge, value in cells.items():
        if edge == without:
            continue
        tail, head = _ends(edge)
        cost = 0 if edge in hidden else (1 + value) * (DEARER if TOTAL in edge else 1)
        steps.setdefault(tail, []).append((cost, head, edge))
        if value >= least:
            steps.setdefault(head, []).append((cost, tail, edge))
    return steps


def _circle(edge: Edge, cells: Mapping[Edge, int], hidden: set[Edge], least: int) -> Iterator[Edge]:
    """The cheapest edges that lead from the head of this one back to its tail."""
    start, goal = reversed(_ends(edge))
    steps = _steps(cells, hidden, least, edge)
    best: dict[Node, int] = {start: 0}
    came: dict[Node, tuple[Node, Edge]] = {}
    heap: list[tuple[int, Node]] = [(0, start)]
    while heap:
        cost, node = heapq.heappop(heap)
        if node == goal:
            break
        if cost > best[node]:
            continue
        for more, onward, over in steps.get(node, ()):
            if cost + more < best.get(onward, cost + more + 1):
                best[onward], came[onward] = cost + more, (node, over)
                heapq.heappush(heap, (cost + more, onward))
    while goal != start:
        goal, over = came[goal]
        yield over
