"""What is published of a quarter: its tables, with small counts hidden, and few facts beside them.

Quarters only, and each once. Months beside quarters, or a quarter as it was yesterday beside today's, would give small
counts away by subtraction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, QuerySet

from . import summing
from .disclosure import TOTAL, Protected, protect, rule_on
from .measures import MEASURES, treated_in
from .models import PublishedQuarter
from .windows import SEOUL, Window

ALL = "all"
"""The column of a table that has one."""
FOUND, NOT_FOUND = "found", "not_found"
OTHERS = "others"
"""The row or column of those that are too few to stand alone."""
ALONE = 4
"""A nationality or department stands alone from so many times the threshold on; else most of its row were hidden."""

Counts = Mapping[tuple[str, str], int]


def published(period: str) -> PublishedQuarter | None:
    return PublishedQuarter.objects.filter(period=period).first()


def every_quarter() -> QuerySet[PublishedQuarter]:
    """What was published, the latest quarter first."""
    return PublishedQuarter.objects.order_by("-period")


def tables_of(window: Window, day: dt.date | None = None) -> dict[str, Any]:
    """The tables of a window as they may be shown, by the rule in force on ``day`` (of publication; now's by default).

    Raises ``disclosure.NoRule``.
    """
    threshold = rule_on(day or window.now.astimezone(SEOUL).date()).threshold
    counted = {
        "guests": _together(_single("guests", window), ALONE * threshold),
        "visits": _together(_visits(window), ALONE * threshold),
        "users": _single("users", window),
        "interpreters": _interpreters(window),
        "pick-ups": _single("exit-to-car", window),
    }
    tables = {code: _protected(counts, threshold) for code, counts in counted.items()}
    return {
        "tables": [{"code": code, **_plain(table)} for code, table in tables.items()],
        "minutes": _minutes(window, tables["pick-ups"]),
        "marks": [
            {"question": each.question, "answers": each.count, "mean": round(each.mean, 2)}
            for each in summing.marks(window)
            if each.mean is not None and each.count >= threshold
        ],
    }


def _single(measure: str, window: Window) -> Counts:
    return {(value, ALL): many for value, many in MEASURES[measure].by_group(window).items()}


def _visits(window: Window) -> Counts:
    """Visits, not guests: somebody who was in two departments counts in both, and the totals are still sums."""
    rows = treated_in(window).values_list("guest__nationality", "offering__department__slug")
    return {(nation, department): many for nation, department, many in rows.annotate(many=Count("pk")).order_by()}


def _together(counts: Counts, least: int) -> Counts:
    """The same table with rows and columns of fewer than ``least`` put together, where there are two of them."""
    for at in (0, 1):
        sums: dict[str, int] = {}
        for edge, many in counts.items():
            sums[edge[at]] = sums.get(edge[at], 0) + many
        few = {name for name, many in sums.items() if many < least}
        if len(few) < 2:
            continue
        joined: dict[tuple[str, str], int] = {}
        for edge, many in counts.items():
            name = OTHERS if edge[at] in few else edge[at]
            key = (name, edge[1]) if at == 0 else (edge[0], name)
            joined[key] = joined.get(key, 0) + many
        counts = joined
    return counts


def _interpreters(window: Window) -> Counts:
    counts: dict[tuple[str, str], int] = {}
    for rate in summing.rates("interpreters-asked", "interpreters-found", window):
        counts[rate.value, FOUND] = rate.found
        counts[rate.value, NOT_FOUND] = rate.asked - rate.found
    return counts


def _protected(counts: Counts, threshold: int) -> Protected:
    """Rows and columns by their code: their order must not tell which hidden count is larger."""
    rows, columns = (sorted({edge[at] for edge in counts}) for at in (0, 1))
    return protect(rows, columns, counts, threshold)


def _plain(table: Protected) -> dict[str, Any]:
    lines = [(row, *(table.shown[row, column] for column in (*table.columns, TOTAL))) for row in (*table.rows, TOTAL)]
    return {"columns": [*table.columns, TOTAL], "rows": [[line[0], list(line[1:])] for line in lines]}


def _minutes(window: Window, counted: Protected) -> list[dict[str, Any]]:
    """Minutes to the car of those terminals whose number of pick-ups is shown, and of all of them."""
    every, parts = summing.minutes_by_terminal(window)
    found: Iterable[summing.Minutes] = [*parts, *([every] if every else [])]
    return [
        {"terminal": each.value, "middle": each.middle, "slow": each.slow, "within": round(each.share_within, 3)}
        for each in found
        if counted.shown[each.value, TOTAL] is not None
    ]


def cells(quarter: PublishedQuarter) -> Iterable[tuple[str, str, str, str, int | None]]:
    """(period, table, row, column, count) of all tables; "total" names totals, None is a hidden count."""
    for table in quarter.tables["tables"]:
        for row, counts in table["rows"]:
            for column, count in zip(table["columns"], counts, strict=True):
                yield quarter.period, table["code"], row or "total", column or "total", count
