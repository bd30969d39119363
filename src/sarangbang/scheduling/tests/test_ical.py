"""What is written can be read back by two readers, also on the days when clocks are changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from sarangbang.scheduling.ical import Event, Feed, Status, write

NOW = dt.datetime(2026, 11, 26, 1, 0, tzinfo=dt.UTC)
VISIT = Event(
    uid="appointment-7f1c@clinic.sarangbang", starts_at=NOW, ends_at=NOW + dt.timedelta(minutes=30),
    summary="Appointment", changed_at=NOW, location="서울 강남구 압구정로 1, 3층", url="https://house.example/ko/clinic/",
)  # fmt: skip
ZONES = ("Asia/Seoul", "America/New_York", "Australia/Lord_Howe")


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


def read(made: Feed) -> list[tuple[str, dt.datetime, dt.datetime]]:
    """(UID, start, end) of every event, and that both readers agree about it."""
    one = sorted(
        (str(event["UID"]), event["DTSTART"].dt.astimezone(dt.UTC), event["DTEND"].dt.astimezone(dt.UTC))
        for event in Calendar.from_ical(made.content).walk("VEVENT")
    )
    other = sorted(
        (event.uid.value, event.dtstart.value.astimezone(dt.UTC), event.dtend.value.astimezone(dt.UTC))
        for event in vobject.readOne(made.content.decode()).contents.get("vevent", [])
    )
    assert other == one
    return one


@settings(max_examples=15)
@given(
    st.datetimes(utc(2020, 1, 1).replace(tzinfo=None), utc(2035, 1, 1).replace(tzinfo=None), timezones=st.just(dt.UTC)),
    st.integers(5, 600),
    st.sampled_from(ZONES),
)
@example(utc(2026, 11, 1, 5, 30), 30, "America/New_York")  # half past one, the first
@example(utc(2026, 11, 1, 6, 30), 30, "America/New_York")  # half past one, the second
@example(utc(2026, 3, 8, 6, 45), 30, "America/New_York")  # over the hour that is left out
@example(utc(2026, 4, 4, 15, 10), 30, "Australia/Lord_Howe")  # half an hour twice
@example(
    utc(2027, 7, 14, 8, 36), 30, "Asia/Jerusalem"
)  # the last summer in which its Friday is the last one for a while
@example(utc(2029, 10, 31, 11, 8), 30, "Africa/Cairo")
def test_a_time_is_the_same_instant_for_two_readers(begins: dt.datetime, minutes: int, zone: str) -> None:
    starts_at = begins.replace(second=0, microsecond=0, fold=0)
    ends_at = starts_at + dt.timedelta(minutes=minutes)
    made = write([replace(VISIT, starts_at=starts_at, ends_at=ends_at, zone=zone)], "x")
    assert read(made) == [(VISIT.uid, starts_at, ends_at)]


@settings(max_examples=30)
@given(st.text(max_size=120), st.text(max_size=120))
def test_any_text_is_escaped_and_folded(summary: str, place: str) -> None:
    summary, place = ("".join(char for char in text if char.isprintable()) for text in (summary, place))
    made = write([replace(VISIT, summary=summary, location=place)], summary)
    assert all(len(line) <= 75 for line in made.content.split(b"\r\n"))
    (event,) = Calendar.from_ical(made.content).walk("VEVENT")
    assert (str(event["SUMMARY"]), str(event.get("LOCATION", ""))) == (summary, place)
    assert vobject.readOne(made.content.decode()).vevent.summary.value == summary


def test_every_zone_in_use_is_described_once() -> None:
    events = [replace(VISIT, uid=f"{number}@x", zone=zone) for number, zone in enumerate(ZONES * 2)]
    calendar = Calendar.from_ical(write(events, "x").content)
    assert sorted(str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")) == sorted(ZONES)
    assert {event["DTSTART"].params["TZID"] for event in calendar.walk("VEVENT")} == set(ZONES)


def test_what_was_cancelled_is_still_there() -> None:
    (event,) = Calendar.from_ical(write([replace(VISIT, status=Status.CANCELLED, sequence=4)], "x").content).walk(
        "VEVENT"
    )
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 4)
    assert event["LAST-MODIFIED"].dt == event["DTSTAMP"].dt == NOW


def test_the_same_events_give_the_same_bytes() -> None:
    later = replace(VISIT, uid="b@x", starts_at=NOW + dt.timedelta(days=1), ends_at=None)
    assert write([VISIT, later], "x") == write([later, VISIT], "x")
    assert ZoneInfo(VISIT.zone).utcoffset(NOW) == dt.timedelta(hours=9)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        replace(VISIT, starts_at=NOW.replace(tzinfo=None))
