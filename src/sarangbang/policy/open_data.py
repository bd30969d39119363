"""The shelf as open data: CSV, JSON, a Frictionless Data Package, and a feed of changes. The same in every language."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sarangbang.ui.spreadsheets import harmless

from . import presenting, shelf, telling
from .awards import data as award_data
from .awards.ledger import recorded as recorded_awards
from .checking import Report
from .importing import shipped_relations
from .models import Figure
from .operations import open_tables
from .operations.publishing import every_quarter
from .reading_figures import NOT_GIVEN
from .records import Record, report_of
from .vocabulary import MEASURES

LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
FEED_LENGTH = 50
FIELDS: tuple[tuple[str, str, str], ...] = (
    ("code", "string", "Stable name of the figure"),
    ("revision", "integer", "1 for the first value; a later one replaces the one before and overwrites nothing"),
    ("in_force", "boolean", "Whether this is the last revision"),
    ("measure", "string", "What is counted; see measures in figures.json"),
    ("value", "number", "The number as it was published"),
    ("unit", "string", "persons, percent, krw_bn (billion won) …"),
    ("qualifier", "string", "How it was said: exact, about, at_least, at_most, nearly, range"),
    ("rounded_to", "number", "The step to which it was rounded"),
    ("period", "string", "ISO 8601: a year, a month, or from one to another"),
    ("geography", "string", "The place"),
    ("group", "string", "By what the figure is split, as nationality"),
    ("category", "string", "Which one of the group; countries as ISO 3166-1 alpha-2"),
    ("series", "string", "Who counted"),
    ("status", "string", "official, provisional, estimate, claim, target"),
    ("sureness", "string", "verified, rounded, derived, remembered, seed"),
    ("definition", "string", "What exactly is counted, where it differs from the measure"),
    ("source", "string", "Where it was read"),
    ("published", "date", "When the source was published; “not given” (in JSON null) where it does not say"),
    ("quote", "string", "The words of the source"),
    ("note", "string", "A remark"),
    ("disputed", "boolean", "Contradicted by another figure; enters no sum"),
    ("reason", "string", "Why it was revised"),
)
CHECK_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("relation", "string", "Stable name of the relation"),
    ("kind", "string", "sum, share, ratio, growth, product, bound, equality"),
    ("formula", "string", "What is said to follow from what, by codes of figures"),
    ("verdict", "string", "holds, off, contradicts, disputed, implied (what is missing follows), unknown"),
    ("published", "number", "The result as it was published; empty where it was not"),
    ("computed", "number", "What the terms make; empty where a disputed figure would enter a sum"),
    ("computed_low", "number", "The least that the terms make, as they were rounded"),
    ("computed_high", "number", "The most"),
    ("difference", "number", "Computed less published"),
    ("difference_percent", "number", "The same in percent of what was published"),
    ("gap", "number", "How much is left when both are as near as their rounding allows; 0 when the relation holds"),
    ("missing", "string", "Figures that are not given"),
    ("disputed", "string", "Figures of it that are disputed"),
    ("says", "string", "A remark"),
)
NAMES = tuple(name for name, _type, _meaning in FIELDS)
NUMBERS = {name for name, kind, _meaning in FIELDS if kind in ("number", "integer")}


def _row(figure: Figure, in_force: bool) -> dict[str, Any]:
    record = figure.record()
    row = {name: getattr(record, name) for name in NAMES if name != "in_force"}
    row.update(
        in_force=in_force,
        value=f"{record.value:f}",
        rounded_to=f"{record.rounded_to.normalize():f}",
        published=record.published.isoformat() if record.published else None,
    )
    return {name: row[name] for name in NAMES}


def _rows() -> list[dict[str, Any]]:
    figures = shelf.every_figure()
    last = {figure.code: figure.pk for figure in figures}
    rows = [_row(figure, last[figure.code] == figure.pk) for figure in figures]
    return sorted(rows, key=lambda row: (row["code"], row["revision"]))


def figures_csv() -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(NAMES)
    for row in _rows():
        # A number below zero begins like a formula and is none.
        row["published"] = row["published"] or NOT_GIVEN
        writer.writerow([row[name] if name in NUMBERS else harmless(_cell(row[name])) for name in NAMES])
    return file.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def figures_json() -> str:
    with translation.override("en"):
        measures = {
            code: {"name": str(measure.name), "definition": str(measure.definition), "unit": measure.unit}
            for code, measure in MEASURES.items()
        }
    data = {"licence": LICENCE, "measures": measures, "fields": dict(_meanings()), "figures": _rows()}
    return json.dumps(data, ensure_ascii=False, indent=1)


def _meanings() -> Iterable[tuple[str, str]]:
    return ((name, meaning) for name, _type, meaning in FIELDS)


def _checked() -> tuple[Report, list[Record]]:
    records = shelf.every_record()
    return report_of(records, shipped_relations(records)), records


def checks_json() -> str:
    """What holds, what is off, what contradicts what: the same as on the command line."""
    return json.dumps(telling.report_data(*_checked()), ensure_ascii=False, indent=1)


def checks_csv() -> str:
    """The same as a table, a row a relation."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(name for name, _type, _meaning in CHECK_FIELDS)
    report, _records = _checked()
    found = sorted(map(telling.finding_data, report.findings), key=lambda row: row["relation"])
    for row in found:
        computed = row["computed"] or {}
        row |= {
            "computed": computed.get("value"),
            "computed_low": computed.get("low"),
            "computed_high": computed.get("high"),
            "missing": "; ".join(row["missing"]),
            "disputed": "; ".join(row["disputed"]),
        }
        writer.writerow(row[name] if kind == "number" else harmless(row[name]) for name, kind, _meaning in CHECK_FIELDS)
    return file.getvalue()


def package_json() -> str:
    """The description of the tables that programs read (Frictionless Data Package, version 1)."""
    package = {
        "profile": "tabular-data-package",
        "name": "foreign-patients-figures",
        "title": "Figures of foreign patients, with sources and revisions",
        "licenses": [LICENCE],
        "resources": [
            _resource("figures", figures_csv(), FIELDS, ["code", "revision"]),
            _resource("checks", checks_csv(), CHECK_FIELDS, ["relation"]),
            _resource("awards", award_data.awards_csv(), award_data.FIELDS, ["code"]),
            _resource("operations", open_tables.as_csv(), open_tables.FIELDS, list(open_tables.KEY)),
        ],
    }
    return json.dumps(package, ensure_ascii=False, indent=1)


def _resource(name: str, text: str, fields: Iterable[tuple[str, str, str]], key: list[str]) -> dict[str, Any]:
    content = text.encode()
    described = [{"name": column, "type": kind, "description": meaning} for column, kind, meaning in fields]
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "path": f"{name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": {"fields": described, "primaryKey": key, "missingValues": ["", NOT_GIVEN]},
    }


FILES: dict[str, tuple[Callable[[], str], str]] = {
    "figures.csv": (figures_csv, "text/csv; charset=utf-8"),
    "figures.json": (figures_json, "application/json"),
    "operations.csv": (open_tables.as_csv, "text/csv; charset=utf-8"),
    "operations.json": (lambda: open_tables.as_json(LICENCE), "application/json"),
    "awards.csv": (award_data.awards_csv, "text/csv; charset=utf-8"),
    "awards.json": (lambda: award_data.awards_json(LICENCE), "application/json"),
    "checks.csv": (checks_csv, "text/csv; charset=utf-8"),
    "checks.json": (checks_json, "application/json"),
    "datapackage.json": (package_json, "application/json"),
}


@require_GET
def file(request: HttpRequest, name: str) -> HttpResponse:
    """One of ``FILES``."""
    make, kind = FILES[name]
    answer = HttpResponse(make(), content_type=kind)
    answer["Access-Control-Allow-Origin"] = "*"  # open data may be read by pages of anybody
    return answer


@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """What there is to fetch, and under which licence."""
    with translation.override("en"):
        address = reverse("figures:data")
    context = {
        "licence": LICENCE,
        "fields": FIELDS,
        "operations_fields": open_tables.FIELDS,
        "award_fields": award_data.FIELDS,
        "check_fields": CHECK_FIELDS,
        "embed": (
            f'<iframe src="{request.build_absolute_uri(reverse("figures:embed", args=["years"]))}" width="760" '
            f'height="460" title="{_("Foreign patients in Gangnam by year")}"></iframe>'
        ),
        "address": request.build_absolute_uri(address),
    }
    return render(request, "policy/data.html", context)


@dataclass(frozen=True, slots=True)
class _Change:
    at: dt.datetime
    title: str
    path: str
    mark: str
    said: str = ""


def _figure_changes() -> Iterator[_Change]:
    departments = shelf.department_names()
    for figure in shelf.changes(FEED_LENGTH):
        shown = presenting.shown(figure, departments)
        before = figure.supersedes
        told = f"{shown.value}" + (f" ({presenting.amount(before.record().value, before.unit)})" if before else "")
        said = figure.reason or figure.note
        yield _Change(figure.recorded_at, f"{shown.label}: {told}", shown.url, str(figure.revision), said)


def _other_changes() -> Iterator[_Change]:
    address = reverse("figures:operations")
    for quarter in every_quarter()[:FEED_LENGTH]:
        title = f"{_('From operations')}: {presenting.period(quarter.period)}"
        yield _Change(quarter.published_at, title, f"{address}?period={quote(quarter.period)}", "published")
    for entry in recorded_awards(FEED_LENGTH):
        title = f"{_('Awards')}: {entry.title}, {entry.giver}"
        mark = f"{entry.award.code}-{entry.number}"
        yield _Change(entry.recorded_at, title, reverse("figures:awards"), mark, entry.reason)


@require_GET
def changes(request: HttpRequest) -> HttpResponse:
    """Atom: every figure that was added or revised, every quarter that was published, every award that was received or
    corrected; the newest first."""
    feed = Atom1Feed(
        title=_("Foreign patients in Gangnam: the figures"),
        link=request.build_absolute_uri(reverse("figures:overview")),
        description="",
        language=translation.get_language(),
        author_name=_("Medical Gangnam"),
        feed_url=request.build_absolute_uri(),
    )
    found = sorted([*_figure_changes(), *_other_changes()], key=lambda one: one.at, reverse=True)
    for one in found[:FEED_LENGTH]:
        link = request.build_absolute_uri(one.path)
        feed.add_item(
            title=one.title, link=link, description=one.said, unique_id=f"{link}#{one.mark}", pubdate=one.at,
            updateddate=one.at,
        )  # fmt: skip
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
