"""Who gets a car or an interpreter. Pure: reads ``data/rules.csv``, knows neither the database nor HTTP.

A rule is in force from ``valid_from`` to ``valid_until``, both Korean calendar days and both included. What the
district has not published is a rule of status "configuration": a sensible default that says so. The answer to a
request is ``Granted``, ``Waiting`` (a coordinator answers until an instant) or ``Refused`` (with whom to ask).
A request that comes late is not refused: a coordinator tries.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
RULES_FILE = Path(__file__).parent / "data" / "rules.csv"

PUBLISHED, CONFIGURATION = "published", "configuration"
STATUSES = frozenset({PUBLISHED, CONFIGURATION})
UNITS = frozenset({"code", "language", "day", "hour", "minute", "percent", "won"})

RIDE, INTERPRETING = "ride", "interpreting"
PICK_UP, TRANSFER, SENDING, PROGRAMME = "pick_up", "transfer", "sending", "programme"

CENTER, INSTITUTION = "center", "institution"
"""Whom a guest can ask after a refusal."""


class RulesBroken(ValueError):
    """The file of rules contradicts itself; the message names key and line."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the file. ``value`` is in ``unit``; a code or language rule may list several, with spaces."""

    key: str
    value: str
    unit: str
    valid_from: dt.date
    valid_until: dt.date | None
    status: str
    source: str
    note: str

    def in_force(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    @property
    def is_published(self) -> bool:
        return self.status == PUBLISHED


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force on one day, by key."""

    by_key: Mapping[str, Rule]

    def __getitem__(self, key: str) -> Rule:
        return self.by_key[key]

    def has(self, key: str) -> bool:
        return key in self.by_key

    def words(self, key: str) -> frozenset[str]:
        """The codes or languages of a rule; none when no such rule is in force."""
        return frozenset(self.by_key[key].value.split()) if key in self.by_key else frozenset()

    def span(self, key: str) -> dt.timedelta:
        """The time of a rule in days, hours or minutes."""
        rule = self.by_key[key]
        return dt.timedelta(**{f"{rule.unit}s": int(rule.value)})

    def amount(self, key: str) -> int:
        """The whole won of a rule."""
        return int(self.by_key[key].value)


def parse(lines: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of a file; raises ``RulesBroken`` on unreadable rows and on two rules for one day."""
    rules: list[Rule] = []
    for number, row in enumerate(csv.DictReader(lines), start=2):
        try:
            rule = Rule(
                key=row["key"],
                value=row["value"],
                unit=row["unit"],
                valid_from=dt.date.fromisoformat(row["valid_from"]),
                valid_until=dt.date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
                status=row["status"],
                source=row["source"],
                note=row["note"],
            )
        except (KeyError, TypeError, ValueError) as trouble:
            raise RulesBroken(f"line {number}: {trouble}") from trouble
        _check(rule, rules, number)
        rules.append(rule)
    return tuple(rules)


def _check(rule: Rule, before: Iterable[Rule], number: int) -> None:
    where = f"line {number}, {rule.key}"
    if rule.status not in STATUSES or rule.unit not in UNITS:
        raise RulesBroken(f"{where}: unknown status or unit")
    if rule.is_published and not rule.source:
        raise RulesBroken(f"{where}: a published rule names its source")
    if rule.unit in {"day", "hour", "minute", "percent", "won"} and not rule.value.isdecimal():
        raise RulesBroken(f"{where}: not a whole number")
    if rule.valid_until is not None and rule.valid_until < rule.valid_from:
        raise RulesBroken(f"{where}: ends before it begins")
    last = rule.valid_until or dt.date.max
    for other in before:
        if other.key == rule.key and other.valid_from <= last and rule.valid_from <= (other.valid_until or dt.date.max):
            raise RulesBroken(f"{where}: two rules for one day")


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of the file, past and future ones too, in its order."""
    with RULES_FILE.open(encoding="utf-8", newline="") as file:
        return parse(file)


@lru_cache(maxsize=512)
def _in_force(day: dt.date, rules: tuple[Rule, ...]) -> Rules:
    return Rules({rule.key: rule for rule in rules if rule.in_force(day)})


def rules_on(day: dt.date, rules: tuple[Rule, ...] | None = None) -> Rules:
    """The rules in force on a Korean calendar day."""
    return _in_force(day, all_rules() if rules is None else rules)


def rules_at(moment: dt.datetime) -> Rules:
    """The rules in force at an instant."""
    return rules_on(moment.astimezone(SEOUL).date())


@dataclass(frozen=True, slots=True)
class Request:
    """What the rules need to know. ``starts_at`` and ``ends_at`` are the instants of the ride or interpreting.

    ``airport`` is the place code of the airport ("icn-t1"), empty for a ride between hotel and clinic.
    ``has_appointment`` leaves out what was cancelled, ``at_partner`` counts those at a partner institution.
    ``in_order`` says that an appointment follows this pick-up or precedes this ride back; ``car_exists`` that one
    car of the fleet takes the whole party with its luggage and wheelchairs."""

    service: str
    asked_at: dt.datetime
    starts_at: dt.datetime
    ends_at: dt.datetime
    has_appointment: bool
    at_partner: bool = False
    kind: str = ""
    airport: str = ""
    language: str = ""
    in_order: bool = True
    car_exists: bool = True


@dataclass(frozen=True, slots=True)
class Granted:
    """The guest gets it. ``over_free`` is what lies beyond the free time of interpreting."""

    over_free: dt.timedelta = dt.timedelta()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A coordinator decides; the guest has an answer until ``answer_by``. ``reason`` is a stable code:
    airport_on_request, transfer_on_request, programme_on_request, no_such_car, out_of_order, short_notice."""

    answer_by: dt.datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The rules do not allow it. ``reason`` is a stable code: past, no_service, no_appointment, not_partner,
    airport, too_long, language. ``ask`` says who can help: center or institution."""

    reason: str
    ask: str = CENTER


Decision = Granted | Waiting | Refused


def question(decision: Decision) -> str:
    """The code of what stands against it; empty when it is granted."""
    return "" if isinstance(decision, Granted) else decision.reason


def decide(request: Request, rules: Rules) -> Decision:
    """What the rules in force say to a request. Never raises for a well-formed request."""
    refusal = _refusal(request, rules)
    if refusal is not None:
        return refusal
    reason = _open_question(request, rules)
    if reason:
        return Waiting(answer_by(request, rules), reason)
    if request.service == INTERPRETING and rules.has("interpreting_free"):
        length = request.ends_at - request.starts_at
        return Granted(over_free=max(dt.timedelta(), length - rules.span("interpreting_free")))
    return Granted()


def answer_by(request: Request, rules: Rules) -> dt.datetime:
    """Until when a coordinator answers: before the ride or appointment itself, however late the question was."""
    return min(request.asked_at + rules.span("answer_within"), request.starts_at)


def _refusal(request: Request, rules: Rules) -> Refused | None:
    if request.starts_at <= request.asked_at:
        return Refused("past")
    if not rules.has(f"{request.service}_who"):
        return Refused("no_service")
    if not request.has_appointment:
        return Refused("no_appointment")
    if request.service == INTERPRETING:
        return None if request.language in rules.words("interpreting_languages") else Refused("language")
    if rules["ride_who"].value == "partner_appointment" and not request.at_partner:
        return Refused("not_partner", INSTITUTION)
    if request.airport and _airport_rule(request.airport, rules) is None:
        return Refused("airport")
    return _programme_refusal(request, rules) if request.kind == PROGRAMME else None


def _programme_refusal(request: Request, rules: Rules) -> Refused | None:
    if not rules.has("ride_programmes"):
        return Refused("no_service")
    return Refused("too_long") if request.ends_at - request.starts_at > rules.span("programme_longest") else None


def _open_question(request: Request, rules: Rules) -> str:
    """Why a person has to decide; empty when the rules grant."""
    if request.service == RIDE:
        if request.airport and _airport_rule(request.airport, rules) == "ride_airports_on_request":
            return "airport_on_request"
        on_request = "programme" if request.kind == PROGRAMME else "transfer"
        if not request.airport and rules.words(f"ride_{on_request}s") != {"granted"}:
            return f"{on_request}_on_request"
        if not request.car_exists:
            return "no_such_car"
        if not request.in_order:
            return "out_of_order"
    if request.starts_at - request.asked_at < rules.span(f"{request.service}_lead"):
        return "short_notice"
    return ""


def _airport_rule(airport: str, rules: Rules) -> str | None:
    """Which rule names this airport. Terminals belong to their airport: "icn-t1" is "icn"."""
    code = airport.partition("-")[0].lower()
    for key in ("ride_airports", "ride_airports_on_request"):
        if code in rules.words(key):
            return key
    return None
