"""Days of rides for the dispatcher: guests who land in banks of flights, go between hotels and clinics, and fly home.

Airports, their flights and the neighbourhoods with their weights are the tables of the demo district; everybody is
invented. Money is won, distances are kilometres.
"""

from __future__ import annotations

import csv
import random
from functools import cache
from importlib import resources

import numpy as np

from sarangbang.dispatch.model import Break, Car, Problem, Request, Stop

KILOMETRE, MINUTE, LATE_MINUTE, WAITING_MINUTE, NEVER = 800.0, 250.0, 1500.0, 100.0, 400_000.0
PER_DEGREE = (88.2, 111.2)  # kilometres east and north at the latitude of Seoul
DETOUR, TOWN_SPEED, MOTORWAY_SPEED, MOTORWAY_FROM = 1.35, 24.0, 62.0, 12.0
LANDING_TO_EXIT, BEFORE_TAKE_OFF = 60.0, 180.0
RIDES_PER_CAR = 3.2
ADDRESSES = 240
# Of all rides: from the airport, to the airport, between hotel and clinic.
SHARES = (0.4, 0.3, 0.3)
RUSH = {7: 1.25, 8: 1.4, 9: 1.3, 17: 1.3, 18: 1.45, 19: 1.3}  # slower than at night
SHIFTS = ((300.0, 900.0), (420.0, 1020.0), (600.0, 1200.0), (780.0, 1380.0))
KINDS = (
    ("sedan", {"seats": 3, "luggage": 3}, 5),
    ("van", {"seats": 7, "luggage": 9}, 4),
    ("lift", {"seats": 4, "luggage": 5, "wheelchairs": 1}, 1),
)


def gangnam_day(rides: int, seed: int = 1, *, by_hour: bool = False) -> Problem:
    """A day with ``rides`` rides; the same seed gives the same day."""
    dice = random.Random(seed)
    points, airports, homes = _places(dice)
    length = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=-1)) * DETOUR
    town = np.minimum(length, MOTORWAY_FROM)
    travel = (60 * town / TOWN_SPEED + 60 * (length - town) / MOTORWAY_SPEED)[None]
    if by_hour:
        travel = np.concatenate([travel * RUSH.get(hour, 1.0) for hour in range(24)])
    requests = [_ride(dice, number, airports, homes) for number in range(rides)]
    cars = [_car(dice, number, homes) for number in range(max(2, round(rides / RIDES_PER_CAR)))]
    return Problem(requests, cars, length, travel, points)


@cache
def _table(name: str) -> list[dict[str, str]]:
    text = resources.files("sarangbang.demo").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _places(dice: random.Random) -> tuple[np.ndarray, dict[str, int], list[int]]:
    """Points in kilometres, the airports by code, and addresses of hotels and clinics."""
    airports = [row for row in _table("places.csv") if row["kind"] == "airport"]
    towns = _table("neighbourhoods.csv")
    weights = [float(row["weight"]) for row in towns]
    spots = [(float(row["longitude"]), float(row["latitude"])) for row in airports]
    spots += [
        (float(row["longitude"]) + dice.gauss(0, 0.004), float(row["latitude"]) + dice.gauss(0, 0.003))
        for row in dice.choices(towns, weights, k=ADDRESSES)
    ]
    points = (np.array(spots) - spots[0]) * PER_DEGREE
    codes = {row["code"]: number for number, row in enumerate(airports)}
    return points, codes, list(range(len(airports), len(spots)))


@cache
def _flights(way: str) -> list[dict[str, str]]:
    """Flights whose guests ride while crews are on duty."""
    airports = {row["code"] for row in _table("places.csv") if row["kind"] == "airport"}
    first, last = (600, 1380) if way == "departs" else (300, 1140)
    return [row for row in _table("flights.csv") if row["place"] in airports and first <= _minutes(row[way]) <= last]


def _minutes(clock: str) -> float:
    hours, minutes = clock.split(":")
    return 60.0 * int(hours) + int(minutes)


def _ride(dice: random.Random, number: int, airports: dict[str, int], homes: list[int]) -> Request:
    party = dice.choices((1, 2, 3, 4), (45, 38, 10, 7))[0]
    load = {"seats": party, "luggage": 0}
    if dice.random() < 0.04:
        load["wheelchairs"] = 1
    kind = dice.choices(("from", "to", "town"), SHARES)[0]
    flight = dice.choice(_flights("departs" if kind == "to" else "arrives"))
    there, home = airports[flight["place"]], dice.choice(homes)
    longest, alone = 150.0, dice.random() < 0.1
    if kind == "from":
        load["luggage"] = party
        ready = _minutes(flight["arrives"]) + LANDING_TO_EXIT + round(dice.gauss(0, 12))
        pickup = Stop(there, ready, ready + 75, 8.0, due=ready + 20, late_price=LATE_MINUTE)
        dropoff = Stop(home, service=4.0)
    elif kind == "to":
        load["luggage"] = party
        until = _minutes(flight["departs"]) - BEFORE_TAKE_OFF
        pickup = Stop(home, max(0.0, until - 180), service=5.0)
        dropoff = Stop(there, max(0.0, until - 90), until + 45, 4.0, due=until, late_price=LATE_MINUTE)
    else:
        begin = float(dice.randrange(540, 1080, 15))
        clinic = dice.choice([place for place in homes if place != home])
        pickup, dropoff = Stop(home, begin - 60, service=3.0), Stop(clinic, begin - 25, begin, 3.0)
        if dice.random() < 0.45:  # back from the clinic, some after anaesthesia
            alone = dice.random() < 0.35
            pickup = Stop(clinic, begin, begin + 40, 5.0, due=begin + 15, late_price=LATE_MINUTE)
            dropoff = Stop(home, service=3.0)
        longest = 45.0
    return Request(
        f"ride {number + 1}",
        pickup,
        dropoff,
        load,
        longest,
        alone,
        NEVER,
        wait_price=0.0 if kind != "from" else WAITING_MINUTE,
    )


def _car(dice: random.Random, number: int, homes: list[int]) -> Car:
    begin, until = SHIFTS[number % len(SHIFTS)]
    kind, room, _weight = dice.choices(KINDS, [weight for _kind, _room, weight in KINDS])[0]
    garage = homes[number % 3]
    middle = (begin + until) / 2
    rest = Break(middle - 90, middle + 90, 30.0)
    return Car(
        f"{kind} {number + 1}", garage, garage, room, begin, until, until, 600.0, KILOMETRE, MINUTE, breaks=(rest,)
    )
