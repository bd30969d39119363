"""Several processes on one day."""

import logging
import multiprocessing
import time

import numpy as np
import pytest

from sarangbang.dispatch import portfolio
from sarangbang.dispatch.benching import proposal_of
from sarangbang.dispatch.checking import check_plan
from sarangbang.dispatch.portfolio import Board, Exchange
from sarangbang.dispatch.preparing import prepare
from sarangbang.dispatch.solving import Effort, Search, solve

from .making import published

DAY = published(3, 40, 5)


def two_runs():
    """A short and a longer search of one day, each with its place on one board."""
    runs = [Search(DAY, prepare(DAY), Effort(seconds=None, steps=steps, seed=steps), 0.0) for steps in (60, 3000)]
    for run in runs:
        run.begin(None)
        run.exhaust()
    memory = multiprocessing.get_context("spawn").RawArray("q", 2 * Board.words(runs[0]))
    return runs, [Exchange(run, Board(memory, place, 2)) for place, run in enumerate(runs)]


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_a_better_plan_and_tours_are_taken_over(share):
    (behind, ahead), (one, other) = two_runs()
    assert behind.cost > ahead.cost
    known = int(behind.pool.count[0])
    other.tell()
    one.hear(share)
    assert behind.cost == pytest.approx(ahead.cost)
    assert behind.total(behind.best) == pytest.approx(behind.cost)
    assert (behind.total() == pytest.approx(behind.cost)) == (share > 0.5)
    assert behind.total() == pytest.approx(behind.totals[0])
    assert behind.pool.count[0] >= known + len(ahead.guests) - 5  # those it had itself
    assert behind.trial.car.tolist() == behind.now.car.tolist()
    behind.effort = Effort(seconds=None, steps=400)
    behind.exhaust()  # and it goes on from there
    assert behind.total(behind.best) == pytest.approx(behind.cost)
    assert behind.cost <= ahead.cost + 1e-6
    one.tell()
    other.hear(share)
    assert ahead.cost == pytest.approx(behind.cost)


def test_what_is_only_half_written_is_not_read():
    _runs, (one, other) = two_runs()
    other.tell()
    row = one.board.rows[1]
    row[8] += 1
    assert list(one.board.read()) == []
    row[8] -= 1
    assert len(list(one.board.read())) == 1
    assert list(one.board.read()) == []  # it is not new any more
    row[:3] = 1, 1 << 40, 7
    assert list(one.board.read()) == []


def test_two_processes_keep_to_the_clock():
    began = time.perf_counter()
    plan = solve(DAY, Effort(seconds=2.0, cores=2))
    assert time.perf_counter() - began < 4.0  # on a machine that is busy
    assert check_plan(DAY, proposal_of(plan)) == []
    assert not plan.unserved
    for helper in multiprocessing.active_children():  # ended already, or about to
        helper.join(10)
    assert not multiprocessing.active_children()


def test_many_are_heard_in_turns_and_the_best_plan_at_last(monkeypatch):
    (behind, ahead), _exchanges = two_runs()
    memory = multiprocessing.get_context("spawn").RawArray("q", 4 * Board.words(behind))
    exchanges = [Exchange(run, Board(memory, x, 4)) for x, run in enumerate((behind, ahead, ahead, ahead))]
    for other in exchanges[1:]:
        other.tell()
    monkeypatch.setattr(portfolio, "LISTENING", 0.0)
    for heard in (1, 2, 3):
        exchanges[0].hear(0.1)
        assert sum(map(bool, exchanges[0].board.known)) == heard
    assert behind.cost == pytest.approx(ahead.cost)
    known = int(behind.pool.count[0])
    exchanges[0].board.known = [0] * 4
    exchanges[0].hear(1.0)
    assert all(exchanges[0].board.known[1:])
    assert behind.pool.count[0] == known


def test_a_process_that_fails_takes_nothing_with_it(monkeypatch, caplog):
    def refuse(*_args, **_more):
        raise OSError("no more processes")

    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", refuse)
    with caplog.at_level(logging.WARNING, portfolio.__name__):
        plan = solve(DAY, Effort(seconds=None, steps=300, cores=3))
    assert check_plan(DAY, proposal_of(plan)) == []
    assert "planning on 1 of 3 cores: no more processes" in caplog.text
    assert np.isfinite(plan.cost)


@pytest.mark.parametrize("effort", [Effort(cores=0), Effort(cores=2, clock=time.process_time)])
def test_cores_that_make_no_sense_are_refused(effort):
    with pytest.raises(ValueError, match="cores"):
        solve(DAY, effort)
