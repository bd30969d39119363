"""Booking a treatment that takes several visits: as a guest walks it, and as two guests who want the same times."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from sarangbang.directory import queries as directory
from sarangbang.directory.models import Offering, PractitionerLanguage
from sarangbang.messages.models import Message
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment, BookingRule, PathwayStep, Reservation
from sarangbang.stays.models import Intake, Stay
from sarangbang.stays.tests.world import booked, kinds_sent, sent_code

from .test_booking_pages import FORM, token_in, url

Town = SimpleNamespace
pytestmark = pytest.mark.django_db
once = pytest.mark.once
STEPS = (("consultation", 30, 0), ("treatment", 60, 1), ("check", 30, 3))
BUTTON = re.compile(r'name="visits" value="([^"]+)"')


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


def add_steps(offering: Offering) -> None:
    PathwayStep.objects.bulk_create(
        PathwayStep(offering=offering, position=number, kind=kind, visit_minutes=minutes, days_after_low=days)
        for number, (kind, minutes, days) in enumerate(STEPS)
    )


@pytest.fixture
def several(town: Town) -> Town:
    add_steps(town.offering)
    return town


def page_of(client: Client, town: Town, **query: str) -> str:
    return str(client.get(url("visits", town.offering.pk), query).content.decode())


def starts(value: str) -> list[dt.datetime]:
    return [dt.datetime.fromtimestamp(int(part.split(".")[2]), tz=directory.KOREA) for part in value.split("_")[1:]]


def press(client: Client, town: Town, value: str = "", **query: str) -> Any:
    html = page_of(client, town, **query)
    nonce = re.search(r'name="nonce" value="(\w+)"', html)
    assert nonce is not None
    sent = {"visits": value or BUTTON.findall(html)[0], "nonce": nonce[1]}
    return client.post(url("hold_visits", town.offering.pk), sent, query_params=query)


def walk(client: Client, town: Town) -> Stay:
    """From the proposals to the stay."""
    token = token_in(press(client, town, arrive=(directory.today() + dt.timedelta(days=4)).isoformat()))
    client.post(url("details", token), {**FORM, "arrives_on": ""})
    answer = client.post(url("code", token), {"code": sent_code()})
    assert "/stay/" in answer["Location"], answer["Location"]
    return Stay.objects.latest("created_at")


def statuses() -> list[str]:
    visits = Appointment.objects.exclude(series=None).order_by("step__position")
    return list(visits.values_list("reservation__status", flat=True))


@once
def test_finding_pages_say_that_it_takes_several_visits(client: Client, several: Town) -> None:
    for page in (url("procedure", "laser-toning"), url("institution", "haneul")):
        html = client.get(page).content.decode()
        assert "Comes in 3 visits" in html
        assert url("visits", several.offering.pk) in html
    short = {"arrive": (directory.today() + dt.timedelta(days=1)).isoformat()}
    short["leave"] = (directory.today() + dt.timedelta(days=2)).isoformat()
    html = client.get(url("procedure", "laser-toning"), short).content.decode()
    assert url("visits", several.offering.pk) not in html  # three visits do not fit into two days
    assert client.get(url("times", several.offering.pk), short)["Location"].startswith(
        url("visits", several.offering.pk)
    )


@once
def test_proposals_are_whole_and_within_the_wishes(client: Client, several: Town) -> None:
    first = directory.today() + dt.timedelta(days=4)
    last = first + dt.timedelta(days=12)
    wishes = {"arrive": first.isoformat(), "leave": last.isoformat(), "part": "morning"}
    values = BUTTON.findall(page_of(client, several, **wishes))
    assert 1 < len(values) <= 4
    assert len({starts(value)[0].date() for value in values}) == len(values)  # each begins on another day
    for value in values:
        one, two, three = starts(value)
        assert first <= one.date() < two.date()
        assert (three.date() - two.date()).days >= 3
        assert three.date() <= last
        assert max(each.hour for each in (one, two, three)) < 12


@once
def test_a_language_that_nobody_speaks_has_no_proposals_but_other_institutions(client: Client, several: Town) -> None:
    add_steps(several.other.offering)
    PractitionerLanguage.objects.create(practitioner=several.other.doctors[0], language="mn")
    PractitionerLanguage.objects.create(practitioner=several.doctor, language="th")
    assert BUTTON.findall(page_of(client, several, language="th"))[0].startswith(f"{several.offering.pk}_")
    PractitionerLanguage.objects.filter(language="th").update(practitioner=several.other.doctors[0])
    html = page_of(client, several, language="mn")  # no choice of this form any more: counts as empty
    assert "alert" in html
    several.offering, here = several.other.offering, several.offering
    assert BUTTON.findall(page_of(client, several, language="th"))[0].startswith(f"{several.offering.pk}_")
    assert here.pk != several.offering.pk


def test_all_visits_are_held_and_booked_in_one_flow(client: Client, several: Town) -> None:
    stay = walk(client, several)
    visits = Appointment.objects.filter(guest=stay.guest).order_by("step__position")
    assert [each.reservation.status for each in visits] == ["booked"] * 3
    assert kinds_sent() == ["stay_code", "stay_booked"]  # one letter for all
    assert len(Message.objects.get(kind="stay_booked").context["more_at"]) == 2
    token = links.token_of(SecureLink.objects.get(purpose="stay", subject=str(stay.pk)))
    html = client.get(url("stay", token)).content.decode()
    for word in ("Consultation", "Treatment", "Check-up visit"):
        assert f"<b>{word}</b>" in html
    calendar = links.token_of(SecureLink.objects.get(purpose="calendar", subject=str(stay.pk)))
    assert client.get(url("calendar", calendar)).content.count(b"BEGIN:VEVENT") == 3


def test_pressing_twice_holds_once(client: Client, several: Town) -> None:
    html = page_of(client, several)
    nonce = re.search(r'name="nonce" value="(\w+)"', html)
    assert nonce is not None
    sent = {"visits": BUTTON.findall(html)[0], "nonce": nonce[1]}
    answers = [client.post(url("hold_visits", several.offering.pk), sent) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Appointment.objects.count() == 3


@once
def test_the_days_of_the_journey_are_asked_once_and_checked_with_every_visit(client: Client, several: Town) -> None:
    first = directory.today() + dt.timedelta(days=4)
    days = {"arrive": first.isoformat(), "leave": (first + dt.timedelta(days=12)).isoformat()}
    token = token_in(press(client, several, **days))
    html = client.get(url("details", token)).content.decode()
    assert f'value="{days["arrive"]}"' in html
    assert "These times are kept for you" in html
    early = {"arrives_on": days["arrive"], "leaves_on": (first + dt.timedelta(days=1)).isoformat()}
    assert "You would leave before" in client.post(url("details", token), {**FORM, **early}).content.decode()


def test_of_two_guests_who_want_one_time_the_second_sees_what_is_free(client: Client, several: Town) -> None:
    value = BUTTON.findall(page_of(client, several))[0]
    assert press(Client(), several, value).status_code == 302
    answer = press(client, several, value)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "none of them is kept" in html
    assert BUTTON.findall(html)
    assert value not in html
    assert statuses() == ["held"] * 3  # those of the first guest


def test_times_that_ran_out_are_held_again_or_whole_proposals_take_their_place(client: Client, several: Town) -> None:
    token = token_in(press(client, several))
    client.post(url("details", token), FORM)
    first = Appointment.objects.order_by("reservation__starts_at")[0]
    over(first)
    assert client.get(url("details", token)).content.decode().count("The time is over") == 1
    # Somebody else takes the time of one visit only.
    second = Appointment.objects.get(step__position=1)
    Reservation.objects.filter(pk=second.reservation_id).update(
        hold_expires_at=timezone.now() - dt.timedelta(minutes=1)
    )
    scheduling.hold(several.offering, several.doctor, second.reservation.starts_at, actor="guest:other")
    answer = client.post(url("code", token), {"code": sent_code()})
    assert answer["Location"] == url("taken", token)
    html = client.get(answer["Location"]).content.decode()
    assert "Nothing you typed is lost" in html
    answer = client.post(url("taken", token), {"visits": BUTTON.findall(html)[0]})
    assert "/stay/" in answer["Location"]  # the address was proven: booked at once
    assert statuses() == ["booked"] * 3
    assert Intake.objects.count() == 0


def over(appointment: Appointment) -> None:
    mine = Reservation.objects.filter(appointment__series=appointment.series_id)
    long_ago = timezone.now() - dt.timedelta(minutes=25)
    mine.update(hold_expires_at=long_ago, created_at=long_ago)


def test_times_at_another_institution_may_take_their_place(client: Client, several: Town) -> None:
    add_steps(several.other.offering)
    PathwayStep.objects.filter(offering=several.other.offering, position=2).delete()  # two visits there
    token = token_in(press(client, several))
    html = client.get(url("taken", token)).content.decode()
    there = next(each for each in BUTTON.findall(html) if each.startswith(f"{several.other.offering.pk}_"))
    assert client.post(url("taken", token), {"visits": there})["Location"] == url("details", token)
    held = Appointment.objects.filter(reservation__status="held")
    assert {each.institution_id for each in held} == {several.other.institution.pk}
    assert held.count() == Appointment.objects.count() == 2


@once
def test_one_visit_can_be_moved_within_the_rules(client: Client, several: Town) -> None:
    stay = walk(client, several)
    token = links.token_of(SecureLink.objects.get(purpose="stay", subject=str(stay.pk)))
    first, second, third = Appointment.objects.order_by("step__position")
    html = client.get(url("change", token, second.pk)).content.decode()
    offered = [
        dt.datetime.fromtimestamp(int(value.split(".")[2]), tz=directory.KOREA)
        for value in re.findall(r'name="time" value="([^"]+)"', html)
    ]
    assert offered
    latest = third.reservation.starts_at.astimezone(directory.KOREA).date() - dt.timedelta(days=3)
    earliest = first.reservation.starts_at.astimezone(directory.KOREA).date() + dt.timedelta(days=1)
    assert all(earliest <= each.date() <= latest for each in offered)
    value = re.findall(r'name="time" value="([^"]+)"', html)[-1]
    assert client.post(url("change", token, second.pk), {"time": value}).status_code == 302
    second.refresh_from_db()
    assert int(second.reservation.starts_at.timestamp()) == int(value.split(".")[2])
    # Before the first visit it would break the order.
    broken = f"{several.offering.pk}.{several.doctor.pk}.{int(first.reservation.starts_at.timestamp()) + 7200}"
    answer = client.post(url("change", token, second.pk), {"time": broken})
    assert answer.status_code == 409
    assert "would not keep their order" in answer.content.decode()


@pytest.mark.parametrize(("page", "left"), [("cancel", 2), ("cancel_all", 0)])
def test_one_visit_or_all_can_be_cancelled(client: Client, several: Town, page: str, left: int) -> None:
    stay = walk(client, several)
    token = links.token_of(SecureLink.objects.get(purpose="stay", subject=str(stay.pk)))
    second = Appointment.objects.get(step__position=1)
    html = client.get(url("cancel", token, second.pk)).content.decode()
    assert "Cancel only this visit" in html
    assert client.get(url("cancel_all", token, second.pk))["Location"] == url("cancel", token, second.pk)
    client.post(url(page, token, second.pk))
    assert statuses().count("booked") == left
    assert kinds_sent().count("stay_cancelled") == 1


@once
def test_a_known_guest_adds_all_visits_to_the_stay(client: Client, several: Town) -> None:
    PathwayStep.objects.all().delete()
    stay, _single = booked(several)
    add_steps(several.offering)
    client.get(url("stay", links.token_of(SecureLink.objects.get(purpose="stay", subject=str(stay.pk)))))
    token = token_in(press(client, several))
    assert "Book these times" in client.get(url("details", token)).content.decode()
    assert "/stay/" in client.post(url("details", token))["Location"]
    assert Appointment.objects.filter(guest=stay.guest, reservation__status="booked").count() == 4


def test_a_hostile_button_is_refused_with_proposals(client: Client, several: Town) -> None:
    for value in ("", "x", "1_2_3", "999999999_0.a.1", "0" * 2000, "é_\x00", "1__"):
        answer = client.post(url("hold_visits", several.offering.pk), {"visits": value})
        assert answer.status_code == 409, value
        assert "Please choose one of these proposals" in answer.content.decode()
    assert not Appointment.objects.exists()


@once
def test_an_incomplete_pathway_is_refused(client: Client, several: Town) -> None:
    value = BUTTON.findall(page_of(client, several))[0].rpartition("_")[0]
    assert press(client, several, value).status_code == 409
    assert Appointment.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_guests_at_the_same_moment_one_has_all_visits(committed_town: Town, at_once: Callable[[Any], Any]) -> None:
    add_steps(committed_town.offering)
    value = BUTTON.findall(page_of(Client(), committed_town))[0]

    def guest() -> int:
        return int(Client().post(url("hold_visits", committed_town.offering.pk), {"visits": value}).status_code)

    assert sorted(at_once([guest] * 4)) == [302, 409, 409, 409]
    assert statuses() == ["held"] * 3


# The limit per person


def test_the_limit_per_person_has_its_own_words_and_a_way_on(client: Client, town: Town) -> None:
    BookingRule.objects.create(institution=town.clinic.institution, open_per_person=1)
    booked(town)
    add_steps(town.offering)
    token = token_in(press(client, town))
    client.post(url("details", token), FORM)
    answer = client.post(url("code", token), {"code": sent_code()})
    assert answer["Location"] == url("limit", token)
    html = client.get(answer["Location"]).content.decode()
    assert "keeps no more than 1 booking" in html
    assert "These times are kept for you" in html
    assert client.post(url("limit", token))["Location"] == url("limit", token)  # nothing has changed
    Reservation.objects.filter(appointment__series=None).update(status="cancelled")
    assert "/stay/" in client.post(url("limit", token))["Location"]
