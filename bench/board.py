"""The coordinators' board with a full day, and with a tenth of it: ``python -m bench.board``. What is measured is in
``bench.board_day``."""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from . import report
from .servers import House, stop_when_told

RIDES, JOBS = 600, 900
FIRST = 7
"""So many processes are started for the first pages; of these, the slowest stands as p95."""
GOAL = 200
"""Milliseconds within which the page is there."""
WORDS = """
`make bench-board` on {day}: {about}. One day of {rides} rides and {jobs} interpreter jobs in SQLite, each page asked
for {times} times by a signed-in coordinator in one process, compression included; times are in milliseconds.
"processor" is the time of that process alone, which a busy machine hardly changes. "live" is what the script of an
open board is answered when something has changed, "unchanged" what it is answered when nothing was done in the house
and nothing has become late: 304, after one query of its own and those of the sign-in.
The process keeps what it drew of a job or a line until that says something else, and here the same day is asked for
again and again. "first page" is the first that a web process answers after it has started and drawn a board for nobody,
as it does by itself ({first} processes, the slowest as p95); before "page after 100 changes" 100 jobs were given other
times.

""".lstrip()


def measured(rides: int, jobs: int, times: int) -> dict[str, Any]:
    """A new house with one such day, and how long its board took."""
    folder = Path(tempfile.mkdtemp(prefix="sarangbang-board-"))
    try:
        house = House(folder, f"sqlite:///{folder / 'house.sqlite3'}")

        def asked(*words: str) -> dict[str, Any]:
            said = house.run("-m", "bench.board_day", *words, DEMO="1", LOG_LEVEL="ERROR")
            return dict(json.loads(said.splitlines()[-1]))

        found = asked("--rides", str(rides), "--jobs", str(jobs), "--times", str(times))
        for language in ("en", "ko"):
            pages = [asked("--first", "--language", language) for _ in range(FIRST)]
            found[f"first page {language}"] = found[f"page {language}"] | of_first(pages)
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def of_first(pages: list[dict[str, float]]) -> dict[str, float]:
    """The figures of first pages, each of another process."""
    return {
        f"{kind}_{name}": of([page[kind] for page in pages])
        for kind in ("cpu", "wall")
        for name, of in (("p50", statistics.median), ("p95", max))
    }


def main() -> None:
    stop_when_told()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    rows = []
    for share in (10, 1):
        for part, found in measured(RIDES // share, JOBS // share, asked.times).items():
            rows.append(
                [
                    f"{(RIDES + JOBS) // share:,} jobs, {part}",
                    f"{found['cpu_p50']:.0f}",
                    f"**{found['cpu_p95']:.0f}**",
                    f"{found['wall_p50']:.0f}",
                    f"{found['wall_p95']:.0f}",
                    f"{found['queries']:.0f}",
                    f"{found['kilobytes']:.0f}",
                    f"{found['sent_kilobytes']:.0f}",
                ]
            )
    head = ["", "processor p50", "p95", "wall p50", "p95", "queries", "KiB", "KiB sent"]
    slowest = max(float(row[2].strip("*")) for row in rows)
    outcome = f"The goal, {GOAL} ms of processor time, is {'reached' if slowest <= GOAL else 'not reached'}."
    table = f"{report.table(head, rows)}\n\n{outcome}"
    print(table)
    if asked.write:
        about = report.machine()
        words = WORDS.format(day=report.today(), about=about, rides=RIDES, jobs=JOBS, times=asked.times, first=FIRST)
        report.write("Board", words + table)


if __name__ == "__main__":
    main()
