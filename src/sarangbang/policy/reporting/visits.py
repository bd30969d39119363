"""What stands behind one row of a yearly report."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from sarangbang.directory.models import Institution
from sarangbang.policy.operations.measures import treated_in
from sarangbang.policy.operations.windows import MONTHS, Window
from sarangbang.scheduling.models import Appointment

from .models import Part, ReportDetail
from .rows import ReportRow


def visits_of(institution: Institution, year: int, row: ReportRow) -> QuerySet[Appointment]:
    """The appointments that a row counts."""
    mode = {"mode": Appointment.Mode.ON_SITE}
    found = treated_in(Window(year, 1, MONTHS, timezone.now())).filter(
        institution=institution, guest=row.guest, offering__department=row.department_id
    )
    found = found.filter(**mode) if row.part == Part.ON_SITE else found.exclude(**mode)
    return found.select_related("reservation", "offering__procedure", "guest").order_by("reservation__starts_at", "pk")


def detail_of(institution: Institution, year: int, row: ReportRow) -> ReportDetail | None:
    """What was completed of a row."""
    return ReportDetail.objects.filter(
        institution=institution, year=year, guest=row.guest, department=row.department_id, part=row.part
    ).first()
