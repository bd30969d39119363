"""Whoever changes an appointment, the guest is told once, and promises follow."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from sarangbang.messages.models import Message
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Reservation
from sarangbang.stays import actions, flights, promises, proof, queries, rules
from sarangbang.stays.entries import entries_of
from sarangbang.stays.itinerary import State
from sarangbang.stays.models import Flight, Promise
from sarangbang.stays.signals import consent_withdrawn, flight_changed

from .world import DETAILS, booked, free, held, kinds_sent

Town = SimpleNamespace
SEOUL = ZoneInfo("Asia/Seoul")


def move_near(appointment: object, hours: int) -> None:
    """The appointment is in so many hours."""
    starts_at = timezone.now() + dt.timedelta(hours=hours)
    Reservation.objects.filter(pk=appointment.reservation_id).update(  # type: ignore[attr-defined]
        starts_at=starts_at, ends_at=starts_at + dt.timedelta(minutes=30)
    )
    appointment.refresh_from_db()  # type: ignore[attr-defined]


def test_moved_by_the_guest(town: Town) -> None:
    stay, appointment = booked(town)
    new = free(town, 5)
    actions.reschedule_appointment(stay, appointment, town.doctor, new, actor="guest:x")
    (entry,) = entries_of(queries.appointments_of(stay), [])
    assert (entry.starts_at, entry.sequence, entry.state) == (new, 1, State.AGREED)
    assert kinds_sent() == ["stay_booked", "stay_changed"]
    (promise,) = Promise.objects.filter(withdrawn_at__isnull=True)
    assert promise.due_at == new


def test_taken_meanwhile_the_old_time_stays(town: Town) -> None:
    stay, appointment = booked(town)
    old, new = appointment.reservation.starts_at, free(town, 3)
    scheduling.hold(town.offering, town.doctor, new, actor="api")
    with pytest.raises(scheduling.Taken):
        actions.reschedule_appointment(stay, appointment, town.doctor, new, actor="guest:x")
    appointment.refresh_from_db()
    assert appointment.reservation.starts_at == old
    assert kinds_sent() == ["stay_booked"]


def test_cancelled_once_and_told_once(town: Town) -> None:
    stay, appointment = booked(town)
    for _time in range(2):
        actions.cancel_appointment(appointment, actor="guest:x")
    assert kinds_sent() == ["stay_booked", "stay_cancelled"]
    assert not Promise.objects.filter(withdrawn_at__isnull=True).exists()
    (entry,) = entries_of(queries.appointments_of(stay), [])
    assert entry.state is State.CANCELLED
    assert entry.sequence == 1


def test_after_the_cut_off_the_guest_must_ask(town: Town) -> None:
    stay, appointment = booked(town)
    move_near(appointment, 23)
    with pytest.raises(rules.TooLate):
        actions.cancel_appointment(appointment, actor="guest:x")
    with pytest.raises(rules.TooLate):
        actions.reschedule_appointment(stay, appointment, town.doctor, free(town, 5), actor="guest:x")
    assert kinds_sent() == ["stay_booked"]


def test_the_clinics_marks_move_the_stay_on(town: Town) -> None:
    stay, appointment = booked(town)
    for status, state in (("arrived", State.UNDER_WAY), ("fulfilled", State.DONE)):
        scheduling.mark(appointment, status, actor="user:1")
        (entry,) = entries_of(queries.appointments_of(stay), [])
        assert entry.state is state
    assert Promise.objects.get().kept_at is not None
    with pytest.raises(rules.NoLongerBooked):
        actions.cancel_appointment(appointment, actor="guest:x")


def test_the_clinic_cancels_and_the_guest_is_told(town: Town) -> None:
    _stay, appointment = booked(town)
    scheduling.cancel(appointment, actor="user:1", reason="leave")
    message = Message.objects.get(kind="stay_cancelled")
    assert "leave" not in str(message.context)


# Flights


def land(stay: object, town: Town, days: int = 2, number: str = "OM301", direction: str = "arrival") -> Flight:
    moment = dt.datetime.combine(timezone.localdate() + dt.timedelta(days=days), dt.time(5, 20), tzinfo=SEOUL)
    return flights.save_flight(
        stay,
        direction=direction,
        number=number,
        place=town.airport,
        scheduled_at=moment,
        actor="guest:x",  # type: ignore[arg-type]
    )


def test_the_flight_says_when_the_stay_begins(town: Town) -> None:
    stay, _appointment = booked(town)
    flight = land(stay, town)
    assert stay.arrives_on == flight.scheduled_at.astimezone(SEOUL).date()
    land(stay, town, 9, direction="departure")
    stay.refresh_from_db()
    assert stay.leaves_on == timezone.localdate() + dt.timedelta(days=9)


def test_a_changed_flight_is_told_upstairs_and_in_the_calendar(town: Town) -> None:
    stay, _appointment = booked(town)
    heard = []
    flight_changed.connect(listener := lambda **news: heard.append(news["flight"].number), weak=False)
    try:
        land(stay, town)
        land(stay, town)
        assert heard == []
        assert land(stay, town, number="KE868").sequence == 1
        assert heard == ["KE868"]
    finally:
        flight_changed.disconnect(listener)


def test_nobody_leaves_before_they_arrive(town: Town) -> None:
    stay, _appointment = booked(town)
    land(stay, town, 5)
    with pytest.raises(rules.DatesOutOfOrder):
        land(stay, town, 4, direction="departure")


# Promises


def test_a_promise_is_open_late_kept_or_withdrawn(town: Town) -> None:
    stay, _appointment = booked(town)
    now = timezone.now()
    made = promises.promise(
        stay, "ride_answer", by=promises.CENTER, due_at=now + dt.timedelta(hours=1), subject="ride:1"
    )
    assert promises.state_of(made, now) is promises.State.OPEN
    assert promises.state_of(made, now + dt.timedelta(hours=2)) is promises.State.LATE
    assert [one.pk for one in queries.open_promises(now + dt.timedelta(hours=2))] == [made.pk]
    assert promises.keep_promise("ride:1") == 1
    made.refresh_from_db()
    assert promises.state_of(made, now + dt.timedelta(hours=2)) is promises.State.KEPT
    assert promises.said(made, now).by == "Medical Tour Center"


def test_promising_again_replaces_what_was_open(town: Town) -> None:
    stay, _appointment = booked(town)
    for hours in (1, 2):
        promises.promise(
            stay, "ride_answer", by="center", due_at=timezone.now() + dt.timedelta(hours=hours), subject="ride:1"
        )
    assert len(queries.promises_of(stay, timezone.now())["ride:1"]) == 1


def test_a_promise_without_a_sentence_cannot_be_made(town: Town) -> None:
    stay, _appointment = booked(town)
    with pytest.raises(ValueError, match="no sentence"):
        promises.promise(stay, "the_moon", by="center")


# Consents and links


def test_without_a_needed_consent_what_is_ahead_is_cancelled(town: Town) -> None:
    stay, appointment = booked(town)
    move_near(appointment, 5)
    heard = []
    consent_withdrawn.connect(listener := lambda **news: heard.append(news["purpose"]), weak=False)
    try:
        actions.withdraw(stay, "health", actor="guest:x")
    finally:
        consent_withdrawn.disconnect(listener)
    appointment.refresh_from_db()
    assert appointment.reservation.status == Reservation.Status.CANCELLED
    assert "health" not in queries.consents_in_force(stay)
    assert heard == ["health"]


def test_an_optional_consent_changes_no_appointment(town: Town) -> None:
    stay, appointment = booked(town)
    actions.withdraw(stay, "concierge", actor="guest:x")
    appointment.refresh_from_db()
    assert appointment.reservation.status == Reservation.Status.BOOKED


def test_a_replaced_link_opens_nothing(town: Town) -> None:
    stay, _appointment = booked(town)
    old, calendar = queries.link_to(stay, "stay"), queries.link_to(stay, "calendar")
    assert old is not None
    assert calendar is not None
    new = actions.replace_links(stay, actor="guest:x")
    for link, purpose in ((old, "stay"), (calendar, "calendar")):
        with pytest.raises(links.LinkRevoked):
            links.open_link(links.token_of(link), purpose)
    assert links.open_link(links.token_of(new), "stay").subject == str(stay.pk)
    assert kinds_sent()[-1] == "stay_link"


def test_replacing_the_link_ends_the_one_that_booked_too(town: Town) -> None:
    appointment = held(town)
    proof.ask(actions.save_intake(appointment, DETAILS))
    confirming = SecureLink.objects.get(purpose="confirm")
    stay = actions.confirm_booking(appointment, proven=True)
    actions.replace_links(stay, actor="guest:x")
    with pytest.raises(links.LinkRevoked):
        links.open_link(links.token_of(confirming), "confirm")


def test_a_new_link_is_sent_to_who_booked_and_to_nobody_else(town: Town) -> None:
    stay, _appointment = booked(town)
    SecureLink.objects.filter(purpose="stay").update(revoked_at=timezone.now())
    actions.send_new_link("nobody@guest.example")
    assert kinds_sent() == ["stay_booked"]
    for _time in range(2):
        actions.send_new_link("SARNAI@guest.example")
    assert kinds_sent() == ["stay_booked", "stay_link"]
    assert queries.link_to(stay, "stay") is not None
