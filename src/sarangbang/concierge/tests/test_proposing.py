"""A day is planned, mended, accepted once and undone once: all of it or nothing, never over somebody else's change."""

from __future__ import annotations

import datetime as dt

import pytest

from sarangbang.concierge import actions
from sarangbang.concierge.models import Proposal, Ride
from sarangbang.concierge.months import day_of
from sarangbang.concierge.proposals.wording import left_why
from sarangbang.messages.models import Message
from sarangbang.people.models import AuditEntry
from sarangbang.scheduling.models import Claim

from .test_asking import pick_up
from .test_assigning import claims


def three_rides(town):
    """Three pick-ups of one early morning, an hour apart in the town's day 4."""
    rides = [pick_up(town)]
    for number in (1, 2):
        other = town.another(number)
        other.flight.scheduled_at = town.flight.scheduled_at + dt.timedelta(hours=4 * number)
        other.flight.save()
        rides.append(actions.request_ride(other.stay, "pick_up", actor="guest:x", flight=other.flight, party=2))
    return rides


def plan_of(job, **more):
    return actions.propose_plan(day_of(job.starts_at), actor="user:1", **more)


def test_a_plan_writes_nothing_until_it_is_accepted(town):
    rides = three_rides(town)
    proposal = plan_of(rides[0])
    assert (proposal.status, proposal.kind, proposal.changes.count()) == ("open", "plan", 3)
    assert not Claim.objects.filter(resource__kind="vehicle").exists()
    assert set(Ride.objects.values_list("status", flat=True)) == {"granted"}


def test_accepting_does_everything_at_once_and_tells_everybody_once(town):
    rides = three_rides(town)
    Message.objects.all().delete()
    proposal = actions.accept(plan_of(rides[0]), actor="user:1")
    assert (proposal.status, proposal.decided_by) == ("accepted", "user:1")
    for ride in Ride.objects.select_related("reservation"):
        assert (ride.status, ride.sequence) == ("assigned", 1)
        assert claims(ride.vehicle) > 0
        assert ride.reservation.starts_at < ride.starts_at
        assert [(step.status, step.reason) for step in ride.steps.order_by("pk")][-1] == ("assigned", "planned")
    assert Message.objects.filter(kind="ride_news").count() == 3
    crews = {ride.vehicle.driver_id for ride in Ride.objects.select_related("vehicle")}
    assert Message.objects.filter(kind__in=("crew_news", "crew_changes")).count() == len(crews)
    assert AuditEntry.objects.filter(verb="accept_proposal").count() == 1


def test_a_second_click_changes_nothing_and_a_second_coordinator_is_told_who_was_first(town):
    proposal = actions.accept(plan_of(pick_up(town)), actor="user:1")
    assert actions.accept(proposal, actor="user:1").pk == proposal.pk
    with pytest.raises(actions.Decided) as decided:
        actions.accept(proposal, actor="user:2")
    assert decided.value.proposal.decided_by == "user:1"
    assert Ride.objects.get().steps.filter(status="assigned").count() == 1


def test_a_change_meanwhile_is_never_overwritten_and_nothing_of_the_rest_happens(town):
    rides = three_rides(town)
    proposal = plan_of(rides[0])
    actions.assign(rides[1], town.big, actor="user:2")
    with pytest.raises(actions.Outdated) as crossed:
        actions.accept(proposal, actor="user:1")
    assert (crossed.value.step.actor, crossed.value.change.ride) == ("user:2", rides[1])
    proposal.refresh_from_db()
    assert proposal.status == "outdated"
    assert Ride.objects.filter(status="assigned").count() == 1
    with pytest.raises(actions.Decided):
        actions.accept(proposal, actor="user:1")


def test_a_car_taken_meanwhile_makes_the_whole_proposal_outdated(town):
    rides = three_rides(town)
    proposal = plan_of(rides[0])
    change = proposal.changes.select_related("ride__flight").earliest("ordinal")
    car = next(car for car in (town.small, town.big) if str(car.pk) == change.after["crew"])
    other = town.another(3)
    other.flight.scheduled_at = change.ride.flight.scheduled_at
    other.flight.save()
    stolen = actions.request_ride(other.stay, "pick_up", actor="guest:x", flight=other.flight, party=1)
    actions.assign(stolen, car, actor="user:2")
    with pytest.raises(actions.Outdated):
        actions.accept(proposal, actor="user:1")
    assert list(Ride.objects.filter(status="assigned")) == [stolen]
    assert Claim.objects.filter(resource__kind="vehicle").count() == claims(stolen.vehicle or car)


def test_undo_gives_everything_back_once(town):
    rides = three_rides(town)
    proposal = actions.accept(plan_of(rides[0]), actor="user:1")
    undone = actions.undo_proposal(proposal, actor="user:2")
    assert (undone.status, undone.undone_by) == ("undone", "user:2")
    assert set(Ride.objects.values_list("status", "vehicle", "reservation")) == {("granted", None, None)}
    assert not Claim.objects.filter(resource__kind="vehicle").exists()
    assert actions.undo_proposal(proposal, actor="user:2").status == "undone"
    with pytest.raises(actions.CannotUndo) as refused:
        actions.undo_proposal(proposal, actor="user:1")
    assert refused.value.code == "not_accepted"


def test_undo_is_whole_or_not_at_all_and_says_who_stands_in_the_way(town):
    rides = three_rides(town)
    proposal = actions.accept(plan_of(rides[0]), actor="user:1")
    actions.unassign(rides[2], actor="user:2", reason="broken")
    with pytest.raises(actions.CannotUndo) as refused:
        actions.undo_proposal(proposal, actor="user:1")
    assert (refused.value.code, refused.value.step.actor) == ("changed", "user:2")
    assert Ride.objects.filter(status="assigned").count() == 2
    assert Proposal.objects.get(pk=proposal.pk).status == "accepted"


@pytest.mark.once
def test_what_a_plan_leaves_open_says_why_and_what_would_help(town):
    rides = three_rides(town)
    Ride.objects.filter(pk=rides[1].pk).update(wheelchairs=2)
    Ride.objects.filter(pk=rides[2].pk).update(
        starts_at=rides[0].starts_at, ends_at=rides[0].ends_at, party=8, luggage=9
    )  # only the big car, which is taken
    actions.assign(rides[0], town.big, actor="user:1")
    left = {row["subject"]: row for row in plan_of(rides[0]).unmended}
    assert {subject: row["about"]["help"] for subject, row in left.items()} == {
        rides[1].subject: "wheelchair",
        rides[2].subject: "busy",
    }
    assert "with two" in left_why(left[rides[1].subject])
    assert "another job" in left_why(left[rides[2].subject])
