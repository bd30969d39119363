"""Rules of booking that change are data: notice, horizon, limits, buffers; what else a visit needs; reminders."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Institution, Offering

from .resources import Resource


class BookingRule(models.Model):
    """How an institution, or one of its offerings, may be booked. What is empty is asked of the wider rule: offering,
    then institution, then the house (neither named, one row), then ``rules.HOUSE``.

    Minutes are minutes; ``open_per_person`` is how many future bookings of the institution one guest may have at
    once, ``per_day`` how many of this offering (or of the institution) a practitioner takes on one local day.

    A freed time is offered to those who wait until ``waiting_stop_minutes`` before it; they have
    ``waiting_answer_minutes`` of their day to answer (less when the time is near).
    """

    institution = models.OneToOneField(
        Institution, on_delete=models.CASCADE, null=True, blank=True, related_name="booking_rule"
    )
    offering = models.OneToOneField(
        Offering, on_delete=models.CASCADE, null=True, blank=True, related_name="booking_rule"
    )
    notice_minutes = models.PositiveIntegerField(null=True, blank=True, validators=[MaxValueValidator(60 * 24 * 60)])
    horizon_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(730)]
    )
    cut_off_minutes = models.PositiveIntegerField(null=True, blank=True, validators=[MaxValueValidator(60 * 24 * 60)])
    step_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    buffer_before_minutes = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(240)])
    buffer_after_minutes = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(240)])
    open_per_person = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    per_day = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(500)]
    )
    remote = models.BooleanField(null=True, blank=True, help_text=_("Also by video or by telephone"))
    waiting_to_all = models.BooleanField(
        null=True,
        blank=True,
        help_text=_("A freed time is offered to all who fit at once, not to one after the other"),
    )
    waiting_answer_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(20), MaxValueValidator(24 * 60)]
    )
    waiting_stop_minutes = models.PositiveIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(60 * 24 * 60)]
    )

    class Meta:
        verbose_name = _("booking rule")
        verbose_name_plural = _("booking rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(institution__isnull=True) | Q(offering__isnull=True), name="booking_rule_of_one"
            ),
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(institution__isnull=True, offering__isnull=True),
                name="booking_rule_of_the_house_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id or self.offering_id or 'house'}"


class Requirement(models.Model):
    """What a booking of an offering needs beside the practitioner: one of ``resources`` (a room, a device), all the
    time. Several rows: one of each."""

    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="requirements")
    name = models.CharField(max_length=80, verbose_name=_("Name"))
    resources = models.ManyToManyField(Resource, related_name="+")

    class Meta:
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")
        constraints = [models.UniqueConstraint(fields=["offering", "name"], name="requirement_once")]

    def __str__(self) -> str:
        return f"{self.offering_id}: {self.name}"


class ReminderRule(models.Model):
    """That guests are reminded ``minutes_before`` of a visit to this offering; without an offering, of every visit
    whose offering has no rules of its own."""

    offering = models.ForeignKey(
        Offering, on_delete=models.CASCADE, null=True, blank=True, related_name="reminder_rules"
    )
    minutes_before = models.PositiveIntegerField(
        validators=[MinValueValidator(30), MaxValueValidator(60 * 24 * 60)], help_text=_("Minutes")
    )

    class Meta:
        verbose_name = _("reminder rule")
        verbose_name_plural = _("reminder rules")
        constraints = [
            models.UniqueConstraint(fields=["offering", "minutes_before"], name="reminder_rule_once"),
            models.UniqueConstraint(
                fields=["minutes_before"], condition=Q(offering__isnull=True), name="reminder_rule_of_the_house_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offering_id}: {self.minutes_before}"


class Reminder(models.Model):
    """That one appointment's time is to be reminded of at ``due_at`` (UTC). ``sent_at`` or ``dropped_as`` says what
    came of it; a reminder belongs to one reservation, so a moved appointment has new ones."""

    class Dropped(models.TextChoices):
        LATE = "late", _("Too late")
        MOVED = "moved", _("Moved to another time")
        OVER = "over", _("No longer booked")
        JOINED = "joined", _("Told with another visit of that day")
        UNWANTED = "unwanted", _("The guest took the consent back")

    reservation = models.ForeignKey(
        "scheduling.Reservation", on_delete=models.CASCADE, related_name="reminders", db_index=False
    )
    minutes_before = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    dropped_as = models.CharField(max_length=10, choices=Dropped.choices, blank=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint(fields=["reservation", "minutes_before"], name="reminder_once"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(dropped_as=""), name="reminder_sent_or_dropped"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(sent_at__isnull=True, dropped_as=""), name="reminder_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.reservation_id}/{self.minutes_before}"
