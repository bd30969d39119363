"""What was said of flights, and how the feed is."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Place
from sarangbang.stays.models import Flight


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
