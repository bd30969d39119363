"""The plan of reminders: never at night, never after the visit, one a day at most; any zone, any change of the clock."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sarangbang.scheduling.nights import QUIET, SLEEP
from sarangbang.scheduling.reminding import HOUSE, Due, due_at, is_too_late, letters, plan

ZONES = ["Asia/Seoul", "Asia/Almaty", "America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda count: START + dt.timedelta(minutes=count))
leads = st.lists(st.integers(30, 60 * 24 * 14), min_size=1, max_size=5)


def seoul(month: int, day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Asia/Seoul"))


def local(moment: dt.datetime, zone: str) -> dt.datetime:
    return moment.astimezone(ZoneInfo(zone))


@settings(max_examples=80, deadline=None)
@given(moments, leads, st.sampled_from(ZONES), st.integers(0, 60 * 24 * 20))
@example(dt.datetime(2026, 3, 8, 12, tzinfo=dt.UTC), [180, 1440], "America/Los_Angeles", 60 * 24 * 9)
@example(dt.datetime(2026, 11, 1, 9, 30, tzinfo=dt.UTC), [180, 1440], "America/Los_Angeles", 60 * 24 * 9)
def test_a_reminder_is_of_use(starts_at: dt.datetime, minutes: list[int], zone: str, booked_before: int) -> None:
    told_at = starts_at - dt.timedelta(minutes=booked_before)
    for due in plan(1, starts_at, minutes, zone, told_at):
        assert not QUIET.holds(due.at, zone), "in the guest's night"
        assert dt.time(8) <= local(due.at, zone).time() < dt.time(21)
        assert told_at < due.at < starts_at
        assert not is_too_late(due, due.at)
        assert starts_at - due.at >= dt.timedelta(minutes=due.minutes_before) / 2
        assert due.minutes_before in minutes


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(moments, leads), min_size=1, max_size=5), st.sampled_from(ZONES))
def test_one_letter_a_day_and_every_reminder_in_one_of_them(
    visits: list[tuple[dt.datetime, list[int]]], zone: str
) -> None:
    told_at = dt.datetime(2025, 12, 1, tzinfo=dt.UTC)
    dues = [due for key, (starts, minutes) in enumerate(visits) for due in plan(key, starts, minutes, zone, told_at)]
    sent = letters(dues, zone)
    days = [local(letter.at, zone).date() for letter in sent]
    assert len(days) == len(set(days))
    assert days == sorted(days)
    assert sorted(map(repr, dues)) == sorted(repr(due) for letter in sent for due in letter.dues)
    for letter in sent:
        assert not QUIET.holds(letter.at, zone)
        assert all(letter.at <= due.at < due.starts_at for due in letter.dues)


@pytest.mark.parametrize(
    ("visit", "zone", "expected"),
    [
        # Three hours before nine in the morning is night: the evening before it is.
        (seoul(12, 10, 9), "Asia/Seoul", [seoul(12, 3, 9), seoul(12, 9, 9), seoul(12, 9, 20, 30)]),
        # 16:00 in Seoul is 12:00 in Almaty (UTC+5): nothing has to be moved.
        (seoul(12, 10, 16), "Asia/Almaty", [seoul(12, 3, 16), seoul(12, 9, 16), seoul(12, 10, 13)]),
        # 11:00 in Seoul is 18:00 the day before in Los Angeles; three hours before that is 15:00 there.
        (seoul(12, 10, 11), "America/Los_Angeles", [seoul(12, 3, 11), seoul(12, 9, 11), seoul(12, 10, 8)]),
    ],
)
def test_the_house_s_three_reminders(visit: dt.datetime, zone: str, expected: list[dt.datetime]) -> None:
    due = plan(1, visit, HOUSE, zone, seoul(11, 1, 9))
    assert [each.at for each in due] == expected


def test_a_visit_booked_late_is_not_told_twice() -> None:
    visit = seoul(12, 10, 15)
    assert plan(1, visit, HOUSE, "Asia/Seoul", seoul(12, 10, 11, 30)) == []
    assert [due.minutes_before for due in plan(1, visit, HOUSE, "Asia/Seoul", seoul(12, 9, 16))] == [180]


def test_booked_in_the_evening_for_the_morning_the_night_is_left_alone() -> None:
    # 22:30 for 11:00: the evening has passed, eight o'clock leaves three of four hours.
    assert due_at(seoul(12, 10, 11), 240, "Asia/Seoul", seoul(12, 9, 22, 30)) == seoul(12, 10, 8)
    # For 9:30 only ninety minutes of four hours would be left: better none.
    assert due_at(seoul(12, 10, 9, 30), 240, "Asia/Seoul", seoul(12, 9, 22, 30)) is None


def test_half_of_the_lead_time_is_the_end() -> None:
    due = Due(1, seoul(12, 10, 15), 180, seoul(12, 10, 12))
    assert not is_too_late(due, seoul(12, 10, 13, 30))
    assert is_too_late(due, seoul(12, 10, 13, 31))


@settings(max_examples=30, deadline=None)
@given(moments, st.integers(1, 60 * 20), st.sampled_from(ZONES))
def test_only_hours_of_the_day_pass(since: dt.datetime, minutes: int, zone: str) -> None:
    """The waking moment after some minutes of daytime, against a count minute by minute."""
    at, left = since, minutes
    while left:
        left -= not QUIET.holds(at, zone)
        at += dt.timedelta(minutes=1)
    reached = QUIET.awake(since, dt.timedelta(minutes=minutes), zone)
    assert abs(reached - at) < dt.timedelta(minutes=1)


def test_three_in_the_morning_is_sleep_and_noon_is_not() -> None:
    assert SLEEP.holds(seoul(12, 10, 20), "America/Los_Angeles")  # 03:00
    assert not SLEEP.holds(seoul(12, 10, 9), "America/Los_Angeles")  # 16:00
    assert SLEEP.holds(seoul(7, 10, 14), "America/Los_Angeles")  # 22:00 in summer
    assert not SLEEP.holds(seoul(12, 10, 14), "America/Los_Angeles")  # 21:00 in winter
