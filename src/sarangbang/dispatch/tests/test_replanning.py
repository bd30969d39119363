"""What is promised or under way stays, whatever happens."""

import functools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.dispatch.moments import Moment
from sarangbang.dispatch.replanning import replan
from sarangbang.dispatch.solving import Effort, solve

from .making import published

PROBLEM = published(11, 24, 4, horizon=480.0, ride=45.0, width=20.0)
BEGINS: dict[int, float] = {}
CARS: dict[int, int] = {}
N = len(PROBLEM.requests)


@functools.cache
def planned():
    """Made when it is asked for: whoever only reads these tests (``.venv/read`` in the Makefile) must not wait for machine code."""
    return solve(PROBLEM, Effort(seconds=None, steps=600))


@pytest.fixture(scope="module", autouse=True)
def _nodes():
    for tour in planned().tours:
        BEGINS.update((visit.node, visit.begin) for visit in tour.visits)
        CARS.update((visit.node, tour.car) for visit in tour.visits)


def delayed(problem, i, minutes):
    """The guest is there later, and so is everything they go to."""
    request = problem.requests[i]
    pickup = replace(request.pickup, earliest=BEGINS[i + 1] + minutes, latest=BEGINS[i + 1] + minutes + 60)
    dropoff = replace(request.dropoff, latest=request.dropoff.latest + minutes + 120)
    requests = [*problem.requests[:i], replace(request, pickup=pickup, dropoff=dropoff), *problem.requests[i + 1 :]]
    return replace(problem, requests=requests)


def moment(now, **about):
    executed = {node: begin for node, begin in BEGINS.items() if begin <= now}
    return Moment(now, executed, **about)


@given(st.floats(0, 400), st.integers(0, N - 1), st.floats(5, 120), st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_every_commitment_is_kept(now, guest, minutes, seed):
    if guest not in {node - 1 for node in BEGINS if node <= N} or BEGINS[guest + 1] <= now:
        return
    dice = random.Random(seed)
    promised = {
        i: (BEGINS[i + 1], 3.0)
        for i in range(N)
        if i + 1 in BEGINS and BEGINS[i + 1] > now + 25 and dice.random() < 0.3
    }
    problem = delayed(PROBLEM, guest, minutes)
    done = replan(problem, planned(), moment(now, promised=promised, sent=frozenset({0, 1})), steps=40, seconds=30.0)
    begins = {visit.node: visit.begin for tour in done.plan.tours for visit in tour.visits}
    cars = {visit.node: tour.car for tour in done.plan.tours for visit in tour.visits}
    released = {guest + 1, guest + 1 + N}
    for node, begin in BEGINS.items():
        if begin <= now:  # executed
            assert begins[node] == pytest.approx(begin)
            assert cars[node] == CARS[node]
            assert cars[(node - 1) % N + 1 + N] == CARS[node]  # aboard: finished by the same car
        elif begin <= now + 25 and node not in released:  # about to happen
            assert cars[node] == CARS[node]
    for number, tour in enumerate(planned().tours):
        soon = [v.node for v in tour.visits if v.begin <= now + 25 and v.node not in released]
        mended = [node for t in done.plan.tours if t.car == tour.car for node in t.nodes]
        assert [node for node in mended if node in soon] == soon, number
    for i, (promise, slack) in promised.items():
        if i != guest and i not in done.plan.unserved:
            assert abs(begins[i + 1] - promise) <= slack + 1e-6
    assert len(done.alarms) >= len(done.plan.unserved)
    if guest not in done.plan.unserved:
        assert begins[guest + 1] >= BEGINS[guest + 1] + minutes - 1e-6


def test_nothing_changes_when_nothing_happened():
    done = replan(PROBLEM, planned(), moment(0.0))
    assert done.tier == 1
    assert done.changes == ()


def test_the_answer_says_what_changed_for_whom_and_because_of_whom():
    last = max((node for node in BEGINS if node <= N), key=BEGINS.get)
    problem = delayed(PROBLEM, last - 1, 25.0)
    done = replan(problem, planned(), moment(0.0), steps=60, seconds=30.0)
    own = [change for change in done.changes if change.name == problem.requests[last - 1].name]
    assert {change.code for change in own} & {"pick-up-moved", "not-served", "other-car"}
    assert all(change.because == problem.requests[last - 1].name for change in own)


def test_a_spare_car_comes_before_an_alarm():
    first = min((node for node in BEGINS if node <= N), key=BEGINS.get)
    lone = replace(PROBLEM, cars=[replace(car, until=260.0, latest_begin=260.0) for car in PROBLEM.cars])
    problem = delayed(lone, first - 1, 220.0 - BEGINS[first])
    without = replan(problem, planned(), moment(0.0), steps=40, seconds=30.0)
    assert without.tier == 5
    assert len(without.alarms) == len(without.plan.unserved) > 0
    spare = replace(PROBLEM.cars[0], name="spare", until=700.0, latest_begin=700.0)
    helped = replan(problem, planned(), moment(0.0, spare=[spare]), steps=40, seconds=30.0)
    assert len(helped.plan.unserved) < len(without.plan.unserved)
