"""Institutions, their registrations, departments, procedures, practitioners, partners and places."""

from __future__ import annotations

import datetime as dt
import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .travel import Point


class Place(models.Model):
    """Somewhere a guest can be fetched from, brought to or treated at (FHIR Location).

    Coordinates are WGS 84 degrees. ``zone`` is the IANA time zone in which the place keeps its hours.
    """

    class Kind(models.TextChoices):
        AIRPORT = "airport", _("Airport")
        STATION = "station", _("Station")
        HOTEL = "hotel", _("Hotel")
        MEDICAL = "medical", _("Hospital or clinic")
        CENTER = "center", _("Medical Tour Center")
        OFFICE = "office", _("Office")

    code = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, db_index=True, verbose_name=_("Kind"))
    name = models.CharField(max_length=200, help_text=_("As written, usually in Korean"), verbose_name=_("Name"))
    name_latin = models.CharField(max_length=200, verbose_name=_("Name in Latin letters"))
    address = models.CharField(max_length=300, blank=True, verbose_name=_("Address"))
    address_latin = models.CharField(max_length=300, blank=True)
    latitude = models.FloatField(validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude = models.FloatField(validators=[MinValueValidator(-180), MaxValueValidator(180)])
    zone = models.CharField(max_length=64, default="Asia/Seoul", verbose_name=_("Time zone"))
    phone = models.CharField(max_length=40, blank=True, verbose_name=_("Telephone"))

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["name_latin"]

    def __str__(self) -> str:
        return self.name_latin

    @property
    def point(self) -> Point:
        return Point(self.latitude, self.longitude)


class Department(models.Model):
    """A clinical department. ``code`` is the national 진료과목코드 where it is known."""

    slug = models.SlugField(max_length=60, unique=True)
    code = models.CharField(max_length=4, blank=True)
    name = models.CharField(max_length=120, verbose_name=_("Name"))

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class Procedure(models.Model):
    """What a guest looks for: a treatment or examination, in ten languages.

    Days are calendar days; they are planning values, never medical advice. ``summary_sources`` keeps, per
    language, the hash of the English text that was translated, so that a stale translation shows.
    """

    slug = models.SlugField(max_length=80, unique=True)
    departments = models.ManyToManyField(Department, related_name="procedures")
    main_department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200, verbose_name=_("Name"))
    summary = models.TextField(blank=True)
    summary_sources = models.JSONField(default=dict, blank=True)
    visit_minutes = models.PositiveSmallIntegerField(default=30)
    days_in_korea_low = models.PositiveSmallIntegerField(default=1)
    days_in_korea_high = models.PositiveSmallIntegerField(default=1)
    rest_before_flying_days = models.PositiveSmallIntegerField(default=0)
    planning_source = models.CharField(max_length=300, blank=True)
    reviewed_on = models.DateField(null=True, blank=True, help_text=_("Date of the medical review, if any"))

    class Meta:
        verbose_name = _("procedure")
        verbose_name_plural = _("procedures")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(days_in_korea_low__lte=F("days_in_korea_high")), name="procedure_days_in_order"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ProcedureTerm(models.Model):
    """Another word that guests use for a procedure."""

    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="terms")
    language = models.CharField(max_length=10, verbose_name=_("Language"))
    text = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("word for a procedure")
        verbose_name_plural = _("words for procedures")
        constraints = [models.UniqueConstraint(fields=["procedure", "language", "text"], name="procedure_term_once")]

    def __str__(self) -> str:
        return self.text


class PriceFact(models.Model):
    """What foreign patients paid, as published: amounts in whole won, with year and source."""

    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="price_facts")
    year = models.PositiveSmallIntegerField(verbose_name=_("Year"))
    amount_low = models.PositiveBigIntegerField()
    amount_high = models.PositiveBigIntegerField()
    basis = models.CharField(max_length=200)
    source = models.CharField(max_length=400, verbose_name=_("Source"))
    status = models.CharField(max_length=60, verbose_name=_("Status"))

    class Meta:
        verbose_name = _("published price")
        verbose_name_plural = _("published prices")
        ordering = ["-year"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_low__lte=F("amount_high")), name="price_fact_in_order")
        ]

    def __str__(self) -> str:
        return f"{self.procedure_id} {self.year}"

    @property
    def is_verified(self) -> bool:
        """Whether somebody read it in the named source; otherwise it is shown apart, as unofficial."""
        return self.status.startswith("verified")


class InstitutionQuerySet(models.QuerySet["Institution"]):
    def receiving(self, on: dt.date) -> InstitutionQuerySet:
        """Institutions that may receive foreign patients on that day (Korean calendar day).

        Both must be in force: the registration to attract foreign patients (Act on Support for Overseas
        Expansion of Healthcare System and Attraction of International Patients, art. 6) and the liability
        insurance that it asks for.
        """
        valid = Registration.objects.in_force(on).filter(institution=models.OuterRef("pk"))
        return self.filter(is_open=True).filter(models.Exists(valid))


class Institution(models.Model):
    """A hospital or clinic (의료기관). ``hira_key`` is the list's own opaque key (암호화요양기호)."""

    class Kind(models.TextChoices):
        CLINIC = "clinic", _("Clinic")
        HOSPITAL = "hospital", _("Hospital")
        GENERAL = "general", _("General hospital")
        TERTIARY = "tertiary", _("Tertiary hospital")
        DENTAL = "dental", _("Dental clinic or hospital")
        KOREAN_MEDICINE = "korean_medicine", _("Korean medicine clinic or hospital")
        OTHER = "other", _("Other medical institution")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    hira_key = models.CharField(max_length=100, unique=True, null=True, blank=True)
    kind = models.CharField(max_length=20, choices=Kind.choices, verbose_name=_("Kind"))
    name = models.CharField(max_length=200, help_text=_("As registered, in Korean"), verbose_name=_("Name"))
    name_latin = models.CharField(max_length=200, verbose_name=_("Name in Latin letters"))
    place = models.OneToOneField(Place, on_delete=models.PROTECT, related_name="institution", verbose_name=_("Place"))
    departments = models.ManyToManyField(Department, related_name="institutions", blank=True)
    phone = models.CharField(max_length=40, blank=True, verbose_name=_("Telephone"))
    website = models.URLField(max_length=300, blank=True)
    is_open = models.BooleanField(default=True)

    objects = InstitutionQuerySet.as_manager()

    class Meta:
        verbose_name = _("institution")
        verbose_name_plural = _("institutions")
        ordering = ["name_latin"]

    def __str__(self) -> str:
        return self.name_latin


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def in_force(self, on: dt.date) -> RegistrationQuerySet:
        """Registrations that are valid, insured and not revoked on that day (Korean calendar day)."""
        return self.filter(valid_from__lte=on, valid_until__gte=on, insured_until__gte=on, revoked_on__isnull=True)


class Registration(models.Model):
    """An institution's registration to attract foreign patients (외국인환자 유치의료기관), valid three years.

    Dates are Korean calendar days, both ends included. Renewals are further rows; nothing is overwritten.
    """

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="registrations")
    number = models.CharField(max_length=40, db_index=True)
    valid_from = models.DateField(verbose_name=_("Valid from"))
    valid_until = models.DateField(verbose_name=_("Valid until"))
    insurer = models.CharField(max_length=120, blank=True)
    insured_amount = models.PositiveBigIntegerField(default=0, help_text=_("Whole won a year"))
    insured_until = models.DateField()
    revoked_on = models.DateField(null=True, blank=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["-valid_from"]
        constraints = [
            models.CheckConstraint(condition=Q(valid_from__lte=F("valid_until")), name="registration_in_order"),
            models.UniqueConstraint(fields=["number", "valid_from"], name="registration_once"),
        ]

    def __str__(self) -> str:
        return self.number


class Partner(models.Model):
    """A hospital, clinic, hotel or tour firm that works with the district (협력 의료기관 and others)."""

    class Kind(models.TextChoices):
        MEDICAL = "medical", _("Hospital or clinic")
        HOTEL = "hotel", _("Hotel")
        TOUR = "tour", _("Tour firm")

    kind = models.CharField(max_length=10, choices=Kind.choices, db_index=True, verbose_name=_("Kind"))
    name = models.CharField(max_length=200, verbose_name=_("Name"))
    name_latin = models.CharField(max_length=200, verbose_name=_("Name in Latin letters"))
    institution = models.OneToOneField(
        Institution, on_delete=models.CASCADE, null=True, blank=True, related_name="partner"
    )
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="partners", verbose_name=_("Place"))
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["name_latin"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="medical", institution__isnull=False)
                | (~Q(kind="medical") & Q(institution__isnull=True)),
                name="partner_medical_is_an_institution",
            )
        ]

    def __str__(self) -> str:
        return self.name_latin


class Sex(models.TextChoices):
    """FHIR administrative-gender; the yearly report needs female or male."""

    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")
    UNKNOWN = "unknown", _("Prefer not to say")


class Practitioner(models.Model):
    """A doctor, dentist or doctor of Korean medicine. ``languages`` are codes of the ten."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=40, unique=True, help_text=_("Licence number"))
    name = models.CharField(max_length=120, verbose_name=_("Name"))
    name_latin = models.CharField(max_length=120, verbose_name=_("Name in Latin letters"))
    sex = models.CharField(max_length=10, choices=Sex.choices, default=Sex.UNKNOWN)

    class Meta:
        verbose_name = _("practitioner")
        verbose_name_plural = _("practitioners")
        ordering = ["name_latin"]

    def __str__(self) -> str:
        return self.name_latin


class PractitionerLanguage(models.Model):
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="languages")
    language = models.CharField(max_length=10, verbose_name=_("Language"))

    class Meta:
        verbose_name = _("language of a practitioner")
        verbose_name_plural = _("languages of practitioners")
        constraints = [models.UniqueConstraint(fields=["practitioner", "language"], name="practitioner_language_once")]

    def __str__(self) -> str:
        return self.language


class PractitionerRole(models.Model):
    """That a practitioner works at an institution in a department (FHIR PractitionerRole)."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="roles")
    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="roles")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="roles")
    is_active = models.BooleanField(default=True, verbose_name=_("Active"))

    class Meta:
        verbose_name = _("role of a practitioner")
        verbose_name_plural = _("roles of practitioners")
        constraints = [
            models.UniqueConstraint(fields=["practitioner", "institution", "department"], name="practitioner_role_once")
        ]

    def __str__(self) -> str:
        return f"{self.practitioner_id}@{self.institution_id}"


class Offering(models.Model):
    """That an institution offers a procedure (FHIR HealthcareService), how long the first visit takes and
    what it usually costs there. Prices are whole won, stated by the institution on ``quoted_on``."""

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="offerings")
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="offerings")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name=_("Department"))
    visit_minutes = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    price_low = models.PositiveBigIntegerField(null=True, blank=True)
    price_high = models.PositiveBigIntegerField(null=True, blank=True)
    quoted_on = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True, verbose_name=_("Active"))

    class Meta:
        verbose_name = _("offering")
        verbose_name_plural = _("offerings")
        constraints = [
            models.UniqueConstraint(fields=["institution", "procedure"], name="offering_once"),
            models.CheckConstraint(
                condition=Q(price_low__isnull=True) | Q(price_high__isnull=True) | Q(price_low__lte=F("price_high")),
                name="offering_price_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id}:{self.procedure_id}"
