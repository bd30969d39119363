"""Places things on a board of quarter hours.

The content security policy forbids inline styles, so positions are classes: ``at-12 for-6`` starts twelve
quarters after the board's first hour and lasts six. The same classes place jobs on a line (.track) and visits
in a day column (.slots).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

QUARTER = dt.timedelta(minutes=15)
MOST_HOURS = 24


@dataclass(frozen=True)
class Timeline:
    """A board from ``first`` (aware, on a full hour) over ``hours`` hours, at most 24."""

    first: dt.datetime
    hours: int

    def __post_init__(self) -> None:
        if self.first.tzinfo is None or not 1 <= self.hours <= MOST_HOURS:
            raise ValueError("a board needs an aware first hour and 1 to 24 hours")

    @property
    def css(self) -> str:
        """Class of the board itself."""
        return f"hours-{self.hours}"

    @property
    def last(self) -> dt.datetime:
        return self.first + dt.timedelta(hours=self.hours)

    @property
    def marks(self) -> list[tuple[str, dt.datetime]]:
        """(class, moment) of every full hour, for the head of the board."""
        return [(f"at-{4 * n} for-4", self.first + dt.timedelta(hours=n)) for n in range(self.hours)]

    def place(self, start: dt.datetime, end: dt.datetime) -> str:
        """Classes of something from ``start`` to ``end``; empty if it lies wholly outside the board.

        What begins before or ends after the board is cut there and carries ``cut-start`` or ``cut-end``.
        """
        if end <= self.first or start >= self.last or end < start:
            return ""
        begin, finish = max(start, self.first), min(end, self.last)
        at = min((begin - self.first) // QUARTER, 4 * self.hours - 1)
        quarters = max(1, -((self.first - finish) // QUARTER) - at)
        cuts = (" cut-start" if start < self.first else "") + (" cut-end" if end > self.last else "")
        return f"at-{at} for-{quarters}{cuts}"

    def mark(self, moment: dt.datetime) -> str:
        """Class of a moment (the red line of now); empty if it lies outside the board."""
        if not self.first <= moment < self.last:
            return ""
        return f"at-{(moment - self.first) // QUARTER}"
