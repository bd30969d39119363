"""One guest's stay: everything that a guest meets hangs on it."""

from __future__ import annotations

import datetime as dt
import uuid

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Place, Sex
from sarangbang.people.models import Guest
from sarangbang.scheduling.models import Appointment


class Stay(models.Model):
    """A guest's time in the district. Dates are Korean calendar days and may be unknown at first;
    ``companions`` counts those who travel along."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    guest = models.ForeignKey(Guest, on_delete=models.PROTECT, related_name="stays", verbose_name=_("Guest"))
    arrives_on = models.DateField(null=True, blank=True)
    leaves_on = models.DateField(null=True, blank=True)
    companions = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(20)])
    hotel = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))

    class Meta:
        verbose_name = _("stay")
        verbose_name_plural = _("stays")
        constraints = [
            models.CheckConstraint(
                condition=Q(arrives_on__isnull=True) | Q(leaves_on__isnull=True) | Q(arrives_on__lte=F("leaves_on")),
                name="stay_in_order",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class StayAppointment(models.Model):
    """That an appointment belongs to a stay (``scheduling`` lies below and does not know stays)."""

    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_name="stay_appointments")
    appointment = models.OneToOneField(Appointment, on_delete=models.PROTECT, related_name="stay_appointment")

    class Meta:
        verbose_name = _("appointment of a stay")
        verbose_name_plural = _("appointments of stays")

    def __str__(self) -> str:
        return f"{self.stay_id}:{self.appointment_id}"


class Flight(models.Model):
    """A flight of the guest, as they told it. ``scheduled_at`` is the landing (arrival) or take-off
    (departure); ``place`` the airport terminal in Korea. ``expected_at`` is what a flight feed or a coordinator made
    known since. ``sequence`` counts changes that a calendar must show."""

    class Direction(models.TextChoices):
        ARRIVAL = "arrival", _("Arrival")
        DEPARTURE = "departure", _("Departure")

    stay = models.ForeignKey(Stay, on_delete=models.CASCADE, related_name="flights")
    direction = models.CharField(max_length=10, choices=Direction.choices)
    number = models.CharField(max_length=8)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("Place"))
    scheduled_at = models.DateTimeField()
    expected_at = models.DateTimeField(null=True, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("flight")
        verbose_name_plural = _("flights")
        constraints = [models.UniqueConstraint(fields=["stay", "direction"], name="flight_one_each_way")]

    def __str__(self) -> str:
        return self.number

    @property
    def goes_at(self) -> dt.datetime:
        """The instant to go by: what is expected, or the schedule while nothing else is known."""
        return self.expected_at or self.scheduled_at


class Intake(models.Model):
    """What a guest typed while a time is held for them, until their contact is proven and it becomes a guest
    and a stay. Deleted with the hold; never used for anything else."""

    appointment = models.OneToOneField(Appointment, on_delete=models.CASCADE, related_name="intake")
    name = models.CharField(max_length=120, verbose_name=_("Name"))
    name_latin = models.CharField(max_length=120, verbose_name=_("Name in Latin letters"))
    nationality = models.CharField(max_length=2)
    birth_year = models.PositiveSmallIntegerField()
    sex = models.CharField(max_length=10, choices=Sex.choices)
    email = models.EmailField(verbose_name=_("E-mail"))
    email_proven_at = models.DateTimeField(null=True, blank=True)
    phone = models.CharField(max_length=40, blank=True, verbose_name=_("Telephone"))
    language = models.CharField(max_length=10, verbose_name=_("Language"))
    zone = models.CharField(max_length=64, default="Asia/Seoul", verbose_name=_("Time zone"))
    companions = models.PositiveSmallIntegerField(default=0)
    arrives_on = models.DateField(null=True, blank=True)
    leaves_on = models.DateField(null=True, blank=True)
    consents = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))

    class Meta:
        verbose_name = _("unfinished booking")
        verbose_name_plural = _("unfinished bookings")

    def __str__(self) -> str:
        return str(self.appointment_id)


class Promise(models.Model):
    """Something that was promised to the guest, by whom and until when. ``kind`` names the sentence (see
    ``stays.promises``), ``params`` fill it; ``subject`` is the object it is about ("ride:<id>")."""

    stay = models.ForeignKey(Stay, on_delete=models.CASCADE, related_name="promises")
    kind = models.CharField(max_length=40, verbose_name=_("Kind"))
    params = models.JSONField(default=dict, blank=True)
    subject = models.CharField(max_length=64, blank=True)
    promised_by = models.CharField(max_length=120)
    promised_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, blank=True)
    kept_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        ordering = ["promised_at"]
        # Not ``db_index=True``, with which PostgreSQL keeps a second index for LIKE.
        indexes = [
            models.Index(fields=["due_at"], name="promise_due"),
            models.Index(fields=["subject"], name="promise_subject"),
        ]

    def __str__(self) -> str:
        return self.kind
