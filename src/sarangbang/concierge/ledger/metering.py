"""Time reckoned from what crews said. Pure; knows no database.

Events come in any order and any number of times: of one word of one person the earliest counts, so what arrives twice
or late changes nothing. Seconds are added up first and cut to whole minutes at the end.

- Interpreting runs from "started" (or "met", when nobody said that it started) to "finished". Two interpreters of one
  appointment are two intervals; time that both were there counts once for the appointment and once for each of them.
- Waiting runs from "at_place" to "met".
- "reopened" is the desk's word that a "finished" up to then was a slip.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

AT_PLACE, MET, TOLD, STARTED, FINISHED, REOPENED = "at_place", "met", "told", "started", "finished", "reopened"
MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Event:
    """One word: who said it (``crew:<id>``) or about whom it was said, and when it was (UTC)."""

    actor: str
    word: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """From when to when one interpreter worked; ``ends_at`` is None while it runs."""

    actor: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Meter:
    """What an appointment's interpreting came to, in whole minutes. ``agreed`` says that the guest was told before it
    began what is free and who pays for the rest; without it ``paid_minutes`` were not agreed to."""

    minutes: int
    free_minutes: int
    paid_minutes: int
    is_running: bool
    agreed: bool


def _said(events: Iterable[Event]) -> dict[str, dict[str, list[dt.datetime]]]:
    """The instants of each word by person."""
    said: dict[str, dict[str, list[dt.datetime]]] = {}
    for event in events:
        said.setdefault(event.actor, {}).setdefault(event.word, []).append(event.at)
    return said


def _end(words: dict[str, list[dt.datetime]]) -> dt.datetime | None:
    """When it was finished: the first time after the desk last opened it again."""
    reopened = max(words.get(REOPENED, ()), default=None)
    return min((at for at in words.get(FINISHED, ()) if reopened is None or at > reopened), default=None)


def intervals(events: Iterable[Event]) -> list[Interval]:
    """Who interpreted from when to when, in the order of time. A clock that ran backwards gives no time."""
    found = []
    for actor, words in _said(events).items():
        begun = words.get(STARTED) or words.get(MET)
        if not begun:
            continue
        starts_at, ends_at = min(begun), _end(words)
        found.append(Interval(actor, starts_at, ends_at if ends_at is None else max(starts_at, ends_at)))
    return sorted(found, key=lambda each: (each.starts_at, each.actor))


def whole_minutes(spans: Iterable[tuple[dt.datetime, dt.datetime]]) -> int:
    """The minutes that spans cover together; what overlaps counts once."""
    total, until = dt.timedelta(), None
    for starts_at, ends_at in sorted(spans):
        begin = starts_at if until is None else max(starts_at, until)
        if ends_at > begin:
            total += ends_at - begin
            until = ends_at
    return total // MINUTE


def _closed(found: Iterable[Interval], now: dt.datetime | None) -> list[tuple[dt.datetime, dt.datetime]]:
    spans = []
    for each in found:
        ends_at = each.ends_at or now
        if ends_at is not None:
            spans.append((each.starts_at, max(each.starts_at, ends_at)))
    return spans


def meter(events: Iterable[Event], free: dt.timedelta, now: dt.datetime | None = None) -> Meter:
    """What one appointment came to. What still runs counts until ``now``, and not at all without it."""
    events = list(events)
    found = intervals(events)
    minutes = whole_minutes(_closed(found, now))
    free_minutes = min(minutes, free // MINUTE)
    begun = min((each.starts_at for each in found), default=None)
    agreed = any(event.word == TOLD and (begun is None or event.at <= begun) for event in events)
    return Meter(minutes, free_minutes, minutes - free_minutes, any(each.ends_at is None for each in found), agreed)


def minutes_of(events: Iterable[Event], actor: str, now: dt.datetime | None = None) -> int:
    """The minutes that one interpreter worked at an appointment."""
    return whole_minutes(_closed((each for each in intervals(events) if each.actor == actor), now))


def waits(events: Iterable[Event], now: dt.datetime | None = None) -> list[Interval]:
    """Who waited for the guest from when to when; it runs until the guest is met. Without ``now`` a wait that never
    ended in a meeting is left out."""
    found = []
    for actor, words in _said(events).items():
        since, met = words.get(AT_PLACE), words.get(MET)
        until = min(met) if met else now
        if since and until is not None:
            found.append(Interval(actor, min(since), max(min(since), until)))
    return sorted(found, key=lambda each: (each.starts_at, each.actor))


def waiting_minutes(events: Iterable[Event], now: dt.datetime | None = None) -> int:
    """The minutes that somebody waited for the guest."""
    return whole_minutes(_closed(waits(events, now), None))
