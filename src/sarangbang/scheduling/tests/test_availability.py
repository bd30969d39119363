"""The engine's free time equals a walk over every minute."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.scheduling.availability import (
    TICK_MINUTES,
    Hours,
    free_starts,
    merged,
    minute_of,
    moment_of,
    open_spans,
    ticks,
)

ZONES = ["Asia/Seoul", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]
# Around both changes of the clock in Europe and America.
DAYS = st.sampled_from([dt.date(2026, 3, 8), dt.date(2026, 3, 28), dt.date(2026, 10, 25), dt.date(2026, 11, 1)])
HOLIDAY = dt.date(2026, 3, 10)


def is_holiday(day: dt.date) -> bool:
    return day == HOLIDAY


@st.composite
def weekly(draw: st.DrawFn) -> Hours:
    start = draw(st.integers(0, 95))
    end = draw(st.integers(0, 95).filter(lambda quarter: quarter != start))
    since = draw(DAYS) - dt.timedelta(days=draw(st.integers(-3, 20)))
    until = draw(st.none() | st.integers(0, 15).map(lambda days: since + dt.timedelta(days=days)))
    return Hours(
        draw(st.integers(0, 6)),
        dt.time(start // 4, start % 4 * 15),
        dt.time(end // 4, end % 4 * 15),
        since,
        until,
        draw(st.sampled_from(ZONES)),
        draw(st.booleans()),
        draw(st.sampled_from([1, 2, 3])),
    )


def is_open(rule: Hours, minute: int) -> bool:
    """Whether the wall clock at the place says that the rule is in force, minute by minute."""
    local = moment_of(minute).astimezone(ZoneInfo(rule.zone))
    day, clock = local.date(), local.time()
    if rule.starts < rule.ends:
        return rule.starts <= clock < rule.ends and begins_on(rule, day)
    after_midnight = clock < rule.ends and begins_on(rule, day - dt.timedelta(days=1))
    return after_midnight or (clock >= rule.starts and begins_on(rule, day))


def begins_on(rule: Hours, day: dt.date) -> bool:
    if day.weekday() != rule.weekday or day < rule.valid_from:
        return False
    if rule.valid_until is not None and day > rule.valid_until:
        return False
    if is_holiday(day) and not rule.on_holidays:
        return False
    first_week = rule.valid_from - dt.timedelta(days=rule.valid_from.weekday())
    return (day - first_week).days // 7 % rule.every_weeks == 0


@given(rules=st.lists(weekly(), max_size=4), day=DAYS, hours=st.integers(1, 70), offset=st.integers(0, 23))
@settings(max_examples=60)
def test_open_time_is_what_the_wall_clock_says(rules: list[Hours], day: dt.date, hours: int, offset: int) -> None:
    start = minute_of(dt.datetime.combine(day, dt.time(offset), tzinfo=dt.UTC))
    window = (start, start + hours * 60)
    spans = merged(open_spans(rules, [], window, is_holiday))
    for minute in range(window[0], window[1], 5):
        expected = any(is_open(rule, minute) for rule in rules)
        assert any(begin <= minute < end for begin, end in spans) == expected, moment_of(minute)


def test_who_is_there_until_23_59_and_from_midnight_does_not_leave_in_between() -> None:
    since = dt.date(2026, 3, 2)
    night = [
        Hours(0, dt.time(18), dt.time(23, 59), since, None, "Asia/Seoul"),
        Hours(1, dt.time(0), dt.time(2), since, None, "Asia/Seoul"),
    ]
    noon = minute_of(dt.datetime(2026, 3, 2, 3, tzinfo=dt.UTC))
    assert merged(open_spans(night, [], (noon, noon + 24 * 60), is_holiday)) == [(noon + 6 * 60, noon + 14 * 60)]


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    """Its last one begins on 9 March, its only one on the holiday of 10 March is left out; the clock in Berlin is set
    forward in the night of 29 March, which has an hour less."""
    night = Hours(0, dt.time(22), dt.time(6), dt.date(2026, 3, 2), dt.date(2026, 3, 9), "Asia/Seoul")
    tuesdays = Hours(1, dt.time(22), dt.time(6), dt.date(2026, 3, 2), dt.date(2026, 3, 12), "Asia/Seoul")
    month = minute_of(dt.datetime(2026, 2, 28, tzinfo=dt.UTC)), minute_of(dt.datetime(2026, 4, 5, tzinfo=dt.UTC))
    starts = [
        moment_of(start) for start, end in open_spans([night, tuesdays], [], month, is_holiday) if end - start == 480
    ]
    assert [(each.day, each.hour) for each in starts] == [(2, 13), (3, 13), (9, 13)]
    berlin = Hours(5, dt.time(22), dt.time(6), dt.date(2026, 3, 28), dt.date(2026, 3, 28), "Europe/Berlin")
    assert [end - start for start, end in open_spans([berlin], [], month, is_holiday)] == [7 * 60]
    morning = minute_of(dt.datetime(2026, 3, 9, 20, tzinfo=dt.UTC))  # five o'clock on Tuesday
    assert len(open_spans([night], [], (morning, morning + 10), is_holiday)) == 1


spans = st.tuples(st.integers(0, 600), st.integers(1, 200)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(
    opening=st.lists(spans, max_size=4),
    busy=st.lists(spans, max_size=6),
    window=spans,
    length=st.integers(1, 90),
    step=st.integers(1, 60),
)
@settings(max_examples=300)
def test_free_starts_equal_the_minute_grid(
    opening: list[tuple[int, int]],
    busy: list[tuple[int, int]],
    window: tuple[int, int],
    length: int,
    step: int,
) -> None:
    found = list(free_starts(opening, merged(busy), window, length=length, step=step))
    blocked = {minute for begin, end in busy for minute in range(begin, end)}
    expected = sorted(
        {
            minute
            for begin, end in opening
            for minute in range(begin, end, step)
            if minute >= window[0]
            and minute + length <= min(end, window[1])
            and blocked.isdisjoint(range(minute, minute + length))
        }
    )
    assert found == expected


@given(start=st.datetimes(timezones=st.just(dt.UTC), allow_imaginary=False), minutes=st.integers(1, 600))
def test_ticks_cover_the_span_and_no_more(start: dt.datetime, minutes: int) -> None:
    begins = start.replace(year=2020 + start.year % 10, day=1, second=0, microsecond=0)
    ends = begins + dt.timedelta(minutes=minutes)
    owned = ticks(begins, ends)
    assert owned.start * TICK_MINUTES <= minute_of(begins) < (owned.start + 1) * TICK_MINUTES
    assert (owned.stop - 1) * TICK_MINUTES < minute_of(ends) <= owned.stop * TICK_MINUTES
