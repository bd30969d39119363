"""The door of every staff page: signed in, in the role, with a second factor."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from .rules import may, needs_second_factor

View = Callable[..., HttpResponseBase]


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back. What was to be written (POST) is not repeated: the page is opened again."""
    back = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    return redirect_to_login(back, reverse("account_login")) if back else HttpResponseRedirect(reverse("account_login"))


AFTER_SECOND_FACTOR = "after_second_factor"
"""Session key: the page that was asked for when a second factor was missing; always an address of our own."""


def to_second_factor(request: HttpRequest) -> HttpResponse:
    """To the page where a second factor is set up; it says why, and the landing page then leads back."""
    if request.method in ("GET", "HEAD"):
        request.session[AFTER_SECOND_FACTOR] = request.get_full_path()
    return HttpResponseRedirect(reverse("mfa_index"))


def staff_required(perm: str) -> Callable[[View], View]:
    """For views of staff: ``@staff_required("desk.use")``.

    Nobody signed in: to the sign-in page. Another role: 403. No second factor yet: to its set-up. Never cached by
    anything between us and the browser, so that the page is not seen after signing out.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return to_sign_in(request)
            if not may(request.user, perm):
                raise PermissionDenied
            if needs_second_factor(request.user):
                return to_second_factor(request)
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store, private")
            return response

        guarded.required_permission = perm  # type: ignore[attr-defined]  # read by the test that walks every page
        return guarded

    return decorate
