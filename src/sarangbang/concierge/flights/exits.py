"""How long after the landing a guest stands in the arrivals hall: passport control, luggage, customs. Pure.

Nobody publishes the distribution, so it is data that a district replaces by its own: ``data/exit_times.csv`` gives, by
terminal and hour of landing (Korean time), the minutes within which 10, 50, 80 and 95 of 100 guests are out, each row
with its status. Between the points the distribution is taken as linear. The plan uses the quantile that the rule
``exit_quantile`` names.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

FILE = Path(__file__).parents[1] / "data" / "exit_times.csv"
SEOUL = ZoneInfo("Asia/Seoul")
SHARES = (10, 50, 80, 95)
ANYWHERE = "*"


class ExitTimesBroken(ValueError):
    """The table contradicts itself; the message names the line."""


@dataclass(frozen=True, slots=True)
class ExitTime:
    """Minutes from landing to exit at one place, for landings from hour ``first`` to before ``last`` (Korean time)."""

    place: str
    first: int
    last: int
    minutes: tuple[int, ...]
    status: str
    source: str

    def quantile(self, percent: int) -> int:
        """The minutes within which ``percent`` of 100 guests are out, rounded up; the ends hold beyond the ends."""
        points = list(zip(SHARES, self.minutes, strict=True))
        if percent <= points[0][0]:
            return points[0][1]
        for (low, early), (high, late) in pairwise(points):
            if percent <= high:
                return math.ceil(early + (late - early) * (percent - low) / (high - low))
        return points[-1][1]


@cache
def table() -> tuple[ExitTime, ...]:
    """The rows of the file; raises ``ExitTimesBroken`` on rows that cannot be read or go backwards."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_row(number, row) for number, row in enumerate(csv.DictReader(file), start=2))


def _row(number: int, row: dict[str, str]) -> ExitTime:
    try:
        minutes = tuple(int(row[f"p{share}"]) for share in SHARES)
        found = ExitTime(
            row["place"], int(row["from_hour"]), int(row["until_hour"]), minutes, row["status"], row["source"]
        )
    except (KeyError, TypeError, ValueError) as trouble:
        raise ExitTimesBroken(f"line {number}: {trouble}") from trouble
    if list(minutes) != sorted(minutes) or minutes[0] < 0 or not 0 <= found.first < found.last <= 24:
        raise ExitTimesBroken(f"line {number}: goes backwards")
    return found


def exit_span(place: str, landing: dt.datetime, percent: int) -> dt.timedelta:
    """How long after ``landing`` the share ``percent`` of guests has left the terminal of that place code."""
    hour = landing.astimezone(SEOUL).hour
    for wanted in (place, ANYWHERE):
        for row in table():
            if row.place == wanted and row.first <= hour < row.last:
                return dt.timedelta(minutes=row.quantile(percent))
    raise ExitTimesBroken(f"no row for {place} at {hour}")
