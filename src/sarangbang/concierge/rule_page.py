"""The rules in force in words, for the page that tells guests what they may expect."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from . import wording
from .entitlement import Rule, rules_on

GROUPS = {
    "ride": ("ride_who", "ride_airports", "ride_airports_on_request", "ride_transfers", "ride_programmes",
             "programme_stay", "programme_longest", "ride_lead",
             "pick_up_met_within", "exit_quantile", "departure_before", "loading", "ride_no_show_after",
             "ride_share_institution", "ride_share_district", "ride_share_guest", "ride_fare_airport", "ride_fare_city",
             "ride_fare_programme", "ride_waiting_free", "ride_waiting_step", "ride_waiting_fee", "ride_no_show_share"),
    "interpreting": ("interpreting_who", "interpreting_languages", "interpreting_free", "interpreting_lead",
                     "interpreting_payer", "interpreting_step", "interpreting_fee", "interpreter_before",
                     "interpreting_no_show_after", "offer_answer_within", "crew_expiry_notice"),
    "both": ("answer_within", "slack", "late_after"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A rule in words."""

    rule: Rule
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    rules: list[Said]


def groups(day: dt.date) -> list[Group]:
    """The rules in force on a Korean calendar day, by service."""
    in_force = rules_on(day)
    titles = {"ride": _("Cars"), "interpreting": _("Interpreters"), "both": _("Cars and interpreters")}
    return [
        Group(
            titles[group],
            [
                Said(in_force[key], str(wording.RULES[key]), wording.rule_value(in_force[key]))
                for key in keys
                if in_force.has(key)
            ],
        )
        for group, keys in GROUPS.items()
    ]
