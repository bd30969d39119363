"""Reads of the shelf of figures."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from sarangbang.directory.models import Department

from .models import Figure, RippleRun
from .records import Record


def every_figure() -> list[Figure]:
    """All revisions of all figures, the earlier before the later."""
    return list(Figure.objects.order_by("revision", "code"))


def every_record() -> list[Record]:
    """All revisions of all figures."""
    return [figure.record() for figure in every_figure()]


def by_name(figures: Iterable[Figure]) -> dict[str, Figure]:
    """Figures by the names that relations use: the code for the last revision, ``code@revision`` for each."""
    named: dict[str, Figure] = {}
    for figure in figures:
        named[figure.code] = named[f"{figure.code}@{figure.revision}"] = figure
    return named


def chosen(*, measure: str, place: str, year: int | None) -> QuerySet[Figure]:
    """Figures in force of a measure, a place and a year; what is left open does not narrow down."""
    found = in_force().order_by("measure", "geography", "-period", "group", "category", "series", "code")
    if measure:
        found = found.filter(measure=measure)
    if place:
        found = found.filter(geography=place)
    if year:
        found = found.filter(period__contains=str(year))
    return found


def in_force() -> QuerySet[Figure]:
    """The last revision of every figure."""
    return Figure.objects.filter(superseded_by__isnull=True)


def revisions(code: str) -> list[Figure]:
    """All revisions of a figure, the first first; empty for an unknown code."""
    return list(Figure.objects.filter(code=code).order_by("revision"))


def figures_by_code(codes: Iterable[str]) -> dict[str, Figure]:
    """The figures in force of these codes; an unknown one is left out."""
    return {figure.code: figure for figure in in_force().filter(code__in=set(codes))}


def changes(limit: int) -> list[Figure]:
    """The revisions that were kept last, the newest first."""
    return list(Figure.objects.select_related("supersedes").order_by("-recorded_at", "-pk")[:limit])


def department_names() -> dict[str, str]:
    """Names of departments by slug, in the reader's language."""
    return {department.slug: department.name for department in Department.objects.all()}


def runs() -> QuerySet[RippleRun]:
    return RippleRun.objects.all()


def run(number: int) -> RippleRun | None:
    return RippleRun.objects.filter(number=number).first()


def run_of(inputs_hash: str) -> RippleRun | None:
    """The run with exactly these inputs."""
    return RippleRun.objects.filter(inputs_hash=inputs_hash).first()


def first_run() -> RippleRun | None:
    """The run that stands for the district's own spending."""
    return RippleRun.objects.order_by("number").first()
