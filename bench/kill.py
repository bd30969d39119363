"""Clients book while the server is killed again and again: ``python -m bench.kill``.

32 clients do 10,000 random things (hold, confirm, move, cancel) with idempotency keys. Five times meanwhile all web
processes are killed with SIGKILL and started again; on PostgreSQL every second time the database is killed, too.
Afterwards every answer that a client was given must be true.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import report
from .ledger import Book, Guest
from .servers import House, Postgres, Server, running, stop_when_told

CLIENTS, OPERATIONS, KILLS, PROCESSES = 32, 10_000, 5, 2
CLINICS, DOCTORS, VISITS = 4, 3, 60
"""Few enough that guests get in each other's way."""

LONGEST_SECONDS = 3600


@dataclass
class Done:
    """What the clients did, and how often the server died meanwhile."""

    book: Book
    kills: int
    seconds: float

    def problems(self) -> list[str]:
        """What went wrong while they worked."""
        unfinished = [f"{self.book.left} pieces of work left"] if self.book.left else []
        return [*self.book.broken, *unfinished]

    def __str__(self) -> str:
        told = self.book.told
        lines = [
            f"{told.total()} requests answered in {self.seconds:.0f} s, {self.kills} kills",
            f"  {self.book.lost} connections lost, {self.book.repeated} answers asked for twice",
            *(f"  {count:6} {name}" for name, count in sorted(told.items())),
        ]
        return "\n".join(lines)


def work(
    house: House,
    world: dict[str, Any],
    *,
    clients: int,
    operations: int,
    kills: int,
    processes: int,
    seed: int,
    also_kill: Callable[[int], None] | None = None,
) -> Done:
    """Let the clients work on this house, where ``world`` can be booked, and kill its server meanwhile."""
    server = house.server(processes)
    book = Book(left=operations)
    guests = [Guest(number, server.port, world, book, seed) for number in range(clients)]
    threads = [threading.Thread(target=guest.run, daemon=True) for guest in guests]
    began = time.monotonic()
    with running(server):
        for thread in threads:
            thread.start()
        killed = kill_between(server, book, operations, kills, also_kill)
        for thread in threads:
            thread.join(LONGEST_SECONDS)
    return Done(book, killed, time.monotonic() - began)


def kill_between(
    server: Server, book: Book, operations: int, kills: int, also_kill: Callable[[int], None] | None
) -> int:
    """Kill the server after equal parts of the work, and start it again; returns how often."""
    deadline = time.monotonic() + LONGEST_SECONDS
    for number in range(kills):
        until = operations - operations * (number + 1) // (kills + 1)
        while book.left > until:
            if book.broken or time.monotonic() > deadline:
                return number
            time.sleep(0.01)
        server.kill()
        if also_kill is not None:
            also_kill(number)
        server.start()
    return kills


def proven(database: str, asked: argparse.Namespace) -> tuple[str, bool]:
    """Work on a new house with this database; what came of it, in words, and whether all is well."""
    folder = Path(tempfile.mkdtemp(prefix="sarangbang-kill-"))
    try:
        with ExitStack() as stack:
            address, also_kill = f"sqlite:///{folder / 'house.sqlite3'}", None
            if database == "postgresql":
                postgres = stack.enter_context(Postgres())
                print(f"durability: {postgres.durability()}", flush=True)
                address, also_kill = postgres.make("house"), postgres.kill_every_second
            house = House(folder, address)
            world = json.loads(house.run("-m", "bench.world", str(CLINICS), str(DOCTORS)))
            world["visits"] = world["visits"][:VISITS]
            done = work(
                house, world, clients=asked.clients, operations=asked.operations, kills=asked.kills,
                processes=PROCESSES, seed=asked.seed, also_kill=also_kill,
            )  # fmt: skip
            ledger = folder / "ledger.json"
            ledger.write_text(json.dumps(done.book.as_json()), encoding="utf-8")
            found = json.loads(house.run("-m", "bench.audit", str(ledger)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    problems = done.problems() + found.pop("problems")
    said = "\n".join([f"{database}: {done}", f"  {found}", *(f"PROBLEM {each}" for each in problems)])
    print(said, flush=True)
    return said, not problems


def main() -> None:
    stop_when_told()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=OPERATIONS)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    outcomes = [proven(database, asked) for database in asked.database or ["sqlite", "postgresql"]]
    if not all(is_well for _said, is_well in outcomes):
        raise SystemExit(1)
    if asked.write:
        words = WORDS.format(
            day=report.today(), about=report.machine(), clients=asked.clients, operations=asked.operations,
            kills=asked.kills, processes=PROCESSES,
        )  # fmt: skip
        report.write("Killed servers", words + "\n\n".join(f"```\n{said}\n```" for said, _is_well in outcomes))


WORDS = """
`make bench-kill` on {day}: {about}. {clients} clients do {operations:,} random things (hold, confirm, move,
cancel), each with an idempotency key, at {processes} web processes; {kills} times all web processes are killed
with SIGKILL and started again, and with them every second time PostgreSQL (`fsync=on`; SQLite: WAL,
`synchronous=FULL`). A lost answer is asked for again with the same key; one in ten that did arrive is asked for
twice and must be the same. Afterwards `bench/audit.py` reads the tables: every appointment is as its guest was
last told and there is none that nobody was told of; no minute of a seat has two owners; claims are the ticks of
live reservations; histories make only allowed moves and end in the present status; every booking has one stay
and one message; when their ten minutes are over, housekeeping frees every hold. No problem was found.

""".lstrip()


if __name__ == "__main__":
    main()
