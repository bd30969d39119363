"""A guest asks for a car or an interpreter. The rules answer at once; what they leave open waits for the desk."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils import timezone

from sarangbang.concierge import entitlement, wording
from sarangbang.concierge.models import Interpreting, Job, Ride, ServiceStatus
from sarangbang.concierge.times import interpreting_times, ride_times
from sarangbang.directory.models import Department, Place
from sarangbang.people.actions import give_consents
from sarangbang.people.models import Consent
from sarangbang.scheduling.models import Appointment
from sarangbang.stays.models import Flight, Stay

from . import following, telling
from .facts import crews_may_know, decide
from .steps import Changed, last_step, open_with


class NotGranted(Exception):
    """The rules refuse. ``decision`` says why and whom to ask; the text is for the guest."""

    def __init__(self, decision: entitlement.Refused) -> None:
        super().__init__(decision.reason)
        self.decision = decision

    def __str__(self) -> str:
        return wording.refusal(self.decision)


class ConsentMissing(NotGranted):
    """Driver and interpreter may not be told name and place."""

    def __init__(self) -> None:
        super().__init__(entitlement.Refused("no_consent"))


def _agree(stay: Stay, consents: bool) -> None:
    """Write down that the guest agrees now. Raises ``ConsentMissing`` when they never did."""
    if consents:
        give_consents(stay.guest, [Consent.Purpose.CONCIERGE], stay.guest.language)
    if not crews_may_know(stay):
        raise ConsentMissing


@transaction.atomic
def request_ride(
    stay: Stay,
    kind: str,
    *,
    actor: str,
    party: int,
    luggage: int = 0,
    wheelchairs: int = 0,
    flight: Flight | None = None,
    origin: Place | None = None,
    destination: Place | None = None,
    starts_at: dt.datetime | None = None,
    consents: bool = False,
) -> Ride:
    """Ask for a car, or change what was asked.

    A pick-up needs the arrival flight and brings to ``destination`` (the hotel, if empty); sending needs the departure
    flight and fetches from ``origin`` (the hotel, if empty); a transfer needs ``origin``, ``destination`` and
    ``starts_at``. There is one pick-up and one sending per stay: asking again changes it. ``consents`` says that the
    guest agrees now that driver and interpreter learn name and place.
    Returns the ride, granted or waiting with ``answer_by``. Raises ``NotGranted`` and ``ValueError``.
    """
    Stay.objects.select_for_update(no_key=True).get(pk=stay.pk)
    _agree(stay, consents)
    if kind == Ride.Kind.PICK_UP and flight is not None:
        origin, destination = flight.place, destination or stay.hotel
    elif kind == Ride.Kind.SENDING and flight is not None:
        origin, destination = origin or stay.hotel, flight.place
    if origin is None or destination is None:
        raise ValueError("a ride needs two places")
    begin, end = ride_times(kind, origin, destination, flight, starts_at)
    facts = {
        "flight": flight, "origin": origin, "destination": destination, "starts_at": begin, "ends_at": end,
        "party": party, "luggage": luggage, "wheelchairs": wheelchairs,
    }  # fmt: skip
    ride = Ride(stay=stay, kind=kind, **facts)
    decision = _decided(ride)
    known = _known_ride(stay, kind, begin, origin)
    if known is not None:
        return following.change(known, facts, actor=actor, reason="asked_again")
    _open(ride, decision, actor)
    return ride


def _known_ride(stay: Stay, kind: str, begin: dt.datetime, origin: Place) -> Ride | None:
    live = stay.rides.filter(kind=kind, status__in=following.MOVABLE)
    if kind == Ride.Kind.TRANSFER:
        live = live.filter(starts_at=begin, origin=origin)
    return live.order_by("created_at").first()


@transaction.atomic
def request_interpreting(
    stay: Stay,
    appointment: Appointment,
    *,
    actor: str,
    language: str,
    wish: str = "",
    field: Department | None = None,
    consents: bool = False,
) -> Interpreting:
    """Ask for an interpreter at an appointment of the stay, or change what was asked.

    ``wish`` is "female", "male" or empty; ``field`` is the appointment's department if empty. Returns it granted or
    waiting with ``answer_by``. Raises ``NotGranted``, and ``Changed`` when two ask at once.
    """
    Stay.objects.select_for_update(no_key=True).get(pk=stay.pk)
    _agree(stay, consents)
    begin, end = interpreting_times(appointment)
    facts = {
        "language": language, "wish": wish, "field": field or appointment.offering.department,
        "place": appointment.place, "starts_at": begin, "ends_at": end,
    }  # fmt: skip
    job = Interpreting(stay=stay, appointment=appointment, **facts)
    decision = _decided(job)
    known = stay.interpretings.filter(appointment=appointment, status__in=following.MOVABLE).first()
    if known is not None:
        return following.change(known, facts, actor=actor, reason="asked_again")
    try:
        with transaction.atomic():
            _open(job, decision, actor)
    except IntegrityError:
        other = Interpreting.objects.filter(appointment=appointment).order_by("-created_at").first()
        raise Changed(last_step(other) if other else None) from None
    return job


def _decided(job: Job) -> entitlement.Granted | entitlement.Waiting:
    """What the rules say to a new request. Raises ``NotGranted``."""
    decision = decide(job)
    if isinstance(decision, entitlement.Refused):
        raise NotGranted(decision)
    return decision


def _open(job: Job, decision: entitlement.Granted | entitlement.Waiting, actor: str) -> None:
    """Save a new request with its answer, and tell the guest."""
    if isinstance(decision, entitlement.Waiting):
        job.status, job.answer_by = ServiceStatus.WAITING, decision.answer_by
    else:
        job.status = ServiceStatus.GRANTED
    job.created_at = timezone.now()
    job.save(force_insert=True)
    open_with(job, actor=actor, reason=entitlement.question(decision))
    telling.tell_guest(job, telling.WAITING if job.status == ServiceStatus.WAITING else telling.GRANTED)
