"""``reserve``, the one way in, and the steps of a reservation.

That nothing is booked twice is made true by the unique constraint on ``Claim``; whatever looks before only makes the
error kind. Locks are taken in one order: reservations, then resources, each in the order of their keys. Claims are
written in a fixed order. So two reservers wait for each other and never lock in a circle.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from sarangbang import rows
from sarangbang.scheduling import lifecycle
from sarangbang.scheduling.availability import ticks
from sarangbang.scheduling.models import (
    MAX_HOURS,
    Allocation,
    Appointment,
    Claim,
    Reservation,
    ReservationStep,
    Resource,
)
from sarangbang.scheduling.prepared import Prepared, Question, ask
from sarangbang.scheduling.refusals import MoveNotAllowed, Taken
from sarangbang.scheduling.signals import time_freed


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many seats of one resource for one span of time, buffers included; ``place_id`` is where it is then."""

    resource: Resource
    starts_at: dt.datetime
    ends_at: dt.datetime
    place_id: int | None = None
    seats: int = 1


@dataclass(frozen=True, slots=True)
class Taking:
    """One reservation to be made. ``starts_at`` and ``ends_at`` are the visit itself."""

    wanted: Sequence[Wanted]
    starts_at: dt.datetime
    ends_at: dt.datetime
    status: str = Reservation.Status.BOOKED
    hold_minutes: int | None = None
    key: str | None = None


def move(reservation: Reservation, status: str, *, actor: str, reason: str = "") -> None:
    """Take one step of the table of moves; gives the time back where the step frees it.

    Call it with the reservation locked. Raises ``MoveNotAllowed``.
    """
    if not lifecycle.may_move(reservation.status, status):
        raise MoveNotAllowed(reservation.status, status)
    reservation.status = status
    reservation.save(update_fields=["status"])
    ReservationStep.objects.create(reservation=reservation, status=status, actor=actor, reason=reason)
    if status in lifecycle.FREEING:
        Claim.objects.filter(allocation__reservation=reservation).delete()
        reservation.allocations.update(is_active=False)
        time_freed.send(Reservation, reservation=reservation)


def lock(reservation_id: UUID) -> Reservation:
    """The reservation, locked until the end of the transaction."""
    return Reservation.objects.select_for_update().get(pk=reservation_id)


def lock_present(appointment: Appointment) -> Reservation:
    """The appointment's present reservation, locked, and the appointment as it is now. Reservations are locked before
    whatever hangs on them. Raises ``MoveNotAllowed`` when the appointment was forgotten."""
    while True:
        locked = Reservation.objects.select_for_update().filter(pk=appointment.reservation_id).first()
        present = Appointment.objects.filter(pk=appointment.pk).first()
        if present is None:
            raise MoveNotAllowed(Reservation.Status.EXPIRED, Reservation.Status.HELD)
        if locked is not None and present.reservation_id == locked.pk:
            # What hangs on it and is still the same stays known.
            for field in Appointment._meta.concrete_fields:  # noqa: SLF001 (public by Django's documentation)
                setattr(appointment, field.attname, getattr(present, field.attname))
            appointment.reservation = locked
            return locked
        appointment.reservation_id = present.reservation_id  # somebody moved it between the look and the lock


def lock_found(found: QuerySet[Appointment]) -> Appointment | None:
    """The one appointment that is looked for, with its present reservation locked and all of it read under the lock.
    Where who writes is alone anyway (SQLite), reading is enough."""
    if not connection.features.has_select_for_update:
        return found.first()
    while True:
        locked = Reservation.objects.select_for_update().filter(pk__in=found.values("reservation")).first()
        appointment = found.first()
        if appointment is None or (locked is not None and appointment.reservation_id == locked.pk):
            return appointment  # otherwise somebody moved it between the look and the lock


def lock_with_obstacles(appointment: Appointment, wanted: Iterable[Wanted]) -> Reservation:
    """The appointment's present reservation, locked together with the holds that ran out and stand in the way of what
    is wanted. All in one order, so that two guests who are late and take each other's times do not wait for each other
    for ever. Raises ``MoveNotAllowed`` when the appointment was forgotten."""
    mine_or_over = Q(pk=appointment.reservation_id) | Q(pk__in=expired_holds(*wanted).values("pk"))
    list(Reservation.objects.select_for_update().filter(mine_or_over).order_by("pk").values_list("pk"))
    return lock_present(appointment)


def lock_resources(resource_ids: Collection[int]) -> None:
    """Of two who book the same resources the second waits here, and then sees what the first did. Other rows can still
    be hung on them (``no_key``)."""
    lock = locking(resource_ids)
    if lock is not None:
        ask(lock)


def locking(resource_ids: Collection[int]) -> Question | None:
    """``lock_resources``, to be asked together with what is read under the lock: each statement sees what was committed
    before it began. None where who writes is alone anyway (SQLite)."""
    if not (resource_ids and connection.features.has_select_for_update):
        return None
    return _LOCK.question(None, list(resource_ids))


def _lock(_fixed: None, resource_ids: list[int]) -> QuerySet[Any, Any]:
    return Resource.objects.select_for_update(no_key=True).filter(pk__in=resource_ids).order_by("pk").values_list("pk")


_LOCK = Prepared(_lock)


def expired_holds(*wanted: Wanted) -> QuerySet[Reservation]:
    """Holds whose time is over and which stand in the way."""
    resources = defaultdict(set)
    for want in wanted:
        resources[ticks(want.starts_at, want.ends_at)].add(want.resource.pk)
    in_the_way = Q(pk__in=[])
    for span, those in resources.items():  # a family with interpreters asks about hundreds, on few times
        in_the_way |= Q(resource__in=those, tick__gte=span.start, tick__lt=span.stop)
    return Reservation.objects.filter(
        pk__in=Claim.objects.filter(in_the_way).values("allocation__reservation"),
        status=Reservation.Status.HELD,
        hold_expires_at__lte=timezone.now(),
    )


def end_expired_holds(wanted: Sequence[Wanted]) -> None:
    """End the holds that ran out and stand in the way."""
    for reservation in expired_holds(*wanted).select_for_update().order_by("pk"):
        move(reservation, Reservation.Status.EXPIRED, actor="system")


def reserve(
    wanted: Sequence[Wanted],
    *,
    actor: str,
    status: str = Reservation.Status.BOOKED,
    hold_minutes: int | None = None,
    idempotency_key: str | None = None,
) -> Reservation:
    """Take time from one or more resources, all or nothing; the one way in.

    ``status`` is "booked", or "held" with ``hold_minutes``. With an ``idempotency_key`` that was used before,
    the reservation made then is returned. Raises ``Taken`` when any resource is not free.
    """
    if not wanted:
        raise ValueError("nothing wanted")
    starts_at, ends_at = min(want.starts_at for want in wanted), max(want.ends_at for want in wanted)
    taking = Taking(wanted, starts_at, ends_at, status, hold_minutes, idempotency_key)
    known = _known(idempotency_key)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            end_expired_holds(wanted)
            return write([taking], actor=actor)[0]
    except Taken:
        known = _known(idempotency_key)
        if known is None:
            raise
        return known


def _known(key: str | None) -> Reservation | None:
    return None if key is None else Reservation.objects.filter(idempotency_key=key).first()


def write(
    takings: Sequence[Taking], *, actor: str, locked: Collection[int] = (), waits: bool = False
) -> list[Reservation]:
    """Make several reservations together, all or none. Call it in a transaction, with the holds that ran out ended;
    ``locked`` are the resources that the caller has locked. Raises ``Taken``, with which the caller's transaction (or
    savepoint) has to end; with ``waits`` the ``rows.together`` of the caller writes them at its end, who turns what it
    raises then into ``Taken`` (``refused_as_taken``)."""
    wanted = [want for taking in takings for want in taking.wanted]
    if any(want.ends_at - want.starts_at > dt.timedelta(hours=MAX_HOURS) for want in wanted):
        raise ValueError(f"longer than {MAX_HOURS} hours")
    lock_resources({want.resource.pk for want in wanted}.difference(locked))
    reservations, new, claims = _made(takings, actor)
    if waits:
        rows.add(*new, *claims)
    else:
        with refused_as_taken():
            rows.write(new, claims)
    return reservations


@contextmanager
def refused_as_taken() -> Iterator[None]:
    """Somebody has a tick of the time: the constraint on claims says so, by its name or by that of its table."""
    try:
        yield
    except IntegrityError as refusal:
        if "claim_never_twice" in str(refusal) or Claim._meta.db_table in str(refusal):  # noqa: SLF001 (public)
            raise Taken from None
        raise


def _made(takings: Sequence[Taking], actor: str) -> tuple[list[Reservation], list[Model], list[rows.Statement]]:
    """The reservations, all new rows, and the statements that claim their ticks afterwards."""
    now = timezone.now()
    reservations = [
        rows.new(
            Reservation,
            status=taking.status,
            starts_at=taking.starts_at,
            ends_at=taking.ends_at,
            hold_expires_at=None if taking.hold_minutes is None else now + dt.timedelta(minutes=taking.hold_minutes),
            idempotency_key=taking.key,
        )
        for taking in takings
    ]
    steps = [
        rows.new(ReservationStep, reservation_id=each.pk, status=each.status, actor=actor) for each in reservations
    ]
    seats = _Seats([want for taking in takings for want in taking.wanted])
    seated = []
    for reservation, taking in zip(reservations, takings, strict=True):
        for want in taking.wanted:
            for _ in range(want.seats):
                ticks_of = seats.take(want)
                allocation = rows.new(
                    Allocation,
                    reservation_id=reservation.pk,
                    resource_id=want.resource.pk,
                    place_id=want.place_id,
                    seat=ticks_of[0][1],
                    starts_at=want.starts_at,
                    ends_at=want.ends_at,
                )
                seated.append((allocation, ticks_of))
    seated.sort(key=lambda each: (each[0].resource_id, each[1]))
    claims = [_claiming(*each, is_alone=len(seated) == 1) for each in seated]
    return reservations, [*reservations, *steps, *(allocation for allocation, _ in seated)], claims


def _claiming(allocation: Allocation, ticks_of: Sequence[tuple[int, int]], *, is_alone: bool) -> rows.Statement:
    """The claims of an allocation in a fixed order. Its key is only known to the database, which wrote it in the same
    text."""
    names = ("reservation",) if is_alone else _TELL_APART
    fields = [field for field in Allocation._meta.concrete_fields if field.name in names]  # noqa: SLF001 (public)
    mine = [field.get_db_prep_value(getattr(allocation, field.attname), connection) for field in fields]
    text = _claims_text(len(ticks_of), tuple(field.column for field in fields))
    return text, [*(each for tick in ticks_of for each in tick), *mine]


@lru_cache(500)
def _claims_text(many: int, columns: Sequence[str]) -> str:
    """Put together once for so many ticks of an allocation that these columns tell apart."""
    ticks = ", ".join(["(CAST(%s AS bigint), CAST(%s AS smallint))"] * many)
    return (
        f"INSERT INTO {Claim._meta.db_table} (allocation_id, resource_id, tick, seat) "  # noqa: SLF001, S608 (our own)
        f"SELECT id, resource_id, column1, column2 FROM {Allocation._meta.db_table}, "  # noqa: SLF001 (public)
        f"(VALUES {ticks}) AS ticks WHERE {' AND '.join(f'{column} = %s' for column in columns)} ORDER BY column1"
    )


_TELL_APART = ("reservation", "resource", "seat", "starts_at")
"""What is never the same of two allocations."""


class _Seats:
    """Gives out seats, tick by tick: a booking of a resource with several seats may change its seat on the way, so
    that there is room exactly while fewer bookings overlap than there are seats. Raises ``Taken``."""

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        self.taken: dict[tuple[int, int], set[int]] = defaultdict(set)
        several = Q()
        for want in wanted:
            if want.resource.seats > 1:  # of a single seat the constraint alone knows
                span = ticks(want.starts_at, want.ends_at)
                several |= Q(resource=want.resource, tick__gte=span.start, tick__lt=span.stop)
        if not several:
            return
        for resource, tick, seat in Claim.objects.filter(several).values_list("resource_id", "tick", "seat"):
            self.taken[resource, tick].add(seat)

    def take(self, want: Wanted) -> list[tuple[int, int]]:
        """A seat for each tick."""
        seated = []
        for tick in ticks(want.starts_at, want.ends_at):
            taken = self.taken[want.resource.pk, tick]
            seat = next((seat for seat in range(want.resource.seats) if seat not in taken), None)
            if seat is None:
                raise Taken
            taken.add(seat)
            seated.append((tick, seat))
        return seated


@transaction.atomic
def release_all(reservation_ids: Collection[UUID], *, actor: str, reason: str = "") -> None:
    """Give the time of several reservations back, in a constant number of statements. Those that are free already are
    passed over. Raises ``MoveNotAllowed``, and nothing is released."""
    found = Reservation.objects.select_for_update().filter(pk__in=reservation_ids).order_by("pk")
    standing = [each for each in found if each.status not in lifecycle.FREEING]
    status = Reservation.Status.CANCELLED
    for each in standing:
        if not lifecycle.may_move(each.status, status):
            raise MoveNotAllowed(each.status, status)
    keys = [each.pk for each in standing]
    Reservation.objects.filter(pk__in=keys).update(status=status)
    ReservationStep.objects.bulk_create(
        ReservationStep(reservation=each, status=status, actor=actor, reason=reason) for each in standing
    )
    Claim.objects.filter(allocation__reservation__in=keys).delete()
    Allocation.objects.filter(reservation__in=keys).update(is_active=False)
    for each in standing:
        each.status = status
        time_freed.send(Reservation, reservation=each)


@transaction.atomic
def release(
    reservation: Reservation, *, actor: str, status: str = Reservation.Status.CANCELLED, reason: str = ""
) -> None:
    """Give a reservation's time back. Releasing what is already free changes nothing."""
    locked = lock(reservation.pk)
    if locked.status not in lifecycle.FREEING:
        move(locked, status, actor=actor, reason=reason)
    reservation.status = locked.status
