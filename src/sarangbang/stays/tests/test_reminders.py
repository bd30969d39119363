"""Reminders from the booking to the outbox: planned, re-checked, joined, dropped; once, whoever sends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from icalendar import Calendar

from sarangbang.messages.channels import email
from sarangbang.messages.models import Message
from sarangbang.messages.rendering import NoLongerNeeded, render
from sarangbang.people import links
from sarangbang.people.models import Guest
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment, Reminder, ReminderRule, Reservation
from sarangbang.scheduling.nights import QUIET
from sarangbang.stays import actions, reminders
from sarangbang.stays.models import Stay

from .world import SEOUL, booked, free, make_town

Town = SimpleNamespace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.datetime], None]:
    """Turns the clock of the whole house."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


def visit(town: Town, zone: str = "Asia/Seoul", **details: Any) -> tuple[Stay, Appointment]:
    """A booked visit some days away."""
    stay, appointment = booked(town, nth=40, zone=zone, **details)
    return stay, appointment


def due(appointment: Appointment) -> list[Reminder]:
    return list(Reminder.objects.filter(reservation=appointment.reservation).order_by("due_at"))


@pytest.mark.once
@pytest.mark.django_db
def test_the_letter_carries_a_neutral_calendar_file_like_the_feed(
    town: Town, clock: Callable[[dt.datetime], None]
) -> None:
    stay, appointment = visit(town, language="ko")
    clock(due(appointment)[-1].due_at + dt.timedelta(seconds=30))
    assert reminders.send_due() == 1
    rendered = render(letters()[0])
    [file] = rendered.attachments
    assert (file.filename, file.media_type) == ("appointment.ics", "text/calendar")
    [event] = Calendar.from_ical(file.content).walk("VEVENT")
    assert event["UID"] == f"appointment-{appointment.pk}@stay.sarangbang"
    assert event["SEQUENCE"] == appointment.sequence
    assert event.start == appointment.reservation.starts_at
    for said in (town.offering.procedure.name, town.clinic.institution.name, stay.guest.name):
        assert said not in file.content
    email.send(rendered, "a@guest.example", str(letters()[0].pk))
    [sent] = mail.outbox
    assert [part.get_content_type() for part in sent.message().walk()] == [
        "multipart/mixed",
        "text/plain",
        "text/calendar",
    ]
    assert not render(letters()[0], reveal=False).attachments


def letters() -> list[Message]:
    return list(Message.objects.filter(kind="stay_reminder").order_by("created_at"))


@pytest.mark.django_db
def test_planned_with_the_booking_and_anew_with_a_move(town: Town) -> None:
    stay, appointment = visit(town)
    planned = due(appointment)
    assert planned
    assert {each.minutes_before for each in planned} <= {7 * 1440, 1440, 180}
    assert all(each.due_at < appointment.reservation.starts_at for each in planned)
    assert not any(QUIET.holds(each.due_at, "Asia/Seoul") for each in planned)
    old = appointment.reservation
    actions.reschedule_appointment(stay, appointment, town.doctor, free(town, 44), actor="guest:x")
    assert due(appointment)
    assert Reminder.objects.filter(reservation=old).exists()
    scheduling.cancel(appointment, actor="clinic")
    assert {each.dropped_as for each in due(appointment)} == {"over"}


@pytest.mark.django_db
def test_the_offering_s_own_rules_before_the_house_s(town: Town) -> None:
    ReminderRule.objects.create(minutes_before=2 * 1440)
    assert {each.minutes_before for each in due(visit(town)[1])} == {2 * 1440}
    ReminderRule.objects.create(offering=town.offering, minutes_before=1440)
    assert {each.minutes_before for each in due(booked(town, nth=50, email="b@guest.example")[1])} == {1440}


@pytest.mark.django_db
def test_sent_at_its_time_once_and_neutral(town: Town, clock: Callable[[dt.datetime], None]) -> None:
    stay, appointment = visit(town, zone="Asia/Almaty", language="en")
    [*_early, day_before, _last] = due(appointment)
    clock(day_before.due_at + dt.timedelta(seconds=30))
    assert reminders.send_due() == 1
    assert reminders.send_due() == 0
    [message] = letters()
    words = render(message)
    assert (message.language, message.zone) == ("en", "Asia/Almaty")
    assert links.token_of(actions.link_to(stay)) in words.body
    assert "(Almaty)" in words.body
    assert ".ics" in words.body
    for reason in ("laser", "dermatology", "haneul", "doctor"):
        assert reason not in (words.subject + words.body).lower()
    assert message.expires_at == appointment.reservation.starts_at - dt.timedelta(hours=12)


@pytest.mark.django_db
def test_looked_at_again_when_the_words_are_written(town: Town, clock: Callable[[dt.datetime], None]) -> None:
    _stay, appointment = visit(town)
    clock(due(appointment)[-2].due_at)
    reminders.send_due()
    [message] = letters()
    scheduling.cancel(appointment, actor="clinic")
    with pytest.raises(NoLongerNeeded):
        render(message)


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["moved", "arrived", "cancelled", "withdrawn", "late"])
def test_nothing_is_sent_that_is_no_longer_true(town: Town, clock: Callable[[dt.datetime], None], change: str) -> None:
    stay, appointment = visit(town)
    reservation, last = appointment.reservation, due(appointment)[-1]
    if change == "moved":
        scheduling.reschedule(appointment, town.doctor, free(town, 60), actor="clinic")
    elif change == "arrived":
        scheduling.mark(appointment, "arrived", actor="clinic")
    elif change == "cancelled":
        scheduling.cancel(appointment, actor="clinic")
    elif change == "withdrawn":
        stay.guest.consents.all().update(withdrawn_at=timezone.now())
    clock(reservation.starts_at - dt.timedelta(minutes=20) if change == "late" else last.due_at)
    reminders.send_due()
    assert letters() == []
    expected = {"moved": "moved", "withdrawn": "unwanted", "late": "late"}.get(change, "over")
    rows = Reminder.objects.filter(reservation=reservation)
    assert expected in set(rows.values_list("dropped_as", flat=True))
    assert not rows.filter(sent_at__isnull=False).exists()


@pytest.mark.django_db
def test_several_on_one_day_become_one_letter(town: Town, clock: Callable[[dt.datetime], None]) -> None:
    stay, appointment = visit(town, language="en")
    at = appointment.reservation.starts_at + dt.timedelta(hours=1)
    held = scheduling.hold(town.offering, town.doctor, at, actor="api")
    actions.add_appointment(stay, held, actor="guest:x")
    day_before = next(each for each in due(appointment) if each.minutes_before == 1440)
    clock(day_before.due_at)
    assert reminders.send_due() == 1
    [message] = letters()
    body = render(message).body
    for visit_at in (appointment.reservation.starts_at, at):
        assert f"{visit_at.astimezone(SEOUL):%H:%M}" in body
    clock(at.astimezone(SEOUL).replace(hour=0, minute=5) - dt.timedelta(hours=4))
    reminders.send_due()
    assert len(letters()) == 1, "not twice on one day"


@pytest.mark.django_db
def test_a_worker_that_was_down_waits_for_the_morning(town: Town, clock: Callable[[dt.datetime], None]) -> None:
    _stay, appointment = visit(town)
    day_before = next(each for each in due(appointment) if each.minutes_before == 1440)
    night = day_before.due_at.astimezone(SEOUL).replace(hour=2, minute=0)
    Reminder.objects.filter(pk=day_before.pk).update(due_at=night - dt.timedelta(hours=6))
    Reminder.objects.exclude(pk=day_before.pk).delete()
    clock(night)
    assert reminders.send_due() == 0
    day_before.refresh_from_db()
    assert day_before.due_at.astimezone(SEOUL).hour == 8
    clock(day_before.due_at)
    assert reminders.send_due() == 1


@pytest.mark.django_db
def test_booked_by_the_clinic_the_guest_has_a_stay_a_message_and_reminders(town: Town) -> None:
    stay, _appointment = visit(town)
    booked_by_clinic = scheduling.book(town.offering, town.doctor, free(town, 60), stay.guest, actor="user:1")
    assert booked_by_clinic.stay_appointment.stay == stay
    assert Message.objects.filter(kind="stay_booked").count() == 2
    assert due(booked_by_clinic)
    other = Guest.objects.create(
        name="Ким", name_latin="Kim", nationality="KZ", birth_year=1980, sex="female", email="kim@guest.example",
        language="ru", zone="Asia/Almaty",
    )  # fmt: skip
    first = scheduling.book(town.offering, town.doctor, free(town, 62), other, actor="user:1")
    assert first.stay_appointment.stay != stay


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_letter(at_once: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    town = make_town()
    _stay, appointment = visit(town)
    moment = due(appointment)[-2].due_at
    monkeypatch.setattr(timezone, "now", lambda: moment)
    results = at_once([reminders.send_due] * 4)
    assert sorted(results) == [0, 0, 0, 1]
    assert len(letters()) == 1
    assert Reservation.objects.filter(status="booked").count() == 1
