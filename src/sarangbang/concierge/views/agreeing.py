"""Those who must agree to a proposal read it and answer: guests by the link of their stay, interpreters by theirs,
institutions with their account."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sarangbang.concierge import actions
from sarangbang.concierge.models import Agreement, Interpreter
from sarangbang.concierge.proposals import agreeing
from sarangbang.concierge.proposals.agreement_page import AgreementPage
from sarangbang.people import links
from sarangbang.people.access import staff_required
from sarangbang.people.models import SecureLink
from sarangbang.people.queries import actor_of
from sarangbang.scheduling.views.scope import houses_of
from sarangbang.stays.queries import stay_of
from sarangbang.ui.forms import is_submission
from sarangbang.ui.views import link_problem, secret

from .crew import TROUBLES, at_crew

PARTIES = Agreement.Party


@require_http_methods(["GET", "HEAD", "POST"])
def guest(request: HttpRequest, token: str) -> HttpResponse:
    """What a guest must agree to, by the link of their stay."""
    try:
        link = links.open_link(token, SecureLink.Purpose.STAY)
    except links.LinkProblem as problem:
        return secret(link_problem(request, TROUBLES[type(problem)]))
    stay = stay_of(link.subject)
    if stay is None:
        return secret(link_problem(request, "unknown"))
    back = reverse("portal:stay", args=[token])
    return secret(_asked(request, PARTIES.GUEST, [stay.guest_id], f"guest:{stay.guest_id}", "ui/base.html", back))


@require_http_methods(["GET", "HEAD", "POST"])
@at_crew(SecureLink.Purpose.INTERPRETER)
def interpreter(request: HttpRequest, _link: SecureLink, person: Interpreter, token: str) -> HttpResponse:
    """What an interpreter must agree to, by their link."""
    back = reverse("concierge:interpreter", args=[token])
    return _asked(request, PARTIES.INTERPRETER, [person.pk], person.actor, "ui/crew.html", back)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("clinic.use")
def institution(request: HttpRequest) -> HttpResponse:
    """What the reader's institutions must agree to."""
    keys = [house.pk for house in houses_of(request)]
    back = reverse("scheduling:calendar")
    return _asked(request, PARTIES.INSTITUTION, keys, actor_of(request.user), "ui/staff.html", back)


def _asked(request: HttpRequest, party: str, keys: Sequence[UUID], actor: str, base: str, back: str) -> HttpResponse:
    questions = agreeing.open_questions(party, keys)
    if is_submission(request):
        _answer(request, questions, actor)
        return redirect(request.path)
    page = AgreementPage(questions)
    return render(request, "concierge/agree.html", {"page": page, "base": base, "back": back})


def _answer(request: HttpRequest, questions: Sequence[agreeing.Question], actor: str) -> None:
    """Write the answer down, if the question is still open and was put to this reader."""
    answer = request.POST.get("answer", "")
    wanted = request.POST.get("proposal", ""), request.POST.get("key", "")
    found = next((each for each in questions if (str(each[0].pk), each[1].key) == wanted), None)
    if found is None or answer not in (Agreement.Answer.AGREED, Agreement.Answer.DECLINED):
        messages.error(request, _("This has been decided meanwhile; your answer is not needed any more."))
        return
    proposal, who = found
    try:
        actions.answer_proposal(proposal, who, answer, actor=actor, way=Agreement.Way.PAGE)
    except (actions.Decided, actions.NotAsked):
        messages.error(request, _("This has been decided meanwhile; your answer is not needed any more."))
    else:
        messages.success(request, _("Thank you. The Medical Tour Center sees your answer."))
