"""Institutions' reports from files: how many foreign patients, in all, by nationality and by department.

One number a row. A row with neither nationality nor department says how many patients the institution had, each of them
once; a row that calls itself a total must be the sum. Departments add up to the patients or to more, because somebody
treated in two of them counts in both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.importing import cells as shared
from sarangbang.directory.importing.columns import Layout, Row
from sarangbang.directory.importing.problems import CellProblem
from sarangbang.directory.models import Department, Institution
from sarangbang.policy.reading import Table, read, twice
from sarangbang.policy.reading_figures import unit_of
from sarangbang.policy.written import is_total

from . import cells
from .models import ReportedCount

MOST_PATIENTS = 10_000_000
NATIONALITY, DEPARTMENT = (str(group) for group in ReportedCount.Group.values)
WHOLE = ""
"""The group of a row that says how many patients there were in all."""


def layout() -> Layout:
    return Layout(
        "reports",
        (
            cells.column("year", _("Year"), "연도", required=True),
            cells.column("institution", _("Institution"), "의료기관", "요양기관", required=True),
            cells.column("nationality", _("Nationality"), "국적", "country"),
            cells.column("department", _("Department"), "진료과", "진료과목"),
            cells.column("patients", _("Foreign patients"), "환자수", "실환자수", "count", required=True),
            cells.column("unit", _("Unit"), "단위"),
            cells.column("source", _("Source"), "출처"),
            cells.column("reason", _("Reason"), "사유"),
        ),
    )


@dataclass(slots=True)
class Told:
    """What one institution reported for one year. ``row`` is where it begins in the file."""

    institution: Institution
    year: int
    row: Row
    patients: int = 0
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    source: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    row: Row
    year: int
    institution: Institution
    group: str
    category: str
    patients: int
    is_total: bool


def institution_names(institutions: Mapping[str, Institution] | None = None) -> dict[str, Institution | None]:
    """Institutions by slug, key of the national list, number of registration and name; None for a name of several."""
    known: dict[str, Institution | None] = {}
    sure: dict[str, Institution] = {}
    for institution in Institution.objects.prefetch_related("registrations"):
        numbers = [registration.number for registration in institution.registrations.all()]
        for code in filter(None, (institution.slug, institution.hira_key, *numbers)):
            sure[code.casefold()] = institution
        for name in {institution.name.casefold(), institution.name_latin.casefold()}:
            known[name] = None if name in known else institution
    return known | sure


def department_names() -> dict[str, Department]:
    """Departments by slug, national code and name in any language."""
    known: dict[str, Department] = {}
    for department in Department.objects.all():
        names = [value for name, value in vars(department).items() if name.startswith("name_")]
        for word in filter(None, (*names, department.code, department.slug)):
            known[str(word).casefold()] = department
    return known


def reports_of(path: Path, latest: int) -> list[Told]:
    """The reports of a file, of years up to ``latest``. Raises ``UnusableFile``, and ``Refused`` with every row that is
    wrong."""
    table = read(path, (layout(),))
    entries, broken = _entries(table, latest)
    keys = [(one.institution.pk, one.year, one.group, one.category, one.is_total) for one in entries]
    for row, before in twice([one.row for one in entries], keys):
        row.wrong("year", gettext("is there twice for this institution and group (see row %(row)s)") % {"row": before})
    told: dict[Any, list[_Entry]] = defaultdict(list)
    for entry in entries:
        told[entry.institution.pk, entry.year].append(entry)
    # Of a report with a wrong row nothing can be added up.
    found = [_told(each) for key, each in told.items() if key not in broken]
    table.insist()
    return found


def typed(said: Mapping[str, str], latest: int) -> Told:
    """One report that was typed: institution, year, patients. Raises ``Refused``; its rows are those of a file."""
    names = {name: at for at, name in enumerate(said)}
    row = Row(1, list(said.values()), names, list(said))
    table = Table(layout(), list(said), [row])
    entries, _broken = _entries(table, latest)
    table.insist()
    told = _told(entries)
    table.insist()
    return told


def _entries(table: Table, latest: int) -> tuple[list[_Entry], set[Any]]:
    """Rows that could be read, and the institution and year of those that could not."""
    institutions, departments = institution_names(), department_names()
    found, broken = [], set()
    for row in table.rows:
        if row.errors:
            continue
        year = row.read("year", cells.year(latest), required=True)
        institution = row.read("institution", _institution(institutions), required=True)
        patients = row.read("patients", cells.whole(MOST_PATIENTS), required=True)
        unit = row.read("unit", _unit)
        if unit and unit != "persons":
            row.wrong("unit", gettext("is %(unit)s, but patients are counted in persons") % {"unit": unit})
        group, category, is_whole = _group(row, departments)
        if row.errors or year is None or institution is None or patients is None:
            broken.add((institution.pk if institution else None, year))
            continue
        found.append(_Entry(row, year, institution, group, category, patients, is_whole))
    return found, broken


def _unit(cell: Any) -> str | None:
    try:
        return unit_of(cell)
    except CellProblem:
        raise CellProblem(gettext("is no unit that is known; patients are counted in persons")) from None


def _institution(known: Mapping[str, Institution | None]) -> cells.Parse:
    def parse(cell: Any) -> Institution | None:
        line = shared.symbols(cell).casefold()
        if line and line in known and known[line] is None:
            raise CellProblem(gettext("is the name of several institutions; give the number of the registration"))
        found: Institution | None = cells.named(known, gettext("is no institution that is known"))(cell)
        return found

    return parse


def _group(row: Row, departments: Mapping[str, Department]) -> tuple[str, str, bool]:
    """(group, category, whether it is a total) of a row."""
    said = {name: shared.raw_text_or_none(row.cell(name)) for name in (NATIONALITY, DEPARTMENT)}
    if all(said.values()):
        row.wrong(DEPARTMENT, gettext("stands beside a nationality; a row is about one of the two"))
        return WHOLE, "", False
    for name, value in said.items():
        if value is None:
            continue
        if is_total(row.cell(name)):
            return name, "", True
        if name == NATIONALITY:
            nation = row.read(name, cells.country)
            if nation == "KR":
                row.wrong(name, gettext("is Korea, but foreign patients are counted"))
            return name, nation or "", False
        department = row.read(name, cells.named(departments, gettext("is no department that is known")))
        return name, department.slug if department else "", False
    return WHOLE, "", False


def _told(entries: list[_Entry]) -> Told:
    """The report that these rows make, with what does not fit together marked where it stands."""
    first = entries[0]
    told = Told(first.institution, first.year, first.row)
    sums: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.group and not entry.is_total:
            told.counts[entry.group, entry.category] = entry.patients
            sums[entry.group] += entry.patients
    wholes = {entry.group: entry for entry in entries if entry.is_total or not entry.group}
    for group, entry in wholes.items():
        if group and group in sums and entry.patients != sums[group]:
            _not_the_sum(entry, sums[group])
    _patients(told, wholes, sums)
    for name in ("source", "reason"):
        said = [entry.row.read(name, lambda cell: shared.text(cell, 300)) for entry in entries]
        setattr(told, name, next(filter(None, said), ""))
    return told


def _not_the_sum(entry: _Entry, made: int) -> None:
    entry.row.wrong(
        "patients",
        gettext("is %(total)s, but the rows make %(made)s") % {"total": f"{entry.patients:,}", "made": f"{made:,}"},
    )


def _patients(told: Told, wholes: Mapping[str, _Entry], sums: Mapping[str, int]) -> None:
    """How many patients, each once: as a row says it, or as the nationalities make it."""
    said, nations = wholes.get(WHOLE), wholes.get(NATIONALITY)
    by_nation = sums.get(NATIONALITY, nations.patients if nations else None)
    if said is None and by_nation is None:
        told.row.wrong(
            "patients",
            gettext("is of a department; a row without department and nationality must say how many patients in all"),
        )
        return
    told.patients = said.patients if said else by_nation or 0
    if said and by_nation is not None and by_nation != said.patients:
        _not_the_sum(said, by_nation)
    rooms = [many for (group, _category), many in told.counts.items() if group == DEPARTMENT]
    where = said or nations
    if rooms and where and not max(rooms) <= told.patients <= sum(rooms):
        where.row.wrong(
            "patients",
            gettext("is %(total)s: less than one department has, or more than all of them make")
            % {"total": f"{told.patients:,}"},
        )
