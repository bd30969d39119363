"""Figures as they were published, runs of the ripple effect, awards. All append-only: a new value is a new row."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from .append_only import AppendOnly, AppendOnlyQuerySet, Written
from .awards.models import Award, AwardEntry, PrizeUse
from .operations.models import CenterVisit, PublishedQuarter
from .records import Record
from .reporting.models import InstitutionReport, ReportDetail, ReportedCount, ReportHandIn, StayDetail
from .vocabulary import Qualifier, Status, Sureness

__all__ = [
    "AppendOnly",
    "AppendOnlyQuerySet",
    "Award",
    "AwardEntry",
    "CenterVisit",
    "Figure",
    "InstitutionReport",
    "PrizeUse",
    "PublishedQuarter",
    "ReportDetail",
    "ReportHandIn",
    "ReportedCount",
    "RippleRun",
    "StayDetail",
    "Written",
]


class Figure(AppendOnly):
    """One revision of one published figure. ``supersedes`` is the revision before it; the last one is in force."""

    code = models.CharField(max_length=120)
    revision = models.PositiveSmallIntegerField(default=1)
    measure = models.CharField(max_length=60, blank=True)
    value = models.DecimalField(max_digits=30, decimal_places=6)
    rounded_to = models.DecimalField(max_digits=30, decimal_places=6)
    qualifier = models.CharField(max_length=10, choices=Qualifier, default=Qualifier.EXACT)
    unit = models.CharField(max_length=20)
    period = models.CharField(max_length=21, blank=True)
    geography = models.CharField(max_length=60, blank=True)
    group = models.CharField(max_length=20, blank=True)
    category = models.CharField(max_length=60, blank=True)
    series = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.CLAIM)
    sureness = models.CharField(max_length=12, choices=Sureness, default=Sureness.VERIFIED)
    definition = models.CharField(max_length=400, blank=True)
    source = models.CharField(max_length=600, blank=True)
    published = models.DateField(null=True, blank=True)
    quote = models.CharField(max_length=400, blank=True)
    note = models.CharField(max_length=600, blank=True)
    disputed = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT,
        related_name="superseded_by",
    )  # fmt: skip
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["code", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["code", "revision"], name="figure_revision_once"),
            models.CheckConstraint(
                condition=models.Q(revision=1, supersedes__isnull=True)
                | models.Q(revision__gt=1, supersedes__isnull=False),
                name="figure_revision_follows_another",
            ),
        ]
        indexes = [models.Index(fields=["measure", "geography", "period"], name="figure_topic")]

    def __str__(self) -> str:
        return f"{self.code}@{self.revision}"

    def record(self) -> Record:
        """What was published, without when and by whom it was kept."""
        step = self.rounded_to.normalize()
        exponent = min(int(step.as_tuple().exponent), 0)
        return Record(
            code=self.code, revision=self.revision, measure=self.measure,
            value=round(self.value, -exponent) if exponent else self.value.quantize(step.to_integral()),
            rounded_to=self.rounded_to, qualifier=self.qualifier, unit=self.unit, period=self.period,
            geography=self.geography, group=self.group, category=self.category, series=self.series,
            status=self.status, sureness=self.sureness, definition=self.definition, source=self.source,
            published=self.published, quote=self.quote, note=self.note, disputed=self.disputed, reason=self.reason,
        )  # fmt: skip


class RippleRun(AppendOnly):
    """One computation of the ripple effect: inputs, table and result, numbered. The same inputs are the same run."""

    number = models.BigAutoField(primary_key=True)
    title = models.CharField(max_length=120)
    inputs = models.JSONField()
    inputs_hash = models.CharField(max_length=64, unique=True)
    table = models.CharField(max_length=120)
    table_hash = models.CharField(max_length=64)
    results = models.JSONField()
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=80)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.number}"
