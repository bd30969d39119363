"""What the API remembers of requests, so that a repeated one has the same answer."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from sarangbang.scheduling.models import Appointment


class RepeatedRequest(models.Model):
    """That an Idempotency-Key was used, for what, and which appointment came of it.

    Only digests are kept (SHA-256, hexadecimal): of the key, which opens the answer as a token does, and of the wish.
    The row lives as long as the appointment.
    """

    key_digest = models.CharField(max_length=64, primary_key=True)
    wish_digest = models.CharField(max_length=64)
    # Empty only inside the transaction that makes both.
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.key_digest[:8]
