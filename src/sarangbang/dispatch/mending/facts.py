"""What the news makes of a day, before anybody is asked to change anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sarangbang.dispatch.interpreting import Day, Interpreter
from sarangbang.dispatch.interpreting.repair import called_off
from sarangbang.dispatch.model import INF, Car, Problem, Request, Stop

from .asked import check
from .model import (
    Appointment,
    ArrivesLate,
    CarBroken,
    Carried,
    ClinicLate,
    GuestLate,
    InterpreterOut,
    Moved,
    News,
    NoShow,
    Situation,
    Unmendable,
)

OVERDUE_PRICE = 5.0
"""Of a minute by which a guest is fetched too late because their car broke down."""


@dataclass(slots=True)
class Facts:
    """The day after the news. ``rides``: those that are under way or to be carried; ``carried``: of them those that
    have a car as yet; ``hit``: rides, jobs and appointments of the news → what of it. ``arrives``: appointment → when
    the guest can be there at the earliest, where the news says so. ``out``: interpreters who are not counted on."""

    situation: Situation
    rides: dict[str, Request]
    cars: list[Car]
    carried: dict[str, Carried]
    aboard: set[str]
    arrived: set[str]
    day: Day
    appointments: dict[str, Appointment]
    hit: dict[str, str]
    arrives: dict[str, float]
    late: set[str]
    moved: list[Moved]
    out: set[str]

    @property
    def now(self) -> float:
        return self.situation.now

    def minutes(self, when: float, one: int | None, other: int | None) -> float:
        return 0.0 if one is None or other is None else self.situation.rides.minutes(when, one, other)

    def movable(self, key: str) -> bool:
        """Whether a proposal may give this appointment another time: nobody was promised that it stays, the guest is
        not there yet, and no pick-up was promised, unless the guest is late anyway."""
        one = self.appointments[key]
        if one.fixed or not one.slots:
            return False
        if key in self.late:
            return True
        return one.start > self.now and not {one.to, one.back} & (set(self.situation.promised) - self.arrived)

    def windows(self, key: str, start: int, *, late: bool = False) -> dict[str, Request] | None:
        """The rides of an appointment as they are to be when it begins at ``start``; None when that cannot be.
        ``late``: the guest shall be fetched whatever time it is then."""
        one = self.appointments[key]
        going = {one.to: self._to(one, start, late=late)} if self._waits(one.to) else {}
        home = {one.back: self.home(one, start - one.start)} if self._waits(one.back) else {}
        found = going | home
        if any(request.pickup.earliest > request.pickup.latest for request in found.values()):
            return None
        if any(request.dropoff.earliest > request.dropoff.latest for request in found.values()):
            return None
        return found

    def _waits(self, ride: str) -> bool:
        return ride in self.rides and ride not in self.aboard and ride not in self.arrived

    def _to(self, one: Appointment, start: int, *, late: bool) -> Request:
        request, delta = self.rides[one.to], start - one.start
        pickup, dropoff = request.pickup, request.dropoff
        earliest = max(pickup.earliest + min(delta, 0), self.ready(one), self.now)
        latest = max(pickup.latest + delta, earliest + pickup.latest - pickup.earliest)
        direct = pickup.service + self.minutes(earliest, pickup.place, dropoff.place)
        until = INF if late else float(start + one.patience)
        opens = dropoff.earliest if late else max(dropoff.earliest + delta, earliest + direct)
        due = min(dropoff.due + delta, dropoff.latest + delta, float(start - one.early))
        price = max(dropoff.late_price, self.situation.prices.moved_minute)
        dropoff = replace(dropoff, earliest=opens, latest=until, due=due, late_price=price)
        # narrowed as far as the drop-off tells, so that a pick-up that cannot stay is known as such
        latest = min(latest, until - direct)
        earliest = max(earliest, min(latest, opens - request.max_ride - pickup.service))
        ready, due = pickup.ready + min(delta, 0), pickup.due + max(delta, 0)
        pickup = replace(pickup, earliest=earliest, latest=latest, ready=ready, due=due)
        return replace(request, pickup=pickup, dropoff=dropoff)

    def home(self, one: Appointment, delta: int) -> Request:
        """The ride back when the appointment ends ``delta`` minutes later."""
        request = self.rides[one.back]
        pickup, dropoff = request.pickup, request.dropoff
        earliest = max(self.now, pickup.earliest + delta)
        moved = replace(
            pickup,
            earliest=earliest,
            latest=max(earliest, pickup.latest + delta),
            ready=pickup.ready + delta,
            due=pickup.due + delta,
        )
        home = replace(
            dropoff,
            earliest=dropoff.earliest + delta,
            latest=min(dropoff.latest + delta, one.back_by),
            ready=dropoff.ready + delta,
            due=dropoff.due + delta,
        )
        return replace(request, pickup=moved, dropoff=home)

    def ready(self, one: Appointment) -> float:
        """Before this nobody can fetch the guest."""
        lands = self.rides[one.to].pickup.earliest if one.key in self.late and one.to in self.rides else -INF
        return max(one.ready, lands)

    def there(self, key: str) -> float:
        """When the guest can be at the clinic at the earliest, as far as the news and the way alone say."""
        one, known = self.appointments[key], self.arrives.get(key, -INF)
        request = self.rides.get(one.to)
        if request is None or one.to in self.arrived:
            return known
        if one.to in self.aboard:
            return max(known, self.carried[one.to].dropoff)
        leaves = max(self.ready(one), self.now) + request.pickup.service
        return max(known, leaves + self.minutes(leaves, request.pickup.place, request.dropoff.place))


def facts(situation: Situation, news: Iterable[News]) -> Facts:
    """Raises ``Unmendable`` for names that nobody knows and numbers that are none."""
    news = tuple(news)
    check(situation, news)
    requests = {request.name: request for request in situation.rides.requests}
    known = {name for name in requests if name in situation.carried or name in situation.seeking}
    found = Facts(
        situation=situation,
        rides={name: request for name, request in requests.items() if name in known},
        cars=list(situation.rides.cars),
        carried=dict(situation.carried),
        aboard=set(situation.aboard),
        arrived=set(situation.arrived),
        day=_frozen_soon(situation),
        appointments={one.key: one for one in situation.appointments},
        hit={f"ride {name}": name for name in situation.seeking},
        arrives={},
        late=set(),
        moved=[],
        out=set(),
    )
    for one in news:
        _APPLY[type(one)](found, one)
    return found


def _frozen_soon(situation: Situation) -> Day:
    """Jobs that have begun or soon will stay with whom they are."""
    day, until = situation.interpreting, situation.now + situation.freeze_jobs
    people = {one.key for one in day.interpreters}
    soon = {job.key for job in day.jobs if job.start <= until and day.present.get(job.key) in people}
    return replace(day, frozen=day.frozen | soon)


def _of_ride(found: Facts, ride: str) -> Iterable[Appointment]:
    return (one for one in found.appointments.values() if ride and ride in (one.to, one.back))


def _guest_late(found: Facts, news: GuestLate) -> None:
    requests = {request.name: request for request in found.situation.rides.requests}
    for name in news.rides:
        if name in found.aboard | found.arrived:
            continue
        request = found.rides.get(name, requests[name])
        pickup, dropoff = request.pickup, request.dropoff
        wait = news.ready - pickup.earliest
        if wait > 0:
            pickup = replace(
                pickup,
                earliest=news.ready,
                latest=pickup.latest + wait,
                ready=pickup.ready + wait,
                due=pickup.due + wait,
            )
        planned = found.carried[name].pickup if name in found.carried else request.pickup.earliest
        behind = max(0.0, news.ready - planned)
        to = [one for one in _of_ride(found, name) if one.to == name]
        if not to:
            dropoff = replace(dropoff, latest=dropoff.latest + behind, due=dropoff.due + behind)
        found.rides[name] = replace(request, pickup=pickup, dropoff=dropoff)
        found.hit[f"ride {name}"] = name
        for one in to:
            found.late.add(one.key)
            found.hit[f"appointment {one.key}"] = name


def _arrives_late(found: Facts, news: ArrivesLate) -> None:
    one = _appointment(found, news.appointment)
    found.arrives[one.key] = max(news.minute, found.arrives.get(one.key, -INF))
    found.late.add(one.key)
    found.hit[f"appointment {one.key}"] = one.key


def _no_show(found: Facts, news: NoShow) -> None:
    # whoever was called off before stays so
    gone = [found.appointments[key] for key in dict.fromkeys(news.appointments) if key in found.appointments]
    for name in news.rides:
        gone += [one for one in _of_ride(found, name) if one.to == name and one not in gone]
    for name in {*news.rides, *(name for one in gone for name in (one.to, one.back) if name)}:
        if name not in found.aboard | found.arrived:
            found.rides.pop(name, None)
            found.carried.pop(name, None)
            found.hit[f"ride {name}"] = name
    for one in gone:
        found.hit[f"appointment {one.key}"] = one.key
        found.hit[f"job {one.job}"] = one.key
        if one.job:
            found.day = called_off(found.day, one.job)
        del found.appointments[one.key]


def _interpreter_out(found: Facts, news: InterpreterOut) -> None:
    day = found.day
    since = found.now if news.since is None else news.since
    theirs = {job.key for job in day.jobs if day.present.get(job.key) == news.interpreter}
    lost = {job.key for job in day.jobs if job.key in theirs and job.start >= since}
    found.out.add(news.interpreter)
    for key in lost:
        found.hit[f"job {key}"] = news.interpreter
    found.day = replace(
        day,
        interpreters=tuple(_until(one, since) if one.key == news.interpreter else one for one in day.interpreters),
        frozen=(day.frozen - lost) | (theirs - lost),
    )


def _until(one: Interpreter, since: float) -> Interpreter:
    hours = tuple((begins, min(ends, int(since))) for begins, ends in one.hours if begins < int(since))
    return replace(one, hours=hours)


def _car_broken(found: Facts, news: CarBroken) -> None:
    car = next((each for each in found.cars if each.name == news.car), None)
    if car is None:  # it was broken before
        return
    found.cars.remove(car)
    theirs = [name for name, each in found.carried.items() if each.car == news.car]
    place = news.place if news.place is not None else _stands(found, car, theirs)
    for name in theirs:
        carried = found.carried.pop(name)
        if name in found.arrived:
            found.arrived.discard(name)
            found.rides.pop(name, None)
            continue
        found.hit[f"ride {name}"] = news.car
        request = found.rides[name]
        if name in found.aboard:
            found.aboard.discard(name)
            there = Stop(place, found.now, INF, request.pickup.service, due=found.now, late_price=OVERDUE_PRICE)
            after = replace(request.dropoff, latest=INF, due=request.dropoff.latest, late_price=OVERDUE_PRICE)
            found.rides[name] = replace(request, pickup=there, dropoff=after, max_ride=INF, cars=None)
            continue
        due = min(request.pickup.due, request.pickup.latest, carried.pickup)
        late = replace(request.pickup, latest=INF, due=due, late_price=OVERDUE_PRICE)
        after = replace(request.dropoff, latest=INF, due=min(request.dropoff.due, request.dropoff.latest))
        if after.due < INF:
            after = replace(after, late_price=max(after.late_price, OVERDUE_PRICE))
        found.rides[name] = replace(request, pickup=late, dropoff=after)


def _stands(found: Facts, car: Car, theirs: list[str]) -> int | None:
    """Where a car last stopped."""
    last, place = -INF, car.start
    for name in theirs:
        request, carried = found.rides[name], found.carried[name]
        for happened, when, stop in (
            (name in found.aboard | found.arrived, carried.pickup, request.pickup),
            (name in found.arrived, carried.dropoff, request.dropoff),
        ):
            if happened and when >= last and stop.place is not None:
                last, place = when, stop.place
    return place


def _clinic_late(found: Facts, news: ClinicLate) -> None:
    for key in dict.fromkeys(news.appointments):
        one = _appointment(found, key)
        start, end = one.start + news.minutes, one.end + news.minutes
        windows = {}
        if one.back in found.rides and one.back not in found.aboard | found.arrived:
            windows[one.back] = found.home(one, news.minutes)
            found.hit[f"ride {one.back}"] = key
        if one.to in found.rides and one.to not in found.aboard | found.arrived:
            request = found.rides[one.to]
            until = replace(request.dropoff, latest=request.dropoff.latest + news.minutes)
            windows[one.to] = replace(request, dropoff=until)
        found.rides |= windows
        found.moved.append(Moved(key, one.guest, start, end, (one.start, one.end), "clinic-late", because=key))
        found.hit[f"appointment {key}"] = key
        if one.job:
            found.hit[f"job {one.job}"] = key
            jobs = tuple(
                replace(job, start=job.start + news.minutes, end=job.end + news.minutes) if job.key == one.job else job
                for job in found.day.jobs
            )
            found.day = replace(found.day, jobs=jobs)
        found.appointments[key] = replace(one, start=start, end=end)


def _appointment(found: Facts, key: str) -> Appointment:
    if key not in found.appointments:
        raise Unmendable(f"appointment {key!r} was called off")
    return found.appointments[key]


_APPLY: dict[type, Callable[[Facts, Any], None]] = {
    GuestLate: _guest_late,
    ArrivesLate: _arrives_late,
    NoShow: _no_show,
    InterpreterOut: _interpreter_out,
    CarBroken: _car_broken,
    ClinicLate: _clinic_late,
}


def problem_of(found: Facts, requests: Iterable[Request], cars: Iterable[Car]) -> Problem:
    """The rides' day with these requests and cars."""
    return replace(found.situation.rides, requests=list(requests), cars=list(cars))
