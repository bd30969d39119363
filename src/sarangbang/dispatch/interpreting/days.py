"""Days of interpreting in Gangnam, invented for measuring and testing: real shapes, drawn from a seed.

Languages follow the nationalities of the district's patients, places its neighbourhoods, jobs the hours of
clinics (a rush in the morning, a second one after lunch). ``kind`` makes a day hard in one way.
"""

from __future__ import annotations

import math
import random

from .model import Break, Day, Interpreter, Job, Mode, matrix

KINDS = ("plain", "scarce", "certified", "far", "tight")

LANGUAGES = {"ja": 37, "zh-hans": 23, "en": 15, "th": 6, "ru": 6, "mn": 4, "vi": 4, "ar": 3, "es": 2}
"""Share of the demand in per cent: nationalities of foreign patients in Gangnam (2023) by the language they use."""
NEIGHBOURHOODS = (
    (37.5285, 127.0300, 9), (37.5225, 127.0255, 18), (37.5235, 127.0480, 12), (37.5130, 127.0320, 18),
    (37.5000, 127.0370, 22), (37.5130, 127.0560, 9), (37.4975, 127.0580, 7), (37.4890, 127.0440, 3),
    (37.4865, 127.0830, 2),
)  # fmt: skip
"""Latitude, longitude and weight (clinics): Apgujeong, Sinsa, Cheongdam, Nonhyeon, Yeoksam, Samseong, Daechi, Dogok
and Irwon."""
FIELDS = {
    "dermatology": 34,
    "plastic-surgery": 30,
    "health-check-up": 12,
    "dentistry": 10,
    "ophthalmology": 8,
    "surgery": 6,
}
LENGTHS = ((30, 35), (45, 15), (60, 30), (75, 5), (90, 15))
RUSH = ((9 * 60 + 30, 45, 50), (14 * 60, 60, 35), (16 * 60 + 30, 60, 15))
"""Peaks of the day: middle, spread (minutes), weight."""
HOURS = ((8 * 60 + 30, 18 * 60 + 30), (9 * 60, 18 * 60), (9 * 60, 14 * 60), (12 * 60 + 30, 19 * 60))
KM_PER_DEGREE = 111.2


def _km(a: tuple[float, float], b: tuple[float, float]) -> float:
    east = (a[1] - b[1]) * math.cos(math.radians(37.5))
    return math.hypot(a[0] - b[0], east) * KM_PER_DEGREE


def _pick(rng: random.Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def make_day(jobs: int, interpreters: int, *, seed: int, kind: str = "plain") -> Day:
    """A day with so many jobs and interpreters. ``kind``: plain; scarce (few speak the rarer languages); certified
    (half of the jobs ask for a certificate, a quarter has it); far (slow ways, homes across Seoul); tight (longer
    jobs, hours of the month nearly used)."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of day: {kind}")
    rng = random.Random(f"{seed}/{kind}/{jobs}/{interpreters}")  # noqa: S311 - a seeded generator, nothing secret
    clinics = max(8, min(120, jobs // 5))
    points: dict[str, tuple[float, float]] = {}
    for number in range(clinics):
        lat, lon, _ = rng.choices(NEIGHBOURHOODS, [each[2] for each in NEIGHBOURHOODS])[0]
        points[f"clinic-{number}"] = (rng.gauss(lat, 0.004), rng.gauss(lon, 0.005))
    spread = 0.07 if kind == "far" else 0.035
    for number in range(min(60, interpreters)):
        points[f"home-{number}"] = (rng.gauss(37.512, spread), rng.gauss(127.03, spread))
    places = tuple(points)
    slow = 1.8 if kind == "far" else 1.0
    travel = {
        "car": matrix(places, lambda a, b: round((6 + 3.6 * _km(points[a], points[b])) * slow)),
        "transit": matrix(places, lambda a, b: round((9 + 4.2 * _km(points[a], points[b])) * slow)),
    }
    people = tuple(_interpreter(rng, number, interpreters, kind) for number in range(interpreters))
    asked = tuple(_job(rng, number, clinics, people, kind) for number in range(jobs))
    return Day(jobs=asked, interpreters=people, places=places, travel=travel, slack=5)


def _interpreter(rng: random.Random, number: int, of: int, kind: str) -> Interpreter:
    names = list(LANGUAGES)
    if number < len(names):
        first = names[number]
    else:
        weights = {name: (share if kind != "scarce" or share > 10 else 0) for name, share in LANGUAGES.items()}
        first = _pick(rng, weights)
    languages = {first: rng.choice((2, 3, 3))}
    if rng.random() < 0.25:
        languages.setdefault(rng.choice(("en", "ja", "zh-hans")), rng.choice((1, 2)))
    starts, ends = rng.choices(HOURS, (45, 25, 15, 15))[0]
    long = ends - starts > 7 * 60
    return Interpreter(
        key=f"i{number}",
        languages=languages,
        home=f"home-{number % min(60, of)}",
        hours=((starts, ends),),
        fields=frozenset(rng.sample(list(FIELDS), 3)) if rng.random() < 0.3 else frozenset(),
        certificates=frozenset({"medical"}) if rng.random() < (0.25 if kind == "certified" else 0.6) else frozenset(),
        sex="female" if rng.random() < 0.7 else "male",
        modes=frozenset(Mode) if rng.random() < 0.6 else frozenset({Mode.ON_SITE}),
        pause=Break(60 if long else 30, 11 * 60 + 30, 14 * 60 + 30) if long else None,
        transport="car" if rng.random() < 0.3 else "transit",
        minutes_left=rng.choice((60, 120, 180, 600)) if kind == "tight" else rng.choice((None, None, None, 240)),
        day_minutes=7 * 60,
        recent_minutes=rng.randrange(60, 130) * 60,
    )


def _job(rng: random.Random, number: int, clinics: int, people: tuple[Interpreter, ...], kind: str) -> Job:
    middle, spread, _ = rng.choices(RUSH, [each[2] for each in RUSH])[0]
    length = rng.choices([each[0] for each in LENGTHS], [each[1] for each in LENGTHS])[0]
    if kind == "tight":
        length += 15
    start = round(min(max(rng.gauss(middle, spread), 9 * 60), 18 * 60 - length) / 10) * 10
    remote = rng.random() < 0.15
    language = _pick(rng, LANGUAGES)
    speakers = [each.key for each in people if language in each.languages]
    knows = rng.random() < 0.2
    sex = rng.choice(("female", "female", "male")) if rng.random() < 0.15 else ""
    return Job(
        key=f"j{number}",
        start=start,
        end=start + length,
        language=language,
        place="" if remote else f"clinic-{min(int(rng.expovariate(3 / clinics)), clinics - 1)}",
        mode=rng.choice((Mode.VIDEO, Mode.PHONE)) if remote else Mode.ON_SITE,
        level=rng.choices((1, 2, 3), (40, 40, 20))[0],
        field=_pick(rng, FIELDS),
        certificate="medical" if rng.random() < (0.5 if kind == "certified" else 0.15) else "",
        sex=sex,
        sex_required=bool(sex) and rng.random() < 0.2,
        guest=f"g{number if rng.random() < 0.85 else max(0, number - rng.randrange(1, 9))}",
        known=frozenset(rng.sample(speakers, 1)) if knows and speakers else frozenset(),
        same_face=rng.random() < 0.5,
        priority=rng.choices((1, 2, 3), (10, 75, 15))[0],
    )
