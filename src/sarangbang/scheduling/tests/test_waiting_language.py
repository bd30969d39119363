"""Waiting for a time at which one is understood: by the doctor, or by an interpreter who is free then."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sarangbang.directory.models import PractitionerLanguage
from sarangbang.people.models import Guest
from sarangbang.scheduling import actions, interpreters, tasks
from sarangbang.scheduling.models import (
    Appointment,
    BookingRule,
    PathwayStep,
    Reservation,
    Resource,
    WaitingEntry,
)
from sarangbang.scheduling.waiting import answers, joining, rounds

from .conftest import SEOUL, a_free_time, make_guest, two_interpreters

pytestmark = [pytest.mark.django_db, pytest.mark.once]
HALF_HOUR = dt.timedelta(minutes=30)


@pytest.fixture
def full(clinic: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Both doctors are taken at a time; neither speaks Mongolian. Two interpreters of it are in the house all week."""
    clinic.starts_at = a_free_time(clinic)
    clinic.taken = [take(clinic, doctor.resource) for doctor in clinic.doctors]
    clinic.interpreters = two_interpreters(clinic.place)
    clinic.terms = [[dt.date.min, dt.date.max] for _ in clinic.interpreters]

    def source(language: str, _department: int) -> list[interpreters.Speaking]:
        each = zip(clinic.interpreters, clinic.terms, strict=True)
        return [interpreters.Speaking(one.pk, *term) for one, term in each if language == "mn"]

    monkeypatch.setattr(interpreters, "SOURCES", [source])
    return clinic


def take(clinic: SimpleNamespace, *resources: Resource) -> Reservation:
    ends_at = clinic.starts_at + dt.timedelta(minutes=clinic.offering.visit_minutes)
    wanted = [actions.Wanted(each, clinic.starts_at, ends_at, clinic.place.pk) for each in resources]
    return actions.reserve(wanted, actor="clinic")


def wait(clinic: SimpleNamespace, language: str = "mn", **wish: Any) -> WaitingEntry:
    guest = make_guest(f"{Guest.objects.count()}@guest.example")
    Guest.objects.filter(pk=guest.pk).update(email_proven_at=timezone.now(), zone="Asia/Seoul")
    guest.refresh_from_db()
    ends_at = clinic.starts_at + dt.timedelta(minutes=clinic.offering.visit_minutes)
    wish = {"earliest_at": clinic.starts_at, "latest_at": ends_at, "language": language, **wish}
    return joining.join(guest, clinic.offering, actor="guest:x", **wish)


def offered(entry: WaitingEntry) -> list[Any]:
    rounds.run()
    return [[row.practitioner for row in (one, *one.beside.all())] for one in entry.offers.all()]


def speaks(doctor: Any) -> None:
    PractitionerLanguage.objects.create(practitioner=doctor, language="mn")


def test_only_a_time_at_which_the_guest_is_understood_is_offered(full: SimpleNamespace) -> None:
    take(full, *full.interpreters)
    speaks(full.doctors[1])
    mongolian, anybody = wait(full), wait(full, "", practitioner=full.doctors[0])
    actions.release(full.taken[0], actor="clinic")
    assert (offered(mongolian), offered(anybody)) == ([], [[full.doctors[0]]])
    actions.release(full.taken[1], actor="clinic")
    assert offered(mongolian) == [[full.doctors[1]]]


def test_an_interpreter_who_is_free_will_do(full: SimpleNamespace) -> None:
    busy = take(full, *full.interpreters)
    entry = wait(full)
    actions.release(full.taken[0], actor="clinic")
    assert offered(entry) == []
    full.interpreters[0].weekly_rules.all().delete()
    actions.release(busy, actor="clinic")
    day = full.starts_at.astimezone(SEOUL).date()
    full.terms[1][1] = day - dt.timedelta(days=1)
    assert offered(entry) == [], "the one has no hours, the other is no longer appointed on that day"
    full.terms[1][1] = day
    assert offered(entry) == [[full.doctors[0]]]


def test_of_two_side_by_side_each_has_somebody(full: SimpleNamespace) -> None:
    busy = take(full, full.interpreters[0])
    family = wait(full, party=2)
    for taken in full.taken:
        actions.release(taken, actor="clinic")
    assert offered(family) == [], "one interpreter cannot be with both"
    actions.release(busy, actor="clinic")
    assert [set(each) for each in offered(family)] == [set(full.doctors)]


def earlier(full: SimpleNamespace) -> tuple[WaitingEntry, Appointment]:
    """Somebody waits for an earlier time than their booking."""
    guest = make_guest("mine@guest.example")
    later = a_free_time(full) + 2 * HALF_HOUR
    held = actions.hold(full.offering, full.doctors[1], later, actor="api")
    mine = actions.confirm(held, guest, actor="api")
    Guest.objects.filter(pk=guest.pk).update(email_proven_at=timezone.now(), zone="Asia/Seoul")
    guest.refresh_from_db()
    entry = joining.join(
        guest, full.offering, actor="guest:x", appointment=mine, language="mn", earliest_at=full.starts_at,
        latest_at=full.starts_at + HALF_HOUR,
    )  # fmt: skip
    return entry, mine


def test_an_earlier_time_is_one_at_which_they_are_understood_too(full: SimpleNamespace) -> None:
    take(full, *full.interpreters)
    entry, _mine = earlier(full)
    actions.release(full.taken[0], actor="clinic")
    assert offered(entry) == []
    speaks(full.doctors[0])
    assert offered(entry) == [[full.doctors[0]]]


def test_a_language_that_nobody_speaks_is_refused_and_what_is_free_in_it_is_shown(full: SimpleNamespace) -> None:
    with pytest.raises(joining.CannotWait) as refusal:
        wait(full, "th")
    assert (refusal.value.code, bool(str(refusal.value))) == ("language", True)
    evening = full.starts_at.astimezone(SEOUL).replace(hour=23, minute=0)
    take(full, *full.interpreters)
    with pytest.raises(joining.FreeNow) as free:
        wait(full, latest_at=evening)
    assert all(time.starts_at >= full.starts_at + HALF_HOUR for time in free.value.times)
    assert not WaitingEntry.objects.exists()


def test_time_of_an_interpreter_and_a_language_learnt_are_asked_about_at_once(
    full: SimpleNamespace, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(type(tasks.offer_freed_times), "enqueue", lambda _task, what: asked.append(what))
    busy, other = take(full, full.interpreters[0]), take(full, full.interpreters[1])
    with django_capture_on_commit_callbacks(execute=True):
        entry = wait(full)
    asked.clear()
    with django_capture_on_commit_callbacks(execute=True):
        actions.release(busy, actor="clinic")
    assert full.offering.pk in asked
    asked.clear()
    with django_capture_on_commit_callbacks(execute=True):
        speaks(full.doctors[1])
    assert full.offering.pk in asked
    WaitingEntry.objects.filter(pk=entry.pk).update(language="")
    asked.clear()
    with django_capture_on_commit_callbacks(execute=True):
        actions.release(other, actor="clinic")
    assert asked == [], "whoever needs no language does not wait for interpreters"


def test_what_one_deed_frees_is_asked_about_once(
    full: SimpleNamespace, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(type(tasks.offer_freed_times), "enqueue", lambda _task, what: asked.append(what))
    with django_capture_on_commit_callbacks(execute=True):
        wait(full, practitioner=full.doctors[0])
    freed = full.taken[0]

    def ways_to_the_database(many: int) -> int:
        hour = dt.timedelta(hours=1)
        start = full.starts_at + dt.timedelta(days=7)
        crews = [
            actions.reserve(
                [actions.Wanted(full.interpreters[0], start + number * hour, start + (number + 1) * hour)], actor="desk"
            )
            for number in range(many)
        ]
        asked.clear()
        with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
            for one in crews:
                with transaction.atomic():
                    actions.release(one, actor="desk")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            for callback in callbacks:
                callback()
        return len(captured)

    few = ways_to_the_database(2)
    assert ways_to_the_database(12) == few <= 5
    assert asked == [full.offering.pk]
    asked.clear()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        try:
            with transaction.atomic():
                actions.release(freed, actor="desk")
                raise LookupError
        except LookupError:
            pass
        later = take_later(full)
        actions.release(later, actor="desk")
    assert asked == [full.offering.pk], "a savepoint that was given up does not silence the rest"


def take_later(clinic: SimpleNamespace) -> Reservation:
    starts_at = clinic.starts_at + dt.timedelta(days=14)
    wanted = [actions.Wanted(clinic.doctors[0].resource, starts_at, starts_at + HALF_HOUR)]
    return actions.reserve(wanted, actor="clinic")


def the_kept(entry: WaitingEntry) -> list[set[int]]:
    """Of each time that the open offer keeps, whose time is kept."""
    offer = entry.offers.get(status="open")
    rows = sorted((offer, *offer.beside.all()), key=lambda row: row.starts_at)
    return [set(row.reservation.allocations.values_list("resource", flat=True)) for row in rows]


def is_free(clinic: SimpleNamespace, interpreter: Resource) -> bool:
    try:
        with transaction.atomic():
            take(clinic, interpreter)
            raise LookupError
    except LookupError:
        return True
    except actions.Taken:
        return False


def test_an_offer_keeps_the_interpreter_until_it_ends_and_meanwhile_asks_others(full: SimpleNamespace) -> None:
    only, other = full.interpreters
    take(full, other)
    one, two = full.doctors
    first, second, anybody = (
        wait(full, practitioner=one),
        wait(full, practitioner=two),
        wait(full, "", practitioner=two),
    )
    for taken in full.taken:
        actions.release(taken, actor="clinic")
    assert [len(offered(each)) for each in (first, second, anybody)] == [1, 0, 1], "nobody is left for the second"
    assert the_kept(first) == [{one.resource.pk, only.pk}]
    assert the_kept(anybody) == [{two.resource.pk}]
    assert not is_free(full, only)
    answers.decline(first.offers.get(), actor="guest:x")
    assert is_free(full, only)
    answers.decline(anybody.offers.get(), actor="guest:x")
    assert offered(second) == [[two]]
    assert not is_free(full, only)
    second.offers.update(expires_at=timezone.now())
    rounds.close_offers()
    assert is_free(full, only)


def test_whoever_accepts_has_the_interpreter_and_a_doctor_who_speaks_needs_none(full: SimpleNamespace) -> None:
    speaks(full.doctors[1])
    family = wait(full, party=2)
    for taken in full.taken:
        actions.release(taken, actor="clinic")
    offered(family)
    doctors = [doctor.resource.pk for doctor in full.doctors]
    assert sorted(map(sorted, the_kept(family))) == sorted([[doctors[0], full.interpreters[0].pk], [doctors[1]]])
    with transaction.atomic():
        for one in answers.take(family.offers.get(), actor="guest:x"):
            actions.confirm(one, family.guest, actor="guest:x")
    assert (is_free(full, full.interpreters[0]), is_free(full, full.interpreters[1])) == (False, True)


def test_what_is_offered_to_all_takes_its_interpreter_when_it_is_accepted(full: SimpleNamespace) -> None:
    BookingRule.objects.create(institution=full.institution, waiting_to_all=True)
    entry = wait(full)
    actions.release(full.taken[0], actor="clinic")
    offered(entry)
    assert all(is_free(full, each) for each in full.interpreters)
    quicker = take(full, *full.interpreters)
    with pytest.raises((actions.NotBookable, actions.Taken)):
        answers.take(entry.offers.get(), actor="guest:x")
    actions.release(quicker, actor="desk")
    answers.take(entry.offers.get(), actor="guest:x")
    assert not is_free(full, full.interpreters[0])


def test_a_booking_that_moves_takes_the_interpreter_of_the_offer(full: SimpleNamespace) -> None:
    entry, mine = earlier(full)
    actions.release(full.taken[0], actor="clinic")
    assert offered(entry) == [[full.doctors[0]]]
    answers.take(entry.offers.get(), actor="guest:x")
    mine.refresh_from_db()
    assert mine.reservation.starts_at == full.starts_at
    assert [each.resource for each in actions.interpreters_along(mine)] == [full.interpreters[0]]
    actions.dismiss_interpreters(mine, actor="desk")
    assert is_free(full, full.interpreters[0])


def test_each_visit_of_a_treatment_keeps_whoever_is_appointed_then(full: SimpleNamespace) -> None:
    for number in range(2):
        PathwayStep.objects.create(
            offering=full.offering, position=number, kind="treatment", visit_minutes=30, days_after_low=number
        )
    first = full.starts_at.astimezone(SEOUL).date()
    full.terms[0][1], full.terms[1][0] = first, first + dt.timedelta(days=1)
    entry = wait(full, latest_at=full.starts_at + dt.timedelta(days=10), party=2, practitioner=full.doctors[0])
    for taken in full.taken:
        actions.release(taken, actor="clinic")
    assert len(offered(entry)) == 1
    interpreters = {one.pk for one in full.interpreters}
    kept = [times & interpreters for times in the_kept(entry)]
    assert sorted(map(sorted, kept)) == sorted([[pk] for pk in interpreters for _person in range(2)])
