"""Those who must agree to a proposal are asked, and what they answer is written down, never changed."""

from __future__ import annotations

from django.db import transaction

from sarangbang.concierge.models import Agreement, Interpreter, Proposal, ProposedChange
from sarangbang.concierge.proposals.agreeing import Who, changes_to_agree, said, stay_of
from sarangbang.people.actions import audit
from sarangbang.stays.actions import link_to
from sarangbang.stays.letters import tell

from .accepting import Decided, locked_proposal
from .telling import tell_house, tell_question


class NotAsked(Exception):
    """This guest, institution or interpreter need not agree to anything of the proposal."""


@transaction.atomic
def answer_proposal(proposal: Proposal, who: Who, answer: str, *, actor: str, way: str) -> Agreement:
    """Write down that ``who`` agrees, or does not (``Agreement.Answer``), and in which way it came. The last answer
    counts; the same one again changes nothing.

    Raises ``Decided`` when the proposal is not open any more, ``NotAsked`` for somebody who need not agree.
    """
    found = _open(proposal)
    if who not in changes_to_agree(found):
        raise NotAsked
    last = said(found).get(who)
    if last is not None and last.answer == answer:
        return last
    made = Agreement.objects.create(proposal=found, party=who.party, key=who.key, answer=answer, way=way, actor=actor)
    audit(actor, f"proposal_{answer}", found, party=who.party, way=way)
    return made


@transaction.atomic
def ask_to_agree(proposal: Proposal, *, actor: str) -> list[Who]:
    """Write to those who must agree and were not asked, each once in their language; returns them. At an institution
    it is everybody who has an account for it. Who has no address is asked by telephone. What is not sent yet when the
    proposal is decided, or they have answered, is not sent.

    Raises ``Decided``.
    """
    found = _open(proposal)
    known = said(found)
    asked = []
    for who, changes in changes_to_agree(found).items():
        if who not in known and _ask(who, changes[0]):
            Agreement.objects.create(
                proposal=found, party=who.party, key=who.key, answer=Agreement.Answer.ASKED,
                way=Agreement.Way.MESSAGE, actor=actor,
            )  # fmt: skip
            asked.append(who)
    if asked:
        audit(actor, "ask_to_agree", found, asked=len(asked))
    return asked


def _open(proposal: Proposal) -> Proposal:
    found = locked_proposal(proposal)
    if found.status != Proposal.Status.OPEN:
        raise Decided(found)
    return found


def _ask(who: Who, change: ProposedChange) -> bool:
    """Whether there was a way to write to them."""
    day, question = change.proposal.day, f"{change.proposal.pk}/{who.party}/{who.key}"
    if who.party == Agreement.Party.INSTITUTION:
        return tell_house(who.key, day, question)
    if who.party == Agreement.Party.GUEST:
        stay = stay_of(change)
        if stay is None or not stay.guest.email:
            return False
        tell(stay, "agreement_asked", stay_link=link_to(stay), day_on=day, asked_question=question)
        return True
    person = Interpreter.objects.filter(pk=who.key).first()
    return person is not None and tell_question(person, day, question)
