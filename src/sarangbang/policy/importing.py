"""Figures from files onto the shelf: all of a file, or nothing. Loading a file again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from importlib.resources import as_file, files
from pathlib import Path

from django.db import transaction

from sarangbang.directory.importing.problems import RowError
from sarangbang.people.actions import audit

from .checking import Relation
from .models import Figure
from .reading import Refused, read
from .reading_figures import FIGURES, FigureRows, relations_of
from .reading_series import SERIES_TABLE, series_records
from .records import SAID, Record

SHIPPED = files("sarangbang.policy").joinpath("data")


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a row: ``before`` is the revision in force, ``kind`` new, revised or unchanged."""

    record: Record
    kind: str
    before: Record | None = None


@dataclass(slots=True)
class Outcome:
    """How many figures a file brings: new ones, new revisions of known ones, and those that are known as they are."""

    created: int = 0
    revised: int = 0
    unchanged: int = 0
    applied: bool = False
    changes: list[Change] = field(default_factory=list)


def records_of(path: Path, place: str = "") -> list[Record]:
    """The figures of a file: one figure a row, or a yearly table of a place. Raises ``UnusableFile``, ``Refused``."""
    table = read(path, (FIGURES, SERIES_TABLE))
    if table.layout is SERIES_TABLE:
        return series_records(table, place)
    return FigureRows(open_words=False).records(table)


def load_file(path: Path, *, actor: str, place: str = "", apply: bool = True) -> Outcome:
    """Take a file. Raises ``UnusableFile`` and ``Refused``; then nothing was written."""
    return store(records_of(path, place), actor=actor, apply=apply)


def shipped_records() -> list[Record]:
    """The figures that come with the platform."""
    with as_file(SHIPPED.joinpath("figures.csv")) as path:
        return records_of(path)


def load_shipped(*, actor: str = "system", apply: bool = True) -> Outcome:
    """Put the figures that come with the platform on the shelf."""
    return store(shipped_records(), actor=actor, apply=apply)


def shipped_relations(records: Iterable[Record]) -> list[Relation]:
    """The relations that come with the platform, for these figures."""
    with as_file(SHIPPED.joinpath("relations.csv")) as path:
        return relations_of(path, {record.code: record.unit for record in records})


@transaction.atomic
def store(records: Iterable[Record], *, actor: str, apply: bool = True) -> Outcome:
    """Put figures on the shelf: a known code with something new becomes a further revision of it.

    A row that says what an earlier revision said changes nothing: an old file does not bring an old number back. Raises
    ``Refused`` when a file gives a revision another content than it has here, or leaves one out.
    """
    rows = list(records)
    shelf = _Shelf({record.code for record in rows})
    errors = [error for record in rows if (error := shelf.take(record))]
    if errors:
        raise Refused(errors)
    outcome = shelf.outcome
    if apply:
        shelf.write(actor)
        outcome.applied = True
        if shelf.new:
            audit(actor, "load_figures", shelf.new[-1], created=outcome.created, revised=outcome.revised)
    return outcome


class _Shelf:
    """Every revision of some codes, those that are there and those that are to come."""

    def __init__(self, codes: set[str]) -> None:
        self.known: dict[str, list[Figure]] = {}
        # Locked, so that two who load the same file at once do not both add the next revision.
        found = Figure.objects.select_for_update().filter(code__in=codes).order_by("code", "revision")
        for figure in found:
            self.known.setdefault(figure.code, []).append(figure)
        self.new: list[Figure] = []
        self.outcome = Outcome()

    def take(self, record: Record) -> RowError | None:
        kept = self.known.setdefault(record.code, [])
        if record.revision and record.revision <= len(kept):
            there = kept[record.revision - 1].record()
            if not _same(there, record):
                return RowError(
                    record.row, "revision", f"{record.revision} of {record.code} is here with other content"
                )
            self._leave(record)
            return None
        if any(_same(figure.record(), record) for figure in kept):
            self._leave(record)
            return None
        if record.revision > len(kept) + 1:
            return RowError(record.row, "revision", f"{record.revision} of {record.code} follows none that is here")
        self._add(record, kept)
        return None

    def _leave(self, record: Record) -> None:
        self.outcome.unchanged += 1
        self.outcome.changes.append(Change(record, "unchanged"))

    def _add(self, record: Record, kept: list[Figure]) -> None:
        values = {name: getattr(record, name) for name in SAID}
        before = kept[-1] if kept else None
        self.outcome.changes.append(Change(record, "revised", before.record()) if before else Change(record, "new"))
        figure = Figure(**values, revision=len(kept) + 1, reason=record.reason, supersedes=before)
        kept.append(figure)
        self.new.append(figure)
        if before:
            self.outcome.revised += 1
        else:
            self.outcome.created += 1

    def write(self, actor: str) -> None:
        for figure in self.new:
            figure.recorded_by = actor
        firsts = [figure for figure in self.new if figure.supersedes is None]
        Figure.objects.bulk_create(firsts)
        for figure in self.new:
            if figure.supersedes is not None:
                figure.supersedes_id = figure.supersedes.pk
                figure.save(force_insert=True)


def _same(kept: Record, record: Record) -> bool:
    """Whether a file says what is kept, numbers compared as numbers."""
    return _plain(kept).says_the_same_as(_plain(record))


def _plain(record: Record) -> Record:
    places = Decimal("0.000001")
    return replace(record, value=record.value.quantize(places), rounded_to=record.rounded_to.quantize(places))
