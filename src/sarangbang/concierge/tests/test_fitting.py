"""Fitting: nobody is ever in two places; the reasons are true; the order does not depend on chance."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.concierge import wording
from sarangbang.concierge.choosing import fitting, helping
from sarangbang.concierge.choosing.fitting import Car, InterpretingNeed, Job, RideNeed, Span, Speaker
from sarangbang.concierge.choosing.helping import EASIEST, would_help
from sarangbang.directory.travel import Point, drive_minutes

MORNING = dt.datetime(2026, 12, 7, 21, 0, tzinfo=dt.UTC)  # 06:00 in Seoul
ALL_DAY = [Span(MORNING - dt.timedelta(hours=6), MORNING + dt.timedelta(hours=18))]
SLACK = dt.timedelta(minutes=10)
PLACES = [
    Point(37.4492, 126.4510),  # Incheon, terminal 1
    Point(37.5586, 126.7944),  # Gimpo
    Point(37.5270, 127.0292),  # Apgujeong
    Point(37.5088, 127.0631),  # Samseong
    Point(37.4979, 127.0276),  # Gangnam station
]
AIRPORT, _GIMPO, CENTER, HOTEL, CLINIC = PLACES


def at(minutes: int) -> dt.datetime:
    return MORNING + dt.timedelta(minutes=minutes)


def job(start: int, end: int, origin: Point = HOTEL, destination: Point = HOTEL, **other) -> Job:
    facts = {"key": f"{start}", "leaves_at": at(start), "guest": "somebody"} | other
    return Job(starts_at=at(start), ends_at=at(end), origin=origin, destination=destination, **facts)


def car(**other) -> Car:
    facts = {"key": "a", "base": CENTER, "hours": ALL_DAY, "jobs": [], "seats": 4, "luggage": 4, "wheelchairs": 0}
    return Car(**(facts | other))


def speaker(**other) -> Speaker:
    facts = {
        "key": "a", "base": CENTER, "hours": ALL_DAY, "jobs": [], "languages": frozenset({"mn"}), "fields": frozenset(),
        "sex": "female", "appointed_from": dt.date(2025, 1, 1), "appointed_until": dt.date(2026, 12, 31),
        "certified_until": None,
    }  # fmt: skip
    return Speaker(**(facts | other))


def ride(start: int = 120, end: int = 200, origin: Point = AIRPORT, destination: Point = HOTEL, **other) -> RideNeed:
    facts = {"guest": "g", "party": 2, "luggage": 2, "wheelchairs": 0} | other
    return RideNeed(starts_at=at(start), ends_at=at(end), origin=origin, destination=destination, **facts)


def visit(start: int = 120, end: int = 180, place: Point = CLINIC, **other) -> InterpretingNeed:
    facts = {"guest": "g", "language": "mn", "field": "eyes", "wish": "", "day": dt.date(2026, 12, 8)} | other
    return InterpretingNeed(starts_at=at(start), ends_at=at(end), origin=place, destination=place, **facts)


def codes(fit) -> list[str]:
    return [reason.code for reason in fit.against]


@pytest.mark.parametrize(
    ("need", "candidate", "against"),
    [
        (ride(), car(), []),
        (ride(party=5), car(), ["seats"]),
        (ride(luggage=5), car(), ["luggage"]),
        (ride(wheelchairs=1), car(), ["wheelchair"]),
        (ride(child_seats=2), car(child_seats=1), ["child_seats"]),
        (ride(), car(hours=[Span(at(0), at(190))]), ["hours"]),
        (ride(), car(jobs=[job(60, 130)]), ["busy"]),
        (ride(), car(jobs=[job(0, 100)]), ["way_before"]),
        (ride(), car(jobs=[job(205, 300, CLINIC, AIRPORT)]), ["way_after"]),
        (ride(), car(jobs=[job(260, 300, CLINIC, AIRPORT, leaves_at=at(190))]), ["busy"]),
        (visit(), speaker(), []),
        (visit(language="ru"), speaker(), ["language"]),
        (visit(wish="male"), speaker(), ["wish"]),
        (visit(), speaker(fields=frozenset({"teeth"})), ["field"]),
        (visit(), speaker(appointed_until=dt.date(2026, 12, 7)), ["term"]),
        (visit(), speaker(hours=[Span(at(130), at(300))]), ["hours"]),
        (visit(), speaker(jobs=[job(60, 119, HOTEL, HOTEL)]), ["way_before"]),
    ],
)
def test_what_speaks_against_a_candidate(need, candidate, against):
    fit = fitting.fit(need, candidate, SLACK)
    assert codes(fit) == against
    assert fit.fits is not bool(against)
    assert all(wording.speaks_against(reason) for reason in fit.against)
    assert all(wording.speaks_for(reason) for reason in fit.reasons)


def test_a_visit_right_after_the_last_at_the_same_place_needs_no_reserve():
    assert fitting.fit(visit(), speaker(jobs=[job(60, 120, CLINIC, CLINIC)]), SLACK).fits


def test_who_had_nothing_to_do_for_hours_starts_from_their_base():
    fit = fitting.fit(ride(start=600, end=680, origin=CENTER), car(jobs=[job(0, 60, HOTEL, AIRPORT)]), SLACK)
    assert [reason.code for reason in fit.reasons] == ["there", "seats"]
    assert fit.leaves_at == at(600)


def test_jobs_that_share_a_tick_of_five_minutes_do_not_fit():
    """Claims hold whole ticks, so the constraint would refuse what looks free by a minute."""
    assert codes(fitting.fit(visit(start=122), speaker(jobs=[job(60, 122, CLINIC, CLINIC)]), SLACK)) == ["busy"]


def test_the_small_car_nearby_comes_before_the_bus_and_the_car_for_wheelchairs_last():
    small, far, bus = car(key="small"), car(key="far", base=HOTEL), car(key="bus", seats=10)
    lift = car(key="lift", wheelchairs=1)
    near = ride(origin=CENTER, destination=HOTEL, end=140)
    fits = [fitting.fit(near, each, SLACK) for each in (lift, bus, far, small)]
    assert [fit.key for fit in fitting.best_first(fits)] == ["small", "bus", "far", "lift"]
    with_chair = replace(near, wheelchairs=1)
    assert [f.key for f in fitting.best_first(fitting.fit(with_chair, c, SLACK) for c in (small, lift))] == ["lift"]


def test_the_same_face_comes_first_then_the_field_then_who_worked_less():
    known = speaker(key="known", jobs=[job(-1400, -1300, guest="g")])
    eyes = speaker(key="eyes", fields=frozenset({"eyes"}))
    tired = speaker(key="tired", jobs=[job(-1400, -900)])
    fresh = speaker(key="fresh")
    fits = [fitting.fit(visit(), each, SLACK) for each in (tired, fresh, eyes, known)]
    assert [fit.key for fit in fitting.best_first(fits)] == ["known", "eyes", "fresh", "tired"]


def test_why_not_counts_each_once_and_says_when_the_first_is_free():
    candidates = [
        speaker(key="1", languages=frozenset({"ru"}), sex="male"),
        speaker(key="2", languages=frozenset({"ru"})),
        speaker(key="3", jobs=[job(100, 200, CLINIC, CLINIC)]),
        speaker(key="4", jobs=[job(100, 150, CLINIC, CLINIC)]),
        speaker(key="5"),
    ]
    counts = helping.why_not(fitting.fit(visit(), each, SLACK) for each in candidates)
    assert counts == [helping.Count("language", 2), helping.Count("busy", 2, at(150))]
    assert [wording.count(each) for each in counts] == [
        "2 do not speak the language.",
        "2 are busy; the first is free from 08:30.",
    ]


def test_a_flight_that_is_moved_shows_as_a_conflict():
    first, second = job(0, 100, AIRPORT, HOTEL), job(110, 200, AIRPORT, HOTEL)
    found = fitting.conflicts([second, first])
    assert [(one.key, two.key) for one, two, _ in found] == [("0", "110")]
    assert fitting.conflicts([first, job(300, 400, AIRPORT, HOTEL)]) == []


@pytest.mark.parametrize("code", helping.AGAINST)
def test_every_reason_against_can_be_counted_in_words(code):
    assert wording.count(helping.Count(code, 3, MORNING))


# Brute force: fill a day greedily with whoever is best, then walk through it minute by minute.

needs = st.builds(
    lambda start, length, origin, destination, party: ride(
        start, start + max(length, drive_minutes(origin, destination)), origin, destination, party=party
    ),
    start=st.integers(0, 900),
    length=st.integers(5, 90),
    origin=st.sampled_from(PLACES),
    destination=st.sampled_from(PLACES),
    party=st.integers(1, 6),
)
fleets = st.lists(
    st.builds(lambda base, seats: car(base=base, seats=seats), st.sampled_from(PLACES), st.integers(2, 8)),
    min_size=1,
    max_size=3,
)


@settings(max_examples=150)
@given(fleet=fleets, wanted=st.lists(needs, min_size=1, max_size=14))
def test_nobody_who_is_chosen_is_ever_in_two_places(fleet, wanted):
    fleet = [replace(each, key=f"{number}", jobs=[]) for number, each in enumerate(fleet)]
    for number, need in enumerate(wanted):
        best = fitting.best_first(fitting.fit(need, each, SLACK) for each in fleet)
        if not best:
            continue
        chosen = next(each for each in fleet if each.key == best[0].key)
        assert chosen.seats >= need.party
        done = Job(f"{number}", need.starts_at, need.ends_at, need.origin, need.destination, best[0].leaves_at, "g")
        fleet[fleet.index(chosen)] = replace(chosen, jobs=[*chosen.jobs, done])
    for each in fleet:
        _walk(each)


def _walk(each: Car) -> None:
    """Minute by minute: at most one job at a time, and every origin is reached by driving from where one was."""
    busy: dict[dt.datetime, str] = {}
    for done in each.jobs:
        moment = fitting.tick_before(done.leaves_at)
        while moment < fitting.tick_after(done.ends_at):
            assert moment not in busy, f"{done.key} while {busy[moment]}"
            busy[moment] = done.key
            moment += fitting.TICK
    where, free_at = each.base, None
    for done in sorted(each.jobs, key=lambda one: one.starts_at):
        if free_at is not None and free_at + fitting.BACK_AT_BASE <= done.starts_at:
            assert drive_minutes(where, each.base) + drive_minutes(each.base, done.origin) <= 240
            where = each.base
        way = dt.timedelta(minutes=drive_minutes(where, done.origin))
        if free_at is not None:
            assert free_at + way <= done.starts_at
            assert way == dt.timedelta() or free_at + way + SLACK <= done.starts_at
        where, free_at = done.destination, done.ends_at


@given(fleet=st.permutations([car(key=str(n), seats=2 + n % 4, base=PLACES[n % 5]) for n in range(8)]), need=needs)
def test_the_order_does_not_depend_on_the_order_of_the_input(fleet, need):
    fits = [fitting.fit(need, each, SLACK) for each in fleet]
    again = [fitting.fit(need, each, SLACK) for each in sorted(fleet, key=lambda one: one.key)]
    assert fitting.best_first(fits) == fitting.best_first(again)


@given(need=needs, jobs=st.lists(st.tuples(st.integers(0, 900), st.integers(5, 90)), min_size=1, max_size=5))
def test_who_is_busy_stays_busy_with_more_to_do(need, jobs):
    own = [job(start, start + length) for start, length in jobs]
    fewer = fitting.fit(need, car(jobs=own[:-1]), SLACK)
    if "busy" in codes(fewer):
        assert "busy" in codes(fitting.fit(need, car(jobs=own), SLACK))


def test_what_would_help_is_the_easiest_of_what_alone_keeps_somebody_away():
    def those(*rows):
        return [[fitting.Reason(code) for code in row] for row in rows]

    assert sorted(EASIEST) == sorted(helping.AGAINST)
    assert would_help(those(["language"], ["busy"], ["hours", "busy"])) == "busy"
    assert would_help(those(["language"], ["hours", "hours"])) == "hours"
    assert would_help(those(["language", "busy"], ["seats", "hours"])) == ""
    assert would_help([]) == ""
