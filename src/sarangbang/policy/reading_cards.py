"""Files of guests and card payments for the analysis, Parquet or CSV of any length: every row is looked at before one
is counted. A wrong row is named with its number and the reason, and then nothing is computed.

DuckDB reads; ibis says what is looked for. Rows are numbered as in the other files of this room: in CSV the titles are
row 1; Parquet has no titles, its first row is 1.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sarangbang.directory.importing.columns import plain
from sarangbang.directory.importing.problems import RowError, UnusableFile
from sarangbang.ui import locales

from .analysis import CARDS, GUESTS
from .reading import Refused
from .spending import BY_CODE

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

MOST_SHOWN = 200
MOST_WON = 10**12
WHOLE = r"^[+-]?[0-9]{1,18}(\.0+)?$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
CHUNK = 2**22


@dataclass(slots=True)
class Checked:
    """A table that is being looked through. ``problems``: (column, what is wrong, where it is true)."""

    path: Path
    table: ir.Table
    is_csv: bool
    problems: list[tuple[str, str, ir.BooleanValue]] = field(default_factory=list)


@contextmanager
def opened(guests: Path, cards: Path) -> Iterator[tuple[ir.Table, ir.Table]]:
    """Both tables, looked through. Raises ``UnusableFile`` and ``Refused`` with ``path`` telling which file."""
    import duckdb
    import ibis

    with tempfile.TemporaryDirectory() as folder:
        connection = ibis.duckdb.connect(temp_directory=folder)
        path = guests
        try:
            first = _read(connection, guests, GUESTS, Path(folder) / "guests.csv")
            _check_guests(first)
            _insist(first, _twice(first))
            path = cards
            second = _read(connection, cards, CARDS, Path(folder) / "cards.csv")
            _check_cards(second)
            if first.table.guest_id.type() != second.table.guest_id.type():
                first.table, second.table = (
                    each.table.mutate(guest_id=each.table.guest_id.cast("string")) for each in (first, second)
                )
            _insist(second, _strangers(second, first.table))
            yield _typed(first, GUESTS), _typed(second, CARDS)
        except (UnusableFile, Refused) as problem:
            problem.path = path  # type: ignore[union-attr]
            raise
        except duckdb.Error as problem:
            refusal = UnusableFile(f"The file cannot be read: {_first_lines(problem)}")
            refusal.path = path  # type: ignore[attr-defined]
            raise refusal from None
        finally:
            connection.disconnect()


def _first_lines(problem: Exception) -> str:
    return " ".join(str(problem).split())[:300]


# Reading


def _read(connection: Backend, path: Path, columns: Sequence[str], scratch: Path) -> Checked:
    if path.is_dir() or not path.exists():
        raise UnusableFile("There is no such file.")
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as problem:
        raise UnusableFile(f"The file cannot be read: {problem.strerror or problem}.") from None
    if not start:
        raise UnusableFile("The file is empty.")
    if start.startswith(b"PK\x03\x04"):
        raise UnusableFile("This is a workbook. Save the table as CSV or Parquet.")
    is_csv = start != b"PAR1"
    table = _read_csv(connection, _as_utf8(path, scratch)) if is_csv else connection.read_parquet(str(path))
    return Checked(path, _named(table, columns), is_csv)


def _read_csv(connection: Backend, path: Path) -> ir.Table:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline(65_536)
    delimiter = max(",;\t|", key=head.count)
    return connection.read_csv(
        str(path), header=True, all_varchar=True, delim=delimiter, quote='"', escape='"', auto_detect=False,
        columns=_titles(head, delimiter), nullstr="",
    )  # fmt: skip


def _titles(head: str, delimiter: str) -> dict[str, str]:
    titles = [title.strip() for title in next(csv.reader([head], delimiter=delimiter), [])]
    if len({title.casefold() for title in titles}) != len(titles) or not all(titles):
        raise UnusableFile("The first row must hold the titles of the columns, each once.")
    return dict.fromkeys(titles, "VARCHAR")


def _as_utf8(path: Path, scratch: Path) -> Path:
    """The file itself when it is UTF-8; a copy when it is CP949, as Korean spreadsheets write it."""
    for encoding in ("utf-8", "cp949"):
        try:
            with path.open(encoding=encoding, newline="") as file:
                if encoding == "utf-8":
                    while file.read(CHUNK):
                        pass
                    return path
                with scratch.open("w", encoding="utf-8", newline="") as copy:
                    while chunk := file.read(CHUNK):
                        copy.write(chunk)
                return scratch
        except UnicodeDecodeError:
            continue
    raise UnusableFile("The text is neither UTF-8 nor CP949. Is it a CSV or Parquet file?")


def _named(table: ir.Table, columns: Sequence[str]) -> ir.Table:
    """The columns by our names, whatever case they are in; others are left out."""
    known: dict[str, str] = {}
    for title in table.columns:
        known.setdefault(plain(title), title)
    missing = [name for name in columns if plain(name) not in known]
    if missing:
        raise UnusableFile(f"The column {', '.join(missing)} is missing. There are: {', '.join(table.columns)[:200]}.")
    return table.select(**{name: table[known[plain(name)]] for name in columns})


# Looking through


def _check_guests(checked: Checked) -> None:
    table = checked.table
    _check_id(checked)
    real = sorted({code for code, _name in locales.countries("en")})
    code = _text(table.nationality)
    checked.problems += [
        ("nationality", "is empty", _is_empty(table.nationality)),
        ("nationality", "is no country that is known (ISO 3166-1, as JP)", code.notin(real)),
    ]


def _check_cards(checked: Checked) -> None:
    table = checked.table
    _check_id(checked)
    sector, day, amount = table.sector, table.paid_on, table.amount_krw
    kind = day.type()
    if kind.is_timestamp() and kind.timezone:
        raise UnusableFile("The column paid_on has a time zone. Write the day in Korea.")
    if not (kind.is_date() or kind.is_timestamp() or kind.is_string()):
        raise UnusableFile("The column paid_on holds no days.")
    known = ", ".join(BY_CODE)
    checked.problems += [
        ("sector", "is empty", _is_empty(sector)),
        ("sector", f"is no sector that is known ({known})", _text(sector).notin(list(BY_CODE))),
        ("paid_on", "is empty", _is_empty(day)),
    ]
    if kind.is_string():
        is_day = day.strip().re_search(DAY) & day.strip().try_cast("date").notnull()
        checked.problems.append(("paid_on", "is no day (expected as 2025-01-31)", ~is_day))
    if not (amount.type().is_numeric() or amount.type().is_string()):
        raise UnusableFile("The column amount_krw holds no numbers.")
    won = _won(amount)
    checked.problems += [
        ("amount_krw", "is empty", _is_empty(amount)),
        ("amount_krw", "is no whole number of won", _is_no_whole(amount)),
        ("amount_krw", "is negative", won < 0),
        ("amount_krw", f"is more than {MOST_WON:,} won", won > MOST_WON),
    ]


def _check_id(checked: Checked) -> None:
    kind = checked.table.guest_id.type()
    if not (kind.is_integer() or kind.is_string() or kind.is_uuid()):
        raise UnusableFile("The column guest_id must hold whole numbers or text.")
    checked.problems.append(("guest_id", "is empty", _is_empty(checked.table.guest_id)))


def _is_empty(column: Any) -> Any:
    return (column.isnull() | (column.strip() == "")) if column.type().is_string() else column.isnull()


def _text(column: Any) -> Any:
    return (column if column.type().is_string() else column.cast("string")).strip()


def _is_no_whole(amount: Any) -> Any:
    if amount.type().is_integer():
        return amount.isnull() & amount.notnull()
    if amount.type().is_string():
        return ~amount.strip().re_search(WHOLE)
    return amount.isnan() | (amount != amount.floor()) if amount.type().is_floating() else amount != amount.floor()


def _won(amount: Any) -> Any:
    """Whole won; what is none becomes nothing here and is named by its own check."""
    if amount.type().is_string():
        return amount.strip().re_extract(r"^([+-]?[0-9]{1,18})", 1).nullif("").try_cast("int64")
    return amount.try_cast("int64")


def _twice(checked: Checked) -> ir.Table:
    """Guests who stand in the file more than once: their later rows."""
    import ibis

    rows = _numbered(checked)
    place = ibis.row_number().over(ibis.window(group_by=rows.guest_id, order_by=rows.row))
    later = rows.mutate(place=place)
    return later.filter(later.place > 0).select("row")


def _strangers(checked: Checked, guests: ir.Table) -> ir.Table:
    """Payments of nobody among the guests, who would be left out without a word."""
    return _numbered(checked).anti_join(guests, "guest_id").select("row")


def _numbered(checked: Checked) -> ir.Table:
    import ibis

    return checked.table.mutate(row=ibis.row_number())


def _insist(checked: Checked, also: ir.Table) -> None:
    """Raises ``Refused`` with the first rows that are wrong. ``also``: rows with a wrong guest."""
    table = checked.table
    counted = {f"p{at}": _true(wrong).sum() for at, (_column, _reason, wrong) in enumerate(checked.problems)}
    found = table.aggregate(rows=table.count(), **counted).execute().iloc[0]
    if not found["rows"]:
        raise UnusableFile("The table has no rows.")
    wrong_rows: list[tuple[int, str, str]] = []
    for at, (column, reason, wrong) in enumerate(checked.problems):
        if found[f"p{at}"]:
            rows = _numbered(checked).mutate(wrong=_true(wrong))
            taken = rows.filter(rows.wrong == 1).order_by("row").limit(MOST_SHOWN).select("row").execute()["row"]
            wrong_rows += [(int(row), column, reason) for row in taken]
    taken = also.order_by("row").limit(MOST_SHOWN).execute()["row"]
    reason = "stands in the file already" if "nationality" in table.columns else "is none of the guests"
    empty = {row for row, column, _reason in wrong_rows if column == "guest_id"}
    wrong_rows += [(int(row), "guest_id", reason) for row in taken if int(row) not in empty]
    if not wrong_rows:
        return
    # An empty cell is named once, as such.
    blank = {(row, column) for row, column, why in wrong_rows if why == "is empty"}
    kept = sorted(one for one in wrong_rows if one[2] == "is empty" or one[:2] not in blank)[:MOST_SHOWN]
    numbers = _numbers(checked, [row for row, _column, _reason in kept])
    raise Refused([RowError(numbers[row], column, why) for row, column, why in kept])


def _true(wrong: Any) -> Any:
    """1 where it is true, 0 where it is not or cannot be told."""
    return wrong.fill_null(False).cast("int64")


def _numbers(checked: Checked, rows: Sequence[int]) -> dict[int, int]:
    """Numbers as a spreadsheet shows them: DuckDB passes over blank lines, so that of a CSV they are counted here."""
    if not checked.is_csv:
        return {row: row + 1 for row in rows}
    wanted, found = set(rows), {}
    with checked.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        first = file.readline(65_536)
        file.seek(0)
        reader = csv.reader(file, delimiter=max(",;\t|", key=first.count))
        records = ((number, cells) for number, cells in enumerate(reader, start=1) if cells)
        for at, (number, _cells) in enumerate(islice(records, 1, max(wanted) + 2)):
            if at in wanted:
                found[at] = number
    return {row: found.get(row, row + 2) for row in rows}


def _typed(checked: Checked, columns: Sequence[str]) -> ir.Table:
    """The table with its values as the expression needs them."""
    table = checked.table
    made: dict[str, Any] = {"guest_id": table.guest_id}
    if "nationality" in columns:
        made["nationality"] = _text(table.nationality)
    else:
        day = table.paid_on
        made |= {
            "paid_on": (day.strip() if day.type().is_string() else day).cast("date"),
            "sector": _text(table.sector),
            "amount_krw": _won(table.amount_krw),
        }
    return table.select(**made)
