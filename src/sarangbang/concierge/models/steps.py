"""What happened to a ride or an interpreting: steps of its status, and what its crew said."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .crews import Interpreter, Vehicle
from .jobs import Interpreting, Ride, ServiceStatus


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
        AT_PLACE = "at_place", _("At the meeting point")
        MET = "met", _("Met")
        DROPPED = "dropped", _("Dropped off")
        TOLD = "told", _("Free time and costs explained")
        STARTED = "started", _("Started")
        FINISHED = "finished", _("Finished")
        NO_SHOW = "no_show", _("Guest did not come")

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
