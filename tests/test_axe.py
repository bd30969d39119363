"""axe on every page of scheduling and of booking: each in three languages, on desk and phone.

The usual run looks at every twelfth page in one of the six ways, at the next ones the day after; ``make axe`` looks at all
of them in all ways.
"""

from __future__ import annotations

import datetime as dt
import os
from itertools import product
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sarangbang.people import links
from sarangbang.people.models import Membership, SecureLink, User
from sarangbang.scheduling import actions, rostering
from sarangbang.scheduling.calendar import SEOUL
from sarangbang.scheduling.models import BookingRule, PathwayStep, Requirement, Resource
from sarangbang.scheduling.pathways import series_by_day
from sarangbang.scheduling.waiting import joining
from sarangbang.stays import actions as stays
from sarangbang.stays import proof
from sarangbang.stays.tests.world import DETAILS, booked, free, make_town

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]

WAYS = list(product(("en", "ko", "ar"), (375, 1440)))
ALL = os.environ.get("AXE") == "all"
ONLY = os.environ.get("AXE_ONLY", "")
"""A part of the addresses that alone are looked at, for somebody who mends one page."""

CLINIC = (
    "?span=day&day={day}", "?who={who}&day={day}", "book/", "book/?offering={offering}&who={who}&day={later}&at=07:00&guest=new",
    "{visit}/", "{visit}/move/", "{visit}/move/?offering={offering}&who={who}&day={later}&at=07:00", "{visit}/cancel/",
    "cases/", "cases/{visit}/", "feeds/", "waiting/", "roster/", "roster/{who}/", "roster/{room}/", "roster/{who}/hours/",
    "roster/{who}/hours/{rule}/", "roster/{who}/hours/{rule}/end/", "roster/{who}/leave/", "roster/{who}/leave/{leave}/",
    "roster/closure/", "roster/room/", "roster/room/{room}/", "rules/", "rules/of/{house}/", "rules/{offering}/",
    "rules/{several}/", "rules/{offering}/change/", "rules/{offering}/needs/", "rules/{offering}/needs/{need}/",
    "rules/{several}/visits/", "rules/{several}/visits/{step}/", "rules/{offering}/reminders/",
)  # fmt: skip
GUEST = (
    "treatments/{procedure}/", "institutions/{house}/", "book/{offering}/", "book/{offering}/wait/",
    "book/{several}/visits/", "book/{several}/visits/?part=evening", "hold/{held}/", "hold/{held}/code/",
    "hold/{held}/taken/", "hold/{held}/limit/", "hold/{held_series}/", "hold/{held_series}/taken/",
    "hold/{held_series}/limit/", "confirm/{confirm}/", "stay/{stay}/", "stay/{stay}/card/",
    "stay/{stay}/visit/{visit}/change/", "stay/{stay}/visit/{visit}/cancel/", "stay/{stay}/visit/{visit}/earlier/",
    "stay/{stay}/visit/{second}/change/", "stay/{stay}/visit/{second}/cancel/", "waiting/{waiting}/",
    "waiting/{waiting}/leave/",
)  # fmt: skip


def _series(offering: Any, doctor: Any, days: int) -> Any:
    start = timezone.now() + dt.timedelta(days=days)
    found = series_by_day(offering, start, start + dt.timedelta(days=40), limit=1)[0]
    steps = {step.pk: step for step in offering.pathway.all()}
    visits = [actions.Visit(steps[time.step_id or 0], doctor, time.starts_at) for time in found.times]
    return actions.hold_series(offering, visits, actor="guest:new")


@pytest.fixture
def known(transactional_db: None, live_server: Any, client: Any, settings: Any) -> dict[str, Any]:
    """A clinic and a guest with something on each of their pages, and what the addresses need."""
    settings.DEMO = True
    town = make_town()
    house, other = town.clinic, town.other
    user = User.objects.create_user("clinic@demo.example", "x", name="Nurse", is_demo=True)
    for institution in (house.institution, other.institution):
        Membership.objects.create(user=user, role="clinic", institution=institution)
    client.force_login(user)
    for number, (kind, low) in enumerate((("consultation", 0), ("treatment", 1), ("check", 3))):
        PathwayStep.objects.create(
            offering=other.offering, position=number, kind=kind, visit_minutes=30, days_after_low=low
        )
    room = Resource.objects.create(kind="room", label="시술실 1", institution=house.institution)
    BookingRule.objects.create(institution=house.institution, open_per_person=3, remote=True)
    stay, visit = booked(town, language="en", email="sarnai@guest.example")
    need = Requirement.objects.create(offering=town.offering, name="시술실")
    need.resources.add(room)
    resource = Resource.objects.get(practitioner=town.doctor)
    day = visit.reservation.starts_at.astimezone(SEOUL).date()
    starts_at = dt.datetime.combine(day, dt.time(), tzinfo=SEOUL)
    leave = rostering.add_exception(
        resource, "leave", starts_at, starts_at + dt.timedelta(hours=24), actor="user:1", reason="Congress"
    )
    series = _series(other.offering, other.doctors[0], 5)
    first, second, _third = series.appointments.order_by("step__position")
    stays.add_appointment(stay, first, actor="guest:x")
    entry = joining.join(
        stay.guest, town.offering, actor="guest:x", earliest_at=timezone.now(), latest_at=starts_at, party=2
    )
    held = actions.hold(town.offering, town.doctor, free(town, 30), actor="guest:new")
    stays.save_intake(held, DETAILS)
    held_series = _series(other.offering, other.doctors[0], 20).appointments.get(step__position=0)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    return {
        "cookie": cookie, "day": day, "later": day + dt.timedelta(days=7), "who": resource.pk, "visit": visit.pk,
        "offering": town.offering.pk, "several": other.offering.pk, "house": house.institution.slug, "room": room.pk,
        "rule": resource.weekly_rules.earliest("pk").pk, "leave": leave.pk, "need": need.pk, "second": second.pk,
        "step": other.offering.pathway.earliest("position").pk, "procedure": town.offering.procedure.slug,
        "stay": links.token_of(stays.link_to(stay)),
        "held": links.token_of(stays.hold_link(held)),
        "held_series": links.token_of(stays.hold_link(held_series)),
        "confirm": links.token_of(links.issue(SecureLink.Purpose.CONFIRM, proof.subject_of(held.pk, DETAILS["email"]))),
        "waiting": links.token_of(SecureLink.objects.get(purpose="waiting", subject=str(entry.pk))),
    }  # fmt: skip


def test_pages_are_clean_in_three_languages_on_desk_and_phone(
    known: dict[str, Any], live_server: Any, new_page: Any, axe: Any
) -> None:
    paths = [path for path in (*(f"clinic/{path}" for path in CLINIC), *GUEST) if ONLY in path]
    pages = {}
    for width in (375, 1440):
        pages[width] = new_page(width=width)
        pages[width].context.add_cookies([known["cookie"]])
    wrong: list[str] = []
    for path, (language, width) in _chosen(paths):
        page, address = pages[width], f"{language}/{path.format(**known)}"
        answer = page.goto(f"{live_server.url}/{address}")
        if answer.status != 200:
            wrong.append(f"{answer.status} {address}")
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            wrong.append(f"wider than {width}: {address}")
        try:
            axe(page)
        except AssertionError as found:
            wrong.append(f"{width} {found}")
    assert not wrong, "\n".join(wrong)


def _chosen(paths: list[str]) -> list[tuple[str, tuple[str, int]]]:
    """What this run looks at; in seventy-two days everything comes round."""
    if ALL:
        return list(product(paths, WAYS))
    today = timezone.localdate().toordinal()
    return [(path, WAYS[(today // 12 + number) % 6]) for number, path in enumerate(paths) if (number + today) % 12 == 0]


def test_rules_hours_and_all_visits_of_a_treatment_without_a_script(
    known: dict[str, Any], live_server: Any, new_page: Any, axe: Any
) -> None:
    page = new_page(width=375, javascript=False)
    page.context.add_cookies([known["cookie"]])
    page.goto(f"{live_server.url}/ar/clinic/rules/{known['offering']}/change/")
    page.fill("input[name=horizon_days]", "1")
    page.fill("input[name=notice_minutes_0]", "-1")
    page.click("button[value=preview]")
    expect(page.locator("#id_notice_minutes_error")).to_be_visible()
    axe(page)
    page.fill("input[name=notice_minutes_0]", "2")
    page.click("button[value=preview]")
    expect(page.locator(".notice.wait li")).to_have_count(1)  # the visit that lies further ahead
    axe(page)
    page.click("button[value=save]")
    page.wait_for_url(f"**/rules/{known['offering']}/")
    page.goto(f"{live_server.url}/ar/clinic/roster/{known['who']}/hours/")
    page.check("input[name=weekdays][value='6']")
    page.fill("input[name=starts]", "10:00")
    page.fill("input[name=ends]", "12:00")
    page.click("button[value=preview]")
    page.wait_for_load_state()
    shown = [day for day in page.locator(".produced td").all() if day.is_visible()]
    assert 7 <= len(shown) <= 8  # the Sundays alone, without a swipe
    assert all(day.locator("ins").bounding_box()["x"] >= 0 for day in shown)
    axe(page)
    page.click("button[value=save]")
    page.wait_for_url(f"**/roster/{known['who']}/")
    page.goto(f"{live_server.url}/ar/book/{known['several']}/visits/")
    page.select_option("select[name=part]", "morning")
    page.click("#narrow button.quiet")
    page.locator("button[name=visits]").first.click()
    page.wait_for_url("**/ar/hold/**")
    expect(page.frame_locator("iframe.clock").locator("body")).to_have_count(1)  # the minutes that are left
    expect(page.locator("ol.visits > li")).to_have_count(3)
    axe(page)
