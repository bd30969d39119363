"""Who waits for a time: for a clinic its own guests, for the Center everybody."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from sarangbang.people.access import staff_required
from sarangbang.people.queries import institutions_of
from sarangbang.people.rules import may
from sarangbang.scheduling.waiting.queries import by_time, entries_at, open_offer

PAGE = 50


@require_GET
@staff_required("waiting.see")
def waiting(request: HttpRequest) -> HttpResponse:
    """The waiting list in its order, with what is offered at this moment."""
    everywhere = may(request.user, "desk.use")
    entries = entries_at(None if everywhere else institutions_of(request.user))
    page = Paginator(entries, PAGE).get_page(request.GET.get("page"))
    offers = ((entry, open_offer(entry)) for entry in page)
    rows = [(entry, offer, by_time(offer) if offer else []) for entry, offer in offers]
    context = {"page": page, "rows": rows, "everywhere": everywhere, "now": timezone.now()}
    return render(request, "scheduling/waiting.html", context)
