"""Jobs follow what they hang on: an appointment that moves, a flight that changes, a consent that ends.

Runs inside the transaction of the change. Who is assigned keeps the job if they still fit at the new time; otherwise
the job is unassigned and needs a hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction

from sarangbang.concierge import entitlement, lifecycle
from sarangbang.concierge.models import Crew, Interpreting, Job, Ride, ServiceStatus
from sarangbang.concierge.times import brings_to, fetches_from, interpreting_times, ride_times
from sarangbang.people.models import Consent
from sarangbang.scheduling.actions import Taken
from sarangbang.scheduling.models import Appointment
from sarangbang.stays.models import Flight, Stay

from . import telling
from .assigning import DoesNotFit, give_back, take
from .deciding import cancel
from .facts import decide, request_of
from .steps import AnyJob, locked, note_change, step

MOVABLE = lifecycle.LIVE - {lifecycle.MET}
STANDING_WORD = frozenset({"short_notice", "past"})
"""Questions of time, which take nothing back that was granted."""


_LED: ContextVar[frozenset[str] | None] = ContextVar("led_by_proposal", default=None)


@contextmanager
def led_by_proposal(subjects: Iterable[str]) -> Iterator[None]:
    """These jobs do not follow their appointments within: a proposal moves them itself."""
    token = _LED.set(frozenset(subjects))
    try:
        yield
    finally:
        _LED.reset(token)


@transaction.atomic
def change(job: AnyJob, facts: Mapping[str, Any], *, actor: str, reason: str) -> AnyJob:
    """Give a job other times, places or wishes. Nothing happens when they are the same, or the guest was met.

    What the rules would not have granted like this waits for a coordinator again, unless a crew keeps it; what they
    grant now need not wait any longer. A time that has become short takes no word back.
    """
    job = locked(job)
    if job.status not in MOVABLE or all(getattr(job, name) == value for name, value in facts.items()):
        return job
    before = entitlement.question(decide(job))
    for name, value in facts.items():
        setattr(job, name, value)
    decision = decide(job)
    crew = job.crew
    if crew is not None and not isinstance(decision, entitlement.Refused) and _keeps(job, crew, actor):
        note_change(job, actor=actor, reason=reason)
        telling.tell_crew(job, crew.person, telling.MOVED)
        telling.tell_guest(job, telling.MOVED)
        return job
    if crew is not None:
        give_back(job, actor=actor)
        telling.tell_crew(job, crew.person, telling.WITHDRAWN)
    doubt = entitlement.question(decision)
    if doubt not in {"", before, *STANDING_WORD}:
        _ask_desk(job, actor=actor, reason=doubt)
    elif job.status == ServiceStatus.WAITING and not doubt:
        step(job, ServiceStatus.GRANTED, actor=actor, reason=reason)
        telling.tell_guest(job, telling.GRANTED)
    elif crew is not None:
        step(job, ServiceStatus.GRANTED, actor=actor, reason=reason)
        telling.tell_guest(job, telling.UNASSIGNED)
    else:
        if job.answer_by is not None:
            job.answer_by = min(job.answer_by, job.starts_at)
        note_change(job, actor=actor, reason=reason)
    return job


def _keeps(job: Job, crew: Crew, actor: str) -> bool:
    """Whether who is assigned is free at the new time; then it is theirs."""
    try:
        with transaction.atomic():
            take(job, crew, actor=actor)
    except (DoesNotFit, Taken):
        return False
    return True


def _ask_desk(job: Job, *, actor: str, reason: str) -> None:
    """A new question is open: a coordinator answers."""
    by = entitlement.answer_by(request_of(job), entitlement.rules_at(job.starts_at))
    if job.status == ServiceStatus.WAITING:
        job.answer_by = min(job.answer_by or by, by)
        note_change(job, actor=actor, reason=reason)
        return
    job.answer_by = by
    step(job, ServiceStatus.WAITING, actor=actor, reason=reason)
    telling.tell_guest(job, telling.WAITING)


def on_appointment_changed(sender: object, *, appointment: Appointment, change: str, actor: str, **_rest: Any) -> None:
    """Receives ``scheduling.signals.appointment_changed``: the interpreter moves along or is no longer needed."""
    if change not in ("moved", "cancelled"):
        return
    led = _LED.get()
    jobs = Interpreting.objects.filter(appointment=appointment, status__in=MOVABLE).order_by("pk")
    for job in jobs:
        if job.subject in (led or ()):
            continue
        if change == "moved":
            _follow_appointment(job, appointment, actor)
        else:
            cancel(job, actor=actor, reason="appointment_cancelled")
    if change == "moved" and led is None:  # a proposal has looked at the rides itself
        _rides_follow(appointment, actor)


def _rides_follow(appointment: Appointment, actor: str) -> None:
    """The rides in town that bring the guest, or fetch them, are as much before and after the appointment as they
    were, unless they are locked."""
    old, new = appointment.former.order_by("created_at", "pk").last(), appointment.reservation
    if old is None:
        return
    town = Ride.objects.filter(stay__stay_appointments__appointment=appointment, kind=Ride.Kind.TRANSFER)
    for ride in town.filter(status__in=MOVABLE, locked_at__isnull=True).order_by("pk"):
        if brings_to(ride, appointment.place_id, old.starts_at):
            by = new.starts_at - old.starts_at
        elif fetches_from(ride, appointment.place_id, old.ends_at):
            by = new.ends_at - old.ends_at
        else:
            continue
        facts = {"starts_at": ride.starts_at + by, "ends_at": ride.ends_at + by}
        change(ride, facts, actor=actor, reason="appointment_moved")


def _follow_appointment(job: Interpreting, appointment: Appointment, actor: str) -> None:
    begin, end = interpreting_times(appointment)
    facts = {"starts_at": begin, "ends_at": end, "place": appointment.place}
    change(job, facts, actor=actor, reason="appointment_moved")


def on_flight_changed(sender: object, *, flight: Flight, actor: str, **_rest: Any) -> None:
    """Receives ``stays.signals.flight_changed``: the cars of this flight move along."""
    rides = flight.rides.filter(status__in=MOVABLE).select_related("origin", "destination").order_by("pk")
    for ride in rides:
        arriving = ride.kind == Ride.Kind.PICK_UP
        origin = flight.place if arriving else ride.origin
        destination = ride.destination if arriving else flight.place
        begin, end = ride_times(ride.kind, origin, destination, flight, None)
        facts = {"origin": origin, "destination": destination, "starts_at": begin, "ends_at": end}
        change(ride, facts, actor=actor, reason="flight_changed")


def on_consent_withdrawn(sender: object, *, stay: Stay, purpose: str, actor: str, **_rest: Any) -> None:
    """Receives ``stays.signals.consent_withdrawn``: without it no crew may know name and place any longer."""
    if purpose not in (Consent.Purpose.CONCIERGE, Consent.Purpose.BOOKING):
        return
    for jobs in (Ride.objects, Interpreting.objects):
        for job in jobs.filter(stay__guest=stay.guest_id, status__in=MOVABLE).order_by("pk"):
            cancel(job, actor=actor, reason="consent_withdrawn")
