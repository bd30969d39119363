"""The waiting list: who waits for which times, what was offered to them, what they said."""

from __future__ import annotations

import datetime as dt
import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Offering, Practitioner
from sarangbang.people.models import Guest

from .appointments import Appointment, PathwayStep
from .reservations import Reservation

LARGEST_PARTY = 20
"""So many people can wait together: a coach is two parties, and is arranged by people."""


class WaitingEntry(models.Model):
    """That a guest waits for a time of an offering between two instants (UTC), perhaps only mornings or afternoons
    (local to the place), perhaps only of one practitioner, perhaps only in a ``language``: spoken by the practitioner,
    or by an interpreter who is free then. ``party`` people need times at once, all or none; of a treatment that takes
    several visits each of them needs times for all of these, or nobody gets any; ``given_up_at`` says when the
    search last found none because there are too many ways to look at.

    ``appointment`` is the booking that an accepted offer replaces (moved, never given up before); empty for somebody
    who has none yet. ``status`` repeats the last ``WaitingStep``.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SERVED = "served", _("Has a time")
        LEFT = "left", _("Left the list")
        OVER = "over", _("The wished days have passed")

    class PartOfDay(models.TextChoices):
        ANY = "any", _("Any time of day")
        MORNING = "morning", _("Mornings")
        AFTERNOON = "afternoon", _("Afternoons")
        EVENING = "evening", _("Evenings")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    guest = models.ForeignKey(Guest, on_delete=models.CASCADE, related_name="waiting", verbose_name=_("Guest"))
    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="waiting")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    appointment = models.ForeignKey(
        Appointment, on_delete=models.CASCADE, null=True, blank=True, related_name="waiting"
    )
    earliest_at = models.DateTimeField()
    latest_at = models.DateTimeField()
    part_of_day = models.CharField(max_length=10, choices=PartOfDay.choices, default=PartOfDay.ANY)
    language = models.CharField(max_length=10, blank=True, default="", verbose_name=_("Language of the visit"))
    party = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(LARGEST_PARTY)],
        verbose_name=_("For how many people"),
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING, verbose_name=_("Status"))
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))
    given_up_at = models.DateTimeField(null=True, blank=True, editable=False, verbose_name=_("Search given up at"))

    class Meta:
        verbose_name = _("waiting entry")
        verbose_name_plural = _("waiting entries")
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(earliest_at__lt=F("latest_at")), name="waiting_in_order"),
            models.UniqueConstraint(fields=["guest", "offering"], condition=Q(status="waiting"), name="waiting_once"),
        ]
        indexes = [models.Index(fields=["offering", "status", "created_at"], name="waiting_queue")]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def last_moment(self) -> dt.datetime:
        """The last minute of the wished days; ``latest_at`` is the midnight after it."""
        return self.latest_at - dt.timedelta(minutes=1)


class WaitingStep(models.Model):
    """One step in a waiting entry's history. Append-only."""

    entry = models.ForeignKey(WaitingEntry, on_delete=models.CASCADE, related_name="steps")
    status = models.CharField(max_length=10, choices=WaitingEntry.Status.choices, verbose_name=_("Status"))
    at = models.DateTimeField(default=timezone.now, verbose_name=_("When"))
    actor = models.CharField(max_length=80, verbose_name=_("Who did it"))
    reason = models.CharField(max_length=300, blank=True, verbose_name=_("Reason"))

    class Meta:
        verbose_name = _("step on the waiting list")
        verbose_name_plural = _("steps on the waiting list")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.status


class WaitingOffer(models.Model):
    """A freed time offered to one who waits, until ``expires_at``. With ``reservation`` the time is kept for this one
    alone; without, it went to all who fit, and the first who accepts has it. Further times of a party, and the later
    visits of a treatment that takes several, are its ``beside``; ``step`` says which visit a time is for."""

    class Status(models.TextChoices):
        OPEN = "open", _("Offered")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Time to answer is over")
        GONE = "gone", _("Somebody else was quicker")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.ForeignKey(WaitingEntry, on_delete=models.CASCADE, related_name="offers")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="+")
    step = models.ForeignKey(
        PathwayStep,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("step of a treatment"),
    )
    starts_at = models.DateTimeField(verbose_name=_("Begins"))
    reservation = models.ForeignKey(
        Reservation, on_delete=models.SET_NULL, null=True, blank=True, related_name="waiting_offers"
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN, db_index=True)
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("offer of a freed time")
        verbose_name_plural = _("offers of freed times")
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["entry"], condition=Q(status="open"), name="waiting_offer_open_once")
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.starts_at:%Y-%m-%d %H:%M}"


class WaitingOfferTime(models.Model):
    """One more time of the same offer, for somebody of the party or for a later visit of the treatment; the first one
    stands in the offer itself and is person 0's. ``person`` says whose visits of a treatment belong together."""

    offer = models.ForeignKey(WaitingOffer, on_delete=models.CASCADE, related_name="beside")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="+")
    step = models.ForeignKey(
        PathwayStep,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("step of a treatment"),
    )
    person = models.PositiveSmallIntegerField(default=0, verbose_name=_("Which of the party"))
    starts_at = models.DateTimeField(verbose_name=_("Begins"))
    reservation = models.ForeignKey(Reservation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("further time of an offer")
        verbose_name_plural = _("further times of offers")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "practitioner", "starts_at"], name="waiting_offer_time_once")
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.starts_at:%Y-%m-%d %H:%M}"
