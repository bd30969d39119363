"""The rules: who gets a car or an interpreter, and that they change with their dates."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sarangbang.concierge import wording
from sarangbang.concierge.entitlement import (
    CENTER,
    INSTITUTION,
    INTERPRETING,
    RIDE,
    Granted,
    Refused,
    Request,
    Rule,
    RulesBroken,
    Waiting,
    all_rules,
    decide,
    parse,
    rules_at,
    rules_on,
)
from sarangbang.concierge.rule_page import GROUPS

NOW = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
TODAY = rules_at(NOW)
HEAD = "key,value,unit,valid_from,valid_until,status,source,note"


def ride(hours: float = 96, **other) -> Request:
    starts_at = NOW + dt.timedelta(hours=hours)
    facts = {"has_appointment": True, "at_partner": True, "kind": "pick_up", "airport": "icn-t1"} | other
    return Request(RIDE, NOW, starts_at, starts_at + dt.timedelta(hours=1), **facts)


def interpreting(hours: float = 96, length: float = 1, **other) -> Request:
    starts_at = NOW + dt.timedelta(hours=hours)
    facts = {"has_appointment": True, "language": "mn"} | other
    return Request(INTERPRETING, NOW, starts_at, starts_at + dt.timedelta(hours=length), **facts)


def test_a_guest_of_a_partner_who_asks_in_time_gets_the_car_from_incheon():
    assert decide(ride(), TODAY) == Granted()


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (ride(hours=-1), Refused("past")),
        (ride(has_appointment=False), Refused("no_appointment")),
        (ride(at_partner=False), Refused("not_partner", INSTITUTION)),
        (ride(airport="pus"), Refused("airport")),
        (interpreting(language="ko"), Refused("language")),
        (interpreting(language="kk"), Refused("language")),
        (interpreting(has_appointment=False), Refused("no_appointment", CENTER)),
    ],
)
def test_a_refusal_says_why_and_whom_to_ask(request_, refusal):
    assert decide(request_, TODAY) == refusal
    assert wording.refusal(refusal)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (ride(hours=47), "short_notice"),
        (ride(airport="gmp"), "airport_on_request"),
        (ride(airport="", kind="transfer"), "transfer_on_request"),
        (ride(car_exists=False), "no_such_car"),
        (ride(in_order=False), "out_of_order"),
        (interpreting(hours=23), "short_notice"),
    ],
)
def test_what_comes_late_or_is_unpublished_waits_for_a_coordinator(request_, reason):
    decision = decide(request_, TODAY)
    assert isinstance(decision, Waiting)
    assert decision.reason == reason
    assert reason in wording.OPEN_QUESTIONS


@pytest.mark.parametrize(("service", "lead"), [(ride, 48), (interpreting, 24)])
def test_the_deadline_is_to_the_minute(service, lead):
    minute = 1 / 60
    assert isinstance(decide(service(hours=lead), TODAY), Granted)
    assert decide(service(hours=lead - minute), TODAY) == Waiting(NOW + TODAY.span("answer_within"), "short_notice")


def test_what_lies_beyond_the_free_hours_is_said():
    assert decide(interpreting(length=2), TODAY) == Granted()
    assert decide(interpreting(length=3.5), TODAY) == Granted(over_free=dt.timedelta(hours=1.5))


def test_arabic_joined_the_languages_in_may_2023():
    april, may = rules_on(dt.date(2023, 4, 30)), rules_on(dt.date(2023, 5, 1))
    assert "ar" not in april.words("interpreting_languages")
    assert may.words("interpreting_languages") - april.words("interpreting_languages") == {"ar"}
    assert decide(interpreting(language="ar"), april) == Refused("language")
    assert isinstance(decide(interpreting(language="ar"), may), Granted)


def test_before_the_service_began_nothing_is_granted():
    assert decide(ride(), rules_on(dt.date(2022, 12, 31))) == Refused("no_service")


@given(
    hours=st.floats(-100, 400),
    has_appointment=st.booleans(),
    at_partner=st.booleans(),
    airport=st.sampled_from(["", "icn-t1", "icn-t2", "gmp", "pus"]),
)
def test_every_request_has_an_answer_and_waiting_ends_before_the_ride(hours, has_appointment, at_partner, airport):
    request = ride(hours=hours, has_appointment=has_appointment, at_partner=at_partner, airport=airport)
    decision = decide(request, TODAY)
    if isinstance(decision, Waiting):
        assert NOW < decision.answer_by <= request.starts_at
        assert decision.answer_by <= NOW + TODAY.span("answer_within")
    elif isinstance(decision, Refused):
        assert decision.reason in wording.REFUSALS
        assert decision.ask in wording.ASK


RANK = {Granted: 0, Waiting: 1, Refused: 2}


@given(hours=st.floats(0.1, 300), earlier=st.floats(0, 300), airport=st.sampled_from(["", "icn-t1", "gmp"]))
def test_asking_earlier_is_never_answered_worse(hours, earlier, airport):
    late = decide(ride(hours=hours, airport=airport), TODAY)
    early = decide(ride(hours=hours + earlier, airport=airport), TODAY)
    assert RANK[type(early)] <= RANK[type(late)]


@given(day=st.dates(dt.date(2022, 1, 1), dt.date(2035, 1, 1)))
def test_on_every_day_at_most_one_rule_of_a_key_is_in_force(day):
    for key in {rule.key for rule in all_rules()}:
        assert sum(rule.in_force(day) for rule in all_rules() if rule.key == key) <= 1


def test_every_rule_has_words_and_a_place_on_the_public_page():
    shown = {key for keys in GROUPS.values() for key in keys}
    assert {rule.key for rule in all_rules()} == shown == set(wording.RULES)


def test_what_is_published_names_its_source_and_the_rest_says_that_it_is_a_default():
    for rule in all_rules():
        assert rule.note
        assert rule.is_published == bool(rule.source)


@pytest.mark.parametrize(
    "row",
    [
        "k,1,hour,2024-01-01,,published,,no source",
        "k,one,hour,2024-01-01,,configuration,,not a number",
        "k,1,year,2024-01-01,,configuration,,unknown unit",
        "k,1,hour,2024-13-01,,configuration,,no date",
        "k,1,hour,2024-01-02,2024-01-01,configuration,,ends before it begins",
        "k,1,hour",
    ],
)
def test_a_broken_row_is_refused_with_its_line(row):
    with pytest.raises(RulesBroken, match="line 2"):
        parse([HEAD, row])


def test_two_rules_for_one_day_are_refused():
    rows = ["k,1,hour,2024-01-01,,configuration,,a", "k,2,hour,2025-01-01,,configuration,,b"]
    with pytest.raises(RulesBroken, match="two rules"):
        parse([HEAD, *rows])


@given(
    change=st.dates(dt.date(2024, 1, 1), dt.date(2030, 1, 1)),
    day=st.dates(dt.date(2023, 6, 1), dt.date(2031, 1, 1)),
)
def test_a_rule_that_changes_holds_from_its_day_on(change, day):
    last = change - dt.timedelta(days=1)
    rules = parse(
        [
            HEAD,
            f"ride_lead,48,hour,2023-01-01,{last},configuration,,before",
            f"ride_lead,24,hour,{change},,configuration,,after",
        ]
    )
    expected = dt.timedelta(hours=24 if day >= change else 48)
    assert rules_on(day, rules).span("ride_lead") == expected


def test_rule_values_are_said_in_words():
    assert wording.rule_value(rules_on(dt.date(2026, 1, 1))["ride_share_district"]) == "50%"
    rule = Rule("k", "90", "minute", dt.date(2024, 1, 1), None, "configuration", "", "")
    assert wording.rule_value(rule) == "1 hr 30 mins"
