"""The ledger of rides and interpreter hours, and the monthly statements made from it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Institution

from .crews import Interpreter
from .jobs import Interpreting, Ride


class Statement(models.Model):
    """The account of one month (its first day, Korean calendar) for an institution, for the district, or of an
    interpreter's hours. Issued once; its entries never change, corrections stand in a later month's statement.
    ``total`` is whole won, ``minutes`` for hours; ``digest`` is the SHA-256 of its lines."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=40, unique=True, verbose_name=_("Number"))
    month = models.DateField(verbose_name=_("Month"))
    institution = models.ForeignKey(
        Institution,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="statements",
        verbose_name=_("Institution"),
    )
    interpreter = models.ForeignKey(
        Interpreter,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="statements",
        verbose_name=_("Interpreter"),
    )
    total = models.BigIntegerField(verbose_name=_("Total"))
    minutes = models.PositiveIntegerField(default=0, verbose_name=_("Minutes"))
    digest = models.CharField(max_length=64)
    issued_at = models.DateTimeField(default=timezone.now, verbose_name=_("Issued at"))
    issued_by = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        ordering = ["-month", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["month", "institution"],
                condition=Q(institution__isnull=False),
                name="statement_once_per_institution",
            ),
            models.UniqueConstraint(
                fields=["month", "interpreter"],
                condition=Q(interpreter__isnull=False),
                name="statement_once_per_interpreter",
            ),
            models.UniqueConstraint(
                fields=["month"],
                condition=Q(institution__isnull=True, interpreter__isnull=True),
                name="statement_once_for_district",
            ),
            models.CheckConstraint(
                condition=Q(institution__isnull=True) | Q(interpreter__isnull=True), name="statement_for_one"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class LedgerEntry(models.Model):
    """One amount that one payer owes for one job, in whole won. Append-only: a correction is an entry that
    ``reverses`` another (its amount with the other sign), and where needed a new one of the next ``revision``.

    ``minutes`` is the time it was reckoned from (waiting, interpreting), ``rule`` the keys and dates of the tariff and
    share that were in force on ``happened_on`` (Korean calendar day).
    """

    class Kind(models.TextChoices):
        FARE = "fare", _("Ride")
        WAITING = "waiting", _("Waiting time")
        NO_SHOW = "no_show", _("Guest did not come")
        INTERPRETING = "interpreting", _("Interpreting")

    class Payer(models.TextChoices):
        INSTITUTION = "institution", _("Institution")
        DISTRICT = "district", _("District")
        GUEST = "guest", _("Guest")

    kind = models.CharField(max_length=12, choices=Kind.choices, verbose_name=_("Kind"))
    payer = models.CharField(max_length=12, choices=Payer.choices, verbose_name=_("Payer"))
    ride = models.ForeignKey(Ride, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger")
    interpreting = models.ForeignKey(
        Interpreting, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger"
    )
    institution = models.ForeignKey(
        Institution,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="ledger",
        verbose_name=_("Institution"),
    )
    amount = models.BigIntegerField(verbose_name=_("Amount"))
    minutes = models.PositiveIntegerField(default=0, verbose_name=_("Minutes"))
    rule = models.CharField(max_length=300, verbose_name=_("Rule"))
    revision = models.PositiveSmallIntegerField(default=1)
    happened_on = models.DateField(db_index=True, verbose_name=_("Day"))
    booked_at = models.DateTimeField(default=timezone.now, verbose_name=_("Booked at"))
    booked_by = models.CharField(max_length=80)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by")
    reason = models.CharField(max_length=300, blank=True, verbose_name=_("Reason"))
    statement = models.ForeignKey(
        Statement,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="entries",
        verbose_name=_("Statement"),
    )

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["happened_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ride__isnull=False, interpreting__isnull=True)
                | Q(ride__isnull=True, interpreting__isnull=False),
                name="ledger_entry_about_one_thing",
            ),
            models.CheckConstraint(
                condition=~Q(payer="institution") | Q(institution__isnull=False), name="ledger_entry_names_institution"
            ),
            models.UniqueConstraint(
                fields=["ride", "kind", "payer", "revision"],
                condition=Q(reverses__isnull=True, ride__isnull=False),
                name="ledger_entry_once_per_ride",
            ),
            models.UniqueConstraint(
                fields=["interpreting", "kind", "payer", "revision"],
                condition=Q(reverses__isnull=True, interpreting__isnull=False),
                name="ledger_entry_once_per_interpreting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.payer} {self.amount}"
