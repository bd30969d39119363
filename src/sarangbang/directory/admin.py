"""The directory for administrators. Guests' data is nowhere near; changes are kept in Django's own admin log."""

from __future__ import annotations

from django.contrib import admin
from modeltranslation.admin import TranslationAdmin

from .models import (
    Department,
    Institution,
    Offering,
    Partner,
    Place,
    Practitioner,
    PractitionerLanguage,
    PractitionerRole,
    PriceFact,
    Procedure,
    ProcedureTerm,
    Registration,
)


@admin.register(Place)
class PlaceAdmin(admin.ModelAdmin):
    list_display = ("name_latin", "name", "kind", "code")
    list_filter = ("kind",)
    search_fields = ("name", "name_latin", "code")


@admin.register(Department)
class DepartmentAdmin(TranslationAdmin):
    list_display = ("name", "slug", "code")
    search_fields = ("slug", "name_en", "name_ko")


class TermInline(admin.TabularInline):
    model = ProcedureTerm
    extra = 0


class PriceFactInline(admin.TabularInline):
    model = PriceFact
    extra = 0


@admin.register(Procedure)
class ProcedureAdmin(TranslationAdmin):
    list_display = ("name", "main_department", "reviewed_on")
    list_select_related = ("main_department",)
    list_filter = ("main_department",)
    search_fields = ("slug", "name_en", "name_ko")
    autocomplete_fields = ("departments", "main_department")
    inlines = (TermInline, PriceFactInline)


class RegistrationInline(admin.TabularInline):
    model = Registration
    extra = 0


class OfferingInline(admin.TabularInline):
    model = Offering
    extra = 0
    autocomplete_fields = ("procedure", "department")


@admin.register(Institution)
class InstitutionAdmin(admin.ModelAdmin):
    list_display = ("name_latin", "name", "kind", "is_open")
    list_filter = ("kind", "is_open")
    search_fields = ("name", "name_latin", "slug", "hira_key", "registrations__number")
    autocomplete_fields = ("place", "departments")
    inlines = (RegistrationInline, OfferingInline)


@admin.register(Partner)
class PartnerAdmin(admin.ModelAdmin):
    list_display = ("name_latin", "kind", "since", "until")
    list_filter = ("kind",)
    search_fields = ("name", "name_latin")
    autocomplete_fields = ("institution", "place")


class LanguageInline(admin.TabularInline):
    model = PractitionerLanguage
    extra = 0


class RoleInline(admin.TabularInline):
    model = PractitionerRole
    extra = 0
    autocomplete_fields = ("institution", "department")


@admin.register(Practitioner)
class PractitionerAdmin(admin.ModelAdmin):
    list_display = ("name_latin", "name", "number")
    search_fields = ("name", "name_latin", "number")
    inlines = (LanguageInline, RoleInline)
