"""``sarangbang policy analyse``"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from .analysis import DIMENSIONS, MEASURES
from .refusing import refuse

FILE = click.Path(path_type=Path)
SHOWN = 60


def _dimensions(_context: click.Context, _option: click.Parameter, value: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in value.split(",") if word.strip())
    unknown = [word for word in words if word not in DIMENSIONS]
    if unknown or len(set(words)) != len(words) or not words:
        raise click.BadParameter(f"is a list of {', '.join(DIMENSIONS)}, each once at most")
    return words


@click.command(short_help="Add up what guests spent, over many rows.")
@click.argument("guests", type=FILE)
@click.argument("cards", type=FILE)
@click.option(
    "--by", callback=_dimensions, default=",".join(DIMENSIONS), show_default=True, help="What the rows are split by."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="Answer as CSV.")
def analyse(guests: Path, cards: Path, by: tuple[str, ...], as_json: bool, as_csv: bool) -> None:
    """What the guests in GUESTS spent according to CARDS, in one run over millions of rows.

    GUESTS (guest_id, nationality) and CARDS (guest_id, paid_on, sector, amount_krw) are Parquet or CSV. Every row is
    looked at first: an unknown sector or country, an amount below zero, a day that does not exist, a guest who stands
    there twice or not at all is refused with row and reason, and then nothing is computed.

    A guest counts once in a group and once in the total.

    Exit code: 0 computed, 2 a file cannot be used.
    """
    from sarangbang.directory.importing.problems import UnusableFile

    from .analysis import spending
    from .reading import Refused
    from .reading_cards import opened

    if as_json and as_csv:
        raise click.UsageError("Give --json or --csv, not both.")
    try:
        with opened(guests, cards) as (people, payments):
            frame = spending(people, payments, by).execute()
            whole = spending(people, payments, ()).execute()
    except (UnusableFile, Refused) as problem:
        refuse(getattr(problem, "path", cards), problem, as_json=as_json)
    if "month" in by:
        frame["month"] = [f"{day:%Y-%m}" for day in frame["month"]]
    rows: list[dict[str, Any]] = [
        {name: value if isinstance(value, str) else int(value) for name, value in row.items()}
        for row in frame.to_dict("records")
    ]
    total = {name: int(whole[name].iloc[0] or 0) for name in MEASURES}
    if as_json:
        click.echo(json.dumps({"by": list(by), "rows": rows, "total": total}, ensure_ascii=False))
    elif as_csv:
        click.echo(frame.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        _tell(by, rows, total)


def _tell(by: tuple[str, ...], rows: list[dict[str, Any]], total: dict[str, int]) -> None:
    widths = {name: max(len(name), 12) for name in by} | {"guests": 12, "payments": 14, "amount_krw": 22}
    click.echo(
        "".join(name.ljust(widths[name]) for name in by) + "".join(name.rjust(widths[name]) for name in MEASURES)
    )
    for row in rows[:SHOWN]:
        head = "".join(str(row[name]).ljust(widths[name]) for name in by)
        click.echo(head + "".join(f"{row[name]:,}".rjust(widths[name]) for name in MEASURES))
    if len(rows) > SHOWN:
        click.echo(f"and {len(rows) - SHOWN:,} more; --csv and --json give all")
    head = "total".ljust(sum(widths[name] for name in by))
    click.echo(head + "".join(f"{total[name]:,}".rjust(widths[name]) for name in MEASURES))
