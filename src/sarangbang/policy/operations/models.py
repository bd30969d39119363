"""What was published of operations."""

from __future__ import annotations

from django.db import models
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
