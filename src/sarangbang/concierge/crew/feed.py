"""An interpreter's jobs as a calendar: time and place, neither medicine nor a name. Their page has the rest."""

from __future__ import annotations

import datetime as dt

from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sarangbang.concierge import lifecycle
from sarangbang.concierge.models import Interpreter, Interpreting, ServiceStep
from sarangbang.scheduling.ical import Event, Feed, Status, write
from sarangbang.ui import locales

BACK = dt.timedelta(days=30)
UID_DOMAIN = "interpreting.sarangbang"


def feed_of(person: Interpreter) -> Feed:
    """What this interpreter has to do, and what was theirs and no longer is (as cancelled). Three queries."""
    mine = Q(interpreter=person) | Q(steps__interpreter=person)
    jobs = (
        Interpreting.objects.filter(mine, starts_at__gte=timezone.now() - BACK)
        .select_related("place")
        .prefetch_related(Prefetch("steps", queryset=ServiceStep.objects.order_by("pk")))
        .distinct()
    )
    return write((_event(job, person) for job in jobs), _("Your next jobs"))


def _event(job: Interpreting, person: Interpreter) -> Event:
    code = get_language() or "en"
    is_mine = job.interpreter_id == person.pk and job.status not in lifecycle.OFF
    place = job.place
    return Event(
        uid=f"interpreting-{job.pk}@{UID_DOMAIN}",
        starts_at=job.starts_at,
        ends_at=job.ends_at,
        summary=f"{_('Interpreting')} · {locales.language_name(job.language, code)}",
        changed_at=max([step.at for step in job.steps.all()] or [job.created_at]),
        sequence=job.sequence,
        status=Status.CONFIRMED if is_mine else Status.CANCELLED,
        zone=place.zone,
        location=(place.address if code == "ko" else place.address_latin) or place.address,
        position=(place.latitude, place.longitude),
    )
