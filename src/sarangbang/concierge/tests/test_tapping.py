"""Taps: exactly once, in any order, however late; and following what moves."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.utils import timezone

from sarangbang.concierge import actions
from sarangbang.concierge.actions import telling
from sarangbang.concierge.flights.exits import exit_span
from sarangbang.concierge.models import Interpreting, Ride, Tap
from sarangbang.messages.models import Message
from sarangbang.people import links
from sarangbang.scheduling import actions as scheduling
from sarangbang.stays import actions as stays
from sarangbang.stays.flights import save_flight

from .test_asking import open_promises, pick_up, speak
from .test_assigning import claims, told


def soon(ride):
    """The same ride, as if it were about to begin."""
    start = timezone.now() + dt.timedelta(minutes=30)
    Ride.objects.filter(pk=ride.pk).update(starts_at=start, ends_at=start + dt.timedelta(minutes=80))
    ride.refresh_from_db()
    return ride


@pytest.fixture
def ride(town):
    return soon(actions.assign(pick_up(town), town.small, actor="user:1"))


@pytest.fixture
def link(town):
    return telling.crew_link(town.small.driver)


@pytest.mark.parametrize("words", list(itertools.permutations(["on_the_way", "met", "dropped"])))
def test_taps_that_arrive_in_any_order_end_the_ride_and_keep_the_promise(town, ride, link, words):
    for word in words:
        actions.tap(link, ride, word)
    ride.refresh_from_db()
    assert ride.status == "finished"
    assert ride.taps.count() == 3
    assert open_promises(town.stay) == {}


def test_a_missing_tap_is_leapt_over(ride, link):
    actions.tap(link, ride, "dropped")
    ride.refresh_from_db()
    assert ride.status == "finished"


def test_the_same_tap_again_returns_the_first(ride, link):
    first = actions.tap(link, ride, "on_the_way", timezone.now() - dt.timedelta(minutes=5))
    again = actions.tap(link, ride, "on_the_way", timezone.now())
    assert (again.pk, again.tapped_at) == (first.pk, first.tapped_at)
    assert told("ride_news") == ["granted", "assigned", "on_the_way"]
    assert [step.status for step in ride.steps.order_by("pk")] == ["granted", "assigned", "under_way"]


def test_the_phone_s_clock_is_bounded_by_the_server_s(ride, link):
    now = timezone.now()
    assert actions.tap(link, ride, "on_the_way", now + dt.timedelta(days=9)).tapped_at <= timezone.now()
    assert actions.tap(link, ride, "met", now - dt.timedelta(days=900)).tapped_at == ride.created_at


def test_nobody_taps_somebody_else_s_job_or_one_that_lies_ahead(town, ride):
    with pytest.raises(actions.NotYours):
        actions.tap(telling.crew_link(town.big.driver), ride, "met")
    with pytest.raises(ValueError, match="finished"):
        actions.tap(telling.crew_link(town.small.driver), ride, "finished")
    Ride.objects.filter(pk=ride.pk).update(starts_at=timezone.now() + dt.timedelta(hours=13))
    with pytest.raises(actions.TooEarly):
        actions.tap(telling.crew_link(town.small.driver), ride, "met")
    assert not Tap.objects.exists()


def test_another_driver_who_takes_over_says_it_again(town, ride, link):
    actions.tap(link, ride, "on_the_way")
    actions.reassign(ride, town.big, actor="user:1")
    actions.tap(telling.crew_link(town.big.driver), ride, "on_the_way")
    ride.refresh_from_db()
    assert (ride.status, ride.taps.count()) == ("under_way", 2)
    with pytest.raises(actions.NotYours):
        actions.tap(link, ride, "met")
    assert actions.tap(link, ride, "on_the_way").actor == town.small.driver.actor  # a replay, not a new word


def test_who_cannot_come_gives_the_job_back_once(town, ride, link):
    actions.hand_back(link, ride, "flat tyre")
    actions.hand_back(link, ride, "flat tyre")
    ride.refresh_from_db()
    assert (ride.status, ride.vehicle) == ("granted", None)
    assert claims(town.small) == 0
    assert [step.reason for step in ride.steps.order_by("pk")] == ["", "", "flat tyre"]
    with pytest.raises(actions.NothingToUndo):
        actions.undo(ride, actor="user:1")


def test_a_new_link_goes_to_the_known_number_once_in_ten_minutes(town):
    actions.send_crew_link(town.small.driver)
    actions.send_crew_link(town.small.driver)
    [message] = Message.objects.filter(kind="crew_link")
    assert (message.address, message.channel) == (town.small.driver.phone, "sms")


def test_a_revoked_link_is_not_sent_again(town):
    old = telling.crew_link(town.small.driver)
    assert telling.crew_link(town.small.driver) == old
    links.revoke("driver", town.small.driver.pk)
    assert telling.crew_link(town.small.driver) != old


def test_two_same_taps_at_once_have_one_effect(town_of_threads, at_once):
    town = town_of_threads
    ride = soon(actions.assign(pick_up(town), town.small, actor="user:1"))
    link = telling.crew_link(town.small.driver)
    results = at_once([lambda: actions.tap(link, ride, "met"), lambda: actions.tap(link, ride, "met")])
    assert results[0] == results[1]
    assert isinstance(results[0], Tap)
    assert ride.taps.count() == 1
    assert ride.steps.filter(status="met").count() == 1


# Following


def test_the_interpreter_moves_along_with_the_appointment(town):
    job = actions.assign(speak(town), town.oyuun, actor="user:1")
    scheduling.reschedule(town.appointment, town.doctor, town.at(5, 14), actor="guest:x")
    job.refresh_from_db()
    assert (job.status, job.interpreter) == ("assigned", town.oyuun)
    assert job.starts_at == town.at(5, 13, 50)
    assert job.reservation.ends_at == job.ends_at
    assert told("crew_news") == ["assigned", "moved"]
    assert told("interpreting_news")[-1] == "moved"


def test_an_interpreter_who_is_busy_at_the_new_time_is_taken_off(town):
    other = town.another(1)
    theirs = actions.request_interpreting(other.stay, other.appointment, actor="g", language="mn")
    actions.assign(theirs, town.oyuun, actor="user:1")
    job = actions.assign(speak(town), town.oyuun, actor="user:1")
    Interpreting.objects.filter(pk=theirs.pk).update(starts_at=town.at(5, 13, 50), ends_at=town.at(5, 15))
    scheduling.reschedule(town.appointment, town.doctor, town.at(5, 14), actor="guest:x")
    job.refresh_from_db()
    assert (job.status, job.interpreter, job.reservation) == ("granted", None, None)
    assert job.starts_at == town.at(5, 13, 50)
    assert told("crew_news")[-1] == "withdrawn"


def test_a_cancelled_appointment_calls_the_interpreter_off(town):
    job = actions.assign(speak(town), town.oyuun, actor="user:1")
    scheduling.cancel(town.appointment, actor="guest:x")
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert claims(town.oyuun) == 0
    assert "interpreting" not in open_promises(town.stay)


def test_the_car_follows_the_flight(town):
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    later = town.flight.scheduled_at + dt.timedelta(hours=3)
    save_flight(town.stay, direction="arrival", number="OM303", place=town.airport, scheduled_at=later, actor="guest:x")
    ride.refresh_from_db()
    assert ride.starts_at == later + exit_span("icn-t1", later, 80)
    assert (ride.status, ride.vehicle) == ("assigned", town.small)
    assert ride.reservation.ends_at == ride.ends_at
    assert open_promises(town.stay)["pick_up"] == ride.starts_at + dt.timedelta(minutes=15)


def test_a_withdrawn_consent_calls_everything_off(town):
    ride, job = actions.assign(pick_up(town), town.small, actor="user:1"), speak(town)
    stays.withdraw(town.stay, "concierge", actor="guest:x")
    ride.refresh_from_db()
    job.refresh_from_db()
    assert (ride.status, job.status) == ("cancelled", "cancelled")
    assert claims(town.small) == 0
