"""Days of a stay are Korean days, counted from the arrival, in an order that never depends on chance."""

from __future__ import annotations

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sarangbang.stays.itinerary import Entry, State, days, in_order, next_entry

SEOUL = ZoneInfo("Asia/Seoul")
NOW = dt.datetime(2026, 12, 8, 3, tzinfo=dt.UTC)

moments = st.datetimes(
    dt.datetime(2026, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
    dt.datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([dt.UTC, SEOUL, ZoneInfo("America/Lima")]),
)


def entry(uid: str, starts_at: dt.datetime, minutes: int | None = 30, state: State = State.AGREED) -> Entry:
    return Entry(
        uid=uid, kind="appointment", starts_at=starts_at, title=uid, summary="Appointment", changed_at=NOW, state=state,
        ends_at=None if minutes is None else starts_at + dt.timedelta(minutes=minutes),
    )  # fmt: skip


entries = st.lists(st.tuples(moments, st.one_of(st.none(), st.integers(0, 600))), max_size=25).map(
    lambda rows: [entry(f"e:{n}", start, minutes) for n, (start, minutes) in enumerate(rows)]
)


@given(entries, st.randoms())
def test_order_does_not_depend_on_the_order_of_the_question(found: list[Entry], chance: random.Random) -> None:
    shuffled = found[:]
    chance.shuffle(shuffled)
    assert days(shuffled) == days(found)


@given(entries)
def test_every_entry_is_on_exactly_one_day_its_korean_one(found: list[Entry]) -> None:
    shown = days(found)
    assert [one for day in shown for one in day.entries] == in_order(found)
    for day in shown:
        assert {one.starts_at.astimezone(SEOUL).date() for one in day.entries} == {day.date}
    assert [day.date for day in shown] == sorted({day.date for day in shown})


@given(entries, st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31)))
def test_the_day_of_arrival_is_day_one_and_days_before_have_no_number(found: list[Entry], arrives_on: dt.date) -> None:
    for day in days(found, arrives_on=arrives_on):
        if day.date < arrives_on:
            assert day.number is None
        else:
            assert day.number == (day.date - arrives_on).days + 1


@given(entries)
def test_without_a_known_arrival_the_first_day_is_day_one(found: list[Entry]) -> None:
    shown = days(found)
    assert not shown or shown[0].number == 1


def test_late_evening_at_home_is_the_next_day_in_korea() -> None:
    evening = dt.datetime(2026, 12, 8, 20, 30, tzinfo=ZoneInfo("America/New_York"))
    assert days([entry("e:1", evening)])[0].date == dt.date(2026, 12, 9)


@given(entries, moments)
def test_what_comes_next_is_neither_over_nor_past(found: list[Entry], now: dt.datetime) -> None:
    coming = next_entry(found, now)
    ahead = [one for one in found if (one.ends_at or one.starts_at) >= now]
    assert (coming is None) == (not ahead)
    if coming is not None:
        assert coming.starts_at == min(one.starts_at for one in ahead)


@pytest.mark.parametrize("state", [State.CANCELLED, State.REFUSED, State.DONE, State.MISSED])
def test_what_is_over_never_comes_next(state: State) -> None:
    ahead = NOW + dt.timedelta(hours=1)
    assert next_entry([entry("e:1", ahead, state=state)], NOW) is None


def test_naive_moments_and_backward_spans_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        entry("e:1", dt.datetime(2026, 12, 8, 10))  # noqa: DTZ001
    with pytest.raises(ValueError, match="ends before"):
        entry("e:1", NOW, minutes=-5)
