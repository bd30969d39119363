"""How booking grows with the data: ``python -m bench.booking_growth``.

Clinics like those of ``bench.booking`` are booked in three houses: an empty one, one with the district of
``bench.search`` and its bookings beside them, and one with ten times as much. The houses take turns.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from . import report
from .booking import CLINICS, DOCTORS, Bookings, Side, line_of, measured
from .search import BOOKINGS, GROWN, PRACTITIONERS
from .servers import House, Postgres, stop_when_told


def house_with(folder: Path, address: str, bookings: int) -> Side:
    """A house with so many bookings, and practitioners for them, beside the clinics that are booked."""
    house = House(folder, address)
    house.run("-m", "sarangbang.cli", "migrate")
    if bookings:
        size = ["--practitioners", str(bookings * PRACTITIONERS // BOOKINGS), "--bookings", str(bookings)]
        house.run("-m", "bench.search_data", *size, "--searches", "0")
    world = json.loads(house.run("-m", "bench.world", str(CLINICS), str(DOCTORS)))
    return Side(f"{bookings:,}", house.server, Bookings(world).at_once)


def main() -> None:
    stop_when_told()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each house (5)")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of a round (8)")
    parser.add_argument("--processes", type=int, default=2, help="web processes (2)")
    parser.add_argument("--bookings", type=int, default=BOOKINGS, help="in the second house (200,000)")
    parser.add_argument("--grown", type=int, default=GROWN, help="how many times the data in the last house (10)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    rows = []
    for database in asked.database or ["postgresql", "sqlite"]:
        folder = Path(tempfile.mkdtemp(prefix="sarangbang-growth-"))
        try:
            with ExitStack() as stack:
                postgres = stack.enter_context(Postgres()) if database == "postgresql" else None
                sides = []
                for times in (0, 1, asked.grown):
                    here = folder / str(times)
                    address = postgres.make(f"house{times}") if postgres else f"sqlite:///{here / 'house.sqlite3'}"
                    sides.append(house_with(here, address, asked.bookings * times))
                for name, rounds in measured(sides, asked.processes, asked.rounds, asked.seconds).items():
                    line = line_of(name, asked.processes, rounds)
                    print(database, line, flush=True)
                    rows.append(
                        [database, name, f"**{line.rate:.1f}**", f"{line.slowest:.1f} – {line.fastest:.1f}",
                         f"{line.p50:.0f}", f"{line.p95:.0f}", f"{line.work:.1f}"]
                    )  # fmt: skip
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    table = report.table(["", "bookings before", "per second", "rounds", "p50, ms", "p95, ms", "processor, ms"], rows)
    print(table)
    if asked.write:
        report.write("Booking as the data grows", WORDS.format(day=report.today(), about=report.machine(),
                     rounds=asked.rounds, seconds=asked.seconds, processes=asked.processes, bookings=asked.bookings,
                     grown=asked.grown) + table)  # fmt: skip


WORDS = """
`python -m bench.booking_growth` on {day}: {about}. The same bookings as above, {processes} web processes, in houses
that have nothing else, {bookings:,} bookings (each with its guest and its claims), and {grown} times as many, with 15
practitioners for each 1,000; medians of {rounds} rounds of {seconds:.0f} seconds, the houses take turns.

""".lstrip()


if __name__ == "__main__":
    main()
