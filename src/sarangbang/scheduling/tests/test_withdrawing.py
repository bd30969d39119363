"""What is offered on the waiting list when leave, a closure or other hours are entered over it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sarangbang.messages.models import Message
from sarangbang.people.models import AuditEntry, Guest, Membership, User
from sarangbang.scheduling import actions, interpreters, rostering, tasks
from sarangbang.scheduling.calendar import SEOUL
from sarangbang.scheduling.cases import open_reasons
from sarangbang.scheduling.models import (
    BookingRule,
    Claim,
    Closure,
    DeclaredHoliday,
    Requirement,
    Resource,
    RosterException,
    WaitingEntry,
    WaitingOffer,
)
from sarangbang.scheduling.waiting import answers, joining, rounds

from .conftest import a_free_time, make_guest, two_interpreters


@pytest.fixture
def clinic(clinic: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Two doctors who speak no Mongolian, a room that visits need, and two interpreters who are there all week."""
    clinic.room = Resource.objects.create(kind="room", label="Room", institution=clinic.institution, seats=2)
    Requirement.objects.create(offering=clinic.offering, name="room").resources.add(clinic.room)
    clinic.interpreters = two_interpreters(clinic.place)
    speaking = [interpreters.Speaking(one.pk, dt.date.min, dt.date.max) for one in clinic.interpreters]
    monkeypatch.setattr(interpreters, "SOURCES", [lambda _language, _department: speaking])
    clinic.starts_at = a_free_time(clinic)
    clinic.ends_at = clinic.starts_at + dt.timedelta(minutes=clinic.offering.visit_minutes)
    return clinic


def wait(clinic: SimpleNamespace, **wish: Any) -> WaitingEntry:
    guest = make_guest(f"{Guest.objects.count()}@guest.example")
    guest.email_proven_at, guest.zone = timezone.now(), "Asia/Seoul"
    guest.save()
    wish = {"earliest_at": clinic.starts_at, "latest_at": clinic.ends_at, "party": 2, **wish}
    return joining.join(guest, clinic.offering, actor="guest:x", **wish)


def offered(clinic: SimpleNamespace, **wish: Any) -> WaitingOffer:
    """To a family of two, side by side."""
    entry = wait(clinic, **wish)
    rounds.run()
    return entry.offers.get(status="open")


def declare(day: dt.date) -> None:
    rostering.declare_holiday(DeclaredHoliday(day=day, name="임시공휴일", source="test"), actor="user:1")


def leave(clinic: SimpleNamespace, resource: Resource) -> None:
    rostering.add_exception(resource, "leave", clinic.starts_at, clinic.ends_at, actor="user:1")


CHANGES: dict[str, Callable[[SimpleNamespace], Any]] = {
    "the first one's leave": lambda clinic: leave(clinic, clinic.doctors[0].resource),
    "the other one's leave": lambda clinic: leave(clinic, clinic.doctors[1].resource),
    "the room is closed": lambda clinic: leave(clinic, clinic.room),
    "an interpreter's leave": lambda clinic: leave(clinic, clinic.interpreters[1]),
    "the institution is closed": lambda clinic: rostering.add_closure(
        clinic.place, clinic.starts_at, clinic.ends_at, actor="user:1"
    ),
    "the day becomes a public holiday": lambda clinic: declare(clinic.starts_at.astimezone(SEOUL).date()),
    "hours end": lambda clinic: [
        rostering.end_hours(rule, rostering.today(), actor="user:1")
        for rule in clinic.doctors[0].resource.weekly_rules.all()
    ],
    "it is no longer offered": lambda clinic: _end(clinic.offering),
    "the other one no longer works there": lambda clinic: _end(clinic.doctors[1].roles.get()),
}


def _end(what: Any) -> None:
    what.is_active = False
    what.save()


@pytest.mark.once
@pytest.mark.parametrize("change", CHANGES)
def test_it_is_withdrawn_as_a_whole_and_the_guest_waits_on_in_their_place(
    clinic: SimpleNamespace, change: str, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = offered(clinic, language="mn")
    asked: list[Any] = []
    monkeypatch.setattr(type(tasks.offer_freed_times), "enqueue", lambda _task, what: asked.append(what))
    with django_capture_on_commit_callbacks(execute=True):
        CHANGES[change](clinic)
    with pytest.raises(answers.OfferOver) as over:
        answers.take(offer, actor="guest:x")
    assert (over.value.status, asked) == ("gone", [clinic.offering.pk])
    for _ in range(2):
        tasks.offer_freed_times.call(clinic.offering.pk)
    offer.refresh_from_db()
    entry = WaitingEntry.objects.get()
    assert (offer.status, entry.status, Claim.objects.count()) == ("gone", "waiting", 0), "all of it, interpreters too"
    assert Message.objects.filter(guest=entry.guest, kind="waiting_gone").count() == 1
    assert not open_reasons([clinic.institution])


def test_another_time_is_offered_at_once(clinic: SimpleNamespace) -> None:
    offer = offered(clinic, latest_at=clinic.starts_at + dt.timedelta(hours=9))
    first = WaitingEntry.objects.get()
    last = wait(clinic, latest_at=clinic.starts_at + dt.timedelta(hours=9))
    leave(clinic, clinic.doctors[0].resource)
    tasks.offer_freed_times.call(clinic.offering.pk)
    offer.refresh_from_db()
    anew = first.offers.get(status="open")
    assert (offer.status, anew.starts_at < last.offers.get().starts_at) == ("gone", True), (
        "who came first is asked first"
    )


def test_what_went_to_all_is_withdrawn_too(clinic: SimpleNamespace) -> None:
    BookingRule.objects.create(institution=clinic.institution, waiting_to_all=True)
    offers = [offered(clinic), offered(clinic)]
    leave(clinic, clinic.doctors[1].resource)
    for offer in offers:
        with pytest.raises((answers.OfferOver, actions.NotBookable)):
            answers.take(offer, actor="guest:x")
    assert rounds.close_offers() == 2
    assert set(WaitingOffer.objects.values_list("status", flat=True)) == {"gone"}


def test_what_lies_beside_it_withdraws_nothing(clinic: SimpleNamespace) -> None:
    offer = offered(clinic, language="mn")
    hour = dt.timedelta(hours=1)
    for resource in (clinic.doctors[0].resource, clinic.room):
        RosterException.objects.create(
            resource=resource, kind="leave", starts_at=clinic.ends_at, ends_at=clinic.ends_at + hour
        )
    Closure.objects.create(place=clinic.place, starts_at=clinic.starts_at - hour, ends_at=clinic.starts_at)
    declare(clinic.starts_at.astimezone(SEOUL).date() + dt.timedelta(days=1))
    assert rounds.close_offers() == 0
    assert len(answers.take(offer, actor="guest:x")) == 2


@pytest.mark.once
def test_who_enters_it_is_shown_what_is_offered(clinic: SimpleNamespace, client: Client, settings: Any) -> None:
    settings.DEMO = True
    user = User.objects.create_user("clinic@demo.example", "x", name="Nurse", is_demo=True)
    Membership.objects.create(user=user, role="clinic", institution=clinic.institution)
    client.force_login(user)
    offered(clinic)
    day, doctor = clinic.starts_at.astimezone(SEOUL).date().isoformat(), clinic.doctors[1].resource
    span = {"first_day": day, "last_day": day, "reason": "", "do": "preview", "place": str(clinic.place.pk)}
    said = "1 offer of the waiting list would be withdrawn. The guest is told and keeps their place."
    rule = doctor.weekly_rules.get(weekday=clinic.starts_at.astimezone(SEOUL).weekday())
    pages = {
        f"/en/clinic/roster/{doctor.pk}/leave/": {**span, "kind": "leave"},
        f"/en/clinic/roster/{clinic.room.pk}/leave/": {**span, "kind": "leave"},
        f"/en/clinic/roster/{doctor.pk}/hours/{rule.pk}/end/": {"last_day": day, "do": "preview"},
        "/en/clinic/roster/closure/": span,
    }
    ending = f"/en/clinic/roster/{doctor.pk}/hours/{rule.pk}/end/"
    assert said not in client.post(ending, pages[ending]).content.decode(), "that day they are still there"
    pages[ending]["last_day"] = rostering.today().isoformat()
    for address, form in pages.items():
        assert said in client.post(address, form).content.decode(), address
    answer = client.post(next(iter(pages)), {**span, "kind": "leave", "do": "save"}, follow=True)
    assert "1 offer of the waiting list is withdrawn." in answer.content.decode()


@pytest.mark.once
def test_who_declares_a_holiday_is_told_what_it_withdraws(
    clinic: SimpleNamespace, client: Client, settings: Any
) -> None:
    settings.DEMO = True
    client.force_login(User.objects.create_superuser("keeper@demo.example", "x", name="Keeper", is_demo=True))
    offer = offered(clinic)
    form = {"day": clinic.starts_at.astimezone(SEOUL).date().isoformat(), "name": "임시공휴일", "source": "gazette"}
    answer = client.post(reverse("admin:scheduling_declaredholiday_add"), form, follow=True)
    assert "1 offer of the waiting list is withdrawn." in answer.content.decode()
    assert AuditEntry.objects.get(object_type="scheduling.declaredholiday").verb == "declare_holiday"
    assert rounds.close_offers() == 1
    offer.refresh_from_db()
    assert offer.status == "gone"
    holiday = DeclaredHoliday.objects.get()
    corrected = client.post(
        reverse("admin:scheduling_declaredholiday_change", args=[holiday.pk]), {**form, "source": "another gazette"}
    )
    assert corrected.status_code == 302
    holiday.refresh_from_db()
    assert holiday.source == "another gazette"
