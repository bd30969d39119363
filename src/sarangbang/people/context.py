"""What staff pages know without their views saying so."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .navigation import links
from .rules import is_excused


def staff(request: HttpRequest) -> dict[str, Any]:
    """``staff_nav``, and ``second_factor_excused``: the account is a demo one, which every staff page must say."""
    if not hasattr(request, "user"):
        return {}
    return {
        "staff_nav": SimpleLazyObject(lambda: links(request)),
        "second_factor_excused": SimpleLazyObject(lambda: is_excused(request.user)),
    }
