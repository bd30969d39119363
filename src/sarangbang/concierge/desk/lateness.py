"""What is wrong about a day's jobs: late or about to be, for nobody, two of one crew that cannot both be kept. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Protocol, TypeVar

from sarangbang.concierge import lifecycle
from sarangbang.concierge.choosing.fitting import BACK_AT_BASE

LANDED, NOT_BEGUN, NOT_MET, NO_VISIT, CONFLICT = "landed", "not_begun", "not_met", "no_visit", "conflict"
ALONE = (LANDED, NOT_BEGUN, NOT_MET, NO_VISIT)
"""What is said without another job."""


def lateness(
    status: str,
    starts_at: dt.datetime,
    flight_at: dt.datetime | None,
    now: dt.datetime,
    late_after: dt.timedelta,
    met_within: dt.timedelta,
) -> str:
    """Late is: the guest has landed or the start has passed, and the crew has not said a word; or they are on the way
    and have not met the guest in time. Empty when nothing is late. ``flight_at`` is the landing a pick-up waits for."""
    if status == lifecycle.ASSIGNED:
        if flight_at is not None and flight_at <= now:
            return LANDED
        if starts_at + late_after <= now:
            return NOT_BEGUN
    elif status == lifecycle.UNDER_WAY and starts_at + (met_within if flight_at is not None else late_after) <= now:
        return NOT_MET
    return ""


class Placed(Protocol):
    """A job with its times."""

    starts_at: dt.datetime
    ends_at: dt.datetime


AnyPlaced = TypeVar("AnyPlaced", bound=Placed)


def conflicts(
    jobs: Iterable[AnyPlaced], way: Callable[[AnyPlaced, AnyPlaced], int]
) -> Iterator[tuple[AnyPlaced, AnyPlaced, int]]:
    """Neighbours among one crew's jobs that cannot both be kept, with the minutes of the way between them. ``way``
    says how many minutes lie between two jobs; it is asked only where it can matter."""
    for first, second in pairwise(sorted(jobs, key=lambda job: (job.starts_at, job.ends_at))):
        gap = second.starts_at - first.ends_at
        if gap < BACK_AT_BASE and gap < dt.timedelta(minutes=(minutes := way(first, second))):
            yield first, second, minutes
