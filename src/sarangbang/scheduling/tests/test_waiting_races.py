"""The waiting list, several at once: whatever meets, exactly one thing becomes true. SQLite and PostgreSQL."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from sarangbang.people.models import Guest
from sarangbang.scheduling import actions, interpreters, rostering
from sarangbang.scheduling.cases import open_reasons
from sarangbang.scheduling.models import (
    Appointment,
    BookingRule,
    Claim,
    DeclaredHoliday,
    Reservation,
    Resource,
    WaitingEntry,
    WaitingOffer,
    WeeklyRule,
)
from sarangbang.scheduling.waiting import answers, joining, rounds, withdrawing

from .conftest import SEOUL, a_free_time, make_clinic, make_guest

pytestmark = pytest.mark.django_db(transaction=True)
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]
TICKS = 6
REFUSALS = (answers.OfferOver, actions.Taken, actions.NotBookable)


def waiting_for(clinic: SimpleNamespace, people: int, **wish: Any) -> list[WaitingEntry]:
    """So many wait for one time, which has just become free."""
    starts_at = a_free_time(clinic)
    held = actions.hold(clinic.offering, clinic.doctors[0], starts_at, actor="api")
    entries = []
    for number in range(people):
        guest = make_guest(f"waiting{number}@guest.example")
        Guest.objects.filter(pk=guest.pk).update(email_proven_at=timezone.now())
        ends_at = starts_at + dt.timedelta(minutes=clinic.offering.visit_minutes)
        wish |= {"earliest_at": starts_at, "latest_at": ends_at}
        entries.append(joining.join(guest, clinic.offering, actor="guest:x", **wish))
    actions.cancel(held, actor="api")
    return entries


def accept(offer: WaitingOffer) -> list[Appointment]:
    with transaction.atomic():
        held = answers.take(WaitingOffer.objects.get(pk=offer.pk), actor="guest:x")
        return [actions.confirm(one, offer.entry.guest, actor="guest:x") for one in held]


def statuses() -> list[str]:
    return sorted(WaitingOffer.objects.values_list("status", flat=True))


def booked() -> int:
    return Reservation.objects.filter(status="booked").count()


def test_two_who_accept_at_once(at_once: AtOnce) -> None:
    clinic = make_clinic(doctors=1)
    BookingRule.objects.create(institution=clinic.institution, waiting_to_all=True)
    waiting_for(clinic, 3)
    rounds.run()
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
    results = at_once([lambda: rounds.offer(clinic.offering.pk)] * 4)
    assert not [result for result in results if not isinstance(result, int)]
    offer = WaitingOffer.objects.select_related("entry__guest").get()
    assert offer.entry in entries
    results = at_once(
        [
            lambda: accept(offer),
            lambda: answers.decline(offer, actor="guest:x"),
            lambda: answers.decline(offer, actor="guest:x"),
        ]
    )
    assert not [result for result in results if not isinstance(result, (list, type(None), *REFUSALS))]
    kept = WaitingOffer.objects.get(pk=offer.pk).status == "accepted"
    assert (booked(), Claim.objects.count()) == ((1, TICKS) if kept else (0, 0))
    assert WaitingEntry.objects.get(pk=offer.entry_id).status == ("served" if kept else "waiting")


def test_an_answer_meets_the_end_of_its_time(at_once: AtOnce) -> None:
    clinic = make_clinic(doctors=1)
    waiting_for(clinic, 1)
    rounds.run()
    offer = WaitingOffer.objects.select_related("entry__guest").get()
    soon = timezone.now() + dt.timedelta(milliseconds=150)
    WaitingOffer.objects.update(expires_at=soon)
    Reservation.objects.filter(status="held").update(hold_expires_at=soon)

    def end() -> None:
        while timezone.now() < soon:
            pass
        rounds.close_offers()

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
            lambda: joining.leave(entry, actor="guest:x"),
            lambda: rounds.offer(clinic.offering.pk),
            lambda: rounds.offer(clinic.offering.pk),
        ]
    )
    assert not [result for result in results if not isinstance(result, int)]
    rounds.run()
    entry.refresh_from_db()
    assert entry.status == "left"
    assert statuses() in ([], ["declined"])
    assert (booked(), Claim.objects.count()) == (0, 0)


def test_an_answer_meets_another_who_wants_the_interpreter(at_once: AtOnce, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept with an offer, the interpreter is the guest's; offered to all, the first has them, and nobody half."""
    clinic = make_clinic(doctors=1)
    today = timezone.localdate()
    interpreter = Resource.objects.create(kind="interpreter", label="Interpreter")
    WeeklyRule.objects.bulk_create(
        WeeklyRule(
            resource=interpreter, place=clinic.place, weekday=weekday, starts=dt.time(8), ends=dt.time(20),
            valid_from=today - dt.timedelta(days=9),
        )
        for weekday in range(5)
    )  # fmt: skip
    speaking = interpreters.Speaking(interpreter.pk, dt.date.min, dt.date.max)
    monkeypatch.setattr(interpreters, "SOURCES", [lambda _language, _department: [speaking]])
    entries = waiting_for(clinic, 2, language="mn")
    rounds.run()
    first = WaitingOffer.objects.select_related("entry__guest").get()
    starts_at = first.starts_at
    wanted = [actions.Wanted(interpreter, starts_at, starts_at + dt.timedelta(minutes=30), clinic.place.pk)]

    def engage() -> Reservation:
        return actions.reserve(wanted, actor="desk")

    results = at_once([lambda: accept(first), engage, engage])
    assert [type(result) for result in results[1:]] == [actions.Taken, actions.Taken]
    assert len(results[0]) == 1
    actions.cancel(results[0][0], actor="clinic")
    BookingRule.objects.create(institution=clinic.institution, waiting_to_all=True)
    rounds.run()
    second = WaitingOffer.objects.select_related("entry__guest").get(status="open")
    assert {first.entry_id, second.entry_id} == {entry.pk for entry in entries}
    results = at_once([lambda: accept(second), engage, engage])
    assert not [one for one in results if not isinstance(one, (list, Reservation, *REFUSALS))]
    assert sum(not isinstance(one, REFUSALS) for one in results) == 1
    mine = Claim.objects.filter(resource=interpreter, allocation__reservation__appointment__isnull=False).count()
    assert mine == (Claim.objects.count() / 2 if isinstance(results[0], list) else 0)


@pytest.mark.parametrize(
    ("what", "is_looked"),
    [("leave", False), ("leave", True), ("closure", True), ("end", True), ("holiday", False), ("holiday", True)],
)
def test_an_answer_meets_leave_a_closure_or_a_holiday(
    at_once: AtOnce, what: str, is_looked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either the time is booked and whoever enters the leave sees the visit, or it is refused and nobody has it; also
    when it is entered just after who accepts has looked whether anything stands against it."""
    looked = threading.Event()

    def look(offers: list[WaitingOffer]) -> list[WaitingOffer]:
        found = withdrawing.fallen(offers)
        looked.set()
        return found

    monkeypatch.setattr(answers, "fallen", look)
    clinic = make_clinic(doctors=1)
    waiting_for(clinic, 1)
    rounds.run()
    offer = WaitingOffer.objects.select_related("entry__guest").get()
    resource, starts_at = clinic.doctors[0].resource, offer.starts_at
    ends_at = starts_at + dt.timedelta(minutes=clinic.offering.visit_minutes)

    def enter() -> bool:
        """Whether the visit is among those that are told to who entered it."""
        if is_looked:
            looked.wait(timeout=9)
        if what == "leave":
            rostering.add_exception(resource, "leave", starts_at, ends_at, actor="user:1")
        elif what == "closure":
            rostering.add_closure(clinic.place, starts_at, ends_at, actor="user:1")
        elif what == "holiday":
            day = starts_at.astimezone(SEOUL).date()
            rostering.declare_holiday(DeclaredHoliday(day=day, name="임시공휴일", source="test"), actor="user:1")
        else:
            weekday = starts_at.astimezone(SEOUL).weekday()
            rostering.end_hours(resource.weekly_rules.get(weekday=weekday), rostering.today(), actor="user:1")
        seen = bool(open_reasons([clinic.institution]))
        rounds.withdraw()
        return seen

    accepted, seen = at_once([lambda: accept(offer), enter])
    offer.refresh_from_db()
    is_booked = isinstance(accepted, list)
    assert is_booked or not is_looked
    assert is_booked or isinstance(accepted, answers.OfferOver)
    assert (seen, offer.status) == ((True, "accepted") if is_booked else (False, "gone"))
    assert (booked(), Claim.objects.count()) == ((1, TICKS) if is_booked else (0, 0))
    assert WaitingEntry.objects.get().status == ("served" if is_booked else "waiting")
