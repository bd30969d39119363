"""How good the plans are: generated days, ours against greedy, beside a proven bound.

``python -m sarangbang.dispatch.interpreting.bench`` prints the table.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import click

from sarangbang.dispatch.options import Seconds
from sarangbang.dispatch.pauses import keep_what_is_loaded

from .check import faults
from .days import KINDS, make_day
from .plan import plan_day, warm_up
from .search import Search
from .table import build

SIZES = ((100, 40, 1.0), (300, 110, 2.0), (1000, 320, 5.0))
"""Jobs, interpreters, seconds."""


@dataclass(frozen=True, slots=True)
class Row:
    """One generated day. ``gap`` is (coverable - covered) / coverable; ``processor`` are seconds of processor."""

    jobs: int
    interpreters: int
    kind: str
    seed: int
    greedy: int
    covered: int
    coverable: int
    gap: float
    proven: str
    faults: int
    seconds: float
    processor: float


def measure(
    sizes: Sequence[tuple[int, int, float]],
    kinds: Sequence[str],
    seeds: Sequence[int],
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Row]:
    """Plans every day once. Greedy: the heaviest and rarest jobs first, each to whoever fits best. With
    ``time.process_time`` as ``clock`` a busy machine changes nothing but the wait."""
    warm_up()
    keep_what_is_loaded()
    for jobs, interpreters, seconds in sizes:
        for kind in kinds:
            for seed in seeds:
                day = make_day(jobs, interpreters, seed=seed, kind=kind)
                greedy = Search(build(day), seed).covered
                start, spent = time.perf_counter(), time.process_time()
                plan = plan_day(day, seconds=seconds, seed=seed, clock=clock)
                took, worked = time.perf_counter() - start, time.process_time() - spent  # before it is checked
                yield Row(
                    jobs, interpreters, kind, seed, greedy, plan.worth.total, plan.coverable, round(plan.gap, 5),
                    " ".join(plan.proven), len(faults(day, plan.assigned)),
                    round(took, 2), round(worked, 2),
                )  # fmt: skip


def heading() -> str:
    return (
        "| jobs / interpreters | day | seed | greedy | ours | bound | gap | proven | seconds (processor) |\n|"
        + "---|" * 9
    )


def line(row: Row) -> str:
    return (
        f"| {row.jobs} / {row.interpreters} | {row.kind} | {row.seed} | {row.greedy} | {row.covered} | {row.coverable} "
        f"| {row.gap:.2%} | {row.proven} | {row.seconds:.2f} ({row.processor:.2f}) |"
    )


@click.command(name="bench")
@click.option("--jobs", type=click.IntRange(1, 5000), help="Only days of this many jobs (100, 300, 1000 by default).")
@click.option("--interpreters", type=click.IntRange(1, 2000), help="With --jobs; 0.36 per job by default.")
@click.option("--seconds", type=Seconds(0.05, 600), help="Time for one day.")
@click.option("--kind", type=click.Choice(KINDS), multiple=True, help="Kinds of days; all by default.")
@click.option("--seeds", type=click.IntRange(1, 50), default=3, show_default=True, help="Days of each kind.")
@click.option("--processor", is_flag=True, help="Count the seconds of this process's processor, not of the clock.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def bench(
    jobs: int | None,
    interpreters: int | None,
    seconds: float | None,
    kind: tuple[str, ...],
    seeds: int,
    processor: bool,
    as_json: bool,
) -> None:
    """Plan generated days and compare with greedy and with the proven bound."""
    sizes = [(jobs, interpreters or max(1, round(0.36 * jobs)), seconds or 2.0)] if jobs else list(SIZES)
    if seconds:
        sizes = [(each[0], each[1], seconds) for each in sizes]
    if not as_json:
        click.echo(heading())
    clock = time.process_time if processor else time.perf_counter
    for row in measure(sizes, kind or KINDS, range(1, seeds + 1), clock):
        click.echo(json.dumps(asdict(row)) if as_json else line(row))


if __name__ == "__main__":
    bench()
