"""Invented institutions with registrations, people, rosters and offers.

Their mixture (mostly skin and plastic surgery clinics) is an assumption about the district; how many are registered
is a published number (``sizes``). Some more have lost their registration or insurance: they must not be shown.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from itertools import cycle

from django.utils.text import slugify

from sarangbang.directory.models import (
    Institution,
    Offering,
    Partner,
    Place,
    Practitioner,
    PractitionerLanguage,
    PractitionerRole,
    PriceFact,
    Procedure,
    Registration,
)
from sarangbang.scheduling.models import Resource, RosterException, WeeklyRule

from .drawing import Weighted, draw_id, shared_out
from .names import house_names, person
from .tables import prices, rows_of
from .town import Doctor, House, Town

PARTNER_PULL = 14
"""How much likelier guests of the platform go to a partner institution."""

SPOKEN = {
    "en": 0.55, "zh-hans": 0.17, "ja": 0.17, "ru": 0.05, "vi": 0.02, "mn": 0.02, "es": 0.02, "th": 0.01, "ar": 0.01,
}  # fmt: skip
"""How many doctors speak what besides Korean: an assumption."""

Reason = str
LAPSED: tuple[Reason, ...] = ("registration", "insurance", "revoked", "closed")


@dataclass(frozen=True, slots=True)
class Profile:
    kind: str
    departments: tuple[str, ...]
    doctors: tuple[int, int]
    word: str
    word_latin: str
    pull: float


@dataclass(frozen=True, slots=True)
class Known:
    """What the directory knows of a procedure."""

    procedure: Procedure
    departments: frozenset[str]
    price: tuple[int, int] | None


def make_institutions(town: Town) -> None:
    """Everybody who is registered, partners first in each profile, then those who lost their right."""
    known = _known(town)
    names = house_names(town.seed)
    number = 0
    for profile, many, partners in _allotted(town):
        for at in range(many):
            number += 1
            house = _house(town, profile, number, next(names), is_partner=at < partners)
            _staff(town, house, profile, number)
            _offer(town, house, profile, known, number)
            town.houses.append(house)
            town.writer.relieve()
        town.progress("institutions", number, town.size.listed + town.size.hidden)
    lapses = cycle(LAPSED)
    profiles = cycle(_profiles())
    for _ in range(town.size.hidden):
        number += 1
        profile = next(profiles)
        house = _house(town, profile, number, next(names), is_partner=False, lapse=next(lapses))
        _staff(town, house, profile, number)
        _offer(town, house, profile, known, number)
        town.houses.append(house)
    town.progress("institutions", number, number)
    partner = next(house for house in town.houses if house.is_partner)
    partner.weight *= 2
    town.clinic_id = partner.institution.pk


def _profiles() -> list[Profile]:
    return [profile for profile, _ in _shares()]


def _shares() -> list[tuple[Profile, float]]:
    return [
        (
            Profile(
                row["kind"],
                tuple(row["departments"].split()),
                (int(row["doctors_low"]), int(row["doctors_high"])),
                row["word"],
                row["word_latin"],
                float(row["pull"]),
            ),
            float(row["share"]),
        )
        for row in rows_of("profiles")
    ]


def _allotted(town: Town) -> list[tuple[Profile, int, int]]:
    """How many institutions of each profile, at least one of each, and how many of them are partners."""
    shares = _shares()
    many = [part + 1 for part in shared_out(town.size.listed - len(shares), [share for _, share in shares])]
    partners = [part + 1 for part in shared_out(max(0, town.size.medical_partners - len(shares)), many)]
    if town.size.medical_partners < len(shares):
        partners = [int(at < town.size.medical_partners) for at in range(len(shares))]
    return [(profile, many[at], min(partners[at], many[at])) for at, (profile, _) in enumerate(shares)]


def _known(town: Town) -> list[Known]:
    facts: dict[int, tuple[int, int]] = {}
    for fact in PriceFact.objects.order_by("-status", "-year"):  # "verified" before "unofficial"
        facts.setdefault(fact.procedure_id, (fact.amount_low, fact.amount_high))
    return [
        Known(procedure, frozenset(each.slug for each in procedure.departments.all()), facts.get(procedure.pk))
        for procedure in Procedure.objects.prefetch_related("departments").order_by("slug")
    ]


def _house(
    town: Town, profile: Profile, number: int, name: tuple[str, str], *, is_partner: bool, lapse: Reason = ""
) -> House:
    rng = town.dice("institution", number)
    written, latin = f"{name[0]}{profile.word}", f"{name[1]} {profile.word_latin}"
    slug = slugify(latin)[:80]
    phone = f"+82-2-0000-{number:04d}"
    place = town.new_place(Place.Kind.MEDICAL, f"medical-{slug}", (written, latin), rng, phone)
    institution = Institution(
        id=draw_id(rng),
        slug=slug,
        kind=profile.kind,
        name=written,
        name_latin=latin,
        place=place,
        phone=phone,
        website=f"https://{slug}.example",
        is_open=lapse != "closed",
    )
    town.writer.add(institution)
    for department in profile.departments:
        town.writer.add(
            Institution.departments.through(
                institution_id=institution.pk, department_id=town.departments[department].pk
            )
        )
    since = _register(town, institution, number, rng, lapse)
    if is_partner:
        town.writer.add(
            Partner(
                kind=Partner.Kind.MEDICAL,
                name=written,
                name_latin=latin,
                institution=institution,
                place=place,
                since=max(since, town.today - dt.timedelta(days=rng.randrange(400, 1200))),
            )
        )
    weight = profile.pull * min(rng.paretovariate(1.8), 5) * (PARTNER_PULL if is_partner else 1)
    return House(institution, since, is_partner, weight, listed=not lapse)


def _register(town: Town, institution: Institution, number: int, rng: random.Random, lapse: Reason) -> dt.date:
    """The registration in force (or lost) and, for most, the one before it. Returns the first registered day."""
    today, three_years = town.today, dt.timedelta(days=3 * 365)
    valid_from = today - dt.timedelta(days=rng.randrange(30, 1060))
    if lapse == "registration":
        valid_from -= three_years
    code = f"M-{valid_from.year}-DEMO-{number:04d}"
    big = institution.kind in (Institution.Kind.GENERAL, Institution.Kind.TERTIARY)
    insured_until = today + dt.timedelta(days=rng.randrange(20, 360))
    if lapse == "insurance":
        insured_until = today - dt.timedelta(days=rng.randrange(1, 120))
    rows = [(valid_from, insured_until)]
    if rng.random() < 0.85:
        rows.append((valid_from - three_years, valid_from))
    for starts, insured in rows:
        town.writer.add(
            Registration(
                institution=institution,
                number=code,
                valid_from=starts,
                valid_until=starts + three_years - dt.timedelta(days=1),
                insurer="데모손해보험",
                insured_amount=200_000_000 if big else 100_000_000,
                insured_until=insured,
                revoked_on=today - dt.timedelta(days=9) if lapse == "revoked" and starts == valid_from else None,
            )
        )
    return rows[-1][0]


def _staff(town: Town, house: House, profile: Profile, number: int) -> None:
    rng = town.dice("staff", number)
    many = max(rng.randint(*profile.doctors), len(profile.departments))
    for at in range(many):
        department = town.departments[profile.departments[at % len(profile.departments)]]
        sex = "female" if rng.random() < 0.42 else "male"
        name, latin = person("ko", sex, rng)
        practitioner = Practitioner(
            id=draw_id(rng), number=f"D-DEMO-{number:04d}-{at + 1:02d}", name=name, name_latin=latin, sex=sex
        )
        town.writer.add(practitioner)
        spoken = ["ko", *(language for language, share in SPOKEN.items() if rng.random() < share)]
        for language in spoken:
            town.writer.add(PractitionerLanguage(practitioner=practitioner, language=language))
        town.writer.add(
            PractitionerRole(practitioner=practitioner, institution=house.institution, department=department)
        )
        resource = Resource(kind=Resource.Kind.PRACTITIONER, label=latin, practitioner=practitioner)
        town.writer.add(resource)
        doctor = Doctor(0, practitioner, resource, department.pk, _hours(department.slug, number, at, rng))
        doctor.number = resource.pk
        _roster(town, house, doctor, rng)
        house.doctors.setdefault(department.pk, []).append(doctor)


def _hours(department: str, number: int, at: int, rng: random.Random) -> dict[int, list[tuple[int, int]]]:
    """Minutes of the Korean day by weekday, with a gap at noon; beauty opens later and closes later. Colleagues take
    their free days in turn, so that a house with several doctors is open from Monday to Friday."""
    if department in ("dermatology", "plastic-surgery"):
        day, saturday = [(600, 780), (840, 1140)], [(600, 900)]
    else:
        day, saturday = [(540, 750), (810, 1080)], [(540, 780)]
    hours = {weekday: list(day) for weekday in range(5)}
    if at or rng.random() < 0.5:
        hours.pop((number + at) % 5)
    if rng.random() < 0.7:
        hours[5] = saturday
    return hours


def _roster(town: Town, house: House, doctor: Doctor, rng: random.Random) -> None:
    place = house.institution.place
    for weekday, spans in doctor.hours.items():
        for starts, ends in spans:
            town.writer.add(
                WeeklyRule(
                    resource=doctor.resource,
                    place=place,
                    weekday=weekday,
                    starts=dt.time(*divmod(starts, 60)),
                    ends=dt.time(*divmod(ends, 60)),
                    valid_from=town.today - dt.timedelta(days=town.size.days_back + 60),
                )
            )
    if rng.random() < 0.12:
        first = town.today + dt.timedelta(days=rng.randrange(2, town.size.days_ahead))
        doctor.leave = (first, first + dt.timedelta(days=rng.randrange(0, 5)))
        town.writer.add(
            RosterException(
                resource=doctor.resource,
                kind=RosterException.Kind.LEAVE,
                starts_at=town.at(doctor.leave[0], 0),
                ends_at=town.at(doctor.leave[1], 24 * 60),
            )
        )


def _offer(town: Town, house: House, profile: Profile, known: list[Known], number: int) -> None:
    rng = town.dice("offers", number)
    for department in profile.departments:
        choice = [
            each
            for each in known
            if department in each.departments
            and not any(offering.procedure_id == each.procedure.pk for offering in house.offerings)
        ]
        if not choice:
            continue
        many = max(1, round(len(choice) * rng.uniform(0.55, 1)))
        for each in sorted(rng.sample(choice, many), key=lambda one: one.procedure.slug):
            low, high = _price(each, department, rng)
            offering = Offering(
                institution=house.institution,
                procedure=each.procedure,
                department=town.departments[department],
                visit_minutes=each.procedure.visit_minutes,
                price_low=low,
                price_high=high,
                quoted_on=town.today - dt.timedelta(days=rng.randrange(5, 240)),
            )
            town.writer.add(offering)
            house.offerings.append(offering)


def _price(known: Known, department: str, rng: random.Random) -> tuple[int, int]:
    """What the house says it costs, in whole ten thousands of won, around what is known."""
    low, high = known.price or prices()[department]
    if low == high:
        low, high = round(low * 0.8), round(high * 1.25)
    factor = rng.uniform(0.75, 1.2)
    start = low + (high - low) * rng.uniform(0, 0.35)
    end = start + (high - start) * rng.uniform(0.3, 0.8)
    return tuple(round(amount * factor / 10_000) * 10_000 for amount in (start, end))  # type: ignore[return-value]


def draw_houses(town: Town) -> dict[str, Weighted[tuple[House, Offering]]]:
    """By department: whom guests go to, and for which offer."""
    slugs = {department.pk: slug for slug, department in town.departments.items()}
    pairs: dict[str, list[tuple[tuple[House, Offering], float]]] = {}
    for house in town.houses:
        if not house.listed:
            continue
        shares: dict[int, int] = {}
        for offering in house.offerings:
            shares[offering.department_id] = shares.get(offering.department_id, 0) + 1
        for offering in house.offerings:
            if house.doctors.get(offering.department_id):
                pairs.setdefault(slugs[offering.department_id], []).append(
                    ((house, offering), house.weight / shares[offering.department_id])
                )
    return {department: Weighted(each) for department, each in pairs.items()}
