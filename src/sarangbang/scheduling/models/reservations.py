"""Reservations that can never overlap.

The guarantee against double booking is ``Claim``: one row per resource, seat and five-minute tick, unique in
the database. Everything else (free time, conflicts) is computed from rules and busy time.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Place

from .resources import Resource


class Reservation(models.Model):
    """Time taken from one or more resources, all or nothing. ``status`` repeats the last ``ReservationStep``;
    both are written by ``scheduling.actions.move`` and by nothing else."""

    class Status(models.TextChoices):
        HELD = "held", _("Held")
        EXPIRED = "expired", _("Hold ended")
        BOOKED = "booked", _("Booked")
        ARRIVED = "arrived", _("Arrived")
        FULFILLED = "fulfilled", _("Treated")
        RESCHEDULED = "rescheduled", _("Moved to another time")
        CANCELLED = "cancelled", _("Cancelled")
        NOSHOW_GUEST = "noshow_guest", _("Guest did not come")
        NOSHOW_HOST = "noshow_host", _("Host could not keep it")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=20, choices=Status.choices, db_index=True)
    starts_at = models.DateTimeField(db_index=True)
    ends_at = models.DateTimeField()
    hold_expires_at = models.DateTimeField(null=True, blank=True, db_index=True)
    idempotency_key = models.CharField(max_length=120, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="reservation_in_order"),
            models.CheckConstraint(
                condition=~Q(status="held") | Q(hold_expires_at__isnull=False),
                name="reservation_hold_expires",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"


class ReservationStep(models.Model):
    """One step in a reservation's history. Append-only."""

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="steps")
    status = models.CharField(max_length=20, choices=Reservation.Status.choices)
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.status


class Allocation(models.Model):
    """One resource's part in a reservation, with the buffers before and after. ``is_active`` while its claims exist;
    this is the busy time. ``place`` is where the resource is then, for those who move."""

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="allocations")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="allocations")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    seat = models.PositiveSmallIntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["resource", "is_active", "starts_at"], name="allocation_busy")]

    def __str__(self) -> str:
        return f"{self.resource_id} {self.starts_at:%Y-%m-%d %H:%M}"


class Claim(models.Model):
    """One tick of one seat of one resource. ``tick`` is whole five minutes since 1970-01-01 UTC."""

    allocation = models.ForeignKey(Allocation, on_delete=models.CASCADE, related_name="claims")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+", db_index=False)
    seat = models.PositiveSmallIntegerField(default=0)
    tick = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resource", "seat", "tick"], name="claim_never_twice")]

    def __str__(self) -> str:
        return f"{self.resource_id}/{self.seat}/{self.tick}"


class Override(models.Model):
    """That a member of staff booked against a rule, which one, and why. Append-only; a double booking can never be
    overridden."""

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="overrides")
    rule = models.CharField(max_length=30)
    reason = models.CharField(max_length=300)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="override_has_a_reason")]

    def __str__(self) -> str:
        return self.rule
