"""The yearly report of one institution as the answer to a request: which file, for whom, with or without diseases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, gettext

from sarangbang.directory.models import Institution
from sarangbang.ui import locales

from . import sheets
from .models import Part, ReportHandIn
from .rows import ReportRow, content_hash, departments, last_hand_in, registration_in, reported, rows_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
FILES = ("report.xlsx", "report.csv", "remote.csv", "work.xlsx", "work.csv")
LAW = (
    "의료 해외진출 및 외국인환자 유치 지원에 관한 법률 제11조, 같은 법 시행규칙 제15조 "
    "(Act on Support for Overseas Expansion of Healthcare System and Attraction of International Patients)"
)


@dataclass(frozen=True)
class YearlyReport:
    """An institution's report as it is now. ``is_handed_in``: what was handed in last is what it says now."""

    institution: Institution
    year: int
    rows: list[ReportRow]
    handed_in: ReportHandIn | None

    @property
    def is_handed_in(self) -> bool:
        return self.handed_in is not None and self.handed_in.content_hash == content_hash(self.rows)

    @property
    def missing(self) -> list[ReportRow]:
        return [row for row in self.rows if row.missing]

    @property
    def left_out(self) -> int:
        return sum(1 for row in self.rows if row.left_out)

    @property
    def patients(self) -> int:
        """Guests in the report, each once."""
        return len({row.guest for row in self.rows if not row.left_out})

    def missing_by_field(self) -> dict[str, int]:
        """How many rows lack a field, those that most lack first."""
        many: dict[str, int] = {}
        for row in self.rows:
            for name in row.missing:
                many[name] = many.get(name, 0) + 1
        return dict(sorted(many.items(), key=lambda pair: -pair[1]))


def yearly_report(institution: Institution, year: int) -> YearlyReport:
    return YearlyReport(institution, year, rows_of(institution, year, timezone.now()), last_hand_in(institution, year))


def about(report: YearlyReport, *, with_diseases: bool) -> list[list[Any]]:
    """What the file is, as pairs of words."""
    registration = registration_in(report.institution, report.year)
    lines: list[list[Any]] = [
        [gettext("Yearly report of foreign patients"), report.year],
        [gettext("Institution"), report.institution.name],
        [gettext("Name in Latin letters"), report.institution.name_latin],
        [gettext("Registration"), registration.number if registration else gettext("none in this year")],
        [gettext("Rows"), len(reported(report.rows, Part.ON_SITE)) + len(reported(report.rows, Part.REMOTE))],
        [gettext("Rows that are left out"), report.left_out],
        [gettext("Rows in which something is missing"), len(report.missing)],
        [gettext("Made at"), locales.moment(timezone.now(), get_language() or "en")],
        [gettext("Law"), LAW],
    ]
    if not with_diseases:
        lines.append([gettext("Main disease or injury"), gettext("The institution has not handed it in yet.")])
    return lines


def file_of(report: YearlyReport, name: str, *, with_diseases: bool) -> HttpResponse:
    """One of ``FILES``. Raises ``KeyError`` for any other name."""
    if name not in FILES:
        raise KeyError(name)
    working = name.startswith("work")
    writer = sheets.Writer(departments(), coded=working, with_diseases=with_diseases)
    if working:
        made = [(gettext("Patients"), writer.table(report.rows, sheets.WORKING))]
    else:
        made = sheets.report_sheets(report.rows, writer, about(report, with_diseases=with_diseases))
    title = f"{report.institution.slug}-{report.year}-{name}"
    if name.endswith("xlsx"):
        return attached(sheets.xlsx(made), XLSX, title)
    return attached(sheets.csv_text(made[1 if name == "remote.csv" else 0][1]), CSV, title)


def attached(content: str | bytes, kind: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)
