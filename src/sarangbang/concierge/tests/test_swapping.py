"""Two change places in one accepted proposal: clinic hours, cars, interpreters, times; and back again."""

from __future__ import annotations

import datetime as dt

import pytest

from sarangbang.concierge import actions
from sarangbang.concierge.actions.proposing import Draft, keep
from sarangbang.concierge.days.daybook import crew_key
from sarangbang.concierge.models import Proposal
from sarangbang.concierge.months import day_of
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.actions import Taken
from sarangbang.scheduling.models import Appointment, Claim

from .test_asking import pick_up
from .test_planned_days import check_law, everything, state
from .test_proposing import three_rides

HOUR = dt.timedelta(hours=1)


def exchange(one, other, *names):
    """A proposal by which two jobs or appointments take each other's values."""

    def values(thing):
        if isinstance(thing, Appointment):
            times = thing.reservation
            return {"starts_at": times.starts_at.isoformat(), "ends_at": times.ends_at.isoformat()}
        found = {
            "crew": crew_key(thing),
            "starts_at": thing.starts_at.isoformat(),
            "ends_at": thing.ends_at.isoformat(),
        }
        return {name: found[name] for name in names}

    moment = one.reservation.starts_at
    drafts = [Draft(one, values(one), values(other)), Draft(other, values(other), values(one))]
    return keep(Proposal(day=day_of(moment), kind=Proposal.Kind.MEND), drafts, actor="user:1")


def visits(town):
    """Two guests of one doctor, hour after hour, each with an interpreter of their own."""
    found = []
    for hour, person in ((13, town.oyuun), (14, town.bat)):
        stay = town.new_stay(town.new_guest(f"Г{hour}", email=f"g{hour}@example.org"))
        visit = town.book(stay, town.at(4, hour))
        job = actions.request_interpreting(stay, visit, actor="guest:x", language="mn")
        actions.assign(job, person, actor="user:1")
        found.append(visit)
    return found


def hours(*found):
    return [Appointment.objects.select_related("reservation").get(pk=one.pk).reservation.starts_at for one in found]


def test_two_visits_exchange_their_hours_with_their_interpreters_and_back(town):
    one, other = visits(town)
    before, jobs = hours(one, other), state(everything())
    proposal = actions.accept(exchange(one, other), actor="user:1")
    assert hours(one, other) == before[::-1]
    shifted = {key: (each[2] - jobs[key][2], each[1]) for key, each in state(everything()).items()}
    assert sorted(shifted.values()) == sorted([(HOUR, str(town.oyuun.pk)), (-HOUR, str(town.bat.pk))])
    check_law(everything())
    assert Claim.objects.filter(resource=town.doctors_resource).count() == 3 * 12  # and the town's own visit
    actions.undo_proposal(proposal, actor="user:1")
    assert (hours(one, other), state(everything())) == (before, jobs)


def test_an_exchange_of_which_one_half_fails_changes_nothing(town, monkeypatch):
    one, other = visits(town)
    proposal = exchange(one, other)
    before, jobs, claims = hours(one, other), state(everything()), set(Claim.objects.values_list("tick", "resource"))
    town.book(town.new_stay(town.new_guest("Б", email="b@example.org")), town.at(4, 15))
    claims |= set(Claim.objects.values_list("tick", "resource"))
    late = proposal.changes.get(appointment=one)
    late.after = {**late.after, "starts_at": town.at(4, 15).isoformat()}  # to where somebody else is
    late.save()
    with pytest.raises(actions.Outdated):
        actions.accept(proposal, actor="user:1")
    assert (hours(one, other), state(everything())) == (before, jobs)
    assert set(Claim.objects.values_list("tick", "resource")) == claims


@pytest.mark.parametrize("names", [("crew",), ("starts_at", "ends_at"), ("crew", "starts_at", "ends_at")])
def test_two_rides_exchange_cars_or_times_and_back(town, names):
    one, other, _third = three_rides(town)
    one = actions.assign(one, town.small, actor="user:1")
    other = actions.assign(other, town.big, actor="user:1")
    before = state(everything())
    proposal = actions.accept(exchange(one, other, *names), actor="user:1")
    after = state(everything())
    at = [{"crew": 1, "starts_at": 2, "ends_at": 3}[name] for name in names]
    assert all(after[one.subject][n] == before[other.subject][n] for n in at)
    assert all(after[other.subject][n] == before[one.subject][n] for n in at)
    check_law(everything())
    actions.undo_proposal(proposal, actor="user:1")
    assert state(everything()) == before
    check_law(everything())


def test_two_interpretings_at_one_hour_exchange_their_interpreters(town):
    one, other = visits(town)
    jobs = list(everything().values())
    proposal = actions.accept(exchange(*jobs, "crew"), actor="user:1")
    assert [crew_key(everything()[job.subject]) for job in jobs] == [crew_key(job) for job in jobs[::-1]]
    check_law(everything())
    actions.undo_proposal(proposal, actor="user:1")
    assert hours(one, other) == [one.reservation.starts_at, other.reservation.starts_at]


def test_two_exchanges_of_the_same_visits_at_once_are_done_once(town_of_threads, at_once):
    one, other = visits(town_of_threads)
    before = hours(one, other)
    proposals = [exchange(one, other), exchange(other, one)]
    results = at_once([lambda each=each: actions.accept(each, actor=f"user:{each.pk}") for each in proposals])
    assert sorted(type(each).__name__ for each in results) == ["Outdated", "Proposal"]
    assert hours(one, other) == before[::-1]
    check_law(everything())


@pytest.mark.once
def test_a_single_move_still_refuses_an_hour_that_is_somebody_elses(town):
    one, other = visits(town)
    with pytest.raises(Taken):
        scheduling.reschedule(one, town.doctor, hours(other)[0], actor="user:1")
    assert pick_up(town) is not None
