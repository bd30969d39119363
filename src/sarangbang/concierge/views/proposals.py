"""Plan and mend: a proposal is asked for, looked at, accepted or put away, and taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sarangbang.concierge import actions
from sarangbang.concierge.board import queries as board_queries
from sarangbang.concierge.board.forms import NewsForm
from sarangbang.concierge.days.news import NewsUnclear
from sarangbang.concierge.desk.day import asked_day
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import Agreement, Proposal
from sarangbang.concierge.proposals.news_page import subjects
from sarangbang.concierge.proposals.page import ProposalPage, decided_sentence, undo_sentence
from sarangbang.people.access import staff_required
from sarangbang.people.queries import actor_of
from sarangbang.ui.forms import bind, is_submission


@require_POST
@staff_required("desk.use")
def plan(request: HttpRequest) -> HttpResponse:
    """Ask for a plan of the rest, or of the whole day."""
    day = _day(request.POST.get("day", ""))
    found = actions.propose_plan(day, actor=actor_of(request.user), whole=request.POST.get("whole") == "1")
    return redirect("concierge:proposal", proposal=found.pk)


def _day(text: str) -> dt.date:
    return asked_day(text, timezone.now().astimezone(SEOUL).date())


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("desk.use")
def mend(request: HttpRequest) -> HttpResponse:
    """Tell what happened, and ask for a way out."""
    now = timezone.now()
    day = _day(request.POST.get("day", "") or request.GET.get("day", ""))
    told = {"day": day, "kind": request.GET.get("kind", ""), "subject": request.GET.get("subject", "")}
    form = bind(NewsForm, request, choices=subjects(day, now), initial=told)
    if is_submission(request) and form.is_valid():
        try:
            found = actions.propose_mend(day, [form.news], actor=actor_of(request.user))
        except NewsUnclear as unclear:
            form.add_error(unclear.code, _("This does not fit the day. Please look again."))
        else:
            return redirect("concierge:proposal", proposal=found.pk)
    context = {"form": form, "day": day}
    return render(request, "concierge/board_news.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("desk.use")
def proposal(request: HttpRequest, proposal: UUID) -> HttpResponse:
    """What would change; and the decision about it."""
    found = get_object_or_404(board_queries.proposals(), pk=proposal)
    if is_submission(request) and "answer" in request.POST:
        _answer(request, found)
        return redirect("concierge:proposal", proposal=found.pk)
    decide = DECISIONS.get(request.POST.get("do", "")) if is_submission(request) else None
    if decide is not None:
        verb, said = decide
        try:
            verb(found, actor=actor_of(request.user), **_more(request, verb))
        except actions.NotAgreed:
            return _shown(request, found, refused=True)
        except actions.Decided as decided:
            messages.error(request, decided_sentence(decided.proposal))
        except actions.CannotUndo as why:
            messages.error(request, undo_sentence(why))
        except actions.Outdated:
            messages.error(
                request, _("The day has changed meanwhile. Nothing was done; please ask for a new proposal.")
            )
        else:
            messages.success(request, said())
        return redirect("concierge:proposal", proposal=found.pk)
    return _shown(request, found)


def _more(request: HttpRequest, verb: Callable[..., Proposal]) -> dict[str, str]:
    """Why it is accepted although not everybody has agreed."""
    return {"despite": request.POST.get("despite", "")} if verb is actions.accept else {}


def _shown(request: HttpRequest, found: Proposal, *, refused: bool = False) -> HttpResponse:
    context = {"page": ProposalPage(found), "proposal": found, "refused": refused}
    return render(request, "concierge/board_proposal.html", context, status=422 if refused else 200)


def _answer(request: HttpRequest, found: Proposal) -> None:
    """Somebody who must agree was asked, or has answered by telephone."""
    actor, answer = actor_of(request.user), request.POST.get("answer", "")
    try:
        if answer == Agreement.Answer.ASKED:
            asked = actions.ask_to_agree(found, actor=actor)
            said = _("They are asked, each in their language.") if asked else _("Nobody is left who can be written to.")
            messages.success(request, said)
        elif answer in (Agreement.Answer.AGREED, Agreement.Answer.DECLINED):
            who = actions.Who(request.POST.get("party", ""), request.POST.get("key", ""))
            actions.answer_proposal(found, who, answer, actor=actor, way=Agreement.Way.TELEPHONE)
            messages.success(request, _("Written down."))
    except actions.Decided as decided:
        messages.error(request, decided_sentence(decided.proposal))
    except actions.NotAsked:
        messages.error(request, _("They need not agree to this proposal."))


DECISIONS: dict[str, tuple[Callable[..., Proposal], Callable[[], str]]] = {
    "accept": (actions.accept, lambda: _("Done. Everyone concerned is told.")),
    "discard": (actions.discard, lambda: _("Put away. Nothing was changed.")),
    "undo": (actions.undo_proposal, lambda: _("Taken back. Everyone concerned is told.")),
}
