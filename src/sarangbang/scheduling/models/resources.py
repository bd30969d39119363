"""What can be booked, and when it is there: rosters, leave, closures, declared holidays."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Institution, Place, Practitioner


class Resource(models.Model):
    """Somebody or something that can be booked. ``seats`` is how many bookings it takes at one time; a room or a
    device belongs to an ``institution``."""

    class Kind(models.TextChoices):
        PRACTITIONER = "practitioner", _("Practitioner")
        INTERPRETER = "interpreter", _("Interpreter")
        VEHICLE = "vehicle", _("Car with driver")
        ROOM = "room", _("Room")
        DEVICE = "device", _("Device")
        SESSION = "session", _("Programme or training session")
        COUNSELLOR = "counsellor", _("Counsellor")

    kind = models.CharField(max_length=20, choices=Kind.choices, db_index=True, verbose_name=_("Kind"))
    label = models.CharField(max_length=120)
    practitioner = models.OneToOneField(
        Practitioner, on_delete=models.CASCADE, null=True, blank=True, related_name="resource"
    )
    institution = models.ForeignKey(
        Institution, on_delete=models.CASCADE, null=True, blank=True, related_name="resources"
    )
    seats = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(500)])

    class Meta:
        verbose_name = _("bookable resource")
        verbose_name_plural = _("bookable resources")

    def __str__(self) -> str:
        return self.label


class WeeklyRule(models.Model):
    """Hours on one weekday (0 = Monday) at one place, in the place's local time, while the rule is valid. Hours that
    end before they begin pass midnight; weekday, validity, weeks and holidays are those of the day on which they begin.
    Until 23:59 means until midnight.

    ``every_weeks`` is INTERVAL of RFC 5545 (3.3.10) with WKST=MO: 2 means every other week, counted from the week in
    which ``valid_from`` lies. One resource may have several rules at several places.
    """

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="weekly_rules")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("Place"))
    weekday = models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)], verbose_name=_("Weekday"))
    starts = models.TimeField()
    ends = models.TimeField()
    valid_from = models.DateField(verbose_name=_("Valid from"))
    valid_until = models.DateField(null=True, blank=True, verbose_name=_("Valid until"))
    every_weeks = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(52)])
    on_holidays = models.BooleanField(default=False, help_text=_("Also on Korean public holidays"))

    class Meta:
        verbose_name = _("weekly hours")
        verbose_name_plural = _("weekly hours")
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="weekly_rule_weekday"),
            models.CheckConstraint(condition=~Q(starts=F("ends")), name="weekly_rule_not_empty"),
            models.CheckConstraint(
                condition=Q(every_weeks__gte=1, every_weeks__lte=52), name="weekly_rule_every_weeks"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_from__lte=F("valid_until")),
                name="weekly_rule_validity_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["place", "weekday", "starts"], name="weekly_rule_by_place"),
            models.Index(fields=["weekday", "starts", "resource"], name="weekly_rule_by_hour"),
            models.Index(fields=["weekday", "starts", "ends"], name="weekly_rule_opening"),
            models.Index(
                fields=["weekday", "starts", "ends"], condition=Q(on_holidays=True), name="weekly_rule_holiday_opening"
            ),
            models.Index(
                fields=["place", "weekday", "starts", "ends", "on_holidays"],
                condition=Q(ends__lt=F("starts")),
                name="weekly_rule_over_midnight",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id}/{self.weekday}"

    @property
    def passes_midnight(self) -> bool:
        return self.ends < self.starts


class RosterException(models.Model):
    """Leave, or extra hours at a place, between two instants."""

    class Kind(models.TextChoices):
        LEAVE = "leave", _("Leave")
        EXTRA = "extra", _("Extra hours")

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="roster_exceptions")
    kind = models.CharField(max_length=10, choices=Kind.choices, verbose_name=_("Kind"))
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField(verbose_name=_("Begins"))
    ends_at = models.DateTimeField(verbose_name=_("Ends"))
    reason = models.CharField(max_length=200, blank=True, verbose_name=_("Reason"))

    class Meta:
        verbose_name = _("leave or extra hours")
        verbose_name_plural = _("leave and extra hours")
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="roster_exception_in_order"),
        ]
        indexes = [models.Index(fields=["kind", "ends_at"], name="roster_exception_ahead")]

    def __str__(self) -> str:
        return self.kind


class Closure(models.Model):
    """A place is shut between two instants (works, a move, a day off of the whole house): nobody can be booked there,
    whatever their roster says."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="closures", verbose_name=_("Place"))
    starts_at = models.DateTimeField(verbose_name=_("Begins"))
    ends_at = models.DateTimeField(verbose_name=_("Ends"))
    reason = models.CharField(max_length=200, blank=True, verbose_name=_("Reason"))

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        constraints = [models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="closure_in_order")]

    def __str__(self) -> str:
        return f"{self.place_id} {self.starts_at:%Y-%m-%d}"


class DeclaredHoliday(models.Model):
    """A public holiday that the government declared for one day (임시공휴일), beyond those that the calendar of
    public holidays and their substitutes knows (관공서의 공휴일에 관한 규정, art. 2 no. 11)."""

    day = models.DateField(unique=True, verbose_name=_("Day"))
    name = models.CharField(max_length=120, verbose_name=_("Name"))
    source = models.CharField(max_length=300, verbose_name=_("Source"))

    class Meta:
        verbose_name = _("declared holiday")
        verbose_name_plural = _("declared holidays")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
