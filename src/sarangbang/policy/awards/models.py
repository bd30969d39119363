"""Awards, what they rested on, and what their money was used for. Corrections are further rows."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.policy.append_only import AppendOnly

from .words import Level, State


class Award(AppendOnly):
    """One award. What is said of it stands in its entries; this row is locked while they are added."""

    code = models.CharField(_("Code"), max_length=40, unique=True)
    key = models.CharField(_("Key"), max_length=64, unique=True, null=True, editable=False)
    """Of title, giver and day with which it was opened, so that two who write the same at once are one."""
    opened_at = models.DateTimeField(_("Recorded"), default=timezone.now)
    opened_by = models.CharField(_("Recorded by"), max_length=80)

    class Meta:
        verbose_name = _("Award")
        verbose_name_plural = _("Awards")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class AwardEntry(AppendOnly):
    """One version of an award. ``supersedes`` is the one before; the last is in force.

    ``evidence`` is the frozen snapshot as canonical JSON (empty: none was named), ``evidence_hash`` its SHA-256.
    """

    award = models.ForeignKey(Award, models.PROTECT, related_name="+", verbose_name=_("Award"))
    number = models.PositiveSmallIntegerField(_("Version"), default=1)
    state = models.CharField(_("State"), max_length=10, choices=State)
    title = models.CharField(_("Title"), max_length=200)
    giver = models.CharField(_("Giver"), max_length=200)
    level = models.CharField(_("Level"), max_length=14, choices=Level)
    received_on = models.DateField(_("Received on"), null=True, blank=True)
    due_on = models.DateField(_("To be applied for by"), null=True, blank=True)
    criteria = models.CharField(_("Criteria"), max_length=1000, blank=True)
    achievement = models.CharField(_("Given for"), max_length=300, blank=True)
    prize_krw = models.BigIntegerField(_("Prize money, won"), default=0)
    prize_reference = models.CharField(_("Reference of the payment"), max_length=100, blank=True)
    evidence = models.TextField(_("Evidence"), blank=True)
    evidence_hash = models.CharField(_("Hash of the evidence"), max_length=64, blank=True)
    source = models.CharField(_("Source"), max_length=600, blank=True)
    note = models.CharField(_("Note"), max_length=600, blank=True)
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by",
        verbose_name=_("Version before"),
    )  # fmt: skip
    recorded_at = models.DateTimeField(_("Recorded"), default=timezone.now)
    recorded_by = models.CharField(_("Recorded by"), max_length=80)

    class Meta:
        verbose_name = _("Version of an award")
        verbose_name_plural = _("Versions of awards")
        ordering = ["award", "number"]
        constraints = [
            models.UniqueConstraint(fields=["award", "number"], name="award_version_once"),
            models.CheckConstraint(
                condition=Q(number=1, supersedes__isnull=True)
                | (Q(number__gt=1, supersedes__isnull=False) & ~Q(reason="")),
                name="award_version_follows_with_a_reason",
            ),
            models.CheckConstraint(condition=Q(prize_krw__gte=0), name="award_prize_not_negative"),
            models.CheckConstraint(
                condition=~Q(state="received") | Q(received_on__isnull=False), name="award_received_on_a_day"
            ),
            models.CheckConstraint(
                condition=~Q(state="called") | Q(due_on__isnull=False), name="award_call_has_a_deadline"
            ),
            models.CheckConstraint(
                condition=Q(evidence="", evidence_hash="") | (~Q(evidence="") & ~Q(evidence_hash="")),
                name="award_evidence_has_a_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.award_id}@{self.number}"


class PrizeUse(AppendOnly):
    """What prize money was used for: a chain of rows for each award.

    ``spent_after`` is what the row and all before it make, ``prize_krw`` the prize as it then stood; a constraint keeps
    the one within the other, and two rows cannot have the same number. A row that takes another back is below zero.
    """

    award = models.ForeignKey(Award, models.PROTECT, related_name="+", verbose_name=_("Award"))
    number = models.PositiveSmallIntegerField(_("No."))
    used_on = models.DateField(_("Used on"))
    amount_krw = models.BigIntegerField(_("Amount, won"))
    spent_after = models.BigIntegerField(_("Used in all"))
    prize_krw = models.BigIntegerField(_("Prize money, won"))
    purpose = models.CharField(_("Used for"), max_length=300)
    reference = models.CharField(_("Reference of the payment"), max_length=100, blank=True)
    takes_back = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="taken_back_by",
        verbose_name=_("Takes back"),
    )  # fmt: skip
    recorded_at = models.DateTimeField(_("Recorded"), default=timezone.now)
    recorded_by = models.CharField(_("Recorded by"), max_length=80)

    class Meta:
        verbose_name = _("Use of prize money")
        verbose_name_plural = _("Uses of prize money")
        ordering = ["award", "number"]
        constraints = [
            models.UniqueConstraint(fields=["award", "number"], name="prize_use_once"),
            models.CheckConstraint(
                condition=Q(spent_after__gte=0, spent_after__lte=F("prize_krw")), name="prize_never_used_up_twice"
            ),
            models.CheckConstraint(
                condition=Q(amount_krw__gt=0, takes_back__isnull=True) | Q(amount_krw__lt=0, takes_back__isnull=False),
                name="prize_use_or_its_counter_row",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.award_id}/{self.number}"
