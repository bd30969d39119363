"""Booking, moving and cancelling by the clinic: the guest is told, rules are set aside with a reason, nothing twice."""

from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from sarangbang.messages.models import Message
from sarangbang.people.models import AuditEntry, Guest, Membership, User
from sarangbang.scheduling import actions
from sarangbang.scheduling.calendar import SEOUL
from sarangbang.scheduling.models import Appointment, Override, Reservation, Resource

from .conftest import a_free_time, make_clinic, make_guest

NEW = {
    "name": "Батбаяр Сарнай", "name_latin": "Batbayar Sarnai", "nationality": "MN", "birth_year": "1990",
    "sex": "female", "email": "new@guest.example", "phone": "+97699112345", "language": "mn", "mode": "on_site",
    "agreed": "on",
}  # fmt: skip


@pytest.fixture
def desk(db: None, clinic: SimpleNamespace, client: Client, settings: Any) -> SimpleNamespace:
    settings.DEMO = True
    user = User.objects.create_user("clinic@demo.example", "x", name="Nurse", is_demo=True)
    Membership.objects.create(user=user, role="clinic", institution=clinic.institution)
    client.force_login(user)
    clinic.client, clinic.resource = client, Resource.objects.get(practitioner=clinic.doctors[0])
    clinic.starts_at = a_free_time(clinic)
    return clinic


def query(desk: SimpleNamespace, starts_at: dt.datetime | None = None, **more: Any) -> str:
    local = (starts_at or desk.starts_at).astimezone(SEOUL)
    chosen = {"offering": desk.offering.pk, "who": desk.resource.pk, "day": local.date(), "at": f"{local:%H:%M}"}
    return urlencode({**chosen, **more})


def hidden(page: Any) -> dict[str, str]:
    """What the form sends besides what is typed."""
    text = page.content.decode()
    return {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', text)[1] for name in ("key", "seen")
            if re.search(rf'name="{name}"[^>]*value="', text)}  # fmt: skip


def book(desk: SimpleNamespace, guest: str, starts_at: dt.datetime | None = None, **typed: Any) -> Any:
    path = f"/en/clinic/book/?{query(desk, starts_at, guest=guest)}"
    page = desk.client.get(path)
    assert page.status_code == 200
    return desk.client.post(path, {**hidden(page), "mode": "on_site", **typed})


def test_somebody_new_is_booked_and_told_in_their_language(desk: SimpleNamespace) -> None:
    path = f"/en/clinic/book/?{query(desk, guest='new')}"
    form = {**hidden(desk.client.get(path)), **NEW}
    for wrong in ({"agreed": ""}, {"email": "x"}, {"birth_year": "2099"}, {"name": "\u202ex"}, {"language": ""}):
        answer = desk.client.post(path, {**form, **wrong})
        assert answer.status_code == 422
        assert "Batbayar Sarnai" in answer.content.decode()
    assert not Guest.objects.exists()
    first, second = desk.client.post(path, form), desk.client.post(path, form)
    visit = Appointment.objects.get()
    assert first["Location"] == second["Location"] == f"/en/clinic/{visit.pk}/"
    assert (visit.reservation.starts_at, visit.reservation.status) == (desk.starts_at, "booked")
    guest = Guest.objects.get()
    assert set(guest.consents.values_list("purpose", flat=True)) == {"booking", "health"}
    assert guest.email_proven_at is None
    told = Message.objects.get(kind="stay_booked")
    assert (told.language, told.guest) == ("mn", guest)
    assert AuditEntry.objects.filter(verb="register_guest").count() == 1


def test_known_guests_are_found_and_others_are_not(desk: SimpleNamespace, guest: Guest) -> None:
    actions.book(desk.offering, desk.doctors[1], desk.starts_at, guest, actor="user:1")
    stranger = make_guest("stranger@guest.example")
    other = make_clinic("other", doctors=1)
    actions.book(other.offering, other.doctors[0], a_free_time(other), stranger, actor="user:1")

    def found(text: str) -> set[Guest]:
        return set(desk.client.get("/en/clinic/book/", {"q": text}).context["page"].found)

    assert found("sarnai") == found("Сарнай") == found("guest@guest") == {guest}
    assert found("") == found("%") == found("nobody") == found("x" * 5000) == set()
    page = desk.client.get(f"/en/clinic/book/?{query(desk, guest=stranger.pk)}")
    assert page.context["page"].guest is None
    later = desk.starts_at + dt.timedelta(days=7)
    answer = book(desk, str(guest.pk), later)
    assert answer.status_code == 302
    assert guest.appointments.count() == 2


def test_a_guest_cannot_be_in_two_places(desk: SimpleNamespace, guest: Guest) -> None:
    actions.book(desk.offering, desk.doctors[1], desk.starts_at, guest, actor="user:1")
    page = desk.client.get(f"/en/clinic/book/?{query(desk, guest=guest.pk)}")
    assert "The guest has another appointment at this time." in page.content.decode()
    assert page.context["form"] is None


def test_a_rule_is_set_aside_with_a_reason(desk: SimpleNamespace) -> None:
    early = desk.starts_at.astimezone(SEOUL).replace(hour=7, minute=0)
    refused = book(desk, "new", early, **NEW)
    assert refused.status_code == 422
    assert "Please say why the rules are set aside." in refused.content.decode()
    assert not Appointment.objects.exists()
    answer = book(desk, "new", early, **NEW, reason="Flies home at ten")
    assert answer.status_code == 302
    kept = Override.objects.get()
    assert (kept.rule, kept.reason) == ("outside_hours", "Flies home at ten")
    assert "Flies home at ten" in desk.client.get(answer["Location"]).content.decode()


def test_a_rule_that_came_after_the_page_was_read_is_shown_first(desk: SimpleNamespace) -> None:
    path = f"/en/clinic/book/?{query(desk, guest='new')}"
    form = {**hidden(desk.client.get(path)), **NEW, "reason": "as agreed"}
    desk.resource.roster_exceptions.create(
        kind="leave", starts_at=desk.starts_at, ends_at=desk.starts_at + dt.timedelta(hours=1)
    )
    answer = desk.client.post(path, form)
    assert (answer.status_code, Appointment.objects.count()) == (422, 0)
    assert "The doctor is away at this time." in answer.content.decode()


def test_the_same_time_is_never_given_twice(desk: SimpleNamespace, guest: Guest) -> None:
    path = f"/en/clinic/book/?{query(desk, guest='new')}"
    form = {**hidden(desk.client.get(path)), **NEW}
    actions.book(desk.offering, desk.doctors[0], desk.starts_at, guest, actor="user:1")
    assert desk.client.post(path, {**form, "reason": "Please"}).status_code == 409
    page = desk.client.get(path)
    assert page.context["form"] is None
    assert "This time cannot be booked" in page.content.decode()
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize(
    "asked",
    ["offering=99999999999999&who=-1", "day=never&at=25:99", "at=10:00:00.5%2B09:00&day=9999-12-31", "guest=\x00",
     "offering=%D9%A1&who=%F0%9D%9F%8F", "at=%00&q=%F0%9F%98%80", "day=0001-01-01&at=10:00&offering=1&who=1"],
)  # fmt: skip
def test_hostile_questions_are_no_fault(desk: SimpleNamespace, asked: str) -> None:
    for method in ("get", "post"):
        assert getattr(desk.client, method)(f"/ar/clinic/book/?{asked}").status_code in {200, 400, 409, 422}


def test_a_visit_moves_and_its_history_stays(desk: SimpleNamespace, guest: Guest) -> None:
    visit = actions.book(desk.offering, desk.doctors[0], desk.starts_at, guest, actor="user:1")
    page = desk.client.get(f"/en/clinic/{visit.pk}/move/")
    free = page.context["page"].free[0].times[-1]
    path = f"/en/clinic/{visit.pk}/move/?{query(desk, free.starts_at)}"
    answer = desk.client.post(path, hidden(desk.client.get(path)))
    assert answer["Location"] == f"/en/clinic/{visit.pk}/"
    visit.refresh_from_db()
    assert visit.reservation.starts_at == free.starts_at
    assert Message.objects.filter(kind="stay_changed", guest=guest).exists()
    steps = desk.client.get(answer["Location"]).context["steps"]
    assert [step.status for step in steps] == ["booked", "rescheduled", "booked"]


def test_the_old_time_is_kept_when_the_new_one_is_gone(desk: SimpleNamespace, guest: Guest) -> None:
    visit = actions.book(desk.offering, desk.doctors[0], desk.starts_at, guest, actor="user:1")
    later = desk.starts_at + dt.timedelta(days=7)
    path = f"/en/clinic/{visit.pk}/move/?{query(desk, later)}"
    form = hidden(desk.client.get(path))
    actions.book(desk.offering, desk.doctors[0], later, make_guest("quick@guest.example"), actor="user:1")
    assert desk.client.post(path, form).status_code == 409
    visit.refresh_from_db()
    assert (visit.reservation.starts_at, visit.reservation.status) == (desk.starts_at, "booked")


def test_cancelling_needs_a_reason_and_tells_the_guest(desk: SimpleNamespace, guest: Guest) -> None:
    visit = actions.book(desk.offering, desk.doctors[0], desk.starts_at, guest, actor="user:1")
    path = f"/en/clinic/{visit.pk}/cancel/"
    assert desk.client.post(path, {"reason": " "}).status_code == 422
    assert Reservation.objects.get(appointment=visit).status == "booked"
    answer = desk.client.post(path, {"reason": "The device is broken"})
    page = desk.client.get(answer["Location"]).content.decode()
    assert "The device is broken" in page
    assert Reservation.objects.get(appointment=visit).status == "cancelled"
    assert Message.objects.filter(kind="stay_cancelled", guest=guest, language="mn").exists()
    assert desk.client.post(path, {"reason": "again"}).status_code == 302


@pytest.mark.once
def test_the_calendar_shows_hours_leave_and_free_times(
    desk: SimpleNamespace, guest: Guest, django_assert_max_num_queries: Any
) -> None:
    visit = actions.book(desk.offering, desk.doctors[0], desk.starts_at, guest, actor="user:1")
    local = visit.reservation.starts_at.astimezone(SEOUL)
    Resource.objects.get(practitioner=desk.doctors[1]).roster_exceptions.create(
        kind="leave", starts_at=desk.starts_at, ends_at=desk.starts_at + dt.timedelta(hours=1), reason="Congress"
    )
    with django_assert_max_num_queries(24):
        page = desk.client.get(f"/en/clinic/?span=day&day={local.date()}")
    first, second = page.context["page"].columns
    assert [placed.what for placed in first.visits] == [visit]
    assert len(first.free) == 2 * 9 - 1  # nine hours, one visit of half an hour
    assert len(second.free) == 2 * 9 - 2
    assert [mark.what.label for mark in second.marks] == ["Leave: Congress"]
    text = page.content.decode()
    assert f"who={desk.resource.pk}&amp;day={local.date()}&amp;at=" in text
    for asked in ("who=x", f"who={desk.resource.pk}&span=week", "who=999999999999&house=nowhere"):
        assert desk.client.get(f"/en/clinic/?{asked}&day={local.date()}").status_code == 200
    rest = page.context["page"].day + dt.timedelta(days=5 - local.weekday())
    bare = desk.client.get(f"/en/clinic/?span=day&day={rest}").content.decode()
    assert "Nobody receives on this day." in bare
