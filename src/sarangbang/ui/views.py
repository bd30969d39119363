"""Pages that belong to no room: what went wrong, the countdown without JavaScript, the component page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import get_language_from_path
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe
from django_ratelimit.exceptions import Ratelimited

from . import locales, showcase
from .forms import bind, is_submission

logger = logging.getLogger(__name__)

LinkTrouble = Literal["expired", "revoked", "used", "unknown", "forged"]


@dataclass(frozen=True)
class Problem:
    """What a page says when something cannot be done: what happened, and what the reader does next."""

    status: int
    title: str
    said: str
    next: str
    action: str = ""
    url: str = ""
    reference: str = ""


def _answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem in the language of the address, or in the one negotiated."""
    spoken = get_language_from_path(request.path_info) or translation.get_language()
    with translation.override(locales.language(spoken).code):
        return render(request, "ui/problem.html", {"problem": problem}, status=problem.status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(
        request,
        Problem(
            400,
            _("We could not read this request"),
            _("A part of it is missing or not valid."),
            _("Go back, look at what you typed and send it again."),
            reference=_reference(request),
        ),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403; also the answer to django-ratelimit, whose exception is a kind of PermissionDenied."""
    if isinstance(exception, Ratelimited):
        return too_many(request)
    return _answer(
        request,
        Problem(
            403,
            _("This page is not open to you"),
            _("You are signed out, or this page belongs to someone else."),
            _("Sign in with the account that may see it, or open the link in our latest message."),
            reference=_reference(request),
        ),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(
        request,
        Problem(
            404,
            _("This page is not here"),
            _("The address may be incomplete, or the page has moved."),
            _("Look at the address again, or start from the first page."),
        ),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW. The way back leads to the page itself, so the form can be sent again."""
    logger.info("csrf check failed", extra={"reason": reason})
    return _answer(
        request,
        Problem(
            403,
            _("Please send this once more"),
            _("The page was open for a long time, or cookies are off. We could not be sure that it was you."),
            _("Open the page again and send the form. If this happens again, allow cookies for this site."),
            action=_("Open the page again"),
            url=request.get_full_path(),
        ),
    )


def too_many(request: HttpRequest, *, wait_seconds: int = 600) -> HttpResponse:
    """429: asked too often. ``wait_seconds`` is when trying again makes sense."""
    minutes = max(1, round(wait_seconds / 60))
    response = _answer(
        request,
        Problem(
            429,
            _("Please wait a little"),
            _("This was tried too often in a short time."),
            _("You can try again in %(duration)s.")
            % {"duration": locales.duration(minutes, translation.get_language() or "en")},
            action=_("Try again"),
            url=request.get_full_path(),
        ),
    )
    response["Retry-After"] = str(wait_seconds)
    return response


def link_problem(request: HttpRequest, trouble: LinkTrouble, *, ask_url: str = "") -> HttpResponse:
    """A personal link that opens nothing, and the way to a new one. 410 for links that once were good."""
    said = {
        "expired": _("Links are valid for a limited time, and this one has ended."),
        "revoked": _("This link was replaced by a newer one."),
        "used": _("This link works once, and it has been used."),
        "unknown": _("We do not know this link. Part of it may be missing."),
        "forged": _("This link was changed on its way. Part of it may be missing."),
    }[trouble]
    return _answer(
        request,
        Problem(
            404 if trouble in ("unknown", "forged") else 410,
            _("This link does not open anything"),
            said,
            _("Open the link in our latest message, or ask for a new one."),
            action=_("Ask for a new link") if ask_url else "",
            url=ask_url,
        ),
    )


def _reference(request: HttpRequest) -> str:
    """The request id that the logs carry, if a middleware gave one."""
    return str(getattr(request, "request_id", "") or "")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: whatever failed, this page asks neither the database, nor the session, nor context processors."""
    try:
        here = locales.language(get_language_from_path(request.path_info) or translation.get_language())
        with translation.override(here.code):
            problem = Problem(
                500,
                _("Something broke on our side"),
                _("It is not your fault. What was saved before is safe."),
                _("Please try again in a minute. In danger now? Call 119."),
                action=_("Try again"),
            )
            try:
                stylesheet = staticfiles_storage.url("ui/room.css")
            except ValueError:  # the manifest is missing: the page still says what it has to say
                stylesheet = ""
            known = {"problem": problem, "language": here, "stylesheet": stylesheet}
            return HttpResponse(render_to_string("ui/plain_problem.html", known), status=500)
    except Exception:  # nothing may stop the answer
        logger.exception("the error page itself failed")
        return HttpResponse(b"Something broke on our side. Please try again in a minute.", status=500)


@require_safe
@xframe_options_sameorigin
@csp_replace({"frame-ancestors": [SELF]})  # type: ignore[arg-type]  # its stub knows views without arguments only
def countdown(request: HttpRequest, until: int) -> HttpResponse:
    """The time left until a moment (seconds since 1970, UTC); the browser asks again every few seconds.

    Shown in an iframe inside <noscript>; with JavaScript the page counts on its own.
    """
    left = max(0, min(until - int(timezone.now().timestamp()), 24 * 3600 - 1))
    hours, rest = divmod(left, 3600)
    face = f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
    response = render(request, "ui/countdown.html", {"left": face})
    if left:
        response["Refresh"] = "5"
    response["Cache-Control"] = "no-store"
    return response


def components(request: HttpRequest) -> HttpResponse:
    """Every component in every state, in development."""
    form = bind(showcase.GuestForm, request, initial={"party": 2})
    thanks = is_submission(request) and form.is_valid()
    refused = showcase.GuestForm(showcase.REFUSED)
    context = {"form": form, "refused": refused, "thanks": thanks, "keep_form": "try"}
    return render(request, "ui/components.html", {**context, **showcase.samples(timezone.now())})


@require_safe
def crew_board(request: HttpRequest) -> HttpResponse:
    """The name board, full screen."""
    return render(request, "ui/components_board.html", {"name": "Батбаяр Сарнай", "latin": "Batbayar Sarnai"})


def problem_sample(request: HttpRequest, kind: str) -> HttpResponse:
    """Each problem page as a reader meets it."""
    pages: dict[str, Callable[[HttpRequest], HttpResponse]] = {
        "400": bad_request,
        "403": forbidden,
        "404": not_found,
        "csrf": csrf_failure,
        "429": too_many,
    }
    if kind == "500":
        return server_error(request)
    if kind in pages:
        return pages[kind](request)
    if kind in ("expired", "revoked", "used", "unknown", "forged"):
        return link_problem(request, kind, ask_url="/")  # type: ignore[arg-type]
    return not_found(request)


def secret(response: HttpResponse) -> HttpResponse:
    """Keep an answer out of caches and search engines: it is for whoever has its link."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
