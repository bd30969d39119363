"""What was asked for: rides and interpretings, by whom, and who was assigned."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Department, Institution, Place, Sex
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.stays.models import Flight, Stay

from .crews import Interpreter, Vehicle


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


class RequestSource(models.TextChoices):
    """By which way a request reached the house."""

    GUEST = "guest", _("Guest, on the stay page")
    INSTITUTION = "institution", _("Partner institution")
    PHONE = "phone", _("Telephone")
    EMAIL = "email", _("E-mail")
    MESSENGER = "messenger", _("Messenger")
    WALK_IN = "walk_in", _("At the desk")


class Request(models.Model):
    """What every job keeps of its request: ``source`` is the way it came, ``asked_by`` the actor who entered it,
    ``institution`` the partner that asks or whose patient it is (it bears the institution's share). A job with
    ``locked_at`` stays as it is: no plan moves it."""

    source = models.CharField(
        max_length=12, choices=RequestSource.choices, default=RequestSource.GUEST, verbose_name=_("Asked by way of")
    )
    asked_by = models.CharField(max_length=80, blank=True, verbose_name=_("Entered by"))
    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Institution")
    )
    locked_at = models.DateTimeField(null=True, blank=True, verbose_name=_("Locked since"))
    locked_by = models.CharField(max_length=80, blank=True, verbose_name=_("Locked by"))

    class Meta:
        abstract = True


class Ride(Request):
    """A car for a guest: airport to hotel or clinic, between them, to a programme, or back. Times are instants;
    ``ends_at`` is the planned arrival with drop-off."""

    class Kind(models.TextChoices):
        PICK_UP = "pick_up", _("Pick-up at the airport")
        TRANSFER = "transfer", _("Between hotel and clinic")
        SENDING = "sending", _("Back to the airport")
        PROGRAMME = "programme", _("To a programme and back")

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
    child_seats = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(4)], verbose_name=_("Child seats")
    )
    alone = models.BooleanField(
        default=False,
        help_text=_("No other guest in the car, for example after anaesthesia"),
        verbose_name=_("Rides alone"),
    )
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


class Interpreting(Request):
    """An interpreter for a guest at one appointment: beside them, by video or by telephone (``mode``). ``wish`` is
    the guest's wish for a woman or a man, ``prefers`` the interpreter they know and would like again."""

    class Mode(models.TextChoices):
        ON_SITE = "on_site", _("On site")
        VIDEO = "video", _("By video")
        PHONE = "phone", _("By telephone")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_name="interpretings")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="interpretings")
    language = models.CharField(max_length=10, verbose_name=_("Language"))
    field = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.ON_SITE, verbose_name=_("Way"))
    wish = models.CharField(max_length=10, choices=Sex.choices, blank=True)
    prefers = models.ForeignKey(
        Interpreter,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Interpreter the guest knows"),
    )
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
