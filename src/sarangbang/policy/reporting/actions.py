"""The verbs of reporting: taking institutions' reports, completing the yearly report, handing it in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from sarangbang.directory.importing.problems import RowError
from sarangbang.directory.models import Institution
from sarangbang.people.actions import audit
from sarangbang.people.models import AccessEntry
from sarangbang.policy.operations.windows import SEOUL
from sarangbang.policy.reading import Refused

from .models import InstitutionReport, ReportDetail, ReportedCount, ReportHandIn, StayDetail
from .reading import Told, reports_of, typed
from .rows import ReportRow, StayRow, content_hash


@dataclass(slots=True)
class Taken:
    """How many reports a file brought: new ones, corrections, and those that are known as they are."""

    created: int = 0
    revised: int = 0
    unchanged: int = 0


class ChangedMeanwhile(Exception):
    """Somebody wrote the same at the same moment; asked again, it works or says why not."""


# Institutions' reports


def take_reports(path: Path, *, source: str, reason: str = "", actor: str) -> Taken:
    """Take a file of institutions' reports, all of it or nothing. ``source`` and ``reason`` hold where a row says none.

    A report that is known with other numbers is corrected by a further revision, and only with a reason. Raises
    ``UnusableFile``, ``Refused``, ``ChangedMeanwhile``.
    """
    return take_told(
        reports_of(path, timezone.localdate(timezone=SEOUL).year), source=source, reason=reason, actor=actor
    )


def take_told(reports: Iterable[Told], *, source: str, reason: str = "", actor: str) -> Taken:
    """Take reports that were read; see ``take_reports``."""
    taken, errors = Taken(), []
    try:
        with transaction.atomic():
            for told in reports:
                told.source, told.reason = told.source or source, told.reason or reason
                problem = _take(told, taken, actor)
                if problem:
                    errors.append(problem)
            if errors:
                raise Refused(errors)
    except IntegrityError:
        raise ChangedMeanwhile from None
    return taken


def take_one(cells: Mapping[str, str], *, source: str, reason: str = "", actor: str) -> Taken:
    """Take one institution's number as it was typed (institution, year, patients). Raises ``ValidationError`` with
    reasons by field, ``ChangedMeanwhile``."""
    try:
        told = typed(cells, timezone.localdate(timezone=SEOUL).year)
        return take_told([told], source=source, reason=reason, actor=actor)
    except Refused as refusal:
        reasons = {error.column: gettext("This %(reason)s.") % {"reason": error.reason} for error in refusal.errors}
        raise ValidationError(reasons) from None


def _take(told: Told, taken: Taken, actor: str) -> RowError | None:
    kept = (
        InstitutionReport.objects.select_for_update(of=("self",))
        .filter(institution=told.institution, year=told.year, superseded_by__isnull=True)
        .prefetch_related("counts")
        .first()
    )
    if kept and _says(kept) == (told.patients, told.counts):
        taken.unchanged += 1
        return None
    if kept and not told.reason:
        return RowError(
            told.row.number, "year", gettext("was reported before with other numbers; a correction needs a reason")
        )
    report = InstitutionReport.objects.create(
        institution=told.institution, year=told.year, patients=told.patients, source=told.source,
        reason=told.reason if kept else "", revision=kept.revision + 1 if kept else 1, supersedes=kept,
        recorded_by=actor,
    )  # fmt: skip
    ReportedCount.objects.bulk_create(
        ReportedCount(report=report, group=group, category=category, patients=many)
        for (group, category), many in sorted(told.counts.items())
    )
    audit(actor, "take_report", report, year=told.year, revision=report.revision)
    if kept:
        taken.revised += 1
    else:
        taken.created += 1
    return None


def _says(report: InstitutionReport) -> tuple[int, dict[tuple[str, str], int]]:
    return report.patients, {(each.group, each.category): each.patients for each in report.counts.all()}


# The yearly report of foreign patients


def complete(institution: Institution, year: int, told: Mapping[ReportRow, Mapping[str, Any]], *, actor: str) -> int:
    """Keep what an institution completes of rows of its report; fields that are not named stay as they are. Returns how
    many rows changed. The audit names the fields that were written, never their values. Raises ``ChangedMeanwhile``."""
    kept = ReportDetail.objects.filter(institution=institution, year=year)
    values = {(row.guest, row.department_id, row.part): said for row, said in told.items()}
    return _complete(institution, year, kept, ("guest_id", "department_id", "part"), values, {"year": year}, actor)


def complete_stays(year: int, told: Mapping[StayRow, Mapping[str, Any]], *, actor: str) -> int:
    """The same for rows of the facilitators' form of a year."""
    changed = 0
    by_place: dict[Any, dict[tuple[Any, ...], Mapping[str, Any]]] = {}
    for row, said in told.items():
        by_place.setdefault(row.institution_id, {})[row.stay, row.department_id] = said
    with transaction.atomic():
        for place in Institution.objects.filter(pk__in=by_place).order_by("pk"):
            values = by_place[place.pk]
            kept = StayDetail.objects.filter(institution=place, stay__in={key[0] for key in values})
            changed += _complete(place, year, kept, ("stay_id", "department_id"), values, {}, actor)
    return changed


def _complete(
    institution: Institution,
    year: int,
    kept: QuerySet[Any],
    names: tuple[str, ...],
    values: Mapping[tuple[Any, ...], Mapping[str, Any]],
    same: Mapping[str, Any],
    actor: str,
) -> int:
    """Write what was said of rows that are known by ``names``; ``same`` is what new ones share."""
    made: list[Any] = []
    changed: list[Any] = []
    fields: set[str] = set()
    try:
        with transaction.atomic():
            known = {tuple(getattr(each, name) for name in names): each for each in kept.select_for_update()}
            for key, told in values.items():
                new = dict(zip(names, key, strict=True))
                detail = known.get(key) or kept.model(institution=institution, **new, **same)
                said = {name: value for name, value in told.items() if getattr(detail, name) != value}
                if not said:
                    continue
                for name, value in said.items():
                    setattr(detail, name, value)
                detail.completed_at, detail.completed_by = timezone.now(), actor
                detail.clean_fields(exclude=("institution", "guest", "department", "stay"))
                (changed if key in known else made).append(detail)
                fields.update(said)
            kept.bulk_create(made)
            if changed:
                kept.bulk_update(changed, [*fields, "completed_at", "completed_by"], batch_size=200)
            many = len(made) + len(changed)
            if many:
                audit(actor, "complete_report", institution, year=year, rows=many, fields=sorted(fields))
    except IntegrityError:
        raise ChangedMeanwhile from None
    return many


class Incomplete(Exception):
    """Rows lack something that the law asks for."""


@transaction.atomic
def hand_in(institution: Institution, year: int, rows: list[ReportRow], *, actor: str) -> ReportHandIn:
    """Hand the yearly report in as its rows are now. Raises ``Incomplete`` while something is missing."""
    if any(row.missing for row in rows):
        raise Incomplete
    handed = ReportHandIn.objects.create(
        institution=institution, year=year, rows=len(rows), content_hash=content_hash(rows), handed_by=actor
    )
    audit(actor, "hand_in_report", handed, year=year, rows=len(rows))
    return handed


@transaction.atomic
def note_reading(
    guests: Iterable[Any], institution: Institution, year: int, *, what: str, actor: str, name: str
) -> None:
    """Write down that somebody read the diseases of these guests: for each of them to see, and once in the audit."""
    keys = sorted({str(guest) for guest in guests})
    AccessEntry.objects.bulk_create(AccessEntry(actor=actor, actor_name=name, guest_id=key, what=what) for key in keys)
    audit(actor, what, institution, year=year, guests=len(keys))
