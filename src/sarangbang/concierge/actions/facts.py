"""What the rules need to know of a stay, read from the rooms below; and what they say to a job as it stands."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from sarangbang.concierge import entitlement
from sarangbang.concierge.models import Interpreting, Job, Ride, Vehicle
from sarangbang.directory.models import Institution, Partner
from sarangbang.people.models import Consent
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.stays import queries as stays
from sarangbang.stays.models import Stay
from sarangbang.stays.rules import STANDING


def crews_may_know(stay: Stay) -> bool:
    """Whether the guest agreed that driver and interpreter learn name and place."""
    agreed = stay.guest.consents.filter(purpose=Consent.Purpose.CONCIERGE, withdrawn_at__isnull=True)
    return agreed.exists()


def decide(job: Job) -> entitlement.Decision:
    """What the rules of its day say to a ride or an interpreting, saved or not."""
    return entitlement.decide(request_of(job), entitlement.rules_at(job.starts_at))


def request_of(job: Job) -> entitlement.Request:
    """A ride or an interpreting as the rules see it; that the interpreter is there early is not the guest's time."""
    if isinstance(job, Ride):
        starts_at, facts = job.starts_at, _ride_facts(job)
    else:
        before = entitlement.rules_at(job.starts_at).span("interpreter_before")
        starts_at, facts = job.starts_at + before, _interpreting_facts(job)
    return entitlement.Request(job.service, timezone.now(), starts_at, job.ends_at, **facts)


def appointments_at(stay: Stay, institution: Institution) -> QuerySet[Appointment]:
    """The guest's appointments at this institution that stand or took place."""
    statuses = (*STANDING, Reservation.Status.FULFILLED)
    return stays.appointments_of(stay).filter(institution=institution, reservation__status__in=statuses)


def bearing_institution(ride: Ride) -> Institution | None:
    """Which partner institution bears its share of a ride: the one it goes to or comes from, else the one of the
    appointment that is nearest in time. None when the guest has no appointment at a partner."""
    statuses = (*STANDING, Reservation.Status.FULFILLED)
    day = ride.starts_at.astimezone(entitlement.SEOUL).date()
    partners = Partner.objects.filter(institution__isnull=False, since__lte=day).exclude(until__lt=day)
    found = stays.appointments_of(ride.stay).filter(
        reservation__status__in=statuses, institution__in=partners.values("institution")
    )
    ends = {ride.origin_id, ride.destination_id}
    nearest = min(
        found,
        key=lambda one: (one.place_id not in ends, abs(one.reservation.starts_at - ride.starts_at), str(one.pk)),
        default=None,
    )
    return nearest.institution if nearest is not None else None


def _interpreting_facts(job: Interpreting) -> dict[str, Any]:
    appointments = stays.appointments_of(job.stay).filter(reservation__status__in=STANDING)
    booked = any(each.pk == job.appointment_id for each in appointments)
    return {"has_appointment": booked, "language": job.language}


def _ride_facts(ride: Ride) -> dict[str, Any]:
    """Treated guests are brought back too, so their appointments count."""
    statuses = (*STANDING, Reservation.Status.FULFILLED)
    appointments = stays.appointments_of(ride.stay).filter(reservation__status__in=statuses)
    rows = list(appointments.values_list("institution_id", "reservation__starts_at", "reservation__ends_at"))
    day = ride.starts_at.astimezone(entitlement.SEOUL).date()
    partners = Partner.objects.filter(institution__in={row[0] for row in rows}, since__lte=day).exclude(until__lt=day)
    cars = Vehicle.objects.filter(
        is_active=True,
        driver__is_active=True,
        seats__gte=ride.party,
        luggage__gte=ride.luggage,
        wheelchairs__gte=ride.wheelchairs,
        child_seats__gte=ride.child_seats,
    )
    airport, in_order = "", True
    if ride.kind == Ride.Kind.PICK_UP:
        airport, in_order = ride.origin.code, any(ride.ends_at <= starts_at for _pk, starts_at, _end in rows)
    elif ride.kind == Ride.Kind.SENDING:
        airport, in_order = ride.destination.code, any(ends_at <= ride.starts_at for _pk, _start, ends_at in rows)
    return {
        "kind": ride.kind,
        "airport": airport,
        "has_appointment": bool(rows),
        "at_partner": partners.exists(),
        "in_order": in_order,
        "car_exists": cars.exists(),
    }
