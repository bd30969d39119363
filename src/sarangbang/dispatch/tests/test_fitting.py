"""What the search asks again and again, against slower ways to the same answer."""

import random

import pytest

from sarangbang.dispatch.arrays import SOONEST, STOP
from sarangbang.dispatch.checking import least_times
from sarangbang.dispatch.fitting import fit_in
from sarangbang.dispatch.laying import refresh
from sarangbang.dispatch.preparing import prepare
from sarangbang.dispatch.solving import Effort, Search

from .making import odd, orders, published


def search_of(problem, steps):
    effort = Effort(seconds=None, steps=steps)
    run = Search(problem, prepare(problem), effort, effort.clock())
    run.begin(None)
    run.exhaust()
    return run


@pytest.mark.parametrize("by_hour", [False, True])
def test_every_order_of_stops_has_the_earliest_times(by_hour):
    """Where rides and duty are short, a guest is fetched later, and later again, until all of it holds."""
    legal = 0
    for seed in range(15):
        dice = random.Random(seed)
        if by_hour:
            problem = odd(dice, by_hour=True)
        else:
            ride, length = dice.choice([15.0, 25.0]), dice.choice([80.0, 120.0])
            problem = published(seed, 3, 1, ride=ride, width=60.0, horizon=160.0, length=length)
        run = search_of(problem, 0)
        for number, car in enumerate(problem.cars):
            if car.breaks:
                continue
            for row in orders(problem, car, range(3)):
                stops = run.stops_of(row)
                run.now.size[number] = len(stops)
                run.now.stop[number, STOP, 1 : len(stops) + 1] = stops
                possible = refresh(run.case, run.now, number, run.scratch)
                times = least_times(problem, car, row)
                assert possible == (times is not None)
                if times is not None:
                    legal += 1
                    assert run.now.line[number, SOONEST, : len(times)] == pytest.approx(times, abs=1e-6)
    assert legal > 20


@pytest.mark.parametrize("seed", range(6))
def test_days_on_which_every_stop_has_a_place_get_the_same_answers_sooner(seed):
    dice = random.Random(seed)
    problem = published(seed, 24, 4, ride=dice.choice([20.0, 30.0]), width=dice.choice([15.0, 60.0]))
    run = search_of(problem, 300)
    case, best = run.case, run.best
    assert not case.standing
    some = set(dice.sample(range(case.requests), 8))
    for car in range(case.cars):
        stops = best.stop[car, STOP, 1 : best.size[car] + 1].tolist()
        run.take(best, car, [stop for stop in stops if stop % case.requests not in some])
    found = 0
    for car in range(case.cars):
        for request in some:
            price = fit_in(case, best, car, request, run.scratch, False)
            assert fit_in(case._replace(standing=True), best, car, request, run.scratch, False) == pytest.approx(price)
            found += price < float("inf")
    assert found > 5
