"""Reads one day of the board as lean rows, because it may hold fifteen hundred jobs. Each read is one query, put
together once; keys and moments are read as they are stored, because to build them is most of the work."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Case, ExpressionWrapper, F, Q, QuerySet, TextField, When
from django.db.models.functions import Cast, Coalesce

from sarangbang.concierge import lifecycle, queries
from sarangbang.concierge.models import Interpreter, InterpreterLanguage, Interpreting, JobOffer, Ride, Vehicle
from sarangbang.directory.models import Institution, Place
from sarangbang.directory.travel import Point
from sarangbang.scheduling.availability import Hours, merged, minute_of, on_the_clock
from sarangbang.scheduling.models import Resource, RosterException, WeeklyRule
from sarangbang.scheduling.prepared import Prepared
from sarangbang.scheduling.rosters import holiday_calendar
from sarangbang.scheduling.spans import LONGEST
from sarangbang.stays.rules import STANDING

Window = tuple[dt.datetime, dt.datetime]
Span = tuple[int, int]
"""Whole minutes since 1970 (UTC)."""
Row = tuple[Any, ...]
CREWS = (Resource.Kind.VEHICLE, Resource.Kind.INTERPRETER)
NOBODY = UUID(int=0)


def _raw(of: Any) -> ExpressionWrapper:
    """A key or a flag as the database's driver gives it."""
    return ExpressionWrapper(F(of) if isinstance(of, str) else of, output_field=TextField())


def _text(of: Any) -> Cast:
    """A moment, day or time as text: SQLite's driver would build it slowly."""
    return Cast(of, TextField())


@lru_cache(maxsize=8192)
def _moment(text: str | None) -> dt.datetime | None:
    """The instant of a moment that was read as text. Jobs begin and end on few different ones."""
    if text is None:
        return None
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _key(raw: Any) -> str | None:
    """A raw key as addresses write it: SQLite keeps UUIDs without their dashes."""
    if raw is None:
        return None
    text = str(raw)
    if len(text) != 32:
        return text
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _columns(language: str, *keys: str, has_visit: Q) -> tuple[Any, ...]:
    """Columns of a job in the order of ``day.Block``: five moments, what all jobs have, crew, places, institution.
    Where ``has_visit`` says so already, no other appointment of the stay is looked for."""
    times = ("starts_at", "ends_at", "reservation__starts_at", "answer_by", "locked_at")
    names = ("stay__guest__name", "stay__guest__name_latin")
    crew, origin, destination, institution = keys
    visit = _raw(Case(When(has_visit, then=True), When(queries.has_visit(), then=True), default=False))
    return (
        *map(_text, times), _raw("pk"), "status", "sequence", *names, visit, language, _raw(crew), origin,
        destination, _raw(institution),
    )  # fmt: skip


def _touching(jobs: QuerySet[Any], start: dt.datetime, end: dt.datetime) -> QuerySet[Any]:
    """Jobs that touch the window and are not called off; sorted by whoever reads them."""
    return jobs.filter(starts_at__lt=end, ends_at__gt=start).exclude(status__in=lifecycle.OFF).order_by()


OVER = ~Q(status__in=lifecycle.LIVE)
VISITED = OVER | Q(appointment__reservation__status__in=(*STANDING, "fulfilled"))


def _ride_rows(_fixed: None, since: dt.datetime, start: dt.datetime, end: dt.datetime) -> QuerySet[Any, Any]:
    keys = ("vehicle_id", "origin_id", "destination_id", "institution_id")
    own = _columns("stay__guest__language", *keys, has_visit=OVER)
    lands_at = _text(Coalesce("flight__expected_at", "flight__scheduled_at"))
    more = ("kind", "party", "wheelchairs", "flight__number", lands_at)
    return _touching(Ride.objects.filter(starts_at__gt=since), start, end).values_list(*own, *more)


def _interpreting_rows(_fixed: None, since: dt.datetime, start: dt.datetime, end: dt.datetime) -> QuerySet[Any, Any]:
    keys = ("interpreter_id", "place_id", "place_id", "appointment__institution_id")
    own = _columns("language", *keys, has_visit=VISITED)
    return _touching(Interpreting.objects.filter(starts_at__gt=since), start, end).values_list(*own, "mode")


_RIDES, _INTERPRETINGS = Prepared(_ride_rows), Prepared(_interpreting_rows)


def rides(window: Window) -> list[Row]:
    """Rides that touch the window and are not called off."""
    return [_ride(row) for row in _RIDES(None, window[0] - LONGEST, *window)]


def interpretings(window: Window) -> list[Row]:
    """Interpretings that touch the window and are not called off."""
    return [_interpreting(row) for row in _INTERPRETINGS(None, window[0] - LONGEST, *window)]


@lru_cache(maxsize=8192)
def _ride(row: Row) -> Row:
    """A board is asked for again and again, and few rows are others than the last time."""
    return *_job(row), *row[16:20], _moment(row[20])


@lru_cache(maxsize=8192)
def _interpreting(row: Row) -> Row:
    return *_job(row), row[16]


def _job(row: Row) -> Row:
    """What all jobs have (``_columns``), with its moments and keys."""
    times = _moment(row[0]), _moment(row[1]), _moment(row[2]), _moment(row[3]), _moment(row[4])
    return *times, _key(row[5]), *row[6:12], _key(row[12]), row[13], row[14], _key(row[15])


@dataclass(frozen=True, slots=True)
class Where:
    """A place by what the board says of it."""

    name: str
    latin: str
    point: Point


_PLACES = Prepared(
    lambda _fixed, keys: Place.objects.filter(pk__in=keys).values_list(
        "pk", "name", "name_latin", "latitude", "longitude"
    )
)


def places(keys: Collection[int]) -> dict[int, Where]:
    rows = _PLACES(None, list(keys)) if keys else []
    return {pk: Where(name, latin, Point(latitude, longitude)) for pk, name, latin, latitude, longitude in rows}


_INSTITUTIONS = Prepared(
    lambda _fixed, keys, places: (
        Institution.objects.filter(Q(pk__in=keys) | Q(place__in=places))
        .order_by("name_latin")
        .values_list(_raw("pk"), "place_id", "name", "name_latin")
    )
)


def institutions(keys: Collection[str], place_keys: Collection[int]) -> list[tuple[str, int, str, str]]:
    """Key, place, name and Latin name of institutions by their own keys or by where they are."""
    if not place_keys:
        return []
    rows = _INSTITUTIONS(None, [UUID(key) for key in keys] or [NOBODY], list(place_keys))
    return [(str(_key(pk)), *rest) for pk, *rest in rows]


@dataclass(frozen=True, slots=True)
class Crew:
    """A car or an interpreter as a row of the board. ``note`` is driver or languages; with ``also`` in Latin."""

    key: str
    resource: int
    name: str
    latin: str
    note: str
    also: str
    works: bool


_CARS = Prepared(
    lambda _fixed: Vehicle.objects.order_by("plate").values_list(
        "pk", "resource_id", "model", "plate", "driver__name", "driver__name_latin",
        _raw("is_active"), _raw("driver__is_active"),
    )
)  # fmt: skip


def cars() -> list[Crew]:
    """All cars; those that no longer work are shown only on days on which they did."""
    return [
        Crew(str(pk), resource, plate, plate, f"{model} · {driver}", f"{model} · {latin}", bool(active and drives))
        for pk, resource, model, plate, driver, latin, active, drives in _CARS(None)
    ]


_SPOKEN = Prepared(
    lambda _fixed: InterpreterLanguage.objects.order_by("pk").values_list(_raw("interpreter_id"), "language")
)
_INTERPRETERS = Prepared(
    lambda _fixed: Interpreter.objects.values_list(
        _raw("pk"), "resource_id", "name", "name_latin", _text("appointed_from"), _text("appointed_until")
    )
)


def interpreters(day: dt.date) -> list[Crew]:
    """All interpreters by language and name; who is not appointed on this day is shown only with jobs. Two queries."""
    spoken: dict[str, list[str]] = defaultdict(list)
    for pk, language in _SPOKEN(None):
        spoken[str(_key(pk))].append(language)
    on = day.isoformat()
    rows = ((str(_key(pk)), *rest) for pk, *rest in _INTERPRETERS(None))
    found = [
        Crew(key, resource, name, latin, " ".join(spoken[key]), "", begins <= on <= ends)
        for key, resource, name, latin, begins, ends in rows
    ]
    return sorted(found, key=lambda crew: (crew.note.partition(" ")[0], crew.latin, crew.key))


def _rules_of(weekday: int, day: dt.date) -> QuerySet[Any, Any]:
    rules = WeeklyRule.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=day), resource__kind__in=CREWS, weekday=weekday,
        valid_from__lte=day,
    )  # fmt: skip
    times = (_text("starts"), _text("ends"), _text("valid_from"))
    return rules.values_list("resource_id", *times, "place__zone", _raw("on_holidays"), "every_weeks")


_RULES = Prepared(_rules_of)
_NIGHTS = Prepared(lambda weekday, day: _rules_of(weekday, day).filter(ends__lt=F("starts")))


def shifts(day: dt.date, window: Window) -> dict[int, list[Span]]:
    """When each car and interpreter works on this Korean day by their weekly hours, by resource; the night that began
    on the day before, too."""
    known: dict[int, list[Span]] = defaultdict(list)
    is_holiday = holiday_calendar(*window)
    before = day - dt.timedelta(days=1)
    for begins, rules in ((before, _NIGHTS(before.weekday(), before)), (day, _RULES(day.weekday(), day))):
        for resource, *rule in rules:
            if spans := _shift(begins, is_holiday(begins), *rule):
                known[resource] += spans
    return known


@lru_cache(maxsize=4096)
def _shift(
    day: dt.date, is_holiday: bool, starts: str, ends: str, valid_from: str, zone: str, on_holidays: Any, every: int
) -> tuple[Span, ...]:
    """The hours of a weekly rule on a day of its weekday; many crews have the same."""
    since = dt.date.fromisoformat(valid_from)
    begin, end = dt.time.fromisoformat(starts), dt.time.fromisoformat(ends)
    hours = Hours(day.weekday(), begin, end, since, None, zone, bool(on_holidays), every)
    if (is_holiday and not on_holidays) or not any(hours.days(day, day)):
        return ()
    return on_the_clock(day, begin, end, zone)


def gaps(spans: Iterable[Span], at: int, end: int) -> list[Span]:
    """The parts from minute ``at`` to ``end`` outside of these spans."""
    found = []
    for begin, finish in spans:
        if begin > at:
            found.append((at, min(begin, end)))
        at = max(at, finish)
    return [*found, (at, end)] if at < end else found


_EXCEPTIONS = Prepared(
    lambda _fixed, start, end: RosterException.objects.filter(
        resource__kind__in=CREWS, starts_at__lt=end, ends_at__gt=start
    ).values_list("resource_id", "kind", _text("starts_at"), _text("ends_at"))
)


def exceptions(window: Window) -> tuple[dict[int, list[Span]], dict[int, list[Span]]]:
    """Extra hours and leave of each in the window."""
    extra: dict[int, list[Span]] = defaultdict(list)
    leave: dict[int, list[Span]] = defaultdict(list)
    for resource, kind, starts_at, ends_at in _EXCEPTIONS(None, *window):
        begin, end = _moment(starts_at), _moment(ends_at)
        if begin and end:
            of_kind = leave if kind == RosterException.Kind.LEAVE else extra
            of_kind[resource].append((minute_of(begin), minute_of(end)))
    return extra, {resource: merged(spans) for resource, spans in leave.items()}


_OFFERS = Prepared(
    lambda _fixed, start, end: JobOffer.objects.filter(
        answer=JobOffer.Answer.OPEN, interpreting__starts_at__lt=end, interpreting__ends_at__gt=start
    ).values_list(_raw("interpreting_id"), _raw("interpreter_id"))
)


def offers(window: Window) -> dict[str, str]:
    """The interpreter who is asked at this moment, by job."""
    return {str(_key(job)): str(_key(interpreter)) for job, interpreter in _OFFERS(None, *window)}
