"""The frame of REST v1: its document, and how whatever goes wrong is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.decorators import decorate_view
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from .parsing import StrictParser, documented_names
from .problems import ApiProblem, refused

KEPT_SECONDS = 60
"""So long a cache may keep what is found; free times and appointments are never kept."""

DESCRIPTION = """
Find procedures and registered institutions, see free times, hold one for ten minutes, confirm it for a guest, move and
cancel it. A program needs no account: **GET /procedures → GET /first-free-times?procedure= → POST /holds
→ POST /appointments/{token}/confirm**; of treatments that take several visits **GET /series-times → POST /series →
POST /series/{token}/confirm**. The `links` of the answers say what can be asked next.

* **Instants** are RFC 3339 with an offset; answers are in UTC. Days are Korean calendar days. Money is whole won.
* **Language.** Names, summaries and sentences are in the language of `Accept-Language`: ko, en, zh-Hans, ja, ru, mn,
  es, vi, th or ar.
* **Addresses.** A parameter that is not documented for a call is refused, and so is one that stands twice and is no
  list: 422 names it and those that are known.
* **Bodies** are JSON in UTF-8, at most 1 MB. Names that are not documented are refused.
* **Errors** always have `code` (stable), `detail` (for people) and `errors` (field by field): 400 not readable,
  404 nothing here, 405 another method, 409 does not fit the present state, 413 too large, 415 not JSON, 422 a field or
  a rule, 429 too often (`Retry-After` says when to try again, in seconds).
* **Repeating.** Any POST with the same `Idempotency-Key` and the same body is carried out once and gives the same
  appointment, in its present state: send it again when an answer was lost. Without a key, confirm and cancel may be
  repeated as they are.
* **Codes of 409**: `taken`, `hold_expired`, `too_late`, `overlaps`, `is_` with the present status (as `is_cancelled`).
  **Codes of 422**: `invalid`, `key_reused`, `odd_hour`, `past`, `too_soon`, `too_far`, `outside_hours`, `on_leave`,
  `closed`, `holiday`, `travel`, `buffer`, `full_day`, `too_many`, `no_room`, `no_companion`, `out_of_order`,
  `other_practitioner`, `not_here`, `not_remote`, `not_receiving`, `not_offered`.
""".strip()


def _document(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    return require_safe(cache_control(public=True, max_age=KEPT_SECONDS)(view))


TOKEN = {"token": "$response.body#/token"}
SLUG = {"procedure": "$response.body#/items/0/slug"}
LINKS: dict[tuple[str, int], dict[str, dict[str, Any]]] = {
    ("listProcedures", 200): {
        "institutions": {
            "operationId": "listInstitutions",
            "parameters": {"procedure": "$response.body#/items/0/slug"},
        },
        "freeTimes": {"operationId": "searchFreeTimes", "parameters": SLUG},
        "severalVisits": {"operationId": "searchSeries", "parameters": SLUG},
    },
    ("searchFreeTimes", 200): {
        "hold": {"operationId": "createHold", "requestBody": "$response.body#/items/0"},
        "next": {"operationId": "searchFreeTimes", "parameters": {"cursor": "$response.body#/cursor"}},
    },
    ("listFreeTimes", 200): {"hold": {"operationId": "createHold", "requestBody": "$response.body#/items/0"}},
    ("createHold", 201): {
        "see": {"operationId": "getAppointment", "parameters": TOKEN},
        "confirm": {"operationId": "confirmAppointment", "parameters": TOKEN},
        "move": {"operationId": "moveAppointment", "parameters": TOKEN},
        "cancel": {"operationId": "cancelAppointment", "parameters": TOKEN},
    },
    ("createHold", 409): {
        "alternative": {"operationId": "createHold", "requestBody": "$response.body#/alternatives/0"},
    },
    ("searchSeries", 200): {"hold": {"operationId": "createSeries", "requestBody": "$response.body#/items/0"}},
    ("createSeries", 201): {
        "see": {"operationId": "getSeries", "parameters": TOKEN},
        "confirm": {"operationId": "confirmSeries", "parameters": TOKEN},
        "cancel": {"operationId": "cancelSeries", "parameters": TOKEN},
    },
}
"""What can be asked next with an answer, by operation and status."""


class RestApi(NinjaAPI):
    """With a document in which nothing of an address is null (what is not meant is left out), and answers lead on."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**options)
        for path in document["paths"].values():
            for call in path.values():
                for parameter in call["parameters"]:
                    _without_null(parameter["schema"])
                for status, answer in call["responses"].items():
                    links = LINKS.get((call["operationId"], int(status)))
                    if links is not None:
                        answer["links"] = links
        return document


def _without_null(schema: dict[str, Any]) -> None:
    kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
    for kind in kinds:
        schema.update(kind)


api = RestApi(
    title="Sarangbang REST v1",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api-v1",
    docs_url=None,
    docs_decorator=_document,
    parser=StrictParser(),
    servers=[{"url": "/", "description": "The house that serves this document"}],
    openapi_extra={
        "info": {"license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "tags": [
            {"name": "find", "description": "Procedures and the institutions that may receive guests from abroad"},
            {"name": "book", "description": "Free times, holds and appointments"},
            {"name": "series", "description": "Treatments that take several visits"},
        ],
    },
)

api.add_decorator(documented_names, mode="view")

kept = decorate_view(cache_control(public=True, max_age=KEPT_SECONDS))


@api.exception_handler(ApiProblem)
def _problem(request: HttpRequest, problem: ApiProblem) -> HttpResponse:
    return problem.answer()


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return refused(error.errors).answer()


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Whatever keeps a body from being read; the parser may have said why."""
    why = error.__cause__
    return (why if isinstance(why, ApiProblem) else ApiProblem(error.status_code)).answer()


@api.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return ApiProblem(413).answer()


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    raise error  # the door answers and logs, with DEBUG as without
