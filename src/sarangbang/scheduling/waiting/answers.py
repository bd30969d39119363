"""The guest's answers to what the waiting list offered: take it, or decline it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from sarangbang.directory.models import Offering
from sarangbang.directory.queries import is_receiving
from sarangbang.people.actions import audit
from sarangbang.scheduling.actions import (
    dismiss_interpreters,
    interpreters_along,
    lock_present,
    release,
    reschedule,
)
from sarangbang.scheduling.checking import company_of
from sarangbang.scheduling.models import Appointment, WaitingEntry, WaitingOffer
from sarangbang.scheduling.signals import interpreter_kept

from . import queries
from .nudges import look_again
from .steps import Answer, Status, answer, close, end, hold_for, kept_by, lock_entry, tell
from .withdrawing import fallen

A_MOMENT = dt.timedelta(minutes=10)
"""A time that was offered to all is held this long while it is taken; it is booked in the same transaction."""


class OfferOver(Exception):
    """The offer can no longer be accepted; ``status`` says what became of it."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class _AcceptedBefore(Exception):
    """The same press once more."""


def take(offer: WaitingOffer, *, actor: str) -> list[Appointment]:
    """Accept an offer: a booking that was to be moved is moved; otherwise the held times are returned, one for each of
    the party or for each visit of a treatment, and the caller confirms them in the same transaction.

    Accepting again changes nothing and leaves nothing to confirm. Raises ``OfferOver``, ``Taken``, ``NotBookable`` or
    ``MoveNotAllowed``; then nothing has changed.
    """
    try:
        with transaction.atomic():
            return _take(offer, actor)
    except _AcceptedBefore:
        return []


def _take(offer: WaitingOffer, actor: str) -> list[Appointment]:
    offer = WaitingOffer.objects.get(pk=offer.pk)  # as it is now, whatever the page knew
    entry = queries.entry_of(offer.entry_id)
    if entry is None or not is_receiving(entry.offering.institution_id):
        raise OfferOver(Answer.GONE)
    # Reservations, then resources, then entries: what was offered to all is held before its entry is locked.
    held = _kept_for(offer) if offer.reservation_id is not None else _hold_freely(offer, entry)
    locked, present = lock_entry(entry.pk, ground=True)
    if present is None or present.pk != offer.pk:
        offer.refresh_from_db()
        raise _AcceptedBefore if offer.status == Answer.ACCEPTED else OfferOver(offer.status)
    if present.expires_at <= timezone.now():
        raise OfferOver(Answer.EXPIRED)
    if len(held) != len(queries.rows_of(present)) or fallen([present]):
        raise OfferOver(Answer.GONE)
    entry.appointment = _booking_of(locked)
    if queries.replaced_by(entry) is not None:
        held = _move(entry, held, present, actor)
    else:
        _keep(present, held)
    answer(present, Answer.ACCEPTED)
    end(locked, Status.SERVED, actor)
    _tell_the_others(present, entry.offering)
    return held


def _kept_for(offer: WaitingOffer) -> list[Appointment]:
    return list(
        Appointment.objects.filter(reservation__in=kept_by(offer), guest__isnull=True)
        .select_related("reservation", "offering", "institution", "practitioner", "series")
        .order_by("reservation__starts_at", "pk")
    )


def _hold_freely(offer: WaitingOffer, entry: WaitingEntry) -> list[Appointment]:
    """What was offered to all is nobody's yet: take it now."""
    if offer.status != Answer.OPEN:
        return []
    if entry.appointment is not None:
        lock_present(entry.appointment)
    return hold_for(entry, queries.times_of(offer, entry.offering), timezone.now() + A_MOMENT)


def _booking_of(entry: WaitingEntry) -> Appointment | None:
    return (
        Appointment.objects.select_related(
            "reservation", "offering__institution", "institution", "practitioner", "guest"
        )
        .filter(waiting=entry)
        .first()
    )


def _move(entry: WaitingEntry, held: Sequence[Appointment], offer: WaitingOffer, actor: str) -> list[Appointment]:
    """The kept time changes hands within this transaction; if it cannot, both times stay as they were."""
    if entry.appointment is None:
        raise OfferOver(Answer.GONE)
    interpreters = [[one.resource_id] for each in held for one in interpreters_along(each)]
    along = None
    if entry.language:
        dismiss_interpreters(entry.appointment, actor=actor)  # who was kept with the booking as it was
        along = [*company_of(entry.appointment)[1], *interpreters]
    for one in held:
        release(one.reservation, actor=actor, reason="goes to the guest's booking")
    moved = reschedule(entry.appointment, offer.practitioner, offer.starts_at, actor=actor, along=along)
    offer.reservation = moved.reservation
    offer.save(update_fields=["reservation"])
    return []


def announce_interpreters(offer: WaitingOffer, *, actor: str) -> None:
    """Tell the rest of the house of the interpreters whom an accepted offer keeps: once its times are booked."""
    offer = WaitingOffer.objects.select_related("entry").get(pk=offer.pk)  # as it was accepted
    kept = [row.reservation_id for row in queries.rows_of(offer) if row.reservation_id is not None]
    booked = Appointment.objects.filter(reservation__in=kept).select_related("reservation", "offering", "institution")
    for appointment in booked.order_by("reservation__starts_at", "pk"):
        if interpreters_along(appointment).exists():
            interpreter_kept.send(Appointment, appointment=appointment, language=offer.entry.language, actor=actor)


def _keep(offer: WaitingOffer, held: Sequence[Appointment]) -> None:
    """Write down which times the accepted offer became."""
    by_time = {(one.practitioner_id, one.reservation.starts_at): one.reservation for one in held}
    for row in queries.rows_of(offer):
        row.reservation = by_time[row.practitioner_id, row.starts_at]
        row.save(update_fields=["reservation"])


def _tell_the_others(offer: WaitingOffer, offering: Offering) -> None:
    """What was offered to all is gone for those whose offer meets these times; they wait on."""
    taken = queries.times_of(offer, offering)
    rivals = WaitingOffer.objects.filter(
        status=Answer.OPEN, reservation__isnull=True, entry__offering__institution=offering.institution_id
    ).exclude(pk=offer.pk)
    for rival in rivals.select_related("entry__guest", "entry__offering").order_by("pk"):
        theirs = queries.times_of(rival, rival.entry.offering)
        if any(mine.meets(other) for mine in taken for other in theirs):
            lose(rival)


def lose(offer: WaitingOffer) -> None:
    """Somebody else has the time: the offer ends and its guest is told, once."""
    now = timezone.now()
    if WaitingOffer.objects.filter(pk=offer.pk, status=Answer.OPEN).update(status=Answer.GONE, answered_at=now):
        tell(offer.entry, "waiting_gone", dedupe_key=f"waiting_gone:{offer.pk}", starts_at=offer.starts_at)
        audit("system", "offer_gone", offer)
        look_again(offer.entry.offering_id)


@transaction.atomic
def decline(offer: WaitingOffer, *, actor: str) -> None:
    """The guest does not want this time and waits on. Declining twice, or what is over, changes nothing."""
    _entry, present = lock_entry(offer.entry_id)
    if present is not None and present.pk == offer.pk:
        close(present, Answer.DECLINED, actor)
