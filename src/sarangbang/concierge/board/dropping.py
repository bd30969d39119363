"""A job that is dragged, by key or by hand: what it is, where it shall go, and in a sentence whether it fits there."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from sarangbang.concierge import actions, wording
from sarangbang.concierge.desk.job_page import crew_for, crew_name
from sarangbang.concierge.models import Crew, Job
from sarangbang.ui import locales

from . import queries as board_queries
from .forms import DropForm


class Gone(Exception):
    """The job, car or person does not exist, or the form makes no sense."""


def dropped(form: DropForm) -> tuple[Job, Crew | None, dt.datetime | None]:
    """The job, where it is dropped (None: on nobody) and when it shall begin (None: as now). Raises ``Gone``."""
    if not form.is_valid():
        raise Gone
    job = board_queries.job_named(form.cleaned_data["job"])
    if job is None:
        raise Gone
    key = form.cleaned_data["crew"]
    crew = crew_for(job, key) if key else None
    if key and crew is None:
        raise Gone
    return job, crew, form.begins(job)


def answer(job: Job, crew: Crew | None, starts_at: dt.datetime | None) -> tuple[bool, str]:
    """Whether it fits, and a sentence for eye and ear: who, when, and why or why not. Reads only."""
    fit = actions.check_move(job, crew, starts_at)
    words = {
        "crew": crew_name(crew) if crew is not None else _("Not assigned yet"),
        "time": locales.clock(starts_at or job.starts_at),
    }
    if not fit.fits:
        words["why"] = "; ".join(dict.fromkeys(wording.speaks_against(reason) for reason in fit.against))
        return False, _("%(crew)s, %(time)s: does not fit: %(why)s.") % words
    words["why"] = "; ".join(wording.speaks_for(reason) for reason in fit.reasons)
    if not words["why"]:
        return True, _("%(crew)s, %(time)s: fits.") % words
    return True, _("%(crew)s, %(time)s: fits: %(why)s.") % words
