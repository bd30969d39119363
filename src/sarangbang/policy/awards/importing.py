"""Awards from files into the ledger: all of a file, or nothing. Loading a file again changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sarangbang.directory.importing import cells
from sarangbang.directory.importing.columns import Layout, Row
from sarangbang.directory.importing.problems import CellProblem, RowError
from sarangbang.policy import reading
from sarangbang.policy.models import AwardEntry
from sarangbang.policy.reading import column, twice

from .actions import Refused, Told, correct_award, key_of, record_award, same, told_by
from .doubles import folded
from .words import CODE, MOST_WON, Level, State

AWARDS = Layout(
    "awards",
    (
        column("title", "award", "수상명", "표창명", required=True),
        column("giver", "시상기관", "주최", required=True),
        column("level", "급", "구분", required=True),
        column("received_on", "date", "수상일"),
        column("state", "상태"),
        column("due_on", "deadline", "신청기한", "공모마감"),
        column("criteria", "기준", "평가기준"),
        column("achievement", "given_for", "공적"),
        column("prize_krw", "prize", "시상금", "포상금", "상금"),
        column("prize_reference", "payment_reference", "지급번호"),
        column("evidence", "figures", "근거"),
        column("source", "출처"),
        column("note", "비고"),
        column("code", "id", "번호"),
        column("reason", "정정사유"),
    ),
)
LEVELS = {"구": Level.DISTRICT, "자치구": Level.DISTRICT, "시": Level.CITY, "도": Level.CITY, "시도": Level.CITY,
          "서울시": Level.CITY, "국가": Level.NATIONAL, "중앙": Level.NATIONAL, "전국": Level.NATIONAL,
          "국제": Level.INTERNATIONAL, "기타": Level.OTHER, "metropolitan": Level.CITY,
          "province": Level.CITY}  # fmt: skip
STATES = {"공모중": State.CALLED, "신청": State.APPLIED, "수상": State.RECEIVED, "미수상": State.MISSED,
          "취소": State.WITHDRAWN}  # fmt: skip
CREATED, CORRECTED, UNCHANGED = "new", "revised", "unchanged"
FIELD_COLUMNS = {"names": "evidence"}


@dataclass(frozen=True, slots=True)
class Line:
    """A row that was understood."""

    row: int
    code: str
    told: Told
    reason: str


@dataclass(slots=True)
class Outcome:
    """``changes``: what becomes of each row (new, revised, unchanged), and under which code."""

    created: int = 0
    revised: int = 0
    unchanged: int = 0
    applied: bool = False
    changes: list[tuple[Line, str, str]] = field(default_factory=list)


def lines_of(path: Path) -> list[Line]:
    """The rows of a file. Raises ``UnusableFile`` and ``policy.reading.Refused``."""
    table = reading.read(path, (AWARDS,))
    found = [(row, line) for row in table.rows if (line := _line(row))]
    rows = [row for row, _line in found]
    for row, before in twice(rows, [line.code or None for _row, line in found]):
        row.wrong("code", _("stands in row %(row)s already") % {"row": before})
    for row, before in twice(rows, [key_of(line.told) for _row, line in found]):
        row.wrong("title", _("stands in row %(row)s already") % {"row": before})
    table.insist()
    return [line for _row, line in found]


def _line(row: Row) -> Line | None:
    if row.errors:
        return None

    def text(name: str, longest: int, *, required: bool = False) -> str:
        return row.read(name, lambda cell: cells.text(cell, longest), required=required) or ""

    told: dict[str, Any] = {
        "title": text("title", 200, required=True),
        "giver": text("giver", 200, required=True),
        "level": row.read("level", _word(Level, LEVELS), required=True),
        "received_on": row.read("received_on", cells.day),
        "due_on": row.read("due_on", cells.day),
        "criteria": text("criteria", 1000),
        "achievement": text("achievement", 300),
        "prize_krw": row.read("prize_krw", _won) or 0,
        "prize_reference": text("prize_reference", 100),
        "names": tuple(re.findall(r"[^\s;,|]+", text("evidence", 4000))),
        "source": text("source", 600),
        "note": text("note", 600),
    }
    state = row.read("state", _word(State, STATES))
    told["state"] = state or (State.RECEIVED if told["received_on"] else State.CALLED)
    code, reason = text("code", 40), text("reason", 300)
    if code and not CODE.fullmatch(code):
        row.wrong("code", _("is no code (letters, digits, dots, dashes)"))
    return None if row.errors else Line(row.number, code, Told(**told), reason)


def _won(cell: Any) -> int | None:
    return cells.whole(cell, 0, MOST_WON)


def _word(choices: Any, korean: dict[str, Any]) -> Any:
    """A word by its code, its name in English or the reader's language, or in Korean."""
    known = {folded(value): value for value in choices.values}
    known |= {folded(str(label)): value for value, label in choices.choices}
    known |= {folded(word): value.value for word, value in korean.items()}

    def parse(cell: Any) -> str | None:
        line = cells.text(cell, 60)
        if line is None:
            return None
        if folded(line) not in known:
            raise CellProblem(_("is none of %(words)s") % {"words": ", ".join(choices.values)})
        return str(known[folded(line)])

    return parse


def load_awards(path: Path, *, actor: str, apply: bool = True) -> Outcome:
    """Take a file. Raises ``UnusableFile`` and ``policy.reading.Refused``; then nothing was written."""
    lines = lines_of(path)
    with transaction.atomic():
        outcome = _take(lines, actor)
        if not apply:
            transaction.set_rollback(True)
    outcome.applied = apply
    return outcome


def _take(lines: Iterable[Line], actor: str) -> Outcome:
    outcome, errors = Outcome(), []
    known = _Known()
    for line in lines:
        try:
            kind, code = _take_one(line, known, actor)
        except Refused as refusal:
            errors += [
                RowError(line.row, FIELD_COLUMNS.get(name, name), reason) for name, reason in refusal.reasons.items()
            ]
            continue
        outcome.changes.append((line, kind, code))
        outcome.created += kind == CREATED
        outcome.revised += kind == CORRECTED
        outcome.unchanged += kind == UNCHANGED
    if errors:
        raise reading.Refused(errors)
    return outcome


class _Known:
    """All versions of all awards, by code and by what they are called."""

    def __init__(self) -> None:
        self.by_code: dict[str, list[AwardEntry]] = {}
        self.by_key: dict[str, str] = {}
        for entry in AwardEntry.objects.select_related("award").order_by("number"):
            self.by_code.setdefault(entry.award.code, []).append(entry)
        for code, entries in self.by_code.items():
            for entry in entries:
                self.by_key[key_of(told_by(entry))] = code


def _take_one(line: Line, known: _Known, actor: str) -> tuple[str, str]:
    code = line.code or known.by_key.get(key_of(line.told), "")
    entries = known.by_code.get(code, [])
    if not entries:
        twin = known.by_key.get(key_of(line.told))
        if twin:
            raise Refused({"code": _("This award is here already under the code %(code)s.") % {"code": twin}})
        return CREATED, record_award(line.told, actor=actor, code=line.code).award.code
    if any(same(told_by(entry), line.told) for entry in entries):
        return UNCHANGED, code
    if not line.code:
        raise Refused(
            {"code": _("This award is here under the code %(code)s with other content. To correct it, name this code "
                       "and a reason.") % {"code": code}}
        )  # fmt: skip
    last = entries[-1]
    correct_award(last.award, line.told, reason=line.reason, seen=last.number, actor=actor)
    return CORRECTED, code
