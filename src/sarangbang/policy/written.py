"""Numbers and words as offices write them in tables: 1,099 · ~40000 · >200000 · 4 of 10 · 38.5 %.

Strict where a guess could be wrong by a factor of a thousand: a comma parts thousands or the cell is refused.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.core import get_global

from sarangbang.directory.importing.cells import symbols
from sarangbang.directory.importing.problems import CellProblem
from sarangbang.ui import locales

from .intervals import ABOUT, AT_LEAST, AT_MOST, EXACT, NEARLY, RANGE, last_place

MOST_DIGITS = 18
MOST_DECIMALS = 6
_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:e[+-]?\d{1,2})?", re.ASCII | re.IGNORECASE)
_MARKS = {">": AT_LEAST, "≥": AT_LEAST, "<": AT_MOST, "≤": AT_MOST, "~": ABOUT, "≈": ABOUT, "약": ABOUT}
_OF = re.compile(r"(\d{1,6})\s*(?:of|out of|/)\s*(\d{1,6})", re.ASCII | re.IGNORECASE)
TOTALS = {"total", "all", "sum", "합계", "계", "총계", "전체", "소계", "total patients"}


def number(value: Any) -> Decimal | None:
    """A number, in the digits in which it was written; None for an empty cell. Raises ``CellProblem``."""
    if isinstance(value, bool):
        raise CellProblem("is not a number")
    line = symbols(repr(value) if isinstance(value, float) else value)
    if isinstance(value, float):
        line = re.sub(r"\.0$", "", line)  # a spreadsheet's whole numbers
    if not line:
        return None
    if not _NUMBER.fullmatch(line):
        if re.fullmatch(r"[\d.,]+", line, re.ASCII):
            raise CellProblem("has separators that can be read in two ways (expected as 1234.5 or 1,234.5)")
        raise CellProblem("is not a number")
    found = Decimal(line.replace(",", ""))
    if found and not -12 <= found.adjusted() < MOST_DIGITS:
        raise CellProblem("is too large or too small")
    return found


def positive(value: Any) -> Decimal | None:
    """A number that is not below zero. Raises ``CellProblem``."""
    found = number(value)
    if found is not None and found < 0:
        raise CellProblem("is negative")
    return found


def said(value: Any) -> tuple[Decimal, str, Decimal] | None:
    """(value, qualifier, step) of a figure as it was said; None for an empty cell. Raises ``CellProblem``."""
    qualifier, found = EXACT, None
    if isinstance(value, int | float):
        found = number(value)
    else:
        line = re.sub(r"\s*\(.*\)\s*$", "", symbols(value))
        shares = _OF.fullmatch(line)
        if shares:
            return _of(int(shares[1]), int(shares[2]))
        qualifier, line = _qualified(line, str(value))
        found = number(line)
    if found is None:
        return None
    if -int(found.as_tuple().exponent) > MOST_DECIMALS:
        raise CellProblem(f"has more than {MOST_DECIMALS} decimals")
    return found, qualifier, last_place(found)


def _qualified(line: str, written: str) -> tuple[str, str]:
    if line.endswith(" range"):
        return RANGE, line.removesuffix(" range")
    mark = _MARKS.get(line[:1])
    if mark == ABOUT and "nearly" in written:
        mark = NEARLY
    return (mark, line[1:].lstrip("= ")) if mark else (EXACT, line)


def _of(part: int, whole: int) -> tuple[Decimal, str, Decimal]:
    """ "4 of 10" as a percentage, good to one of the ten."""
    if not whole or part > whole:
        raise CellProblem("is no share")
    step = Decimal(100) / whole
    return (part * step).quantize(Decimal(10) ** -MOST_DECIMALS).normalize() + Decimal(0), EXACT, step


def country(value: Any) -> str | None:
    """An ISO 3166-1 alpha-2 code from alpha-2, alpha-3, or the country's English or Korean name."""
    line = symbols(value)
    if not line:
        return None
    found = _countries().get(line.casefold())
    if found is None:
        raise CellProblem(f"is no country that is known: {line[:40]}")
    return found


def _countries() -> dict[str, str]:
    if not _KNOWN:
        real = {code for code, _name in locales.countries("en")}
        for code in real:
            _KNOWN[code.casefold()] = code
        for alias, codes in get_global("territory_aliases").items():
            if len(alias) == 3 and alias.isalpha() and len(codes) == 1 and codes[0] in real:
                _KNOWN[alias.casefold()] = codes[0]
        for language in ("en", "ko"):
            for code, name in Locale.parse(language).territories.items():
                if code in real:
                    _KNOWN.setdefault(name.casefold(), code)
        _KNOWN.update({"uae": "AE", "usa": "US", "hong kong": "HK", "turkey": "TR"})
    return _KNOWN


_KNOWN: dict[str, str] = {}


def is_total(value: Any) -> bool:
    """Whether a row says that it adds up the others."""
    return symbols(value).casefold() in TOTALS
