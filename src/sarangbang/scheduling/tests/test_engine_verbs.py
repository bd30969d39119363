"""Rules, overrides, rooms, companions, keys, pathways, leave: the verbs on one small clinic."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from sarangbang.people.models import Guest
from sarangbang.scheduling import actions, queries
from sarangbang.scheduling.holding import forget_unbooked
from sarangbang.scheduling.models import (
    Allocation,
    Appointment,
    BookingRule,
    Claim,
    Closure,
    DeclaredHoliday,
    Override,
    PathwayStep,
    Requirement,
    Reservation,
    Resource,
    RosterException,
    Series,
    WeeklyRule,
)
from sarangbang.scheduling.pathways import free_series
from sarangbang.scheduling.rules import HOUSE

from .conftest import a_free_time, make_clinic, make_guest

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def resource_of(clinic: SimpleNamespace, doctor: int = 0) -> Resource:
    return Resource.objects.get(practitioner=clinic.doctors[doctor])


def codes(clinic: SimpleNamespace, starts_at: dt.datetime, doctor: int = 0, **more: Any) -> list[str]:
    found = actions.conflicts(clinic.offering, clinic.doctors[doctor], starts_at, **more)
    assert all(conflict.reason for conflict in found)
    return [conflict.code for conflict in found]


def book(clinic: SimpleNamespace, guest: Guest, starts_at: dt.datetime, doctor: int = 0, **more: Any) -> Appointment:
    return actions.book(clinic.offering, clinic.doctors[doctor], starts_at, guest, actor="user:1", **more)


# Rules


def test_the_narrower_rule_decides_line_by_line(clinic: SimpleNamespace) -> None:
    other = make_clinic("other")
    BookingRule.objects.create(notice_minutes=60, cut_off_minutes=120)
    BookingRule.objects.create(institution=clinic.institution, notice_minutes=0, step_minutes=20, per_day=9)
    BookingRule.objects.create(offering=clinic.offering, step_minutes=15, horizon_days=30)
    rules = queries.rules_for([clinic.offering, other.offering])
    mine, theirs = rules[clinic.offering.pk], rules[other.offering.pk]
    assert (mine.notice, mine.step_minutes, mine.horizon) == (dt.timedelta(), 15, 30 * DAY)
    assert (mine.per_day, mine.per_day_of_offering, mine.cut_off) == (9, False, 2 * HOUR)
    assert (theirs.notice, theirs.step_minutes, theirs.horizon) == (HOUR, HOUSE.step_minutes, HOUSE.horizon)
    assert queries.house_rules() == theirs


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(180, "3 hours'"), (60, "1 hour's"), (90, "90 minutes'"), (2880, "2 days'"), (1440, "24 hours'")],
)
def test_a_refusal_says_the_number_of_the_rule(clinic: SimpleNamespace, minutes: int, said: str) -> None:
    BookingRule.objects.create(notice_minutes=minutes)
    with pytest.raises(actions.NotBookable, match="too_soon") as refusal:
        actions.hold(clinic.offering, clinic.doctors[0], timezone.now() + dt.timedelta(minutes=30), actor="api")
    assert said in refusal.value.reason


def test_the_cut_off_is_that_of_the_offering(clinic: SimpleNamespace, guest: Guest) -> None:
    booked = book(clinic, guest, a_free_time(clinic))
    assert queries.cut_off(booked) == booked.reservation.starts_at - 24 * HOUR
    BookingRule.objects.create(institution=clinic.institution, cut_off_minutes=60)
    assert queries.cut_off(Appointment.objects.get(pk=booked.pk)) == booked.reservation.starts_at - HOUR


def test_buffers_belong_to_the_claimed_time(clinic: SimpleNamespace, guest: Guest) -> None:
    BookingRule.objects.create(offering=clinic.offering, buffer_before_minutes=10, buffer_after_minutes=20)
    starts_at = a_free_time(clinic) + 2 * HOUR
    booked = book(clinic, guest, starts_at)
    assert (booked.reservation.starts_at, booked.reservation.ends_at) == (starts_at, starts_at + HOUR / 2)
    part = booked.reservation.allocations.get()
    assert (part.starts_at, part.ends_at) == (starts_at - HOUR / 6, starts_at + HOUR * 5 / 6)
    assert (part.claims.count(), part.place) == (12, clinic.place)
    assert codes(clinic, starts_at + HOUR / 2) == ["taken"]
    assert codes(clinic, starts_at - HOUR * 2 / 3) == ["outside_hours", "buffer"]
    assert codes(clinic, starts_at - HOUR) == []
    assert codes(clinic, starts_at + HOUR) == []


def test_limits_per_day_and_per_person(clinic: SimpleNamespace, guest: Guest) -> None:
    rule = BookingRule.objects.create(institution=clinic.institution, per_day=1, open_per_person=1)
    starts_at = a_free_time(clinic)
    book(clinic, guest, starts_at)
    assert codes(clinic, starts_at + HOUR) == ["full_day"]
    assert codes(clinic, starts_at, 1, guest=guest) == ["too_many"]
    held = actions.hold(clinic.offering, clinic.doctors[1], starts_at, actor="api")
    same = make_guest(guest.email.upper())  # the same person, whose address was not proven
    with pytest.raises(actions.NotBookable, match="too_many") as refusal:
        actions.confirm(held, same, actor="api")
    assert "1 booking" in refusal.value.reason
    held.refresh_from_db()
    assert held.reservation.status == "held"
    rule.delete()
    assert actions.confirm(held, same, actor="api").reservation.status == "booked"


def test_closures_holidays_and_leave_are_named(clinic: SimpleNamespace) -> None:
    starts_at = a_free_time(clinic)
    Closure.objects.create(place=clinic.place, starts_at=starts_at, ends_at=starts_at + HOUR)
    RosterException.objects.create(
        resource=resource_of(clinic), kind="leave", starts_at=starts_at + HOUR, ends_at=starts_at + 2 * HOUR
    )
    assert codes(clinic, starts_at) == ["closed"]
    assert codes(clinic, starts_at, 1) == ["closed"]
    assert codes(clinic, starts_at + HOUR) == ["on_leave"]
    assert a_free_time(clinic) == starts_at + 2 * HOUR
    local = timezone.localdate(starts_at)
    DeclaredHoliday.objects.create(day=local, name="임시공휴일", source="test")
    assert codes(clinic, starts_at + 3 * HOUR) == ["holiday"]
    assert timezone.localdate(a_free_time(clinic)) > local


def test_a_doctor_at_two_places_needs_the_way(clinic: SimpleNamespace, guest: Guest) -> None:
    other = make_clinic("other", doctors=0)
    other.place.latitude += 0.05
    other.place.save()
    from sarangbang.directory.models import PractitionerRole

    PractitionerRole.objects.create(
        practitioner=clinic.doctors[0], institution=other.institution, department=other.department
    )
    starts_at = a_free_time(clinic)
    WeeklyRule.objects.create(
        resource=resource_of(clinic), place=other.place, weekday=starts_at.astimezone(dt.timezone(9 * HOUR)).weekday(),
        starts=dt.time(9), ends=dt.time(18), valid_from=timezone.localdate() - 9 * DAY,
    )  # fmt: skip
    book(clinic, guest, starts_at)
    there = SimpleNamespace(offering=other.offering, doctors=clinic.doctors)
    assert codes(there, starts_at) == ["taken"]
    assert codes(there, starts_at + HOUR / 2) == ["travel"]
    assert codes(there, starts_at + 2 * HOUR) == []


# Overriding


def test_staff_may_set_a_rule_aside_but_never_book_twice(clinic: SimpleNamespace, guest: Guest) -> None:
    starts_at = timezone.now().replace(second=0, microsecond=0) + HOUR
    wish = actions.Overriding("user:1", "an old patient of the house")
    with pytest.raises(actions.NotBookable) as refusal:
        book(clinic, guest, starts_at)
    named = [conflict.code for conflict in refusal.value.conflicts]
    assert named[0] == "too_soon"
    booked = book(clinic, guest, starts_at, override=wish)
    rows = Override.objects.filter(reservation=booked.reservation)
    assert [row.rule for row in rows] == named
    assert {(row.reason, row.actor) for row in rows} == {(wish.reason, wish.actor)}
    with pytest.raises(actions.Taken):
        book(clinic, make_guest("b@guest.example"), starts_at, override=wish)
    with pytest.raises(actions.NotBookable, match="past"):
        book(clinic, guest, starts_at - DAY, override=wish)
    with pytest.raises(actions.NotBookable, match="too_far"):
        book(clinic, guest, dt.datetime.max.replace(tzinfo=dt.UTC), override=wish)
    with pytest.raises(actions.ReasonMissing):
        actions.Overriding("user:1", "  ")


# Several resources


def test_a_visit_takes_a_room_and_a_companion_or_nothing(clinic: SimpleNamespace, guest: Guest) -> None:
    rooms = [Resource.objects.create(kind="room", label=f"Room {n}", institution=clinic.institution) for n in range(2)]
    Requirement.objects.create(offering=clinic.offering, name="laser room").resources.set(rooms)
    speaker = Resource.objects.create(kind="interpreter", label="Interpreter")
    for weekday in range(7):
        WeeklyRule.objects.create(
            resource=speaker, place=clinic.place, weekday=weekday, starts=dt.time(9), ends=dt.time(18),
            valid_from=timezone.localdate() - 9 * DAY,
        )  # fmt: skip
    starts_at = a_free_time(clinic)
    first = book(clinic, guest, starts_at, along=[[speaker.pk]])
    taken = {part.resource for part in first.reservation.allocations.all()}
    assert {resource_of(clinic), speaker} < taken
    assert len(taken & set(rooms)) == 1
    assert codes(clinic, starts_at, 1, along=[[speaker.pk]]) == ["no_companion"]
    second = book(clinic, make_guest("b@guest.example"), starts_at, 1)
    assert set(rooms) <= taken | {part.resource for part in second.reservation.allocations.all()}
    before = Claim.objects.count()
    third = make_clinic("third")
    Requirement.objects.create(offering=third.offering, name="the same rooms").resources.set(rooms)
    with pytest.raises(actions.NotBookable, match="no_room"):
        book(third, make_guest("c@guest.example"), starts_at)
    assert Claim.objects.count() == before
    moved = actions.reschedule(first, clinic.doctors[0], starts_at + 3 * HOUR, actor="user:1", reason="asked for")
    assert speaker in {part.resource for part in moved.reservation.allocations.all()}
    assert Reservation.objects.get(status="rescheduled").steps.last().reason == "asked for"


def test_seats_are_free_while_fewer_overlap() -> None:
    session = Resource.objects.create(kind="session", label="Training", seats=2)
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + DAY

    def take(begin: int, end: int, seats: int = 1) -> Reservation:
        want = actions.Wanted(session, start + begin * HOUR, start + end * HOUR, None, seats)
        return actions.reserve([want], actor="system")

    take(0, 1), take(1, 3), take(2, 4)
    take(0, 1)
    take(3, 5)  # one seat until four, the other one after
    take(1, 2)
    for begin, end in ((0, 1), (1, 2), (2, 3), (3, 4)):
        with pytest.raises(actions.Taken):
            take(begin, end)
    take(5, 6, seats=2)
    with pytest.raises(actions.Taken):
        take(4, 5, seats=2)
    assert Allocation.objects.filter(reservation__starts_at=start + 5 * HOUR).count() == 2


# Keys


def test_a_key_after_a_move_gives_the_same_appointment(clinic: SimpleNamespace, guest: Guest) -> None:
    starts_at = a_free_time(clinic)
    wish = (clinic.offering, clinic.doctors[0], starts_at)
    held = actions.hold(*wish, actor="api", idempotency_key="k1")
    actions.confirm(held, guest, actor="api")
    later = (clinic.doctors[0], starts_at + 2 * HOUR)
    for _ in range(2):
        actions.reschedule(held, *later, actor="api", idempotency_key="k2")
    again = actions.hold(*wish, actor="api", idempotency_key="k1")
    assert (again, again.reservation.starts_at, again.sequence) == (held, later[1], 1)
    assert Appointment.objects.count() == 1
    with pytest.raises(actions.KeyReused):
        actions.hold(*wish, actor="api", idempotency_key="k2")
    for _ in range(2):
        actions.cancel(held, actor="api", idempotency_key="k3")
    hostile = "\x00'; drop table" * 99
    new = actions.hold(*wish, actor="api", idempotency_key=hostile)
    assert actions.hold(*wish, actor="api", idempotency_key=hostile) == new


def test_a_refused_request_leaves_its_key_free(clinic: SimpleNamespace) -> None:
    starts_at = a_free_time(clinic)
    other = actions.hold(clinic.offering, clinic.doctors[0], starts_at, actor="api")
    with pytest.raises(actions.Taken):
        actions.hold(clinic.offering, clinic.doctors[0], starts_at, actor="api", idempotency_key="k")
    actions.cancel(other, actor="api")
    assert actions.hold(clinic.offering, clinic.doctors[0], starts_at, actor="api", idempotency_key="k")


def test_a_family_is_held_together_or_not_at_all(clinic: SimpleNamespace) -> None:
    starts_at = a_free_time(clinic)
    wishes = [actions.Booking(clinic.offering, doctor, starts_at) for doctor in clinic.doctors]
    family = actions.hold_together(wishes, actor="api", idempotency_key="f")
    assert len(family) == 2
    assert actions.hold_together(wishes, actor="api", idempotency_key="f") == family
    later = [actions.Booking(clinic.offering, clinic.doctors[0], starts_at + HOUR)] * 2
    with pytest.raises(actions.Taken):
        actions.hold_together(later, actor="api")
    assert Reservation.objects.count() == 2


# Pathways


@pytest.fixture
def pathway(clinic: SimpleNamespace) -> list[PathwayStep]:
    steps = (("consultation", 30, 0, None), ("treatment", 90, 1, 7), ("check", 20, 3, None))
    return [
        PathwayStep.objects.create(
            offering=clinic.offering, position=position, kind=kind, visit_minutes=minutes, days_after_low=low,
            days_after_high=high, same_practitioner=kind == "treatment",
        )
        for position, (kind, minutes, low, high) in enumerate(steps)
    ]  # fmt: skip


def hold_first(clinic: SimpleNamespace, steps: list[PathwayStep], **more: Any) -> Series:
    now = timezone.now()
    (found, *_) = free_series([clinic.offering], now + DAY, now + 30 * DAY)
    doctors = {doctor.pk: doctor for doctor in clinic.doctors}
    visits = [
        actions.Visit(step, doctors[time.practitioner_id], time.starts_at)
        for step, time in zip(steps, found.times, strict=True)
    ]
    return actions.hold_series(clinic.offering, visits, actor="api", **more)


def test_a_pathway_is_found_held_moved_and_cancelled(
    clinic: SimpleNamespace, pathway: list[PathwayStep], guest: Guest
) -> None:
    series = hold_first(clinic, pathway, idempotency_key="s")
    visits = list(series.appointments.order_by("step__position").select_related("reservation"))
    days = [timezone.localdate(visit.reservation.starts_at) for visit in visits]
    assert days[1] - days[0] >= DAY
    assert days[2] - days[1] >= 3 * DAY
    assert [(visit.reservation.ends_at - visit.reservation.starts_at).seconds // 60 for visit in visits] == [30, 90, 20]
    assert visits[0].practitioner == visits[1].practitioner
    actions.extend_hold(visits[0])
    assert actions.confirm_series(series, guest, actor="api") == actions.confirm_series(series, guest, actor="api")
    with pytest.raises(actions.NotBookable, match="out_of_order"):
        actions.reschedule(visits[1], visits[1].practitioner, visits[0].reservation.starts_at + 2 * HOUR, actor="api")
    visits[1].refresh_from_db()
    assert visits[1].reservation.status == "booked"
    for each in queries.proposals(visits[1], limit=5):
        assert each.time.ends_at - each.time.starts_at == 1.5 * HOUR
        assert visits[0].reservation.ends_at < each.time.starts_at < visits[2].reservation.starts_at - 2 * DAY
    assert len(actions.cancel_series(series, actor="api", idempotency_key="c")) == 3
    assert not Claim.objects.exists()


def test_a_pathway_is_held_all_or_nothing_and_forgotten_whole(
    clinic: SimpleNamespace, pathway: list[PathwayStep]
) -> None:
    series = hold_first(clinic, pathway)
    with pytest.raises(actions.NotBookable, match="out_of_order"):
        actions.hold_series(clinic.offering, [], actor="api")
    visits = [
        actions.Visit(each.step, each.practitioner, each.reservation.starts_at)
        for each in series.appointments.order_by("step__position").select_related("reservation", "step", "practitioner")
    ]
    with pytest.raises(actions.Taken):
        actions.hold_series(clinic.offering, visits, actor="api")
    assert Series.objects.count() == 1
    Reservation.objects.update(hold_expires_at=timezone.now() - HOUR)
    assert forget_unbooked(timezone.now()) == 3
    assert not Series.objects.exists()


def test_the_earliest_pathway_equals_trying_all(clinic: SimpleNamespace, pathway: list[PathwayStep]) -> None:
    WeeklyRule.objects.filter(weekday__in=(0, 2)).delete()
    WeeklyRule.objects.filter(weekday=4).update(ends=dt.time(9, 30))
    start = timezone.now() + DAY
    end = start + 16 * DAY
    times = {
        (step.pk, doctor.pk): [minute.starts_at for minute in _free(clinic, step, doctor, start, end)]
        for step in pathway
        for doctor in clinic.doctors
    }

    def days(before: dt.datetime, after: dt.datetime) -> int:
        return (timezone.localdate(after) - timezone.localdate(before)).days

    treated = {
        second
        for doctor in clinic.doctors
        for second in times[pathway[1].pk, doctor.pk]
        if any(1 <= days(first, second) <= 7 for first in times[pathway[0].pk, doctor.pk])
    }
    ends = [
        third
        for doctor in clinic.doctors
        for third in times[pathway[2].pk, doctor.pk]
        if any(days(second, third) >= 3 for second in treated)
    ]
    found = free_series([clinic.offering], start, end, limit=1)
    assert found[0].times[-1].starts_at == min(ends)


@pytest.mark.once
def test_the_first_series_of_many_are_the_first_of_each(clinic: SimpleNamespace, pathway: list[PathwayStep]) -> None:
    start = timezone.now() + DAY
    offerings = [clinic.offering]
    for number in range(3):
        other = make_clinic(f"other-{number}", doctors=1)
        WeeklyRule.objects.filter(place=other.place, weekday=number).delete()
        for step in pathway[: 3 - number // 2]:
            step.pk, step.offering = None, other.offering
            step.save()
        offerings.append(other.offering)
    found = free_series(offerings, start, start + 30 * DAY, limit=5)
    each = [series for one in offerings for series in free_series([one], start, start + 30 * DAY, limit=5)]
    assert found == sorted(each, key=lambda series: (series.ends_at, series.starts_at, series.offering_id))[:5]


def _free(clinic: SimpleNamespace, step: PathwayStep, doctor: Any, start: dt.datetime, end: dt.datetime) -> list[Any]:
    clinic.offering.visit_minutes = step.visit_minutes
    found = queries.free_times(clinic.offering, start, end, practitioner_id=doctor.pk)
    clinic.offering.visit_minutes = 30
    return found


# Leave


def test_leave_lists_who_is_affected_with_proposals(clinic: SimpleNamespace, guest: Guest) -> None:
    starts_at = a_free_time(clinic)
    booked = book(clinic, guest, starts_at)
    book(clinic, make_guest("b@guest.example"), starts_at + 5 * HOUR)
    leave = (resource_of(clinic), starts_at - HOUR, starts_at + 2 * HOUR)
    assert list(queries.affected_by(*leave)) == [booked]
    assert queries.affected_by(clinic.place, *leave[1:]).count() == 1
    found = queries.proposals(booked, without=leave)
    assert [each.kind for each in found] == ["same_practitioner", "same_time", "other_day"]
    near, colleague, other = (each.time for each in found)
    assert near.practitioner_id == clinic.doctors[0].pk
    assert not leave[1] < near.ends_at < near.starts_at < leave[2]
    assert (colleague.practitioner_id, colleague.starts_at) == (clinic.doctors[1].pk, starts_at)
    assert abs(other.starts_at - starts_at) >= DAY / 2
    RosterException.objects.create(resource=leave[0], kind="leave", starts_at=leave[1], ends_at=leave[2])
    for each in queries.proposals(booked):
        actions.check_bookable(
            clinic.offering,
            next(doctor for doctor in clinic.doctors if doctor.pk == each.time.practitioner_id),
            each.time.starts_at,
            appointment=booked,
        )
    booked.refresh_from_db()
    assert booked.reservation.status == "booked"
