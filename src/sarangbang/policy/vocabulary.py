"""The words of figures: what is counted, in what unit, where, by whom, and how sure it is.

A measure is known here with its name, its definition and its unit; a file may bring another one if each of its
figures says what exactly is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from .checking import Unit

UNITS: dict[str, Unit] = {
    "persons": Unit("persons"),
    "visits": Unit("visits"),
    "users": Unit("users"),
    "percent": Unit("share", Decimal("0.01")),
    "times": Unit("share"),
    "krw": Unit("won"),
    "krw_m": Unit("won", Decimal(10) ** 6),
    "krw_bn": Unit("won", Decimal(10) ** 9),
    "krw_tn": Unit("won", Decimal(10) ** 12),
    "usd": Unit("dollars"),
    "languages": Unit("languages"),
    "awards": Unit("awards"),
    "facilities": Unit("facilities"),
    "points": Unit("points"),
    "number": Unit("number"),
}


def unit(code: str) -> Unit:
    """The unit of that code; an unknown one, as another text may have, is comparable with itself alone."""
    return UNITS.get(code) or Unit(code)


UNIT_NAMES: dict[str, Lazy | str] = {
    "persons": _("persons"),
    "visits": _("visits"),
    "users": _("users"),
    "percent": "%",
    "times": _("times"),
    "krw": _("won"),
    "krw_m": _("million won"),
    "krw_bn": _("billion won"),
    "krw_tn": _("trillion won"),
    "usd": _("US dollars"),
    "languages": _("languages"),
    "awards": _("awards"),
    "facilities": _("facilities"),
    "points": _("points of 100"),
    "number": "",
}

UNIT_ALIASES = {
    "%": "percent", "per cent": "percent", "퍼센트": "percent", "x": "times", "배": "times",
    "patients": "persons", "people": "persons", "person": "persons", "persons/year": "persons", "patient": "persons",
    "명": "persons", "회": "visits", "won": "krw", "원": "krw",
    "m krw": "krw_m", "million krw": "krw_m", "million won": "krw_m", "백만원": "krw_m",
    "bn krw": "krw_bn", "billion krw": "krw_bn", "billion won": "krw_bn", "십억원": "krw_bn", "10억원": "krw_bn",
    "tn krw": "krw_tn", "trillion krw": "krw_tn", "trillion won": "krw_tn", "조원": "krw_tn",
    "language": "languages", "award": "awards", "of 100": "points", "centre": "facilities", "clinic": "facilities",
}  # fmt: skip
"""How offices write units; parentheses and case are left aside."""


@dataclass(frozen=True)
class Measure:
    name: Lazy
    definition: Lazy
    unit: str


_CARD = _(
    "Payments with cards issued abroad. Cash and cards issued in Korea are not in it; how a "
    "payment is attributed to medical care differs between those who count."
)
_TEXT = _("As the interview of March 2025 says it.")
_STUDY = _("The result of a study; what it counts as input differs from study to study.")

MEASURES: dict[str, Measure] = {
    "patients": Measure(
        _("Foreign patients"),
        _(
            "Foreigners without Korean health insurance who were treated at a registered institution. "
            "Each counts once a year, however often they came."
        ),
        "persons",
    ),
    "patients_by_department": Measure(
        _("Foreign patients by department"),
        _("Somebody treated in two departments counts in both, so that departments add up to more than the patients."),
        "persons",
    ),
    "patients_share": Measure(
        _("Share of foreign patients"),
        _("Part of the foreign patients of the larger area or group in the same year."),
        "percent",
    ),
    "department_share": Measure(
        _("Share of a department"),
        _("Part of the patients counted by department, in which some count twice."),
        "percent",
    ),
    "patients_growth": Measure(_("Growth of foreign patients"), _("Increase over the year before."), "percent"),
    "patients_ratio": Measure(
        _("Multiple of an earlier year"),
        _("Foreign patients of the year divided by those of an earlier year."),
        "times",
    ),
    "patient_visits": Measure(
        _("Visits of foreign patients"), _("Every visit counts, also several of one person."), "visits"
    ),
    "target": Measure(
        _("Target of the plan"), _("Foreign patients a year that the district wants to reach."), "persons"
    ),
    "revenue": Measure(
        _("Medical revenue from foreign patients"),
        _("What institutions reported to have earned. It has not been published since 2017."),
        "krw_bn",
    ),
    "average_fee": Measure(_("Average fee of a patient"), _("Medical revenue divided by foreign patients."), "krw_m"),
    "card_medical": Measure(_("Medical spending on foreign cards"), _CARD, "krw_bn"),
    "card_sector": Measure(_("Spending on foreign cards by sector"), _CARD, "krw_bn"),
    "card_all": Measure(_("Patients' spending on foreign cards, all sectors"), _CARD, "krw_bn"),
    "card_per_head": Measure(_("Card spending of a patient, all sectors"), _CARD, "krw_m"),
    "card_medical_per_head": Measure(_("Medical card spending of a patient"), _CARD, "krw_m"),
    "card_patients": Measure(_("Patients seen in card data"), _CARD, "persons"),
    "card_share": Measure(_("Share of card spending"), _CARD, "percent"),
    "total_spending": Measure(
        _("Spending of patients and companions"),
        _("An estimate from surveys: medicine, lodging, shopping and travel, with those who came along."),
        "krw_bn",
    ),
    "total_per_head": Measure(
        _("Spending of a patient with companions"),
        _("An estimate from surveys: medicine, lodging, shopping and travel, with those who came along."),
        "krw_m",
    ),
    "survey_spending": Measure(_("Spending of a patient in a survey"), _("Mean of the answers."), "usd"),
    "satisfaction": Measure(_("Satisfaction"), _("Mean of the answers."), "points"),
    "industry": Measure(_("Size of medical tourism"), _TEXT, "krw_tn"),
    "sales": Measure(_("Sales to medical tourists"), _TEXT, "krw_bn"),
    "centre_visitors": Measure(_("Visitors of the Medical Tour Center"), _TEXT, "persons"),
    "platform_users": Measure(
        _("Users of the platform"),
        _("As the interview of March 2025 says it. Whether a user is a person or a visit is not defined."),
        "users",
    ),
    "languages": Measure(_("Languages"), _TEXT, "languages"),
    "awards": Measure(_("Awards"), _TEXT, "awards"),
    "bonuses": Measure(_("Prize money"), _TEXT, "krw_bn"),
    "facilities": Measure(_("Facilities"), _TEXT, "facilities"),
    "study_input": Measure(_("Spending that a study starts from"), _STUDY, "krw_bn"),
    "study_production": Measure(_("Production effect"), _STUDY, "krw_bn"),
    "study_value_added": Measure(_("Value-added effect"), _STUDY, "krw_bn"),
    "study_jobs": Measure(_("Job effect"), _STUDY, "persons"),
}

PLACES: dict[str, Lazy] = {
    "korea": _("Korea"),
    "capital-area": _("Capital area"),
    "seoul": _("Seoul"),
    "gangnam-gu": _("Gangnam-gu"),
    "seocho-gu": _("Seocho-gu"),
    "mapo-gu": _("Mapo-gu"),
    "jung-gu": _("Jung-gu"),
    "songpa-gu": _("Songpa-gu"),
    "gyeonggi": _("Gyeonggi"),
    "gangwon": _("Gangwon"),
    "busan": _("Busan"),
    "daegu": _("Daegu"),
    "incheon": _("Incheon"),
    "jeju": _("Jeju"),
    "medical-tour-center": _("Medical Tour Center"),
    "online": _("Online"),
}

SERIES: dict[str, Lazy] = {
    "ministry": _("Ministry of Health and Welfare"),
    "district": _("District office"),
    "city": _("City of Seoul and districts"),
    "datalab": _("Korea Tourism Organization, Data Lab"),
    "datalab-interview": _("Korea Tourism Organization, as quoted in the interview"),
    "khidi": _("Korea Health Industry Development Institute, card study"),
    "khidi-survey": _("Korea Health Industry Development Institute, survey"),
    "kto-survey": _("Korea Tourism Organization, survey"),
    "shinhan": _("Shinhan Card"),
    "hana": _("Hana Card"),
    "interview": _("Interview with the mayor, March 2025"),
    "study": _("Published study"),
    "checked": _("Recomputed here"),
}

GROUPS: dict[str, Lazy] = {
    "nationality": _("Nationality"),
    "department": _("Department"),
    "sector": _("Sector"),
    "care": _("Kind of care"),
    "sex": _("Sex"),
    "age": _("Age"),
    "institution": _("Institution"),
    "study": _("Study"),
    "topic": _("Subject"),
}

CATEGORIES: dict[str, Lazy] = {
    "inpatient": _("Inpatients"),
    "outpatient": _("Outpatients"),
    "check-up": _("Check-ups"),
    "male": _("Male"),
    "female": _("Female"),
    "clinic": _("Clinic"),
    "hospital": _("Hospital"),
    "general-hospital": _("General hospital"),
    "general-hospital-and-above": _("General hospitals and larger"),
    "tertiary-hospital": _("Tertiary hospital"),
    "department-stores": _("Department stores"),
    "restaurants": _("Restaurants"),
    "duty-free": _("Duty-free shops"),
    "luxury-hotels": _("Luxury hotels"),
    "lodging": _("Lodging"),
    "shopping": _("Shopping"),
    "remaining": _("All other sectors"),
    "medical": _("Medical care"),
    "middle-east": _("Middle East"),
    "central-asia": _("Central Asia"),
    "of-seoul": _("of Seoul's"),
    "recovery-centre": _("Support centres for addiction"),
    "urgent-clinic": _("Emergency Treatment Clinics"),
}


class Status(models.TextChoices):
    """What kind of statement a figure is."""

    OFFICIAL = "official", _("official")
    PROVISIONAL = "provisional", _("provisional")
    ESTIMATE = "estimate", _("estimate")
    CLAIM = "claim", _("claim")
    TARGET = "target", _("target")


class Sureness(models.TextChoices):
    """How sure we are that it was published like this."""

    VERIFIED = "verified", _("read at the source")
    ROUNDED = "rounded", _("read rounded; exact value from memory")
    DERIVED = "derived", _("derived from other figures")
    REMEMBERED = "remembered", _("from memory, not found again")
    SEED = "seed", _("as in the interview")


class Qualifier(models.TextChoices):
    """How the number was said."""

    EXACT = "exact", _("exactly")
    ABOUT = "about", _("about")
    AT_LEAST = "at_least", _("more than")
    AT_MOST = "at_most", _("at most")
    NEARLY = "nearly", _("nearly")
    RANGE = "range", _("in the range above")
