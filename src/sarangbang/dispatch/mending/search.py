"""The search for the least disturbing way out: times of appointments × interpreters × rides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod

from sarangbang.dispatch.model import INF, Request

from .facts import Facts
from .jobs import Crew, Jobs
from .model import Appointment, Slot
from .rides import Fleet, Rides

EVERYTHING = 100
"""Choices of times up to which all of them are tried on a tiny day."""

Rank = tuple[int, tuple[int, ...], int, float]


@dataclass(frozen=True, slots=True)
class Choice:
    """Appointments that get another time, and those that are given up at theirs: the guest is fetched all the same."""

    slots: Mapping[str, Slot] = field(default_factory=dict)
    stuck: frozenset[str] = frozenset()

    def with_slot(self, key: str, slot: Slot) -> Choice:
        return Choice({**self.slots, key: slot}, self.stuck - {key})

    def given_up(self, key: str) -> Choice:
        return Choice({name: slot for name, slot in self.slots.items() if name != key}, self.stuck | {key})

    def as_it_was(self, key: str) -> Choice:
        return Choice({name: slot for name, slot in self.slots.items() if name != key}, self.stuck - {key})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a choice leads to."""

    choice: Choice
    crew: Crew
    fleet: Fleet
    rank: Rank


class Search:
    """Tries choices; ``best`` is the least disturbing so far."""

    def __init__(self, facts: Facts, clock: Callable[[], float], until: float) -> None:
        self.facts, self.clock, self.until = facts, clock, until
        self.slots = {key: self._usable(one) for key, one in facts.appointments.items() if facts.movable(key)}
        self.rides = Rides(facts, clock)
        self.jobs = Jobs(facts, self.slots)
        self.fleets: dict[object, Fleet] = {}
        late = frozenset(key for key in facts.late if not self._in_time(key))
        self.best = self.outcome(Choice(stuck=late))
        self.codes = dict.fromkeys(late, "guest-late")

    def _in_time(self, key: str) -> bool:
        one = self.facts.appointments[key]
        return self.facts.there(key) <= one.start + one.patience

    def _usable(self, one: Appointment) -> tuple[Slot, ...]:
        there = self.facts.there(one.key) - one.patience
        return tuple(
            slot
            for slot in sorted(one.slots, key=lambda slot: (abs(slot.start - one.start), slot.start, slot.end))
            if slot.start >= max(self.facts.now, there) and (slot.start, slot.end) != (one.start, one.end)
            and self.facts.windows(one.key, slot.start) is not None
        )  # fmt: skip

    @property
    def spent(self) -> bool:
        return self.clock() >= self.until

    # what a choice leads to

    def outcome(self, choice: Choice) -> Outcome:
        crew = self.jobs.answer(choice.slots)
        fleet = self.fleet(choice)
        return Outcome(choice, crew, fleet, self._rank(choice, crew, fleet))

    def _rank(self, choice: Choice, crew: Crew, fleet: Fleet | None) -> Rank:
        prices, one = self.facts.situation.prices, self.facts.appointments
        money = crew.cost + sum(
            prices.moved_appointment + prices.appointment_minute * abs(slot.start - one[key].start)
            for key, slot in choice.slots.items()
        )
        missing = len(choice.stuck)
        if fleet is not None:
            money += fleet.cost
            missing += len(fleet.missing)
        return missing, crew.lost, len(choice.slots), money

    def fleet(self, choice: Choice) -> Fleet:
        windows = self.windows(choice)
        key = tuple((name, id_of(windows[name])) for name in sorted(windows))
        if key not in self.fleets:
            self.fleets[key] = self.rides.answer(windows)
        return self.fleets[key]

    def windows(self, choice: Choice) -> dict[str, Request]:
        found: dict[str, Request] = {}
        for key in {*choice.slots, *choice.stuck, *self.facts.late} & set(self.facts.appointments):
            slot = choice.slots.get(key)
            start = slot.start if slot else self.facts.appointments[key].start
            found |= self.facts.windows(key, start, late=key in choice.stuck) or {}
        return found

    # which choices to try

    def run(self) -> None:
        blocked = self._blocked()
        for key in blocked:
            self._settle(key)
        for key in blocked if len(blocked) > 1 else ():  # once more, now that the others have their places
            self._settle(key)
        if blocked and self.jobs.tiny and prod(len(each) + 1 for each in self.slots.values()) <= EVERYTHING:
            self._everything()
        elif self._trouble():
            self._make_room()

    def _trouble(self) -> bool:
        return bool(self.best.rank[0] or any(self.best.rank[1]))

    def _blocked(self) -> list[str]:
        """Appointments that cannot stay as they are, the first of the day first."""
        missing = self.best.fleet.missing
        for key, one in self.facts.appointments.items():
            if key in self.codes:
                continue
            if {one.to, one.back} & missing:
                self.codes[key] = "guest-late" if key in self.facts.late else "no-ride"
            elif one.job in self.best.crew.missing | self.best.crew.broken:
                self.codes[key] = "no-interpreter"
        return sorted(self.codes, key=lambda key: (self.facts.appointments[key].start, key))

    def _settle(self, key: str) -> None:
        """The best time for one appointment, all others being as they are."""
        choices = [self.best.choice.with_slot(key, slot) for slot in self._free(key)]
        if self.codes.get(key) != "no-interpreter":
            choices.append(self.best.choice.given_up(key))
        if key in self.best.choice.slots and self._in_time(key):
            choices.append(self.best.choice.as_it_was(key))
        self._try(choices)

    def _free(self, key: str) -> Iterator[Slot]:
        taken = {slot.key for name, slot in self.best.choice.slots.items() if name != key} - {""}
        return (slot for slot in self.slots.get(key, ()) if slot.key not in taken)

    def _try(self, choices: list[Choice]) -> bool:
        better = False
        ordered = sorted(
            ((self._rank(choice, self.jobs.answer(choice.slots), None), n) for n, choice in enumerate(choices))
        )
        for _rank, n in ordered:
            if self.spent:
                break
            found = self.outcome(choices[n])
            if found.rank < self.best.rank:
                self.best, better = found, True
        return better

    def _everything(self) -> None:
        """All choices of a tiny day."""
        keys = sorted(self.slots)
        choices = []
        for picks in product(*((None, *self.slots[key]) for key in keys)):
            slots = {key: slot for key, slot in zip(keys, picks, strict=True) if slot is not None}
            shared = [slot.key for slot in slots.values() if slot.key]
            if len(shared) == len(set(shared)):
                late = {key for key in self.facts.late if key not in slots and not self._in_time(key)}
                choices.append(Choice(slots, frozenset(late | (self.best.choice.stuck - set(slots)))))
        self._try(choices)
        for key in self.best.choice.slots:
            self.codes.setdefault(key, "makes-room")

    def _make_room(self) -> None:
        """Another guest, who has a choice of times, makes room; nobody's trouble is moved on to them."""
        for key in self._helpers():
            if self.spent or not self._trouble():
                return
            choices = []
            for slot in self._free(key):
                helped = self.best.choice.with_slot(key, slot)
                choices.append(helped)
                for other in self.codes:
                    if other != key:
                        taken = {each.key for each in helped.slots.values()} - {""}
                        choices += [
                            helped.with_slot(other, each) for each in self.slots.get(other, ()) if each.key not in taken
                        ]
            before = self.best.rank
            self._try(choices)
            if self.best.rank < before:
                self.codes.setdefault(key, "makes-room")

    def _helpers(self) -> list[str]:
        troubled = [self.facts.appointments[key].start for key in self.codes] or [int(self.facts.now)]
        others = [key for key in self.slots if key not in self.codes]
        return sorted(
            others, key=lambda key: (min(abs(self.facts.appointments[key].start - each) for each in troubled), key)
        )

    def polish(self, seconds: float, seed: int) -> None:
        """The rides searched for as long as there is time."""
        choice, fleet = self.best.choice, self.best.fleet
        fleet = self.rides.search(self.windows(choice), fleet, seconds, seed)
        crew = self.jobs.exact(choice.slots)
        self.best = Outcome(choice, crew, fleet, self._rank(choice, crew, fleet))


def id_of(request: Request) -> tuple[float, ...]:
    """What of a request depends on the time of its appointment."""
    pickup, dropoff = request.pickup, request.dropoff
    return (
        pickup.earliest, pickup.latest, pickup.ready, pickup.due,
        dropoff.earliest, dropoff.latest if dropoff.latest < INF else -1.0, dropoff.ready, dropoff.due,
    )  # fmt: skip
