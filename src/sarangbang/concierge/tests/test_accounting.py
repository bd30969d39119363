"""What a ride or an interpreting costs, and who bears it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sarangbang.concierge.entitlement import parse, rules_on
from sarangbang.concierge.ledger import accounting
from sarangbang.concierge.ledger.accounting import (
    RideDone,
    Share,
    Standing,
    corrections,
    interpreting_shares,
    ride_shares,
)
from sarangbang.concierge.ledger.metering import Meter

RULES = rules_on(dt.date(2026, 1, 5))
HEAD = "key,value,unit,valid_from,valid_until,status,source,note\n"


def amounts(shares: list[Share]) -> dict[tuple[str, str], int]:
    return {(each.kind, each.payer): each.amount for each in shares}


@pytest.mark.parametrize(
    ("done", "has_institution", "expected"),
    [
        (RideDone("pick_up", came=True), True, {("fare", "institution"): 35_000, ("fare", "district"): 35_000}),
        (RideDone("transfer", came=True), True, {("fare", "institution"): 10_000, ("fare", "district"): 10_000}),
        (RideDone("pick_up", came=True), False, {("fare", "district"): 70_000}),
        # An hour is free; the 61st minute begins the first step of ten.
        (RideDone("transfer", came=True, waited=60), False, {("fare", "district"): 20_000}),
        (
            RideDone("transfer", came=True, waited=61),
            True,
            {
                ("fare", "institution"): 10_000, ("fare", "district"): 10_000,
                ("waiting", "institution"): 1_500, ("waiting", "district"): 1_500,
            },
        ),
        (
            RideDone("pick_up", came=False, waited=45),
            True,
            {("no_show", "institution"): 35_000, ("no_show", "district"): 35_000},
        ),
    ],
)  # fmt: skip
def test_a_ride_is_shared_by_halves(done: RideDone, has_institution: bool, expected: dict) -> None:
    assert amounts(ride_shares(done, RULES, has_institution=has_institution)) == expected


@pytest.mark.parametrize(
    ("meter", "expected"),
    [
        (Meter(120, 120, 0, False, False), {("interpreting", "district"): 40_000}),
        (Meter(121, 120, 1, False, True), {("interpreting", "district"): 40_000, ("interpreting", "guest"): 10_000}),
        # Nobody told the guest before it began: they do not pay.
        (Meter(121, 120, 1, False, False), {("interpreting", "district"): 50_000}),
        (Meter(0, 0, 0, False, True), {}),
    ],
)
def test_what_comes_after_the_free_hours_is_the_guests_if_they_agreed(meter: Meter, expected: dict) -> None:
    assert amounts(interpreting_shares(meter, RULES, has_institution=True)) == expected


@given(fare=st.integers(0, 10**7), percent=st.integers(0, 100), fee=st.integers(0, 10**5), waited=st.integers(0, 3000))
def test_the_shares_add_up_to_the_won_whatever_the_rules(fare: int, percent: int, fee: int, waited: int) -> None:
    changed = {"ride_fare_city": fare, "ride_share_institution": percent, "ride_waiting_fee": fee}
    lines = [HEAD]
    for key, rule in RULES.by_key.items():
        value = changed.get(key, rule.value)
        lines.append(f"{key},{value},{rule.unit},2023-01-01,,{rule.status},{rule.source and 'x'},\n")
    rules = rules_on(dt.date(2026, 1, 5), parse(lines))
    shares = ride_shares(RideDone("transfer", True, waited), rules, has_institution=True)
    steps = -(-max(0, waited - 60) // 10)
    assert sum(each.amount for each in shares) == fare + steps * fee
    assert all(each.amount > 0 for each in shares)


shares = st.builds(
    Share, st.sampled_from(["fare", "waiting"]), st.sampled_from(["institution", "district"]), st.integers(1, 9),
    st.just(0), st.just("r"),
)  # fmt: skip


@given(
    st.lists(shares, unique_by=lambda each: (each.kind, each.payer)),
    st.lists(shares, unique_by=lambda each: (each.kind, each.payer)),
)
def test_corrections_make_the_ledger_say_what_is_due_and_nothing_twice(before: list[Share], due: list[Share]) -> None:
    def stand(rows: list[Share]) -> list[Standing]:
        return [
            Standing(n, s.kind, s.payer, "i" if s.payer == "institution" else "", s.amount) for n, s in enumerate(rows)
        ]

    wrong, missing = corrections(stand(before), due, "i")
    left = [each for each in stand(before) if each not in wrong]
    after = {(each.kind, each.payer): each.amount for each in [*left, *missing]}
    assert after == amounts(due)
    assert len(left) + len(missing) == len(due)
    assert corrections(stand(due), due, "i") == ([], [])


def test_what_was_set_by_hand_is_not_reckoned_again() -> None:
    standing = [Standing(1, "fare", "district", "", 5, by_hand=True)]
    assert corrections(standing, [Share("fare", "district", 9, 0, "r")], "") == ([], [])


def test_an_interpreter_is_paid_by_started_half_hours() -> None:
    assert [accounting.earned(minutes, RULES) for minutes in (0, 1, 30, 31, 150)] == [0, 10_000, 10_000, 20_000, 50_000]
