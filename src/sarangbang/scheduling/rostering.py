"""The verbs of rosters: hours, leave, closures, declared holidays, rooms, and visits that are kept although they no
longer fit.

The past is never rewritten: hours end by ``valid_until``, and what has begun can only end. Every verb locks the
resource, so that of two who change one roster the second sees what the first wrote. Whether somebody may change this
roster is asked before, see ``diary.seats_of``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Institution, Place
from sarangbang.people.actions import audit

from .actions import lock_present
from .availability import Hours
from .calendar import SEOUL
from .cases import ASKED
from .models import Appointment, Closure, DeclaredHoliday, Override, Resource, RosterException, WeeklyRule
from .producing import clash

LONGEST = dt.timedelta(days=400)
"""Leave and closures are not longer: somebody who is away for good has no hours."""


class Unfit(Exception):
    """What was asked contradicts the roster. ``reason`` is for the reader, ``code`` is stable, ``day`` the first day
    on which it shows, ``rule`` the hours and ``entry`` the leave, extra hours or closure that are in the way."""

    REASONS: dict[str, Lazy | str] = {
        "order": _("The end is before the beginning."),
        "empty": _("These hours would end when they begin."),
        "past": _("This lies in the past, which stays as it was."),
        "clash": _("These hours overlap others of the same person or room."),
        "double": _("This overlaps what is already entered."),
        "long": _("This is longer than a year. Somebody who is away for good has no hours: end them instead."),
        "ended": _("These hours have ended already."),
        "place": _("Extra hours need a place."),
        "nothing": _("Nothing would change."),
    }

    def __init__(
        self,
        code: str,
        *,
        rule: WeeklyRule | None = None,
        day: dt.date | None = None,
        entry: RosterException | Closure | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.rule, self.day, self.entry = code, rule, day, entry
        self.reason = self.REASONS[code]


def today() -> dt.date:
    return timezone.now().astimezone(SEOUL).date()


def hours_of(rule: WeeklyRule) -> Hours:
    """A rule as ``availability`` knows it."""
    return Hours(
        rule.weekday, rule.starts, rule.ends, rule.valid_from, rule.valid_until, rule.place.zone, rule.on_holidays,
        rule.every_weeks,
    )  # fmt: skip


def check_hours(resource: Resource, wanted: Sequence[Hours], *, instead_of: WeeklyRule | None = None) -> None:
    """Raise ``Unfit`` when these hours are in the past, wrong in themselves or overlap others, at whatever place:
    nobody is at two places. ``instead_of`` are hours that end where these begin."""
    standing = [
        rule for rule in resource.weekly_rules.select_related("place") if instead_of is None or rule.pk != instead_of.pk
    ]
    for number, hours in enumerate(wanted):
        if hours.starts == hours.ends:
            raise Unfit("empty")
        if hours.valid_until is not None and hours.valid_until < hours.valid_from:
            raise Unfit("order")
        if hours.valid_from < today():
            raise Unfit("past")
        for rule in standing:
            day = clash(hours, hours_of(rule))
            if day is not None:
                raise Unfit("clash", rule=rule, day=day)
        if any(clash(hours, other) for other in wanted[:number]):
            raise Unfit("clash")


def _lock(resource: Resource) -> Resource:
    return Resource.objects.select_for_update(no_key=True).get(pk=resource.pk)


@transaction.atomic
def add_hours(resource: Resource, place: Place, wanted: Sequence[Hours], *, actor: str) -> list[WeeklyRule]:
    """Weekly hours at a place. Raises ``Unfit``."""
    check_hours(_lock(resource), wanted)
    return [_add(resource, place, hours, actor) for hours in wanted]


def _add(resource: Resource, place: Place, hours: Hours, actor: str) -> WeeklyRule:
    rule = WeeklyRule.objects.create(
        resource=resource, place=place, weekday=hours.weekday, starts=hours.starts, ends=hours.ends,
        valid_from=hours.valid_from, valid_until=hours.valid_until, every_weeks=hours.every_weeks,
        on_holidays=hours.on_holidays,
    )  # fmt: skip
    audit(actor, "add_hours", rule, resource=resource.pk)
    return rule


@transaction.atomic
def change_hours(rule: WeeklyRule, place: Place, wanted: Sequence[Hours], *, actor: str) -> list[WeeklyRule]:
    """Other hours from the day on which they begin; the old ones end the day before. Raises ``Unfit``."""
    resource = _lock(rule.resource)
    rule.refresh_from_db()
    first = min(hours.valid_from for hours in wanted)
    if rule.valid_until is not None and rule.valid_until < first:
        raise Unfit("ended")
    check_hours(resource, wanted, instead_of=rule)
    _end(rule, first - dt.timedelta(days=1), actor)
    return [_add(resource, place, hours, actor) for hours in wanted]


@transaction.atomic
def end_hours(rule: WeeklyRule, last_day: dt.date, *, actor: str) -> None:
    """The hours apply for the last time on ``last_day`` at the latest. Raises ``Unfit`` for a day before yesterday."""
    _lock(rule.resource)
    rule.refresh_from_db()
    check_end(rule, last_day)
    _end(rule, last_day, actor)


def check_end(rule: WeeklyRule, last_day: dt.date) -> None:
    """Raise ``Unfit`` when hours cannot end on that day."""
    if rule.valid_until is not None and rule.valid_until < today():
        raise Unfit("ended")
    if last_day < today() - dt.timedelta(days=1):
        raise Unfit("past")
    if last_day == rule.valid_until:
        raise Unfit("nothing")
    if rule.valid_until is None or last_day < rule.valid_until:
        return
    others = [other for other in rule.resource.weekly_rules.select_related("place") if other.pk != rule.pk]
    longer = hours_of(rule)
    longer = Hours(
        longer.weekday, longer.starts, longer.ends, longer.valid_from, last_day, longer.zone, longer.on_holidays,
        longer.every_weeks,
    )  # fmt: skip
    for other in others:
        if (day := clash(longer, hours_of(other))) is not None:
            raise Unfit("clash", rule=other, day=day)


def _end(rule: WeeklyRule, last_day: dt.date, actor: str) -> None:
    if last_day < rule.valid_from:
        audit(actor, "withdraw_hours", rule, resource=rule.resource_id, valid_from=rule.valid_from.isoformat())
        rule.delete()  # it has never applied
        return
    rule.valid_until = last_day
    rule.save(update_fields=["valid_until"])
    audit(actor, "end_hours", rule, resource=rule.resource_id, valid_until=last_day.isoformat())


def check_span(starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    """Raise ``Unfit`` when leave or a closure is wrong in itself."""
    if starts_at >= ends_at:
        raise Unfit("order")
    if ends_at <= timezone.now():
        raise Unfit("past")
    if ends_at - starts_at > LONGEST:
        raise Unfit("long")


@transaction.atomic
def add_exception(
    resource: Resource,
    kind: str,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    *,
    actor: str,
    place: Place | None = None,
    reason: str = "",
) -> RosterException:
    """Leave, or extra hours at a place. Visits that no longer fit become open cases. Raises ``Unfit``."""
    check_exception(_lock(resource), kind, starts_at, ends_at, place)
    made = RosterException.objects.create(
        resource=resource, kind=kind, starts_at=starts_at, ends_at=ends_at, reason=reason,
        place=place if kind == RosterException.Kind.EXTRA else None,
    )  # fmt: skip
    audit(actor, f"add_{kind}", made, resource=resource.pk)
    return made


def check_exception(
    resource: Resource, kind: str, starts_at: dt.datetime, ends_at: dt.datetime, place: Place | None
) -> None:
    """Raise ``Unfit`` when leave or extra hours contradict what is entered."""
    check_span(starts_at, ends_at)
    if kind == RosterException.Kind.EXTRA and place is None:
        raise Unfit("place")
    # Leave in leave says nothing new; extra hours during leave contradict it.
    entry = (
        resource.roster_exceptions.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).order_by("starts_at").first()
    )
    if entry is not None:
        raise Unfit("double", entry=entry)


@transaction.atomic
def add_closure(place: Place, starts_at: dt.datetime, ends_at: dt.datetime, *, actor: str, reason: str = "") -> Closure:
    """Shut a place. Visits there become open cases. Raises ``Unfit``."""
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    check_closure(place, starts_at, ends_at)
    made = Closure.objects.create(place=place, starts_at=starts_at, ends_at=ends_at, reason=reason)
    audit(actor, "add_closure", made, place=place.pk)
    return made


def check_closure(place: Place, starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    """Raise ``Unfit`` when a closure contradicts what is entered."""
    check_span(starts_at, ends_at)
    entry = place.closures.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).order_by("starts_at").first()
    if entry is not None:
        raise Unfit("double", entry=entry)


@transaction.atomic
def declare_holiday(holiday: DeclaredHoliday, *, actor: str) -> None:
    """Save a public holiday that the government declared, new or corrected. Visits outside of the hours that are left
    become open cases."""
    # It may shut any institution, so it waits at each of them as a closure does, in one order.
    houses = Institution.objects.values("place")
    list(Place.objects.select_for_update(no_key=True).filter(pk__in=houses).order_by("pk").values_list("pk"))
    holiday.save()
    audit(actor, "declare_holiday", holiday, day=holiday.day.isoformat())


@transaction.atomic
def take_back(entry: RosterException | Closure, *, actor: str) -> None:
    """Take back leave, extra hours or a closure. What has begun ends now, what has ended stays. Raises ``Unfit``."""
    locked = type(entry).objects.select_for_update().filter(pk=entry.pk).first()
    now = timezone.now().replace(second=0, microsecond=0)
    if locked is None:
        return  # somebody else was quicker
    if locked.ends_at <= now:
        raise Unfit("past")
    if locked.starts_at < now:
        locked.ends_at = now
        locked.save(update_fields=["ends_at"])
        audit(actor, "end_entry", locked)
        return
    audit(actor, "take_back", locked, starts_at=locked.starts_at.isoformat(), ends_at=locked.ends_at.isoformat())
    locked.delete()


@transaction.atomic
def add_room(institution: Institution, kind: str, label: str, seats: int, *, actor: str) -> Resource:
    """A room, a device or a session that can be booked at an institution."""
    made = Resource.objects.create(institution=institution, kind=kind, label=label, seats=seats)
    audit(actor, "add_room", made, kind=kind)
    return made


@transaction.atomic
def keep_anyway(appointment: Appointment, rules: Iterable[str], reason: str, *, actor: str) -> None:
    """Keep a visit although it no longer fits, and write down why; it is no open case any more."""
    reservation = lock_present(appointment)
    Override.objects.bulk_create(
        Override(reservation=reservation, rule=rule, reason=reason, actor=actor) for rule in sorted(set(rules))
    )
    audit(actor, "keep_anyway", appointment, rules=sorted(set(rules)))


@transaction.atomic
def ask_guest(appointment: Appointment, *, actor: str) -> None:
    """Write down that the guest is being asked; the case stays open."""
    audit(actor, ASKED, appointment)
