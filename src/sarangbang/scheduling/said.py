"""What the rows of booking rules say about an offering beyond the times: the narrowest row that says anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from sarangbang.directory.models import Offering

from .models import BookingRule


def rows_for(offering: Offering) -> list[BookingRule]:
    """The rules that hold for an offering, the narrowest first: its own, its institution's, the house's."""
    house = Q(institution__isnull=True, offering__isnull=True)
    rows = BookingRule.objects.filter(Q(offering=offering) | Q(institution=offering.institution_id) | house)
    return sorted(rows, key=lambda row: (row.offering_id is None, row.institution_id is None))


def said(rows: Sequence[BookingRule], field: str) -> Any:
    """The value of a field in the first of these rows that has one; None when none has."""
    return next((getattr(row, field) for row in rows if getattr(row, field) is not None), None)


def allows_remote(offering: Offering) -> bool:
    """Whether visits may take place by video or telephone."""
    return bool(said(rows_for(offering), "remote"))
