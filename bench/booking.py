"""Confirmed bookings per second and how long one takes, beside pretix: ``python -m bench.booking``.

One confirmed booking is one request here and in pretix (create an order); the guests' own way of two requests (hold,
confirm) is measured beside it. All are asked by the same client: as many threads as the server has, each with one kept
connection, which wait for the answer and ask again. The servers take turns in short rounds, so that a slow minute of
the machine meets all of them; the medians count.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import report, rival
from .calling import Caller, Round, press
from .servers import House, Postgres, Server, running, stop_when_told
from .world import guest

CLINICS, DOCTORS = 32, 2
PROCESSES = (1, 2, 4)
THREADS = rival.THREADS
WARM_UP_SECONDS = 3.0
"""For each web process: each of its threads puts statements together and has them planned on its own connection."""
OURS_POSTGRESQL, OURS_SQLITE, PRETIX = "Sarangbang, PostgreSQL", "Sarangbang, SQLite", "pretix, PostgreSQL"
OURS_IN_TWO = "Sarangbang, hold and confirm, PostgreSQL"


@dataclass
class Side:
    """One of those who are compared: how to start it, and how to make a client's work."""

    name: str
    server: Callable[[int], Server]
    work: Callable[[int], Callable[[], str | None]]
    """Of a port: one confirmed booking; returns None, or what went wrong."""


class Bookings:
    """Times to book, each given away once, spread over all doctors."""

    def __init__(self, world: dict[str, Any]) -> None:
        pairs = ((offer, visit) for visit in world["visits"] for offer in world["offers"])
        self.times = iter(list(pairs))
        self.numbers = itertools.count()

    def at_once(self, port: int) -> Callable[[], str | None]:
        """A booking in one request."""
        caller = Caller(port)

        def book() -> str | None:
            offer, visit = next(self.times)
            number = next(self.numbers)
            body = {**offer, "starts_at": visit, **guest(number)}
            status, booked = caller.post("/api/v1/appointments", body, Idempotency_Key=f"bench-{number:012}")
            return None if (status, booked.get("status")) == (201, "booked") else f"book: {status} {booked}"

        return book

    def held_first(self, port: int) -> Callable[[], str | None]:
        """A booking in two requests."""
        caller = Caller(port)

        def book() -> str | None:
            offer, visit = next(self.times)
            number = next(self.numbers)
            status, held = caller.post(
                "/api/v1/holds", {**offer, "starts_at": visit}, Idempotency_Key=f"bench-{number:012}"
            )
            if status != 201:
                return f"hold: {status} {held}"
            status, booked = caller.post(f"/api/v1/appointments/{held['token']}/confirm", guest(number))
            return None if (status, booked.get("status")) == (200, "booked") else f"confirm: {status} {booked}"

        return book


class Orders:
    """Orders of one free product each, of another product every time."""

    def __init__(self, shop: dict[str, Any]) -> None:
        self.shop = shop
        self.numbers = itertools.count()

    def work(self, port: int) -> Callable[[], str | None]:
        caller = Caller(port, {"Authorization": f"Token {self.shop['token']}"})

        def order() -> str | None:
            number = next(self.numbers)
            body = {
                "email": f"guest-{number}@guest.example",
                "phone": "+97699112233",
                "locale": "en",
                "sales_channel": "web",
                "payment_provider": "free",
                "send_email": True,
                "positions": [
                    {
                        "item": self.shop["items"][number % len(self.shop["items"])],
                        "price": "0.00",
                        "attendee_name_parts": {"full_name": f"Batbayar Sarnai {number}"},
                    }
                ],
            }
            status, made = caller.post(f"{self.shop['path']}/orders/", body, X_Idempotency_Key=f"bench-{number:012}")
            return None if (status, made.get("status")) == (201, "p") else f"order: {status} {made}"

        return order


def statements(sides: list[Side], postgres: Postgres) -> dict[str, int]:
    """How many statements PostgreSQL carries out for one confirmed booking of each side that uses it, however many of
    them travel together."""
    found = {}
    for side in sides:
        server = side.server(1)
        if side.name != OURS_SQLITE:
            with running(server):
                work = side.work(server.port)
                for _first in range(3):
                    work()
                found[side.name] = postgres.statements(work)
    return found


def measured(sides: list[Side], processes: int, rounds: int, seconds: float) -> dict[str, list[Round]]:
    """The rounds of every side with so many web processes. Raises ``RuntimeError`` when a piece of work failed."""
    servers = {side.name: side.server(processes) for side in sides}
    found: dict[str, list[Round]] = {side.name: [] for side in sides}
    with running(*servers.values()):
        works = {
            side.name: [side.work(servers[side.name].port) for _client in range(THREADS * processes)] for side in sides
        }
        for side in sides:
            press(works[side.name], WARM_UP_SECONDS * processes)
        for _round in range(rounds):
            for side in sides:
                result = press(works[side.name], seconds, servers[side.name].processor_seconds)
                if result.failed:
                    raise RuntimeError(f"{side.name}: {result.failed[0]}")
                found[side.name].append(result)
    return found


@contextlib.contextmanager
def all_sides(folder: Path, postgres: Postgres, names: set[str]) -> Iterator[list[Side]]:
    """Those who are compared, with their databases filled."""
    sides = []
    with contextlib.ExitStack() as stack:
        addresses = {OURS_POSTGRESQL: postgres.make("house"), OURS_SQLITE: f"sqlite:///{folder / 'house.sqlite3'}"}
        for name, address in addresses.items():
            if name in names:
                house = House(folder / name.split()[-1].lower(), address)
                world = json.loads(house.run("-m", "bench.world", str(CLINICS), str(DOCTORS)))
                bookings = Bookings(world)
                sides.append(Side(name, house.server, bookings.at_once))
                if name == OURS_POSTGRESQL:
                    sides.append(Side(OURS_IN_TWO, house.server, bookings.held_first))
        if PRETIX in names:
            shop = stack.enter_context(rival.Pretix(folder / "pretix", postgres, CLINICS * DOCTORS))
            sides.append(Side(PRETIX, shop.server, Orders(shop.shop).work))
        yield sides


def line_of(side: str, processes: int, rounds: list[Round]) -> report.Line:
    """The medians of the rounds."""
    return report.Line(
        side,
        processes,
        rate=statistics.median(each.rate for each in rounds),
        p50=statistics.median(each.quantile(0.5) for each in rounds) * 1000,
        p95=statistics.median(each.quantile(0.95) for each in rounds) * 1000,
        slowest=min(each.rate for each in rounds),
        fastest=max(each.rate for each in rounds),
        work=statistics.median(each.processor / max(1, len(each.took)) for each in rounds) * 1000,
    )


WORDS = """
`make bench-booking` on {day}: {about}; {durable}, SQLite with WAL and `synchronous=FULL`. Servers, databases and
client share the machine (load over the last quarter of an hour: {load:.1f}). Medians of {rounds} rounds of
{seconds:.0f} seconds; the sides take turns.

- **One confirmed booking here** is one request with an idempotency key: the rules are checked, the ticks claimed,
  guest, stay, consents, three links, promise, history, audit rows, reminders, and the message in the outbox with its
  task are written, in one transaction. That is {ours} statements of PostgreSQL, of which most travel together, each
  planned once for each connection.
  "Hold and confirm" is the way of guests who fill in a form: two requests, {two} statements. Limits of requests per
  visitor are off; everything else is as `sarangbang serve` has it in production.
- **One confirmed order in pretix** {version} is one request: a free product whose quota is locked and checked, the
  order paid with "free", log entries, and the confirmation (`send_email`) rendered and put into the queue, which
  nobody works off. That is {theirs} statements of PostgreSQL. It has an idempotency key, too. Every client orders from
  another quota, so that nobody waits for a lock. As its handbook installs it: the same PostgreSQL, Redis for cache,
  sessions and queue, no debugging.
- **Alike for both**: granian with the same settings (WSGI, four threads a process), the same client (as many
  threads as the server has, kept connections, {warm:.0f} seconds of warm-up for each process), the same durability,
  e-mails queued and not sent.
- "processor" is the processor time of the web processes per confirmed booking; it says what a booking costs, also
  when something else keeps the machine busy.
""".strip()
"""What was compared, for the page."""


def main() -> None:
    stop_when_told()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each side (5)")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of a round (8)")
    parser.add_argument("--processes", type=int, nargs="*", default=list(PROCESSES), help="web processes (1 2 4)")
    parser.add_argument("--without-pretix", action="store_true", help="only ours")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and its picture")
    asked = parser.parse_args()
    names = {OURS_POSTGRESQL, OURS_SQLITE} | (set() if asked.without_pretix else {PRETIX})
    folder = Path(tempfile.mkdtemp(prefix="sarangbang-bench-"))
    lines: list[report.Line] = []
    try:
        with Postgres() as postgres, all_sides(folder, postgres, names) as sides:
            about = f"{report.machine()}, PostgreSQL {postgres.ask('SHOW server_version').split()[0]}"
            durable = ", ".join(f"`{name}={value}`" for name, value in postgres.durability().items())
            asked_for = statements(sides, postgres)
            print(f"{about}; {durable}; statements {asked_for}", flush=True)
            for processes in asked.processes:
                for name, rounds in measured(sides, processes, asked.rounds, asked.seconds).items():
                    lines.append(line_of(name, processes, rounds))
                    print(lines[-1], flush=True)
    except rival.NotHere as why:
        raise SystemExit(f"{why}. Without it: --without-pretix") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table = report.booking(lines, PRETIX, OURS_POSTGRESQL)
    print(table)
    if asked.write:
        words = WORDS.format(
            about=about,
            durable=durable,
            day=report.today(),
            warm=WARM_UP_SECONDS,
            rounds=asked.rounds,
            seconds=asked.seconds,
            ours=asked_for[OURS_POSTGRESQL],
            two=asked_for[OURS_IN_TWO],
            theirs=asked_for.get(PRETIX, "?"),
            version=rival.VERSION,
            load=os.getloadavg()[2],
        )
        report.write("Booking", f"{words}\n\n{table}\n\n{report.bookings_plot(lines)}")


if __name__ == "__main__":
    main()
