"""What happened and breaks a plan: a delay, somebody who does not come, a car or person that is out, a clinic running
late. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

KINDS: Mapping[str, tuple[str, ...]] = {
    "flight_delay": ("flight", "ride"),
    "late": ("ride", "interpreting"),
    "no_show": ("ride", "interpreting"),
    "ill": ("interpreter",),
    "broken": ("vehicle",),
    "clinic_late": ("institution", "practitioner", "appointment"),
}
"""What can happen, and to what it can happen."""
TIMED = frozenset({"flight_delay", "late", "clinic_late"})
"""News that says by how many minutes."""
MOST_MINUTES = 24 * 60


class NewsUnclear(ValueError):
    """What was told makes no sense, or the thing it is about is not part of that day. ``code`` says what: "kind",
    "subject" or "minutes"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened. ``subject`` is the kind and the key of the thing ("ride:<id>"), ``minutes`` by how much
    it is later than planned now; a flight without minutes goes by what is expected of it."""

    kind: str
    subject: str
    minutes: int = 0

    @property
    def about(self) -> str:
        """What sort of thing the subject is."""
        return self.subject.partition(":")[0]

    @property
    def key(self) -> str:
        return self.subject.partition(":")[2]

    def as_row(self) -> dict[str, Any]:
        """As ``Proposal.news`` keeps it."""
        return asdict(self)


def check_news(news: News) -> None:
    """Raise ``NewsUnclear`` for a kind, a subject or minutes that cannot be."""
    if news.kind not in KINDS:
        raise NewsUnclear("kind")
    if news.about not in KINDS[news.kind] or not news.key:
        raise NewsUnclear("subject")
    if not 0 <= news.minutes <= MOST_MINUTES:
        raise NewsUnclear("minutes")
    if news.kind in TIMED and news.kind != "flight_delay" and not news.minutes:
        raise NewsUnclear("minutes")
