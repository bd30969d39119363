"""The way from the first page to an institution in a browser, on a phone, also without JavaScript (in Arabic that is part
of the whole journey, with axe)."""

from __future__ import annotations

import pytest

from sarangbang.config.testing.kept import made_once
from sarangbang.directory.actions import load_reference
from sarangbang.directory.models import Procedure

from .houses import make_institution

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("language", "words", "javascript"),
    [
        ("en", "double eyelid", True),
        ("ko", "쌍꺼풀", True),
        ("ar", "الجفون", True),
        ("en", "double eyelid", False),
    ],
)
def test_from_the_question_to_the_institution(live_server, new_page, axe, language, words, javascript) -> None:
    made_once(load_reference)
    make_institution(1, Procedure.objects.get(slug="double-eyelid-surgery"))
    page = new_page(locale=language, width=375, javascript=javascript)

    def look() -> None:
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if javascript:
            axe(page)

    page.goto(f"{live_server.url}/{language}/")
    look()
    page.fill("#id_q", words)
    page.click("#find button")
    look()
    page.click(".find h3 a")
    assert "double-eyelid-surgery" in page.url
    look()
    page.select_option("#id_sort", "name")
    page.click("#narrow button:not([name])")
    page.click(".find h3 a")
    assert page.url.endswith("/institutions/garam-1/")
    look()


def test_what_was_typed_survives_the_greetings(live_server, new_page) -> None:
    page = new_page(locale="en", width=375, javascript=False)
    page.goto(f"{live_server.url}/en/")
    page.fill("#id_q", "двойное веко")
    page.click('.langs button[lang="ru"]')
    assert "/ru/" in page.url
    assert page.input_value("#id_q") == "двойное веко"


def test_the_zone_of_the_device_is_kept_for_the_next_page(live_server, new_page) -> None:
    page = new_page(locale="en", width=375)
    page.goto(f"{live_server.url}/en/")
    assert any(cookie["name"] == "zone" for cookie in page.context.cookies())
