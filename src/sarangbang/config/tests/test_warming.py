"""A web process draws a board and loads the engine when it has started, not in the first coordinator's way."""

from __future__ import annotations

import gc
import sys
import threading
from importlib import import_module

from sarangbang.concierge import rehearsing
from sarangbang.concierge.days import mending
from sarangbang.config import running


def test_the_engine_is_loaded_beside_the_requests(monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go_on.wait(10)

    monkeypatch.setattr(rehearsing, "rehearse", slow)
    thread = running.warm(after=0)
    assert begun.wait(10)  # it runs, and we have long gone on
    assert thread.daemon  # a process that ends does not wait for it
    go_on.set()
    thread.join(10)
    assert not thread.is_alive()


def test_who_asks_meanwhile_waits_for_the_same_rehearsal(monkeypatch):
    played, plays, go_on = [], threading.Event(), threading.Event()

    def play(*_situation: object, **_how: object) -> None:
        played.append(threading.get_ident())
        plays.set()
        assert go_on.wait(10)

    for name in ("ready", "warm_up"):
        monkeypatch.setattr(mending, name, lambda: None)
    monkeypatch.setattr(mending.engine, "mend", play)
    mending._rehearsed.cache_clear()
    threads = [threading.Thread(target=mending.rehearse) for _ in range(4)]
    for each in threads:
        each.start()
    assert plays.wait(10)
    assert all(each.is_alive() for each in threads)  # nobody goes on without it
    go_on.set()
    for each in threads:
        each.join(10)
    mending._rehearsed.cache_clear()
    assert len(played) == 1


def test_the_web_process_does_it_and_nobody_else(monkeypatch):
    asked = []
    monkeypatch.setattr(running, "warm", lambda: asked.append("warm"))
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(gc, "set_threshold", lambda *_: None)
    monkeypatch.delitem(sys.modules, "sarangbang.config.wsgi", raising=False)
    import_module("sarangbang.config.wsgi")
    assert asked == ["warm"]
    monkeypatch.delitem(sys.modules, "sarangbang.config.wsgi")
