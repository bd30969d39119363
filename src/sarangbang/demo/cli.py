"""``sarangbang demo …``"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from .sizes import SIZES

if TYPE_CHECKING:
    from .town import Progress


@click.group()
def commands() -> None:
    """The fictional demo district."""


@contextmanager
def bars() -> Iterator[Progress]:
    """A progress bar on standard error for each thing that is made."""
    current: dict[str, Any] = {"what": "", "bar": None, "done": 0}

    def close() -> None:
        if current["bar"] is not None:
            current["bar"].__exit__(None, None, None)

    def tell(what: str, done: int, of: int) -> None:
        if what != current["what"]:
            close()
            bar = click.progressbar(length=of, label=f"{what:<22}", file=sys.stderr, update_min_steps=max(1, of // 200))
            current.update(what=what, bar=bar.__enter__(), done=0)
        current["bar"].update(done - current["done"])
        current["done"] = done

    try:
        yield tell
    finally:
        close()


@contextmanager
def _quiet() -> Iterator[None]:
    yield None


@commands.command()
@click.option(
    "--size",
    type=click.Choice(list(SIZES)),
    default="small",
    show_default=True,
    help="; ".join(f"{size.name}: {size.summary}" for size in SIZES.values()),
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Same seed, same district."
)
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Korean calendar day around which the district lives, looked at 10 in the morning. Default: now.",
)
@click.option("--replace", is_flag=True, help="Make a demo district anew; other data is never replaced.")
@click.option("--if-empty", is_flag=True, help="Do nothing when the database is not empty.")
@click.option("--progress/--no-progress", default=None, help="Show progress bars. Default: on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Say what was made as JSON.")
def load(
    size: str,
    seed: int,
    today: dt.datetime | None,
    replace: bool,
    if_empty: bool,
    progress: bool | None,
    as_json: bool,
) -> None:
    """Fill an empty database with a fictional district.

    Everything is loaded, or nothing. Exit code 1 when the database is not empty.
    """
    from . import loading

    if if_empty and not loading.is_empty():
        click.echo(json.dumps({"loaded": False}) if as_json else "The database is not empty; nothing was loaded.")
        return
    day = today.date() if today else None
    if day and not dt.date(2015, 1, 1) <= day <= dt.date(2095, 1, 1):
        raise click.BadParameter("a day from 2015 to 2094", param_hint="--today")
    show = sys.stderr.isatty() if progress is None else progress
    try:
        with bars() if show else _quiet() as tell:
            loaded = loading.load(SIZES[size], seed=seed, today=day, replace=replace, progress=tell)
    except loading.NotEmpty as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)
    if as_json:
        told = {"loaded": True, "size": loaded.size, "seed": loaded.seed, "today": loaded.today.isoformat()}
        click.echo(json.dumps({**told, "rows": loaded.rows}))
        return
    click.echo(f"Loaded the {loaded.size} demo district around {loaded.today} (seed {loaded.seed}):")
    for label, count in loaded.rows.items():
        click.echo(f"  {label:<36}{count:>12,}")
