"""Clients who book, move and cancel at random, and remember every answer that they were given.

A lost answer is asked for again with the same key until somebody answers; so at the end nothing is open, and what a
client remembers must stand in the database (``bench.audit``).
"""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .calling import Caller
from .world import guest

PATIENCE_SECONDS = 120
AGAIN = 0.1
"""So many answers that did arrive are asked for once more: they must be the same."""

MEANT = {201, 200, 409, 422}
"""Answers that a client who does everything right can get; 422 when a time is not offered."""


class Broken(AssertionError):
    """The server said something that cannot be."""


@dataclass
class Known:
    """What a client was last told of one appointment."""

    id: str
    token: str
    status: str
    starts_at: str
    practitioner: str
    hold_expires_at: str | None

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Known:
        return cls(**{each.name: answer[each.name] for each in fields(cls)})

    def update(self, answer: dict[str, Any]) -> None:
        """What the client was told last is what counts."""
        vars(self).update(vars(Known.of(answer)))

    def is_live(self) -> bool:
        """Whether it is booked, or held for some time yet."""
        soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=3)
        until = self.hold_expires_at
        return self.status == "booked" or (until is not None and dt.datetime.fromisoformat(until) > soon)


@dataclass
class Book:
    """What all clients share: the work that is left, and what they were told."""

    left: int
    known: list[Known] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    repeated: int = 0
    broken: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        """One piece of work, if any is left."""
        with self.lock:
            if self.left <= 0 or self.broken:
                return False
            self.left -= 1
            return True

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(each) for each in self.known]


class Guest:
    """One client with appointments of its own."""

    def __init__(self, number: int, port: int, world: dict[str, Any], book: Book, seed: int) -> None:
        self.number, self.book = number, book
        self.chance = random.Random(f"{seed}/{number}")
        self.caller = Caller(port)
        self.offers, self.visits = world["offers"], world["visits"]
        self.mine: list[Known] = []
        self.count = 0

    def run(self) -> None:
        """Work until none is left."""
        try:
            while self.book.take():
                self.step()
        except Exception as error:  # noqa: BLE001 (told by whoever started the thread)
            with self.book.lock:
                self.book.broken.append(f"client {self.number}: {error!r}")
        finally:
            with self.book.lock:
                self.book.known += self.mine

    def step(self) -> None:
        """One thing that a guest may do: hold, confirm, move, cancel."""
        live = [each for each in self.mine if each.is_live()]
        held = [each for each in live if each.status == "held"]
        if not live or len(live) < 3:
            self.hold()
        elif held and self.chance.random() < 0.5:
            self.change(self.chance.choice(held), "confirm", guest(self.number))
        else:
            verb = self.chance.choices(["hold", "move", "cancel"], [3, 5, 3])[0]
            one = self.chance.choice(live)
            if verb == "hold":
                self.hold()
            elif verb == "cancel":
                self.change(one, "cancel", {"reason": "changed my mind"})
            else:
                self.change(one, "move", {"starts_at": self.chance.choice(self.visits)})

    def hold(self) -> None:
        """Hold a time that others may want, too."""
        wish = {**self.chance.choice(self.offers), "starts_at": self.chance.choice(self.visits)}
        status, answer = self.ask("/api/v1/holds", wish)
        if status == 201:
            self.mine.append(Known.of(answer))

    def change(self, known: Known, verb: str, body: dict[str, Any]) -> None:
        """Confirm, move or cancel; what is refused stays as it was."""
        status, answer = self.ask(f"/api/v1/appointments/{known.token}/{verb}", body)
        if status == 200:
            if answer["id"] != known.id:
                raise Broken(f"{verb} answered for another appointment")
            known.update(answer)

    def ask(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """The answer to one request, however often the server dies meanwhile."""
        self.count += 1
        key = f"guest-{self.number}-{self.count:06}"
        status, answer = self.insist(path, body, key)
        if self.chance.random() < AGAIN and status in {200, 201}:
            again = self.insist(path, body, key)
            self.book.repeated += 1
            if again != (status, answer):
                raise Broken(f"{path}: {(status, answer)} and then {again}")
        name = path.rsplit("/", 1)[-1]
        with self.book.lock:
            self.book.told[f"{name} {status} {answer.get('code', '')}".strip()] += 1
        return status, answer

    def insist(self, path: str, body: dict[str, Any], key: str) -> tuple[int, Any]:
        """Ask until somebody answers."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                status, answer = self.caller.post(path, body, Idempotency_Key=key)
            except OSError:
                self.book.lost += 1
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
                continue
            if status not in MEANT:
                raise Broken(f"{path}: {status} {answer}")
            return status, answer
