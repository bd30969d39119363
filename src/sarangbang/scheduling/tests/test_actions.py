"""Hold, confirm, move, cancel, mark: what one actor may do, and what is written down."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from sarangbang.people.models import AuditEntry, Guest
from sarangbang.scheduling import actions, housekeeping
from sarangbang.scheduling.models import Claim, Reservation, Resource, RosterException
from sarangbang.scheduling.queries import first_free, free_times, next_free
from sarangbang.scheduling.signals import appointment_changed

from .conftest import a_free_time, make_clinic

pytestmark = pytest.mark.django_db


def hold(clinic: SimpleNamespace, doctor: int = 0, **more: Any) -> Any:
    return actions.hold(clinic.offering, clinic.doctors[doctor], a_free_time(clinic, doctor), actor="api", **more)


def expire(reservation: Reservation) -> None:
    Reservation.objects.filter(pk=reservation.pk).update(hold_expires_at=timezone.now() - dt.timedelta(seconds=1))


def test_a_held_time_is_not_offered_to_others(clinic: SimpleNamespace) -> None:
    starts_at = a_free_time(clinic)
    held = actions.hold(clinic.offering, clinic.doctors[0], starts_at, actor="api")
    assert held.reservation.status == "held"
    assert held.reservation.hold_expires_at <= timezone.now() + dt.timedelta(minutes=10)
    with pytest.raises(actions.Taken):
        actions.hold(clinic.offering, clinic.doctors[0], starts_at, actor="api")
    offered = free_times(
        clinic.offering, starts_at, starts_at + dt.timedelta(minutes=30), practitioner_id=clinic.doctors[0].pk
    )
    assert offered == []


def test_the_other_doctor_is_still_free(clinic: SimpleNamespace) -> None:
    starts_at = a_free_time(clinic)
    actions.hold(clinic.offering, clinic.doctors[0], starts_at, actor="api")
    free = first_free([clinic.offering], starts_at, starts_at + dt.timedelta(days=1))[clinic.offering.pk]
    assert free is not None
    assert (free.starts_at, free.practitioner_id) == (starts_at, clinic.doctors[1].pk)


def test_a_hold_that_is_over_gives_its_time_to_the_next(clinic: SimpleNamespace) -> None:
    first = hold(clinic)
    expire(first.reservation)
    second = actions.hold(clinic.offering, clinic.doctors[0], first.reservation.starts_at, actor="api")
    first.reservation.refresh_from_db()
    assert first.reservation.status == "expired"
    assert second.reservation.status == "held"


def test_housekeeping_frees_holds_that_nobody_asks_about(clinic: SimpleNamespace) -> None:
    held = hold(clinic)
    expire(held.reservation)
    assert housekeeping.free_expired_holds() == 1
    assert housekeeping.free_expired_holds() == 0
    assert not Claim.objects.exists()


def test_confirming_makes_it_the_guests_and_twice_is_once(clinic: SimpleNamespace, guest: Guest) -> None:
    held = hold(clinic)
    actions.confirm(held, guest, actor="api")
    actions.confirm(held, guest, actor="api")
    held.refresh_from_db()
    assert (held.reservation.status, held.guest) == ("booked", guest)
    assert list(held.reservation.steps.values_list("status", flat=True)) == ["held", "booked"]
    assert AuditEntry.objects.filter(verb="confirm", object_id=str(held.pk)).count() == 1


def test_an_expired_hold_cannot_be_confirmed(clinic: SimpleNamespace, guest: Guest) -> None:
    held = hold(clinic)
    expire(held.reservation)
    with pytest.raises(actions.HoldExpired):
        actions.confirm(held, guest, actor="api")


def test_the_same_key_gives_the_same_hold(clinic: SimpleNamespace) -> None:
    first = hold(clinic, idempotency_key="key-00000001")
    again = actions.hold(
        clinic.offering,
        clinic.doctors[0],
        first.reservation.starts_at,
        actor="api",
        idempotency_key="key-00000001",
    )
    assert first == again


def test_cancelling_frees_the_time_at_once_and_twice_is_once(clinic: SimpleNamespace, guest: Guest) -> None:
    booked = actions.confirm(hold(clinic), guest, actor="api")
    actions.cancel(booked, actor="guest:1", reason="plans changed")
    actions.cancel(booked, actor="guest:1")
    assert not Claim.objects.exists()
    booked.refresh_from_db()
    assert booked.sequence == 1
    assert hold(clinic).reservation.starts_at == booked.reservation.starts_at


def test_moving_by_half_an_hour_does_not_collide_with_itself(clinic: SimpleNamespace, guest: Guest) -> None:
    booked = actions.confirm(hold(clinic), guest, actor="api")
    old = booked.reservation
    later = old.starts_at + dt.timedelta(minutes=30)
    moved = actions.reschedule(booked, clinic.doctors[0], later, actor="guest:1")
    assert (moved.reservation.starts_at, moved.sequence) == (later, 1)
    old.refresh_from_db()
    assert old.status == "rescheduled"
    assert Claim.objects.count() == 6


def test_a_move_that_fails_leaves_the_old_time(clinic: SimpleNamespace, guest: Guest) -> None:
    booked = actions.confirm(hold(clinic), guest, actor="api")
    other = hold(clinic)
    with pytest.raises(actions.Taken):
        actions.reschedule(booked, clinic.doctors[0], other.reservation.starts_at, actor="guest:1")
    booked.refresh_from_db()
    assert booked.reservation.status == "booked"
    assert booked.reservation.allocations.get().claims.count() == 6


@pytest.mark.parametrize(
    ("days", "code"),
    [(-1, "past"), (0, "too_soon"), (300, "too_far")],
)
def test_times_outside_the_rules_say_why(clinic: SimpleNamespace, days: int, code: str) -> None:
    starts_at = timezone.now() + dt.timedelta(days=days, minutes=1)
    with pytest.raises(actions.NotBookable) as refusal:
        actions.hold(clinic.offering, clinic.doctors[0], starts_at, actor="api")
    assert refusal.value.code == code


def test_a_time_between_the_offered_ones_is_refused(clinic: SimpleNamespace) -> None:
    odd = a_free_time(clinic) + dt.timedelta(minutes=7)
    with pytest.raises(actions.NotBookable) as refusal:
        actions.hold(clinic.offering, clinic.doctors[0], odd, actor="api")
    assert refusal.value.code == "outside_hours"


def test_a_lapsed_registration_is_not_bookable(clinic: SimpleNamespace) -> None:
    starts_at = a_free_time(clinic)
    clinic.institution.registrations.update(insured_until=timezone.localdate() - dt.timedelta(days=1))
    with pytest.raises(actions.NotBookable) as refusal:
        actions.hold(clinic.offering, clinic.doctors[0], starts_at, actor="api")
    assert refusal.value.code == "not_receiving"


def test_leave_takes_the_hours_away(clinic: SimpleNamespace) -> None:
    starts_at = a_free_time(clinic)
    RosterException.objects.create(
        resource=Resource.objects.get(practitioner=clinic.doctors[0]),
        kind="leave",
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(hours=1),
    )
    assert a_free_time(clinic) == starts_at + dt.timedelta(hours=1)


def test_marks_follow_the_table(clinic: SimpleNamespace, guest: Guest) -> None:
    booked = actions.confirm(hold(clinic), guest, actor="api")
    seen: list[str] = []

    def remember(change: str, **_: Any) -> None:
        seen.append(change)

    appointment_changed.connect(remember)
    try:
        for status in ("arrived", "fulfilled"):
            actions.mark(booked, status, actor="user:1")
        with pytest.raises(actions.MoveNotAllowed):
            actions.mark(booked, "noshow_guest", actor="user:1")
        with pytest.raises(actions.MoveNotAllowed):
            actions.mark(booked, "nonsense", actor="user:1")
        with pytest.raises(actions.MoveNotAllowed):
            actions.cancel(booked, actor="user:1")
    finally:
        appointment_changed.disconnect(remember)
    assert seen == ["arrived", "fulfilled"]


def test_seats_are_filled_one_by_one(clinic: SimpleNamespace) -> None:
    room = Resource.objects.create(kind="room", label="Room", seats=3)
    starts_at = timezone.now() + dt.timedelta(days=1)
    wanted = [actions.Wanted(room, starts_at, starts_at + dt.timedelta(hours=1))]
    seats = {actions.reserve(wanted, actor="system").allocations.get().seat for _ in range(3)}
    assert seats == {0, 1, 2}
    with pytest.raises(actions.Taken):
        actions.reserve(wanted, actor="system")


def test_several_resources_are_taken_all_or_nothing(clinic: SimpleNamespace) -> None:
    one, two = (Resource.objects.create(kind="room", label=label) for label in ("One", "Two"))
    starts_at = timezone.now() + dt.timedelta(days=1)
    ends_at = starts_at + dt.timedelta(hours=1)
    actions.reserve([actions.Wanted(two, starts_at, ends_at)], actor="system")
    with pytest.raises(actions.Taken):
        actions.reserve(
            [actions.Wanted(one, starts_at, ends_at), actions.Wanted(two, starts_at, ends_at)], actor="system"
        )
    assert not Claim.objects.filter(resource=one).exists()


def test_past_claims_are_dropped_and_history_stays(clinic: SimpleNamespace) -> None:
    room = Resource.objects.create(kind="room", label="Room")
    long_ago = timezone.now() - dt.timedelta(days=3)
    past = actions.reserve([actions.Wanted(room, long_ago, long_ago + dt.timedelta(hours=1))], actor="system")
    assert housekeeping.drop_past_claims() == 1
    assert not past.allocations.get().claims.exists()
    assert past.steps.count() == 1


@pytest.mark.once
def test_queries_do_not_grow_with_institutions(clinic: SimpleNamespace, django_assert_max_num_queries: Any) -> None:
    window = (timezone.now(), timezone.now() + dt.timedelta(days=10))
    few = [clinic.offering]
    many = [clinic.offering, *(make_clinic(f"clinic-{n}").offering for n in range(8))]
    for offerings in (few, many):
        with django_assert_max_num_queries(5):
            found = next_free(offerings, *window, each=3)
        assert all(len(times) == 3 for times in found.values())


@pytest.mark.once
def test_ended_holds_of_very_many_are_looked_for_at_once(clinic: SimpleNamespace) -> None:
    """Eight people, three visits each, and any of sixty interpreters."""
    first = hold(clinic)
    expire(first.reservation)
    starts_at, mine = first.reservation.starts_at, first.reservation.allocations.get().resource
    length = dt.timedelta(minutes=30)
    wanted = [
        actions.Wanted(Resource(pk=pk), starts_at + number * length, starts_at + (number + 1) * length)
        for number in range(24)
        for pk in (mine.pk, *range(10_000, 10_060))
    ]
    assert actions.expired_holds(*wanted).get() == first.reservation
