"""An interpreter's calendar: when and where, nothing else; and only while it is theirs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import vobject
from django.test import Client
from icalendar import Calendar

from sarangbang.concierge import actions
from sarangbang.concierge.actions import telling
from sarangbang.concierge.models import Interpreter
from sarangbang.people import links

from .test_asking import speak


@pytest.fixture
def town(town_of_threads: Any) -> Any:
    town_of_threads.job = actions.assign(speak(town_of_threads), town_of_threads.oyuun, actor="user:1")
    return town_of_threads


def subscribe(person: Interpreter) -> str:
    """The path of the calendar, as the interpreter finds it on their page."""
    token = links.token_of(telling.crew_link(person))
    page = Client().get(f"/en/crew/i/{token}/")
    assert f"/en/crew/i/{token}/calendar/" in page.content.decode()
    return urlsplit(Client().get(f"/en/crew/i/{token}/calendar/").context["address"]).path


def events(path: str) -> list[Any]:
    content = Client().get(path).content
    found = Calendar.from_ical(content).walk("VEVENT")
    assert len(vobject.readOne(content.decode()).contents.get("vevent", [])) == len(found)
    return found


@pytest.mark.once
def test_it_tells_time_and_place_and_no_more(town: Any) -> None:
    path = subscribe(town.oyuun)
    (event,) = events(path)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (town.job.starts_at, town.job.ends_at)
    assert event["STATUS"] == "CONFIRMED"
    text = Client().get(path).content.decode().replace("\r\n ", "")
    guest = town.job.stay.guest
    for telling_word in (guest.name, guest.name_latin, guest.email, town.job.field.name):
        assert telling_word not in text
    first = Client().get(path)
    assert Client().get(path, headers={"if-none-match": first["ETag"]}).status_code == 304


@pytest.mark.once
def test_a_job_that_is_no_longer_theirs_is_cancelled(town: Any) -> None:
    path = subscribe(town.oyuun)
    (before,) = events(path)
    actions.unassign(town.job, actor="user:1")
    (after,) = events(path)
    assert (after["UID"], after["STATUS"]) == (before["UID"], "CANCELLED")
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_a_new_address_ends_the_old_one(town: Any) -> None:
    old = subscribe(town.oyuun)
    token = links.token_of(telling.crew_link(town.oyuun))
    Client().post(f"/en/crew/i/{token}/calendar/")
    assert Client().get(old).status_code == 410
    assert Client().get(subscribe(town.oyuun)).status_code == 200
    Interpreter.objects.filter(pk=town.oyuun.pk).update(appointed_until="2020-01-01")
    assert Client().get(old).status_code == 410


@pytest.mark.once
def test_drivers_have_no_calendar(town: Any) -> None:
    token = links.token_of(telling.crew_link(town.small.driver))
    assert Client().get(f"/en/crew/i/{token}/calendar/").status_code == 404
    assert Client().get("/en/crew/calendar/" + "x" * 43 + ".ics").status_code == 404
