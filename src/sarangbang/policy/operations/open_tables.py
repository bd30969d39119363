"""The published quarters as open data: one count a row, small counts hidden. The same in every language."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

from django.utils import translation

from sarangbang.ui.spreadsheets import harmless

from .publishing import cells, every_quarter

FIELDS: tuple[tuple[str, str, str], ...] = (
    ("period", "string", "The quarter, from its first to its last month: 2026-07/2026-09"),
    ("table", "string", "guests, visits, users, interpreters, pick-ups; see tables in operations.json"),
    (
        "row",
        "string",
        "Nationality (ISO 3166-1 alpha-2), language or terminal; others for those that are few, total for all of them",
    ),
    ("column", "string", "Department (others for those that are few), found or not_found, all; total for all of them"),
    ("count", "integer", "Empty when it is hidden"),
    ("hidden", "boolean", "A small count, or one from which a small count could be computed"),
    ("threshold", "integer", "Counts from 1 to below it are hidden"),
)
KEY = ("period", "table", "row", "column")


def as_csv() -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([name for name, _kind, _meaning in FIELDS])
    for quarter in every_quarter():
        for *key, count in cells(quarter):
            shown = ["" if count is None else count, "true" if count is None else "false", quarter.threshold]
            writer.writerow([*map(harmless, key), *shown])
    return file.getvalue()


def as_json(licence: Mapping[str, str]) -> str:
    """Every quarter with its rule, its tables (totals under the empty name) and the facts beside them."""
    from .public import TABLES

    with translation.override("en"):
        tables = {code: {"name": str(name), "definition": str(said)} for code, (name, said) in TABLES.items()}
    quarters = [
        {
            "period": quarter.period,
            "published": quarter.published_at.isoformat(),
            "threshold": quarter.threshold,
            "rule_source": quarter.rule_source,
            **quarter.tables,
        }
        for quarter in every_quarter()
    ]
    data = {"licence": dict(licence), "tables": tables, "fields": {name: said for name, _k, said in FIELDS}}
    return json.dumps({**data, "quarters": quarters}, ensure_ascii=False, indent=1)
