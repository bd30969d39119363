"""Whether a time can be booked, and which rules stand against it. Reads only; the verbs ask it under their locks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from sarangbang.directory.models import Institution, Offering, Practitioner, PractitionerRole
from sarangbang.directory.queries import receiving, today
from sarangbang.people.models import Guest

from .availability import minute_of
from .lifecycle import FREEING
from .models import Allocation, Appointment, PathwayStep, Requirement, Reservation, Resource
from .odd_hours import REMOTE
from .outlook import MARGIN, Chair, Outlook
from .pathways import Visit, keeps_order
from .prepared import Prepared, Question, ask
from .refusals import Conflict, check
from .rosters import FIXED, Pool, rules_for
from .rules import Rules
from .said import allows_remote
from .spans import LONGEST

FARTHEST = dt.timedelta(days=1000)
"""Beyond every horizon that a rule can state; staff cannot book there either."""


@dataclass(frozen=True, slots=True)
class Booking:
    """One visit that somebody wants. ``party`` is how many seats, ``along`` pools of resources of each of which one
    comes along, ``company`` pools that the caller made of them, ``step`` the step of a pathway."""

    offering: Offering
    practitioner: Practitioner
    starts_at: dt.datetime
    party: int = 1
    along: Sequence[Sequence[int]] = ()
    step: PathwayStep | None = None
    mode: str = Appointment.Mode.ON_SITE
    appointment_id: UUID | None = None
    """The key that its appointment gets, when the caller chose it."""
    company: Sequence[Pool] = ()

    @property
    def minutes(self) -> int:
        return self.step.visit_minutes if self.step else self.offering.visit_minutes

    @property
    def ends_at(self) -> dt.datetime:
        return self.starts_at + dt.timedelta(minutes=self.minutes)

    @property
    def is_on_the_minute(self) -> bool:
        return not self.starts_at.second and not self.starts_at.microsecond


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a booking would sit: the practitioner's resource at the place of the offering, if they take it there, and
    what one look tells beside it: whether the institution may receive today, whether the offering needs more than the
    practitioner, and whether holds of the practitioner that ran out may be in the way."""

    chair: Chair | None
    is_receiving: bool
    needs_more: bool = True
    has_late_holds: bool = True


def seat_of(booking: Booking) -> Seat:
    """One query, two when nobody takes it there."""
    seat: Seat = ask(seat_question(booking))[0][0]
    return seat


def seat_question(booking: Booking) -> Question:
    """``seat_of``, to be asked together with others: a list of its one answer."""
    offering, now = booking.offering, timezone.now()
    near = min(max(booking.starts_at, now), now + FARTHEST)  # of what is farther other facts are said
    since = near - MARGIN
    around = (since - LONGEST, since, near + dt.timedelta(minutes=booking.minutes) + MARGIN)
    who = (offering.institution_id, offering.department_id, booking.practitioner.pk)
    statement, read = _SEATS.question(None, offering.pk, *who, *around, now, today())
    return Question(statement, lambda rows: [_seated(booking, read(rows))])


def _seated(booking: Booking, found: Sequence[tuple[Any, ...]]) -> Seat:
    offering, step = booking.offering, booking.step.pk if booking.step else None
    if not found:
        return Seat(None, offering.institution_id in receives([offering]))
    resource, seats, place, zone, *told = found[0]
    return Seat(Chair(offering, booking.practitioner.pk, resource, seats, place, zone, booking.minutes, step), *told)


def _seats(
    _fixed: None,
    offering: int,
    institution: UUID,
    department: int,
    practitioner: UUID,
    earliest: dt.datetime,
    since: dt.datetime,
    until: dt.datetime,
    now: dt.datetime,
    day: dt.date,
) -> QuerySet[Any, Any]:
    late = Allocation.objects.filter(
        resource=OuterRef("practitioner__resource"), is_active=True, starts_at__gt=earliest, starts_at__lt=until,
        ends_at__gt=since, reservation__status=Reservation.Status.HELD, reservation__hold_expires_at__lte=now,
    )  # fmt: skip
    roles = PractitionerRole.objects.filter(
        institution=institution, department=department, practitioner=practitioner, is_active=True,
        practitioner__resource__isnull=False,
    )  # fmt: skip
    return roles.order_by("pk").values_list(
        "practitioner__resource", "practitioner__resource__seats", "institution__place_id", "institution__place__zone",
        Exists(Institution.objects.receiving(day).filter(pk=OuterRef("institution"))),
        Exists(Requirement.objects.filter(offering=offering)), Exists(late),
    )[:1]  # fmt: skip


_SEATS = Prepared(_seats)


def facts_against(booking: Booking, seat: Seat) -> list[Conflict]:
    """What is so, whatever the rules: nothing can be booked."""
    now = timezone.now()
    codes = (
        ("not_receiving", not seat.is_receiving),
        ("not_offered", not booking.offering.is_active),
        ("not_here", seat.chair is None),
        ("past", booking.starts_at <= now),
        ("not_remote", booking.mode in REMOTE and not allows_remote(booking.offering)),
    )
    found = [Conflict(code) for code, holds in codes if holds]
    if booking.starts_at > now + FARTHEST:
        found.append(Conflict("too_far", rules_for([booking.offering])[booking.offering.pk]))
    return found


def receives(offerings: Iterable[Offering]) -> set[UUID]:
    """Which of the institutions of these offerings may receive today."""
    wanted = {offering.institution_id for offering in offerings}
    return set(receiving().filter(pk__in=wanted).values_list("pk", flat=True))


def rules_against(booking: Booking, chair: Chair, look: Outlook) -> list[Conflict]:
    """Which rules stand against a visit, and whether somebody has the time."""
    rules = look.rules[booking.offering.pk]
    codes = look.stands_against(chair, minute_of(booking.starts_at))
    if not booking.is_on_the_minute and not {"outside_hours", "holiday"} & set(codes):
        codes.append("outside_hours")
    return [Conflict(code, rules) for code in codes]


def bookings_of(guest: Guest, institution_id: UUID) -> QuerySet[Appointment]:
    """The bookings still ahead that one person has at an institution. The same person is who has the same address,
    name and year of birth, because somebody whose address is not proven is a new guest each time."""
    return Appointment.objects.filter(
        Q(guest=guest)
        | Q(
            guest__email__iexact=guest.email,
            guest__name_latin__iexact=guest.name_latin,
            guest__birth_year=guest.birth_year,
        ),
        institution=institution_id,
        reservation__status=Reservation.Status.BOOKED,
        reservation__starts_at__gt=timezone.now(),
    )


def has_too_many(guest: Guest, institution_id: UUID, rules: Rules, *, but: Iterable[UUID] = ()) -> bool:
    """Whether one more booking would be against the limit per person. The visits of one pathway count as one;
    appointments in ``but`` do not count."""
    if rules.open_per_person is None:
        return False
    ahead = bookings_of(guest, institution_id).exclude(pk__in=list(but)).values_list("series", "pk")
    return len({series or pk for series, pk in ahead}) >= rules.open_per_person


def visits_beside(appointment: Appointment) -> list[Visit]:
    """The other visits of the same pathway that still stand."""
    others = Appointment.objects.filter(series=appointment.series_id).exclude(pk=appointment.pk)
    standing = others.exclude(reservation__status__in=FREEING).select_related("reservation", "step")
    return [
        (each.step, each.practitioner_id, each.reservation.starts_at, each.reservation.ends_at) for each in standing
    ]


def order_against(appointment: Appointment, booking: Booking) -> list[Conflict]:
    """What a move of one visit of a pathway would break."""
    if appointment.series_id is None:
        return []
    moved = (appointment.step, booking.practitioner.pk, booking.starts_at, booking.ends_at)
    return [Conflict(code) for code in keeps_order([*visits_beside(appointment), moved], appointment.place.zone)]


def company_of(appointment: Appointment) -> tuple[int, list[list[int]]]:
    """How many seats an appointment has, and who comes along: rooms and devices are chosen anew when it moves."""
    rows = Allocation.objects.filter(reservation=appointment.reservation_id).values_list(
        "resource_id", "resource__kind", "resource__practitioner"
    )
    mine = [pk for pk, _, practitioner in rows if practitioner == appointment.practitioner_id]
    others = dict.fromkeys(
        pk
        for pk, kind, practitioner in rows
        if practitioner != appointment.practitioner_id and Resource.Kind(kind) not in FIXED
    )
    return max(1, len(mine)), [[pk] for pk in others]


def conflicts(
    offering: Offering,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    *,
    guest: Guest | None = None,
    appointment: Appointment | None = None,
    along: Sequence[Sequence[int]] = (),
    party: int = 1,
) -> list[Conflict]:
    """Everything that stands against a time, in the order in which it is said: facts, then rules. With ``guest`` the
    limit per person is asked too; with ``appointment`` the question is whether it can move there, with its company."""
    step = None
    if appointment is not None:
        step = appointment.step
        mine, company = company_of(appointment)
        party, along = max(party, mine), along or company
    booking = Booking(offering, practitioner, starts_at, party, along, step)
    seat = seat_of(booking)
    chair = seat.chair
    found = facts_against(booking, seat)
    if chair is not None and not found:
        ignoring = appointment.reservation_id if appointment is not None else None
        look = Outlook.load([chair], starts_at, booking.ends_at, along=along, party=party, ignoring=ignoring)
        found += rules_against(booking, chair, look)
    if appointment is not None:
        found += order_against(appointment, booking)
        guest = guest or appointment.guest
    if guest is not None:
        rules = rules_for([offering])[offering.pk]
        if has_too_many(guest, offering.institution_id, rules, but=[appointment.pk] if appointment else []):
            found.append(Conflict("too_many", rules))
    return found


def check_bookable(
    offering: Offering,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    *,
    guest: Guest | None = None,
    appointment: Appointment | None = None,
    along: Sequence[Sequence[int]] = (),
    party: int = 1,
) -> None:
    """Raise ``NotBookable`` when the rules forbid the time, ``Taken`` when somebody has it."""
    check(conflicts(offering, practitioner, starts_at, guest=guest, appointment=appointment, along=along, party=party))
