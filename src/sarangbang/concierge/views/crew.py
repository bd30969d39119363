"""Pages of drivers and interpreters, behind a signed link: next jobs, name board, phrases, taps."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from django_ratelimit.core import is_ratelimited

from sarangbang.concierge import actions, phrases, queries
from sarangbang.concierge.crew_page import CrewPage
from sarangbang.concierge.forms import TapForm
from sarangbang.concierge.models import Driver, Interpreter, Job
from sarangbang.directory.queries import center
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.ui.views import LinkTrouble, link_problem, too_many

TROUBLES: dict[type[links.LinkProblem], LinkTrouble] = {
    links.LinkForged: "forged",
    links.LinkExpired: "expired",
    links.LinkRevoked: "revoked",
}
Page = Callable[..., HttpResponse]


def _shut(request: HttpRequest, problem: links.LinkProblem, purpose: str, token: str) -> HttpResponse:
    """The link opens nothing. A genuine one can be replaced; for any other the Center can be asked."""
    ask_url = reverse("concierge:crew_link", args=[purpose, token])
    return _secret(link_problem(request, TROUBLES[type(problem)], ask_url=ask_url))


def _secret(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def at_crew(purpose: str) -> Callable[[Page], Page]:
    """A page behind a crew's link: gives the view the link and the driver or interpreter behind it."""

    def decorate(view: Page) -> Page:
        @wraps(view)
        def entered(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
            try:
                link = links.open_link(token, purpose)
            except links.LinkProblem as problem:
                return _shut(request, problem, purpose, token)
            person = queries.crew_of(link)
            if person is None:
                return _secret(link_problem(request, "revoked"))
            return _secret(view(request, link, person, token, **kwargs))

        return entered

    return decorate


def _limited(request: HttpRequest, what: str) -> bool:
    return bool(
        is_ratelimited(
            request,
            group=f"concierge.{what}",
            key="ip",
            rate=settings.RATES[what],
            method="POST",
            increment=True,
        )
    )


def _page(request: HttpRequest, link: SecureLink, person: Driver | Interpreter, token: str) -> HttpResponse:
    context = {"page": CrewPage(person, token, timezone.now()), "person": person, "center": center()}
    return render(request, "concierge/crew.html", context)


def _own(person: Driver | Interpreter, pk: UUID) -> Job:
    """A job of this crew; 404 for any other."""
    job = queries.jobs_of(person).filter(pk=pk).first()
    if job is None:
        raise Http404
    return job


def _board(request: HttpRequest, link: SecureLink, person: Driver | Interpreter, token: str, job: UUID) -> HttpResponse:
    """The guest's name as they write it and in Latin letters, as large as the screen."""
    found = _own(person, job)
    return render(
        request, "concierge/board.html", {"job": found, "guest": found.stay.guest, "back": _back(link, token)}
    )


def _phrases(
    request: HttpRequest, link: SecureLink, person: Driver | Interpreter, token: str, job: UUID
) -> HttpResponse:
    """What to say, in the guest's language, large enough to be shown."""
    found = _own(person, job)
    spoken = found.stay.guest.language
    context = {
        "job": found,
        "guest": found.stay.guest,
        "spoken": spoken,
        "phrases": phrases.said_in(spoken, request.LANGUAGE_CODE, found.service),
        "back": _back(link, token),
    }
    return render(request, "concierge/phrases.html", context)


def _back(link: SecureLink, token: str) -> str:
    return reverse(f"concierge:{link.purpose}", args=[token])


def _tap(request: HttpRequest, link: SecureLink, person: Driver | Interpreter, token: str) -> HttpResponse:
    """Take a tap, from a form or from the phone's queue (which asks for JSON)."""
    if _limited(request, "tap"):
        return too_many(request)
    form = TapForm(request.POST)
    if not form.is_valid():
        return _said(request, link, token, _("We could not read this. Please tap again."), 422)
    given = form.cleaned_data
    try:
        _say(link, queries.any_job(link.purpose, given["job"]), given)
    except (actions.NotYours, actions.MoveNotAllowed):
        return _said(request, link, token, _("This job is no longer yours. Please look at your jobs again."), 409)
    except actions.TooEarly:
        return _said(request, link, token, _("It is too early for this."), 409)
    except ValueError:
        return _said(request, link, token, _("We could not read this. Please tap again."), 422)
    return _said(request, link, token, _("Sent."), 200)


def _say(link: SecureLink, job: Job | None, given: dict[str, Any]) -> None:
    if job is None:
        raise actions.NotYours
    if given["word"] == "cannot_come":
        actions.hand_back(link, job, given["reason"])
        return
    actions.tap(link, job, given["word"], given["at"])


def _said(request: HttpRequest, link: SecureLink, token: str, said: str, status: int) -> HttpResponse:
    if request.accepts("text/html"):
        (messages.success if status == 200 else messages.error)(request, said)
        return redirect(f"concierge:{link.purpose}", token=token)
    return JsonResponse({"said": said}, status=status)


_get = require_http_methods(["GET", "HEAD"])
driver = _get(at_crew("driver")(_page))
interpreter = _get(at_crew("interpreter")(_page))
driver_board = _get(at_crew("driver")(_board))
interpreter_board = _get(at_crew("interpreter")(_board))
driver_phrases = _get(at_crew("driver")(_phrases))
interpreter_phrases = _get(at_crew("interpreter")(_phrases))

# The token in the address is all the authority there is; no cookie is asked, so a forged request gains nothing.
# A tap that waited in the phone for hours must not fail because a cookie ended meanwhile.
_post = require_http_methods(["POST"])
driver_tap = csrf_exempt(_post(at_crew("driver")(_tap)))
interpreter_tap = csrf_exempt(_post(at_crew("interpreter")(_tap)))


@require_http_methods(["GET", "HEAD", "POST"])
def new_link(request: HttpRequest, purpose: str, token: str) -> HttpResponse:
    """Somebody with an old link asks for a new one: it goes by SMS to the number we know, and nowhere else."""
    if purpose not in ("driver", "interpreter"):
        raise Http404
    try:
        links.open_link(token, purpose)
    except links.LinkProblem as problem:
        person = queries.crew_of(problem.link) if problem.link else None
    else:
        return redirect(f"concierge:{purpose}", token=token)
    sent = False
    if request.method == "POST" and person is not None:
        if _limited(request, "new_link"):
            return too_many(request)
        actions.send_crew_link(person)
        sent = True
    context = {"sent": sent, "is_known": person is not None, "center": center()}
    return _secret(render(request, "concierge/new_link.html", context))
