"""The odd hour: a visit by video or telephone that would fall into the guest's night is asked about first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.directory.models import Offering
from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.odd_hours import REMOTE, by_day, is_odd
from sarangbang.scheduling.queries import FreeTime, free_times
from sarangbang.scheduling.said import allows_remote
from sarangbang.ui import locales

FIELD = "accept_odd_hour"
BETTER = 6
"""Times by day that are offered instead."""

NEAR = dt.timedelta(days=3)
"""So long before and after the chosen time better ones are looked for."""


def asks(mode: str, starts_at: dt.datetime, zone: str, request: HttpRequest) -> bool:
    """Whether the guest is to be asked: their clock is known, it is night there, and they have not said yes."""
    return bool(zone) and is_odd(mode, starts_at, zone) and FIELD not in request.POST


def question(starts_at: dt.datetime, zone: str) -> str:
    """The question in the reader's language."""
    code = get_language() or "en"
    words = {"time": locales.clock(starts_at, zone), "day": locales.day(starts_at, code, zone)}
    return _("This is %(time)s at your home (%(day)s). Is that right?") % words


def field(starts_at: dt.datetime, zone: str) -> forms.BooleanField:
    """The box that a form shows for it."""
    return forms.BooleanField(
        label=_("Yes, I mean this hour."),
        help_text=question(starts_at, zone),
        error_messages={"required": _("Please tick this box, or choose another time.")},
    )


def better(offering: Offering, starts_at: dt.datetime, zone: str) -> list[FreeTime]:
    """Free times near the chosen one at which the guest is awake, the nearest ones, in the order of time."""
    found = free_times(offering, starts_at - NEAR, starts_at + NEAR)
    awake = by_day(found, zone, lambda free: free.starts_at)
    once = {free.starts_at: free for free in reversed(awake)}
    nearest = sorted(once, key=lambda at: abs(at - starts_at))[:BETTER]
    return [once[at] for at in sorted(nearest)]


def ask(
    request: HttpRequest, *, value: str, offering: Offering, starts_at: dt.datetime, zone: str, hidden: dict[str, str]
) -> HttpResponse:
    """The page with the question; its buttons send the same press again, with the answer or with a better time."""
    from .times import Choice, value_of

    context: dict[str, Any] = {
        "question": question(starts_at, zone),
        "starts_at": starts_at,
        "zone": zone,
        "value": value,
        "field": FIELD,
        "hidden": {name: text for name, text in hidden.items() if text},
        "better": [Choice(free.starts_at, value_of(free)) for free in better(offering, starts_at, zone)],
        "offering": offering,
    }
    return render(request, "portal/odd_hour.html", context, status=409)


def modes_of(offering: Offering) -> list[tuple[str, str]]:
    """How a visit may take place, for a choice; empty when there is only one way."""
    return [(mode.value, str(mode.label)) for mode in Appointment.Mode] if allows_remote(offering) else []


def mode_in(sent: str, choices: Iterable[tuple[str, str]]) -> str:
    """The mode that was asked for, if it is one of these."""
    return sent if sent in REMOTE and sent in dict(choices) else Appointment.Mode.ON_SITE
