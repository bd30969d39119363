"""Pages of the ground floor in ten languages, the language switch, and what is said when something fails."""

import datetime as dt
import re

import pytest
from django.shortcuts import render
from django.test import Client
from django.utils import translation

from sarangbang.ui import views
from sarangbang.ui.context import in_language
from sarangbang.ui.locales import LANGUAGES
from sarangbang.ui.templatetags.ui import double_clock, foreign

pytestmark = pytest.mark.urls("sarangbang.ui.tests.urls")
CODES = [each.code for each in LANGUAGES]
KINDS = ["400", "403", "404", "429", "500", "csrf", "expired", "revoked", "used", "unknown", "forged"]


@pytest.fixture(autouse=True)
def room_settings(settings):
    """Nothing of the ground floor asks a database."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.UI_NAV = None


@pytest.mark.parametrize("language", LANGUAGES, ids=CODES)
def test_every_component_is_shown_in_every_language(client, language):
    page = client.get(f"/{language.code}/ui/")
    html = page.content.decode()
    assert page.status_code == 200
    assert f'<html lang="{language.tag}" dir="{language.dir}"' in html
    assert html.count("hreflang=") >= 20


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", ["en", "ko", "ar"])
def test_every_problem_says_what_to_do_next(client, kind, code):
    page = client.get(f"/{code}/ui/problem/{kind}/")
    html = page.content.decode()
    assert page.status_code in (400, 403, 404, 410, 429, 500)
    assert f'lang="{code}"' in html
    assert 'class="button' in html
    assert html.count("<h1") == 1


@pytest.mark.parametrize(("how", "status"), [("400", 400), ("403", 403), ("429", 429), ("500", 500)])
def test_faults_of_views_end_on_our_pages(how, status):
    page = Client(raise_request_exception=False).get(f"/ar/fails/{how}/")
    assert page.status_code == status
    assert 'dir="rtl"' in page.content.decode()
    if status == 429:
        assert int(page["Retry-After"]) > 0


def test_an_unknown_address_is_answered_in_its_language(client):
    page = client.get("/ar/nowhere/")
    assert page.status_code == 404
    assert 'dir="rtl"' in page.content.decode()


def test_a_lost_csrf_token_leads_back_to_the_page():
    page = Client(enforce_csrf_checks=True).post("/en/ui/?a=1", {"name": "x"})
    assert page.status_code == 403
    assert 'href="/en/ui/?a=1"' in page.content.decode()


def test_the_last_page_stands_when_everything_else_fell(rf, monkeypatch):
    monkeypatch.setattr(views, "render_to_string", lambda *_: 1 / 0)
    page = views.server_error(rf.get("/en/"))
    assert page.status_code == 500
    assert b"our side" in page.content


def test_a_forged_host_does_not_break_the_page_that_answers_it(client, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    assert client.get("/en/ui/", headers={"host": "evil.example"}).status_code == 400


def test_the_switch_leads_to_the_same_place_with_the_same_query(client):
    html = client.get("/en/ui/board/?q=eye&page=2").content.decode()
    assert "board-name" in html
    html = client.get("/en/nowhere/?q=eye&page=2").content.decode()
    assert 'href="/ar/nowhere/?q=eye&amp;page=2"' in html


def test_the_switch_sends_the_half_filled_form_along(client):
    html = client.get("/en/ui/?a=1").content.decode()
    button = re.search(r'<button type="submit" name="_keep"[^>]*lang="ar"[^>]*>', html).group()
    assert 'form="try"' in button
    assert 'formaction="/ar/ui/?a=1"' in button
    assert 'formmethod="post"' in button
    kept = client.post("/ar/ui/?a=1", {"name": "Сарнай", "wish": "woman", "_keep": "1"}).content.decode()
    assert 'value="Сарнай"' in kept
    assert 'value="woman" id="id_wish_1" required checked' in kept or re.search(r'value="woman"[^>]*checked', kept)


def test_the_switch_takes_what_stands_in_a_search_form_along(rf):
    html = render(rf.get("/en/search/?q=eye"), "ui/base.html", {"keep_form": "find", "keep_get": True}).content.decode()
    button = re.search(r'<button type="submit"[^>]*lang="ar"[^>]*>', html).group()
    assert 'form="find"' in button
    assert 'formaction="/ar/search/"' in button
    assert 'formmethod="get"' in button
    assert "_keep" not in button


@pytest.mark.parametrize(
    ("path", "code", "there"),
    [("/en/a/", "zh-hans", "/zh-hans/a/"), ("/zh-hans/", "ko", "/ko/"), ("/english/", "ko", "/english/")],
)
def test_only_a_language_prefix_is_exchanged(path, code, there):
    assert in_language(path, code) == there


def test_the_chosen_language_is_remembered_and_errors_are_not(client, settings):
    cookie = settings.LANGUAGE_COOKIE_NAME
    client.get("/mn/ui/problem/404/")
    assert cookie not in client.cookies
    client.get("/mn/ui/")
    assert client.cookies[cookie].value == "mn"
    again = client.get("/mn/ui/")
    assert cookie not in again.cookies


def test_a_page_without_a_language_in_its_address_takes_it_from_the_query(client, settings):
    page = client.get("/plain/?language=th")
    assert page.content == b"<p>th</p>"
    assert page.cookies[settings.LANGUAGE_COOKIE_NAME].value == "th"
    assert client.get("/plain/?language=xx").status_code == 200


@pytest.mark.parametrize("until", [0, 1, 10**18])
def test_the_clock_without_javascript_asks_again_until_nothing_is_left(client, until):
    page = client.get(f"/ko/ui/clock/{until}/")
    assert page.status_code == 200
    assert ("Refresh" in page.headers) is (until > 10**9)
    assert page["X-Frame-Options"] == "SAMEORIGIN"


def test_home_is_left_out_while_its_clocks_agree_and_its_day_is_said_when_it_differs():
    exam = dt.datetime(2026, 12, 9, 1, 30, tzinfo=dt.UTC)
    with translation.override("en"):
        assert "home" not in double_clock(exam, "Asia/Tokyo")
        assert "09:30" in double_clock(exam, "Asia/Ulaanbaatar")
        assert "Tue 8 Dec" in double_clock(exam, "America/Los_Angeles")
        assert "10:30–11:30" in double_clock(exam, None, exam + dt.timedelta(hours=1))


def test_fragments_say_their_language_and_direction_and_are_escaped():
    assert foreign("하늘안과병원", "ko") == '<span lang="ko" dir="ltr">하늘안과병원</span>'
    assert foreign("محمد", "", "b") == '<b dir="rtl">محمد</b>'
    assert "<script>" not in foreign("<script>", "ar")
