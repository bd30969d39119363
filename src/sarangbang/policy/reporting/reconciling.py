"""Three counts of the same: this platform, what institutions reported, what was published. Where they differ, by how
much, and what that means.

They need not be equal: many guests come without this platform, and an institution may report later. What cannot be is
that the platform knows more patients than an institution reported.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from sarangbang.directory.models import Institution
from sarangbang.policy.models import Figure, InstitutionReport, ReportedCount
from sarangbang.policy.operations.measures import treated_in
from sarangbang.policy.operations.windows import MONTHS, Window
from sarangbang.policy.overview import COUNTS, HOME
from sarangbang.policy.shelf import in_force

AGREES, PLATFORM_MORE, REPORTED_MORE, NOT_REPORTED, NOT_HERE = (
    "agrees", "platform_more", "reported_more", "not_reported", "not_here",
)  # fmt: skip
PUBLISHED_MORE, PUBLISHED_LESS, NOT_PUBLISHED = "published_more", "published_less", "not_published"
STATES = (PLATFORM_MORE, NOT_REPORTED, REPORTED_MORE, NOT_HERE, AGREES)
"""Between platform and report, in the order in which somebody should look."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing counted three ways; None is "nobody has counted it"."""

    code: str
    name: str
    platform: int
    reported: int | None = None
    published: int | None = None

    @property
    def gap(self) -> int | None:
        """Reported less platform."""
        return None if self.reported is None else self.reported - self.platform

    @property
    def gap_published(self) -> int | None:
        """Published less reported."""
        return None if self.published is None or self.reported is None else self.published - self.reported

    @property
    def state(self) -> str:
        """How platform and report stand to each other."""
        if self.reported is None:
            return NOT_REPORTED
        if self.platform == self.reported:
            return AGREES
        if self.platform > self.reported:
            return PLATFORM_MORE
        return REPORTED_MORE if self.platform else NOT_HERE

    @property
    def state_published(self) -> str:
        """How the published number stands to the reports."""
        if self.published is None or self.reported is None:
            return NOT_PUBLISHED if self.published is None else NOT_REPORTED
        if self.published == self.reported:
            return AGREES
        return PUBLISHED_MORE if self.published > self.reported else PUBLISHED_LESS


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A year. ``silent``: registered institutions of which neither platform nor reports know anything."""

    year: int
    district: Line
    departments: list[Line]
    institutions: list[Line]
    published: Figure | None
    silent: int


def reports_in_force(year: int) -> QuerySet[InstitutionReport]:
    """The last revision of every institution's report of a year."""
    return InstitutionReport.objects.filter(year=year, superseded_by__isnull=True)


def years_reported() -> list[int]:
    """Years of which there are reports, the latest first."""
    return list(InstitutionReport.objects.order_by("-year").values_list("year", flat=True).distinct())


def reconcile(
    year: int, now: dt.datetime, department_word: Callable[[str], str], name: Callable[[Institution], str]
) -> Reconciled:
    """All three counts of a Korean calendar year."""
    treated = treated_in(Window(year, 1, MONTHS, now))
    guests = Count("guest", distinct=True)
    reports = dict(reports_in_force(year).values_list("institution_id", "patients"))
    here: dict[UUID, int] = dict(treated.values_list("institution_id").annotate(guests=guests).order_by())
    rooms: dict[str, int] = dict(treated.values_list("offering__department__slug").annotate(guests=guests).order_by())
    told = _by_department(year)
    figure, published = _published(year), _published_departments(year)
    known = Institution.objects.filter(pk__in={*here, *reports})
    institutions = [Line(each.slug, name(each), here.get(each.pk, 0), reports.get(each.pk)) for each in known]
    departments = [
        Line(slug, department_word(slug), rooms.get(slug, 0), told.get(slug), published.get(slug))
        for slug in {*rooms, *told, *published}
    ]
    whole = treated.aggregate(guests=guests)["guests"]
    district = Line("", "", whole, sum(reports.values()) if reports else None, _whole(figure))
    registered = Institution.objects.filter(
        registrations__valid_from__lte=dt.date(year, 12, 31), registrations__valid_until__gte=dt.date(year, 1, 1)
    )
    return Reconciled(
        year=year,
        district=district,
        departments=sorted(departments, key=lambda line: (-(line.reported or 0), -line.platform, line.code)),
        institutions=in_order(institutions),
        published=figure,
        silent=registered.exclude(pk__in={*here, *reports}).distinct().count(),
    )


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Those somebody should look at before the others, the largest gaps first."""
    return sorted(lines, key=lambda line: (STATES.index(line.state), -abs(line.gap or line.platform), line.name))


def _by_department(year: int) -> dict[str, int]:
    counts = ReportedCount.objects.filter(report__in=reports_in_force(year), group=ReportedCount.Group.DEPARTMENT)
    return dict(counts.values_list("category").annotate(all=Sum("patients")).order_by())


def _whole(figure: Figure | None) -> int | None:
    return None if figure is None else int(figure.value)


def _published(year: int) -> Figure | None:
    """The district's published count of the year: of several, the office's own, before the ministry's."""
    found = in_force().filter(
        measure="patients", geography=HOME, period=str(year), group="", disputed=False, series__in=("", *COUNTS)
    )
    return min(found, key=lambda each: ((*COUNTS, "").index(each.series), each.code), default=None)


def _published_departments(year: int) -> dict[str, int]:
    """By department, where exactly one department was published."""
    found = in_force().filter(
        measure="patients_by_department", geography=HOME, period=str(year), group="department", disputed=False
    )
    counts: dict[str, list[int]] = defaultdict(list)
    for figure in found:
        counts[figure.category].append(int(figure.value))
    return {category: values[0] for category, values in counts.items() if len(set(values)) == 1}
