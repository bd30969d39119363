"""Jobs that are offered to interpreters, one after the other."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .crews import Interpreter
from .jobs import Interpreting


class JobOffer(models.Model):
    """An interpreting offered to one interpreter until ``expires_at``. Only one offer of a job is open at a time;
    declined or expired, the next best is asked (``rank`` counts from 1). A row is written once and answered once."""

    class Answer(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    interpreting = models.ForeignKey(Interpreting, on_delete=models.CASCADE, related_name="offers")
    interpreter = models.ForeignKey(Interpreter, on_delete=models.PROTECT, related_name="offers")
    rank = models.PositiveSmallIntegerField(default=1)
    made_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))
    made_by = models.CharField(max_length=80)
    expires_at = models.DateTimeField(verbose_name=_("Expires at"))
    answer = models.CharField(max_length=10, choices=Answer.choices, default=Answer.OPEN, verbose_name=_("Answer"))
    answered_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True, verbose_name=_("Reason"))

    class Meta:
        verbose_name = _("offer of a job")
        verbose_name_plural = _("offers of jobs")
        ordering = ["made_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["interpreting"], condition=Q(answer="open"), name="job_offer_open_once"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="job_offer_has_time"),
            models.CheckConstraint(
                condition=Q(answer="open", answered_at__isnull=True)
                | (~Q(answer="open") & Q(answered_at__isnull=False)),
                name="job_offer_answered_or_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.interpreting_id}: {self.answer}"
