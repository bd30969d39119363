"""Incheon airport's public arrivals (data.go.kr 15112968, StatusOfPassengerFlightsDeOdp), read into ``Arrival``.

The service is asked by key, page by page, for one Korean calendar day. Its times are local ("202612081435"), its
terminals P01 (terminal 1), P02 (concourse, whose guests leave through terminal 1) and P03 (terminal 2), and the same
aircraft comes once for each airline that sells it. The gateway answers refusals with HTTP 200, in XML or in JSON of
another shape, so what is no JSON of the known shape counts as "down". Answers are kept for a minute; after a failure
the next question waits, twice as long each time, up to a quarter of an hour.
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
PATIENCE = 20.0
"""Seconds for one whole answer, however regularly its pieces come."""

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
ENDS = {"결항": State.CANCELLED, "CANCEL": State.CANCELLED, "회항": State.DIVERTED, "DIVERT": State.DIVERTED}
"""Words that raise a question wherever they stand in a remark ("결항(기상)")."""

GOOD = ("00", "0", "0000")
REFUSALS = {
    "22": "quota",
    "20": "key",
    "30": "key",
    "31": "key",
    "32": "key",
}
"""Codes of the public data gateway that have a reason of their own."""
REASON = re.compile(rb"(?:returnReasonCode|resultCode)\W{1,6}(\d{1,4})\b")
"""Where a refusal names its code, in XML and in JSON of any shape."""


class IncheonFeed:
    """The arrivals service. ``base``, ``clock`` and ``patience`` are for tests; the key comes from the settings."""

    name = "incheon"

    def __init__(
        self, key: str, *, base: str = BASE, clock: Callable[[], float] = time.monotonic, patience: float = PATIENCE
    ) -> None:
        self._key, self._base, self._clock, self._patience = key, base.rstrip("/"), clock, patience
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
                more = len(found) >= ROWS  # what a full page means when nobody says how many there are
                if not found or len(items) >= _whole(body.get("totalCount"), len(items) + more):
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
                if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                    raise FeedDown("key", str(answer.status_code))
                if answer.status_code != httpx.codes.OK:
                    raise FeedDown("http", str(answer.status_code))
                return _bounded(answer, time.monotonic() + self._patience)
        except httpx.TimeoutException:
            raise FeedDown("timeout") from None
        except httpx.HTTPError as trouble:  # its words may hold the address and so the key: only its kind is kept
            raise FeedDown("network", type(trouble).__name__) from None


def _bounded(answer: httpx.Response, until: float) -> bytes:
    found = bytearray()
    for piece in answer.iter_bytes():
        found += piece
        if time.monotonic() > until:
            raise FeedDown("timeout", "an answer without end")
        if len(found) > MOST_BYTES:
            raise FeedDown("nonsense", "too long")
    return bytes(found)


def _body(raw: bytes) -> dict[str, Any]:
    """The body of a good answer. Raises ``FeedDown`` for everything else, with the gateway's reason if it gave one."""
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        raise _refusal(raw) from None
    try:
        code = str(answer["response"]["header"]["resultCode"]).strip()
        if code not in GOOD:
            raise FeedDown(REFUSALS.get(code, "refused"), code[:20])
        body = answer["response"]["body"]
    except (KeyError, TypeError):
        raise _refusal(raw) from None
    if not isinstance(body, dict):
        raise FeedDown("nonsense", "another shape")
    return body


def _refusal(raw: bytes) -> FeedDown:
    """Why there is no body, as far as the answer says."""
    found = REASON.search(raw)
    code = found[1].decode() if found else ""
    if not code or code in GOOD:
        return FeedDown("nonsense", "another shape")
    return FeedDown(REFUSALS.get(code, "refused"), code)


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
    """One row with the number that operates it; None when number, times or terminal cannot be read. An estimate that
    is there but is none must not pass for none: the flight would seem to be on time again."""
    number = plain_number(_said(item, "flightId"))
    scheduled_at = _moment(_said(item, "scheduleDateTime"))
    estimate = _said(item, "estimatedDateTime")
    estimated_at = _moment(estimate)
    place = PLACES.get((_said(item, "terminalid") or _said(item, "terminalId")).upper(), "")
    if not number or scheduled_at is None or not place or (estimate and estimated_at is None):
        return None
    arrival = Arrival(
        number=number,
        scheduled_at=scheduled_at,
        place=place,
        estimated_at=estimated_at,
        state=_state(_said(item, "remark").upper()),
        gate=_said(item, "gatenumber"),
        exit=_said(item, "exitnumber"),
        carousel=_said(item, "carousel"),
        origin=_said(item, "airportCode"),
    )
    return arrival, plain_number(_said(item, "masterFlightId"))


def _said(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    return str(value).strip()[:40] if isinstance(value, str | int) else ""


def _state(remark: str) -> State:
    return REMARKS.get(remark) or next((state for word, state in ENDS.items() if word in remark), State.EXPECTED)


def _moment(text: str) -> dt.datetime | None:
    """ "202612081435" in Korean time, in UTC; with or without seconds. "…2400" is the midnight at the day's end."""
    late = dt.timedelta()
    if text[8:12] == "2400":
        text, late = f"{text[:8]}0000", dt.timedelta(days=1)
    try:
        return (dt.datetime.strptime(text[:12], "%Y%m%d%H%M").replace(tzinfo=SEOUL) + late).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
