"""The time a figure is about, as ISO 8601 writes it: a year, a month, a day, or from one to another. Pure."""

from __future__ import annotations

import calendar
import datetime as dt
import re

YEARS = range(1900, 2201)
_PART = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_HALVES = {"H1": ("01", "06"), "H2": ("07", "12"), "Q1": ("01", "03"), "Q2": ("04", "06"), "Q3": ("07", "09"),
           "Q4": ("10", "12")}  # fmt: skip
_HALF = re.compile(r"(\d{4})[- ]?(H[12]|Q[1-4])", re.ASCII | re.IGNORECASE)


class BadPeriod(ValueError):
    """No period; the text says what is expected."""


def parse(text: str) -> str:
    """A period in its one form: ``2024``, ``2024-06``, ``2024-06-30``, ``2025-01/2025-09``; 2023H1 becomes months.

    Raises ``BadPeriod``.
    """
    line = "".join(text.split())
    half = _HALF.fullmatch(line)
    if half:
        first, last = _HALVES[half[2].upper()]
        line = f"{half[1]}-{first}/{half[1]}-{last}"
    start, end = bounds(line)
    if start > end:
        raise BadPeriod("ends before it begins")
    return line


def bounds(period: str) -> tuple[dt.date, dt.date]:
    """First and last day of a period. Raises ``BadPeriod``."""
    parts = period.split("/")
    if len(parts) > 2:
        raise BadPeriod("is no period (expected as 2024 or 2025-01/2025-09)")
    return _days(parts[0])[0], _days(parts[-1])[1]


def _days(part: str) -> tuple[dt.date, dt.date]:
    found = _PART.fullmatch(part)
    if not found or int(found[1]) not in YEARS:
        raise BadPeriod("is no period (expected as 2024 or 2025-01/2025-09)")
    year, month, day = int(found[1]), found[2], found[3]
    try:
        if day:
            only = dt.date(year, int(month), int(day))
            return only, only
        if month:
            return dt.date(year, int(month), 1), dt.date(year, int(month), calendar.monthrange(year, int(month))[1])
    except (ValueError, calendar.IllegalMonthError):
        raise BadPeriod("is a day or month that does not exist") from None
    return dt.date(year, 1, 1), dt.date(year, 12, 31)


def year_of(period: str) -> int | None:
    """The year of a period that is exactly one year."""
    return int(period) if len(period) == 4 and period.isdigit() else None
