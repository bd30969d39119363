"""A day of interpreting as a JSON file, and its plan as one. The format is described in ``docs/dispatch.md``.

Times are "HH:MM" (hours go on past 24 for a night) or whole minutes after midnight. Unknown keys are refused: a
misspelt wish would otherwise be a wish that nobody hears.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from sarangbang.dispatch.cordeau import Malformed
from sarangbang.dispatch.documents import parse

from .check import in_order
from .model import FULL_TIME, Break, Day, Interpreter, Job, Mode, Plan, Unfit
from .table import check, weights
from .why import explain

FORMAT = "sarangbang-interpreting-1"
CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
SEXES = ("female", "male", "")
MOST = 20_000
"""Jobs, interpreters or places in one file."""


class Unreadable(ValueError):
    """The file is not a day of interpreting; the text says where (line, and path in the file) and why."""


class _Entry:
    """One object of the file; every key may be asked for once, and what nobody asked for is refused."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise Unreadable(f"{where}: an object is expected")
        self.left, self.where = dict(value), where

    def take(self, key: str, read: Callable[[object, str], Any], default: object = ...) -> Any:
        where = f"{self.where}.{key}"
        if key not in self.left:
            if default is ...:
                raise Unreadable(f"{where}: missing")
            return default
        value = self.left.pop(key)
        if value is None and default is None:
            return None
        return read(value, where)

    def done(self) -> None:
        for key in self.left:
            raise Unreadable(f"{self.where}.{key}: unknown")


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or len(value) > 200 or re.search("[\ud800-\udfff]", value):
        raise Unreadable(f"{where}: a text of at most 200 letters is expected")
    return value


def _sex(value: object, where: str) -> str:
    if value not in SEXES:
        raise Unreadable(f"{where}: female or male is expected, or an empty text")
    return str(value)


def _number(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10**6:
        raise Unreadable(f"{where}: a whole number is expected")
    return value


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise Unreadable(f"{where}: true or false is expected")
    return value


def _clock(value: object, where: str) -> int:
    if isinstance(value, str):
        match = CLOCK.fullmatch(value)
        if not match:
            raise Unreadable(f"{where}: a time like 09:30 is expected")
        return int(match[1]) * 60 + int(match[2])
    return _number(value, where)


def _many(read: Callable[[object, str], Any]) -> Callable[[object, str], list[Any]]:
    def row(value: object, where: str) -> list[Any]:
        if not isinstance(value, list) or len(value) > MOST:
            raise Unreadable(f"{where}: a list is expected")
        return [read(each, f"{where}[{number}]") for number, each in enumerate(value)]

    return row


def _named(read: Callable[[object, str], Any]) -> Callable[[object, str], dict[str, Any]]:
    def table(value: object, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Unreadable(f"{where}: an object is expected")
        return {_text(key, where): read(each, f"{where}.{key}") for key, each in value.items()}

    return table


def _mode(value: object, where: str) -> Mode:
    try:
        return Mode(_text(value, where))
    except ValueError as trouble:
        raise Unreadable(f"{where}: one of {', '.join(Mode)} is expected") from trouble


def _hours(value: object, where: str) -> tuple[int, int]:
    pair = _many(_clock)(value, where)
    if len(pair) != 2:
        raise Unreadable(f"{where}: begin and end are expected")
    return pair[0], pair[1]


def _pause(value: object, where: str) -> Break:
    entry = _Entry(value, where)
    found = Break(entry.take("minutes", _number), entry.take("earliest", _clock), entry.take("latest", _clock))
    entry.done()
    return found


def _job(value: object, where: str) -> Job:
    entry = _Entry(value, where)
    found = Job(
        key=entry.take("key", _text),
        start=entry.take("start", _clock),
        end=entry.take("end", _clock),
        language=entry.take("language", _text),
        place=entry.take("place", _text, ""),
        mode=entry.take("mode", _mode, Mode.ON_SITE),
        level=entry.take("level", _number, 1),
        field=entry.take("field", _text, ""),
        certificate=entry.take("certificate", _text, ""),
        sex=entry.take("sex", _sex, ""),
        sex_required=entry.take("sex_required", _flag, False),
        guest=entry.take("guest", _text, ""),
        known=frozenset(entry.take("known", _many(_text), [])),
        same_face=entry.take("same_face", _flag, False),
        barred=frozenset(entry.take("barred", _many(_text), [])),
        priority=entry.take("priority", _number, 2),
    )
    entry.done()
    return found


def _interpreter(value: object, where: str) -> Interpreter:
    entry = _Entry(value, where)
    found = Interpreter(
        key=entry.take("key", _text),
        languages=entry.take("languages", _named(_number)),
        home=entry.take("home", _text),
        hours=tuple(entry.take("hours", _many(_hours))),
        fields=frozenset(entry.take("fields", _many(_text), [])),
        certificates=frozenset(entry.take("certificates", _many(_text), [])),
        sex=entry.take("sex", _sex, ""),
        modes=frozenset(entry.take("modes", _many(_mode), list(Mode))),
        calls_anywhere=entry.take("calls_anywhere", _flag, True),
        pause=entry.take("pause", _pause, None),
        transport=entry.take("transport", _text, "car"),
        minutes_left=entry.take("minutes_left", _number, None),
        day_minutes=entry.take("day_minutes", _number, None),
        recent_minutes=entry.take("recent_minutes", _number, 0),
        agreed_minutes=entry.take("agreed_minutes", _number, FULL_TIME),
    )
    entry.done()
    return found


def _value(text: str) -> Any:
    """What JSON text holds, each key once. The fast reader knows no lines, so the other one says what is wrong."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=int)
    except (ValueError, RecursionError):
        try:
            return parse(text)[0]
        except Malformed as trouble:
            raise Unreadable(str(trouble)) from trouble


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _line(text: str, where: str) -> int:
    """The line of the object that a complaint is about: by its path, or by the name of a job or an interpreter."""
    value, lines = parse(text)
    line = lines.get(id(value), 1)
    if named := re.match(r"(job|interpreter) '(.*?)'", where):
        rows = [row for row in value[f"{named[1]}s"] if row["key"] == named[2]]
        return lines[id(rows[-1])] if rows else line
    for key, number in re.findall(r"\.([^.\[\]:]+)|\[(\d+)\]", where.split(": ", maxsplit=1)[0]):
        try:
            value = value[int(number)] if number else value[key]
        except (KeyError, IndexError, TypeError):
            break
        line = lines.get(id(value), line)
    return line


def read_day(text: str) -> Day:
    """The day in a file. Raises ``Unreadable`` with line, place in the file and reason."""
    value = _value(text)
    try:
        return _day(value)
    except Unreadable as trouble:
        raise Unreadable(f"line {_line(text, str(trouble))}: {trouble}") from trouble


def read_plan(text: str, day: Day) -> tuple[dict[str, str], dict[str, Any]]:
    """Who does what by a plan of this day, and all that it says. Raises ``Unreadable``."""
    told = _value(text)
    if not isinstance(told, dict) or not isinstance(told.get("assigned"), dict):
        raise Unreadable("line 1: a plan is an object with an object assigned")
    jobs, people = {job.key for job in day.jobs}, {one.key for one in day.interpreters}
    for job, one in told["assigned"].items():
        if job not in jobs or not isinstance(one, str) or one not in people:
            raise Unreadable(f"line {_line(text, '$.assigned')}: assigned: unknown job or interpreter at {job!r}")
    return told["assigned"], told


def _day(value: Any) -> Day:
    entry = _Entry(value, "$")
    if entry.take("format", _text) != FORMAT:
        raise Unreadable(f"$.format: {FORMAT} is expected")
    day = Day(
        jobs=tuple(entry.take("jobs", _many(_job))),
        interpreters=tuple(entry.take("interpreters", _many(_interpreter))),
        places=tuple(entry.take("places", _many(_text))),
        travel=entry.take("travel", _named(_many(_many(_number)))),
        slack=entry.take("slack", _number, 0),
        present=entry.take("present", _named(_text), {}),
        frozen=frozenset(entry.take("frozen", _many(_text), [])),
    )
    entry.done()
    try:
        check(day)
        weights(job.priority for job in day.jobs)
    except Unfit as trouble:
        raise Unreadable(str(trouble)) from trouble
    return day


def write_day(day: Day) -> str:
    """The day as a file; ``read_day`` gives it back."""
    people = [{**asdict(one), "languages": dict(one.languages)} for one in day.interpreters]
    value = {
        "format": FORMAT,
        "places": day.places,
        "travel": {name: [list(row) for row in table] for name, table in day.travel.items()},
        "slack": day.slack,
        "jobs": [asdict(job) for job in day.jobs],
        "interpreters": people,
        "present": dict(day.present),
        "frozen": sorted(day.frozen),
    }
    return json.dumps(value, default=sorted, ensure_ascii=False, indent=1)


def plan_as_data(day: Day, plan: Plan) -> dict[str, Any]:
    """A plan with its worth, what is proven, and why a job has nobody: for ``--json``."""
    worth = plan.worth
    return {
        "assigned": {job.key: plan.assigned[job.key] for job in in_order(day.jobs) if job.key in plan.assigned},
        "covered": worth.total,
        "coverable": plan.coverable,
        "gap": round(plan.gap, 6),
        "proven": list(plan.proven),
        "by_priority": dict(zip(map(str, worth.priorities), worth.covered, strict=True)),
        "changed": worth.changed,
        "unmet": worth.unmet,
        "travel": worth.travel,
        "unfair": worth.unfair,
        "broken": list(plan.broken),
        "seconds": round(plan.seconds, 3),
        "uncovered": [
            {"job": why.job, "code": why.code, "params": _plain(why.params), "numbers": dict(why.numbers)}
            for why in explain(day, plan.assigned)
        ],
    }


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in params.items()}
