"""The outbox in the administration: to be looked at. Sending again is a verb of the outbox page."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from sarangbang.people.admin import ReadOnly

from .models import Message, PeriodicRun, Receipt, WorkerHeartbeat


class ReceiptInline(admin.TabularInline):
    model = Receipt
    extra = 0
    can_delete = False
    readonly_fields = ("at", "accepted", "detail")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(ReadOnly):
    """Without the context, which may hold a code until the message has left."""

    list_display = ("created_at", "kind", "channel", "language", "status", "attempts", "due_at")
    list_filter = ("status", "channel", "language", "kind")
    fields = (
        "kind", "channel", "address", "language", "zone", "status", "attempts",
        "created_at", "due_at", "expires_at", "leased_until",
    )  # fmt: skip
    inlines = (ReceiptInline,)
    show_full_result_count = False


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(ReadOnly):
    list_display = ("name", "beat_at")


@admin.register(PeriodicRun)
class PeriodicRunAdmin(ReadOnly):
    list_display = ("job", "ran_at")
