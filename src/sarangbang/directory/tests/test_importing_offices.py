"""Files as offices really make them: by hand, by several people, through several programs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from sarangbang.config.testing.kept import made_once
from sarangbang.directory.actions import load_reference
from sarangbang.directory.cli import commands
from sarangbang.directory.importing import cells
from sarangbang.directory.importing.problems import CellProblem, RowError, UnusableFile
from sarangbang.directory.importing.running import OTHER_SHEETS, import_file
from sarangbang.directory.models import Institution, Registration

from .test_importing_hira import HEADER, a_row, as_csv, as_xlsx, counted, item

pytestmark = pytest.mark.django_db


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    """Sheets by name; a name that begins with "hidden" is hidden."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        page.sheet_state = "hidden" if name.startswith("hidden") else "visible"
        for row in rows:
            page.append(row)
    book.save(path)
    return path


def test_a_register_typed_by_hand(tmp_path: Path) -> None:
    made_once(load_reference)
    titles = [
        "연번", "유치의료기관 등록번호", "의료기관명", "종별", "등록일자", "만료일", "보험회사", "보험금액", "보험 만료일", "진료과목",
        "주소", "위도", "경도", "전화번호", "홈페이지",
    ]  # fmt: skip
    row = [
        1, 20230001.0, "하늘\u00a0 의원\u200b", "의원", 45292, "2027. 1. 1.", None, "１００,０００,０００원", "20261231.0",
        "피부과, 성형외과", "서울 강남구", "３７.５", " 127.03 ", 25551234, "www.haneul.example",
    ]  # fmt: skip
    path = workbook(tmp_path / "t.xlsx", 등록현황=[["외국인환자 유치의료기관 등록 현황"], [], titles, row, [], [" "]])
    assert import_file(path, apply=True).errors == []
    registration = Registration.objects.select_related("institution__place").get()
    institution = registration.institution
    assert (registration.number, registration.insured_amount) == ("20230001", 100_000_000)
    assert (institution.name, institution.phone) == ("하늘 의원", "025551234")
    assert (institution.place.latitude, institution.website) == (37.5, "http://www.haneul.example")
    assert counted(import_file(path, apply=True)) == (0, 0, 1)


@pytest.mark.once
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (25551234, "025551234"),
        ("212345678", "0212345678"),
        (1012345678, "01012345678"),
        ("15881234", "15881234"),
        ("02-555-1234", "02-555-1234"),
        ("０２-５５５-１２３４", "02-555-1234"),
        ("+82 2 555 1234", "+82 2 555 1234"),
        ("", None),
    ],
)
def test_a_telephone_number_gets_its_zero_back(written: Any, meant: str | None) -> None:
    assert cells.phone(written) == meant


@pytest.mark.once
@pytest.mark.parametrize("broken", ["=A1", "#N/A", "#REF!", "a\x07b", "a\u202eb", "\ud800"])
def test_what_a_cell_only_shows_is_refused(broken: str) -> None:
    with pytest.raises(CellProblem):
        cells.text(broken, 100)


@pytest.mark.once
@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "JavaScript://a.example/%0a", "data:text/html,x", "ftp://a.b/c"]
)
def test_only_web_addresses_are_web_addresses(address: str) -> None:
    with pytest.raises(CellProblem):
        cells.url(address)


@pytest.mark.once
def test_the_sheet_with_the_table_is_found_and_the_others_are_named(tmp_path: Path) -> None:
    guide, table = [["작성 요령"], ["1. 아래 표를 채워 주세요"]], [HEADER, a_row("A")]
    path = workbook(tmp_path / "t.xlsx", hidden=[HEADER, a_row("X")], 안내=guide, 강남=table, 서초=[HEADER, a_row("B")])
    outcome = import_file(path, apply=True)
    assert outcome.notes == {OTHER_SHEETS: 2}
    assert set(Institution.objects.values_list("hira_key", flat=True)) == {"A"}
    assert counted(import_file(path, sheet="hidden")) == (1, 0, 0)
    with pytest.raises(UnusableFile, match="No column"):
        import_file(workbook(tmp_path / "none.xlsx", 안내=guide))


@pytest.mark.once
def test_formatted_cells_far_away_are_no_columns_and_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = openpyxl.load_workbook(as_xlsx(path, [a_row("A")]))
    book.active.cell(2, 16_384).number_format = "0.00"
    book.active.cell(5_000, 1).number_format = "0.00"
    book.save(path)
    assert counted(import_file(path)) == (1, 0, 0)
    book.active.cell(2, 500).value = "x"
    book.save(path)
    with pytest.raises(UnusableFile, match="more than 400 columns"):
        import_file(path)


def test_tabs_below_a_title_with_commas(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("w", encoding="cp949", newline="") as file:
        file.write("전국 병의원, 약국 현황, 2026\n\n")
        csv.writer(file, delimiter="\t").writerows([HEADER, a_row("A", 요양기관명="똠방각하의원")])
    assert counted(import_file(path)) == (1, 0, 0)


def test_codes_that_became_numbers(tmp_path: Path) -> None:
    path = as_csv(
        tmp_path / "t.csv", [a_row("A", 종별코드="31.0", 종별코드명=""), a_row("B", 종별코드=1, 종별코드명="")]
    )
    import_file(path, apply=True)
    assert dict(Institution.objects.values_list("hira_key", "kind")) == {"A": "clinic", "B": "tertiary"}


def test_one_item_alone(tmp_path: Path) -> None:
    path = tmp_path / "item.json"
    path.write_text(json.dumps(item("A")), encoding="utf-8")
    assert counted(import_file(path)) == (1, 0, 0)


def test_the_standard_input(tmp_path: Path) -> None:
    content = as_xlsx(tmp_path / "t.xlsx", [a_row("A")]).read_bytes()
    answer = CliRunner().invoke(commands, ["import", "-", "--json"], input=content)
    assert (answer.exit_code, json.loads(answer.stdout)["created"]) == (0, 1)
    nothing = CliRunner().invoke(commands, ["import", "-", "--json"], input=b"")
    assert (nothing.exit_code, json.loads(nothing.stdout)["error"]) == (2, "The file is empty.")


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    for path, said in ((tmp_path, "a folder"), (tmp_path / "none.csv", "no such file")):
        answer = CliRunner().invoke(commands, ["import", str(path)])
        assert (answer.exit_code, said in answer.stderr) == (2, True)


def test_the_same_institution_twice_in_a_file_is_named(tmp_path: Path) -> None:
    outcome = import_file(as_csv(tmp_path / "t.csv", [a_row("A"), a_row("B"), a_row("A")]), apply=True)
    assert outcome.errors == [RowError(4, "암호화요양기호", "stands in row 2 already")]
    assert not Institution.objects.exists()
