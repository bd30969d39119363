"""What crews report and who is being asked, as sentences for the desk."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.concierge.models import JobOffer
from sarangbang.ui import locales

from . import queries as crew_queries


def told(start: dt.datetime, end: dt.datetime) -> dict[UUID, list[str]]:
    """What crews report of the jobs of a window that a coordinator must decide: the guest did not come, something
    went wrong. Three queries."""
    found: dict[UUID, list[str]] = defaultdict(list)
    for pk, since in crew_queries.reported(start, end).items():
        time = {"time": locales.clock(since)}
        found[pk].append(_("The crew reports at %(time)s that the guest has not come. What shall they do?") % time)
    for pk, text in crew_queries.incidents(start, end).items():
        found[pk].append(_("Incident: %(text)s") % {"text": text})
    return found


def offered(interpretings: Iterable[UUID]) -> dict[UUID, str]:
    """Of these unassigned jobs: who is being asked until when, or that nobody who was asked has taken it. One query."""
    return {pk: _offer(last) for pk, last in crew_queries.last_offers(interpretings).items()}


def _offer(last: crew_queries.LastOffer) -> str:
    if last.answer != JobOffer.Answer.OPEN:
        return _("Everybody who was asked has declined or not answered.")
    who = last.name if get_language() == "ko" else last.latin
    return _("Offered to %(who)s until %(time)s") % {"who": who, "time": locales.clock(last.expires_at)}
