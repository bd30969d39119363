"""The waiting list, several at once: whatever meets, exactly one thing becomes true. SQLite and PostgreSQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from sarangbang.people.models import Guest
from sarangbang.scheduling import actions, waiting_answers, waiting_list, waiting_round
from sarangbang.scheduling.models import Appointment, BookingRule, Claim, Reservation, WaitingEntry, WaitingOffer

from .conftest import a_free_time, make_clinic, make_guest

pytestmark = pytest.mark.django_db(transaction=True)
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]
TICKS = 6
REFUSALS = (waiting_answers.OfferOver, actions.Taken, actions.NotBookable)


def waiting_for(clinic: SimpleNamespace, people: int) -> list[WaitingEntry]:
    """So many wait for one time, which has just become free."""
    starts_at = a_free_time(clinic)
    held = actions.hold(clinic.offering, clinic.doctors[0], starts_at, actor="api")
    entries = []
    for number in range(people):
        guest = make_guest(f"waiting{number}@guest.example")
        Guest.objects.filter(pk=guest.pk).update(email_proven_at=timezone.now())
        ends_at = starts_at + dt.timedelta(minutes=clinic.offering.visit_minutes)
        entries.append(
            waiting_list.join(guest, clinic.offering, earliest_at=starts_at, latest_at=ends_at, actor="guest:x")
        )
    actions.cancel(held, actor="api")
    return entries


def accept(offer: WaitingOffer) -> list[Appointment]:
    with transaction.atomic():
        held = waiting_answers.take(WaitingOffer.objects.get(pk=offer.pk), actor="guest:x")
        return [actions.confirm(one, offer.entry.guest, actor="guest:x") for one in held]


def statuses() -> list[str]:
    return sorted(WaitingOffer.objects.values_list("status", flat=True))


def booked() -> int:
    return Reservation.objects.filter(status="booked").count()


def test_two_who_accept_at_once(at_once: AtOnce) -> None:
    clinic = make_clinic(doctors=1)
    BookingRule.objects.create(institution=clinic.institution, waiting_to_all=True)
    waiting_for(clinic, 3)
    waiting_round.run()
    offers = list(WaitingOffer.objects.select_related("entry__guest"))
    assert len(offers) == 3
    results = at_once([lambda offer=offer: accept(offer) for offer in (*offers, *offers)])
    winners = [result for result in results if isinstance(result, list) and result]
    assert len(winners) == 1
    assert not [result for result in results if not isinstance(result, (list, *REFUSALS))]
    assert statuses() == ["accepted", "gone", "gone"]
    assert (booked(), Claim.objects.count()) == (1, TICKS)
    assert WaitingEntry.objects.filter(status="served").count() == 1


def test_two_workers_make_one_offer_and_accept_meets_decline(at_once: AtOnce) -> None:
    clinic = make_clinic(doctors=1)
    entries = waiting_for(clinic, 2)
    results = at_once([lambda: waiting_round.offer(clinic.offering.pk)] * 4)
    assert not [result for result in results if not isinstance(result, int)]
    offer = WaitingOffer.objects.select_related("entry__guest").get()
    assert offer.entry in entries
    results = at_once(
        [
            lambda: accept(offer),
            lambda: waiting_answers.decline(offer, actor="guest:x"),
            lambda: waiting_answers.decline(offer, actor="guest:x"),
        ]
    )
    assert not [result for result in results if not isinstance(result, (list, type(None), *REFUSALS))]
    kept = WaitingOffer.objects.get(pk=offer.pk).status == "accepted"
    assert (booked(), Claim.objects.count()) == ((1, TICKS) if kept else (0, 0))
    assert WaitingEntry.objects.get(pk=offer.entry_id).status == ("served" if kept else "waiting")


def test_an_answer_meets_the_end_of_its_time(at_once: AtOnce) -> None:
    clinic = make_clinic(doctors=1)
    waiting_for(clinic, 1)
    waiting_round.run()
    offer = WaitingOffer.objects.select_related("entry__guest").get()
    soon = timezone.now() + dt.timedelta(milliseconds=150)
    WaitingOffer.objects.update(expires_at=soon)
    Reservation.objects.filter(status="held").update(hold_expires_at=soon)

    def end() -> None:
        while timezone.now() < soon:
            pass
        waiting_round.close_offers()

    results = at_once([lambda: accept(offer), end, end])
    assert not [
        result for result in results if not isinstance(result, (list, type(None), *REFUSALS, actions.HoldExpired))
    ]
    offer.refresh_from_db()
    assert (offer.status, booked(), Claim.objects.count()) in {("accepted", 1, TICKS), ("expired", 0, 0)}


def test_offered_while_leaving(at_once: AtOnce) -> None:
    clinic = make_clinic(doctors=1)
    [entry] = waiting_for(clinic, 1)
    results = at_once(
        [
            lambda: waiting_list.leave(entry, actor="guest:x"),
            lambda: waiting_round.offer(clinic.offering.pk),
            lambda: waiting_round.offer(clinic.offering.pk),
        ]
    )
    assert not [result for result in results if not isinstance(result, int)]
    waiting_round.run()
    entry.refresh_from_db()
    assert entry.status == "left"
    assert statuses() in ([], ["declined"])
    assert (booked(), Claim.objects.count()) == (0, 0)
