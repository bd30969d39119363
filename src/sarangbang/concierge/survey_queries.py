"""Reads about surveys: who is to be asked, which questions fit a stay, what guests answered."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet

from sarangbang.people.models import Consent
from sarangbang.stays.models import Stay
from sarangbang.stays.queries import agreed

from . import lifecycle
from .models import Interpreting, Ride, ServiceStatus, Survey

QUESTIONS = ("reception", "car", "interpreter", "overall")
AFTER = dt.timedelta(hours=3)
"""How long after the last service a guest is asked: not in the car."""
UNTIL = dt.timedelta(days=7)
"""Later nobody remembers."""


def to_be_asked(now: dt.datetime) -> list[Stay]:
    """Stays whose last car or interpreter finished between a week and three hours ago, with nothing still to come, that
    were not asked and whose guest agreed to be written to."""
    rides = Ride.objects.filter(stay=OuterRef("pk"))
    talks = Interpreting.objects.filter(stay=OuterRef("pk"))
    done = {"status": ServiceStatus.FINISHED, "ends_at__gt": now - UNTIL, "ends_at__lte": now - AFTER}
    later = {"status__in": lifecycle.LIVE | {ServiceStatus.FINISHED}, "ends_at__gt": now - AFTER}
    stays = (
        Stay.objects.filter(Exists(rides.filter(**done)) | Exists(talks.filter(**done)))
        .exclude(Exists(rides.filter(**later)) | Exists(talks.filter(**later)))
        .filter(survey__isnull=True)
        .exclude(guest__email="")
        .select_related("guest")
        .order_by("pk")
    )
    return [stay for stay in stays if agreed(stay.guest, Consent.Purpose.BOOKING)]


def questions_for(stay: Stay) -> tuple[str, ...]:
    """The questions that this guest can answer: about what they had."""
    finished = {"stay": stay, "status": ServiceStatus.FINISHED}
    left_out = set()
    if not Ride.objects.filter(**finished).exists():
        left_out.add("car")
    if not Interpreting.objects.filter(**finished).exists():
        left_out.add("interpreter")
    return tuple(question for question in QUESTIONS if question not in left_out)


def survey_of(pk: str) -> Survey | None:
    """One survey with its stay and guest."""
    return Survey.objects.select_related("stay__guest").filter(pk=pk).first()


def answered(start: dt.datetime, end: dt.datetime) -> QuerySet[Survey]:
    """The surveys that were answered in this time."""
    return Survey.objects.filter(answered_at__gte=start, answered_at__lt=end)
