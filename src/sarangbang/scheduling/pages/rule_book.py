"""The pages of booking rules, put together: what holds and who says so. What a change would do: ``rule_preview``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Institution, Offering
from sarangbang.scheduling import reminding
from sarangbang.scheduling.diary import offerings_at
from sarangbang.scheduling.models import BookingRule, PathwayStep, ReminderRule, Requirement, Resource
from sarangbang.scheduling.rule_forms import LABELS
from sarangbang.scheduling.rules import HOUSE
from sarangbang.scheduling.ruling import FIELDS
from sarangbang.scheduling.waiting.queries import ANSWER, STOP
from sarangbang.ui import locales

DAY = 24 * 60
"""Minutes."""

OTHERWISE: dict[str, Any] = {
    "notice_minutes": int(HOUSE.notice.total_seconds()) // 60,
    "horizon_days": HOUSE.horizon.days,
    "cut_off_minutes": int(HOUSE.cut_off.total_seconds()) // 60,
    "step_minutes": HOUSE.step_minutes,
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 0,
    "open_per_person": None,
    "per_day": None,
    "remote": False,
    "waiting_to_all": False,
    "waiting_answer_minutes": int(ANSWER.total_seconds()) // 60,
    "waiting_stop_minutes": int(STOP.total_seconds()) // 60,
}
"""What holds where no row says anything."""

SOURCES: tuple[Lazy, Lazy, Lazy] = (_("this treatment"), _("the institution"), _("the district"))


def said_value(name: str, value: Any) -> str:
    """A value of a rule in the reader's language."""
    code = get_language() or "en"
    if value is None:
        return gettext("no limit")
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if name == "horizon_days":
        return locales.duration(value * DAY, code)
    if name.endswith("_minutes"):
        return locales.duration(value, code) if value else gettext("none")
    return locales.number(value, code)


@dataclass(frozen=True, slots=True)
class Line:
    """One rule: what it is called, what holds, and who says so ("" when nobody does)."""

    name: str
    label: str
    value: str
    source: str


@dataclass(frozen=True)
class Ruled:
    """An institution or one of its offerings, with the rows that hold there, the narrowest first."""

    target: Institution | Offering
    rows: tuple[BookingRule | None, ...]

    @classmethod
    def of(cls, target: Institution | Offering) -> Ruled:
        institution = target.institution_id if isinstance(target, Offering) else target.pk
        house = Q(institution__isnull=True, offering__isnull=True)
        found = BookingRule.objects.filter(
            Q(institution=institution)
            | house
            | (Q(offering=target.pk) if isinstance(target, Offering) else Q(pk__in=[]))
        )
        rows = {
            (row.offering_id is None) + (row.offering_id is None and row.institution_id is None): row for row in found
        }
        first = 0 if isinstance(target, Offering) else 1
        return cls(target, tuple(rows.get(place) for place in range(first, 3)))

    @property
    def own(self) -> BookingRule | None:
        return self.rows[0]

    def value(self, name: str, rows: Sequence[BookingRule | None] | None = None) -> Any:
        """What holds by these rows, or by all."""
        for row in self.rows if rows is None else rows:
            if row is not None and getattr(row, name) is not None:
                return getattr(row, name)
        return OTHERWISE[name]

    @property
    def wider(self) -> dict[str, str]:
        """What would hold if nothing were said here."""
        return {name: said_value(name, self.value(name, self.rows[1:])) for name in FIELDS}

    @property
    def lines(self) -> list[Line]:
        names = SOURCES[3 - len(self.rows) :]
        lines = []
        for name in FIELDS:
            says = next((str(who) for who, row in zip(names, self.rows, strict=True) if _says(row, name)), "")
            lines.append(Line(name, str(LABELS[name]), said_value(name, self.value(name)), says))
        return lines

    def with_values(self, values: Mapping[str, Any]) -> Ruled:
        """As it would be with these values; nothing is saved."""
        row = BookingRule(**{name: values.get(name) for name in FIELDS})
        if isinstance(self.target, Offering):
            row.offering = self.target
        else:
            row.institution = self.target
        return Ruled(self.target, (row, *self.rows[1:]))


def _says(row: BookingRule | None, name: str) -> bool:
    return row is not None and getattr(row, name) is not None


def reminders_of(offering: Offering) -> tuple[list[int], list[int]]:
    """Minutes before a visit: the offering's own, and those that hold where it has none."""
    rows = ReminderRule.objects.filter(Q(offering=offering) | Q(offering__isnull=True))
    found = list(rows.values_list("offering", "minutes_before"))
    own = sorted((minutes for of, minutes in found if of is not None), reverse=True)
    house = [minutes for of, minutes in found if of is None] or list(reminding.HOUSE)
    return own, sorted(house, reverse=True)


def said_lengths(minutes: Iterable[int]) -> str:
    """Lengths of time in one line."""
    code = get_language() or "en"
    return locales.listed(code, *(locales.duration(each, code) for each in minutes))


@dataclass(frozen=True, slots=True)
class OfferingRow:
    """One offering in the list: whether it has rules and reminders of its own, how many visits it takes, what one
    needs."""

    offering: Offering
    has_rules: bool
    visits: int
    needs: list[str]
    has_reminders: bool


def rows_of(house: Institution) -> list[OfferingRow]:
    """What an institution offers, with its rules, in a constant number of queries."""
    offerings = list(offerings_at([house]))
    own = set(BookingRule.objects.filter(offering__in=offerings).values_list("offering", flat=True))
    steps = Counter(PathwayStep.objects.filter(offering__in=offerings).values_list("offering", flat=True))
    reminded = set(ReminderRule.objects.filter(offering__in=offerings).values_list("offering", flat=True))
    needs: dict[int, list[str]] = defaultdict(list)
    for offering, name in Requirement.objects.filter(offering__in=offerings).values_list("offering", "name"):
        needs[offering].append(name)
    return [
        OfferingRow(each, each.pk in own, steps[each.pk] or 1, needs[each.pk], each.pk in reminded)
        for each in offerings
    ]


def needs_of(offering: Offering) -> list[Requirement]:
    """What visits to an offering need, with the rooms and devices."""
    return list(offering.requirements.prefetch_related("resources").order_by("name", "pk"))


def rooms_of(institution_id: UUID) -> list[Resource]:
    """Rooms, devices and sessions of an institution."""
    return list(Resource.objects.filter(institution=institution_id, practitioner=None).order_by("label", "pk"))
