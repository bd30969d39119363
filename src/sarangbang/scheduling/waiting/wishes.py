"""The waiting list's rules: which freed time fits whom, and how long they have to answer. Pure; knows no database.

Whoever came first is asked first. A party gets times for everybody or none, see ``families``. A treatment of several
visits is offered whole or not at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from sarangbang.scheduling.nights import QUIET, SLEEP

NOON, DUSK = dt.time(12), dt.time(17)
PARTS = {
    "morning": (dt.time.min, NOON),
    "afternoon": (NOON, DUSK),
    "evening": (DUSK, dt.time.max),
}
"""Parts of the day by the clock at the place, in which a visit begins."""

SHORTEST_ANSWER = dt.timedelta(minutes=20)
"""Of daytime at the guest's home; whoever would have less is not asked."""

OFFERS_A_DAY = 3
"""Offers to one entry within 24 hours; more would be a nuisance."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How an institution offers freed times. ``stop`` is how long before the time nothing is offered any more."""

    to_all: bool
    answer: dt.timedelta
    stop: dt.timedelta


@dataclass(frozen=True, slots=True)
class Time:
    """A free time of one practitioner. Both ends are UTC; ``step_id`` is which visit of a treatment it is for, and
    ``person`` whose it is of a party."""

    practitioner_id: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    step_id: int | None = None
    person: int = 0

    @property
    def key(self) -> tuple[UUID, dt.datetime]:
        """Whose time it is, and when."""
        return self.practitioner_id, self.starts_at

    def meets(self, other: Time) -> bool:
        """Whether one practitioner cannot have both."""
        return (
            self.practitioner_id == other.practitioner_id
            and self.starts_at < other.ends_at
            and other.starts_at < self.ends_at
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody waits for. ``zone`` is the guest's, ``place_zone`` the institution's.

    ``before`` is the start of the booking that would move (only earlier times are of use), ``answer_before`` the last
    moment at which it may, ``busy`` when the guest is elsewhere, ``refused`` what they let go before, and
    ``refused_together`` the visits of a treatment that they let go. ``remote`` visits are not offered for the guest's
    night. ``attended`` says of times that are taken together whether the guest would be understood at all of them.
    """

    earliest_at: dt.datetime
    latest_at: dt.datetime
    zone: str
    place_zone: str
    part_of_day: str = "any"
    practitioner_id: UUID | None = None
    party: int = 1
    before: dt.datetime | None = None
    answer_before: dt.datetime | None = None
    busy: Sequence[tuple[dt.datetime, dt.datetime]] = ()
    refused: frozenset[tuple[UUID, dt.datetime]] = field(default_factory=frozenset)
    refused_together: frozenset[frozenset[tuple[UUID, dt.datetime]]] = field(default_factory=frozenset)
    remote: bool = False
    attended: Callable[[Sequence[Time]], bool] | None = None


def answer_until(wish: Wish, starts_at: dt.datetime, now: dt.datetime, terms: Terms) -> dt.datetime | None:
    """Until when (UTC) the guest may answer, or None when there is no fair chance to.

    Only hours of the guest's day count. Near the time it is shorter: a third of what is left, so that others can
    still be asked.
    """
    last = starts_at - terms.stop
    if wish.answer_before is not None:
        last = min(last, wish.answer_before)
    if last <= now or QUIET.awake(now, SHORTEST_ANSWER, wish.zone) > last:
        return None
    length = max(min(terms.answer, (last - now) / 3), SHORTEST_ANSWER)
    return min(QUIET.awake(now, length, wish.zone), last)


def fits(wish: Wish, time: Time, now: dt.datetime, terms: Terms) -> bool:
    """Whether this time may be offered to fulfil the wish."""
    return matches(wish, time) and answer_until(wish, time.starts_at, now, terms) is not None


def matches(wish: Wish, time: Time) -> bool:
    """Whether it is such a time that the guest waits for, however soon it is."""
    if not (wish.earliest_at <= time.starts_at and time.ends_at <= wish.latest_at):
        return False
    if wish.practitioner_id not in (None, time.practitioner_id):
        return False
    if wish.before is not None and time.starts_at >= wish.before:
        return False
    if time.key in wish.refused:
        return False
    if wish.remote and SLEEP.holds(time.starts_at, wish.zone):
        return False
    if any(begin < time.ends_at and time.starts_at < end for begin, end in wish.busy):
        return False
    return _in_part(wish, time) and (wish.attended is None or wish.attended((time,)))


def _in_part(wish: Wish, time: Time) -> bool:
    if wish.part_of_day not in PARTS:
        return True
    begins, ends = PARTS[wish.part_of_day]
    return begins <= time.starts_at.astimezone(ZoneInfo(wish.place_zone)).time() < ends


def of_several_visits(wish: Wish) -> Wish:
    """The wish as it holds for each visit of a treatment: ``practitioner_id`` is who sees the guest first, and what was
    let go is the whole, none of its times alone."""
    return replace(wish, practitioner_id=None, refused=frozenset())


def was_refused(wish: Wish, times: Iterable[Time]) -> bool:
    """Whether the guest let go these visits before."""
    return frozenset(time.key for time in times) in wish.refused_together
