"""How planning grows with the day: the demo district's rides, from 100 to 5,000.

``python -m bench.dispatch_growth [--rides 100 200 …] [--seconds S]`` plans each day for S seconds and says after how
many it was within 2 % of what it ended at, and what the tiers of mending take.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace

from sarangbang.demo.days import gangnam_day
from sarangbang.dispatch.benching import proposal_of
from sarangbang.dispatch.checking import check_plan
from sarangbang.dispatch.mending.moments import ChangePrices, Moment
from sarangbang.dispatch.mending.replanning import replan
from sarangbang.dispatch.model import Plan, Problem
from sarangbang.dispatch.solving import Effort, ready, solve

WITHIN = 1.02
NOON = 720.0
PRICES = ChangePrices(other_car=20_000.0, moved_minute=500.0, other_tour=5_000.0, overdue_minute=50_000.0)  # in won


def grow(rides: int, seconds: float) -> dict[str, object]:
    """One row of the table."""
    problem = gangnam_day(rides)
    began, spent = time.perf_counter(), time.process_time()
    plan = solve(problem, Effort(seconds=seconds))
    wall, processor = time.perf_counter() - began, time.process_time() - spent
    end = plan.improvements[-1][1]
    near = next(when for when, cost in plan.improvements if cost <= end * WITHIN)
    legal = check_plan(problem, proposal_of(plan)) == []
    row = {"rides": rides, "cars": len(problem.cars), "cost": round(plan.cost), "unserved": len(plan.unserved)}
    return {
        **row,
        "legal": legal,
        "within": round(near, 2),
        "wall": round(wall, 2),
        "cpu": round(processor, 2),
        "steps": plan.steps,
    }


def mend(problem: Problem, plan: Plan, times: int) -> dict[str, float]:
    """Milliseconds from the news to the whole answer, what changed for whom included, when one guest after the other is
    late: up to tier two of the processor and by the clock, all tiers by the clock."""
    begins = {visit.node: visit.begin for tour in plan.tours for visit in tour.visits if visit.node}
    guests = [i for i in range(len(problem.requests)) if begins.get(i + 1, 0) > NOON][:times]
    moment = Moment(NOON, {node: begin for node, begin in begins.items() if begin <= NOON})
    processor, clock, whole, served = [], [], [], 0
    for i in guests:
        request = problem.requests[i]
        pickup = replace(request.pickup, earliest=begins[i + 1] + 45, latest=begins[i + 1] + 120)
        dropoff = replace(request.dropoff, latest=request.dropoff.latest + 180)
        late = [*problem.requests]
        late[i] = replace(request, pickup=pickup, dropoff=dropoff)
        day = replace(problem, requests=late)
        began, spent = time.perf_counter(), time.process_time()
        done = replan(day, plan, moment, prices=PRICES, tiers=2)
        processor.append(1000 * (time.process_time() - spent))
        clock.append(1000 * (time.perf_counter() - began))
        served += i not in done.plan.unserved
        began = time.perf_counter()
        replan(day, plan, moment, prices=PRICES)
        whole.append(1000 * (time.perf_counter() - began))
    return {
        "guests": len(guests),
        "served by tier two": served,
        **{
            f"tier two, {name}, {which}": round(sorted(found)[place], 1)
            for name, found in (("processor", processor), ("clock", clock))
            for which, place in (("middle", len(found) // 2), ("p99", -1 - len(found) // 100))
        },
        "tier two, first": round(processor[0], 1),
        "all, middle": round(sorted(whole)[len(whole) // 2]),
        "all, worst": round(max(whole)),
    }


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rides", type=int, nargs="+", default=[100, 200, 1000, 5000])
    words.add_argument("--seconds", type=float, default=60.0)
    words.add_argument("--mend", type=int, default=0, help="Mend a day of that many rides instead.")
    asked = words.parse_args()
    ready()
    if asked.mend:
        problem = gangnam_day(asked.mend)
        print(json.dumps(mend(problem, solve(problem, Effort(seconds=asked.seconds)), 100)))
        return
    for rides in asked.rides:
        print(json.dumps(grow(rides, asked.seconds)), flush=True)


if __name__ == "__main__":
    main()
