"""The whole journey: guest, coordinator, driver, interpreter, clinic, count. Each page ends with axe, but for those that
the tests of a room in the browser read as they are here: from the question to the institution (with scripts), the desk
with crews assigned, and the jobs of a crew before the first tap."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from sarangbang.concierge.models import Driver, Interpreter, Interpreting, Ride, Vehicle
from sarangbang.messages.models import Message
from sarangbang.messages.rendering import render
from sarangbang.people.queries import DEMO_PASSWORD as PASSWORD
from sarangbang.policy.queries import Selection, total
from sarangbang.scheduling.models import Appointment, Resource, WeeklyRule
from sarangbang.stays.models import Stay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Axe = Callable[[Any], None]
SEOUL = ZoneInfo("Asia/Seoul")
EMAIL = "sarnai@guest.example"


@pytest.fixture(autouse=True)
def open_house(settings: Any) -> None:
    settings.DEMO = True
    settings.RATELIMIT_ENABLE = False


def text_of(kind: str, address: str) -> str:
    """The newest message of a kind, as its recipient reads it."""
    message = Message.objects.filter(kind=kind, address=address).latest("created_at")
    rendered = render(message)
    return f"{rendered.subject}\n{rendered.body}"


def path_in(text: str, part: str) -> str:
    found = re.search(rf"https?://[^/\s]+(/\S*{part}\S*)", text)
    assert found, text
    return found[1]


class Guest:
    """Somebody with a phone who takes a time at the district's institution, in one of the languages."""

    def __init__(self, page: Any, site: str, language: str, axe: Axe) -> None:
        self.page, self.site, self.language, self.axe = page, site, language, axe

    def open(self, path: str) -> None:
        self.page.goto(f"{self.site}/{self.language}/{path}")

    def look(self) -> None:
        """axe on a page of finding; once it is all there, its links may be taken."""
        self.page.wait_for_load_state()
        if not self.page.javascript:
            self.axe(self.page)

    def send(self, form: str, button: str = "button.button") -> None:
        self.page.locator(f"form#{form} {button}").first.click()
        self.axe(self.page)

    def find(self, words: str, slug: str) -> None:
        self.open("")
        self.look()
        self.page.locator("input[type=search]").first.fill(words)
        self.page.locator("input[type=search]").first.press("Enter")
        self.look()
        self.page.locator(f"main a[href*='/treatments/{slug}/']").first.click()
        self.look()

    def take_a_time(self, offering: Any, day: dt.date) -> None:
        self.open(f"institutions/{offering.institution.slug}/")
        self.look()
        self.open(f"book/{offering.pk}/?arrive={day.isoformat()}")
        self.axe(self.page)
        self.page.locator("button[name=time]").first.click()
        self.axe(self.page)

    def fill_in(self) -> None:
        page = self.page
        for name, value in {
            "name": "Батбаяр Сарнай",
            "name_latin": "Batbayar Sarnai",
            "birth_year": "1990",
            "email": EMAIL,
            "companions": "1",
        }.items():
            page.fill(f"[name={name}]", value)
        page.select_option("[name=nationality]", "MN")
        page.select_option("[name=zone]", "Asia/Ulaanbaatar")
        sex = page.locator("[name=sex]").first
        if sex.evaluate("node => node.tagName") == "SELECT":
            page.select_option("[name=sex]", "female")
        else:
            page.check("[name=sex][value=female]")
        for purpose in ("booking", "health", "abroad", "concierge"):
            page.check(f"[name=consent_{purpose}]")
        self.send("details")

    def prove(self) -> Stay:
        code = re.search(r"\b\d{6}\b", text_of("stay_code", EMAIL))
        assert code
        self.page.fill("[name=code]", code[0])
        self.send("code")
        assert "/stay/" in self.page.url
        return Stay.objects.get(guest__email=EMAIL)


def on_duty(district: Any) -> None:
    """A car with its driver and a Mongolian interpreter who have nothing else to do."""
    car, person = (
        Resource.objects.create(kind=kind, label=kind) for kind in (Resource.Kind.VEHICLE, Resource.Kind.INTERPRETER)
    )
    WeeklyRule.objects.bulk_create(
        WeeklyRule(resource=resource, place=district.center, weekday=weekday, starts=dt.time(0), ends=dt.time(23, 59),
                   valid_from=district.today, on_holidays=True)
        for resource in (car, person)
        for weekday in range(7)
    )  # fmt: skip
    driver = Driver.objects.create(name="차기사", name_latin="Cha Gisa", phone="+821000000001")
    Vehicle.objects.create(
        resource=car, driver=driver, plate="999하9999", model="Staria", seats=8, luggage=8, base=district.airport
    )
    interpreter = Interpreter.objects.create(
        resource=person, name="오윤", name_latin="Oyuun", sex="female", phone="+821000000002", home=district.center,
        appointed_from=district.today, appointed_until=district.today + dt.timedelta(days=700),
        certified_until=district.today + dt.timedelta(days=700),
    )  # fmt: skip
    interpreter.languages.create(language="mn")
    interpreter.fields.add(district.offering.department)


def sign_in(page: Any, site: str, account: str) -> None:
    page.goto(f"{site}/en/accounts/login/")
    page.fill("[name=login]", account)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_load_state()


def test_from_a_phone_abroad_to_the_clinics_door_and_into_the_count(
    live_server: Any, new_page: Callable[..., Any], axe: Axe, district: Any
) -> None:
    site = live_server.url
    on_duty(district)
    before = total(Selection())
    day = timezone.now().astimezone(SEOUL).date() + dt.timedelta(days=6)

    # Given a guest in Ulaanbaatar with a phone
    guest = Guest(new_page(locale="en", width=375, height=800), site, "en", axe)
    guest.find(district.procedure.name, district.procedure.slug)
    guest.take_a_time(district.offering, day)
    guest.fill_in()
    stay = guest.prove()
    appointment = Appointment.objects.get(stay_appointment__stay=stay)
    assert appointment.reservation.status == "booked"
    stay_address = guest.page.url

    # When they say when they land, and ask for an interpreter
    landing = appointment.reservation.starts_at.astimezone(SEOUL) - dt.timedelta(days=1)
    page = guest.page
    page.goto(stay_address + "ride/arrival/")
    axe(page)
    page.fill("[name=number]", "OM 301")
    page.select_option("[name=airport]", "icn-t1")
    page.fill("[name=day]", landing.date().isoformat())
    page.fill("[name=clock]", "13:20")
    page.select_option("[name=place]", district.hotel.code)
    page.fill("[name=party]", "2")
    page.fill("[name=luggage]", "2")
    guest.send("ride")
    page.goto(stay_address + f"visit/{appointment.pk}/interpreter/")
    axe(page)
    page.select_option("[name=language]", "mn")
    guest.send("interpreter")
    ride, interpreting = Ride.objects.get(stay=stay), Interpreting.objects.get(stay=stay)
    assert ride.status in {"granted", "waiting"}

    # Then the coordinator gives them a car and an interpreter
    desk = new_page()
    sign_in(desk, site, "coordinator@demo.example")
    for kind, job in (("rides", ride), ("interpreting", interpreting)):
        desk.goto(f"{site}/en/desk/{kind}/{job.pk}/")
        axe(desk)
        desk.locator("form:has(input[value=assign]) button").first.click()
        desk.wait_for_load_state()
        job.refresh_from_db()
        assert job.status == "assigned"
    assert desk.goto(f"{site}/en/desk/?day={landing.date().isoformat()}").ok

    # And driver and interpreter tap on their phones
    for job, purpose in ((ride, "driver"), (interpreting, "interpreter")):
        person = job.vehicle.driver if purpose == "driver" else job.interpreter
        told = next(
            render(message).body
            for message in Message.objects.filter(channel="sms").order_by("-created_at")
            if f"/crew/{purpose[0]}/" in render(message).body and message.address == str(person.phone)
        )
        # The day has come: instead of the clock, the job is moved.
        soon = timezone.now() + dt.timedelta(minutes=10)
        type(job).objects.filter(pk=job.pk).update(starts_at=soon, ends_at=soon + dt.timedelta(hours=1))
        crew = new_page(locale="ko", width=375, height=800)
        crew.goto(site + path_in(told, f"/crew/{purpose[0]}/"))
        if purpose == "driver":
            assert district.procedure.name not in crew.content()
        buttons = crew.locator(f"form[data-tap='{job.pk}'] button")
        while buttons.count():
            with crew.expect_navigation():  # the page comes anew when the server has the tap
                buttons.first.click()
        axe(crew)
        job.refresh_from_db()
        assert job.status == "finished"

    # And the clinic sees them come
    clinic = new_page()
    sign_in(clinic, site, "clinic@demo.example")
    clinic.goto(f"{site}/en/clinic/?day={appointment.reservation.starts_at.astimezone(SEOUL).date().isoformat()}")
    axe(clinic)
    clinic.goto(f"{site}/en/clinic/{appointment.pk}/")
    axe(clinic)
    for status in ("arrived", "fulfilled"):
        clinic.locator(f"button[value={status}]").click()
        clinic.wait_for_load_state()
    axe(clinic)

    # And the stay has moved on, and the district counts one more
    page.goto(stay_address)
    axe(page)
    officer = new_page()
    sign_in(officer, site, "policy@demo.example")
    officer.goto(f"{site}/en/policy/")
    axe(officer)
    assert total(Selection()) == before + 1
    assert f"{before + 1:,}" in officer.locator(".figure").first.inner_text()


@pytest.mark.parametrize(("language", "javascript"), [("ko", True), ("ar", False)])
def test_the_guests_part_in_other_languages_and_without_scripts(
    live_server: Any, new_page: Callable[..., Any], axe: Axe, district: Any, language: str, javascript: bool
) -> None:
    """Each language once, each direction, with scripts and without: English is above."""
    day = timezone.now().astimezone(SEOUL).date() + dt.timedelta(days=6)
    guest = Guest(
        new_page(locale=language, width=375, height=800, javascript=javascript), live_server.url, language, axe
    )
    guest.find(getattr(district.procedure, f"name_{language}"), district.procedure.slug)
    guest.take_a_time(district.offering, day)
    guest.fill_in()
    stay = guest.prove()
    assert stay.guest.language == language
    page = guest.page
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    address = page.url
    page.goto(address + "card/")
    axe(page)
    appointment = Appointment.objects.get(stay_appointment__stay=stay)
    page.goto(address + f"visit/{appointment.pk}/cancel/")
    axe(page)
    page.locator("main form button.danger, main form button[name=cancel], main form .button").first.click()
    page.wait_for_load_state()
    appointment.reservation.refresh_from_db()
    assert appointment.reservation.status == "cancelled"
