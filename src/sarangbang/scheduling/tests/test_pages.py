"""The clinic's calendar and what it says of an appointment."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from sarangbang.people.models import AccessEntry, AuditEntry, Guest, Membership, User
from sarangbang.scheduling.calendar import SEOUL, Line, columns, week_of
from sarangbang.scheduling.models import Appointment, Reservation

from .conftest import make_clinic

pytestmark = [pytest.mark.django_db, pytest.mark.once]
DAY = dt.date(2026, 11, 25)


@pytest.fixture(autouse=True)
def in_the_demo(settings: Any) -> None:
    settings.DEMO = True


def at(clinic: SimpleNamespace, guest: Guest, hour: int, minutes: int = 60, status: str = "booked") -> Appointment:
    """An appointment on DAY at that hour, Korean time."""
    starts_at = dt.datetime.combine(DAY, dt.time(hour), tzinfo=SEOUL)
    reservation = Reservation.objects.create(
        status=status, starts_at=starts_at, ends_at=starts_at + dt.timedelta(minutes=minutes)
    )
    return Appointment.objects.create(
        reservation=reservation, offering=clinic.offering, institution=clinic.institution,
        practitioner=clinic.doctors[0], place=clinic.place, guest=guest,
    )  # fmt: skip


@pytest.fixture
def desk(client: Client, clinic: SimpleNamespace) -> Client:
    """Signed in as somebody of the clinic."""
    user = User.objects.create_user("clinic@demo.example", "x", name="Nurse", is_demo=True)
    Membership.objects.create(user=user, role="clinic", institution=clinic.institution)
    client.force_login(user)
    return client


@pytest.mark.parametrize("language", ["en", "ko", "ar"])
def test_the_week_shows_its_visits(desk: Client, clinic: SimpleNamespace, guest: Guest, language: str) -> None:
    visit = at(clinic, guest, 10)
    for span in ("week", "day"):
        page = desk.get(f"/{language}/clinic/?span={span}&day={DAY}").content.decode()
        assert f"/{language}/clinic/{visit.pk}/" in page
    assert str(visit.pk) not in desk.get(f"/en/clinic/?day={DAY + dt.timedelta(days=7)}").content.decode()


def test_a_visit_over_midnight_stands_on_both_days(desk: Client, clinic: SimpleNamespace, guest: Guest) -> None:
    visit = at(clinic, guest, 23, 120)
    reservation = visit.reservation
    reservation.starts_at += dt.timedelta(days=4)  # on Sunday, and Monday is of another week
    reservation.ends_at += dt.timedelta(days=4)
    reservation.save()
    for days, shown in ((3, False), (4, True), (5, True), (6, False)):
        page = desk.get(f"/en/clinic/?span=day&day={DAY + dt.timedelta(days)}").content.decode()
        assert (str(visit.pk) in page) is shown
    for days in (0, 7):
        assert str(visit.pk) in desk.get(f"/en/clinic/?span=week&day={DAY + dt.timedelta(days)}").content.decode()


@pytest.mark.both
@pytest.mark.parametrize(
    "query", ["day=never", "day=0001-01-01", "day=9999-12-31", "span=x", "day=%00x", "day=2026-W53"]
)
def test_a_day_that_is_none_is_no_fault(desk: Client, query: str) -> None:
    assert desk.get(f"/en/clinic/?{query}").status_code in {200, 400}


def test_visits_at_the_same_time_lie_side_by_side(clinic: SimpleNamespace, guest: Guest) -> None:
    visits = [at(clinic, guest, 10), at(clinic, guest, 10, 30), at(clinic, guest, 11)]
    now = dt.datetime.combine(DAY, dt.time(12, 20), tzinfo=SEOUL)
    lines = [Line(str(day), day, visits=visits if day == DAY else []) for day in week_of(DAY).days]
    week = columns(lines, now)
    assert [column.lanes for column in week] == [1, 1, 2, 1, 1, 1, 1]
    assert [bool(column.now) for column in week] == [column.line.day == DAY for column in week]


def test_a_crowd_is_drawn_in_four_lanes(clinic: SimpleNamespace, guest: Guest) -> None:
    crowd = Line("crowd", DAY, visits=[at(clinic, guest, 10) for _ in range(9)])
    (column,) = columns([crowd], dt.datetime.now(SEOUL))
    assert (column.lanes, len(column.visits)) == (4, 9)


def test_back_leads_to_the_korean_day(desk: Client, clinic: SimpleNamespace, guest: Guest) -> None:
    """Eight in the morning in Seoul is the evening before in UTC."""
    visit = at(clinic, guest, 8)
    assert f"?day={DAY}#d{DAY}" in desk.get(f"/en/clinic/{visit.pk}/").content.decode()


def test_marking_and_correcting(desk: Client, clinic: SimpleNamespace, guest: Guest) -> None:
    visit = at(clinic, guest, 10)
    for status in ("arrived", "fulfilled", "arrived", "booked", "noshow_guest", "booked", "noshow_host", "booked"):
        page = desk.get(f"/en/clinic/{visit.pk}/")
        assert status in {mark.value for mark in page.context["marks"]}
        answer = desk.post(f"/en/clinic/{visit.pk}/mark/", {"status": status}, follow=True)
        assert "Saved." in answer.content.decode()
        visit.reservation.refresh_from_db()
        assert visit.reservation.status == status
    assert visit.reservation.steps.count() == 8
    assert AuditEntry.objects.filter(verb__startswith="mark_").count() == 8


@pytest.mark.parametrize("status", ["", "held", "cancelled", "rescheduled", "expired", "x" * 5000, "\x00"])
def test_what_is_no_mark_changes_nothing(desk: Client, clinic: SimpleNamespace, guest: Guest, status: str) -> None:
    visit = at(clinic, guest, 10)
    answer = desk.post(f"/en/clinic/{visit.pk}/mark/", {"status": status}, follow=True)
    assert "not possible any more" in answer.content.decode()
    visit.reservation.refresh_from_db()
    assert visit.reservation.status == "booked"


def test_another_institutions_appointments_do_not_exist(desk: Client, guest: Guest) -> None:
    visit = at(make_clinic("other"), guest, 10)
    assert str(visit.pk) not in desk.get(f"/en/clinic/?day={DAY}").content.decode()
    assert desk.get(f"/en/clinic/{visit.pk}/").status_code == 404
    assert desk.post(f"/en/clinic/{visit.pk}/mark/", {"status": "arrived"}).status_code == 404
    assert not AccessEntry.objects.exists()
    visit.reservation.refresh_from_db()
    assert visit.reservation.status == "booked"


def test_reading_is_written_down_for_the_guest(desk: Client, clinic: SimpleNamespace, guest: Guest) -> None:
    visit = at(clinic, guest, 10)
    desk.get(f"/en/clinic/{visit.pk}/")
    entry = guest.accesses.get()
    assert (entry.actor_name, entry.what) == ("Haneul Clinic", "appointment")


def test_without_a_second_factor_real_staff_sees_nothing(
    desk: Client, clinic: SimpleNamespace, guest: Guest, settings: Any
) -> None:
    settings.DEMO = False
    visit = at(clinic, guest, 10)
    for path in ("/en/clinic/", f"/en/clinic/{visit.pk}/"):
        assert desk.get(path)["Location"] == "/en/accounts/2fa/"
    assert desk.post(f"/en/clinic/{visit.pk}/mark/", {"status": "arrived"}).status_code == 302
    assert not AccessEntry.objects.exists()
