"""Whatever day is planned, mended and taken back: nobody in two places, no car too full, no promise moved."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.concierge import actions
from sarangbang.concierge.actions import News
from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.choosing.crewing import planned
from sarangbang.concierge.days import mending, planning
from sarangbang.concierge.days.daybook import crew_key, interpretings_for_planning, rides_for_planning
from sarangbang.concierge.models import Proposal, Ride
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.actions import Taken
from sarangbang.scheduling.models import Allocation, Appointment, Claim, Reservation

from .crowd import Crowd
from .test_asking import pick_up
from .test_mending import an_arrival, mend
from .test_proposing import plan_of, three_rides


@pytest.fixture(autouse=True)
def _short_search(monkeypatch):
    """Small days need no long search."""
    monkeypatch.setattr(planning, "STEPS_WHOLE", 60)
    monkeypatch.setattr(planning, "STEPS_REST", 60)
    monkeypatch.setattr(planning, "ROUNDS_WHOLE", 2)
    monkeypatch.setattr(mending, "SECONDS", 0.4)


def everything():
    """All jobs as they stand, by subject."""
    return {job.subject: job for job in (*rides_for_planning(), *interpretings_for_planning())}


def state(jobs):
    return {key: (job.status, crew_key(job), job.starts_at, job.ends_at) for key, job in jobs.items()}


def check_law(jobs):
    """Nobody is in two places, no car is too full, and exactly the assigned have claims that hold the way, too."""
    held = defaultdict(list)
    for job in jobs.values():
        if crew_key(job):
            held[crew_key(job)].append(job)
        assert (job.reservation_id is not None) == bool(crew_key(job))
        if isinstance(job, Ride) and job.vehicle is not None:
            car = job.vehicle
            assert job.party <= car.seats
            assert job.luggage <= car.luggage
            assert job.wheelchairs <= car.wheelchairs
            assert job.child_seats <= car.child_seats
    for mine in held.values():
        assert fitting.conflicts([planned(job) for job in mine]) == []
    live = {job.reservation_id for job in jobs.values()} - {None}
    crews = Claim.objects.filter(resource__kind__in=("vehicle", "interpreter"))
    assert set(crews.values_list("allocation__reservation", flat=True)) == live
    for allocation in Allocation.objects.filter(reservation__in=live):
        job = next(job for job in jobs.values() if job.reservation_id == allocation.reservation_id)
        assert allocation.starts_at <= job.starts_at
        assert allocation.ends_at == job.ends_at


@pytest.mark.once
@settings(max_examples=4)
@given(data=st.data())
def test_plan_mend_and_undo_of_any_day(town, data):
    with transaction.atomic():  # the next example finds the town as it was
        any_day(town, data)
        transaction.set_rollback(True)


def any_day(town, data):
    """A day is planned, something happens to somebody, and it is taken back."""
    crowd = Crowd(town, rides=7, jobs=7, seed=data.draw(st.integers(0, 10_000)), day=data.draw(st.integers(2, 9)))
    day = town.today + dt.timedelta(days=crowd.day)
    fresh = state(everything())
    plan = actions.accept(actions.propose_plan(day, actor="user:1", whole=True), actor="user:1")
    jobs = everything()
    check_law(jobs)
    assert {key: each[2:] for key, each in state(jobs).items()} == {key: each[2:] for key, each in fresh.items()}
    busy = [job for job in jobs.values() if crew_key(job)]
    locked = data.draw(st.sampled_from(busy))
    actions.lock(locked, actor="user:1")
    hit = data.draw(st.sampled_from([job for job in busy if job.pk != locked.pk]))
    kind = data.draw(st.sampled_from(["crew", "late", "no_show"]))
    if kind == "crew":
        is_ride = isinstance(hit, Ride)
        news = News("broken" if is_ride else "ill", f"{'vehicle' if is_ride else 'interpreter'}:{crew_key(hit)}")
    else:
        news = News(kind, hit.subject, 50 if kind == "late" else 0)
    before = state(everything())
    proposal = actions.accept(actions.propose_mend(day, [news], actor="user:1"), actor="user:1", despite="urgent")
    after = everything()
    check_law(after)
    if crew_key(locked) not in news.subject:
        assert state(after)[locked.subject] == before[locked.subject]
    for change in proposal.changes.all():
        if change.reason == "makes_room" and change.ride_id:
            assert "starts_at" not in change.after  # nobody's promised time is moved for another guest
    actions.undo_proposal(proposal, actor="user:1")
    assert state(everything()) == before
    check_law(everything())
    actions.unlock(locked, actor="user:1")
    with pytest.raises(actions.CannotUndo):
        actions.undo_proposal(plan, actor="user:1")  # its jobs have changed since


@pytest.mark.once
def test_the_same_day_gives_the_same_plan(town):
    crowd = Crowd(town, rides=8, jobs=8)
    day = town.today + dt.timedelta(days=crowd.day)

    def proposed():
        return [(each.ride_id, each.interpreting_id, each.after) for each in propose().changes.all()]

    def propose():
        return actions.propose_plan(day, actor="user:1", whole=True)

    assert proposed() == proposed()


def test_an_accept_that_fails_half_way_writes_nothing(town, monkeypatch):
    ride, job, appointment = an_arrival(town)
    proposal = mend(job, ("flight_delay", f"flight:{ride.flight_id}", 180))
    before = state(everything()), appointment.reservation_id, Reservation.objects.count()

    def broken(*_args, **_more):
        raise Taken

    monkeypatch.setattr(scheduling, "write", broken)
    with pytest.raises(actions.Outdated):
        actions.accept(proposal, actor="user:1", despite="urgent")
    found = Appointment.objects.get(pk=appointment.pk)
    assert (state(everything()), found.reservation_id, Reservation.objects.count()) == before
    assert Proposal.objects.get(pk=proposal.pk).status == "outdated"


# Two at once


def test_two_accept_the_same_proposal_at_once_and_it_is_done_once(town_of_threads, at_once):
    rides = three_rides(town_of_threads)
    proposal = plan_of(rides[0])
    results = at_once([lambda who=who: actions.accept(proposal, actor=f"user:{who}") for who in (1, 2)])
    assert sorted(type(each).__name__ for each in results) == ["Decided", "Proposal"]
    assert [ride.steps.filter(status="assigned").count() for ride in rides] == [1, 1, 1]
    check_law(everything())


def test_a_proposal_and_a_coordinator_meet_at_one_ride(town_of_threads, at_once):
    town = town_of_threads
    rides = three_rides(town)
    proposal = plan_of(rides[0])
    results = at_once(
        [
            lambda: actions.accept(proposal, actor="user:1"),
            lambda: actions.assign(rides[1], town.big, actor="user:2", seen=rides[1].sequence),
        ]
    )
    assert sorted(type(each).__name__ for each in results) in (["Changed", "Proposal"], ["Outdated", "Ride"])
    check_law(everything())


def test_two_proposals_for_the_same_jobs_are_not_both_done(town_of_threads, at_once):
    rides = three_rides(town_of_threads)
    first, second = plan_of(rides[0]), plan_of(rides[0])
    results = at_once([lambda: actions.accept(first, actor="user:1"), lambda: actions.accept(second, actor="user:2")])
    assert sorted(type(each).__name__ for each in results) == ["Outdated", "Proposal"]
    loser = next(each for each in results if isinstance(each, actions.Outdated))
    assert loser.step.actor in ("user:1", "user:2")
    check_law(everything())


def test_two_take_the_same_proposal_back_at_once_and_it_is_taken_back_once(town_of_threads, at_once):
    proposal = actions.accept(plan_of(pick_up(town_of_threads)), actor="user:1")
    results = at_once([lambda who=who: actions.undo_proposal(proposal, actor=f"user:{who}") for who in (1, 2)])
    assert sorted(type(each).__name__ for each in results) == ["CannotUndo", "Proposal"]
    assert set(Ride.objects.values_list("status", "vehicle")) == {("granted", None)}


def test_a_mending_and_the_clinic_move_one_appointment_at_once(town_of_threads, at_once):
    town = town_of_threads
    ride, job, appointment = an_arrival(town)
    proposal = mend(job, ("flight_delay", f"flight:{ride.flight_id}", 180))
    results = at_once(
        [
            lambda: actions.accept(proposal, actor="user:1", despite="urgent"),
            lambda: scheduling.reschedule(appointment, town.doctor, town.at(4, 16), actor="user:2"),
        ]
    )
    assert [isinstance(each, Exception) for each in results].count(True) <= 1
    moved = Appointment.objects.select_related("reservation").get(pk=appointment.pk)
    job.refresh_from_db()
    assert job.starts_at == moved.reservation.starts_at - dt.timedelta(minutes=10)
    check_law(everything())
