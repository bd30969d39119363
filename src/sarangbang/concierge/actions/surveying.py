"""After a stay the guest is asked four questions about the service, once; they answer once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from sarangbang.concierge import survey_queries
from sarangbang.concierge.models import Survey
from sarangbang.messages.actions import post
from sarangbang.people import links
from sarangbang.people.actions import audit
from sarangbang.people.models import SecureLink
from sarangbang.scheduling.reminding import when_to_send
from sarangbang.stays.models import Stay

OPEN_FOR = dt.timedelta(days=30)
"""How long a survey can be answered."""


class SurveyClosed(Exception):
    """It was answered before; the first answer stands."""


def ask_surveys(now: dt.datetime) -> int:
    """Ask the guests whose service is over and who were not asked; returns how many. Safe beside other workers."""
    return sum(_ask(stay, now) for stay in survey_queries.to_be_asked(now))


@transaction.atomic
def _ask(stay: Stay, now: dt.datetime) -> bool:
    guest = stay.guest
    try:
        with transaction.atomic():
            survey = Survey.objects.create(stay=stay, language=guest.language, asked_at=now)
    except IntegrityError:  # another worker was quicker
        return False
    link = links.issue(SecureLink.Purpose.SURVEY, survey.pk, expires_at=now + OPEN_FOR)
    post(
        "survey",
        address=guest.email,
        language=guest.language,
        zone=guest.zone,
        guest=guest,
        due_at=when_to_send(now, guest.zone),
        expires_at=now + OPEN_FOR,
        dedupe_key=f"survey:{stay.pk}",
        context={"survey_link": str(link.pk)},
    )
    return True


@transaction.atomic
def answer_survey(survey: Survey, ratings: Mapping[str, int | None], comment: str, language: str) -> Survey:
    """Keep the answer. ``ratings`` go by the names of the questions, 1 to 5 or None. Raises ``SurveyClosed``."""
    survey = Survey.objects.select_for_update().get(pk=survey.pk)
    if survey.answered_at is not None:
        raise SurveyClosed
    for question in survey_queries.QUESTIONS:
        setattr(survey, question, ratings.get(question))
    survey.comment, survey.language, survey.answered_at = comment, language, timezone.now()
    survey.save()
    audit(f"guest:{survey.stay.guest_id}", "answer_survey", survey)
    return survey
