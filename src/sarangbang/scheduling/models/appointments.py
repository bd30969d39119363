"""Appointments, and the pathways in which several of them follow each other."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Institution, Offering, Place, Practitioner
from sarangbang.people.models import Guest
from sarangbang.scheduling.rules import Rules

from .reservations import Reservation


class PathwayStep(models.Model):
    """One visit of an offering that takes several: consultation, operation at least one day later, check at least
    three days after that. Days are calendar days at the institution, from the step before. An offering without steps
    is one visit."""

    class Kind(models.TextChoices):
        CONSULTATION = "consultation", _("Consultation")
        TREATMENT = "treatment", _("Treatment")
        CHECK = "check", _("Check-up visit")

    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="pathway")
    position = models.PositiveSmallIntegerField(validators=[MaxValueValidator(9)])
    kind = models.CharField(max_length=20, choices=Kind.choices, verbose_name=_("Kind"))
    visit_minutes = models.PositiveSmallIntegerField(validators=[MinValueValidator(5), MaxValueValidator(720)])
    days_after_low = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(180)])
    days_after_high = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(180)])
    same_practitioner = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("step of a treatment")
        verbose_name_plural = _("steps of treatments")
        ordering = ["offering", "position"]
        constraints = [
            models.UniqueConstraint(fields=["offering", "position"], name="pathway_step_once"),
            models.CheckConstraint(
                condition=Q(days_after_high__isnull=True) | Q(days_after_low__lte=F("days_after_high")),
                name="pathway_days_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offering_id}/{self.position}"


class Series(models.Model):
    """The appointments of one pathway, held, booked or refused together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    offering = models.ForeignKey(Offering, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))

    class Meta:
        verbose_name = _("series of appointments")
        verbose_name_plural = _("series of appointments")

    def __str__(self) -> str:
        return str(self.id)


class Appointment(models.Model):
    """A guest's time at an institution. It exists from the hold on (``guest`` empty) and keeps its id when it
    moves: ``reservation`` is the present time, former ones stay as history. ``sequence`` counts changes that
    a calendar must show (RFC 5545, 3.8.7.4)."""

    class Mode(models.TextChoices):
        """How it takes place (FHIR Appointment.virtualService when it is remote)."""

        ON_SITE = "on_site", _("At the institution")
        VIDEO = "video", _("By video")
        PHONE = "phone", _("By telephone")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reservation = models.OneToOneField(Reservation, on_delete=models.PROTECT, related_name="appointment")
    offering = models.ForeignKey(Offering, on_delete=models.PROTECT, related_name="appointments")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="appointments")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="appointments")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("Place"))
    series = models.ForeignKey(Series, on_delete=models.PROTECT, null=True, blank=True, related_name="appointments")
    step = models.ForeignKey(PathwayStep, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.ON_SITE)
    guest = models.ForeignKey(Guest, on_delete=models.PROTECT, null=True, blank=True, related_name="appointments")
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))

    rules: Rules | None = None
    """The booking rules with which it was held or confirmed just now, so that the answer need not ask again."""
    leads: list[int] | None = None
    """Likewise, of what was booked just now: how many minutes before the visit is reminded."""

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")

    def __str__(self) -> str:
        return str(self.id)


class KeyedRequest(models.Model):
    """That a request came with an idempotency key, what it asked for (a digest) and what it made: the same request
    sent again is answered with it, wherever the appointment is by then. A request that made several has a row for
    each, by ``position``. The key itself is kept as a digest only; it lives as long as what it made."""

    key_digest = models.CharField(max_length=64)
    position = models.PositiveSmallIntegerField(default=0)
    wish_digest = models.CharField(max_length=64)
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    series = models.ForeignKey(Series, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now, verbose_name=_("When"))

    class Meta:
        verbose_name = _("repeated request")
        verbose_name_plural = _("repeated requests")
        constraints = [models.UniqueConstraint(fields=["key_digest", "position"], name="keyed_request_once")]

    def __str__(self) -> str:
        return self.key_digest[:12]
