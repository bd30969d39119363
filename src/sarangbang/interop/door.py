"""What all of /api/v1/ has in common, calls or no calls: the language of Accept-Language, JSON for every error, HEAD
and OPTIONS, and entity tags."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import get_supported_language_variant, parse_accept_lang_header
from django.views.decorators.http import conditional_page

from .problems import STATUSES, ApiProblem

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]
FALLBACK = "en"


def door(view: View) -> View:
    """The view as the API answers with it."""
    tagged = conditional_page(view)

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.method
        if asked == "HEAD":
            request.method = "GET"  # the server sends the headers only
        spoken = language_of(request)
        with translation.override(spoken):
            response = _answer(tagged, request, *args, **kwargs)
        request.method = asked
        if asked == "OPTIONS" and "Allow" in response:
            response = HttpResponse(status=204, headers={"Allow": response["Allow"]})
            del response["Content-Type"]
        response.headers["Content-Language"] = spoken
        response.headers.setdefault("Cache-Control", "no-store")
        patch_vary_headers(response, ["Accept-Language"])
        return response

    answered.csrf_exempt = True  # type: ignore[attr-defined]  # there are no cookies to misuse
    return answered


def unknown(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Any other address below /api/v1/."""
    raise Http404


def language_of(request: HttpRequest) -> str:
    """The first language of Accept-Language that the house speaks, else English. Cookies and ``?language=``, which
    choose the language of pages, mean nothing to a program."""
    for code, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return FALLBACK


def _answer(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        response = view(request, *args, **kwargs)
    except Http404:
        return ApiProblem(404).answer()
    except Exception:  # whatever failed, a program gets an answer that it can read
        logger.exception("a call failed")
        return ApiProblem(500).answer()
    if response.status_code in STATUSES and not response.get("Content-Type", "").startswith("application/json"):
        allowed = response.get("Allow")
        headers = {"Allow": _with_implied(allowed)} if allowed else {}
        return ApiProblem(response.status_code, headers=headers).answer()
    return response


def _with_implied(allowed: str) -> str:
    methods = {method.strip() for method in allowed.split(",")} | {"OPTIONS"}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
