"""Pages of drivers and interpreters, behind a signed link: next jobs, name board, phrases, taps."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from django_ratelimit.core import is_ratelimited

from sarangbang.concierge import actions, queries
from sarangbang.concierge.crew import phrases
from sarangbang.concierge.crew import queries as crew_queries
from sarangbang.concierge.crew.page import CrewPage
from sarangbang.concierge.forms import OfferForm, TapForm
from sarangbang.concierge.ledger.terms import terms_for
from sarangbang.concierge.models import Driver, Interpreter, Interpreting, Job, JobOffer, SessionNote
from sarangbang.directory.queries import center
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.ui import locales
from sarangbang.ui.views import LinkTrouble, link_problem, too_many

TROUBLES: dict[type[links.LinkProblem], LinkTrouble] = {
    links.LinkForged: "forged",
    links.LinkExpired: "expired",
    links.LinkRevoked: "revoked",
}
Page = Callable[..., HttpResponse]
KEPT = "kept"
"""In the address of what a phone fetches to keep (``static/concierge/worker.js``)."""


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
    page = CrewPage(person, token, timezone.now(), is_kept=KEPT in request.GET)
    response = render(request, "concierge/crew.html", {"page": page, "person": person, "center": center()})
    return _to_keep(request, response, page)


def _to_keep(request: HttpRequest, response: HttpResponse, page: CrewPage) -> HttpResponse:
    """Tell the phone, if it asks for a page to keep, until when: seconds since 1970 (UTC)."""
    if KEPT in request.GET:
        response["X-Kept-At"] = int(page.now.timestamp())
        response["X-Kept-Until"] = int(page.kept_until.timestamp())
    return response


def _own(person: Driver | Interpreter, pk: UUID) -> Job:
    """A job of this crew; 404 for any other."""
    job = queries.jobs_of(person).filter(pk=pk).first()
    if job is None:
        raise Http404
    return job


def _board(request: HttpRequest, link: SecureLink, person: Driver | Interpreter, token: str, job: UUID) -> HttpResponse:
    """The guest's name as they write it and in Latin letters, as large as the screen."""
    found = _own(person, job)
    context = {"job": found, "guest": found.stay.guest, "back": _back(link, token)}
    return _of_job(request, person, token, "concierge/board.html", context)


def _of_job(
    request: HttpRequest, person: Driver | Interpreter, token: str, template: str, context: dict[str, Any]
) -> HttpResponse:
    return _to_keep(request, render(request, template, context), CrewPage(person, token, timezone.now()))


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
    return _of_job(request, person, token, "concierge/phrases.html", context)


def _terms(request: HttpRequest, link: SecureLink, person: Driver | Interpreter, token: str, job: UUID) -> HttpResponse:
    """What is free and who pays for the rest, in the guest's language, to be shown before the visit begins."""
    found = _own(person, job)
    if not isinstance(found, Interpreting):
        raise Http404
    spoken = found.stay.guest.language
    context = {"spoken": spoken, "sentences": terms_for(found, spoken), "back": _back(link, token)}
    return _of_job(request, person, token, "concierge/terms.html", context)


def _offer(
    request: HttpRequest, link: SecureLink, person: Driver | Interpreter, token: str, offer: int
) -> HttpResponse:
    """An interpreter's answer to a job that is offered to them."""
    if _limited(request, "tap"):
        return too_many(request)
    made = crew_queries.offer_to(person, offer) if isinstance(person, Interpreter) else None
    form = OfferForm(request.POST)
    if made is None or not form.is_valid():
        messages.error(request, _("We could not read this. Please tap again."))
        return redirect(_back(link, token))
    try:
        if form.cleaned_data["answer"] == "accept":
            made = actions.accept_offer(link, made, seen=form.cleaned_data["seen"])
        else:
            made = actions.decline_offer(link, made)
    except actions.OfferOver as over:
        made = over.offer
    except actions.Changed:
        messages.warning(request, _("The job has changed meanwhile. Please look at it again and answer."))
        return redirect(_back(link, token))
    level, said = OFFER_ANSWERS[made.answer]
    level(request, said)
    return redirect(_back(link, token))


OFFER_ANSWERS: dict[str, tuple[Callable[..., None], Lazy | str]] = {
    JobOffer.Answer.ACCEPTED: (messages.success, gettext_lazy("The job is yours.")),
    JobOffer.Answer.DECLINED: (messages.success, gettext_lazy("Thank you. Somebody else is asked.")),
    JobOffer.Answer.EXPIRED: (
        messages.error, gettext_lazy("The time to answer was over; somebody else has been asked.")
    ),
    JobOffer.Answer.WITHDRAWN: (messages.error, gettext_lazy("This job is no longer offered to you.")),
}  # fmt: skip


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
    except actions.WaitOn as wait:
        said = _("Please wait on; you can say this from %(time)s.") % {"time": locales.clock(wait.until)}
        return _said(request, link, token, said, 409)
    except actions.TooEarly:
        return _said(request, link, token, _("It is too early for this."), 409)
    except actions.NoText:
        return _said(request, link, token, _("Please write what happened."), 422)
    except ValueError:
        return _said(request, link, token, _("We could not read this. Please tap again."), 422)
    return _said(request, link, token, _("Sent."), 200)


def _say(link: SecureLink, job: Job | None, given: dict[str, Any]) -> None:
    if job is None:
        raise actions.NotYours
    if given["word"] == "cannot_come":
        actions.hand_back(link, job, given["reason"])
        return
    if given["word"] in SessionNote.Kind.values:
        if not isinstance(job, Interpreting):
            raise ValueError(given["word"])
        actions.note(link, job, given["word"], given["text"], given["key"] or uuid4(), given["at"])
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
interpreter_terms = _get(at_crew("interpreter")(_terms))

# The token in the address is all the authority there is; no cookie is asked, so a forged request gains nothing.
# A tap that waited in the phone for hours must not fail because a cookie ended meanwhile.
_post = require_http_methods(["POST"])
driver_tap = csrf_exempt(_post(at_crew("driver")(_tap)))
interpreter_tap = csrf_exempt(_post(at_crew("interpreter")(_tap)))
interpreter_offer = csrf_exempt(_post(at_crew("interpreter")(_offer)))


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
