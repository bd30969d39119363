"""Reads of stays. A page starts from a link: its subject is the only thing that is looked up."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from sarangbang.directory.models import Offering, Practitioner
from sarangbang.messages.models import Message
from sarangbang.people.models import AccessEntry, Consent, Guest, SecureLink
from sarangbang.people.queries import accesses_of
from sarangbang.scheduling.models import (
    Appointment,
    Reservation,
    ReservationStep,
    Series,
    WaitingEntry,
    WaitingOffer,
)
from sarangbang.scheduling.waiting.queries import waiting_of

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
            "practitioner", "place", "guest", "series", "step",
        )
        .filter(pk=subject)
        .first()
    )  # fmt: skip


def visits_with(appointment: Appointment) -> list[Appointment]:
    """All visits of the appointment's pathway in their order, itself among them; of one visit the appointment alone,
    without asking the database."""
    if appointment.series_id is None:
        return [appointment]
    beside = Appointment.objects.filter(series=appointment.series_id).select_related(
        "reservation", "offering__procedure", "offering__institution", "institution", "practitioner", "place", "guest",
        "step",
    )  # fmt: skip
    return [appointment if each.pk == appointment.pk else each for each in beside.order_by("step__position")]


def first_of(series: Series) -> Appointment:
    """The first visit of a pathway, with all that its pages show."""
    first = Appointment.objects.filter(series=series).order_by("step__position").values_list("pk", flat=True)[0]
    found = held_appointment(first)
    if found is None:
        raise Appointment.DoesNotExist
    return found


def stay_with(appointment: Appointment) -> Stay | None:
    """The stay to which an appointment belongs; known already when it was hung there in this transaction."""
    hung = appointment._state.fields_cache.get("stay_appointment")  # noqa: SLF001 (no public way asks no database)
    if hung is not None:
        stay: Stay = hung.stay
        return stay
    return Stay.objects.select_related("guest").filter(stay_appointments__appointment=appointment).first()


def forget_stay(appointment: Appointment) -> None:
    """What was hung on an appointment may be undone with its transaction: ask the database again."""
    appointment._state.fields_cache.pop("stay_appointment", None)  # noqa: SLF001


def intake_of(appointment: Appointment) -> Intake | None:
    """What the guest typed for this appointment, while it is not booked."""
    return Intake.objects.select_related("appointment__reservation").filter(appointment=appointment).first()


def appointments_of(stay: Stay) -> QuerySet[Appointment]:
    """All appointments of a stay, cancelled ones too, in the order of time."""
    return _with_all(Appointment.objects.filter(stay_appointment__stay=stay))


def appointments_at(reservation_ids: Iterable[str]) -> QuerySet[Appointment]:
    """Those of these times that are still somebody's appointment and booked, in the order of time."""
    return _with_all(
        Appointment.objects.filter(reservation__in=list(reservation_ids), reservation__status=Reservation.Status.BOOKED)
    )


def _with_all(appointments: QuerySet[Appointment]) -> QuerySet[Appointment]:
    """With all that an itinerary shows of them."""
    return (
        appointments.select_related(
            "reservation",
            "offering__procedure",
            "offering__department",
            "institution",
            "practitioner",
            "place",
            "series",
            "step",
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


def links_to(keys: Iterable[object], purpose: str) -> dict[str, SecureLink]:
    """The newest good link of this purpose by the key of its stay or held time, of those that have one."""
    found = _open_links().filter(purpose=purpose, subject__in=[str(key) for key in keys])
    return {link.subject: link for link in reversed(found)}


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


def open_stay_of(guest: Guest, day: dt.date, now: dt.datetime) -> Stay | None:
    """The guest's newest stay that is still open and into whose days this Korean day falls."""
    fits = (Q(arrives_on__isnull=True) | Q(arrives_on__lte=day)) & (Q(leaves_on__isnull=True) | Q(leaves_on__gte=day))
    stays = Stay.objects.filter(fits, guest=guest).select_related("guest").order_by("-created_at")
    return next((stay for stay in stays[:5] if is_open(stay, now)), None)


def proven_guest(person: Guest | Intake) -> Guest | None:
    """The same person, if their address was proven before."""
    same = Guest.objects.filter(
        email__iexact=person.email,
        email_proven_at__isnull=False,
        name_latin__iexact=person.name_latin,
        birth_year=person.birth_year,
        nationality=person.nationality,
    )
    return same.order_by("-created_at").first()


def guest_of(guest_id: UUID) -> Guest:
    return Guest.objects.get(pk=guest_id)


def standing_of(guest: Guest) -> list[Appointment]:
    """What a guest has booked, on whatever stay."""
    standing = (Reservation.Status.BOOKED, Reservation.Status.ARRIVED)
    return list(Appointment.objects.filter(guest=guest, reservation__status__in=standing).select_related("reservation"))


def stay_of_offer(offer: WaitingOffer) -> Stay | None:
    """The stay to which an accepted offer led."""
    taken = Appointment.objects.filter(reservation__waiting_offers=offer).first()
    return stay_with(taken) if taken is not None else None


def waiting_in(stay: Stay) -> list[WaitingEntry]:
    """What the guest of a stay waits for."""
    return waiting_of(stay.guest)


def agreed(guest: Guest, purpose: str) -> bool:
    """Whether this consent is in force."""
    return guest.consents.filter(purpose=purpose, withdrawn_at__isnull=True).exists()


def was_posted(dedupe_key: str) -> bool:
    """Whether a message with this key has been put into the outbox."""
    return Message.objects.filter(dedupe_key=dedupe_key).exists()


def booked_ahead(reservation_ids: Iterable[str], now: dt.datetime | None) -> list[dt.datetime]:
    """When those of these times begin that are still booked and ahead; without ``now``, all of them."""
    times = Reservation.objects.filter(pk__in=list(reservation_ids))
    if now is not None:
        times = times.filter(status=Reservation.Status.BOOKED, starts_at__gt=now)
    return list(times.order_by("starts_at").values_list("starts_at", flat=True))


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


def practitioners(pks: Iterable[UUID]) -> list[Practitioner]:
    """These practitioners, for their names."""
    return list(Practitioner.objects.filter(pk__in=list(pks)))


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
