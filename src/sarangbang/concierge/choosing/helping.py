"""Why nobody fits a job, counted, and what would help. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .fitting import Fit, Reason

AGAINST = (
    "language", "wish", "field", "term", "certificate", "month", "seats", "luggage", "wheelchair", "child_seats",
    "hours", "kept", "busy", "offered", "way_before", "way_after",
)  # fmt: skip
"""What can speak against a candidate, the most lasting first: the order in which it is counted."""
EASIEST = (
    "way_after", "way_before", "offered", "busy", "kept", "month", "hours", "wish", "field", "luggage", "child_seats",
    "seats", "wheelchair", "certificate", "term", "language",
)  # fmt: skip
"""``AGAINST``, what is changed most easily first."""


@dataclass(frozen=True, slots=True)
class Count:
    """So many do not fit for this reason. ``free_from`` is when the first of the busy is free."""

    code: str
    number: int
    free_from: dt.datetime | None = None


def why_not(fits: Iterable[Fit]) -> list[Count]:
    """How many do not fit for which reason; each counts once, for the most lasting one."""
    return count_reasons(each.against for each in fits)


def count_reasons(against: Iterable[Sequence[Reason]]) -> list[Count]:
    """The same from what speaks against each; who has nothing against them is not counted."""
    numbers: dict[str, int] = {}
    free: dict[str, dt.datetime] = {}
    for reasons in filter(None, against):
        first = min(reasons, key=lambda reason: AGAINST.index(reason.code))
        numbers[first.code] = numbers.get(first.code, 0) + 1
        until = first.params.get("until")
        if first.code == "busy" and until is not None:
            free[first.code] = min(free.get(first.code, until), until)
    return [Count(code, numbers[code], free.get(code)) for code in AGAINST if code in numbers]


def would_help(against: Iterable[Sequence[Reason]]) -> str:
    """The easiest of the reasons that alone keep somebody from the job; empty when everybody has more than one.
    ``against`` has everything that speaks against each candidate."""
    alone = {codes.pop() for reasons in against if len(codes := {reason.code for reason in reasons}) == 1}
    return next((code for code in EASIEST if code in alone), "")
