"""The coordinators' board: the day as lines, its live part, and the moves of its jobs."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sarangbang.concierge import actions
from sarangbang.concierge.board.day import Board, Wanted
from sarangbang.concierge.board.dropping import Gone, answer, dropped
from sarangbang.concierge.board.forms import DropForm
from sarangbang.concierge.board.page import BoardPage, Seen
from sarangbang.concierge.desk.day import asked_day
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import Job
from sarangbang.people.access import staff_required
from sarangbang.people.queries import actor_of

from .desk import REFUSALS, sentence


@require_safe
@staff_required("desk.use")
def timeline(request: HttpRequest) -> HttpResponse:
    """One day on one screen: what needs a hand, what was promised, the lines of cars and interpreters."""
    return render(request, "concierge/board_day.html", {"page": _page(request)})


@require_safe
@staff_required("desk.use")
def live(request: HttpRequest) -> HttpResponse:
    """The parts of the board that change, if anything has: asked every few seconds. While nothing was done in the
    house and nothing has become late, one query answers; what was done but changes nothing here costs no markup."""
    known, seen = request.headers.get("If-None-Match", ""), Seen.of(request.GET.get("seen", ""))
    if ETAG.fullmatch(known) and seen is not None and seen.holds(timezone.now()):
        return HttpResponseNotModified(headers={"ETag": known})
    page = _page(request)
    said = get_conditional_response(request, etag=page.etag)
    if said is None:
        said = render(request, "concierge/board_parts.html", {"page": page})
    said.headers["ETag"] = page.etag
    said.headers["Board-Seen"] = page.seen_until
    return said


ETAG = re.compile(r'(W/)?"[0-9a-f]{32}"', re.ASCII)


def _page(request: HttpRequest) -> BoardPage:
    now = timezone.now()
    day = asked_day(request.GET.get("day", ""), now.astimezone(SEOUL).date())
    board = Board(day, now, Wanted.of(request.GET), request.GET.get("all", "")[:12])
    return BoardPage(board, request.GET.get("moved", "")[:40])


@require_safe
@staff_required("desk.use")
def check(request: HttpRequest) -> HttpResponse:
    """Whether a job would fit where it is dragged, in a sentence for eye and ear."""
    try:
        fits, said = answer(*dropped(DropForm(request.GET)))
    except Gone:
        return JsonResponse({"fits": False, "said": _gone()})
    return JsonResponse({"fits": fits, "said": said})


@require_POST
@staff_required("desk.use")
def move(request: HttpRequest) -> HttpResponse:
    """A job is dropped on another line, or at another time. The script is answered with JSON, a form with a page."""
    form = DropForm(request.POST)
    try:
        job, crew, starts_at = dropped(form)
        actor, seen = actor_of(request.user), form.cleaned_data["seen"]
        seen = job.sequence if seen is None else seen
        proposal = actions.move(job, crew, starts_at=starts_at, actor=actor, seen=seen)
    except Gone:
        return _answered(request, None, _gone(), 404)
    except REFUSALS as refusal:
        return _answered(request, job, sentence(refusal), 409)
    return _answered(request, job, _("Saved. Everyone concerned is told."), 200, moved=str(proposal.pk))


def _gone() -> str:
    return _("This job, car or person is not there any more.")


def _answered(request: HttpRequest, job: Job | None, said: str, status: int, moved: str = "") -> HttpResponse:
    """JSON for the script; a form goes back to where it came from, or to the job."""
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"done": status == 200, "said": said, "moved": moved}, status=status)
    (messages.success if status == 200 else messages.error)(request, said)
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/"):
        return redirect(back)
    return redirect(f"concierge:{job.service}", pk=job.pk) if job is not None else redirect("concierge:timeline")
