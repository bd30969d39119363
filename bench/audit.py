"""What stands in the database after clients worked and servers died: ``python -m bench.audit LEDGER``.

Reads tables and nothing that the program computes; prints one JSON object. ``problems`` is empty when all is well.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

MINUTES = 5
MOST_SAID = 20


def problems(ledger: list[dict[str, Any]]) -> list[str]:
    """Everything that cannot be, in words."""
    return [*unlike(ledger), *twice(), *claims_and_busy_time(), *histories(), *strays()]


def unlike(ledger: list[dict[str, Any]]) -> list[str]:
    """Appointments that are not as their guest was last told, and those of which nobody was told."""
    from sarangbang.scheduling.models import Appointment

    found = {
        str(pk): (status, starts_at, str(practitioner))
        for pk, status, starts_at, practitioner in Appointment.objects.values_list(
            "pk", "reservation__status", "reservation__starts_at", "practitioner"
        )
    }
    said = []
    for known in ledger:
        told = (known["status"], dt.datetime.fromisoformat(known["starts_at"]), known["practitioner"])
        until = known["hold_expires_at"]
        is_over = until is not None and dt.datetime.fromisoformat(until) <= dt.datetime.now(dt.UTC)
        true = {told, ("expired", *told[1:])} if is_over else {told}
        if found.get(known["id"]) not in true:
            said.append(f"{known['id']}: told {told}, found {found.get(known['id'])}")
    strangers = set(found) - {known["id"] for known in ledger}
    return said + [f"{pk}: nobody was told of it" for pk in strangers]


def twice() -> list[str]:
    """Live reservations that share a minute of a seat of a resource: from their times, not from their claims."""
    from sarangbang.scheduling.lifecycle import FREEING
    from sarangbang.scheduling.models import Allocation

    owned: dict[tuple[int, int], list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)
    live = Allocation.objects.exclude(reservation__status__in=FREEING)
    for resource, seat, starts_at, ends_at in live.values_list("resource", "seat", "starts_at", "ends_at"):
        owned[resource, seat].append((starts_at, ends_at))
    return [
        f"resource {key}: {one} and {two}"
        for key, spans in owned.items()
        for one, two in pairwise(sorted(spans))
        if two[0] < one[1]
    ]


def claims_and_busy_time() -> list[str]:
    """Claims are the ticks of the allocations of live reservations, each once, and no others."""
    from sarangbang.scheduling.lifecycle import FREEING
    from sarangbang.scheduling.models import Allocation, Claim

    claimed = Counter(Claim.objects.values_list("allocation", "resource", "seat", "tick"))
    wanted: Counter[tuple[int, int, int, int]] = Counter()
    said = []
    for pk, resource, seat, starts_at, ends_at, is_active, status in Allocation.objects.values_list(
        "pk", "resource", "seat", "starts_at", "ends_at", "is_active", "reservation__status"
    ):
        if is_active != (status not in FREEING):
            said.append(f"allocation {pk} of a reservation that is {status}: active {is_active}")
        if status not in FREEING:
            first = int(starts_at.timestamp()) // 60 // MINUTES
            last = -(-int(ends_at.timestamp()) // 60 // MINUTES)
            wanted.update((pk, resource, seat, tick) for tick in range(first, last))
    if claimed != wanted:
        said.append(
            f"claims without busy time {list(claimed - wanted)[:3]}, without claims {list(wanted - claimed)[:3]}"
        )
    return said


def histories() -> list[str]:
    """Every history begins with a hold or a booking, makes only allowed moves, and ends in the present status."""
    from sarangbang.scheduling.lifecycle import MOVES
    from sarangbang.scheduling.models import Reservation, ReservationStep

    steps: dict[Any, list[str]] = defaultdict(list)
    for pk, status in ReservationStep.objects.order_by("pk").values_list("reservation", "status"):
        steps[pk].append(status)
    said = []
    for pk, status in Reservation.objects.values_list("pk", "status"):
        seen = steps[pk]
        is_sound = bool(seen) and seen[0] in {"held", "booked"} and seen[-1] == status
        if not is_sound or any(two not in MOVES[one] for one, two in pairwise(seen)):
            said.append(f"reservation {pk} is {status}: {seen}")
    return said


def strays() -> list[str]:
    """Time that is taken and belongs to no appointment; bookings whose guest was not written to exactly once."""
    from sarangbang.messages.models import Message
    from sarangbang.scheduling.lifecycle import FREEING
    from sarangbang.scheduling.models import Appointment, Reservation
    from sarangbang.stays.models import StayAppointment

    said = [
        f"reservation {pk} has no appointment"
        for pk in Reservation.objects.exclude(status__in=FREEING)
        .filter(appointment__isnull=True)
        .values_list("pk", flat=True)
    ]
    confirmed = Appointment.objects.filter(guest__isnull=False).count()
    written = Message.objects.filter(kind="stay_booked").count()
    kept = StayAppointment.objects.count()
    if not confirmed == written == kept:
        said.append(f"{confirmed} confirmed, {kept} in stays, {written} messages")
    return said


def free_all_holds() -> dict[str, int]:
    """The ten minutes of every hold are over; what housekeeping then leaves of them."""
    from django.utils import timezone

    from sarangbang.scheduling.housekeeping import free_expired_holds
    from sarangbang.scheduling.models import Claim, Reservation

    held = Reservation.objects.filter(status="held")
    count = held.count()
    held.update(hold_expires_at=timezone.now() - dt.timedelta(seconds=1))
    while free_expired_holds():
        pass
    return {
        "holds": count,
        "still held": held.count(),
        "claims of ended holds": Claim.objects.filter(allocation__reservation__status__in=["held", "expired"]).count(),
    }


def main(path: str) -> None:
    from sarangbang.config import running

    running.setup()
    from sarangbang.scheduling.models import Appointment, ReservationStep

    ledger = json.loads(Path(path).read_text(encoding="utf-8"))
    found = problems(ledger)
    freed = free_all_holds()
    found += [f"{name}: {count}" for name, count in freed.items() if name != "holds" and count]
    found += [*twice(), *claims_and_busy_time(), *histories()]
    told = {
        "appointments": Appointment.objects.count(),
        "steps": ReservationStep.objects.count(),
        "holds freed": freed["holds"],
        "problems": found[:MOST_SAID],
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
