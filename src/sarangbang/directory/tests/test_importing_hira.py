"""The national list is imported as it is published, by anybody's spreadsheet program."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sarangbang.config.testing.kept import made_once
from sarangbang.directory.actions import load_reference
from sarangbang.directory.importing.problems import RowError, UnusableFile
from sarangbang.directory.importing.running import Outcome, import_file
from sarangbang.directory.models import Institution, Registration
from sarangbang.directory.queries import receiving

pytestmark = pytest.mark.django_db

HEADER = [
    "암호화요양기호", "요양기관명", "종별코드", "종별코드명", "시도코드", "시도코드명", "시군구코드", "시군구코드명", "읍면동",
    "우편번호", "주소", "전화번호", "병원홈페이지", "개설일자", "총의사수", "좌표(X)", "좌표(Y)",
]  # fmt: skip


def a_row(key: str, **changes: Any) -> list[Any]:
    row = {
        "암호화요양기호": key, "요양기관명": "하늘나루의원", "종별코드": "31", "종별코드명": "의원", "시도코드": "110000",
        "시도코드명": "서울", "시군구코드": "110001", "시군구코드명": "강남구", "읍면동": "역삼동", "우편번호": "06234",
        "주소": "서울특별시 강남구 테헤란로 9999, 3층 (역삼동)", "전화번호": "02-000-0000", "병원홈페이지": "", "개설일자": 20010203,
        "총의사수": 2, "좌표(X)": 127.0372, "좌표(Y)": 37.5001,
    } | changes  # fmt: skip
    return [row[title] for title in HEADER]


def as_csv(path: Path, rows: list[list[Any]], encoding: str = "utf-8-sig", header: list[str] = HEADER) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def as_xlsx(path: Path, rows: list[list[Any]], sheet: str = "hospBasisList") -> Path:
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in [HEADER, *rows]:
        page.append(row)
    book.save(path)
    return path


def answer(items: Any, code: str = "00") -> str:
    header = {"resultCode": code, "resultMsg": "NORMAL SERVICE."}
    body = {"items": items, "numOfRows": 10, "pageNo": 1, "totalCount": 1}
    return json.dumps({"response": {"header": header, "body": body}}, ensure_ascii=False)


def item(key: str = "JDQ4", **changes: Any) -> dict[str, Any]:
    return {
        "ykiho": key, "yadmNm": "하늘나루병원", "clCd": 21, "clCdNm": "병원", "addr": "서울특별시 강남구 역삼동 1",
        "telno": "02-000-0000", "XPos": "127.0372", "YPos": 37.5001, "estbDd": 20010203, "drTotCnt": "3",
    } | changes  # fmt: skip


def counted(outcome: Outcome) -> tuple[int, int, int]:
    return outcome.counts.created, outcome.counts.updated, outcome.counts.unchanged


@pytest.mark.once
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_a_csv_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    outcome = import_file(as_csv(tmp_path / "list.csv", [a_row("A"), a_row("B")], encoding), apply=True)
    assert counted(outcome) == (2, 0, 0)
    assert outcome.applied
    institution = Institution.objects.get(hira_key="A")
    assert institution.name == "하늘나루의원"
    assert institution.name_latin == "Haneulnaruuiwon"
    assert institution.kind == Institution.Kind.CLINIC
    assert (institution.place.latitude, institution.place.longitude) == (37.5001, 127.0372)


def test_the_quarterly_spreadsheet(tmp_path: Path) -> None:
    path = as_xlsx(
        tmp_path / "1.병원정보서비스(2026.9.).xlsx", [a_row("A"), a_row("B", 종별코드=1, 종별코드명="상급종합")]
    )
    assert counted(import_file(path, apply=True)) == (2, 0, 0)
    assert Institution.objects.get(hira_key="B").kind == Institution.Kind.TERTIARY


def test_a_dry_run_writes_nothing_and_says_the_same(tmp_path: Path) -> None:
    path = as_csv(tmp_path / "list.csv", [a_row("A")])
    outcome = import_file(path)
    assert counted(outcome) == (1, 0, 0)
    assert not outcome.applied
    assert not Institution.objects.exists()


def test_what_is_imported_is_not_listed_without_a_registration(tmp_path: Path) -> None:
    import_file(as_csv(tmp_path / "list.csv", [a_row("A")]), apply=True)
    assert not Registration.objects.exists()
    assert not receiving().exists()


def test_importing_again_changes_what_differs_and_nothing_else(tmp_path: Path) -> None:
    import_file(as_csv(tmp_path / "1.csv", [a_row("A"), a_row("B")]), apply=True)
    before = Institution.objects.get(hira_key="B").slug
    again = as_xlsx(tmp_path / "2.xlsx", [a_row("A"), a_row("B", 요양기관명="새이름의원"), a_row("C")])
    assert counted(import_file(again, apply=True)) == (1, 1, 1)
    assert counted(import_file(again, apply=True)) == (0, 0, 3)
    changed = Institution.objects.get(hira_key="B")
    assert (changed.name, changed.place.name, changed.slug) == ("새이름의원", "새이름의원", before)


def test_a_name_written_in_latin_letters_by_hand_survives(tmp_path: Path) -> None:
    import_file(as_csv(tmp_path / "1.csv", [a_row("A")]), apply=True)
    Institution.objects.update(name_latin="Haneul Naru Clinic")
    assert counted(import_file(as_csv(tmp_path / "2.csv", [a_row("A", 주소="다른 주소")]), apply=True)) == (0, 1, 0)
    assert Institution.objects.get().name_latin == "Haneul Naru Clinic"


def test_errors_name_row_column_and_reason_and_nothing_is_written(tmp_path: Path) -> None:
    rows = [
        a_row("A"),
        a_row("", 요양기관명=""),
        a_row("A"),
        a_row("D", **{"좌표(X)": 37.5, "좌표(Y)": 127.0}),
        a_row("E", **{"좌표(X)": 0, "좌표(Y)": 0}),
        a_row("F", 종별코드="99", 종별코드명="우주선"),
        a_row("G", **{"좌표(Y)": "북쪽"}),
    ]
    outcome = import_file(as_csv(tmp_path / "list.csv", rows), apply=True)
    assert outcome.errors == [
        RowError(3, "암호화요양기호", "is empty"),
        RowError(3, "요양기관명", "is empty"),
        RowError(4, "암호화요양기호", "stands in row 2 already"),
        RowError(5, "좌표(X)", "latitude and longitude are swapped"),
        RowError(6, "좌표(X)", "lies outside Korea (expected WGS 84 degrees)"),
        RowError(7, "종별코드", "is not a kind of institution: 99"),
        RowError(8, "좌표(Y)", "is not a number"),
    ]
    assert not outcome.applied
    assert not Institution.objects.exists()


def test_rows_without_coordinates_are_left_out_and_counted(tmp_path: Path) -> None:
    """One in ten thousand of the published list has none; that is no reason to refuse the rest."""
    rows = [a_row("A"), a_row("B", **{"좌표(X)": "", "좌표(Y)": ""})]
    outcome = import_file(as_csv(tmp_path / "list.csv", rows), apply=True)
    assert counted(outcome) == (1, 0, 0)
    assert outcome.notes == {"without coordinates": 1}
    assert outcome.applied


def test_rows_are_counted_as_a_spreadsheet_counts(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    as_csv(path, [a_row("A", 주소='두 줄\n주소, 따옴표 "안"'), [""] * len(HEADER), a_row("B", 요양기관명="")])
    assert [error.row for error in import_file(path).errors] == [4]


def test_titles_may_be_written_differently(tmp_path: Path) -> None:
    header = [title.replace("좌표(X)", "좌표 (X)").replace("좌표(Y)", "좌표(y)") for title in HEADER]
    header[0] = " 암호화 요양기호 "
    path = as_csv(tmp_path / "list.csv", [a_row("A")], header=header)
    assert counted(import_file(path)) == (1, 0, 0)


def test_a_title_above_the_table_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = openpyxl.Workbook()
    page = book.active
    page.append(["전국 병의원 현황"])
    page.merge_cells("A1:F1")
    page.append(HEADER)
    page.append(a_row("A", 요양기관명=None))
    book.save(path)
    assert [(error.row, error.column) for error in import_file(path).errors] == [(3, "요양기관명")]


def test_missing_and_doubled_columns_make_a_file_unusable(tmp_path: Path) -> None:
    without = as_csv(tmp_path / "1.csv", [], header=[title for title in HEADER if title != "좌표(X)"])
    with pytest.raises(UnusableFile, match=r"missing.*좌표\(X\)"):
        import_file(without)
    twice = as_csv(tmp_path / "2.csv", [], header=[*HEADER, "요양기관명"])
    with pytest.raises(UnusableFile, match="mean the same"):
        import_file(twice)


@pytest.mark.parametrize(
    ("items", "created"),
    [({"item": [item("A"), item("B")]}, 2), ({"item": item("A")}, 1), ("", 0), ({"item": ""}, 0), ({"item": []}, 0)],
)
def test_answers_of_the_service(tmp_path: Path, items: Any, created: int) -> None:
    path = tmp_path / "answer.json"
    path.write_text(answer(items), encoding="utf-8")
    assert counted(import_file(path, apply=True)) == (created, 0, 0)
    assert counted(import_file(path, apply=True)) == (0, 0, created)


def test_pages_of_answers_and_bare_items(tmp_path: Path) -> None:
    pages = tmp_path / "pages.json"
    old_spelling = item("B")
    old_spelling["xPos"], old_spelling["yPos"] = old_spelling.pop("XPos"), old_spelling.pop("YPos")
    pages.write_text(f"[{answer({'item': item('A')})}, {answer({'item': [old_spelling]})}]", encoding="utf-8")
    assert counted(import_file(pages, apply=True)) == (2, 0, 0)
    bare = tmp_path / "items.json"
    bare.write_text(json.dumps([item("A"), item("B")]), encoding="utf-8")
    assert counted(import_file(bare, apply=True)) == (0, 0, 2)


@pytest.mark.once
@pytest.mark.parametrize(
    "text",
    [
        answer("", code="30"),
        '{"OpenAPI_ServiceResponse": {"cmmMsgHeader": {"errMsg": "SERVICE ERROR", "returnReasonCode": "30"}}}',
        '{"response": 5}',
        "{}",
        "[1, 2]",
        "[" * 100_000,
        '{"response": {"body": {"items": {"item": 7}}}}',
        "<OpenAPI_ServiceResponse/>",
        '{"a": ' + "9" * 10_000 + "}",
    ],
)
def test_answers_that_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "answer.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnusableFile):
        import_file(path)


@pytest.mark.once
def test_departments_of_the_list(tmp_path: Path) -> None:
    made_once(load_reference)
    import_file(as_csv(tmp_path / "list.csv", [a_row("A")]), apply=True)
    header = ["암호화요양기호", "요양기관명", "진료과목코드", "진료과목코드명", "과목별 전문의수", "선택진료 의사수"]
    rows = [
        ["A", "하늘나루의원", "1", "내과", 1, 0],  # a spreadsheet ate the zero
        ["A", "하늘나루의원", "14", "피부과", 1, 0],
        ["A", "하늘나루의원", "00", "일반의", 1, 0],
        ["X", "모르는의원", "14", "피부과", 1, 0],
    ]
    path = as_csv(tmp_path / "5.csv", rows, header=header)
    outcome = import_file(path, apply=True)
    assert counted(outcome) == (2, 0, 0)
    assert sum(outcome.notes.values()) == 2
    departments = Institution.objects.get().departments.values_list("slug", flat=True)
    assert set(departments) == {"internal-medicine", "dermatology"}
    assert counted(import_file(path, apply=True)) == (0, 0, 2)


@pytest.mark.once
def test_the_number_of_queries_does_not_grow_with_the_rows(tmp_path: Path, django_assert_max_num_queries: Any) -> None:
    path = as_csv(tmp_path / "list.csv", [a_row(f"K{number}") for number in range(900)])
    with django_assert_max_num_queries(60):
        import_file(path, apply=True)
    with django_assert_max_num_queries(10):
        import_file(path, apply=True)
