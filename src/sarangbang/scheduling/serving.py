"""How a calendar is given to whoever has its link: if it changed, not too often, out of caches and search engines."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django_ratelimit.core import is_ratelimited

from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.ui.views import LinkTrouble, link_problem, secret, too_many

from .ical import Feed

CONTENT_TYPE = "text/calendar; charset=utf-8"

TROUBLES: dict[type[links.LinkProblem], LinkTrouble] = {
    links.LinkForged: "forged",
    links.LinkExpired: "expired",
    links.LinkRevoked: "revoked",
}


def serve(
    request: HttpRequest,
    token: str,
    purpose: str,
    make: Callable[[SecureLink], Feed | None],
    *,
    ask_url: str = "",
    filename: str = "calendar.ics",
) -> HttpResponse:
    """The calendar behind a token; ``make`` writes it, and gives None when there is nothing behind the link any more.
    ``ask_url`` is where somebody whose link opens nothing gets a new one. With ``?file`` it is a file to keep."""
    try:
        link = links.open_link(token, purpose)
    except links.LinkProblem as problem:
        return secret(link_problem(request, TROUBLES[type(problem)], ask_url=ask_url))
    if _too_often(request, link):
        return too_many(request)
    made = make(link)
    if made is None:
        return secret(link_problem(request, "unknown", ask_url=ask_url))
    changed = int(made.changed_at.timestamp()) if made.changed_at else None
    full = HttpResponse(made.content, content_type=CONTENT_TYPE)
    response = secret(get_conditional_response(request, made.etag, changed, full) or full)
    response["Cache-Control"] = "private, no-cache"  # may be kept by the phone, must be asked for again
    response["ETag"] = made.etag
    if changed is not None:
        response["Last-Modified"] = http_date(changed)
    if "file" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _too_often(request: HttpRequest, link: SecureLink) -> bool:
    """Calendar services ask for many people from one address, so each link is counted by itself."""
    return bool(
        is_ratelimited(
            request,
            group="calendar",
            key=lambda _group, _request: str(link.pk),
            rate=settings.RATES["calendar"],
            increment=True,
        )
    )
