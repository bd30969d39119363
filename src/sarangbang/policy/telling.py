"""What checks and computations found, as lines for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from .checking import (
    BOUND,
    CONTRADICTS,
    DISPUTED,
    EQUALITY,
    GROWTH,
    IMPLIED,
    OFF,
    PRODUCT,
    RATIO,
    SHARE,
    SUM,
    VERDICTS,
    Disagreement,
    Estimate,
    Finding,
    Relation,
    Report,
)
from .reading_ripple import ROUNDING, MultiplierTable
from .records import Record
from .ripple import MEASURES, Economy, Effects

HEADINGS = {
    "holds": "Holds",
    "implied": "Follows from the others",
    "off": "Off",
    "contradicts": "Contradicts",
    "disputed": "Disputed: a trial only, enters no sum",
    "unknown": "Cannot be told",
}
DIGITS = 12


def _number(value: Decimal | None) -> float | int | None:
    """For JSON, which knows no infinity."""
    if value is None or not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else round(float(value), DIGITS)


def plain(value: Decimal | None) -> str:
    """A number with four decimals at most, thousands parted by commas."""
    if value is None:
        return "?"
    if not value.is_finite():
        return "∞" if value > 0 else "-∞"
    rounded = round(value, 4)
    return f"{rounded.normalize():,f}" if rounded else "0"


def formula(relation: Relation) -> str:
    """How the result is said to follow: "A / B", "A - B", "A × B × 1.754"."""
    terms = list(relation.terms)
    if relation.kind == SUM:
        return " ".join([terms[0], *(f"- {term[1:]}" if term.startswith("-") else f"+ {term}" for term in terms[1:])])
    if relation.kind in (SHARE, RATIO):
        return f"{terms[0]} / {terms[1]}"
    if relation.kind == GROWTH:
        return f"{terms[0]} / {terms[1]} - 1"
    if relation.kind == PRODUCT:
        return " × ".join([*terms, *([plain(relation.factor)] if relation.factor != 1 else [])])
    return terms[0]


def sign_of(relation: Relation) -> str:
    return {BOUND: "≥" if relation.sign == "<=" else "≤", EQUALITY: "="}.get(relation.kind, "=")


def _estimate(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    return {"value": _number(estimate.value), "low": _number(estimate.low), "high": _number(estimate.high)}


def finding_data(finding: Finding) -> dict[str, Any]:
    """One relation. ``computed`` is null for a sum with a disputed figure; then ``trial`` says what it would make."""
    relation = finding.relation
    counts = finding.enters_sums
    return {
        "relation": relation.code,
        "kind": relation.kind,
        "result": relation.result,
        "terms": list(relation.terms),
        "formula": f"{relation.result} {sign_of(relation)} {formula(relation)}",
        "says": relation.says,
        "verdict": finding.verdict,
        "computed": _estimate(finding.computed) if counts else None,
        "trial": None if counts else _estimate(finding.computed),
        "published": _number(finding.published),
        "difference": _number(finding.difference),
        "difference_percent": _number(finding.difference_percent),
        "gap": _number(finding.gap),
        "implied": {name: _estimate(one) for name, one in finding.implied.items()},
        "missing": list(finding.missing),
        "disputed": list(finding.disputed),
    }


def disagreement_data(one: Disagreement, records: Mapping[str, Record]) -> dict[str, Any]:
    measure, geography, period, group, category = one.topic
    return {
        "measure": measure,
        "geography": geography,
        "period": period,
        "group": group,
        "category": category,
        "same_definition": one.same_definition,
        "spread": _number(one.spread),
        "figures": [
            {
                "code": code,
                "value": _number(records[code].value),
                "unit": records[code].unit,
                "series": records[code].series,
                "definition": records[code].definition,
                "source": records[code].source,
                "status": records[code].status,
                "disputed": records[code].disputed,
            }
            for code in one.codes
        ],
    }


def latest(records: Iterable[Record]) -> dict[str, Record]:
    """The last revision of every figure, by code."""
    return {record.code: record for record in sorted(records, key=lambda each: each.revision)}


def report_data(report: Report, records: list[Record]) -> dict[str, Any]:
    by_code = latest(records)
    return {
        "figures": len(by_code),
        "relations": len(report.findings),
        "counts": {verdict: len(report.of(verdict)) for verdict in VERDICTS},
        **{verdict: [finding_data(finding) for finding in report.of(verdict)] for verdict in VERDICTS},
        "side_by_side": [disagreement_data(one, by_code) for one in report.disagreements],
        "disputed_figures": sorted(report.disputed),
    }


def report_text(report: Report, records: list[Record]) -> str:
    by_code = latest(records)
    lines = [f"{len(by_code)} figures, {len(report.findings)} relations"]
    for verdict in VERDICTS:
        found = report.of(verdict)
        if found:
            lines += ["", f"{HEADINGS[verdict]} ({len(found)})"]
            lines += [line for finding in found for line in _finding_lines(finding)]
    if report.disagreements:
        lines += ["", f"Side by side ({len(report.disagreements)})"]
        for one in report.disagreements:
            topic = ", ".join(word for word in one.topic if word)
            lines.append(f"  {topic}{'  (same definition)' if one.same_definition else ''}")
            lines += [f"    {plain(by_code[code].value)} {by_code[code].unit}  {code}" for code in one.codes]
    return "\n".join(lines)


def _finding_lines(finding: Finding) -> list[str]:
    relation, computed = finding.relation, finding.computed
    lines = [f"  {relation.code}: {relation.result} {sign_of(relation)} {formula(relation)}"]
    if computed:
        lines[0] += f"; computed {plain(computed.value)}, published {plain(finding.published)}"
    if finding.verdict in (OFF, CONTRADICTS, DISPUTED):
        percent = finding.difference_percent
        lines[0] += f", difference {plain(finding.difference)}"
        lines[0] += f" ({plain(round(percent, 1))} %)" if percent is not None else ""
    if finding.verdict == IMPLIED:
        lines += [
            f"    {name} would be {plain(one.value)} ({plain(one.low)} to {plain(one.high)})"
            for name, one in finding.implied.items()
        ]
    if relation.says:
        lines.append(f"    {relation.says}")
    return lines


# The ripple effect


def effects_data(effects: Effects, table: MultiplierTable) -> dict[str, Any]:
    """Unrounded: billion won, persons."""
    return {
        "sectors": [
            {
                "bok_code_83": sector.code,
                "sector_ko": sector.name_ko,
                "sector_en": sector.name_en,
                "final_demand_bn_krw": sector.final_demand,
                **sector.amounts,
            }
            for sector in effects.sectors
        ],
        "total": {"final_demand_bn_krw": effects.final_demand, **effects.total},
        "table": {"name": table.name, "sha256": table.sha256, "source": table.source},
        "job_factor": effects.job_factor,
        "warnings": [
            f"{sector.code}: the table gives more value added than final demand, which no table can"
            for sector in effects.sectors
            if table.sectors[sector.code].imported < -ROUNDING
        ],
    }


def economy_data(economy: Economy, demand: Mapping[str, float]) -> dict[str, Any]:
    """Production of every sector, and what it brings where the table says so; by region where codes name one."""
    amounts = economy.effects(demand)
    sectors = [
        {"code": code, "final_demand": demand.get(code, 0.0), **{name: float(row[at]) for name, row in amounts.items()}}
        for at, code in enumerate(economy.codes)
    ]
    total = {"final_demand": sum(demand.values()), **{name: float(row.sum()) for name, row in amounts.items()}}
    regions: dict[str, dict[str, float]] = {}
    for name, row in amounts.items():
        for region, amount in economy.by_region(row).items():
            regions.setdefault(region, {})[name] = amount
    return {"sectors": sectors, "total": total} | ({"regions": regions} if regions else {})


def effects_text(data: Mapping[str, Any]) -> str:
    """The sectors and the total as a table."""
    measures = [name for name in (*MEASURES, "production", "value_added", "jobs", "imports") if name in data["total"]]
    demand = next(name for name in data["total"] if name.startswith("final_demand"))
    columns = [demand, *measures]
    widths = [max(len(name), 12) for name in columns]
    lines = ["sector".ljust(8) + "".join(f"  {name:>{width}}" for name, width in zip(columns, widths, strict=True))]
    for row in [*data["sectors"], {**data["total"], "code": "total"}]:
        name = str(row.get("bok_code_83", row.get("code")))
        cells = [f"  {row[column]:>{width},.3f}" for column, width in zip(columns, widths, strict=True)]
        lines.append(name.ljust(8) + "".join(cells))
    lines += ["", "Billion won; jobs in persons. Value added is a part of production: never add the two."]
    if data.get("job_factor", 1) != 1:
        lines.append(f"Jobs were corrected by the factor {data['job_factor']:g}.")
    return "\n".join([*lines, *(f"Warning: {warning}." for warning in data.get("warnings", ()))])
