"""Reads of the outbox and of the workers' pulse."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, QuerySet
from django.http import Http404

from .models import Message, WorkerHeartbeat


def outbox(*, status: str = "", channel: str = "", language: str = "") -> QuerySet[Message]:
    """Messages, newest first, narrowed by what is given; ``tries`` counts the receipts."""
    asked = {"status": status, "channel": channel, "language": language}
    wanted: dict[str, Any] = {key: value for key, value in asked.items() if value}
    return Message.objects.filter(**wanted).order_by("-created_at", "-pk")


def waiting_and_failed() -> dict[str, int]:
    """How many messages wait and how many were given up."""
    counted = Message.objects.filter(status__in=[Message.Status.QUEUED, Message.Status.FAILED])
    return dict(counted.values_list("status").annotate(Count("pk")).order_by())


def one(pk: UUID) -> Message:
    """One message with its receipts; Http404 when there is none."""
    found = Message.objects.select_related("guest").prefetch_related("receipts").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def last_heartbeat() -> dt.datetime | None:
    """When any worker last said that it lives; None when none ever did."""
    beat: dt.datetime | None = WorkerHeartbeat.objects.aggregate(last=Max("beat_at"))["last"]
    return beat
