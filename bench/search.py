"""The search over the whole district, on both databases, with the data of today and ten times as much:
``python -m bench.search``. What is measured is in ``bench.search_data``."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from . import report
from .servers import House, Postgres, stop_when_told

PRACTITIONERS, BOOKINGS, GROWN = 3_000, 200_000, 10


def measured(database: str, times: int, searches: int, *, explain: bool = False) -> dict[str, Any]:
    """A new house with ``times`` as much data, and how long its first pages took."""
    folder = Path(tempfile.mkdtemp(prefix="sarangbang-search-"))
    try:
        with ExitStack() as stack:
            address = f"sqlite:///{folder / 'house.sqlite3'}"
            if database == "postgresql":
                address = stack.enter_context(Postgres()).make("house")
            house = House(folder, address)
            house.run("-m", "sarangbang.cli", "migrate")
            size = ["--practitioners", str(PRACTITIONERS * times), "--bookings", str(BOOKINGS * times)]
            more = ["--explain"] if explain else []
            said = house.run("-m", "bench.search_data", *size, "--searches", str(searches), *more)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return dict(json.loads(said))


def main() -> None:
    stop_when_told()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=300)
    parser.add_argument("--grown", type=int, default=GROWN, help="how many times the data (10; 1: only today's)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--explain", action="store_true", help="print the plans of the slowest search, too")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    rows = []
    for database in asked.database or ["postgresql", "sqlite"]:
        for times in sorted({1, asked.grown}):
            found = measured(database, times, asked.searches, explain=asked.explain)
            print(json.dumps(found), flush=True)
            rows.append(
                [
                    database,
                    f"{PRACTITIONERS * times:,}",
                    f"{found['bookings']:,}",
                    f"{found['p50_ms']:.1f}",
                    f"**{found['p95_ms']:.1f}**",
                    f"{found['own_cpu_p95_ms']:.1f}",
                    f"{found['queries_p50']:.0f}",
                ]
            )
    head = ["", "practitioners", "bookings", "p50, ms", "p95, ms", "processor p95, ms", "queries"]
    table = report.table(head, rows)
    print(table)
    if asked.write:
        report.write(
            "Search", WORDS.format(day=report.today(), about=report.machine(), searches=asked.searches) + table
        )


WORDS = """
`make bench-search` on {day}: {about}. The first page (20 times) of `scheduling.search.first_free`, over 90
days, for {searches} random wishes: procedure, arrival, length of stay, part of the day, language. Ten doctors
an institution, hours of three kinds; one process, no web server. "processor" is the time of that process alone.

""".lstrip()


if __name__ == "__main__":
    main()
