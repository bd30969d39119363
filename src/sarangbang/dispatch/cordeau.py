"""The text format of Cordeau's dial-a-ride instances.

First line: cars, requests (or twice as many), longest duty, room, longest ride. Then one line per stop: id, x, y,
service, load, earliest, latest; 0 is the depot, 1…n pick-ups, n+1…2n drop-offs, and 2n+1, if there, the depot again.
Distance and minutes are those in the plane. Published in Cordeau & Laporte (2003), Transportation Research B 37.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from .model import INF, Car, Problem, Request, Stop

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\Z")
LARGEST = 1e6
MOST_REQUESTS = 3000
MOST_CARS = 10_000
LARGEST_FILE = 1 << 28  # bytes
COLUMNS = ("id", "x", "y", "service", "load", "earliest", "latest")
HEADER = ("cars", "requests", "longest duty", "room", "longest ride")


class Malformed(ValueError):
    """A file that cannot be read; ``line`` is counted from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


def text_of(path: Path) -> str:
    """What is in a file of either format, whatever its line ends, with or without a mark of its encoding."""
    if path.stat().st_size > LARGEST_FILE:
        raise Malformed(1, f"the file is larger than {LARGEST_FILE >> 20} MB")
    raw = path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError:
            raise Malformed(1, "is not text") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Malformed(raw[: problem.start].count(b"\n") + 1, "is not text in UTF-8") from None


def read(text: str) -> Problem:
    """The day in a file's text; Malformed with line and reason when it makes no sense."""
    rows = [
        (number, line.split())
        for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1)
        if line.strip("\ufeff \t\x0b\x0c\x1a\0")
    ]
    if not rows:
        raise Malformed(1, "the file is empty")
    line, words = rows[0]
    if len(words) < len(HEADER):
        raise Malformed(line, f"the first line needs {len(HEADER)} numbers ({', '.join(HEADER)}), not {len(words)}")
    cars, count, duty, room, ride = (_number(line, what, word) for what, word in zip(HEADER, words, strict=False))
    cars, count = _whole(line, "cars", cars), _whole(line, "requests", count)
    if len(words) > len(HEADER):
        raise Malformed(line, f"the first line has {len(words)} numbers instead of {len(HEADER)}")
    for what, value in (("longest duty", duty), ("room", room), ("longest ride", ride), ("cars", cars)):
        if value < 0 or (what in {"room", "cars"} and value < 1):
            raise Malformed(line, f"{what} is {value:g}")
    if cars > MOST_CARS:
        raise Malformed(line, f"more than {MOST_CARS} cars")
    stops = [_stop(number, words, place) for place, (number, words) in enumerate(rows[1:])]
    n = _requests(line, count, stops, rows)
    depot, inner = stops[0], stops[1 : 2 * n + 1]
    for i in range(n):
        _check_pair(inner[i], inner[n + i], rows[1 + i + 1][0], rows[1 + n + i + 1][0])
    end = stops[2 * n + 1] if len(stops) > 2 * n + 1 else depot
    points = np.array([[stop[1], stop[2]] for stop in (*inner, depot, end)])
    length = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=-1))
    requests = [
        Request(str(i + 1), _visit(inner[i], i), _visit(inner[n + i], n + i), {"seats": int(inner[i][4])}, ride)
        for i in range(n)
    ]
    fleet = [
        Car(str(k + 1), 2 * n, 2 * n + 1, {"seats": int(room)}, max(depot[5], 0.0), depot[6], end[6], duty)
        for k in range(cars)
    ]
    if end[5] > depot[5]:
        raise Malformed(rows[-1][0], "the depot at the end opens after that at the start")
    return Problem(requests, fleet, length, length[None], points)


def _number(line: int, what: str, word: str) -> float:
    if not NUMBER.match(word):
        raise Malformed(line, f"{what} is not a number: {word[:40]!r}")
    value = float(word)
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise Malformed(line, f"{what} is out of bounds: {word[:40]}")
    return value


def _whole(line: int, what: str, value: float) -> int:
    if value != int(value):
        raise Malformed(line, f"{what} must be a whole number, not {value:g}")
    return int(value)


def _stop(line: int, words: list[str], place: int) -> tuple[float, ...]:
    if len(words) != len(COLUMNS):
        raise Malformed(line, f"needs {len(COLUMNS)} numbers ({', '.join(COLUMNS)}), not {len(words)}")
    values = tuple(_number(line, what, word) for what, word in zip(COLUMNS, words, strict=True))
    if _whole(line, "id", values[0]) != place:
        raise Malformed(line, f"id {values[0]:g} stands where {place} should")
    _whole(line, "load", values[4])
    if values[3] < 0:
        raise Malformed(line, f"service is negative: {values[3]:g}")
    if values[5] > values[6]:
        raise Malformed(line, f"earliest {values[5]:g} is after latest {values[6]:g}")
    if values[6] < 0:
        raise Malformed(line, f"latest is negative: {values[6]:g}")
    return values


def _requests(line: int, count: int, stops: list[tuple[float, ...]], rows: list[tuple[int, list[str]]]) -> int:
    """How many requests there are, whichever way the first line counts them."""
    fitting = [
        n for n in {count, count // 2 if count % 2 == 0 else count} if n >= 0 and len(stops) in {2 * n + 1, 2 * n + 2}
    ]
    if len(fitting) > 1:  # only for one request or none: the loads decide
        fitting = [n for n in fitting if _is_depot(stops, n)] or fitting[:1]
    if len(fitting) != 1:
        last = rows[-1][0]
        raise Malformed(
            last,
            f"the file ends after {len(stops)} stops; {count} requests need {2 * count + 1} or {2 * count + 2}, "
            f"{count} pick-ups and drop-offs {count + 1} or {count + 2}",
        )
    n = fitting[0]
    if n > MOST_REQUESTS:
        raise Malformed(line, f"more than {MOST_REQUESTS} requests")
    return n


def _is_depot(stops: list[tuple[float, ...]], n: int) -> bool:
    return len(stops) == 2 * n + 1 or stops[2 * n + 1][4] == 0


def _check_pair(pickup: tuple[float, ...], dropoff: tuple[float, ...], line: int, other: int) -> None:
    if pickup[4] < 0:
        raise Malformed(line, f"load of pick-up {pickup[0]:g} is negative: {pickup[4]:g}")
    if dropoff[4] != -pickup[4]:
        raise Malformed(other, f"load of drop-off {dropoff[0]:g} is {dropoff[4]:g}, that of its pick-up {pickup[4]:g}")


def _visit(stop: tuple[float, ...], place: int) -> Stop:
    return Stop(place, max(stop[5], 0.0), min(stop[6], INF), stop[3])
