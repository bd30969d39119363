"""What a mended day means for whom: changes, reasons, and who has to agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sarangbang.dispatch.interpreting.why import explain
from sarangbang.dispatch.model import INF

from .facts import Facts
from .model import Agreement, Appointment, Carried, JobChange, Moved, Proposal, RideChange, Unmended
from .rides import same
from .search import Outcome, Search

ASKED = 5.0
"""Minutes by which the pick-up of a guest who is not late may move without asking them."""


def proposal(search: Search, seconds: float) -> Proposal:
    """The best outcome of a search in words."""
    found, best = search.facts, search.best
    carried = _carried(search, best)
    rides = tuple(_rides(found, best, carried))
    moved = (*found.moved, *_moved(search, best))
    jobs = tuple(_jobs(search, best))
    times = {key: (one.start, one.end) for key, one in found.appointments.items()}
    times |= {key: (slot.start, slot.end) for key, slot in best.choice.slots.items()}
    return Proposal(
        rides=rides,
        jobs=jobs,
        moved=moved,
        unmended=tuple(_unmended(search, best)),
        agreements=tuple(dict.fromkeys(_agreements(found, rides, jobs, moved))),
        costs=_costs(search, best),
        carried=carried,
        assigned=dict(best.crew.assigned),
        times=times,
        seconds=seconds,
    )


def _carried(search: Search, best: Outcome) -> dict[str, Carried]:
    situation = search.facts.situation
    over = {name: situation.carried[name] for name in situation.arrived}
    return {**best.fleet.carried, **over}


def _rides(found: Facts, best: Outcome, carried: Mapping[str, Carried]) -> Iterator[RideChange]:
    before = found.situation.carried
    causes = {name: found.hit[f"ride {name}"] for name in {*before, *carried} if f"ride {name}" in found.hit}
    for key in best.choice.slots:
        one = found.appointments[key]
        causes |= {name: found.hit.get(f"appointment {key}", key) for name in (one.to, one.back) if name}
    cars: dict[str, str] = {}
    for name, cause in causes.items():
        for plan in (before, carried):
            if name in plan:
                cars.setdefault(plan[name].car, cause)
    for name in sorted({*before, *carried}):
        old, new = before.get(name), carried.get(name)
        if old is not None and new is not None and same(old, new):
            continue
        if old is None and new is None:
            continue
        both = [each.car for each in (old, new) if each is not None]
        cause = causes.get(name) or next((cars[car] for car in both if car in cars), "")
        yield RideChange(name, old, new, cause)


def _moved(search: Search, best: Outcome) -> Iterator[Moved]:
    for key, slot in sorted(best.choice.slots.items()):
        one = search.facts.appointments[key]
        code = search.codes.get(key, "makes-room")
        because = search.facts.hit.get(f"appointment {key}") or search.facts.hit.get(f"job {one.job}", "")
        yield Moved(key, one.guest, slot.start, slot.end, (one.start, one.end), code, slot.key, because)


def _jobs(search: Search, best: Outcome) -> Iterator[JobChange]:
    found = search.facts
    moves = {found.appointments[key].job: slot for key, slot in best.choice.slots.items()}
    late = {found.appointments[each.appointment].job for each in found.moved if each.appointment in found.appointments}
    before = found.situation.interpreting
    causes = {found.appointments[key].job: found.hit.get(f"appointment {key}", "") for key in best.choice.slots}
    for job in before.jobs:
        old, new = search.jobs.present.get(job.key, ""), best.crew.assigned.get(job.key, "")
        gone = job.key not in {each.key for each in found.day.jobs}
        if gone:
            old = before.present.get(job.key, "")
        if old == new and (not new or job.key not in {*moves, *late}):
            continue
        now = next((each for each in found.day.jobs if each.key == job.key), job)
        slot = moves.get(job.key)
        start, end = (slot.start, slot.end) if slot else (now.start, now.end)
        cause = found.hit.get(f"job {job.key}") or causes.get(job.key, "")
        yield JobChange(job.key, old, new, start, end, cause)


def _costs(search: Search, best: Outcome) -> dict[str, float]:
    prices, found = search.facts.situation.prices, search.facts
    shift = sum(abs(slot.start - found.appointments[key].start) for key, slot in best.choice.slots.items())
    return {
        "appointments": prices.moved_appointment * len(best.choice.slots) + prices.appointment_minute * shift,
        "interpreters": best.crew.cost,
        "rides": best.fleet.cost,
    }


def _unmended(search: Search, best: Outcome) -> Iterator[Unmended]:
    if best.fleet.missing:
        for reason in search.rides.why(best.fleet):
            yield Unmended("ride", reason.request, reason.code, dict(reason.about))
    for key in sorted(best.choice.stuck):
        yield _stuck(search, search.facts.appointments[key])
    if best.crew.missing:
        day = search.jobs.at(best.choice.slots)
        day = replace(day, interpreters=tuple(one for one in day.interpreters if one.key not in search.facts.out))
        for why in explain(day, best.crew.assigned):
            if why.job in best.crew.missing:
                yield Unmended("interpreting", why.job, why.code, dict(why.params))
    for key in sorted(best.crew.broken):
        yield Unmended("interpreting", key, "frozen", {"interpreter": best.crew.assigned[key]})


def _stuck(search: Search, one: Appointment) -> Unmended:
    """Why an appointment is missed and got no other time."""
    found, there = search.facts, search.facts.there(one.key)
    about: dict[str, object] = {"arrives": there} if there > -INF else {}
    ahead = [slot for slot in one.slots if slot.start >= found.now]
    if one.fixed:
        return Unmended("appointment", one.key, "fixed", about)
    if not ahead:
        return Unmended("appointment", one.key, "no-slot", about)
    if not found.movable(one.key):
        return Unmended("appointment", one.key, "promised", about)
    if all(slot.start + one.patience < there for slot in ahead):
        return Unmended("appointment", one.key, "too-late", about | {"last": max(slot.start for slot in ahead)})
    crews = [search.jobs.answer({one.key: slot}) for slot in search.slots.get(one.key, ())]
    code = "no-interpreter" if crews and all(one.job in crew.missing for crew in crews) else "no-ride"
    return Unmended("appointment", one.key, code, about)


def _agreements(
    found: Facts, rides: tuple[RideChange, ...], jobs: tuple[JobChange, ...], moved: tuple[Moved, ...]
) -> Iterator[Agreement]:
    for each in moved:
        fact = each.code == "clinic-late"
        one = found.appointments.get(each.appointment)
        if not fact:
            yield Agreement("clinic", one.clinic if one else "", "appointment", each.appointment, True)
        yield Agreement("guest", each.guest, "appointment", each.appointment, not fact)
    for job in jobs:
        if job.before and job.before != job.after:
            yield Agreement("interpreter", job.before, "job", job.job, False)
        if job.after:
            yield Agreement("interpreter", job.after, "job", job.job, True)
    guests = {name: one.guest for one in found.situation.appointments for name in (one.to, one.back) if name}
    spare = {car.name for car in found.situation.spare}
    for ride in rides:
        hit = f"ride {ride.ride}" in found.hit
        yield Agreement("guest", guests.get(ride.ride, ride.ride), "ride", ride.ride, not hit and _asks(ride))
        for side in (ride.before, ride.after):
            if side is not None:
                yield Agreement("driver", side.car, "ride", ride.ride, side is ride.after and side.car in spare)


def _asks(ride: RideChange) -> bool:
    return ride.after is not None and abs(ride.minutes) > ASKED
