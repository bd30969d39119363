"""Plans for days of interpreting: against brute force, against the checker, and what is said about them."""

from __future__ import annotations

import importlib
import itertools
import json
import math
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numba.core.dispatcher import Dispatcher

from sarangbang.dispatch.compiling import KERNELS
from sarangbang.dispatch.interpreting import Break, Day, Interpreter, Job, Mode, Unfit, choice
from sarangbang.dispatch.interpreting.anew import ask, guide_for, plan_anew, who_can
from sarangbang.dispatch.interpreting.arcs import arcs_of, room_of
from sarangbang.dispatch.interpreting.bench import measure
from sarangbang.dispatch.interpreting.bound import GRAIN
from sarangbang.dispatch.interpreting.ceiling import Ceiling, Proof, coverable
from sarangbang.dispatch.interpreting.check import faults, judge
from sarangbang.dispatch.interpreting.cover import SMALL
from sarangbang.dispatch.interpreting.days import KINDS, make_day
from sarangbang.dispatch.interpreting.dive import Dive
from sarangbang.dispatch.interpreting.file import Unreadable, plan_as_data, read_day, write_day
from sarangbang.dispatch.interpreting.paths import desk_for, nodes_of, room_for
from sarangbang.dispatch.interpreting.plan import plan_day, warm_up
from sarangbang.dispatch.interpreting.repair import NoRide, added, called_off, changes, ill, moved, rebook
from sarangbang.dispatch.interpreting.routes import way
from sarangbang.dispatch.interpreting.search import Search, from_owners
from sarangbang.dispatch.interpreting.table import build, order
from sarangbang.dispatch.interpreting.why import explain
from sarangbang.dispatch.solving import Effort

PLACES = ("home", "a", "b")
WAYS = ((0, 20, 30), (20, 0, 15), (30, 15, 0))
HOURS = ((480, 1080),)


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    warm_up()


def person(key: str, **given) -> Interpreter:
    return Interpreter(**{"key": key, "languages": {"ja": 2}, "home": "home", "hours": HOURS, **given})


def job(key: str, start: int, end: int, **given) -> Job:
    return Job(**{"key": key, "start": start, "end": end, "language": "ja", "place": "a", **given})


def day(jobs, people, **given) -> Day:
    return Day(
        **{"jobs": tuple(jobs), "interpreters": tuple(people), "places": PLACES, "travel": {"car": WAYS}, **given}
    )


def best_of_all(of: Day):
    """The best rank by trying everything."""
    people = [None, *(one.key for one in of.interpreters)]
    keys = [each.key for each in of.jobs]
    ranks = []
    for row in itertools.product(people, repeat=len(keys)):
        assigned = {key: who for key, who in zip(keys, row, strict=True) if who}
        if not faults(of, assigned):
            ranks.append(judge(of, assigned).rank)
    return min(ranks)


@st.composite
def days(draw):
    people = [
        person(
            f"p{n}",
            languages=draw(st.sampled_from(({"ja": 2}, {"ja": 1, "en": 1}, {"en": 2}))),
            home=draw(st.sampled_from(PLACES)),
            hours=draw(st.sampled_from((HOURS, ((480, 660), (720, 1080))))),
            sex=draw(st.sampled_from(("female", "male"))),
            calls_anywhere=draw(st.booleans()),
            pause=draw(st.sampled_from((None, Break(30, 600, 700)))),
            minutes_left=draw(st.sampled_from((None, 60, 120))),
            recent_minutes=draw(st.sampled_from((0, 6000))),
        )
        for n in range(draw(st.integers(1, 3)))
    ]
    jobs = []
    for n in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, 12)) * 15 + 540
        call = draw(st.integers(0, 2)) == 0
        jobs.append(
            job(
                f"j{n}",
                start,
                start + draw(st.sampled_from((30, 45, 60))),
                place="" if call else draw(st.sampled_from(PLACES)),
                mode=Mode.PHONE if call else Mode.ON_SITE,
                language=draw(st.sampled_from(("ja", "ja", "en"))),
                sex=draw(st.sampled_from(("", "female"))),
                sex_required=False,
                guest=draw(st.sampled_from(("g", "h"))),
                known=draw(st.sampled_from((frozenset(), frozenset({"p0"})))),
                same_face=draw(st.booleans()),
                priority=draw(st.integers(1, 3)),
            )
        )
    present = {each.key: draw(st.sampled_from([one.key for one in people])) for each in jobs if draw(st.booleans())}
    return day(jobs, people, slack=draw(st.sampled_from((0, 5))), present=present)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days())
def test_no_plan_is_better_on_any_level(of):
    plan = plan_day(of, seconds=1, rounds=40)
    assert faults(of, plan.assigned) == []
    assert plan.worth == judge(of, plan.assigned)
    assert plan.worth.rank == best_of_all(of)
    assert plan.worth.total <= plan.coverable


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    days(),
    st.lists(st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=3, max_size=3),
    st.lists(st.integers(0, 2 * GRAIN), min_size=4, max_size=4),
    st.integers(0, 3),
)
def test_no_prices_prove_less_than_the_best_plan_covers(of, ways, prices, rounds):
    of = replace(of, travel={"car": ways})  # a detour may be the shorter way
    table = build(of, counting=True)
    ceiling = Ceiling(table, table.weight)
    best = max(range(len(of.jobs) + 1), key=lambda count: count if _can_cover(of, count) else -1)
    ceiling.mean = np.minimum(prices[: len(of.jobs)], GRAIN).astype(float)
    before = ceiling.price.tolist(), ceiling.mean.tolist(), ceiling.wanted.tolist(), ceiling.sizes.tolist()
    ceiling.read(lambda: True)
    assert before == (ceiling.price.tolist(), ceiling.mean.tolist(), ceiling.wanted.tolist(), ceiling.sizes.tolist())
    assert ceiling.value >= best
    ceiling.lower(rounds, lambda: True, lambda: False)
    assert ceiling.value >= best
    ceiling.lower(60, lambda: True, lambda: False)
    assert best <= ceiling.value <= len(of.jobs)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_best_day_along_arcs_is_no_less_than_any_day_that_can_be_done(data):
    def draw(*options):
        return data.draw(st.sampled_from(options))

    calls, rest = draw(0, 1, 6), draw(None, Break(30, 560, 680))
    jobs = []
    for n in range(data.draw(st.integers(1, 6))):
        start, call = 540 + 15 * data.draw(st.integers(0, 12)), n < calls
        jobs.append(job(f"j{n}", start, start + draw(15, 30, 45, 60), place="" if call else draw("a", "b"),
                        mode=Mode.PHONE if call else Mode.ON_SITE))  # fmt: skip
    ways = [[0 if a == b else draw(0, 10, 25, 60) for b in range(3)] for a in range(3)]
    of = day(jobs, [person("p", pause=rest, calls_anywhere=draw(True, True, False), minutes_left=draw(10, 45, 75, 90, 120, 600))],
             travel={"car": ways}, slack=draw(0, 5))  # fmt: skip
    table = build(of)
    nodes = nodes_of(table)
    gain = np.array(data.draw(st.lists(st.integers(-3, 9), min_size=len(jobs), max_size=len(jobs))), np.int64)
    price, hour, shut = table.weight * GRAIN - gain, np.zeros(1, np.int64), np.zeros(len(jobs), np.bool_)
    best, loose = guide_for(table.weight, price, hour), guide_for(table.weight, price, hour)
    arcs, room = arcs_of(table, nodes), room_of(nodes)
    ask(table, nodes, arcs, room, table.weight, shut, best, 0, 1)
    ask(table, nodes, arcs._replace(to=arcs.to[:0]), room, table.weight, shut, loose, 0, 1)
    found, path = int(best.most[0]), best.days[0, : best.sizes[0]]
    some = (
        np.array(each, np.int64) for r in range(len(jobs) + 1) for each in itertools.combinations(range(len(jobs)), r)
    )
    most = max(int(gain[each].sum()) for each in some if way(table, 0, each, len(each)) >= 0)
    assert most <= found == gain[path].sum()
    assert found <= loose.most[0]  # as on days too large for arcs
    assert (np.diff(path) > 0).all()
    if rest is None and calls <= 1:
        assert most == found


def _can_cover(of: Day, count: int) -> bool:
    people = [one.key for one in of.interpreters]
    return any(
        not faults(of, dict(zip(keys, who, strict=True)))
        for keys in itertools.combinations([each.key for each in of.jobs], count)
        for who in itertools.product(people, repeat=count)
    )


def test_no_machine_code_is_made_twice():
    names = [name.removesuffix(".py").replace("/", ".") for name in KERNELS["interpreters"]]
    modules = [importlib.import_module(f"sarangbang.dispatch.{name}") for name in names]
    made = {each for module in modules for each in vars(module).values() if isinstance(each, Dispatcher)}
    ours = [each for each in made if ".interpreting." in each.__module__]
    assert ours
    assert [each.py_func.__name__ for each in ours if len(each.signatures) > 1] == []


def test_what_can_be_covered_is_read_from_all_proofs():
    main, pressing = Proof((4, 2, 1), 20), Proof((1, 0, 0), 2)
    # two pressing jobs, five others, one more: 19 of at most 20
    assert coverable((2, 5, 1), (3, 9, 9), [main, pressing]) == (9, False)
    # one of the five more for both others would weigh as much: only a proof for the first two priorities excludes it
    assert coverable((2, 5, 2), (3, 9, 9), [main, pressing]) == (9, False)
    assert coverable((2, 5, 2), (3, 9, 9), [main, pressing, Proof((2, 1, 0), 9)]) == (9, True)
    # without the second proof a third pressing job may be bought with the others
    assert coverable((2, 5, 2), (3, 9, 9), [main]) == (3 + 8, False)
    assert coverable((3, 9, 9), (3, 9, 9), []) == (21, True)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 99), st.sampled_from(KINDS), st.sampled_from((0.0, 0.01, 2.0)))
def test_days_planned_anew_can_be_done_and_never_cover_less(seed, kind, heat):
    of = make_day(24, 9, seed=seed, kind=kind)
    table = build(of)
    nodes, state = nodes_of(table), Search(table, seed).best
    best, before = state.copy(), state.levels
    rng = np.random.default_rng(seed)
    few, desk, dear = room_for(nodes, len(table.can)), desk_for(nodes), rng.random(len(of.jobs))
    soft, dice = np.sqrt(table.weight), np.array([seed], np.uint64)
    price, hour = (dear * table.weight * GRAIN).astype(np.int64), rng.integers(0, GRAIN, len(table.can))
    shut = np.zeros(len(nodes.job), np.bool_)
    guide = guide_for(table.weight, price, hour)
    ask(table, nodes, arcs_of(table, nodes), room_of(nodes), table.weight, shut, guide, 0, len(hour))
    rows = (*who_can(table.can), dear, soft, dear * soft, guide)
    for _ in range(4):
        better = plan_anew(table, nodes, few, desk, *rows, 20, dice, heat, state.parts, best.parts)
        assert (best.levels[:2] > before[:2]) == better
        before = max(before, best.levels)
        assert best.levels >= before
    for each in (state, best):
        again = from_owners(table, each.owner)
        assert (again.owner == each.owner).all()
        assert (again.values == each.values).all()


def _as_assigned(of, owner):
    return {order(of)[j].key: of.interpreters[i].key for j, i in enumerate(owner) if i >= 0}


def test_who_asked_for_what_cannot_be_done_may_ask_for_all_of_it_again():
    table = build(make_day(100, 30, seed=1, kind="far"))  # calls for which there is no way
    ceiling = Ceiling(table, table.weight)
    ceiling.lower(20, lambda: True, lambda: False)
    dive = Dive(ceiling, table.weight, 1, by_one=True)
    owner = dive.plan(lambda: True).owner
    assert dive.shut.any()
    assert (owner[ceiling.nodes.job[dive.shut]] >= 0).all()


@pytest.mark.parametrize(
    ("rounds", "kind", "by_one"), [(0, "certified", False), (20, "tight", False), (20, "far", True)]
)
def test_a_plan_from_prices_can_be_done_and_keeps_what_is_frozen(rounds, kind, by_one):
    of = make_day(60, 24, seed=1, kind=kind)
    present = plan_day(of, seconds=5, rounds=1).assigned
    of = replace(of, present=present, frozen=frozenset(sorted(present)[::4]))
    table = build(of)
    ceiling = Ceiling(table, table.weight)
    ceiling.lower(rounds, lambda: True, lambda: False)
    dive = Dive(ceiling, table.weight, 1, by_one=by_one)
    for found in (dive.plan(lambda: True), dive.plan(lambda: True)):
        assigned = _as_assigned(of, found.owner)
        assert faults(of, assigned) == []
        assert (from_owners(table, found.owner).values == found.values).all()
        assert found.values[:, 0].sum() <= ceiling.value
        assert len(assigned) > len(of.jobs) / 3
    assert dive.plan(lambda: False) is None


def test_a_day_too_large_to_be_listed_covers_at_least_what_the_first_plan_does():
    of = make_day(130, 45, seed=1, kind="tight")
    assert len(of.jobs) * len(of.interpreters) > SMALL
    plan = plan_day(of, seconds=30, rounds=25)
    assert faults(of, plan.assigned) == []
    assert plan.worth.rank <= judge(of, _as_assigned(of, Search(build(of), 0).best.owner)).rank
    assert plan.worth.total <= plan.coverable


@pytest.mark.parametrize("kind", KINDS)
def test_a_gangnam_day_can_be_done_and_is_near_its_bound(kind):
    of = make_day(60, 24, seed=5, kind=kind)
    plan = plan_day(of, seconds=5, rounds=120)
    assert faults(of, plan.assigned) == []
    assert plan.worth == judge(of, plan.assigned)
    assert plan.worth.total <= plan.coverable
    assert plan.gap <= 0.03
    assert {why.job for why in explain(of, plan.assigned)} == {each.key for each in of.jobs} - set(plan.assigned)


def test_the_same_seed_gives_the_same_plan():
    of = make_day(40, 14, seed=3)
    first, second = (plan_day(of, seconds=20, seed=7, rounds=12) for _ in range(2))
    assert first.assigned == second.assigned


@pytest.mark.parametrize(("jobs", "people", "priorities"), [(600, 40, 6), (90, 6, 30)])
def test_many_priorities_count_in_their_order(jobs, people, priorities):
    of = make_day(jobs, people, seed=1)
    of = replace(of, jobs=tuple(replace(job, priority=1 + n % priorities) for n, job in enumerate(of.jobs)))
    plan = plan_day(of, seconds=60, rounds=6)
    assert faults(of, plan.assigned) == []
    assert plan.worth.total <= plan.coverable
    assert plan.worth.rank <= judge(of, _as_assigned(of, Search(build(of), 0).best.owner)).rank


def test_time_is_kept_and_somebody_may_stop_it():
    of = make_day(300, 110, seed=1)
    assert plan_day(of, seconds=0.5, clock=time.process_time).seconds < 0.6
    heard = []
    plan = plan_day(of, seconds=30, stop=lambda: True, progress=heard.append)
    assert plan.seconds < 3
    assert heard
    assert faults(of, plan.assigned) == []


def test_a_proof_ends_when_somebody_stops_it():
    asked_to_end = threading.Event()
    solver = SimpleNamespace(stop_search=asked_to_end.set)
    with choice._stopping(solver, lambda: True):
        assert asked_to_end.wait(20)
    began = threading.active_count()
    with choice._stopping(solver, lambda: False):
        pass
    assert threading.active_count() == began


@pytest.mark.parametrize("seconds", [math.nan, -1.0])
def test_seconds_are_a_number_from_0_on(seconds):
    with pytest.raises(ValueError, match="seconds"):
        plan_day(make_day(10, 4, seed=1), seconds=seconds)
    with pytest.raises(ValueError, match="seconds"):
        Effort(seconds=seconds)


def test_priority_comes_before_number():
    jobs = [job("long", 540, 660, priority=1), job("x", 540, 570), job("y", 600, 630)]
    assert plan_day(day(jobs, [person("p")]), seconds=1, rounds=20).assigned == {"long": "p"}


def test_a_wish_never_costs_a_guest_the_interpreter_but_a_condition_does():
    asked = job("j", 540, 600, sex="female")
    assert plan_day(day([asked], [person("p", sex="male")]), seconds=1, rounds=9).worth.unmet == 1
    plan = plan_day(day([replace(asked, sex_required=True)], [person("p", sex="male")]), seconds=1, rounds=9)
    assert plan.assigned == {}


def test_what_is_frozen_stays_even_where_it_contradicts_itself():
    jobs = [job("x", 540, 600), job("y", 570, 630), job("z", 700, 730)]
    of = day(jobs, [person("p"), person("q")], present={"x": "p", "y": "p"}, frozen=frozenset({"x", "y"}))
    plan = plan_day(of, seconds=1, rounds=9)
    assert plan.assigned == {"x": "p", "y": "p", "z": "q"}
    assert plan.broken == ("x", "y")
    assert plan.worth.total <= plan.coverable


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_after_an_illness_frozen_assignments_stay_and_few_change(data):
    of = make_day(18, 9, seed=data.draw(st.integers(1, 50)))
    first = plan_day(of, seconds=1, rounds=15)
    held = sorted(first.assigned)
    frozen = frozenset(data.draw(st.lists(st.sampled_from(held), max_size=6, unique=True)))
    who = data.draw(st.sampled_from(of.interpreters)).key
    now = ill(replace(of, present=first.assigned, frozen=frozen), who)
    second = plan_day(now, seconds=1, rounds=15)
    assert faults(now, second.assigned) == []
    assert all(second.assigned[key] == first.assigned[key] for key in now.frozen)
    lost = {key for key, name in first.assigned.items() if name == who}
    assert lost <= {each.job for each in changes(first.assigned, second.assigned)}
    assert second.worth.changed >= len(lost)


def test_a_new_job_is_fitted_in_with_one_change():
    jobs = [job("x", 540, 600)]
    of = day(jobs, [person("p"), person("q", languages={"ja": 1})], present={"x": "p"})
    now = added(of, job("new", 540, 600, level=2))
    plan = plan_day(now, seconds=1, rounds=20)
    assert plan.assigned == {"new": "p", "x": "q"}
    assert plan.worth.changed == 1
    assert plan_day(called_off(now, "new"), seconds=1, rounds=20).worth.changed == 0


@pytest.mark.parametrize(
    ("people", "code"),
    [
        ([person("p", languages={"en": 1})], "language"),
        ([person("p", languages={"ja": 1})], "level"),
        ([person("p", hours=((480, 500),))], "hours"),
        ([person("p", minutes_left=30)], "month"),
        ([person("p", languages={"ja": 3}, pause=Break(30, 700, 760))], "busy"),
    ],
)
def test_why_nobody_comes(people, code):
    of = day([job("held", 730, 790), job("j", 730, 790, level=2)], people)
    (why,) = [each for each in explain(of, {"held": "p"}) if each.job == "j"]
    assert why.code == code
    assert why.numbers == {code: 1}
    if code == "busy":
        assert why.params == {"number": 1, "free_from": 790}
        assert why.closest[0].params["jobs"] == ("held",)


def test_why_far_and_why_a_break():
    of = day([job("held", 600, 660), job("j", 670, 700, place="b")], [person("p")])
    (why,) = explain(of, {"held": "p"})
    assert (why.code, why.closest[0].params) == ("far", {"job": "held", "minutes": 15, "gap": 10})
    of = day([job("held", 600, 660), job("j", 660, 720)], [person("p", pause=Break(30, 600, 720))])
    (why,) = explain(of, {"held": "p"})
    assert why.code == "pause"


@pytest.mark.parametrize("open_", ["call", "then"])
def test_a_call_that_leaves_no_time_for_the_way_around_it_is_told_by_that_way(open_):
    call = job("call", 600, 630, place="", mode=Mode.PHONE)
    of = day([job("first", 540, 600), call, job("then", 640, 700, place="b")], [person("p")])
    (why,) = explain(of, {each.key: "p" for each in of.jobs if each.key != open_})
    assert (why.code, why.closest[0].params) == ("far", {"job": "first", "minutes": 15, "gap": 10})


def test_a_late_guest_gets_the_time_that_disturbs_least():
    jobs = [job("late", 540, 600), job("other", 660, 720)]
    of = day(jobs, [person("p"), person("q")], present={"late": "p", "other": "p"})
    times = [(660, 720), (720, 780), (600, 660)]
    found = rebook(of, "late", times, lambda start, end: NoRide() if start > 600 else None)
    assert (found[0].start, found[0].interpreter, found[0].changes) == (720, "p", ())
    assert all(each.start > 600 for each in found)
    assert [each.disruption for each in found] == sorted(each.disruption for each in found)


def test_a_late_guest_gets_somebody_by_an_exchange():
    jobs = [job("late", 540, 600, level=2), job("other", 660, 720)]
    people = [person("p"), person("q", languages={"ja": 1})]
    of = day(jobs, people, present={"late": "p", "other": "p"})
    (only,) = rebook(of, "late", [(660, 720)], lambda start, end: NoRide())
    assert only.interpreter == "p"
    assert [(each.job, each.after) for each in only.changes] == [("other", "q")]
    after = {**of.present, **{each.job: each.after for each in only.changes}}
    assert faults(moved(of, "late", 660, 720), after) == []


def test_a_file_gives_the_day_back():
    of = replace(make_day(20, 8, seed=1), present={"j0": "i0"})
    assert read_day(write_day(of)) == of or write_day(read_day(write_day(of))) == write_day(of)
    data = plan_as_data(of, plan_day(of, seconds=1, rounds=5))
    assert data["covered"] + len(data["uncovered"]) == 20


def told(*jobs):
    """A day as a file, with jobs that say these things."""
    usual = {"key": "j", "start": 600, "end": 630, "language": "ja", "place": "x"}
    return json.dumps({
        "format": "sarangbang-interpreting-1", "places": ["x"], "travel": {"car": [[0]]}, "interpreters": [],
        "jobs": [usual | each for each in jobs],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{\n oops", "line 2"),
        ("[]", "$"),
        ("{}", "$.format"),
        ('{"format": "sarangbang-interpreting-1", "jobs": 3}', "$.jobs"),
        ('{"format": "sarangbang-interpreting-1", "jobs": [{"key": "x", "start": "9h"}]}', "$.jobs[0].start"),
        (
            '{"format": "sarangbang-interpreting-1",\n"jobs": [\n{"key": "x", "start": "9h"}]}',
            "line 3: $.jobs[0].start",
        ),
        ('{"slack": ' + "9" * 5000 + "}", "line 1: 9{40}… has too many digits"),
        ('{"format": "x",\n"slack": NaN}', "line 2: NaN is no number"),
        ('{"places": [],\n "places": []}', "places occurs twice"),
        (told({"sex": "femail"}), "line 1: $.jobs[0].sex: female or male"),
        (told({"guest": "\ud800"}), "line 1: $.jobs[0].guest"),
        (told({"place": "moon"}), "line 1: job 'j': unknown place"),
        (told(*({"key": f"j{n}", "priority": n} for n in range(40))), "line 1: priorities: too many"),
        ("[" * 100_000, "line 1"),
    ],
)
def test_a_malformed_file_says_where(text, says):
    with pytest.raises(Unreadable, match=says.replace("$", r"\$").replace("[0]", r"\[0\]")):
        read_day(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"jobs": (job("x", 600, 540),)},
        {"jobs": (job("x", 540, 600), job("x", 540, 600))},
        {"jobs": (job("x", 540, 600, place="moon"),)},
        {"interpreters": (person("p", home="moon"),)},
        {"travel": {"car": ((0,),)}},
        {"frozen": frozenset({"x"})},
    ],
)
def test_a_day_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(Unfit):
        plan_day(replace(day([job("x", 540, 600)], [person("p")]), **wrong), seconds=1)


def test_an_empty_day_has_an_empty_plan():
    for of in (day([], [person("p")]), day([job("x", 540, 600)], []), day([], [])):
        plan = plan_day(of, seconds=0.5, rounds=3)
        assert plan.assigned == {}
        assert plan.coverable == 0


def test_the_bench_measures():
    (row,) = measure([(30, 12, 0.5)], ["plain"], [1])
    assert row.greedy <= row.covered <= row.coverable
    assert row.faults == 0
