"""The desk enters what somebody asks for by telephone: finds the stay, keeps the way it came, logs the reading."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import Interpreting, Ride
from sarangbang.people.models import AccessEntry, User
from sarangbang.stays.models import Stay

from .test_pages import HOSTILE, _quoted, text


@pytest.fixture
def desk(client, town, settings):
    settings.DEMO = True
    client.force_login(town.coordinator)
    return client


def of(town, name: str) -> str:
    return reverse(f"concierge:{name}", args=[town.stay.pk])


def korean(moment: dt.datetime) -> dict[str, str]:
    local = moment.astimezone(SEOUL)
    return {"day": local.date().isoformat(), "clock": local.strftime("%H:%M")}


CAR = {"source": "phone", "party": 2, "luggage": 2, "wheelchairs": 0, "child_seats": 1, "alone": "on"}


@pytest.mark.once
def test_requests_are_entered_by_coordinators(client, town):
    urls = [reverse("concierge:ask"), of(town, "ask_ride"), of(town, "ask_interpreting")]
    assert {client.get(url).status_code for url in urls} == {302}
    client.force_login(User.objects.create_user("c@demo.example", "x", name="Clinic", is_demo=True))
    assert {client.get(url).status_code for url in urls} == {403}


def test_a_stay_is_found_by_name_flight_and_day(desk, town):
    url = reverse("concierge:ask")
    for day in ("0001-01-01", "9999-12-31"):
        assert desk.get(url, {"on": day}).status_code == 200
    on = {"on": korean(town.appointment.reservation.starts_at)["day"]}
    for wish in ({"q": "сарн"}, {"q": "SARN"}, {"q": "om 301"}, on, {"q": "sarnai", **on}):
        assert "Sarnai" in text(desk.get(url, wish)), wish
    for wish in ({}, {"q": "nobody"}, {"q": "sarnai", "on": "2020-01-01"}):
        assert "Sarnai" not in text(desk.get(url, wish)), wish
    Stay.objects.update(leaves_on=timezone.localdate() - dt.timedelta(days=9))
    assert "No such stay." in text(desk.get(url, {"q": "sarnai"}))
    assert desk.get(of(town, "ask_ride")).status_code == 404


def test_a_car_is_entered_with_the_way_it_came_and_the_guest_can_see_who_read(desk, town):
    url = of(town, "ask_ride")
    page = desk.get(url).content.decode()
    assert 'value="OM301"' in page
    assert AccessEntry.objects.filter(guest=town.guest, what="stay").count() == 1
    sent = {
        **CAR, "number": "OM 301", "airport": "icn-t1", "destination": "hotel-one", **korean(town.flight.scheduled_at)
    }  # fmt: skip
    answer = desk.post(url, sent, follow=True)
    ride = Ride.objects.get()
    assert (ride.source, ride.asked_by, ride.child_seats, ride.alone) == (
        "phone", f"user:{town.coordinator.pk}", 1, True,
    )  # fmt: skip
    assert "Entered and granted. The guest is told." in text(answer)
    assert "Telephone" in text(answer)


@pytest.mark.parametrize("kind", ["transfer", "programme"])
def test_a_ride_between_two_places_is_entered(desk, town, kind):
    url = f"{of(town, 'ask_ride')}?kind={kind}"
    begins = town.appointment.reservation.starts_at - dt.timedelta(hours=2)
    sent = {**CAR, "origin": "hotel-one", "destination": "medical-one", **korean(begins), "source": "walk_in"}
    sent |= {"back": "18:00"} if kind == "programme" else {}
    desk.post(url, sent)
    ride = Ride.objects.get()
    assert (ride.kind, ride.source, ride.starts_at) == (kind, "walk_in", begins)


def test_an_interpreter_is_entered_for_an_appointment(desk, town):
    url = of(town, "ask_interpreting")
    sent = {"source": "messenger", "appointment": town.appointment.pk, "language": "mn", "mode": "video", "wish": ""}
    desk.post(url, sent)
    job = Interpreting.objects.get()
    assert (job.source, job.mode, job.appointment) == ("messenger", "video", town.appointment)


def test_without_consent_nothing_is_entered_and_nothing_typed_is_lost(desk, town):
    town.guest.consents.filter(purpose="concierge").update(withdrawn_at=timezone.now())
    sent = {"source": "phone", "appointment": town.appointment.pk, "language": "ar", "mode": "on_site", "wish": ""}
    answer = desk.post(of(town, "ask_interpreting"), sent)
    assert answer.status_code == 422
    assert "Without this consent nobody can meet the guest." in text(answer)
    assert '<option value="ar" selected>' in answer.content.decode()
    desk.post(of(town, "ask_interpreting"), {**sent, "consent": "on"})
    assert Interpreting.objects.get().language == "ar"


@pytest.mark.once
def test_hostile_requests_are_refused_beside_the_field(desk, town):
    known = {**CAR, "number": "OM301", "airport": "icn-t1", "destination": "hotel-one"}
    known |= korean(town.flight.scheduled_at)
    for field in ("source", "number", "airport", "day", "clock", "party", "child_seats"):
        for value in (*HOSTILE[1:7:2], "2020-01-01"):
            body = "&".join(f"{key}={_quoted(each)}" for key, each in (known | {field: value}).items())
            answer = desk.post(of(town, "ask_ride"), body, content_type="application/x-www-form-urlencoded")
            assert answer.status_code in (302, 422), (field, value)


@pytest.mark.once
def test_the_search_takes_the_same_queries_however_many_are_found(desk, town):
    counts = []
    for turn in range(2):
        with CaptureQueriesContext(connection) as queries:
            desk.get(reverse("concierge:ask"), {"q": "a"})
        counts.append(len(queries))
        for number in range(5 * turn, 5 * turn + 5):
            town.another(number)
    assert counts[0] == counts[1]
