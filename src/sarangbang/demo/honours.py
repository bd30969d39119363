"""The demo district's awards: all invented, and marked so. They stand in the ledger so that it can be seen at work, and
are far fewer than the real district says to have."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from importlib.resources import as_file, files

from sarangbang.policy.awards.actions import Told, correct_award, record_award, take_back_use, told_by, use_prize
from sarangbang.policy.awards.importing import load_awards
from sarangbang.policy.awards.words import Level, State
from sarangbang.policy.models import AwardEntry

from .town import Town

FILE = files("sarangbang.demo").joinpath("data/awards.csv")
ACTOR = "system"
GIVER = "데모 별솔정책원 (fictional institute)"
NOTE = "데모: 지어낸 상입니다. Demo: invented, no such award exists."
CALLS = (
    ("[Demo] 의료관광 정책상 · Policy for medical tourism", 9, "patients.gangnam-gu.2024"),
    ("[Demo] 주민건강 우수 자치구 · Health of residents", 34, ""),
    ("[Demo] 국제협력 우수 자치구 · International cooperation", 75, ""),
)
"""Title, days until the deadline, evidence."""
SPENT = (
    ("D-2023-04", 12_000_000, 45, "의료통역 코디네이터 교육 · Training of interpreters"),
    ("D-2023-04", 9_500_000, 120, "외국어 안내 책자 · Leaflets in nine languages"),
    ("D-2023-06", 20_000_000, 60, "센터 안내 화면 · Screens of the center"),
    ("D-2024-05", 15_000_000, 90, "나눔의료 체류비 · Stays of sharing medical"),
)
"""Reference of the prize, won, days after it, what for."""


def make_awards(town: Town) -> None:
    with as_file(FILE) as path:
        load_awards(path, actor=ACTOR)
    by_reference = {entry.prize_reference: entry for entry in AwardEntry.objects.select_related("award")}
    for reference, amount, days, purpose in SPENT:
        entry = by_reference[reference]
        if entry.received_on:
            used_on = entry.received_on + dt.timedelta(days=days)
            use_prize(entry.award, amount=amount, used_on=used_on, purpose=f"데모: {purpose}", actor=ACTOR)
    wrong = by_reference["D-2023-06"].award
    take_back_use(wrong, 1, purpose="데모: 다른 예산으로 지급 · paid from another budget", actor=ACTOR)
    _correct(by_reference["D-2023-05"])
    for title, days, evidence in CALLS:
        due_on = town.today + dt.timedelta(days=days)
        call = Told(title=title, giver=GIVER, level=Level.NATIONAL, state=State.CALLED, due_on=due_on, note=NOTE,
                    names=(evidence,) if evidence else ())  # fmt: skip
        record_award(call, actor=ACTOR)


def _correct(entry: AwardEntry) -> None:
    """A prize that was written down too high, and is put right by a second version."""
    right = replace(told_by(entry), prize_krw=5_000_000)
    reason = "데모: 지급 통지서 금액으로 정정 · corrected to the notice of payment"
    correct_award(entry.award, right, reason=reason, seen=entry.number, actor=ACTOR)
