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
    both are written by ``scheduling.actions.move`` and by nothing else. ``former_of`` is the appointment that had this
    time before it moved."""

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
    status = models.CharField(max_length=20, choices=Status.choices, verbose_name=_("Status"))
    starts_at = models.DateTimeField(db_index=True, verbose_name=_("Begins"))
    ends_at = models.DateTimeField(verbose_name=_("Ends"))
    hold_expires_at = models.DateTimeField(null=True, blank=True)
    idempotency_key = models.CharField(max_length=120, null=True, blank=True)
    former_of = models.ForeignKey(
        "scheduling.Appointment", on_delete=models.CASCADE, null=True, blank=True, related_name="former"
    )
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="reservation_in_order"),
            models.CheckConstraint(
                condition=~Q(status="held") | Q(hold_expires_at__isnull=False),
                name="reservation_hold_expires",
            ),
            models.UniqueConstraint(fields=["idempotency_key"], name="reservation_key_once"),
        ]
        indexes = [
            models.Index(fields=["status"], name="reservation_status"),
            models.Index(
                fields=["hold_expires_at"], condition=Q(hold_expires_at__isnull=False), name="reservation_hold_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"


class ReservationStep(models.Model):
    """One step in a reservation's history. Append-only."""

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="steps")
    status = models.CharField(max_length=20, choices=Reservation.Status.choices, verbose_name=_("Status"))
    at = models.DateTimeField(default=timezone.now, verbose_name=_("When"))
    actor = models.CharField(max_length=80, verbose_name=_("Who did it"))
    reason = models.CharField(max_length=300, blank=True, verbose_name=_("Reason"))

    class Meta:
        verbose_name = _("step of a reservation")
        verbose_name_plural = _("steps of reservations")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.status


MAX_HOURS = 24
"""No allocation is longer, buffers included."""


class Allocation(models.Model):
    """One resource's part in a reservation, with the buffers before and after. ``is_active`` while its claims exist;
    this is the busy time. ``place`` is where the resource is then, for those who move."""

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="allocations")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="allocations", db_index=False)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    seat = models.PositiveSmallIntegerField(default=0)
    starts_at = models.DateTimeField(verbose_name=_("Begins"))
    ends_at = models.DateTimeField(verbose_name=_("Ends"))
    is_active = models.BooleanField(default=True, verbose_name=_("Active"))

    class Meta:
        verbose_name = _("busy time")
        verbose_name_plural = _("busy times")
        indexes = [models.Index(fields=["resource", "is_active", "starts_at"], name="allocation_busy")]

    def __str__(self) -> str:
        return f"{self.resource_id} {self.starts_at:%Y-%m-%d %H:%M}"


class Claim(models.Model):
    """One tick of one seat of one resource. ``tick`` is whole five minutes since 1970-01-01 UTC. That the resource
    exists is what the allocation's foreign key says; to look it up again for each tick would only cost."""

    allocation = models.ForeignKey(Allocation, on_delete=models.CASCADE, related_name="claims")
    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    seat = models.PositiveSmallIntegerField(default=0)
    tick = models.BigIntegerField()

    class Meta:
        verbose_name = _("claimed tick")
        verbose_name_plural = _("claimed ticks")
        constraints = [models.UniqueConstraint(fields=["resource", "seat", "tick"], name="claim_never_twice")]

    def __str__(self) -> str:
        return f"{self.resource_id}/{self.seat}/{self.tick}"


class Override(models.Model):
    """That a member of staff booked against a rule, which one, and why. Append-only; a double booking can never be
    overridden."""

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="overrides")
    rule = models.CharField(max_length=30)
    reason = models.CharField(max_length=300, verbose_name=_("Reason"))
    actor = models.CharField(max_length=80, verbose_name=_("Who did it"))
    at = models.DateTimeField(default=timezone.now, verbose_name=_("When"))

    class Meta:
        verbose_name = _("rule set aside")
        verbose_name_plural = _("rules set aside")
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="override_has_a_reason")]

    def __str__(self) -> str:
        return self.rule
