"""A timetable in a CSV file as a flight feed, for airports without a service and for days when the service is down.

Columns: number, scheduled (YYYY-MM-DD HH:MM in Korean time), place (code of the terminal's place), and if known
estimated, state (expected, landed, cancelled, diverted), operated_by, gate, exit.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from .arrivals import Arrival, FeedDown, State, folded, plain_number

SEOUL = ZoneInfo("Asia/Seoul")
NEEDED = ("number", "scheduled", "place")


class TimetableBroken(ValueError):
    """A row cannot be read; ``line`` and ``reason`` say which and why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line, self.reason = line, reason


def parse(lines: Iterable[str]) -> list[Arrival]:
    """The arrivals of a file. Raises ``TimetableBroken``; a half-read timetable is none."""
    rows = csv.DictReader(lines)
    missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise TimetableBroken(1, f"column missing: {', '.join(missing)}")
    return folded(_row(number, row) for number, row in enumerate(rows, start=2))


def _row(line: int, row: dict[str, str | None]) -> tuple[Arrival, str]:
    said = {name: (value or "").strip() for name, value in row.items() if name}
    number = plain_number(said["number"])
    if not number:
        raise TimetableBroken(line, f"no flight number: {said['number'][:20]!r}")
    state = said.get("state") or State.EXPECTED
    if state not in set(State):
        raise TimetableBroken(line, f"unknown state: {state[:20]!r}")
    if not said["place"]:
        raise TimetableBroken(line, "no place")
    arrival = Arrival(
        number=number,
        scheduled_at=_moment(line, said["scheduled"]),
        place=said["place"],
        estimated_at=_moment(line, said["estimated"]) if said.get("estimated") else None,
        state=State(state),
        gate=said.get("gate", ""),
        exit=said.get("exit", ""),
    )
    return arrival, plain_number(said.get("operated_by", ""))


def _moment(line: int, text: str) -> dt.datetime:
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SEOUL).astimezone(dt.UTC)
    except ValueError:
        raise TimetableBroken(line, f"no time like 2026-12-08 14:35: {text[:20]!r}") from None


class TimetableFeed:
    """A file that is read again whenever it is asked."""

    name = "timetable"

    def __init__(self, path: Path) -> None:
        self._path = path

    def arrivals(self, day: dt.date) -> Sequence[Arrival]:
        """The arrivals of one Korean calendar day. Raises ``FeedDown`` when the file is missing or broken."""
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                found = parse(file)
        except (OSError, UnicodeDecodeError, csv.Error, TimetableBroken) as trouble:
            raise FeedDown("timetable", str(trouble)[:200]) from trouble
        return [one for one in found if one.scheduled_at.astimezone(SEOUL).date() == day]
