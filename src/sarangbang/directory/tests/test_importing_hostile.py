"""Whatever is given as a file: an answer in words and an exit code, never a traceback, never half of it."""

from __future__ import annotations

import json
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.directory.cli import commands
from sarangbang.directory.importing import reading
from sarangbang.directory.importing.cells import day, decimal, several, text, whole
from sarangbang.directory.importing.problems import CellProblem, UnusableFile
from sarangbang.directory.importing.romanising import romanised
from sarangbang.directory.importing.running import import_file
from sarangbang.directory.importing.templates import template
from sarangbang.directory.models import Institution

from .test_importing_hira import HEADER, a_row, as_csv, as_xlsx

pytestmark = pytest.mark.django_db
ANY_FILE = settings(max_examples=60)


def run(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(commands, ["import", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout


@pytest.mark.once
@ANY_FILE
@given(content=st.binary(max_size=400))
def test_any_bytes_are_answered(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert run(path, "--apply")[0] in (0, 1, 2)
    assert not Institution.objects.exists()


@pytest.mark.once
@ANY_FILE
@given(
    content=st.binary(max_size=200), start=st.sampled_from([b"PK\x03\x04", b"{", b"[", b"\xef\xbb\xbf", b"\xff\xfe"])
)
def test_bytes_that_look_like_a_file_are_answered(tmp_path: Path, content: bytes, start: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(start + content)
    assert run(path)[0] in (0, 1, 2)


@ANY_FILE
@given(rows=st.lists(st.lists(st.text(max_size=40), max_size=len(HEADER)), max_size=5))
def test_any_text_under_the_right_titles_is_answered(tmp_path: Path, rows: list[list[str]]) -> None:
    path = tmp_path / "list.csv"
    body = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    path.write_text(",".join(HEADER) + "\n" + body, encoding="utf-8", errors="replace")
    assert run(path, "--kind", "hira")[0] in (0, 1, 2)


@pytest.mark.once
@ANY_FILE
@given(at=st.integers(0, 3000), byte=st.integers(0, 255), length=st.integers(10, 6000))
def test_a_damaged_spreadsheet_is_answered(tmp_path: Path, at: int, byte: int, length: int) -> None:
    path = tmp_path / "list.xlsx"
    content = bytearray(as_xlsx(path, [a_row("A")]).read_bytes())
    content[at % len(content)] = byte
    path.write_bytes(bytes(content[:length]))
    assert run(path)[0] in (0, 1, 2)


@pytest.mark.once
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02", "neither UTF-8 nor CP949"),
        (b"\xff\xfe\x00\xd8", "neither UTF-8 nor CP949"),
        (b"PK\x03\x04 torn", "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "XLSX"),
        (b"<html></html>", "XML"),
        (b"what,is,this\n1,2,3\n", "No column"),
        ("암호화요양기호,요양기관명\nA,B\n".encode(), "missing"),
        (("\n" * 50).encode(), "No column"),
        (template("procedures").encode() + b'"never closed', "row 2"),
    ],
)
def test_unusable_files_are_named(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(UnusableFile, match=said):
        import_file(path)


def test_a_folder_and_a_missing_file_are_no_files(tmp_path: Path) -> None:
    assert run(tmp_path)[0] == 2
    assert run(tmp_path / "none.csv")[0] == 2
    assert run(tmp_path / "none.csv", "--kind", "stars")[0] == 2


def test_a_huge_file_in_a_small_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 3_000_000)
    monkeypatch.setattr(reading, "MAX_UNPACKED", 2_000_000)
    with pytest.raises(UnusableFile, match="unpacks to more than"):
        import_file(path)


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 5)
    with pytest.raises(UnusableFile, match="more than 5 rows"):
        import_file(as_csv(tmp_path / "list.csv", [a_row(str(number)) for number in range(9)]))


def test_a_sheet_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = openpyxl.load_workbook(as_xlsx(path, [a_row("A")]))
    book.create_sheet("비고", 0)
    book.save(path)
    assert import_file(path, sheet="hospBasisList").counts.created == 1
    with pytest.raises(UnusableFile, match="no sheet"):
        import_file(path, sheet="other")
    with pytest.raises(UnusableFile, match="Only an XLSX"):
        import_file(as_csv(tmp_path / "list.csv", []), sheet="hospBasisList")


def test_exit_codes_and_json(tmp_path: Path) -> None:
    good, bad = as_csv(tmp_path / "good.csv", [a_row("A")]), as_csv(tmp_path / "bad.csv", [a_row("A", 요양기관명="")])
    assert run(good)[0] == 0
    code, out = run(bad, "--apply", "--json")
    assert code == 1
    assert json.loads(out)["errors"] == [{"row": 2, "column": "요양기관명", "reason": "is empty"}]
    assert json.loads(out)["applied"] is False
    code, out = run(good, "--apply", "--json")
    told = json.loads(out)
    assert (code, told["created"], told["updated"], told["unchanged"], told["applied"]) == (0, 1, 0, 0, True)
    (tmp_path / "none.csv").write_bytes(b"\x00")
    code, out = run(tmp_path / "none.csv", "--json")
    assert code == 2
    assert json.loads(out)["applied"] is False


@pytest.mark.once
@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes()))
def test_a_cell_is_read_or_refused(cell: object) -> None:
    for parse in (day, decimal, whole, several, lambda value: text(value, 100)):
        with suppress(CellProblem):
            parse(cell)


@pytest.mark.once
@given(st.dates(min_value=day("1955-01-01"), max_value=day("2099-12-31")))
def test_a_day_is_read_back_from_every_shape(value: object) -> None:
    for shape in ("%Y%m%d", "%Y-%m-%d", "%Y.%m.%d.", "%Y년 %m월 %d일"):
        assert day(value.strftime(shape)) == value


def test_korean_in_latin_letters() -> None:
    assert romanised("강남 하늘의원 2호점") == "Gangnam Haneuluiwon 2hojeom"
