"""A year of guests and card payments, added up by month, nationality and sector: ibis on DuckDB beside pandas.

``python -m bench.policy [--guests 200000] [--cards 10000000] [--rounds 3] [--write]`` makes the rows (the same in every
run) as Parquet in a folder of its own, lets every side do the same work in a process of its own, in turns, and insists
that all come to the same result. With ``--write`` the page of benchmarks gets the table.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import report
from .servers import ROOT, stop_when_told

GUESTS, CARDS = 200_000, 10_000_000
CHUNK = 1_000_000
YEAR = "2025-01-01"
COUNTRIES = """
JP CN TW US TH MN VN KZ RU HK SG PH ID MY AU CA GB UZ AE FR DE KG IN KH MM SA KW QA TR UA BD NP LK MO NZ IT ES BR MX
EG IL OM BH JO PL CZ NL SE CH AT BE PT IE FI NO DK HU RO GR CL
"""
NATIONALITIES = COUNTRIES.split()
SECTOR_WEIGHTS = (0.34, 0.11, 0.17, 0.14, 0.08, 0.06, 0.07, 0.03)


def sectors() -> list[str]:
    from sarangbang.policy.spending import BY_CODE

    return list(BY_CODE)


# The rows


def make(folder: Path, guests: int, cards: int) -> None:
    """Guests whose nationalities thin out and who stay up to two weeks in their season, some of whom pay far more often
    than others; numbers from one seed, in chunks."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(2025)
    weights = 1 / np.arange(1, len(NATIONALITIES) + 1) ** 1.1
    home = rng.choice(len(NATIONALITIES), guests, p=weights / weights.sum())
    table = pa.table({"guest_id": np.arange(guests, dtype="int64"), "nationality": np.array(NATIONALITIES)[home]})
    pq.write_table(table, folder / "guests.parquet")
    names = pa.array(sectors())
    season = 1 + 0.25 * np.sin(2 * np.pi * (np.arange(365) - 60) / 365)
    arrival = rng.choice(365, guests, p=season / season.sum())
    stay = rng.integers(1, 15, guests)
    often = np.cumsum(rng.exponential(1, guests))
    schema = pa.schema(
        [("guest_id", pa.int64()), ("paid_on", pa.date32()), ("sector", pa.string()), ("amount_krw", pa.int64())]
    )
    first = np.datetime64(YEAR)
    with pq.ParquetWriter(folder / "cards.parquet", schema) as writer:
        for start in range(0, cards, CHUNK):
            many = min(CHUNK, cards - start)
            guest = np.searchsorted(often, rng.random(many) * often[-1])
            days = np.minimum(arrival[guest] + (rng.random(many) * stay[guest]).astype("int64"), 364)
            sector = rng.choice(len(names), many, p=SECTOR_WEIGHTS)
            chunk = {
                "guest_id": guest,
                "paid_on": pa.array(first + days),
                "sector": names.take(pa.array(sector)),
                "amount_krw": (rng.lognormal(11, 1.2, many) // 10 * 10).astype("int64"),
            }
            writer.write_table(pa.table(chunk, schema=schema))


# The sides. Each gives rows of (month, nationality, sector, guests, payments, won) in order.

Rows = Iterator[tuple[str, str, str, int, int, int]]


def with_ibis(folder: Path) -> Rows:
    """The expression of the house on DuckDB."""
    import ibis

    from sarangbang.policy.analysis import spending

    connection = ibis.duckdb.connect()
    guests, cards = (connection.read_parquet(str(folder / f"{name}.parquet")) for name in ("guests", "cards"))
    yield from _rows(spending(guests, cards).execute())


def with_checks(folder: Path) -> Rows:
    """As the command line does it: every row is looked at first."""
    from sarangbang.policy.analysis import spending
    from sarangbang.policy.reading_cards import opened

    with opened(folder / "guests.parquet", folder / "cards.parquet") as (guests, cards):
        yield from _rows(spending(guests, cards).execute())


def with_pandas(folder: Path) -> Rows:
    """pandas as one who knows it well writes it: words as categories, months as numbers, first by guest as we do."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    guests = pq.read_table(folder / "guests.parquet").to_pandas(strings_to_categorical=True)
    table = pq.read_table(folder / "cards.parquet", read_dictionary=["sector"])
    at = table.schema.get_field_index("paid_on")
    table = table.set_column(at, "paid_on", table["paid_on"].cast(pa.timestamp("s")))
    cards = table.to_pandas(split_blocks=True, self_destruct=True)
    del table
    cards["month"] = cards["paid_on"].to_numpy().astype("datetime64[M]").astype("int64")
    by_guest = cards.groupby(["guest_id", "month", "sector"], observed=True, sort=False)
    each = by_guest.agg(payments=("amount_krw", "size"), amount_krw=("amount_krw", "sum")).reset_index()
    grouped = each.merge(guests, on="guest_id").groupby(["month", "nationality", "sector"], observed=True)
    found = grouped.agg(guests=("guest_id", "size"), payments=("payments", "sum"), amount_krw=("amount_krw", "sum"))
    found = found.reset_index()
    found["month"] = pd.to_datetime(found["month"].to_numpy().astype("datetime64[M]"))
    yield from _rows(found)


def with_plain_pandas(folder: Path) -> Rows:
    """pandas as one writes it at first."""
    import pandas as pd

    paid = pd.read_parquet(folder / "cards.parquet").merge(pd.read_parquet(folder / "guests.parquet"), on="guest_id")
    paid["month"] = pd.to_datetime(paid["paid_on"]).dt.to_period("M").dt.to_timestamp()
    found = paid.groupby(["month", "nationality", "sector"]).agg(
        guests=("guest_id", "nunique"), payments=("guest_id", "size"), amount_krw=("amount_krw", "sum")
    )
    yield from _rows(found.reset_index())


def _rows(frame: Any) -> Rows:
    kept = [
        (f"{month:%Y-%m}", str(nationality), str(sector), int(guests), int(payments), int(won))
        for month, nationality, sector, guests, payments, won in frame.itertuples(index=False)
    ]
    yield from sorted(kept)


DUCK = ("ibis", "ibis.backends.duckdb", "pandas")
PANDAS = ("pandas", "pyarrow.parquet")
SIDES: dict[str, tuple[str, Callable[[Path], Rows], tuple[str, ...]]] = {
    "ibis": ("ibis on DuckDB", with_ibis, (*DUCK, "sarangbang.policy.analysis")),
    "checked": ("the same, every row looked at first (`policy analyse`)", with_checks,
                (*DUCK, "sarangbang.policy.reading_cards")),
    "pandas": ("pandas, written with care", with_pandas, PANDAS),
    "plain": ("pandas, as written at first", with_plain_pandas, PANDAS),
}  # fmt: skip
"""Name, work, and what is imported before."""
PEER = "pandas"


def measure(side: str, folder: Path) -> dict[str, Any]:
    """The work of one side in this process without its imports: time by the clock and of the processor, memory at its
    highest, and what came out."""
    _name, work, modules = SIDES[side]
    started = time.perf_counter()
    for module in modules:
        importlib.import_module(module)
    began, worked = time.perf_counter(), time.process_time()
    rows = list(work(folder))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": time.perf_counter() - began,
        "start": began - started,
        "processor": time.process_time() - worked,
        "peak_mib": used.ru_maxrss / 1024,
        "groups": len(rows),
        "payments": sum(row[4] for row in rows),
        "won": sum(row[5] for row in rows),
        "digest": hashlib.sha256(json.dumps(rows).encode()).hexdigest(),
    }


def apart(side: str, folder: Path) -> dict[str, Any]:
    """``measure`` in a process of its own."""
    command = [sys.executable, "-m", "bench.policy", "--side", side, "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{side}: {done.stderr.strip()[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def compare(folder: Path, rounds: int, sides: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Every side ``rounds`` times, in turns. All must come to the same rows."""
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    for _round in range(rounds):
        for side in sides:
            one = apart(side, folder)
            print(json.dumps({"side": side, **one}), flush=True)
            found[side].append(one)
    results = {one["digest"] for runs in found.values() for one in runs}
    assert len(results) == 1, f"the sides come to different results: {results}"
    return found


def told(found: dict[str, list[dict[str, Any]]]) -> str:
    """The table: medians, and how many times less than the peer each side takes."""

    def middle(side: str, name: str) -> float:
        return statistics.median(one[name] for one in found[side])

    rows = []
    for side, runs in found.items():
        times = [one["seconds"] for one in runs]
        rows.append(
            [
                SIDES[side][0],
                f"**{middle(side, 'seconds'):.1f}**",
                f"{min(times):.1f} – {max(times):.1f}",
                f"{middle(side, 'start'):.1f}",
                f"{middle(side, 'processor'):.1f}",
                f"{middle(side, 'peak_mib'):,.0f}",
                f"{middle(PEER, 'seconds') / middle(side, 'seconds'):.1f}" if PEER in found else "",
                f"{middle(PEER, 'processor') / middle(side, 'processor'):.1f}" if PEER in found else "",
                f"{middle(PEER, 'peak_mib') / middle(side, 'peak_mib'):.1f}" if PEER in found else "",
            ]
        )
    head = [
        "",
        "seconds",
        "rounds",
        "imports, s",
        "processor, s",
        "peak, MiB",
        "× faster",
        "× less processor",
        "× less memory",
    ]
    return report.table(head, rows)


def main() -> None:
    stop_when_told()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guests", type=int, default=GUESTS)
    parser.add_argument("--cards", type=int, default=CARDS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sides", default=",".join(SIDES), help="which of them, with commas")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.side:
        print(json.dumps(measure(asked.side, asked.folder)))
        return
    folder = Path(tempfile.mkdtemp(prefix="sarangbang-policy-"))
    try:
        make(folder, asked.guests, asked.cards)
        size = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
        found = compare(folder, asked.rounds, asked.sides.split(","))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table = told(found)
    print(table)
    if asked.write:
        one = next(iter(found.values()))[0]
        words = WORDS.format(
            day=report.today(), about=report.machine(), versions=versions(), guests=asked.guests, cards=asked.cards,
            rounds=asked.rounds, groups=one["groups"], size=size, load=load(), busy=busy(),
        )  # fmt: skip
        report.write("Analysis over many rows", words + table)


def versions() -> str:
    import duckdb
    import ibis
    import pandas as pd

    return f"ibis {ibis.__version__}, DuckDB {duckdb.__version__}, pandas {pd.__version__}"


def load() -> str:
    return f"{os.getloadavg()[2]:.1f}"


def busy() -> str:
    """What to say when others used the machine at the same time."""
    return BUSY if os.getloadavg()[2] > (os.cpu_count() or 1) else ""


WORDS = """
`make bench-policy` on {day}: {about}; {versions} (load over the last quarter of an hour: {load}). {guests:,} guests of
a year and {cards:,} card payments, {size:.0f} MiB of Parquet made from a fixed seed, joined and added up by month,
nationality and sector: {groups:,} groups with guests (each once), payments and won. Every side reads the files and
works in a process of its own, in turns; medians of {rounds} rounds. All sides came to the same rows.
DuckDB uses both cores, pandas one; "processor" is the time of all of them, which a busy machine changes little. "×"
compares with pandas, written with care; memory is the highest that was resident.{busy}

""".lstrip()
BUSY = " Others used the machine, too: read processor and memory, not the seconds."


if __name__ == "__main__":
    main()
