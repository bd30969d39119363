"""Crews with several breaks, in whatever order the file names them."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from sarangbang.dispatch import arrays, solutions
from sarangbang.dispatch.checking import check_plan
from sarangbang.dispatch.explaining import explain
from sarangbang.dispatch.fitting import fit_in
from sarangbang.dispatch.mending.moments import Moment
from sarangbang.dispatch.mending.replanning import replan
from sarangbang.dispatch.model import Break, Car, Request, Stop
from sarangbang.dispatch.preparing import prepare
from sarangbang.dispatch.resting import which
from sarangbang.dispatch.solving import Effort, Search, solve

from .making import odd, on_plane

QUICK = Effort(seconds=None, steps=60)
EVENING, MORNING = Break(300.0, 330.0, 20.0), Break(100.0, 130.0, 30.0)
CREW = Car("van", 2, 2, {"seats": 4}, begin=60.0, until=500.0, breaks=(EVENING, MORNING))


def day(*rides, car=CREW):
    """Rides between two hotels, ten minutes apart, at these minutes."""
    requests = [
        Request(f"guest {number}", Stop(0, begin, begin + 20.0), Stop(1), {"seats": 1})
        for number, begin in enumerate(rides)
    ]
    return on_plane(requests, [car], [(0, 10), (0, 20), (0, 0)])


@pytest.mark.parametrize("breaks", [(EVENING, MORNING), (MORNING, EVENING), (Break(90.0, 400.0, 25.0), MORNING)])
def test_the_checker_takes_breaks_in_any_order(breaks):
    problem = day(70.0, 200.0, 400.0, car=replace(CREW, breaks=breaks))
    plan = solve(problem, QUICK)
    assert not plan.unserved
    assert check_plan(problem, solutions.read(problem, json.dumps(solutions.write(problem, plan)))) == []


def test_a_break_outside_its_hours_is_a_fault_in_any_order():
    problem = day(70.0, 200.0, 400.0)
    told = solutions.write(problem, solve(problem, QUICK))
    (first, *_others) = (stop for stop in told["schedule"][0]["stops"] if stop.get("break"))
    first["begin"] = 135.0
    assert [fault.code for fault in check_plan(problem, solutions.read(problem, json.dumps(told)))] == ["break"]


def test_the_break_that_was_had_is_the_one_whose_hours_it_kept():
    problem = day(70.0, 200.0, 400.0)
    plan = solve(problem, QUICK)
    begins = {visit.node: visit.begin for tour in plan.tours for visit in tour.visits if visit.node}
    executed = {node: begin for node, begin in begins.items() if begin < 240.0}
    late = replace(problem.requests[2], pickup=Stop(0, 430.0, 450.0))
    problem = replace(problem, requests=[*problem.requests[:2], late])
    done = replan(problem, plan, Moment(240.0, executed), tiers=2)
    assert not done.alarms
    rests = [visit.begin for visit in done.plan.tours[0].visits if visit.node is None]
    assert len(rests) == 2
    assert 100.0 <= rests[0] <= 130.0
    assert 300.0 <= rests[1] <= 330.0


@pytest.mark.parametrize(
    ("rests", "numbers"),
    [([], ()), ([(110.0, 30.0)], (1,)), ([(140.0, 30.0)], (1,)), ([(110.0, 30.0), (300.0, 20.0)], (1, 0)), ([(110.0, 30.0), (300.0, 20.0), (400.0, 20.0)], (1, 0))],
)  # fmt: skip
def test_a_rest_is_known_by_its_hours(rests, numbers):
    assert which(CREW, rests) == numbers


@pytest.mark.parametrize("begin", [105.0, 290.0])
def test_whoever_a_break_keeps_waiting_learns_so(begin):
    """The only car would come, were its crew not at rest then."""
    rest = Break(begin, begin, 60.0)
    problem = day(begin, begin + 100.0, car=replace(CREW, breaks=(rest,)))
    plan = solve(problem, QUICK)
    assert plan.unserved == (0,)
    (why,) = explain(problem, plan)
    assert why.code == "break"
    assert str(why) == "guest 0: not served, car van could come if its crew had no break then"


def test_a_break_that_can_be_had_at_another_time_is_no_reason():
    problem = day(100.0, 300.0, car=replace(CREW, breaks=(Break(60.0, 400.0, 60.0),)))
    plan = solve(problem, QUICK)
    (tour,) = plan.tours
    assert not plan.unserved
    assert explain(problem, plan) == []
    without = replace(plan, tours=(), unserved=(0, 1))
    assert {why.code for why in explain(problem, without)} == {"not-found"}
    assert sum(visit.node is None for visit in tour.visits) == 1


def test_a_crew_that_begins_too_late_for_its_break_serves_nobody():
    late = replace(CREW, breaks=(MORNING,), begin=140.0)
    other = Car("other", 2, 2, {"seats": 4}, until=500.0, fixed=50.0)
    alone = day(200.0, 300.0, car=late)
    assert solve(alone, QUICK).unserved == (0, 1)
    together = replace(alone, cars=[late, other])
    plan = solve(together, QUICK)
    assert not plan.unserved
    assert {tour.car for tour in plan.tours} == {1}


@pytest.mark.parametrize("by_hour", [False, True])
def test_whoever_is_offered_a_seat_beside_breaks_can_have_it(by_hour):
    """The search tries an offer on times alone, and puts the guest in only later."""
    tried = 0
    for seed in range(60):
        problem = odd(random.Random(seed), 5, by_hour=by_hour)
        problem = replace(problem, cars=[replace(car, breaks=(Break(60.0, 150.0, 20.0),)) for car in problem.cars])
        run = Search(problem, prepare(problem), replace(QUICK, steps=20), 0.0)
        run.begin(None)
        run.exhaust()
        case = run.case
        for request in range(len(problem.requests)):
            for car in (car for car in range(case.cars) if car != run.now.car[request]):
                if not case.fits[request, case.kind[car]]:
                    continue
                arrays.copy_plan(run.now, run.trial)
                offer = fit_in(case, run.trial, car, request, run.scratch, False)
                if offer < np.inf:
                    tried += 1
                    assert fit_in(case, run.trial, car, request, run.scratch, True) == offer
    assert tried > 30
