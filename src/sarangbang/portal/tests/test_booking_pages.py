"""The pages from a free time to a stay, as a guest on a phone walks them, and as somebody hostile does."""

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

from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.stays import actions, queries
from sarangbang.stays.models import Intake, Stay
from sarangbang.stays.tests.world import TOKEN, booked, free, kinds_sent, let_run_out, sent_code, wrong
from sarangbang.ui import locales

from .hostile import HOSTILE, attack

pytestmark = pytest.mark.once

Town = SimpleNamespace

FORM: dict[str, Any] = {
    "name": "Батбаяр Сарнай",
    "name_latin": "Batbayar Sarnai",
    "nationality": "MN",
    "birth_year": "1990",
    "sex": "female",
    "email": "sarnai@guest.example",
    "phone": "+976 9911 2345",
    "language": "mn",
    "zone": "Asia/Ulaanbaatar",
    "companions": "1",
    "arrives_on": "",
    "leaves_on": "",
    "consent_booking": "on",
    "consent_health": "on",
}


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


def url(name: str, *args: object) -> str:
    with translation.override("en"):
        return reverse(f"portal:{name}", args=args)


def time_button(html: str, nth: int = 0) -> str:
    return re.findall(r'name="time" value="([^"]+)"', html)[nth]


def press(client: Client, town: Town, **more: str) -> Any:
    """Open the times of the next days and press the first one."""
    day = timezone.localtime(free(town)).date().isoformat()
    page = client.get(url("times", town.offering.pk), {"arrive": day})
    nonce = re.search(r'name="nonce" value="(\w+)"', page.content.decode())
    assert nonce is not None
    return client.post(
        url("hold", town.offering.pk), {"time": time_button(page.content.decode()), "nonce": nonce[1], **more}
    )


def token_in(response: Any) -> str:
    found = TOKEN.search(response["Location"])
    assert found is not None, response["Location"]
    return found[1]


def to_code(client: Client, town: Town, **changes: str) -> str:
    """Hold a time and send the form; returns the token."""
    token = token_in(press(client, town))
    response = client.post(url("details", token), {**FORM, **changes})
    assert response["Location"].endswith("/code/"), response
    return token


# Taking a time


@pytest.mark.django_db
def test_free_times_are_shown_in_korean_time_and_the_guests_own(client: Client, town: Town) -> None:
    client.cookies["zone"] = "Asia/Dubai"
    day = timezone.localtime(free(town)).date().isoformat()
    html = client.get(url("times", town.offering.pk), {"arrive": day}).content.decode()
    assert ">09:00" in html
    assert "04:00</small>" in html
    assert "Dubai: " not in html  # the same day there


@pytest.mark.django_db
def test_another_day_at_home_is_said(client: Client, town: Town) -> None:
    client.cookies["zone"] = "America/New_York"
    starts_at = free(town)  # nine in the morning in Seoul
    html = client.get(url("times", town.offering.pk), {"at": starts_at.isoformat()}).content.decode()
    assert f"New York: {locales.short_day(starts_at, 'en', 'America/New_York')}" in html


@pytest.mark.django_db
def test_another_language_shows_the_same_week_and_time(client: Client, town: Town) -> None:
    starts_at = free(town) + dt.timedelta(days=28)
    page = client.get(url("times", town.offering.pk), {"at": starts_at.isoformat()}).content.decode()
    kept = dict(re.findall(r'<input type="hidden" name="(at|hold)" value="([^"]+)"', page))
    arabic = client.get(
        url("times", town.offering.pk).replace("/en/", "/ar/"), {**kept, "arrive": "", "practitioner": ""}
    )
    assert f'class="wanted"><time datetime="{locales.iso(starts_at)}"' in arabic.content.decode()


@pytest.mark.django_db
def test_a_time_is_held_for_ten_minutes_and_no_longer_free(client: Client, town: Town) -> None:
    starts_at = free(town)
    response = press(client, town)
    page = client.get(response["Location"])
    assert page.status_code == 200
    appointment = Appointment.objects.select_related("reservation").get()
    assert appointment.reservation.starts_at == starts_at
    left = appointment.reservation.hold_expires_at - timezone.now()
    assert dt.timedelta(minutes=9) < left <= dt.timedelta(minutes=10)
    assert free(town) > starts_at
    html = page.content.decode()
    assert "data-until" in html
    assert '<iframe class="clock"' in html


@pytest.mark.both
@pytest.mark.django_db
def test_two_quick_presses_hold_once(client: Client, town: Town) -> None:
    day = timezone.localtime(free(town)).date().isoformat()
    html = client.get(url("times", town.offering.pk), {"arrive": day}).content.decode()
    sent = {"time": time_button(html), "nonce": re.search(r'name="nonce" value="(\w+)"', html)[1]}  # type: ignore[index]
    assert (
        client.post(url("hold", town.offering.pk), sent)["Location"]
        == client.post(url("hold", town.offering.pk), sent)["Location"]
    )
    assert Appointment.objects.count() == 1


@pytest.mark.django_db
def test_who_is_too_late_is_offered_the_next_times(client: Client, town: Town) -> None:
    day = timezone.localtime(free(town)).date().isoformat()
    html = client.get(url("times", town.offering.pk), {"arrive": day}).content.decode()
    scheduling.hold(town.offering, town.doctor, free(town), actor="api")
    response = client.post(url("hold", town.offering.pk), {"time": time_button(html)})
    assert response.status_code == 409
    assert "Somebody else has just taken this time" in response.content.decode()
    assert time_button(response.content.decode()) != time_button(html)


@pytest.mark.django_db
def test_a_button_that_was_tampered_with_holds_nothing(client: Client, town: Town) -> None:
    for value in (
        *HOSTILE,
        "",
        "1.2.3",
        "99999999.486ed4a3-2b12-48df-8256-e882f7928df8.1796695200",
        "1." + "-" * 36 + ".1796695200",
    ):
        response = client.post(url("hold", town.offering.pk), {"time": value})
        assert response.status_code == 409, value
        assert not Appointment.objects.exists(), value


@pytest.mark.django_db
def test_a_lapsed_institution_cannot_be_booked_and_the_page_says_why(client: Client, town: Town) -> None:
    starts_at = free(town)
    town.clinic.institution.registrations.update(insured_until=timezone.localdate() - dt.timedelta(days=1))
    page = client.get(url("times", town.offering.pk))
    assert page.status_code == 410
    assert "registration" in page.content.decode()
    value = f"{town.offering.pk}.{town.doctor.pk}.{int(starts_at.timestamp())}"
    assert client.post(url("hold", town.offering.pk), {"time": value}).status_code == 410
    assert not Appointment.objects.exists()


@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        {"arrive": "9999-12-31"}, {"arrive": "0001-01-01"}, {"arrive": "soon"}, {"at": "9999-12-31T23:59:59Z"},
        {"at": "0001-01-01T00:00:00+14:00"}, {"at": "x" * 500}, {"at": "2026-13-45T00:00:00Z"}, {"practitioner": "x"},
        {"hold": "x"}, {"hold": "é" * 43}, {"zone": "Mars/Olympus"},
    ],
)  # fmt: skip
def test_odd_questions_are_answered_with_a_page(client: Client, town: Town, query: dict[str, str]) -> None:
    assert client.get(url("times", town.offering.pk), query).status_code == 200


@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.parametrize("offering", [0, 10**9, 10**40])
def test_an_offering_that_does_not_exist_is_not_found(client: Client, offering: int) -> None:
    assert client.get(url("times", offering)).status_code == 404


# Details


@pytest.mark.django_db
def test_no_consent_is_ticked_beforehand(client: Client, town: Town) -> None:
    html = client.get(press(client, town)["Location"]).content.decode()
    assert len(re.findall(r'type="checkbox"', html)) == 5
    assert "checked" not in html


@pytest.mark.django_db
def test_what_was_typed_is_kept_beside_its_errors(client: Client, town: Town) -> None:
    token = token_in(press(client, town))
    response = client.post(
        url("details", token), {**FORM, "name_latin": "Сарнай", "birth_year": "2031", "consent_health": ""}
    )
    html = response.content.decode()
    assert response.status_code == 200
    assert "Батбаяр Сарнай" in html
    assert "sarnai@guest.example" in html
    assert "Please use Latin letters" in html
    assert "This year is in the future." in html
    assert "Without this consent we cannot book for you." in html
    assert not Intake.objects.exists()


@pytest.mark.django_db
def test_what_was_typed_survives_a_change_of_language(client: Client, town: Town) -> None:
    token = token_in(press(client, town))
    with translation.override("ar"):
        arabic = reverse("portal:details", args=[token])
    response = client.post(arabic, {**FORM, "_keep": "1"})
    html = response.content.decode()
    assert 'dir="rtl"' in html
    assert "Батбаяр Сарнай" in html
    assert 'role="alert"' not in html
    assert not Intake.objects.exists()


@pytest.mark.django_db
def test_ticks_and_newer_words_survive_the_wish_for_another_time(client: Client, town: Town) -> None:
    token = to_code(client, town)  # the form was sent once, and is changed now
    client.post(url("details", token), {**FORM, "name": "Сарнай", "_another": "1"})
    html = client.get(url("details", token)).content.decode()
    assert 'value="Сарнай"' in html
    assert len(re.findall(r'name="consent_\w+"[^>]* checked', html)) == len(
        [name for name in FORM if "consent" in name]
    )


@pytest.mark.django_db
def test_what_was_typed_survives_the_limit_of_messages(client: Client, town: Town) -> None:
    token = token_in(press(client, town))
    with override_settings(RATES={**settings.RATES, "code": "0/h"}):
        assert client.post(url("details", token), FORM).status_code == 429
    assert 'value="Batbayar Sarnai"' in client.get(url("details", token)).content.decode()


@pytest.mark.both
@pytest.mark.django_db
def test_the_form_sent_twice_sends_one_code(client: Client, town: Town) -> None:
    token = to_code(client, town)
    client.post(url("details", token), FORM)
    assert kinds_sent().count("stay_code") == 1
    assert client.post(url("code", token), {"code": sent_code()}).status_code == 302


@pytest.mark.django_db
def test_a_page_that_only_takes_presses_leads_on(client: Client, town: Town) -> None:
    token = to_code(client, town)
    assert client.get(url("send_again", token))["Location"] == url("code", token)
    assert client.get(url("leave"))["Location"] == url("home")


@pytest.mark.django_db
def test_an_offer_that_ended_says_so(client: Client, town: Town) -> None:
    town.offering.is_active = False
    town.offering.save()
    response = client.get(url("times", town.offering.pk))
    assert response.status_code == 410
    assert "no longer offers this procedure" in response.content.decode()


@pytest.mark.django_db
def test_what_was_typed_survives_the_wish_for_another_time(client: Client, town: Town) -> None:
    token = token_in(press(client, town))
    response = client.post(url("details", token), {"name": "Батбаяр Сарнай", "email": "half", "_another": "1"})
    assert "hold=" in response["Location"]
    html = client.get(response["Location"]).content.decode()
    again = client.post(url("hold", town.offering.pk), {"time": time_button(html, 3), "hold": token})
    assert token_in(again) == token
    assert "Батбаяр Сарнай" in client.get(url("details", token)).content.decode()
    assert Appointment.objects.count() == 1


@pytest.mark.both
@pytest.mark.django_db
def test_hostile_words_never_break_the_form(client: Client, town: Town) -> None:
    token = token_in(press(client, town))
    consents = {name for name in FORM if name.startswith("consent_")}
    sent_alone = set()
    for words, response in attack(
        lambda words: client.post(url("details", token), {**FORM, **words}), sorted(FORM.keys() - consents)
    ):
        assert response.status_code in (200, 302, 429), words
        assert "<script>x" not in response.content.decode()
        if len(words) == 1:
            sent_alone |= words.keys()
    assert {"name", "name_latin"} <= sent_alone
    for word in HOSTILE:  # a box is ticked or not, by whatever word
        cache.clear()
        response = client.post(url("details", token), {**FORM, **dict.fromkeys(consents, word)})
        assert response.status_code in (200, 302, 429), word


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nationality", "XX"), ("nationality", "QO"), ("birth_year", "1800"), ("birth_year", "2030"), ("zone", "Mars/Olympus"),
        ("sex", "yes"), ("email", "nobody"), ("phone", "12345"), ("language", "tlh"), ("companions", "21"),
        ("companions", "-1"), ("arrives_on", "2099-01-01"), ("leaves_on", "2020-01-01"), ("name", "12345"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_refused_beside_its_field(client: Client, town: Town, field: str, value: str) -> None:
    token = token_in(press(client, town))
    response = client.post(url("details", token), {**FORM, field: value})
    assert response.status_code == 200
    assert f'id="id_{field}_error"' in response.content.decode()
    assert not Intake.objects.exists()


@pytest.mark.django_db
def test_sending_the_form_gives_time_for_the_message_once(client: Client, town: Town) -> None:
    token = to_code(client, town)
    reservation = Reservation.objects.get()
    assert reservation.hold_expires_at == reservation.created_at + dt.timedelta(minutes=20)
    client.post(url("details", token), FORM)
    reservation.refresh_from_db()
    assert reservation.hold_expires_at == reservation.created_at + dt.timedelta(minutes=20)


# Code and link


@pytest.mark.both
@pytest.mark.django_db
def test_the_right_code_books_and_leads_to_the_stay(client: Client, town: Town) -> None:
    token = to_code(client, town)
    response = client.post(url("code", token), {"code": sent_code()})
    page = client.get(response["Location"])
    assert page.status_code == 200
    assert "Day 1 of your stay" in page.content.decode()
    assert kinds_sent() == ["stay_code", "stay_booked"]


@pytest.mark.django_db
def test_the_same_code_again_leads_to_the_same_stay_even_from_another_browser(client: Client, town: Town) -> None:
    token = to_code(client, town)
    code = sent_code()
    first = client.post(url("code", token), {"code": code})
    second = Client().post(url("code", token), {"code": code})
    assert first["Location"] == second["Location"]
    assert Stay.objects.count() == 1


@pytest.mark.django_db
def test_who_has_the_hold_link_but_not_the_code_does_not_reach_the_stay(client: Client, town: Town) -> None:
    token = to_code(client, town)
    client.post(url("code", token), {"code": sent_code()})
    stranger = Client()
    for page in ("details", "code", "taken"):
        assert stranger.get(url(page, token)).status_code == 410
    response = stranger.post(url("code", token), {"code": wrong(sent_code())})
    assert response.status_code == 200


@pytest.mark.django_db
def test_a_wrong_code_is_refused_beside_the_field(client: Client, town: Town) -> None:
    token = to_code(client, town)
    for value in (*HOSTILE, "", "12345", "1234567"):
        response = client.post(url("code", token), {"code": value})
        assert response.status_code == 200, value
        assert 'id="id_code_error"' in response.content.decode(), value
        assert not Stay.objects.exists(), value


@pytest.mark.django_db
def test_opening_the_link_books_nothing_its_button_does(client: Client, town: Town) -> None:
    to_code(client, town)
    link = SecureLink.objects.get(purpose=SecureLink.Purpose.CONFIRM)
    address = url("confirm", links.token_of(link))
    scanner = Client()
    for _time in range(2):
        assert scanner.get(address).status_code == 200
    assert not Stay.objects.exists()
    on_the_phone = Client()
    stay_page = on_the_phone.post(address)["Location"]
    assert Stay.objects.count() == 1
    assert on_the_phone.post(address)["Location"] == stay_page


@pytest.mark.django_db
def test_a_link_to_an_address_that_was_changed_opens_nothing(client: Client, town: Town) -> None:
    token = to_code(client, town)
    link = SecureLink.objects.get(purpose=SecureLink.Purpose.CONFIRM)
    client.post(url("details", token), {**FORM, "email": "other@guest.example"})
    assert client.post(url("confirm", links.token_of(link))).status_code == 410
    assert not Stay.objects.exists()


@pytest.mark.django_db
def test_a_new_code_replaces_the_old_one(client: Client, town: Town) -> None:
    token = to_code(client, town)
    old = sent_code()
    client.post(url("send_again", token))
    if sent_code() != old:
        assert client.post(url("code", token), {"code": old}).status_code == 200
    assert client.post(url("code", token), {"code": sent_code()}).status_code == 302


@pytest.mark.django_db
def test_too_many_messages_are_not_sent(client: Client, town: Town) -> None:
    token = to_code(client, town)
    for _time in range(40):
        response = client.post(url("send_again", token))
    assert response.status_code == 429
    assert kinds_sent().count("stay_code") <= 6


# Ran out, lost


@pytest.mark.both
@pytest.mark.django_db
def test_a_hold_that_ran_out_is_held_again_without_a_word(client: Client, town: Town) -> None:
    token = token_in(press(client, town))
    let_run_out(Appointment.objects.get())
    assert "What you typed is still here" in client.get(url("details", token)).content.decode()
    response = client.post(url("details", token), FORM)
    assert response["Location"].endswith("/code/")


@pytest.mark.django_db
def test_a_lost_time_leads_to_the_next_ones_and_what_was_typed_comes_along(client: Client, town: Town) -> None:
    token = token_in(press(client, town))
    appointment = Appointment.objects.get()
    let_run_out(appointment)
    scheduling.hold(town.offering, town.doctor, appointment.reservation.starts_at, actor="api")
    response = client.post(url("details", token), FORM)
    assert response["Location"].endswith("/taken/")
    html = client.get(response["Location"]).content.decode()
    assert "Nothing you typed is lost" in html
    assert str(town.other.offering.pk) + "." in html
    response = client.post(response["Location"], {"time": time_button(html)})
    assert response["Location"].endswith("/code/")
    client.post(url("send_again", token))
    client.post(url("code", token), {"code": sent_code()})
    assert Stay.objects.get().guest.name == FORM["name"]


@pytest.mark.both
@pytest.mark.django_db
def test_lost_after_the_code_the_next_time_is_booked_at_once(client: Client, town: Town) -> None:
    token = to_code(client, town)
    appointment = Appointment.objects.get()
    let_run_out(appointment)
    scheduling.hold(town.offering, town.doctor, appointment.reservation.starts_at, actor="api")
    response = client.post(url("code", token), {"code": sent_code()})
    assert response["Location"].endswith("/taken/")
    html = client.get(response["Location"]).content.decode()
    elsewhere = next(
        value
        for value in re.findall(r'name="time" value="([^"]+)"', html)
        if value.startswith(f"{town.other.offering.pk}.")
    )
    response = client.post(url("taken", token), {"time": elsewhere})
    assert "/stay/" in response["Location"]
    assert Appointment.objects.get(guest__isnull=False).institution == town.other.institution


@pytest.mark.django_db
def test_nothing_else_can_be_chosen_there(client: Client, town: Town) -> None:
    token = token_in(press(client, town))
    for value in (*HOSTILE, ""):
        assert client.post(url("taken", token), {"time": value}).status_code == 409, value


@pytest.mark.both
@pytest.mark.django_db
def test_two_guests_on_two_phones_one_gets_the_time(client: Client, town: Town) -> None:
    day = timezone.localtime(free(town)).date().isoformat()
    phones = [Client(), Client()]
    pages = [phone.get(url("times", town.offering.pk), {"arrive": day}).content.decode() for phone in phones]
    answers = [
        phone.post(url("hold", town.offering.pk), {"time": time_button(page), "nonce": uuid.uuid4().hex})
        for phone, page in zip(phones, pages, strict=True)
    ]
    assert [answer.status_code for answer in answers] == [302, 409]


# Links


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page", ["details", "code", "taken", "send_again", "confirm", "stay", "card", "calendar", "stay_privacy"]
)
@pytest.mark.parametrize("token", ["x", "A" * 43, "é" * 43, "..", "%00"])
def test_a_forged_link_says_so_and_offers_a_new_one(client: Client, db: None, page: str, token: str) -> None:
    for answer in (client.get(url(page, token)), client.post(url(page, token))):
        assert answer.status_code in (400, 404, 405)
        if answer.status_code == 404:
            assert url("new_link") in answer.content.decode()


@pytest.mark.django_db
def test_what_was_forgotten_is_an_expired_link(client: Client, town: Town) -> None:
    token = token_in(press(client, town))
    Reservation.objects.update(hold_expires_at=timezone.now() - dt.timedelta(hours=2))
    actions.forget_expired_intakes()
    assert client.get(url("details", token)).status_code == 410


@pytest.mark.django_db
def test_secret_pages_are_kept_nowhere(client: Client, town: Town) -> None:
    token = token_in(press(client, town))
    for page in ("details", "taken"):
        answer = client.get(url(page, token))
        assert "no-store" in answer["Cache-Control"]
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "same-origin"


# More for a stay that is open


@pytest.mark.django_db
def test_a_guest_whose_stay_is_open_types_nothing_again(client: Client, town: Town) -> None:
    stay, _first = booked(town)
    link = queries.link_to(stay, "stay")
    assert link is not None
    client.get(url("stay", links.token_of(link)))
    token = token_in(press(client, town))
    page = client.get(url("details", token)).content.decode()
    assert 'name="email"' not in page
    response = client.post(url("details", token))
    assert "/stay/" in response["Location"]
    assert stay.stay_appointments.count() == 2
    assert 'name="email"' in client.get(url("details", token_in(press(client, town))) + "?other=1").content.decode()


@pytest.mark.django_db
def test_links_on_the_answer_to_a_lost_press_lead_to_the_times(client: Client, town: Town) -> None:
    answer = client.get(url("hold", town.offering.pk), {"arrive": "2026-12-01"})
    assert answer["Location"] == url("times", town.offering.pk) + "?arrive=2026-12-01"
