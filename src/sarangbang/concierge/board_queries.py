"""Reads of the board: one day as lean rows, because it may hold fifteen hundred jobs. Each read is one query."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast, Coalesce

from sarangbang.directory.models import Institution, Place, Practitioner
from sarangbang.directory.travel import Point
from sarangbang.people.models import AuditEntry
from sarangbang.scheduling.availability import Hours, merged, minute_of, on_the_clock
from sarangbang.scheduling.models import RosterException, WeeklyRule
from sarangbang.scheduling.rosters import holiday_calendar
from sarangbang.stays.models import Flight, Promise, StayAppointment
from sarangbang.stays.rules import STANDING

from . import lifecycle, queries
from .models import (
    Interpreter,
    InterpreterLanguage,
    Interpreting,
    Job,
    JobOffer,
    Proposal,
    ProposedChange,
    Ride,
    ServiceStep,
    Vehicle,
)

Window = tuple[dt.datetime, dt.datetime]
Span = tuple[int, int]
"""Whole minutes since 1970 (UTC)."""
Row = tuple[Any, ...]


def _has_visit() -> Exists:
    """Whether the stay still has an appointment that somebody comes for."""
    standing = (*STANDING, "fulfilled")
    return Exists(StayAppointment.objects.filter(stay=OuterRef("stay"), appointment__reservation__status__in=standing))


@lru_cache(maxsize=8192)
def _moment(text: str | None) -> dt.datetime | None:
    """The instant of a moment that was read as text. To parse moments is half of the work of reading a day, and jobs
    begin and end on few different ones."""
    if text is None:
        return None
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _rows(found: QuerySet[Any], *fields: Any) -> Iterator[Row]:
    """Rows that begin with five moments, in the order of ``board.Block``."""
    times = ("starts_at", "ends_at", "reservation__starts_at", "answer_by", "locked_at")
    columns = ("pk", "status", "sequence", "stay__guest__name", "stay__guest__name_latin", _has_visit(), *fields)
    moments = (Cast(each, TextField()) for each in times)
    found = found.order_by("starts_at", "pk")
    for start, end, leaves, answer, locked, *rest in found.values_list(*moments, *columns):
        yield _moment(start), _moment(end), _moment(leaves), _moment(answer), _moment(locked), *rest


def rides(window: Window) -> Iterator[Row]:
    """Rides that touch the window and are not called off."""
    found = Ride.objects.filter(starts_at__lt=window[1], ends_at__gt=window[0]).exclude(status__in=lifecycle.OFF)
    return _rows(
        found, "stay__guest__language", "vehicle_id", "origin_id", "destination_id", "institution_id", "kind", "party",
        "wheelchairs", "flight__number", Coalesce("flight__expected_at", "flight__scheduled_at"),
    )  # fmt: skip


def interpretings(window: Window) -> Iterator[Row]:
    """Interpretings that touch the window and are not called off."""
    found = Interpreting.objects.filter(starts_at__lt=window[1], ends_at__gt=window[0])
    return _rows(
        found.exclude(status__in=lifecycle.OFF), "language", "interpreter_id", "place_id", "place_id",
        "appointment__institution_id", "mode",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Where:
    """A place by what the board says of it."""

    name: str
    latin: str
    point: Point


def places(keys: Collection[int]) -> dict[int, Where]:
    rows = Place.objects.filter(pk__in=keys).values_list("pk", "name", "name_latin", "latitude", "longitude")
    return {pk: Where(name, latin, Point(latitude, longitude)) for pk, name, latin, latitude, longitude in rows}


def institutions(keys: Collection[UUID], place_keys: Collection[int]) -> list[tuple[UUID, int, str, str]]:
    """Key, place, name and Latin name of institutions by their own keys or by where they are."""
    found = Institution.objects.filter(Q(pk__in=keys) | Q(place__in=place_keys))
    return list(found.order_by("name_latin").values_list("pk", "place_id", "name", "name_latin"))


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


def cars() -> list[Crew]:
    """All cars; those that no longer work are shown only on days on which they did."""
    rows = Vehicle.objects.order_by("plate").values_list(
        "pk", "resource_id", "model", "plate", "driver__name", "driver__name_latin", "is_active", "driver__is_active"
    )
    return [
        Crew(str(pk), resource, plate, plate, f"{model} · {driver}", f"{model} · {latin}", active and drives)
        for pk, resource, model, plate, driver, latin, active, drives in rows
    ]


def interpreters(day: dt.date) -> list[Crew]:
    """All interpreters by language and name; who is not appointed on this day is shown only with jobs. Two queries."""
    spoken: dict[UUID, list[str]] = defaultdict(list)
    for pk, language in InterpreterLanguage.objects.order_by("pk").values_list("interpreter_id", "language"):
        spoken[pk].append(language)
    rows = Interpreter.objects.values_list(
        "pk", "resource_id", "name", "name_latin", "appointed_from", "appointed_until"
    )
    found = [
        Crew(str(pk), resource, name, latin, " ".join(spoken[pk]), "", begins <= day <= ends)
        for pk, resource, name, latin, begins, ends in rows
    ]
    return sorted(found, key=lambda crew: (crew.note.partition(" ")[0], crew.latin, crew.key))


def shifts(resources: Collection[int], day: dt.date, window: Window) -> dict[int, list[Span]]:
    """When each works on this Korean day, and which of it is leave (``leaves``). Weekly hours and exceptions."""
    known: dict[int, list[Span]] = defaultdict(list)
    is_holiday = holiday_calendar(*window)(day)
    rules = WeeklyRule.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=day), resource__in=resources, weekday=day.weekday(),
        valid_from__lte=day,
    )  # fmt: skip
    fields = ("weekday", "starts", "ends", "valid_from", "valid_until", "place__zone", "on_holidays", "every_weeks")
    for resource, *rest in rules.values_list("resource_id", *fields):
        hours = Hours(*rest)
        if (hours.on_holidays or not is_holiday) and (hours.every_weeks == 1 or any(hours.days(day, day))):
            known[resource] += on_the_clock(day, hours.starts, hours.ends, hours.zone)
    return known


def exceptions(resources: Collection[int], window: Window) -> tuple[dict[int, list[Span]], dict[int, list[Span]]]:
    """Extra hours and leave of each in the window."""
    extra: dict[int, list[Span]] = defaultdict(list)
    leave: dict[int, list[Span]] = defaultdict(list)
    found = RosterException.objects.filter(resource__in=resources, starts_at__lt=window[1], ends_at__gt=window[0])
    for resource, kind, starts_at, ends_at in found.values_list("resource_id", "kind", "starts_at", "ends_at"):
        of_kind = leave if kind == RosterException.Kind.LEAVE else extra
        of_kind[resource].append((minute_of(starts_at), minute_of(ends_at)))
    return extra, {resource: merged(spans) for resource, spans in leave.items()}


def offers(window: Window) -> dict[UUID, tuple[UUID, dt.datetime]]:
    """Who is asked at this moment, and until when they can answer, by job."""
    found = JobOffer.objects.filter(
        answer=JobOffer.Answer.OPEN, interpreting__starts_at__lt=window[1], interpreting__ends_at__gt=window[0]
    )
    rows = found.values_list("interpreting_id", "interpreter_id", "expires_at")
    return {job: (interpreter, expires_at) for job, interpreter, expires_at in rows}


def promises(kinds: Collection[str], since: dt.datetime | None, until: dt.datetime, most: int) -> list[Row]:
    """Open promises of these kinds that are due by then, the next first: subject, kind, due, guest's names and zone."""
    found = Promise.objects.filter(kind__in=kinds, kept_at__isnull=True, withdrawn_at__isnull=True, due_at__lt=until)
    if since is not None:
        found = found.filter(due_at__gte=since)
    names = ("stay__guest__name", "stay__guest__name_latin", "stay__guest__zone")
    return list(found.order_by("due_at", "pk").values_list("subject", "kind", "due_at", *names)[:most])


def proposals_of(day: dt.date) -> list[Proposal]:
    """What was proposed for this Korean day, the newest first, with how much it changes."""
    found = Proposal.objects.filter(day=day).annotate(size=Count("changes")).order_by("-made_at")
    return list(found[:6])


ABOUT = ("concierge.", "stays.", "scheduling.rosterexception")


def last_deed() -> int:
    """Where the audit stands: every deed of the house is a row of it."""
    return AuditEntry.objects.aggregate(last=Max("pk"))["last"] or 0


def deeds_since(mark: int) -> int:
    """How many deeds that a board could show were written down after that row. One query over the newest rows."""
    about = Q()
    for beginning in ABOUT:
        about |= Q(object_type__startswith=beginning)
    return AuditEntry.objects.filter(about, pk__gt=mark).count()


def job_named(subject: str) -> Job | None:
    """The job of a subject ("ride:<id>"), with everything that its page shows."""
    service, _colon, key = subject.partition(":")
    found: dict[str, Callable[[], QuerySet[Any]]] = {"ride": queries.rides, "interpreting": queries.interpretings}
    return found[service]().filter(pk=key).first() if service in found and queries.is_uuid(key) else None


def landings(window: Window) -> list[Row]:
    """Who lands in the window: key, when, flight number and name of the guest."""
    found = queries.arrivals(*window).order_by(queries.LANDS_AT, "pk")
    return list(found.values_list("pk", queries.LANDS_AT, "number", "stay__guest__name"))


def proposals() -> QuerySet[Proposal]:
    """All proposals; coordinators share them."""
    return Proposal.objects.all()


def changes_of(proposal: Proposal) -> list[ProposedChange]:
    """What a proposal changes, in its order, with everything that its page shows. One query."""
    related = (
        "ride__stay__guest", "ride__origin", "ride__destination", "ride__flight", "interpreting__stay__guest",
        "interpreting__place", "appointment__reservation", "appointment__guest", "appointment__institution",
        "appointment__practitioner",
    )  # fmt: skip
    return list(proposal.changes.select_related(*related).order_by("ordinal"))


def crews_named(keys: Collection[str]) -> dict[str, tuple[str, str]]:
    """Name and Latin name of cars, interpreters, practitioners and institutions by key as text. Four queries."""
    cars = Vehicle.objects.filter(pk__in=[key for key in keys if key.isdecimal()])
    found = {str(pk): (f"{model} {plate}",) * 2 for pk, model, plate in cars.values_list("pk", "model", "plate")}
    ids = [key for key in keys if queries.is_uuid(key)]
    for those in (Interpreter.objects, Practitioner.objects, Institution.objects):
        named = those.filter(pk__in=ids).values_list("pk", "name", "name_latin")
        found |= {str(pk): (name, latin) for pk, name, latin in named}
    return found


def flight_numbers(keys: Iterable[str]) -> dict[str, str]:
    """The numbers of flights by key as text."""
    found = Flight.objects.filter(pk__in=[key for key in keys if key.isdecimal()])
    return {str(pk): number for pk, number in found.values_list("pk", "number")}


def later_steps(proposal: Proposal, changes: Collection[ProposedChange]) -> list[ServiceStep]:
    """What was done to the jobs of a proposal after it was made, the last of each job. One query."""
    rides = [change.ride_id for change in changes if change.ride_id]
    jobs = [change.interpreting_id for change in changes if change.interpreting_id]
    steps = ServiceStep.objects.filter(Q(ride__in=rides) | Q(interpreting__in=jobs), at__gt=proposal.made_at)
    by_job = {each.ride_id or each.interpreting_id: each for each in
              steps.select_related("vehicle", "interpreter", "ride__stay__guest", "interpreting__stay__guest")
              .order_by("pk")}  # fmt: skip
    return list(by_job.values())
