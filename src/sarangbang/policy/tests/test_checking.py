"""Published figures against each other: what holds within the rounding, what is off, what contradicts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sarangbang.policy.checking import BadRelation, Fact, Relation, Unit, check, check_relation, total
from sarangbang.policy.intervals import Interval, published
from sarangbang.policy.vocabulary import UNITS

D = Decimal


def fact(code: str, value: str, unit: str = "persons", qualifier: str = "exact", **more: object) -> Fact:
    return Fact(code, D(value), UNITS[unit], published(D(value), qualifier), **more)


def one(relation: Relation, *facts: Fact):
    return check(facts, [relation]).findings[0]


@pytest.mark.parametrize(
    ("value", "qualifier", "low", "high"),
    [
        ("1.4", "exact", "1.35", "1.45"),
        ("185559", "exact", "185558.5", "185559.5"),
        ("440", "exact", "439.5", "440.5"),
        ("440", "about", "435", "445"),
        ("40", "about", "35", "45"),
        ("200000", "at_least", "200000", "Infinity"),
        ("200000", "nearly", "150000", "200000"),
        ("200000", "range", "200000", "300000"),
        ("0", "exact", "-0.5", "0.5"),
        ("-11.7", "exact", "-11.75", "-11.65"),
    ],
)
def test_a_number_stands_for_all_that_would_be_printed_like_it(value: str, qualifier: str, low: str, high: str) -> None:
    assert published(D(value), qualifier) == Interval(D(low), D(high))


def test_the_ratio_of_the_article_is_1_408() -> None:
    finding = one(Relation("r", "ratio", "times", ("now", "then")), fact("now", "185559"), fact("then", "131808"),
                  fact("times", "1.4", "times"))  # fmt: skip
    assert finding.verdict == "holds"
    assert round(finding.computed.value, 3) == D("1.408")
    literal = one(Relation("r", "growth", "times", ("now", "then")), fact("now", "185559"), fact("then", "131808"),
                  fact("times", "1.4", "times"))  # fmt: skip
    assert literal.verdict == "off"


def test_the_year_before_follows_from_the_growth() -> None:
    finding = one(Relation("g", "growth", "growth", ("now", "before")), fact("now", "185559"),
                  fact("growth", "210", "percent"))  # fmt: skip
    assert finding.verdict == "implied"
    implied = finding.implied["before"]
    assert round(implied.value) == 59858
    assert implied.low < 59896 < implied.high


def test_money_and_shares_need_no_conversion_by_hand() -> None:
    finding = one(Relation("p", "product", "sales", ("share", "all")), fact("share", "40", "percent", "about"),
                  fact("all", "1.099", "krw_tn"), fact("sales", "440", "krw_bn", "about"))  # fmt: skip
    assert finding.verdict == "holds"
    assert finding.computed.value == D("439.6")


def test_a_disputed_figure_enters_no_sum() -> None:
    parts = [fact("a", "471.8", "krw_bn", disputed=True), fact("b", "207.1", "krw_bn", disputed=True)]
    finding = one(Relation("s", "sum", "all", ("a", "b")), fact("all", "1099", "krw_bn"), *parts)
    assert (finding.verdict, finding.enters_sums) == ("contradicts", False)
    assert finding.difference == D("-420.1")
    assert total([fact("c", "5", "krw_bn"), *parts]) == (5, ["a", "b"])
    fits = one(Relation("s", "sum", "all", ("a", "b")), fact("all", "678.9", "krw_bn"), *parts)
    assert (fits.verdict, fits.enters_sums) == ("disputed", False)


def test_two_statements_that_contradict_are_both_disputed_unless_one_was_before() -> None:
    same = Relation("e", "equality", "one", ("other",))
    report = check([fact("one", "1099"), fact("other", "471")], [same])
    assert report.findings[0].verdict == "contradicts"
    assert report.disputed == {"one", "other"}
    report = check([fact("one", "1099"), fact("other", "471", disputed=True)], [same])
    assert report.disputed == {"other"}


def test_a_contradiction_found_first_or_last_keeps_its_figures_out_of_sums() -> None:
    facts = [fact("whole", "30"), fact("one", "10"), fact("two", "20"), fact("rival", "99")]
    summed, same = Relation("s", "sum", "whole", ("one", "two")), Relation("e", "equality", "two", ("rival",))
    for order in ([summed, same], [same, summed]):
        finding = next(each for each in check(facts, order).findings if each.relation is summed)
        assert (finding.verdict, finding.enters_sums) == ("disputed", False)


def test_figures_of_one_topic_stand_side_by_side() -> None:
    topic = ("card", "korea", "2024")
    rows = [fact("a", "1244", "krw_bn", topic=topic, definition="x"), fact("b", "1258.3", "krw_bn", topic=topic, definition="y"),
            fact("c", "1405.3", "krw_bn", topic=topic, definition="z"), fact("d", "7", topic=("else",))]  # fmt: skip
    (found,) = check(rows, []).disagreements
    assert found.codes == ("a", "b", "c")
    assert found.spread == D("161.3")
    assert not found.same_definition


@pytest.mark.parametrize(
    ("relation", "reason"),
    [
        (Relation("x", "guess", "a", ("b",)), "is none of"),
        (Relation("x", "ratio", "a", ("b",)), "has two terms"),
        (Relation("x", "sum", "a", ()), "needs terms"),
        (Relation("x", "sum", "a", ("a", "b")), "twice"),
        (Relation("x", "product", "a", ("-b",)), "take a term away"),
        (Relation("x", "sum", "a", ("b", "won")), "compares"),
        (Relation("x", "share", "a", ("b", "won")), "compares"),
        (Relation("x", "bound", "a", ("b",), sign="!"), "is none of"),
    ],
)
def test_a_relation_that_means_nothing_is_refused(relation: Relation, reason: str) -> None:
    with pytest.raises(BadRelation, match=reason):
        check_relation(relation, {"a": Unit("persons"), "b": Unit("persons"), "won": Unit("won")})


def test_nothing_is_divided_by_zero() -> None:
    finding = one(Relation("r", "ratio", "x", ("a", "b")), fact("a", "3"), fact("b", "0"), fact("x", "2", "times"))
    assert finding.verdict == "unknown"


amounts = st.integers(min_value=1, max_value=10**7)


def rounded(value: Decimal, places: int) -> Decimal:
    return round(value, places)


@settings(max_examples=40)
@given(amounts, amounts, st.integers(0, 3))
@example(397, 398, 0)
def test_what_is_true_and_honestly_rounded_is_never_called_off(now: int, before: int, places: int) -> None:
    a, b = D(now), D(before)
    facts = [
        fact("a", str(a)), fact("b", str(b)), fact("sum", str(a + b)),
        fact("ratio", str(rounded(a / b, places)), "times"),
        fact("share", str(rounded(100 * a / b, places)), "percent"),
        fact("growth", str(rounded(100 * (a / b - 1), places)), "percent"),
    ]  # fmt: skip
    relations = [Relation(kind, kind, kind, ("a", "b")) for kind in ("sum", "ratio", "share", "growth")]
    report = check(facts, relations)
    assert {finding.verdict for finding in report.findings} == {"holds"}


@settings(max_examples=20)
@given(st.lists(amounts, min_size=2, max_size=6), st.integers(2, 10**6))
def test_a_sum_that_is_wrong_is_off_by_exactly_that(parts: list[int], wrong: int) -> None:
    rows = [fact(f"p{place}", str(part)) for place, part in enumerate(parts)]
    whole = fact("whole", str(sum(parts) + wrong + len(parts)))
    finding = one(Relation("s", "sum", "whole", tuple(row.code for row in rows)), whole, *rows)
    assert finding.verdict == "off"
    assert finding.difference == -(wrong + len(parts))
