"""Awards that were received, as open data: the same in every language."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from sarangbang.ui.spreadsheets import harmless

from . import ledger
from .ledger import Standing

FIELDS: tuple[tuple[str, str, str], ...] = (
    ("code", "string", "Stable name of the award"),
    ("version", "integer", "The version in force; a correction is a further one"),
    ("title", "string", "The award"),
    ("giver", "string", "Who gave it"),
    ("level", "string", "district, city, national, international, other"),
    ("received_on", "date", "The day it was received"),
    ("criteria", "string", "By what it is given"),
    ("achievement", "string", "What it was given for"),
    ("prize_krw", "integer", "Prize money, won"),
    ("prize_used_krw", "integer", "What was used of it, won"),
    ("source", "string", "Where this was read"),
    ("evidence", "string", "The figures it rested on, by code and revision"),
    ("evidence_sha256", "string", "SHA-256 of the frozen copy of these figures (canonical JSON, UTF-8)"),
    ("later_revised", "string", "Figures of it that have another value today"),
    ("claimed_twice_with", "string", "Awards that may be the same, or rest on the same, and as what"),
)
NAMES = tuple(name for name, _kind, _meaning in FIELDS)


def _row(one: Standing) -> dict[str, Any]:
    entry = one.entry
    figures = [f"{code}@{kept['revision']}" for code, kept in one.frozen.figures.items()]
    return {
        "code": one.code,
        "version": entry.number,
        "title": entry.title,
        "giver": entry.giver,
        "level": entry.level,
        "received_on": entry.received_on.isoformat() if entry.received_on else None,
        "criteria": entry.criteria,
        "achievement": entry.achievement,
        "prize_krw": entry.prize_krw,
        "prize_used_krw": one.spent,
        "source": entry.source,
        "evidence": [*figures, *(name for name in one.frozen.names if name not in one.frozen.figures)],
        "evidence_sha256": entry.evidence_hash,
        "later_revised": [later.name for later in one.later],
        "claimed_twice_with": [f"{double.other} ({double.kind})" for double in one.doubles],
    }


def rows(known: Iterable[Standing]) -> list[dict[str, Any]]:
    return sorted((_row(one) for one in known if one.is_received), key=lambda row: row["code"])


def awards_csv() -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(NAMES)
    for row in rows(ledger.standings()):
        cells = ["; ".join(cell) if isinstance(cell, list) else cell for cell in row.values()]
        writer.writerow([harmless(" ".join(cell.split()) if isinstance(cell, str) else cell) for cell in cells])
    return file.getvalue()


def summary(known: Sequence[Standing]) -> dict[str, Any]:
    """Sums of the ledger beside what was said of them."""
    own = ledger.sums(known)
    return {
        "awards": own.awards,
        "awards_counted_once": own.awards_once,
        "prize_krw": own.prize,
        "prize_krw_counted_once": own.prize_once,
        "prize_used_krw": own.spent,
        "claims": [
            {
                "figure": one.figure.code,
                "period": one.figure.period,
                "unit": one.unit,
                "claimed": float(one.said),
                "qualifier": one.figure.qualifier,
                "in_ledger": float(one.counted),
                "gap": float(one.gap),
                "is_shown": one.is_shown,
            }
            for one in ledger.said_and_counted(known)
        ],
    }


def awards_json(licence: dict[str, str]) -> str:
    fields = {name: meaning for name, _kind, meaning in FIELDS}
    known = ledger.standings()
    data = {"licence": licence, "fields": fields, "sums": summary(known), "awards": rows(known)}
    return json.dumps(data, ensure_ascii=False, indent=1)
