"""``sarangbang dispatch …``: needs no house, no settings and no database."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import Seconds

if TYPE_CHECKING:
    from .model import Problem

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FORMATS = click.Choice(["cordeau", "json"])
SECONDS = Seconds(0.0, 86_400.0)
SEED = click.IntRange(0, 2**63 - 1)
STEPS = click.IntRange(0, 10**12)
CORES = click.option(
    "--cores", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that plan together."
)


@click.group()
def commands() -> None:
    """Plan cars near the optimum, and check plans."""


@contextmanager
def malformed(path: Path) -> Iterator[None]:
    """A file that cannot be read ends the program with line, reason and exit code 2."""
    from .cordeau import Malformed

    try:
        yield
    except Malformed as refusal:
        click.echo(f"{path}: {refusal}", err=True)
        sys.exit(2)
    except OSError as refusal:
        click.echo(f"{path}: {refusal.strerror}", err=True)
        sys.exit(2)


@contextmanager
def until_asked() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or a request to end has come: the first one ends the search, which tells the best plan so far,
    the second one the program. Only the main thread can be asked."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _frame: object) -> None:
        asked.set()
        signal.signal(number, usual[signal.Signals(number)])

    for number in usual:
        signal.signal(number, ask)
    try:
        yield asked.is_set
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def read_day(path: Path, form: str | None) -> Problem:
    """The day in a file; without ``form`` JSON is known by its first brace."""
    from . import cordeau, documents

    text = cordeau.text_of(path)
    if form is None:
        form = "json" if text.lstrip("\ufeff \t\r\n").startswith(("{", "[")) else "cordeau"
    return documents.read(text) if form == "json" else cordeau.read(text)


@commands.command()
@click.argument("file", type=FILE)
@click.option("--format", "form", type=FORMATS, help="Default: JSON when the file begins with a brace.")
@click.option("--seconds", type=SECONDS, default=None, help="Time by the clock, reading not counted.  [default: 10]")
@click.option(
    "--steps",
    type=STEPS,
    default=None,
    help="Steps of the search; without --seconds the same seed gives the same plan.",
)
@click.option("--seed", type=SEED, default=0, show_default=True)
@CORES
@click.option("--progress/--no-progress", default=None, help="Show a progress bar. Default: on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def solve(
    file: Path,
    form: str | None,
    seconds: float | None,
    steps: int | None,
    seed: int,
    cores: int,
    progress: bool | None,
    as_json: bool,
) -> None:
    """Plan the day in FILE."""
    with malformed(file):
        problem = read_day(file, form)
    from . import explaining, solutions
    from .solving import Effort, ready
    from .solving import solve as plan_day

    if seconds is None and steps is None:
        seconds = 10.0
    ready()
    show = sys.stderr.isatty() if progress is None else progress
    bar_of = click.progressbar(length=1000, label="Planning", file=sys.stderr, hidden=not show)
    with bar_of as bar, until_asked() as stop:
        told = [0]

        def tell(share: float, cost: float) -> None:
            bar.update(int(1000 * share) - told[0])
            told[0] = int(1000 * share)

        effort = Effort(seconds=seconds, steps=steps, seed=seed, cores=cores)
        plan = plan_day(problem, effort, progress=tell, stop=stop)
    reasons = explaining.explain(problem, plan)
    if as_json:
        click.echo(
            json.dumps({**solutions.write(problem, plan), "explanations": [reason.as_json() for reason in reasons]})
        )
        return
    click.echo(
        f"cost {plan.cost:,.2f}, {len(plan.tours)} of {len(problem.cars)} cars, {len(plan.unserved)} not served, "
        f"{plan.steps:,} steps"
    )
    for tour in plan.tours:
        click.echo(f"  {problem.cars[tour.car].name}: {' '.join(map(str, tour.nodes))}")
    for reason in reasons:
        click.echo(f"  {reason}")


@commands.command()
@click.argument("file", type=FILE)
@click.argument("solution", type=FILE)
@click.option("--format", "form", type=FORMATS, help="Of FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(file: Path, solution: Path, form: str | None, as_json: bool) -> None:
    """Say whether SOLUTION is a legal plan for FILE; exit code 1 when not."""
    from . import checking, cordeau, solutions

    with malformed(file):
        problem = read_day(file, form)
    with malformed(solution):
        proposal = solutions.read(problem, cordeau.text_of(solution))
    faults = checking.check_plan(problem, proposal)
    cost = None if faults else checking.cost_of(problem, proposal)
    if as_json:
        rows = [{"code": fault.code, "about": dict(fault.about), "words": str(fault)} for fault in faults]
        click.echo(json.dumps({"legal": not faults, "cost": cost, "unserved": len(proposal.unserved), "faults": rows}))
    elif faults:
        click.echo("\n".join(map(str, faults)))
    else:
        left = f", {len(proposal.unserved)} not served" if proposal.unserved else ""
        click.echo("legal" + left + ("" if cost is None else f", cost {cost:.4f}"))
    sys.exit(1 if faults else 0)


@commands.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--best", type=FILE, help="Table with the columns instance and best_known.")
@click.option("--seconds", type=SECONDS, default=10.0, show_default=True, help="For each instance.")
@click.option("--seed", type=SEED, default=0, show_default=True)
@CORES
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the gaps over time as SVG.")
@click.option("--processor", is_flag=True, help="Count our seconds on the processor, for a machine that is busy.")
@click.option("--peer", type=click.Choice(["ortools"]), help="Also let this one plan, as long.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench(
    directory: Path,
    best: Path | None,
    seconds: float,
    seed: int,
    cores: int,
    plot: Path | None,
    processor: bool,
    peer: str | None,
    as_json: bool,
) -> None:
    """Plan every instance in DIRECTORY and compare."""
    import time

    from . import benching, drawing
    from .solving import Effort

    if processor and cores > 1:
        raise click.UsageError("--processor counts one process: it cannot be had with several --cores")
    clock = time.process_time if processor else time.perf_counter
    effort = Effort(seconds=seconds, seed=seed, cores=cores, clock=clock)
    with malformed(best or directory):
        known = benching.read_best(best) if best else {}
    rows = []
    paths = benching.instances(directory)
    if not paths:
        click.echo(f"{directory}: has no .txt and no .json", err=True)
        sys.exit(2)
    for path in paths:
        with malformed(path):
            row = benching.measure(path, read_day(path, None), known.get(path.stem), effort, peer)
        rows.append(row)
        if not as_json:
            if len(rows) == 1:
                click.echo(benching.heading(peer))
            click.echo(benching.line(row, peer))
    if plot:
        with malformed(plot):
            plot.write_text(drawing.gaps(benching.curves(rows)), encoding="utf-8")
    means = benching.means(rows)
    if as_json:
        click.echo(json.dumps({"seconds": seconds, "seed": seed, "rows": rows, "means": means}))
    else:
        for family, mean in means.items():
            click.echo(benching.mean_line(family, mean))


@commands.command()
@click.argument("file", type=FILE)
@click.argument("solution", type=FILE)
@click.option("--format", "form", type=FORMATS, help="Of FILE.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
def plot(file: Path, solution: Path, form: str | None, output: Path) -> None:
    """Draw the tours of SOLUTION as SVG."""
    from . import cordeau, drawing, solutions

    with malformed(file):
        problem = read_day(file, form)
    with malformed(solution):
        proposal = solutions.read(problem, cordeau.text_of(solution))
    if problem.points is None:
        click.echo(f"{file}: has no coordinates to draw", err=True)
        sys.exit(2)
    n = len(problem.requests)
    if any(not 1 <= node <= 2 * n for _car, nodes in proposal.tours for node in nodes):
        click.echo(f"{solution}: names a node that does not exist", err=True)
        sys.exit(2)
    with malformed(output):
        output.write_text(drawing.tours(problem, proposal.tours), encoding="utf-8")


@commands.command(name="compile")
def make_ready() -> None:
    """Make the machine code of both searches, once after each installation; on two cores, if there are."""
    import time
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from .compiling import folder
    from .interpreting.plan import warm_up
    from .solving import ready

    began = time.perf_counter()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for done in (pool.submit(ready), pool.submit(warm_up)):
            done.result()
    kept = folder("rides")
    click.echo(f"Ready after {time.perf_counter() - began:.1f} s; kept in {kept.parent if kept else 'memory only'}.")


@commands.group()
def interpreters() -> None:
    """Assign interpreters near the optimum, with a proven bound."""


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """A day or plan of interpreters that cannot be read ends the program with place, reason and exit code 2."""
    from .cordeau import Malformed
    from .interpreting.file import Unreadable

    try:
        yield
    except (Unreadable, Malformed) as refusal:
        click.echo(f"{path}: {refusal}", err=True)
        sys.exit(2)
    except OSError as refusal:
        click.echo(f"{path}: {refusal.strerror}", err=True)
        sys.exit(2)


@interpreters.command(name="solve")
@click.argument("file", type=FILE)
@click.option("--seconds", type=SECONDS, default=5.0, show_default=True, help="Time by the clock.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def assign(file: Path, seconds: float, seed: int, as_json: bool) -> None:
    """Assign the jobs of the day in FILE (JSON, see docs/dispatch.md)."""
    from .cordeau import text_of
    from .interpreting.file import plan_as_data, read_day
    from .interpreting.plan import plan_day, warm_up
    from .pauses import keep_what_is_loaded

    with unreadable(file):
        day = read_day(text_of(file))
    warm_up()
    keep_what_is_loaded()
    with until_asked() as stop:
        plan = plan_day(day, seconds=seconds, seed=seed, stop=stop)
    told = plan_as_data(day, plan)
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo(
        f"{plan.worth.total} of {len(day.jobs)} jobs; no plan as good by priority covers more than {plan.coverable}"
    )
    for job, one in sorted(plan.assigned.items()):
        click.echo(f"  {job}: {one}")


@interpreters.command(name="check")
@click.argument("file", type=FILE)
@click.argument("plan", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check_assignment(file: Path, plan: Path, as_json: bool) -> None:
    """Say whether PLAN is a legal assignment for FILE; exit code 1 when not."""
    from .cordeau import text_of
    from .interpreting.check import faults, misjudged
    from .interpreting.file import read_day, read_plan

    with unreadable(file):
        day = read_day(text_of(file))
    with unreadable(plan):
        assigned, told = read_plan(text_of(plan), day)
    found = faults(day, assigned) or misjudged(day, assigned, told)
    if as_json:
        click.echo(json.dumps({"legal": not found, "faults": [str(fault) for fault in found]}))
    else:
        click.echo("\n".join(map(str, found)) or "legal")
    sys.exit(1 if found else 0)


@interpreters.command(name="bench", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def bench_assignments(words: tuple[str, ...]) -> None:
    """Plan generated days and compare with greedy and with the proven bound."""
    from .interpreting.bench import bench as measure

    measure.main(list(words), prog_name="sarangbang dispatch interpreters bench")
