"""What a schema cannot say: fields that must fit each other and the calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from sarangbang.stays.rules import NEEDED_CONSENTS, misfits

from . import schemas
from .problems import invalid, wrong

FIELDS = {"birth_year": "guest.birth_year"}
"""Where a detail stands in our bodies, if not at the top."""


def in_order(start: dt.datetime, end: dt.datetime) -> None:
    """Raise 422 when a window ends before it begins."""
    if end < start:
        raise invalid([wrong("end", _("This lies before the beginning."), "order")])


def details(given: schemas.ConfirmIn, visit_on: dt.date) -> None:
    """Raise 422 with every field of a confirmation that the pages would refuse, too. ``visit_on``: Korean day."""
    errors = []
    if set(NEEDED_CONSENTS) - set(given.consents):
        errors.append(wrong("consents", _("Without this consent we cannot book for you."), "missing"))
    told = misfits(
        birth_year=given.guest.birth_year,
        arrives_on=given.arrives_on,
        leaves_on=given.leaves_on,
        visit_on=visit_on,
        today=timezone.localdate(),
    )
    errors += [wrong(FIELDS.get(each.field, each.field), each.reason, each.code) for each in told]
    if errors:
        raise invalid(errors)


def whole_pathway(steps: Sequence[int], known: Mapping[int, Any]) -> None:
    """Raise 422 unless the visits are all those of the treatment, in order."""
    if list(steps) != sorted(known):
        said = _("The visits of this treatment would not keep their order or the days between them.")
        raise invalid([wrong("visits", said, "out_of_order")])
