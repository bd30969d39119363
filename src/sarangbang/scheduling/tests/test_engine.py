"""The engine's free time equals a walk over every minute: rosters at several places, alternate weeks, holidays,
closures, leave, seats, buffers, ways, limits, notice, rooms and companions, daylight saving. No database."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.directory.models import Offering
from sarangbang.scheduling.availability import Hours, minute_of, moment_of
from sarangbang.scheduling.occupancy import Busy
from sarangbang.scheduling.outlook import Chair, Outlook
from sarangbang.scheduling.rosters import Member, Pool, Roster
from sarangbang.scheduling.rules import Rules

ZONES = ["Asia/Seoul", "Europe/Berlin", "America/New_York"]
# The clock is set on one of the days in Europe or America, or on none.
FIRST_DAYS = [dt.date(2026, 3, 7), dt.date(2026, 3, 28), dt.date(2026, 10, 24), dt.date(2026, 10, 31)]
HERE, THERE = 1, 2
WAY_MINUTES = 23
DOCTOR = UUID(int=7)
OFFERING = Offering(pk=1, institution_id=UUID(int=1))
DAY = 24 * 60


@dataclass
class World:
    look: Outlook
    chair: Chair
    holidays: set[dt.date]
    walked: dict[tuple[int, int], list[Counter[int]]] = field(default_factory=dict)

    def walks(self, resource: int, place: int) -> list[Counter[int]]:
        """For each rule: how many minutes until each minute, and with it, the rule has been in force without a gap."""
        if (resource, place) not in self.walked:
            self.walked[resource, place] = walks = []
            for rule in self.look.rosters[resource].hours[place]:
                walk: Counter[int] = Counter()
                for minute in range(self.look.window[0] - DAY, self.look.window[1]):
                    if is_on(rule, minute, self.holidays):
                        walk[minute] = walk[minute - 1] + 1
                walks.append(walk)
        return self.walked[resource, place]


@cache
def wall_clock(minute: int, zone: str) -> dt.datetime:
    return moment_of(minute).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def is_on(rule: Hours, minute: int, holidays: set[dt.date]) -> bool:
    """Whether the wall clock says that the rule is in force."""
    local = wall_clock(minute, rule.zone)
    day, clock = local.date(), local.time()
    if rule.starts < rule.ends:
        return rule.starts <= clock < rule.ends and begins_on(rule, day, holidays)
    if clock < rule.ends:
        return begins_on(rule, day - dt.timedelta(days=1), holidays)
    return clock >= rule.starts and begins_on(rule, day, holidays)


def begins_on(rule: Hours, day: dt.date, holidays: set[dt.date]) -> bool:
    if day.weekday() != rule.weekday or day < rule.valid_from or (rule.valid_until and day > rule.valid_until):
        return False
    if day in holidays and not rule.on_holidays:
        return False
    first_week = rule.valid_from - dt.timedelta(days=rule.valid_from.weekday())
    return (day - first_week).days // 7 % rule.every_weeks == 0


def is_start(world: World, place: int, minute: int, length: int, step: int) -> bool:
    """Whether some hours are open for the whole visit, and it begins a whole number of steps after their opening."""
    last = minute + length - 1
    for walk in world.walks(world.chair.resource_id, place):
        if walk[last] >= length and (walk[minute] - 1) % step == 0:
            return True
    roster = world.look.rosters[world.chair.resource_id]
    return any(
        start <= minute and minute + length <= end and (minute - start) % step == 0
        for start, end in roster.extras[place]
    )


def is_free(world: World, member: Member, seats: int, start: int, end: int) -> bool:
    roster = world.look.rosters[member.resource_id]
    away = [*roster.leave, *world.look.closures.get(HERE, [])]
    if any(begin < end and start < finish for begin, finish in away):
        return False
    ticks = range(start // 5, -(-end // 5))
    for busy in roster.busy:
        owned = range(busy.start // 5, -(-busy.end // 5))
        elsewhere = member.moves and busy.place not in (None, HERE)
        if elsewhere and (
            set(owned) & set(ticks) or not (end + WAY_MINUTES <= busy.start or busy.end + WAY_MINUTES <= start)
        ):
            return False
    here = [busy for busy in roster.busy if not member.moves or busy.place in (None, HERE)]
    return all(
        sum(busy.start // 5 <= tick < -(-busy.end // 5) for busy in here) + seats <= member.seats for tick in ticks
    )


def is_there(world: World, member: Member, start: int, end: int) -> bool:
    if not member.has_hours:
        return True
    walks = [walk for place in (HERE, THERE) for walk in world.walks(member.resource_id, place)]
    return all(any(walk[minute] for walk in walks) for minute in range(start, end))


def expected(world: World) -> list[int]:
    look, chair = world.look, world.chair
    rules = look.rules[OFFERING.pk]
    now = look.now
    result = []
    for minute in range(look.window[0], look.window[1] - chair.minutes + 1):
        starts_at, ends_at = moment_of(minute), moment_of(minute + chair.minutes)
        if starts_at < now + rules.notice or ends_at > now + rules.horizon:
            continue
        if not is_start(world, HERE, minute, chair.minutes, rules.step_minutes):
            continue
        claim = (minute - rules.buffer_before, minute + chair.minutes + rules.buffer_after)
        if not is_free(world, chair.member, look.party, *claim):
            continue
        day = starts_at.astimezone(ZoneInfo(chair.zone)).date()
        if rules.per_day is not None and look.visits[DOCTOR, OFFERING.institution_id, day] >= rules.per_day:
            continue
        free = [
            [
                member.resource_id
                for member in pool.members
                if is_there(world, member, minute, minute + chair.minutes)
                and is_free(world, member, pool.seats, *claim)
            ]
            for pool in look.pools[OFFERING.pk]
        ]
        if any(len(set(choice)) == len(choice) for choice in itertools.product(*free)):
            result.append(minute)
    return result


class Builder:
    """A world from a seed: everything may be there, and most of it is."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.zone, self.first = self.rng.choice(ZONES), self.rng.choice(FIRST_DAYS)
        self.origin = minute_of(dt.datetime.combine(self.first, dt.time(), tzinfo=dt.UTC))
        self.rosters: dict[int, Roster] = {}

    def spans(self, most: int, longest: int = 240) -> list[tuple[int, int]]:
        starts = [self.origin + self.rng.randrange(3 * DAY) for _ in range(self.rng.randint(0, most))]
        return [(start, start + self.rng.randint(5, longest)) for start in starts]

    def hours(self) -> Hours:
        rng = self.rng
        start = rng.randint(0, 95)
        end = (start + rng.randint(4, 44)) % 96
        since = self.first - dt.timedelta(days=rng.randint(-1, 20))
        until = None if rng.random() < 0.7 else since + dt.timedelta(days=rng.randint(0, 25))
        starts, ends = (dt.time(each // 4, each % 4 * 15) for each in (start, end))
        weekday = (self.first.weekday() + rng.randint(-1, 2)) % 7
        return Hours(weekday, starts, ends, since, until, self.zone, rng.random() < 0.5, rng.choice([1, 1, 1, 2, 3]))

    def member(self, pk: int, *, moves: bool = True, most: int = 9) -> Member:
        places = [HERE, THERE, None]
        roster = Roster(
            busy=[Busy(*span, self.rng.choice(places)) for span in self.spans(most, 70)], leave=sorted(self.spans(1))
        )
        for place in (HERE, THERE) if moves else ():
            roster.hours[place] += [self.hours() for _ in range(self.rng.randint(5, 9))]
        self.rosters[pk] = roster
        return Member(pk, self.rng.choice([1, 1, 2, 3]), moves, has_hours=moves)

    def pools(self, party: int) -> list[Pool]:
        rooms = Pool("no_room", party, tuple(self.member(20 + n, moves=False, most=12) for n in range(2)))
        company = Pool("no_companion", 1, tuple(self.member(30 + n) for n in range(2)))
        return self.rng.choice([[], [], [rooms], [rooms, rooms], [company], [rooms, company]])

    def world(self) -> World:
        rng = self.rng
        doctor = self.member(10)
        self.rosters[10].extras[HERE] += self.spans(1)
        party = rng.choice([1, 1, 1, 2])
        rules = Rules(
            notice=dt.timedelta(minutes=rng.randint(0, 600)),
            horizon=dt.timedelta(minutes=rng.randint(1500, 6000)),
            step_minutes=rng.choice([5, 20, 30, 45]),
            buffer_before=rng.choice([0, 0, 7, 15]),
            buffer_after=rng.choice([0, 0, 10, 12]),
            per_day=rng.choice([None, None, 1, 2]),
        )
        holidays = {self.first + dt.timedelta(days=rng.randint(0, 2))} if rng.random() < 0.3 else set()
        days = [self.first + dt.timedelta(days=day) for day in range(-1, 5)]
        start = self.origin + rng.randint(0, DAY // 2)
        look = Outlook(
            window=(start, start + rng.randint(DAY, 2 * DAY)),
            now=moment_of(self.origin + rng.randint(-600, DAY // 2)) + dt.timedelta(seconds=rng.randint(0, 59)),
            party=party,
            rules={OFFERING.pk: rules},
            pools={OFFERING.pk: self.pools(party)},
            rosters=self.rosters,
            closures={HERE: sorted(self.spans(1))},
            is_holiday=holidays.__contains__,
            way=lambda origin, destination: WAY_MINUTES,
            visits=Counter({(DOCTOR, OFFERING.institution_id, day): rng.randint(0, 2) for day in days}),
        )
        seats = max(party, doctor.seats) if rng.random() < 0.9 else doctor.seats
        return World(look, Chair(OFFERING, DOCTOR, 10, seats, HERE, self.zone, rng.choice([15, 30, 50])), holidays)


seeds = st.integers(0, 2**32 - 1)


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_free_time_equals_the_minute_grid(seed: int) -> None:
    world = Builder(seed).world()
    assert list(world.look.starts(world.chair)) == expected(world)


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_a_time_is_free_exactly_when_nothing_stands_against_it(seed: int) -> None:
    world = Builder(seed).world()
    look, chair = world.look, world.chair
    free = set(look.starts(chair))
    length = max(1, look.window[1] - look.window[0] - chair.minutes)
    tried = {look.window[0] + (seed + 61 * n) % length for n in range(40)} | set(itertools.islice(free, 20))
    for minute in tried:
        if look.window[0] <= minute and minute + chair.minutes <= look.window[1]:
            assert (look.stands_against(chair, minute) == []) == (minute in free)


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_what_was_assumed_is_no_longer_free(seed: int) -> None:
    world = Builder(seed).world()
    look, chair = world.look, world.chair
    for minute in itertools.islice(look.starts(chair), 3):
        beside = look.beside(chair, minute)
        assert beside is not None
        look.assume(chair, minute, look.claim(chair, minute), beside)
        assert list(look.starts(chair)) == expected(world)
