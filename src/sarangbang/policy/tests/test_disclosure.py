"""A hidden count cannot be computed from what is shown."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from sarangbang.policy.operations.disclosure import TOTAL, NoRule, protect, rule_on, with_totals
from sarangbang.policy.operations.publishing import _together


def ranges(protected):
    """For every hidden cell the least and the largest value that fits all that is shown: an independent way, by linear
    programming over the sums of rows and columns (whose corners are whole numbers)."""
    unknown = [edge for edge, value in protected.shown.items() if value is None]
    at = {edge: number for number, edge in enumerate(unknown)}
    lines = [([(row, column) for column in protected.columns], (row, TOTAL)) for row in (*protected.rows, TOTAL)] + [
        ([(row, column) for row in protected.rows], (TOTAL, column)) for column in (*protected.columns, TOTAL)
    ]
    matrix, right = [], []
    for parts, whole in lines:
        line, known = np.zeros(len(unknown)), 0.0
        for edge, sign in [*((part, 1) for part in parts), (whole, -1)]:
            value = protected.shown[edge]
            if value is None:
                line[at[edge]] += sign
            else:
                known += sign * value
        matrix.append(line)
        right.append(-known)
    found = {}
    for edge in unknown:
        goal = np.zeros(len(unknown))
        goal[at[edge]] = 1
        low = linprog(goal, A_eq=matrix, b_eq=right, method="highs")
        high = linprog(-goal, A_eq=matrix, b_eq=right, method="highs")
        assert low.status == 0
        assert high.status in (0, 3)
        found[edge] = (low.fun, -high.fun if high.status == 0 else float("inf"))
    return found


COUNT = st.one_of(st.integers(0, 9), st.sampled_from([0, 0, 0, 1, 2, 5, 40, 900]))


@st.composite
def tables(draw):
    rows = [f"r{number}" for number in range(draw(st.integers(1, 3)))]
    columns = [f"c{number}" for number in range(draw(st.integers(1, 4)))]
    return rows, columns, {(row, column): draw(COUNT) for row in rows for column in columns}, draw(st.integers(2, 7))


@settings(max_examples=30)
@given(tables())
def test_a_hidden_count_cannot_be_computed(table):
    rows, columns, counts, threshold = table
    protected = protect(rows, columns, counts, threshold)
    true = with_totals(rows, columns, counts)
    for edge, value in protected.shown.items():
        assert value is None or value == true[edge]
        assert value is None or value == 0 or value >= threshold
    for edge, (low, high) in ranges(protected).items():
        assert low - 1e-6 <= true[edge] <= high + 1e-6
        assert high - low >= 1 - 1e-6
        if 0 < true[edge] < threshold:
            assert high - low >= threshold - 1e-6


def test_nothing_is_hidden_without_need():
    protected = protect(["JP", "CN"], ["skin"], {("JP", "skin"): 5, ("CN", "skin"): 0}, 5)
    assert protected.hidden == 0


def test_of_one_line_two_are_hidden_and_the_whole_is_shown():
    counts = {("JP", "all"): 40, ("CN", "all"): 3, ("MN", "all"): 12}
    shown = protect(["JP", "CN", "MN"], ["all"], counts, 5).shown
    assert shown["CN", "all"] is shown["MN", "all"] is None
    assert shown["CN", TOTAL] is shown["MN", TOTAL] is None
    assert (shown["JP", "all"], shown[TOTAL, TOTAL]) == (40, 55)


def test_a_single_small_count_hides_its_totals():
    shown = protect(["CN"], ["skin"], {("CN", "skin"): 2}, 5).shown
    assert set(shown.values()) == {None}


def test_few_stand_together_before_anything_is_hidden():
    counts = {("JP", "skin"): 30, ("CN", "skin"): 3, ("MN", "skin"): 2, ("JP", "eye"): 4, ("CN", "ear"): 1}
    joined = _together(counts, 20)
    assert joined == {("JP", "skin"): 30, ("others", "skin"): 5, ("JP", "others"): 4, ("others", "others"): 1}
    assert sum(joined.values()) == sum(counts.values())
    assert _together({("JP", "skin"): 30, ("CN", "skin"): 3}, 20) == {("JP", "skin"): 30, ("CN", "skin"): 3}


@pytest.mark.parametrize("counts", [{("JP", "skin"): -1}, {("XX", "skin"): 7}])
def test_what_is_no_table_is_refused(counts):
    with pytest.raises(ValueError, match="a count"):
        protect(["JP"], ["skin"], counts, 5)


def test_a_large_table_is_quick_and_keeps_the_grand_total():
    rows, columns = [f"r{n}" for n in range(40)], [f"c{n}" for n in range(20)]
    counts = {(row, column): (7 * i * i + 3 * j) % 11 for i, row in enumerate(rows) for j, column in enumerate(columns)}
    protected = protect(rows, columns, counts, 5)
    assert protected.shown[TOTAL, TOTAL] == sum(counts.values())


def test_the_rule_has_a_source_and_a_day():
    rule = rule_on(dt.date(2026, 11, 26))
    assert rule.threshold >= 2
    assert rule.source
    with pytest.raises(NoRule):
        rule_on(dt.date(1999, 1, 1))
