"""The clinic's calendar: a day or a week."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from sarangbang.people.access import staff_required
from sarangbang.people.queries import institutions_of
from sarangbang.scheduling.pages.calendar import CalendarPage


@require_safe
@staff_required("clinic.use")
def calendar(request: HttpRequest) -> HttpResponse:
    """Visits, hours and free times by day, a week at a time or one day by person and room."""
    page = CalendarPage(institutions_of(request.user), request.GET, timezone.now())
    return render(request, "scheduling/calendar.html", {"page": page})
