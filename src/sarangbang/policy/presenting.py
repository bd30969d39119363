"""How figures are written for readers: labels, amounts, periods, and the arithmetic behind a check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from babel.numbers import format_decimal
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.ui import locales

from .checking import BOUND, CONTRADICTS, EQUALITY, GROWTH, PRODUCT, RATIO, SHARE, SUM, Estimate, Finding, Relation
from .models import Figure
from .vocabulary import CATEGORIES, MEASURES, PLACES, SERIES, UNIT_NAMES, UNITS

MANY_TERMS = 5
COMPARISONS = (BOUND, EQUALITY)
EAST_ASIAN = {
    "ko": ("조", "억", "만", " 원"),
    "ja": ("兆", "億", "万", "ウォン"),
    "zh-hans": ("万亿", "亿", "万", "韩元"),
}
"""Where ten thousand is the step: words for 10^12, 10^8 and 10^4, and the won."""


def _code() -> str:
    return get_language() or "en"


def number(value: Decimal | float) -> str:
    """In the reader's separators, at most three decimals."""
    return locales.number(float(value), _code())


def fixed(value: float, places: int) -> str:
    """With exactly so many decimals, so that numbers in a column stand under each other."""
    pattern = "#,##0" + ("." + "0" * places if places else "")
    locale = locales.language(_code()).babel
    return format_decimal(round(value, places) + 0.0, format=pattern, locale=locale, numbering_system="latn")


def amount(value: Decimal, unit: str) -> str:
    """A value with its unit: 377,043 persons · 78.1 % · 1조 2,440억 원."""
    if not value.is_finite():
        return "∞"
    if unit == "percent":
        return locales.number(round(float(value), 2), _code()) + ("%" if _code() in EAST_ASIAN else " %")
    if UNITS[unit].dimension == "won" and _code() in EAST_ASIAN:
        return _east_asian_won(value * UNITS[unit].scale)
    name = str(UNIT_NAMES[unit])
    joint = "" if _code() in EAST_ASIAN else " "
    return f"{number(value)}{joint}{name}" if name else number(value)


def _east_asian_won(won: Decimal) -> str:
    """1조 2,440억 원, 236만 원: by steps of ten thousand, to the two largest."""
    trillion, hundred_million, ten_thousand, name = EAST_ASIAN[_code()]
    steps = ((Decimal(10) ** 12, trillion), (Decimal(10) ** 8, hundred_million), (Decimal(10) ** 4, ten_thousand))
    for place, (size, word) in enumerate(steps):
        if abs(won) >= size:
            if place == len(steps) - 1 or _code() == "zh-hans":
                return f"{number(round(won / size, 2))}{word}{name}"
            whole, rest = divmod(won, size)
            below, below_word = steps[place + 1]
            parts = [f"{number(whole)}{word}"]
            if round(rest / below):
                parts.append(f"{number(round(rest / below))}{below_word}")
            return (" " if _code() == "ko" else "").join(parts) + name
    return f"{number(won)}{name}"


def period(text: str) -> str:
    return text.replace("/", "–")


def place(code: str) -> str:
    return str(PLACES.get(code, code))


def series(code: str) -> str:
    return str(SERIES.get(code, code))


def category(group: str, code: str, departments: Mapping[str, str]) -> str:
    if group == "nationality":
        return locales.country(code, _code())
    if code in CATEGORIES:
        return str(CATEGORIES[code])
    return " + ".join(departments.get(part, part.replace("-", " ")) for part in code.split("+"))


@dataclass(frozen=True)
class Shown:
    """A figure, ready for a template. ``name`` is what it counts, ``where`` place and period."""

    figure: Figure
    name: str
    where: str
    value: str
    said: str
    url: str
    definition: str
    own_definition: str
    """What the source itself says it counts; English, as it was recorded."""
    counted_by: str
    category: str = ""

    @property
    def label(self) -> str:
        return locales.listed(_code(), *filter(None, (self.name, self.where)))

    @property
    def is_sure(self) -> bool:
        return self.figure.sureness == "verified"


def shown(figure: Figure, departments: Mapping[str, str]) -> Shown:
    record = figure.record()
    measure = MEASURES.get(figure.measure)
    name = str(measure.name) if measure else figure.measure or figure.code
    part = category(figure.group, figure.category, departments) if figure.category else ""
    if part:
        name = f"{name}: {part}"
    where = locales.listed(_code(), *filter(None, (place(figure.geography), period(figure.period))))
    return Shown(
        figure=figure,
        name=name,
        where=where,
        value=amount(record.value, figure.unit),
        said="" if figure.qualifier == "exact" else str(figure.get_qualifier_display()),
        url=reverse("figures:figure", args=[figure.code]),
        definition=str(measure.definition) if measure else "",
        own_definition=figure.definition,
        counted_by=series(figure.series) if figure.series else "",
        category=part,
    )


# Checks


@dataclass(frozen=True)
class Checked:
    """A relation for a template: what was computed from what, and how it compares."""

    finding: Finding
    result: Shown | None
    terms: list[Shown]
    arithmetic: str
    computed: str
    published: str
    difference: str
    implied: list[tuple[str, str, str, str]]
    """Name, value, low and high of figures that follow from the others."""


def checked(finding: Finding, figures: Mapping[str, Figure], show: Callable[[Figure], Shown]) -> Checked:
    relation = finding.relation
    result = figures.get(relation.result)
    unit = result.unit if result else ""
    own = partial(amount, unit=unit) if unit else number
    implied = finding.implied.items() if finding.verdict == "implied" else ()
    return Checked(
        finding=finding,
        result=show(result) if result else None,
        terms=[show(figures[name]) for name in relation.names[1:] if name in figures],
        arithmetic=_arithmetic(finding, figures),
        computed=own(_rounded(finding.computed)) if finding.computed and relation.kind not in COMPARISONS else "",
        published=own(finding.published) if finding.published is not None else "",
        difference=_difference(finding, own, unit),
        implied=[(_missing_name(name), *_bounds(one, _unit_of(relation, figures))) for name, one in implied],
    )


def _rounded(estimate: Estimate) -> Decimal:
    return round(estimate.value, 3)


def _difference(finding: Finding, own: Callable[[Decimal], str], unit: str) -> str:
    if finding.difference is None or finding.verdict == "holds":
        return ""
    sign = "+" if finding.difference > 0 else "−"
    percent = finding.difference_percent
    share = "" if percent is None or unit == "percent" else f" ({sign}{number(round(abs(percent), 1))} %)"
    return f"{sign}{own(round(abs(finding.difference), 3))}{share}"


def _missing_name(code: str) -> str:
    return _("not published: %(code)s") % {"code": code}


def _unit_of(relation: Relation, figures: Mapping[str, Figure]) -> str:
    """The unit of a term that is not published: that of another term, where relations compare like with like."""
    if relation.kind == PRODUCT:
        return "number"
    return next((figures[name].unit for name in relation.names[1:] if name in figures), "number")


def _bounds(estimate: Estimate, unit: str) -> tuple[str, str, str]:
    value, low, high = (amount(round(one, 0), unit) for one in (estimate.value, estimate.low, estimate.high))
    return value, low, high


def _arithmetic(finding: Finding, figures: Mapping[str, Figure]) -> str:
    """The computation in published numbers: 185,559 ÷ 131,808. What is compared or added is in the result's unit."""
    relation = finding.relation
    result = figures.get(relation.result)
    alike = relation.kind in (SUM, *COMPARISONS)

    def value(name: str) -> str:
        figure = figures.get(name)
        if figure is None:
            return "?"
        scale = UNITS[figure.unit].scale / UNITS[result.unit].scale if alike and result else Decimal(1)
        text = number(figure.value * scale)
        return f"{text} %" if figure.unit == "percent" else text

    values = [value(term.removeprefix("-")) for term in relation.terms]
    if relation.kind == SUM:
        signs = ["−" if term.startswith("-") else "+" for term in relation.terms]
        parts = [f"{sign} {text}" for sign, text in zip(signs, values, strict=True)]
        if len(parts) > MANY_TERMS:
            parts = [*parts[:2], "+ …", parts[-1]]
        return " ".join(parts).removeprefix("+ ")
    if relation.kind in (SHARE, RATIO):
        return f"{values[0]} ÷ {values[1]}"
    if relation.kind == GROWTH:
        return f"{values[0]} ÷ {values[1]} − 1"
    if relation.kind == PRODUCT:
        return " × ".join([*values, *([number(relation.factor)] if relation.factor != 1 else [])])
    return f"{values[0]} {_sign(finding)} {value(relation.result)}"


def _sign(finding: Finding) -> str:
    """How the two of a comparison really stand to each other."""
    true = finding.verdict != CONTRADICTS
    if finding.relation.kind == EQUALITY:
        return "=" if true else "≠"
    if finding.relation.sign == "<=":
        return "≤" if true else ">"
    return "≥" if true else "<"
