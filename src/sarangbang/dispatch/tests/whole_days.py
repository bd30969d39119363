"""Whole days for tests and measuring: appointments with interpreters and the cars that bring the guests."""

import random
from dataclasses import replace

import numpy as np

from sarangbang.dispatch.interpreting.days import make_day
from sarangbang.dispatch.interpreting.plan import plan_day
from sarangbang.dispatch.mending.model import Appointment, Carried, Situation, Slot
from sarangbang.dispatch.model import Car, Problem, Request, Stop
from sarangbang.dispatch.solving import Effort, solve


def whole_day(jobs, people, rides, cars, *, seed, now=600.0, offers=6, effort=None, **about):
    """A planned day: of ``jobs`` interpreted appointments some come and go with one of ``rides`` rides."""
    dice = random.Random(seed)
    day = make_day(jobs, people, seed=seed)
    day = replace(day, present=plan_day(day, seconds=20.0, seed=seed, rounds=12).assigned)
    rows = {name: n for n, name in enumerate(day.places)}
    hotels = [name for name in day.places if name.startswith("home")]
    table = np.array(day.travel["car"], float)
    on_site = [job for job in day.jobs if job.place]
    dice.shuffle(on_site)
    requests, appointments = [], []
    for number, job in enumerate(on_site):
        hotel, to, back = rows[dice.choice(hotels)], "", ""
        clinic, seats = rows[job.place], {"seats": dice.randint(1, 2)}
        if len(requests) < rides:
            to = f"to {number}"
            until = Stop(clinic, job.start - 40.0, job.start - 10.0, 2.0)
            requests.append(Request(to, Stop(hotel, job.start - 120.0, job.start, 3.0), until, seats, 50.0))
        if len(requests) < rides:
            back = f"back {number}"
            leaves = Stop(clinic, job.end + 5.0, job.end + 45.0, 3.0)
            requests.append(Request(back, leaves, Stop(hotel, service=2.0), seats, 50.0))
        starts = sorted(dice.sample(range(540, 1080, 15), offers))
        slots = tuple(Slot(s, s + job.end - job.start, f"{job.place} {s}") for s in starts)
        appointments.append(
            Appointment(f"a{number}", job.guest, job.start, job.end, job.place, job.key, to, back, slots, 5)
        )
    fleet = [
        Car(f"car {k}", None, None, {"seats": 4}, 420.0, 1200.0, 1320.0, per_length=1.0, per_minute=0.2)
        for k in range(cars)
    ]
    problem = Problem(requests, fleet, table, table[None])
    plan = solve(problem, effort or Effort(seconds=None, steps=300))
    return Situation(
        now, problem, carried_by(problem, plan), day, tuple(appointments), **so_far(problem, plan, now), **about
    )


def carried_by(problem, plan):
    count = len(problem.requests)
    begins = {visit.node: visit.begin for tour in plan.tours for visit in tour.visits if visit.node}
    return {
        problem.requests[node - 1].name: Carried(problem.cars[tour.car].name, begins[node], begins[node + count])
        for tour in plan.tours
        for node in tour.nodes
        if node <= count
    }


def so_far(problem, plan, now):
    """What has happened when all went as planned."""
    carried = carried_by(problem, plan)
    over = frozenset(name for name, each in carried.items() if each.dropoff <= now)
    aboard = frozenset(name for name, each in carried.items() if each.pickup <= now) - over
    return {"aboard": aboard, "arrived": over}
