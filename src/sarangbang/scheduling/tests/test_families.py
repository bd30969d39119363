"""A party that comes several times: what is found is what trying everything finds. No database."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.scheduling import sharing
from sarangbang.scheduling.sharing import TooMany, shared_out
from sarangbang.scheduling.waiting import families
from sarangbang.scheduling.waiting.families import LONGEST_PAUSE, Stage, whole
from sarangbang.scheduling.waiting.wishes import Terms, Time, Wish

SEOUL = ZoneInfo("Asia/Seoul")
WISH = Wish(dt.datetime(2026, 12, 1, tzinfo=SEOUL), dt.datetime(2026, 12, 20, tzinfo=SEOUL), "Asia/Seoul", "Asia/Seoul")
Come = tuple[Time, ...]


def time(day: int, hour: float, who: int = 1, minutes: int = 30, step: int = 0) -> Time:
    starts_at = dt.datetime(2026, 12, day, int(hour), int(hour % 1 * 60), tzinfo=SEOUL)
    return Time(UUID(int=who), starts_at, starts_at + dt.timedelta(minutes=minutes), step)


def never(_times: Sequence[Time]) -> bool:
    return False


def persons(found: Come) -> list[Come]:
    """The visits of each person."""
    return [tuple(time for time in found if time.person == who) for who in sorted({time.person for time in found})]


def are_together(group: Come) -> bool:
    if len({(each.starts_at.date(), each.starts_at.hour < 12) for each in group}) > 1:
        return False
    near = all(
        later.starts_at <= max(each.ends_at for each in group[:number]) + LONGEST_PAUSE
        for number, later in enumerate(group)
        if number
    )
    return near and not any(one.meets(other) for one, other in itertools.combinations(group, 2))


def follows(last: Time, next_one: Time, stage: Stage) -> bool:
    days = (next_one.starts_at.date() - last.ends_at.date()).days
    return (
        next_one.starts_at >= last.ends_at
        and stage.days_low <= days <= (days if stage.days_high is None else stage.days_high)
        and (not stage.same_practitioner or last.practitioner_id == next_one.practitioner_id)
    )


def every_way(stages: Sequence[Stage], party: int) -> Iterator[list[Come]]:
    """Each way in which everybody can come, by trying all."""
    each = [[group for group in itertools.combinations(stage.times, party) if are_together(group)] for stage in stages]
    for groups in itertools.product(*each):
        for orders in itertools.product(*(itertools.permutations(group) for group in groups[1:])):
            visits = list(zip(groups[0], *orders, strict=True))
            if all(
                follows(before, after, stage)
                for series in visits
                for before, after, stage in zip(series, series[1:], stages[1:], strict=False)
            ):
                yield visits


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_a_family_comes_if_it_can_come_at_all(seed: int) -> None:
    rng = random.Random(seed)
    party = rng.choice([2, 2, 3])
    stages = []
    for step in range(rng.choice([2, 3])):
        minutes = rng.choice([30, 45])
        free = {(rng.choice([4, 5, 6]), rng.choice([9, 9.5, 10, 11.5, 14]), rng.choice([1, 2])) for _ in range(7)}
        times = sorted(
            (time(*each, minutes, step) for each in free), key=lambda one: (one.starts_at, one.practitioner_id)
        )
        low = rng.choice([0, 1, 1])
        stages.append(Stage(low if step else 0, rng.choice([None, low, low + 1]), rng.random() < 0.4, times))
    ways = list(every_way(stages, party))
    found = list(whole(replace(WISH, party=party), stages, never))
    assert {way[0][0].starts_at.date() for way in ways} == {each[0].starts_at.date() for each in found}
    for each in found:
        assert each[0].person == 0
        assert [tuple(replace(one, person=0) for one in series) for series in persons(each)] in ways
    if found:
        refused = {frozenset(one.key for one in found[0])}
        others = whole(replace(WISH, party=party), stages, lambda times: frozenset(one.key for one in times) in refused)
        assert found[0] not in list(others)


def test_what_was_let_go_once_is_not_the_end_of_it() -> None:
    first = [time(4, 9, 1), time(4, 9, 2)]
    later = [time(5, 9, 1, step=1), time(5, 9, 2, step=1), time(6, 9, 1, step=1), time(6, 9, 2, step=1)]
    stages = [Stage(0, None, False, first), Stage(1, None, True, later)]
    one = next(whole(replace(WISH, party=2), stages, never))
    other = next(whole(replace(WISH, party=2), stages, lambda times: frozenset(times) == frozenset(one)))
    assert {each.starts_at.day for each in one} == {4, 5}
    assert {each.starts_at.day for each in other} == {4, 6}


def test_who_sees_them_first_and_that_they_are_understood_hold_for_everybody() -> None:
    stages = [
        Stage(0, None, False, [time(4, 9, 1), time(4, 9, 2), time(4, 9.5, 2)]),
        Stage(1, None, False, [time(5, 9, 1, step=1), time(5, 9, 2, step=1)]),
    ]
    wish = replace(WISH, party=2, practitioner_id=UUID(int=2))
    (found,) = whole(wish, stages, never)
    assert [each.practitioner_id.int for each in found[:2]] == [2, 2]
    at_most_one = replace(wish, attended=lambda times: len({each.starts_at for each in times}) == len(times))
    assert not list(whole(at_most_one, stages, never)), "the second visits are side by side"


def test_a_large_party_sees_the_same_doctors_again() -> None:
    """Thirty doctors at first, of whom only those with the highest numbers are there again, one or two times each."""
    firsts = [time(day, 9 + half / 2, who) for day in (4, 7) for half in range(6) for who in range(1, 31)]
    again = [time(9, 14 + half / 2, who, step=1) for half in range(2) for who in range(27, 31)]
    last = [time(14, 9 + half / 2, who, step=2) for half in range(3) for who in range(28, 31)]
    last.append(time(14, 11, 27, step=2))
    stages = [Stage(0, None, False, firsts), Stage(1, None, True, again), Stage(3, None, True, last)]
    effort = families.Effort()
    found = next(whole(replace(WISH, party=7), stages, never, effort))
    doctors = [{each.practitioner_id for each in series} for series in persons(found)]
    assert (len(doctors), {len(each) for each in doctors}, effort.was_cut) == (7, {1}, False)
    assert next(whole(replace(WISH, party=8), stages, never, effort), None) is None
    assert not effort.was_cut, "the doctor with one time makes seven, whatever the others do"


def test_looking_for_a_large_party_ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty doctors who are free all week, and never interpreters for all eight: only trying everything would tell."""
    looks = itertools.count()
    meets = Time.meets
    monkeypatch.setattr(Time, "meets", lambda one, other: (next(looks), meets(one, other))[1])
    many = [time(day, 9 + half / 2, who) for day in (4, 5) for half in range(6) for who in range(1, 31)]
    stages = [Stage(0, None, False, many), Stage(1, None, False, many)]
    wish = replace(WISH, party=8, attended=lambda times: len(times) < 8)
    effort = families.Effort()
    assert not list(whole(wish, stages, never, effort))
    assert effort.was_cut
    assert next(looks) < 3 * 2 * 10 * families.PATIENCE * 8


NOW = dt.datetime(2026, 11, 30, 9, tzinfo=SEOUL)
TERMS = Terms(to_all=False, answer=dt.timedelta(hours=2), stop=dt.timedelta(hours=4))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_one_visit_of_a_party_is_found_if_there_is_any_way_to_begin_with_a_time(seed: int) -> None:
    """Also where times overlap in part, pauses lie between, and only so many interpreters are there."""
    rng = random.Random(seed)
    party, most = rng.choice([2, 3, 4]), rng.choice([1, 2, 9])
    hours = [9, 9.25, 9.5, 10, 10.75, 11, 11.5, 13, 14.5]
    free = {(rng.choice([4, 5]), rng.choice(hours), rng.choice([1, 2, 3])) for _ in range(12)}
    times = sorted((time(*each) for each in free), key=lambda one: (one.starts_at, one.practitioner_id))

    def attended(taken: Sequence[Time]) -> bool:
        return all(sum(each.starts_at <= one.starts_at < each.ends_at for each in taken) <= most for one in taken)

    wish = replace(WISH, party=party, attended=attended)
    effort = families.Effort()
    found = list(families.candidates(wish, times, NOW, TERMS, effort))
    ways = [group for group in itertools.combinations(times, party) if are_together(group) and attended(group)]
    assert {group[0] for group in ways} == {group[0] for group in found}
    assert set(found) <= set(ways)
    assert not effort.was_cut


def test_a_coach_is_found_and_looked_for_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty people; doctors who begin every ten minutes. Where there is no room for all, or never enough interpreters,
    the search ends soon, too."""
    looks = itertools.count()
    meets = Time.meets
    monkeypatch.setattr(Time, "meets", lambda one, other: (next(looks), meets(one, other))[1])
    many = [time(day, 9 + sixth / 6, who) for day in range(4, 10) for sixth in range(16) for who in range(1, 6)]
    wish, effort = replace(WISH, party=20), families.Effort()
    found = next(families.candidates(wish, many, NOW, TERMS, effort))
    assert are_together(found)
    assert next(looks) < 20 * 20 * 20
    few = [each for each in many if each.practitioner_id.int < 4]  # fifteen in a morning
    assert not list(families.candidates(wish, few, NOW, TERMS, effort))
    apart = [each for each in many if each.starts_at.hour != 10]  # a long pause in the middle
    assert not list(families.candidates(wish, apart, NOW, TERMS, effort))
    assert not effort.was_cut, "that there is no room is known"
    before, asked = next(looks), itertools.count()
    one_short = replace(wish, attended=lambda times: (next(asked), len(times) < 20)[1])
    assert not list(families.candidates(one_short, many, NOW, TERMS, effort))
    assert effort.was_cut
    assert next(looks) - before < 200 * families.PATIENCE * 20
    assert next(asked) < 200 * families.PATIENCE / 10


def spans_of(visits: Sequence[Time]) -> list[tuple[dt.datetime, dt.datetime]]:
    return [(each.starts_at, each.ends_at) for each in visits]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_interpreters_are_shared_out_as_trying_everything_does(seed: int) -> None:
    rng = random.Random(seed)
    visits = [time(4, rng.choice([9, 9.25, 9.5, 10]), who) for who in range(rng.choice([1, 3, 5]))]
    free = [rng.sample(range(4), rng.choice([1, 2, 3])) for _each in visits]

    def works(people: Sequence[int]) -> bool:
        pairs = itertools.combinations(zip(people, visits, strict=True), 2)
        return not any(
            one == other and a.starts_at < b.ends_at and b.starts_at < a.ends_at for (one, a), (other, b) in pairs
        )

    found = shared_out(spans_of(visits), free)
    assert (found is not None) == any(map(works, itertools.product(*free)))
    assert found is None or (works(found) and all(who in those for who, those in zip(found, free, strict=True)))


def test_sharing_out_many_ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Side by side it is known at once; where visits overlap in part, so many ways are tried."""
    beside = spans_of([time(4, 9, who) for who in range(20)])
    assert shared_out(beside, [range(19)] * 20) is None
    assert sorted(shared_out(beside, [range(20)] * 20) or []) == list(range(20))
    staggered = spans_of([time(4, 9 + who % 2 / 4, who) for who in range(10)])
    assert shared_out(staggered, [range(10)] * 10)
    monkeypatch.setattr(sharing, "TRIES", 5)
    with pytest.raises(TooMany):
        shared_out(staggered, [range(10)] * 10)
