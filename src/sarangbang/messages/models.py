"""The outbox: every message that leaves the house, its attempts and receipts."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.people.models import Guest


class Message(models.Model):
    """One message to one recipient in the recipient's language.

    The text is rendered from ``kind`` and ``context`` when it is sent, so that links (secrets) are never
    stored; ``context`` holds ids, times and neutral words, never the reason of a visit.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("SMS")
        ALIMTALK = "alimtalk", _("Alimtalk")

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Given up")
        DROPPED = "dropped", _("No longer needed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60, verbose_name=_("Kind"))
    channel = models.CharField(max_length=10, choices=Channel.choices)
    address = models.CharField(max_length=254, verbose_name=_("Address"))
    language = models.CharField(max_length=10, verbose_name=_("Language"))
    zone = models.CharField(max_length=64, default="Asia/Seoul", verbose_name=_("Time zone"))
    context = models.JSONField(default=dict, blank=True)
    guest = models.ForeignKey(Guest, on_delete=models.CASCADE, null=True, blank=True, related_name="messages")
    dedupe_key = models.CharField(max_length=120, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))
    due_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Not sent after this moment, because it would be of no use")
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED, verbose_name=_("Status"))
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["status", "due_at"], name="message_due"),
            models.Index(fields=["created_at"], name="message_newest"),
            models.Index(fields=["address", "created_at"], name="message_address"),
        ]
        # Not ``unique=True``, with which PostgreSQL keeps a second index for LIKE.
        constraints = [models.UniqueConstraint(fields=["dedupe_key"], name="message_key_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Receipt(models.Model):
    """What a channel answered to one attempt. Append-only."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="receipts")
    at = models.DateTimeField(default=timezone.now, verbose_name=_("When"))
    accepted = models.BooleanField()
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.detail


class WorkerHeartbeat(models.Model):
    """When a worker last said that it lives; read by /readyz."""

    name = models.CharField(max_length=80, unique=True, verbose_name=_("Name"))
    beat_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sign of life of a worker")
        verbose_name_plural = _("signs of life of workers")

    def __str__(self) -> str:
        return self.name


class PeriodicRun(models.Model):
    """When a periodic job last began, in whichever worker; see ``messages.periodic``."""

    job = models.CharField(max_length=80, unique=True)
    ran_at = models.DateTimeField()

    class Meta:
        verbose_name = _("periodic run")
        verbose_name_plural = _("periodic runs")

    def __str__(self) -> str:
        return self.job
