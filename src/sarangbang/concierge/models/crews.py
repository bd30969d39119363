"""Who drives and who interprets."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Department, Place, Sex
from sarangbang.scheduling.models import Resource

MOST_HOURS = 744
"""Hours of the longest month."""
HOURS_OF_A_MONTH = [MinValueValidator(1), MaxValueValidator(MOST_HOURS)]


class Driver(models.Model):
    """A driver of the concierge's cars; works from a signed link, without an account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, verbose_name=_("Name"))
    name_latin = models.CharField(max_length=120, verbose_name=_("Name in Latin letters"))
    phone = models.CharField(max_length=40, blank=True, verbose_name=_("Telephone"))
    language = models.CharField(max_length=10, default="ko", verbose_name=_("Language"))
    is_active = models.BooleanField(default=True, verbose_name=_("Active"))

    purpose = "driver"

    class Meta:
        verbose_name = _("driver")
        verbose_name_plural = _("drivers")

    def __str__(self) -> str:
        return self.name_latin

    @property
    def actor(self) -> str:
        """Under which name a tap or a step is written down."""
        return f"crew:{self.pk}"


class Vehicle(models.Model):
    """A car with its driver; booked as one resource. ``seats`` without the driver, ``luggage`` in large
    suitcases, ``wheelchairs`` that ride as wheelchairs."""

    resource = models.OneToOneField(Resource, on_delete=models.PROTECT, related_name="vehicle")
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT, related_name="vehicles")
    plate = models.CharField(max_length=20, unique=True, verbose_name=_("Number plate"))
    model = models.CharField(max_length=60, verbose_name=_("Model"))
    seats = models.PositiveSmallIntegerField(verbose_name=_("Seats"))
    luggage = models.PositiveSmallIntegerField()
    wheelchairs = models.PositiveSmallIntegerField(default=0)
    child_seats = models.PositiveSmallIntegerField(default=2, verbose_name=_("Child seats"))
    base = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True, verbose_name=_("Active"))

    class Meta:
        verbose_name = _("car")
        verbose_name_plural = _("cars")

    def __str__(self) -> str:
        return self.plate

    @property
    def person(self) -> Driver:
        """Who is told about jobs and taps them."""
        return self.driver


class Interpreter(models.Model):
    """A medical interpreting coordinator (의료통역 코디네이터), appointed by the district for a term.

    Of the hours of a Korean calendar month, ``agreed_hours`` is what they were promised: work is shared out by it.
    ``most_hours`` is what their contract or the law allows: nobody is given more without a reason. Both are what a
    coordinator entered; None: nothing was.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    resource = models.OneToOneField(Resource, on_delete=models.PROTECT, related_name="interpreter")
    name = models.CharField(max_length=120, verbose_name=_("Name"))
    name_latin = models.CharField(max_length=120, verbose_name=_("Name in Latin letters"))
    sex = models.CharField(max_length=10, choices=Sex.choices)
    phone = models.CharField(max_length=40, blank=True, verbose_name=_("Telephone"))
    email = models.EmailField(blank=True, verbose_name=_("E-mail"))
    home = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    fields = models.ManyToManyField(Department, related_name="interpreters", blank=True)
    appointed_from = models.DateField()
    appointed_until = models.DateField()
    certified_until = models.DateField(null=True, blank=True)
    certificate = models.CharField(max_length=120, blank=True, verbose_name=_("Certificate"))
    agreed_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=HOURS_OF_A_MONTH, verbose_name=_("Agreed hours a month")
    )
    most_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=HOURS_OF_A_MONTH, verbose_name=_("Most hours a month")
    )

    purpose = "interpreter"
    language = "ko"

    class Meta:
        verbose_name = _("interpreter")
        verbose_name_plural = _("interpreters")
        constraints = [
            models.CheckConstraint(
                condition=Q(agreed_hours__isnull=True) | Q(agreed_hours__gte=1, agreed_hours__lte=MOST_HOURS),
                name="interpreter_agreed_hours_of_a_month",
            ),
            models.CheckConstraint(
                condition=Q(most_hours__isnull=True) | Q(most_hours__gte=1, most_hours__lte=MOST_HOURS),
                name="interpreter_most_hours_of_a_month",
            ),
            models.CheckConstraint(
                condition=Q(agreed_hours__isnull=True)
                | Q(most_hours__isnull=True)
                | Q(agreed_hours__lte=F("most_hours")),
                name="interpreter_agreed_within_most_hours",
                violation_error_message=_("What was agreed on is more than the most that is allowed."),
            ),
        ]

    def __str__(self) -> str:
        return self.name_latin

    @property
    def actor(self) -> str:
        """Under which name a tap or a step is written down."""
        return f"crew:{self.pk}"

    @property
    def person(self) -> Interpreter:
        """Who is told about jobs and taps them."""
        return self


class InterpreterLanguage(models.Model):
    interpreter = models.ForeignKey(Interpreter, on_delete=models.CASCADE, related_name="languages")
    language = models.CharField(max_length=10, verbose_name=_("Language"))

    class Meta:
        verbose_name = _("language of an interpreter")
        verbose_name_plural = _("languages of interpreters")
        constraints = [models.UniqueConstraint(fields=["interpreter", "language"], name="interpreter_language_once")]

    def __str__(self) -> str:
        return self.language
