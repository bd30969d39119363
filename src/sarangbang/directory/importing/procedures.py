"""Our own table of procedures, in ten languages. Known by the slug.

An empty cell and a missing column change nothing. When a summary is given together with the English one, it is
remembered as its translation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from sarangbang.directory.actions import LANGUAGES, source_hash
from sarangbang.directory.models import Procedure, ProcedureTerm

from . import cells
from .cells import Cell
from .columns import Column, Layout, Row
from .kinds import Counts, Kind
from .problems import CellProblem
from .rooms import Rooms

DAYS = ("days_in_korea_low", "days_in_korea_high", "rest_before_flying_days")


def slug(value: Cell) -> str | None:
    line = cells.text(value, 80)
    if line is None:
        return None
    try:
        validate_slug(line)
    except ValidationError:
        raise CellProblem("may hold letters, digits, hyphens and underscores only") from None
    return line


def _columns() -> tuple[Column, ...]:
    columns = [
        Column("slug", ("slug", "code"), required=True),
        Column("departments", ("진료과목", "department")),
        Column("visit_minutes", ("진료시간",)),
        *(Column(name, (name,)) for name in DAYS),
        Column("planning_source", ("source",)),
        Column("reviewed_on", ("reviewed",)),
    ]
    for language in LANGUAGES:
        columns += [
            Column(f"name_{language}", (f"name_{language}", language), required=language == "en"),
            Column(f"summary_{language}", (f"summary_{language}",)),
            Column(f"terms_{language}", (f"terms_{language}", f"synonyms_{language}")),
        ]
    return tuple(columns)


@dataclass(slots=True)
class Entry:
    slug: str
    values: dict[str, Any]
    departments: list[int]
    terms: set[tuple[str, str]]
    row: Row


@dataclass
class Procedures(Kind):
    layout = Layout("procedures", _columns())

    entries: list[Entry] = field(default_factory=list)
    changed: list[tuple[Procedure, Entry]] = field(default_factory=list)
    rooms: Rooms = field(default_factory=Rooms)

    def read(self, row: Row) -> None:
        key = row.read("slug", slug, required=True)
        values: dict[str, Any] = {}
        terms: set[tuple[str, str]] = set()
        for language in LANGUAGES:
            values[f"name_{language}"] = row.read(f"name_{language}", partial(cells.text, longest=200))
            values[f"summary_{language}"] = row.read(f"summary_{language}", partial(cells.text, longest=5000))
            code = language.replace("_", "-")
            terms |= {(code, word) for word in row.read(f"terms_{language}", cells.several) or ()}
        values["visit_minutes"] = row.read("visit_minutes", partial(cells.whole, least=5, most=480))
        for name in DAYS:
            values[name] = row.read(name, partial(cells.whole, most=365))
        values["planning_source"] = row.read("planning_source", partial(cells.text, longest=300))
        values["reviewed_on"] = row.read("reviewed_on", cells.day)
        departments = self.rooms.read(row)
        if key is not None and self.is_first(row, "slug", key) and not row.errors:
            told = {name: value for name, value in values.items() if value is not None}
            self.entries.append(Entry(key, told, departments, terms, row))

    def compare(self) -> Counts:
        counts = Counts()
        everything = Procedure.objects.prefetch_related("departments", "terms")
        known = {procedure.slug: procedure for procedure in everything}
        for entry in self.entries:
            procedure = known.get(entry.slug)
            is_new = procedure is None
            if procedure is None:
                if not self._is_complete(entry):
                    continue
                procedure = Procedure(slug=entry.slug)
            differs = self._differs(procedure, entry, is_new)
            if procedure.days_in_korea_low > procedure.days_in_korea_high:
                entry.row.wrong("days_in_korea_high", "is less than days_in_korea_low")
                self.errors.append(entry.row.errors[-1])
            elif is_new or differs:
                self.changed.append((procedure, entry))
            counts.created += is_new
            counts.updated += differs and not is_new
            counts.unchanged += not differs and not is_new
        return counts

    def _is_complete(self, entry: Entry) -> bool:
        """A new procedure needs an English name and a department."""
        row, before = entry.row, len(entry.row.errors)
        if "name_en" not in entry.values:
            row.wrong("name_en", "is empty; a new procedure needs it")
        if not entry.departments:
            row.wrong("departments", "is empty; a new procedure needs one")
        self.errors += row.errors[before:]
        return len(row.errors) == before

    def _differs(self, procedure: Procedure, entry: Entry, is_new: bool) -> bool:
        """Put what the row says into the procedure, unsaved; whether anything differed."""
        values = dict(entry.values)
        if entry.departments:
            values["main_department_id"] = entry.departments[0]
        english = values.get("summary_en")
        if english:
            told = [language for language in LANGUAGES if language != "en" and f"summary_{language}" in values]
            values["summary_sources"] = procedure.summary_sources | dict.fromkeys(told, source_hash(english))
        differs = False
        for name, value in values.items():
            if getattr(procedure, name) != value:
                setattr(procedure, name, value)
                differs = True
        if is_new:
            return True
        known = {(term.language, term.text) for term in procedure.terms.all()}
        rooms = {department.pk for department in procedure.departments.all()}
        return differs or bool(entry.terms - known) or bool(entry.departments and rooms != set(entry.departments))

    def write(self) -> None:
        for procedure, entry in self.changed:
            procedure.save()
            if entry.departments:
                procedure.departments.set(entry.departments)
            known = set(procedure.terms.values_list("language", "text"))
            ProcedureTerm.objects.bulk_create(
                ProcedureTerm(procedure=procedure, language=language, text=text)
                for language, text in sorted(entry.terms - known)
            )
