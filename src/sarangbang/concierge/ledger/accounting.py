"""What a ride or an interpreting costs, and who bears it. Pure: facts and dated rules in, whole won out.

- A ride costs the fare of its kind; waiting beyond the free time is reckoned by started steps; a guest who did not come
  costs a share of the fare (and the waiting). Institution and district bear the shares that are in force on the
  Korean day of the ride; a ride without an institution is the district's. Of a won that cannot be halved the district
  bears the rest, so that the shares always add up to the charge.
- Interpreting costs a fee for each started step. The free time of an appointment is the district's; what comes after it
  falls to the payer of the rules if the guest agreed before it began, to the district if not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sarangbang.concierge.entitlement import PROGRAMME, TRANSFER, Rules

from .metering import MINUTE, Meter

FARE, WAITING, NO_SHOW, INTERPRETING = "fare", "waiting", "no_show", "interpreting"
INSTITUTION, DISTRICT, GUEST = "institution", "district", "guest"


@dataclass(frozen=True, slots=True)
class RideDone:
    """What there is to reckon of a ride: its kind, whether the guest came, and how long the car waited in minutes."""

    kind: str
    came: bool
    waited: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What one payer bears of one charge: whole won, the minutes it was reckoned from, and by which rules."""

    kind: str
    payer: str
    amount: int
    minutes: int
    rule: str


def ride_shares(done: RideDone, rules: Rules, *, has_institution: bool) -> list[Share]:
    """Everybody's part in a ride. Nothing of nought won."""
    fare_key = _fare_key(done.kind)
    fare = rules.amount(fare_key)
    shares: list[Share] = []
    if done.came:
        shares += _split(FARE, fare, 0, (fare_key,), rules, has_institution=has_institution)
    else:
        part = fare * int(rules["ride_no_show_share"].value) // 100
        shares += _split(NO_SHOW, part, 0, (fare_key, "ride_no_show_share"), rules, has_institution=has_institution)
    beyond = max(0, done.waited - rules.span("ride_waiting_free") // MINUTE)
    fee = _started(beyond, rules.span("ride_waiting_step")) * rules.amount("ride_waiting_fee")
    keys = ("ride_waiting_free", "ride_waiting_step", "ride_waiting_fee")
    return shares + _split(WAITING, fee, done.waited, keys, rules, has_institution=has_institution)


def interpreting_shares(meter: Meter, rules: Rules, *, has_institution: bool) -> list[Share]:
    """Everybody's part in an interpreting that is over. The steps of the free time are counted first."""
    step, fee = rules.span("interpreting_step"), rules.amount("interpreting_fee")
    steps = _started(meter.minutes, step)
    free = min(steps, _started(meter.free_minutes, step))
    payer = rules["interpreting_payer"].value if meter.agreed else DISTRICT
    if payer == INSTITUTION and not has_institution:
        payer = DISTRICT
    by_payer: dict[str, tuple[int, int]] = {}
    for who, count, minutes in ((DISTRICT, free, meter.free_minutes), (payer, steps - free, meter.paid_minutes)):
        amount, before = by_payer.get(who, (0, 0))
        by_payer[who] = (amount + count * fee, before + minutes)
    rule = _rule(("interpreting_free", "interpreting_step", "interpreting_fee", "interpreting_payer"), rules)
    return [Share(INTERPRETING, who, amount, minutes, rule) for who, (amount, minutes) in by_payer.items() if amount]


def earned(minutes: int, rules: Rules) -> int:
    """What an interpreter is paid for the minutes of one appointment, whole won."""
    return _started(minutes, rules.span("interpreting_step")) * rules.amount("interpreting_fee")


def _fare_key(kind: str) -> str:
    if kind == TRANSFER:
        return "ride_fare_city"
    return "ride_fare_programme" if kind == PROGRAMME else "ride_fare_airport"


def _started(minutes: int, step: dt.timedelta) -> int:
    """How many steps have begun."""
    return -(-minutes // (step // MINUTE))


def _split(
    kind: str, amount: int, minutes: int, keys: Sequence[str], rules: Rules, *, has_institution: bool
) -> list[Share]:
    percents = {
        INSTITUTION: int(rules["ride_share_institution"].value) if has_institution else 0,
        GUEST: int(rules["ride_share_guest"].value),
    }
    amounts = {payer: amount * percent // 100 for payer, percent in percents.items()}
    amounts[DISTRICT] = amount - sum(amounts.values())
    share_keys = ("ride_share_institution", "ride_share_district", "ride_share_guest")
    rule = _rule((*keys, *share_keys), rules)
    return [Share(kind, payer, part, minutes, rule) for payer, part in amounts.items() if part]


def _rule(keys: Iterable[str], rules: Rules) -> str:
    """The rules that were applied and since when they are in force, short enough to stand beside an amount."""
    return " ".join(f"{key}={rules[key].value}@{rules[key].valid_from:%Y%m%d}" for key in keys)


@dataclass(frozen=True, slots=True)
class Standing:
    """An amount that stands in the ledger (not reversed): its key there, and what it says. What a coordinator set
    (``by_hand``) is not reckoned again."""

    key: int
    kind: str
    payer: str
    institution: str
    amount: int
    by_hand: bool = False


def corrections(
    standing: Sequence[Standing], due: Sequence[Share], institution: str
) -> tuple[list[Standing], list[Share]]:
    """What must be reversed and what must be booked so that the ledger says what is due. Nothing where it does."""
    wanted = {(each.kind, each.payer): each for each in due}
    wrong, right = [], set()
    for each in standing:
        meant = wanted.get((each.kind, each.payer))
        borne_by = institution if each.payer == INSTITUTION else ""
        is_right = meant is not None and meant.amount == each.amount and each.institution == borne_by
        if is_right or each.by_hand:
            right.add((each.kind, each.payer))
        else:
            wrong.append(each)
    return wrong, [each for key, each in wanted.items() if key not in right]
