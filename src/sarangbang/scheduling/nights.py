"""Hours of the night on somebody's own clock: when nobody is written to, and when nobody is rung up. Pure.

All instants are aware; a zone is an IANA name. Days with a change of the clock are as long as they are there.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Night:
    """From one evening's ``begins`` to the next morning's ``ends``, half-open: at ``ends`` it is day."""

    begins: dt.time
    ends: dt.time

    def holds(self, moment: dt.datetime, zone: str) -> bool:
        """Whether it is night in that zone at that moment."""
        clock = moment.astimezone(ZoneInfo(zone)).time()
        return clock >= self.begins or clock < self.ends

    def morning(self, moment: dt.datetime, zone: str) -> dt.datetime:
        """When the night that holds this moment ends (UTC); the moment itself by day."""
        if not self.holds(moment, zone):
            return moment
        local = moment.astimezone(ZoneInfo(zone))
        day = local.date() + DAY if local.time() >= self.begins else local.date()
        return _at(day, self.ends, zone)

    def evening(self, moment: dt.datetime, zone: str) -> dt.datetime:
        """When the night that holds this moment began, or the next one begins (UTC)."""
        local = moment.astimezone(ZoneInfo(zone))
        day = local.date() - DAY if local.time() < self.ends else local.date()
        return _at(day, self.begins, zone)

    def awake(self, since: dt.datetime, length: dt.timedelta, zone: str) -> dt.datetime:
        """The moment (UTC) at which ``length`` of daytime has passed since then; hours of the night do not count."""
        at, left = self.morning(since, zone), length
        while at + left > (dusk := self.evening(at, zone)):
            left -= dusk - at
            at = self.morning(dusk, zone)
        return (at + left).astimezone(dt.UTC)


def _at(day: dt.date, clock: dt.time, zone: str) -> dt.datetime:
    return dt.datetime.combine(day, clock, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


QUIET = Night(dt.time(21), dt.time(8))
"""Nobody gets a message of ours that can wait."""

SLEEP = Night(dt.time(22), dt.time(7))
"""A visit by video or telephone at such an hour is asked about once more."""
