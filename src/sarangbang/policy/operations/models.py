"""What was published of operations, and who just walked into the Medical Tour Center."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.policy.append_only import AppendOnly


class PublishedQuarter(AppendOnly):
    """What was published of a quarter's operations, once: small counts are hidden in it already, and what is corrected
    later does not change it, because two versions side by side would give somebody away."""

    period = models.CharField(max_length=21, unique=True, verbose_name=_("Period"))
    tables = models.JSONField(verbose_name=_("Tables"))
    threshold = models.PositiveSmallIntegerField(verbose_name=_("Threshold"))
    rule_source = models.CharField(max_length=600, verbose_name=_("Source of the rule"))
    published_at = models.DateTimeField(default=timezone.now, verbose_name=_("When"))
    published_by = models.CharField(max_length=80, verbose_name=_("Who did it"))

    class Meta:
        verbose_name = _("published quarter")
        verbose_name_plural = _("published quarters")
        ordering = ["-period"]

    def __str__(self) -> str:
        return self.period


class CenterVisit(AppendOnly):
    """Somebody walked into the Medical Tour Center. Nothing is known of them but the language and what it was about.

    ``key`` and ``number``: a form that is sent twice is written once. ``takes_back``: this row says that another one
    was not so; neither counts.
    """

    class About(models.TextChoices):
        TREATMENT = "treatment", _("a treatment or a clinic")
        BOOKING = "booking", _("an appointment")
        SERVICE = "service", _("a car or an interpreter")
        PROGRAMME = "programme", _("a programme of the center")
        OTHER = "other", _("something else")

    key = models.UUIDField(_("Key"), editable=False)
    number = models.PositiveSmallIntegerField(_("No."), default=1)
    came_at = models.DateTimeField(_("Came"), default=timezone.now)
    language = models.CharField(_("Language"), max_length=10)
    about = models.CharField(_("What about"), max_length=10, choices=About)
    takes_back = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="taken_back_by",
        verbose_name=_("Takes back"),
    )  # fmt: skip
    recorded_by = models.CharField(_("Recorded by"), max_length=80)

    class Meta:
        verbose_name = _("visit without an appointment")
        verbose_name_plural = _("visits without an appointment")
        ordering = ["-came_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["key", "number"], name="center_visit_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="center_visit_number"),
        ]
        indexes = [models.Index(fields=["came_at"], name="center_visit_came")]

    def __str__(self) -> str:
        return f"{self.pk}"
