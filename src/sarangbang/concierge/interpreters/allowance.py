"""What the month still allows an interpreter on one day. Pure.

A job counts in quarter hours begun, by its planned time, on the Korean day and in the Korean calendar month in which it
begins. The plan counts in the same way (``dispatch.interpreting``), so that what it finds holds here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sarangbang.concierge.months import day_of, month_of

Times = tuple[dt.datetime, dt.datetime]
QUARTER = dt.timedelta(minutes=15)
FOUR_WEEKS = 28


def counted(starts_at: dt.datetime, ends_at: dt.datetime) -> int:
    """The minutes that a job counts: quarter hours begun."""
    return -(-(ends_at - starts_at) // QUARTER) * 15


@dataclass(frozen=True, slots=True)
class Allowance:
    """``most`` minutes in the month of ``day``. ``elsewhere`` is what the month's other days hold, ``held`` what this
    day holds now: who is beyond the most already keeps that, and gets no more."""

    day: dt.date
    most: int
    elsewhere: int
    held: int = 0

    @property
    def left(self) -> int:
        """Minutes for all jobs of the day together."""
        return max(self.most - self.elsewhere, self.held)

    def beyond(self, lengths: Iterable[int]) -> int:
        """What the month would come to with jobs of these ``counted`` minutes on the day, if that is too much; else
        0."""
        total = sum(lengths)
        return self.elsewhere + total if total > self.left else 0

    def after(self, moves: Iterable[tuple[Times | None, Times | None]]) -> Allowance:
        """The same once jobs have moved, each as it was and as it will be; None where it is not this person's. What
        goes to another day of the month counts there and is no longer held here; what comes from there counts once."""
        elsewhere, held = self.elsewhere, self.held
        for was, will in moves:
            there = self._beside(will)
            elsewhere += there - self._beside(was)
            if there and was is not None and day_of(was[0]) == self.day:
                held -= counted(*was)
        return replace(self, elsewhere=elsewhere, held=held)

    def _beside(self, times: Times | None) -> int:
        """The ``counted`` minutes of a job on another day of the month; else 0."""
        if times is None or day_of(times[0]) == self.day or month_of(times[0]) != self.day.replace(day=1):
            return 0
        return counted(*times)


def share_of_four_weeks(hours: int, days_of_month: int) -> int:
    """Hours of a month as minutes of four weeks, in which fairness is reckoned."""
    return hours * 60 * FOUR_WEEKS // days_of_month
