"""Cars, drivers and interpreters are kept in the administration; jobs and their history are only looked at there."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from .models import Driver, Interpreter, InterpreterLanguage, Interpreting, Proposal, Ride, ServiceStep, Vehicle


class ReadOnly(admin.ModelAdmin):
    """Changed by the verbs alone, which write history and promises."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LanguagesInline(admin.TabularInline):
    model = InterpreterLanguage
    extra = 1


@admin.register(Driver)
class DriverAdmin(admin.ModelAdmin):
    list_display = ("name", "name_latin", "language", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "name_latin")


@admin.register(Vehicle)
class VehicleAdmin(admin.ModelAdmin):
    list_display = ("plate", "model", "driver", "seats", "luggage", "wheelchairs", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("driver",)
    search_fields = ("plate", "model", "driver__name", "driver__name_latin")
    autocomplete_fields = ("driver",)
    raw_id_fields = ("resource", "base")


@admin.register(Interpreter)
class InterpreterAdmin(admin.ModelAdmin):
    list_display = ("name", "name_latin", "appointed_from", "appointed_until", "certified_until")
    list_filter = ("languages__language", "sex")
    search_fields = ("name", "name_latin")
    filter_horizontal = ("fields",)
    raw_id_fields = ("resource", "home")
    inlines = (LanguagesInline,)


@admin.register(Ride)
class RideAdmin(ReadOnly):
    list_display = ("id", "kind", "status", "starts_at", "vehicle")
    list_filter = ("status", "kind")
    list_select_related = ("vehicle",)
    date_hierarchy = "starts_at"


@admin.register(Interpreting)
class InterpretingAdmin(ReadOnly):
    exclude = ("field", "appointment", "place")  # they tell why somebody comes
    list_display = ("id", "language", "status", "starts_at", "interpreter")
    list_filter = ("status", "language")
    list_select_related = ("interpreter",)
    date_hierarchy = "starts_at"


@admin.register(ServiceStep)
class ServiceStepAdmin(ReadOnly):
    list_display = ("at", "status", "actor", "ride", "interpreting")
    list_filter = ("status",)
    date_hierarchy = "at"


@admin.register(Proposal)
class ProposalAdmin(ReadOnly):
    list_display = ("made_at", "day", "kind", "status", "made_by", "decided_by")
    list_filter = ("status", "kind")
    date_hierarchy = "day"
