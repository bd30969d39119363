"""A day of interpreting as plain arrays, in the order in which the inner loops read it.

Jobs are numbered by start, so that a row of job numbers in order is a row in time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from .model import QUARTER, Day, Interpreter, Job, Mode, Unfit

NOBODY = -1
NOWHERE = -1
FOREVER = 10_000_000
"""Minutes: later than any day."""
MOST_QUARTERS = 48
"""Twelve hours: more than anybody interprets in a day."""
PINNED = 1 << 50
"""What a frozen assignment is worth: more than everything else together."""
MOST_WEIGHT, MOST_PRIORITIES = 1 << 60, 32
"""Of all jobs together, in true weights; and how many priorities there may be."""


class Table(NamedTuple):
    """What is asked for; never changed by the search. ``i`` counts interpreters, ``j`` jobs."""

    start: np.ndarray  # j → minute
    end: np.ndarray
    place: np.ndarray  # j → place, NOWHERE for a call
    quarters: np.ndarray  # j → quarter hours begun
    weight: np.ndarray  # j → so that one job outweighs all of lower priority together
    before: np.ndarray  # j → the same guest's job before it, or -1
    kept: np.ndarray  # j → interpreter of the present plan, or NOBODY
    frozen: np.ndarray  # j → interpreter who keeps it whatever happens, or NOBODY
    can: np.ndarray  # i × j → skills, hours and mode are right
    unmet: np.ndarray  # i × j → wishes not met, the known face aside
    strange: np.ndarray  # i × j → the wish for a known face is not met by i alone
    home: np.ndarray  # i → place
    transport: np.ndarray  # i → table of travel
    roams: np.ndarray  # i → takes calls anywhere
    cap: np.ndarray  # i → quarter hours that may still be worked today
    pause: np.ndarray  # i × (minutes, earliest, latest), minutes 0 without one
    unfair: np.ndarray  # i × quarter hours → price of so much work today
    travel: np.ndarray  # transport × place × place → minutes
    slack: np.ndarray  # one number: minutes
    bench: np.ndarray  # rows of room to work in, since the inner loops make no arrays: see below
    spare: np.ndarray  # room for whole days


# Whose row of ``Table.bench`` is which; a function and those that it calls never share one.
SPOTS, OTHERS, COST, AFTER = range(4)  # way
CAME_BY, CAME_AT, LINE, TRIAL = range(4, 8)  # rehouse
WHOM, WHAT, GIVES, CARRIED = range(8, 12)  # carry_out
FITTING, FITTEST, VALUE, GAIN, MOST_GAIN = range(12, 17)  # place
MINE, THEIRS, NEW_MINE, NEW_THEIRS, NEW, OLD = range(17, 23)  # trade
WHOLE, PATH = range(23, 25)  # prices
SHORTER, CROWD, INSIDE, FREE, EARNS, OPEN, ROW, AT, AHEAD, SIZES, TOTAL, RECORD = range(25, 37)  # days planned anew
EARNED, LATER = range(37, 39)  # days listed
SPARES = 39  # hours counted
LEFT_ALONE = 40  # dive
ROWS, LEAST_ROOM = 41, 64


def room(people: int, jobs: int) -> tuple[np.ndarray, np.ndarray]:
    """``bench`` and ``spare`` of a table."""
    return np.zeros((ROWS, max(people, jobs, LEAST_ROOM) + 2), np.int64), np.zeros(
        (max(jobs, LEAST_ROOM), LEAST_ROOM), np.int64
    )


def order(day: Day) -> list[Job]:
    """The jobs in the order of their numbers."""
    return sorted(day.jobs, key=lambda job: (job.start, job.end, job.key))


def check(day: Day) -> None:
    """Raises ``Unfit`` where the day contradicts itself."""
    for trouble in _troubles(day):
        raise Unfit(trouble)


def _troubles(day: Day) -> Iterator[str]:
    for what, keys in (
        ("job", [job.key for job in day.jobs]),
        ("interpreter", [one.key for one in day.interpreters]),
        ("place", list(day.places)),
    ):
        yield from (f"{what} {key!r}: named twice" for key, count in Counter(keys).items() if count > 1)
    places, people = set(day.places), {one.key for one in day.interpreters}
    if not 0 <= day.slack < FOREVER:
        yield "slack: not between 0 and a day"
    for name, table in day.travel.items():
        if len(table) != len(day.places) or any(len(row) != len(day.places) for row in table):
            yield f"travel {name!r}: not one row and one column per place"
        elif any(not 0 <= minutes < FOREVER for row in table for minutes in row):
            yield f"travel {name!r}: minutes below 0 or out of all proportion"
    for job in day.jobs:
        yield from _job_troubles(job, places)
    for one in day.interpreters:
        yield from _person_troubles(one, day, places)
    yield from _plan_troubles(day, people)


def _job_troubles(job: Job, places: set[str]) -> Iterator[str]:
    where = f"job {job.key!r}"
    if not -FOREVER < job.start < job.end < FOREVER:
        yield f"{where}: ends before it begins, or out of all proportion"
    if job.end - job.start > MOST_QUARTERS * QUARTER:
        yield f"{where}: longer than twelve hours"
    if job.mode is Mode.ON_SITE and job.place not in places:
        yield f"{where}: unknown place {job.place!r}"
    if job.sex_required and not job.sex:
        yield f"{where}: requires a sex without saying which"


def _person_troubles(one: Interpreter, day: Day, places: set[str]) -> Iterator[str]:
    where = f"interpreter {one.key!r}"
    if one.home not in places:
        yield f"{where}: unknown home {one.home!r}"
    if one.transport not in day.travel:
        yield f"{where}: no travel times for {one.transport!r}"
    if any(begins >= ends for begins, ends in one.hours):
        yield f"{where}: hours end before they begin"
    if one.pause and not 0 < one.pause.minutes <= one.pause.latest - one.pause.earliest:
        yield f"{where}: the break does not fit between its earliest and latest minute"
    if one.agreed_minutes <= 0 or one.recent_minutes < 0:
        yield f"{where}: agreed minutes above 0, recent minutes not below 0"


def _plan_troubles(day: Day, people: set[str]) -> Iterator[str]:
    jobs = {job.key for job in day.jobs}
    for key, who in day.present.items():
        if key not in jobs:
            yield f"present: unknown job {key!r}"
        if key in day.frozen and who not in people:
            yield f"frozen: job {key!r} is with {who!r}, who is not among the interpreters"
    yield from (f"frozen: job {key!r} is with nobody" for key in sorted(day.frozen - set(day.present)))


def fits_hours(job: Job, one: Interpreter) -> bool:
    return any(begins <= job.start and job.end <= ends for begins, ends in one.hours)


def lacks(job: Job, one: Interpreter) -> Iterator[str]:
    """What an interpreter lacks for a job, whatever else they have to do: codes, the most lasting first."""
    if job.language not in one.languages:
        yield "language"
    elif one.languages[job.language] < job.level:
        yield "level"
    if job.sex_required and one.sex != job.sex:
        yield "sex"
    if one.key in job.barred:
        yield "barred"
    if job.certificate and job.certificate not in one.certificates:
        yield "certificate"
    if one.fields and job.field and job.field not in one.fields:
        yield "field"
    if job.mode not in one.modes:
        yield "mode"
    if not fits_hours(job, one):
        yield "hours"


def weights(priorities: Iterable[int]) -> dict[int, int]:
    """What a job of each priority weighs, so that one outweighs all of the priorities below it together."""
    result, below = {}, 0
    for priority, count in sorted(Counter(priorities).items(), reverse=True):
        result[priority] = below + 1
        below += count * (below + 1)
        if below > MOST_WEIGHT or len(result) > MOST_PRIORITIES:
            raise Unfit("priorities: too many of them for so many jobs")
    return result


def build(day: Day, *, counting: bool = False) -> Table:
    """The day as arrays. With ``counting`` every job weighs the same. Raises ``Unfit``."""
    check(day)
    jobs = order(day)
    people = {one.key: number for number, one in enumerate(day.interpreters)}
    places = {name: number for number, name in enumerate(day.places)}
    names = sorted(day.travel)
    weight = weights(1 if counting else job.priority for job in jobs)
    can, unmet, strange = _skills(jobs, day.interpreters)
    before = _before(jobs)
    for number, job in enumerate(jobs):
        if not job.same_face or (before[number] < 0 and not job.known):
            strange[:, number] = 0
    frozen = [people[day.present[job.key]] if job.key in day.frozen else NOBODY for job in jobs]
    for number, who in enumerate(frozen):
        if who != NOBODY:
            can[:, number] = 0
            can[who, number] = 1
    bench, spare = room(len(people), len(jobs))
    travel = np.array([day.travel[name] for name in names], np.int64).reshape(len(names), len(places), len(places))
    return Table(
        start=_ints(job.start for job in jobs),
        end=_ints(job.end for job in jobs),
        place=_ints(places[job.place] if job.mode is Mode.ON_SITE else NOWHERE for job in jobs),
        quarters=_ints(_quarters(job.end - job.start) for job in jobs),
        weight=_ints(weight[1 if counting else job.priority] for job in jobs),
        before=_ints(before),
        kept=_ints(people.get(day.present.get(job.key, ""), NOBODY) for job in jobs),
        frozen=_ints(frozen),
        can=can,
        unmet=unmet,
        strange=strange,
        home=_ints(places[one.home] for one in day.interpreters),
        transport=_ints(names.index(one.transport) for one in day.interpreters),
        roams=_ints(one.calls_anywhere for one in day.interpreters),
        cap=_ints(_cap(one) for one in day.interpreters),
        pause=np.array([_pause(one) for one in day.interpreters], np.int64).reshape(-1, 3),
        unfair=np.array([_unfair(one) for one in day.interpreters], np.int64).reshape(-1, MOST_QUARTERS + 1),
        travel=travel,
        slack=_ints([day.slack]),
        bench=bench,
        spare=spare,
    )


def _ints(values: Iterable[int]) -> np.ndarray:
    return np.array([int(each) for each in values], np.int64)


def _quarters(minutes: int) -> int:
    return -(-minutes // QUARTER)


def _cap(one: Interpreter) -> int:
    least = min((each for each in (one.minutes_left, one.day_minutes) if each is not None), default=FOREVER)
    return min(max(0, least) // QUARTER, MOST_QUARTERS)


def _pause(one: Interpreter) -> tuple[int, int, int]:
    return (one.pause.minutes, one.pause.earliest, one.pause.latest) if one.pause else (0, 0, 0)


def _unfair(one: Interpreter) -> list[int]:
    """Growth of the squared work of four weeks over the agreed hours: least, in sum, when all work their share."""
    recent, agreed = _quarters(one.recent_minutes), max(1, _quarters(one.agreed_minutes))
    return [((recent + more) ** 2 - recent**2) * 16 // agreed for more in range(MOST_QUARTERS + 1)]


def _skills(jobs: list[Job], people: Iterable[Interpreter]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who can take what, wishes not met, faces not known; jobs alike are looked at once."""
    people = list(people)
    shape = (len(people), len(jobs))
    can, unmet, strange = (np.zeros(shape, np.uint8) for _ in range(3))
    start, end = _ints(job.start for job in jobs), _ints(job.end for job in jobs)
    kinds: dict[str, dict[tuple[object, ...], list[int]]] = {}
    for number, job in enumerate(jobs):
        like = (job.level, job.sex, job.sex_required, job.certificate, job.field, job.mode)
        kinds.setdefault(job.language, {}).setdefault(like, []).append(number)
    wished = np.array([job.sex if not job.sex_required else "" for job in jobs], object)
    for i, one in enumerate(people):
        fits: list[int] = []
        for language in one.languages:
            for numbers in kinds.get(language, {}).values():
                if all(code in {"hours", "barred"} for code in lacks(jobs[numbers[0]], one)):
                    fits += numbers
        open_ = np.zeros(len(jobs), bool)
        for begins, ends in one.hours:
            open_ |= (start >= begins) & (end <= ends)
        can[i, fits] = open_[fits]
        unmet[i] = (wished != "") & (wished != one.sex)
    index = {one.key: i for i, one in enumerate(people)}
    for number, job in enumerate(jobs):
        can[[index[key] for key in job.barred if key in index], number] = 0
        if job.same_face:
            strange[:, number] = 1
            strange[[index[key] for key in job.known if key in index], number] = 0
    return can, unmet, strange


def _before(jobs: list[Job]) -> list[int]:
    last: dict[str, int] = {}
    result = []
    for number, job in enumerate(jobs):
        result.append(last.get(job.guest, -1) if job.guest else -1)
        if job.guest:
            last[job.guest] = number
    return result
