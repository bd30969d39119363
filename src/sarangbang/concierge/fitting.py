"""Which car, which interpreter. Pure: people and cars with their day go in, who fits and why comes out.

A candidate fits when nothing speaks against it. Being in two places is what speaks against most: between two jobs
there must be time for the way (``directory.travel``) and, when there is a way, for the slack of the rules. A claim
holds whole ticks of five minutes, so moments are widened to ticks before they are compared.

Every reason is a code with parameters; ``wording`` says them in the reader's language.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sarangbang.directory.travel import Point, drive_minutes
from sarangbang.scheduling.availability import TICK_MINUTES

TICK = dt.timedelta(minutes=TICK_MINUTES)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LOAD_WINDOW = dt.timedelta(days=7)
BACK_AT_BASE = dt.timedelta(hours=4)
"""After so long without a job a crew is back at its base; twice the longest way in the district's reach is shorter."""

AGAINST = (
    "language", "wish", "field", "term", "seats", "luggage", "wheelchair", "hours", "busy", "way_before", "way_after"
)  # fmt: skip
"""What can speak against a candidate, the most lasting first: the order in which it is counted."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a stable code with its parameters: minutes, numbers, instants."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """Something a candidate has to do already. ``leaves_at`` is when they set out for it (start of the claim)."""

    key: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    origin: Point
    destination: Point
    leaves_at: dt.datetime
    guest: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """What cars and interpreters have in common: where the day begins, hours, jobs."""

    key: str
    base: Point
    hours: Sequence[Span]
    jobs: Sequence[Job]


@dataclass(frozen=True, slots=True)
class Car(Candidate):
    seats: int
    luggage: int
    wheelchairs: int


@dataclass(frozen=True, slots=True)
class Speaker(Candidate):
    """An interpreter. No ``fields`` means every field. Dates are Korean calendar days, both included."""

    languages: frozenset[str]
    fields: frozenset[str]
    sex: str
    appointed_from: dt.date
    appointed_until: dt.date
    certified_until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What a job asks for. For interpreting ``origin`` and ``destination`` are the same place and ``day`` is the
    Korean calendar day."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    origin: Point
    destination: Point
    guest: str


@dataclass(frozen=True, slots=True)
class RideNeed(Need):
    party: int
    luggage: int
    wheelchairs: int


@dataclass(frozen=True, slots=True)
class InterpretingNeed(Need):
    language: str
    field: str
    wish: str
    day: dt.date


@dataclass(frozen=True, slots=True)
class Fit:
    """What came out for one candidate. ``leaves_at`` is when they must set out, with the way in."""

    key: str
    against: tuple[Reason, ...]
    reasons: tuple[Reason, ...]
    leaves_at: dt.datetime
    order: tuple[Any, ...]

    @property
    def fits(self) -> bool:
        return not self.against


@dataclass(frozen=True, slots=True)
class Count:
    """So many do not fit for this reason. ``free_from`` is when the first of the busy is free."""

    code: str
    number: int
    free_from: dt.datetime | None = None


def tick_before(moment: dt.datetime) -> dt.datetime:
    return moment - (moment - EPOCH) % TICK


def tick_after(moment: dt.datetime) -> dt.datetime:
    return moment + (EPOCH - moment) % TICK


@dataclass(frozen=True, slots=True)
class _Way:
    """How a job stands between what comes before and after it."""

    against: tuple[Reason, ...]
    reasons: tuple[Reason, ...]
    minutes: int


def _way(need: Need, candidate: Candidate, slack: dt.timedelta) -> _Way:
    start, end = tick_before(need.starts_at), tick_after(need.ends_at)
    against: list[Reason] = []
    before: Job | None = None
    after: Job | None = None
    for job in candidate.jobs:
        if tick_after(job.ends_at) <= start:
            before = job if before is None or job.ends_at > before.ends_at else before
        elif tick_before(job.starts_at) >= end:
            after = job if after is None or job.starts_at < after.starts_at else after
        else:
            against.append(Reason("busy", {"until": job.ends_at}))

    if before is not None and before.ends_at + BACK_AT_BASE <= need.starts_at:
        before = None
    minutes = drive_minutes(before.destination if before else candidate.base, need.origin)
    if minutes == 0:
        reasons = [Reason("there")]
    elif before is None:
        reasons = [Reason("from_base", {"minutes": minutes})]
    else:
        reasons = [Reason("from_job", {"minutes": minutes, "at": before.ends_at})]
    if before is not None and not _in_time(before.ends_at, minutes, slack, need.starts_at):
        against.append(Reason("way_before", {"minutes": minutes, "at": before.ends_at}))
    if after is not None and after.leaves_at < end + BACK_AT_BASE:
        onward = drive_minutes(need.destination, after.origin)
        reasons.append(Reason("then", {"minutes": onward, "at": after.starts_at}))
        if end > tick_before(after.leaves_at):
            against.append(Reason("busy", {"until": after.ends_at}))
        elif not _in_time(need.ends_at, onward, slack, after.starts_at):
            against.append(Reason("way_after", {"minutes": onward, "at": after.starts_at}))
    return _Way(tuple(against), tuple(reasons), minutes)


def _in_time(free_at: dt.datetime, minutes: int, slack: dt.timedelta, starts_at: dt.datetime) -> bool:
    """Whether the way fits between two jobs. At the same place nothing has to be kept in reserve."""
    if minutes == 0:
        return tick_after(free_at) <= tick_before(starts_at)
    way = dt.timedelta(minutes=minutes)
    return tick_after(free_at) <= tick_before(starts_at - way) and free_at + way + slack <= starts_at


def _off_hours(need: Need, hours: Iterable[Span]) -> bool:
    return not any(span.starts_at <= need.starts_at and need.ends_at <= span.ends_at for span in hours)


def _load_minutes(need: Need, jobs: Iterable[Job]) -> int:
    """How many minutes of jobs lie in the seven days before the end of this one."""
    since = need.ends_at - LOAD_WINDOW
    return sum(
        int((job.ends_at - job.starts_at).total_seconds()) // 60
        for job in jobs
        if since <= job.starts_at < need.ends_at
    )


def fit_car(need: RideNeed, car: Car, slack: dt.timedelta) -> Fit:
    """Whether this car can take the ride, and how well."""
    against = []
    if car.seats < need.party:
        against.append(Reason("seats", {"seats": car.seats, "party": need.party}))
    if car.luggage < need.luggage:
        against.append(Reason("luggage", {"luggage": car.luggage, "wanted": need.luggage}))
    if car.wheelchairs < need.wheelchairs:
        against.append(Reason("wheelchair"))
    if _off_hours(need, car.hours):
        against.append(Reason("hours"))
    way = _way(need, car, slack)
    reasons = [*way.reasons, Reason("seats", {"seats": car.seats, "party": need.party})]
    if need.wheelchairs:
        reasons.append(Reason("wheelchair"))
    # A car for wheelchairs stays free for those who need one; every empty seat weighs like two minutes of way.
    spared = car.wheelchairs - need.wheelchairs
    order = (spared, way.minutes + 2 * (car.seats - need.party), _load_minutes(need, car.jobs), car.key)
    leaves_at = need.starts_at - dt.timedelta(minutes=way.minutes)
    return Fit(car.key, (*against, *way.against), tuple(reasons), leaves_at, order)


def fit_speaker(need: InterpretingNeed, speaker: Speaker, slack: dt.timedelta) -> Fit:
    """Whether this interpreter can take the job, and how well."""
    against = []
    if need.language not in speaker.languages:
        against.append(Reason("language"))
    if need.wish and speaker.sex != need.wish:
        against.append(Reason("wish", {"wish": need.wish}))
    if speaker.fields and need.field not in speaker.fields:
        against.append(Reason("field"))
    if not speaker.appointed_from <= need.day <= speaker.appointed_until:
        against.append(Reason("term", {"until": speaker.appointed_until}))
    if _off_hours(need, speaker.hours):
        against.append(Reason("hours"))
    way = _way(need, speaker, slack)
    knows_guest = any(job.guest == need.guest for job in speaker.jobs)
    specialist = need.field in speaker.fields
    certified = speaker.certified_until is not None and need.day <= speaker.certified_until
    load = _load_minutes(need, speaker.jobs)
    reasons = [
        *([Reason("same_guest")] if knows_guest else []),
        Reason("own_field") if specialist else Reason("every_field"),
        *([Reason("certified", {"until": speaker.certified_until})] if certified else []),
        *([Reason("wish", {"wish": need.wish})] if need.wish else []),
        *way.reasons,
        Reason("load", {"minutes": load}),
    ]
    # The same face first, then the field; then work is shared out: two hours more or less are the same.
    order = (not knows_guest, not specialist, not certified, load // 120, way.minutes, load, speaker.key)
    leaves_at = need.starts_at - dt.timedelta(minutes=way.minutes)
    return Fit(speaker.key, (*against, *way.against), tuple(reasons), leaves_at, order)


def fit(need: RideNeed | InterpretingNeed, candidate: Candidate, slack: dt.timedelta) -> Fit:
    """Whether this candidate can take the job; cars take rides, interpreters interpret."""
    if isinstance(need, RideNeed) and isinstance(candidate, Car):
        return fit_car(need, candidate, slack)
    if isinstance(need, InterpretingNeed) and isinstance(candidate, Speaker):
        return fit_speaker(need, candidate, slack)
    raise TypeError(f"{type(candidate).__name__} for {type(need).__name__}")


def best_first(fits: Iterable[Fit]) -> list[Fit]:
    """Those who fit, best first; the order never depends on the order of the input."""
    return sorted((each for each in fits if each.fits), key=lambda each: each.order)


def why_not(fits: Iterable[Fit]) -> list[Count]:
    """How many do not fit for which reason; each counts once, for the most lasting one."""
    numbers: dict[str, int] = {}
    free: dict[str, dt.datetime] = {}
    for each in fits:
        if each.fits:
            continue
        first = min(each.against, key=lambda reason: AGAINST.index(reason.code))
        numbers[first.code] = numbers.get(first.code, 0) + 1
        until = first.params.get("until")
        if first.code == "busy" and until is not None:
            free[first.code] = min(free.get(first.code, until), until)
    return [Count(code, numbers[code], free.get(code)) for code in AGAINST if code in numbers]


def conflicts(jobs: Sequence[Job]) -> list[tuple[Job, Job, int]]:
    """Pairs of one candidate's jobs that cannot both be kept, with the minutes of the way between them."""
    found = []
    ordered = sorted(jobs, key=lambda job: (job.starts_at, job.ends_at, job.key))
    for first, second in pairwise(ordered):
        minutes = drive_minutes(first.destination, second.origin)
        if first.ends_at + dt.timedelta(minutes=minutes) > second.starts_at:
            found.append((first, second, minutes))
    return found
