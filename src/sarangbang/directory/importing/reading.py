"""Rows of a file, whatever it is: CSV in UTF-8, CP949 or UTF-16, XLSX, or the JSON of the national list.

Nothing is believed: the content decides what a file is, not its name, and every size is bounded.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


@contextmanager
def open_rows(path: Path, sheet: str | None = None) -> Iterator[Rows]:
    """The rows of a file with their numbers, as a spreadsheet counts them. Raises ``UnusableFile``, also while the
    rows are read."""
    try:
        if not path.is_file():
            raise UnusableFile("This is not a file.")
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            if size == 0:
                raise UnusableFile("The file is empty.")
            if size > MAX_BYTES:
                raise UnusableFile(f"The file is larger than {MAX_BYTES // 2**20} MB.")
            yield _bounded(_rows(file, start, sheet))
    except OSError as problem:
        raise UnusableFile(f"The file cannot be read: {problem.strerror or problem}.") from None


def _rows(file: IO[bytes], start: bytes, sheet: str | None) -> Rows:
    if start.startswith(b"PK"):
        return _of_spreadsheet(file, sheet)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnusableFile("This is an old or encrypted Excel file. Save it as XLSX without a password, or as CSV.")
    if sheet is not None:
        raise UnusableFile("Only an XLSX file has sheets.")
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
        if len(cells) > MAX_COLUMNS:
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
    first = next((line for line in itertools.islice(lines, 20) if line.strip()), "")
    return max(",\t;", key=first.count)


# Spreadsheets


def _of_spreadsheet(file: IO[bytes], sheet: str | None) -> Rows:
    import openpyxl

    _check_unpacked(file)
    try:
        # Formulas are read as formulas and refused later: what a file shows is not always what it holds.
        book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except Exception as problem:  # noqa: BLE001 (a broken file breaks the parser in any way)
        raise _broken(problem) from None
    try:
        page = _sheet(book, sheet)
        page.reset_dimensions()
        yield from enumerate(page.iter_rows(values_only=True), start=1)
    except UnusableFile:
        raise
    except Exception as problem:  # noqa: BLE001 (as above)
        raise _broken(problem) from None
    finally:
        book.close()


def _sheet(book: Any, wanted: str | None) -> Any:
    """The sheet that was named; else the national list's, else the first one with cells."""
    names = [page.title for page in book.worksheets]
    if not names:
        raise UnusableFile("The XLSX has no sheet with cells.")
    if wanted is None:
        wanted = NATIONAL_SHEET if NATIONAL_SHEET in names else names[0]
    if wanted not in names:
        raise UnusableFile(f"There is no sheet {wanted!r}; there are: {', '.join(names)[:300]}.")
    return book.worksheets[names.index(wanted)]


def _check_unpacked(file: IO[bytes]) -> None:
    """A small file can unpack to a huge one."""
    try:
        with zipfile.ZipFile(file) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as problem:
        raise _broken(problem) from None
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise UnusableFile(f"The XLSX unpacks to more than {MAX_UNPACKED // 2**20} MB.")
    file.seek(0)


def _broken(problem: Exception) -> UnusableFile:
    return UnusableFile(f"The XLSX is broken or no XLSX at all ({type(problem).__name__}).")
