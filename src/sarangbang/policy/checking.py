"""Whether published figures agree with each other. Pure: figures and relations in, findings out.

A relation says how figures hang together: a sum, a share, a growth, a ratio, a product, a bound, an equality. Every
figure stands for all values that would have been printed that way (see ``intervals``); a relation holds when what is
computed and what was published have a value in common. Everything is computed in base units (one person, one won, one
for shares), so that a share of 40 per cent times 1,099 billion won needs no conversion by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation, localcontext
from functools import reduce
from operator import mul

from .intervals import PRECISION, Interval, point

SUM, SHARE, GROWTH, RATIO, PRODUCT, BOUND, EQUALITY = KINDS = (
    "sum", "share", "growth", "ratio", "product", "bound", "equality",
)  # fmt: skip
SIGNS = ("<=", ">=")
HOLDS, OFF, CONTRADICTS, DISPUTED, IMPLIED, UNKNOWN = VERDICTS = (
    "holds", "off", "contradicts", "disputed", "implied", "unknown",
)  # fmt: skip
"""``off``: what is computed differs from what was published. ``contradicts``: two statements about one thing cannot
both be true, or disputed figures do not make the total that stands beside them. ``disputed``: a sum that would be right
and is not drawn because a figure in it is disputed. ``implied``: one figure is not
published and follows from the others. ``unknown``: too little is published."""


@dataclass(frozen=True, slots=True)
class Unit:
    """``scale``: one of it in base units; only units of the same ``dimension`` may be added or compared."""

    dimension: str
    scale: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Fact:
    """One published number. ``topic`` is what it is about; facts of one topic are laid side by side."""

    code: str
    value: Decimal
    unit: Unit
    interval: Interval
    """In the figure's own unit, like ``value``."""
    disputed: bool = False
    topic: tuple[str, ...] = ()
    definition: str = ""

    def base(self) -> tuple[Decimal, Interval]:
        return self.value * self.unit.scale, self.interval.scaled(self.unit.scale)


@dataclass(frozen=True, slots=True)
class Relation:
    """``result`` is said to follow from ``terms``. A term of a sum may be taken away ("-code"); ``factor`` belongs to a
    product; ``sign`` to a bound, read "term sign result"."""

    code: str
    kind: str
    result: str
    terms: tuple[str, ...]
    factor: Decimal = Decimal(1)
    sign: str = "<="
    says: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.result, *(term.removeprefix("-") for term in self.terms))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A computed number and what it may be within the rounding, in the unit of the figure it stands for."""

    value: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one relation. ``difference`` is computed minus published; ``gap`` is how far the two lie apart
    when everything is rounded in their favour."""

    relation: Relation
    verdict: str
    computed: Estimate | None = None
    published: Decimal | None = None
    difference: Decimal | None = None
    gap: Decimal | None = None
    implied: Mapping[str, Estimate] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    enters_sums: bool = True

    @property
    def difference_percent(self) -> Decimal | None:
        return 100 * self.difference / self.published if self.difference is not None and self.published else None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Figures about one topic that cannot be the same number. ``same_definition``: they say they count the same."""

    topic: tuple[str, ...]
    codes: tuple[str, ...]
    spread: Decimal
    same_definition: bool


@dataclass(frozen=True, slots=True)
class Report:
    findings: tuple[Finding, ...]
    disagreements: tuple[Disagreement, ...]
    disputed: frozenset[str]

    def of(self, verdict: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.verdict == verdict]


class BadRelation(ValueError):
    """A relation that means nothing; the text says why."""


Pair = tuple[Decimal, Interval]


def check_relation(relation: Relation, units: Mapping[str, Unit]) -> None:
    """Raises ``BadRelation`` for what no figures could make true or false. Unknown figures are allowed: they may be
    what the relation is asked for."""
    if relation.kind not in KINDS:
        raise BadRelation(f"kind {relation.kind!r} is none of {', '.join(KINDS)}")
    if relation.kind in (SHARE, GROWTH, RATIO) and len(relation.terms) != 2:
        raise BadRelation(f"a {relation.kind} has two terms, this one has {len(relation.terms)}")
    if relation.kind in (BOUND, EQUALITY) and len(relation.terms) != 1:
        raise BadRelation(f"a relation of kind {relation.kind} has one term, this one has {len(relation.terms)}")
    if not relation.terms:
        raise BadRelation(f"a {relation.kind} needs terms")
    if relation.kind != SUM and any(term.startswith("-") for term in relation.terms):
        raise BadRelation("only a sum may take a term away")
    if len(set(relation.names)) != len(relation.names):
        raise BadRelation("names a figure twice")
    if relation.sign not in SIGNS:
        raise BadRelation(f"sign {relation.sign!r} is none of {', '.join(SIGNS)}")
    alike = relation.names if relation.kind in (SUM, BOUND, EQUALITY) else relation.names[1:]
    if relation.kind != PRODUCT:
        dimensions = {units[name].dimension for name in alike if name in units}
        if len(dimensions) > 1 and relation.kind != RATIO:
            raise BadRelation(f"compares {' with '.join(sorted(dimensions))}")


def check(facts: Iterable[Fact], relations: Sequence[Relation], aliases: Mapping[str, str] | None = None) -> Report:
    """Draw every relation, then lay the facts of each topic side by side.

    ``aliases`` are further names of facts (an earlier revision under which it is known). Two statements that
    contradict each other are both disputed, unless one was marked as disputed before: then the other stands.
    """
    known = {fact.code: fact for fact in facts}
    by_name = {**known, **{name: known[code] for name, code in (aliases or {}).items() if code in known}}
    disputed = {name for name, fact in by_name.items() if fact.disputed}
    with localcontext(PRECISION):
        first = [_draw(relation, by_name, disputed) for relation in relations]
        for finding in first:
            if finding.verdict == CONTRADICTS and not disputed & set(finding.relation.names):
                disputed |= set(finding.relation.names)
        found = [_draw(relation, by_name, disputed) for relation in relations]
        return Report(tuple(found), tuple(_disagreements(known.values())), _codes(disputed, by_name))


def _codes(names: Iterable[str], facts: Mapping[str, Fact]) -> frozenset[str]:
    return frozenset(facts[name].code if name in facts else name for name in names)


def total(facts: Iterable[Fact], disputed: Iterable[str] = ()) -> tuple[Decimal, list[str]]:
    """The sum of facts in their own unit, and the codes of the disputed ones, which are left out."""
    rows, out = list(facts), set(disputed)
    left = [fact.code for fact in rows if fact.disputed or fact.code in out]
    if len({fact.unit for fact in rows}) > 1:
        raise BadRelation("only figures of one unit can be added")
    return sum((fact.value for fact in rows if fact.code not in left), Decimal(0)), left


def _draw(relation: Relation, facts: Mapping[str, Fact], disputed: set[str]) -> Finding:
    missing = tuple(name for name in relation.names if name not in facts)
    doubtful = tuple(name for name in relation.names if name in disputed)
    if len(missing) > 1:
        return Finding(relation, UNKNOWN, missing=missing, disputed=doubtful)
    values = {name: facts[name].base() for name in relation.names if name in facts}
    implied = _implied(relation, values, facts)
    if missing:
        verdict = IMPLIED if implied and not (relation.kind == SUM and doubtful) else UNKNOWN
        shown = implied if verdict == IMPLIED else {}
        return Finding(relation, verdict, implied=shown, missing=missing, disputed=doubtful)
    computed = _solve(relation, relation.result, values)
    if computed is None:
        return Finding(relation, UNKNOWN, disputed=doubtful)
    return _judged(relation, computed, facts[relation.result], implied, doubtful)


def _judged(
    relation: Relation, computed: Pair, result: Fact, implied: Mapping[str, Estimate], doubtful: tuple[str, ...]
) -> Finding:
    own = _estimate(computed, result.unit)
    there, said = Interval(own.low, own.high), result.interval
    if relation.kind == BOUND:
        true = there.low <= said.high if relation.sign == "<=" else there.high >= said.low
    else:
        true = there.meets(said)
    is_sum = relation.kind == SUM
    if is_sum and doubtful:
        verdict, implied = DISPUTED if true else CONTRADICTS, {}
    elif true:
        verdict = HOLDS
    else:
        verdict = CONTRADICTS if relation.kind in (BOUND, EQUALITY) else OFF
    return Finding(
        relation,
        verdict,
        computed=own,
        published=result.value,
        difference=own.value - result.value,
        gap=Decimal(0) if true else there.gap(said),
        implied=implied,
        disputed=doubtful,
        enters_sums=not (is_sum and doubtful),
    )


def _implied(relation: Relation, values: Mapping[str, Pair], facts: Mapping[str, Fact]) -> dict[str, Estimate]:
    """What each figure would be if the others are right, in its own unit (base units when it is not published)."""
    if relation.kind == BOUND:
        return {}
    found = {}
    for name in relation.names:
        others = {other: pair for other, pair in values.items() if other != name}
        if len(others) < len(relation.names) - 1:
            continue
        pair = _solve(relation, name, others)
        if pair is not None:
            found[name] = _estimate(pair, facts[name].unit if name in facts else _unit_of(relation, name, facts))
    return found


def _unit_of(relation: Relation, name: str, facts: Mapping[str, Fact]) -> Unit:
    """The unit in which an unpublished figure is given: that of what it is compared with."""
    if relation.kind in (SHARE, GROWTH, RATIO) and name != relation.result:
        other = next(term for term in relation.terms if term != name)
        return facts[other].unit
    if relation.kind in (SUM, EQUALITY):
        return next(facts[other].unit for other in relation.names if other != name)
    return Unit("number")


def _estimate(pair: Pair, unit: Unit) -> Estimate:
    value, interval = pair
    return Estimate(value / unit.scale, interval.low / unit.scale, interval.high / unit.scale)


def _solve(relation: Relation, name: str, values: Mapping[str, Pair]) -> Pair | None:
    """The value of ``name`` from the others, in base units; None when it would divide by zero."""
    solve = {SUM: _solve_sum, PRODUCT: _solve_product, EQUALITY: _solve_same, BOUND: _solve_same}
    try:
        return solve.get(relation.kind, _solve_quotient)(relation, name, values)
    except (ZeroDivisionError, InvalidOperation):
        return None


def _solve_sum(relation: Relation, name: str, values: Mapping[str, Pair]) -> Pair:
    signs = {term.removeprefix("-"): Decimal(-1 if term.startswith("-") else 1) for term in relation.terms}
    parts = [_scaled(values[term], sign) for term, sign in signs.items() if term != name]
    summed = reduce(_plus, parts, (Decimal(0), point(Decimal(0))))
    if name == relation.result:
        return summed
    return _scaled(_plus(values[relation.result], _scaled(summed, Decimal(-1))), signs[name])


def _solve_product(relation: Relation, name: str, values: Mapping[str, Pair]) -> Pair:
    others = [values[term] for term in relation.terms if term != name]
    value = reduce(mul, (pair[0] for pair in others), relation.factor)
    interval = reduce(mul, (pair[1] for pair in others), point(relation.factor))
    return (value, interval) if name == relation.result else _over(values[relation.result], (value, interval))


def _solve_same(relation: Relation, name: str, values: Mapping[str, Pair]) -> Pair:
    return values[next(other for other in relation.names if other != name)]


def _solve_quotient(relation: Relation, name: str, values: Mapping[str, Pair]) -> Pair:
    above, below = relation.terms
    one = (Decimal(1), point(Decimal(1)))
    grows = relation.kind == GROWTH
    if name == relation.result:
        quotient = _over(values[above], values[below])
        return _plus(quotient, _scaled(one, Decimal(-1))) if grows else quotient
    times = _plus(values[relation.result], one) if grows else values[relation.result]
    if name == above:
        return values[below][0] * times[0], values[below][1] * times[1]
    return _over(values[above], times)


def _plus(left: Pair, right: Pair) -> Pair:
    return left[0] + right[0], left[1] + right[1]


def _over(left: Pair, right: Pair) -> Pair:
    return left[0] / right[0], left[1] / right[1]


def _scaled(pair: Pair, factor: Decimal) -> Pair:
    return pair[0] * factor, pair[1].scaled(factor)


def _disagreements(facts: Iterable[Fact]) -> Iterable[Disagreement]:
    topics: dict[tuple[str, ...], list[Fact]] = {}
    for fact in facts:
        if fact.topic:
            topics.setdefault(fact.topic, []).append(fact)
    for topic, rows in topics.items():
        apart = [
            (one, other)
            for place, one in enumerate(rows)
            for other in rows[place + 1 :]
            if not one.base()[1].meets(other.base()[1])
        ]
        if apart:
            values = [fact.base()[0] / rows[0].unit.scale for fact in rows]
            same = any(one.definition == other.definition for one, other in apart)
            yield Disagreement(topic, tuple(fact.code for fact in rows), max(values) - min(values), same)
