"""Proposals as those read them who must agree: what would change for them, and what they have answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sarangbang.concierge.models import Agreement

from . import agreeing
from .page import ProposalPage, Shown


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: the changes of a day for one party, and their last answer ("" while there is none)."""

    proposal: str
    key: str
    day: dt.date
    changes: list[Shown]
    answer: str
    said: str


@dataclass
class AgreementPage:
    """All open questions to one reader."""

    questions: Sequence[agreeing.Question]

    @cached_property
    def asked(self) -> list[Asked]:
        return [self._asked(*question) for question in self.questions]

    @staticmethod
    def _asked(proposal: agreeing.Proposal, who: agreeing.Who) -> Asked:
        page = ProposalPage(proposal)
        last = page.said.get(who)
        answer = last.answer if last is not None and last.answer != Agreement.Answer.ASKED else ""
        said = str(Agreement.Answer(answer).label) if answer else ""
        return Asked(str(proposal.pk), who.key, proposal.day, page.shown_for(who), answer, said)
