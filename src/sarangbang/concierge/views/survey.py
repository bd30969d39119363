"""Four questions about the service, by the link that the guest was sent."""

from __future__ import annotations

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from sarangbang.concierge import actions, survey_queries
from sarangbang.concierge.forms import SurveyForm
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.ui.forms import bind, is_submission
from sarangbang.ui.views import secret


@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """The questions, or thanks once they are answered. An old or wrong link says so."""
    try:
        link = links.open_link(token, SecureLink.Purpose.SURVEY)
    except links.LinkProblem:
        return secret(render(request, "concierge/survey.html", {"gone": True}, status=410))
    found = survey_queries.survey_of(link.subject)
    if found is None:
        return secret(render(request, "concierge/survey.html", {"gone": True}, status=410))
    if found.answered_at is not None:
        return secret(render(request, "concierge/survey.html", {"thanks": True}))
    form = bind(SurveyForm, request, questions=survey_queries.questions_for(found.stay))
    if is_submission(request) and form.is_valid():
        given = dict(form.cleaned_data)
        comment = given.pop("comment")
        with suppress(actions.SurveyClosed):  # sent twice: the first answer stands
            actions.answer_survey(found, given, comment, get_language() or "en")
        return secret(render(request, "concierge/survey.html", {"thanks": True}))
    status = 422 if form.is_bound and form.errors else 200
    return secret(render(request, "concierge/survey.html", {"form": form}, status=status))
