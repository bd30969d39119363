"""What the fields of reports are called, what may be missing of them, and where it is completed."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sarangbang.ui import locales

FIELDS: dict[str, Lazy] = {
    "reference": _("Reference"),
    "nationality": _("Nationality"),
    "country": _("Country code"),
    "sex": _("Sex"),
    "birth_year": _("Year of birth"),
    "institution": _("Institution"),
    "department": _("Department"),
    "department_code": _("Department code"),
    "inpatient_days": _("Days as an inpatient"),
    "main_disease": _("Main disease or injury"),
    "outpatient_days": _("Days of outpatient visits"),
    "content": _("Content of remote care"),
    "first_day": _("First day"),
    "last_day": _("Last day"),
    "left_out": _("Why it is left out"),
    "entered_on": _("Entry into Korea"),
    "left_on": _("Departure from Korea"),
    "missing": _("Missing"),
}

MISSING: dict[str, Lazy] = {
    "nationality": _("Nationality is Korea or unknown: leave the row out, or have it corrected at the desk"),
    "sex": _("Sex: the report needs female or male"),
    "birth_year": _("Year of birth cannot be: have it corrected at the desk"),
    "inpatient_days": _("Days as an inpatient: 0 when the patient was not admitted"),
    "main_disease": _("Main disease or injury: its KCD code"),
    "outpatient_days": _("Days of outpatient visits: neither visit nor admission is counted"),
    "content": _("Content of remote care: before or after the treatment"),
    "entered_on": _("Entry into Korea"),
    "left_on": _("Departure from Korea: missing, or before the entry"),
}


def missing_words(missing: Iterable[str]) -> list[str]:
    return [str(MISSING[name]) for name in missing]


def missing_line(missing: Iterable[str]) -> str:
    return "; ".join(missing_words(missing))


def country(code: str) -> str:
    return locales.country(code, get_language() or "en")
