"""Assign, reassign, take back: never two places at once, one undo per step, everyone concerned is told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.concierge import actions
from sarangbang.concierge.models import Ride
from sarangbang.messages.models import Message
from sarangbang.scheduling.models import Allocation, Claim, DeclaredHoliday
from sarangbang.stays.actions import withdraw

from .test_asking import open_promises, pick_up, speak


def claims(crew) -> int:
    return Claim.objects.filter(resource=crew.resource).count()


def told(kind: str) -> list[str]:
    return [message.context["news"] for message in Message.objects.filter(kind=kind).order_by("created_at", "pk")]


def test_assigning_claims_the_car_with_its_way_there(town):
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    assert (ride.status, ride.vehicle) == ("assigned", town.small)
    allocation = Allocation.objects.get(resource=town.small.resource)
    assert allocation.ends_at == ride.ends_at
    assert dt.timedelta(minutes=50) < ride.starts_at - allocation.starts_at < dt.timedelta(minutes=100)
    assert told("crew_news") == ["assigned"]
    assert told("ride_news") == ["granted", "assigned"]
    message = Message.objects.get(kind="crew_news")
    assert (message.channel, message.language) == ("sms", "ko")


@pytest.mark.once
def test_a_car_that_is_there_until_23_59_and_from_midnight_drives_over_midnight(town):
    facts = {"origin": town.clinic, "destination": town.hotel, "party": 1, "starts_at": town.at(4, 23, 45)}
    ride = actions.request_ride(town.stay, "transfer", actor="guest:x", **facts)
    assert ride.ends_at > town.at(5, 0)
    assert actions.assign(ride, town.small, actor="user:1").status == "assigned"


def test_an_assigned_job_cannot_be_assigned_again_and_says_by_whom(town):
    ride = pick_up(town)
    actions.assign(ride, town.small, actor=f"user:{town.coordinator.pk}")
    with pytest.raises(actions.Changed) as changed:
        actions.assign(ride, town.big, actor="user:2")
    assert (changed.value.step.actor, changed.value.step.vehicle) == (f"user:{town.coordinator.pk}", town.small)


def test_a_move_on_an_old_page_is_refused(town):
    ride = pick_up(town)
    seen = ride.sequence
    pick_up(town, party=3)
    with pytest.raises(actions.Changed):
        actions.assign(ride, town.small, actor="user:1", seen=seen)


@pytest.mark.parametrize("crew", ["small", "huda"])
def test_only_who_fits_is_assigned(town, crew):
    job = pick_up(town, party=6) if crew == "small" else speak(town)
    with pytest.raises(actions.DoesNotFit):
        actions.assign(job, getattr(town, crew), actor="user:1")
    job.refresh_from_db()
    assert job.status == "granted"
    assert Allocation.objects.filter(resource=getattr(town, crew).resource).count() == 0


def test_reassigning_frees_the_old_car_and_tells_all_three(town):
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    ride = actions.reassign(ride, town.big, actor="user:1")
    assert ride.vehicle == town.big
    assert claims(town.small) == 0 < claims(town.big)
    assert told("crew_news") == ["assigned", "withdrawn", "assigned"]


def test_reassigning_to_somebody_busy_changes_nothing(town):
    other = town.another(1)
    taken = actions.request_ride(other.stay, "pick_up", actor="guest:x", flight=other.flight, party=2)
    other.flight.scheduled_at = town.flight.scheduled_at
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    Ride.objects.filter(pk=taken.pk).update(starts_at=ride.starts_at, ends_at=ride.ends_at)
    actions.assign(taken, town.big, actor="user:1")
    with pytest.raises(actions.DoesNotFit):
        actions.reassign(ride, town.big, actor="user:1")
    ride.refresh_from_db()
    assert ride.vehicle == town.small
    assert claims(town.small) > 0


def test_undo_takes_back_step_by_step_and_each_once(town):
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    ride = actions.reassign(ride, town.big, actor="user:1")
    ride = actions.undo(ride, actor="user:1")
    assert (ride.status, ride.vehicle) == ("assigned", town.small)
    assert claims(town.big) == 0 < claims(town.small)
    ride = actions.undo(ride, actor="user:1")
    assert (ride.status, ride.vehicle) == ("granted", None)
    assert claims(town.small) == 0
    with pytest.raises(actions.NothingToUndo):
        actions.undo(ride, actor="user:1")
    steps = list(ride.steps.order_by("pk"))
    assert [step.status for step in steps] == ["granted", "assigned", "assigned", "assigned", "granted"]
    assert [step.undoes for step in steps] == [None, None, None, steps[2], steps[1]]


def test_undo_of_a_refusal_brings_the_promise_of_an_answer_back(town):
    ride = actions.request_ride(
        town.stay, "transfer", actor="g", origin=town.hotel, destination=town.clinic, starts_at=town.at(5, 9), party=1
    )
    actions.decline(ride, actor="user:1", reason="no car")
    assert open_promises(town.stay) == {}
    ride = actions.undo(ride, actor="user:1")
    assert ride.status == "waiting"
    assert open_promises(town.stay) == {"ride_answer": ride.answer_by}
    actions.grant(ride, actor="user:1")
    assert set(open_promises(town.stay)) == {"ride"}


def test_undo_of_a_cancellation_gives_the_interpreter_back_if_still_free(town):
    job = actions.assign(speak(town), town.oyuun, actor="user:1")
    actions.cancel(job, actor="user:1")
    job = actions.undo(job, actor="user:1")
    assert (job.status, job.interpreter) == ("assigned", town.oyuun)
    actions.cancel(job, actor="user:1")
    town.oyuun.appointed_until = town.today
    town.oyuun.save()
    job = actions.undo(job, actor="user:1")
    assert (job.status, job.interpreter) == ("granted", None)


def test_undo_of_a_cancellation_gives_way_to_a_newer_request(town):
    job = speak(town)
    actions.cancel(job, actor="guest:x")
    speak(town)
    with pytest.raises(actions.Changed):
        actions.undo(job, actor="user:1")


def test_what_followed_from_something_else_is_not_taken_back_here(town):
    job = actions.assign(speak(town), town.oyuun, actor="user:1")
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    withdraw(town.stay, "concierge", actor="user:1")
    for each in (job, ride):
        each.refresh_from_db()
        assert each.status == "cancelled"
        with pytest.raises(actions.NothingToUndo):
            actions.undo(each, actor="user:1")


def test_a_cancelled_job_does_not_come_back_once_the_consent_has_ended(town):
    ride = pick_up(town)
    actions.cancel(ride, actor="user:1")
    withdraw(town.stay, "concierge", actor="guest:x")
    with pytest.raises(actions.NothingToUndo):
        actions.undo(ride, actor="user:1")


def test_a_second_click_of_the_same_coordinator_is_no_quarrel(town):
    ride = pick_up(town)
    for _click in range(2):
        assert actions.assign(ride, town.small, actor="user:1", seen=0).vehicle == town.small
    with pytest.raises(actions.Changed):
        actions.assign(ride, town.small, actor="user:2", seen=0)
    assert ride.steps.filter(status="assigned").count() == 1


def test_what_the_crew_said_is_not_undone_but_corrected(town):
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    actions.mark(ride, "met", actor="user:1")
    with pytest.raises(actions.NothingToUndo):
        actions.undo(ride, actor="user:1")
    assert actions.mark(ride, "under_way", actor="user:1").status == "under_way"
    with pytest.raises(actions.MoveNotAllowed):
        actions.mark(ride, "declined", actor="user:1")


def test_cancelling_and_declining_twice_is_once(town):
    job = speak(town)
    actions.cancel(job, actor="guest:x")
    actions.cancel(job, actor="guest:x")
    assert [step.status for step in job.steps.all()] == ["granted", "cancelled"]
    with pytest.raises(actions.MoveNotAllowed):
        actions.decline(job, actor="user:1", reason="late")


MOVES = st.lists(
    st.sampled_from(["small", "big", "undo", "unassign", "cancel", "decline", "grant", "met", "ask"]), max_size=9
)


@settings(max_examples=25)
@given(moves=MOVES)
def test_whatever_the_desk_does_time_taken_and_crew_agree(town, moves):
    """After any moves: exactly the assigned car has claims, the status is that of the last step."""
    ride = pick_up(town)
    for move in moves:
        try:
            ride = _do(town, ride, move)
        except (actions.Changed, actions.MoveNotAllowed, actions.NothingToUndo, actions.DoesNotFit):
            ride.refresh_from_db()
        assert ride.steps.order_by("pk").last().status == ride.status
        for crew in (town.small, town.big):
            assert (claims(crew) > 0) == (ride.vehicle == crew), move
        assert (ride.reservation is None) == (ride.vehicle is None)
    # The next example finds the town as it was.
    Ride.objects.filter(pk=ride.pk).update(reservation=None, vehicle=None, status="cancelled")
    Claim.objects.filter(resource__kind="vehicle").delete()


def _do(town, ride, move):
    if move in ("small", "big"):
        verb = actions.reassign if ride.vehicle else actions.assign
        return verb(ride, getattr(town, move), actor="user:1")
    if move == "decline":
        return actions.decline(ride, actor="user:1", reason="no")
    if move == "met":
        return actions.mark(ride, "met", actor="user:1")
    if move == "ask":
        return ride
    return getattr(actions, move)(ride, actor="user:1")


# Two at once


def test_two_coordinators_assign_one_ride_and_the_second_is_told_who_was_first(town_of_threads, at_once):
    town = town_of_threads
    ride = pick_up(town)
    results = at_once(
        [
            lambda: actions.assign(ride, town.small, actor="user:1", seen=ride.sequence),
            lambda: actions.assign(ride, town.big, actor="user:2", seen=ride.sequence),
        ]
    )
    [winner] = [each for each in results if isinstance(each, Ride)]
    [loser] = [each for each in results if not isinstance(each, Ride)]
    assert isinstance(loser, actions.Changed)
    assert loser.step.vehicle == winner.vehicle
    assert loser.step.actor in ("user:1", "user:2")
    assert ride.steps.filter(status="assigned").count() == 1


def test_one_car_for_two_rides_at_once_goes_to_one(town_of_threads, at_once):
    town = town_of_threads
    ride, other = pick_up(town), town.another(1)
    second = actions.request_ride(other.stay, "pick_up", actor="guest:x", flight=other.flight, party=2)
    Ride.objects.filter(pk=second.pk).update(starts_at=ride.starts_at, ends_at=ride.ends_at)
    results = at_once(
        [
            lambda: actions.assign(ride, town.small, actor="user:1"),
            lambda: actions.assign(second, town.small, actor="user:2"),
        ]
    )
    assert sorted(type(each).__name__ for each in results) == ["DoesNotFit", "Ride"]
    assert Ride.objects.filter(vehicle=town.small).count() == 1


def test_undo_twice_at_once_takes_one_step_back(town_of_threads, at_once):
    town = town_of_threads
    ride = actions.reassign(actions.assign(pick_up(town), town.small, actor="user:1"), town.big, actor="user:1")
    undo = lambda: actions.undo(ride, actor="user:2", seen=ride.sequence)  # noqa: E731
    results = at_once([undo, undo])
    assert sorted(type(each).__name__ for each in results) == ["Changed", "Ride"]
    ride.refresh_from_db()
    assert (ride.status, ride.vehicle) == ("assigned", town.small)
    assert claims(town.big) == 0 < claims(town.small)


def test_a_guest_cancels_while_the_desk_assigns_and_no_car_is_left_over(town_of_threads, at_once):
    town = town_of_threads
    ride = pick_up(town)
    results = at_once(
        [
            lambda: actions.assign(ride, town.small, actor="user:1", seen=ride.sequence),
            lambda: actions.cancel(ride, actor="guest:x"),
        ]
    )
    assert type(results[0]).__name__ in ("Ride", "Changed")
    assert isinstance(results[1], Ride)
    ride.refresh_from_db()
    assert (ride.status, ride.vehicle, claims(town.small)) == ("cancelled", None, 0)


def test_two_jobs_too_close_for_the_way_between_are_not_both_given_at_once(town_of_threads, at_once):
    """Neither time overlaps the other, but nobody can drive from the hotel to the airport in a quarter of an hour."""
    town = town_of_threads
    ride, other = pick_up(town), town.another(1)
    second = actions.request_ride(other.stay, "pick_up", actor="guest:x", flight=other.flight, party=2)
    later = ride.ends_at + dt.timedelta(minutes=15)
    Ride.objects.filter(pk=second.pk).update(starts_at=later, ends_at=later + dt.timedelta(minutes=90))
    results = at_once(
        [
            lambda: actions.assign(ride, town.small, actor="user:1"),
            lambda: actions.assign(second, town.small, actor="user:2"),
        ]
    )
    assert sorted(type(each).__name__ for each in results) == ["DoesNotFit", "Ride"]


def test_a_declared_holiday_is_a_day_off_for_who_has_holidays(town):
    job = speak(town)
    town.oyuun.resource.weekly_rules.update(on_holidays=False)
    DeclaredHoliday.objects.create(day=timezone.localdate(job.starts_at), name="임시공휴일", source="test")
    with pytest.raises(actions.DoesNotFit):
        actions.assign(job, town.oyuun, actor="user:1")
    town.oyuun.resource.weekly_rules.update(on_holidays=True)
    assert actions.assign(job, town.oyuun, actor="user:1").interpreter == town.oyuun
