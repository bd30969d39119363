"""Our own tables: institutions with registrations, practitioners, procedures."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sarangbang.config.testing.kept import made_once
from sarangbang.directory.actions import load_reference
from sarangbang.directory.importing.problems import RowError
from sarangbang.directory.importing.running import Outcome, import_file
from sarangbang.directory.importing.templates import SAMPLES, template
from sarangbang.directory.models import (
    Institution,
    Practitioner,
    PractitionerRole,
    Procedure,
    Registration,
)
from sarangbang.directory.queries import receiving, today

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reference() -> None:
    made_once(load_reference)


def table(path: Path, *rows: dict[str, Any]) -> Path:
    titles = list(dict.fromkeys(title for row in rows for title in row))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, titles)
        writer.writeheader()
        writer.writerows(rows)
    return path


def institution(number: str = "M-1", **changes: Any) -> dict[str, Any]:
    day = today()
    return SAMPLES["institutions"] | {
        "registration_number": number,
        "valid_from": day - dt.timedelta(days=100),
        "valid_until": day + dt.timedelta(days=900),
        "insured_until": day + dt.timedelta(days=100),
    } | changes  # fmt: skip


def counted(outcome: Outcome) -> tuple[int, int, int]:
    return outcome.counts.created, outcome.counts.updated, outcome.counts.unchanged


@pytest.mark.once
@pytest.mark.parametrize("kind", list(SAMPLES))
def test_a_template_can_be_imported(tmp_path: Path, kind: str) -> None:
    if kind == "practitioners":
        (tmp_path / "houses.csv").write_text(template("institutions"))
        import_file(tmp_path / "houses.csv", apply=True)
    path = tmp_path / "filled.csv"
    path.write_text(template(kind), encoding="utf-8-sig")
    first = import_file(path, apply=True)
    assert (first.kind, counted(first), first.errors) == (kind, (1, 0, 0), [])
    assert counted(import_file(path, apply=True)) == (0, 0, 1)


def test_an_imported_institution_is_listed(tmp_path: Path) -> None:
    import_file(table(tmp_path / "t.csv", institution()), apply=True)
    found = receiving().get()
    assert found.name == "예시의원"
    assert {each.slug for each in found.departments.all()} == {"dermatology", "plastic-surgery"}
    assert found.registrations.get().insured_amount == 100_000_000


def test_a_changed_row_changes_its_institution_only(tmp_path: Path) -> None:
    import_file(table(tmp_path / "1.csv", institution("M-1"), institution("M-2")), apply=True)
    changed = institution("M-2", phone="+82-2-0000-9999", insured_amount="200,000,000")
    outcome = import_file(table(tmp_path / "2.csv", institution("M-1"), changed), apply=True)
    assert counted(outcome) == (0, 1, 1)
    assert Registration.objects.get(number="M-2").insured_amount == 200_000_000
    assert Institution.objects.count() == 2


def test_a_renewal_is_a_further_registration(tmp_path: Path) -> None:
    import_file(table(tmp_path / "1.csv", institution()), apply=True)
    later = today() + dt.timedelta(days=901)
    renewal = institution(valid_from=later, valid_until=later + dt.timedelta(days=1095))
    assert counted(import_file(table(tmp_path / "2.csv", renewal), apply=True)) == (0, 1, 0)
    assert Institution.objects.get().registrations.count() == 2


def test_the_list_and_the_register_meet_in_one_institution(tmp_path: Path) -> None:
    known = {
        "암호화요양기호": "KEY", "요양기관명": "예시의원", "종별코드": "31", "좌표(X)": "127.0473", "좌표(Y)": "37.5172",
    }  # fmt: skip
    import_file(table(tmp_path / "1.csv", known), apply=True)
    assert counted(import_file(table(tmp_path / "2.csv", institution(hira_key="KEY")), apply=True)) == (0, 1, 0)
    assert receiving().get().hira_key == "KEY"


def test_a_key_of_somebody_else_is_refused(tmp_path: Path) -> None:
    both = [institution("M-1", hira_key="K1"), institution("M-2", hira_key="K2")]
    import_file(table(tmp_path / "1.csv", *both), apply=True)
    outcome = import_file(table(tmp_path / "2.csv", institution("M-1", hira_key="K2")), apply=True)
    assert outcome.errors == [RowError(2, "hira_key", "belongs to another institution than the registration number")]


def test_errors_name_row_column_and_reason(tmp_path: Path) -> None:
    outcome = import_file(
        table(
            tmp_path / "t.csv",
            institution("M-1"),
            institution("M-1"),
            institution("M-2", valid_until="2020-01-01"),
            institution("M-3", insured_until=""),
            institution("M-4", departments="dermatology;sorcery"),
            institution("M-5", latitude="127.04", longitude="37.51"),
            institution("M-6", valid_from="someday", kind="spaceship"),
            institution("M-7", website="not an address", name="=HYPERLINK(1)"),
            institution("M-8", insured_amount="-1", name="x" * 201),
            institution(""),
        ),
        apply=True,
    )
    assert [(error.row, error.column) for error in outcome.errors] == [
        (3, "registration_number"),
        (4, "valid_until"),
        (5, "insured_until"),
        (6, "departments"),
        (7, "latitude"),
        (8, "kind"),
        (8, "valid_from"),
        (9, "name"),
        (9, "website"),
        (10, "insured_amount"),
        (10, "name"),
        (11, "registration_number"),
    ]
    assert not Institution.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize(
    "written",
    [
        "20260105",
        "2026-01-05",
        "2026.1.5.",
        "2026. 1. 5.",
        "2026/01/05",
        "2026년 1월 5일",
        "2026-01-05 00:00:00",
        "46027",
    ],
)
def test_days_in_many_shapes(tmp_path: Path, written: str) -> None:
    import_file(table(tmp_path / "t.csv", institution(valid_from=written)), apply=True)
    assert Registration.objects.get().valid_from == dt.date(2026, 1, 5)


def test_cells_of_a_spreadsheet(tmp_path: Path) -> None:
    """Dates as dates, codes without their zero, numbers as numbers; formulas are refused."""
    row = institution() | {
        "valid_from": dt.date(2026, 1, 5), "insured_amount": 100_000_000.0, "departments": 1, "latitude": 37.5,
        "longitude": 127.0,
    }  # fmt: skip
    book = openpyxl.Workbook()
    book.active.append(list(row))
    book.active.append(list(row.values()))
    book.save(tmp_path / "t.xlsx")
    assert import_file(tmp_path / "t.xlsx", apply=True).errors == []
    assert Institution.objects.get().departments.get().slug == "internal-medicine"
    book.active.append([*list(row.values())[:1], "=A1&B1"])
    book.save(tmp_path / "t.xlsx")
    assert RowError(3, "name", "holds a formula; paste its value instead") in import_file(tmp_path / "t.xlsx").errors


def test_an_empty_cell_takes_nothing_away(tmp_path: Path) -> None:
    import_file(table(tmp_path / "1.csv", institution()), apply=True)
    outcome = import_file(table(tmp_path / "2.csv", institution(phone="", departments="")), apply=True)
    assert counted(outcome) == (0, 0, 1)


def test_a_practitioner_at_two_institutions(tmp_path: Path) -> None:
    import_file(table(tmp_path / "1.csv", institution("M-1"), institution("M-2")), apply=True)
    person = SAMPLES["practitioners"]
    rows = [person | {"institution": "M-1"}, person | {"institution": "M-2", "departments": "성형외과"}]
    path = table(tmp_path / "2.csv", *rows)
    assert counted(import_file(path, apply=True)) == (1, 0, 0)
    assert counted(import_file(path, apply=True)) == (0, 0, 1)
    doctor = Practitioner.objects.get()
    assert doctor.roles.count() == 2
    assert {each.language for each in doctor.languages.all()} == {"ko", "en", "ja"}


def test_a_role_that_is_no_longer_told_ends(tmp_path: Path) -> None:
    import_file(table(tmp_path / "1.csv", institution("M-1")), apply=True)
    person = SAMPLES["practitioners"] | {"institution": "M-1", "departments": "dermatology;plastic-surgery"}
    import_file(table(tmp_path / "2.csv", person), apply=True)
    fewer = person | {"departments": "dermatology", "languages": "영어"}
    assert counted(import_file(table(tmp_path / "3.csv", fewer), apply=True)) == (0, 1, 0)
    active = PractitionerRole.objects.filter(is_active=True)
    assert [role.department.slug for role in active] == ["dermatology"]
    assert [each.language for each in Practitioner.objects.get().languages.all()] == ["en"]


def test_practitioners_that_do_not_fit(tmp_path: Path) -> None:
    person = SAMPLES["practitioners"]
    outcome = import_file(
        table(
            tmp_path / "t.csv",
            person,
            person | {"number": "D-2", "institution": "", "languages": "klingon"},
            person | {"number": "D-3", "institution": "", "sex": "?"},
            person | {"number": "", "institution": ""},
        )
    )
    assert [(error.row, error.column) for error in outcome.errors] == [
        (2, "institution"),
        (3, "languages"),
        (4, "sex"),
        (5, "number"),
    ]


def test_a_procedure_in_ten_languages(tmp_path: Path) -> None:
    row = SAMPLES["procedures"] | {"summary_en": "What it is.", "summary_ko": "무엇인지."}
    import_file(table(tmp_path / "t.csv", row), apply=True)
    procedure = Procedure.objects.get(slug="example-treatment")
    assert procedure.name_ar == "علاج مثالي"
    assert procedure.main_department.slug == "dermatology"
    assert set(procedure.summary_sources) == {"ko"}
    assert {term.text for term in procedure.terms.all()} == {"sample", "specimen"}


@pytest.mark.once
def test_procedures_that_do_not_fit(tmp_path: Path) -> None:
    row = SAMPLES["procedures"]
    outcome = import_file(
        table(
            tmp_path / "t.csv",
            row | {"slug": "no spaces"},
            row | {"days_in_korea_low": 5},
            row | {"slug": "b", "departments": ""},
            row | {"slug": "c", "visit_minutes": 1000},
        )
    )
    assert [(error.row, error.column) for error in outcome.errors] == [
        (2, "slug"),
        (3, "days_in_korea_high"),
        (4, "departments"),
        (5, "visit_minutes"),
    ]
