"""Values of cells. A cell comes as text (CSV, JSON) or as number, date or truth value (XLSX, JSON); each function
returns the value, or None for an empty cell, or raises ``CellProblem`` with what is expected.

Spreadsheets and keyboards change what people mean: codes become 110001.0, telephone numbers lose their zero, digits
come in full width, days as serial numbers. What can only mean one thing is understood.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from sarangbang.ui.fields import has_unprintable

from .problems import CellProblem

Cell = Any

EXCEL_EPOCH = dt.date(1899, 12, 30)
EXCEL_SERIALS = range(20_000, 80_000)  # 1954 to 2119
DATE = re.compile(r"(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[.일]?(?:[T ]+\d{1,2}:\d{2}.*)?")
DATES_IN = range(1900, 2101)
KOREA_LATITUDES = (32.5, 39.0)
KOREA_LONGITUDES = (124.0, 132.5)
WORDS = {
    True: {"yes", "y", "true", "t", "1", "o", "예", "네"},
    False: {"no", "n", "false", "f", "0", "x", "아니오", "아니요"},
}
MAX_WHOLE = 2**63 - 1
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u2060\ufeff"))
FAILED = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
LOST_ZERO = re.compile(r"(?!1[568])[1-9]\d{7,9}")  # 15xx, 16xx and 18xx have no area code


def raw_text(value: Cell) -> str:
    """The cell as one line of text. Whole floats lose their ".0", line breaks become spaces, what nobody sees goes."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, (dict, list, tuple)):
        raise CellProblem("must be a single value")
    line = str(value)
    if not line.isprintable():
        line = line.translate(INVISIBLE)
    line = " ".join(line.split())
    if line.startswith("="):
        raise CellProblem("holds a formula; paste its value instead")
    if line in FAILED:
        raise CellProblem(f"holds the error {line} of a spreadsheet")
    return line


def symbols(value: Cell) -> str:
    """The text of a number, a day or a code: the width of its letters means nothing."""
    return unicodedata.normalize("NFKC", raw_text(value)).strip()


def text(value: Cell, longest: int) -> str | None:
    """One line of text, in Unicode's composed form."""
    line = unicodedata.normalize("NFC", raw_text(value))
    if not line:
        return None
    if has_unprintable(line):
        raise CellProblem("holds characters that cannot be shown")
    if len(line) > longest:
        raise CellProblem(f"is longer than {longest} characters")
    return line


def key(value: Cell, longest: int) -> str | None:
    """A number or code under which something is known. 110001.0 is 110001."""
    line = text(symbols(value), longest)
    return line and re.sub(r"(?a)^(\d+)\.0+$", r"\1", line)


def phone(value: Cell, longest: int = 40) -> str | None:
    """A telephone number as it was written. The zero that a spreadsheet ate is put back."""
    line = text(symbols(value), longest)
    return f"0{line}" if line and LOST_ZERO.fullmatch(line) else line


def day(value: Cell) -> dt.date | None:
    """A day, as a date cell, an Excel serial, 20260131, 2026-01-31, 2026.1.31. or 2026년 1월 31일."""
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return _in_range(value)
    line = key(value, 40)
    if not line:
        return None
    if line.isascii() and line.isdigit() and len(line) in (5, 8):
        return _in_range(_of_digits(line))
    found = DATE.fullmatch(line)
    if found:
        return _in_range(_day(*map(int, found.groups())))
    raise CellProblem("is not a date (expected as 2026-01-31)")


def _of_digits(line: str) -> dt.date:
    if len(line) == 5:
        if int(line) not in EXCEL_SERIALS:
            raise CellProblem("is not a date (expected as 2026-01-31)")
        return EXCEL_EPOCH + dt.timedelta(days=int(line))
    return _day(int(line[:4]), int(line[4:6]), int(line[6:]))


def _day(year: int, month: int, number: int) -> dt.date:
    try:
        return dt.date(year, month, number)
    except ValueError:
        raise CellProblem("is a day that does not exist") from None


def _in_range(value: dt.date) -> dt.date:
    if value.year not in DATES_IN:
        raise CellProblem(f"is not between {DATES_IN[0]} and {DATES_IN[-1]}")
    return value


def whole(value: Cell, least: int = 0, most: int = MAX_WHOLE) -> int | None:
    """A whole number; thousands may be parted by commas."""
    line = symbols(value).replace(",", "").removesuffix("원").strip()
    if not line:
        return None
    line = re.sub(r"\.0+$", "", line)
    if not (line.isascii() and re.fullmatch(r"[+-]?\d{1,19}", line)):
        raise CellProblem("is not a whole number")
    number = int(line)
    if not least <= number <= most:
        raise CellProblem(f"is not between {least} and {most}")
    return number


def decimal(value: Cell) -> float | None:
    """A number with decimals."""
    line = symbols(value)
    if not line:
        return None
    try:
        number = float(line) if line.isascii() and "_" not in line else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise CellProblem("is not a number")
    return number


def yes(value: Cell) -> bool | None:
    """Yes or no, in English or Korean, also 1/0 and O/X."""
    line = symbols(value).casefold()
    if not line:
        return None
    for truth, words in WORDS.items():
        if line in words:
            return truth
    raise CellProblem("is neither yes nor no")


def several(value: Cell, longest: int = 200) -> list[str]:
    """Several words in one cell, parted by semicolons, bars, commas or line breaks; each once, in order."""
    if isinstance(value, str):
        value = ";".join(value.splitlines())
    line = text(value, 4000)
    words = [word.strip() for word in re.split(r"[;|,、·]", line or "") if word.strip()]
    if any(len(word) > longest for word in words):
        raise CellProblem(f"holds a word longer than {longest} characters")
    return list(dict.fromkeys(words))


def url(value: Cell) -> str | None:
    """An address in the web; http:// is put before one that has no scheme."""
    line = text(value, 300)
    if line is None:
        return None
    if "://" not in line:
        line = f"http://{line}"
    try:
        URLValidator(schemes=["http", "https"])(line)
    except ValidationError:
        raise CellProblem("is not a web address") from None
    return line


def point(latitude: float, longitude: float) -> tuple[float, float]:
    """Coordinates in Korea, WGS 84 degrees, to seven decimals (a centimetre)."""
    if _in(latitude, KOREA_LATITUDES) and _in(longitude, KOREA_LONGITUDES):
        return round(latitude, 7), round(longitude, 7)
    if _in(longitude, KOREA_LATITUDES) and _in(latitude, KOREA_LONGITUDES):
        raise CellProblem("latitude and longitude are swapped")
    raise CellProblem("lies outside Korea (expected WGS 84 degrees)")


def _in(number: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= number <= bounds[1]


def raw_text_or_none(value: Cell) -> str | None:
    """The cell's text, or None when there is none; never refuses."""
    try:
        return raw_text(value) or None
    except CellProblem:
        return ""
