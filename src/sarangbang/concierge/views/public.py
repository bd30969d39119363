"""What guests may expect of the concierge: the rules in force, with their sources."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.rule_page import groups


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """The rules in force today; what is a configuration default says so."""
    today = timezone.now().astimezone(SEOUL).date()
    return render(request, "concierge/rules.html", {"groups": groups(today), "today": today})
