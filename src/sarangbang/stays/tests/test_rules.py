"""What a guest says of themselves fits the calendar, on pages and in programs alike."""

from __future__ import annotations

import datetime as dt

import pytest

from sarangbang.stays.rules import misfits

TODAY = dt.date(2026, 11, 26)
VISIT = dt.date(2026, 12, 8)


def day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    ("birth_year", "arrives", "leaves", "expected"),
    [
        (1990, "2026-12-07", "2026-12-10", []),
        (1990, "2026-12-08", "2026-12-08", []),
        (None, "", "", []),
        (2026, "", "", []),
        (2027, "", "", [("birth_year", "future")]),
        (1906, "", "", []),
        (1905, "", "", [("birth_year", "past")]),
        (1990, "2026-12-09", "", [("arrives_on", "order")]),
        (1990, "", "2026-12-07", [("leaves_on", "order")]),
        (1990, "2026-12-10", "2026-12-09", [("leaves_on", "order")]),
        (1990, "2026-12-07", "2028-01-02", [("leaves_on", "far")]),
        (1990, "9999-12-31", "0001-01-01", [("arrives_on", "far"), ("leaves_on", "far")]),
    ],
)
def test_what_does_not_fit_is_named(birth_year, arrives, leaves, expected):
    found = misfits(birth_year=birth_year, arrives_on=day(arrives), leaves_on=day(leaves), visit_on=VISIT, today=TODAY)
    assert [(each.field, each.code) for each in found] == expected
