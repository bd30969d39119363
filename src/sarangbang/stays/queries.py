"""Reads of stays. A page starts from a link: its subject is the only thing that is looked up."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from sarangbang.directory.models import Offering, Practitioner
from sarangbang.people.models import AccessEntry, Consent, SecureLink
from sarangbang.people.queries import accesses_of
from sarangbang.scheduling.models import Appointment, Reservation, ReservationStep

from .models import Flight, Intake, Promise, Stay
from .promises import Said, said


def stay_of(subject: str | UUID) -> Stay | None:
    """The stay behind a link, with its guest."""
    return Stay.objects.select_related("guest", "hotel").filter(pk=subject).first()


def held_appointment(subject: str | UUID) -> Appointment | None:
    """The appointment behind a hold link, with all that its pages show."""
    return (
        Appointment.objects.select_related(
            "reservation", "offering__procedure", "offering__institution", "offering__department", "institution",
            "practitioner", "place", "guest",
        )
        .filter(pk=subject)
        .first()
    )  # fmt: skip


def stay_with(appointment: Appointment) -> Stay | None:
    """The stay to which an appointment belongs."""
    return Stay.objects.select_related("guest").filter(stay_appointments__appointment=appointment).first()


def intake_of(appointment: Appointment) -> Intake | None:
    """What the guest typed for this appointment, while it is not booked."""
    return Intake.objects.select_related("appointment__reservation").filter(appointment=appointment).first()


def appointments_of(stay: Stay) -> QuerySet[Appointment]:
    """All appointments of a stay, cancelled ones too, in the order of time."""
    return (
        Appointment.objects.filter(stay_appointment__stay=stay)
        .select_related(
            "reservation", "offering__procedure", "offering__department", "institution", "practitioner", "place"
        )
        .prefetch_related(Prefetch("reservation__steps", queryset=ReservationStep.objects.order_by("at")))
        .order_by("reservation__starts_at", "pk")
    )


def appointment_of(stay: Stay, appointment_id: UUID) -> Appointment | None:
    """One appointment, if it belongs to this stay."""
    return appointments_of(stay).filter(pk=appointment_id).first()


def flights_of(stay: Stay) -> QuerySet[Flight]:
    return stay.flights.select_related("place")


def flight_of(stay: Stay, direction: str) -> Flight | None:
    return flights_of(stay).filter(direction=direction).first()


def promises_of(stay: Stay, now: dt.datetime) -> dict[str, list[Said]]:
    """What was promised, by subject; withdrawn promises are not shown."""
    by_subject: dict[str, list[Said]] = defaultdict(list)
    for promise in stay.promises.filter(withdrawn_at__isnull=True).order_by("promised_at", "pk"):
        by_subject[promise.subject].append(said(promise, now))
    return by_subject


def open_promises(until: dt.datetime) -> QuerySet[Promise]:
    """Promises that are due by then and not kept, earliest first: for the coordinator's day."""
    return (
        Promise.objects.filter(kept_at__isnull=True, withdrawn_at__isnull=True, due_at__lte=until)
        .select_related("stay__guest")
        .order_by("due_at", "pk")
    )


def consents_of(stay: Stay) -> list[Consent]:
    """Every consent the guest gave, with the day it ended, newest first."""
    return list(stay.guest.consents.order_by("-given_at", "purpose"))


def consents_in_force(stay: Stay) -> set[str]:
    return set(stay.guest.consents.filter(withdrawn_at__isnull=True).values_list("purpose", flat=True))


def readers_of(stay: Stay, limit: int = 200) -> list[AccessEntry]:
    """Who read the guest's record, newest first."""
    return list(accesses_of(stay.guest)[:limit])


def _open_links() -> QuerySet[SecureLink]:
    now = timezone.now()
    good = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return SecureLink.objects.filter(good, revoked_at__isnull=True).order_by("-created_at")


def link_to(subject: Stay | Appointment, purpose: str) -> SecureLink | None:
    """The newest good link of this purpose to a stay or a held time."""
    return _open_links().filter(purpose=purpose, subject=str(subject.pk)).first()


def stay_link_by_id(link_id: UUID) -> SecureLink | None:
    """A stay's link by its id, while it is good."""
    return _open_links().filter(pk=link_id, purpose=SecureLink.Purpose.STAY).first()


def is_open(stay: Stay, now: dt.datetime) -> bool:
    """Whether something may still be added: the guest has not left, and something is still to come."""
    if stay.leaves_on is not None and stay.leaves_on < timezone.localdate(now):
        return False
    ahead = Appointment.objects.filter(
        stay_appointment__stay=stay,
        reservation__status__in=(Reservation.Status.BOOKED, Reservation.Status.ARRIVED),
        reservation__ends_at__gte=now,
    )
    return stay.leaves_on is not None or ahead.exists()


def latest_stays(email: str, limit: int = 5) -> list[Stay]:
    """The newest stay of each guest with this address."""
    newest: dict[UUID, Stay] = {}
    stays = Stay.objects.filter(guest__email__iexact=email).select_related("guest").order_by("-created_at")
    for stay in stays[:50]:
        newest.setdefault(stay.guest_id, stay)
    return list(newest.values())[:limit]


def offering_at(pk: int) -> Offering | None:
    """An offering with all that its pages show, whether or not it can be booked."""
    if not 0 < pk < 2**31:
        return None
    return Offering.objects.select_related("institution__place", "procedure", "department").filter(pk=pk).first()


def practitioners_of(offering: Offering) -> list[Practitioner]:
    """Who takes first visits for an offering: the department's active practitioners there, by name."""
    return list(
        Practitioner.objects.filter(
            roles__institution=offering.institution_id,
            roles__department=offering.department_id,
            roles__is_active=True,
            resource__isnull=False,
        )
        .prefetch_related("languages")
        .distinct()
        .order_by("name_latin", "pk")
    )
