"""What the demo district has published of its quarters, what its institutions reported of last year, and how far the
demo clinic is with its yearly report. All of it is invented, and made when everything else is written."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Count

from sarangbang.concierge.models import Interpreting, RequestSource, Ride, Survey
from sarangbang.directory.importing.columns import Row
from sarangbang.directory.models import Institution
from sarangbang.policy.models import CenterVisit
from sarangbang.policy.operations.actions import publish
from sarangbang.policy.operations.measures import treated_in
from sarangbang.policy.operations.windows import SEOUL, quarters_over, year_or_month
from sarangbang.policy.reporting.actions import complete, take_told
from sarangbang.policy.reporting.reading import DEPARTMENT, Told
from sarangbang.policy.reporting.rows import rows_of
from sarangbang.stays.models import Stay

from .town import Town

CODES = ("L700", "L989", "L810", "Z411", "L905")
"""Skin, for the demo clinic; they stand for themselves and say nothing of anybody."""
AT_DESK, ANSWERED = 0.06, 0.3
MOST = 900
WALK_IN_DAYS, MOST_WALK_INS = 365, 8
WALK_IN_LANGUAGES = (("ja", "zh-hans", "en", "ru", "th", "mn", "other"), (34, 24, 18, 8, 6, 5, 5))
WALK_IN_SUBJECTS = (CenterVisit.About.values, (40, 20, 15, 20, 5))
SILENT = 7
"""Every so-many-th institution has not reported; another one reported fewer than this platform knows."""


def make_reported(town: Town) -> None:
    _ask_guests(town)
    _walk_ins(town)
    first = town.moment - dt.timedelta(days=town.size.days_back)
    for number, window in enumerate(quarters_over(town.moment, 4)):
        if number == 0 or window.closes_at > first:
            publish(window, actor="system")
    take_told(_reports(town), source="데모 보고", actor="system")
    _complete_in_part(town)


def _ask_guests(town: Town) -> None:
    """Some requests came at the desk, and some guests have answered about the service."""
    jobs: tuple[type[Ride | Interpreting], ...] = (Ride, Interpreting)
    for model in jobs:
        guests_own = model._default_manager.filter(source=RequestSource.GUEST).order_by("pk")  # noqa: SLF001 (public)
        at_desk = [job for job in guests_own.values_list("pk", flat=True) if town.dice("desk", job).random() < AT_DESK]
        guests_own.filter(pk__in=at_desk[:MOST]).update(source=RequestSource.WALK_IN)
    if Survey.objects.exists():
        return
    left = Stay.objects.filter(leaves_on__lt=town.today, interpretings__status="finished").distinct()
    for stay in left.select_related("guest").order_by("pk")[:MOST]:
        dice = town.dice("survey", stay.pk)
        if dice.random() < ANSWERED and stay.leaves_on:
            marks = dice.choices((5, 4, 3, 2), (60, 28, 9, 3), k=3)
            at = dt.datetime.combine(stay.leaves_on, dt.time(12), tzinfo=SEOUL)
            Survey.objects.create(
                stay=stay, language=stay.guest.language, asked_at=at, answered_at=min(at, town.moment),
                reception=marks[0], interpreter=marks[1], overall=marks[2],
            )  # fmt: skip


def _walk_ins(town: Town) -> None:
    """A few people a day who just came to the center."""
    rows = []
    for back in range(min(town.size.days_back, WALK_IN_DAYS), -1, -1):
        day = town.today - dt.timedelta(days=back)
        dice = town.dice("walk-ins", day)
        for _visitor in range(dice.randrange(MOST_WALK_INS)):
            at = dt.datetime.combine(day, dt.time(dice.randrange(10, 18), dice.randrange(60)), tzinfo=SEOUL)
            if at < town.moment:
                rows.append(
                    CenterVisit(
                        key=UUID(int=dice.getrandbits(128), version=4), came_at=at,
                        language=dice.choices(*WALK_IN_LANGUAGES)[0],
                        about=dice.choices(*WALK_IN_SUBJECTS)[0], recorded_by=f"user:{town.users['coordinator'].pk}",
                    )
                )  # fmt: skip
    CenterVisit.objects.bulk_create(rows, batch_size=1000)


def _reports(town: Town) -> list[Told]:
    """Most institutions report more patients than came over this platform, in the same departments."""
    year = town.moment.astimezone(SEOUL).year - 1
    many: dict[UUID, dict[str, int]] = {}
    rows = treated_in(year_or_month(year, None, town.moment)).values_list(
        "institution_id", "offering__department__slug"
    )
    for institution, department, guests in rows.annotate(guests=Count("guest", distinct=True)).order_by(
        "institution_id", "offering__department__slug"
    ):
        many.setdefault(institution, {})[department] = guests
    found = Institution.objects.filter(pk__in=many).order_by("slug")
    reports = []
    for number, institution in enumerate(found):
        if number % SILENT == 3:
            continue
        dice = town.dice("reported", institution.slug)
        more = 0 if number % SILENT == 1 else dice.randrange(5, 60)
        rooms = {department: max(1, guests + more) for department, guests in many[institution.pk].items()}
        if number % SILENT == 5:
            rooms = {department: max(1, guests - 1) for department, guests in many[institution.pk].items()}
        told = Told(institution, year, Row(0, [], {}, []), patients=sum(rooms.values()))
        told.counts = {(DEPARTMENT, department): guests for department, guests in rooms.items()}
        reports.append(told)
    return reports


def _complete_in_part(town: Town) -> None:
    """The demo clinic has completed most rows of this year, and left some to be done."""
    if town.clinic_id is None:
        return
    clinic = Institution.objects.get(pk=town.clinic_id)
    year = town.moment.astimezone(SEOUL).year
    told = {
        row: {"inpatient_days": 0, "main_disease": CODES[number % len(CODES)]}
        for number, row in enumerate(rows_of(clinic, year, town.moment))
        if number % 3 and row.part == "on_site"
    }
    complete(clinic, year, told, actor=f"user:{town.users['clinic'].pk}")
