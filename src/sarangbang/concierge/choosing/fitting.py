"""Which car, which interpreter. Pure: people and cars with their day go in, who fits and why comes out.

A candidate fits when nothing speaks against it. Being in two places is what speaks against most: between two jobs
there must be time for the way (``directory.travel``) and, when there is a way, for the slack of the rules. A claim
holds whole ticks of five minutes, so moments are widened to ticks before they are compared.

Every reason is a code with parameters; ``wording`` says them in the reader's language.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from sarangbang.concierge.interpreters.allowance import Allowance, counted
from sarangbang.concierge.months import day_of
from sarangbang.directory.travel import Point, drive_minutes
from sarangbang.scheduling.availability import TICK_MINUTES

TICK = dt.timedelta(minutes=TICK_MINUTES)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LOAD_WINDOW = dt.timedelta(days=7)
BACK_AT_BASE = dt.timedelta(hours=4)
"""After so long without a job a crew is back at its base; twice the longest way in the district's reach is shorter."""

MAY_BE_SET_ASIDE = frozenset({"month"})
"""What is a matter between people, and can be decided otherwise; whoever is elsewhere, or cannot do it, stays so."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a stable code with its parameters: minutes, numbers, instants."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """Something a candidate has to do already. ``leaves_at`` is when they set out for it (start of the claim). What is
    ``remote`` is done wherever they are; a way lies after it. ``in_the_way`` is what it says there, else "busy"."""

    key: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    origin: Point
    destination: Point
    leaves_at: dt.datetime
    guest: str = ""
    remote: bool = False
    in_the_way: Reason | None = None

    @property
    def day(self) -> dt.date:
        """The Korean calendar day on which it begins."""
        return day_of(self.starts_at)


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
    child_seats: int = 0


@dataclass(frozen=True, slots=True)
class Speaker(Candidate):
    """An interpreter. No ``fields`` means every field. Dates are Korean calendar days, both included; ``month`` is what
    the month allows on one of them, None when nothing bounds it. ``kept`` is their time that visits keep, by visit."""

    languages: frozenset[str]
    fields: frozenset[str]
    sex: str
    appointed_from: dt.date
    appointed_until: dt.date
    certified_until: dt.date | None = None
    month: Allowance | None = None
    kept: Sequence[Job] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """What a job asks for. For interpreting ``origin`` and ``destination`` are the same place and ``day`` is the
    Korean calendar day."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    origin: Point
    destination: Point
    guest: str

    remote = False


@dataclass(frozen=True, slots=True)
class RideNeed(Need):
    party: int
    luggage: int
    wheelchairs: int
    child_seats: int = 0


@dataclass(frozen=True, slots=True)
class InterpretingNeed(Need):
    """``prefers`` is the key of an interpreter the guest would like again; ``remote`` needs no way; ``visit`` is which
    visit it is for: what that keeps does not stand in the way."""

    language: str
    field: str
    wish: str
    day: dt.date
    prefers: str = ""
    remote: bool = False
    visit: str = ""


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

    @property
    def needs_reason(self) -> bool:
        """Whether it would fit if a coordinator sets aside, with a reason, what speaks against it."""
        return bool(self.against) and all(each.code in MAY_BE_SET_ASIDE for each in self.against)


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
    earlier, later, against = [], [], []
    for job in candidate.jobs:
        if tick_after(job.ends_at) <= start:
            earlier.append(job)
        elif tick_before(job.starts_at) >= end:
            later.append(job)
        else:
            against.append(job.in_the_way or Reason("busy", {"until": job.ends_at}))
    following = min(later, key=lambda job: job.starts_at, default=None)
    if following is not None and following.leaves_at < end + BACK_AT_BASE and end > tick_before(following.leaves_at):
        against.append(Reason("busy", {"until": following.ends_at}))
        following = None
    if need.remote:
        return _Way(tuple(against), (Reason("remote"),), 0)
    against_way, reasons, minutes = _way_in(need, candidate, earlier, slack)
    against += against_way
    if following is not None:
        onward = _way_onward(need, later, slack)
        against += onward.against
        reasons += onward.reasons
    return _Way(tuple(against), tuple(reasons), minutes)


def _way_in(
    need: Need, candidate: Candidate, earlier: Sequence[Job], slack: dt.timedelta
) -> tuple[list[Reason], list[Reason], int]:
    """From the last place to this one: what is against it, what to say of it, minutes."""
    before = whereabouts(earlier, need.starts_at)
    minutes = drive_minutes(before.destination if before else candidate.base, need.origin)
    if minutes == 0:
        reasons = [Reason("there")]
    elif before is None:
        reasons = [Reason("from_base", {"minutes": minutes})]
    else:
        reasons = [Reason("from_job", {"minutes": minutes, "at": before.ends_at})]
    last = max(earlier, key=lambda job: job.ends_at, default=None)
    # A call taken on the way holds up whoever has to drive on after it.
    free = last if last is not None and (before is not None or last.remote) else None
    if free is not None and not _in_time(free.ends_at, minutes, slack, need.starts_at):
        return [Reason("way_before", {"minutes": minutes, "at": free.ends_at})], reasons, minutes
    return [], reasons, minutes


def _way_onward(need: Need, later: Sequence[Job], slack: dt.timedelta) -> _Way:
    """From here to the next place; calls in between are taken before they drive on."""
    after = min((job for job in later if not job.remote), key=lambda job: job.starts_at, default=None)
    if after is None or after.leaves_at >= tick_after(need.ends_at) + BACK_AT_BASE:
        return _Way((), (), 0)
    calls = [job.ends_at for job in later if job.remote and job.starts_at < after.starts_at]
    minutes = drive_minutes(need.destination, after.origin)
    said = {"minutes": minutes, "at": after.starts_at}
    in_time = _in_time(max([need.ends_at, *calls]), minutes, slack, after.starts_at)
    return _Way(() if in_time else (Reason("way_after", said),), (Reason("then", said),), minutes)


def whereabouts(earlier: Iterable[Job], moment: dt.datetime) -> Job | None:
    """The job after which somebody is still where it ended; None when they are back at their base by then."""
    last = max((job for job in earlier if not job.remote), key=lambda job: job.ends_at, default=None)
    return None if last is None or last.ends_at + BACK_AT_BASE <= moment else last


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


def _car_lacks(need: RideNeed, car: Car) -> list[Reason]:
    """What the car lacks for the ride, whatever else it has to do."""
    against = []
    if car.seats < need.party:
        against.append(Reason("seats", {"seats": car.seats, "party": need.party}))
    if car.luggage < need.luggage:
        against.append(Reason("luggage", {"luggage": car.luggage, "wanted": need.luggage}))
    if car.wheelchairs < need.wheelchairs:
        against.append(Reason("wheelchair"))
    if car.child_seats < need.child_seats:
        against.append(Reason("child_seats", {"seats": car.child_seats}))
    return against


def fit_car(need: RideNeed, car: Car, slack: dt.timedelta) -> Fit:
    """Whether this car can take the ride, and how well."""
    against = lacks(need, car)
    way = _way(need, car, slack)
    takes = Reason("seats", {"seats": car.seats, "party": need.party})
    reasons = [*way.reasons, takes, *([Reason("wheelchair")] if need.wheelchairs else [])]
    # A car for wheelchairs stays free for those who need one; every empty seat weighs like two minutes of way.
    spared = car.wheelchairs - need.wheelchairs
    order = (spared, way.minutes + 2 * (car.seats - need.party), _load_minutes(need, car.jobs), car.key)
    leaves_at = need.starts_at - dt.timedelta(minutes=way.minutes)
    return Fit(car.key, (*against, *way.against), tuple(reasons), leaves_at, order)


def _speaker_lacks(need: InterpretingNeed, speaker: Speaker) -> list[Reason]:
    """What the interpreter lacks for the job, whatever else they have to do."""
    against = []
    if need.language not in speaker.languages:
        against.append(Reason("language"))
    if need.wish and speaker.sex != need.wish:
        against.append(Reason("wish", {"wish": need.wish}))
    if speaker.fields and need.field not in speaker.fields:
        against.append(Reason("field"))
    if not speaker.appointed_from <= need.day <= speaker.appointed_until:
        against.append(Reason("term", {"until": speaker.appointed_until}))
    if speaker.certified_until is not None and need.day > speaker.certified_until:
        against.append(Reason("certificate", {"until": speaker.certified_until}))
    return against


def _month_lacks(need: InterpretingNeed, speaker: Speaker) -> list[Reason]:
    """Whether the month has too few hours left for the job beside what else is done on its day."""
    month = speaker.month
    if month is None or month.day != need.day:
        return []
    times = [(job.starts_at, job.ends_at) for job in speaker.jobs if job.day == need.day]
    total = month.beyond(counted(*each) for each in (*times, (need.starts_at, need.ends_at)))
    return [Reason("month", {"month": total, "most": month.most})] if total else []


def fit_speaker(need: InterpretingNeed, speaker: Speaker, slack: dt.timedelta) -> Fit:
    """Whether this interpreter can take the job, and how well."""
    against = [*lacks(need, speaker), *_month_lacks(need, speaker)]
    kept = [job for job in speaker.kept if job.key != need.visit]
    way = _way(need, replace(speaker, jobs=[*speaker.jobs, *kept]) if kept else speaker, slack)
    is_known = need.prefers == speaker.key
    knows_guest = is_known or any(job.guest == need.guest for job in speaker.jobs)
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
    # Who was asked for, any face the guest knows, the field; then work is shared out: two hours more or less are equal.
    order = (not is_known, not knows_guest, not specialist, not certified, load // 120, way.minutes, load, speaker.key)
    leaves_at = need.starts_at - dt.timedelta(minutes=way.minutes)
    return Fit(speaker.key, (*against, *way.against), tuple(reasons), leaves_at, order)


def lacks(need: Need, candidate: Candidate) -> list[Reason]:
    """What speaks against a candidate whatever else they have to do. Cars take rides, interpreters interpret."""
    if isinstance(need, RideNeed) and isinstance(candidate, Car):
        against = _car_lacks(need, candidate)
    elif isinstance(need, InterpretingNeed) and isinstance(candidate, Speaker):
        against = _speaker_lacks(need, candidate)
    else:
        raise TypeError(f"{type(candidate).__name__} for {type(need).__name__}")
    if _off_hours(need, candidate.hours):
        against.append(Reason("hours"))
    return against


def fit(need: Need, candidate: Candidate, slack: dt.timedelta) -> Fit:
    """Whether this candidate can take the job; cars take rides, interpreters interpret."""
    if isinstance(need, RideNeed) and isinstance(candidate, Car):
        return fit_car(need, candidate, slack)
    if isinstance(need, InterpretingNeed) and isinstance(candidate, Speaker):
        return fit_speaker(need, candidate, slack)
    raise TypeError(f"{type(candidate).__name__} for {type(need).__name__}")


def settle(candidate: Candidate, jobs: Sequence[Job], needs: Mapping[str, Need], slack: dt.timedelta) -> dict[str, Fit]:
    """How a candidate could do all of ``jobs``. Those with a need set out from wherever the job before them ends; the
    others keep the time at which they were to set out. One answer for each need, by key."""
    ordered = sorted(jobs, key=lambda job: (job.starts_at, job.ends_at, job.key))
    settled: list[Job] = []
    for job in ordered:
        if job.key in needs:
            before = whereabouts(settled, job.starts_at)
            way = 0 if job.remote else drive_minutes(before.destination if before else candidate.base, job.origin)
            job = replace(job, leaves_at=job.starts_at - dt.timedelta(minutes=way))
        settled.append(job)
    return {
        key: fit(need, replace(candidate, jobs=[job for job in settled if job.key != key]), slack)
        for key, need in needs.items()
    }


def way_minutes(base: Point, jobs: Sequence[Job]) -> int:
    """Minutes on the way to these jobs, in the order of time."""
    total, done = 0, list[Job]()
    for job in sorted(jobs, key=lambda job: (job.starts_at, job.ends_at, job.key)):
        if not job.remote:
            before = whereabouts(done, job.starts_at)
            total += drive_minutes(before.destination if before else base, job.origin)
        done.append(job)
    return total


def best_first(fits: Iterable[Fit]) -> list[Fit]:
    """Those who fit, best first; the order never depends on the order of the input."""
    return sorted((each for each in fits if each.fits), key=lambda each: each.order)


def conflicts(jobs: Sequence[Job]) -> list[tuple[Job, Job, int]]:
    """Pairs of one candidate's jobs that cannot both be kept, with the minutes of the way between them."""
    found = []
    ordered = sorted(jobs, key=lambda job: (job.starts_at, job.ends_at, job.key))
    for first, second in pairwise(ordered):
        minutes = drive_minutes(first.destination, second.origin)
        if first.ends_at + dt.timedelta(minutes=minutes) > second.starts_at:
            found.append((first, second, minutes))
    return found
