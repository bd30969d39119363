"""Reads of the concierge: the desk's day, one job, a crew's next jobs. Each in a constant number of queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from sarangbang.directory.models import Place
from sarangbang.people.models import SecureLink, User
from sarangbang.scheduling.prepared import Prepared
from sarangbang.stays.models import Flight, Promise, Stay, StayAppointment
from sarangbang.stays.queries import open_promises
from sarangbang.stays.rules import STANDING

from . import lifecycle
from .entitlement import SEOUL
from .models import Driver, FeedState, FlightReport, Interpreter, Interpreting, Job, Ride, ServiceStep, Tap

AnyJob = TypeVar("AnyJob", bound=Job)
BEFORE = dt.timedelta(hours=6)
"""A job stays on the crew's page so long after its planned end."""

LANDS_AT = Coalesce("expected_at", "scheduled_at")

STEPS_WITH_CREW = ("vehicle__driver", "interpreter")
"""What a step's crew needs to be named."""

RIDE_FIELDS = {
    "guest_name": F("stay__guest__name"),
    "guest_latin": F("stay__guest__name_latin"),
    "language": F("stay__guest__language"),
    "leaves_at": F("reservation__starts_at"),
    "from_name": F("origin__name"),
    "from_latin": F("origin__name_latin"),
    "from_lat": F("origin__latitude"),
    "from_lon": F("origin__longitude"),
    "to_name": F("destination__name"),
    "to_latin": F("destination__name_latin"),
    "to_lat": F("destination__latitude"),
    "to_lon": F("destination__longitude"),
    "flight_number": F("flight__number"),
    "flight_at": Coalesce("flight__expected_at", "flight__scheduled_at"),
    "crew": F("vehicle_id"),
    "crew_name": F("vehicle__plate"),
    "crew_latin": F("vehicle__plate"),
    "crew_model": F("vehicle__model"),
    "crew_person": F("vehicle__driver__name"),
    "crew_person_latin": F("vehicle__driver__name_latin"),
}
INTERPRETING_FIELDS = {
    "guest_name": F("stay__guest__name"),
    "guest_latin": F("stay__guest__name_latin"),
    "leaves_at": F("reservation__starts_at"),
    "from_name": F("place__name"),
    "from_latin": F("place__name_latin"),
    "from_lat": F("place__latitude"),
    "from_lon": F("place__longitude"),
    "to_name": F("place__name"),
    "to_latin": F("place__name_latin"),
    "to_lat": F("place__latitude"),
    "to_lon": F("place__longitude"),
    "crew": F("interpreter_id"),
    "crew_name": F("interpreter__name"),
    "crew_latin": F("interpreter__name_latin"),
}
OWN_FIELDS = ("pk", "stay_id", "status", "starts_at", "ends_at", "answer_by")


def has_visit() -> Exists:
    """Whether the stay still has an appointment that somebody comes for."""
    return Exists(
        StayAppointment.objects.filter(
            stay=OuterRef("stay"), appointment__reservation__status__in=(*STANDING, "fulfilled")
        )
    )


def rides_between(start: dt.datetime, end: dt.datetime) -> list[dict[str, object]]:
    """Rides that touch the window and are not called off, as plain rows: a day may hold hundreds."""
    return _ride_rows(Ride.objects.filter(starts_at__lt=end, ends_at__gt=start))


def interpretings_between(start: dt.datetime, end: dt.datetime) -> list[dict[str, object]]:
    """Interpretings that touch the window and are not called off, as plain rows."""
    return _interpreting_rows(Interpreting.objects.filter(starts_at__lt=end, ends_at__gt=start))


def jobs_named(subjects: Iterable[str]) -> dict[str, dict[str, object]]:
    """The jobs behind the subjects of promises ("ride:<id>"), as plain rows. Two queries."""
    ids: dict[str, list[UUID]] = defaultdict(list)
    for subject in subjects:
        service, _colon, key = subject.partition(":")
        if is_uuid(key):
            ids[service].append(UUID(key))
    rows = {f"ride:{row['pk']}": row for row in _ride_rows(Ride.objects.filter(pk__in=ids["ride"]))}
    asked = Interpreting.objects.filter(pk__in=ids["interpreting"])
    return rows | {f"interpreting:{row['pk']}": row for row in _interpreting_rows(asked)}


def _ride_rows(rides: QuerySet[Ride]) -> list[dict[str, object]]:
    live = rides.exclude(status__in=lifecycle.OFF).order_by("starts_at", "pk")
    own = (*OWN_FIELDS, "kind", "party", "wheelchairs", "flight_id")
    return list(live.values(*own, has_visit=has_visit(), **RIDE_FIELDS))


def _interpreting_rows(interpretings: QuerySet[Interpreting]) -> list[dict[str, object]]:
    live = interpretings.exclude(status__in=lifecycle.OFF).order_by("starts_at", "pk")
    return list(live.values(*OWN_FIELDS, "language", has_visit=has_visit(), **INTERPRETING_FIELDS))


def arrivals(start: dt.datetime, end: dt.datetime) -> QuerySet[Flight]:
    """Flights that are expected to land in the window (``lands_at``)."""
    expected = Flight.objects.annotate(lands_at=LANDS_AT)
    return expected.filter(direction=Flight.Direction.ARRIVAL, lands_at__gte=start, lands_at__lt=end)


def landings(start: dt.datetime, end: dt.datetime) -> QuerySet[Flight]:
    """Who lands in the window, with the car that fetches them."""
    fetching = Ride.objects.exclude(status__in=lifecycle.OFF).select_related("vehicle", "destination")
    return (
        arrivals(start, end)
        .select_related("stay__guest", "place")
        .prefetch_related(Prefetch("rides", queryset=fetching))
        .order_by(LANDS_AT, "pk")
    )


_DUE_ANSWERS = Prepared(
    lambda _fixed, until: (
        open_promises(until).filter(kind__in=("ride_answer", "interpreting_answer", "answer")).values_list("pk")[:100]
    )
)


def due_answers(until: dt.datetime) -> list[Promise]:
    """Answers that were promised to guests and are due by then. One query, one more if there are any."""
    keys = [pk for (pk,) in _DUE_ANSWERS(None, until)]
    found = Promise.objects.filter(pk__in=keys).select_related("stay__guest").order_by("due_at", "pk")
    return list(found) if keys else []


def spoken_by(interpreters: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The languages of these interpreters."""
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = Interpreter.objects.filter(pk__in=list(interpreters), languages__isnull=False)
    for pk, language in rows.order_by("languages__language").values_list("pk", "languages__language"):
        found[pk].append(language)
    return found


def with_resources(resources: Iterable[int]) -> QuerySet[Interpreter]:
    """The interpreters behind these resources."""
    return Interpreter.objects.filter(resource__in=list(resources))


def rides() -> QuerySet[Ride]:
    """Rides with everything that their page shows."""
    return Ride.objects.select_related(
        "stay__guest", "stay__hotel", "flight__place", "origin", "destination", "vehicle__driver", "vehicle__resource",
        "reservation",
    )  # fmt: skip


def interpretings() -> QuerySet[Interpreting]:
    """Interpretings with everything that their page shows."""
    return Interpreting.objects.select_related(
        "stay__guest",
        "stay__hotel",
        "appointment__reservation",
        "place",
        "field",
        "interpreter__resource",
        "reservation",
    )


def known_faces(guests: Iterable[UUID]) -> dict[object, frozenset[str]]:
    """Who interpreted for these guests before, or is to, by guest. One query."""
    found: dict[object, set[str]] = defaultdict(set)
    done = Interpreting.objects.filter(
        stay__guest__in=list(guests), interpreter__isnull=False, status__in=(lifecycle.MET, lifecycle.FINISHED)
    )
    for guest, interpreter in done.values_list("stay__guest_id", "interpreter_id").distinct():
        found[guest].add(str(interpreter))
    return {guest: frozenset(people) for guest, people in found.items()}


def known_interpreters(stay: Stay) -> list[Interpreter]:
    """Who interpreted for the guest of this stay before and is still appointed, the last first."""
    today = timezone.now().astimezone(SEOUL).date()
    jobs = Interpreting.objects.filter(
        stay__guest=stay.guest_id,
        status__in=(lifecycle.MET, lifecycle.FINISHED),
        interpreter__appointed_until__gte=today,
    )
    ordered = jobs.order_by("-starts_at").select_related("interpreter")[:20]
    return list(dict.fromkeys(job.interpreter for job in ordered if job.interpreter is not None))


def job_as_it_is(job: AnyJob) -> AnyJob:
    """The job read anew, with everything that its page shows."""
    found = rides() if isinstance(job, Ride) else interpretings()
    return cast("AnyJob", found.get(pk=job.pk))


def history(job: Job) -> list[ServiceStep]:
    return list(job.steps.select_related("vehicle__driver", "interpreter", "undone_by").order_by("pk"))


def taps_of(job: Job) -> list[Tap]:
    return list(job.taps.order_by("pk"))


def names_of(actors: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Name and Latin name of staff and crews behind actor strings; others are left out. Three queries."""
    ids: dict[str, set[str]] = defaultdict(set)
    for actor in actors:
        kind, _colon, key = actor.partition(":")
        ids[kind].add(key)
    users = User.objects.filter(pk__in=[key for key in ids["user"] if key.isdecimal()])
    found = {f"user:{pk}": (name, name) for pk, name in users.values_list("pk", "name")}
    crews = [UUID(key) for key in ids["crew"] if is_uuid(key)]
    for people in (Driver.objects, Interpreter.objects):
        rows = people.filter(pk__in=crews).values_list("pk", "name", "name_latin")
        found |= {f"crew:{pk}": (name, latin) for pk, name, latin in rows}
    return found


def is_uuid(text: str) -> bool:
    """Whether a text is an id that can be looked up."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def crew_of(link: SecureLink) -> Driver | Interpreter | None:
    """The driver or interpreter behind a link, while they work here."""
    if not is_uuid(link.subject):
        return None
    if link.purpose == SecureLink.Purpose.DRIVER:
        return Driver.objects.filter(pk=link.subject, is_active=True).first()
    return interpreter_at(link.subject)


def interpreter_at(subject: str) -> Interpreter | None:
    """The interpreter behind a link, while they are appointed."""
    today = timezone.now().astimezone(SEOUL).date()
    return Interpreter.objects.filter(pk=subject, appointed_until__gte=today).first() if is_uuid(subject) else None


def jobs_of(person: Driver | Interpreter) -> QuerySet[Ride] | QuerySet[Interpreting]:
    """What this driver or interpreter has to do or did."""
    if isinstance(person, Driver):
        return Ride.objects.filter(vehicle__driver=person).select_related(
            "stay__guest", "flight", "origin", "destination", "vehicle"
        )
    return Interpreting.objects.filter(interpreter=person).select_related("stay__guest", "field", "place")


def any_job(purpose: str, pk: UUID) -> Job | None:
    """A job of the kind that this sort of crew does; whose it is, the verb finds out under lock."""
    if purpose == SecureLink.Purpose.DRIVER:
        return Ride.objects.filter(pk=pk).first()
    return Interpreting.objects.filter(pk=pk).first()


def next_jobs(person: Driver | Interpreter, now: dt.datetime, until: dt.datetime) -> list[Job]:
    """The crew's jobs from a few hours ago on, with what was tapped."""
    jobs = jobs_of(person).filter(
        status__in=lifecycle.WITH_CREW | {lifecycle.FINISHED}, ends_at__gt=now - BEFORE, starts_at__lt=until
    )
    steps = Prefetch("steps", queryset=ServiceStep.objects.select_related(*STEPS_WITH_CREW))
    said = ("taps", steps, "flight__reports") if isinstance(person, Driver) else ("taps", steps)
    return list(jobs.prefetch_related(*said).order_by("starts_at", "pk"))


def watched(start: dt.datetime, end: dt.datetime) -> QuerySet[Flight]:
    """Flights that land in the window and that somebody is to be fetched from."""
    fetching = Ride.objects.exclude(status__in=lifecycle.OFF).filter(flight=OuterRef("pk"))
    return arrivals(start, end).filter(Exists(fetching)).select_related("place").order_by("pk")


def landing_flights() -> QuerySet[Flight]:
    """Arrivals with everything that their page shows."""
    flights = Flight.objects.filter(direction=Flight.Direction.ARRIVAL).select_related("stay__guest", "place")
    fetching = Ride.objects.exclude(status__in=lifecycle.OFF).select_related("vehicle")
    return flights.prefetch_related(
        Prefetch("rides", queryset=fetching), Prefetch("reports", queryset=FlightReport.objects.select_related("place"))
    )


def airports() -> QuerySet[Place]:
    """The terminals that guests arrive at."""
    return Place.objects.filter(kind=Place.Kind.AIRPORT)


_QUESTIONS = Prepared(
    lambda _fixed, start, end: (
        FlightReport.objects.filter(flight__in=arrivals(start, end).values("pk"), closed_at__isnull=True)
        .exclude(doubt="")
        .values_list("pk")
    )
)


def flight_questions(start: dt.datetime, end: dt.datetime) -> list[FlightReport]:
    """What the feed said and nobody could believe, of flights of the window; the oldest first. One query, one more if
    there are any."""
    keys = [pk for (pk,) in _QUESTIONS(None, start, end)]
    found = FlightReport.objects.filter(pk__in=keys).select_related("flight__stay__guest", "flight__place")
    return list(found.order_by("read_at", "pk")) if keys else []


MISSED = {
    "ride": "stay__rides",
    "flight": "stay__rides__flight",
    "number": "stay__rides__flight__number",
    "arrives_at": "stay__rides__ends_at",
    "visit_at": "appointment__reservation__starts_at",
    "guest_name": "stay__guest__name",
    "guest_latin": "stay__guest__name_latin",
}


def _missed(_fixed: None, start: dt.datetime, end: dt.datetime) -> QuerySet[Any, Any]:
    late = StayAppointment.objects.filter(
        appointment__mode="on_site",
        appointment__reservation__status="booked",
        appointment__reservation__starts_at__gte=start,
        appointment__reservation__starts_at__lt=end,
        stay__rides__kind=Ride.Kind.PICK_UP,
        stay__rides__status__in=lifecycle.LIVE,
        stay__rides__starts_at__gte=start,
        stay__rides__starts_at__lt=end,
        stay__rides__flight__expected_at__isnull=False,
        stay__rides__ends_at__gt=F("appointment__reservation__starts_at"),
    )
    return late.order_by("appointment__reservation__starts_at", "pk").values_list(*MISSED.values())


_MISSED = Prepared(_missed)


def missed_visits(start: dt.datetime, end: dt.datetime) -> list[dict[str, Any]]:
    """Appointments of the window at which the guest cannot be, because their flight is late: as plain rows with the
    pick-up. One query."""
    return [dict(zip(MISSED, row, strict=True)) for row in _MISSED(None, start, end)]


def silent_feeds(before: dt.datetime) -> QuerySet[FeedState]:
    """Feeds that have not answered since before that instant."""
    return FeedState.objects.filter(failing_since__lt=before)
