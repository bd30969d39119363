"""The time that a count of operations is about: a Korean calendar month, quarter or year. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
MONTHS = 12


def _midnight(year: int, month: int) -> dt.datetime:
    """The first moment of a Korean month; month 13 is the next year's first."""
    return dt.datetime(year + (month - 1) // MONTHS, (month - 1) % MONTHS + 1, 1, tzinfo=SEOUL)


@dataclass(frozen=True, slots=True)
class Window:
    """From the first to the last month of a year, both included. ``now`` ends it: what lies ahead is not counted."""

    year: int
    first: int
    last: int
    now: dt.datetime

    @property
    def starts_at(self) -> dt.datetime:
        return _midnight(self.year, self.first)

    @property
    def closes_at(self) -> dt.datetime:
        """When the last of its days is over."""
        return _midnight(self.year, self.last + 1)

    @property
    def ends_at(self) -> dt.datetime:
        """Until when is counted; never before it starts."""
        return max(self.starts_at, min(self.closes_at, self.now))

    @property
    def is_over(self) -> bool:
        return self.now >= self.closes_at

    @property
    def month(self) -> int | None:
        """Its month, when it is one."""
        return self.first if self.first == self.last else None

    @property
    def period(self) -> str:
        """As periods are written: ``2026``, ``2026-10``, ``2026-07/2026-09``."""
        if (self.first, self.last) == (1, MONTHS):
            return f"{self.year}"
        first, last = f"{self.year}-{self.first:02}", f"{self.year}-{self.last:02}"
        return first if first == last else f"{first}/{last}"


def year_or_month(year: int, month: int | None, now: dt.datetime) -> Window:
    return Window(year, month or 1, month or MONTHS, now)


def quarter(year: int, number: int, now: dt.datetime) -> Window:
    """The first to the fourth quarter of a year. Raises ``ValueError`` for any other."""
    if number not in range(1, 5):
        raise ValueError(number)
    return Window(year, 3 * number - 2, 3 * number, now)


def quarters_over(now: dt.datetime, count: int) -> list[Window]:
    """The last quarters that are over, the latest first."""
    local = now.astimezone(SEOUL)
    at = local.year * 4 + (local.month - 1) // 3
    return [quarter((at - back) // 4, (at - back) % 4 + 1, now) for back in range(1, count + 1)]
