"""Reads for the officer's pages: which institutions have a report, and how far it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from sarangbang.directory.models import Institution
from sarangbang.policy.operations.measures import treated_in
from sarangbang.policy.operations.windows import MONTHS, Window

from .rows import hand_ins


@dataclass(frozen=True, slots=True)
class ReportState:
    """An institution with so many guests of this platform in a year, and when it handed its report in."""

    institution: Institution
    guests: int
    handed_at: dt.datetime | None
    is_registered: bool


def reports_state(year: int, now: dt.datetime) -> list[ReportState]:
    """Those that have not handed in before the others, the most guests first."""
    treated = treated_in(Window(year, 1, MONTHS, now))
    guests = dict(treated.values_list("institution_id").annotate(many=Count("guest", distinct=True)).order_by())
    handed = hand_ins(year)
    registered = set(
        Institution.objects.filter(
            registrations__valid_from__lte=dt.date(year, 12, 31), registrations__valid_until__gte=dt.date(year, 1, 1)
        ).values_list("pk", flat=True)
    )
    found = [
        ReportState(
            each, guests[each.pk], handed[each.pk].handed_at if each.pk in handed else None, each.pk in registered
        )
        for each in Institution.objects.filter(pk__in=guests)
    ]
    return sorted(found, key=lambda one: (one.handed_at is not None, -one.guests, one.institution.slug))


def institution_by_slug(slug: str) -> Institution | None:
    return Institution.objects.filter(slug=slug).first()


def institution_names_of(language: str | None) -> dict[UUID, str]:
    """Names of all institutions: in Korean, or in Latin letters for readers of another language."""
    field = "name" if language == "ko" else "name_latin"
    return dict(Institution.objects.values_list("pk", field))
