"""When somebody is in: an institution's opening hours, put together from the rosters of its practitioners."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q
from django.utils.dates import WEEKDAYS

from sarangbang.directory.models import Place
from sarangbang.scheduling.availability import DAY_MINUTES, merged
from sarangbang.scheduling.models import WeeklyRule

Clock = tuple[dt.time, dt.time]


@dataclass(frozen=True, slots=True)
class OpenDay:
    """One weekday with its hours in the place's local time; no hours: closed."""

    name: str
    hours: list[Clock]


def joined(spans: list[Clock]) -> list[Clock]:
    """Overlapping and touching hours of a day as one, in order; those that end before they begin pass midnight."""
    each = merged(map(_minutes, spans))
    return [(_clock(opens), _clock(min(closes, opens + DAY_MINUTES - 1))) for opens, closes in each]


def _minutes(hours: Clock) -> tuple[int, int]:
    opens, closes = (clock.hour * 60 + clock.minute for clock in hours)
    return opens, closes if closes > opens else closes + DAY_MINUTES


def _clock(minute: int) -> dt.time:
    return dt.time(*divmod(minute % DAY_MINUTES, 60))


def opening_hours(place: Place, on: dt.date) -> list[OpenDay]:
    """The week as it is on that day, Monday first; empty when no roster is known."""
    rules = WeeklyRule.objects.filter(place=place, valid_from__lte=on).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=on)
    )
    by_day: dict[int, list[Clock]] = defaultdict(list)
    for weekday, starts, ends in rules.values_list("weekday", "starts", "ends").distinct():
        by_day[weekday].append((starts, ends))
    if not by_day:
        return []
    return [OpenDay(str(WEEKDAYS[weekday]), joined(by_day[weekday])) for weekday in range(7)]
