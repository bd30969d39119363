"""Waiting for a time as a guest on a phone does it: join, confirm, be offered, accept, leave; and hostile input."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone, translation

from sarangbang.messages.models import Message
from sarangbang.messages.rendering import render
from sarangbang.people import links
from sarangbang.people.models import Guest
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling import rostering
from sarangbang.scheduling.models import Appointment, WaitingEntry, WaitingOffer
from sarangbang.scheduling.waiting import queries as waiting_queries
from sarangbang.scheduling.waiting import rounds
from sarangbang.stays import actions, queries
from sarangbang.stays.models import Stay
from sarangbang.stays.tests.world import SEOUL, booked, free

from .hostile import HOSTILE, squares
from .test_booking_pages import FORM, time_button
from .test_visits_pages import add_steps

Town = SimpleNamespace
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


def url(name: str, *args: object) -> str:
    with translation.override("en"):
        return reverse(f"portal:{name}", args=args)


def fill(town: Town) -> tuple[dt.date, list[Appointment]]:
    """All of one day's mornings are held; that day."""
    day = free(town).astimezone(SEOUL).date()
    held = []
    for half in range(6):
        at = dt.datetime.combine(day, dt.time(9), tzinfo=SEOUL) + half * dt.timedelta(minutes=30)
        held.append(scheduling.hold(town.offering, town.doctor, at, actor="api"))
    return day, held


def wish(day: dt.date, **changes: str) -> dict[str, str]:
    return {
        "first_day": day.isoformat(), "last_day": day.isoformat(), "part_of_day": "morning", "practitioner": "",
        "spoken": "", "party": "1", "nonce": uuid.uuid4().hex, **changes,
    }  # fmt: skip


def token_of(entry: WaitingEntry) -> str:
    link = waiting_queries.link_to(entry)
    assert link is not None
    return links.token_of(link)


def texts(kind: str) -> list[str]:
    return [render(message).body for message in Message.objects.filter(kind=kind).order_by("created_at")]


def known_in(client: Client, stay: Stay) -> None:
    client.get(url("stay", links.token_of(actions.link_to(stay))))


@pytest.mark.both
def test_a_guest_who_found_no_time_waits_is_offered_one_and_has_it(client: Client, town: Town) -> None:
    day, held = fill(town)
    page = client.get(url("times", town.offering.pk), {"arrive": day.isoformat()}).content.decode()
    assert f"{url('wait', town.offering.pk)}?arrive={day.isoformat()}" in page
    assert day.isoformat() in client.get(url("wait", town.offering.pk), {"arrive": day.isoformat()}).content.decode()

    sent = {**FORM, **wish(day)}
    for _press in range(2):
        answer = client.post(url("wait", town.offering.pk), sent)
        assert "sarnai@guest.example" in answer.content.decode()
    entry = WaitingEntry.objects.get()
    assert (Guest.objects.count(), Message.objects.filter(kind="waiting_joined").count()) == (1, 1)
    page = url("waiting", token_of(entry))
    assert token_of(entry) in texts("waiting_joined")[0]
    assert "confirm" in client.get(page).content.decode()
    assert Guest.objects.get().email_proven_at is None, "opening a link does nothing"
    client.post(page, {"confirm": "1"})

    scheduling.cancel(held[2], actor="clinic")
    rounds.run()
    offer = WaitingOffer.objects.get()
    [words] = texts("waiting_offer")
    assert token_of(entry) in words
    assert f"{token_of(entry)}/leave/" in words
    assert "laser" not in words.lower()
    html = client.get(page).content.decode()
    assert str(offer.pk) in html
    answer = client.post(page, {"offer": str(offer.pk), "accept": "1"})
    stay = Stay.objects.get()
    assert answer["Location"] == url("stay", links.token_of(actions.link_to(stay)))
    [appointment] = queries.appointments_of(stay)
    assert (appointment.reservation.status, appointment.reservation.starts_at) == ("booked", offer.starts_at)
    assert Message.objects.filter(kind="stay_booked").count() == 1
    assert "The time is yours." in client.get(answer["Location"]).content.decode()
    assert client.post(page, {"offer": str(offer.pk), "accept": "1"}).status_code == 302, "pressed twice"
    assert Appointment.objects.filter(guest__isnull=False).count() == 1


def test_somebody_who_was_here_before_is_the_same_guest(client: Client, town: Town) -> None:
    stay, _appointment = booked(town, nth=9)
    day, _held = fill(town)
    client.post(url("wait", town.offering.pk), {**FORM, **wish(day)})
    assert Guest.objects.count() == 2
    entry = WaitingEntry.objects.get()
    client.post(url("waiting", token_of(entry)), {"confirm": "1"})
    client.post(url("waiting", token_of(entry)), {"confirm": "1"})
    entry.refresh_from_db()
    assert (entry.guest, Guest.objects.count()) == (stay.guest, 1)


def test_who_need_not_wait_is_shown_what_is_free(client: Client, town: Town) -> None:
    day = free(town).astimezone(SEOUL).date()
    answer = client.post(url("wait", town.offering.pk), {**FORM, **wish(day)})
    assert answer.status_code == 409
    html = answer.content.decode()
    assert FORM["name"] in html, "nothing typed is lost"
    assert not Guest.objects.exists()
    nonce = re.search(r'name="nonce" value="(\w+)"', html)
    assert nonce is not None
    taken = client.post(url("hold", town.offering.pk), {"time": time_button(html), "nonce": nonce[1]})
    assert (taken.status_code, "/hold/" in taken["Location"]) == (302, True)


def test_an_earlier_time_for_a_booking_without_typing(client: Client, town: Town) -> None:
    day, held = fill(town)
    stay, appointment = booked(town, nth=14)
    known_in(client, stay)
    door = links.token_of(actions.link_to(stay))
    assert url("earlier", door, appointment.pk) in client.get(url("change", door, appointment.pk)).content.decode()
    earlier = url("earlier", door, appointment.pk)
    assert 'name="party"' not in client.get(earlier).content.decode()
    answer = client.post(earlier, wish(day))
    entry = WaitingEntry.objects.get()
    assert answer["Location"] == url("waiting", token_of(entry))
    assert entry.appointment == appointment
    scheduling.cancel(held[0], actor="clinic")
    rounds.run()
    assert "A time is free for you" in client.get(url("stay", door)).content.decode()
    offer = WaitingOffer.objects.get()
    client.post(url("waiting", token_of(entry)), {"offer": str(offer.pk), "accept": "1"})
    appointment.refresh_from_db()
    assert appointment.reservation.starts_at == offer.starts_at
    assert Stay.objects.count() == 1
    assert Message.objects.filter(kind="stay_changed").count() == 1


def test_declining_and_leaving_by_link(client: Client, town: Town) -> None:
    day, held = fill(town)
    stay, _appointment = booked(town, nth=14)
    known_in(client, stay)
    client.post(url("wait", town.offering.pk), wish(day))
    entry = WaitingEntry.objects.get()
    scheduling.cancel(held[0], actor="clinic")
    rounds.run()
    page, stop = url("waiting", token_of(entry)), url("waiting_stop", token_of(entry))
    offer = WaitingOffer.objects.get()
    for _press in range(2):
        assert client.post(page, {"offer": str(offer.pk), "decline": "1"})["Location"] == page
    offer.refresh_from_db()
    assert offer.status == "declined"
    assert client.post(page, {"offer": str(offer.pk), "accept": "1"}).status_code == 409
    client.get(stop)
    entry.refresh_from_db()
    assert entry.status == "waiting", "opening a page does nothing"
    for _press in range(2):
        assert client.post(stop)["Location"] == page
    entry.refresh_from_db()
    assert entry.status == "left"
    assert "You no longer wait" in client.get(page).content.decode()


def test_what_leave_took_away_is_said_and_not_offered_once_more(client: Client, town: Town) -> None:
    day, held = fill(town)
    stay, _appointment = booked(town, nth=14)
    known_in(client, stay)
    client.post(url("wait", town.offering.pk), wish(day))
    scheduling.cancel(held[0], actor="clinic")
    rounds.run()
    page, offer = url("waiting", token_of(WaitingEntry.objects.get())), WaitingOffer.objects.get()
    ends_at = offer.starts_at + dt.timedelta(minutes=30)
    rostering.add_exception(offer.practitioner.resource, "leave", offer.starts_at, ends_at, actor="clinic")
    answer = client.post(page, {"offer": str(offer.pk), "accept": "1"})
    said = answer.content.decode()
    assert (answer.status_code, str(offer.pk) in said) == (409, False)
    assert "this time is no longer free for you. You wait on, in your place." in said
    assert "You kept your place." in client.get(page).content.decode()
    assert len(texts("waiting_gone")) == 1


def test_the_list_is_seen_by_its_clinic_and_the_center(client: Client, town: Town, django_user_model: Any) -> None:
    day, _held = fill(town)
    client.post(url("wait", town.offering.pk), {**FORM, **wish(day)})
    address = "/en/clinic/waiting/"
    for role, institution, seen in (
        ("clinic", town.clinic.institution, True),
        ("clinic", town.other.institution, False),
        ("coordinator", None, True),
    ):
        user = django_user_model.objects.create_user(f"{uuid.uuid4().hex}@demo.example", "x", is_demo=True)
        user.memberships.create(role=role, institution=institution)
        client.force_login(user)
        with override_settings(DEMO=True):
            assert (FORM["name"] in client.get(address).content.decode()) is seen
    assert Client().get(address).status_code == 302


@pytest.mark.both
def test_hostile_input_is_answered(client: Client, town: Town) -> None:
    day, _held = fill(town)
    stay, _appointment = booked(town, nth=14)
    address = url("wait", town.offering.pk)
    for words in squares(list(wish(day))):
        cache.clear()  # the rates
        assert client.post(address, {**FORM, **wish(day), **words}).status_code == 200, words
    known_in(client, stay)
    client.post(address, wish(day))
    entry = WaitingEntry.objects.get(guest=stay.guest)
    for word in HOSTILE[::4]:
        answer = client.post(url("waiting", token_of(entry)), {"offer": word, "accept": "1"})
        assert answer.status_code == 409, word
        if "/" not in word and word.strip():
            assert client.get(f"/en/waiting/{word}/").status_code in (400, 403, 404, 410), word
        assert client.get(url("wait", town.offering.pk), {"arrive": word}).status_code in (200, 400)
    assert client.get(f"/en/waiting/{token_of(entry)[:-1]}x/").status_code in (403, 404, 410)
    assert client.get(url("wait", 999999)).status_code == 404
    assert client.get(url("wait", town.offering.pk), {"arrive": "9999-12-31"}).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("last_day", "2020-01-01"),
        ("last_day", "9999-12-31"),
        ("party", "0"),
        ("party", "21"),
        ("practitioner", "x"),
        ("part_of_day", "x"),
        ("consent_health", ""),
    ],
)
def test_a_wish_that_cannot_be_is_refused_beside_its_field(client: Client, town: Town, field: str, value: str) -> None:
    day = free(town).astimezone(SEOUL).date()
    answer = client.post(url("wait", town.offering.pk), {**FORM, **wish(day), field: value})
    assert answer.status_code == 200
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert FORM["name"] in answer.content.decode()
    assert not WaitingEntry.objects.exists()
    assert timezone.localdate() <= day


def test_a_whole_treatment_is_waited_for_and_offered_or_none_of_it(client: Client, town: Town) -> None:
    add_steps(town.offering)
    day = free(town).astimezone(SEOUL).date()
    days = {"arrive": day.isoformat(), "leave": (day + dt.timedelta(days=13)).isoformat(), "part": "morning"}
    page = client.get(url("visits", town.offering.pk), days).content.decode()
    address = re.search(rf'href="({url("wait", town.offering.pk)}[^"]*)"', page)
    assert address is not None
    form = client.get(address[1].replace("&amp;", "&")).content.decode()
    assert all(f'value="{days[name]}"' in form for name in ("arrive", "leave"))
    assert 'name="party"' in form
    wishes = {**FORM, **wish(day, last_day=days["leave"])}
    answer = client.post(url("wait", town.offering.pk), wishes)
    assert answer.status_code == 409
    assert len(re.findall(r'name="visits" value="[^"]+"', answer.content.decode())) > 1
    assert 'id="id_last_day_error"' not in answer.content.decode()
    short = client.post(url("wait", town.offering.pk), {**FORM, **wish(day)})
    assert "All visits do not fit into these days." in short.content.decode()

    resource = town.doctor.resource
    end = dt.datetime.combine(day + dt.timedelta(days=40), dt.time(), tzinfo=SEOUL)
    leave = resource.roster_exceptions.create(kind="leave", starts_at=timezone.now(), ends_at=end)
    empty = client.get(url("visits", town.offering.pk), days).content.decode()
    assert url("wait", town.offering.pk) in empty
    client.post(url("wait", town.offering.pk), wishes)
    entry = WaitingEntry.objects.get()
    page = url("waiting", token_of(entry))
    client.post(page, {"confirm": "1"})
    leave.delete()
    rounds.run()
    offer = WaitingOffer.objects.get()
    html = client.get(page).content.decode()
    assert "Times for all your visits are free" in html
    assert all(kind in html for kind in ("Consultation", "Treatment", "Check-up visit"))
    answer = client.post(page, {"offer": str(offer.pk), "accept": "1"})
    stay = Stay.objects.get()
    assert answer["Location"] == url("stay", links.token_of(actions.link_to(stay)))
    visits = queries.appointments_of(stay)
    assert [visit.reservation.status for visit in visits] == ["booked"] * 3
    assert len({visit.series_id for visit in visits}) == 1
    assert Message.objects.filter(kind="stay_booked").count() == 1, "one letter tells of all"


def test_a_family_and_its_language(client: Client, town: Town) -> None:
    """Two travellers want a treatment of three visits in Thai, which nobody speaks at first; then the doctor learns it."""
    add_steps(town.offering)
    day = free(town).astimezone(SEOUL).date()
    last = (day + dt.timedelta(days=13)).isoformat()
    form = client.get(url("wait", town.offering.pk), {"arrive": day.isoformat(), "language": "th"}).content.decode()
    assert '<option value="th" selected>' in form
    wishes = {**FORM, **wish(day, last_day=last, party="2", spoken="th")}
    refused = client.post(url("wait", town.offering.pk), wishes)
    assert "Nobody here speaks this language" in refused.content.decode()
    assert FORM["name"] in refused.content.decode()
    town.doctor.languages.create(language="th")
    client.post(url("wait", town.offering.pk), wishes)
    entry = WaitingEntry.objects.get()
    assert (entry.party, entry.language) == (2, "th")
    page = url("waiting", token_of(entry))
    assert "Thai" in client.get(page).content.decode()
    client.post(page, {"confirm": "1"})
    rounds.run()
    offer = WaitingOffer.objects.get()
    html = client.get(page).content.decode()
    assert html.count('class="visits"') == 1
    answer = client.post(page, {"offer": str(offer.pk), "accept": "1"})
    stay = Stay.objects.get()
    assert answer["Location"] == url("stay", links.token_of(actions.link_to(stay)))
    visits = queries.appointments_of(stay)
    assert (len(visits), len({visit.series_id for visit in visits})) == (6, 2)
    assert client.get(answer["Location"]).status_code == 200
