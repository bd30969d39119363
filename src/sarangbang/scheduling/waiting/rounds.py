"""The waiting list's round: what is over ends, and what is free is offered. Verbs, safe beside other workers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import islice

from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone

from sarangbang.directory.models import Offering
from sarangbang.directory.queries import is_receiving, receiving
from sarangbang.people.actions import audit
from sarangbang.scheduling.actions import NotBookable, Taken
from sarangbang.scheduling.models import Reservation, Resource, WaitingEntry, WaitingOffer, WaitingOfferTime
from sarangbang.scheduling.queries import busy_allocations

from . import queries
from .ahead import Ahead
from .answers import lose
from .joining import leave
from .steps import Answer, Changed, Status, close, hold_for, lock_entry, lock_if_free, note_given_up, tell
from .wishes import Terms, Time, Wish, answer_until
from .withdrawing import fallen, open_offers

TRIES = 12
"""How many times (or sets of times, for a party) are tried for one entry before the next one is looked at."""

BREATH = dt.timedelta(minutes=10)
"""So long a party is not looked for again after a search that was given up: it costs seconds, and asks nobody."""

UNPROVEN = dt.timedelta(hours=24)
"""How long an entry waits for its guest to confirm the address; then it is deleted."""


def run() -> int:
    """One round over the whole list; returns how many were asked."""
    close_offers()
    end_entries()
    forget_unproven()
    return sum(offer(pk) for pk in queries.offerings_waited_for())


def offer(offering_id: int) -> int:
    """Ask those who wait for this offering, each for the first time that fits; returns how many were asked.

    The constraint on claims keeps a time for one, the lock on the entry lets one worker ask.
    """
    now = timezone.now()
    offering = Offering.objects.select_related("institution__place").filter(pk=offering_id, is_active=True).first()
    if offering is None or not is_receiving(offering.institution_id):
        return 0
    entries = queries.ready(offering, now)
    if not entries:
        return 0
    terms = queries.terms_of(offering)
    wishes = queries.wishes_of(entries)
    ahead = Ahead.of(offering, entries, now + terms.stop)
    asked = 0
    for entry in entries:
        if entry.given_up_at is not None and now - entry.given_up_at < BREATH:
            continue
        offered = _offer_first(entry, wishes[entry.pk], ahead, terms, now)
        asked += bool(offered)
        note_given_up(entry, now if not offered and ahead.was_cut(entry.language) else None)
        if not terms.to_all:
            ahead.without(offered)
    return asked


def _offer_first(entry: WaitingEntry, wish: Wish, ahead: Ahead, terms: Terms, now: dt.datetime) -> tuple[Time, ...]:
    for times in islice(ahead.candidates(entry, wish, now, terms), TRIES):
        until = answer_until(wish, times[0].starts_at, now, terms)
        if until is None:
            continue
        try:
            _offer(entry, times, until, to_all=terms.to_all)
        except (Taken, NotBookable):
            continue
        except Changed:
            break
        return times
    return ()


@transaction.atomic
def _offer(entry: WaitingEntry, times: Sequence[Time], until: dt.datetime, *, to_all: bool) -> None:
    held = {} if to_all else {
        (one.practitioner_id, one.reservation.starts_at): one.reservation
        for one in hold_for(entry, times, until)
    }  # fmt: skip
    locked = lock_if_free(entry.pk)
    if locked is None:
        raise Changed
    first, *rest = (
        {
            "practitioner_id": time.practitioner_id,
            "starts_at": time.starts_at,
            "step_id": time.step_id,
            "reservation": held.get(time.key),
        }
        for time in times
    )
    made = WaitingOffer.objects.create(entry=locked, expires_at=until, **first)
    WaitingOfferTime.objects.bulk_create(
        WaitingOfferTime(offer=made, person=time.person, **one) for time, one in zip(times[1:], rest, strict=True)
    )
    tell(
        locked,
        "waiting_offer",
        dedupe_key=f"waiting_offer:{made.pk}",
        times_at=[time.starts_at for time in times],
        until_at=until,
        kept=not to_all,
    )
    audit("system", "offer_freed_time", made)


def close_offers() -> int:
    """End the offers whose time to answer is over, whose time is gone, or whose institution no longer receives; and
    withdraw those against which leave, a closure or other hours stand by now."""
    now = timezone.now()
    offers = WaitingOffer.objects.filter(status=Answer.OPEN).select_related("entry__offering", "entry__guest")
    over = offers.filter(
        Q(expires_at__lte=now)
        | ~Q(entry__offering__institution__in=receiving())
        | Q(reservation__isnull=False) & ~Q(reservation__status=Reservation.Status.HELD)
    )
    closed = 0
    for offer in over.order_by("expires_at"):
        closed += _close(offer)
    closed += withdraw()
    for offer in _taken_meanwhile(list(offers.filter(reservation__isnull=True, expires_at__gt=now))):
        with transaction.atomic():
            lose(offer)
        closed += 1
    return closed


def withdraw(offering_id: int | None = None) -> int:
    """Withdraw what is offered, of one offering or anywhere, and can no longer be kept; returns how many offers. The
    guests are told, wait on in their places, and can be offered other times at once."""
    offers = [each for each in open_offers() if offering_id in (None, each.entry.offering_id)]
    return sum(_close(offer) for offer in fallen(offers))


@transaction.atomic
def _close(offer: WaitingOffer) -> bool:
    _entry, present = lock_entry(offer.entry_id)
    if present is None or present.pk != offer.pk:
        return False
    if present.expires_at <= timezone.now():
        close(present, Answer.EXPIRED, "system")
        return True
    close(present, Answer.GONE, "system")
    tell(offer.entry, "waiting_gone", dedupe_key=f"waiting_gone:{offer.pk}", starts_at=offer.starts_at)
    return True


def _taken_meanwhile(offers: Sequence[WaitingOffer]) -> list[WaitingOffer]:
    """Offers to all of which somebody, by whatever way, has a time."""
    spans = {offer.pk: queries.times_of(offer, offer.entry.offering) for offer in offers}
    people = {time.practitioner_id for times in spans.values() for time in times}
    if not people:
        return []
    start = min(time.starts_at for times in spans.values() for time in times)
    end = max(time.ends_at for times in spans.values() for time in times)
    resources = dict(Resource.objects.filter(practitioner__in=people, seats=1).values_list("pk", "practitioner"))
    busy = [
        Time(resources[resource], begins, ends)
        for resource, begins, ends in busy_allocations(resources, start, end).values_list(
            "resource_id", "starts_at", "ends_at"
        )
    ]
    return [offer for offer in offers if _meet(spans[offer.pk], busy)]


def _meet(these: Iterable[Time], those: Sequence[Time]) -> bool:
    return any(one.meets(other) for one in these for other in those)


def end_entries() -> int:
    """Those whose days have passed wait no longer, and are told so; returns how many."""
    now = timezone.now()
    over = WaitingEntry.objects.filter(status=Status.WAITING, latest_at__lte=now).select_related("guest")
    ended = 0
    for entry in over.order_by("latest_at")[:200]:
        with transaction.atomic():
            if not leave(entry, actor="system", reason="the days have passed", status=Status.OVER):
                continue
            if entry.guest.email_proven_at is not None:
                tell(entry, "waiting_over", dedupe_key=f"waiting_over:{entry.pk}")
            ended += 1
    return ended


def forget_unproven() -> int:
    """Entries that nobody confirmed within a day are deleted with the person that was typed; returns how many."""
    stale = WaitingEntry.objects.filter(
        guest__email_proven_at__isnull=True, created_at__lt=timezone.now() - UNPROVEN
    ).select_related("guest")
    forgotten = 0
    for entry in stale.order_by("created_at")[:200]:
        with transaction.atomic():
            gone, _counts = WaitingEntry.objects.filter(pk=entry.pk, guest__email_proven_at__isnull=True).delete()
            forgotten += bool(gone)
        try:
            with transaction.atomic():
                if not entry.guest.waiting.exists():
                    entry.guest.delete()
        except ProtectedError:
            continue  # the same person has booked since, unproven; that is kept with the stay
    return forgotten
