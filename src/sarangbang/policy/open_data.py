"""The shelf as open data: CSV, JSON, a Frictionless Data Package, and a feed of changes. The same in every language."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable
from typing import Any

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
from .importing import shipped_relations
from .models import Figure
from .operations import open_tables
from .records import report_of
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
    ("published", "date", "When the source was published"),
    ("quote", "string", "The words of the source"),
    ("note", "string", "A remark"),
    ("disputed", "boolean", "Contradicted by another figure; enters no sum"),
    ("reason", "string", "Why it was revised"),
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
        cells = ({True: "true", False: "false", None: ""}.get(row[name], row[name]) for name in NAMES)
        # A number below zero begins like a formula and is none.
        writer.writerow([cell if name in NUMBERS else harmless(cell) for name, cell in zip(NAMES, cells, strict=True)])
    return file.getvalue()


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


def checks_json() -> str:
    """What holds, what is off, what contradicts what: the same as on the command line."""
    records = shelf.every_record()
    report = report_of(records, shipped_relations(records))
    return json.dumps(telling.report_data(report, records), ensure_ascii=False, indent=1)


def package_json() -> str:
    """The description of the tables that programs read (Frictionless Data Package, version 1)."""
    package = {
        "profile": "tabular-data-package",
        "name": "foreign-patients-figures",
        "title": "Figures of foreign patients, with sources and revisions",
        "licenses": [LICENCE],
        "resources": [
            _resource("figures", figures_csv(), FIELDS, ["code", "revision"]),
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
        "schema": {"fields": described, "primaryKey": key},
    }


FILES: dict[str, tuple[Callable[[], str], str]] = {
    "figures.csv": (figures_csv, "text/csv; charset=utf-8"),
    "figures.json": (figures_json, "application/json"),
    "operations.csv": (open_tables.as_csv, "text/csv; charset=utf-8"),
    "operations.json": (lambda: open_tables.as_json(LICENCE), "application/json"),
    "awards.csv": (award_data.awards_csv, "text/csv; charset=utf-8"),
    "awards.json": (lambda: award_data.awards_json(LICENCE), "application/json"),
    "checks.json": (checks_json, "application/json"),
    "datapackage.json": (package_json, "application/json"),
}


def _file(name: str) -> HttpResponse:
    make, kind = FILES[name]
    answer = HttpResponse(make(), content_type=kind)
    answer["Access-Control-Allow-Origin"] = "*"  # open data may be read by pages of anybody
    return answer


@require_GET
def as_csv(request: HttpRequest) -> HttpResponse:
    return _file("figures.csv")


@require_GET
def as_json(request: HttpRequest) -> HttpResponse:
    return _file("figures.json")


@require_GET
def as_operations_csv(request: HttpRequest) -> HttpResponse:
    return _file("operations.csv")


@require_GET
def as_operations_json(request: HttpRequest) -> HttpResponse:
    return _file("operations.json")


@require_GET
def as_checks(request: HttpRequest) -> HttpResponse:
    return _file("checks.json")


@require_GET
def as_awards_csv(request: HttpRequest) -> HttpResponse:
    return _file("awards.csv")


@require_GET
def as_awards_json(request: HttpRequest) -> HttpResponse:
    return _file("awards.json")


@require_GET
def as_package(request: HttpRequest) -> HttpResponse:
    return _file("datapackage.json")


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
        "embed": request.build_absolute_uri(reverse("figures:embed", args=["years"])),
        "address": request.build_absolute_uri(address),
    }
    return render(request, "policy/data.html", context)


@require_GET
def changes(request: HttpRequest) -> HttpResponse:
    """Atom: every figure that was added or revised, the newest first."""
    feed = Atom1Feed(
        title=_("Foreign patients in Gangnam: the figures"),
        link=request.build_absolute_uri(reverse("figures:overview")),
        description="",
        language=translation.get_language(),
        feed_url=request.build_absolute_uri(),
    )
    departments = shelf.department_names()
    for figure in shelf.changes(FEED_LENGTH):
        shown = presenting.shown(figure, departments)
        before = figure.supersedes
        told = f"{shown.value}" + (f" ({presenting.amount(before.record().value, before.unit)})" if before else "")
        feed.add_item(
            title=f"{shown.label}: {told}",
            link=request.build_absolute_uri(shown.url),
            description=figure.reason or figure.note,
            unique_id=f"{request.build_absolute_uri(shown.url)}#{figure.revision}",
            pubdate=figure.recorded_at,
            updateddate=figure.recorded_at,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
