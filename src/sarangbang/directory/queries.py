"""Reads of the directory that more than one caller needs.

"Today" is the Korean calendar day, because registrations and insurances are valid by Korean days. Whatever is
offered to guests starts from ``receiving()``: an institution whose registration or insurance has lapsed is
neither listed nor bookable.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, Max, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from . import search, words
from .models import (
    Department,
    Institution,
    InstitutionQuerySet,
    Offering,
    Place,
    PractitionerLanguage,
    PractitionerRole,
    PriceFact,
    Procedure,
    ProcedureTerm,
    Registration,
)

KOREA = ZoneInfo("Asia/Seoul")


def today() -> dt.date:
    """The calendar day in Korea."""
    return timezone.localdate(timezone=KOREA)


def receiving() -> InstitutionQuerySet:
    """Institutions that may receive foreign patients today, with their place."""
    return Institution.objects.receiving(today()).select_related("place")


def registrations_in_force() -> Prefetch:
    """Prefetch for institutions: what is in force today stands in ``institution.in_force``, newest first."""
    return Prefetch("registrations", queryset=Registration.objects.in_force(today()), to_attr="in_force")


def institutions(*, name: str = "", department: str = "", language: str = "") -> InstitutionQuerySet:
    """Receiving institutions by part of their name, slug of a department and language that a doctor speaks."""
    found = receiving()
    if name:
        found = found.filter(Q(name__icontains=name) | Q(name_latin__icontains=name))
    if department:
        found = found.filter(departments__slug=department)
    if language:
        speaking = PractitionerRole.objects.filter(
            institution=OuterRef("pk"), is_active=True, practitioner__languages__language=language
        )
        found = found.filter(Exists(speaking))
    return found


def institution_at(slug: str) -> Institution | None:
    """The institution of that address, whether or not it may receive; see ``is_receiving``."""
    return Institution.objects.select_related("place", "partner").filter(slug=slug).first()


def is_receiving(institution_id: UUID) -> bool:
    """Whether the institution may receive foreign patients today."""
    return Institution.objects.receiving(today()).filter(pk=institution_id).exists()


def departments() -> QuerySet[Department]:
    """Departments in which a procedure is known."""
    return Department.objects.filter(Exists(Procedure.objects.filter(main_department=OuterRef("pk"))))


def departments_of_institutions() -> QuerySet[Department]:
    """Departments that some receiving institution has."""
    return Department.objects.filter(Exists(receiving().filter(departments=OuterRef("pk"))))


def procedures() -> QuerySet[Procedure]:
    """All procedures with the department under which they are listed."""
    return Procedure.objects.select_related("main_department")


def procedure_at(slug: str) -> Procedure | None:
    """A procedure with what its page tells: departments and known prices."""
    return procedures().prefetch_related("departments", "price_facts").filter(slug=slug).first()


def procedure_index() -> search.ProcedureIndex:
    """The index of the words of all procedures: those of the data files and those that were imported. It is built
    once in each process, and again when an import has added to them."""
    mark = ProcedureTerm.objects.aggregate(count=Count("pk"), newest=Max("pk"))
    return _procedure_index(Procedure.objects.count(), mark["count"], mark["newest"])


@lru_cache(maxsize=2)
def _procedure_index(procedures: int, terms: int, newest: int | None) -> search.ProcedureIndex:
    known = words.load_terms()
    slugs = {term.slug for term in known}
    imported = [
        words.Term(procedure.slug, language, name, words.NAME)
        for procedure in Procedure.objects.exclude(slug__in=slugs)
        for language in words.LANGUAGES
        if (name := getattr(procedure, f"name_{language.replace('-', '_')}", ""))
    ]
    texts = {(term.slug, term.language, term.text) for term in known}
    rows = ProcedureTerm.objects.values_list("procedure__slug", "language", "text")
    imported += [words.Term(*row) for row in rows if row not in texts]
    return search.ProcedureIndex([*known, *imported])


def price_facts() -> QuerySet[PriceFact]:
    """Every known price, by procedure."""
    return PriceFact.objects.select_related("procedure").order_by("procedure__slug", "status", "-year")


def offerings() -> QuerySet[Offering]:
    """What can be booked: active offerings of institutions that may receive."""
    return Offering.objects.filter(is_active=True, institution__in=Institution.objects.receiving(today()))


def offerings_of(procedure: Procedure) -> QuerySet[Offering]:
    """Who offers a procedure, with institution and place."""
    return offerings().filter(procedure=procedure).select_related("institution__place")


def offerings_at(institution: Institution) -> QuerySet[Offering]:
    """What an institution offers, in the order of its departments."""
    return (
        offerings()
        .filter(institution=institution)
        .select_related("procedure", "department")
        .order_by("department__slug", "procedure__slug")
    )


def institutions_per_procedure() -> dict[int, int]:
    """How many receiving institutions offer each procedure; procedures that nobody offers are missing."""
    counted = offerings().values("procedure").annotate(count=Count("pk")).values_list("procedure", "count")
    return dict(counted.order_by())


def institutions_per_department() -> dict[int, int]:
    """How many receiving institutions offer something of which a department is the main one."""
    counted = (
        offerings()
        .values("procedure__main_department")
        .annotate(count=Count("institution", distinct=True))
        .values_list("procedure__main_department", "count")
    )
    return dict(counted.order_by())


def languages_spoken(institutions: Iterable[UUID]) -> defaultdict[tuple[UUID, int], set[str]]:
    """Languages of the active practitioners, by institution and department, in one query; empty sets for others."""
    spoken = PractitionerRole.objects.filter(
        institution__in=institutions, is_active=True, practitioner__languages__isnull=False
    )
    result: defaultdict[tuple[UUID, int], set[str]] = defaultdict(set)
    for institution, room, language in spoken.values_list(
        "institution", "department", "practitioner__languages__language"
    ):
        result[institution, room].add(language)
    return result


def practitioners_at(institution: Institution) -> QuerySet[PractitionerRole]:
    """Who works at an institution, with languages and department, in the order of departments and names."""
    return (
        PractitionerRole.objects.filter(institution=institution, is_active=True)
        .select_related("practitioner", "department")
        .prefetch_related(
            Prefetch("practitioner__languages", queryset=PractitionerLanguage.objects.order_by("language"))
        )
        .order_by("department__slug", "practitioner__name_latin")
    )


def landmarks() -> QuerySet[Place]:
    """Places from which guests measure distances: the Center, stations and hotels."""
    return Place.objects.filter(kind__in=(Place.Kind.CENTER, Place.Kind.STATION, Place.Kind.HOTEL))


def airports() -> QuerySet[Place]:
    return Place.objects.filter(kind=Place.Kind.AIRPORT)


def center() -> Place | None:
    """The Medical Tour Center, where guests can ask."""
    return Place.objects.filter(kind=Place.Kind.CENTER).first()
