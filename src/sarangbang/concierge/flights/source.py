"""Which flight feed this house has: none, Incheon airport's, a timetable, or the demo's."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from .arrivals import Feed
from .incheon import IncheonFeed
from .timetable import TimetableFeed


@cache
def feed() -> Feed | None:
    """The feed that the settings name; None when flights are only as guests and coordinators tell them. One for the
    process, because it keeps answers and waits after failures."""
    if settings.INCHEON_API_KEY:
        return IncheonFeed(settings.INCHEON_API_KEY)
    if settings.FLIGHT_TIMETABLE:
        return TimetableFeed(Path(settings.FLIGHT_TIMETABLE))
    if settings.DEMO:
        found: Feed = import_string("sarangbang.demo.flights.DemoFeed")()
        return found
    return None
