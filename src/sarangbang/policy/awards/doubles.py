"""The same thing claimed twice: the same award, achievement, evidence or prize. Pure.

Nothing is refused for it, since one count may rightly stand behind two awards; it is said, and sums are shown both
ways.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

AWARD, ACHIEVEMENT, EVIDENCE, PRIZE = "award", "achievement", "evidence", "prize"
KINDS = (AWARD, PRIZE, ACHIEVEMENT, EVIDENCE)
"""The worst first."""
SAME_PRIZE_DAYS = 31
"""The same sum from the same giver within so many days may be one payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an award claims, as far as it can be claimed twice."""

    code: str
    title: str
    giver: str
    received_on: dt.date | None = None
    achievement: str = ""
    names: frozenset[str] = frozenset()
    prize: int = 0
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Double:
    """``code`` claims what ``other`` claims, too. ``shared``: of evidence, the names of what both rest on."""

    code: str
    kind: str
    other: str
    shared: tuple[str, ...] = ()


def folded(text: str) -> str:
    """Words without what people type differently."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def doubles(claims: Iterable[Claim]) -> dict[str, list[Double]]:
    """By code, what an award claims together with others. ``claims``: the awards that were received."""
    known = list(claims)
    pairs: dict[tuple[str, str, str], set[str]] = {}

    def note(kind: str, codes: Iterable[str], shared: str = "") -> None:
        for one, other in combinations(sorted(codes), 2):
            pairs.setdefault((kind, one, other), set()).update([shared] if shared else [])

    for codes in _alike(known, _same_award):
        note(AWARD, codes)
    for codes in _alike(known, lambda one: folded(one.achievement) or None):
        note(ACHIEVEMENT, codes)
    for codes in same_prizes(known):
        note(PRIZE, codes)
    resting: dict[str, list[str]] = defaultdict(list)
    for claim in known:
        for name in claim.names:
            resting[name].append(claim.code)
    for name, codes in sorted(resting.items()):
        note(EVIDENCE, codes, name)
    found: dict[str, list[Double]] = defaultdict(list)
    for (kind, one, other), shared in pairs.items():
        found[one].append(Double(one, kind, other, tuple(sorted(shared))))
        found[other].append(Double(other, kind, one, tuple(sorted(shared))))
    return {code: sorted(those, key=lambda each: (KINDS.index(each.kind), each.other)) for code, those in found.items()}


def _same_award(claim: Claim) -> Hashable:
    return folded(claim.title), folded(claim.giver), claim.received_on


def _alike(claims: Iterable[Claim], key: Callable[[Claim], Hashable | None]) -> list[list[str]]:
    groups: dict[Hashable, list[str]] = defaultdict(list)
    for claim in claims:
        found = key(claim)
        if found is not None:
            groups[found].append(claim.code)
    return [codes for codes in groups.values() if len(codes) > 1]


def same_awards(claims: Iterable[Claim]) -> list[list[str]]:
    """Groups of awards with the same title, giver and day."""
    return _alike(claims, _same_award)


def same_prizes(claims: Iterable[Claim]) -> list[list[str]]:
    """Groups of awards whose money may be one payment: the same reference, or the same sum of the same giver within
    ``SAME_PRIZE_DAYS``; two different references are two payments."""
    paid = [claim for claim in claims if claim.prize > 0]
    groups = {claim.code: [claim] for claim in paid}

    def join(one: Claim, other: Claim) -> None:
        if groups[one.code] is groups[other.code]:
            return
        groups[one.code].extend(groups[other.code])
        for moved in list(groups[other.code]):
            groups[moved.code] = groups[one.code]

    by_code = {claim.code: claim for claim in paid}
    for codes in _alike(paid, lambda one: folded(one.reference) or None):
        for code in codes[1:]:
            join(by_code[codes[0]], by_code[code])
    by_sum: dict[Hashable, list[Claim]] = defaultdict(list)
    for claim in paid:
        if claim.received_on:
            by_sum[folded(claim.giver), claim.prize].append(claim)
    for same in by_sum.values():
        same.sort(key=lambda one: (one.received_on or dt.date.min, one.code))
        for before, after in pairwise(same):
            references = {folded(one.reference) for one in (*groups[before.code], *groups[after.code])} - {""}
            apart = (after.received_on or dt.date.max) - (before.received_on or dt.date.min)
            if len(references) < 2 and apart.days <= SAME_PRIZE_DAYS:
                join(before, after)
    found = {id(group): [one.code for one in group] for group in groups.values()}
    return [codes for codes in found.values() if len(codes) > 1]


def counted_once(claims: Iterable[Claim], groups: Iterable[Iterable[str]], amounts: Mapping[str, int]) -> int:
    """The sum of ``amounts`` in which of every group only the largest counts."""
    left_out = {
        code
        for group in groups
        for code in sorted(group, key=lambda one: (-amounts[one], one))[1:]
    }  # fmt: skip
    return sum(amounts[claim.code] for claim in claims if claim.code not in left_out)
