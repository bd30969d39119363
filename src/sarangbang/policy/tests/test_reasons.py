"""Every reason for which a row of figures is refused can be said in the reader's language."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sarangbang.directory.importing import cells
from sarangbang.directory.importing import reading as file_reading
from sarangbang.policy import importing, periods, reading, reading_figures, reading_ripple, reading_series, written
from sarangbang.policy.reasons import in_words, template_of

ELSEWHERE = (
    "latitude", "lies outside", "is not a web address",
    "Only an XLSX", "The file cannot be read", "This is a folder", "There is no such", "This is not a file",
    "There is no sheet", "No row states an amount", "The table has more", "The table is not square", "7.", "is a total and no sector",
    "is another unit than won per won", "is 7, but the flows",
)  # fmt: skip
"""Reasons of columns that no table of this room has, and of files that only the command line takes."""


def sentences(module: object) -> set[str]:
    """What is given to CellProblem, BadPeriod, RowError or ``wrong`` as text, with a number where a value stands."""
    found = set()
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in {"CellProblem", "BadPeriod", "wrong", "RowError", "_matching", "UnusableFile"} and node.args:
            text = node.args[-1]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                found.add(text.value)
            elif isinstance(text, ast.JoinedStr):
                found.add("".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in text.values))
    return found


@pytest.mark.parametrize(
    "module",
    [cells, file_reading, written, periods, reading, reading_figures, reading_ripple, reading_series, importing],
)
def test_every_reason_has_a_sentence(module: object) -> None:
    said = {reason for reason in sentences(module) if not reason.startswith(ELSEWHERE)}
    assert said
    assert not {reason for reason in said if template_of(reason) is None}


def test_a_reason_keeps_what_stands_in_it() -> None:
    for reason in ("is krw, but patients is counted in persons", "is a share of more than 100 %", "who knows"):
        assert in_words(reason) == reason
    assert template_of("is none of a, b, and no definition says what is counted")[1] == {"words": "a, b"}
    assert template_of("stands in row 3 already")[1] == {"row": "3"}
