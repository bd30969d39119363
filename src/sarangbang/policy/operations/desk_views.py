"""At the desk of the Medical Tour Center: somebody just walked in. A tap or two, and nothing of the person."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from sarangbang.people.access import staff_required
from sarangbang.people.queries import actor_of
from sarangbang.ui.forms import bind, is_submission

from .actions import NoSuchVisit, record_center_visit, take_back_center_visit
from .forms import CenterVisitForm
from .measures import walk_ins
from .views import language_word
from .windows import SEOUL, year_or_month

SHOWN = 30


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("desk.use")
def visitors(request: HttpRequest) -> HttpResponseBase:
    """Write down who walked in, and see or take back those of today."""
    if request.method == "POST" and request.POST.get("step") == "take_back":
        return _take_back(request)
    form = bind(CenterVisitForm, request, initial={"key": uuid4()})
    if is_submission(request) and form.is_valid():
        told = form.cleaned_data
        written = record_center_visit(**told, actor=actor_of(request.user))
        messages.success(request, _written(written))
        return HttpResponseRedirect(reverse("visitors:center"))
    now = timezone.now()
    today = now.astimezone(SEOUL).replace(hour=0, minute=0, second=0, microsecond=0)
    found = walk_ins(year_or_month(today.year, today.month, now)).filter(came_at__gte=today)
    latest = [(row, language_word(row.language)) for row in found.reverse()[:SHOWN]]
    context = {"form": form, "latest": latest, "today": found.count()}
    return render(request, "policy/center_visitors.html", context)


def _written(count: int) -> str:
    if not count:
        return gettext("This was written down before; nothing was added.")
    return ngettext("%(count)s visitor was written down.", "%(count)s visitors were written down.", count) % {
        "count": count
    }


def _take_back(request: HttpRequest) -> HttpResponseBase:
    asked = request.POST.get("visit", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 16 else 0
    try:
        take_back_center_visit(number, actor=actor_of(request.user))
    except NoSuchVisit:
        messages.error(request, gettext("There is no such visit of today, or it was taken back before."))
    else:
        messages.success(request, gettext("Taken back. It does not count any more."))
    return HttpResponseRedirect(reverse("visitors:center"))
