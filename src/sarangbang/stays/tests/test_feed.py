"""The calendar says when and where, never why; changes and cancellations reach it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from sarangbang.stays.feed import feed
from sarangbang.stays.itinerary import Entry, Spot, State

from .test_itinerary import NOW, entries, entry

SPOT = Spot(
    "haneul", "하늘안과병원", "Haneul Eye Hospital", "서울 강남구 압구정로 1, 3층", "1 Apgujeong-ro", 37.52, 127.03
)
VISIT = replace(
    entry("appointment:7f1c", NOW), spot=SPOT, title="Haneul Eye Hospital", lines=("Cataract surgery",), sequence=3
)


def read(found: list[Entry]) -> Calendar:
    return Calendar.from_ical(feed(found, "My stay in Seoul", "See your page.").content)


@given(entries)
def test_what_is_written_can_be_read_back(found: list[Entry]) -> None:
    events = {str(event["UID"]): event for event in read(found).walk("VEVENT")}
    assert len(events) == len(found)
    for one in found:
        event = events[f"{one.uid.replace(':', '-')}@stay.sarangbang"]
        assert event["DTSTART"].dt == one.starts_at.replace(microsecond=0)
        assert event["DTSTART"].params["TZID"] == "Asia/Seoul"
        assert event["SEQUENCE"] == one.sequence


@given(entries)
def test_the_same_entries_give_the_same_bytes(found: list[Entry]) -> None:
    assert feed(found, "x") == feed(list(reversed(found)), "x")


def test_one_zone_is_described_and_used() -> None:
    calendar = read([VISIT])
    (zone,) = calendar.walk("VTIMEZONE")
    assert str(zone["TZID"]) == "Asia/Seoul"
    assert calendar["METHOD"] == "PUBLISH"


def test_neither_reason_nor_institution_stand_in_it() -> None:
    text = feed([VISIT], "My stay in Seoul").content.decode()
    for telling in ("Cataract", "Haneul", "안과", "Eye"):
        assert telling not in text
    assert "압구정로" in text


def test_a_cancelled_visit_stays_in_the_feed_as_cancelled() -> None:
    (event,) = read([replace(VISIT, state=State.CANCELLED, sequence=4)]).walk("VEVENT")
    assert event["STATUS"] == "CANCELLED"
    assert event["SEQUENCE"] == 4


def test_what_waits_is_tentative() -> None:
    (event,) = read([replace(VISIT, state=State.WAITING)]).walk("VEVENT")
    assert event["STATUS"] == "TENTATIVE"


def test_a_change_changes_tag_and_time_and_keeps_the_uid() -> None:
    before = feed([VISIT], "x")
    moved = replace(
        VISIT,
        starts_at=NOW + dt.timedelta(days=1),
        ends_at=NOW + dt.timedelta(days=1, minutes=30),
        sequence=4,
        changed_at=NOW + dt.timedelta(hours=1),
    )
    after = feed([moved], "x")
    assert before.etag != after.etag
    assert after.changed_at == NOW + dt.timedelta(hours=1)
    uids = {str(event["UID"]) for made in (before, after) for event in Calendar.from_ical(made.content).walk("VEVENT")}
    assert len(uids) == 1


@given(st.text(max_size=200))
def test_any_address_is_escaped(address: str) -> None:
    address = "".join(char for char in address if char.isprintable())
    spot = replace(SPOT, address=address)
    (event,) = read([replace(VISIT, spot=spot)]).walk("VEVENT")
    assert str(event.get("LOCATION", SPOT.address_latin)) == (address or SPOT.address_latin)


def test_an_empty_stay_is_a_calendar_too() -> None:
    made = feed([], "x")
    assert made.changed_at is None
    assert not Calendar.from_ical(made.content).walk("VEVENT")
