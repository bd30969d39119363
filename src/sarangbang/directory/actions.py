"""The verbs of the directory. What is imported from files goes through ``directory.importing``."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Any

from django.db import models, transaction

from .models import Department, PriceFact, Procedure, ProcedureTerm

DATA = Path(__file__).parent / "data"
LANGUAGES = ("ko", "en", "zh_hans", "ja", "ru", "mn", "es", "vi", "th", "ar")
WHOLE = ("visit_minutes", "days_in_korea_low", "days_in_korea_high", "rest_before_flying_days")


def source_hash(text: str) -> str:
    """The mark of an English text; a translation made from another one is stale."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@transaction.atomic
def load_reference() -> None:
    """Bring departments, procedures, their words and known prices to what ``data/`` says. Running it again changes
    nothing; what is no longer in the files stays."""
    departments = _load_departments()
    procedures = _load_procedures(departments)
    _load_terms(procedures)
    _load_price_facts(procedures)


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _written(row: models.Model, values: dict[str, Any]) -> bool:
    """Set what differs and save; returns whether anything did."""
    changed = row.pk is None
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    if changed:
        row.save()
    return changed


def _load_departments() -> dict[str, Department]:
    known = {department.slug: department for department in Department.objects.all()}
    for row in _rows("departments"):
        department = known.setdefault(row["slug"], Department(slug=row["slug"]))
        _written(
            department,
            {"code": row["code"]} | {f"name_{language}": row[language] for language in LANGUAGES},
        )
    return known


def _load_procedures(departments: dict[str, Department]) -> dict[str, Procedure]:
    known = {procedure.slug: procedure for procedure in Procedure.objects.prefetch_related("departments")}
    texts = _texts()
    for row in _rows("procedures"):
        belongs = [departments[slug] for slug in row["departments"].split("|")]
        procedure = known.setdefault(row["slug"], Procedure(slug=row["slug"]))
        values: dict[str, Any] = {name: int(row[name]) for name in WHOLE}
        values |= {f"name_{language}": row[language] for language in LANGUAGES}
        values |= {"main_department_id": belongs[0].pk, "planning_source": row["planning_source"]}
        values |= texts.get(row["slug"], {})
        is_new = procedure.pk is None
        _written(procedure, values)
        if is_new or {each.pk for each in procedure.departments.all()} != {each.pk for each in belongs}:
            procedure.departments.set(belongs)
    return known


def _texts() -> dict[str, dict[str, Any]]:
    """Summaries by procedure and field, with the marks of the English texts from which they were translated."""
    texts: dict[str, dict[str, Any]] = {}
    for row in _rows("procedure_texts"):
        language = row["language"].replace("-", "_")
        values = texts.setdefault(row["slug"], {"summary_sources": {}})
        values[f"summary_{language}"] = row["summary"]
        if language != "en":
            values["summary_sources"][language] = row["source_hash"]
    return texts


def _load_terms(procedures: dict[str, Procedure]) -> None:
    known = set(ProcedureTerm.objects.values_list("procedure_id", "language", "text"))
    wanted = {(procedures[row["slug"]].pk, row["language"], row["term"]): None for row in _rows("procedure_terms")}
    ProcedureTerm.objects.bulk_create(
        ProcedureTerm(procedure_id=procedure, language=language, text=text)
        for procedure, language, text in wanted
        if (procedure, language, text) not in known
    )


def _load_price_facts(procedures: dict[str, Procedure]) -> None:
    """Facts have no key of their own; those of a procedure are replaced when any of them differs."""
    fields = ("year", "amount_low", "amount_high", "basis", "source", "status")
    wanted: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in _rows("price_facts"):
        amounts = (int(row["year"]), int(row["amount_low"]), int(row["amount_high"]))
        wanted[procedures[row["procedure"]].pk].append((*amounts, row["basis"], row["source"], row["status"]))
    known: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for pk, *fact in PriceFact.objects.values_list("procedure_id", *fields):
        known[pk].append(tuple(fact))
    for pk, facts in wanted.items():
        if sorted(known[pk]) != sorted(facts):
            PriceFact.objects.filter(procedure_id=pk).delete()
            PriceFact.objects.bulk_create(
                PriceFact(procedure_id=pk, **dict(zip(fields, fact, strict=True))) for fact in facts
            )
