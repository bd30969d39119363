"""The pages of desk and crews in a browser: axe in three languages, taps without a connection, without JavaScript."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from sarangbang.concierge import actions
from sarangbang.concierge.actions import telling
from sarangbang.concierge.models import Interpreting
from sarangbang.people import links

from .test_asking import pick_up, speak
from .test_tapping import soon

pytestmark = [pytest.mark.browser]
LANGUAGES = ["en", "ko", "ar"]


def url(language: str, name: str, *args: object) -> str:
    with translation.override(language):
        return reverse(f"concierge:{name}", args=args)


@pytest.fixture
def rider(town_of_threads, live_server, settings):
    """The driver's job half an hour ahead, and the driver's token."""
    town = town_of_threads
    town.ride = soon(actions.assign(pick_up(town), town.small, actor="user:1"))
    town.job = actions.assign(speak(town), town.oyuun, actor="user:1")
    town.token = links.token_of(telling.crew_link(town.small.driver))
    settings.DEMO = True
    return town


def signed_in(page, live_server, client, user) -> None:
    client.force_login(user)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])


@pytest.mark.parametrize(("language", "width", "other"), [("en", 1440, 375), ("ko", 375, 1440), ("ar", 375, 1440)])
def test_the_desk_is_clean(rider, live_server, new_page, axe, client, language, width, other):
    """axe reads each language at one width; nothing is wider than the screen at either."""
    page = new_page(locale=language, width=width)
    signed_in(page, live_server, client, rider.coordinator)
    day = rider.at(5, 0).date().isoformat()
    for path in (
        url(language, "desk"),
        f"{url(language, 'desk')}?day={day}&show=list",
        url(language, "ride", rider.ride.pk),
        url(language, "interpreting", rider.job.pk),
    ):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(live_server.url + path)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        page.set_viewport_size({"width": other, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_of_a_crew_and_the_rules_are_clean(rider, live_server, new_page, axe, language):
    page = new_page(locale=language, width=375)
    interpreter = links.token_of(telling.crew_link(rider.oyuun))
    for path in (
        url(language, "driver", rider.token),
        url(language, "board", rider.token, rider.ride.pk),
        url(language, "driver_phrases", rider.token, rider.ride.pk),
        url(language, "interpreter", interpreter),
        url(language, "crew_link", "driver", "x" * 43),
        url(language, "rules"),
    ):
        page.goto(live_server.url + path)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_the_pages_of_an_interpreter_s_own_time_are_clean(rider, live_server, new_page, axe):
    page = new_page(locale="ar", width=375)
    interpreter = links.token_of(telling.crew_link(rider.oyuun))
    for name, *args in (
        ("interpreter_terms", rider.job.pk), ("interpreter_hours",), ("interpreter_away",), ("interpreter_month",),
    ):  # fmt: skip
        page.goto(live_server.url + url("ar", name, interpreter, *args))
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def at_jobs(rider, live_server, new_page, **more):
    """The driver's phone with the jobs open."""
    page = new_page(locale="ko", width=375, **more)
    page.goto(live_server.url + url("ko", "driver", rider.token))
    return page


def said(rider) -> list[str]:
    return list(rider.ride.taps.order_by("pk").values_list("word", flat=True))


def test_a_tap_without_a_connection_waits_and_is_sent_when_it_is_back(rider, live_server, new_page):
    page = at_jobs(rider, live_server, new_page)
    page.context.set_offline(True)
    page.locator("button[value=on_the_way]").click()
    page.locator("[data-taps]").wait_for(state="visible")
    assert said(rider) == []
    page.context.set_offline(False)
    page.locator("[data-said=on_the_way]").wait_for()
    assert said(rider) == ["on_the_way"]
    rider.ride.refresh_from_db()
    assert rider.ride.status == "under_way"


def kept(page) -> list[str]:
    return page.evaluate("caches.keys().then((names) => names.filter((name) => name.startsWith('crew-d-')))")


def test_the_day_opens_without_a_connection_and_what_is_tapped_there_arrives_once(rider, live_server, new_page):
    page = at_jobs(rider, live_server, new_page)
    jobs, board = (url("ko", name, *args) for name, args in (
        ("driver", [rider.token]), ("board", [rider.token, rider.ride.pk]),
    ))  # fmt: skip
    page.locator("html[data-kept]").wait_for(state="attached")
    page.context.set_offline(True)
    page.locator("[data-thumb] button[value=on_the_way]").click()
    assert said(rider) == []
    page.reload()
    page.locator("[data-kept-page]").wait_for()
    page.locator("[data-thumb] button[value=at_place]").dblclick(no_wait_after=True)
    page.locator("[data-thumb] button[value=met]").wait_for()
    page.goto(live_server.url + board)
    assert page.locator("h1").inner_text() == rider.guest.name
    page.goto(live_server.url + jobs)
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.locator("[data-said=at_place]").wait_for()
    assert said(rider) == ["on_the_way", "at_place"]
    assert len(kept(page)) == 1
    links.revoke("driver", rider.small.driver.pk)
    page.reload()
    assert kept(page) == []


def test_a_note_that_was_written_without_a_connection_arrives_once(rider, live_server, new_page):
    start = timezone.now()
    Interpreting.objects.filter(pk=rider.job.pk).update(starts_at=start, ends_at=start + dt.timedelta(hours=1))
    page = new_page(locale="en", width=375)
    page.goto(live_server.url + url("en", "interpreter", links.token_of(telling.crew_link(rider.oyuun))))
    page.context.set_offline(True)
    page.get_by_text("Notes").click()
    page.locator("textarea[name=text]").first.fill("Hears better on the left")
    page.locator("button[value=hand_over]").dblclick(no_wait_after=True)
    page.locator("[data-taps]").wait_for(state="visible")
    page.context.set_offline(False)
    page.locator("[data-taps]").wait_for(state="hidden")
    assert [note.text for note in rider.job.notes.all()] == ["Hears better on the left"]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "content_type": "text/html", "body": "broken"},
        {"status": 502, "content_type": "text/html", "body": "no house behind"},
        {"status": 429, "content_type": "text/html", "body": "too many"},
        {"status": 200, "content_type": "text/html", "body": "Welcome to the airport's network"},
    ],
)
def test_only_the_house_s_own_word_takes_a_tap_from_the_queue(rider, live_server, new_page, answer):
    page = at_jobs(rider, live_server, new_page, service_workers="block")
    sent = []

    def refuse_once(route):
        sent.append(route.request.post_data)
        route.fulfill(**answer) if len(sent) == 1 else route.continue_()

    page.route("**/tap/", refuse_once)
    with page.expect_response("**/tap/"):
        page.locator("button[value=on_the_way]").click()
    page.locator("[data-taps]").wait_for(state="visible")
    assert (len(sent), said(rider)) == (1, [])
    page.evaluate("dispatchEvent(new Event('online'))")
    page.locator("[data-said=on_the_way]").wait_for()
    assert sent[0] == sent[1]
    assert said(rider) == ["on_the_way"]


def test_one_tap_that_breaks_the_server_does_not_hold_up_the_next(rider, live_server, new_page):
    page = at_jobs(rider, live_server, new_page, service_workers="block")
    broken = {"status": 500, "content_type": "text/html", "body": "broken"}
    page.route(
        "**/tap/",
        lambda route: route.fulfill(**broken) if "on_the_way" in route.request.post_data else route.continue_(),
    )
    page.locator("button[value=on_the_way]").click()
    with page.expect_response(lambda response: response.status == 200 and response.url.endswith("/tap/")):
        page.locator("button[value=met]").click()
    assert said(rider) == ["met"]


def test_a_double_tap_on_two_phones_is_one_word(rider, live_server, new_page):
    phones = [at_jobs(rider, live_server, new_page) for _phone in range(2)]
    for phone in phones:
        phone.locator("button[value=on_the_way]").dblclick(no_wait_after=True)
    for phone in phones:
        phone.locator("[data-said=on_the_way]").wait_for()
    assert said(rider) == ["on_the_way"]


def test_taps_wait_for_the_new_link_when_the_old_one_has_ended(rider, live_server, new_page):
    page = at_jobs(rider, live_server, new_page)
    links.revoke("driver", rider.small.driver.pk)
    page.locator("button[value=on_the_way]").click()
    page.get_by_role("link", name="새 링크 요청").wait_for()
    assert said(rider) == []
    page.goto(live_server.url + url("ko", "driver", links.token_of(telling.crew_link(rider.small.driver))))
    page.locator("[data-said=on_the_way]").wait_for()
    assert said(rider) == ["on_the_way"]


def test_taps_work_without_javascript(rider, live_server, new_page):
    page = new_page(locale="en", width=375, javascript=False)
    page.goto(live_server.url + url("en", "driver", rider.token))
    for word in ("on_the_way", "at_place", "met", "dropped"):
        page.locator(f"button[value={word}]").click()
    rider.ride.refresh_from_db()
    assert rider.ride.status == "finished"


def test_a_coordinator_assigns_by_keyboard_without_javascript(rider, live_server, new_page, client):
    actions.unassign(rider.ride, actor="user:1")
    page = new_page(locale="en", javascript=False)
    signed_in(page, live_server, client, rider.coordinator)
    page.goto(live_server.url + url("en", "ride", rider.ride.pk))
    page.locator("button[name=crew]").first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Saved. Everyone concerned is told.").wait_for()
    rider.ride.refresh_from_db()
    assert rider.ride.vehicle == rider.small
