"""Doors of pages without an account: whoever has the link may enter, nobody else.

Every page behind a link is kept out of caches, search engines and other hosts' logs. The referrer policy of the house
(same-origin) tells other hosts nothing; "no-referrer" would make browsers send ``Origin: null`` with our own forms, and
the protection against forged requests would refuse them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_ratelimit.core import is_ratelimited

from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.scheduling.models import Appointment
from sarangbang.stays import actions, queries
from sarangbang.stays.models import Stay
from sarangbang.ui.views import LinkTrouble, link_problem, secret, too_many

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponse]

REMEMBERED = "stay_link"
"""Key of the session: id of the stay link that this browser last opened."""

TROUBLES: dict[type[links.LinkProblem], LinkTrouble] = {
    links.LinkForged: "forged",
    links.LinkExpired: "expired",
    links.LinkRevoked: "revoked",
}

page_methods = require_http_methods(["GET", "HEAD", "POST"])


def shut(request: HttpRequest, trouble: LinkTrouble) -> HttpResponse:
    """The link opens nothing: why, and the way to a new one."""
    return link_problem(request, trouble, ask_url=reverse("portal:new_link"))


def limited(request: HttpRequest, what: str) -> bool:
    """Whether this visitor did this too often; ``what`` is a name in ``settings.RATES``."""
    return bool(
        is_ratelimited(
            request, group=f"portal.{what}", key="ip", rate=settings.RATES[what], method="POST", increment=True
        )
    )


def not_too_often(what: str) -> Callable[[Page[P]], Page[P]]:
    """Answers 429 when this visitor posts too often."""

    def guard(view: Page[P]) -> Page[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            return too_many(request) if limited(request, what) else view(request, *args, **kwargs)

        return guarded

    return guard


def at_hold(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page of a held time: gives the view its appointment."""

    @page_methods
    @wraps(view)
    def entered(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        try:
            link = links.open_link(token, SecureLink.Purpose.HOLD)
        except links.LinkProblem as problem:
            return secret(shut(request, TROUBLES[type(problem)]))
        appointment = queries.held_appointment(link.subject)
        if appointment is None:
            return secret(shut(request, "expired"))
        return secret(view(request, appointment, token, **kwargs))

    return entered


def at_stay(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of a stay: gives the view the stay. Opening it is remembered, so that more can be booked into it."""

    @page_methods
    @wraps(view)
    def entered(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        try:
            link = links.open_link(token, SecureLink.Purpose.STAY)
        except links.LinkProblem as problem:
            return secret(shut(request, TROUBLES[type(problem)]))
        stay = queries.stay_of(link.subject)
        if stay is None:
            return secret(shut(request, "unknown"))
        remember(request, link)
        return secret(view(request, stay, token, **kwargs))

    return entered


def remember(request: HttpRequest, link: SecureLink) -> None:
    """This browser belongs to the guest of this stay."""
    if request.session.get(REMEMBERED) != str(link.pk):
        request.session.cycle_key()
        request.session[REMEMBERED] = str(link.pk)


def remembered(request: HttpRequest) -> tuple[Stay, str] | None:
    """The stay that this browser last opened and the token of its link, while the link is good."""
    try:
        link_id = UUID(str(request.session.get(REMEMBERED, "")))
    except ValueError:
        return None
    link = queries.stay_link_by_id(link_id)
    stay = queries.stay_of(link.subject) if link is not None else None
    return (stay, links.token_of(link)) if link is not None and stay is not None else None


def to_stay(request: HttpRequest, stay: Stay, link: SecureLink) -> HttpResponse:
    """To the stay's own page, by its link."""
    remember(request, link)
    return redirect("portal:stay", token=links.token_of(link))


def hold_token(appointment: Appointment) -> str:
    """The token of the page of a held time."""
    return links.token_of(actions.hold_link(appointment))
