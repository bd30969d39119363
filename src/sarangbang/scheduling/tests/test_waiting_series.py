"""The waiting list for treatments of several visits: all of them are offered, or none. SQLite and PostgreSQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from sarangbang.directory.models import Practitioner, PractitionerRole
from sarangbang.messages.models import Message
from sarangbang.people.models import Guest
from sarangbang.scheduling import actions, housekeeping
from sarangbang.scheduling.models import (
    Appointment,
    BookingRule,
    Claim,
    PathwayStep,
    Reservation,
    Resource,
    Series,
    WaitingEntry,
    WaitingOffer,
    WeeklyRule,
)
from sarangbang.scheduling.waiting import answers, joining, rounds

from .conftest import SEOUL, make_clinic, make_guest

pytestmark = pytest.mark.django_db
once = pytest.mark.once
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]
DAY = dt.timedelta(days=1)
STEPS = (("consultation", 0), ("treatment", 1), ("check", 2))
ON_DAYS = (0, 1, 3)
TICKS = 6
OVER = (answers.OfferOver, actions.Taken, actions.NotBookable)


def make_town() -> SimpleNamespace:
    """One doctor who sees one guest a day, at nine: in four days there is one way to come three times. Somebody has
    the second of them."""
    town = make_clinic(doctors=1)
    town.resource = Resource.objects.get(practitioner=town.doctors[0])
    WeeklyRule.objects.all().delete()
    see_one_a_day(town, town.resource)
    town.steps = PathwayStep.objects.bulk_create(
        PathwayStep(offering=town.offering, position=number, kind=kind, visit_minutes=30, days_after_low=days)
        for number, (kind, days) in enumerate(STEPS)
    )
    first = timezone.localdate(timezone=SEOUL) + 4 * DAY
    town.midnight = dt.datetime.combine(first, dt.time(), tzinfo=SEOUL)
    town.nine = town.midnight + dt.timedelta(hours=9)
    town.taken = take(town, 1)
    return town


def see_one_a_day(town: SimpleNamespace, resource: Resource) -> None:
    WeeklyRule.objects.bulk_create(
        WeeklyRule(
            resource=resource, place=town.place, weekday=weekday, starts=dt.time(9), ends=dt.time(9, 30),
            valid_from=timezone.localdate() - DAY, on_holidays=True,
        )
        for weekday in range(7)
    )  # fmt: skip


def with_a_colleague(town: SimpleNamespace) -> Practitioner:
    """One more doctor who sees one guest a day, at nine."""
    doctor = Practitioner.objects.create(number="colleague", name="동료", name_latin="Colleague")
    PractitionerRole.objects.create(practitioner=doctor, institution=town.institution, department=town.department)
    see_one_a_day(town, Resource.objects.create(kind="practitioner", label="Colleague", practitioner=doctor))
    return doctor


@pytest.fixture
def town(db: None) -> SimpleNamespace:
    return make_town()


def take(town: SimpleNamespace, day: int) -> Reservation:
    starts_at = town.nine + day * DAY
    wanted = actions.Wanted(town.resource, starts_at, starts_at + dt.timedelta(minutes=30), town.place.pk)
    return actions.reserve([wanted], actor="clinic")


def wait(town: SimpleNamespace, number: int, days: int = 4, **wish: Any) -> WaitingEntry:
    guest = make_guest(f"waiting{number}@guest.example")
    Guest.objects.filter(pk=guest.pk).update(email_proven_at=timezone.now(), zone="Asia/Seoul")
    guest.refresh_from_db()
    wish = {"earliest_at": town.midnight, "latest_at": town.midnight + days * DAY, **wish}
    return joining.join(guest, town.offering, actor="guest:x", **wish)


def free(town: SimpleNamespace) -> None:
    actions.release(town.taken, actor="clinic")
    rounds.run()


def offers(entry: WaitingEntry) -> list[str]:
    return list(entry.offers.order_by("created_at").values_list("status", flat=True))


def accept(offer: WaitingOffer) -> list[Appointment]:
    with transaction.atomic():
        held = answers.take(offer, actor="guest:x")
        for series in {one.series for one in held}:
            assert series is not None
            actions.confirm_series(series, offer.entry.guest, actor="guest:x")
        return held


def test_a_freed_visit_makes_the_whole_treatment_possible_for_whoever_came_first(town: SimpleNamespace) -> None:
    one, two = wait(town, 1), wait(town, 2)
    rounds.run()
    assert not WaitingOffer.objects.exists(), "two of three visits are of no use"
    free(town)
    offer = WaitingOffer.objects.get()
    assert offer.entry == one
    times = [town.nine + day * DAY for day in ON_DAYS]
    assert [row.starts_at for row in (offer, *offer.beside.all())] == times
    assert [row.step for row in (offer, *offer.beside.all())] == town.steps
    held = Reservation.objects.filter(status="held")
    assert set(held.values_list("hold_expires_at", flat=True)) == {offer.expires_at}
    letter = Message.objects.get(kind="waiting_offer")
    assert len(letter.context["times_at"]) == 3

    booked = accept(offer)
    assert [each.step for each in booked] == town.steps
    mine = Appointment.objects.filter(guest=one.guest).order_by("reservation__starts_at")
    assert [each.reservation.starts_at for each in mine] == times
    assert Reservation.objects.filter(status="booked").count() == 3
    assert accept(offer) == [], "pressed twice"
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.status, two.status, offers(two)) == ("served", "waiting", [])


def test_declined_expired_and_left_give_all_visits_to_the_next(town: SimpleNamespace) -> None:
    entries = [wait(town, number) for number in range(4)]
    free(town)
    answers.decline(entries[0].offers.get(), actor="guest:x")
    assert not Claim.objects.exists()
    rounds.run()
    WaitingOffer.objects.filter(entry=entries[1]).update(expires_at=timezone.now())
    Reservation.objects.filter(status="held").update(hold_expires_at=timezone.now())
    housekeeping.free_expired_holds()
    rounds.run()
    joining.leave(entries[2], actor="guest:x")
    rounds.run()
    assert [offers(entry) for entry in entries] == [["declined"], ["expired"], ["declined"], ["open"]]
    answers.decline(entries[3].offers.get(), actor="guest:x")
    rounds.run()
    assert offers(entries[0]) == ["declined"], "nobody is asked for the same visits twice"
    assert not Claim.objects.exists()


def test_a_family_gets_all_visits_for_everybody_or_none(town: SimpleNamespace) -> None:
    family, next_one, lone = wait(town, 1, party=2), wait(town, 2, party=2), wait(town, 3)
    rounds.run()
    assert not WaitingOffer.objects.exists()
    colleague = with_a_colleague(town)
    rounds.run()
    assert (offers(family), offers(lone)) == ([], ["open"]), "the family lacks one of six visits"
    joining.leave(lone, actor="guest:x")
    free(town)
    offer = WaitingOffer.objects.get(entry=family)
    rows = [offer, *offer.beside.all()]
    assert [row.starts_at for row in rows] == sorted([town.nine + day * DAY for day in ON_DAYS] * 2)
    assert {row.practitioner for row in rows} == {town.doctors[0], colleague}
    assert Reservation.objects.filter(status="held").count() == 6
    answers.decline(offer, actor="guest:x")
    assert not Claim.objects.exists(), "all of it goes back together"
    rounds.run()
    assert (offers(family), offers(next_one)) == (["declined"], ["open"])

    second = next_one.offers.get()
    booked = accept(second)
    assert accept(second) == [], "pressed twice"
    series = {each.series_id for each in booked}
    assert (len(booked), len(series)) == (6, 2)
    for one in series:
        mine = Appointment.objects.filter(series=one).order_by("reservation__starts_at")
        assert [each.step for each in mine] == town.steps
        assert [each.reservation.starts_at for each in mine] == [town.nine + day * DAY for day in ON_DAYS]
        assert {each.reservation.status for each in mine} == {"booked"}


@once
def test_who_of_a_family_is_seen_by_whom_stays_so(town: SimpleNamespace) -> None:
    with_a_colleague(town)
    PathwayStep.objects.filter(pk__in=[step.pk for step in town.steps[1:]]).update(same_practitioner=True)
    family = wait(town, 1, party=2)
    BookingRule.objects.create(institution=town.institution, waiting_to_all=True)
    free(town)
    accept(family.offers.get())
    for series in Series.objects.all():
        assert len(set(Appointment.objects.filter(series=series).values_list("practitioner", flat=True))) == 1
    assert Reservation.objects.filter(status="booked").count() == 6


@once
def test_what_was_let_go_is_the_whole_and_another_way_to_come_is_offered(town: SimpleNamespace) -> None:
    blocked = take(town, 4)
    entry = wait(town, 1, days=5)
    free(town)
    answers.decline(entry.offers.get(), actor="guest:x")
    rounds.run()
    assert offers(entry) == ["declined"]
    actions.release(blocked, actor="clinic")
    rounds.run()
    assert offers(entry) == ["declined", "open"]
    newest = entry.offers.latest("created_at")
    assert [row.starts_at for row in (newest, *newest.beside.all())][-1] == town.nine + 4 * DAY


@once
def test_offered_to_all_and_lost_to_somebody_from_the_street(town: SimpleNamespace) -> None:
    BookingRule.objects.create(institution=town.institution, waiting_to_all=True)
    entries = [wait(town, number) for number in range(2)]
    free(town)
    assert [offers(entry) for entry in entries] == [["open"], ["open"]]
    assert not Claim.objects.exists(), "kept for nobody"
    take(town, 3)
    with pytest.raises(OVER):
        accept(entries[0].offers.get())
    assert not Reservation.objects.filter(status="held").exists(), "none of the visits is kept"
    rounds.run()
    assert [offers(entry) for entry in entries] == [["gone"], ["gone"]]


@once
def test_the_treatment_changed_meanwhile(town: SimpleNamespace) -> None:
    BookingRule.objects.create(institution=town.institution, waiting_to_all=True)
    entry = wait(town, 1)
    free(town)
    PathwayStep.objects.filter(pk=town.steps[2].pk).delete()
    with pytest.raises(OVER):
        accept(entry.offers.get())


@once
def test_wishes_hold_for_every_visit_and_nothing_comes_in_the_last_hours(town: SimpleNamespace) -> None:
    evening = wait(town, 1, part_of_day="evening")
    morning = wait(town, 2, part_of_day="morning")
    rule = BookingRule.objects.create(offering=town.offering, waiting_stop_minutes=60 * 24 * 10)
    free(town)
    assert not WaitingOffer.objects.exists()
    rule.delete()
    rounds.run()
    assert (offers(evening), offers(morning)) == ([], ["open"])


@once
def test_what_can_never_be_offered_is_refused_and_what_is_free_is_shown(town: SimpleNamespace) -> None:
    for code, wish in (("party_size", {"party": 21}), ("short", {"days": 2})):
        with pytest.raises(joining.CannotWait) as refusal:
            wait(town, 1, **wish)
        assert (refusal.value.code, bool(str(refusal.value))) == (code, True)
    with pytest.raises(joining.FreeNow) as now:
        wait(town, 1, days=14)
    assert 1 < len(now.value.series) <= joining.SHOWN_WHOLE
    assert len({series.starts_at for series in now.value.series}) == len(now.value.series)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("to_all", "party"), [(True, 1), (False, 1), (True, 2)])
def test_several_at_once(at_once: AtOnce, to_all: bool, party: int) -> None:
    town = make_town()
    if party > 1:
        with_a_colleague(town)
    BookingRule.objects.create(institution=town.institution, waiting_to_all=to_all)
    entries = [wait(town, number, party=party) for number in range(2)]
    actions.release(town.taken, actor="clinic")
    asked = at_once([lambda: rounds.offer(town.offering.pk)] * 3)
    assert not [each for each in asked if not isinstance(each, int)]
    made = list(WaitingOffer.objects.select_related("entry__guest"))
    assert len(made) == (len(entries) if to_all else 1)
    results = at_once([lambda offer=offer: accept(offer) for offer in made * 2])
    assert not [each for each in results if not isinstance(each, (list, *OVER))]
    assert len([each for each in results if isinstance(each, list) and each]) == 1
    assert sorted(WaitingOffer.objects.values_list("status", flat=True)) == ["accepted", "gone"][: len(made)]
    visits = 3 * party
    assert (Reservation.objects.filter(status="booked").count(), Claim.objects.count()) == (visits, visits * TICKS)
