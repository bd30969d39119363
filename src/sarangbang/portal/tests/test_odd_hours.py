"""A visit by video that would wake the guest: asked about on every way, with better times, never forbidden."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from sarangbang.people import links
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment, BookingRule
from sarangbang.scheduling.odd_hours import OddHour
from sarangbang.stays import actions
from sarangbang.stays.tests.world import DETAILS, SEOUL, free

from .test_booking_pages import FORM, time_button, token_in, url

Town = SimpleNamespace
pytestmark = pytest.mark.django_db
HOME = "Europe/London"  # in winter nine hours behind Seoul: its whole morning is night there


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


@pytest.fixture
def remote(town: Town) -> Town:
    BookingRule.objects.create(offering=town.offering, remote=True)
    town.day = free(town).astimezone(SEOUL).date()
    return town


def at(town: Town, hour: int) -> dt.datetime:
    return dt.datetime.combine(town.day, dt.time(hour), tzinfo=SEOUL)


def value(town: Town, hour: int) -> str:
    return f"{town.offering.pk}.{town.doctor.pk}.{int(at(town, hour).timestamp())}"


def press(client: Client, town: Town, hour: int, **more: str) -> Any:
    return client.post(url("hold", town.offering.pk), {"time": value(town, hour), "mode": "video", **more})


@pytest.mark.once
def test_three_in_the_morning_is_asked_about_and_may_be_meant(client: Client, remote: Town) -> None:
    client.cookies["zone"] = HOME
    html = client.get(url("times", remote.offering.pk), {"mode": "video"}).content.decode()
    assert 'name="mode" value="video"' in html
    asked = press(client, remote, 10)
    assert asked.status_code == 409
    html = asked.content.decode()
    assert "01:00" in html
    assert "Is that right?" in html
    assert not Appointment.objects.exists()
    offering, doctor, seconds = time_button(html).split(".")
    better = dt.datetime.fromtimestamp(int(seconds), tz=dt.UTC)
    assert (offering, doctor) == (str(remote.offering.pk), str(remote.doctor.pk))
    assert better.astimezone(SEOUL).hour >= 16
    details = url("details", token_in(press(client, remote, 10, accept_odd_hour="1")))
    assert Appointment.objects.get().mode == "video"
    form = client.get(details).content.decode()
    assert 'name="accept_odd_hour"' in form
    answer = client.post(details, {**FORM, "zone": HOME})
    assert 'id="id_accept_odd_hour_error"' in answer.content.decode()
    assert client.post(details, {**FORM, "zone": HOME, "accept_odd_hour": "on"}).status_code == 302


@pytest.mark.once
def test_without_a_known_clock_the_form_asks(client: Client, remote: Town) -> None:
    details = url("details", token_in(press(client, remote, 10)))
    assert 'name="accept_odd_hour"' not in client.get(details).content.decode()
    assert "Is that right?" in client.post(details, {**FORM, "zone": HOME}).content.decode()
    assert client.post(details, {**FORM, "zone": "Asia/Seoul"}).status_code == 302


@pytest.mark.once
@pytest.mark.parametrize(("hour", "mode"), [(17, "video"), (10, "on_site"), (10, "nonsense")])
def test_nobody_is_asked_without_need(client: Client, remote: Town, hour: int, mode: str) -> None:
    client.cookies["zone"] = HOME
    assert press(client, remote, hour, mode=mode).status_code == 302


def test_a_visit_by_telephone_needs_a_number(client: Client, remote: Town) -> None:
    details = url("details", token_in(press(client, remote, 17, mode="phone")))
    assert 'id="id_phone_error"' in client.post(details, {**FORM, "phone": ""}).content.decode()


@pytest.mark.once
def test_where_nothing_is_remote_nothing_can_be(client: Client, town: Town) -> None:
    assert 'name="mode"' not in client.get(url("times", town.offering.pk)).content.decode()
    with pytest.raises(scheduling.NotBookable) as refusal:
        scheduling.hold(town.offering, town.doctor, free(town), actor="api", mode="video")
    assert (refusal.value.code, bool(str(refusal.value.reason))) == ("not_remote", True)


def test_the_verbs_ask_too_and_the_stay_shows_how(client: Client, remote: Town) -> None:
    held = scheduling.hold(remote.offering, remote.doctor, at(remote, 17), actor="api", mode="video")
    with pytest.raises(OddHour):
        actions.save_intake(held, {**DETAILS, "zone": "America/Los_Angeles"})  # midnight there
    actions.save_intake(held, {**DETAILS, "zone": HOME})
    stay = actions.confirm_booking(held, proven=True)
    door = links.token_of(actions.link_to(stay))
    assert "By video" in client.get(url("stay", door)).content.decode()
    held.refresh_from_db()
    with pytest.raises(OddHour):
        actions.reschedule_appointment(stay, held, remote.doctor, at(remote, 10), actor="guest:x")
    change = url("change", door, held.pk)
    assert client.post(change, {"time": value(remote, 10)}).status_code == 409
    assert client.post(change, {"time": value(remote, 10), "accept_odd_hour": "1"}).status_code == 302
    held.refresh_from_db()
    assert (held.reservation.starts_at, held.mode) == (at(remote, 10), "video")
