"""Rows of a file, whatever it is: CSV in UTF-8, CP949 or UTF-16, XLSX, or the JSON of the national list.

Nothing is believed: the content decides what a file is, not its name, and every size is bounded.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

from .cells import Cell
from .problems import UnusableFile

MAX_BYTES = 256 * 2**20
MAX_UNPACKED = 512 * 2**20
MAX_MEMBERS = 2000
MAX_ROWS = 400_000
MAX_NUMBER = 2**20  # rows of a spreadsheet, blank ones included
MAX_COLUMNS = 400
MAX_CELL = 32_767  # as in Excel
NATIONAL_SHEET = "hospBasisList"

Rows = Iterator[tuple[int, Sequence[Cell]]]
Tables = list[Callable[[], Rows]]


@contextmanager
def open_tables(path: Path, sheet: str | None = None) -> Iterator[Tables]:
    """The tables of a file, each as a function that reads it: rows with their numbers, as a spreadsheet counts them.

    A text is one table, a workbook has one for each sheet that is shown. ``-`` is the standard input. Raises
    ``UnusableFile``, also while the rows are read.
    """
    try:
        with _opened(path) as file:
            start = file.read(4)
            file.seek(0)
            if not start:
                raise UnusableFile("The file is empty.")
            if start.startswith(b"PK"):
                with _workbook(file) as book:
                    yield [partial(_bounded, _of_sheet(page)) for page in _sheets(book, sheet)]
            elif sheet is not None:
                raise UnusableFile("Only an XLSX file has sheets.")
            else:
                yield [partial(_bounded, _of_file(file, start))]
    except OSError as problem:
        raise UnusableFile(f"The file cannot be read: {problem.strerror or problem}.") from None


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if str(path) == "-":
        with tempfile.TemporaryFile() as file:
            while chunk := sys.stdin.buffer.read(2**20):
                file.write(chunk)
                if file.tell() > MAX_BYTES:
                    raise _too_large()
            file.seek(0)
            yield file
        return
    if path.is_dir():
        raise UnusableFile("This is a folder, not a file.")
    if not path.exists():
        raise UnusableFile("There is no such file.")
    if not path.is_file():
        raise UnusableFile("This is not a file.")
    if path.stat().st_size > MAX_BYTES:
        raise _too_large()
    with path.open("rb") as file:
        yield file


def _too_large() -> UnusableFile:
    return UnusableFile(f"The file is larger than {MAX_BYTES // 2**20} MB.")


def _of_file(file: IO[bytes], start: bytes) -> Rows:
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnusableFile("This is an old or encrypted Excel file. Save it as XLSX without a password, or as CSV.")
    encoding = _encoding(file)
    beginning = _beginning(file, encoding)
    if beginning.startswith(("{", "[")):
        from .answers import rows_of_answer

        return rows_of_answer(_decoded(file, encoding))
    if beginning.startswith("<"):
        raise UnusableFile("This is XML or HTML, perhaps an error page of the service. Ask it for JSON.")
    return _of_text(file, encoding)


def _bounded(rows: Rows) -> Rows:
    filled = 0
    for number, cells in rows:
        filled += any(cell not in (None, "") for cell in cells)
        if filled > MAX_ROWS or number > MAX_NUMBER:
            raise UnusableFile(f"The file has more than {MAX_ROWS:,} rows.")
        if len(cells) > MAX_COLUMNS and any(cell not in (None, "") for cell in cells[MAX_COLUMNS:]):
            raise UnusableFile(f"Row {number} has more than {MAX_COLUMNS} columns.")
        yield number, cells


# Text


def _encoding(file: IO[bytes]) -> str:
    """UTF-8 (with or without its mark), UTF-16 with its mark, or CP949; the whole file is tried."""
    file.seek(0)
    start = file.read(4)
    is_utf16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    candidates = ["utf-16"] if is_utf16 else ["utf-8-sig", "cp949"]
    for encoding in candidates:
        if _decodes(file, encoding):
            return encoding
    raise UnusableFile("The text is neither UTF-8 nor CP949. Is it a CSV file?")


def _decodes(file: IO[bytes], encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(2**20):
            if "\0" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _decoded(file: IO[bytes], encoding: str) -> str:
    file.seek(0)
    return file.read().decode(encoding)


def _beginning(file: IO[bytes], encoding: str) -> str:
    file.seek(0)
    return codecs.getincrementaldecoder(encoding)().decode(file.read(4000)).lstrip()[:1]


def _of_text(file: IO[bytes], encoding: str) -> Rows:
    file.seek(0)
    lines = io.TextIOWrapper(file, encoding=encoding, newline="")
    csv.field_size_limit(MAX_CELL * 4)
    number = 0
    try:
        delimiter = _delimiter(lines)
        lines.seek(0)
        for number, cells in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), start=1):
            yield number, cells
    except csv.Error as problem:
        raise UnusableFile(f"The CSV cannot be read after row {number}: {problem}.") from None
    finally:
        if not file.closed:
            lines.detach()


def _delimiter(lines: io.TextIOWrapper) -> str:
    """What parts the fullest of the first lines, and of equals most lines: a title above the table has no parts."""
    first = list(itertools.islice(lines, 20))
    counts = {mark: [line.count(mark) for line in first] for mark in ",\t;"}
    return max(counts, key=lambda mark: (max(counts[mark], default=0), sum(map(bool, counts[mark]))))


# Spreadsheets


@contextmanager
def _workbook(file: IO[bytes]) -> Iterator[Any]:
    import openpyxl

    _check_unpacked(file)
    try:
        # Formulas are read as formulas and refused later: what a file shows is not always what it holds.
        book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except Exception as problem:  # noqa: BLE001 (a broken file breaks the parser in any way)
        raise _broken(problem) from None
    try:
        yield book
    finally:
        book.close()


def _of_sheet(page: Any) -> Rows:
    try:
        page.reset_dimensions()
        yield from enumerate(page.iter_rows(values_only=True), start=1)
    except Exception as problem:  # noqa: BLE001 (as above)
        raise _broken(problem) from None


def _sheets(book: Any, wanted: str | None) -> list[Any]:
    """The sheet that was named, shown or not; else those that are shown, the national list's first."""
    pages = book.worksheets
    if wanted is not None:
        found = [page for page in pages if page.title == wanted]
        if not found:
            names = ", ".join(page.title for page in pages)
            raise UnusableFile(f"There is no sheet {wanted!r}; there are: {names[:300]}.")
        return found
    shown = [page for page in pages if page.sheet_state == "visible"]
    if not shown:
        raise UnusableFile("The XLSX shows no sheet with cells. Name a hidden one with --sheet.")
    return sorted(shown, key=lambda page: page.title != NATIONAL_SHEET)


def _check_unpacked(file: IO[bytes]) -> None:
    """A small file can unpack to a huge one."""
    try:
        with zipfile.ZipFile(file) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as problem:
        raise _broken(problem) from None
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise UnusableFile(f"The XLSX unpacks to more than {MAX_UNPACKED // 2**20} MB.")
    if any(member.filename.lower().endswith("vbaproject.bin") for member in members):
        raise UnusableFile("The workbook holds macros. Save it as XLSX without them.")
    file.seek(0)


def _broken(problem: Exception) -> UnusableFile:
    return UnusableFile(f"The XLSX is broken or no XLSX at all ({type(problem).__name__}).")
