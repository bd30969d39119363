"""How a party comes together: at once with several practitioners, or one after the other. Pure; knows no database.

Everybody gets a time or nobody does; of a treatment that takes several visits everybody gets all of these. The party
comes together to each visit, and who sees a person again, or how many days lie between, holds for each of them.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import groupby, takewhile
from uuid import UUID
from zoneinfo import ZoneInfo

from .wishes import NOON, Terms, Time, Wish, fits

HalfDay = tuple[dt.date, bool]
"""A day at the place, and whether it is its morning."""

LONGEST_PAUSE = dt.timedelta(minutes=30)
"""Between the visits of a party that follow each other."""

EACH_DAY = 3
"""So many ways to come that begin on one day are told, so that those of later days are looked at, too."""

PATIENCE = 2000
"""So many times are looked at for what begins with one (for each eight of a party), ten times as many for what begins
on one day, or on half a day where there is one visit, two hundred times as many in all: a few seconds of work."""


@dataclass(slots=True)
class Effort:
    """What a search says of itself: ``was_cut`` when it gave up somewhere and there may be more ways to come."""

    was_cut: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """One visit of a treatment: how many days after the visit before at least and at most, whether the same
    practitioner sees the guest again, and its free times in the order of (start, practitioner)."""

    days_low: int
    days_high: int | None
    same_practitioner: bool
    times: Sequence[Time]
    days: Sequence[dt.date] = ()
    """Of each time the day at the place; filled here."""


def candidates(
    wish: Wish, free: Iterable[Time], now: dt.datetime, terms: Terms, effort: Effort | None = None
) -> Iterator[tuple[Time, ...]]:
    """What may be offered, earliest first: one time for everybody of the party. The ``effort`` says afterwards whether
    it gave up."""
    fitting = sorted((time for time in free if fits(wish, time, now, terms)), key=_order)
    party, effort = _Party(wish), effort or Effort()
    for _half, numbers in groupby(range(len(fitting)), lambda number: party.half_day(fitting[number])):
        patience = 10 * PATIENCE
        for number in numbers:
            if party.spent > 200 * PATIENCE:
                effort.was_cut = True
                return
            granted = party.grant_one(patience)
            together = next(party.beginning_with(fitting, number), None)
            patience -= granted - max(0, party.left)
            effort.was_cut |= together is None and party.left < 0
            if together is not None:
                yield together
            if not patience:
                break


def whole(
    wish: Wish,
    stages: Sequence[Stage],
    was_refused: Callable[[Sequence[Time]], bool],
    effort: Effort | None = None,
) -> Iterator[tuple[Time, ...]]:
    """Times for all visits of a treatment for everybody of the party, in the order of time, each with its ``person``;
    by the day on which they begin. ``practitioner_id`` of the wish is who sees everybody first. The times of the stages
    are such as may be offered; what ``was_refused`` is left out. The ``effort`` says afterwards whether it gave up."""
    party, effort = _Party(wish), effort or Effort()
    first, *later = party.useful(stages)
    firsts = [time for time in first.times if wish.practitioner_id in (None, time.practitioner_id)]
    for _day, numbers in groupby(range(len(firsts)), lambda number: party.day(firsts[number].starts_at)):
        told, patience = 0, 10 * PATIENCE
        for number in numbers:
            if party.spent > 200 * PATIENCE:
                effort.was_cut = True
                return
            granted = party.grant_one(patience)
            found = next(party.ways(firsts, number, later, was_refused), None)
            patience -= granted - max(0, party.left)
            effort.was_cut |= found is None and party.left < 0
            if found is not None:
                yield found
                told += 1
            if told == EACH_DAY or not patience:
                break


@dataclass(slots=True)
class _Party:
    """One search for a party. It gives up when it has looked at as many times as it has patience ``left``; ``spent`` is
    what it had of it before."""

    wish: Wish
    left: int = 0
    spent: int = 0
    _granted: int = 0
    _hopeless: set[object] = field(default_factory=set)
    _counted: dict[int, tuple[Sequence[Time], dict[HalfDay, Counter[UUID]]]] = field(default_factory=dict)
    _rooms: dict[int, tuple[Sequence[Time], Sequence[int]]] = field(default_factory=dict)

    def useful(self, stages: Sequence[Stage]) -> list[Stage]:
        """Only times on days on which the party can come together to a visit, and after which one person could have
        all later ones."""
        kept: list[Stage] = []
        for stage in reversed(stages):
            times = [time for time in stage.times if not kept or self._goes_on(time, kept[0])]
            together: list[Time] = []
            for _day, group in groupby(times, lambda time: self.day(time.starts_at)):
                of_day = list(group)
                if self._come_together(of_day):
                    together += of_day
            kept.insert(0, replace(stage, times=together, days=[self.day(time.starts_at) for time in together]))
        return kept

    def grant(self, patience: int) -> None:
        """Look at so many times from here on."""
        self.spent += self._granted - max(0, self.left)
        self._granted = self.left = patience

    def grant_one(self, most: int) -> int:
        """Look at so many times for what begins with one time, for a large party at more, but not at more than
        ``most``; returns how many."""
        self.grant(min(PATIENCE * -(-self.wish.party // 8), most))
        return self._granted

    def _come_together(self, times: Sequence[Time]) -> bool:
        if self.spent > 100 * PATIENCE:
            return True  # not known
        self.grant(10 * PATIENCE)
        is_found = any(next(self.beginning_with(times, number), None) for number in range(len(times)))
        return is_found or self.left < 0  # not known

    def _goes_on(self, time: Time, stage: Stage) -> bool:
        """Whether somebody could go on with that visit after this time."""
        ended = self.day(time.ends_at)
        soonest = bisect_left(stage.times, time.ends_at, key=lambda later: later.starts_at)
        first = max(soonest, bisect_left(stage.days, ended + dt.timedelta(days=stage.days_low)))
        fitting = range(first, bisect_right(stage.days, self._last(ended, stage)))
        same = time.practitioner_id
        return any(not stage.same_practitioner or stage.times[number].practitioner_id == same for number in fitting)

    def _last(self, ended: dt.date, stage: Stage) -> dt.date:
        """The last day on which that visit may follow one that ended on this day."""
        return dt.date.max if stage.days_high is None else ended + dt.timedelta(days=stage.days_high)

    def ways(
        self,
        firsts: Sequence[Time],
        number: int,
        later: Sequence[Stage],
        was_refused: Callable[[Sequence[Time]], bool],
    ) -> Iterator[tuple[Time, ...]]:
        """All visits of everybody, beginning with one time."""
        for group in self._groups(firsts, number, later):
            for visits in self.going_on([(time,) for time in group], later):
                times = (replace(time, person=who) for who, series in enumerate(visits) for time in series)
                found = tuple(sorted(times, key=lambda time: (time.starts_at, time.person)))
                if not was_refused(found):
                    yield found

    def _groups(
        self, times: Sequence[Time], number: int, later: Sequence[Stage], only: Counter[UUID] | None = None
    ) -> Iterator[tuple[Time, ...]]:
        """``beginning_with``, of each practitioner only so many as they can see again at the visits that follow. (To
        take any times first and to look later whether it was the right people would take a large party for ever.)"""
        for most in self._most_again(times[number], later):
            yield from self.beginning_with(
                times, number, most if only is None else only if most is None else only & most
            )

    def _most_again(self, time: Time, stages: Sequence[Stage]) -> Iterator[Counter[UUID] | None]:
        """How many of the party each practitioner can see at all of the next visits that are with the same ones: once
        for each choice of half days. None where nobody has to be seen again."""
        told = set()
        linked = list(takewhile(lambda stage: stage.same_practitioner, stages))
        for most in self._choices(self.day(time.starts_at), self.day(time.ends_at), linked):
            known = None if most is None else frozenset(most.items())
            if known not in told:
                told.add(known)
                yield most

    def _choices(self, began: dt.date, ended: dt.date, stages: Sequence[Stage]) -> Iterator[Counter[UUID] | None]:
        if not stages:
            yield None
            return
        stage, *rest = stages
        soonest, last = began + dt.timedelta(days=stage.days_low), self._last(ended, stage)
        for (day, _is_morning), most in self._most(stage.times).items():
            # Of an evening others may end on the next day.
            if soonest <= day <= (last if last == dt.date.max else last + dt.timedelta(days=1)):
                self.left -= 1
                for again in self._choices(day, day, rest):
                    both = most if again is None else most & again
                    if both.total() >= self.wish.party:
                        yield both

    def _most(self, times: Sequence[Time]) -> dict[HalfDay, Counter[UUID]]:
        """How many visits each practitioner has time for on each half day."""
        if id(times) not in self._counted:
            counted: dict[HalfDay, Counter[UUID]] = defaultdict(Counter)
            until: dict[tuple[HalfDay, UUID], dt.datetime] = {}
            for time in times:
                half = self.half_day(time)
                if time.starts_at >= until.get((half, time.practitioner_id), time.starts_at):
                    counted[half][time.practitioner_id] += 1
                    until[half, time.practitioner_id] = time.ends_at
            self._counted[id(times)] = times, counted
        return self._counted[id(times)][1]

    def beginning_with(
        self, times: Sequence[Time], number: int, only: Counter[UUID] | None = None
    ) -> Iterator[tuple[Time, ...]]:
        """That time and near ones after it, one for each of the party; with ``only``, so many of each practitioner."""
        most = self._most(times).get(self.half_day(times[number]), Counter[UUID]())
        if only is not None:
            most = most & only  # a new one: the other is kept
        first = (times[number],)
        has_room = min(most.total(), self._room(times)[number]) >= self.wish.party
        if has_room and (only is None or only[times[number].practitioner_id]) and self._is_attended(first):
            yield from self._with_next(first, times, number + 1, only)

    def _room(self, times: Sequence[Time]) -> Sequence[int]:
        """For each time how many visits there could be from it on, on its half day and before a pause that is too long:
        never fewer than a party that goes on with it could have. (Times of one visit are equally long.)"""
        if id(times) not in self._rooms:
            room, now = [0] * len(times), 0
            later: dict[UUID, list[tuple[dt.datetime, int]]] = defaultdict(list)  # of each practitioner, latest first
            for number in range(len(times) - 1, -1, -1):
                time, after = times[number], times[min(number + 1, len(times) - 1)]
                is_far = after.starts_at > time.ends_at + LONGEST_PAUSE
                if is_far or self.half_day(after) != self.half_day(time):
                    later.clear()
                    now = 0
                mine = later[time.practitioner_id]
                follows = bisect_right(mine, -time.ends_at.timestamp(), key=lambda each: -each[0].timestamp())
                visits = 1 + (mine[follows - 1][1] if follows else 0)
                now += visits - (mine[-1][1] if mine else 0)
                mine.append((time.starts_at, visits))
                room[number] = now
            self._rooms[id(times)] = times, room
        return self._rooms[id(times)][1]

    def _is_attended(self, taken: tuple[Time, ...]) -> bool:
        """Whether the guests would be understood. To share out interpreters is as much work as to look at so many."""
        if self.wish.attended is None:
            return True
        self.left -= len(taken)
        return self.wish.attended(taken)

    def _with_next(
        self, taken: tuple[Time, ...], times: Sequence[Time], number: int, only: Counter[UUID] | None
    ) -> Iterator[tuple[Time, ...]]:
        missing = self.wish.party - len(taken)
        if not missing:
            yield taken
            return
        latest, half = max(each.ends_at for each in taken) + LONGEST_PAUSE, self.half_day(taken[0])
        room = self._room(times)
        for later in range(number, len(times)):
            time = times[later]
            self.left -= 1
            if self.left < 0 or time.starts_at > latest or self.half_day(time) != half:
                return
            if room[later] < missing:
                return
            if only is not None and only[time.practitioner_id] <= _seen(time, taken):
                continue
            if not any(time.meets(each) for each in taken) and self._is_attended((*taken, time)):
                yield from self._with_next((*taken, time), times, later + 1, only)

    def going_on(self, visits: Sequence[tuple[Time, ...]], stages: Sequence[Stage]) -> Iterator[list[tuple[Time, ...]]]:
        """The visits of each person with all that follow them."""
        if not stages:
            yield list(visits)
            return
        stage, *rest = stages
        before = [series[-1] for series in visits]
        # What follows depends on nothing else of what was before.
        state = (
            len(rest),
            *((time.practitioner_id if stage.same_practitioner else None, time.ends_at) for time in before),
        )
        if state in self._hopeless:
            return
        ended = [self.day(time.ends_at) for time in before]
        only = Counter(time.practitioner_id for time in before) if stage.same_practitioner else None
        first = bisect_left(stage.days, min(ended) + dt.timedelta(days=stage.days_low))
        found = False
        for number in range(first, bisect_right(stage.days, self._last(max(ended), stage))):
            if self.left < 0:
                break
            for group in self._groups(stage.times, number, rest, only):
                following = self._each(before, group, stage)
                if following is None:
                    continue
                grown = [(*series, time) for series, time in zip(visits, following, strict=True)]
                for series in self.going_on(grown, rest):
                    found = True
                    yield series
        if not found and self.left >= 0:
            self._hopeless.add(state)

    def _each(self, before: Sequence[Time], group: Sequence[Time], stage: Stage) -> list[Time] | None:
        """Who of the party has which of these times; None when they do not follow. Whoever was seen first is seen first
        again."""
        waiting: dict[UUID | None, list[Time]] = defaultdict(list)
        for time in group:
            waiting[time.practitioner_id if stage.same_practitioner else None].append(time)
        following: dict[int, Time] = {}
        for who in sorted(range(len(before)), key=lambda who: before[who].ends_at):
            last = before[who]
            time = waiting[last.practitioner_id if stage.same_practitioner else None].pop(0)
            day, ended = self.day(time.starts_at), self.day(last.ends_at)
            soonest = ended + dt.timedelta(days=stage.days_low)
            if time.starts_at < last.ends_at or not soonest <= day <= self._last(ended, stage):
                return None
            following[who] = time
        return [following[who] for who in range(len(before))]

    def day(self, moment: dt.datetime) -> dt.date:
        return _half_day(moment, self.wish.place_zone)[0]

    def half_day(self, time: Time) -> HalfDay:
        return _half_day(time.starts_at, self.wish.place_zone)


@lru_cache(maxsize=8192)
def _half_day(moment: dt.datetime, zone: str) -> HalfDay:
    """The day at the place, and whether it is still the morning."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.date(), local.time() < NOON


def _seen(time: Time, taken: Iterable[Time]) -> int:
    return sum(each.practitioner_id == time.practitioner_id for each in taken)


def _order(time: Time) -> tuple[dt.datetime, str]:
    return time.starts_at, str(time.practitioner_id)
