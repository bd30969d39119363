"""The verbs of policy: keeping runs of the ripple effect, and loading what comes with the platform."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from sarangbang.people.actions import audit

from .importing import Outcome, load_shipped
from .models import RippleRun
from .reading_ripple import MultiplierTable, multipliers_of
from .runs import FIRST_SHARE, FIRST_SPENT, FIRST_TITLE, compute, first_scenario, hash_of, scenario_inputs
from .shelf import figures_by_code, run_of


def record_run(title: str, inputs: dict[str, Any], table: MultiplierTable, *, actor: str) -> RippleRun:
    """Compute and keep a run. The same inputs are the same run, which is given back under its first title.

    Raises ``KeyError`` when the table lacks a sector.
    """
    digest = hash_of(inputs)
    kept = run_of(digest)
    if kept:
        return kept
    results = compute(inputs, table)
    try:
        with transaction.atomic():
            run = RippleRun.objects.create(
                title=title, inputs=inputs, inputs_hash=digest, table=table.name, table_hash=table.sha256,
                results=results, made_by=actor,
            )  # fmt: skip
            audit(actor, "compute_ripple", run, inputs=digest)
    except IntegrityError:
        # Somebody asked the same at the same moment.
        kept = run_of(digest)
        if kept is None:
            raise
        return kept
    return run


@transaction.atomic
def load_reference(*, actor: str = "system", apply: bool = True) -> Outcome:
    """The figures that come with the platform, and the first run of the ripple effect."""
    outcome = load_shipped(actor=actor, apply=apply)
    if apply:
        table = multipliers_of()
        figures = figures_by_code([*FIRST_SPENT.values(), FIRST_SHARE])
        scenario = first_scenario({code: float(figure.value) for code, figure in figures.items()})
        record_run(FIRST_TITLE, scenario_inputs(scenario, table), table, actor=actor)
    return outcome
