"""Pages of one's own account that allauth does not have."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .access import AFTER_SECOND_FACTOR, to_second_factor
from .navigation import pages_of
from .rules import needs_second_factor


@require_safe
@never_cache
@login_required
def landing(request: HttpRequest) -> HttpResponse:
    """After signing in: to the page of one's role, by way of the second factor while there is none."""
    pages = pages_of(request.user)
    if not pages:
        return render(request, "people/no_role.html")
    if needs_second_factor(request.user):
        return to_second_factor(request)
    wanted = request.session.pop(AFTER_SECOND_FACTOR, request.path)
    return redirect(pages[0][1] if wanted == request.path else wanted)


@require_safe
@login_required
def address(request: HttpRequest) -> HttpResponse:
    """The address with which one signs in is kept by the administrator."""
    return render(request, "people/address.html")
