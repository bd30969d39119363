"""Bodies of REST v1: JSON in UTF-8 and nothing that two readers could read differently."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from .problems import ApiProblem


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
