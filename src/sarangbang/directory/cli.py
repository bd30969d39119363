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
    """Institutions, practitioners and procedures."""


@commands.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(["auto", "institutions", "practitioners", "procedures", "hira"]),
    default="auto",
    show_default=True,
    help="What the file holds; hira is the national list of hospitals and clinics.",
)
@click.option("--sheet", help="Name of the sheet of an XLSX file. Default: the first.")
@click.option("--apply", is_flag=True, help="Write. Without it, only what would change is shown.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def import_(file: Path, kind: str, sheet: str | None, apply: bool, as_json: bool) -> None:
    """Import FILE: CSV (UTF-8 or CP949), XLSX, or the JSON of the national list.

    Shows what would be created, updated and unchanged, and which rows are wrong. With --apply everything is written,
    or nothing when a row is wrong. Importing a file again changes nothing.

    Exit code: 0 fine, 1 rows are wrong (nothing was written), 2 the file cannot be used.
    """
    from .importing.problems import UnusableFile
    from .importing.running import import_file

    try:
        outcome = import_file(file, kind=kind, sheet=sheet, apply=apply)
    except UnusableFile as problem:
        if as_json:
            nothing = {"created": 0, "updated": 0, "unchanged": 0, "errors": [], "applied": False}
            click.echo(json.dumps({**nothing, "error": str(problem)}, ensure_ascii=False))
        click.echo(f"{file}: {problem}", err=True)
        sys.exit(2)
    if as_json:
        click.echo(json.dumps(outcome.as_data(), ensure_ascii=False))
    else:
        _tell(outcome)
    sys.exit(1 if outcome.errors else 0)


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
        click.echo(f"{len(outcome.errors)} errors; nothing was written.")
    elif outcome.applied:
        click.echo("Written.")
    else:
        click.echo("Nothing was written; give --apply to write.")


@commands.command()
@click.argument("kind", type=click.Choice(["institutions", "practitioners", "procedures"]))
def template(kind: str) -> None:
    """Print a CSV table with the columns of KIND and a made-up row."""
    from .importing.templates import template as table

    click.echo(table(kind), nl=False)


@commands.command()
def reference() -> None:
    """Load or refresh departments, procedures and known prices that come with the platform."""
    from .actions import load_reference

    load_reference()
    click.echo("Departments, procedures and prices are up to date.")
