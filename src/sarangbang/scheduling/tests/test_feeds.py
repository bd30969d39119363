"""Calendar feeds of clinics and people: neutral, stable, revocable, and only for whom they were opened."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import vobject
from django.test import Client
from icalendar import Calendar

from sarangbang.people import links
from sarangbang.people.models import AuditEntry, Guest, Membership, SecureLink, User
from sarangbang.scheduling import actions
from sarangbang.scheduling.models import Resource

from .conftest import a_free_time, make_clinic

pytestmark = pytest.mark.once


@pytest.fixture
def house(db: None, clinic: SimpleNamespace, guest: Guest, client: Client, settings: Any) -> SimpleNamespace:
    settings.DEMO = True
    user = User.objects.create_user("clinic@demo.example", "x", name="Nurse", is_demo=True)
    Membership.objects.create(user=user, role="clinic", institution=clinic.institution)
    client.force_login(user)
    clinic.client, clinic.guest = client, guest
    clinic.resources = [Resource.objects.get(practitioner=doctor) for doctor in clinic.doctors]
    clinic.visit = actions.book(clinic.offering, clinic.doctors[0], a_free_time(clinic), guest, actor="user:1")
    return clinic


def keys(house: SimpleNamespace) -> list[str]:
    return [channel.key for channel, _address, _webcal in house.client.get("/en/clinic/feeds/").context["rows"]]


def address(house: SimpleNamespace, key: str) -> str:
    """Open a feed as staff does; the path of its address."""
    house.client.post("/en/clinic/feeds/", {"key": key, "do": "open"})
    rows = house.client.get("/en/clinic/feeds/").context["rows"]
    return urlsplit(next(url for channel, url, _webcal in rows if channel.key == key)).path


def events(path: str) -> dict[str, Any]:
    """The events by UID, as two readers see them."""
    content = Client().get(path).content
    found = {str(event["UID"]): event for event in Calendar.from_ical(content).walk("VEVENT")}
    other = vobject.readOne(content.decode()).contents.get("vevent", [])
    assert {event.uid.value: event.dtstart.value for event in other} == {
        uid: event["DTSTART"].dt for uid, event in found.items()
    }
    return found


def test_a_feed_is_neutral_and_leads_to_the_page(house: SimpleNamespace) -> None:
    clinic, doctor, other = (address(house, key) for key in keys(house))
    text = Client().get(clinic).content.decode().replace("\r\n ", "")
    for telling in ("Сарнай", "Sarnai", "guest@guest.example", "Laser", "Dermatology"):
        assert telling not in text
    (event,) = events(clinic).values()
    assert event["SUMMARY"] == "Appointment · Doctor 0 · Mongolian"
    assert event["URL"].endswith(f"/en/clinic/{house.visit.pk}/")
    assert (event["DTSTART"].dt, event["STATUS"]) == (house.visit.reservation.starts_at, "CONFIRMED")
    assert set(events(doctor)) == set(events(clinic))
    assert not events(other)
    korean = Calendar.from_ical(Client().get(clinic.replace("/en/", "/ko/")).content).walk("VEVENT")[0]
    assert "의사 0" in korean["SUMMARY"]


@pytest.mark.both
def test_changes_reach_every_calendar(house: SimpleNamespace) -> None:
    clinic, doctor, other = (address(house, key) for key in keys(house))
    (uid,) = events(clinic)
    first = events(clinic)[uid]["SEQUENCE"]
    old = house.visit.reservation.starts_at
    actions.reschedule(house.visit, house.doctors[1], old + dt.timedelta(days=7), actor="user:1")
    moved, gone, come = events(clinic)[uid], events(doctor)[uid], events(other)[uid]
    assert first < moved["SEQUENCE"] == gone["SEQUENCE"] == come["SEQUENCE"]
    assert moved["DTSTART"].dt == come["DTSTART"].dt == old + dt.timedelta(days=7)
    assert (gone["STATUS"], gone["DTSTART"].dt) == ("CANCELLED", old)
    actions.cancel(house.visit, actor="user:1")
    last = events(clinic)[uid]
    assert (last["STATUS"], events(other)[uid]["STATUS"]) == ("CANCELLED", "CANCELLED")
    assert last["SEQUENCE"] > moved["SEQUENCE"]


def test_a_feed_says_not_modified(house: SimpleNamespace) -> None:
    path = address(house, keys(house)[0])
    full = Client().get(path)
    assert full["Content-Type"] == "text/calendar; charset=utf-8"
    assert full["Cache-Control"] == "private, no-cache"
    assert Client().get(path, headers={"if-none-match": full["ETag"]}).status_code == 304
    assert Client().get(path, headers={"if-modified-since": full["Last-Modified"]}).status_code == 304
    actions.cancel(house.visit, actor="user:1")
    assert Client().get(path, headers={"if-none-match": full["ETag"]}).status_code == 200
    assert Client().post(path).status_code == 405


def test_a_new_address_ends_the_old_one_and_closing_ends_it(house: SimpleNamespace) -> None:
    key = keys(house)[1]
    old, new = address(house, key), address(house, key)
    assert (Client().get(old).status_code, Client().get(new).status_code) == (410, 200)
    house.client.post("/en/clinic/feeds/", {"key": key, "do": "close"})
    assert Client().get(new).status_code == 410
    assert AuditEntry.objects.filter(verb__in=("open_calendar", "close_calendar")).count() == 3


def test_a_token_opens_only_what_it_was_made_for(house: SimpleNamespace) -> None:
    clinic, doctor, _other = (address(house, key) for key in keys(house))
    assert Client().get(clinic.replace("/clinic/", "/roster/")).status_code == 404
    assert Client().get(doctor.replace("/roster/", "/clinic/")).status_code == 404
    assert Client().get("/en/feed/clinic/" + "A" * 43 + ".ics").status_code == 404
    foreign = make_clinic("other", doctors=1)
    assert house.client.post("/en/clinic/feeds/", {"key": foreign.institution.slug, "do": "open"}).status_code == 404
    # Somebody who no longer works there has no feed there.
    house.doctors[0].roles.update(is_active=False)
    assert Client().get(doctor).status_code == 404


def test_a_feed_is_not_asked_without_end(house: SimpleNamespace, settings: Any) -> None:
    settings.RATES = {**settings.RATES, "calendar": "2/h"}
    path = address(house, keys(house)[0])
    assert [Client().get(path).status_code for _ask in range(3)] == [200, 200, 429]
    link = links.issue(SecureLink.Purpose.CLINIC_CALENDAR, house.institution.pk)
    assert Client().get(f"/en/feed/clinic/{links.token_of(link)}.ics").status_code == 200
