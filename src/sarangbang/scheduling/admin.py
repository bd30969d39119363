"""Rules of booking, treatments in several visits and declared holidays are kept here, with an entry in the audit log.
Rosters, reservations and appointments are changed by their verbs alone and only looked at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from sarangbang.people.actions import audit
from sarangbang.people.admin import ReadOnly
from sarangbang.people.queries import actor_of

from . import rostering
from .models import (
    Appointment,
    BookingRule,
    Closure,
    DeclaredHoliday,
    Override,
    PathwayStep,
    ReminderRule,
    Requirement,
    Reservation,
    Resource,
    RosterException,
    WeeklyRule,
)
from .waiting.withdrawing import fallen, open_offers, withdrawn_sentence


class Audited(admin.ModelAdmin):
    """Changed here; who did it stands in the audit log."""

    def save_model(self, request: HttpRequest, obj: models.Model, form: forms.ModelForm[Any], change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit(actor_of(request.user), "change" if change else "add", obj, fields=sorted(form.changed_data))

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        audit(actor_of(request.user), "delete", obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            self.delete_model(request, obj)


@admin.register(BookingRule)
class BookingRuleAdmin(Audited):
    list_display = ("__str__", "institution", "offering", "notice_minutes", "horizon_days", "cut_off_minutes")
    list_select_related = ("institution", "offering")
    raw_id_fields = ("institution", "offering")


@admin.register(Requirement)
class RequirementAdmin(Audited):
    list_display = ("name", "offering")
    list_select_related = ("offering",)
    raw_id_fields = ("offering", "resources")


@admin.register(ReminderRule)
class ReminderRuleAdmin(Audited):
    list_display = ("minutes_before", "offering")
    list_select_related = ("offering",)
    raw_id_fields = ("offering",)


@admin.register(PathwayStep)
class PathwayStepAdmin(Audited):
    list_display = ("offering", "position", "kind", "visit_minutes", "days_after_low", "days_after_high")
    list_select_related = ("offering",)
    raw_id_fields = ("offering",)


@admin.register(DeclaredHoliday)
class DeclaredHolidayAdmin(Audited):
    list_display = ("day", "name", "source")

    def save_model(self, request: HttpRequest, obj: models.Model, form: forms.ModelForm[Any], change: bool) -> None:
        if isinstance(obj, DeclaredHoliday):
            over = {offer.pk for offer in fallen(open_offers())}
            rostering.declare_holiday(obj, actor=actor_of(request.user))
            if withdrawn := {offer.pk for offer in fallen(open_offers())} - over:
                messages.info(request, withdrawn_sentence(len(withdrawn)))


@admin.register(Resource)
class ResourceAdmin(ReadOnly):
    list_display = ("label", "kind", "institution", "seats")
    list_filter = ("kind",)
    list_select_related = ("institution",)
    search_fields = ("label",)
    show_full_result_count = False


@admin.register(WeeklyRule)
class WeeklyRuleAdmin(ReadOnly):
    list_display = ("resource", "weekday", "starts", "ends", "place", "valid_from", "valid_until", "every_weeks")
    list_filter = ("weekday",)
    list_select_related = ("resource", "place")
    search_fields = ("resource__label",)
    show_full_result_count = False


@admin.register(RosterException)
class RosterExceptionAdmin(ReadOnly):
    list_display = ("resource", "kind", "starts_at", "ends_at")
    list_filter = ("kind",)
    list_select_related = ("resource",)
    search_fields = ("resource__label",)


@admin.register(Closure)
class ClosureAdmin(ReadOnly):
    list_display = ("place", "starts_at", "ends_at")
    list_select_related = ("place",)


@admin.register(Reservation)
class ReservationAdmin(ReadOnly):
    list_display = ("id", "status", "starts_at", "ends_at", "hold_expires_at")
    list_filter = ("status",)
    fields = ("id", "status", "starts_at", "ends_at", "hold_expires_at", "created_at")
    search_fields = ("id",)
    show_full_result_count = False


@admin.register(Appointment)
class AppointmentAdmin(ReadOnly):
    """Without guest and treatment: whoever needs these has the clinic's page, where reading is logged."""

    list_display = ("id", "institution", "mode", "created_at")
    list_select_related = ("institution",)
    fields = ("id", "institution", "place", "mode", "sequence", "created_at")
    search_fields = ("id",)
    show_full_result_count = False


@admin.register(Override)
class OverrideAdmin(ReadOnly):
    list_display = ("at", "rule", "actor", "reservation_id")
    list_filter = ("rule",)
    date_hierarchy = "at"
