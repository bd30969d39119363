"""A public client finds, holds, confirms, moves and cancels with nothing but the document."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sarangbang.directory.models import PractitionerLanguage
from sarangbang.messages.models import Message
from sarangbang.scheduling.models import BookingRule, Claim, PathwayStep
from sarangbang.scheduling.tests.conftest import make_clinic

from .reader import Reader

pytestmark = pytest.mark.once


def in_two_days() -> str:
    """From when on what is booked can still be changed."""
    return (timezone.now() + dt.timedelta(days=2)).isoformat()


@pytest.fixture
def clinic(db: None) -> SimpleNamespace:
    return make_clinic(doctors=1)


@pytest.fixture
def reader(clinic: SimpleNamespace, client: Client) -> Reader:
    return Reader(client)


def test_from_the_document_alone(reader: Reader) -> None:
    _, procedures = reader.ask("listProcedures", {"q": "laser toning"})
    _, times = reader.follow("listProcedures", 200, procedures, "freeTimes", start=in_two_days())
    status, held = reader.follow("searchFreeTimes", 200, times, "hold")
    assert (status, held["status"]) == (201, "held")
    status, booked = reader.follow("createHold", 201, held, "confirm")
    assert (status, booked["status"]) == (200, "booked")
    assert Message.objects.filter(kind="stay_booked").count() == 1
    later = times["items"][4]
    status, moved = reader.follow("createHold", 201, held, "move", starts_at=later["starts_at"])
    assert (status, moved["starts_at"], moved["sequence"]) == (200, later["starts_at"], 1)
    assert reader.follow("createHold", 201, held, "see")[1] == moved
    status, over = reader.follow("createHold", 201, held, "cancel")
    assert (status, over["status"]) == (200, "cancelled")
    assert not Claim.objects.exists()


@pytest.mark.both
def test_who_was_too_slow_takes_an_alternative(reader: Reader) -> None:
    times = reader.ask("searchFreeTimes", {"procedure": "laser-toning"})[1]
    reader.follow("searchFreeTimes", 200, times, "hold")
    status, refused = reader.follow("searchFreeTimes", 200, times, "hold")
    assert (status, refused["code"]) == (409, "taken")
    status, held = reader.follow("createHold", 409, refused, "alternative")
    assert (status, held["starts_at"]) == (201, refused["alternatives"][0]["starts_at"])
    # And somebody who wants to move there is told where else, too.
    status, refused = reader.ask(
        "moveAppointment", {"token": held["token"], "starts_at": times["items"][0]["starts_at"]}
    )
    assert (status, refused["code"]) == (409, "taken")
    assert refused["alternatives"]


def test_several_visits_are_one_thing(reader: Reader, clinic: SimpleNamespace) -> None:
    for position, (kind, days) in enumerate((("consultation", 0), ("treatment", 1), ("check", 3))):
        PathwayStep.objects.create(
            offering=clinic.offering, position=position, kind=kind, visit_minutes=30, days_after_low=days
        )
    status, found = reader.ask("searchSeries", {"procedure": "laser-toning", "start": in_two_days()})
    assert [visit["kind"] for visit in found["items"][0]["visits"]] == ["consultation", "treatment", "check"]
    status, held = reader.follow("searchSeries", 200, found, "hold")
    assert (status, [visit["status"] for visit in held["visits"]]) == (201, ["held"] * 3)
    status, booked = reader.follow("createSeries", 201, held, "confirm")
    assert (status, [visit["status"] for visit in booked["visits"]]) == (200, ["booked"] * 3)
    assert reader.follow("createSeries", 201, held, "confirm")[1] == booked
    status, seen = reader.ask("getAppointment", {"token": booked["visits"][1]["token"]})
    assert (status, seen) == (200, booked["visits"][1])
    status, over = reader.follow("createSeries", 201, held, "cancel")
    assert (status, [visit["status"] for visit in over["visits"]]) == (200, ["cancelled"] * 3)
    assert not Claim.objects.exists()


@pytest.mark.both
def test_of_a_series_all_times_are_held_or_none(reader: Reader, clinic: SimpleNamespace) -> None:
    for position, days in enumerate((0, 1)):
        PathwayStep.objects.create(
            offering=clinic.offering, position=position, kind="check", visit_minutes=30, days_after_low=days
        )
    item = reader.ask("searchSeries", {"procedure": "laser-toning"})[1]["items"][0]
    assert reader.ask("createHold", {**item, **item["visits"][1]})[0] == 201
    status, refused = reader.ask("createSeries", {}, item)
    assert (status, refused["code"]) == (409, "taken")
    assert Claim.objects.count() == 6  # of the one hold
    status, refused = reader.ask("createSeries", {}, {**item, "visits": item["visits"][:1]})
    assert (status, refused["errors"][0]["code"]) == (422, "out_of_order")


def test_the_search_narrows_down_and_goes_on(reader: Reader, clinic: SimpleNamespace) -> None:
    other = make_clinic("byeol", doctors=1)
    PractitionerLanguage.objects.create(practitioner=other.doctors[0], language="mn")
    known: dict[str, Any] = {"procedure": "laser-toning", "limit": 3}
    first = reader.ask("searchFreeTimes", known)[1]
    assert {item["institution"] for item in first["items"]} == {"haneul", "byeol"}
    following = reader.follow("searchFreeTimes", 200, first, "next", **known)[1]
    seen = [(item["starts_at"], item["practitioner"]) for item in first["items"] + following["items"]]
    assert len(set(seen)) == 6
    assert seen == sorted(seen, key=lambda time: time[0])
    only = reader.ask("searchFreeTimes", {**known, "language": "mn", "part_of_day": "afternoon"})[1]["items"]
    assert {item["institution"] for item in only} == {"byeol"}
    assert all(item["starts_at"][11:13] in {"03", "04", "05", "06", "07"} for item in only)  # UTC
    there = reader.ask("searchFreeTimes", {**known, "institution": ["byeol", "nowhere"]})[1]["items"]
    assert {item["institution"] for item in there} == {"byeol"}
    for strange in ("1.2", "1.1.1", f"{first['cursor']}0"):
        status, refused = reader.ask("searchFreeTimes", {**known, "cursor": strange})
        assert (status, refused["errors"][0]["field"]) == (422, "cursor")


def test_series_narrow_down_by_language_and_part_of_day(reader: Reader, clinic: SimpleNamespace) -> None:
    other = make_clinic("byeol", doctors=2)
    PractitionerLanguage.objects.create(practitioner=other.doctors[1], language="mn")
    for offering in (clinic.offering, other.offering):
        for position, days in enumerate((0, 1)):
            PathwayStep.objects.create(
                offering=offering, position=position, kind="check", visit_minutes=30, days_after_low=days
            )
    known: dict[str, Any] = {"procedure": "laser-toning", "start": in_two_days(), "limit": 5}
    status, found = reader.ask("searchSeries", {**known, "language": "mn", "part_of_day": "afternoon"})
    visits = [visit for item in found["items"] for visit in item["visits"]]
    assert (status, len(found["items"])) == (200, 5)
    assert {visit["practitioner"] for visit in visits} == {str(other.doctors[1].pk)}
    assert {int(visit["starts_at"][11:13]) + 9 for visit in visits} <= set(range(12, 17))
    assert dt.datetime.fromisoformat(found["end"]) - dt.datetime.fromisoformat(found["start"]) == dt.timedelta(days=14)
    assert reader.ask("searchSeries", {**known, "language": "th"})[1]["items"] == []
    for name, word in (("language", "xx"), ("part_of_day", "night"), ("party", "9"), ("limit", str(10**30))):
        status, refused = reader.ask("searchSeries", {**known, name: word})
        assert (status, refused["errors"][0]["field"]) == (422, name)


def test_a_visit_by_video_in_the_night_is_asked_about(reader: Reader, clinic: SimpleNamespace) -> None:
    BookingRule.objects.create(offering=clinic.offering, remote=True)
    times = reader.ask("searchFreeTimes", {"procedure": "laser-toning", "part_of_day": "morning"})[1]
    status, held = reader.ask("createHold", {**times["items"][0], "mode": "video"})
    assert (status, held["mode"]) == (201, "video"), held
    call = reader.calls["confirmAppointment"][2]
    body = reader.filled(call["requestBody"]["content"]["application/json"]["schema"], {})
    body["guest"]["zone"] = "Europe/London"
    status, refused = reader.ask("confirmAppointment", {"token": held["token"]}, body)
    assert (status, refused["code"]) == (422, "odd_hour")
    status, booked = reader.ask("confirmAppointment", {"token": held["token"]}, {**body, "accept_odd_hour": True})
    assert (status, booked["status"], booked["mode"]) == (200, "booked", "video")
