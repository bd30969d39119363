"""What institutions reported, and what they complete of the yearly report of foreign patients.

Yearly report: Act on Support for Overseas Expansion of Healthcare System and Attraction of International Patients,
art. 11, and its rule. Years are Korean calendar years.
"""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Department, Institution, Sex
from sarangbang.people.models import Guest
from sarangbang.policy.append_only import AppendOnly
from sarangbang.stays.models import Stay

DAYS_OF_A_YEAR = 366
DISEASE_CODE = r"^[A-Z][0-9]{2}([0-9]{1,3})?$"
"""A code of the Korean classification of diseases (KCD, after ICD-10), without its point."""

YEAR = [MinValueValidator(2000), MaxValueValidator(2200)]


class InstitutionReport(AppendOnly):
    """How many foreign patients an institution reported for a year, each of them once. A correction is a further
    revision with its reason; the last one is in force."""

    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, related_name="yearly_reports", verbose_name=_("Institution")
    )
    year = models.PositiveSmallIntegerField(validators=YEAR, verbose_name=_("Year"))
    patients = models.PositiveIntegerField(verbose_name=_("Foreign patients"))
    revision = models.PositiveSmallIntegerField(default=1, verbose_name=_("Revision"))
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by",
        verbose_name=_("Replaces"),
    )  # fmt: skip
    source = models.CharField(max_length=300, verbose_name=_("Source"))
    reason = models.CharField(max_length=300, blank=True, verbose_name=_("Reason"))
    recorded_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))
    recorded_by = models.CharField(max_length=80, verbose_name=_("Who did it"))

    class Meta:
        verbose_name = _("report of an institution")
        verbose_name_plural = _("reports of institutions")
        ordering = ["institution", "year", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "year", "revision"], name="institution_report_once"),
            models.CheckConstraint(
                condition=Q(revision=1, supersedes__isnull=True)
                | (Q(revision__gt=1, supersedes__isnull=False) & ~Q(reason="")),
                name="institution_report_follows_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id}/{self.year}@{self.revision}"


class ReportedCount(AppendOnly):
    """A line of such a report: the patients of one nationality (ISO 3166-1 alpha-2) or of one department (slug)."""

    class Group(models.TextChoices):
        NATIONALITY = "nationality", _("Nationality")
        DEPARTMENT = "department", _("Department")

    report = models.ForeignKey(
        InstitutionReport, on_delete=models.PROTECT, related_name="counts", verbose_name=_("report of an institution")
    )
    group = models.CharField(max_length=12, choices=Group.choices, verbose_name=_("Counted by"))
    category = models.CharField(max_length=60, verbose_name=_("Group"))
    patients = models.PositiveIntegerField(verbose_name=_("Foreign patients"))

    class Meta:
        verbose_name = _("line of a report")
        verbose_name_plural = _("lines of reports")
        constraints = [models.UniqueConstraint(fields=["report", "group", "category"], name="reported_count_once")]

    def __str__(self) -> str:
        return f"{self.group} {self.category}"


class Part(models.TextChoices):
    """The two tables of an institution's report: care on the spot, and care before and after it from afar."""

    ON_SITE = "on_site", _("At the institution")
    REMOTE = "remote", _("Remote care before and after")


class LeftOut(models.TextChoices):
    """Why somebody is no foreign patient in the meaning of the law (rule, art. 2)."""

    INSURED = "insured", _("Insured in Korea's national health insurance")
    RESIDENT = "resident", _("Registered as a resident foreigner (other than G-1)")
    OVERSEAS_KOREAN = "overseas_korean", _("Overseas Korean with a report of residence")
    KOREAN = "korean", _("Korean national")


class RemoteContent(models.TextChoices):
    """What remote care was for."""

    BEFORE = "before", _("Care before the treatment in Korea")
    AFTER = "after", _("Care after the treatment in Korea")
    BOTH = "both", _("Care before and after")


class ReportDetail(models.Model):
    """What an institution completes of one row of its yearly report, because the platform does not know it: one row is
    one guest in one department in one year. Codes and numbers only, no text. Empty is "not said"."""

    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, related_name="report_details", verbose_name=_("Institution")
    )
    year = models.PositiveSmallIntegerField(validators=YEAR, verbose_name=_("Year"))
    guest = models.ForeignKey(Guest, on_delete=models.CASCADE, related_name="+", verbose_name=_("Guest"))
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name=_("Department"))
    part = models.CharField(max_length=10, choices=Part.choices, verbose_name=_("Kind"))
    main_disease = models.CharField(
        max_length=6, blank=True, validators=[RegexValidator(DISEASE_CODE)], verbose_name=_("Main disease or injury")
    )
    inpatient_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(DAYS_OF_A_YEAR)], verbose_name=_("Days as an inpatient")
    )
    outpatient_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(DAYS_OF_A_YEAR)],
        verbose_name=_("Days of outpatient visits"),
    )
    sex = models.CharField(max_length=10, choices=Sex.choices, blank=True, verbose_name=_("Sex"))
    content = models.CharField(
        max_length=10, choices=RemoteContent.choices, blank=True, verbose_name=_("Content of remote care")
    )
    left_out = models.CharField(
        max_length=20, choices=LeftOut.choices, blank=True, verbose_name=_("Why it is left out")
    )
    completed_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))
    completed_by = models.CharField(max_length=80, verbose_name=_("Who did it"))

    class Meta:
        verbose_name = _("completed row of a yearly report")
        verbose_name_plural = _("completed rows of yearly reports")
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "year", "guest", "department", "part"], name="report_detail_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.institution_id}/{self.year}"


class StayDetail(models.Model):
    """What is completed of one row of the facilitators' form: one stay at one institution in one department."""

    stay = models.ForeignKey(Stay, on_delete=models.CASCADE, related_name="+", verbose_name=_("stay"))
    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, related_name="+", verbose_name=_("Institution")
    )
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", verbose_name=_("Department"))
    inpatient_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(DAYS_OF_A_YEAR)], verbose_name=_("Days as an inpatient")
    )
    entered_on = models.DateField(null=True, blank=True, verbose_name=_("Entry into Korea"))
    left_on = models.DateField(null=True, blank=True, verbose_name=_("Departure from Korea"))
    sex = models.CharField(max_length=10, choices=Sex.choices, blank=True, verbose_name=_("Sex"))
    completed_at = models.DateTimeField(default=timezone.now, verbose_name=_("Made at"))
    completed_by = models.CharField(max_length=80, verbose_name=_("Who did it"))

    class Meta:
        verbose_name = _("completed row of a facilitators' form")
        verbose_name_plural = _("completed rows of facilitators' forms")
        constraints = [models.UniqueConstraint(fields=["stay", "institution", "department"], name="stay_detail_once")]

    def __str__(self) -> str:
        return f"{self.stay_id}"


class ReportHandIn(AppendOnly):
    """That an institution handed its yearly report in: how many rows, and the hash of all that they say. While the rows
    are still those, the district may read them with the diseases."""

    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, related_name="report_hand_ins", verbose_name=_("Institution")
    )
    year = models.PositiveSmallIntegerField(validators=YEAR, verbose_name=_("Year"))
    rows = models.PositiveIntegerField(verbose_name=_("Rows"))
    content_hash = models.CharField(max_length=64, verbose_name=_("Hash of the rows"))
    handed_at = models.DateTimeField(default=timezone.now, verbose_name=_("When"))
    handed_by = models.CharField(max_length=80, verbose_name=_("Who did it"))

    class Meta:
        verbose_name = _("handed-in yearly report")
        verbose_name_plural = _("handed-in yearly reports")
        ordering = ["handed_at", "pk"]
        indexes = [models.Index(fields=["institution", "year"], name="report_hand_in")]

    def __str__(self) -> str:
        return f"{self.institution_id}/{self.year}"
