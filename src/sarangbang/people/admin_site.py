"""The administration behind the same door as every staff page: allauth's sign-in and a second factor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from .access import to_second_factor, to_sign_in
from .rules import needs_second_factor

ELSEWHERE = frozenset({"account.emailaddress", "auth.group", "mfa.authenticator"})
"""Tables of the libraries that the house does not use (addresses, groups) or changes by a verb of its own (second
factors)."""


class HouseAdmin(admin.AdminSite):
    site_header = _("Medical Gangnam")
    site_title = _("Administration")
    index_title = _("Administration")
    site_url = None

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[admin.ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        kept = [model for model in models if model._meta.label_lower not in ELSEWHERE]  # noqa: SLF001 (public in Django)
        super().register(kept, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not needs_second_factor(request.user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Django's own page asks for a password only, so it is not shown."""
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if not super().has_permission(request):
            raise PermissionDenied
        return to_second_factor(request)
