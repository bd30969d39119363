"""A figure as it is read from a file or from the shelf, before or after it is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from decimal import Decimal

from .checking import Fact, Relation, Report, check
from .intervals import EXACT, last_place, published
from .vocabulary import unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One revision of a figure, as it was published. Same fields as the model ``Figure``.

    ``rounded_to`` is the step to which it was rounded. ``category`` is a country (ISO 3166-1 alpha-2) when ``group`` is
    "nationality". ``revision`` 0 means: the file does not say.
    """

    code: str
    value: Decimal
    unit: str
    rounded_to: Decimal
    qualifier: str = EXACT
    measure: str = ""
    period: str = ""
    geography: str = ""
    group: str = ""
    category: str = ""
    series: str = ""
    status: str = "claim"
    sureness: str = "verified"
    definition: str = ""
    source: str = ""
    published: dt.date | None = None
    quote: str = ""
    note: str = ""
    disputed: bool = False
    reason: str = ""
    revision: int = 0
    row: int = 0
    """Where it stands in the file."""

    @property
    def topic(self) -> tuple[str, ...]:
        """What it is about: figures of one topic are laid side by side."""
        if not (self.measure and self.period):
            return ()
        return (self.measure, self.geography, self.period, self.group, self.category)

    def says_the_same_as(self, other: Record) -> bool:
        """Whether nothing but the number of the revision, why it was made, and the row of the file is different."""
        return all(getattr(self, name) == getattr(other, name) for name in SAID)


PLAIN = {"", "ministry", "district"}
"""Series whose figures need not name them in their code: the official count."""


def code_of(measure: str, geography: str, period: str, category: str = "", series: str = "") -> str:
    """The code under which a figure of a series goes: ``patients.korea.2024.JP``, ``card_medical.korea.2024.khidi``."""
    parts = (measure, geography, period.replace("/", "_"), category, "" if series in PLAIN else series)
    return ".".join(part for part in parts if part)


SAID = tuple(field.name for field in fields(Record) if field.name not in {"revision", "reason", "row"})


def fact_of(record: Record, code: str = "") -> Fact:
    """The record as the checks see it."""
    step = record.rounded_to if record.rounded_to != last_place(record.value) else None
    return Fact(
        code=code or record.code,
        value=record.value,
        unit=unit(record.unit),
        interval=published(record.value, record.qualifier, step),
        disputed=record.disputed,
        topic=record.topic,
        definition=f"{record.measure} {record.series} {record.definition}",
    )


def report_of(records: Iterable[Record], relations: Iterable[Relation]) -> Report:
    """Check all records. The latest revision goes by its code, earlier ones by ``code@revision``."""
    latest: dict[str, Record] = {}
    earlier: list[tuple[str, Record]] = []
    for record in sorted(records, key=lambda each: each.revision):
        before = latest.get(record.code)
        if before:
            earlier.append((f"{before.code}@{before.revision}", before))
        latest[record.code] = record
    facts = [fact_of(record) for record in latest.values()]
    # An earlier revision may be asked for by relations, but is no rival of its successor on the same shelf.
    old = [replace(fact_of(record, name), topic=()) for name, record in earlier]
    named = {f"{record.code}@{record.revision}": record.code for record in latest.values()}
    return check([*facts, *old], list(relations), named)
