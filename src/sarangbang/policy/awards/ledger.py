"""Reads of the awards ledger: how awards stand, what is claimed twice, sums beside what was said of them, deadlines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Max

from sarangbang.policy import periods
from sarangbang.policy.models import Award, AwardEntry, Figure, PrizeUse
from sarangbang.policy.queries import Selection, by
from sarangbang.policy.records import Record
from sarangbang.policy.shelf import figures_by_code
from sarangbang.policy.vocabulary import UNITS

from .doubles import Claim, Double, counted_once, doubles, same_awards, same_prizes
from .evidence import Frozen, Later, later_revised, read, served_year
from .words import AHEAD, CODE, State

CLAIMS = ("interview.awards", "interview.bonuses")
"""Figures that say how many awards and how much prize money there were."""
WON = "won"


@dataclass(frozen=True, slots=True)
class Standing:
    """An award as it stands: its last version, what its evidence says, and what was used of its prize."""

    entry: AwardEntry
    frozen: Frozen
    is_whole: bool
    """Whether the snapshot still has the hash under which it was kept."""
    spent: int = 0
    later: list[Later] = field(default_factory=list)
    doubles: list[Double] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.entry.award.code

    @property
    def is_received(self) -> bool:
        return self.entry.state == State.RECEIVED

    @property
    def is_open(self) -> bool:
        """Whether everybody may read the snapshot: counts of the platform have their own rule of publication."""
        return self.is_received and self.is_whole and bool(self.frozen.figures) and not self.frozen.served

    @property
    def left(self) -> int:
        return self.entry.prize_krw - self.spent

    @property
    def warnings(self) -> int:
        return len(self.later) + len(self.doubles) + (not self.is_whole)


def standing_of(entry: AwardEntry) -> Standing:
    """The entry by itself, without what others say."""
    frozen, whole = read(entry.evidence, entry.evidence_hash)
    return Standing(entry, frozen, whole)


def claim_of(standing: Standing) -> Claim:
    entry = standing.entry
    return Claim(
        code=standing.code, title=entry.title, giver=entry.giver, received_on=entry.received_on,
        achievement=entry.achievement, names=frozenset(standing.frozen.names), prize=entry.prize_krw,
        reference=entry.prize_reference,
    )  # fmt: skip


def spent_by_award() -> dict[int, int]:
    """What was used of each prize: the last row of each chain."""
    last = PrizeUse.objects.values("award").annotate(last=Max("number"))
    wanted = {(row["award"], row["last"]) for row in last}
    rows = PrizeUse.objects.filter(number__in={number for _award, number in wanted}).values_list(
        "award", "number", "spent_after"
    )
    return {award: spent for award, number, spent in rows if (award, number) in wanted}


def in_force() -> list[AwardEntry]:
    """The last version of every award, the latest award first."""
    found = AwardEntry.objects.filter(superseded_by__isnull=True).select_related("award")
    return sorted(found, key=lambda one: (one.received_on or one.due_on or dt.date.min, one.award.code), reverse=True)


def recorded(count: int) -> list[AwardEntry]:
    """The versions of received awards that were written down last, the newest first."""
    found = AwardEntry.objects.filter(state=State.RECEIVED).select_related("award").order_by("-recorded_at", "-pk")
    return list(found[:count])


def records_in_force(codes: Iterable[str]) -> dict[str, Record]:
    return {code: figure.record() for code, figure in figures_by_code(codes).items()}


def served_by_year(years: Iterable[int]) -> dict[int, int]:
    """Guests served in each of these years, as counted now; no query for none."""
    wanted = set(years)
    if not wanted:
        return {}
    counted = {int(group.value): group.guests for group in by("year", Selection())}
    return {year: counted.get(year, 0) for year in wanted}


def standings() -> list[Standing]:
    """Every award as it stands, with its warnings."""
    alone = [standing_of(entry) for entry in in_force()]
    codes = {code for one in alone for code in one.frozen.figures}
    figures = records_in_force(codes)
    served = served_by_year(year for one in alone for year in one.frozen.served)
    spent = spent_by_award()
    twice = doubles(claim_of(one) for one in alone if one.is_received)
    return [
        Standing(
            one.entry, one.frozen, one.is_whole, spent.get(one.entry.award_id, 0),
            later_revised(one.frozen, figures, served), twice.get(one.code, []),
        )
        for one in alone
    ]  # fmt: skip


def award_of(code: str) -> Award | None:
    return Award.objects.filter(code=code).first() if CODE.fullmatch(code) else None


def versions(award: Award) -> list[AwardEntry]:
    """All versions, the first first."""
    return list(AwardEntry.objects.filter(award=award).select_related("award").order_by("number"))


def uses(award: Award) -> list[PrizeUse]:
    return list(PrizeUse.objects.filter(award=award).select_related("takes_back", "taken_back_by").order_by("number"))


def named_evidence(names: Iterable[str]) -> tuple[list[Figure], list[int], list[str]]:
    """Figures, years of guests served, and names that are unknown. ``code@2`` is a revision that is not the last."""
    asked = list(dict.fromkeys(names))
    years = [year for name in asked if (year := served_year(name)) is not None]
    codes = [name for name in asked if served_year(name) is None]
    found: dict[str, Figure] = {}
    wanted = {name.partition("@")[0] for name in codes}
    for figure in Figure.objects.filter(code__in=wanted).order_by("revision"):
        found[figure.code] = found[f"{figure.code}@{figure.revision}"] = figure
    unknown = [name for name in codes if name not in found]
    return [found[name] for name in codes if name in found], years, unknown


# Sums


@dataclass(frozen=True, slots=True)
class Sums:
    """Of awards that were received. ``…_once``: what may be one and the same counts once."""

    awards: int = 0
    awards_once: int = 0
    prize: int = 0
    prize_once: int = 0
    spent: int = 0


def sums(received: Iterable[Standing]) -> Sums:
    known = [one for one in received if one.is_received]
    claims = [claim_of(one) for one in known]
    twice = same_awards(claims)
    prizes = {one.code: one.prize for one in claims}
    return Sums(
        awards=len(known),
        awards_once=counted_once(claims, twice, dict.fromkeys(prizes, 1)),
        prize=sum(prizes.values()),
        prize_once=counted_once(claims, same_prizes(claims), prizes),
        spent=sum(one.spent for one in known),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """A published sum beside that of the ledger for the same time. ``gap``: what the ledger cannot show, in the unit of
    the ledger (awards, won); below zero when it shows more."""

    figure: Figure
    said: Decimal
    counted: Decimal
    unit: str

    @property
    def gap(self) -> Decimal:
        return self.said - self.counted

    @property
    def is_shown(self) -> bool:
        """Whether the ledger shows as much as was said."""
        return self.counted >= self.said


def said_and_counted(all_standings: Iterable[Standing]) -> list[Said]:
    """The claims of the shelf, each beside the ledger's own sum of the same months, doubles counted once."""
    known, found = list(all_standings), []
    for _code, figure in sorted(figures_by_code(CLAIMS).items()):
        first, last = periods.bounds(figure.period)
        own = sums(one for one in known if one.entry.received_on and first <= one.entry.received_on <= last)
        is_money = UNITS[figure.unit].dimension == WON
        said = figure.record().value * (UNITS[figure.unit].scale if is_money else 1)
        counted = own.prize_once if is_money else own.awards_once
        found.append(Said(figure, said, Decimal(counted), "krw" if is_money else "awards"))
    return found


def by_level(all_standings: Iterable[Standing]) -> dict[str, Sums]:
    grouped: dict[str, list[Standing]] = {}
    for one in all_standings:
        if one.is_received:
            grouped.setdefault(one.entry.level, []).append(one)
    return {level: sums(those) for level, those in sorted(grouped.items(), key=lambda item: -len(item[1]))}


@dataclass(frozen=True, slots=True)
class Deadline:
    standing: Standing
    days: int
    """Days from today; below zero when it has passed."""


def deadlines(all_standings: Iterable[Standing], today: dt.date) -> list[Deadline]:
    """Calls that are open, the next first; those whose day has passed without a word before them."""
    found = [
        Deadline(one, (one.entry.due_on - today).days)
        for one in all_standings
        if one.entry.due_on and one.entry.state in AHEAD
        and (one.entry.state == State.CALLED or one.entry.due_on >= today)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.days, one.standing.code))
