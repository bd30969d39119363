"""``sarangbang directory …``"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .importing.running import Outcome

SHOWN = 50
"""So many errors are shown to people; programs get all."""


@click.group()
def commands() -> None:
    """Institutions, practitioners and procedures.

    \b
    Our own table:       sarangbang directory template institutions > table.csv
                         (fill it in)
                         sarangbang directory import table.csv
                         sarangbang directory import table.csv --apply
    The national list:   sarangbang directory import "1.병원정보서비스(2026.9.).xlsx"
    """


@commands.command("import", short_help="Take a file into the directory: CSV, XLSX or JSON.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--kind",
    type=click.Choice(["auto", "institutions", "practitioners", "procedures", "hira"]),
    default="auto",
    show_default=True,
    help="What the file holds; hira is the national list of hospitals and clinics. Auto: its columns tell.",
)
@click.option("--sheet", help="Name of the sheet of an XLSX file. Default: the first whose columns are known.")
@click.option("--apply", is_flag=True, help="Write. Without it, only what would change is shown.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one line of JSON, for programs.")
def import_(file: Path, kind: str, sheet: str | None, apply: bool, as_json: bool) -> None:
    """Import FILE: CSV (UTF-8 or CP949), XLSX, or the JSON of the national list. "-" is the standard input.

    Shows what would be created, updated and unchanged, and which rows are wrong. With --apply everything is written,
    or nothing when a row is wrong. Importing a file again changes nothing.

    The national list brings institutions without a registration to receive guests from abroad: they are kept, and are
    neither shown nor bookable until their registration is imported, too.

    Exit code: 0 fine, 1 rows are wrong (nothing was written), 2 the file cannot be used.
    """
    from .importing.problems import UnusableFile
    from .importing.running import Outcome, import_file

    try:
        outcome = import_file(file, kind=kind, sheet=sheet, apply=apply)
    except UnusableFile as problem:
        outcome = Outcome(kind, unusable=str(problem))
        click.echo(f"{'standard input' if str(file) == '-' else file}: {problem}", err=True)
    if as_json:
        click.echo(json.dumps(outcome.as_data()))
    elif not outcome.unusable:
        _tell(outcome)
    sys.exit(2 if outcome.unusable else 1 if outcome.errors else 0)


def _tell(outcome: Outcome) -> None:
    counts = outcome.counts
    for error in outcome.errors[:SHOWN]:
        click.echo(f"row {error.row}, {error.column}: {error.reason}", err=True)
    if len(outcome.errors) > SHOWN:
        click.echo(f"and {len(outcome.errors) - SHOWN} more", err=True)
    click.echo(f"{outcome.kind}: {counts.created} new, {counts.updated} changed, {counts.unchanged} unchanged")
    for reason, count in outcome.notes.items():
        click.echo(f"left out: {count} {reason}")
    if outcome.errors:
        many = len(outcome.errors)
        click.echo(f"{many} {'error' if many == 1 else 'errors'}; nothing was written.")
    elif outcome.applied:
        click.echo("Written.")
    else:
        click.echo("Nothing was written; give --apply to write.")


@commands.command(short_help="Print a table to fill in and import.")
@click.argument("kind", type=click.Choice(["institutions", "practitioners", "procedures"]))
def template(kind: str) -> None:
    """Print a CSV table with the columns of KIND and one made-up row, to fill in and import.

    Which columns are needed and what each may hold stands in docs/directory.md.
    """
    from .importing.templates import template as table

    click.echo(table(kind), nl=False)


@commands.command(short_help="Load or refresh what comes with the platform.")
def reference() -> None:
    """Load or refresh departments, procedures and known prices that come with the platform."""
    from .actions import load_reference

    load_reference()
    click.echo("Departments, procedures and prices are up to date.")
