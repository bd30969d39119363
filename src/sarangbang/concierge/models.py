"""Cars and interpreters: who there is, what was asked for, who was assigned, what was tapped."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Department, Place, Sex
from sarangbang.scheduling.models import Appointment, Reservation, Resource
from sarangbang.stays.models import Flight, Stay


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
    """A medical interpreting coordinator (의료통역 코디네이터), appointed by the district for a term."""

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

    purpose = "interpreter"
    language = "ko"

    class Meta:
        verbose_name = _("interpreter")
        verbose_name_plural = _("interpreters")

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


class ServiceStatus(models.TextChoices):
    """The states of a ride or an interpreting; moves are in ``concierge.lifecycle``."""

    WAITING = "waiting", _("Waiting for an answer")
    GRANTED = "granted", _("Granted, not yet assigned")
    ASSIGNED = "assigned", _("Assigned")
    UNDER_WAY = "under_way", _("On the way")
    MET = "met", _("Met")
    FINISHED = "finished", _("Finished")
    DECLINED = "declined", _("Not possible")
    CANCELLED = "cancelled", _("Cancelled")


class Ride(models.Model):
    """A car for a guest: airport to hotel or clinic, between them, or back. Times are instants; ``ends_at`` is
    the planned arrival with drop-off."""

    class Kind(models.TextChoices):
        PICK_UP = "pick_up", _("Pick-up at the airport")
        TRANSFER = "transfer", _("Between hotel and clinic")
        SENDING = "sending", _("Back to the airport")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_name="rides")
    kind = models.CharField(max_length=10, choices=Kind.choices, verbose_name=_("Kind"))
    flight = models.ForeignKey(Flight, on_delete=models.SET_NULL, null=True, blank=True, related_name="rides")
    origin = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    destination = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(db_index=True, verbose_name=_("Begins"))
    ends_at = models.DateTimeField(verbose_name=_("Ends"))
    party = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(20)])
    luggage = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(40)])
    wheelchairs = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(4)])
    status = models.CharField(max_length=12, choices=ServiceStatus.choices, default=ServiceStatus.WAITING)
    answer_by = models.DateTimeField(null=True, blank=True)
    reservation = models.OneToOneField(
        Reservation, on_delete=models.PROTECT, null=True, blank=True, related_name="ride"
    )
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, null=True, blank=True, related_name="rides")
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))

    service = "ride"

    class Meta:
        verbose_name = _("ride")
        verbose_name_plural = _("rides")

    def __str__(self) -> str:
        return str(self.id)

    @property
    def subject(self) -> str:
        """Under which name promises are made about it."""
        return f"ride:{self.pk}"

    @property
    def crew(self) -> Vehicle | None:
        return self.vehicle

    @crew.setter
    def crew(self, crew: Vehicle | None) -> None:
        self.vehicle = crew


class Interpreting(models.Model):
    """An interpreter beside a guest at one appointment. ``wish`` is the guest's wish for a woman or a man."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_name="interpretings")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="interpretings")
    language = models.CharField(max_length=10, verbose_name=_("Language"))
    field = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    wish = models.CharField(max_length=10, choices=Sex.choices, blank=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", verbose_name=_("Place"))
    starts_at = models.DateTimeField(db_index=True, verbose_name=_("Begins"))
    ends_at = models.DateTimeField(verbose_name=_("Ends"))
    status = models.CharField(max_length=12, choices=ServiceStatus.choices, default=ServiceStatus.WAITING)
    answer_by = models.DateTimeField(null=True, blank=True)
    reservation = models.OneToOneField(
        Reservation, on_delete=models.PROTECT, null=True, blank=True, related_name="interpreting"
    )
    interpreter = models.ForeignKey(
        Interpreter, on_delete=models.PROTECT, null=True, blank=True, related_name="interpretings"
    )
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))

    class Meta:
        verbose_name = _("interpreting")
        verbose_name_plural = _("interpretings")
        constraints = [
            models.UniqueConstraint(
                fields=["appointment"],
                condition=~Q(status__in=["declined", "cancelled"]),
                name="interpreting_once_per_appointment",
            )
        ]

    service = "interpreting"

    def __str__(self) -> str:
        return str(self.id)

    @property
    def subject(self) -> str:
        """Under which name promises are made about it."""
        return f"interpreting:{self.pk}"

    @property
    def crew(self) -> Interpreter | None:
        return self.interpreter

    @crew.setter
    def crew(self, crew: Interpreter | None) -> None:
        self.interpreter = crew


Job = Ride | Interpreting
Crew = Vehicle | Interpreter


class ServiceStep(models.Model):
    """One step in the history of a ride or an interpreting: status, who, when, why, and who was assigned.
    Append-only; an undo is a further step which names the one it takes back."""

    ride = models.ForeignKey(Ride, on_delete=models.CASCADE, null=True, blank=True, related_name="steps")
    interpreting = models.ForeignKey(
        Interpreting, on_delete=models.CASCADE, null=True, blank=True, related_name="steps"
    )
    status = models.CharField(max_length=12, choices=ServiceStatus.choices, verbose_name=_("Status"))
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    interpreter = models.ForeignKey(Interpreter, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now, verbose_name=_("When"))
    actor = models.CharField(max_length=80, verbose_name=_("Who did it"))
    reason = models.CharField(max_length=300, blank=True, verbose_name=_("Reason"))
    undoes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by")

    class Meta:
        verbose_name = _("step of a service")
        verbose_name_plural = _("steps of services")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ride__isnull=False, interpreting__isnull=True)
                | Q(ride__isnull=True, interpreting__isnull=False),
                name="service_step_about_one_thing",
            )
        ]

    def __str__(self) -> str:
        return self.status

    @property
    def crew(self) -> Vehicle | Interpreter | None:
        return self.vehicle or self.interpreter


class Tap(models.Model):
    """What a driver or interpreter said with one tap, exactly once: unique on job, crew and word
    (another driver who takes over says it again)."""

    class Word(models.TextChoices):
        ON_THE_WAY = "on_the_way", _("On the way")
        MET = "met", _("Met")
        DROPPED = "dropped", _("Dropped off")
        STARTED = "started", _("Started")
        FINISHED = "finished", _("Finished")

    ride = models.ForeignKey(Ride, on_delete=models.CASCADE, null=True, blank=True, related_name="taps")
    interpreting = models.ForeignKey(Interpreting, on_delete=models.CASCADE, null=True, blank=True, related_name="taps")
    word = models.CharField(max_length=12, choices=Word.choices)
    actor = models.CharField(max_length=80, verbose_name=_("Who did it"))
    tapped_at = models.DateTimeField(help_text=_("By the phone's clock, bounded by the server's"))
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("word of a crew")
        verbose_name_plural = _("words of crews")
        constraints = [
            models.UniqueConstraint(fields=["ride", "actor", "word"], name="tap_once_per_ride"),
            models.UniqueConstraint(fields=["interpreting", "actor", "word"], name="tap_once_per_interpreting"),
            models.CheckConstraint(
                condition=Q(ride__isnull=False, interpreting__isnull=True)
                | Q(ride__isnull=True, interpreting__isnull=False),
                name="tap_about_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.word


class FlightReport(models.Model):
    """What was said of a guest's flight: by a feed, or by a coordinator (``source`` "desk"). Append-only, one row for
    each change. With a ``doubt`` (``flights.arrivals.Doubt``) nothing was moved: it is a question until ``closed_at``.
    """

    flight = models.ForeignKey(Flight, on_delete=models.CASCADE, related_name="reports")
    source = models.CharField(max_length=20, verbose_name=_("Source"))
    number = models.CharField(max_length=8, blank=True)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    estimated_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, blank=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    gate = models.CharField(max_length=40, blank=True)
    exit = models.CharField(max_length=40, blank=True)
    carousel = models.CharField(max_length=40, blank=True)
    doubt = models.CharField(max_length=40, blank=True)
    read_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = _("flight report")
        verbose_name_plural = _("flight reports")
        ordering = ["read_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | ~Q(doubt=""), name="flight_report_only_questions_close"
            ),
            models.UniqueConstraint(
                fields=["flight"], condition=Q(closed_at__isnull=True) & ~Q(doubt=""), name="flight_question_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.read_at:%Y-%m-%d %H:%M}"


class FeedState(models.Model):
    """How a flight feed is: when it last answered, since when and why it does not."""

    name = models.CharField(max_length=20, unique=True, verbose_name=_("Name"))
    answered_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("state of a data source")
        verbose_name_plural = _("states of data sources")

    def __str__(self) -> str:
        return self.name
