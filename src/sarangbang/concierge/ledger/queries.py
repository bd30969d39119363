"""Reads of the ledger: what stands for a job, what a month comes to, statements and their lines."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max, Prefetch, Q, QuerySet, Sum

from sarangbang.concierge import lifecycle, months
from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.models import (
    Interpreter,
    Interpreting,
    Job,
    LedgerEntry,
    Ride,
    ServiceStatus,
    ServiceStep,
    Statement,
)
from sarangbang.concierge.queries import STEPS_WITH_CREW
from sarangbang.directory.models import Institution
from sarangbang.scheduling.models import Appointment

from . import accounting, hours, metering


def _over() -> Q:
    return Q(status__in=[ServiceStatus.FINISHED, ServiceStatus.CANCELLED])


def with_events(jobs: QuerySet[Ride] | QuerySet[Interpreting]) -> Iterable[Job]:
    """The same jobs with everything that reckoning reads, in a constant number of queries."""
    steps = ServiceStep.objects.select_related(*STEPS_WITH_CREW).order_by("pk")
    read: Iterable[Job] = jobs.select_related("stay", "institution").prefetch_related(
        "taps", Prefetch("steps", queryset=steps), "ledger"
    )
    return read


def jobs_over(start: dt.datetime, end: dt.datetime) -> Iterator[Job]:
    """Rides and interpretings of these times that took place or were called off, and those that stand in the ledger."""
    for model in (Ride, Interpreting):
        jobs = model._default_manager.filter(_over() | Q(ledger__isnull=False))  # noqa: SLF001 (public by documentation)
        yield from with_events(jobs.filter(starts_at__gte=start, starts_at__lt=end).distinct())


def institution_of(job: Job) -> UUID | None:
    """Whose patient the guest is then: at this appointment, or else where the next one is, or the last one was."""
    if isinstance(job, Interpreting):
        return Appointment.objects.values_list("institution", flat=True).get(pk=job.appointment_id)
    visits = Appointment.objects.filter(stay_appointment__stay=job.stay_id).exclude(
        reservation__status__in=["cancelled", "expired"]
    )
    later = visits.filter(reservation__starts_at__gte=job.starts_at).order_by("reservation__starts_at")
    earlier = visits.filter(reservation__starts_at__lt=job.starts_at).order_by("-reservation__starts_at")
    found = later.values_list("institution", flat=True).first()
    return found or earlier.values_list("institution", flat=True).first()


def due(job: Job, *, has_institution: bool) -> list[accounting.Share]:
    """What a job comes to by the rules of its day: nothing while it is not over, or when it was called off in time."""
    rules = rules_at(job.starts_at)
    if not rules.has("ride_fare_airport"):
        return []
    last = max(job.steps.all(), key=lambda each: each.pk, default=None)
    stood_up = job.status == ServiceStatus.CANCELLED and last is not None and last.reason == lifecycle.NO_SHOW
    if job.status != ServiceStatus.FINISHED and not stood_up:
        return []
    events = hours.events_about(job)
    if isinstance(job, Interpreting):
        meter = metering.meter(events, hours.free_time(job))
        return accounting.interpreting_shares(meter, rules, has_institution=has_institution)
    done = accounting.RideDone(job.kind, not stood_up, metering.waiting_minutes(events, _left_at(job, stood_up)))
    return accounting.ride_shares(done, rules, has_institution=has_institution)


def _left_at(job: Job, stood_up: bool) -> dt.datetime | None:
    """When a driver whose guest did not come could leave: when the desk called the ride off."""
    return max((each.at for each in job.steps.all()), default=None) if stood_up else None


def standing(job: Job) -> list[LedgerEntry]:
    """The amounts of a job that count: neither reversed nor reversals."""
    entries = list(job.ledger.all())
    reversed_ones = {each.reverses_id for each in entries}
    return [each for each in entries if each.reverses_id is None and each.pk not in reversed_ones]


def last_revision(job: Job, kind: str, payer: str) -> int:
    """The highest revision of this amount, 0 when there is none."""
    return job.ledger.filter(kind=kind, payer=payer).aggregate(Max("revision"))["revision__max"] or 0


# --- Statements ------------------------------------------------------------------------------------------------------


def open_entries(month: dt.date, institution: Institution | None) -> QuerySet[LedgerEntry]:
    """What belongs into the statement of this month and stands in none: of the month itself and late corrections of
    earlier ones. For an institution its own; for None the district's with the guests' part."""
    entries = LedgerEntry.objects.filter(statement__isnull=True, happened_on__lt=months.after(month))
    if institution is not None:
        return entries.filter(payer=LedgerEntry.Payer.INSTITUTION, institution=institution)
    return entries.exclude(payer=LedgerEntry.Payer.INSTITUTION)


def lines_of(statement: Statement) -> list[LedgerEntry]:
    """The entries of a statement in order."""
    entries = statement.entries.select_related(
        "ride__origin", "ride__destination", "interpreting__place", "institution", "reverses"
    )
    return list(entries.order_by("happened_on", "pk"))


def digest_of(entries: Iterable[LedgerEntry]) -> str:
    """SHA-256 of what a statement says, in the order of the entries' numbers."""
    lines = [
        [each.pk, each.kind, each.payer, each.amount, each.minutes, each.happened_on.isoformat(), each.rule]
        for each in sorted(entries, key=lambda each: each.pk)
    ]
    return hashlib.sha256(json.dumps(lines, separators=(",", ":")).encode()).hexdigest()


def hours_digest(rows: Sequence[hours.Worked]) -> str:
    """SHA-256 of what an interpreter's statement says."""
    lines = [[str(row.job.pk), row.starts_at.isoformat(), row.minutes] for row in rows]
    return hashlib.sha256(json.dumps(lines, separators=(",", ":")).encode()).hexdigest()


def statements(month: dt.date | None = None) -> QuerySet[Statement]:
    """All statements, or those of one month, with whom they are for."""
    found = Statement.objects.select_related("institution", "interpreter")
    return found.filter(month=month) if month else found


def statements_for(institutions: QuerySet[Institution]) -> QuerySet[Statement]:
    """The statements of these institutions, the newest first."""
    return statements().filter(institution__in=institutions)


def statements_of(person: Interpreter) -> QuerySet[Statement]:
    """The statements of an interpreter's hours."""
    return statements().filter(interpreter=person)


def entries_for(institutions: QuerySet[Institution] | None = None) -> QuerySet[LedgerEntry]:
    """The ledger, or the part that these institutions bear."""
    if institutions is None:
        return LedgerEntry.objects.all()
    return LedgerEntry.objects.filter(payer=LedgerEntry.Payer.INSTITUTION, institution__in=institutions)


@dataclass(frozen=True, slots=True)
class Open:
    """What stands in no statement yet, for one institution (None: the district)."""

    institution: Institution | None
    entries: int
    amount: int


def still_open(month: dt.date) -> list[Open]:
    """Everybody with entries up to the end of this month that stand in no statement. Three queries."""
    entries = LedgerEntry.objects.filter(statement__isnull=True, happened_on__lt=months.after(month))
    theirs = entries.filter(payer=LedgerEntry.Payer.INSTITUTION).values("institution")
    rows = list(theirs.annotate(count=Count("pk"), won=Sum("amount")).order_by("institution"))
    known = Institution.objects.in_bulk([row["institution"] for row in rows])
    found = [Open(known[row["institution"]], row["count"], row["won"]) for row in rows]
    found.sort(key=lambda each: each.institution.name_latin if each.institution else "")
    rest = entries.exclude(payer=LedgerEntry.Payer.INSTITUTION).aggregate(count=Count("pk"), won=Sum("amount"))
    return [Open(None, rest["count"], rest["won"]), *found] if rest["count"] else found


def working_in(month: dt.date) -> list[Interpreter]:
    """Interpreters with an interpreting planned in this month."""
    start, end = months.midnight(month), months.midnight(months.after(month))
    ids = Interpreting.objects.filter(starts_at__gte=start, starts_at__lt=end).values("interpreter")
    return list(Interpreter.objects.filter(pk__in=ids).order_by("name_latin"))
