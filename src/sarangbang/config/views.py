"""The door without a language: negotiates one and opens it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request


def door(request: HttpRequest) -> HttpResponseRedirect:
    """To the first page in the reader's language: the remembered one, else what the browser asks for, else English."""
    response = HttpResponseRedirect(f"/{get_language_from_request(request)}/")
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    response["Cache-Control"] = "no-store"
    return response
