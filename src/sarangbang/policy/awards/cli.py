"""``sarangbang policy awards …``"""

from __future__ import annotations

import json
from pathlib import Path

import click

from sarangbang.policy.refusing import refuse

FILE = click.Path(path_type=Path, allow_dash=True)


@click.group()
def awards() -> None:
    """The awards ledger: what was received, what it rests on, and what is claimed twice."""


@awards.command(short_help="Add awards from a file, or correct them.")
@click.argument("path", type=FILE, metavar="FILE")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
def load(path: Path, dry_run: bool, as_json: bool) -> None:
    """Load FILE (CSV, XLSX, JSON): title, giver, level, and received_on or due_on; also state, prize_krw,
    prize_reference, evidence (codes of figures), achievement, criteria, source, note.

    A row that corrects an award names its code and a reason. Nothing is overwritten, and loading a file again changes
    nothing.

    Exit code: 0 fine, 2 the file cannot be used (nothing was written).
    """
    from sarangbang.directory.importing.problems import UnusableFile
    from sarangbang.policy.reading import Refused

    from .importing import load_awards

    try:
        outcome = load_awards(path, actor="system", apply=not dry_run)
    except (UnusableFile, Refused) as problem:
        refuse(path, problem, as_json=as_json)
    if as_json:
        counts = {name: getattr(outcome, name) for name in ("created", "revised", "unchanged", "applied")}
        click.echo(json.dumps(counts))
        return
    click.echo(f"{outcome.created} new, {outcome.revised} corrected, {outcome.unchanged} unchanged")
    click.echo("Written." if outcome.applied else "Nothing was written.")


@awards.command(name="list", short_help="Sums beside what was said of them, and every award with its warnings.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
def listed(as_json: bool) -> None:
    """Awards received, their prize money and its use, beside the published claims; deadlines; warnings."""
    from django.utils import timezone

    from . import data, ledger

    known = ledger.standings()
    ahead = [
        {"code": one.standing.code, "title": one.standing.entry.title, "due_on": str(one.standing.entry.due_on),
         "days": one.days}
        for one in ledger.deadlines(known, timezone.localdate())
    ]  # fmt: skip
    sums, rows = data.summary(known), data.rows(known)
    if as_json:
        click.echo(json.dumps({"sums": sums, "deadlines": ahead, "awards": rows}, ensure_ascii=False))
        return
    click.echo(f"{sums['awards']} awards, {sums['prize_krw']:,} won, of which {sums['prize_used_krw']:,} used")
    for claim in sums["claims"]:
        shown = "shown" if claim["is_shown"] else f"{claim['gap']:,.0f} not shown"
        click.echo(f"  {claim['figure']} ({claim['period']}): {claim['claimed']:,.0f} said, "
                   f"{claim['in_ledger']:,.0f} in the ledger, {shown}")  # fmt: skip
    for call in ahead:
        click.echo(f"  due {call['due_on']} ({call['days']} days): {call['title']} [{call['code']}]")
    for row in rows:
        warnings = [*(f"later revised: {name}" for name in row["later_revised"]),
                    *(f"as well as {name}" for name in row["claimed_twice_with"])]  # fmt: skip
        click.echo(f"  {row['received_on']}  {row['title']} ({row['giver']}, {row['level']}), {row['prize_krw']:,} won"
                   f"{''.join(f'; {warning}' for warning in warnings)}")  # fmt: skip
