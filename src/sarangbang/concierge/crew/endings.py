"""Interpreters are appointed for a term and certified until a day; beyond either nobody gives them a job (``fitting``).
That a day comes near is said in time, to them and to the desk."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.concierge.entitlement import rules_on
from sarangbang.concierge.models import Interpreter
from sarangbang.ui import locales

from .queries import ending_soon


def _notice(today: dt.date) -> dt.date:
    return today + rules_on(today).span("crew_expiry_notice")


def endings(person: Interpreter, today: dt.date) -> list[str]:
    """What ends within the notice of the rules, or has ended, in words. ``today`` is the Korean calendar day."""
    code, last = get_language() or "en", _notice(today)
    said = []
    if person.appointed_until <= last:
        day = {"day": locales.date_year(person.appointed_until, code)}
        said.append(_("The appointment as interpreter ends on %(day)s; no job is given for a later day.") % day)
    if person.certified_until is not None and person.certified_until <= last:
        day = {"day": locales.date_year(person.certified_until, code)}
        over = person.certified_until < today
        words = (
            _("The certificate ended on %(day)s; no job is given until a new one is entered.")
            if over
            else _("The certificate ends on %(day)s; no job is given for a later day.")
        )
        said.append(words % day)
    return said


def all_endings(today: dt.date) -> list[tuple[Interpreter, list[str]]]:
    """Every interpreter of whom something ends soon, with what is to be said. One query."""
    return [(person, endings(person, today)) for person in ending_soon(today, _notice(today))]
