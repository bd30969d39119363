"""The command line, without a house."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from sarangbang.dispatch.cli import commands
from sarangbang.dispatch.interpreting.days import make_day
from sarangbang.dispatch.interpreting.file import write_day

from .test_formats import DAY, GOOD


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "day.txt").write_text(GOOD, encoding="utf-8")
    (tmp_path / "day.json").write_text(json.dumps(DAY), encoding="utf-8")

    def run(words, code=0):
        result = CliRunner().invoke(commands, words.split())
        assert result.exit_code == code, result.output
        return result.output

    return run


@pytest.mark.parametrize("name", ["day.txt", "day.json"])
def test_solve_check_and_plot(call, tmp_path, name):
    plan = json.loads(call(f"solve {name} --steps 30 --json"))
    assert set(plan) >= {"cost", "routes", "schedule", "unserved"}
    assert plan["unserved"] == []
    nodes = sorted(node for route in plan["routes"] for node in route)
    assert nodes == list(range(1, len(nodes) + 1))
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    assert call(f"check {name} plan.json").startswith("legal")
    call(f"plot {name} plan.json -o plan.svg")
    assert (tmp_path / "plan.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "cost" in call(f"solve {name} --steps 30 --seed 4 --cores 2")


def test_illegal_plans_are_told(call, tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps({"routes": [[3, 1], [2, 2, 4]]}), encoding="utf-8")
    told = json.loads(call("check day.txt plan.json --json", code=1))
    assert {fault["code"] for fault in told["faults"]} == {"order", "twice"}


@pytest.mark.parametrize(
    "solution",
    [
        "",
        "[]",
        '{"routes": 3}',
        '{"routes": [["x"]]}',
        '{"routes": [], "unserved": [9]}',
        '{"routes": [[1, 3]], "schedule": [{}]}',
    ],
)
def test_malformed_files_end_with_two(call, tmp_path, solution):
    (tmp_path / "plan.json").write_text(solution, encoding="utf-8")
    assert "line 1" in call("check day.txt plan.json", code=2)
    (tmp_path / "day.txt").write_text("1 2 3\n", encoding="utf-8")
    for words in ("solve day.txt", "check day.txt plan.json", "plot day.txt plan.json -o x.svg", "bench ."):
        assert "line 1" in call(words, code=2)


def test_a_plan_that_serves_nobody_says_so(call, tmp_path):
    (tmp_path / "plan.json").write_text('{"routes": [], "unserved": [1, 2]}', encoding="utf-8")
    assert call("check day.txt plan.json") == "legal, 2 not served\n"
    assert json.loads(call("check day.txt plan.json --json"))["unserved"] == 2


@pytest.mark.parametrize(
    "solution", ['{"routes": [], "cost": 1%s}' % ("0" * 400), '{"routes": [[1%s]]}' % ("0" * 5000)]
)
def test_numbers_out_of_all_proportion_end_with_two(call, tmp_path, solution):
    (tmp_path / "plan.json").write_text(solution, encoding="utf-8")
    assert "line 1: " in call("check day.txt plan.json", code=2)


@pytest.mark.parametrize("words", ["solve day.txt", "bench .", "interpreters solve day.json"])
def test_what_is_no_number_of_seconds_is_refused(call, words):
    assert "no number of seconds" in call(f"{words} --seconds nan", code=2)


@pytest.mark.parametrize("name", ["<b>&amp;'\"", "&&&&&&&&&&&&", "\x07\x1b[31m", "\U0001f697 차"])
def test_names_are_drawn_whatever_is_in_them(call, tmp_path, name):
    day = {**DAY, "vehicles": [{**DAY["vehicles"][0], "id": name}]}
    (tmp_path / "day.json").write_text(json.dumps(day), encoding="utf-8")
    (tmp_path / "plan.json").write_text('{"routes": [[1, 2]]}', encoding="utf-8")
    call("plot day.json plan.json -o plan.svg")
    drawn = "".join(ET.parse(tmp_path / "plan.svg").getroot().itertext())
    assert ("\ufffd" in drawn) if "\x07" in name else (f"Car {name}" in drawn)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", ["solve day.txt", "interpreters solve jobs.json"])
def test_who_asks_it_to_stop_gets_the_best_plan_so_far(call, tmp_path, words, number):
    (tmp_path / "jobs.json").write_text(write_day(make_day(120, 60, seed=1)), encoding="utf-8")
    call(f"{words} --seconds 0")  # compiled and loaded
    usual, begun = signal.getsignal(number), time.perf_counter()
    threading.Timer(0.5, os.kill, (os.getpid(), number)).start()
    assert json.loads(call(f"{words} --seconds 60 --json"))
    assert time.perf_counter() - begun < 30
    assert signal.getsignal(number) is usual


def test_bench_compares_with_a_peer(call, tmp_path):
    (tmp_path / "day.json").unlink()
    (tmp_path / "best.csv").write_text("instance,best_known\nday,14.0\n", encoding="utf-8")
    told = json.loads(call("bench . --best best.csv --seconds 0.1 --peer ortools --json"))
    (row,) = told["rows"]
    assert row["feasible"] is True
    assert row["cost"] <= row["peer_cost"] + 1e-6
    assert "mean gap day" in call("bench . --best best.csv --seconds 0.1 --processor --plot gaps.svg")
    assert (tmp_path / "gaps.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "--cores" in call("bench . --seconds 0 --processor --cores 2", code=2)


def test_a_plan_that_leaves_guests_out_has_no_gap(call, tmp_path):
    """Its way is shorter than any whole plan's; the one beside it counts alone."""
    (tmp_path / "day.json").unlink()
    (tmp_path / "day2.TXT").write_text(GOOD.replace("480 3 30", "480 3 1"), encoding="utf-8")
    (tmp_path / "best.csv").write_text("instance,best_known\nday,14.0\nday2,14.0\n", encoding="utf-8")
    told = json.loads(call("bench . --best best.csv --seconds 0.1 --json"))
    assert [(row["feasible"], row["gap"] is None) for row in told["rows"]] == [(True, False), (False, True)]
    assert told["means"]["day"]["gap"] == told["rows"][0]["gap"]
    assert "(1 not whole and legal, left out)" in call("bench . --best best.csv --seconds 0 --plot gaps.svg")
    (tmp_path / "day.txt").unlink()
    assert "mean gap day: - (1 not" in call("bench . --best best.csv --seconds 0")
    (tmp_path / "day2.TXT").unlink()
    assert "has no .txt and no .json" in call("bench .", code=2)


@pytest.mark.parametrize("table", ["a,b\n1,2\n", "instance,best_known\nday,nan\n", "instance,best_known\nday\n", ""])
def test_a_table_of_best_plans_that_makes_no_sense_ends_with_two(call, tmp_path, table):
    (tmp_path / "best.csv").write_text(table, encoding="utf-8")
    assert "best.csv: line " in call("bench . --best best.csv --seconds 0", code=2)


def test_the_room_stands_alone():
    script = "import sys, sarangbang.dispatch, sarangbang.dispatch.solving, sarangbang.dispatch.cli; sys.exit('django' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_interpreters_are_assigned_and_checked(call, tmp_path):
    (tmp_path / "jobs.json").write_text(write_day(make_day(12, 6, seed=1)), encoding="utf-8")
    plan = json.loads(call("interpreters solve jobs.json --seconds 0.2 --json"))
    assert 0 < plan["covered"] <= plan["coverable"]
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    assert call("interpreters check jobs.json plan.json").strip() == "legal"
    everything = dict.fromkeys((job.key for job in make_day(12, 6, seed=1).jobs), next(iter(plan["assigned"].values())))
    (tmp_path / "plan.json").write_text(json.dumps({"assigned": everything}), encoding="utf-8")
    assert not json.loads(call("interpreters check jobs.json plan.json --json", code=1))["legal"]
    job = next(iter(plan["assigned"]))
    for wrong, says in (
        ({**plan, "covered": 99}, "the plan says another number than it has: covered"),
        ({"assigned": {job: "i999"}}, "line 1: assigned: unknown"),
    ):
        (tmp_path / "plan.json").write_text(json.dumps(wrong), encoding="utf-8")
        assert says in call("interpreters check jobs.json plan.json", code=1 if "covered" in wrong else 2)
    twice = f'{{"assigned": {{"{job}": "i0",\n"{job}": "i1"}}}}'
    (tmp_path / "plan.json").write_text(twice, encoding="utf-8")
    assert f"{job} occurs twice" in call("interpreters check jobs.json plan.json", code=2)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"format": 7}', '{"assigned": 3}', '{"assigned": {"x": []}}', "\ufeff[[[["]
)
def test_what_is_no_day_of_interpreters_ends_with_two(call, tmp_path, text):
    (tmp_path / "bad.json").write_text(text, encoding="utf-8")
    (tmp_path / "jobs.json").write_text(write_day(make_day(4, 2, seed=1)), encoding="utf-8")
    assert "bad.json: " in call("interpreters solve bad.json", code=2)
    assert "bad.json: " in call("interpreters check jobs.json bad.json", code=2)
