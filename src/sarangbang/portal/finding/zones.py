"""The reader's own time zone: kept in a cookie, never guessed from the language."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from sarangbang.ui import locales

COOKIE = "zone"
ONE_YEAR = 365 * 24 * 3600


def zone_of(request: HttpRequest) -> str:
    """The IANA zone that the reader chose or whose device told it; empty while it is not known."""
    zone = request.COOKIES.get(COOKIE, "")
    return zone if locales.is_zone(zone) else ""


def remember(response: HttpResponse, zone: str) -> None:
    """Keep a zone that is known to be valid. Readable by the page's script, which sets it on a first visit."""
    response.set_cookie(COOKIE, zone, max_age=ONE_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
