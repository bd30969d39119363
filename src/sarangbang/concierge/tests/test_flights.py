"""What a feed says is read, folded, and believed only as far as it can be."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.concierge.flights import exits, timetable
from sarangbang.concierge.flights.arrivals import (
    Arrival,
    Asked,
    Believed,
    Doubt,
    FeedDown,
    Known,
    State,
    judge,
    plain_number,
)
from sarangbang.concierge.flights.incheon import IncheonFeed

DAY = dt.date(2026, 12, 8)
NOON = dt.datetime(2026, 12, 8, 3, tzinfo=dt.UTC)  # noon in Seoul
KEY = "a secret/key=="
SLOW = -1
JSON_REFUSAL = b'{"OpenAPI_ServiceResponse": {"cmmMsgHeader": {"errMsg": "X", "returnReasonCode": "22"}}}'
XML_RESULT = b"<response><header><resultCode>30</resultCode><resultMsg>X</resultMsg></header></response>"


def row(number: str = "KE086", at: str = "202612081435", **others: str) -> dict[str, str]:
    return {
        "flightId": number, "scheduleDateTime": at, "estimatedDateTime": "", "terminalid": "P03", "remark": "",
        "gatenumber": "252", "carousel": "12", "exitnumber": "B", "airportCode": "JFK", "codeshare": "Master",
        "masterFlightId": "", **others,
    }  # fmt: skip


def said(items: Any, total: int | None = None, code: str = "00") -> bytes:
    count = total if total is not None else len(items)
    body = {"items": items, "totalCount": count, "numOfRows": 500, "pageNo": 1}
    return json.dumps({"response": {"header": {"resultCode": code, "resultMsg": "x"}, "body": body}}).encode()


def refused(code: int) -> bytes:
    reason = f"<returnAuthMsg>X</returnAuthMsg><returnReasonCode>{code}</returnReasonCode>"
    return f"<OpenAPI_ServiceResponse><cmmMsgHeader>{reason}</cmmMsgHeader></OpenAPI_ServiceResponse>".encode()


class Airport:
    """A server on this machine that answers as it was told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[dict[str, list[str]]] = []
        self.now = 0.0
        airport = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                airport.asked.append(parse_qs(urlsplit(self.path).query))
                status, body = airport.answers.pop(0)
                if status == 0:
                    self.connection.close()
                    return
                if status == SLOW:
                    self.send_response(200)
                    self.end_headers()
                    with contextlib.suppress(OSError):  # whoever asked has gone
                        for place in range(len(body)):
                            self.wfile.write(body[place : place + 1])
                            time.sleep(0.02)
                    return
                self.send_response(status)
                if body[:2] == b"\x1f\x8b":
                    self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def feed(self, patience: float = 20.0) -> IncheonFeed:
        base = f"http://127.0.0.1:{self.server.server_address[1]}"
        return IncheonFeed(KEY, base=base, clock=lambda: self.now, patience=patience)


@pytest.fixture(scope="module")
def listening() -> Iterator[Airport]:
    airport = Airport()
    yield airport
    airport.server.shutdown()
    airport.server.server_close()


@pytest.fixture
def airport(listening: Airport) -> Airport:
    listening.answers.clear()
    listening.asked.clear()
    listening.now = 0.0
    return listening


def test_a_row_is_read_with_its_time_in_korea_and_its_terminal(airport: Airport) -> None:
    airport.answers = [(200, said([row(estimatedDateTime="202612081510", remark="지연")]))]
    [found] = airport.feed().arrivals(DAY)
    assert found == Arrival(
        number="KE86",
        scheduled_at=dt.datetime(2026, 12, 8, 5, 35, tzinfo=dt.UTC),
        estimated_at=dt.datetime(2026, 12, 8, 6, 10, tzinfo=dt.UTC),
        place="icn-t2",
        gate="252",
        exit="B",
        carousel="12",
        origin="JFK",
    )
    assert airport.asked[0]["type"] == ["json"]
    assert airport.asked[0]["searchday"] == ["20261208"]
    assert airport.asked[0]["serviceKey"] == [KEY]  # encoded once, whatever it is made of


def test_numbers_that_share_an_aircraft_are_one_arrival(airport: Airport) -> None:
    rows = [row(), row("DL7856", masterFlightId="KE086", codeshare="Slave"), row("OZ202", terminalid="P01")]
    airport.answers = [(200, said(rows))]
    found = {one.number: one for one in airport.feed().arrivals(DAY)}
    assert found.keys() == {"KE86", "OZ202"}
    assert found["KE86"].shared == ("DL7856",)


def test_pages_are_read_to_the_end_and_kept_for_a_minute(airport: Airport) -> None:
    airport.answers = [(200, said([row()], 2)), (200, said([row("OZ1", terminalid="P02")], 2)), (200, said([]))]
    feed = airport.feed()
    assert [one.place for one in feed.arrivals(DAY)] == ["icn-t2", "icn-t1"]
    airport.now = 59
    feed.arrivals(DAY)
    assert [asked["pageNo"] for asked in airport.asked] == [["1"], ["2"]]
    airport.now = 61
    assert feed.arrivals(DAY) == []


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, refused(22), "quota"),
        (200, refused(30), "key"),
        (200, refused(99), "refused"),
        (200, JSON_REFUSAL, "quota"),
        (200, XML_RESULT, "key"),
        (200, b'{"response": {"header": {"resultCode": 22}}}', "quota"),
        (200, "결항".encode("euc-kr"), "nonsense"),
        (200, b"\x1f\x8b no gzip", "network"),
        (401, b"Unauthorized", "key"),
        (429, b"", "quota"),
        (500, b"<html>", "http"),
        (302, b"", "http"),
        (200, b"", "nonsense"),
        (200, b"<html>maintenance</html>", "nonsense"),
        (200, b"[" * 100_000, "nonsense"),
        (200, b"\xff\xfe\x00", "nonsense"),
        (200, b"[]", "nonsense"),
        (200, b'{"response": null}', "nonsense"),
        (200, said([row()], code="03"), "refused"),
        (200, b'{"response": {"header": {"resultCode": "00"}, "body": []}}', "nonsense"),
        (200, said("what"), "nonsense"),
        (200, said([row(at="yesterday")]), "nonsense"),
        (0, b"", "network"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_down_with_a_reason(airport: Airport, status: int, body: bytes, code: str) -> None:
    airport.answers = [(status, body)]
    with pytest.raises(FeedDown) as trouble:
        airport.feed().arrivals(DAY)
    assert trouble.value.code == code
    assert KEY not in str(trouble.value)


def test_after_a_failure_the_next_question_waits_longer_each_time(airport: Airport) -> None:
    feed = airport.feed()
    waits = []
    for _failure in range(9):
        airport.answers = [(503, b"")]
        with pytest.raises(FeedDown, match="http"):
            feed.arrivals(DAY)
        before = airport.now
        with pytest.raises(FeedDown, match="paused"):
            feed.arrivals(DAY)
        while True:
            airport.now += 5
            airport.answers = [(200, said([]))] if _failure == 8 else [(503, b"")]
            asked = len(airport.asked)
            try:
                feed.arrivals(DAY)
            except FeedDown as trouble:
                if trouble.code == "paused":
                    continue
            waits.append(airport.now - before)
            assert len(airport.asked) == asked + 1
            break
        airport.now += 1_000  # whatever that failure added is over
    assert waits[0] == 15
    assert waits == sorted(waits)
    assert max(waits) == 900


def test_rows_that_cannot_be_read_are_passed_over(airport: Airport) -> None:
    rows = [row(), row("?"), row(terminalid="P09"), "what", row("OZ2", flightId=7), row(scheduleDateTime="")]
    airport.answers = [(200, said(rows)), (200, said([]))]
    assert [one.number for one in airport.feed().arrivals(DAY)] == ["KE86"]


def test_an_answer_without_end_is_given_up(airport: Airport) -> None:
    airport.answers = [(SLOW, said([row()]))]
    with pytest.raises(FeedDown, match="timeout"):
        airport.feed(patience=0.05).arrivals(DAY)


def test_compressed_with_a_mark_of_byte_order_and_without_a_count_it_is_read(airport: Airport) -> None:
    whole = json.loads(said([row(f"KE{number}") for number in range(1, 501)]))
    rest = json.loads(said([row("OZ1", terminalid="p01")]))
    for answer in (whole, rest):
        del answer["response"]["body"]["totalCount"]
    pages = [b"\xef\xbb\xbf" + json.dumps(answer).encode() for answer in (whole, rest)]
    airport.answers = [(200, gzip.compress(page)) for page in pages]
    assert len(airport.feed().arrivals(DAY)) == 501


def test_times_past_midnight_and_remarks_with_a_reason(airport: Airport) -> None:
    rows = [
        row("KE1", estimatedDateTime="202612090010"),
        row("KE2", estimatedDateTime="202612082400"),
        row("KE3", estimatedDateTime="20261208150059", remark="결항(기상)"),
        row("KE4", remark="Diverted to GMP"),
        row("KE5", estimatedDateTime="soon"),  # not the same as none: it would seem to be on time again
    ]
    airport.answers = [(200, said(rows))]
    found = {one.number: one for one in airport.feed().arrivals(DAY)}
    assert found.keys() == {"KE1", "KE2", "KE3", "KE4"}
    midnight = dt.datetime(2026, 12, 8, 15, tzinfo=dt.UTC)
    assert found["KE1"].lands_at == midnight + dt.timedelta(minutes=10)
    assert found["KE2"].lands_at == midnight
    assert [found[number].state for number in ("KE3", "KE4")] == [State.CANCELLED, State.DIVERTED]


def test_a_flight_that_is_listed_twice_is_one_only_if_both_say_the_same(airport: Airport) -> None:
    late = row(estimatedDateTime="202612081510")
    shared = row("DL7856", masterFlightId="KE086")
    airport.answers = [(200, said([late, late, shared, shared]))]
    [found] = airport.feed().arrivals(DAY)
    assert found.shared == ("DL7856",)
    for other in (row(), row(estimatedDateTime="202612081510", terminalid="P01")):
        airport.answers = [(200, said([late, other]))]
        twins = airport.feed().arrivals(DAY)
        asked = judge(Known("KE86", found.scheduled_at), twins, NOON)
        assert isinstance(asked, Asked)
        assert asked.doubt == Doubt.AMBIGUOUS


def test_none_and_one_as_the_gateway_writes_them(airport: Airport) -> None:
    for items, count in (("", 0), ({"item": row()}, 1), ({"item": [row()]}, 1)):
        airport.answers = [(200, said(items, count))]
        assert len(airport.feed().arrivals(DAY)) == count


# --- How much of it is believed ---------------------------------------------------------------------------------------


def arrival(late: int = 0, **others: Any) -> Arrival:
    estimated = NOON + dt.timedelta(minutes=late) if late else None
    return Arrival(**{"number": "KE86", "scheduled_at": NOON, "place": "icn-t2", "estimated_at": estimated, **others})


def verdict(
    told: Arrival | None, last: Arrival | None = None, doubted: int | None = None, number: str = "KE086"
) -> Any:
    doubted_at = None if doubted is None else NOON + dt.timedelta(minutes=doubted)
    known = Known(number, NOON, last, doubted_at)
    return judge(known, [told] if told else [], NOON - dt.timedelta(hours=1))


def test_a_delay_is_believed() -> None:
    assert verdict(arrival(45)) == Believed(arrival(45))
    assert verdict(arrival(45, shared=("DL7856",)), number="dl 7856") == Believed(arrival(45, shared=("DL7856",)))


@pytest.mark.parametrize(
    ("told", "last", "doubt"),
    [
        (None, None, Doubt.UNKNOWN),
        (arrival(number="KE88"), None, Doubt.UNKNOWN),
        (arrival(state=State.CANCELLED), None, Doubt.CANCELLED),
        (arrival(30, state=State.DIVERTED), None, Doubt.DIVERTED),
        (arrival(-190), None, Doubt.NONSENSE),
        (arrival(25 * 60), None, Doubt.NONSENSE),
        (arrival(state=State.LANDED), None, Doubt.CONTRADICTION),
        (arrival(90), arrival(-70, state=State.LANDED), Doubt.CONTRADICTION),
        (arrival(200), None, Doubt.LEAP),
        (arrival(10), arrival(240), Doubt.LEAP),
    ],
)
def test_what_contradicts_itself_is_asked_and_moves_nothing(
    told: Arrival | None, last: Arrival | None, doubt: Doubt
) -> None:
    assert verdict(told, last) == Asked(doubt, None if doubt == Doubt.UNKNOWN else told)


def test_a_leap_that_is_read_twice_is_believed() -> None:
    assert verdict(arrival(200), doubted=205) == Believed(arrival(200))


def test_two_flights_of_one_number_are_asked() -> None:
    twins = [arrival(), arrival(scheduled_at=NOON + dt.timedelta(hours=5))]
    assert judge(Known("KE86", NOON), twins, NOON) == Asked(Doubt.AMBIGUOUS)


@given(late=st.integers(-2000, 2000), before=st.integers(-180, 1440), state=st.sampled_from(State))
@settings(max_examples=100)
def test_nothing_moves_by_more_than_three_hours_at_once(late: int, before: int, state: State) -> None:
    told = arrival(late, state=state)
    found = verdict(told, arrival(before))
    if isinstance(found, Believed):
        assert abs(found.arrival.lands_at - arrival(before).lands_at) <= dt.timedelta(hours=3)
        assert state in (State.EXPECTED, State.LANDED)


@pytest.mark.parametrize(
    ("text", "number"),
    [("ke 0086", "KE86"), ("KE086", "KE86"), ("7C1101", "7C1101"), ("KAL-86", "KAL86"), ("U28", "U28"), ("KE086A", "KE86A"),
     ("", ""), ("KE", ""), ("86", ""), ("KE00000", ""), ("KE086'; --", ""), ("가나86", "")],
)  # fmt: skip
def test_a_number_is_written_in_one_way(text: str, number: str) -> None:
    assert plain_number(text) == number


# --- Out of the hall, and other feeds ---------------------------------------------------------------------------------


@given(st.integers(0, 23), st.integers(1, 100), st.integers(1, 100), st.sampled_from(["icn-t1", "icn-t2", "gmp", "x"]))
@settings(max_examples=100)
def test_more_guests_never_need_less_time(hour: int, some: int, more: int, place: str) -> None:
    landing = dt.datetime(2026, 12, 8, hour, tzinfo=exits.SEOUL)
    low, high = sorted((some, more))
    assert dt.timedelta(0) < exits.exit_span(place, landing, low) <= exits.exit_span(place, landing, high)


def test_the_points_of_the_table_are_its_quantiles() -> None:
    for line in exits.table():
        assert tuple(line.quantile(share) for share in exits.SHARES) == line.minutes


def test_a_timetable_is_read_whole_or_not_at_all() -> None:
    head = "number,scheduled,place,operated_by,estimated\n"
    good = "KE086,2026-12-08 14:35,icn-t2,,2026-12-08 15:00\nDL7856,2026-12-08 14:35,icn-t2,KE086,\n"
    [found] = timetable.parse((head + good).splitlines())
    assert (found.shared, found.lands_at) == (("DL7856",), dt.datetime(2026, 12, 8, 6, tzinfo=dt.UTC))
    for bad, line in (
        ("?,2026-12-08 14:35,icn-t2,,\n", 4),
        ("KE1,8.12.2026,icn-t2,,\n", 4),
        ("KE1,2026-12-08 14:35,,,\n", 4),
    ):
        with pytest.raises(timetable.TimetableBroken, match=f"line {line}"):
            timetable.parse((head + good + bad).splitlines())
    with pytest.raises(timetable.TimetableBroken, match="place"):
        timetable.parse(["number,scheduled"])
