"""The figures that the public pages state. Each has a definition, a year, its sources and how sure it is.

Values and sources stand in ``portal/data/figures.csv``; ``also`` is the value that other releases give for the
same thing, and both are shown.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from django.utils.translation import gettext_lazy as _

DEFINITIONS: dict[str, Any] = {
    "patients": _("Foreign patients treated in Gangnam in a year, as reported by institutions"),
    "institutions": _("Hospitals and clinics in Gangnam that are registered for patients from abroad"),
    "partners": _("Partners of the district: hospitals, clinics, hotels and tour firms"),
    "interpreters": _("Medical interpreters appointed by the district"),
    "languages": _("Languages of the interpreters"),
    "free_hours": _("Hours of interpreting that are free"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    code: str
    value: int
    also: int | None
    year: int
    is_verified: bool
    sources: tuple[str, ...]

    @property
    def definition(self) -> Any:
        return DEFINITIONS[self.code]


@cache
def figures() -> dict[str, Figure]:
    """All figures by code, in the order of the file."""
    text = files("sarangbang.portal").joinpath("data/figures.csv").read_text(encoding="utf-8")
    return {
        row["code"]: Figure(
            code=row["code"],
            value=int(row["value"]),
            also=int(row["also"]) if row["also"] else None,
            year=int(row["year"]),
            is_verified=row["sureness"] == "verified",
            sources=tuple(row["sources"].split()),
        )
        for row in csv.DictReader(text.splitlines())
    }
