"""The outermost doors: a number for each request, a line in the log, refusal of what no page could mean."""

from __future__ import annotations

import ipaddress
import logging
import re
import time
import uuid
from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils.functional import cached_property

from .logging import request_id, route_of

logger = logging.getLogger("sarangbang.request")
SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
QUIET = {"/healthz", "/readyz"}


def address_of(text: str) -> str:
    """The IP address in an entry of ``X-Forwarded-For``, which some proxies write with a port; empty when there is
    none, because rates are counted by it."""
    bare = re.sub(r"^\[(.*)\](:\d+)?$|^([\d.]+):\d+$", r"\1\3", text)
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return ""


class RequestLog:
    """Gives the request an id (or keeps a sane one that came in), and logs one line when it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        came = request.headers.get("X-Request-ID", "")
        number = came if SANE_ID.fullmatch(came) else uuid.uuid4().hex
        request.request_id = number  # type: ignore[attr-defined]
        token = request_id.set(number)
        began = time.monotonic()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = number
            if request.path_info not in QUIET:
                logger.info(
                    "answered",
                    extra={
                        "method": request.method if request.method in METHODS else "other",
                        "route": route_of(request),
                        "status": response.status_code,
                        "ms": round((time.monotonic() - began) * 1000),
                    },
                )
            return response
        finally:
            request_id.reset(token)


class Guard:
    """Refuses null characters in the address with 400 and drops cookies with one (PostgreSQL cannot hold them), knows
    the visitor's address behind our proxy, and says what a page may use of the device."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.TRUSTED_PROXY:
            # The last entry is what our own proxy saw; the ones before it are whatever the visitor claims.
            seen = address_of(request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1].strip())
            request.META["REMOTE_ADDR"] = seen or request.META.get("REMOTE_ADDR", "")
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path_info or "\0" in query or "%00" in query:
            raise BadRequest
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response


class ContentPolicy(CSPMiddleware):
    """What a page may load. The policy of the house is put together once; for a view with one of its own, or with a
    nonce, the library puts it together."""

    @cached_property
    def usual(self) -> str:
        return build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_usual = not any(name.startswith("_csp") for name in (*vars(request), *vars(response)))
        if not is_usual or settings.DEBUG:  # where pages of errors have none
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.usual)
        return response


class Calls:
    """Lets programs in. A call of ``/api/`` has no session, account, form or language of a page, and answers whatever
    goes wrong in it (``interop.door``), so it passes by all that stands behind this for pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return self.get_response(request)
        try:
            request.resolver_match = match = resolve(request.path_info)
        except Http404:
            return self.get_response(request)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response
