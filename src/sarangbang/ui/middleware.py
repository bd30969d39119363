"""Remembers the language a reader chose."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from .context import has_language_prefix
from .locales import BY_CODE


class RememberLanguage:
    """Stands after LocaleMiddleware.

    The language in a page's address wins and is kept in Django's language cookie, so that the next visit to
    ``/`` (which LocaleMiddleware answers from the cookie first, then from Accept-Language) arrives in it.
    Pages without a language in their address take it from ``?language=``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        prefixed = has_language_prefix(request.path)
        asked = request.GET.get("language", "") if not prefixed else ""
        if asked in BY_CODE:
            translation.activate(asked)
            request.LANGUAGE_CODE = asked
        response = self.get_response(request)
        chosen = request.path.split("/")[1] if prefixed else asked
        if chosen in BY_CODE and self._worth_keeping(request, response, chosen):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                chosen,
                max_age=settings.LANGUAGE_COOKIE_AGE or 365 * 24 * 3600,
                path=settings.LANGUAGE_COOKIE_PATH,
                domain=settings.LANGUAGE_COOKIE_DOMAIN,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    @staticmethod
    def _worth_keeping(request: HttpRequest, response: HttpResponse, chosen: str) -> bool:
        """Only pages that a person reads: not files, feeds or errors."""
        return (
            request.method in ("GET", "POST")
            and response.status_code < 400
            and request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != chosen
            and response.get("Content-Type", "").startswith("text/html")
        )
