"""Days and plans as JSON. ``docs/dispatch.md`` describes both."""

from __future__ import annotations

import json
import json.decoder
import json.scanner
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from .cordeau import Malformed
from .model import HORIZON, INF, Break, Car, Impossible, Problem, Request, Stop, check_problem

MOST_PLACES = 6000
MOST_REQUESTS = 20_000
EARTH = 6371.0088  # kilometres
CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])\Z")
DIGITS = 4000  # of a whole number: more, and Python refuses in words of its own

TOP = {"places", "requests", "vehicles", "travel", "length", "speed", "detour"}
PLACE = {"id", "name", "x", "y", "latitude", "longitude"}
STOP = {"place", "earliest", "latest", "service", "ready", "early_price", "due", "late_price"}
REQUEST = {
    "id",
    "pickup",
    "dropoff",
    "load",
    "max_ride",
    "alone",
    "may_share",
    "price",
    "wait_price",
    "ride_price",
    "vehicles",
}
VEHICLE = {
    "id",
    "start",
    "end",
    "room",
    "shift",
    "latest_start",
    "max_duty",
    "per_length",
    "per_minute",
    "fixed",
    "breaks",
}
BREAK = {"earliest", "latest", "minutes"}
MINUTES = {"service", "ready", "due", "latest_start", "max_duty", "max_ride", "begin", "end", *BREAK}


class Located(json.JSONDecoder):
    """A decoder that remembers in which line each object begins."""

    def __init__(self) -> None:
        super().__init__(parse_constant=_refuse, parse_int=_whole, object_pairs_hook=_once)
        self.lines: dict[int, int] = {}
        self.parse_object = self._object
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]

    def _object(self, text_and_end: tuple[str, int], *args: Any) -> Any:
        value, end = json.decoder.JSONObject(text_and_end, *args)  # type: ignore[attr-defined]
        self.lines[id(value)] = text_and_end[0].count("\n", 0, text_and_end[1]) + 1
        return value, end


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _whole(word: str) -> int:
    if len(word) > DIGITS:
        raise ValueError(f"{word[:40]}… has too many digits")
    return int(word)


def is_text(name: str) -> bool:
    """Whether a name is one that can be written down: not empty, not endless, no half of a pair of surrogates."""
    return 0 < len(name) <= 200 and not re.search("[\ud800-\udfff]", name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose fields each occur once; of two the reader would see the last."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)} occurs twice in one object")
    return fields


def parse(text: str) -> tuple[Any, dict[int, int]]:
    """What JSON text holds, and the line of each object by its identity."""
    decoder = Located()
    try:
        return decoder.decode(text.strip("\ufeff \t\r\n\0") if text[:1] in "\ufeff\0" else text), decoder.lines
    except json.JSONDecodeError as problem:
        raise Malformed(problem.lineno, f"is not JSON: {problem.msg}") from None
    except RecursionError:
        raise Malformed(1, "is nested too deeply") from None
    except ValueError as problem:
        word = str(problem).split(" ", 1)[0].rstrip("…")
        raise Malformed(text.count("\n", 0, max(0, text.find(word))) + 1, str(problem)[:100]) from None


class Reader:
    """Fields of objects, each with the line that a complaint names."""

    def __init__(self, lines: Mapping[int, int]) -> None:
        self.lines = lines

    def thing(self, value: Any, where: str, known: set[str], parent: Any = None) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Malformed(self.lines.get(id(parent), 1), f"{where} must be an object")
        if unknown := sorted(value.keys() - known):
            raise Malformed(self.lines[id(value)], f"{where} has an unknown field {unknown[0][:40]!r}")
        return value

    def fail(self, thing: dict[str, Any], reason: str) -> Malformed:
        return Malformed(self.lines.get(id(thing), 1), reason)

    def number(self, thing: dict[str, Any], key: str, default: float | None, *, least: float = 0.0) -> float:
        value = thing.get(key, default)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and key in MINUTES and (clock := CLOCK.match(value)):
            return 60.0 * int(clock[1]) + int(clock[2])
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            what = "minutes or a time like 09:30" if key in MINUTES else "a number"
            raise self.fail(thing, f"{key} must be {what}" if key in thing else f"{key} is missing")
        if value == default:
            return float(value)
        if not least <= value <= HORIZON * 10 or not math.isfinite(value):
            raise self.fail(thing, f"{key} is out of bounds: {str(value)[:40]}")
        return float(value)

    def rows(self, thing: dict[str, Any], key: str, most: int) -> list[Any]:
        value = thing.get(key, [])
        if not isinstance(value, list):
            raise self.fail(thing, f"{key} must be a list")
        if len(value) > most:
            raise self.fail(thing, f"{key} has more than {most} entries")
        return value

    def name(self, thing: dict[str, Any], what: str, number: int) -> str:
        value = thing.get("id", str(number + 1))
        if isinstance(value, bool) or not isinstance(value, (str, int)) or not is_text(str(value)):
            raise self.fail(thing, f"the id of a {what} must be a short text or a whole number")
        return str(value)


def read(text: str) -> Problem:
    """The day in a JSON text; Malformed with line and reason when it makes no sense."""
    value, lines = parse(text)
    reader = Reader(lines)
    top = reader.thing(value, "the day", TOP)
    if missing := [key for key in ("places", "requests", "vehicles") if key not in top]:
        raise reader.fail(top, f"{missing[0]} is missing")
    places = [reader.thing(row, "a place", PLACE, top) for row in reader.rows(top, "places", MOST_PLACES)]
    names = [reader.name(place, "place", number) for number, place in enumerate(places)]
    if len(set(names)) < len(names):
        raise reader.fail(top, "two places have the same id")
    index = {name: number for number, name in enumerate(names)}
    points, length, travel = _tables(reader, top, places)
    requests = [
        _request(reader, row, number, index, top)
        for number, row in enumerate(reader.rows(top, "requests", MOST_REQUESTS))
    ]
    vehicles = [
        _car(reader, row, number, index, top) for number, row in enumerate(reader.rows(top, "vehicles", MOST_REQUESTS))
    ]
    problem = Problem(requests, vehicles, length, travel, points, names)
    known = {car.name for car in vehicles}
    for request, row in zip(requests, top.get("requests", []), strict=True):
        if request.cars is not None and (missing := sorted(request.cars - known)):
            raise reader.fail(row, f"request {request.name}: no vehicle is called {missing[0][:40]!r}")
    try:
        check_problem(problem)
    except Impossible as refusal:
        raise Malformed(_line_of(refusal, top, reader), str(refusal)) from None
    return problem


def _line_of(refusal: Impossible, top: dict[str, Any], reader: Reader) -> int:
    kind, _space, name = refusal.where.partition(" ")
    rows = top.get({"request": "requests", "car": "vehicles"}.get(kind, ""), [])
    found = [row for number, row in enumerate(rows) if str(row.get("id", number + 1)) == name]
    return reader.lines.get(id(found[-1]), 1) if found else reader.lines.get(id(top), 1)


def _tables(reader: Reader, top: dict[str, Any], places: list[dict[str, Any]]) -> tuple[Any, Any, Any]:
    """Points in a plane, distances and minutes: as given, or from coordinates and a speed."""
    size = len(places)
    if any("latitude" in place for place in places):
        degrees = np.array(
            [
                [reader.number(p, "latitude", None, least=-90), reader.number(p, "longitude", None, least=-180)]
                for p in places
            ]
        )
        if size and (np.abs(degrees) > [90, 180]).any():
            raise reader.fail(top, "a place lies beyond the poles or the date line")
        points = np.radians(degrees[:, ::-1]) * EARTH * [np.cos(np.radians(degrees[:, 0].mean())), 1.0]
    elif any("x" in place for place in places):
        points = np.array(
            [[reader.number(p, "x", None, least=-HORIZON), reader.number(p, "y", None, least=-HORIZON)] for p in places]
        )
    else:
        points = None
    detour = reader.number(top, "detour", 1.0)
    length = _table(reader, top, "length", size, 2)
    if length is None and points is not None:
        length = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=-1)) * detour
    travel = _table(reader, top, "travel", size, 3)
    if travel is None and length is not None:
        speed = reader.number(top, "speed", 60.0)
        if speed <= 0:
            raise reader.fail(top, "speed must be above zero")
        travel = (length * (60.0 / speed) if speed != 60.0 else length)[None]
    if length is None and travel is not None:
        length = travel.mean(axis=0)
    if size == 0:
        return None, np.zeros((0, 0)), np.zeros((1, 0, 0))
    if length is None or travel is None:
        raise reader.fail(top, "places need coordinates, or there must be tables of travel and length")
    return points, length, travel


def _table(reader: Reader, top: dict[str, Any], key: str, size: int, deepest: int) -> Any:
    """A square table of a row per place; ``travel`` may have one table for each part of the day."""
    if key not in top:
        return None
    try:
        table = np.array(top[key], dtype=float)
    except (ValueError, TypeError, OverflowError):
        raise reader.fail(top, f"{key} must be a table of numbers with rows of the same length") from None
    if table.ndim == deepest - 1 and deepest == 3:
        table = table[None]
    if table.ndim != deepest or table.shape[-2:] != (size, size) or not len(table) or len(table) > 288:
        raise reader.fail(top, f"{key} must have {size} rows of {size} numbers")
    if not np.isfinite(table).all() or (table < 0).any() or (table > HORIZON).any():
        raise reader.fail(top, f"{key} has a number out of bounds")
    return table


def _place(reader: Reader, thing: dict[str, Any], key: str, index: dict[str, int], *, needed: bool) -> int | None:
    value = thing.get(key)
    if value is None and not needed:
        return None
    if isinstance(value, (bool, dict, list)) or str(value) not in index:
        raise reader.fail(
            thing, f"{key} must be the id of a place" + (f", not {str(value)[:40]!r}" if key in thing else "")
        )
    return index[str(value)]


def _request(reader: Reader, row: Any, number: int, index: dict[str, int], top: Any) -> Request:
    thing = reader.thing(row, "a request", REQUEST, top)
    flags = [thing[key] for key in ("alone", "may_share") if key in thing]
    if not all(isinstance(flag, bool) for flag in flags):
        raise reader.fail(thing, "alone and may_share must be true or false")
    cars = thing.get("vehicles")
    if cars is not None and not (isinstance(cars, list) and all(isinstance(car, (str, int)) for car in cars)):
        raise reader.fail(thing, "vehicles must be a list of ids")
    return Request(
        reader.name(thing, "request", number),
        _stop(reader, thing, "pickup", index),
        _stop(reader, thing, "dropoff", index),
        _counts(reader, thing, "load", {"seats": 1}),
        max_ride=reader.number(thing, "max_ride", INF),
        alone=thing.get("alone", False) or not thing.get("may_share", True),
        price=None if thing.get("price") is None else reader.number(thing, "price", None),
        wait_price=reader.number(thing, "wait_price", 0.0),
        ride_price=reader.number(thing, "ride_price", 0.0),
        cars=None if cars is None else frozenset(map(str, cars)),
    )


def _stop(reader: Reader, request: dict[str, Any], key: str, index: dict[str, int]) -> Stop:
    thing = reader.thing(request.get(key), f"the {key} of a request", STOP, request)
    place = _place(reader, thing, "place", index, needed=True)
    return Stop(
        place,
        earliest=reader.number(thing, "earliest", 0.0),
        latest=reader.number(thing, "latest", INF),
        service=reader.number(thing, "service", 0.0),
        ready=reader.number(thing, "ready", -INF, least=-HORIZON),
        early_price=reader.number(thing, "early_price", 0.0),
        due=reader.number(thing, "due", INF, least=-HORIZON),
        late_price=reader.number(thing, "late_price", 0.0),
    )


def _counts(reader: Reader, thing: dict[str, Any], key: str, default: dict[str, int]) -> dict[str, int]:
    value = thing.get(key, default)
    if not isinstance(value, dict):
        raise reader.fail(thing, f"{key} must say how many of each kind")
    for kind, count in value.items():
        if not is_text(kind):
            raise reader.fail(thing, f"a kind of {key} must be a short text")
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 1_000_000:
            raise reader.fail(thing, f"{key} of {kind[:40]!r} must be a whole number from 0 on")
    return dict(value)


def _car(reader: Reader, row: Any, number: int, index: dict[str, int], top: Any) -> Car:
    thing = reader.thing(row, "a vehicle", VEHICLE, top)
    shift = thing.get("shift", [0, HORIZON])
    if not isinstance(shift, list) or len(shift) != 2:
        raise reader.fail(thing, "shift must be a list of its begin and its end")
    hours = {"begin": shift[0], "end": shift[1]}
    reader_lines = {id(hours): reader.lines[id(thing)]}
    times = Reader(reader_lines)
    return Car(
        reader.name(thing, "vehicle", number),
        _place(reader, thing, "start", index, needed=False),
        _place(reader, thing, "end", index, needed=False),
        _counts(reader, thing, "room", {"seats": 4}),
        begin=times.number(hours, "begin", 0.0),
        latest_begin=reader.number(thing, "latest_start", INF),
        until=times.number(hours, "end", INF),
        max_duty=reader.number(thing, "max_duty", INF),
        per_length=reader.number(thing, "per_length", 1.0),
        per_minute=reader.number(thing, "per_minute", 0.0),
        fixed=reader.number(thing, "fixed", 0.0),
        breaks=tuple(_rest(reader, rest, thing) for rest in reader.rows(thing, "breaks", 3)),
    )


def _rest(reader: Reader, row: Any, car: dict[str, Any]) -> Break:
    thing = reader.thing(row, "a break", BREAK, car)
    earliest, latest = reader.number(thing, "earliest", None), reader.number(thing, "latest", None)
    return Break(earliest, latest, reader.number(thing, "minutes", None))
