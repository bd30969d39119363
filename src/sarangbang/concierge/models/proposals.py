"""Proposals of the engine: a day planned, or mended after news, accepted once and undone once."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.scheduling.models import Appointment

from .jobs import Interpreting, Ride


class Proposal(models.Model):
    """What the engine proposes for ``day`` (Korean calendar day): a plan of what has nobody yet, or the mending of
    what ``news`` broke. Nothing moves before it is accepted; accepted, it can be undone once as a whole.

    ``news`` is empty for a plan, else a list of ``{"kind": ..., "subject": "ride:<id>", "minutes": ...}``;
    ``cost`` sums what the changes cost by kind; ``unmended`` lists jobs nothing could be found for, with the reason.
    """

    class Kind(models.TextChoices):
        PLAN = "plan", _("Plan")
        MEND = "mend", _("Mend")

    class Status(models.TextChoices):
        OPEN = "open", _("Proposed")
        ACCEPTED = "accepted", _("Accepted")
        UNDONE = "undone", _("Undone")
        DISCARDED = "discarded", _("Discarded")
        OUTDATED = "outdated", _("Outdated")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    day = models.DateField(db_index=True, verbose_name=_("Day"))
    kind = models.CharField(max_length=5, choices=Kind.choices, verbose_name=_("Kind"))
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN, verbose_name=_("Status"))
    news = models.JSONField(default=list, blank=True)
    cost = models.JSONField(default=dict, blank=True)
    unmended = models.JSONField(default=list, blank=True)
    made_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))
    made_by = models.CharField(max_length=80)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=80, blank=True)
    despite = models.CharField(
        max_length=300, blank=True, verbose_name=_("Why it was accepted without everybody's agreement")
    )

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open", decided_at__isnull=True) | (~Q(status="open") & Q(decided_at__isnull=False)),
                name="proposal_decided_or_open",
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | Q(status="undone"), name="proposal_undone_says_so"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"


class ProposedChange(models.Model):
    """One change of a proposal. ``before`` and ``after`` hold what differs (crew, starts_at, ends_at, institution
    time) as ISO instants and primary keys; ``seen`` is the ``sequence`` of the job or appointment it was reckoned
    from, so that a change made meanwhile is never overwritten. ``reason`` is a code of ``wording``; ``asks`` names who
    must agree ("guest", "institution", "interpreter")."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="changes")
    ordinal = models.PositiveSmallIntegerField()
    ride = models.ForeignKey(Ride, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    interpreting = models.ForeignKey(Interpreting, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    seen = models.PositiveIntegerField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=60, blank=True, verbose_name=_("Reason"))
    asks = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = _("proposed change")
        verbose_name_plural = _("proposed changes")
        ordering = ["ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "ordinal"], name="proposed_change_in_order"),
            models.CheckConstraint(
                condition=Q(ride__isnull=False, interpreting__isnull=True, appointment__isnull=True)
                | Q(ride__isnull=True, interpreting__isnull=False, appointment__isnull=True)
                | Q(ride__isnull=True, interpreting__isnull=True, appointment__isnull=False),
                name="proposed_change_about_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id}:{self.ordinal}"


class Agreement(models.Model):
    """What somebody who must agree to an open proposal was asked, or said of it, in which way and who wrote it down.
    Append-only: the last answer of a party counts. ``key`` is the primary key of the guest, institution or interpreter
    as text."""

    class Party(models.TextChoices):
        GUEST = "guest", _("Guest")
        INSTITUTION = "institution", _("Institution")
        INTERPRETER = "interpreter", _("Interpreter")

    class Answer(models.TextChoices):
        ASKED = "asked", _("Asked")
        AGREED = "agreed", _("Agrees")
        DECLINED = "declined", _("Does not agree")

    class Way(models.TextChoices):
        TELEPHONE = "telephone", _("Telephone")
        MESSAGE = "message", _("Message")
        PAGE = "page", _("Own page")

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="agreements")
    party = models.CharField(max_length=11, choices=Party.choices, verbose_name=_("Who must agree"))
    key = models.CharField(max_length=36)
    answer = models.CharField(max_length=8, choices=Answer.choices, verbose_name=_("Answer"))
    way = models.CharField(max_length=9, choices=Way.choices, verbose_name=_("Way"))
    actor = models.CharField(max_length=80, verbose_name=_("Who did it"))
    at = models.DateTimeField(default=timezone.now, verbose_name=_("When"))

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["pk"]
        indexes = [models.Index(fields=["party", "key"], name="agreement_party")]

    def __str__(self) -> str:
        return f"{self.party} {self.answer}"
