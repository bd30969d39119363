"""Everyone concerned is told in their language: the guest by e-mail, drivers and interpreters by SMS with their link.

Messages say when and where to look, never why somebody comes and never at which institution.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from sarangbang.concierge.models import Driver, Interpreter, Job, JobOffer, Vehicle
from sarangbang.messages.actions import draft, post, post_all
from sarangbang.messages.models import Message
from sarangbang.people import links
from sarangbang.people.models import Membership, SecureLink, User
from sarangbang.stays.actions import link_to
from sarangbang.stays.letters import Letter, tell, tell_all

Person = Driver | Interpreter
LINK_DAYS = dt.timedelta(days=60)
RENEW_BEFORE = dt.timedelta(days=7)

# What a message can be about; the templates have a sentence for each.
GRANTED, WAITING, ASSIGNED, MOVED = "granted", "waiting", "assigned", "moved"
UNASSIGNED, DECLINED, CANCELLED, ON_THE_WAY = "unassigned", "declined", "cancelled", "on_the_way"
WITHDRAWN, OFFERED = "withdrawn", "offered"


def tell_guest(job: Job, news: str, link: SecureLink | None = None) -> None:
    """Tell the guest what became of their car or interpreter. ``link`` is that to their stay, if it is known."""
    context: dict[str, Any] = {"news": news, "starts_at": job.starts_at, "stay_link": link or link_to(job.stay)}
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
    tell_all([_together(mine) for mine in by_guest.values()])


def _together(mine: Sequence[Letter]) -> Letter:
    if len(mine) == 1:
        return mine[0]
    items = [
        {"kind": one.kind, **{key: value for key, value in one.context.items() if key != "stay_link"}}
        for one in sorted(mine, key=lambda one: one.context["starts_at"])
    ]
    stay = mine[0].stay
    link = mine[0].context.get("stay_link") or link_to(stay)
    return Letter(stay, "changes_news", {"items": items, "stay_link": link})


def tell_crews(news: Mapping[str, Sequence[tuple[Person, Job, str]]]) -> None:
    """Tell drivers and interpreters, each once: of one job what became of it, of several that their day has changed."""
    people = {mine[0][0].pk: mine[0][0] for mine in news.values()}
    links = _crew_links(list(people.values()))
    messages = []
    for mine in news.values():
        person, _job, said = mine[0]
        starts_at = min(job.starts_at for _person, job, _said in mine).isoformat()
        if len(mine) == 1:
            messages.append(_message(person, "crew_news", links[person.pk], news=said, starts_at=starts_at))
        else:
            messages.append(_message(person, "crew_changes", links[person.pk], starts_at=starts_at))
    post_all([each for each in messages if each is not None])


def name_of(person: Person, language: str) -> str:
    """The name as the reader of that language can read it."""
    return person.name if language == "ko" else person.name_latin


def tell_crew(job: Job, person: Person, news: str) -> None:
    """Tell a driver or interpreter about a job: assigned, moved or withdrawn."""
    _send(person, "crew_news", news=news, starts_at=job.starts_at.isoformat())


def tell_offer(made: JobOffer, news: str) -> None:
    """Tell an interpreter that a job is offered to them (not after it has run out), or no longer."""
    starts_at, answer_by = made.interpreting.starts_at.isoformat(), made.expires_at.isoformat()
    until = made.expires_at if news == OFFERED else None
    _send(made.interpreter, "job_offer", until=until, news=news, starts_at=starts_at, answer_by_at=answer_by)


def tell_question(person: Person, day: dt.date, question: str) -> bool:
    """Ask a driver or interpreter whether they agree to a change of that day; False when we know no way to."""
    if _reached(person) is None:
        return False
    _send(person, "crew_question", day_on=day.isoformat(), asked_question=question)
    return True


def tell_house(institution: str, day: dt.date, question: str) -> bool:
    """Ask everybody who has an account for an institution whether it agrees to a change of that day; False when there
    is nobody."""
    working = {"role": Membership.Role.CLINIC, "institution": institution}
    people = User.objects.filter(pk__in=Membership.objects.filter(**working).values("user"), is_active=True)
    context = {"day_on": day.isoformat(), "answer_page": "concierge:clinic_agree", "asked_question": question}
    asked = [
        draft("house_question", address=one.email, language=one.language, context=context)
        for one in people.order_by("pk")
    ]
    post_all(asked)
    return bool(asked)


def send_link(person: Person, link: SecureLink, *, dedupe_key: str | None = None) -> None:
    """Send a new link to the number we know, to nowhere else."""
    _send(person, "crew_link", link=link, dedupe_key=dedupe_key)


def _send(
    person: Person,
    kind: str,
    *,
    link: SecureLink | None = None,
    dedupe_key: str | None = None,
    until: dt.datetime | None = None,
    **context: str,
) -> None:
    reached = _reached(person)
    if reached is not None:
        context["crew_link"] = str((link or crew_link(person)).pk)
        post(kind, **reached, dedupe_key=dedupe_key, expires_at=until, context=context)


def _message(person: Person, kind: str, link: SecureLink, **context: str) -> Message | None:
    reached = _reached(person)
    return None if reached is None else draft(kind, **reached, context={**context, "crew_link": str(link.pk)})


def _reached(person: Person) -> dict[str, Any] | None:
    """How a driver or interpreter is reached; None when we know no way."""
    email = getattr(person, "email", "")
    if not person.phone and not email:
        return None
    channel = "sms" if person.phone else "email"
    return {"address": person.phone or email, "channel": channel, "language": person.language}


def _crew_links(people: Sequence[Person]) -> dict[UUID, SecureLink]:
    """``crew_link`` for many, in a constant number of statements."""
    found: dict[UUID, SecureLink] = {}
    for purpose in sorted({person.purpose for person in people}):
        keys = {str(person.pk): person.pk for person in people if person.purpose == purpose}
        known = _standing_links().filter(purpose=purpose, subject__in=keys).order_by("created_at")
        found |= {keys[link.subject]: link for link in known}
        missing = [key for key in keys.values() if key not in found]
        new = links.issue_each(purpose, missing, expires_at=timezone.now() + LINK_DAYS)
        found |= {keys[link.subject]: link for link in new}
    return found


def _standing_links() -> QuerySet[SecureLink]:
    """Open links that last another week."""
    good = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now() + RENEW_BEFORE)
    return SecureLink.objects.filter(good, revoked_at__isnull=True)


def crew_link(person: Person) -> SecureLink:
    """The person's open link, or a new one when there is none that lasts another week."""
    standing = _standing_links().filter(purpose=person.purpose, subject=str(person.pk))
    return standing.order_by("-created_at").first() or new_crew_link(person)


def new_crew_link(person: Person) -> SecureLink:
    """A link for sixty days."""
    return links.issue(person.purpose, person.pk, expires_at=timezone.now() + LINK_DAYS)
