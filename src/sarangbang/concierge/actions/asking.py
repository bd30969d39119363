"""A guest asks for a car or an interpreter. The rules answer at once; what they leave open waits for the desk."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from sarangbang.concierge import entitlement, lifecycle, wording
from sarangbang.concierge.models import Interpreter, Interpreting, Job, RequestSource, Ride, ServiceStatus
from sarangbang.concierge.times import interpreting_times, ride_times
from sarangbang.directory.models import Department, Institution, Place
from sarangbang.people.actions import give_consents
from sarangbang.people.models import Consent
from sarangbang.scheduling.actions import dismiss_interpreters
from sarangbang.scheduling.models import Appointment
from sarangbang.stays.models import Flight, Stay

from . import following, telling
from .assigning import assign_kept
from .facts import appointments_at, bearing_institution, crews_may_know, decide
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
    child_seats: int = 0,
    alone: bool = False,
    flight: Flight | None = None,
    origin: Place | None = None,
    destination: Place | None = None,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
    source: str = RequestSource.GUEST,
    institution: Institution | None = None,
    consents: bool = False,
) -> Ride:
    """Ask for a car, or change what was asked.

    A pick-up needs the arrival flight and brings to ``destination`` (the hotel, if empty); sending needs the departure
    flight and fetches from ``origin`` (the hotel, if empty); a transfer needs ``origin``, ``destination`` and
    ``starts_at``; a day trip to a programme the same, the car waits there and is back at ``origin`` at ``ends_at`` (or
    after the rule's time there). There is one pick-up and one sending per stay: asking again changes it. ``alone``: no
    other guest in the car. ``source`` is the way by which the request came, ``institution`` the partner that asks; it
    bears the institution's share, else the one the guest has the appointment at. ``consents`` says that the guest
    agrees now that driver and interpreter learn name and place.
    Returns the ride, granted or waiting with ``answer_by``. Raises ``NotGranted`` and ``ValueError``.
    """
    Stay.objects.select_for_update(no_key=True).get(pk=stay.pk)
    _check_theirs(stay, source, institution)
    _agree(stay, consents)
    if kind == Ride.Kind.PICK_UP and flight is not None:
        origin, destination = flight.place, destination or stay.hotel
    elif kind == Ride.Kind.SENDING and flight is not None:
        origin, destination = origin or stay.hotel, flight.place
    if origin is None or destination is None:
        raise ValueError("a ride needs two places")
    begin, end = ride_times(kind, origin, destination, flight, starts_at, ends_at)
    facts = {
        "flight": flight, "origin": origin, "destination": destination, "starts_at": begin, "ends_at": end,
        "party": party, "luggage": luggage, "wheelchairs": wheelchairs, "child_seats": child_seats, "alone": alone,
    }  # fmt: skip
    ride = Ride(stay=stay, kind=kind, source=source, asked_by=actor, **facts)
    decision = _decided(ride)
    ride.institution = institution or bearing_institution(ride)
    known = _known_ride(stay, kind, begin, origin)
    if known is not None:
        return following.change(known, facts, actor=actor, reason="asked_again")
    _open(ride, decision, actor)
    return ride


def _known_ride(stay: Stay, kind: str, begin: dt.datetime, origin: Place) -> Ride | None:
    live = stay.rides.filter(kind=kind, status__in=following.MOVABLE)
    if kind in (Ride.Kind.TRANSFER, Ride.Kind.PROGRAMME):
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
    mode: str = Interpreting.Mode.ON_SITE,
    prefers: Interpreter | None = None,
    source: str = RequestSource.GUEST,
    institution: Institution | None = None,
    consents: bool = False,
) -> Interpreting:
    """Ask for an interpreter at an appointment of the stay, or change what was asked.

    ``wish`` is "female", "male" or empty; ``field`` is the appointment's department if empty; ``mode`` is beside the
    guest, by video or by telephone; ``prefers`` is an interpreter the guest knows. ``source`` and ``institution`` as
    for a ride. Returns it granted or waiting with ``answer_by``. Raises ``NotGranted``, and ``Changed`` when two ask at
    once.
    """
    Stay.objects.select_for_update(no_key=True).get(pk=stay.pk)
    _check_theirs(stay, source, institution)
    _agree(stay, consents)
    begin, end = interpreting_times(appointment)
    facts = {
        "language": language, "wish": wish, "field": field or appointment.offering.department, "mode": mode,
        "prefers": prefers, "place": appointment.place, "starts_at": begin, "ends_at": end,
    }  # fmt: skip
    payer = institution or appointment.institution
    job = Interpreting(stay=stay, appointment=appointment, source=source, asked_by=actor, institution=payer, **facts)
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
    assign_kept(job, actor=actor)
    job.refresh_from_db()
    return job


def on_interpreter_kept(sender: object, *, appointment: Appointment, language: str, actor: str, **_rest: Any) -> None:
    """Receives ``scheduling.signals.interpreter_kept``: an interpreter was promised with a time. Without the guest's
    consent, or where the rules refuse, the time stays kept until the guest or the desk asks."""
    job = Interpreting.objects.filter(appointment=appointment, status__in=lifecycle.LIVE).first()
    stay = Stay.objects.filter(stay_appointments__appointment=appointment).first()
    if job is not None:
        if job.crew is not None:
            dismiss_interpreters(appointment, actor=actor)
        else:
            assign_kept(job, actor=actor)
    elif stay is not None:
        with suppress(NotGranted, Changed), transaction.atomic():
            request_interpreting(stay, appointment, actor=actor, language=language)


def _check_theirs(stay: Stay, source: str, institution: Institution | None) -> None:
    """A partner institution asks for its own guests only. Raises ``NotGranted``, and ``ValueError`` without one."""
    if source != RequestSource.INSTITUTION:
        return
    if institution is None:
        raise ValueError("which institution asks?")
    if not appointments_at(stay, institution).exists():
        raise NotGranted(entitlement.Refused("no_appointment"))


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
