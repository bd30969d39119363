"""Plans against brute force and against the checker."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sarangbang.dispatch import arrays, partitioning, solving
from sarangbang.dispatch.benching import proposal_of
from sarangbang.dispatch.checking import check_plan
from sarangbang.dispatch.explaining import explain
from sarangbang.dispatch.fitting import fit_in
from sarangbang.dispatch.laying import refresh
from sarangbang.dispatch.model import Break, Car, Impossible, Request, Stop, check_problem
from sarangbang.dispatch.partitioning import Mixture
from sarangbang.dispatch.preparing import prepare
from sarangbang.dispatch.scheduling import plan_of
from sarangbang.dispatch.solving import Effort, Search, solve

from .making import best_times, cheapest, distance_price, odd, on_plane, published, timed_price

QUICK = Effort(seconds=None, steps=400)
SEEDS = st.integers(0, 10**6)


def rank(problem, plan):
    return sum(problem.requests[i].price is None for i in plan.unserved), plan.cost


@given(SEEDS, st.integers(1, 4), st.integers(1, 2))
@example(7183, 4, 1)  # no order of cheapest insertions serves everybody
@settings(max_examples=25, deadline=None)
def test_small_days_reach_the_optimum(seed, requests, cars):
    problem = published(seed, requests, cars, horizon=200.0, length=150.0)
    plan = solve(problem, QUICK)
    assert check_plan(problem, proposal_of(plan)) == []
    assert rank(problem, plan) == pytest.approx(cheapest(problem, distance_price(problem)), abs=1e-6)


@given(SEEDS, st.booleans())
@example(899, False)  # one guest costs more than their price, and so do two: all three come together or nobody
@settings(max_examples=25, deadline=None)
def test_odd_days_reach_the_optimum(seed, by_hour):
    problem = odd(random.Random(seed), by_hour=by_hour)
    plan = solve(problem, replace(QUICK, steps=2000))
    assert check_plan(problem, proposal_of(plan)) == []
    assert rank(problem, plan) == pytest.approx(cheapest(problem, distance_price(problem)), abs=1e-6)


@pytest.mark.parametrize("seed", [*range(20), 52])
def test_days_on_which_times_have_prices_reach_the_optimum(seed):
    """52 needs one guest soon and the crew late at once."""
    problem = odd(random.Random(seed), priced=True)
    plan = solve(problem, QUICK)
    assert check_plan(problem, proposal_of(plan)) == []
    assert rank(problem, plan) == pytest.approx(cheapest(problem, timed_price(problem)), abs=1e-4)


def not_too_soon(problem, minutes, price):
    """The same day, on which nobody wants to arrive until so many minutes after the earliest pick-up."""
    dropoffs = [
        replace(one.dropoff, ready=one.pickup.earliest + minutes, early_price=price) for one in problem.requests
    ]
    requests = [replace(one, dropoff=dropoff) for one, dropoff in zip(problem.requests, dropoffs, strict=True)]
    return replace(problem, requests=requests)


@pytest.mark.parametrize("seed", [*range(12), 41, 46, 1001, 1014, 1020, 1043])
def test_days_on_which_being_early_has_a_price_reach_the_optimum(seed):
    """It can pay to end later than necessary then, and to wait for one and not for another."""
    problem = not_too_soon(odd(random.Random(seed), 2 if seed < 1000 else 3, priced=True), 55.0, 1.0)
    plan = solve(problem, QUICK)
    assert check_plan(problem, proposal_of(plan)) == []
    assert rank(problem, plan) == pytest.approx(cheapest(problem, timed_price(problem)), abs=1e-4)


@pytest.mark.parametrize("early", [False, True])
def test_the_search_knows_what_the_times_of_a_tour_cost(early):
    """On a small day, as a linear program says; three of ten thousand such tours are priced too high, none too low."""
    seen = 0
    for seed in range(40):
        dice = random.Random(seed)
        problem = odd(dice, requests=5, priced=True)
        if early:
            problem = not_too_soon(problem, dice.uniform(20, 90), dice.choice([0.2, 1.0, 3.0]))
        run = Search(problem, prepare(problem), replace(QUICK, steps=1), 0.0)
        for _ in range(12):
            row = any_order(dice, 5)
            for number, car in enumerate(problem.cars):
                if car.breaks or not run.take(run.now, number, run.stops_of(row)):
                    continue
                seen += 1
                known = run.now.money[number, arrays.TIMES]
                assert known == pytest.approx(best_times(problem, car, row), abs=1e-4), (seed, row)
    assert seen > 100


def any_order(dice, requests):
    """Some of the requests, fetched and brought in some order."""
    left, aboard, row = dice.sample(range(requests), dice.randint(1, requests)), [], []
    while left or aboard:
        node = dice.choice([i + 1 for i in left] + [requests + i + 1 for i in aboard])
        row.append(node)
        if node <= requests:
            left.remove(node - 1)
            aboard.append(node - 1)
        else:
            aboard.remove(node - requests - 1)
    return row


@pytest.mark.parametrize("seed", [*range(20), 1098, 1418, 1469, 1614, 2248, 2396])
@pytest.mark.parametrize("by_hour", [False, True])
def test_days_on_which_a_way_round_is_quicker_reach_the_optimum(seed, by_hour):
    problem = with_ways_round(seed)
    if by_hour:
        rush = [1 + 0.5 * math.sin(math.pi * hour / 12) ** 2 for hour in range(24)]
        problem = replace(problem, travel=np.concatenate([problem.travel * slower for slower in rush]))
    plan = solve(problem, replace(QUICK, steps=2000))
    assert check_plan(problem, proposal_of(plan)) == []
    assert rank(problem, plan) == pytest.approx(cheapest(problem, distance_price(problem)), abs=1e-6)


def with_ways_round(seed, requests=3):
    """A small day on which drives take what the dice say, so that two may be quicker than one."""
    dice = random.Random(seed)
    problem = odd(dice, requests)
    travel = np.array([[dice.choice([0.0, 3.0, 8.0, 15.0, 30.0]) for _ in problem.length] for _ in problem.length])
    np.fill_diagonal(travel, 0.0)
    return replace(problem, travel=travel[None])


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_every_tour_has_the_best_times(seed):
    problem = odd(random.Random(seed), requests=5, priced=True)
    plan = solve(problem, replace(QUICK, steps=60))
    price_of = timed_price(problem)
    tours = [price_of(tour.car, [visit.node or -1 for visit in tour.visits]) for tour in plan.tours]
    assert plan.cost - plan.costs["unserved"] == pytest.approx(sum(tours), abs=1e-3)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_times_at_once_cost_no_more_than_the_search_priced(seed):
    problem = odd(random.Random(seed), requests=5, priced=True)
    run = searched(problem, 60)
    run.insist_on_rests()
    known = {}
    plan = plan_of(problem, run.prepared, run.best, exact=False, known=known)
    assert check_plan(problem, proposal_of(plan)) == []
    # Less where the search kept somebody aboard for nothing.
    assert sum(plan.costs.values()) - plan.costs["unserved"] <= run.best.money[:, arrays.COST].sum() + 1e-6
    assert plan_of(problem, run.prepared, run.best, exact=False, known=known) == plan


def test_five_requests_reach_the_optimum():
    problem = published(7, 5, 1, horizon=240.0, width=10.0)
    assert rank(problem, solve(problem, QUICK)) == pytest.approx(cheapest(problem, distance_price(problem)), abs=1e-6)


@given(SEEDS, st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_plan_passes_the_checker(seed, priced, by_hour):
    problem = odd(random.Random(seed), requests=5, cars=2, priced=priced, by_hour=by_hour)
    plan = solve(problem, replace(QUICK, steps=60))
    assert check_plan(problem, proposal_of(plan)) == []
    for reason in explain(problem, plan):
        assert str(reason)


def test_larger_days_pass_the_checker_and_say_what_they_cost():
    problem = published(3, 40, 5)
    seen = []
    plan = solve(problem, Effort(seconds=None, steps=600), progress=lambda share, cost: seen.append((share, cost)))
    assert check_plan(problem, proposal_of(plan)) == []
    assert seen[-1] == (1.0, pytest.approx(plan.cost))
    assert sorted(seen, key=lambda one: -one[1]) == seen


def test_the_same_seed_and_steps_give_the_same_plan():
    problem = published(5, 20, 3)
    one, other, third = (solve(problem, Effort(seconds=None, steps=300, seed=seed)) for seed in (1, 1, 2))
    assert one.tours == other.tours
    assert one.steps == 300
    assert third.tours != one.tours or third.cost == pytest.approx(one.cost)


def test_what_is_remembered_is_what_would_be_worked_out(monkeypatch):
    problem = published(5, 20, 3)
    known = solve(problem, Effort(seconds=None, steps=300))
    monkeypatch.setattr(solving, "MEMORY", 1)
    assert solve(problem, Effort(seconds=None, steps=300)).tours == known.tours


def test_it_stops_in_time_and_when_asked():
    problem = published(5, 30, 4)
    assert solve(problem, Effort(seconds=0.2)).improvements[-1][0] < 0.6
    assert solve(problem, Effort(seconds=60.0), stop=lambda: True).steps == 0
    assert solve(on_plane([], [], np.zeros((0, 2))), Effort(seconds=5.0)).tours == ()


def one_ride(**about):
    pickup = Stop(0, 100.0, 130.0, 2.0)
    return Request(
        "guest", about.pop("pickup", pickup), about.pop("dropoff", Stop(1)), **{"load": {"seats": 2}, **about}
    )


HOME = Car("van", 2, 2, {"seats": 4}, begin=60.0, until=400.0)


@pytest.mark.parametrize(
    ("request_", "car", "code"),
    [
        (one_ride(load={"wheelchairs": 1}), HOME, "no-room"),
        (one_ride(cars=frozenset()), HOME, "not-allowed"),
        (one_ride(max_ride=5.0), HOME, "own-ride"),
        (one_ride(dropoff=Stop(1, latest=105.0)), HOME, "own-hours"),
        (one_ride(price=5.0), HOME, "price"),
        (one_ride(), replace(HOME, max_duty=20.0), "duty"),
        (one_ride(), replace(HOME, until=110.0), "duty"),
        (one_ride(pickup=Stop(0, 10.0, 20.0)), HOME, "hours"),
    ],
)
def test_whoever_is_not_served_learns_what_binds(request_, car, code):
    if code == "hours":
        car = replace(car, latest_begin=65.0, max_duty=60.0)
    problem = on_plane([request_], [car], [(0, 10), (0, 20), (0, 0)])
    plan = solve(problem, replace(QUICK, steps=20))
    assert plan.unserved == (0,)
    assert explain(problem, plan)[0].code in ({code, "duty"} if code == "hours" else {code})


@pytest.mark.parametrize(
    ("aboard", "waits", "code"),
    [
        ({"alone": True}, {}, "company"),
        ({}, {"alone": True}, "company"),
        ({"load": {"seats": 3}}, {}, "room"),
        ({"load": {"seats": 2, "grams": 5000}}, {"load": {"seats": 2, "grams": 5000}}, "room"),
    ],
)
def test_whoever_meets_somebody_learns_whether_room_or_company_binds(aboard, waits, code):
    """One is on the way when the other has to be fetched."""
    hours = {"pickup": Stop(0, 100.0, 100.0), "dropoff": Stop(1, 110.0, 110.0)}
    rides = [replace(one_ride(**hours, **aboard), name="one"), replace(one_ride(**hours, **waits), name="other")]
    van = replace(HOME, room={"seats": 4, "grams": 8000})
    problem = on_plane(rides, [van], [(0, 10), (0, 20), (0, 0)])
    plan = solve(problem, replace(QUICK, steps=20), start=[[1, 3]])
    assert len(plan.unserved) == 1
    assert [reason.code for reason in explain(problem, plan)] == [code]


def test_whoever_is_late_learns_why():
    late = one_ride(pickup=Stop(0, 0.0, 200.0, due=20.0, late_price=1.0))
    problem = on_plane([late], [HOME], [(0, 10), (0, 20), (0, 0)])
    plan = solve(problem, replace(QUICK, steps=20))
    assert plan.costs["late"] == pytest.approx(50.0)
    assert [reason.code for reason in explain(problem, plan)] == ["late-shift"]


def test_waiting_is_placed_where_it_costs_least():
    """The crew starts late rather than waits on duty, and picks the guest up so that they do not sit in the car."""
    guest = one_ride(pickup=Stop(0, 0.0, 300.0), dropoff=Stop(1, 200.0, 210.0), ride_price=1.0)
    car = replace(HOME, begin=0.0, per_minute=0.5)
    plan = solve(on_plane([guest], [car], [(0, 10), (0, 20), (0, 0)]), replace(QUICK, steps=20))
    (tour,) = plan.tours
    assert (tour.begin, tour.end) == pytest.approx((180.0, 220.0), abs=1e-3)
    assert [visit.begin for visit in tour.visits] == pytest.approx([190.0, 200.0], abs=1e-3)


def test_crews_rest_where_they_are():
    car = replace(HOME, breaks=(Break(110.0, 140.0, 30.0),))
    rides = [one_ride(), replace(one_ride(pickup=Stop(1, 150.0, 200.0), dropoff=Stop(0)), name="back")]
    problem = on_plane(rides, [car], [(0, 10), (0, 20), (0, 0)])
    plan = solve(problem, replace(QUICK, steps=30))
    assert [visit.node for visit in plan.tours[0].visits] == [1, 3, None, 2, 4]
    assert plan.cost == pytest.approx(10 + 10 + 0 + 10 + 10)


@pytest.mark.parametrize(
    "broken",
    [
        one_ride(pickup=Stop(9)),
        one_ride(pickup=Stop(0, 10.0, 5.0)),
        one_ride(pickup=Stop(0, float("nan"))),
        one_ride(max_ride=-1.0),
        one_ride(load={"seats": -1}),
        one_ride(price=float("inf")),
    ],
)
def test_what_makes_no_sense_is_refused(broken):
    with pytest.raises(Impossible, match="request guest"):
        check_problem(on_plane([broken], [HOME], [(0, 10), (0, 20), (0, 0)]))


def searched(problem, steps=3000):
    run = Search(problem, prepare(problem), Effort(seconds=None, steps=steps), 0.0)
    run.begin(None)
    run.exhaust()
    return run


def stops_of(pool, entry):
    return pool.stops[pool.begin[entry] : pool.begin[entry] + pool.size[entry]].tolist()


def test_a_mixture_prices_guests_so_that_no_tour_in_it_costs_less_than_it_is_worth():
    run = searched(published(3, 40, 5))
    case, pool, mixture = run.case, run.pool, run.mixture
    assert mixture.solve(np.inf)
    assert mixture.cost <= run.cost + 1e-6
    assert mixture.reduced()[mixture.entries].min() > -1e-6
    worth = mixture.worth.sum() + mixture.kinds @ np.bincount(case.kind)
    assert worth == pytest.approx(mixture.cost)  # strong duality
    assert len(mixture.shown())
    for entry in range(int(pool.count[0])):  # whatever pricing found can be driven and costs what it says
        car = int(pool.car[entry])
        assert run.take(run.trial, car, stops_of(pool, entry))
        assert run.trial.money[car, arrays.COST] == pytest.approx(pool.cost[entry])
    assert not mixture.solve(0.0)


def test_what_the_search_knows_of_its_plan_is_true():
    """After tours of the mixture were put into it as well."""
    run = searched(published(4, 40, 5))
    assert len(run.guests)
    for tours, total in ((run.now, run.totals[0]), (run.best, run.totals[1])):
        cars = {
            stop: car for car in range(run.case.cars) for stop in tours.stop[car, 0, 1 : tours.size[car] + 1].tolist()
        }
        served = {i: int(car) for i, car in enumerate(tours.car) if car >= 0}
        assert cars == served | {i + 40: car for i, car in served.items()}
        assert total == pytest.approx(tours.money[:, arrays.COST].sum() + run.case.request[tours.car < 0, 0].sum())


@pytest.mark.parametrize("aboard", [(0.0, 0, 0.0), (1.0, 4, 0.2)])
def test_tails_are_exchanged_and_everybody_keeps_a_seat(monkeypatch, aboard):
    """Without taking out anybody but those who are aboard, so that whatever changes does so by that."""
    problem = published(6, 30, 5)
    run = searched(problem, 200)
    served, names = run.best.car >= 0, run.now.name.copy()
    monkeypatch.setattr(solving, "TAILS", (1.0, 1.0, 0.5, *aboard))
    monkeypatch.setattr(solving, "GUESTS", 0.0)
    run.effort = replace(run.effort, steps=400)
    run.advance(0.0)
    assert served.all()
    assert set(run.now.name.tolist()) - set(names.tolist())
    assert check_plan(problem, proposal_of(plan_of(problem, run.prepared, run.now))) == []
    assert (run.now.car >= 0).all()
    assert run.totals[0] == pytest.approx(run.total(run.now))


def test_a_day_too_large_to_be_mixed_is_searched_all_the_same(monkeypatch):
    monkeypatch.setattr(Mixture, "solve", lambda mixture, seconds: False)
    run = searched(published(3, 40, 5), 600)
    assert run.next_mix == np.inf
    assert run.steps == 600


def test_a_full_pool_keeps_what_is_in_the_mixture(monkeypatch):
    run = searched(published(3, 40, 5), 1500)
    pool, mixture = run.pool, run.mixture
    before = [stops_of(pool, entry) for entry in mixture.entries.tolist()]
    full = int(pool.count[0])
    monkeypatch.setattr(solving, "POOL_TOURS", 4)
    run.make_room(mixture)
    assert pool.count[0] < full
    assert [stops_of(pool, entry) for entry in mixture.entries.tolist()] == before
    monkeypatch.setattr(partitioning, "MOST", 30)
    cost = mixture.cost
    mixture.grow()
    assert len(mixture.entries) < len(before)
    assert mixture.solve(np.inf)
    assert cost - 1 < mixture.cost < cost + 1e-6  # what it lost was worth nothing, and cheaper tours came in


def everything_of(tours, car):
    """What is known of a tour: stops, legs, times, loads, costs, name."""
    size = int(tours.size[car]) + 2
    legs, times = tours.line[car, :2, : size - 1], tours.line[car, 2:, :size]
    parts = [tours.stop[car, :, :size], legs, times, tours.aboard[car, :, :size], tours.money[car], tours.position]
    return [part.astype(float).copy() for part in parts], tours.name[car]


@pytest.mark.parametrize(
    "problem",
    [
        published(9, 16, 3),
        odd(random.Random(4), 5, priced=True),
        odd(random.Random(9), 5, by_hour=True),
        with_ways_round(4, 5),
    ],
    ids=["published", "priced", "by hour", "ways round"],
)
def test_a_tour_with_one_more_guest_is_as_if_laid_out_anew(problem):
    run = Search(problem, prepare(problem), replace(QUICK, steps=40), 0.0)
    run.begin(None)
    run.exhaust()
    case, trial, tried = run.case, run.trial, 0
    for request in range(case.requests):
        for car in (car for car in range(case.cars) if car != run.now.car[request]):
            arrays.copy_plan(run.now, trial)
            price = (
                fit_in(case, trial, car, request, run.scratch, False) if case.fits[request, case.kind[car]] else np.inf
            )
            if price == np.inf:
                continue
            tried += 1
            before = trial.money[car, arrays.COST]
            assert fit_in(case, trial, car, request, run.scratch, True) == price
            parts, name = everything_of(trial, car)
            assert trial.money[car, arrays.COST] == pytest.approx(before + price)
            assert refresh(case, trial, car, run.scratch)
            anew, name_anew = everything_of(trial, car)
            assert name == name_anew
            for part, other in zip(parts, anew, strict=True):
                assert part == pytest.approx(other, abs=1e-6)
    assert tried


def test_a_mixture_knows_what_another_car_costs():
    problem = published(3, 30, 4)
    requests = [replace(one, car=str(i % 4 + 1), change_price=3.0) for i, one in enumerate(problem.requests)]
    run = searched(replace(problem, requests=requests), 1200)
    entries = np.arange(int(run.pool.count[0]))
    columns = partitioning.columns_of(run.case, run.pool, entries)
    for entry in entries.tolist():
        away = [stop for stop in stops_of(run.pool, entry) if stop < 30 and stop % 4 != run.pool.car[entry]]
        assert columns.cost[entry] == pytest.approx(run.pool.cost[entry] + 3.0 * len(away))
    assert run.mixture.cost <= run.cost + 1e-6
