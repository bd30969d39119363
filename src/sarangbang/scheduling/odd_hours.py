"""A visit by video or telephone in the middle of the guest's night is asked about before it is booked. Pure.

Somebody far away reads Seoul's clock and means their own: 20:00 in Seoul is three in the morning in Los Angeles.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TypeVar

from .nights import SLEEP

REMOTE = ("video", "phone")
"""Modes of an appointment in which the guest sits at home."""

AnyTime = TypeVar("AnyTime")


class OddHour(Exception):
    """The visit would fall into the guest's night, and the guest was not asked. ``starts_at`` is the instant, ``zone``
    the guest's."""

    def __init__(self, starts_at: dt.datetime, zone: str) -> None:
        super().__init__(f"{starts_at.isoformat()} {zone}")
        self.starts_at, self.zone = starts_at, zone


def is_odd(mode: str, starts_at: dt.datetime, zone: str) -> bool:
    """Whether a visit in this mode at this instant lies between 22:00 and 7:00 on the guest's clock."""
    return mode in REMOTE and SLEEP.holds(starts_at, zone)


def check_hour(mode: str, starts_at: dt.datetime, zone: str, *, accepted: bool = False) -> None:
    """Raises ``OddHour`` unless the guest said that this hour is meant."""
    if not accepted and is_odd(mode, starts_at, zone):
        raise OddHour(starts_at, zone)


def by_day(times: Iterable[AnyTime], zone: str, start_of: Callable[[AnyTime], dt.datetime]) -> list[AnyTime]:
    """Those of these times at which the guest is awake."""
    return [time for time in times if not SLEEP.holds(start_of(time), zone)]
