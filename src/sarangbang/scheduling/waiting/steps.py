"""What the verbs of the waiting list share: locks, steps of the history, closing an offer, writing to the guest.

Locks, as everywhere in this room: reservations first, in the order of their ids, then the entry, then its offer. Of
everything that happens to an offer at once (accepted twice, accepted and expired, offered while the guest leaves)
exactly one thing becomes true, because each looks at the entry again once it has its lock.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sarangbang.directory.models import Place, Practitioner
from sarangbang.messages.actions import post
from sarangbang.people import links
from sarangbang.people.actions import audit
from sarangbang.people.models import SecureLink
from sarangbang.scheduling.actions import (
    Booking,
    NotBookable,
    Visit,
    hold_series_together,
    hold_together,
    lock_resources,
    release,
)
from sarangbang.scheduling.models import Appointment, PathwayStep, Reservation, WaitingEntry, WaitingOffer, WaitingStep
from sarangbang.scheduling.nights import QUIET
from sarangbang.scheduling.standing import resources_of

from . import queries
from .nudges import look_again
from .understanding import company_for
from .wishes import Time

Status, Answer = WaitingEntry.Status, WaitingOffer.Status


class Changed(Exception):
    """Somebody else was quicker between the look and the lock."""


def lock_entry(entry_id: UUID, *, ground: bool = False) -> tuple[WaitingEntry, WaitingOffer | None]:
    """The entry and its open offer, locked; before them, in one order, the times that the offer keeps and the booking
    that it would move. With ``ground``, in between, also the rosters of whom these times need, and the place: who
    enters leave or a closure at this moment waits and sees what became of the offer, or came before and is seen."""
    while True:
        seen = _hanging_on(entry_id)
        try:
            with transaction.atomic():  # on a mistake its locks are given back
                held = Reservation.objects.select_for_update().filter(pk__in=seen[1]).order_by("pk")
                list(held.values_list("pk"))
                if ground:
                    _lock_ground(entry_id, seen[0])
                entry = WaitingEntry.objects.select_for_update(of=("self",)).select_related("guest").get(pk=entry_id)
                _check_still(entry_id, seen)
                if seen[0] is None:
                    return entry, None
                return entry, WaitingOffer.objects.select_for_update().get(pk=seen[0])
        except Changed:
            continue


def _lock_ground(entry_id: UUID, offer_id: UUID | None) -> None:
    offer = WaitingOffer.objects.filter(pk=offer_id).first() if offer_id is not None else None
    kept = resources_of(kept_by(offer)).values() if offer is not None else ()
    lock_resources({resource for each in kept for resource in each})
    place = WaitingEntry.objects.filter(pk=entry_id).values("offering__institution__place")
    list(Place.objects.select_for_update(no_key=True).filter(pk__in=place).values_list("pk"))


def lock_if_free(entry_id: UUID) -> WaitingEntry | None:
    """The entry, locked, if it waits without an offer and nobody works on it at this moment. For those who hold locks
    of resources already, and therefore must not wait for an entry."""
    locked = WaitingEntry.objects.select_for_update(of=("self",), skip_locked=True).select_related("guest", "offering")
    entry = locked.filter(pk=entry_id, status=Status.WAITING).first()
    return None if entry is None or entry.offers.filter(status=Answer.OPEN).exists() else entry


def _check_still(entry_id: UUID, seen: tuple[UUID | None, frozenset[UUID]]) -> None:
    if _hanging_on(entry_id) != seen:
        raise Changed


def _hanging_on(entry_id: UUID) -> tuple[UUID | None, frozenset[UUID]]:
    """The open offer, and every reservation that it or the entry is about."""
    offer = WaitingOffer.objects.filter(entry=entry_id, status=Answer.OPEN).first()
    booked = WaitingEntry.objects.filter(pk=entry_id).values_list("appointment__reservation", flat=True).first()
    kept = kept_by(offer) if offer is not None else set()
    return (offer.pk if offer else None), frozenset(kept | ({booked} if booked else set()))


def kept_by(offer: WaitingOffer) -> set[UUID]:
    beside = offer.beside.filter(reservation__isnull=False).values_list("reservation", flat=True)
    return {pk for pk in (offer.reservation_id, *beside) if pk is not None}


def end(entry: WaitingEntry, status: str, actor: str, reason: str = "") -> None:
    """What became of a wait that is locked."""
    entry.status = status
    entry.save(update_fields=["status"])
    step(entry, status, actor, reason)
    audit(actor, f"waiting_{status}", entry)


def step(entry: WaitingEntry, status: str, actor: str, reason: str = "") -> None:
    WaitingStep.objects.create(entry=entry, status=status, actor=actor, reason=reason[:300])


def note_given_up(entry: WaitingEntry, at: dt.datetime | None) -> None:
    """When the search for a party found nothing because there are too many ways to come; None when all were looked at.
    Those who work there see it and look by hand."""
    if entry.given_up_at != at:
        WaitingEntry.objects.filter(pk=entry.pk).update(given_up_at=at)


def close(offer: WaitingOffer, status: str, actor: str) -> None:
    """End an offer that is locked, and give back what it keeps."""
    answer(offer, status)
    audit(actor, f"offer_{status}", offer)
    for reservation in Reservation.objects.filter(pk__in=kept_by(offer)).order_by("pk"):
        release(reservation, actor=actor, reason="offered to the waiting list")
    look_again(offer.entry.offering_id)


def answer(offer: WaitingOffer, status: str) -> None:
    """What became of an offer that is locked."""
    offer.status, offer.answered_at = status, timezone.now()
    offer.save(update_fields=["status", "answered_at"])


def hold_for(entry: WaitingEntry, times: Sequence[Time], until: dt.datetime) -> list[Appointment]:
    """Keep these times until then, all or none, each with an interpreter where the practitioner does not speak the
    language of the entry. Raises ``Taken`` or ``NotBookable``."""
    offering, company = entry.offering, company_for(entry.offering, entry.language, times)
    people = Practitioner.objects.in_bulk({time.practitioner_id for time in times})
    if times[0].step_id is not None:
        steps = PathwayStep.objects.in_bulk([time.step_id for time in times])
        if any(time.step_id not in steps for time in times):  # the clinic changed the treatment meanwhile
            raise NotBookable("out_of_order")
        parties: dict[int, list[Visit]] = defaultdict(list)
        for time in times:
            parties[time.person].append(Visit(steps[time.step_id or 0], people[time.practitioner_id], time.starts_at))
        series = hold_series_together(offering, list(parties.values()), actor="system", company=company)
        mine = Appointment.objects.filter(series__in=series).select_related("reservation", "institution", "series")
        held = list(mine.order_by("reservation__starts_at", "pk"))
    else:
        held = hold_together(
            [Booking(offering, people[time.practitioner_id], time.starts_at, company=company) for time in times],
            actor="system",
        )
    Reservation.objects.filter(pk__in=[one.reservation_id for one in held]).update(hold_expires_at=until)
    return held


def tell(entry: WaitingEntry, kind: str, *, dedupe_key: str | None = None, **context: Any) -> None:
    """Write to the guest, not at night; nothing says what they wait for."""
    guest = entry.guest
    link = queries.link_to(entry) or links.issue(SecureLink.Purpose.WAITING, entry.pk)
    now = timezone.now()
    post(
        kind,
        address=guest.email,
        language=guest.language,
        zone=guest.zone,
        guest=guest,
        due_at=now if kind == "waiting_joined" else QUIET.morning(now, guest.zone),
        expires_at=context.get("until_at"),
        dedupe_key=dedupe_key,
        context={"waiting_link": str(link.pk), **context},
    )
