"""What the command line says of a file that cannot be used."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NoReturn

import click

SHOWN = 50
"""So many wrong rows are shown to people; programs get all."""


def refuse(file: Path | None, problem: Exception, *, as_json: bool) -> NoReturn:
    """Say what is wrong with a file and leave with 2."""
    from .reading import Refused

    name = "standard input" if str(file) == "-" else str(file)
    errors = problem.errors if isinstance(problem, Refused) else []
    if as_json:
        told = [{"row": error.row, "column": error.column, "reason": error.reason} for error in errors]
        click.echo(json.dumps({"file": name, "error": None if errors else str(problem), "errors": told}))
    for error in errors[:SHOWN]:
        click.echo(f"{name}: row {error.row}, {error.column}: {error.reason}", err=True)
    if len(errors) > SHOWN:
        click.echo(f"{name}: and {len(errors) - SHOWN} more", err=True)
    click.echo(f"{name}: nothing was used." if errors else f"{name}: {problem}", err=True)
    sys.exit(2)
