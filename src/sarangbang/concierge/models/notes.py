"""What an interpreter writes down about a job."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .jobs import Interpreting


class SessionNote(models.Model):
    """What an interpreter writes down about one interpreting: that teach-back was done, an incident, or a note for
    whoever takes over. ``key`` is made by the phone, so that a note sent twice is kept once. No medical content is
    asked for; ``text`` is read by the desk, a hand-over note by the next interpreter too."""

    class Kind(models.TextChoices):
        TEACH_BACK = "teach_back", _("Teach-back done")
        INCIDENT = "incident", _("Incident")
        HAND_OVER = "hand_over", _("Hand-over note")

    interpreting = models.ForeignKey(Interpreting, on_delete=models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=12, choices=Kind.choices, verbose_name=_("Kind"))
    text = models.CharField(max_length=1000, blank=True, verbose_name=_("Text"))
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    actor = models.CharField(max_length=80, verbose_name=_("Who did it"))
    noted_at = models.DateTimeField(help_text=_("By the phone's clock, bounded by the server's"))
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("note of an interpreter")
        verbose_name_plural = _("notes of interpreters")
        ordering = ["noted_at", "pk"]

    def __str__(self) -> str:
        return self.kind
