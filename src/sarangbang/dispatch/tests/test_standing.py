"""Where cars are that have nothing to do, and what nobody may be asked any more."""

from dataclasses import replace

import pytest

from sarangbang.dispatch.mending.moments import Moment
from sarangbang.dispatch.mending.replanning import replan
from sarangbang.dispatch.model import Break, Plan, Tour, Visit

from .test_replanning import as_planned, begins_of, cars_of, line, with_request


@pytest.mark.parametrize(("now", "begin"), [(145.0, 210.0), (300.0, 330.0)], ids=["on its way home", "at home"])
def test_a_car_that_is_done_went_home(now, begin):
    """c0 brings r0 to 40 and is free at 137; home is 40 away; r1, who is 30 behind home, is new."""
    problem = line((10, 40, 100, 100), (-30, -31, 200, 400))
    plan = replace(as_planned(problem, [0]), unserved=(1,))
    executed = {1: 100.0, 3: 133.0}
    done = replan(problem, plan, Moment(now, executed, freeze=0.0), tiers=2)
    assert begins_of(done.plan)[2] == pytest.approx(max(200.0, now + 30.0 if now > 176 else now + 70.0))
    assert begins_of(done.plan)[2] == pytest.approx(max(200.0, begin + 5.0) if now < 176 else begin)


def test_a_tour_that_is_over_ends_when_the_car_came_home():
    problem = line((10, 40, 100, 100), (-30, -31, 500, 510), cars=2, max_duty=200.0)
    plan = as_planned(problem, [0], [1])
    done = replan(problem, plan, Moment(300.0, {1: 100.0, 3: 133.0}), tiers=2)
    assert done.plan.tours[0].end == pytest.approx(176.0)
    assert done.plan.tours[0].length == pytest.approx(80.0)


def test_a_car_that_did_not_begin_in_time_stands():
    """r0 becomes ready when c1, which is free, may not begin any more."""
    problem = line((10, 12, 100, 120), (10, 12, 400, 420), cars=2)
    plan = replace(as_planned(problem, [0]), unserved=(1,))
    cars = [replace(problem.cars[0], until=130.0), replace(problem.cars[1], latest_begin=60.0)]
    problem = replace(problem, cars=cars)
    done = replan(problem, plan, Moment(110.0, {1: 100.0}), tiers=2)
    assert done.plan.unserved == (1,)
    (alarm,) = done.alarms
    assert alarm.code == "duty"


def test_whose_hours_are_over_is_not_fetched_now():
    """A car that stands where its first guest is could come at this very minute; the guest was to be fetched before."""
    problem = line((10, 12, 100, 120), (10, 12, 300, 320), cars=2)
    problem = replace(problem, cars=[problem.cars[0], replace(problem.cars[1], start=None)])
    plan = replace(as_planned(problem, [1]), unserved=(0,))
    done = replan(problem, plan, Moment(200.0), tiers=2)
    assert done.plan.unserved == (0,)
    assert [alarm.code for alarm in done.alarms] == ["hours"]


def test_a_break_that_was_had_stays_where_it_was():
    """Whatever happened to the last guest of the day, who rides with another car."""
    problem = line((10, 12, 20, 60), (10, 12, 200, 400), (-10, -12, 10, 50), cars=2)
    crew = replace(problem.cars[0], breaks=(Break(30.0, 80.0, 30.0),))
    problem = replace(problem, cars=[crew, problem.cars[1]])
    visits = ((1, 10.0, 20.0, 23.0), (4, 25.0, 25.0, 28.0), (None, 28.0, 30.0, 60.0),
              (2, 62.0, 200.0, 203.0), (5, 205.0, 205.0, 208.0))  # fmt: skip
    other = ((3, 10.0, 10.0, 13.0), (6, 15.0, 15.0, 18.0))
    tours = (
        Tour(0, 10.0, 220.0, tuple(Visit(*each) for each in visits), 24.0),
        Tour(1, 0.0, 30.0, tuple(Visit(*each) for each in other), 24.0),
    )
    moment = Moment(210.0, {1: 20.0, 4: 25.0, 2: 200.0, 3: 10.0, 6: 15.0})
    done = replan(problem, Plan(tours, (), {}), moment, tiers=2)
    assert [visit.node for visit in done.plan.tours[0].visits] == [1, 4, None, 2, 5]


@pytest.mark.parametrize("number", [0, 1])
def test_a_crew_that_stood_without_all_its_breaks_gets_nobody(number):
    """It is 120 and c1 stood so far: there is no time for both of its breaks before they are over. Where another car may
    come it does, though it is dearer."""
    problem = line((10, 12, 100, 100), (-10, -12, 200, 260), cars=2)
    breaks = (Break(60.0, 125.0, 30.0), Break(90.0, 122.0, 30.0))
    crew = replace(problem.cars[1], breaks=breaks if number else breaks[::-1])
    problem = with_request(replace(problem, cars=[problem.cars[0], crew]), 1, cars=frozenset({"c1"}))
    plan = replace(as_planned(problem, [0]), unserved=(1,))
    moment = Moment(120.0, {1: 100.0, 3: 105.0})
    done = replan(problem, plan, moment, tiers=2)
    assert done.plan.unserved == (1,)
    assert [alarm.code for alarm in done.alarms] == ["break"]
    cars = [problem.cars[0], replace(crew, per_length=0.1)]
    anybody = replace(with_request(problem, 1, cars=None), cars=cars)
    done = replan(anybody, plan, moment, tiers=2)
    assert not done.plan.unserved
    assert cars_of(done.plan)[2] == 0
