"""Who offers a procedure, and which of them fit what the guest asked for.

Nothing is left out silently: an institution that does not fit is counted under the first wish it misses, and
the page offers to show it too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone

from sarangbang.directory import queries as directory
from sarangbang.directory.models import Offering, Place, Procedure, Registration
from sarangbang.directory.travel import Point, distance_km, drive_minutes, walk_minutes
from sarangbang.scheduling.pathways import FreeSeries, first_series, steps_by_offering
from sarangbang.scheduling.queries import FreeTime, house_rules, next_free

from .forms import LONGEST_STAY, NarrowForm

BUTTONS = 3
"""How many free times stand in a row."""
LOOK_AHEAD = dt.timedelta(days=30)
"""How far first free times are looked for when no days were given."""
WALKING_MINUTES = 20
"""What is nearer than this is given on foot, what is farther by car."""


class Miss(StrEnum):
    """Why an institution does not fit, in the order in which it is asked."""

    TIME = "time"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the guest asked for. ``arrive`` and ``leave`` are Korean days, both included; ``language`` must be
    spoken by a doctor; ``speaks`` is the language of which a row says whether a doctor speaks it."""

    arrive: dt.date | None = None
    leave: dt.date | None = None
    language: str = ""
    speaks: str = ""
    near: Place | None = None
    sort: str = NarrowForm.Sort.FREE
    show_all: bool = False

    @property
    def has_days(self) -> bool:
        return self.arrive is not None or self.leave is not None

    @property
    def days(self) -> int | None:
        """Length of the stay in days, both ends counted."""
        return (self.leave - self.arrive).days + 1 if self.arrive and self.leave else None

    def window(self) -> tuple[dt.datetime, dt.datetime]:
        """The instants between which a free time is looked for."""
        now = timezone.now()
        start = _midnight(self.arrive) if self.arrive else now
        if self.leave:
            end = min(_midnight(self.leave) + dt.timedelta(days=1), start + LONGEST_STAY)
        else:
            end = start + LOOK_AHEAD
        return start, min(end, now + house_rules().horizon)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, tzinfo=directory.KOREA)


@dataclass(slots=True)
class Way:
    """From where the guest stays to the door: minutes on foot if that is near, else by car."""

    walk: int | None
    drive: int | None
    meters: float


def way(origin: Point, door: Point) -> Way:
    on_foot = walk_minutes(origin, door)
    near = on_foot <= WALKING_MINUTES
    return Way(
        walk=on_foot if near else None,
        drive=None if near else drive_minutes(origin, door),
        meters=distance_km(origin, door) * 1000,
    )


@dataclass(slots=True)
class Offer:
    """One institution's row."""

    offering: Offering
    times: list[FreeTime]
    languages: set[str]
    visits: int = 0
    """How many the treatment takes, when it takes several."""
    series: FreeSeries | None = None
    """Times for all of them."""
    speaks: bool = False
    way: Way | None = None
    misses: list[Miss] = field(default_factory=list)

    @property
    def institution(self) -> Any:
        return self.offering.institution

    @property
    def registration(self) -> Registration:
        registration: Registration = self.institution.in_force[0]
        return registration

    @property
    def first(self) -> FreeTime | None:
        times = self.series.times if self.series is not None else self.times
        return times[0] if times else None


@dataclass(slots=True)
class Found:
    """The rows to show in order, how many institutions offer the procedure, how many fit, and why the others do not."""

    offers: list[Offer]
    total: int
    fitting: int
    without_time: int
    without_language: int

    @property
    def hidden(self) -> int:
        return self.without_time + self.without_language


def find(procedure: Procedure, wishes: Wishes) -> Found:
    """All institutions that offer the procedure, in a constant number of queries."""
    offerings = list(directory.offerings_of(procedure))
    steps = steps_by_offering(offerings)
    times = next_free([each for each in offerings if each.pk not in steps], *wishes.window(), each=BUTTONS)
    several = [each for each in offerings if each.pk in steps]
    series = first_series(several, *wishes.window(), language=wishes.language)
    spoken = directory.languages_spoken(offering.institution_id for offering in offerings)
    offers = [
        Offer(
            offering,
            times.get(offering.pk, []),
            spoken[offering.institution_id, offering.department_id],
            len(steps.get(offering.pk, ())),
            series.get(offering.pk),
        )
        for offering in offerings
    ]
    for offer in offers:
        _weigh(offer, wishes)
    offers.sort(key=_order(wishes.sort))
    fitting = [offer for offer in offers if not offer.misses]
    missing = [offer for offer in offers if offer.misses]
    return Found(
        offers=[*fitting, *missing] if wishes.show_all else fitting,
        total=len(offers),
        fitting=len(fitting),
        without_time=sum(offer.misses[0] is Miss.TIME for offer in missing),
        without_language=sum(offer.misses[0] is Miss.LANGUAGE for offer in missing),
    )


def _weigh(offer: Offer, wishes: Wishes) -> None:
    """What of the wishes the row meets, and the way there."""
    offer.speaks = wishes.speaks in offer.languages
    if wishes.near is not None:
        offer.way = way(wishes.near.point, offer.institution.place.point)
    if wishes.has_days and offer.first is None:
        offer.misses.append(Miss.TIME)
    if wishes.language and wishes.language not in offer.languages:
        offer.misses.append(Miss.LANGUAGE)


def _order(sort: str) -> Any:
    """Sort key; ties and rows without a time go by name, so that pages never repeat or lose a row."""
    never = dt.datetime.max.replace(tzinfo=dt.UTC)

    def key(offer: Offer) -> tuple[Any, ...]:
        name = (offer.institution.name_latin, str(offer.offering.institution_id))
        meters = offer.way.meters if offer.way else 0.0
        first = offer.first.starts_at if offer.first else never
        if sort == NarrowForm.Sort.DISTANCE:
            return (meters, *name)
        if sort == NarrowForm.Sort.NAME:
            return name
        return (first, meters, *name)

    return key


def with_registrations(offers: Iterable[Offer]) -> None:
    """Fetch what only shown rows need: the registration in force."""
    prefetch_related_objects([offer.institution for offer in offers], directory.registrations_in_force())
