"""Proposals are made here: the day planned, or mended after news. Nothing moves before one is accepted.

The engine that looks for them is imported when it is first asked: its compiler takes most of a second, and a start of
the platform plans nothing. Web processes load it a moment after they have begun to answer (``rehearsing``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from sarangbang.concierge.days.daybook import Daybook, crew_key
from sarangbang.concierge.days.news import News, check_news
from sarangbang.concierge.models import Job, Proposal, ProposedChange, Ride
from sarangbang.people.actions import audit
from sarangbang.scheduling.models import Appointment


@dataclass(frozen=True, slots=True)
class Draft:
    """One change before it is kept: of a job or an appointment, only what differs."""

    thing: Job | Appointment
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    reason: str = ""
    asks: Sequence[str] = field(default=())


def propose_plan(day: dt.date, *, actor: str, whole: bool = False) -> Proposal:
    """Plan the Korean calendar day ``day``: what nobody has yet, or the whole day anew. Never touched are locked jobs,
    guests aboard, what begins within half an hour, and every promised time. Nothing is written but the proposal."""
    from sarangbang.concierge.days.planning import plan

    book = Daybook.of(day)
    found = plan(book, whole=whole)
    drafts = [
        Draft(job, {"crew": crew_key(job) or None}, {"crew": found.assigned[subject]})
        for subject, job in book.jobs.items()
        if subject in found.assigned and found.assigned[subject] != crew_key(job)
    ]
    left = [each.as_row() for each in found.left]
    return keep(Proposal(day=day, kind=Proposal.Kind.PLAN, cost=dict(found.cost), unmended=left), drafts, actor=actor)


def propose_mend(day: dt.date, news: Sequence[News], *, actor: str) -> Proposal:
    """Mend the day after ``news``: one proposal that moves rides, interpreters and clinic hours together.

    Raises ``NewsUnclear`` for news about nothing of that day. Nothing is written but the proposal.
    """
    from sarangbang.concierge.days.mending import mend

    for each in news:
        check_news(each)
    book = Daybook.of(day)
    found = mend(book, news)
    proposal = Proposal(
        day=day,
        kind=Proposal.Kind.MEND,
        news=[each.as_row() for each in news],
        cost=dict(found.cost),
        unmended=[each.as_row() for each in found.left],
    )
    drafts = [Draft(each.thing, each.before, each.after, each.reason, each.asks) for each in found.changes]
    return keep(proposal, drafts, actor=actor)


@transaction.atomic
def keep(proposal: Proposal, drafts: Iterable[Draft], *, actor: str) -> Proposal:
    """Save an open proposal with its changes."""
    proposal.made_by = actor
    proposal.save(force_insert=True)
    ProposedChange.objects.bulk_create(
        ProposedChange(
            proposal=proposal,
            ordinal=number,
            seen=draft.thing.sequence,
            before=dict(draft.before),
            after=dict(draft.after),
            reason=draft.reason,
            asks=list(draft.asks),
            **{_name(draft.thing): draft.thing},
        )
        for number, draft in enumerate(drafts, start=1)
    )
    audit(actor, f"propose_{proposal.kind}", proposal)
    return proposal


def _name(thing: Job | Appointment) -> str:
    if isinstance(thing, Appointment):
        return "appointment"
    return "ride" if isinstance(thing, Ride) else "interpreting"
