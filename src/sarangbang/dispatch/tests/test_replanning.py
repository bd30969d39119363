"""What is promised or under way stays, whatever happens; what comes of it can be driven, and is told."""

import functools
import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.dispatch.benching import proposal_of
from sarangbang.dispatch.checking import check_plan
from sarangbang.dispatch.explaining import explain
from sarangbang.dispatch.mending.moments import ChangePrices, Moment
from sarangbang.dispatch.mending.replanning import Mending, replan
from sarangbang.dispatch.model import INF, Break, Car, Impossible, Plan, Request, Stop, Tour, Visit
from sarangbang.dispatch.solving import Effort, solve

from .making import odd, on_plane, published

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
    BEGINS.update(begins_of(planned()))
    CARS.update(cars_of(planned()))


def begins_of(plan):
    return {visit.node: visit.begin for tour in plan.tours for visit in tour.visits if visit.node}


def cars_of(plan):
    return {node: tour.car for tour in plan.tours for node in tour.nodes}


def with_request(problem, i, **about):
    return replace(
        problem, requests=[*problem.requests[:i], replace(problem.requests[i], **about), *problem.requests[i + 1 :]]
    )


def delayed(problem, i, minutes, begins=None):
    """The guest is there later, and so is everything they go to."""
    request, begin = problem.requests[i], (begins or BEGINS).get(i + 1, problem.requests[i].pickup.earliest)
    pickup = replace(request.pickup, earliest=begin + minutes, latest=begin + minutes + 60)
    dropoff = replace(request.dropoff, latest=request.dropoff.latest + max(0.0, minutes) + 120)
    return with_request(problem, i, pickup=pickup, dropoff=dropoff)


def moment(now, **about):
    executed = {node: begin for node, begin in BEGINS.items() if begin <= now}
    return Moment(now, executed, **about)


@given(st.floats(0, 400), st.integers(0, N - 1), st.floats(5, 120), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
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
    begins, cars = begins_of(done.plan), cars_of(done.plan)
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


def crowded(seed):
    """More guests than two cars can take, for all kinds of reasons."""
    dice = random.Random(seed)
    problem = published(seed, 30, 2, horizon=200.0, ride=30.0, width=8.0)
    requests = [
        replace(
            each,
            pickup=replace(each.pickup, latest=dice.choice((each.pickup.latest, INF))),
            dropoff=replace(each.dropoff, latest=dice.choice((each.dropoff.latest, INF))),
            alone=dice.random() < 0.3,
            load={"seats": dice.choice((1, 3))},
        )
        for each in problem.requests
    ]
    return replace(problem, requests=requests, cars=[replace(problem.cars[0], until=100.0), problem.cars[1]])


def test_a_rule_that_is_lifted_for_one_guest_binds_the_next():
    """Reasons for all together are those for one after the other."""
    told = set()
    for seed in range(6):
        problem = crowded(seed)
        plan = solve(problem, Effort(seconds=None, steps=40))
        together = [reason for reason in explain(problem, plan) if not reason.late]
        assert together == [explain(problem, replace(plan, unserved=(i,)))[0] for i in plan.unserved]
        told |= {reason.code for reason in together}
    assert {"duty", "hours", "room"} <= told


def late(problem, begins, i, dice, now):
    return delayed(problem, i, dice.choice((10.0, 30.0, 90.0)), begins)


def twice_late(problem, begins, i, dice, now):
    other = dice.randrange(len(problem.requests))
    return delayed(delayed(delayed(problem, i, 40.0, begins), i, 20.0, begins), other, 60.0, begins)


def never_comes(problem, begins, i, dice, now):
    return with_request(problem, i, pickup=replace(problem.requests[i].pickup, earliest=INF, latest=INF))


def sooner(problem, begins, i, dice, now):
    return delayed(problem, i, dice.choice((-30.0, -now - 50.0)), begins)


def closes_early(problem, begins, i, dice, now):
    dropoff = problem.requests[i].dropoff
    return with_request(problem, i, dropoff=replace(dropoff, latest=max(dropoff.earliest, now - 20.0)))


def car_stops(problem, begins, i, dice, now):
    k = dice.randrange(len(problem.cars))
    car = problem.cars[k]
    stopped = replace(car, until=max(car.begin, now), latest_begin=INF)
    return replace(problem, cars=[*problem.cars[:k], stopped, *problem.cars[k + 1 :]])


def other_cars_only(problem, begins, i, dice, now):
    return with_request(problem, i, cars=frozenset({dice.choice(problem.cars).name}))


def nothing(problem, begins, i, dice, now):
    return problem


NEWS = [late, twice_late, never_comes, sooner, closes_early, car_stops, other_cars_only, nothing]


def odd_morning(seed, news):
    """A small day with everything in it, how far it has come (crews forget to say things), and news."""
    dice = random.Random(seed)
    problem = odd(dice, dice.randint(2, 7), dice.randint(1, 4), priced=dice.random() < 0.5, by_hour=dice.random() < 0.2)
    plan = solve(problem, Effort(seconds=None, steps=40))
    begins, n, now = begins_of(plan), len(problem.requests), dice.choice((0.0, 50.0, 100.0, 150.0, 200.0, 300.0))
    moment = Moment(
        now,
        {node: begin for node, begin in begins.items() if begin <= now and dice.random() < 0.97},
        {i: (begins[i + 1], 3.0) for i in range(n) if begins.get(i + 1, 0) > now + 25 and dice.random() < 0.3},
        frozenset(k for k in range(len(problem.cars)) if dice.random() < 0.5),
        [replace(problem.cars[0], name="spare", begin=0.0)] * (dice.random() < 0.2),
        dice.choice((25.0, 25.0, 0.0, 1e6)),
    )
    return news(problem, begins, dice.randrange(n), dice, now), plan, moment


@given(st.integers(0, 10**6), st.sampled_from(NEWS))
@settings(max_examples=60, deadline=None)
def test_whatever_the_news_the_answer_can_be_driven(seed, news):
    problem, plan, moment = odd_morning(seed, news)
    mend = Mending(problem, plan, moment, ChangePrices())
    for answer in (mend.keep_order(), mend.put_in_again()):
        faults = check_plan(mend.rest, proposal_of(answer))
        assert all(fault.code == "break" and mend.aboard for fault in faults), faults
    done = replan(problem, plan, moment, steps=20, seconds=60.0)
    check_answer(plan, moment, done, mend)


def check_answer(plan, moment, done, mend):
    n, begins, cars = len(done.problem.requests), begins_of(done.plan), cars_of(done.plan)
    for i in range(n):  # nobody is lost or served twice
        assert (i + 1 in begins or i + 1 in moment.executed) == (i not in done.plan.unserved)
        assert (i + 1 in begins) == (i + 1 + n in begins)
        assert (cars[i + 1] == cars[i + 1 + n]) if i + 1 in begins else i in done.plan.unserved
    assert sum(len(tour.nodes) for tour in done.plan.tours) == len(begins)
    for node, when in moment.executed.items():
        assert begins[node] == when
        assert cars[node] == cars_of(plan)[node]
    for tour in done.plan.tours:
        ahead = [visit.begin for visit in tour.visits if visit.node not in moment.executed and visit.node]
        happened = [visit.begin for visit in tour.visits if visit.node in moment.executed]
        assert all(begin >= moment.now - 1e-6 or begin <= max(happened, default=-INF) for begin in ahead)
        assert all(one.leave <= other.begin + 1e-6 for one, other in zip(tour.visits, tour.visits[1:], strict=False))
        assert math.isfinite(tour.end)
        rests = sum(visit.node is None for visit in tour.visits)
        assert rests <= len(done.problem.cars[tour.car].breaks)
        for visit in tour.visits:  # hours of whatever is neither past, frozen nor aboard
            i = ((visit.node or 1) - 1) % n
            if visit.node and visit.node not in done.frozen[tour.car] and i not in mend.aboard:
                stop = done.problem.stop(visit.node)
                assert stop.earliest - 1e-6 <= visit.begin <= max(stop.latest, moment.now) + 1e-6
    for number, fixed in done.frozen.items():
        assert [node for tour in done.plan.tours if tour.car == number for node in tour.nodes][: len(fixed)] == [*fixed]
    for i, (promise, slack) in moment.promised.items():
        assert i not in cars or i + 1 not in begins or i in mend.delayed or abs(begins[i + 1] - promise) <= slack + 1e-6
    assert {alarm.request for alarm in done.alarms if not alarm.late} == {
        done.problem.requests[i].name for i in done.plan.unserved
    }
    check_told(plan, moment, done)


def check_told(plan, moment, done):
    """Everything that differs is said, and nothing else."""
    n, names = len(done.problem.requests), [request.name for request in done.problem.requests]
    old, new, was, now = begins_of(plan), begins_of(done.plan), cars_of(plan), cars_of(done.plan)
    expected = set()
    for i, name in enumerate(names):
        served, before = i + 1 in new, i + 1 in old
        if served != before:
            expected.add(("served-again" if served else "not-served", name))
        elif served:
            if was[i + 1] != now[i + 1]:
                expected.add(("other-car", name))
            for code, node in (("pick-up-moved", i + 1), ("drop-off-moved", i + 1 + n)):
                if node not in moment.executed and abs(new[node] - old[node]) > 1.0:
                    expected.add((code, name))
    assert {(change.code, change.name) for change in done.changes if change.code != "other-tour"} == expected
    assert all(change.because in {None, *names} for change in done.changes)


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
    assert replan(problem, planned(), moment(0.0, spare=[spare]), tiers=2).plan.unserved  # those are not asked


# A day on a line: one minute is one length.


def line(*rides, cars=1, **about):
    """Rides as (from, to, earliest, latest), served one after the other by cars from 0, three minutes each stop."""
    requests = [
        Request(f"r{i}", Stop(2 * i, since, until, 3.0), Stop(2 * i + 1, service=3.0), {"seats": 1})
        for i, (_from, _to, since, until) in enumerate(rides)
    ]
    points = [(x, 0.0) for one, other, *_hours in rides for x in (one, other)] + [(0.0, 0.0)]
    fleet = [Car(f"c{k}", len(points) - 1, len(points) - 1, {"seats": 4}, until=900.0, **about) for k in range(cars)]
    return on_plane(requests, fleet, points)


def as_planned(problem, *tours):
    """The plan in which each car serves these rides in order, each as early as it can be."""
    made, n = [], len(problem.requests)
    for car, rides in enumerate(tours):
        when, place, visits = problem.cars[car].begin, problem.cars[car].start, []
        for node in [node for i in rides for node in (i + 1, i + 1 + n)]:
            stop = problem.stop(node)
            arrive = when + problem.minutes(when, place, stop.place)
            begin = max(arrive, stop.earliest)
            when, place = begin + stop.service, stop.place
            visits.append(Visit(node, arrive, begin, when))
        if visits:
            begin = visits[0].begin - problem.minutes(0.0, 2 * n, problem.stop(visits[0].node).place)
            made.append(Tour(car, begin, when + problem.minutes(when, place, 2 * n), tuple(visits), 0.0))
    return Plan(tuple(made), (), {})


TWO_SIDES = line((10, 12, 100, 400), (-10, -12, 200, 260), (-11, -13, 150, 300), cars=2)


@pytest.mark.parametrize(
    ("prices", "sent", "moves"),
    [
        (ChangePrices(other_car=1.0), {}, True),
        (ChangePrices(other_car=200.0), {}, False),
        (ChangePrices(other_car=1.0, other_tour=200.0), {0, 1}, False),
        (ChangePrices(other_car=1.0, other_tour=200.0), {}, True),
    ],
    ids=["cheap", "dear", "told", "not-told"],
)
def test_a_change_has_its_price(prices, sent, moves):
    """r1 rides with c0, though c1 passes by anyway: when r0 is late, it may move, if that is worth its price."""
    plan = as_planned(TWO_SIDES, [0, 1], [2])
    pickup = replace(TWO_SIDES.requests[0].pickup, earliest=130.0, due=110.0, late_price=50.0)
    problem = with_request(TWO_SIDES, 0, pickup=pickup)
    done = replan(problem, plan, Moment(0.0, sent=frozenset(sent)), prices=prices, steps=200, seconds=30.0)
    assert ("other-car" in {change.code for change in done.changes if change.name == "r1"}) == moves
    assert all(change.because == "r0" for change in done.changes)


def test_tier_two_puts_in_again_only_whom_the_news_is_about():
    """r0 is there only at 240: too late to fetch r1 afterwards, but not too late afterwards."""
    plan = as_planned(TWO_SIDES, [0, 1], [2])
    problem = with_request(TWO_SIDES, 0, pickup=replace(TWO_SIDES.requests[0].pickup, earliest=240.0))
    problem = replace(problem, cars=[replace(car, breaks=(Break(0.0, 300.0, 5.0),)) for car in problem.cars])
    assert replan(problem, plan, Moment(0.0), tiers=1).plan.unserved == (0,)
    done = replan(problem, plan, Moment(0.0), prices=ChangePrices(other_car=100.0))
    assert done.tier == 2
    assert {(change.code, change.name) for change in done.changes} == {
        ("pick-up-moved", "r0"), ("drop-off-moved", "r0"), ("other-tour", "c0"),
    }  # fmt: skip
    assert [sum(visit.node is None for visit in tour.visits) for tour in done.plan.tours] == [1, 1]


def test_tier_two_looks_for_a_better_place_even_where_the_old_one_is_possible():
    """r0 is there only at 225: r1 could be fetched after that, 55 minutes later than planned."""
    plan, prices = as_planned(TWO_SIDES, [0, 1], [2]), ChangePrices(other_car=100.0, moved_minute=10.0)
    problem = with_request(TWO_SIDES, 0, pickup=replace(TWO_SIDES.requests[0].pickup, earliest=225.0))
    done = [replan(problem, plan, Moment(0.0), prices=prices, tiers=tiers) for tiers in (1, 2)]
    assert [begins_of(each.plan)[2] for each in done] == [pytest.approx(255.0), pytest.approx(200.0)]
    assert [each.tier for each in done] == [1, 2]


def test_who_had_no_car_is_served_again_because_of_themselves():
    plan = replace(as_planned(TWO_SIDES, [0], [2]), unserved=(1,))
    done = replan(TWO_SIDES, plan, Moment(0.0), tiers=2)
    assert {change.code for change in done.changes if change.name == "r1"} == {"served-again"}
    assert {change.because for change in done.changes} == {"r1"}


def test_a_stop_that_took_longer_makes_the_next_one_late():
    """r0 was brought at 190 instead of 105: 25 minutes to r1, who expects c0 at 200. What is over is not told."""
    plan = as_planned(TWO_SIDES, [0, 1], [2])
    done = replan(TWO_SIDES, plan, Moment(191.0, {1: 100.0, 4: 190.0, 3: 150.0, 6: 155.0}, freeze=0.0), tiers=2)
    assert begins_of(done.plan)[2] == pytest.approx(215.0)
    assert {(change.code, change.name) for change in done.changes} == {
        ("pick-up-moved", "r1"), ("drop-off-moved", "r1"),
    }  # fmt: skip
    assert done.plan.tours[0].length == pytest.approx(10 + 2 + 22 + 2 + 12)


def test_whoever_cannot_stay_gives_way_and_nobody_else():
    closes = with_request(TWO_SIDES, 0, dropoff=replace(TWO_SIDES.requests[0].dropoff, latest=90.0))
    assert replan(closes, as_planned(TWO_SIDES, [0, 1], [2]), Moment(0.0), tiers=1).plan.unserved == (0,)


def test_who_was_brought_is_not_late_any_more():
    plan = as_planned(TWO_SIDES, [0, 1], [2])
    done = replan(delayed(TWO_SIDES, 0, 90.0, {1: 100.0}), plan, Moment(120.0, {4: 106.0}), tiers=2)
    assert not done.plan.unserved
    assert begins_of(done.plan)[1] == pytest.approx(100.0)


def test_each_of_two_guests_of_one_car_is_late_because_of_themselves():
    plan = as_planned(TWO_SIDES, [0, 1], [2])
    both = delayed(delayed(TWO_SIDES, 0, 20.0, {1: 100.0}), 1, 20.0, {2: 200.0})
    told = {change.name: change.because for change in replan(both, plan, Moment(0.0), tiers=2).changes}
    assert told == {"r0": "r0", "r1": "r1"}


@pytest.mark.parametrize(("freeze", "car"), [(25.0, 0), (5.0, 1)])
def test_what_is_about_to_happen_stays(freeze, car):
    """c1 comes by r1, whom c0 is to fetch in 24 minutes; nobody is dearer for another car."""
    plan = as_planned(TWO_SIDES, [0, 1], [2])
    pickup = replace(TWO_SIDES.requests[2].pickup, earliest=230.0, due=150.0, late_price=50.0)
    problem, moment = with_request(TWO_SIDES, 2, pickup=pickup), Moment(176.0, {1: 100.0, 4: 105.0}, freeze=freeze)
    done = replan(problem, plan, moment, prices=ChangePrices(0.0, 0.0, 0.0), steps=100, seconds=30.0)
    assert cars_of(done.plan)[2] == car
    assert begins_of(done.plan)[3] >= 230.0


def test_cars_begin_where_and_when_they_are():
    """c1 is at -13 since 299 and free after three minutes: 31 more to r1, who is at 18."""
    problem = line((10, 12, 100, 400), (18, 20, 280, 300), (-11, -13, 150, 300), cars=2)
    plan = as_planned(problem, [0], [2, 1])
    moment = Moment(300.0, {1: 100.0, 4: 105.0, 3: 150.0, 6: 299.0}, freeze=0.0)
    pickup = replace(problem.requests[1].pickup, earliest=300.0, latest=400.0)
    only = with_request(problem, 1, pickup=pickup, cars=frozenset({"c1"}))
    assert begins_of(replan(only, plan, moment, tiers=2).plan)[2] == pytest.approx(333.0)
    moment = replace(moment, executed={**moment.executed, 6: 155.0})  # free for long, but not under way: nobody knew
    assert begins_of(replan(only, plan, moment, tiers=2).plan)[2] == pytest.approx(331.0)


def test_a_way_that_was_begun_goes_on():
    """c0 left at 0 for r0, who is 60 away; it is 10, and r2 is late: that is not news for r0, nor for r1 afterwards."""
    problem = line((60, 70, 60, 65), (80, 90, 100, 110), (-11, -13, 150, 300), cars=2)
    plan = as_planned(problem, [0, 1], [2])
    plan = replace(plan, tours=(replace(plan.tours[0], begin=0.0, length=180.0), plan.tours[1]))
    done = replan(delayed(problem, 2, 30.0, {3: 150.0}), plan, Moment(10.0), tiers=2)
    assert {change.name for change in done.changes} <= {"r2", "c1"}
    assert done.plan.tours[0] == plan.tours[0]


def test_guests_aboard_are_brought_within_their_ride_by_their_own_car():
    """60 of 100 minutes are over: there is no time for r1 on the way, though it lies there."""
    problem = with_request(line((0, 70, 0, 10), (10, -40, 100, 130), cars=2), 0, max_ride=100.0)
    plan = as_planned(problem, [0], [1])
    slow = Moment(63.0, {1: 0.0}, freeze=0.0)
    done = replan(with_request(problem, 1, cars=frozenset({"c0"})), plan, slow, steps=50, seconds=30.0)
    begins = begins_of(done.plan)
    assert cars_of(done.plan)[3] == 0
    assert begins[3] - 3.0 <= problem.requests[0].max_ride + 70.0  # it starts where it was: that is the least
    assert begins[3] < begins.get(2, INF)


def test_two_guests_aboard_who_are_late_are_both_brought():
    problem = line((0, 60, 0, 10), (0, -60, 0, 20))
    problem = with_request(with_request(problem, 0, max_ride=70.0), 1, max_ride=70.0)
    problem = with_request(problem, 1, dropoff=replace(problem.requests[1].dropoff, latest=100.0))
    plan = Plan((Tour(0, 0.0, 300.0, tuple(Visit(*each) for each in (
        (1, 0.0, 0.0, 3.0), (2, 3.0, 3.0, 6.0), (3, 66.0, 66.0, 69.0), (4, 189.0, 189.0, 192.0))), 0.0),), (), {})  # fmt: skip
    problem = replace(problem, cars=[replace(problem.cars[0], until=30.0, latest_begin=30.0, max_duty=30.0)])
    done = replan(problem, plan, Moment(10.0, {1: 0.0, 2: 3.0}, freeze=0.0), steps=20, seconds=30.0)
    assert not done.plan.unserved
    assert {alarm.code for alarm in done.alarms} <= {"late", "late-after", "late-shift"}


def test_what_crews_did_otherwise_is_what_happened():
    """The second guest was fetched first, and of the first nobody said that they were fetched."""
    problem = line((5, 50, 0, 400), (10, 60, 0, 400), (20, 70, 0, 400))
    visits = ((1, 5.0, 5.0, 8.0), (2, 13.0, 13.0, 16.0), (3, 26.0, 26.0, 29.0),
              (4, 59.0, 59.0, 62.0), (5, 72.0, 72.0, 75.0), (6, 85.0, 85.0, 88.0))  # fmt: skip
    plan = Plan((Tour(0, 0.0, 200.0, tuple(Visit(*each) for each in visits), 0.0),), (), {})
    done = replan(problem, plan, Moment(30.0, {2: 20.0, 1: 24.0}, freeze=0.0), tiers=2)
    tour = done.plan.tours[0]
    assert [visit.node for visit in tour.visits][:2] == [2, 1]
    assert [visit.begin for visit in tour.visits][:2] == [20.0, 24.0]
    unsaid = replan(problem, plan, Moment(30.0, {3: 28.0}, freeze=0.0), tiers=2).plan.tours[0]
    assert [visit.node for visit in unsaid.visits][:3] == [1, 2, 3]
    assert all(visit.begin <= 28.0 for visit in unsaid.visits[:3])
    brought = replan(problem, plan, Moment(30.0, {1: 24.0, 5: 20.0}, freeze=0.0), tiers=2).plan
    assert brought.tours[0].nodes[:3] == [2, 5, 1]
    assert not brought.unserved


def test_a_break_that_was_had_is_not_had_again_and_duty_goes_on():
    rest = Break(20.0, 60.0, 30.0)
    problem = line((5, 10, 0, 100), (10, 20, 150, 200), breaks=(rest,), max_duty=260.0)
    visits = ((1, 5.0, 5.0, 8.0), (3, 13.0, 13.0, 16.0), (None, 16.0, 20.0, 50.0),
              (2, 50.0, 150.0, 153.0), (4, 163.0, 163.0, 166.0))  # fmt: skip
    plan = Plan((Tour(0, 0.0, 186.0, tuple(Visit(*each) for each in visits), 40.0),), (), {})
    for minutes, served in ((20.0, True), (60.0, True), (140.0, False)):  # home at 286 is more than 260 of duty
        done = replan(delayed(problem, 1, minutes, {2: 150.0}), plan, Moment(80.0, {1: 5.0, 3: 13.0}), tiers=2)
        assert (1 not in done.plan.unserved) == served
        assert sum(visit.node is None for visit in done.plan.tours[0].visits) == 1


def test_who_never_comes_is_named_and_nobody_is_bothered():
    never = with_request(TWO_SIDES, 1, pickup=replace(TWO_SIDES.requests[1].pickup, earliest=INF, latest=INF))
    spare = replace(TWO_SIDES.cars[0], name="spare")
    done = replan(never, as_planned(TWO_SIDES, [0, 1], [2]), Moment(0.0, spare=[spare]))
    assert [(alarm.request, alarm.code) for alarm in done.alarms] == [("r1", "never")]
    assert {change.name for change in done.changes} == {"r1", "c0"}
    assert all(change.because == "r1" for change in done.changes)
    assert len(done.problem.cars) == 2  # a spare car would not help


@pytest.mark.parametrize(
    "asked",
    [
        Moment(math.nan), Moment(INF), Moment(0.0, freeze=-1.0), Moment(0.0, {99: 0.0}), Moment(0.0, {1: math.nan}),
        Moment(0.0, {1: 9.0, 4: 5.0}), Moment(0.0, promised={7: (1.0, 1.0)}), Moment(0.0, promised={0: (INF, 1.0)}),
        Moment(0.0, promised={0: (1.0, -1.0)}), Moment(0.0, sent=frozenset({5})),
        Moment(0.0, spare=[TWO_SIDES.cars[0]]),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(asked):
    with pytest.raises(Impossible):
        replan(TWO_SIDES, as_planned(TWO_SIDES, [0, 1], [2]), asked)


@pytest.mark.parametrize("nodes", [[1], [4, 1], [1, 4, 1], [9, 12], [0, 3]])
def test_a_plan_of_another_day_is_refused(nodes):
    plan = Plan((Tour(0, 0.0, 9.0, tuple(Visit(node, 0.0, 0.0, 0.0) for node in nodes), 0.0),), (), {})
    for wrong in (
        plan,
        replace(as_planned(TWO_SIDES, [0]), tours=(replace(as_planned(TWO_SIDES, [0]).tours[0], car=7),)),
    ):
        with pytest.raises(Impossible):
            replan(TWO_SIDES, wrong, Moment(0.0))


def test_a_day_without_rides_or_cars_is_mended():
    empty = replace(TWO_SIDES, requests=[], cars=[])
    assert replan(empty, Plan((), (), {}), Moment(0.0)).changes == ()
    lone = replan(replace(TWO_SIDES, cars=[]), Plan((), (), {}), Moment(0.0), steps=5)
    assert [alarm.code for alarm in lone.alarms] == ["no-car"] * 3
