"""A drag on the board says at once whether it fits and why not; locks hold; requests say by which way they came."""

from __future__ import annotations

import datetime as dt

import pytest

from sarangbang.concierge import actions
from sarangbang.concierge.models import Interpreting, Ride
from sarangbang.directory.models import Institution, Registration
from sarangbang.stays.models import Flight

from .conftest import place
from .test_asking import pick_up, speak
from .test_assigning import claims
from .test_proposing import plan_of

HOUR = dt.timedelta(hours=1)


def codes(fit):
    return [reason.code for reason in fit.against]


def transfer(town, **other):
    facts = {"origin": town.hotel, "destination": town.clinic, "starts_at": town.at(5, 8), "party": 2} | other
    return actions.request_ride(town.stay, "transfer", actor="guest:x", **facts)


# Drags


@pytest.mark.once
def test_a_drag_says_why_it_does_not_fit(town):
    ride, job = pick_up(town, party=6, child_seats=3), speak(town)
    assert codes(actions.check_move(ride, town.small)) == ["seats", "child_seats"]
    assert codes(actions.check_move(ride, town.big, town.flight.scheduled_at - HOUR)) == [
        "before_landing",
        "child_seats",
    ]
    assert codes(actions.check_move(job, town.huda)) == ["language"]
    assert codes(actions.check_move(job, town.oyuun, job.starts_at + HOUR)) == ["with_appointment"]
    assert codes(actions.check_move(job, town.small)) == ["other_kind"]
    home = Flight.objects.create(
        stay=town.stay, direction="departure", number="OM302", place=town.airport, scheduled_at=town.at(9, 14)
    )
    back = actions.request_ride(town.stay, "sending", actor="guest:x", flight=home, party=1)
    assert codes(actions.check_move(back, town.small, back.starts_at + HOUR)) == ["misses_flight"]
    assert actions.check_move(back, town.small, back.starts_at - HOUR).fits


def test_a_drop_moves_car_and_time_in_one_step_and_one_undo_brings_both_back(town):
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    begins = ride.starts_at
    done = actions.move(ride, town.big, starts_at=begins + HOUR, actor="user:1", seen=ride.sequence)
    ride.refresh_from_db()
    assert (ride.vehicle, ride.starts_at, claims(town.small)) == (town.big, begins + HOUR, 0)
    assert ride.steps.order_by("pk").last().reason == "moved"
    with pytest.raises(actions.NothingToUndo):
        actions.undo(ride, actor="user:1")  # it is taken back where it came from
    actions.undo_proposal(done, actor="user:1")
    ride.refresh_from_db()
    assert (ride.vehicle, ride.starts_at, claims(town.big)) == (town.small, begins, 0)


def test_a_drop_from_an_old_page_is_refused_and_says_who_was_quicker(town):
    ride = pick_up(town)
    seen = ride.sequence
    actions.assign(ride, town.small, actor="user:2")
    with pytest.raises(actions.Changed) as changed:
        actions.move(ride, town.big, actor="user:1", seen=seen)
    assert changed.value.step.actor == "user:2"


def test_a_drop_on_nobody_takes_the_crew_off(town):
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    actions.move(ride, None, actor="user:1", seen=ride.sequence)
    ride.refresh_from_db()
    assert (ride.status, ride.vehicle, claims(town.small)) == ("granted", None, 0)


# Locks


def test_a_lock_holds_until_it_is_taken_away(town):
    ride = actions.lock(actions.assign(pick_up(town), town.small, actor="user:1"), actor="user:1")
    assert codes(actions.check_move(ride, town.big)) == ["locked"]
    for verb in (
        lambda: actions.move(ride, town.big, actor="user:1", seen=ride.sequence),
        lambda: actions.reassign(ride, town.big, actor="user:1"),
        lambda: actions.unassign(ride, actor="user:1"),
    ):
        with pytest.raises(actions.DoesNotFit):
            verb()
    assert not plan_of(ride, whole=True).changes.exists()
    ride = actions.unlock(ride, actor="user:1")
    assert actions.reassign(ride, town.big, actor="user:1").vehicle == town.big


def test_a_proposal_does_not_pass_over_a_lock_that_came_later(town):
    ride = pick_up(town)
    proposal = plan_of(ride)
    actions.lock(ride, actor="user:2")
    with pytest.raises(actions.Outdated):
        actions.accept(proposal, actor="user:1")


# Requests


@pytest.mark.once
def test_a_request_says_by_which_way_it_came_and_who_bears_the_institutions_share(town):
    ride = transfer(town, source="phone")
    assert (ride.source, ride.asked_by, ride.institution) == ("phone", "guest:x", town.institution)
    asked = speak(town, source="institution", institution=town.institution, mode="video", prefers=town.bat)
    job = Interpreting.objects.get(pk=asked.pk)
    assert (job.source, job.institution, job.mode, job.prefers) == ("institution", town.institution, "video", town.bat)


@pytest.mark.once
def test_an_institution_asks_for_its_own_guests_only(town):
    elsewhere = place("medical-two", "medical", 37.5, 127.03)
    other = Institution.objects.create(slug="two", kind="clinic", name="둘", name_latin="Two", place=elsewhere)
    Registration.objects.create(
        institution=other, number="M-2", valid_from=dt.date(2020, 1, 1), valid_until=dt.date(2099, 1, 1),
        insured_until=dt.date(2099, 1, 1),
    )  # fmt: skip
    with pytest.raises(actions.NotGranted):
        pick_up(town, source="institution", institution=other)
    assert not Ride.objects.exists()


@pytest.mark.once
def test_a_day_trip_is_one_ride_there_and_back_and_no_longer_than_the_rule(town):
    there = place("palace", "station", 37.58, 126.97)
    begins = town.at(6, 9)
    trip = {"origin": town.hotel, "destination": there, "starts_at": begins, "party": 2}
    ride = actions.request_ride(town.stay, "programme", actor="guest:x", ends_at=begins + 6 * HOUR, **trip)
    assert (ride.status, ride.ends_at) == ("waiting", begins + 6 * HOUR)
    with pytest.raises(actions.NotGranted) as refused:
        actions.request_ride(town.stay, "programme", actor="guest:x", ends_at=begins + 11 * HOUR, **trip)
    assert refused.value.decision.reason == "too_long"
    with pytest.raises(ValueError, match="back"):
        actions.request_ride(town.stay, "programme", actor="guest:x", ends_at=begins + HOUR / 4, **trip)
    actions.grant(ride, actor="user:1")
    ride = actions.assign(ride, town.small, actor="user:1")
    following = transfer(town, starts_at=begins + 6 * HOUR)  # from the hotel, where the car comes back to
    assert actions.check_move(following, town.small).fits


@pytest.mark.once
def test_the_interpreter_a_guest_knows_is_planned_for_them_and_a_call_needs_no_way(town):
    job = speak(town, prefers=town.bat, mode="phone")
    proposal = plan_of(job)
    [change] = proposal.changes.all()
    assert change.after == {"crew": str(town.bat.pk)}
    actions.accept(proposal, actor="user:1")
    job.refresh_from_db()
    assert job.reservation.starts_at == job.starts_at
