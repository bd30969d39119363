"""Invented interpreters, drivers and cars, with their shifts.

Interpreters are appointed for two years and work in the nine languages of the pool, more of them where more guests
ask. Most cars work by day in three shifts; a few cover the nights, because flights land before dawn.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from dataclasses import dataclass, field

from sarangbang.concierge.choosing import fitting
from sarangbang.concierge.models import Driver, Interpreter, InterpreterLanguage, Vehicle
from sarangbang.directory.models import Place
from sarangbang.people.models import SecureLink
from sarangbang.scheduling.availability import DAY_MINUTES
from sarangbang.scheduling.models import Resource, WeeklyRule

from .drawing import draw_id, shared_out
from .names import person
from .tables import nations
from .town import Town

LANGUAGES = ("ja", "zh-hans", "en", "th", "mn", "ru", "vi", "ar", "es")
FIELDS = (
    ("dermatology", "plastic-surgery"),
    ("internal-medicine", "health-check-up"),
    ("orthopaedics", "neurosurgery", "surgery"),
    ("obstetrics-gynaecology", "dentistry", "ophthalmology"),
)
MODELS = (
    ("Carnival Limousine", 6, 6, 0),
    ("Staria Lounge", 6, 7, 0),
    ("Grandeur", 3, 3, 0),
    ("Starex Assist", 4, 5, 1),
)
SHIFTS = ((5 * 60 + 30, 14 * 60 + 30), (8 * 60, 17 * 60), (13 * 60, 22 * 60))
NIGHT = (19 * 60, 33 * 60)
"""Minutes after midnight of the day on which a night begins; it ends at nine in the morning."""
LINK_DAYS = dt.timedelta(days=60)

Minutes = tuple[int, int]


@dataclass(slots=True)
class Crew:
    """A car or an interpreter with hours by weekday (minutes of the Korean day, may pass midnight) and jobs so far."""

    crew: Vehicle | Interpreter
    base: Place
    hours: dict[int, Minutes]
    languages: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    jobs: list[fitting.Job] = field(default_factory=list)


def make_crew(town: Town) -> tuple[list[Crew], list[Crew]]:
    """All cars and all interpreters."""
    bases = (town.places["icn-t1"], town.places["icn-t2"], town.places["medical-tour-center"])
    cars = [_car(town, number, bases[number % len(bases)]) for number in range(town.size.vehicles)]
    return cars, _interpreters(town)


def _person(town: Town, rng: random.Random) -> tuple[str, str, str]:
    sex = "female" if rng.random() < 0.7 else "male"
    return (*person("ko", sex, rng), sex)


def _link(town: Town, purpose: str, subject: object, rng: random.Random) -> None:
    town.writer.add(
        SecureLink(
            id=draw_id(rng),
            purpose=purpose,
            subject=str(subject),
            created_at=town.moment - dt.timedelta(days=1),
            expires_at=town.moment + LINK_DAYS,
        )
    )


def _car(town: Town, number: int, base: Place) -> Crew:
    rng = town.dice("car", number)
    name, latin, _ = _person(town, rng)
    driver = Driver(id=draw_id(rng), name=name, name_latin=latin, phone=f"+82-10-0000-{number:04d}")
    plate = f"{100 + number}데{1000 + 7 * number}"
    resource = Resource(kind=Resource.Kind.VEHICLE, label=plate)
    model, seats, luggage, wheelchairs = MODELS[number % len(MODELS)]
    for row in (driver, resource):
        town.writer.add(row)
    vehicle = Vehicle(
        resource=resource, driver=driver, plate=plate, model=model, seats=seats, luggage=luggage,
        wheelchairs=wheelchairs, base=base,
    )  # fmt: skip
    town.writer.add(vehicle)
    _link(town, SecureLink.Purpose.DRIVER, driver.pk, rng)
    at_night = number % 6 == 1 or (town.size.vehicles < 6 and number == 0)
    if at_night:
        hours = dict.fromkeys(range(7), NIGHT)
    else:
        off = {(2 * number) % 7, (2 * number + 1) % 7}
        hours = {weekday: SHIFTS[number % len(SHIFTS)] for weekday in range(7) if weekday not in off}
    _weeks(town, resource, base, hours)
    return Crew(vehicle, base, hours)


def _weeks(town: Town, resource: Resource, base: Place, hours: dict[int, Minutes]) -> None:
    for weekday, (starts, ends) in hours.items():
        town.writer.add(
            WeeklyRule(
                resource=resource,
                place=base,
                weekday=weekday,
                starts=dt.time(*divmod(starts, 60)),
                ends=dt.time(*divmod(ends % DAY_MINUTES, 60)),
                valid_from=town.today - dt.timedelta(days=town.size.days_back + 60),
                on_holidays=True,
            )
        )


def _interpreters(town: Town) -> list[Crew]:
    demand: dict[str, float] = defaultdict(float)
    for nation in nations():
        before = 0.0
        for language, upto in zip(nation.languages.things, nation.languages.sums, strict=True):
            demand[language] += nation.share * (upto - before) / nation.languages.sums[-1]
            before = upto
    each = max(1, min(2, town.size.interpreters // len(LANGUAGES)))
    spare = shared_out(town.size.interpreters - each * len(LANGUAGES), [demand[one] for one in LANGUAGES])
    pool = [language for language, more in zip(LANGUAGES, spare, strict=True) for _ in range(each + more)]
    return [_interpreter(town, number, language) for number, language in enumerate(pool)]


def _interpreter(town: Town, number: int, language: str) -> Crew:
    rng = town.dice("interpreter", number)
    name, latin, sex = _person(town, rng)
    resource = Resource(kind=Resource.Kind.INTERPRETER, label=latin)
    town.writer.add(resource)
    stations = [place for place in town.places.values() if place.kind == Place.Kind.STATION]
    appointed = town.today - dt.timedelta(days=rng.randrange(30, 640))
    home = rng.choice(stations)
    interpreter = Interpreter(
        id=draw_id(rng),
        resource=resource,
        name=name,
        name_latin=latin,
        sex=sex,
        phone=f"+82-10-0000-{5000 + number:04d}",
        email=f"interpreter.{number + 1}@crew.example",
        home=home,
        appointed_from=appointed,
        appointed_until=appointed + dt.timedelta(days=2 * 365),
        certified_until=town.today + dt.timedelta(days=rng.randrange(90, 900)) if rng.random() < 0.6 else None,
        agreed_hours=120 if number % 3 else None,
        most_hours=209 if number % 4 else None,
    )
    town.writer.add(interpreter)
    languages = {language} | ({"en"} if rng.random() < 0.2 else set())
    for spoken in sorted(languages):
        town.writer.add(InterpreterLanguage(interpreter=interpreter, language=spoken))
    fields = rng.choice(FIELDS) if number % 3 == 2 else ()
    for slug in fields:
        town.writer.add(
            Interpreter.fields.through(interpreter_id=interpreter.pk, department_id=town.departments[slug].pk)
        )
    off = {6, number % 6} if number % 4 else {6}
    hours = {weekday: (8 * 60 + 30, 19 * 60 + 30) for weekday in range(7) if weekday not in off}
    _weeks(town, resource, home, hours)
    _link(town, SecureLink.Purpose.INTERPRETER, interpreter.pk, rng)
    return Crew(interpreter, home, hours, frozenset(languages), frozenset(fields))
