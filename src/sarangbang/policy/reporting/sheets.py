"""Reports as files: the tables that the law asks for, and the working file in which an institution completes them.

CSV and XLSX have the same cells. Text that a spreadsheet program would take for a formula is marked as text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import openpyxl
from django.utils.translation import get_language, gettext
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import save_workbook

from sarangbang.directory.models import Department, Sex
from sarangbang.ui import locales
from sarangbang.ui.spreadsheets import harmless

from .models import LeftOut, Part, RemoteContent
from .rows import ReportRow, StayRow, reported
from .words import FIELDS, country, missing_line

ON_SITE = ("nationality", "country", "sex", "birth_year", "department", "department_code", "inpatient_days",
           "main_disease", "outpatient_days")  # fmt: skip
REMOTE = ("nationality", "country", "sex", "birth_year", "department", "department_code", "main_disease", "content",
          "first_day", "last_day")  # fmt: skip
FACILITATOR = ("nationality", "country", "sex", "birth_year", "institution", "department", "department_code",
               "inpatient_days", "outpatient_days", "entered_on", "left_on")  # fmt: skip
WORKING = ("reference", "country", "birth_year", "department", "first_day", "last_day", "sex", "inpatient_days",
           "main_disease", "outpatient_days", "content", "left_out", "missing")  # fmt: skip
WORKING_STAY = ("reference", "country", "birth_year", "institution", "department", "sex", "inpatient_days",
                "entered_on", "left_on", "missing")  # fmt: skip
CODED = {"sex": dict(Sex.choices), "content": dict(RemoteContent.choices), "left_out": dict(LeftOut.choices)}
WIDTH = 18

Line = list[Any]
Sheets = list[tuple[str, list[Line]]]


class Writer:
    """Cells of rows, with the names of departments and institutions in the reader's language.

    ``coded``: codes stay codes, as in a working file that is read back. ``with_diseases``: whether the reader may see
    them; otherwise their cells are empty.
    """

    def __init__(
        self,
        departments: Mapping[int, Department],
        institutions: Mapping[UUID, str] | None = None,
        *,
        coded: bool = False,
        with_diseases: bool = True,
    ) -> None:
        self.departments, self.institutions = departments, institutions or {}
        self.coded, self.with_diseases = coded, with_diseases

    def line(self, row: ReportRow | StayRow, columns: Sequence[str]) -> Line:
        return [harmless(self._cell(row, name)) for name in columns]

    def table(self, rows: Iterable[ReportRow | StayRow], columns: Sequence[str]) -> list[Line]:
        """Titles and rows."""
        return [[str(FIELDS[name]) for name in columns], *(self.line(row, columns) for row in rows)]

    def _cell(self, row: ReportRow | StayRow, name: str) -> object:
        if name in ("nationality", "country"):
            return country(row.nationality) if name == "nationality" else row.nationality
        if name.startswith("department"):
            department = self.departments[row.department_id]
            return department.code if name == "department_code" else department.name
        if name == "institution":
            return self.institutions.get(row.institution_id, "") if isinstance(row, StayRow) else ""
        if name == "missing":
            return missing_line(row.missing)
        if name == "main_disease" and not self.with_diseases:
            return ""
        value = getattr(row, name)
        if name in CODED and not self.coded:
            return str(CODED[name].get(value, value))
        if value is None:
            return ""
        return value.isoformat() if hasattr(value, "isoformat") else value


def report_sheets(rows: Sequence[ReportRow], writer: Writer, about: list[Line]) -> Sheets:
    """The report: both tables, what is missing, and what it is."""
    lacking = [row for row in rows if row.missing]
    sheets = [
        (gettext("Patients"), writer.table(reported(rows, Part.ON_SITE), ON_SITE)),
        (gettext("Remote care"), writer.table(reported(rows, Part.REMOTE), REMOTE)),
    ]
    if lacking:
        sheets.append((gettext("Missing"), writer.table(lacking, ("reference", "department", "first_day", "missing"))))
    return [*sheets, (gettext("About"), about)]


def csv_text(lines: Iterable[Line]) -> str:
    """With the mark without which spreadsheet programs do not read UTF-8."""
    file = io.StringIO()
    csv.writer(file).writerows(lines)
    return f"\ufeff{file.getvalue()}"


def xlsx(sheets: Sheets) -> bytes:
    """A workbook whose cells are all values; written row by row, because a year may have many."""
    book = openpyxl.Workbook(write_only=True)
    is_rtl = locales.language(get_language()).dir == "rtl"
    for title, lines in sheets:
        sheet = book.create_sheet(_sheet_title(title))
        sheet.sheet_view.rightToLeft = is_rtl
        for at in range(max((len(line) for line in lines), default=1)):
            sheet.column_dimensions[get_column_letter(at + 1)].width = WIDTH
        for line in lines:
            sheet.append([harmless(cell) for cell in line])
    file = io.BytesIO()
    save_workbook(book, file)
    return file.getvalue()


def _sheet_title(title: str) -> str:
    """What Excel takes: at most 31 letters, none of a few."""
    return "".join(letter for letter in title if letter not in r"[]:*?/\\")[:31]
