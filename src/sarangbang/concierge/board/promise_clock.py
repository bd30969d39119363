"""What was promised to guests and is due next, in the order in which it runs out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language, gettext_lazy

from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.queries import is_uuid
from sarangbang.ui import locales

from . import queries as board_queries

MOST_SHOWN = 8
SAID: dict[str, Lazy | str] = {
    "pick_up": gettext_lazy("Met within %(minutes)s of leaving customs"),
    "ride": gettext_lazy("The car is there"),
    "interpreting": gettext_lazy("The interpreter is there"),
    "ride_answer": gettext_lazy("Answer about the car"),
    "interpreting_answer": gettext_lazy("Answer about the interpreter"),
    "answer": gettext_lazy("Answer to a question"),
}


@dataclass(frozen=True, slots=True)
class Due:
    """A promise that runs: what, to whom, until when (an instant, and how far off in hours and minutes), on the clocks
    of ``zone`` too, and where it is kept."""

    said: str
    guest: str
    latin: str
    zone: str
    due_at: dt.datetime
    left: str
    is_late: bool
    url: str


@dataclass(frozen=True, slots=True)
class Clock:
    """The next promises, and whether more follow."""

    dues: list[Due]
    more: bool


def clock(day_starts: dt.datetime, day_ends: dt.datetime, now: dt.datetime) -> Clock:
    """What is due on a day; on the present one also what should have been kept before it. One query."""
    since = None if day_starts <= now < day_ends else day_starts
    rows = board_queries.promises(SAID, since, day_ends, MOST_SHOWN + 1)
    return Clock([_due(row, now) for row in rows[:MOST_SHOWN]], len(rows) > MOST_SHOWN)


def _due(row: board_queries.Row, now: dt.datetime) -> Due:
    subject, kind, due_at, guest, latin, zone = row
    return Due(
        said=_said(kind, due_at),
        guest=guest,
        latin="" if latin == guest else latin,
        zone=zone,
        due_at=due_at,
        left=left(due_at, now),
        is_late=due_at < now,
        url=_url(subject),
    )


def _said(kind: str, due_at: dt.datetime) -> str:
    within = int(rules_at(due_at).span("pick_up_met_within").total_seconds()) // 60
    said = str(SAID[kind])
    return said % {"minutes": locales.duration(within, get_language() or "en")} if kind == "pick_up" else said


def _url(subject: str) -> str:
    service, _colon, key = subject.partition(":")
    if service not in ("ride", "interpreting") or not is_uuid(key):
        return ""
    return reverse(f"concierge:{service}", args=[key])


def left(due_at: dt.datetime, now: dt.datetime) -> str:
    """Hours and minutes until then; what has run over has a plus."""
    minutes = int((due_at - now).total_seconds() // 60)
    sign, minutes = ("+", -minutes) if minutes < 0 else ("", minutes)
    return f"{sign}{minutes // 60}:{minutes % 60:02}"
