"""What REST v1 reads: bodies of JSON in UTF-8 and nothing that two readers could read differently, and of an address
only parameters that the call documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import wraps
from inspect import unwrap
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from ninja.parser import Parser

from .problems import LONGEST_NAME, MOST_ERRORS, ApiProblem, invalid, wrong


class StrictParser(Parser):
    """Refuses other content types (415), names that stand twice in an object, NaN and infinity (400)."""

    def parse_body(self, request: HttpRequest) -> Any:
        # Nobody says what a body is and means something other than JSON here.
        if (request.content_type or "application/json").lower() != "application/json":
            raise ApiProblem(415)
        return json.loads(request.body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def documented_names(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A call that refuses (422) what its own signature does not name: a slip in a filter would widen the answer."""
    if hasattr(run, "documents"):
        return run  # ninja decorates what is not in a router of its own twice
    call = unwrap(run).__self__  # the operation
    models = [model for model in call.models if model.__ninja_param_source__ == "query"]
    known = [name for model in models for name in model.__ninja_flatten_map__]
    lists = {name for model in models for name in getattr(model, "__ninja_collection_fields__", ())}

    @wraps(run)
    def strictly(request: HttpRequest, **path: Any) -> HttpResponse:
        found = list(_strange(request.GET, known, lists)) if request.GET else []
        return invalid(found).answer() if found else run(request, **path)

    strictly.documents = known  # type: ignore[attr-defined]
    return strictly


def _strange(sent: QueryDict, known: list[str], lists: set[str]) -> Iterator[dict[str, str]]:
    strange = _("This address takes no parameters.")
    if known:
        strange = _("This parameter is not known here. Known are: %(names)s.") % {"names": ", ".join(known)}
    for name in list(sent)[:MOST_ERRORS]:
        if name not in known:
            yield wrong(name[:LONGEST_NAME], strange, "extra_forbidden")
        elif name not in lists and len(sent.getlist(name)) > 1:
            yield wrong(name, _("Please send this parameter only once."), "twice")
