"""The verbs of the awards ledger: record, correct, use prize money, take a use back. Nothing is overwritten."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sarangbang.people.actions import audit
from sarangbang.policy.models import Award, AwardEntry, PrizeUse
from sarangbang.policy.presenting import number as written

from .doubles import folded
from .evidence import digest, freeze
from .evidence import read as read_evidence
from .ledger import named_evidence, served_by_year
from .words import MOST_WON, OPENINGS, State, may_follow

EARLIEST = dt.date(1990, 1, 1)
TRIES = 5


class Refused(Exception):
    """What cannot be written, by field (``""``: as a whole), in the reader's language."""

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__("; ".join(reasons.values()))
        self.reasons = reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What somebody says of an award. ``names``: what it rests on, codes of figures or ``guests-served.2025``."""

    title: str
    giver: str
    level: str
    state: str
    received_on: dt.date | None = None
    due_on: dt.date | None = None
    criteria: str = ""
    achievement: str = ""
    prize_krw: int = 0
    prize_reference: str = ""
    names: tuple[str, ...] = ()
    source: str = ""
    note: str = ""


COPIED = (
    "title", "giver", "level", "state", "received_on", "due_on", "criteria", "achievement", "prize_krw",
    "prize_reference", "source", "note",
)  # fmt: skip


def told_by(entry: AwardEntry) -> Told:
    """What a version says, as it would be said again."""
    return Told(**{name: getattr(entry, name) for name in COPIED}, names=_named_by(entry))


def _named_by(entry: AwardEntry) -> tuple[str, ...]:
    return read_evidence(entry.evidence, entry.evidence_hash)[0].names


def check_award(told: Told) -> None:
    """Raises ``Refused`` when this can be true of no award."""
    today, reasons = timezone.localdate(), dict[str, str]()
    if told.state == State.RECEIVED and not told.received_on:
        reasons["received_on"] = _("An award that was received has a day.")
    if told.received_on and told.received_on > today:
        reasons["received_on"] = _("This day is still to come.")
    if told.state != State.RECEIVED and told.state != State.WITHDRAWN and told.received_on:
        reasons["received_on"] = _("This day is for awards that were received.")
    if told.state == State.CALLED and not told.due_on:
        reasons["due_on"] = _("An open call has a deadline.")
    for name in ("received_on", "due_on"):
        day = getattr(told, name)
        if day and not EARLIEST <= day <= today.replace(year=today.year + 20, day=1):
            reasons[name] = _("This day is too far away.")
    if not 0 <= told.prize_krw <= MOST_WON:
        reasons["prize_krw"] = _("Prize money is a sum from 0 to %(most)s won.") % {"most": written(MOST_WON)}
    unknown = named_evidence(told.names)[2]
    if unknown:
        reasons["names"] = _("These are no figures of the shelf: %(names)s") % {"names": ", ".join(unknown[:5])}
    if reasons:
        raise Refused(reasons)


def record_award(told: Told, *, actor: str, code: str = "") -> AwardEntry:
    """Open an award with its first version. Raises ``Refused``.

    Without a ``code`` it gets the next of its year.
    """
    check_award(told)
    if told.state not in OPENINGS:
        raise Refused({"state": _("An award cannot begin like this.")})
    key = key_of(told)
    for _attempt in range(TRIES):
        twin = Award.objects.filter(key=key).first()
        if twin:
            raise Refused({"title": _("This award is here already under the code %(code)s.") % {"code": twin.code}})
        try:
            with transaction.atomic():
                award = Award.objects.create(code=code or _next_code(told), key=key, opened_by=actor)
                return _write(award, told, actor=actor, verb="record_award")
        except IntegrityError:
            if code and Award.objects.filter(code=code).exists():
                raise Refused({"code": _("This code is taken.")}) from None
    raise Refused({"": _("Others are writing at this moment. Please try again.")})


def key_of(told: Told) -> str:
    """By what an award is known before it has a code: title, giver and day, without what people type differently."""
    day = told.received_on or told.due_on
    return digest("|".join([folded(told.title), folded(told.giver), day.isoformat() if day else ""]))


def _next_code(told: Told) -> str:
    year = (told.received_on or told.due_on or timezone.localdate()).year
    taken = Award.objects.filter(code__startswith=f"{year}-").values_list("code", flat=True)
    numbers = [int(rest) for code in taken if (rest := code.partition("-")[2]).isdecimal() and rest.isascii()]
    return f"{year}-{max(numbers, default=0) + 1:03d}"


@transaction.atomic
def correct_award(award: Award, told: Told, *, reason: str, seen: int, actor: str) -> AwardEntry:
    """A further version. ``seen``: the number of the version that was read before. Raises ``Refused``.

    The evidence stays frozen as it was while the same is named.
    """
    locked = Award.objects.select_for_update().get(pk=award.pk)
    last = _last_entry(locked)
    if last is None or last.number != seen:
        raise Refused({"": _("Somebody has written a further version meanwhile; please look again.")})
    check_award(told)
    if not reason.strip():
        raise Refused({"reason": _("Please say why.")})
    if not may_follow(last.state, told.state):
        raise Refused({"state": _("This does not follow from how the award stands.")})
    if same(told_by(last), told):
        raise Refused({"": _("Nothing was changed.")})
    spent = _spent(locked)
    if spent and (told.prize_krw < spent or told.state != State.RECEIVED):
        raise Refused(
            {"prize_krw": _("%(spent)s won of it are used already; take these uses back first.")
             % {"spent": written(spent)}}
        )  # fmt: skip
    return _write(locked, told, actor=actor, verb="correct_award", before=last, reason=reason.strip())


def _last_entry(award: Award) -> AwardEntry | None:
    return AwardEntry.objects.filter(award=award).order_by("number").last()


def same(one: Told, other: Told) -> bool:
    """Whether both say the same, whatever the order of what they name."""
    plain = [replace(each, names=tuple(sorted(set(each.names)))) for each in (one, other)]
    return plain[0] == plain[1]


def _write(
    award: Award, told: Told, *, actor: str, verb: str, before: AwardEntry | None = None, reason: str = ""
) -> AwardEntry:
    evidence = _evidence(told, before)
    entry = AwardEntry.objects.create(
        **{name: getattr(told, name) for name in COPIED},
        award=award, number=before.number + 1 if before else 1, supersedes=before, reason=reason, recorded_by=actor,
        evidence=evidence, evidence_hash=digest(evidence) if evidence else "",
    )  # fmt: skip
    entry.award = award
    audit(actor, verb, entry, code=award.code, number=entry.number, evidence=entry.evidence_hash)
    return entry


def _evidence(told: Told, before: AwardEntry | None) -> str:
    """The snapshot: that of the version before while the same is named, else a new one."""
    if not told.names:
        return ""
    if before and {*told.names} == {*_named_by(before)}:
        return before.evidence
    figures, years, _unknown = named_evidence(told.names)
    return freeze([figure.record() for figure in figures], served_by_year(years), timezone.now())


# Prize money


def _last_use(award: Award) -> PrizeUse | None:
    return PrizeUse.objects.filter(award=award).order_by("number").last()


def _spent(award: Award) -> int:
    last = _last_use(award)
    return last.spent_after if last else 0


@transaction.atomic
def use_prize(
    award: Award, *, amount: int, used_on: dt.date, purpose: str, reference: str = "", actor: str
) -> PrizeUse:
    """Write down what prize money was used for. Raises ``Refused``, also when it would be more than is left."""
    locked = Award.objects.select_for_update().get(pk=award.pk)
    entry = _last_entry(locked)
    if entry is None or entry.state != State.RECEIVED or not entry.prize_krw:
        raise Refused({"": _("Only prize money that was received can be used.")})
    left = entry.prize_krw - _spent(locked)
    reasons = {}
    if amount <= 0:
        reasons["amount_krw"] = _("Please give a sum above zero.")
    elif amount > left:
        reasons["amount_krw"] = _("Only %(left)s won are left of this prize.") % {"left": written(left)}
    if not entry.received_on or used_on < entry.received_on:
        reasons["used_on"] = _("The prize came later than that.")
    elif used_on > timezone.localdate():
        reasons["used_on"] = _("This day is still to come.")
    if not purpose.strip():
        reasons["purpose"] = _("Please say what for.")
    if reasons:
        raise Refused(reasons)
    row: dict[str, Any] = {"used_on": used_on, "purpose": purpose.strip(), "reference": reference}
    return _add_use(locked, entry.prize_krw, amount, row, actor=actor, verb="use_prize")


@transaction.atomic
def take_back_use(award: Award, number: int, *, purpose: str, actor: str) -> PrizeUse:
    """A counter row: the use was not so. ``purpose`` says why. Raises ``Refused``."""
    locked = Award.objects.select_for_update().get(pk=award.pk)
    entry = _last_entry(locked)
    wrong = PrizeUse.objects.filter(award=locked, number=number, amount_krw__gt=0).first()
    if entry is None or wrong is None:
        raise Refused({"": _("There is no such use.")})
    if PrizeUse.objects.filter(takes_back=wrong).exists():
        raise Refused({"": _("This use was taken back already.")})
    if not purpose.strip():
        raise Refused({"why": _("Please say why.")})
    row = {"used_on": timezone.localdate(), "purpose": purpose.strip(), "takes_back": wrong}
    return _add_use(locked, entry.prize_krw, -wrong.amount_krw, row, actor=actor, verb="take_back_use")


def _add_use(award: Award, prize: int, amount: int, row: dict[str, Any], *, actor: str, verb: str) -> PrizeUse:
    last = _last_use(award)
    use = PrizeUse.objects.create(
        **row, award=award, number=last.number + 1 if last else 1, amount_krw=amount,
        spent_after=(last.spent_after if last else 0) + amount, prize_krw=prize, recorded_by=actor,
    )  # fmt: skip
    audit(actor, verb, use, code=award.code, amount=amount, spent=use.spent_after)
    return use
