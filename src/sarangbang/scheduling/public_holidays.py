"""Korean public holidays with their substitutes, from the ``holidays`` package (관공서의 공휴일에 관한 규정)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from functools import lru_cache

import holidays


@lru_cache(maxsize=64)
def _of_year(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("KR", years=year))


def is_holiday(day: dt.date) -> bool:
    """Whether this Korean calendar day is a public holiday."""
    return day in _of_year(day.year)


def with_declared(declared: Collection[dt.date]) -> Callable[[dt.date], bool]:
    """Like ``is_holiday``, with the days that the government declared besides (임시공휴일)."""
    return (lambda day: day in declared or is_holiday(day)) if declared else is_holiday
