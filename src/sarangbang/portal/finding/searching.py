"""What the guest's words lead to: procedures through the index of words, institutions through their names."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language

from sarangbang.directory import queries as directory
from sarangbang.directory.models import Institution, Procedure

from . import listing

MOST_PROCEDURES = 12
MOST_INSTITUTIONS = 10
POPULAR = 8
SHORTEST_NAME = 2
"""A single letter is part of every name."""


@dataclass(frozen=True, slots=True)
class Match:
    """A procedure, the word by which it was found and that word's language."""

    procedure: Procedure
    term: str
    language: str
    institutions: int


def procedures(text: str) -> list[Match]:
    """Procedures by any of their words in any of the ten languages, best first, whatever the page's language."""
    if not text:
        return []
    hits = directory.procedure_index().find(text, language=get_language(), limit=MOST_PROCEDURES)
    known = {each.slug: each for each in directory.procedures().filter(slug__in=[hit.slug for hit in hits])}
    counts = directory.institutions_per_procedure() if known else {}
    return [
        Match(known[hit.slug], hit.matched_term, hit.language, counts.get(known[hit.slug].pk, 0))
        for hit in hits
        if hit.slug in known
    ]


def institutions(text: str) -> list[Institution]:
    """Receiving institutions whose name holds the text."""
    if len(text) < SHORTEST_NAME:
        return []
    return list(directory.institutions(name=text).order_by("name_latin", "pk")[:MOST_INSTITUTIONS])


def popular_departments() -> list[listing.Room]:
    """The departments in which most institutions offer something, the most offered first."""
    counts = directory.institutions_per_department()
    rooms = [listing.Room(room, institutions=counts.get(room.pk, 0)) for room in directory.departments()]
    return sorted(rooms, key=lambda room: (-room.institutions, room.department.slug))[:POPULAR]
