"""Runs of the ripple effect: from inputs to results, the same ones every time. Pure, but for the words of the method.

The inputs are plain data, and their hash names the run. ``compute`` may be called again at any time: a run whose result
cannot be had again from its inputs and its table is no evidence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from .reading_ripple import MultiplierTable
from .ripple import Effects, effects
from .spending import CATEGORIES, Line, Scenario, left_out, line_of, outcome
from .telling import effects_data

METHOD = 1
"""Goes up when the same inputs would give another result."""
SCENARIO, DEMAND = "scenario", "demand"

CATEGORY_NAMES = {
    "medical": _("Medical care"),
    "lodging": _("Lodging"),
    "food": _("Restaurants"),
    "shopping": _("Department stores and shops"),
    "duty_free": _("Duty-free shops"),
    "beauty": _("Beauty and personal services"),
    "transport": _("Taxis, buses and trains"),
    "culture": _("Culture and travel services"),
}
CAVEATS = (
    _(
        "Production counts the same won at every stage of the chain; value added counts it once "
        "and is a part of production. The two are never added."
    ),
    _(
        "Value-added tax is taken out. Of what is spent in shops only the margin counts; the value "
        "of the goods is left out."
    ),
    _(
        "What is imported along the chain leaves the country: it is the part of final demand that "
        "becomes no value added in Korea."
    ),
    _("Multipliers are of the year 2020, a year of the pandemic, for Seoul as a whole; the district's own may differ."),
    _(
        "Jobs are full-time equivalents at the productivity of 2020. The careful value uses a "
        "stated factor for the productivity since."
    ),
    _(
        "It is assumed that the guests would not have come otherwise and that capacity was free. "
        "Income spent again by households is not in it."
    ),
    _("The share of patients is applied to money, though patients of one place may spend more than those of another."),
    _("The range shows how far tax, margins and jobs may differ. It is no statistical confidence interval."),
)


def scenario_inputs(scenario: Scenario, table: MultiplierTable) -> dict[str, Any]:
    """A scenario as plain data."""
    return {
        "kind": SCENARIO,
        "method": METHOD,
        "table": table.sha256,
        "share": scenario.share,
        "job_factor": scenario.job_factor,
        "job_factor_low": scenario.job_factor_low,
        "lines": [
            {"category": line.category, "spent": line.spent, "taxed": line.taxed, "margin": line.margin}
            for line in scenario.lines
            if line.spent
        ],
    }


def demand_inputs(
    demand: Mapping[str, float], table: MultiplierTable, job_factor: float, job_factor_low: float
) -> dict[str, Any]:
    """Final demand by sector as plain data."""
    return {
        "kind": DEMAND,
        "method": METHOD,
        "table": table.sha256,
        "job_factor": job_factor,
        "job_factor_low": job_factor_low,
        "demand": dict(sorted(demand.items())),
    }


def hash_of(inputs: Mapping[str, Any]) -> str:
    """SHA-256 of the inputs, written in one way: sorted, without spaces."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def scenario_of(inputs: Mapping[str, Any]) -> Scenario:
    lines = tuple(Line(**line) for line in inputs["lines"])
    return Scenario(lines, inputs["share"], inputs["job_factor"], inputs["job_factor_low"])


def compute(inputs: Mapping[str, Any], table: MultiplierTable) -> dict[str, Any]:
    """The results of a run: by sector, in total, at both ends of the assumptions, and what is left out.

    Raises ``KeyError`` when the table lacks a sector.
    """
    if inputs["kind"] == SCENARIO:
        scenario = scenario_of(inputs)
        found = outcome(table.sectors, scenario)
        spent = sum(line.spent for line in scenario.lines) * scenario.share
        gone = left_out(scenario.lines, scenario.share)
        low, high = found.careful, found.generous
        usual = found.usual
    else:
        factors = sorted((inputs["job_factor"], inputs["job_factor_low"]))
        demand = dict(sorted(inputs["demand"].items()))  # a database may give the keys back in another order
        usual = effects(table.sectors, demand, job_factor=inputs["job_factor"])
        low, high = (effects(table.sectors, demand, job_factor=factor) for factor in factors)
        spent, gone = usual.final_demand, {"tax": 0.0, "goods": 0.0}
    data = effects_data(usual, table)
    return {
        "sectors": data["sectors"],
        "total": data["total"],
        "low": _total(low),
        "high": _total(high),
        "spent": spent,
        "source": table.source,
        "left_out": {**gone, "imports": _imports(usual, table)},
    }


def _total(found: Effects) -> dict[str, float]:
    return {"final_demand_bn_krw": found.final_demand, **found.total}


def _imports(found: Effects, table: MultiplierTable) -> float:
    return sum(sector.final_demand * table.sectors[sector.code].imported for sector in found.sectors)


# The first run: what the card study of 2024 says foreign patients spent, by Gangnam's share of patients.

FIRST_TITLE = "Card spending of foreign patients in 2024, by Gangnam's share of patients"
FIRST_SPENT = {
    "medical": "card_medical.korea.2024.khidi",
    "shopping": "card_sector.korea.2024.department-stores.khidi",
    "food": "card_sector.korea.2024.restaurants.khidi",
    "duty_free": "card_sector.korea.2024.duty-free.khidi",
    "lodging": "card_sector.korea.2024.luxury-hotels.khidi",
}
FIRST_SHARE = "patients_share.gangnam-gu.2024"
JOB_FACTOR_LOW = 0.81
"""Jobs per billion won of "other services" in Korea fell from 21.27 (2020) to 17.28 (2023): 0.81 of them are left."""


def first_scenario(values: Mapping[str, float]) -> Scenario:
    """The scenario of the first run from the figures it rests on, by code; what is not there counts as zero."""
    spent = {category: values.get(code, 0.0) for category, code in FIRST_SPENT.items()}
    lines = tuple(line_of(category.code, spent.get(category.code, 0.0)) for category in CATEGORIES)
    return Scenario(lines, values.get(FIRST_SHARE, 100.0) / 100, 1.0, JOB_FACTOR_LOW)
