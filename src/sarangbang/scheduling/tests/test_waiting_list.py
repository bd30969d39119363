"""The waiting list from joining to a booked time: whom a freed time is offered to, and what their answers do."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sarangbang.directory.models import Registration
from sarangbang.messages.models import Message
from sarangbang.people.models import Guest, Membership, User
from sarangbang.scheduling import actions, housekeeping, tasks
from sarangbang.scheduling.models import (
    LARGEST_PARTY,
    Appointment,
    BookingRule,
    Claim,
    Closure,
    DeclaredHoliday,
    Requirement,
    Reservation,
    Resource,
    RosterException,
    WaitingEntry,
    WaitingOffer,
    WeeklyRule,
)
from sarangbang.scheduling.nights import QUIET
from sarangbang.scheduling.public_holidays import is_holiday
from sarangbang.scheduling.waiting import answers, families, joining, rounds

from .conftest import SEOUL, a_free_time, make_guest

HALF_HOUR = dt.timedelta(minutes=30)


def proven(number: int, zone: str = "Asia/Seoul") -> Guest:
    guest = make_guest(f"waiting{number}@guest.example")
    guest.email_proven_at, guest.zone = timezone.now(), zone
    guest.save()
    return guest


@pytest.fixture
def full(clinic: SimpleNamespace) -> SimpleNamespace:
    """A clinic in which somebody has the time that others want: the first doctor's."""
    clinic.starts_at = a_free_time(clinic)
    clinic.length = dt.timedelta(minutes=clinic.offering.visit_minutes)
    clinic.first = book(clinic, clinic.starts_at, make_guest("first@guest.example"))
    clinic.second = book(clinic, clinic.starts_at, make_guest("second@guest.example"), doctor=1)
    return clinic


def book(clinic: SimpleNamespace, starts_at: dt.datetime, guest: Guest, doctor: int = 0) -> Appointment:
    held = actions.hold(clinic.offering, clinic.doctors[doctor], starts_at, actor="api")
    return actions.confirm(held, guest, actor="api")


def wait(clinic: SimpleNamespace, guest: Guest, **wish: Any) -> WaitingEntry:
    wish = {"earliest_at": clinic.starts_at, "latest_at": clinic.starts_at + clinic.length, **wish}
    return joining.join(guest, clinic.offering, actor=f"guest:{guest.pk}", **wish)


def ask_all() -> None:
    rounds.run()


def the_offer(entry: WaitingEntry) -> WaitingOffer:
    return WaitingOffer.objects.filter(entry=entry).latest("created_at")


def accept(offer: WaitingOffer) -> list[Appointment]:
    held = answers.take(offer, actor="guest:x")
    return [actions.confirm(one, offer.entry.guest, actor="guest:x") for one in held]


def kinds(guest: Guest) -> list[str]:
    return list(Message.objects.filter(guest=guest).order_by("created_at").values_list("kind", flat=True))


def let_expire(offer: WaitingOffer) -> None:
    past = timezone.now() - dt.timedelta(minutes=1)
    WaitingOffer.objects.filter(pk=offer.pk).update(expires_at=past)
    Reservation.objects.filter(waiting_offers=offer).update(hold_expires_at=past)


def to_all(clinic: SimpleNamespace) -> None:
    BookingRule.objects.create(institution=clinic.institution, waiting_to_all=True)


def test_a_freed_time_is_kept_for_whoever_came_first(full: SimpleNamespace) -> None:
    one, two = (wait(full, proven(number)) for number in range(2))
    ask_all()
    assert not WaitingOffer.objects.exists()
    actions.cancel(full.first, actor="guest:x")
    ask_all()
    offer = the_offer(one)
    assert (offer.starts_at, offer.practitioner_id) == (full.starts_at, full.doctors[0].pk)
    assert offer.reservation is not None
    assert offer.reservation.hold_expires_at == offer.expires_at
    assert not two.offers.exists()
    with pytest.raises(actions.Taken):
        actions.hold(full.offering, full.doctors[0], full.starts_at, actor="api")
    [booked] = accept(offer)
    assert (booked.guest, booked.reservation.status) == (one.guest, "booked")
    one.refresh_from_db()
    assert one.status == "served"
    assert [step.status for step in one.steps.all()] == ["waiting", "served"]
    assert kinds(one.guest)[:2] == ["waiting_joined", "waiting_offer"]


def test_who_declines_or_does_not_answer_waits_on_and_the_next_one_is_asked(full: SimpleNamespace) -> None:
    one, two, three = (wait(full, proven(number)) for number in range(3))
    actions.cancel(full.first, actor="clinic")
    ask_all()
    answers.decline(the_offer(one), actor="guest:x")
    answers.decline(the_offer(one), actor="guest:x")
    ask_all()
    assert the_offer(one).status == "declined"
    let_expire(the_offer(two))
    with pytest.raises(answers.OfferOver):
        accept(the_offer(two))
    housekeeping.free_expired_holds()
    ask_all()
    assert the_offer(two).status == "expired"
    accept(the_offer(three))
    assert [WaitingOffer.objects.filter(entry=each).count() for each in (one, two, three)] == [1, 1, 1]
    assert set(WaitingEntry.objects.values_list("status", flat=True)) == {"waiting", "served"}


def test_offered_to_all_the_first_has_it_and_the_others_are_told(full: SimpleNamespace) -> None:
    to_all(full)
    entries = [wait(full, proven(number)) for number in range(3)]
    actions.cancel(full.first, actor="clinic")
    ask_all()
    offers = [the_offer(entry) for entry in entries]
    assert [offer.reservation for offer in offers] == [None] * 3
    [booked] = accept(offers[1])
    assert accept(offers[1]) == []
    with pytest.raises(answers.OfferOver) as over:
        accept(offers[0])
    assert over.value.status == "gone"
    assert [the_offer(entry).status for entry in entries] == ["gone", "accepted", "gone"]
    assert kinds(entries[0].guest) == ["waiting_joined", "waiting_offer", "waiting_gone"]
    assert the_offer(entries[1]).reservation == booked.reservation
    # It is free once more: those who were too late are asked again.
    actions.cancel(booked, actor="clinic")
    ask_all()
    assert the_offer(entries[0]).status == the_offer(entries[2]).status == "open"


def test_offered_to_all_and_taken_by_somebody_from_the_street(full: SimpleNamespace) -> None:
    to_all(full)
    entry = wait(full, proven(1))
    actions.cancel(full.first, actor="clinic")
    ask_all()
    book(full, full.starts_at, make_guest("street@guest.example"))
    with pytest.raises((actions.Taken, actions.NotBookable)):
        accept(the_offer(entry))
    ask_all()
    assert the_offer(entry).status == "gone"
    assert kinds(entry.guest)[-1] == "waiting_gone"


def test_an_earlier_time_moves_the_booking_and_the_old_time_is_offered_on(full: SimpleNamespace) -> None:
    guest, later = proven(1), full.starts_at + dt.timedelta(days=1)
    while (day := later.astimezone(SEOUL).date()).weekday() > 4 or is_holiday(day):
        later += dt.timedelta(days=1)
    mine = book(full, later, guest)
    book(full, later, make_guest("beside@guest.example"), doctor=1)
    entry = wait(full, guest, appointment=mine)
    behind = wait(full, proven(2), earliest_at=later, latest_at=later + full.length)
    actions.cancel(full.first, actor="clinic")
    ask_all()
    mine.refresh_from_db()
    assert mine.reservation.starts_at == later, "nothing is given up before the new time is certain"
    assert accept(the_offer(entry)) == []
    mine.refresh_from_db()
    assert (mine.reservation.starts_at, mine.reservation.status, mine.sequence) == (full.starts_at, "booked", 1)
    assert Appointment.objects.filter(guest=guest).count() == 1
    ask_all()
    assert the_offer(behind).starts_at == later
    entry.refresh_from_db()
    assert entry.status == "served"


def test_a_family_gets_all_or_none(full: SimpleNamespace) -> None:
    family = wait(full, proven(1), party=2)
    actions.cancel(full.first, actor="clinic")
    ask_all()
    assert not family.offers.exists(), "one time is not enough for two"
    actions.cancel(full.second, actor="clinic")
    ask_all()
    offer = the_offer(family)
    assert offer.beside.count() == 1
    assert Reservation.objects.filter(status="held").count() == 2
    booked = accept(offer)
    assert {one.practitioner_id for one in booked} == {doctor.pk for doctor in full.doctors}
    assert {one.reservation.status for one in booked} == {"booked"}
    assert accept(offer) == []


@pytest.mark.once
def test_those_who_work_there_see_what_is_offered_and_until_when_it_is_taken(
    full: SimpleNamespace, client: Client, settings: Any
) -> None:
    settings.DEMO = True
    wait(full, proven(1), party=2)
    for one in (full.first, full.second):
        actions.cancel(one, actor="clinic")
    ask_all()
    user = User.objects.create_user("c@demo.example", "x", name="Nurse", is_demo=True)
    Membership.objects.create(user=user, role="clinic", institution=full.institution)
    client.force_login(user)
    assert '<span class="num">× 2</span>' in client.get(reverse("scheduling:waiting")).content.decode()
    is_early = full.starts_at.astimezone(SEOUL).hour < 13
    other = full.starts_at + dt.timedelta(hours=1 if is_early else -1)
    book(full, other, make_guest("other@guest.example"))
    day = other.astimezone(SEOUL).date().isoformat()
    said = client.get(reverse("scheduling:calendar"), {"span": "day", "day": day}).content.decode()
    column = said[said.index("Doctor 0</a></h2>") : said.index("Doctor 1</a></h2>")]
    assert column.count("Offered on the waiting list") == 1
    offered, visit = column.index("Offered on the waiting list"), column.index('class="job')
    assert (offered < visit) is is_early, "by time"


def test_a_family_s_times_go_back_together(full: SimpleNamespace) -> None:
    family = wait(full, proven(1), party=2)
    for one in (full.first, full.second):
        actions.cancel(one, actor="clinic")
    ask_all()
    answers.decline(the_offer(family), actor="guest:x")
    assert not Claim.objects.exists()


@pytest.mark.once
def test_a_tour_group_gets_times_for_all_twenty_or_none(clinic: SimpleNamespace) -> None:
    """Two doctors see twelve each in an afternoon; with one of them on leave nobody is asked."""
    starts_at = a_free_time(clinic)
    day = starts_at.astimezone(SEOUL).replace(hour=0, minute=0)
    clinic.starts_at, clinic.length = day, dt.timedelta(days=1)
    leave = RosterException.objects.create(
        resource=clinic.doctors[1].resource, kind="leave", starts_at=day, ends_at=day + clinic.length
    )
    group = wait(clinic, proven(1), party=LARGEST_PARTY)
    ask_all()
    group.refresh_from_db()
    assert (group.offers.count(), group.given_up_at) == (0, None), "nothing was given up: there is no room"
    leave.delete()
    ask_all()
    assert the_offer(group).beside.count() == LARGEST_PARTY - 1
    answers.decline(the_offer(group), actor="guest:x")
    assert not Claim.objects.exists()
    ask_all()
    booked = accept(the_offer(group))
    halves = {(one.reservation.starts_at.astimezone(SEOUL).hour < 12) for one in booked}
    assert (len(booked), {one.reservation.status for one in booked}, halves) == (LARGEST_PARTY, {"booked"}, {False})


def test_leaving_gives_the_kept_time_to_the_next_one(full: SimpleNamespace) -> None:
    one, two = (wait(full, proven(number)) for number in range(2))
    actions.cancel(full.first, actor="clinic")
    ask_all()
    assert joining.leave(one, actor="guest:x")
    assert not joining.leave(one, actor="guest:x")
    ask_all()
    assert the_offer(one).status == "declined"
    assert the_offer(two).status == "open"
    with pytest.raises(answers.OfferOver):
        accept(the_offer(one))


def test_who_did_not_confirm_the_address_is_not_asked_and_is_forgotten(full: SimpleNamespace) -> None:
    entry = wait(full, make_guest("typed@guest.example"))
    actions.cancel(full.first, actor="clinic")
    ask_all()
    assert not entry.offers.exists()
    WaitingEntry.objects.update(created_at=timezone.now() - dt.timedelta(hours=25))
    ask_all()
    assert not WaitingEntry.objects.exists()
    assert not Guest.objects.filter(email="typed@guest.example").exists()


def test_nothing_in_the_last_hours_and_nothing_where_nobody_is_received(full: SimpleNamespace) -> None:
    entry = wait(full, proven(1))
    actions.cancel(full.first, actor="clinic")
    rule = BookingRule.objects.create(offering=full.offering, waiting_stop_minutes=60 * 24 * 30)
    ask_all()
    assert not entry.offers.exists()
    rule.delete()
    Registration.objects.update(valid_until=timezone.localdate() - dt.timedelta(days=1))
    ask_all()
    assert not entry.offers.exists()


def test_an_offer_is_withdrawn_when_the_institution_no_longer_receives(full: SimpleNamespace) -> None:
    entry = wait(full, proven(1))
    actions.cancel(full.first, actor="clinic")
    ask_all()
    Registration.objects.update(valid_until=timezone.localdate() - dt.timedelta(days=1))
    with pytest.raises(answers.OfferOver):
        accept(the_offer(entry))
    ask_all()
    assert the_offer(entry).status == "gone"
    assert kinds(entry.guest)[-1] == "waiting_gone"
    assert not Claim.objects.filter(allocation__reservation__status="held").exists()


def test_extra_hours_are_offered_too(full: SimpleNamespace, django_capture_on_commit_callbacks: Any) -> None:
    evening = full.starts_at.astimezone(SEOUL).replace(hour=20, minute=0)
    entry = wait(full, proven(1), earliest_at=evening, latest_at=evening + full.length, part_of_day="evening")
    with django_capture_on_commit_callbacks(execute=True):
        RosterException.objects.create(
            resource=full.doctors[0].resource, kind="extra", place=full.place, starts_at=evening,
            ends_at=evening + full.length, reason="",
        )  # fmt: skip
    tasks.offer_freed_times.call(full.offering.pk)
    assert the_offer(entry).starts_at == evening


def test_freeing_asks_at_once_after_the_commit(
    full: SimpleNamespace, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(type(tasks.offer_freed_times), "enqueue", lambda _task, what: asked.append(what))
    with django_capture_on_commit_callbacks(execute=True):
        actions.cancel(full.second, actor="clinic")
    assert full.offering.pk not in asked, "nobody waits"
    wait(full, proven(1), practitioner=full.doctors[0])
    with django_capture_on_commit_callbacks(execute=True):
        actions.cancel(full.first, actor="clinic")
    assert asked.count(full.offering.pk) == 1


def add_hour(clinic: SimpleNamespace) -> None:
    rule = WeeklyRule.objects.filter(resource=clinic.doctors[0].resource).first()
    assert rule is not None
    rule.ends = dt.time(21)
    rule.save()


def raise_seats(clinic: SimpleNamespace) -> None:
    resource = clinic.doctors[0].resource
    resource.seats = 2
    resource.save()


CHANGES: dict[str, Callable[[SimpleNamespace], Any]] = {
    "a longer day": add_hour,
    "a longer validity": lambda clinic: WeeklyRule.objects.filter(resource=clinic.doctors[0].resource)[0].save(),
    "more seats": raise_seats,
    "a closure taken back": lambda clinic: Closure.objects.get().delete(),
    "no holiday after all": lambda clinic: DeclaredHoliday.objects.get().delete(),
    "a rule of the clinic": lambda clinic: BookingRule.objects.create(institution=clinic.institution, per_day=50),
    "a rule of the offering": lambda clinic: BookingRule.objects.create(offering=clinic.offering, notice_minutes=0),
    "a rule of the house": lambda clinic: BookingRule.objects.create(notice_minutes=0),
    "another room will do": lambda clinic: Requirement.objects.get().resources.add(clinic.room),
    "nothing else is needed": lambda clinic: Requirement.objects.get().delete(),
    "one more doctor": lambda clinic: clinic.doctors[0].roles.get().save(),
    "registered again": lambda clinic: clinic.institution.registrations.get().save(),
}


@pytest.mark.once
def test_every_change_that_may_free_time_asks_at_once(
    full: SimpleNamespace, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    full.room = Resource.objects.create(kind="room", label="Room", institution=full.institution)
    Requirement.objects.create(offering=full.offering, name="room")
    later = full.starts_at + dt.timedelta(days=90)
    Closure.objects.create(place=full.place, starts_at=later, ends_at=later + HALF_HOUR)
    DeclaredHoliday.objects.create(day=later.date(), name="임시공휴일", source="test")
    asked: list[Any] = []
    monkeypatch.setattr(type(tasks.offer_freed_times), "enqueue", lambda _task, what: asked.append(what))
    WaitingEntry.objects.create(
        guest=proven(1), offering=full.offering, earliest_at=full.starts_at, latest_at=full.starts_at + full.length
    )
    silent = []
    for name, change in CHANGES.items():
        asked.clear()
        with django_capture_on_commit_callbacks(execute=True):
            change(full)
        if full.offering.pk not in asked:
            silent.append(name)
    assert silent == []


def test_raised_seats_are_offered(full: SimpleNamespace) -> None:
    entry = wait(full, proven(1))
    ask_all()
    assert not entry.offers.exists()
    raise_seats(full)
    tasks.offer_freed_times.call(full.offering.pk)
    assert the_offer(entry).starts_at == full.starts_at


def test_the_days_pass(full: SimpleNamespace) -> None:
    entry = wait(full, proven(1))
    WaitingEntry.objects.update(
        earliest_at=timezone.now() - dt.timedelta(days=2), latest_at=timezone.now() - dt.timedelta(hours=1)
    )
    ask_all()
    entry.refresh_from_db()
    assert entry.status == "over"
    assert kinds(entry.guest) == ["waiting_joined", "waiting_over"]


def test_what_can_never_be_offered_is_refused(full: SimpleNamespace) -> None:
    guest, now = proven(1), timezone.now()
    stranger = make_guest("stranger@guest.example")
    refusals: list[tuple[str, dict[str, Any]]] = [
        ("order", {"earliest_at": full.starts_at, "latest_at": full.starts_at}),
        ("past", {"earliest_at": now - dt.timedelta(days=2), "latest_at": now - dt.timedelta(days=1)}),
        ("far", {"latest_at": now + dt.timedelta(days=4000)}),
        ("party_size", {"party": 0}),
        ("party_size", {"party": LARGEST_PARTY + 1}),
        ("party", {"party": 2, "appointment": full.first}),
        ("booking", {"appointment": full.first}),
    ]
    for code, wish in refusals:
        with pytest.raises(joining.CannotWait) as refusal:
            wait(full, guest, **wish)
        assert (refusal.value.code, bool(str(refusal.value))) == (code, True)
    with pytest.raises(joining.FreeNow) as free:
        wait(full, guest, latest_at=full.starts_at + dt.timedelta(days=3))
    assert len(free.value.times) == joining.SHOWN
    assert not WaitingEntry.objects.exists()
    key = uuid.uuid4()
    entry = wait(full, guest, request_id=key)
    assert wait(full, guest, request_id=key) == entry
    with pytest.raises(joining.AlreadyWaiting) as already:
        wait(full, guest)
    assert already.value.entry == entry
    assert wait(full, stranger) != entry


def test_who_books_such_a_time_by_another_way_waits_no_longer(full: SimpleNamespace) -> None:
    guest = proven(1)
    entry = wait(full, guest)
    book(full, a_free_time(full), guest)
    entry.refresh_from_db()
    assert entry.status == "served"


def test_no_more_than_three_offers_a_day(full: SimpleNamespace) -> None:
    entry = wait(
        full, proven(1), latest_at=full.starts_at + dt.timedelta(hours=12), practitioner=full.doctors[1], party=2
    )
    for _count in range(5):
        ask_all()
        if the_offer(entry).status == "open":
            answers.decline(the_offer(entry), actor="guest:x")
    assert entry.offers.count() == 3


def test_at_night_nobody_is_woken(full: SimpleNamespace) -> None:
    entries = []
    for number, zone in enumerate(("America/Los_Angeles", "Asia/Almaty", "Asia/Seoul", "Europe/London")):
        entries.append(wait(full, proven(number, zone)))
    actions.cancel(full.first, actor="clinic")
    for entry in entries:
        zone = entry.guest.zone
        ask_all()
        message = Message.objects.get(kind="waiting_offer", guest=entry.guest)
        assert not QUIET.holds(message.due_at, zone)
        assert message.expires_at == the_offer(entry).expires_at > message.due_at
        joining.leave(entry, actor="guest:x")


@pytest.mark.once
def test_those_who_work_there_see_when_a_party_is_too_large_to_search(
    clinic: SimpleNamespace, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEMO = True
    clinic.starts_at, clinic.length = a_free_time(clinic), dt.timedelta(hours=4)
    entry = wait(clinic, proven(1), party=4)
    user = User.objects.create_user("c@demo.example", "x", name="Nurse", is_demo=True)
    Membership.objects.create(user=user, role="clinic", institution=clinic.institution)
    client.force_login(user)
    with monkeypatch.context() as impatient:
        impatient.setattr(families, "PATIENCE", 0)
        rounds.run()
    entry.refresh_from_db()
    assert (entry.given_up_at is not None, entry.offers.count()) == (True, 0)
    assert "Please look by hand" in client.get(reverse("scheduling:waiting")).content.decode()
    rounds.run()
    assert not entry.offers.exists(), "so long a search is not begun again every minute"
    WaitingEntry.objects.update(given_up_at=timezone.now() - rounds.BREATH)
    rounds.run()
    entry.refresh_from_db()
    assert (entry.given_up_at, entry.offers.get().beside.count()) == (None, 3)
