"""Accounts and roles are kept here. Guests, consents, links and logs can be looked at, not changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .actions import audit, close_link, take_away_second_factors
from .models import AccessEntry, AuditEntry, Consent, Guest, Membership, SecureLink, User
from .queries import actor_of


class ReadOnly(admin.ModelAdmin):
    """To be looked at: what changes these goes through the verbs of the rooms."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class NewAccount(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name", "language")


class Account(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("institution",)


@admin.register(User)
class AccountAdmin(UserAdmin):
    form = Account
    add_form = NewAccount
    ordering = ("email",)
    list_display = ("email", "name", "language", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "memberships__role")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "date_joined", "is_demo")
    filter_horizontal = ()
    inlines = (MembershipInline,)
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "language")}),
        (_("Administration"), {"fields": ("is_active", "is_staff", "is_superuser", "is_demo")}),
        (None, {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "language", "usable_password", "password1", "password2")}),)
    actions = ("take_away_second_factors",)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm[User], change: bool) -> None:
        super().save_model(request, obj, form, change)
        verb = "change_account" if change else "make_account"
        audit(actor_of(request.user), verb, obj, fields=sorted(form.changed_data))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.has_changed():
            roles = sorted(form.instance.memberships.values_list("role", flat=True))
            audit(actor_of(request.user), "change_roles", form.instance, roles=roles)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        audit(actor_of(request.user), "delete_account", obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)

    @admin.action(description=_("Take away all second factors (lost device)"), permissions=["change"])
    def take_away_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For somebody who lost device and recovery codes: they set up a new one when they sign in next."""
        for user in queryset:
            take_away_second_factors(user, actor=actor_of(request.user))
        self.message_user(request, _("Saved."))


@admin.register(Guest)
class GuestAdmin(ReadOnly):
    """Without names and addresses: whoever needs these has the desk, where reading is logged for the guest."""

    list_display = ("id", "nationality", "language", "created_at")
    list_filter = ("language",)
    fields = ("id", "nationality", "language", "zone", "created_at", "email_proven_at")
    search_fields = ("id",)
    show_full_result_count = False


@admin.register(Consent)
class ConsentAdmin(ReadOnly):
    list_display = ("guest_id", "purpose", "version", "language", "given_at", "withdrawn_at")
    list_filter = ("purpose", "version")
    show_full_result_count = False


@admin.register(SecureLink)
class SecureLinkAdmin(ReadOnly):
    """Tokens are not stored and not shown; a link can be closed."""

    list_display = ("purpose", "subject", "created_at", "expires_at", "revoked_at")
    list_filter = ("purpose",)
    search_fields = ("subject",)
    actions = ("close",)
    show_full_result_count = False

    @admin.action(description=_("Close these links"))
    def close(self, request: HttpRequest, queryset: QuerySet[SecureLink]) -> None:
        for link in queryset:
            close_link(link, actor=actor_of(request.user))
        self.message_user(request, _("Saved."))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ("at", "actor", "verb", "object_type", "object_id")
    list_filter = ("verb",)
    search_fields = ("object_id", "actor")
    ordering = ("-at",)
    show_full_result_count = False


@admin.register(AccessEntry)
class AccessEntryAdmin(ReadOnly):
    list_display = ("at", "actor", "actor_name", "what")
    search_fields = ("actor",)
    show_full_result_count = False
