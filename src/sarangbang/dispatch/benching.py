"""Instances planned one after the other, beside the best known plans and a peer."""

from __future__ import annotations

import csv
import io
import math
import re
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from . import checking, cordeau
from . import peer as peers
from .cordeau import Malformed
from .model import Plan, Problem
from .solving import Effort, ready, solve


def instances(directory: Path) -> list[Path]:
    """The files with an instance (.txt, .json), in the order in which people count."""
    paths = [path for path in directory.iterdir() if path.suffix.lower() in {".txt", ".json"} and path.is_file()]
    return sorted(
        paths, key=lambda path: [(int(word) if word.isdigit() else -1, word) for word in re.split(r"(\d+)", path.stem)]
    )


def read_best(path: Path) -> dict[str, float]:
    """Best known costs by instance."""
    rows = csv.DictReader(io.StringIO(cordeau.text_of(path)))
    if not {"instance", "best_known"} <= set(rows.fieldnames or ()):
        raise Malformed(1, "needs the columns instance and best_known")
    best = {}
    for row in rows:
        try:
            cost = float(row["best_known"])
        except (TypeError, ValueError):
            cost = math.nan
        if not 0 <= cost < math.inf:
            raise Malformed(rows.line_num, "best_known is not a number")
        best[row["instance"]] = cost
    return best


def proposal_of(plan: Plan) -> checking.Proposal:
    """A plan as the checker takes it, with its times and cost."""
    return checking.Proposal(
        [(tour.car, tour.nodes) for tour in plan.tours],
        plan.unserved,
        [
            (
                tour.begin,
                tour.end,
                {visit.node: visit.begin for visit in tour.visits if visit.node is not None},
                [visit.begin for visit in tour.visits if visit.node is None],
            )
            for tour in plan.tours
        ],
        plan.cost,
    )


def measure(path: Path, problem: Problem, best: float | None, effort: Effort, peer: str | None) -> dict[str, Any]:
    """One row: what we and the peer reach in the same time by the clock, each checked."""
    ready()
    began, spent = time.perf_counter(), time.process_time()
    plan = solve(problem, effort)
    took, worked = time.perf_counter() - began, time.process_time() - spent  # before it is checked
    whole = not plan.unserved and not checking.check_plan(problem, proposal_of(plan))
    row: dict[str, Any] = {
        "instance": path.stem,
        "cost": plan.cost,
        "seconds": took,
        "processor_seconds": worked,
        "steps": plan.steps,
        "unserved": len(plan.unserved),
        "feasible": whole,
        "best": best,
        "gap": _gap(plan.cost, best) if whole else None,
        "counted": effort.seconds,
        "improvements": plan.improvements,
    }
    if peer is not None:
        began = time.perf_counter()
        found = peers.solve(problem, effort.seconds or 0.0)
        row["peer_seconds"] = time.perf_counter() - began
        row["peer_cost"] = row["peer_gap"] = row["peer_unserved"] = None
        if found is not None:
            row["peer_unserved"] = len(found.unserved)
            legal = not checking.check_plan(problem, found)
            cost = checking.cost_of(problem, found)
            if legal and not found.unserved and cost is not None:
                row["peer_cost"], row["peer_gap"] = cost, _gap(cost, best)
    return row


def _gap(cost: float, best: float | None) -> float | None:
    return None if not best else 100 * (cost / best - 1)


def heading(peer: str | None) -> str:
    text = f"{'instance':<12}{'ours':>10}{'best':>10}{'gap %':>8}{'legal':>7}{'s':>7}{'cpu s':>7}{'steps':>9}"
    return text + (f"{peer:>10}{'gap %':>8}{'s':>7}" if peer else "")


def line(row: dict[str, Any], peer: str | None) -> str:
    def show(value: float | None, width: int) -> str:
        return f"{'-':>{width}}" if value is None else f"{value:>{width}.2f}"

    text = f"{row['instance']:<12}{row['cost']:>10.2f}{show(row['best'], 10)}{show(row['gap'], 8)}"
    text += f"{'yes' if row['feasible'] else 'NO':>7}{row['seconds']:>7.2f}{row['processor_seconds']:>7.2f}"
    text += f"{row['steps']:>9}"
    return text + (f"{show(row['peer_cost'], 10)}{show(row['peer_gap'], 8)}{row['peer_seconds']:>7.2f}" if peer else "")


def mean_line(family: str, mean: dict[str, Any]) -> str:
    """What a family comes to, in words."""

    def show(gap: float | None) -> str:
        return "-" if gap is None else f"{gap:.3f} %"

    text = f"mean gap {family}: {show(mean['gap'])}"
    if mean["left_out"]:
        text += f" ({mean['left_out']} not whole and legal, left out)"
    return text if mean["peer_gap"] is None else f"{text}, peer {show(mean['peer_gap'])}"


def curves(rows: list[dict[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    """For each family its mean gap at moments between the first at which all its plans were whole and the end."""
    found = {}
    for family, own in _families(rows).items():
        whole = [[(when, cost) for when, cost in row["improvements"] if cost < 3 * row["best"]] for row in own]
        if not all(whole):
            continue
        begin, end = max(steps[0][0] for steps in whole), max(row["counted"] for row in own)
        moments = [begin * (end / begin) ** (x / 40) for x in range(41)] if 0 < begin < end else []
        found[family] = [(moment, _gap_at(moment, own, whole)) for moment in moments]
    return found


def _gap_at(moment: float, rows: list[dict[str, Any]], whole: list[list[tuple[float, float]]]) -> float:
    costs = [[cost for when, cost in steps if when <= moment][-1] for steps in whole]
    return math.fsum(100 * (cost / row["best"] - 1) for cost, row in zip(costs, rows, strict=True)) / len(rows)


def _families(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows with a best known cost by family, which is what stands before the first digit of a name."""
    families: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["best"]:
            families[re.split(r"\d", row["instance"])[0]].append(row)
    return families


def means(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Mean gaps by family, over plans that are whole and legal; ``left_out`` of ours are not."""
    return {
        family: {
            **{key: _mean(own, key) for key in ("gap", "peer_gap")},
            "left_out": sum(not row["feasible"] for row in own),
        }
        for family, own in _families(rows).items()
    }


def _mean(rows: list[dict[str, Any]], key: str) -> float | None:
    values = [row[key] for row in rows if row.get(key) is not None]
    return math.fsum(values) / len(values) if values else None
