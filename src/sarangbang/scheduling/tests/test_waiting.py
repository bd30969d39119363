"""Which freed time fits whom, who is asked first and for how long: the rules alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.scheduling.nights import QUIET
from sarangbang.scheduling.waiting.families import candidates
from sarangbang.scheduling.waiting.wishes import SHORTEST_ANSWER, Terms, Time, Wish, answer_until, fits

SEOUL = ZoneInfo("Asia/Seoul")
ONE, TWO = UUID(int=1), UUID(int=2)
TERMS = Terms(to_all=False, answer=dt.timedelta(hours=2), stop=dt.timedelta(hours=4))


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 12, day, hour, minute, tzinfo=SEOUL)


def time(day: int, hour: int, minute: int = 0, who: UUID = ONE, minutes: int = 30) -> Time:
    starts_at = at(day, hour, minute)
    return Time(who, starts_at, starts_at + dt.timedelta(minutes=minutes))


WISH = Wish(at(1, 0), at(20, 0), "Asia/Almaty", "Asia/Seoul")
NOW = at(3, 12)


@pytest.mark.parametrize(
    ("changes", "wanted", "answer"),
    [
        ({}, time(10, 10), True),
        ({}, time(20, 10), False),
        ({"part_of_day": "morning"}, time(10, 11, 30), True),
        ({"part_of_day": "morning"}, time(10, 12), False),
        ({"part_of_day": "afternoon"}, time(10, 12), True),
        ({"part_of_day": "evening"}, time(10, 17), True),
        ({"practitioner_id": TWO}, time(10, 10), False),
        ({"practitioner_id": TWO}, time(10, 10, who=TWO), True),
        ({"before": at(10, 10)}, time(10, 10), False),
        ({"before": at(10, 10, 30)}, time(10, 10), True),
        ({"refused": frozenset({(ONE, at(10, 10))})}, time(10, 10), False),
        ({"busy": [(at(10, 9), at(10, 10, 15))]}, time(10, 10), False),
        ({"busy": [(at(10, 9), at(10, 10))]}, time(10, 10), True),
        ({"answer_before": at(3, 12)}, time(10, 10), False),
        ({"remote": True, "zone": "America/Los_Angeles"}, time(10, 20), False),
        ({"remote": True, "zone": "America/Los_Angeles"}, time(10, 10), True),
        ({}, time(3, 16), False),  # nothing in the last hours
        ({}, time(3, 17), True),
        ({}, time(2, 10), False),  # past
    ],
)
def test_what_fits(changes: dict[str, object], wanted: Time, answer: bool) -> None:
    assert fits(replace(WISH, **changes), wanted, NOW, TERMS) is answer  # type: ignore[arg-type]


def test_two_hours_of_the_guest_s_day_to_answer() -> None:
    assert answer_until(WISH, at(10, 10), NOW, TERMS) == at(3, 14)
    # 20:30 in Almaty: half an hour this evening, the rest from eight on.
    assert answer_until(WISH, at(10, 10), at(4, 0, 30), TERMS) == at(4, 13, 30)
    # Five hours before the time, one hour before the stop: a third of it.
    assert answer_until(WISH, at(3, 17), NOW, TERMS) == at(3, 12, 20)


def test_whoever_sleeps_until_the_stop_is_not_asked() -> None:
    """22:00 in Almaty for 10:30 in Seoul, which is 6:30 there."""
    assert answer_until(WISH, at(11, 10, 30), at(11, 2), TERMS) is None


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 60 * 24 * 20),
    st.integers(0, 60 * 24 * 20),
    st.sampled_from(["Asia/Seoul", "Asia/Almaty", "America/Los_Angeles"]),
)
def test_an_offer_ends_before_the_stop_and_leaves_a_fair_chance(now: int, start: int, zone: str) -> None:
    moment, starts_at = (at(1, 0) + dt.timedelta(minutes=count) for count in (now, start))
    until = answer_until(replace(WISH, zone=zone), starts_at, moment, TERMS)
    if until is not None:
        assert moment < until <= starts_at - TERMS.stop
        assert until >= QUIET.awake(moment, SHORTEST_ANSWER, zone)


def family(*free: Time, party: int = 3) -> list[tuple[Time, ...]]:
    return list(candidates(replace(WISH, party=party), free, NOW, TERMS))


def test_a_family_side_by_side() -> None:
    doctors = [UUID(int=number) for number in range(3)]
    assert family(*(time(10, 10, who=doctor) for doctor in doctors)) == [
        tuple(time(10, 10, who=doctor) for doctor in doctors)
    ]


def test_a_family_one_after_the_other() -> None:
    assert family(time(10, 10), time(10, 10, 30), time(10, 11)) == [(time(10, 10), time(10, 10, 30), time(10, 11))]
    assert family(time(10, 10), time(10, 10, 30), time(10, 10, who=TWO))[0][0].starts_at == at(10, 10)


@pytest.mark.parametrize(
    "free",
    [
        [time(10, 10), time(10, 10, 30)],  # two of three
        [time(10, 11), time(10, 11, 30), time(10, 12)],  # another half of the day
        [time(10, 9), time(10, 9, 30), time(10, 11, 30)],  # somebody would wait long
        [time(10, 10), time(10, 10, 15), time(10, 10, 20)],  # the same doctor at once
        [time(10, 10), time(11, 10), time(12, 10)],  # another day
    ],
)
def test_a_family_gets_all_or_none(free: list[Time]) -> None:
    assert family(*free) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(time, st.integers(4, 6), st.integers(9, 17), st.sampled_from([0, 30]), st.sampled_from([ONE, TWO])),
        max_size=25,
    ),
    st.integers(1, 4),
)
def test_what_is_offered_can_be_kept(free: list[Time], party: int) -> None:
    for together in family(*free, party=party):
        assert len(together) == party
        assert set(together) <= set(free)
        assert not any(one.meets(other) for index, one in enumerate(together) for other in together[index + 1 :])
        assert len({(each.starts_at.date(), each.starts_at.hour < 12) for each in together}) == 1
