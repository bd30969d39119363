"""Calls of REST v1 with which programs find procedures and institutions."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from . import queries, schemas
from .base import api, kept
from .parameters import (
    InstitutionWords,
    Limit,
    MaybeDepartment,
    MaybeLanguage,
    MaybeProcedure,
    Offset,
    ProcedureWords,
    SlugInPath,
)
from .problems import ApiProblem

FINDING = {400: schemas.Problem, 422: schemas.Problem}
FINDING_ONE = {**FINDING, 404: schemas.Problem}
"""The errors that a call may answer with."""


@api.get("/procedures", response={200: schemas.Procedures, **FINDING}, tags=["find"], operation_id="listProcedures")
@kept
def list_procedures(
    request: HttpRequest,
    q: ProcedureWords = None,
    department: MaybeDepartment = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:
    """Procedures, best match first when ``q`` is given; names in the language of Accept-Language."""
    found = queries.procedures(q or "", department)
    return {
        "items": [queries.procedure_out(item) for item in found[offset : offset + limit]],
        "total": len(found),
    }


@api.get(
    "/procedures/{slug}",
    response={200: schemas.ProcedureOut, **FINDING_ONE},
    tags=["find"],
    operation_id="getProcedure",
)
@kept
def get_procedure(request: HttpRequest, slug: SlugInPath) -> dict[str, Any]:
    """One procedure."""
    procedure = queries.procedure(slug)
    if procedure is None:
        raise ApiProblem(404)
    return queries.procedure_out(procedure)


@api.get(
    "/institutions", response={200: schemas.Institutions, **FINDING}, tags=["find"], operation_id="listInstitutions"
)
@kept
def list_institutions(
    request: HttpRequest,
    q: InstitutionWords = None,
    procedure: MaybeProcedure = None,
    department: MaybeDepartment = None,
    language: MaybeLanguage = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:
    """Institutions that may receive foreign patients today; others are not listed at all."""
    found = queries.institutions(q or "", procedure, department, language)
    page = found[offset : offset + limit]
    return {"items": [queries.institution_out(item) for item in page], "total": found.count()}


@api.get(
    "/institutions/{slug}",
    response={200: schemas.InstitutionDetail, **FINDING_ONE},
    tags=["find"],
    operation_id="getInstitution",
)
@kept
def get_institution(request: HttpRequest, slug: SlugInPath) -> dict[str, Any]:
    """One institution with practitioners and offerings."""
    institution = queries.receiving().filter(slug=slug).first()
    if institution is None:
        raise ApiProblem(404)
    return queries.institution_detail(institution)
