"""The verbs of booking rules: notice, horizon, limits, what a visit needs, its pathway, its reminders, seats of rooms.

Nothing that is booked is cancelled by a rule: it holds for what is booked from then on. Whose rules somebody may change
is asked before (``pages.rule_book``). Every verb writes what was and what is into the audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Institution, Offering
from sarangbang.people.actions import audit

from . import reminders
from .models import Appointment, BookingRule, PathwayStep, ReminderRule, Requirement, Reservation, Resource

FIELDS = (
    "notice_minutes", "horizon_days", "cut_off_minutes", "step_minutes", "buffer_before_minutes",
    "buffer_after_minutes", "open_per_person", "per_day", "remote", "waiting_to_all", "waiting_answer_minutes",
    "waiting_stop_minutes",
)  # fmt: skip
STEP_FIELDS = ("kind", "visit_minutes", "days_after_low", "days_after_high", "same_practitioner")
MOST_STEPS = 10


class UnfitRule(Exception):
    """What was asked contradicts what is there. ``code`` is stable, ``reason`` for the reader."""

    REASONS: dict[str, Lazy | str] = {
        "booked": _("This visit has been booked already and stays. Its length and days can still be changed."),
        "name": _("There is another need with this name."),
        "many": _("A treatment takes no more than ten visits."),
        "seats": _("So many are booked at one time already that these seats are too few."),
    }

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code, self.reason = code, self.REASONS[code]


@transaction.atomic
def change_rules(target: Institution | Offering, values: Mapping[str, Any], *, actor: str) -> BookingRule:
    """The rules of an institution or of one of its offerings, by ``FIELDS``; None asks the wider rule."""
    key: dict[str, Any] = {"offering" if isinstance(target, Offering) else "institution": target}
    rule, _made = BookingRule.objects.select_for_update().get_or_create(**key)
    changed = {}
    for name in FIELDS:
        before, after = getattr(rule, name), values.get(name)
        if before != after:
            changed[name] = [before, after]
            setattr(rule, name, after)
    if changed:
        rule.save(update_fields=list(changed))
        audit(actor, "change_rules", rule, **changed)
    return rule


def _lock(offering: Offering) -> None:
    """Of two who change the needs or visits of one offering at once the second waits here."""
    list(Offering.objects.select_for_update(no_key=True).filter(pk=offering.pk).values_list("pk"))


@transaction.atomic
def save_need(
    offering: Offering, name: str, resources: Iterable[Resource], *, actor: str, need: Requirement | None = None
) -> Requirement:
    """That a visit needs one of these rooms or devices; ``need`` is the one that changes. Raises ``UnfitRule``."""
    _lock(offering)
    same = Requirement.objects.filter(offering=offering, name=name)
    if (same if need is None else same.exclude(pk=need.pk)).exists():
        raise UnfitRule("name")
    saved = need or Requirement(offering=offering)
    saved.name = name
    saved.save()
    before = sorted(saved.resources.values_list("pk", flat=True))
    saved.resources.set(list(resources))
    after = sorted(saved.resources.values_list("pk", flat=True))
    audit(actor, "save_need", saved, offering=offering.pk, resources=[before, after])
    return saved


@transaction.atomic
def remove_need(need: Requirement, *, actor: str) -> None:
    """Visits no longer need this."""
    audit(actor, "remove_need", need, offering=need.offering_id, name=need.name)
    need.delete()


@transaction.atomic
def save_step(
    offering: Offering, values: Mapping[str, Any], *, actor: str, step: PathwayStep | None = None
) -> PathwayStep:
    """One visit of a treatment that takes several: changed, or one more at the end. Raises ``UnfitRule``."""
    _lock(offering)
    if step is None:
        position = PathwayStep.objects.filter(offering=offering).count()
        if position >= MOST_STEPS:
            raise UnfitRule("many")
        step = PathwayStep(offering=offering, position=position)
    before = {name: getattr(step, name) for name in STEP_FIELDS if step.pk}
    for name in STEP_FIELDS:
        setattr(step, name, values[name])
    step.save()
    after = {name: getattr(step, name) for name in STEP_FIELDS}
    audit(actor, "save_step", step, offering=offering.pk, before=before, after=after)
    return step


@transaction.atomic
def remove_step(step: PathwayStep, *, actor: str) -> None:
    """A treatment takes one visit less; those after it move up. Raises ``UnfitRule`` for one that was ever booked."""
    _lock(step.offering)
    if Appointment.objects.filter(step=step).exists():
        raise UnfitRule("booked")
    audit(actor, "remove_step", step, offering=step.offering_id, position=step.position)
    later = list(PathwayStep.objects.filter(offering=step.offering, position__gt=step.position).order_by("position"))
    step.delete()
    for each in later:  # in this order no two ever have one position
        each.position -= 1
        each.save(update_fields=["position"])


@transaction.atomic
def save_reminders(offering: Offering, minutes: Iterable[int], *, actor: str) -> None:
    """When guests are reminded of visits to this offering; none: as the house does. What is booked is planned anew,
    what was sent stays sent."""
    _lock(offering)
    rules = ReminderRule.objects.filter(offering=offering)
    before, after = sorted(rules.values_list("minutes_before", flat=True)), sorted(set(minutes))
    if before == after:
        return
    rules.exclude(minutes_before__in=after).delete()
    ReminderRule.objects.bulk_create(
        ReminderRule(offering=offering, minutes_before=each) for each in after if each not in before
    )
    audit(actor, "save_reminders", offering, minutes=[before, after])
    booked = Appointment.objects.filter(
        offering=offering, guest__isnull=False, reservation__status=Reservation.Status.BOOKED,
        reservation__starts_at__gt=timezone.now(),
    )  # fmt: skip
    for appointment in booked.select_related("reservation", "guest"):
        reminders.plan(appointment, again=True)


@transaction.atomic
def change_room(room: Resource, label: str, seats: int, *, actor: str) -> None:
    """The name and the seats of a room, a device or a session. Raises ``UnfitRule`` for fewer seats than are taken at
    some time ahead: then one of those bookings has to move first."""
    locked = Resource.objects.select_for_update().get(pk=room.pk)
    if seats < locked.seats:
        ahead = locked.allocations.filter(is_active=True, ends_at__gt=timezone.now(), seat__gte=seats)
        taken = locked.allocations.filter(is_active=True, ends_at__gt=timezone.now())
        if ahead.exists() or _most_at_once(taken.values_list("starts_at", "ends_at")) > seats:
            raise UnfitRule("seats")
    audit(actor, "change_room", room, seats=[locked.seats, seats], label=[locked.label, label])
    locked.label, locked.seats = label, seats
    locked.save(update_fields=["label", "seats"])


def _most_at_once(spans: Iterable[tuple[Any, Any]]) -> int:
    """How many of these overlap at most; one that ends when another begins does not meet it."""
    edges = sorted((moment, change) for start, end in spans for moment, change in ((start, 1), (end, -1)))
    most = now = 0
    for _moment, change in edges:
        now += change
        most = max(most, now)
    return most
