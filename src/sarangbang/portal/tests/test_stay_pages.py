"""The page of a stay and what hangs on it: calendar, card, changes, cars and interpreters, the guest's own data."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone, translation
from icalendar import Calendar

from sarangbang.concierge.models import Interpreting, Ride
from sarangbang.people import links
from sarangbang.people.actions import record_access
from sarangbang.people.models import SecureLink
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.stays import actions, queries
from sarangbang.stays.models import Flight, Stay
from sarangbang.stays.tests.world import SEOUL, booked, free, kinds_sent

from .hostile import HOSTILE, attack
from .test_booking_pages import time_button

Town = SimpleNamespace
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


class Door:
    """A stay's pages in one language."""

    def __init__(self, stay: Stay, language: str = "en") -> None:
        link = queries.link_to(stay, SecureLink.Purpose.STAY)
        assert link is not None
        self.token, self.language = links.token_of(link), language

    def __call__(self, name: str, *args: object) -> str:
        with translation.override(self.language):
            return reverse(f"portal:{name}", args=[self.token, *args])


def feed_url(stay: Stay) -> str:
    with translation.override("en"):
        return reverse("portal:calendar", args=[links.token_of(actions.calendar_link(stay))])


def near(appointment: Appointment) -> None:
    starts_at = timezone.now() + dt.timedelta(hours=5)
    Reservation.objects.filter(pk=appointment.reservation_id).update(
        starts_at=starts_at, ends_at=starts_at + dt.timedelta(minutes=30)
    )


def flight_form(town: Town, **changes: str) -> dict[str, str]:
    day = timezone.localdate() + dt.timedelta(days=2)
    return {
        "number": "OM 301", "airport": town.airport.code, "day": day.isoformat(), "clock": "05:20",
        "place": town.hotel.code, "party": "2", "luggage": "2", "wheelchairs": "0", "consent": "on", **changes,
    }  # fmt: skip


# The page


@pytest.mark.parametrize("language", ["en", "ko", "ar", "zh-hans", "mn"])
def test_the_page_shows_days_two_clocks_promises_and_the_cut_off(client: Client, town: Town, language: str) -> None:
    stay, _appointment = booked(town, zone="Asia/Dubai")
    html = client.get(Door(stay, language)("stay")).content.decode()
    assert 'class="seoul"' in html
    assert "09:00–09:30</time>" in html
    assert "04:00" in html
    if language == "en":
        assert "Day 1 of your stay" in html
        assert "Promised by Haneul Clinic until" in html
        assert "You can change or cancel free of charge until" in html
        assert "Confirmed" in html


def test_the_page_takes_the_same_number_of_queries_however_much_is_on_it(
    client: Client, town: Town, django_assert_max_num_queries: Any
) -> None:
    stay, _appointment = booked(town)
    door = Door(stay)
    client.get(door("stay"))
    with django_assert_max_num_queries(60) as few:
        client.get(door("stay"))
    for nth in (3, 5, 7):
        appointment = scheduling.hold(town.offering, town.doctor, free(town, nth), actor="guest:new")
        actions.add_appointment(stay, appointment, actor="guest:x")
    with django_assert_max_num_queries(len(few)):
        client.get(door("stay"))


def test_the_link_in_the_message_proves_the_address_of_a_booking_by_api(client: Client, town: Town) -> None:
    stay, _appointment = booked(town, proven=False)
    client.get(Door(stay)("stay"))
    stay.guest.refresh_from_db()
    assert stay.guest.email_proven_at is not None


def test_the_page_is_kept_nowhere_and_tells_no_other_host(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    answer = client.get(Door(stay)("stay"))
    assert "no-store" in answer["Cache-Control"]
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "same-origin"


def test_marks_of_the_clinic_show(client: Client, town: Town) -> None:
    stay, appointment = booked(town)
    scheduling.mark(appointment, "arrived", actor="user:1")
    assert "You have arrived" in client.get(Door(stay)("stay")).content.decode()


# Calendar


def test_the_calendar_answers_not_modified_until_something_changes(client: Client, town: Town) -> None:
    stay, appointment = booked(town)
    first = client.get(feed_url(stay))
    assert first["Content-Type"].startswith("text/calendar")
    again = client.get(feed_url(stay), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    actions.reschedule_appointment(stay, appointment, town.doctor, free(town, 5), actor="guest:x")
    changed = client.get(feed_url(stay), headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    (before,), (after,) = (Calendar.from_ical(page.content).walk("VEVENT") for page in (first, changed))
    assert before["UID"] == after["UID"]
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1
    actions.cancel_appointment(appointment, actor="guest:x")
    (gone,) = Calendar.from_ical(client.get(feed_url(stay)).content).walk("VEVENT")
    assert (gone["STATUS"], gone["UID"]) == ("CANCELLED", before["UID"])


def test_the_calendar_says_no_reason(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    text = client.get(feed_url(stay) + "?file").content.decode()
    for telling in ("Laser", "toning", "Haneul", "하늘", "Dermatology", "Doctor"):
        assert telling not in text


# Card


def test_the_card_speaks_korean_and_the_guests_language(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    html = client.get(Door(stay)("card")).content.decode()
    assert "이 주소로 가 주세요." in html
    assert "Please take me to this address." in html
    assert "Батбаяр Сарнай" in html
    assert "+82230000000" in html
    other = client.get(Door(stay)("card") + "?place=medical-tour-center").content.decode()
    assert '<h2 lang="ko" dir="ltr">메디컬투어센터</h2>' in other


def test_a_place_that_is_none_of_the_stays_shows_the_next_one(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    for place in HOSTILE[2:]:
        assert client.get(Door(stay)("card"), {"place": place}).status_code == 200, place


# Change and cancel


@pytest.mark.both
def test_a_new_time_is_taken_by_one_press(client: Client, town: Town) -> None:
    stay, appointment = booked(town)
    page = client.get(Door(stay)("change", appointment.pk))
    assert "This time stays yours until the new one is certain." in page.content.decode()
    answer = client.post(Door(stay)("change", appointment.pk), {"time": time_button(page.content.decode(), 2)})
    assert answer.status_code == 302
    appointment.refresh_from_db()
    assert appointment.sequence == 1


@pytest.mark.both
def test_a_time_taken_meanwhile_leaves_the_old_one(client: Client, town: Town) -> None:
    stay, appointment = booked(town)
    value = time_button(client.get(Door(stay)("change", appointment.pk)).content.decode(), 2)
    scheduling.hold(
        town.offering, town.doctor, dt.datetime.fromtimestamp(int(value.rsplit(".")[-1]), tz=dt.UTC), actor="api"
    )
    answer = client.post(Door(stay)("change", appointment.pk), {"time": value})
    assert answer.status_code == 409
    assert "Yours is still yours" in answer.content.decode()


def test_cancelling_asks_once_more(client: Client, town: Town) -> None:
    stay, appointment = booked(town)
    page = Door(stay)("cancel", appointment.pk)
    assert "Yes, cancel it" in client.get(page).content.decode()
    appointment.refresh_from_db()
    assert appointment.reservation.status == "booked"
    assert client.post(page).status_code == 302
    assert "stay_cancelled" in kinds_sent()
    assert client.post(page).status_code == 302


def test_after_the_cut_off_the_page_says_whom_to_call(client: Client, town: Town) -> None:
    stay, appointment = booked(town)
    near(appointment)
    for page in ("change", "cancel"):
        html = client.get(Door(stay)(page, appointment.pk)).content.decode()
        assert "It can no longer be changed here" in html
        assert "tel:+82230000000" in html
    assert client.post(Door(stay)("cancel", appointment.pk)).status_code == 409


def test_the_appointment_of_another_stay_is_not_found(client: Client, town: Town) -> None:
    stay, _mine = booked(town)
    _other, theirs = booked(town, 1, email="other@guest.example")
    for page in ("change", "cancel", "interpreter"):
        for pk in (theirs.pk, uuid.uuid4()):
            assert client.post(Door(stay)(page, pk)).status_code == 404


# Cars and interpreters


@pytest.mark.both
def test_a_flight_brings_a_car_at_once(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    answer = client.post(Door(stay)("ride", "arrival"), flight_form(town))
    assert answer.status_code == 302
    flight = Flight.objects.get()
    assert (flight.number, flight.place) == ("OM301", town.airport)
    assert flight.scheduled_at.astimezone(SEOUL).time() == dt.time(5, 20)
    ride = Ride.objects.get()
    assert (ride.party, ride.luggage, ride.destination) == (2, 2, town.hotel)
    html = client.get(answer["Location"]).content.decode()
    assert "You land: Icn T1" in html
    assert "Day 1 of your stay" in html


def test_what_waits_says_until_when_an_answer_comes(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    soon = timezone.localtime(timezone.now() + dt.timedelta(hours=20))
    answer = client.post(
        Door(stay)("ride", "arrival"), flight_form(town, day=soon.date().isoformat(), clock=soon.strftime("%H:%M"))
    )
    html = client.get(answer["Location"]).content.decode()
    assert "You get an answer by" in html
    assert "Ulaanbaatar" in html


def test_without_a_partner_institution_the_page_says_why_and_keeps_the_flight(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    town.clinic.institution.partner.delete()
    answer = client.post(Door(stay)("ride", "arrival"), flight_form(town))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "This is not possible" in html
    assert 'value="OM301"' in html or "OM 301" in html
    assert Flight.objects.exists()
    assert not Ride.objects.exists()


def test_a_car_home_and_a_car_in_between(client: Client, town: Town) -> None:
    stay, appointment = booked(town)
    day = timezone.localtime(appointment.reservation.starts_at).date()
    home = flight_form(town, day=(day + dt.timedelta(days=3)).isoformat(), clock="15:00", number="KE868")
    assert client.post(Door(stay)("ride", "departure"), home).status_code == 302
    between = {
        "origin": town.hotel.code, "destination": town.clinic.place.code, "day": day.isoformat(), "clock": "08:15",
        "party": "2", "luggage": "0", "wheelchairs": "1", "consent": "on",
    }  # fmt: skip
    assert client.post(Door(stay)("transfer"), between).status_code == 302
    assert sorted(Ride.objects.values_list("kind", flat=True)) == ["sending", "transfer"]


@pytest.mark.both
def test_hostile_words_in_the_car_form(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    page = Door(stay)("ride", "arrival")
    fields = ("number", "airport", "day", "clock", "place", "party", "luggage", "wheelchairs")
    for words, answer in attack(lambda words: client.post(page, flight_form(town, **words)), fields):
        assert answer.status_code in (200, 302), words


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "301"), ("number", "OM"), ("number", "OM 30199"), ("number", "대한 301"), ("airport", "hotel-samseong"),
        ("airport", "lax"), ("day", "2020-01-01"), ("day", "2099-01-01"), ("clock", "25:00"), ("party", "0"),
        ("party", "21"), ("luggage", "41"), ("wheelchairs", "5"), ("wheelchairs", "3"), ("place", "nowhere"), ("consent", ""),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_refused_beside_its_field(client: Client, town: Town, field: str, value: str) -> None:
    stay, _appointment = booked(town, consents=["booking", "health"])
    answer = client.post(Door(stay)("ride", "arrival"), flight_form(town, **{field: value}))
    assert answer.status_code == 200
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Ride.objects.exists()


@pytest.mark.parametrize("number", ["OM 301", "ke868", "KAL 86", "7C1101", "OZ-102", "BA15A"])
def test_flight_numbers_as_on_tickets(client: Client, town: Town, number: str) -> None:
    stay, _appointment = booked(town)
    assert client.post(Door(stay)("ride", "arrival"), flight_form(town, number=number)).status_code == 302


def test_an_interpreter_in_the_guests_language_and_as_wished(client: Client, town: Town) -> None:
    stay, appointment = booked(town)
    page = client.get(Door(stay)("interpreter", appointment.pk)).content.decode()
    assert '<option value="mn" selected>' in page
    answer = client.post(Door(stay)("interpreter", appointment.pk), {"language": "mn", "wish": "female"})
    assert answer.status_code == 302
    job = Interpreting.objects.get()
    assert (job.language, job.wish, job.field) == ("mn", "female", town.clinic.department)


@pytest.mark.both
def test_hostile_words_in_the_interpreter_form(client: Client, town: Town) -> None:
    stay, appointment = booked(town)
    for value in HOSTILE:
        answer = client.post(Door(stay)("interpreter", appointment.pk), {"language": value, "wish": value})
        assert answer.status_code == 200, value
        assert not Interpreting.objects.exists(), value


def test_a_car_is_called_off(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    client.post(Door(stay)("ride", "arrival"), flight_form(town))
    ride = Ride.objects.get()
    for _time in range(2):
        assert client.post(Door(stay)("call_off", "ride", ride.pk)).status_code == 302
    ride.refresh_from_db()
    assert ride.status == "cancelled"
    for service, pk in (("ride", uuid.uuid4()), ("interpreting", ride.pk), ("moon", ride.pk)):
        assert client.post(Door(stay)("call_off", service, pk)).status_code == 404


# The guest's own data


def test_the_guest_sees_who_read_their_record(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    record_access("user:1", "Haneul Clinic", stay.guest, "appointment")
    html = client.get(Door(stay)("stay_privacy")).content.decode()
    assert "Haneul Clinic" in html
    assert "Given on" in html


@pytest.mark.parametrize("purpose", ["concierge", "health"])
def test_a_consent_is_ended_after_the_page_said_what_follows(client: Client, town: Town, purpose: str) -> None:
    stay, appointment = booked(town)
    page = Door(stay)("withdraw", purpose)
    assert "Yes, end it" in client.get(page).content.decode()
    assert purpose in queries.consents_in_force(stay)
    client.post(page)
    assert purpose not in queries.consents_in_force(stay)
    appointment.refresh_from_db()
    assert appointment.reservation.status == ("cancelled" if purpose == "health" else "booked")
    assert client.get(page).status_code == 302


def test_a_new_link_ends_the_old_one(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    door = Door(stay)
    answer = client.post(door("replace_links"))
    assert client.get(answer["Location"]).status_code == 200
    gone = client.get(door("stay"))
    assert gone.status_code == 410
    assert "replaced by a newer one" in gone.content.decode()
    assert re.search(r'href="/en/link/"', gone.content.decode())


def test_an_expired_link_says_so(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    door = Door(stay)
    SecureLink.objects.filter(purpose="stay").update(expires_at=timezone.now())
    assert client.get(door("stay")).status_code == 410


def test_asking_for_a_link_answers_the_same_for_everybody(client: Client, town: Town) -> None:
    booked(town)
    with translation.override("en"):
        page = reverse("portal:new_link")
    answers = []
    for email in ("sarnai@guest.example", "nobody@guest.example"):
        html = client.post(page, {"email": email}).content.decode()
        answers.append(re.sub(r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"', "", html))
    assert answers[0] == answers[1]
    assert kinds_sent().count("stay_link") == 1


@pytest.mark.both
def test_hostile_addresses(client: Client, town: Town) -> None:
    with translation.override("en"):
        page = reverse("portal:new_link")
    for value in HOSTILE:
        cache.clear()
        assert client.post(page, {"email": value}).status_code == 200, value


def test_a_browser_forgets_the_stay_when_told(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    client.get(Door(stay)("stay"))
    assert "stay_link" in client.session
    with translation.override("en"):
        client.post(reverse("portal:leave"))
    assert "stay_link" not in client.session


def test_a_flight_that_misses_the_appointment_is_said_at_once(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    day = timezone.localdate() + dt.timedelta(days=6)
    answer = client.post(Door(stay)("ride", "arrival"), flight_form(town, day=day.isoformat()))
    assert "By your flights you are not in Seoul" in client.get(answer["Location"]).content.decode()


def test_addresses_that_only_take_presses_lead_to_the_stay(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    door = Door(stay)
    for address in (door("replace_links"), door("call_off", "ride", stay.pk)):
        assert client.get(address)["Location"] == door("stay")
    assert client.get(door("stay")).status_code == 200  # nothing was replaced


def test_asking_too_often_keeps_what_was_typed(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    with override_settings(RATES={**settings.RATES, "request": "0/h"}):
        html = client.post(Door(stay)("ride", "arrival"), flight_form(town, number="OM301")).content.decode()
    assert "This was tried too often" in html
    assert 'value="OM301"' in html
    assert not stay.rides.exists()


def test_my_stay_leads_to_the_stay_that_this_browser_knows(client: Client, town: Town) -> None:
    stay, _appointment = booked(town)
    with translation.override("en"):
        page, ask = reverse("portal:my_stay"), reverse("portal:new_link")
    assert client.get(page)["Location"] == ask
    client.get(Door(stay)("stay"))
    assert client.get(page)["Location"] == Door(stay)("stay")
