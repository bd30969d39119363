"""Reads of the waiting list: terms of an institution, who is next, what somebody waits for, who waits at a clinic."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from sarangbang.directory.models import Institution, Offering, PractitionerRole
from sarangbang.people.models import Guest, SecureLink
from sarangbang.scheduling.models import (
    Allocation,
    Appointment,
    Reservation,
    Resource,
    WaitingEntry,
    WaitingOffer,
    WaitingOfferTime,
)
from sarangbang.scheduling.odd_hours import REMOTE
from sarangbang.scheduling.pathways import steps_of
from sarangbang.scheduling.queries import FreeTime, cut_off, rules_for
from sarangbang.scheduling.said import rows_for, said

from .wishes import OFFERS_A_DAY, Terms, Time, Wish

ANSWER = dt.timedelta(hours=2)
STOP = dt.timedelta(hours=4)
STANDING = (Reservation.Status.BOOKED, Reservation.Status.ARRIVED)
LET_GO = (WaitingOffer.Status.DECLINED, WaitingOffer.Status.EXPIRED)
DAY = dt.timedelta(days=1)


def terms_of(offering: Offering) -> Terms:
    """How freed times of this offering are offered. What could no longer be booked is not offered either."""
    rows = rows_for(offering)
    answer, stop = (said(rows, f"waiting_{what}_minutes") for what in ("answer", "stop"))
    return Terms(
        to_all=bool(said(rows, "waiting_to_all")),
        answer=ANSWER if answer is None else dt.timedelta(minutes=answer),
        stop=max(STOP if stop is None else dt.timedelta(minutes=stop), rules_for([offering])[offering.pk].notice),
    )


def time_of(free: FreeTime) -> Time:
    """A free time as the waiting list's rules know it."""
    return Time(free.practitioner_id, free.starts_at, free.ends_at, free.step_id)


# Who is next


@dataclass
class Freed:
    """Where time may have become free: time of these reservations, hours of these resources, and so on; everywhere for
    what was added without saying where."""

    reservations: set[UUID] = field(default_factory=set)
    resources: set[int] = field(default_factory=set)
    practitioners: set[UUID] = field(default_factory=set)
    places: set[int] = field(default_factory=set)
    institutions: set[UUID] = field(default_factory=set)
    offerings: set[int] = field(default_factory=set)
    everywhere: bool = False

    def add(self, where: Mapping[str, Iterable[Any]]) -> None:
        self.everywhere = self.everywhere or not where
        for name, keys in where.items():
            getattr(self, name).update(keys)

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def offerings_waited_for(freed: Freed | None = None) -> list[int]:
    """Offerings for which somebody waits; of what was freed only those that it may serve. Time of an interpreter serves
    everybody who waits for a language. At most three queries, whatever was freed."""
    waiting = WaitingEntry.objects.filter(status=WaitingEntry.Status.WAITING)
    if freed is not None and not freed.everywhere:
        waiting = waiting.filter(_served_by(freed))
    return sorted(set(waiting.values_list("offering_id", flat=True)))


def _served_by(freed: Freed) -> Q:
    served = (
        Q(offering__in=freed.offerings)
        | Q(offering__institution__in=freed.institutions)
        | Q(offering__institution__place__in=freed.places)
    )
    taken = Allocation.objects.filter(reservation__in=freed.reservations)
    resources = freed.resources | set(taken.values_list("resource", flat=True) if freed.reservations else ())
    known = Resource.objects.filter(Q(pk__in=resources) | Q(practitioner__in=freed.practitioners))
    found = set(known.values_list("kind", "practitioner", "institution"))
    people = {practitioner for _kind, practitioner, _institution in found if practitioner is not None}
    houses = {institution for _kind, _practitioner, institution in found if institution is not None}
    if people or houses:
        roles = PractitionerRole.objects.filter(practitioner__in=people)
        served |= Q(offering__institution__in=houses) | Q(offering__institution__in=roles.values("institution"))
    if any(kind == Resource.Kind.INTERPRETER for kind, *_rest in found):
        served |= ~Q(language="")
    return served


def anybody_waits() -> bool:
    return WaitingEntry.objects.filter(status=WaitingEntry.Status.WAITING).exists()


def ready(offering: Offering, now: dt.datetime) -> list[WaitingEntry]:
    """Who may be asked now, in the order in which they came: proven, without an open offer, not asked too often."""
    lately = Q(offers__created_at__gt=now - DAY)
    return list(
        WaitingEntry.objects.filter(
            offering=offering,
            status=WaitingEntry.Status.WAITING,
            latest_at__gt=now,
            guest__email_proven_at__isnull=False,
        )
        .exclude(offers__status=WaitingOffer.Status.OPEN)
        .annotate(asked=Count("offers", filter=lately))
        .filter(asked__lt=OFFERS_A_DAY)
        .select_related("guest", "appointment__reservation", "appointment__offering", "offering__institution__place")
        .order_by("created_at", "pk")
    )


def wishes_of(entries: Sequence[WaitingEntry]) -> dict[UUID, Wish]:
    """What these entries wait for, in three queries."""
    refused: dict[UUID, set[tuple[UUID, dt.datetime]]] = defaultdict(set)
    together: dict[UUID, set[frozenset[tuple[UUID, dt.datetime]]]] = defaultdict(set)
    for offer in WaitingOffer.objects.filter(entry__in=entries, status__in=LET_GO).prefetch_related("beside"):
        refused[offer.entry_id].add((offer.practitioner_id, offer.starts_at))
        if offer.step_id is not None:
            together[offer.entry_id].add(frozenset((one.practitioner_id, one.starts_at) for one in rows_of(offer)))
    busy = _busy({entry.guest_id for entry in entries})
    return {
        entry.pk: replace(
            _wish(entry, busy[entry.guest_id]),
            refused=frozenset(refused[entry.pk]),
            refused_together=frozenset(together[entry.pk]),
        )
        for entry in entries
    }


def _busy(guests: Iterable[UUID]) -> dict[UUID, list[tuple[UUID, dt.datetime, dt.datetime]]]:
    result: dict[UUID, list[tuple[UUID, dt.datetime, dt.datetime]]] = defaultdict(list)
    standing = Appointment.objects.filter(
        guest__in=guests, reservation__status__in=STANDING, reservation__ends_at__gt=timezone.now()
    )
    for guest, pk, begin, end in standing.values_list(
        "guest_id", "pk", "reservation__starts_at", "reservation__ends_at"
    ):
        result[guest].append((pk, begin, end))
    return result


def _wish(entry: WaitingEntry, busy: Iterable[tuple[UUID, dt.datetime, dt.datetime]]) -> Wish:
    booked = replaced_by(entry)
    return Wish(
        earliest_at=entry.earliest_at,
        latest_at=entry.latest_at,
        zone=entry.guest.zone,
        place_zone=entry.offering.institution.place.zone,
        part_of_day=entry.part_of_day,
        practitioner_id=entry.practitioner_id,
        party=entry.party,
        before=booked.reservation.starts_at if booked is not None else None,
        answer_before=cut_off(booked) if booked is not None else None,
        busy=tuple((begin, end) for pk, begin, end in busy if pk != entry.appointment_id),
        remote=booked is not None and booked.mode in REMOTE,
    )


def replaced_by(entry: WaitingEntry) -> Appointment | None:
    """The booking that an accepted offer moves, while it stands."""
    booked = entry.appointment
    return booked if booked is not None and booked.reservation.status == Reservation.Status.BOOKED else None


# One entry


def _with_all() -> QuerySet[WaitingEntry]:
    newest = WaitingOffer.objects.select_related("practitioner", "reservation", "step").prefetch_related(
        "beside__practitioner", "beside__step"
    )
    return WaitingEntry.objects.select_related(
        "guest", "practitioner", "offering__procedure", "offering__department", "offering__institution__place",
        "appointment__reservation", "appointment__offering", "appointment__practitioner",
    ).prefetch_related(Prefetch("offers", queryset=newest.order_by("-created_at")))  # fmt: skip


def entry_of(subject: str | UUID) -> WaitingEntry | None:
    """The entry behind a link, with all that its page shows."""
    return _with_all().filter(pk=subject).first()


def open_offer(entry: WaitingEntry) -> WaitingOffer | None:
    """What is offered to them at this moment; an offer whose time to answer is over no longer is."""
    now = timezone.now()
    open_ones = (one for one in entry.offers.all() if one.status == WaitingOffer.Status.OPEN and one.expires_at > now)
    return next(open_ones, None)


def offer_of(entry: WaitingEntry, offer_id: str) -> WaitingOffer | None:
    """One of this entry's offers, by what a button sent."""
    return next((one for one in entry.offers.all() if str(one.pk) == offer_id), None)


def rows_of(offer: WaitingOffer) -> list[WaitingOffer | WaitingOfferTime]:
    """Everything that an offer holds, one row for each of the party or for each visit, in the order of time."""
    return [offer, *offer.beside.all()]


def keeps_interpreter(offer: WaitingOffer) -> bool:
    """Whether somebody who interprets is kept with the times of an offer."""
    kept = [row.reservation_id for row in rows_of(offer) if row.reservation_id is not None]
    interpreters = Allocation.objects.filter(reservation__in=kept, resource__kind=Resource.Kind.INTERPRETER)
    return bool(kept) and interpreters.exists()


def by_visit(offer: WaitingOffer) -> list[WaitingOffer | WaitingOfferTime]:
    """The same, visit by visit: a party may be at two visits of a treatment on one day."""
    return sorted(rows_of(offer), key=lambda row: (row.step.position if row.step else 0, row.starts_at))


def by_time(offer: WaitingOffer) -> list[tuple[dt.datetime, int]]:
    """When its times begin, and how many of a party come at once."""
    return sorted(Counter(row.starts_at for row in rows_of(offer)).items())


def times_of(offer: WaitingOffer, offering: Offering) -> list[Time]:
    """The times of an offer with their ends."""
    lengths = {step.pk: step.visit_minutes for step in steps_of(offering)} if offer.step_id is not None else {}
    times = []
    for row in rows_of(offer):
        length = dt.timedelta(minutes=lengths.get(row.step_id or 0, offering.visit_minutes))
        person = row.person if isinstance(row, WaitingOfferTime) else 0
        times.append(Time(row.practitioner_id, row.starts_at, row.starts_at + length, row.step_id, person))
    return times


def waiting_of(guest: Guest) -> list[WaitingEntry]:
    """What a guest waits for."""
    return list(_with_all().filter(guest=guest, status=WaitingEntry.Status.WAITING).order_by("created_at"))


def alone_and_without_booking(guest_id: UUID, offering_id: int) -> QuerySet[WaitingEntry]:
    """A guest's wait for a first time for themselves."""
    waiting = WaitingEntry.objects.filter(status=WaitingEntry.Status.WAITING, party=1, appointment__isnull=True)
    return waiting.filter(guest=guest_id, offering=offering_id)


def waiting_to_move(appointment: Appointment) -> QuerySet[WaitingEntry]:
    """The wait for an earlier time than this one."""
    return WaitingEntry.objects.filter(status=WaitingEntry.Status.WAITING, appointment=appointment)


def link_to(entry: WaitingEntry) -> SecureLink | None:
    """The open link to an entry's page."""
    return (
        SecureLink.objects.filter(purpose=SecureLink.Purpose.WAITING, subject=str(entry.pk), revoked_at__isnull=True)
        .order_by("-created_at")
        .first()
    )


# A clinic


def entries_at(institutions: QuerySet[Institution] | None) -> QuerySet[WaitingEntry]:
    """Who waits at these institutions (everywhere for None), who came first at the top of each offering."""
    found = _with_all().filter(status=WaitingEntry.Status.WAITING)
    if institutions is not None:
        found = found.filter(offering__institution__in=institutions)
    return found.order_by("offering__institution__name_latin", "offering_id", "created_at", "pk")
