"""Stays for administrators, read only: everything is changed by its verb."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from .models import Flight, Promise, Stay, StayAppointment


class ReadOnly:
    """No adding, changing or deleting: that would go past the verbs and their audit."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class StayAppointmentInline(ReadOnly, admin.TabularInline):
    model = StayAppointment
    raw_id_fields = ("appointment",)


class FlightInline(ReadOnly, admin.TabularInline):
    model = Flight


class PromiseInline(ReadOnly, admin.TabularInline):
    model = Promise
    fields = ("kind", "promised_by", "promised_at", "due_at", "kept_at", "withdrawn_at")


@admin.register(Stay)
class StayAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("id", "arrives_on", "leaves_on", "companions", "created_at")
    list_filter = ("arrives_on",)
    date_hierarchy = "created_at"
    inlines = (StayAppointmentInline, FlightInline, PromiseInline)
