"""Which interpreters there are for a language. They belong to a room above, which tells of them (``SOURCES``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Speaking:
    """That the resource interprets a language from one Korean day to another, both included."""

    resource_id: int
    first: dt.date
    last: dt.date


SOURCES: list[Callable[[str, int], Iterable[Speaking]]] = []
"""Each gives the interpreters of a language (a code of ``ui.locales``) for a department (its key). Filled when the apps
start."""


def interpreters_of(language: str, department: int, first: dt.date, last: dt.date) -> list[Speaking]:
    """Who interprets this language for a department on any of these days."""
    known = (one for source in SOURCES for one in source(language, department))
    return sorted((one for one in known if one.first <= last and one.last >= first), key=lambda one: one.resource_id)
