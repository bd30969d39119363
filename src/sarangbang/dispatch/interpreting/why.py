"""Why a job has nobody: the condition at which the last who came into question drop out, as a code with parameters.

Codes, the most lasting first: those of ``lacks`` (language, level, sex, barred, certificate, field, mode, hours), then
``month`` and ``day`` (no hours left), ``busy`` (another job at that time), ``pause`` (their break), ``far`` (the way
does not fit). ``free`` says that somebody could take it after all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from .check import Roads, by_person, in_order, least_way, quarters
from .model import QUARTER, Day, Interpreter, Job, Mode
from .table import lacks

CODES = (
    "language", "level", "sex", "barred", "certificate", "field", "mode", "hours",
    "month", "day", "busy", "pause", "far", "free",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What stands between one interpreter and a job."""

    who: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Why:
    """``code`` binds; ``closest`` are those who dropped out only there, ``numbers`` how many dropped out where."""

    job: str
    code: str
    params: Mapping[str, Any]
    closest: tuple[Hindrance, ...]
    numbers: Mapping[str, int]


def explain(day: Day, assigned: Mapping[str, str]) -> list[Why]:
    """One ``Why`` for every job without an interpreter, in the order of the jobs."""
    roads, held = Roads(day), by_person(day, assigned)
    return [
        _why(job, [hindrance(roads, one, held.get(one.key, []), job) for one in day.interpreters])
        for job in in_order(day.jobs)
        if job.key not in assigned
    ]


def hindrance(roads: Roads, one: Interpreter, held: list[Job], job: Job) -> Hindrance:
    """The most lasting reason why ``one``, who has ``held`` to do, cannot take the job."""
    lacking = next(lacks(job, one), None)
    if lacking:
        return Hindrance(one.key, lacking)
    for code, limit in (("month", one.minutes_left), ("day", one.day_minutes)):
        if limit is not None and quarters([*held, job]) > max(0, limit) // QUARTER:
            return Hindrance(one.key, code, {"limit": limit, "worked": quarters(held) * QUARTER})
    clash = [other for other in held if other.start < job.end and job.start < other.end]
    if clash:
        return Hindrance(one.key, "busy", {"jobs": tuple(x.key for x in clash), "until": max(x.end for x in clash)})
    if least_way(roads, one, [*held, job]) is not None:
        return Hindrance(one.key, "free")
    if least_way(roads, one, [*held, job], with_pause=False) is not None:
        return Hindrance(one.key, "pause")
    return Hindrance(one.key, "far", _ways(roads, one, held, job))


def _ways(roads: Roads, one: Interpreter, held: list[Job], job: Job) -> dict[str, Any]:
    """The way that does not fit: minutes needed with slack, the longest piece of time there is for it, and the other
    job. A call that can be taken anywhere has no way of its own, but what lies around it has, and it takes time."""
    stops = list(in_order([*held, job]))
    at = stops.index(job)
    bound = [k for k, each in enumerate(stops) if each.mode is Mode.ON_SITE or not one.calls_anywhere]
    tightest: tuple[int, dict[str, Any]] | None = None
    for first, then in pairwise(bound):
        if not first <= at <= then:
            continue
        here, there = (stops[k].place if stops[k].mode is Mode.ON_SITE else one.home for k in (first, then))
        needed = roads.needed(one, here, there)
        gap = max(b.start - a.end for a, b in pairwise(stops[first : then + 1]))
        if tightest is None or gap - needed < tightest[0]:
            other = stops[then if first == at else first]
            tightest = (gap - needed, {"job": other.key, "minutes": needed, "gap": gap})
    return tightest[1] if tightest else {}


def _why(job: Job, found: list[Hindrance]) -> Why:
    if not found:
        return Why(job.key, "language", {"language": job.language}, (), {})
    last = max((each.code for each in found), key=CODES.index)
    closest = tuple(each for each in found if each.code == last)
    params: dict[str, Any] = {"number": len(closest)}
    if last == "language":
        params["language"] = job.language
    if last == "busy":
        params["free_from"] = min(each.params["until"] for each in closest)
    return Why(job.key, last, params, closest, dict(Counter(each.code for each in found)))
