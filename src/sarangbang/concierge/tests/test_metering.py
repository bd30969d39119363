"""The meter equals a recomputation from the events, in whatever order and however often they arrive."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.concierge.ledger import metering
from sarangbang.concierge.ledger.metering import Event, intervals, meter, minutes_of, waiting_minutes

NINE = dt.datetime(2026, 11, 26, 0, 0, tzinfo=dt.UTC)
FREE = dt.timedelta(hours=2)
PEOPLE = ("crew:a", "crew:b")
WORDS = ("on_the_way", "at_place", "met", "told", "started", "finished")


def at(minutes: float) -> dt.datetime:
    return NINE + dt.timedelta(minutes=minutes)


def said(actor: str, **words: float) -> list[Event]:
    return [Event(actor, word, at(minutes)) for word, minutes in words.items()]


one_word = st.builds(
    lambda actor, word, seconds: Event(actor, word, NINE + dt.timedelta(seconds=seconds)),
    st.sampled_from(PEOPLE), st.sampled_from((*WORDS, "reopened")), st.integers(0, 3 * 3600),
)  # fmt: skip
days = st.lists(one_word, max_size=14)


@given(days, st.data())
@settings(max_examples=60)
def test_replayed_reordered_and_doubled_events_change_nothing(events, data):
    again = data.draw(st.lists(st.sampled_from(events), max_size=20)) if events else []
    shuffled = data.draw(st.permutations([*events, *again]))
    now = at(600)
    assert meter(shuffled, FREE, now) == meter(events, FREE, now)
    assert meter(shuffled, FREE) == meter(events, FREE)
    assert waiting_minutes(shuffled, now) == waiting_minutes(events, now)
    assert [minutes_of(shuffled, who) for who in PEOPLE] == [minutes_of(events, who) for who in PEOPLE]


def second_by_second(events) -> int:
    """How many seconds somebody interpreted, counted one by one from the events alone."""
    worked: set[int] = set()
    for actor in PEOPLE:
        mine = [event for event in events if event.actor == actor]
        begun = sorted(event.at for event in mine if event.word == "started") or sorted(
            event.at for event in mine if event.word == "met"
        )
        reopened = [event.at for event in mine if event.word == "reopened"]
        over = sorted(e.at for e in mine if e.word == "finished" and all(e.at > each for each in reopened))
        if begun and over:
            first, last = ((moment - NINE) // dt.timedelta(seconds=1) for moment in (begun[0], over[0]))
            worked.update(range(first, last))
    return len(worked)


@given(days)
@settings(max_examples=60)
def test_the_meter_equals_a_count_of_seconds(events):
    result = meter(events, FREE)
    assert result.minutes == second_by_second(events) // 60
    assert result.free_minutes + result.paid_minutes == result.minutes
    assert result.free_minutes <= 120
    assert result.paid_minutes == max(0, result.minutes - 120)


def test_two_free_hours_are_counted_once_for_the_appointment():
    events = [*said("crew:a", started=0, finished=90), *said("crew:b", started=80, finished=200)]
    result = meter(events, FREE)
    assert (result.minutes, result.free_minutes, result.paid_minutes) == (200, 120, 80)
    assert (minutes_of(events, "crew:a"), minutes_of(events, "crew:b")) == (90, 120)


def test_what_the_guest_was_not_told_before_it_began_is_not_agreed():
    assert meter(said("crew:a", told=0, started=5, finished=200), FREE).agreed
    assert not meter(said("crew:a", started=5, told=6, finished=200), FREE).agreed
    assert not meter(said("crew:a", started=5), FREE).agreed


def test_what_runs_counts_until_now_and_nothing_on_a_statement():
    events = said("crew:a", met=0, started=10)
    assert meter(events, FREE, at(40)).minutes == 30
    assert meter(events, FREE) == metering.Meter(0, 0, 0, is_running=True, agreed=False)


def test_without_a_word_that_it_began_it_runs_from_the_meeting_and_never_backwards():
    [only] = intervals(said("crew:a", met=3, finished=33))
    assert (only.starts_at, only.ends_at) == (at(3), at(33))
    assert meter(said("crew:a", started=30, finished=10), FREE).minutes == 0


def test_an_end_that_was_a_slip_is_taken_back_by_the_desk():
    slip = [*said("crew:a", started=0, finished=5), Event("crew:a", "reopened", at(6))]
    assert meter(slip, FREE).is_running
    assert meter([*slip, Event("crew:a", "finished", at(50))], FREE).minutes == 50


def test_waiting_runs_from_the_meeting_point_to_the_meeting():
    assert waiting_minutes(said("crew:a", on_the_way=0, at_place=10, met=35.5)) == 25
    assert waiting_minutes(said("crew:a", at_place=10)) == 0
    assert waiting_minutes(said("crew:a", at_place=10), at(30)) == 20
    assert waiting_minutes(said("crew:a", at_place=40, met=10)) == 0
