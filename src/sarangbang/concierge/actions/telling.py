"""Everyone concerned is told in their language: the guest by e-mail, drivers and interpreters by SMS with their link.

Messages say when and where to look, never why somebody comes and never at which institution.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from sarangbang.concierge.models import Driver, Interpreter, Job, JobOffer, Vehicle
from sarangbang.messages.actions import post
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.stays.actions import link_to
from sarangbang.stays.letters import Letter, tell

LINK_DAYS = dt.timedelta(days=60)
RENEW_BEFORE = dt.timedelta(days=7)

# What a message can be about; the templates have a sentence for each.
GRANTED, WAITING, ASSIGNED, MOVED = "granted", "waiting", "assigned", "moved"
UNASSIGNED, DECLINED, CANCELLED, ON_THE_WAY = "unassigned", "declined", "cancelled", "on_the_way"
WITHDRAWN, OFFERED = "withdrawn", "offered"


def tell_guest(job: Job, news: str) -> None:
    """Tell the guest what became of their car or interpreter."""
    context: dict[str, Any] = {"news": news, "starts_at": job.starts_at, "stay_link": link_to(job.stay)}
    if job.answer_by is not None:
        context["answer_by_at"] = job.answer_by
    if job.crew is not None:
        context["who"] = name_of(job.crew.person, job.stay.guest.language)
    if isinstance(job.crew, Vehicle):
        context["car"] = f"{job.crew.model} {job.crew.plate}"
    tell(job.stay, f"{job.service}_news", **context)


def tell_together(letters: Sequence[Letter]) -> None:
    """One letter for each guest, however much changed for them at once."""
    by_guest: dict[UUID, list[Letter]] = {}
    for letter in letters:
        by_guest.setdefault(letter.stay.guest_id, []).append(letter)
    for mine in by_guest.values():
        if len(mine) == 1:
            tell(mine[0].stay, mine[0].kind, **mine[0].context)
            continue
        items = [
            {"kind": one.kind, **{key: value for key, value in one.context.items() if key != "stay_link"}}
            for one in sorted(mine, key=lambda one: one.context["starts_at"])
        ]
        tell(mine[0].stay, "changes_news", items=items, stay_link=link_to(mine[0].stay))


def tell_crew_of_day(person: Driver | Interpreter, moment: dt.datetime) -> None:
    """Tell a driver or interpreter that several of their jobs of a day changed."""
    _send(person, "crew_changes", starts_at=moment.isoformat())


def name_of(person: Driver | Interpreter, language: str) -> str:
    """The name as the reader of that language can read it."""
    return person.name if language == "ko" else person.name_latin


def tell_crew(job: Job, person: Driver | Interpreter, news: str) -> None:
    """Tell a driver or interpreter about a job: assigned, moved or withdrawn."""
    _send(person, "crew_news", news=news, starts_at=job.starts_at.isoformat())


def tell_offer(made: JobOffer, news: str) -> None:
    """Tell an interpreter that a job is offered to them (not after it has run out), or no longer."""
    starts_at, answer_by = made.interpreting.starts_at.isoformat(), made.expires_at.isoformat()
    until = made.expires_at if news == OFFERED else None
    _send(made.interpreter, "job_offer", until=until, news=news, starts_at=starts_at, answer_by_at=answer_by)


def send_link(person: Driver | Interpreter, link: SecureLink, *, dedupe_key: str | None = None) -> None:
    """Send a new link to the number we know, to nowhere else."""
    _send(person, "crew_link", link=link, dedupe_key=dedupe_key)


def _send(
    person: Driver | Interpreter,
    kind: str,
    *,
    link: SecureLink | None = None,
    dedupe_key: str | None = None,
    until: dt.datetime | None = None,
    **context: str,
) -> None:
    email = getattr(person, "email", "")
    if not person.phone and not email:
        return
    link = link or crew_link(person)
    post(
        kind,
        address=person.phone or email,
        channel="sms" if person.phone else "email",
        language=person.language,
        dedupe_key=dedupe_key,
        expires_at=until,
        context={**context, "crew_link": str(link.pk)},
    )


def crew_link(person: Driver | Interpreter) -> SecureLink:
    """The person's open link, or a new one when there is none that lasts another week."""
    standing = SecureLink.objects.filter(
        purpose=person.purpose, subject=str(person.pk), revoked_at__isnull=True
    ).filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now() + RENEW_BEFORE))
    return standing.order_by("-created_at").first() or new_crew_link(person)


def new_crew_link(person: Driver | Interpreter) -> SecureLink:
    """A link for sixty days."""
    return links.issue(person.purpose, person.pk, expires_at=timezone.now() + LINK_DAYS)
