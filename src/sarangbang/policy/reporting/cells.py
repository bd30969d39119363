"""Cells of reports, read strictly, with what is wrong said in the reader's language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils import translation
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext

from sarangbang.directory.importing import cells
from sarangbang.directory.importing.columns import Column
from sarangbang.directory.importing.problems import CellProblem
from sarangbang.policy.written import country as known_country
from sarangbang.ui import locales

from .models import DISEASE_CODE

Parse = Callable[[Any], Any]


def column(name: str, title: Lazy, *titles: str, required: bool = False) -> Column:
    """A column under its stable name, or under its title in any of the ten languages."""
    said = []
    for language in locales.LANGUAGES:
        with translation.override(language.code):
            said.append(str(title))
    return Column(name, tuple(dict.fromkeys((name, *said, *titles))), required)


def whole(most: int) -> Parse:
    """A whole number from 0 to ``most``."""

    def parse(cell: Any) -> int | None:
        line = re.sub(r"\.0+$", "", cells.symbols(cell))
        if not line:
            return None
        if re.fullmatch(r"-\d+", line, re.ASCII):
            raise CellProblem(gettext("is negative"))
        if not re.fullmatch(r"\d{1,12}|\d{1,3}(,\d{3}){1,3}", line, re.ASCII):
            raise CellProblem(gettext("is no whole number"))
        number = int(line.replace(",", ""))
        if number > most:
            raise CellProblem(gettext("is larger than %(most)s") % {"most": most})
        return number

    return parse


def year(latest: int) -> Parse:
    """A year from 2000 to ``latest``."""

    def parse(cell: Any) -> int | None:
        line = re.sub(r"\.0+$", "", cells.symbols(cell)).removesuffix("년")
        if not line:
            return None
        if not re.fullmatch(r"\d{4}", line, re.ASCII) or not 2000 <= int(line) <= latest:
            raise CellProblem(gettext("is no year from 2000 to %(latest)s") % {"latest": latest})
        return int(line)

    return parse


def country(cell: Any) -> str | None:
    try:
        return known_country(cell)
    except CellProblem:
        raise CellProblem(gettext("is no country that is known")) from None


def disease(cell: Any) -> str | None:
    """A KCD code, with or without its point, as A00 or S72.0."""
    line = cells.symbols(cell).upper()
    if not line:
        return None
    code = re.sub(r"(?<=^[A-Z]\d\d)\.", "", line)
    if not re.fullmatch(DISEASE_CODE, code, re.ASCII):
        raise CellProblem(gettext("is no code of the classification of diseases (expected as L70.0)"))
    return code


def coded(words: Iterable[tuple[str, Any]]) -> Parse:
    """One of some codes, or its word in any of the ten languages."""
    pairs = list(words)
    known: dict[str, str] = {}
    for language in locales.LANGUAGES:
        with translation.override(language.code):
            known |= {str(word).casefold(): code for code, word in pairs}
    known |= {code.casefold(): code for code, _word in pairs}

    def parse(cell: Any) -> str | None:
        line = cells.raw_text(cell).strip()
        if not line:
            return None
        if line.casefold() not in known:
            raise CellProblem(gettext("is none of: %(codes)s") % {"codes": ", ".join(code for code, _word in pairs)})
        return known[line.casefold()]

    return parse


def named(known: Mapping[str, Any], missing: str) -> Parse:
    """What goes by a name or a code; ``missing`` says what is wrong with an unknown one."""

    def parse(cell: Any) -> Any:
        line = cells.symbols(cell)
        if not line:
            return None
        found = known.get(line.casefold())
        if found is None:
            raise CellProblem(missing)
        return found

    return parse


def day(cell: Any) -> dt.date | None:
    try:
        return cells.day(cell)
    except CellProblem:
        raise CellProblem(gettext("is no day (expected as 2026-01-31)")) from None
