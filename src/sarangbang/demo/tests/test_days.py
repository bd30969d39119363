"""The demo district's days of rides."""

from sarangbang.demo.days import gangnam_day
from sarangbang.dispatch.benching import proposal_of
from sarangbang.dispatch.checking import check_plan
from sarangbang.dispatch.model import check_problem
from sarangbang.dispatch.solving import Effort, solve


def test_a_day_is_the_same_again_and_can_be_planned():
    problem, same = gangnam_day(40, seed=3), gangnam_day(40, seed=3)
    assert list(problem.requests) == list(same.requests)
    assert list(problem.cars) == list(same.cars)
    assert (problem.length == same.length).all()
    assert list(gangnam_day(40, seed=4).requests) != list(problem.requests)
    plan = solve(problem, Effort(seconds=None, steps=60))
    assert check_plan(problem, proposal_of(plan)) == []
    assert len(plan.unserved) <= 4


def test_days_of_every_size_make_sense():
    for rides in (1, 100, 1000):
        check_problem(gangnam_day(rides, by_hour=rides == 100))
