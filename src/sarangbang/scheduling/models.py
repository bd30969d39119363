"""Resources, their rosters, and reservations that can never overlap.

The guarantee against double booking is ``Claim``: one row per resource, seat and five-minute tick, unique in
the database. Everything else (free time, conflicts) is computed from rules and busy time.
"""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Institution, Offering, Place, Practitioner
from sarangbang.people.models import Guest


class Resource(models.Model):
    """Somebody or something that can be booked. ``seats`` is how many bookings it takes at one time."""

    class Kind(models.TextChoices):
        PRACTITIONER = "practitioner", _("Practitioner")
        INTERPRETER = "interpreter", _("Interpreter")
        VEHICLE = "vehicle", _("Car with driver")
        ROOM = "room", _("Room")

    kind = models.CharField(max_length=20, choices=Kind.choices, db_index=True)
    label = models.CharField(max_length=120)
    practitioner = models.OneToOneField(
        Practitioner, on_delete=models.CASCADE, null=True, blank=True, related_name="resource"
    )
    seats = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])

    def __str__(self) -> str:
        return self.label


class WeeklyRule(models.Model):
    """Hours on one weekday (0 = Monday) at one place, in the place's local time, while the rule is valid."""

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="weekly_rules")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    weekday = models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)])
    starts = models.TimeField()
    ends = models.TimeField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    on_holidays = models.BooleanField(default=False, help_text=_("Also on Korean public holidays"))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="weekly_rule_weekday"),
            models.CheckConstraint(condition=Q(starts__lt=F("ends")), name="weekly_rule_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id}/{self.weekday}"


class RosterException(models.Model):
    """Leave, or extra hours at a place, between two instants."""

    class Kind(models.TextChoices):
        LEAVE = "leave", _("Leave")
        EXTRA = "extra", _("Extra hours")

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="roster_exceptions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="roster_exception_in_order"),
        ]

    def __str__(self) -> str:
        return self.kind


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
    """One resource's part in a reservation. ``is_active`` while its claims exist; this is the busy time."""

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="allocations")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="allocations")
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


class Appointment(models.Model):
    """A guest's time at an institution. It exists from the hold on (``guest`` empty) and keeps its id when it
    moves: ``reservation`` is the present time, former ones stay as history. ``sequence`` counts changes that
    a calendar must show (RFC 5545, 3.8.7.4)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reservation = models.OneToOneField(Reservation, on_delete=models.PROTECT, related_name="appointment")
    offering = models.ForeignKey(Offering, on_delete=models.PROTECT, related_name="appointments")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="appointments")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="appointments")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    guest = models.ForeignKey(Guest, on_delete=models.PROTECT, null=True, blank=True, related_name="appointments")
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.id)
