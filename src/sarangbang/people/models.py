"""Accounts and roles of staff, guests and how to reach them, consents, secure links, access and audit log."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField  # type: ignore[import-untyped]

from sarangbang.directory.models import Institution, Sex


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """An account of staff. Guests, drivers and interpreters have links instead."""

    email = models.EmailField(unique=True, verbose_name=_("E-mail"))
    name = models.CharField(max_length=120, verbose_name=_("Name"))
    language = models.CharField(max_length=10, default="ko", verbose_name=_("Language"))
    is_active = models.BooleanField(default=True, verbose_name=_("Active"))
    is_staff = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False, help_text=_("Excused from the second factor; demo only"))
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A role that an account holds, for clinic staff at one institution."""

    class Role(models.TextChoices):
        COORDINATOR = "coordinator", _("Coordinator, Medical Tour Center")
        CLINIC = "clinic", _("Clinic staff")
        POLICY = "policy", _("Policy officer")
        ADMINISTRATOR = "administrator", _("Administrator")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    institution = models.ForeignKey(
        Institution, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships"
    )

    class Meta:
        verbose_name = _("role of an account")
        verbose_name_plural = _("roles of accounts")
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "institution"], name="membership_once"),
            models.CheckConstraint(
                condition=Q(role="clinic", institution__isnull=False)
                | (~Q(role="clinic") & Q(institution__isnull=True)),
                name="membership_clinic_has_institution",
            ),
        ]

    def __str__(self) -> str:
        return self.role


class Guest(models.Model):
    """A patient from abroad. ``nationality`` is ISO 3166-1 alpha-2, ``language`` one of the ten codes,
    ``zone`` the IANA time zone of home. Nobody has a first and a last name."""

    is_new = False
    """That this transaction made the guest: nothing can hang on them yet, and nothing needs to be asked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, help_text=_("As the guest writes it"), verbose_name=_("Name"))
    name_latin = models.CharField(max_length=120, verbose_name=_("Name in Latin letters"))
    name_hangul = models.CharField(max_length=120, blank=True, verbose_name=_("Name in Hangul"))
    nationality = models.CharField(max_length=2)
    birth_year = models.PositiveSmallIntegerField(validators=[MinValueValidator(1900), MaxValueValidator(2100)])
    sex = models.CharField(max_length=10, choices=Sex.choices)
    email = models.EmailField(verbose_name=_("E-mail"))
    email_proven_at = models.DateTimeField(null=True, blank=True)
    phone = PhoneNumberField(blank=True)
    language = models.CharField(max_length=10, verbose_name=_("Language"))
    zone = models.CharField(max_length=64, default="Asia/Seoul", verbose_name=_("Time zone"))
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))

    class Meta:
        verbose_name = _("guest")
        verbose_name_plural = _("guests")

    def __str__(self) -> str:
        return str(self.id)


class Consent(models.Model):
    """One consent for one purpose, in the words of one version (PIPA art. 15, 17, 22, 23, 28-8)."""

    class Purpose(models.TextChoices):
        BOOKING = "booking", _("Booking and care of your stay")
        HEALTH = "health", _("Health information for the institution")
        ABROAD = "abroad", _("Messages through services abroad")
        CONCIERGE = "concierge", _("Name and place for driver and interpreter")
        SURVEY = "survey", _("Questions about our service afterwards")

    guest = models.ForeignKey(Guest, on_delete=models.CASCADE, related_name="consents", verbose_name=_("Guest"))
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=10, verbose_name=_("Language"))
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["guest", "purpose"],
                condition=Q(withdrawn_at__isnull=True),
                name="consent_in_force_once",
            )
        ]

    def __str__(self) -> str:
        return self.purpose


class SecureLink(models.Model):
    """A revocable link to one thing. The token in the address is this row's id with a keyed signature;
    see ``people.links``. ``subject`` is the primary key of what the link opens."""

    class Purpose(models.TextChoices):
        STAY = "stay", _("Stay page")
        CALENDAR = "calendar", _("Calendar feed")
        HOLD = "hold", _("Held time")
        CONFIRM = "confirm", _("Confirmation by e-mail")
        APPOINTMENT = "appointment", _("Appointment, for programs")
        DRIVER = "driver", _("Driver page")
        INTERPRETER = "interpreter", _("Interpreter page")
        CLINIC_CALENDAR = "clinic_calendar", _("Calendar feed of an institution")
        ROSTER_CALENDAR = "roster_calendar", _("Calendar feed of a person or room")
        INTERPRETER_CALENDAR = "interpreter_calendar", _("Calendar feed of an interpreter")
        WAITING = "waiting", _("Waiting list")
        SURVEY = "survey", _("Survey")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    subject = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("personal link")
        verbose_name_plural = _("personal links")
        indexes = [models.Index(fields=["purpose", "subject"], name="securelink_subject")]

    def __str__(self) -> str:
        return self.purpose


class OneTimeCode(models.Model):
    """A six-digit code sent to an address to prove that the guest reads it. Only its keyed hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=20)
    subject = models.CharField(max_length=64)
    address = models.CharField(max_length=254, verbose_name=_("Address"))
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("one-time code")
        verbose_name_plural = _("one-time codes")
        indexes = [
            models.Index(fields=["purpose", "subject"], name="onetimecode_subject"),
            models.Index(fields=["address", "created_at"], name="onetimecode_address"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class AuditEntry(models.Model):
    """Who did what to which thing, written in the transaction of the deed itself. Append-only."""

    at = models.DateTimeField(default=timezone.now, verbose_name=_("When"))
    actor = models.CharField(max_length=80, help_text=_("user:<id>, guest:<id>, crew:<id>, system"))
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = [models.Index(fields=["object_type", "object_id"], name="audit_object")]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type}"


class AccessEntry(models.Model):
    """That somebody read a guest's sensitive record; the guest can see it on the stay page."""

    at = models.DateTimeField(default=timezone.now, verbose_name=_("When"))
    actor = models.CharField(max_length=80, verbose_name=_("Who did it"))
    actor_name = models.CharField(max_length=200, help_text=_("Role or institution, as shown to the guest"))
    guest = models.ForeignKey(Guest, on_delete=models.CASCADE, related_name="accesses", verbose_name=_("Guest"))
    what = models.CharField(max_length=60)

    class Meta:
        verbose_name = _("access entry")
        verbose_name_plural = _("access log")
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.what
