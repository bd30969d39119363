"""What was measured, as a section of ``docs/benchmarks.md`` with its picture."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "benchmarks.md"
PICTURES = DOCS / "pictures"
TITLE = "# Benchmarks\n\nMeasured, not promised. Each section says on which machine, when, and with which command.\n"


@dataclass(frozen=True)
class Line:
    """One side with so many web processes: medians of its rounds. Rates per second, times in milliseconds."""

    side: str
    processes: int
    rate: float
    p50: float
    p95: float
    slowest: float
    fastest: float
    work: float
    """Milliseconds of processor time of the web processes per confirmed booking; a busy machine hardly changes it."""


def machine() -> str:
    """Processor, cores, memory and versions in one sentence."""
    about = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*:\s*(.+)", about)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = model.group(1).strip() if model else platform.machine()
    return (
        f"{name}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}"
    )


def today() -> str:
    """The day of the measurement (UTC)."""
    return dt.datetime.now(dt.UTC).date().isoformat()


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table whose columns after the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


GOAL = 20
"""So many times the rival's rate we want to be at the same number of processes."""


def booking(lines: list[Line], rival: str, ours: str) -> str:
    """The table of bookings per second, beside ``rival``, and whether the goal is reached by ``ours``, the side that
    has the same database and makes a booking in one request, too."""
    theirs = {line.processes: line.rate for line in lines if line.side == rival}
    rows = [
        [
            line.side,
            str(line.processes),
            f"**{line.rate:.1f}**",
            f"{line.slowest:.1f} – {line.fastest:.1f}",
            f"{line.p50:.0f}",
            f"{line.p95:.0f}",
            f"{line.work:.1f}",
            f"{line.rate / theirs[line.processes]:.1f}" if theirs.get(line.processes) else "",
        ]
        for line in lines
    ]
    head = ["", "web processes", "per second", "rounds", "p50, ms", "p95, ms", "processor, ms", "× pretix"]
    times = [line.rate / theirs[line.processes] for line in lines if line.side == ours and theirs.get(line.processes)]
    if not times:
        return table(head, rows)
    outcome = "reached" if min(times) >= GOAL else "not reached"
    said = f"The goal, {GOAL} times the rate of pretix at equal processes on the same PostgreSQL, is {outcome}"
    return f"{table(head, rows)}\n\n{said}: {min(times):.1f} times at least."


def plot(name: str, specification: dict[str, Any]) -> str:
    """Draw a picture for the page; returns how the page shows it."""
    import vl_convert

    usual = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "background": "#faf7f0"}
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{name}.svg").write_text(vl_convert.vegalite_to_svg(json.dumps({**usual, **specification})))
    return f"![{specification['title']}](pictures/{name}.svg)"


def bookings_plot(lines: list[Line]) -> str:
    """Bars: confirmed bookings per second, by web processes and side."""
    values = [{"side": line.side, "processes": f"{line.processes} web", "rate": round(line.rate, 1)} for line in lines]
    colours = {"scale": {"range": ["#2f6f62", "#8bb8a8", "#b5482f"]}}
    number = {"text": {"field": "rate", "type": "quantitative", "format": ".0f"}, "color": {"value": "#333"}}
    return plot(
        "bench-booking",
        {
            "title": "Confirmed bookings per second",
            "data": {"values": values},
            "width": {"step": 34},
            "height": 240,
            "encoding": {
                "x": {"field": "processes", "type": "nominal", "title": None, "axis": {"labelAngle": 0}},
                "xOffset": {"field": "side", "sort": None},
                "y": {"field": "rate", "type": "quantitative", "title": "per second"},
                "color": {"field": "side", "type": "nominal", "title": None, "sort": None, **colours},
            },
            "layer": [
                {"mark": "bar"},
                {"mark": {"type": "text", "dy": -6, "fontSize": 10}, "encoding": number},
            ],
        },
    )


def write(heading: str, text: str) -> None:
    """Put the section into the page; the other sections stay as they are."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else TITLE
    section = f"## {heading}\n\n{text.strip()}\n"
    found = re.search(rf"^## {re.escape(heading)}\n.*?(?=^## |\Z)", page, flags=re.MULTILINE | re.DOTALL)
    before, after = (page[: found.start()], page[found.end() :]) if found else (page.rstrip() + "\n\n", "")
    PAGE.write_text(f"{before}{section}\n{after}".rstrip() + "\n", encoding="utf-8")
