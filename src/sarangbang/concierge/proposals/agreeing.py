"""Who must agree to a proposal before it is accepted, and what each of them has said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.utils import timezone

from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import Agreement, Proposal, ProposedChange
from sarangbang.messages.rendering import NoLongerNeeded
from sarangbang.stays.models import Stay

DESPITE_LENGTH = 300


class Who(NamedTuple):
    """Somebody who must agree: a ``Agreement.Party`` and the primary key of that guest, institution or interpreter."""

    party: str
    key: str


Question = tuple[Proposal, Who]


class NotAgreed(Exception):
    """A proposal was to be accepted, but ``missing`` have not agreed and no reason was given."""

    def __init__(self, missing: list[Who]) -> None:
        super().__init__("not_agreed")
        self.missing = missing


def must_agree(changes: Iterable[ProposedChange]) -> dict[Who, list[ProposedChange]]:
    """Who must agree, and to which changes, in their order."""
    found: dict[Who, list[ProposedChange]] = defaultdict(list)
    for change in changes:
        for party in change.asks:
            key = _key(change, party)
            if key:
                found[Who(party, key)].append(change)
    return dict(found)


def _key(change: ProposedChange, party: str) -> str:
    """Which guest, institution or interpreter; empty when the change has none."""
    job = change.ride or change.interpreting
    visit = change.appointment or (change.interpreting.appointment if change.interpreting else None)
    if party == Agreement.Party.GUEST:
        found: object = job.stay.guest_id if job is not None else visit.guest_id if visit is not None else None
    elif party == Agreement.Party.INSTITUTION:
        found = visit.institution_id if visit is not None else change.ride.institution_id if change.ride else None
    elif party == Agreement.Party.INTERPRETER and change.interpreting is not None:
        found = change.after.get("crew") or change.interpreting.interpreter_id
    else:
        found = None
    return str(found or "")


RELATED = (
    "ride__stay__guest", "interpreting__stay__guest", "interpreting__appointment", "appointment__guest",
    "appointment__institution",
)  # fmt: skip


def changes_to_agree(proposal: Proposal) -> dict[Who, list[ProposedChange]]:
    """``must_agree`` of a proposal. One query."""
    return must_agree(proposal.changes.exclude(asks=[]).select_related(*RELATED).order_by("ordinal"))


def stay_of(change: ProposedChange) -> Stay | None:
    """The stay that a change belongs to; None for an appointment without one."""
    job = change.ride or change.interpreting
    if job is not None:
        return job.stay
    return Stay.objects.filter(stay_appointments__appointment=change.appointment_id).select_related("guest").first()


def said(proposal: Proposal) -> dict[Who, Agreement]:
    """What each was asked or answered last. One query."""
    return {Who(each.party, each.key): each for each in proposal.agreements.order_by("pk")}


def still_asked(question: str, reveal: bool) -> str:
    """Read when a message is sent that asks ("proposal/party/key"). Raises ``NoLongerNeeded`` when the proposal is
    decided, or they have answered."""
    proposal, party, key = question.split("/")
    found = Proposal.objects.filter(pk=proposal, status=Proposal.Status.OPEN).first()
    answer = said(found).get(Who(party, key)) if found is not None else None
    if reveal and (found is None or (answer is not None and answer.answer != Agreement.Answer.ASKED)):
        raise NoLongerNeeded
    return question


def missing(asked: Iterable[Who], answers: Mapping[Who, Agreement]) -> list[Who]:
    """Who has not agreed: not asked, not answered, or declined."""
    agreed = {who for who, each in answers.items() if each.answer == Agreement.Answer.AGREED}
    return [who for who in asked if who not in agreed]


def check_agreed(proposal: Proposal, despite: str) -> list[Who]:
    """Who has not agreed. Raises ``NotAgreed`` if there is somebody, and no reason to go on despite it."""
    lacking = missing(changes_to_agree(proposal), said(proposal))
    if lacking and not despite.strip():
        raise NotAgreed(lacking)
    return lacking


def open_questions(party: str, keys: Iterable[object]) -> list[Question]:
    """The open proposals of today and later that these must agree to, by day. One query."""
    wanted = {Who(party, str(key)) for key in keys}
    today = timezone.now().astimezone(SEOUL).date()
    asking = ProposedChange.objects.filter(proposal__status=Proposal.Status.OPEN, proposal__day__gte=today)
    changes = asking.exclude(asks=[]).select_related("proposal", *RELATED)
    by_proposal: dict[Proposal, list[ProposedChange]] = defaultdict(list)
    for change in changes.order_by("proposal__day", "proposal__made_at", "ordinal"):
        by_proposal[change.proposal].append(change)
    return [(proposal, who) for proposal, mine in by_proposal.items() for who in must_agree(mine) if who in wanted]
