"""What an award rested on, frozen: the figures and measures as they stood on that day, as canonical JSON with a hash.

Canonical: keys in order, no spaces, no escapes but the necessary, numbers as text; so that the same content has the
same bytes everywhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sarangbang.policy.records import Record

FORMAT = "sarangbang-evidence/1"
SERVED = re.compile(r"guests-served\.(\d{4})", re.ASCII)
"""A measure of the platform: guests who were treated in a Korean calendar year."""
KEPT = (
    "code", "revision", "measure", "qualifier", "unit", "period", "geography", "group", "category", "series", "status",
    "sureness", "definition", "source", "disputed",
)  # fmt: skip
"""What is kept of a figure besides its value, its step and its day."""


def served_name(year: int) -> str:
    return f"guests-served.{year}"


def served_year(name: str) -> int | None:
    """The year of a measure of the platform; None for the code of a figure."""
    found = SERVED.fullmatch(name)
    return int(found[1]) if found else None


def canonical(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """SHA-256 of the text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: Decimal) -> str:
    """A number as it is compared: 1.50 and 1.5 are the same."""
    return f"{value.normalize():f}"


def freeze(figures: Iterable[Record], served: Mapping[int, int], at: dt.datetime) -> str:
    """The snapshot: ``figures`` as they stand, and guests served by year as counted at ``at``."""
    kept = [
        {name: getattr(record, name) for name in KEPT}
        | {
            "value": plain(record.value),
            "rounded_to": plain(record.rounded_to),
            "published": record.published.isoformat() if record.published else "",
        }
        for record in sorted(figures, key=lambda one: (one.code, one.revision))
    ]
    measures = [
        {"name": served_name(year), "period": str(year), "value": str(guests), "unit": "persons"}
        for year, guests in sorted(served.items())
    ]
    moment = at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return canonical({"format": FORMAT, "frozen_at": moment, "figures": kept, "measures": measures})


@dataclass(frozen=True, slots=True)
class Frozen:
    """A snapshot, read again. ``figures``: value and revision by code. ``served``: guests by year."""

    figures: dict[str, dict[str, Any]]
    served: dict[int, int]
    frozen_at: str

    @property
    def names(self) -> tuple[str, ...]:
        """What it rests on, by name, whatever the values."""
        return (*self.figures, *(served_name(year) for year in self.served))


def thaw(text: str) -> Frozen:
    """The content of a snapshot; empty for none. Raises ``ValueError`` when it is none."""
    if not text:
        return Frozen({}, {}, "")
    try:
        content = json.loads(text)
        figures = {str(one["code"]): _kept(one) for one in content["figures"]}
        served = {int(one["period"]): int(one["value"]) for one in content["measures"]}
        return Frozen(figures, served, str(content["frozen_at"]))
    except (KeyError, TypeError, ArithmeticError, json.JSONDecodeError) as problem:
        raise ValueError("is no snapshot") from problem


def _kept(figure: dict[str, Any]) -> dict[str, Any]:
    return {**figure, "revision": int(figure["revision"]), "value": Decimal(figure["value"])}


def read(text: str, kept_hash: str) -> tuple[Frozen, bool]:
    """The content of a snapshot, and whether it is the one that was hashed. Of another one nothing is believed."""
    if is_whole(text, kept_hash):
        try:
            return thaw(text), True
        except ValueError:
            pass
    return thaw(""), False


def is_whole(text: str, kept_hash: str) -> bool:
    """Whether the snapshot is the one that was hashed."""
    return digest(text) == kept_hash if text else not kept_hash


@dataclass(frozen=True, slots=True)
class Later:
    """A number that is another one today. ``revision`` is today's; 0 for a measure of the platform."""

    name: str
    then: Decimal
    now: Decimal
    unit: str
    revision: int = 0
    reason: str = ""


def later_revised(frozen: Frozen, in_force: Mapping[str, Record], served: Mapping[int, int]) -> list[Later]:
    """What was revised, or is counted otherwise, since the snapshot. A figure that is unknown today is left out: the
    shelf never loses one."""
    found = []
    for code, kept in frozen.figures.items():
        now = in_force.get(code)
        if now and now.revision > kept["revision"]:
            found.append(Later(code, kept["value"], now.value, now.unit, now.revision, now.reason))
    for year, guests in frozen.served.items():
        today = served.get(year, 0)
        if today != guests:
            found.append(Later(served_name(year), Decimal(guests), Decimal(today), "persons"))
    return found
