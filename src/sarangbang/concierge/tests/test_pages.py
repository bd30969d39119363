"""Pages of the desk and of crews: who may see what, moves, refusals, bad input, constant queries."""

from __future__ import annotations

import datetime as dt
import json
import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sarangbang.concierge import actions
from sarangbang.concierge.actions import telling
from sarangbang.concierge.desk.day import DeskDay
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import Interpreting, Ride, ServiceStep
from sarangbang.messages.models import Message
from sarangbang.people import links
from sarangbang.people.models import AccessEntry, User
from sarangbang.stays.models import Flight

from .test_asking import pick_up, speak
from .test_tapping import soon

pytestmark = pytest.mark.once


@pytest.fixture
def desk(client, town, settings):
    settings.DEMO = True
    client.force_login(town.coordinator)
    return client


@pytest.fixture
def ride(town):
    return pick_up(town)


def page_of(job) -> str:
    return reverse(f"concierge:{job.service}", args=[job.pk])


def move(client, job, do, **other):
    job.refresh_from_db()
    return client.post(page_of(job), {"do": do, "seen": job.sequence} | other, follow=True)


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.parametrize("name", ["desk", "ride", "interpreting"])
def test_the_desk_is_for_coordinators(client, town, ride, name):
    url = reverse(f"concierge:{name}", args=[] if name == "desk" else [ride.pk])
    assert client.get(url).status_code == 302
    client.force_login(User.objects.create_user("c@demo.example", "x", name="Clinic", is_demo=True))
    assert client.get(url).status_code == 403


def test_the_day_shows_what_needs_a_hand_and_the_lines(desk, town, ride):
    job = actions.assign(speak(town), town.oyuun, actor="user:1")
    day = ride.starts_at.astimezone(SEOUL).date()
    said = text(desk.get(reverse("concierge:desk"), {"day": day.isoformat()}))
    assert "Pick-up at the airport, flight OM301" in said
    assert "Cars: 0 of 1 filled" in said
    assert "Land on this day: 1" in said
    said = text(desk.get(reverse("concierge:desk"), {"day": (day + dt.timedelta(days=1)).isoformat(), "show": "list"}))
    assert "Interpreters: 1 of 1 filled" in said
    assert job.interpreter.name_latin in said
    assert "Nothing needs a hand." in said


@pytest.mark.both
@pytest.mark.parametrize("day", ["", "yesterday", "2026-02-30", "9999-12-31", "0001-01-01", "\x00", "9" * 5000])
def test_any_day_that_is_asked_for_is_answered(desk, day):
    # The house answers a null byte in an address before any view sees it.
    assert desk.get(reverse("concierge:desk"), {"day": day}).status_code == (400 if day == "\x00" else 200)


def test_late_is_who_landed_and_nobody_said_a_word(town):
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    for minutes, late in ((-1, False), (1, True)):
        page = DeskDay(town.today + dt.timedelta(days=4), town.flight.scheduled_at + dt.timedelta(minutes=minutes))
        assert bool(page.hands) is late
    actions.mark(ride, "under_way", actor="user:1")
    for minutes, late in ((14, False), (16, True)):
        page = DeskDay(town.today + dt.timedelta(days=4), ride.starts_at + dt.timedelta(minutes=minutes))
        assert bool(page.hands) is late
    actions.mark(ride, "met", actor="user:1")
    assert not DeskDay(town.today + dt.timedelta(days=4), ride.ends_at).hands


def test_jobs_of_one_car_that_cannot_both_be_kept_are_shown(town):
    other = town.another(1)
    second = actions.request_ride(other.stay, "pick_up", actor="g", flight=other.flight, party=1)
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    actions.assign(second, town.small, actor="user:1")
    later = ride.ends_at + dt.timedelta(minutes=5)
    Ride.objects.filter(pk=second.pk).update(starts_at=later, ends_at=later + dt.timedelta(hours=1))
    [hand] = DeskDay(town.today + dt.timedelta(days=4), timezone.now()).hands
    assert "both cannot be kept" in hand.said


def test_a_car_for_nobody_is_shown(town):
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    town.appointment.reservation.status = "cancelled"
    town.appointment.reservation.save()
    [hand] = DeskDay(town.today + dt.timedelta(days=4), timezone.now()).hands
    assert "is it still wanted?" in hand.said
    assert str(ride.pk) in hand.url


def test_a_job_that_was_given_back_says_why(town):
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    actions.hand_back(telling.crew_link(town.small.driver), ride, "flat tyre")
    [hand] = DeskDay(town.today + dt.timedelta(days=4), timezone.now()).hands
    assert hand.is_late
    assert "flat tyre" in hand.said


def test_who_has_nobody_comes_before_what_is_late_and_says_what_a_car_must_hold(town):
    town.guest.name_latin = "Sarnai"
    late = actions.assign(pick_up(town, wheelchairs=1), town.big, actor="user:1")
    asked = actions.request_ride(
        town.stay, "transfer", actor="g", origin=town.hotel, destination=town.clinic, starts_at=town.at(4, 23), party=3
    )
    page = DeskDay(town.today + dt.timedelta(days=4), town.flight.scheduled_at + dt.timedelta(minutes=1))
    assert [group.key for group in page.groups] == ["unassigned", "late"]
    first, second = page.hands
    assert (first.url, second.url) == (page_of(asked), page_of(late))
    assert first.said.startswith("23:00 · Place medical-one · Travellers: 3")
    assert (first.guest, first.latin) == ("Сарнай", "Sarnai")
    assert page.late_count == 1


def test_an_answer_about_another_day_is_due_today(town):
    ride = actions.request_ride(
        town.stay, "transfer", actor="g", origin=town.hotel, destination=town.clinic, starts_at=town.at(5, 9), party=1
    )
    page = DeskDay(ride.answer_by.astimezone(SEOUL).date(), ride.answer_by)
    [hand] = page.hands
    assert hand.url == page_of(ride)
    assert hand.is_late


@pytest.mark.both
def test_assign_reassign_and_take_back_on_the_page(desk, town, ride):
    said = text(desk.get(page_of(ride)))
    assert said.index("Staria 12가 3456") < said.index("Staria 31나 7788")
    assert "seats for 2" in said
    assert "Saved." in text(move(desk, ride, "assign", crew=town.small.pk))
    move(desk, ride, "assign", crew=town.big.pk)
    ride.refresh_from_db()
    assert ride.vehicle == town.big
    move(desk, ride, "undo")
    ride.refresh_from_db()
    assert ride.vehicle == town.small
    assert "Kim Desk" in text(desk.get(page_of(ride)))
    move(desk, ride, "mark", status="met")
    ride.refresh_from_db()
    assert ride.status == "met"


@pytest.mark.both
def test_who_comes_second_is_told_who_was_first(desk, town, ride):
    seen = ride.sequence
    actions.assign(ride, town.small, actor=f"user:{town.coordinator.pk}")
    answer = desk.post(page_of(ride), {"do": "assign", "seen": seen, "crew": town.big.pk}, follow=True)
    assert "Kim Desk was quicker: Assigned, Staria 12가 3456." in text(answer)


def test_a_refusal_without_a_reason_keeps_the_page_and_says_so(desk, ride):
    answer = move(desk, ride, "decline", reason=" ")
    assert answer.status_code == 422
    assert "Please say why it is not possible." in text(answer)
    move(desk, ride, "decline", reason="no car that day")
    ride.refresh_from_db()
    assert ride.status == "declined"


def test_reading_a_job_is_logged_for_the_guest(desk, town, ride):
    desk.get(page_of(ride))
    assert AccessEntry.objects.filter(guest=town.guest, what="ride").count() == 1


HOSTILE = ["", "\x00", "9" * 400, "-1", "1.5", "\ud800", "7464d669-815f-49c5-99c8-0995a059f850", "' OR 1=1", "٣", "²"]


@pytest.mark.both
@pytest.mark.parametrize("field", ["do", "seen", "crew", "status", "reason"])
def test_hostile_moves_never_break_the_page(desk, ride, field):
    for value in HOSTILE:
        sent = {"do": "assign", "seen": 0, "crew": "1", "status": "", "reason": ""} | {field: value}
        body = "&".join(f"{key}={_quoted(each)}" for key, each in sent.items())
        answer = desk.post(page_of(ride), body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in (302, 422), value


def _quoted(value: object) -> str:
    return quote(str(value).encode("utf-8", "surrogatepass"))


# Constant work, however full the day


def _fill(town, number: int) -> None:
    start = town.at(8, 0)
    Flight.objects.filter(pk=town.flight.pk).update(scheduled_at=start)
    status = ["granted", "waiting", "assigned", "under_way"]
    made = [
        Ride(
            stay=town.stay, kind="pick_up", origin=town.airport, destination=town.hotel, party=2, flight=town.flight,
            starts_at=start + dt.timedelta(minutes=2 * n), ends_at=start + dt.timedelta(minutes=2 * n + 80),
            status=status[n % 4], vehicle=[None, None, town.small, town.big][n % 4],
        )
        for n in range(number)
    ]  # fmt: skip
    Ride.objects.bulk_create(made)
    ServiceStep.objects.bulk_create(ServiceStep(ride=each, status=each.status, actor="crew:x") for each in made)


@pytest.mark.parametrize("show", ["board", "list"])
def test_the_day_takes_the_same_queries_for_20_and_600_rides(desk, town, show):
    day = (town.today + dt.timedelta(days=8)).isoformat()
    counts = []
    for number in (20, 580):
        _fill(town, number)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(reverse("concierge:desk"), {"day": day, "show": show}).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20


def test_a_job_page_takes_the_same_queries_for_2_and_30_interpreters(desk, town):
    job = speak(town)
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            desk.get(page_of(job))
        counts.append(len(queries))
        for number in range(28):
            town.interpreter(f"More {number}", "mn", "en", sex="female")
    assert counts[0] == counts[1] <= 30


# Crews


def crew_page(person) -> str:
    return reverse(f"concierge:{person.purpose}", args=[links.token_of(telling.crew_link(person))])


def test_a_driver_sees_names_and_places_and_no_medicine(client, town):
    ride = soon(actions.assign(pick_up(town, wheelchairs=1), town.big, actor="user:1"))
    said = client.get(crew_page(town.big.driver)).content.decode()
    for shown in ("Сарнай", "Sarnai", "OM301", "장소 icn-t1", "Place icn-t1", "Wheelchairs", str(ride.pk)):
        assert shown in said
    without_keys = re.sub(r"[0-9a-f-]{36}", "", said)  # which may hold any number
    for hidden in ("Ophthalmology", "Lens", "guest@example.org", "Doctor", "1990"):
        assert hidden not in without_keys


def test_an_interpreter_sees_place_time_field_and_language(client, town):
    job = actions.assign(speak(town), town.oyuun, actor="user:1")
    start = timezone.now() + dt.timedelta(hours=1)
    Interpreting.objects.filter(pk=job.pk).update(starts_at=start, ends_at=start + dt.timedelta(hours=1))
    said = client.get(crew_page(town.oyuun)).content.decode()
    for shown in ("Сарнай", "Place medical-one", "Mongolian", "Ophthalmology"):
        assert shown in said
    without_keys = re.sub(r"[0-9a-f-]{36}", "", said)  # which may hold any number
    for hidden in ("Lens", "guest@example.org", "Doctor", "1990"):
        assert hidden not in without_keys


def test_taps_work_as_a_form_and_from_the_phone_s_queue(client, town):
    ride = soon(actions.assign(pick_up(town), town.small, actor="user:1"))
    page = crew_page(town.small.driver)
    url = page + "tap/"
    answer = client.post(url, {"job": ride.pk, "word": "on_the_way"})
    assert (answer.status_code, answer.url) == (302, page)
    sent = {"job": ride.pk, "word": "met", "at": int(timezone.now().timestamp())}
    for _again in range(2):
        answer = client.post(url, sent, headers={"accept": "application/json"})
        assert (answer.status_code, json.loads(answer.content)) == (200, {"said": "Sent."})
    ride.refresh_from_db()
    assert (ride.status, ride.taps.count()) == ("met", 2)
    actions.mark(ride, "finished", actor="user:1")
    answer = client.post(crew_page(town.big.driver) + "tap/", sent, headers={"accept": "application/json"})
    assert answer.status_code == 409


@pytest.mark.both
@pytest.mark.parametrize("clock", ["-1", "99999999999999", "1.5e9", "noon", ""])
def test_a_phone_with_a_broken_clock_does_not_lose_its_tap(client, town, clock):
    ride = soon(actions.assign(pick_up(town), town.small, actor="user:1"))
    sent = {"job": str(ride.pk), "word": "on_the_way", "at": clock}
    answer = client.post(crew_page(town.small.driver) + "tap/", sent, headers={"accept": "application/json"})
    assert answer.status_code == 200
    assert abs(ride.taps.get().tapped_at - timezone.now()) < dt.timedelta(minutes=1)


def test_a_tap_for_a_job_that_does_not_exist_is_answered_in_words(client, town):
    sent = {"job": "00000000-0000-0000-0000-000000000000", "word": "met"}
    answer = client.post(crew_page(town.small.driver) + "tap/", sent, headers={"accept": "application/json"})
    assert (answer.status_code, json.loads(answer.content)["said"]) == (
        409,
        "This job is no longer yours. Please look at your jobs again.",
    )


@pytest.mark.both
@pytest.mark.parametrize("field", ["job", "word", "at", "reason"])
def test_hostile_taps_are_refused_and_never_break(client, town, field):
    ride = soon(actions.assign(pick_up(town), town.small, actor="user:1"))
    page = crew_page(town.small.driver) + "tap/"
    for value in HOSTILE:
        ride.taps.all().delete()  # or the first that is taken hides the rest as a repetition
        sent = {"job": str(ride.pk), "word": "on_the_way", "at": "1", "reason": ""} | {field: value}
        body = "&".join(f"{key}={_quoted(each)}" for key, each in sent.items())
        answer = client.post(
            page, body, content_type="application/x-www-form-urlencoded", headers={"accept": "application/json"}
        )
        assert answer.status_code in (200, 404, 409, 422), value


def test_the_name_board_shows_the_name_as_written_with_its_direction(client, town):
    town.guest.name, town.guest.name_latin = "هدى الفارسي", "Huda Al Farsi"
    town.guest.save()
    ride = actions.assign(pick_up(town), town.small, actor="user:1")
    said = client.get(f"{crew_page(town.small.driver)}board/{ride.pk}/").content.decode()
    assert re.search(r'<h1 class="name-\w+" dir="rtl">هدى الفارسي</h1><p dir="ltr">Huda Al Farsi</p>', said)
    assert client.get(f"{crew_page(town.big.driver)}board/{ride.pk}/").status_code == 404


@pytest.mark.parametrize("service", ["ride", "interpreting"])
def test_phrases_are_in_the_guest_s_language(client, town, service):
    job = pick_up(town) if service == "ride" else speak(town)
    crew = town.small if service == "ride" else town.oyuun
    actions.assign(job, crew, actor="user:1")
    said = client.get(f"{crew_page(crew.person)}phrases/{job.pk}/").content.decode()
    assert '<h2 lang="mn" dir="ltr">' in said


def test_a_forged_link_says_so_and_leads_to_the_center(client, town):
    page = crew_page(town.small.driver)
    forged = page[:-3] + ("A" if page[-3] != "A" else "B") + page[-2:]
    answer = client.get(forged)
    assert answer.status_code == 404
    asked = client.get(reverse("concierge:crew_link", args=["driver", "x" * 43]))
    assert "Please call the Medical Tour Center." in text(asked)
    assert client.post(reverse("concierge:crew_link", args=["driver", "x" * 43])).status_code == 200


@pytest.mark.parametrize("trouble", ["expired", "revoked"])
def test_an_old_link_offers_a_new_one_to_the_known_number(client, town, trouble, mailoutbox):
    page = crew_page(town.small.driver)
    link = telling.crew_link(town.small.driver)
    if trouble == "revoked":
        links.revoke("driver", town.small.driver.pk)
    else:
        link.expires_at = timezone.now() - dt.timedelta(days=1)
        link.save()
    answer = client.get(page)
    assert answer.status_code == 410
    ask = reverse("concierge:crew_link", args=["driver", page.rstrip("/").rpartition("/")[2]])
    assert ask in answer.content.decode()
    assert "on its way" in text(client.post(ask))
    [message] = Message.objects.filter(kind="crew_link")
    assert message.address == town.small.driver.phone
    assert message.context["crew_link"] != str(link.pk)


def test_a_crew_page_takes_the_same_queries_however_full_the_day(client, town):
    page = crew_page(town.small.driver)
    counts = []
    for number in (2, 12):
        start = timezone.now()
        Ride.objects.bulk_create(
            Ride(
                stay=town.stay, kind="pick_up", origin=town.airport, destination=town.hotel, party=1, status="assigned",
                vehicle=town.small, starts_at=start, ends_at=start + dt.timedelta(hours=1), flight=town.flight,
            )
            for _n in range(number)
        )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            client.get(page)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


def test_everybody_can_read_the_rules_and_which_are_defaults(client, db):
    said = text(client.get(reverse("concierge:rules")))
    assert "Free interpreting for each appointment" in said
    assert "Our own rule: none is published" in said
