"""``sarangbang policy …``"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .analysis_cli import analyse
from .awards.cli import awards
from .refusing import refuse

if TYPE_CHECKING:
    from .importing import Outcome
    from .records import Record

FILE = click.Path(path_type=Path, allow_dash=True)


@click.group()
def commands() -> None:
    """Figures that can be defended, and what they set in motion.

    \b
    Load the figures that come along:      sarangbang policy load
    Add a file of figures:                 sarangbang policy load table.csv
    See what holds and what contradicts:   sarangbang policy check
    Compute a ripple effect:               sarangbang policy ripple --demand demand.csv
    Add up millions of card payments:      sarangbang policy analyse guests.parquet cards.parquet
    See the awards and their sums:         sarangbang policy awards list
    """


commands.add_command(analyse)
commands.add_command(awards)


@commands.command(short_help="Put figures on the shelf.")
@click.argument("paths", nargs=-1, type=FILE, metavar="[FILE]...")
@click.option("--place", default="", help="What a yearly table is about when no column says so, as gangnam-gu.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
def load(paths: tuple[Path, ...], place: str, dry_run: bool, as_json: bool) -> None:
    """Load FILEs of figures, or without one those that come with the platform.

    A file holds one figure a row (code, value, unit, measure, period, geography, source …) or a yearly table (year,
    patients or share, nationality or department or region, source). A known figure with a new value becomes a further
    revision; nothing is overwritten, and loading a file again changes nothing. docs/policy.md lists the columns.

    Exit code: 0 fine, 2 a file cannot be used (of it nothing was written).
    """
    from django.db import IntegrityError, transaction

    from sarangbang.directory.importing.problems import UnusableFile

    from .actions import load_reference
    from .importing import Outcome, load_file
    from .reading import Refused
    from .vocabulary import PLACES

    if place and place not in PLACES:
        raise click.BadParameter(f"is none of {', '.join(PLACES)}", param_hint="--place")
    outcome, path = Outcome(applied=not dry_run), None
    try:
        with transaction.atomic():
            if not paths:
                outcome = load_reference(apply=not dry_run)
            for path in paths:
                found = load_file(path, actor="system", place=place, apply=not dry_run)
                outcome.created += found.created
                outcome.revised += found.revised
                outcome.unchanged += found.unchanged
    except (UnusableFile, Refused) as problem:
        refuse(path, problem, as_json=as_json)
    except IntegrityError:
        refuse(path, UnusableFile("Somebody else loads figures now; try again."), as_json=as_json)
    _tell_load(outcome, as_json=as_json)


def _tell_load(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        counts = {name: getattr(outcome, name) for name in ("created", "revised", "unchanged", "applied")}
        click.echo(json.dumps(counts))
        return
    click.echo(f"{outcome.created} new, {outcome.revised} revised, {outcome.unchanged} unchanged")
    click.echo("Written." if outcome.applied else "Nothing was written.")


@commands.command(short_help="Say which figures hold and which contradict each other.")
@click.option("--figures", "figures_file", type=FILE, help="Figures of this file instead of those on the shelf.")
@click.option("--relations", "relations_file", type=FILE, help="Relations of this file instead of the usual ones.")
@click.option("--strict", is_flag=True, help="Exit with 1 when something is off or contradicts.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
def check(figures_file: Path | None, relations_file: Path | None, strict: bool, as_json: bool) -> None:
    """Compute every declared relation between figures and compare.

    A figure stands for all values that would be printed like it: "1.4 times" for anything from 1.35 to 1.45. A sum in
    which a disputed figure takes part is shown as a trial and counts nowhere.

    Exit code: 0 checked, 1 with --strict when something is off, 2 a file cannot be used.
    """
    from sarangbang.directory.importing.problems import UnusableFile

    from . import telling
    from .importing import shipped_relations
    from .reading import Refused
    from .reading_figures import figures_of, relations_of
    from .records import report_of

    path = figures_file
    try:
        records, left_out = figures_of(figures_file) if figures_file else (_shelf(), 0)
        path = relations_file
        units = {record.code: record.unit for record in records}
        if relations_file:
            relations = relations_of(relations_file, units)
        else:
            relations = [] if figures_file else shipped_relations(records)
    except (UnusableFile, Refused) as problem:
        refuse(path, problem, as_json=as_json)
    report = report_of(records, relations)
    if left_out:
        click.echo(f"{left_out} rows state no amount and were left out.", err=True)
    click.echo(
        json.dumps(telling.report_data(report, records), ensure_ascii=False)
        if as_json
        else telling.report_text(report, records)
    )
    sys.exit(1 if strict and any(report.of(verdict) for verdict in ("off", "contradicts", "disputed")) else 0)


def _shelf() -> list[Record]:
    """All figures that are kept; those that come with the platform while none are."""
    from .importing import shipped_records
    from .shelf import every_record

    kept = every_record()
    if not kept:
        click.echo("No figures are loaded; those that come with the platform are checked.", err=True)
    return kept or shipped_records()


@commands.command(short_help="Compute what final demand sets in motion.")
@click.option("--demand", "demand_file", type=FILE, required=True, help="Columns bok_code_83, final_demand_bn_krw.")
@click.option("--table", "table_file", type=FILE, help="Multipliers of this file. Default: Seoul 2020.")
@click.option(
    "--coefficients", "square_file", type=FILE, help="A square table; the effect is computed by its Leontief inverse."
)
@click.option(
    "--job-factor", type=click.FloatRange(0.01, 10), default=1.0, show_default=True,
    help="Corrects job coefficients that are older than the demand; 1 leaves them.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
def ripple(
    demand_file: Path, table_file: Path | None, square_file: Path | None, job_factor: float, as_json: bool
) -> None:
    """Compute production, value added and jobs of final demand (billion won at basic prices: without value-added tax,
    of retail only the margin).

    Production and value added are never added: value added is a part of production.

    Exit code: 0 computed, 2 a file cannot be used.
    """
    from sarangbang.directory.importing.problems import UnusableFile

    from . import telling
    from .reading import Refused
    from .reading_ripple import demand_of, economy_of, multipliers_of
    from .ripple import effects

    if table_file and square_file:
        raise click.UsageError("Give --table or --coefficients, not both.")
    path = square_file or table_file
    data: dict[str, Any]
    try:
        if square_file:
            economy = economy_of(square_file)
            path = demand_file
            data = telling.economy_data(economy, demand_of(demand_file, economy.codes))
        else:
            table = multipliers_of(table_file)
            path = demand_file
            demand = demand_of(demand_file, list(table.sectors))
            data = telling.effects_data(effects(table.sectors, demand, job_factor=job_factor), table)
    except (UnusableFile, Refused) as problem:
        refuse(path, problem, as_json=as_json)
    click.echo(json.dumps(data, ensure_ascii=False) if as_json else telling.effects_text(data))
