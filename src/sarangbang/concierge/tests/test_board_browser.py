"""The board in a browser: a job moved by keys and by mouse, the day mended and taken back, axe, nothing too wide."""

from __future__ import annotations

import pytest

from sarangbang.concierge import actions
from sarangbang.concierge.entitlement import SEOUL

from .test_asking import pick_up
from .test_browser import signed_in, url

pytestmark = [pytest.mark.browser]


@pytest.fixture
def board(town_of_threads, live_server, settings, new_page, client):
    """A coordinator before the board of the day on which a ride and an interpreting need somebody."""
    town = town_of_threads
    settings.DEMO = True
    town.ride = pick_up(town)
    town.day = town.ride.starts_at.astimezone(SEOUL).date().isoformat()
    page = new_page(width=1440)
    signed_in(page, live_server, client, town.coordinator)
    town.there = lambda language="en": f"{live_server.url}{url(language, 'timeline')}?day={town.day}"
    page.goto(town.there())
    return town, page


def car_of(town):
    town.ride.refresh_from_db()
    return town.ride.vehicle


def line(page, crew):
    return page.locator(f"#r-{crew.pk if crew else ''}")


def test_a_job_is_moved_by_keys_and_by_mouse_and_the_moves_are_undone(board):
    town, page = board
    said = page.locator("#board-said")
    line(page, None).locator("a.job").focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    said.get_by_text("Staria 12가 3456").wait_for()
    assert "fits" in said.inner_text()
    page.keyboard.press("Escape")
    assert car_of(town) is None
    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    line(page, town.small).locator("a.job:focus").wait_for()
    assert car_of(town) == town.small

    # the mouse takes it to the other car, too early first
    job, target = line(page, town.small).locator("a.job"), line(page, town.big).locator(".track")
    start, end = job.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 20, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] - 200, end["y"] + 10, steps=4)
    said.get_by_text("does not fit").wait_for()
    page.mouse.move(start["x"] + 20, end["y"] + 10, steps=2)
    said.get_by_text("31나 7788").and_(page.get_by_text(": fits")).wait_for()
    page.mouse.up()
    line(page, town.big).locator("a.job").wait_for()
    assert page.url == town.there()  # the drop opened nothing
    assert car_of(town) == town.big
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Taken back.").wait_for()
    assert car_of(town) == town.small


def test_a_finger_rests_on_a_job_lifts_it_and_drops_it_elsewhere(board):
    town, page = board
    touch = page.context.new_cdp_session(page)
    job, target = line(page, None).locator("a.job"), line(page, town.small).locator(".track")
    start, end = job.bounding_box(), target.bounding_box()
    x, y = start["x"] + 20, start["y"] + 10

    def finger(kind, *at):
        points = [{"x": at[0], "y": at[1]}] if at else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    finger("touchStart", x, y)
    page.locator("a.job.lifted").wait_for()
    finger("touchMove", x, end["y"] + 5)
    finger("touchMove", x, end["y"] + 10)
    page.locator("#board-said").get_by_text("Staria 12가 3456").wait_for()
    finger("touchEnd")
    line(page, town.small).locator("a.job").wait_for()
    assert car_of(town) == town.small
    assert page.url == town.there()
    # A finger that moves at once scrolls, and lifts nothing.
    finger("touchStart", x, end["y"] + 10)
    finger("touchMove", x, end["y"] + 60)
    page.wait_for_timeout(450)
    assert page.locator("a.job.lifted").count() == 0
    finger("touchEnd")


def decide(page, name: str, said: str) -> None:
    page.get_by_role("button", name=name).click()
    page.get_by_text(said).wait_for()


def test_the_day_is_planned_mended_and_taken_back(board, axe):
    town, page = board
    page.get_by_role("button", name="Plan the rest").click()
    axe(page)
    decide(page, "Accept", "Done. Everyone concerned is told.")
    first = car_of(town)
    page.get_by_role("link", name="Back to the board").click()
    page.get_by_role("link", name="Mend", exact=True).click()
    page.get_by_label("A car is out of order").check()
    page.get_by_label("To whom or what").select_option(f"vehicle:{first.pk}")
    axe(page)
    page.get_by_role("button", name="Find a way out").click()
    page.get_by_text("A car is out of order").wait_for()
    decide(page, "Accept", "Done. Everyone concerned is told.")
    assert car_of(town) not in (None, first)
    decide(page, "Undo", "Taken back.")
    assert car_of(town) == first


def test_the_board_is_clean(board, axe):
    """axe reads two languages, one of them on a phone; nothing is wider than the screen."""
    town, page = board
    actions.assign(town.ride, town.small, actor="user:1")
    for language, width in (("en", 1440), ("ar", 375)):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(town.there(language))
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), language
