"""Reads of REST v1: from models to the shapes of ``schemas``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import get_language

from sarangbang import rows
from sarangbang.directory import queries as directory
from sarangbang.directory.models import (
    Institution,
    Offering,
    Practitioner,
    Procedure,
    Registration,
)
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.scheduling.holding import is_held
from sarangbang.scheduling.lifecycle import FREEING
from sarangbang.scheduling.models import Appointment, PathwayStep, Reservation, Series
from sarangbang.scheduling.pathways import FreeSeries
from sarangbang.scheduling.prepared import Prepared, Question, ask
from sarangbang.scheduling.queries import FreeTime, cut_off

PERSON = ("name", "name_latin", "nationality", "birth_year", "sex", "email")
"""Two bookings in which these are equal are of the same person."""


def receiving() -> QuerySet[Institution]:
    """Institutions that may receive today, with place and the registration in force."""
    return directory.receiving().prefetch_related(directory.registrations_in_force())


def procedures(text: str, department: str | None) -> list[Procedure]:
    """Procedures, by rank when text is given."""
    found = Procedure.objects.select_related("main_department").order_by("slug")
    if department:
        found = found.filter(departments__slug=department)
    if not text:
        return list(found)
    rank = {
        match.slug: place
        for place, match in enumerate(directory.procedure_index().find(text, language=get_language(), limit=50))
    }
    return sorted(found.filter(slug__in=rank), key=lambda item: rank[item.slug])


def procedure(slug: str) -> Procedure | None:
    return Procedure.objects.select_related("main_department").filter(slug=slug).first()


def institutions(
    text: str, procedure: str | None, department: str | None, language: str | None
) -> QuerySet[Institution]:
    """Institutions that may receive, narrowed down; in a fixed order, so that pages do not overlap."""
    found = directory.institutions(name=text, department=department or "", language=language or "")
    if procedure:
        found = found.filter(offerings__procedure__slug=procedure, offerings__is_active=True)
    return found.prefetch_related(directory.registrations_in_force()).order_by("slug")


def offering(institution_slug: str, procedure_slug: str) -> Offering | None:
    """An offering at an institution that may receive."""
    return next(iter(ask(offering_question(institution_slug, procedure_slug))[0]), None)


def offering_question(institution_slug: str, procedure_slug: str) -> Question:
    """``offering``, to be asked together with others: a list of the one, or an empty one."""
    statement, read = _OFFERINGS.question(None, institution_slug, procedure_slug, directory.today())
    return Question(statement, lambda rows: [_offering(row) for row in read(rows)])


def _offering(row: Sequence[Any]) -> Offering:
    values = iter(row)
    offering, institution, procedure = (
        rows.known(model, fields, islice(values, len(fields))) for model, fields in _OFFERED
    )
    offering.institution, offering.procedure = institution, procedure
    made: Offering = offering
    return made


_OFFERED: list[tuple[type[Any], list[str]]] = [
    (Offering, [field.attname for field in Offering._meta.concrete_fields]),  # noqa: SLF001 (public)
    (Institution, ["id", "slug", "name_latin", "place_id"]),
    (Procedure, ["id", "slug"]),
]
"""What a booking asks of an offering; anything else of it is looked up when it is wanted."""


def _offerings(_fixed: None, institution: str, procedure: str, day: dt.date) -> QuerySet[Any, Any]:
    offering, at, of = (fields for _model, fields in _OFFERED)
    found = Offering.objects.filter(
        institution__in=Institution.objects.receiving(day), institution__slug=institution, procedure__slug=procedure,
        is_active=True,
    )  # fmt: skip
    names = [*offering, *(f"institution__{name}" for name in at), *(f"procedure__{name}" for name in of)]
    return found.order_by("pk").values_list(*names)[:1]


_OFFERINGS = Prepared(_offerings)


def offerings(procedure: str, institutions: Sequence[str] | None) -> list[Offering]:
    """Who offers a procedure, at all institutions that may receive or at some of them."""
    found = directory.offerings().filter(procedure__slug=procedure)
    if institutions is not None:
        found = found.filter(institution__slug__in=institutions)
    return list(found.select_related("institution__place", "procedure", "department").order_by("pk"))


def offerings_by_pk(pks: Iterable[int]) -> dict[int, Offering]:
    """Offerings with what a free time says of them."""
    found = Offering.objects.filter(pk__in=set(pks)).select_related("institution", "procedure")
    return {offering.pk: offering for offering in found}


def institution_ids(slugs: Sequence[str]) -> list[UUID]:
    """Of those of these institutions that may receive today."""
    return list(directory.receiving().filter(slug__in=slugs).values_list("pk", flat=True))


def steps(offering: Offering) -> dict[int, PathwayStep]:
    """The steps of a pathway by their position."""
    return {step.position: step for step in offering.pathway.all()}


def steps_of(found: Iterable[FreeSeries]) -> dict[int, PathwayStep]:
    """By primary key, the steps that free times are of."""
    wanted = {time.step_id for series in found for time in series.times}
    return PathwayStep.objects.in_bulk([pk for pk in wanted if pk is not None])


def practitioners(of: Offering) -> list[Practitioner]:
    """Who can take the first visit, in a fixed order."""
    return list(
        Practitioner.objects.filter(
            roles__institution=of.institution_id,
            roles__department=of.department_id,
            roles__is_active=True,
            resource__isnull=False,
        ).order_by("pk")
    )


def practitioner(of: Offering, pk: UUID) -> Practitioner | None:
    return next((person for person in practitioners(of) if person.pk == pk), None)


SHOWN = ("reservation", "guest", "institution", "offering__procedure", "offering__institution")
"""What an answer says of an appointment."""


def found(pk: str) -> QuerySet[Appointment]:
    """The one appointment with this key."""
    return Appointment.objects.filter(pk=pk)


def appointment(pk: str) -> Appointment | None:
    return found(pk).select_related(*SHOWN).first()


def series(pk: str) -> Series | None:
    """The visits of one pathway."""
    return (
        Series.objects.filter(pk=pk)
        .select_related("offering__procedure", "offering__institution__place", "offering__department")
        .first()
    )


def visits_of(series: Series) -> QuerySet[Appointment]:
    """The appointments of a series in the order of their steps."""
    return (
        Appointment.objects.filter(series=series)
        .select_related(
            "reservation", "guest", "institution", "offering__procedure", "offering__institution", "step", "place"
        )
        .order_by("step__position")
    )


def tokens_of(*subjects: UUID) -> dict[str, str]:
    """By primary key, the tokens that open these appointments or series; none for those that were withdrawn."""
    found = SecureLink.objects.filter(
        purpose=SecureLink.Purpose.APPOINTMENT, subject__in=map(str, subjects), revoked_at__isnull=True
    )
    return {link.subject: links.token_of(link) for link in found}


def token_of(appointment: Appointment) -> str | None:
    """The token that opens this appointment, unless it was withdrawn; of one that was held just now it is known."""
    link: SecureLink | None = getattr(appointment, "link", None)
    return links.token_of(link) if link is not None else tokens_of(appointment.pk).get(str(appointment.pk))


def procedure_out(item: Procedure) -> dict[str, Any]:
    department = item.main_department
    return {
        "slug": item.slug,
        "name": item.name,
        "department": {"slug": department.slug, "name": department.name},
        "summary": item.summary,
        "visit_minutes": item.visit_minutes,
        "days_in_korea_low": item.days_in_korea_low,
        "days_in_korea_high": item.days_in_korea_high,
        "rest_before_flying_days": item.rest_before_flying_days,
        "reviewed_on": item.reviewed_on,
    }


def institution_out(item: Institution) -> dict[str, Any]:
    registration: Registration = item.in_force[0]  # type: ignore[attr-defined]  # prefetched by receiving()
    return {
        "slug": item.slug,
        "name": item.name,
        "name_latin": item.name_latin,
        "kind": item.kind,
        "address": item.place.address,
        "address_latin": item.place.address_latin,
        "latitude": item.place.latitude,
        "longitude": item.place.longitude,
        "phone": item.phone,
        "registration_number": registration.number,
        "registration_valid_until": registration.valid_until,
    }


def institution_detail(item: Institution) -> dict[str, Any]:
    people = (
        Practitioner.objects.filter(roles__institution=item, roles__is_active=True)
        .distinct()
        .order_by("pk")
        .prefetch_related("languages")
    )
    offerings = item.offerings.filter(is_active=True).select_related("procedure").order_by("procedure__slug")
    return institution_out(item) | {
        "practitioners": [
            {
                "id": person.pk,
                "name": person.name,
                "name_latin": person.name_latin,
                "languages": sorted(spoken.language for spoken in person.languages.all()),
            }
            for person in people
        ],
        "offerings": [
            {
                "procedure": offered.procedure.slug,
                "visit_minutes": offered.visit_minutes,
                "price_low": offered.price_low,
                "price_high": offered.price_high,
            }
            for offered in offerings
        ],
    }


def free_time_out(time: FreeTime, of: Offering) -> dict[str, Any]:
    return {
        "institution": of.institution.slug,
        "procedure": of.procedure.slug,
        "practitioner": time.practitioner_id,
        "starts_at": time.starts_at,
        "ends_at": time.ends_at,
    }


def free_series_out(series: FreeSeries, of: Offering, steps: Mapping[int, PathwayStep]) -> dict[str, Any]:
    """``steps`` by primary key; an offering without steps is one visit."""
    return {
        "institution": of.institution.slug,
        "procedure": of.procedure.slug,
        "visits": [
            {
                "step": steps[time.step_id].position if time.step_id else 0,
                "kind": steps[time.step_id].kind if time.step_id else PathwayStep.Kind.TREATMENT,
                "practitioner": time.practitioner_id,
                "starts_at": time.starts_at,
                "ends_at": time.ends_at,
            }
            for time in series.times
        ],
    }


def is_booked_for(item: Appointment, guest: Mapping[str, Any]) -> bool:
    """Whether the appointment stands and is this person's."""
    booked = item.guest
    return (
        booked is not None
        and item.reservation.status not in FREEING
        and all(getattr(booked, name) == guest[name] for name in PERSON)
    )


def appointment_out(item: Appointment, token: str) -> dict[str, Any]:
    reservation = item.reservation
    held = is_held(reservation)
    # A hold whose time is over keeps its row until somebody wants the time.
    over = reservation.status == Reservation.Status.HELD and not held
    return {
        "id": item.pk,
        "token": token,
        "status": Reservation.Status.EXPIRED if over else reservation.status,
        "institution": item.institution.slug,
        "procedure": item.offering.procedure.slug,
        "practitioner": item.practitioner_id,
        "mode": item.mode,
        "starts_at": reservation.starts_at,
        "ends_at": reservation.ends_at,
        "hold_expires_at": reservation.hold_expires_at if held else None,
        "change_until": cut_off(item),
        "sequence": item.sequence,
    }


def series_out(item: Series, token: str) -> dict[str, Any]:
    visits = list(visits_of(item))
    tokens = tokens_of(*(each.pk for each in visits))
    return {
        "id": item.pk,
        "token": token,
        "institution": item.offering.institution.slug,
        "procedure": item.offering.procedure.slug,
        "visits": [appointment_out(each, tokens.get(str(each.pk), "")) for each in visits],
    }
