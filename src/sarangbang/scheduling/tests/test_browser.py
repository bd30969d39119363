"""The clinic's calendar in a browser, by keyboard. Every page with axe: ``tests/test_axe.py``."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sarangbang.people.models import Guest, Membership, User
from sarangbang.scheduling import actions, rostering
from sarangbang.scheduling.calendar import SEOUL
from sarangbang.scheduling.models import Resource

from .conftest import a_free_time, make_clinic, make_guest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(transactional_db: None, live_server: Any, client: Any, settings: Any) -> Any:
    settings.DEMO = True
    clinic = make_clinic()
    user = User.objects.create_user("clinic@demo.example", "x", name="Nurse", is_demo=True)
    Membership.objects.create(user=user, role="clinic", institution=clinic.institution)
    client.force_login(user)
    clinic.cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    guest: Guest = make_guest()
    clinic.visit = actions.book(clinic.offering, clinic.doctors[0], a_free_time(clinic), guest, actor="user:1")
    clinic.day = clinic.visit.reservation.starts_at.astimezone(SEOUL).date()
    clinic.resource = Resource.objects.get(practitioner=clinic.doctors[0])
    starts_at = dt.datetime.combine(clinic.day, dt.time(), tzinfo=SEOUL)
    rostering.add_exception(
        clinic.resource, "leave", starts_at, starts_at + dt.timedelta(hours=24), actor="user:1", reason="Congress"
    )
    return clinic


def test_the_calendar_by_keyboard(house: Any, live_server: Any, new_page: Any) -> None:
    page = new_page(locale="ar")
    page.context.add_cookies([house.cookie])
    page.goto(f"{live_server.url}/ar/clinic/?span=day&day={house.day}")
    page.locator("a.job").focus()
    page.keyboard.press("ArrowLeft")  # right to left: the next column
    focused = "document.activeElement.className + ' ' + document.activeElement.dataset.at"
    assert page.evaluate(focused).startswith("free")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    assert page.evaluate(focused).endswith("1730")
    page.keyboard.press("PageDown")
    page.wait_for_url(f"**day={house.day + dt.timedelta(days=1)}*")
    page.keyboard.press("p")
    page.wait_for_url(f"**day={house.day}*")
    page.keyboard.press("w")
    page.wait_for_url("**span=week*")
    page.locator("summary[data-go=keys]").click()
    page.locator("[data-letters]").uncheck()
    page.locator("h1").click()
    page.keyboard.press("n")
    page.keyboard.press("d")
    assert "span=week" in page.url
