"""Whether a plan can be done, and what it is worth: plain Python, written apart from the search to check it.

It knows only the model of ``interpreting``: people, hours, ways, breaks. The search has its own code for all this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from .model import QUARTER, Break, Day, Interpreter, Job, Mode, Worth
from .table import lacks

ALWAYS = 10**7


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a plan: a code of WORDS, who, and which jobs. ``worth`` is a number that the plan says of
    itself, by its name instead of who."""

    code: str
    who: str
    jobs: tuple[str, ...]

    def __str__(self) -> str:
        return WORDS[self.code].format(who=self.who, jobs=", ".join(self.jobs))


WORDS = {
    "unknown": "job {jobs} or interpreter {who} does not exist",
    "language": "{who} does not speak the language of job {jobs}",
    "level": "{who} does not speak the language of job {jobs} well enough",
    "sex": "{who} is not the woman or man that job {jobs} requires",
    "barred": "{who} may not take job {jobs}",
    "certificate": "{who} has not the certificate for job {jobs}",
    "field": "{who} does not know the field of job {jobs}",
    "mode": "{who} does not work in the way of job {jobs} (on site, video, phone)",
    "hours": "job {jobs} is outside the hours of {who}",
    "two_places": "{who} would be at two jobs at once: {jobs}",
    "way": "{who} has no time for the ways between {jobs}",
    "pause": "{who} has no time for the break beside {jobs}",
    "time": "{who} has no working time left for all of {jobs}",
    "frozen": "job {jobs} is frozen with {who}, and somebody else or nobody has it",
    "worth": "the plan says another number than it has: {who}",
}


class Roads:
    """Ways of one day, by the names of places."""

    def __init__(self, day: Day) -> None:
        self.rows = {name: number for number, name in enumerate(day.places)}
        self.day = day

    def minutes(self, one: Interpreter, here: str, there: str) -> int:
        return int(self.day.travel[one.transport][self.rows[here]][self.rows[there]])

    def needed(self, one: Interpreter, here: str, there: str) -> int:
        """With the slack; none at the same place."""
        minutes = self.minutes(one, here, there)
        return minutes + self.day.slack if minutes else 0


def quarters(jobs: Iterable[Job]) -> int:
    return sum(-(-(job.end - job.start) // QUARTER) for job in jobs)


def time_left(one: Interpreter) -> int | None:
    """Quarter hours that may be worked on this day, None without a limit below twelve hours."""
    limits = [each // QUARTER for each in (one.minutes_left, one.day_minutes) if each is not None]
    return max(0, min(limits)) if limits else None


def in_order(jobs: Iterable[Job]) -> list[Job]:
    return sorted(jobs, key=lambda job: (job.start, job.end, job.key))


def _spots(one: Interpreter, jobs: list[Job], k: int) -> set[str]:
    """Where the k-th job can be done."""
    if jobs[k].mode is Mode.ON_SITE:
        return {jobs[k].place}
    places = {one.home}
    if one.calls_anywhere:
        for side in (reversed(jobs[:k]), jobs[k + 1 :]):
            places |= {next((job.place for job in side if job.mode is Mode.ON_SITE), one.home)}
    return places


def _room_for(pause: Break, free: int, needed: int, due: int) -> bool:
    spans = ((free, due - needed), (free + needed, due))
    return any(min(end, pause.latest) - max(begin, pause.earliest) >= pause.minutes for begin, end in spans)


def least_way(roads: Roads, one: Interpreter, jobs: Iterable[Job], *, with_pause: bool = True) -> int | None:
    """The least minutes on the way for these jobs, from home and back; None where ways and break leave no room."""
    row = in_order(jobs)
    if not row:
        return 0
    if any(first.end > then.start for first, then in pairwise(row)):
        return None
    pause = one.pause if with_pause else None

    @cache
    def onward(k: int, here: str, free: int, rested: bool) -> int | None:
        """From the moment when all before the k-th job is done."""
        if k == len(row):
            if rested or (pause and _room_for(pause, free, 0, ALWAYS)):
                return roads.minutes(one, here, one.home)
            return None
        best: int | None = None
        for there in _spots(one, row, k):
            needed = roads.needed(one, here, there)
            if free + needed > row[k].start:
                continue
            now = rested or (pause is not None and _room_for(pause, free, needed, row[k].start))
            rest = onward(k + 1, there, row[k].end, now)
            if rest is not None:
                total = rest + roads.minutes(one, here, there)
                best = total if best is None else min(best, total)
        return best

    return onward(0, one.home, -ALWAYS, pause is None)


def by_person(day: Day, assigned: Mapping[str, str]) -> dict[str, list[Job]]:
    """Everybody's jobs in order; interpreters without jobs are left out."""
    jobs = {job.key: job for job in day.jobs}
    found: dict[str, list[Job]] = defaultdict(list)
    for key, who in assigned.items():
        found[who].append(jobs[key])
    return {who: in_order(held) for who, held in found.items()}


def faults(day: Day, assigned: Mapping[str, str]) -> list[Fault]:
    """Everything that is wrong with a plan. Frozen assignments answer for nothing but being kept."""
    people = {one.key: one for one in day.interpreters}
    known = {job.key for job in day.jobs}
    strange = [Fault("unknown", who, (key,)) for key, who in assigned.items() if key not in known or who not in people]
    if strange:
        return strange
    roads = Roads(day)
    found = [
        Fault("frozen", day.present[key], (key,)) for key in sorted(day.frozen) if assigned.get(key) != day.present[key]
    ]
    for who, held in by_person(day, assigned).items():
        one = people[who]
        found += [Fault(code, who, (job.key,)) for job in held if job.key not in day.frozen for code in lacks(job, one)]
        keys = tuple(job.key for job in held)
        if set(keys) <= day.frozen:
            continue
        for first, then in pairwise(held):
            if first.end > then.start:
                found.append(Fault("two_places", who, (first.key, then.key)))
        left = time_left(one)
        if left is not None and quarters(held) > left:
            found.append(Fault("time", who, keys))
        if least_way(roads, one, held, with_pause=False) is None:
            found.append(Fault("way", who, keys))
        elif least_way(roads, one, held) is None:
            found.append(Fault("pause", who, keys))
    return found


def misjudged(day: Day, assigned: Mapping[str, str], told: Mapping[str, object]) -> list[Fault]:
    """What a plan that can be done says of itself and is not so; what it does not say cannot be wrong."""
    worth = judge(day, assigned)
    true = {
        "covered": worth.total, "changed": worth.changed, "unmet": worth.unmet,
        "travel": worth.travel, "unfair": worth.unfair,
    }  # fmt: skip
    return [Fault("worth", name, ()) for name, number in true.items() if name in told and told[name] != number]


def judge(day: Day, assigned: Mapping[str, str]) -> Worth:
    """What a plan is worth on every level."""
    people = {one.key: one for one in day.interpreters}
    roads = Roads(day)
    unmet = travel = unfair = 0
    for who, held in by_person(day, assigned).items():
        one = people[who]
        way = least_way(roads, one, held)
        stops = [one.home, *(job.place for job in held if job.place), one.home]
        travel += sum(roads.minutes(one, a, b) for a, b in pairwise(stops)) if way is None else way
        recent, agreed = -(-one.recent_minutes // QUARTER), max(1, -(-one.agreed_minutes // QUARTER))
        unfair += ((recent + quarters(held)) ** 2 - recent**2) * 16 // agreed
    earlier: dict[str, str] = {}
    for job in in_order(day.jobs):
        who = assigned.get(job.key, "")
        if who:
            unmet += bool(job.sex) and not job.sex_required and people[who].sex != job.sex
            if job.same_face and (job.known or job.guest in earlier):
                unmet += who not in job.known and earlier.get(job.guest) != who
        if job.guest:
            earlier[job.guest] = who
    priorities = tuple(sorted({job.priority for job in day.jobs}))
    covered = (sum(1 for job in day.jobs if job.priority == each and job.key in assigned) for each in priorities)
    changed = sum(1 for key, who in day.present.items() if who and assigned.get(key) != who)
    return Worth(priorities, tuple(covered), changed, unmet, travel, unfair)
