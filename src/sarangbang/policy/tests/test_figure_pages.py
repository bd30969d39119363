"""The officer prints the overview: two sheets of A4, and every page of figures is clean for screen readers."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from sarangbang.people.models import Membership, User
from sarangbang.policy.actions import load_reference
from sarangbang.policy.awards.actions import Told, record_award

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_overview_fits_two_sheets_and_sliders_move_their_numbers(
    new_page: Any, live_server: Any, axe: Any, settings: Any, client: Any
) -> None:
    settings.DEMO = True
    load_reference()
    user = User.objects.create_user("policy@demo.example", "x", name="Officer", is_demo=True)
    Membership.objects.create(user=user, role="policy")
    client.force_login(user)
    page = new_page(width=375)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    page.context.add_cookies([{**cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}/ar/policy/overview/")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    axe(page)
    for language in ("ar", "ko", "en"):
        page.goto(f"{live_server.url}/{language}/policy/overview/")
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 2, language
    told = Told(title="상", giver="Giver", level="city", state="received", received_on=date(2025, 1, 2), prize_krw=9,
                names=("patients.gangnam-gu.2024",))  # fmt: skip
    for path in ("awards/", f"awards/of/{record_award(told, actor='x').award.code}/", "upload/", "plan/"):
        page.goto(f"{live_server.url}/ar/policy/{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        axe(page)
    page.goto(f"{live_server.url}/en/policy/ripple/")
    slider = page.locator("#id_share ~ input[type=range]")
    slider.fill("50")
    assert page.locator("#id_share").input_value() == "50"
    axe(page)
