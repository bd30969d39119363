"""Incheon airport's public arrivals (data.go.kr 15112968, StatusOfPassengerFlightsDeOdp), read into ``Arrival``.

The service is asked by key, page by page, for one Korean calendar day. Its times are local ("202612081435"), its
terminals P01 (terminal 1), P02 (concourse, whose guests leave through terminal 1) and P03 (terminal 2), and the same
aircraft comes once for each airline that sells it. The gateway answers every refusal with HTTP 200 and XML, so what
is no JSON of the known shape counts as "down". Answers are kept for a minute; after a failure the next question
waits, twice as long each time, up to a quarter of an hour.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from .arrivals import Arrival, FeedDown, State, folded, plain_number

SEOUL = ZoneInfo("Asia/Seoul")
BASE = "https://apis.data.go.kr/B551177/StatusOfPassengerFlightsDeOdp"
OPERATION = "/getPassengerArrivalsDeOdp"
PLACES = {"P01": "icn-t1", "P02": "icn-t1", "P03": "icn-t2"}
ROWS = 500
MOST_PAGES = 20
MOST_BYTES = 8_000_000
FRESH_SECONDS = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 15.0, 900.0
TIMEOUT = httpx.Timeout(10.0, connect=5.0)

REMARKS = {
    "도착": State.LANDED,
    "착륙": State.LANDED,
    "ARRIVED": State.LANDED,
    "LANDED": State.LANDED,
    "결항": State.CANCELLED,
    "CANCELLED": State.CANCELLED,
    "CANCELED": State.CANCELLED,
    "회항": State.DIVERTED,
    "DIVERTED": State.DIVERTED,
}
"""What ends a flight; every other remark (delayed, boarding, none) leaves it expected."""

REFUSALS = {
    "22": "quota",
    "20": "key",
    "30": "key",
    "31": "key",
    "32": "key",
}
"""Codes of the public data gateway that have a reason of their own."""


class IncheonFeed:
    """The arrivals service. ``base`` and ``clock`` are for tests; the key comes from the settings."""

    name = "incheon"

    def __init__(self, key: str, *, base: str = BASE, clock: Callable[[], float] = time.monotonic) -> None:
        self._key, self._base, self._clock = key, base.rstrip("/"), clock
        self._kept: dict[dt.date, tuple[float, list[Arrival]]] = {}
        self._failures = 0
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def arrivals(self, day: dt.date) -> Sequence[Arrival]:
        """The arrivals of one Korean calendar day, at most a minute old. Raises ``FeedDown``."""
        with self._lock:
            kept = self._kept.get(day)
            if kept is not None and self._clock() - kept[0] < FRESH_SECONDS:
                return kept[1]
            if self._clock() < self._closed_until:
                raise FeedDown("paused", "waiting after a failure")
            try:
                found = self._read(day)
            except FeedDown:
                self._failures += 1
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures - 1, 10))
                self._closed_until = self._clock() + pause
                raise
            self._failures = 0
            self._kept = {day: (self._clock(), found), **{one: kept for one, kept in self._kept.items() if one != day}}
            while len(self._kept) > 3:
                self._kept.pop(next(reversed(self._kept)))
            return found

    def _read(self, day: dt.date) -> list[Arrival]:
        items: list[dict[str, Any]] = []
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
            for page in range(1, MOST_PAGES + 1):
                body = _body(self._ask(client, day, page))
                found = _items(body)
                items += found
                if not found or len(items) >= _whole(body.get("totalCount"), len(items)):
                    break
        read = [one for one in map(_arrival, items) if one is not None]
        if items and not read:
            raise FeedDown("nonsense", "no row could be read")
        return folded(read)

    def _ask(self, client: httpx.Client, day: dt.date, page: int) -> bytes:
        words = {
            "serviceKey": self._key,
            "type": "json",
            "searchday": f"{day:%Y%m%d}",
            "from_time": "0000",
            "to_time": "2400",
            "lang": "K",
            "numOfRows": str(ROWS),
            "pageNo": str(page),
        }
        try:
            with client.stream("GET", self._base + OPERATION, params=words) as answer:
                if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                    raise FeedDown("quota")
                if answer.status_code != httpx.codes.OK:
                    raise FeedDown("http", str(answer.status_code))
                return _bounded(answer)
        except httpx.TimeoutException:
            raise FeedDown("timeout") from None
        except httpx.HTTPError as trouble:  # its words may hold the address and so the key: only its kind is kept
            raise FeedDown("network", type(trouble).__name__) from None


def _bounded(answer: httpx.Response) -> bytes:
    found = bytearray()
    for piece in answer.iter_bytes():
        found += piece
        if len(found) > MOST_BYTES:
            raise FeedDown("nonsense", "too long")
    return bytes(found)


def _body(raw: bytes) -> dict[str, Any]:
    """The body of a good answer. Raises ``FeedDown`` for everything else, with the gateway's reason if it gave one."""
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        said = re.search(rb"<returnReasonCode>\s*(\d+)\s*<", raw)
        raise FeedDown(REFUSALS.get(said[1].decode(), "refused") if said else "nonsense") from None
    try:
        code = str(answer["response"]["header"]["resultCode"])
        body = answer["response"]["body"]
    except (KeyError, TypeError):
        raise FeedDown("nonsense", "another shape") from None
    if code not in ("00", "0", "0000"):
        raise FeedDown(REFUSALS.get(code, "refused"), code[:20])
    if not isinstance(body, dict):
        raise FeedDown("nonsense", "another shape")
    return body


def _items(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows; the gateway writes none as "" and one as itself."""
    items = body.get("items")
    if isinstance(items, dict):
        items = items.get("item", [])
    if isinstance(items, dict):
        items = [items]
    if items in ("", None):
        return []
    if not isinstance(items, list):
        raise FeedDown("nonsense", "another shape")
    return [item for item in items if isinstance(item, dict)]


def _whole(value: Any, otherwise: int) -> int:
    return int(value) if str(value).isascii() and str(value).isdigit() else otherwise


def _arrival(item: dict[str, Any]) -> tuple[Arrival, str] | None:
    """One row with the number that operates it; None when number, time or terminal cannot be read."""
    number = plain_number(_said(item, "flightId"))
    scheduled_at = _moment(_said(item, "scheduleDateTime"))
    place = PLACES.get(_said(item, "terminalid") or _said(item, "terminalId"), "")
    if not number or scheduled_at is None or not place:
        return None
    arrival = Arrival(
        number=number,
        scheduled_at=scheduled_at,
        place=place,
        estimated_at=_moment(_said(item, "estimatedDateTime")),
        state=REMARKS.get(_said(item, "remark").upper(), State.EXPECTED),
        gate=_said(item, "gatenumber"),
        exit=_said(item, "exitnumber"),
        carousel=_said(item, "carousel"),
        origin=_said(item, "airportCode"),
    )
    return arrival, plain_number(_said(item, "masterFlightId"))


def _said(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    return str(value).strip()[:40] if isinstance(value, str | int) else ""


def _moment(text: str) -> dt.datetime | None:
    """ "202612081435" in Korean time, in UTC."""
    try:
        return dt.datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=SEOUL).astimezone(dt.UTC)
    except ValueError:
        return None
