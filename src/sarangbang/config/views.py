"""The door without a language, which negotiates one and opens it; and who answers what nobody could read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request, override

from sarangbang.interop.door import language_of
from sarangbang.interop.problems import ApiProblem
from sarangbang.ui import views as pages


def door(request: HttpRequest) -> HttpResponseRedirect:
    """To the first page in the reader's language: the remembered one, else what the browser asks for, else English."""
    response = HttpResponseRedirect(f"/{get_language_from_request(request)}/")
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    response["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Refused before any room was asked: programs get JSON, people a page."""
    if not request.path_info.startswith("/api/"):
        return pages.bad_request(request, exception)
    spoken = language_of(request)
    with override(spoken):
        response = ApiProblem(400).answer()
    response["Content-Language"], response["Cache-Control"] = spoken, "no-store"
    patch_vary_headers(response, ["Accept-Language"])
    return response
