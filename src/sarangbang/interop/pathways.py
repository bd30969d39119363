"""Calls of REST v1 for treatments that take several visits: their times are held, booked and cancelled together."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Status

from sarangbang.scheduling.actions import Visit
from sarangbang.scheduling.models import Series
from sarangbang.scheduling.pathways import free_series
from sarangbang.scheduling.queries import bookable_window

from . import actions, checks, queries, refusing, schemas
from .base import api
from .booking import BOOKING, limited, offering_at, practitioner_of, subject_of, window_of
from .finding import FINDING_ONE
from .parameters import (
    End,
    FewSeries,
    IdempotencyKey,
    Institutions,
    MaybePractitioner,
    PartOfDay,
    Party,
    ProcedureSlug,
    SeriesToken,
    SpokenLanguage,
    Start,
)
from .problems import ApiProblem


@api.get(
    "/series-times", response={200: schemas.FreeSeries, **FINDING_ONE}, tags=["series"], operation_id="searchSeries"
)
def search_series(
    request: HttpRequest,
    procedure: ProcedureSlug,
    institution: Institutions = None,
    start: Start = None,
    end: End = None,
    practitioner: MaybePractitioner = None,
    language: SpokenLanguage = None,
    part_of_day: PartOfDay = "any",
    party: Party = 1,
    limit: FewSeries = 3,
) -> dict[str, Any]:
    """Times for all visits of a treatment between arrival and departure, in one search: consultation, operation at
    least a day later, check some days after that; by doctors who speak a language, each in a part of the day. What is
    one visit has one."""
    start, end = bookable_window(*window_of(start, end))
    offerings = {offering.pk: offering for offering in queries.offerings(procedure, institution)}
    if not offerings:
        raise ApiProblem(404)
    found = free_series(
        list(offerings.values()), start, end, limit=limit, practitioner_id=practitioner, party=party,
        language=language or "", part_of_day=part_of_day,
    )  # fmt: skip
    steps = queries.steps_of(found)
    items = [queries.free_series_out(series, offerings[series.offering_id], steps) for series in found]
    return {"items": items, "start": start, "end": max(start, end)}


@api.post("/series", response={201: schemas.SeriesOut, **BOOKING}, tags=["series"], operation_id="createSeries")
def create_series(
    request: HttpRequest, payload: schemas.SeriesIn, idempotency_key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    """Hold the times of all visits for ten minutes, or none of them. 409 with alternatives for the first visit when
    somebody else has one of the times."""
    limited(request, "hold")
    wish = f"series {payload.model_dump_json()}"
    with refusing.key_reused():
        series = actions.series_once(idempotency_key, wish, lambda: _hold(payload))
    token = queries.tokens_of(series.pk).get(str(series.pk))
    if token is None:  # it was withdrawn meanwhile
        raise ApiProblem(404)
    return Status(201, queries.series_out(series, token))


@api.get("/series/{token}", response={200: schemas.SeriesOut, **FINDING_ONE}, tags=["series"], operation_id="getSeries")
def get_series(request: HttpRequest, token: SeriesToken) -> dict[str, Any]:
    """The present state of all visits."""
    return queries.series_out(_opened(token), token)


@api.post(
    "/series/{token}/confirm",
    response={200: schemas.SeriesOut, **BOOKING},
    tags=["series"],
    operation_id="confirmSeries",
)
def confirm_series(
    request: HttpRequest, token: SeriesToken, payload: schemas.ConfirmIn, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Make all held times the guest's, in one stay; confirming again for the same guest changes nothing."""
    limited(request, "confirm")
    wish = f"confirm series {token} {payload.model_dump_json()}"
    with refusing.key_reused():
        series = actions.series_once(idempotency_key, wish, lambda: _confirm(token, payload))
    return queries.series_out(series, token)


@api.post(
    "/series/{token}/cancel",
    response={200: schemas.SeriesOut, **BOOKING},
    tags=["series"],
    operation_id="cancelSeries",
)
def cancel_series(
    request: HttpRequest,
    token: SeriesToken,
    payload: schemas.CancelIn | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Cancel all visits, or none when one of them can no longer be cancelled here. The body may be left out."""
    limited(request, "confirm")
    reason = payload.reason if payload else ""
    with refusing.key_reused():
        series = actions.series_once(idempotency_key, f"cancel series {token} {reason}", lambda: _cancel(token, reason))
    return queries.series_out(series, token)


def _opened(token: str) -> Series:
    series = queries.series(subject_of(token))
    if series is None:
        raise ApiProblem(404)
    return series


def _hold(payload: schemas.SeriesIn) -> Series:
    offering = offering_at(payload.institution, payload.procedure)
    steps = queries.steps(offering)
    visits = [
        Visit(steps[each.step], practitioner_of(offering, each.practitioner), each.starts_at)
        for each in payload.visits
        if each.step in steps
    ]
    checks.whole_pathway([each.step for each in payload.visits], steps)
    with refusing.answered(offering, payload.visits[0].starts_at):
        return actions.hold_series(offering, visits)


def _confirm(token: str, payload: schemas.ConfirmIn) -> Series:
    series = _opened(token)
    visits = list(queries.visits_of(series))
    for visit in (visits[0], visits[-1]):
        checks.details(payload, timezone.localdate(visit.reservation.starts_at))
    if any(visit.guest_id is None for visit in visits):
        with refusing.answered_for(visits[0]):
            return actions.confirm_series(series, payload.intake())
    for visit in visits:
        if not queries.is_booked_for(visit, payload.guest.model_dump()):
            raise refusing.not_now(visit.reservation.status)
    return series


def _cancel(token: str, reason: str) -> Series:
    series = _opened(token)
    first = queries.visits_of(series)[0]
    with refusing.answered_for(first):
        return actions.cancel_series(series, reason)
