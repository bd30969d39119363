"""The board: what it shows, filters, the live part, moves, locks, proposals, and a constant number of queries."""

from __future__ import annotations

import datetime as dt
import html
import re
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from sarangbang.concierge import actions
from sarangbang.concierge.board import rows as board_rows
from sarangbang.concierge.board.day import Board, Wanted
from sarangbang.concierge.board.drawing import Drawing, place
from sarangbang.concierge.board.page import BoardPage, Seen
from sarangbang.concierge.desk import hands
from sarangbang.concierge.desk.lateness import conflicts, lateness
from sarangbang.concierge.entitlement import SEOUL
from sarangbang.concierge.models import Interpreting, JobOffer, Proposal, Ride, ServiceStep
from sarangbang.people.models import User
from sarangbang.scheduling.availability import minute_of
from sarangbang.scheduling.models import RosterException, WeeklyRule

from .test_asking import pick_up, speak
from .test_pages import HOSTILE, _quoted, text

pytestmark = pytest.mark.once

PAGES = ("timeline", "timeline_live", "mend")


@pytest.fixture
def desk(client, town, settings):
    settings.DEMO = True
    client.force_login(town.coordinator)
    return client


@pytest.fixture
def ride(town):
    return pick_up(town)


def at_board(client, day: dt.date, name: str = "timeline", **query):
    return client.get(reverse(f"concierge:{name}"), {"day": day.isoformat(), **query})


def day_of(job) -> dt.date:
    return job.starts_at.astimezone(SEOUL).date()


def board_of(job, **wanted) -> Board:
    return Board(day_of(job), timezone.now(), Wanted(**wanted))


def crews_of(board: Board) -> list[str]:
    return [line.crew.latin if line.crew else "" for line in board.lines]


# Who may


def test_the_board_is_for_coordinators(client, town):
    names = [*PAGES, "move_check", "plan", "move"]
    for status in (302, 403):
        for name in names:
            ask = client.post if name in ("plan", "move") else client.get
            assert ask(reverse(f"concierge:{name}")).status_code == status, name
        client.force_login(User.objects.get_or_create(email="c@demo.example", name="Clinic", is_demo=True)[0])


# What it shows


def test_every_crew_has_a_line_with_its_jobs_and_what_nobody_has_stands_first(town, ride):
    job = actions.assign(speak(town), town.oyuun, actor="user:1")
    assert crews_of(board_of(ride)) == ["", "12가 3456", "31나 7788", "Huda", "Bat", "Oyuun"]
    assert crews_of(board_of(ride, show="ride")) == ["", "12가 3456", "31나 7788"]
    board = board_of(job)
    [line] = [line for line in board.lines if line.blocks]
    assert (line.crew.key, [block.pk for block in line.blocks]) == (str(town.oyuun.pk), [str(job.pk)])
    assert board.counted["interpreting"] == (1, 1)
    assert board.counted["ride"] == (0, 0)


def test_a_block_says_guest_time_place_state_and_the_way(town, ride):
    actions.assign(ride, town.small, actor="user:1")
    actions.lock(ride, actor="user:1")
    ride.refresh_from_db()
    drawn = Drawing(board_of(ride)).section("ride")
    [block] = re.findall(r'<a class="job .*?</a>', drawn)
    begins, ends = (moment.astimezone(SEOUL).strftime("%H:%M") for moment in (ride.starts_at, ride.ends_at))
    assert f"<span dir=ltr><time>{begins}–{ends}</time> OM301 ↓05:20 Place hotel-one" in block
    assert "<b dir=auto>Сарнай</b>" in block
    assert "<u>Locked</u>" in block
    assert f"data-s={ride.sequence}" in block
    assert len(block.encode()) < 400
    assert re.search(r'<i class="lands at-\d+', drawn)
    way = ride.starts_at - ride.reservation.starts_at
    assert int(re.search(r" w(\d+)", block)[1]) == -(-way // dt.timedelta(minutes=5))


@pytest.mark.parametrize(
    ("at", "end", "css"),
    [(0, 1, "at-0 p1"), (0, 3, "at-0 for-1"), (4, 12, "at-1 o1 for-2 p2"), (287, 287, "at-95 o2 p1")],
)
def test_places_are_classes_of_five_minutes(at, end, css):
    assert place(at, end) == css


def test_hostile_names_are_text(town, ride):
    type(town.guest).objects.update(name="<script>alert(1)</script>", name_latin='"><b>')
    drawn = Drawing(board_of(ride)).section("ride")
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn


def test_hours_and_leave_are_shaded_and_who_does_not_work_is_left_out(town, ride):
    day = day_of(ride)
    WeeklyRule.objects.filter(resource=town.small.resource).update(starts=dt.time(8), ends=dt.time(20))
    WeeklyRule.objects.filter(resource=town.big.resource).delete()
    noon = dt.datetime.combine(day, dt.time(12), tzinfo=SEOUL)
    RosterException.objects.create(
        resource=town.small.resource, kind="leave", starts_at=noon, ends_at=noon + dt.timedelta(hours=2)
    )
    board = board_of(ride)
    assert "31나 7788" not in crews_of(board)
    [line] = [line for line in board.lines if line.crew and line.crew.latin == "12가 3456"]
    drawn = Drawing(board).line(line)
    assert "<bdi>08:00–20:00</bdi>" in drawn
    assert "Leave 12:00–14:00" in drawn
    assert 'class="off at-0 for-8"' in drawn  # from 06:00 to 08:00
    night = WeeklyRule.objects.filter(resource=town.small.resource, weekday=(day.weekday() - 1) % 7)
    night.update(starts=dt.time(22), ends=dt.time(7))
    [*hours] = board_rows.shifts(day, board.window)[town.small.resource_id]
    begins = minute_of(dt.datetime.combine(day, dt.time(), tzinfo=SEOUL))
    assert hours == [(begins - 2 * 60, begins + 7 * 60), (begins + 8 * 60, begins + 20 * 60)], "also last night's"


def test_late_is_said_in_a_word_and_stands_among_what_needs_a_hand(town, ride):
    actions.assign(ride, town.small, actor="user:1")
    board = Board(day_of(ride), ride.starts_at + dt.timedelta(minutes=10))
    [block] = board.shown
    assert block.trouble
    assert "<i>late</i>" in Drawing(board).block(block)
    page = BoardPage(board)
    assert [(group.key, group.count) for group in page.groups] == [("late", 1)]
    assert page.clock.dues[0].said == "Met within 15 mins of leaving customs"
    assert (page.clock.dues[0].left, page.clock.dues[0].is_late) == ("0:05", False)


def test_an_offered_job_says_who_is_asked(town):
    job = speak(town)
    JobOffer.objects.create(
        interpreting=job, interpreter=town.bat, made_by="user:1", expires_at=timezone.now() + dt.timedelta(minutes=30)
    )
    board = board_of(job)
    assert "<i>Asked: Bat</i>" in Drawing(board).block(board.shown[0])


def test_late_words_are_pure():
    now = timezone.now()
    five, fifteen = dt.timedelta(minutes=5), dt.timedelta(minutes=15)
    assert lateness("assigned", now + five, now - five, now, five, fifteen) == "landed"
    assert lateness("assigned", now - five, None, now, five, fifteen) == "not_begun"
    assert lateness("under_way", now - five, now, now, five, fifteen) == ""
    assert lateness("under_way", now - fifteen, now, now, five, fifteen) == "not_met"
    assert lateness("met", now - fifteen, now, now, five, fifteen) == ""


# Filters


def test_filters_stand_in_the_address(town, ride):
    job = actions.assign(speak(town), town.oyuun, actor="user:1")
    Interpreting.objects.filter(pk=job.pk).update(starts_at=ride.starts_at, ends_at=ride.ends_at)
    both, none = {"ride", "interpreting"}, set()
    for wanted, left in (
        ({}, both),
        ({"only": "ride"}, {"ride"}),
        ({"kind": "interpreting"}, {"interpreting"}),
        ({"kind": "pick_up"}, {"ride"}),
        ({"language": "mn"}, both),
        ({"language": "ar"}, none),
        ({"hand": "1"}, {"ride"}),
        ({"institution": str(town.institution.pk)}, both),
        ({"institution": str(ride.pk)}, none),
        ({"only": "\x00", "kind": "x" * 900, "language": "'", "institution": "٣"}, none),
    ):
        board = Board(day_of(ride), timezone.now(), Wanted.of(wanted))
        assert {block.service for block in board.shown} == left, wanted
        assert {line.service for line in board.lines if line.blocks} == left, wanted


def ask_with(desk, value):
    names = ("day", "only", "language", "kind", "institution", "hand", "moved", "since", "subject")
    query = "&".join(f"{each}={_quoted(value)}" for each in names)
    for name in PAGES:
        answer = desk.get(f"{reverse(f'concierge:{name}')}?{query}")
        assert answer.status_code == (400 if value == "\x00" else 200), (name, value)


def test_any_address_is_answered(desk):
    for value in (*HOSTILE, "0001-01-01", "1900-01-01", "9999-12-31"):
        ask_with(desk, value)


# The live part


def test_the_live_part_is_answered_by_304_until_something_happens(desk, town, ride):
    page = at_board(desk, day_of(ride)).content.decode()
    live, etag, seen = (
        html.unescape(re.search(rf'data-{name}="([^"]+)"', page)[1]) for name in ("live", "etag", "seen")
    )
    live += f"&seen={seen}"
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(live, headers={"if-none-match": etag}).status_code == 304
    assert len([each for each in queries if "session" not in each["sql"] and "people_" not in each["sql"]]) == 0
    assert len(queries) <= 5
    actions.assign(ride, town.small, actor="user:1")
    fresh = desk.get(live, headers={"if-none-match": etag})
    assert fresh.status_code == 200
    assert fresh.headers["ETag"] != etag
    assert "data-s=1" in fresh.content.decode()
    same = desk.get(live, headers={"if-none-match": f"W/{fresh.headers['ETag']}"})
    assert (same.status_code, same.content) == (304, b"")  # a deed that changes nothing here sends no markup
    assert same.headers["Board-Seen"] != seen
    known = re.sub("seen=.*", f"seen={same.headers['Board-Seen']}", live)
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(known, headers={"if-none-match": fresh.headers["ETag"]}).status_code == 304
    assert len(queries) <= 5


def test_a_board_says_until_when_it_stays_true(town, ride):
    actions.assign(ride, town.small, actor="user:1")
    now = ride.flight.goes_at - dt.timedelta(minutes=2)
    board = Board(day_of(ride), now)
    assert board.fresh_until == ride.flight.goes_at
    page, later = BoardPage(board), BoardPage(Board(day_of(ride), now + dt.timedelta(minutes=1)))
    assert page.etag == later.etag
    assert BoardPage(Board(day_of(ride), board.fresh_until)).etag != page.etag
    seen = Seen.of(page.seen_until)
    assert seen.holds(now)
    assert not seen.holds(board.fresh_until)
    actions.lock(ride, actor="user:1")
    assert not seen.holds(now)
    for days in (-30, 30):  # a day that is over, or to come, does not become late
        other = Board(day_of(ride) + dt.timedelta(days=days), now)
        assert Seen.of(BoardPage(other).seen_until).holds(now + dt.timedelta(hours=9))
    assert [Seen.of(text) for text in ("", "1-2", "1-2-٣", "-1-2-3", "1" * 20 + "-1-1")] == [None] * 5


# What needs a hand first


def test_missed_and_overdue_come_first_and_all_can_be_seen(desk, town, ride):
    day, start = day_of(ride), ride.starts_at + dt.timedelta(hours=2)
    made = [
        Ride(
            stay=town.stay, kind="transfer", origin=town.airport, destination=town.hotel, party=1, status="granted",
            starts_at=start + dt.timedelta(minutes=n), ends_at=start + dt.timedelta(minutes=n + 60),
        )
        for n in range(20)
    ]  # fmt: skip
    Ride.objects.bulk_create(made)
    last = made[-1]
    ServiceStep.objects.create(ride=last, status="granted", actor="crew:1", reason="Flat tyre")
    board = Board(day, start + dt.timedelta(minutes=2), whole="")
    [group] = BoardPage(board).groups
    assert (group.count, len(group.hands)) == (21, 12)
    assert [hand.rank for hand in group.hands] == [hands.OVERDUE] * 4 + [hands.LATE] + [hands.AHEAD] * 7
    assert str(last.pk) in group.hands[4].url
    page = at_board(desk, day).content.decode()
    assert "All 21" in page
    assert page.count('class="late"><b class="num">') + page.count('<li><b class="num">') == 12
    everything = html.unescape(re.search(r'href="([^"]+all=unassigned[^"]*)"', page)[1])
    page = desk.get(everything).content.decode()
    assert page.count('class="late"><b class="num">') + page.count('<li><b class="num">') == 21
    assert "Only the most pressing" in page
    assert "all=unassigned" in re.search(r'data-live="([^"]+)"', page)[1]


def test_a_missed_appointment_comes_before_everything_that_is_late():
    now = timezone.now()
    row = {
        "visit_at": now + dt.timedelta(hours=9), "arrives_at": now + dt.timedelta(hours=10), "flight": 1,
        "number": "OM301", "guest_name": "Сарнай", "guest_latin": "Sarnai",
    }  # fmt: skip
    late = {"pk": "x", "starts_at": now - dt.timedelta(hours=3), "crew": None, "guest_name": "", "guest_latin": ""}
    late |= {"kind": "transfer", "flight_number": None, "status": "assigned"}
    found = [hands.late_hand(hands.DeskJob("ride", late | {"pk": "0" * 8 + "-0000-0000-0000-" + "0" * 12}), now)]
    found.append(hands.missed_hand(row))
    assert min(found, key=lambda hand: hand.order).guest == "Сарнай"


# Moves


def drop(client, job, crew, accept="application/json", **more):
    sent = {"job": job.subject, "crew": crew.pk if crew else "", "seen": job.sequence} | more
    return client.post(reverse("concierge:move"), sent, headers={"accept": accept})


def test_the_engine_says_at_once_whether_a_drop_fits_and_why_not(desk, town, ride):
    check = reverse("concierge:move_check")
    said = desk.get(check, {"job": ride.subject, "crew": town.small.pk}).json()
    assert said["fits"] is True
    assert said["said"].startswith("Staria 12가 3456")
    before = (ride.flight.goes_at - dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = desk.get(check, {"job": ride.subject, "crew": town.small.pk, "at": before}).json()
    assert said["fits"] is False
    assert "the guest lands at" in said["said"]
    ride.refresh_from_db()
    assert ride.vehicle is None


@pytest.mark.both
def test_a_drop_moves_the_job_and_is_undone_once(desk, town, ride):
    answer = drop(desk, ride, town.small).json()
    assert answer["done"] is True
    ride.refresh_from_db()
    assert ride.vehicle == town.small
    page = text(at_board(desk, day_of(ride), moved=answer["moved"]))
    assert "Moved. Everyone concerned is told." in page
    url = reverse("concierge:proposal", args=[answer["moved"]])
    for said in ("Taken back.", "Taken back."):  # the second click changes nothing
        assert said in text(desk.post(url, {"do": "undo"}, follow=True))
    ride.refresh_from_db()
    assert (ride.vehicle, ride.status) == (None, "granted")
    assert "Moved. Everyone" not in text(at_board(desk, day_of(ride), moved=answer["moved"]))


@pytest.mark.both
def test_of_two_who_drop_one_job_the_second_is_told_who_was_first(desk, town, ride):
    seen = ride.sequence
    actions.move(ride, town.big, actor=f"user:{town.coordinator.pk}", seen=seen)
    answer = drop(desk, ride, town.small, seen=seen)
    assert answer.status_code == 409
    assert "Kim Desk was quicker" in answer.json()["said"]
    ride.refresh_from_db()
    assert ride.vehicle == town.big


def test_a_job_is_moved_by_a_form_too(desk, town, ride):
    page = reverse("concierge:ride", args=[ride.pk])
    assert 'name="clock"' in desk.get(page).content.decode()
    later = (ride.starts_at + dt.timedelta(minutes=10)).astimezone(SEOUL).strftime("%H:%M")
    answer = drop(desk, ride, town.big, accept="text/html", clock=later)
    assert (answer.status_code, answer.url) == (302, page)
    start = ride.starts_at
    ride.refresh_from_db()
    assert (ride.vehicle, ride.starts_at) == (town.big, start + dt.timedelta(minutes=10))
    there = reverse("concierge:timeline")
    back = drop(desk, ride, town.small, accept="text/html", back=there)
    assert back.url == there
    assert drop(desk, ride, town.big, accept="text/html", back="https://elsewhere.example/").url == page


def test_a_locked_job_does_not_move(desk, town, ride):
    page = reverse("concierge:ride", args=[ride.pk])
    desk.post(page, {"do": "lock", "seen": ride.sequence})
    ride.refresh_from_db()
    answer = drop(desk, ride, town.small)
    assert (answer.status_code, "locked" in answer.json()["said"]) == (409, True)
    assert "Locked by Kim Desk" in text(desk.get(page))
    desk.post(page, {"do": "unlock", "seen": ride.sequence})
    ride.refresh_from_db()
    assert drop(desk, ride, town.small).status_code == 200


DROPPED = ("job", "crew", "at", "clock", "seen", "back")


def drop_with(desk, town, ride, field, value):
    sent = {"job": ride.subject, "crew": town.small.pk, "seen": 99, field: value}
    sent = {key: str(each).encode("utf-8", "replace").decode() for key, each in sent.items()}
    answer = desk.post(reverse("concierge:move"), sent, headers={"accept": "application/json"})
    assert answer.status_code in (200, 404, 409), (field, value)
    if value != "\x00":
        assert desk.get(reverse("concierge:move_check"), sent).status_code == 200, (field, value)


def test_hostile_drops_are_refused_in_words(desk, town, ride):
    for field, value in product(DROPPED, HOSTILE[1::2]):
        drop_with(desk, town, ride, field, value)


@pytest.mark.both
def test_what_postgresql_cannot_keep_never_gets_there(desk, town, ride):
    """SQLite keeps a NUL byte in a text, PostgreSQL does not."""
    ask_with(desk, "\x00")
    for field in DROPPED:
        drop_with(desk, town, ride, field, "\x00")


# Proposals


def propose(client, name: str, day: dt.date, **more):
    answer = client.post(reverse(f"concierge:{name}"), {"day": day.isoformat(), **more}, follow=True)
    assert answer.status_code == 200
    return answer, Proposal.objects.latest("made_at")


@pytest.mark.both
def test_a_plan_is_looked_at_accepted_and_undone(desk, town, ride):
    answer, proposal = propose(desk, "plan", day_of(ride))
    said = text(answer)
    assert "1 change" in said
    [planned] = [car for car in (town.small, town.big) if f"Staria {car.plate}" in said]
    assert "Not assigned yet" in said
    ride.refresh_from_db()
    assert ride.vehicle is None
    assert "Plan · 1 change" in text(at_board(desk, day_of(ride)))
    url = reverse("concierge:proposal", args=[proposal.pk])
    assert "Everyone concerned is told." in text(desk.post(url, {"do": "accept"}, follow=True))
    ride.refresh_from_db()
    assert ride.vehicle == planned
    assert "Taken back." in text(desk.post(url, {"do": "undo"}, follow=True))
    ride.refresh_from_db()
    assert ride.vehicle is None
    assert "Kim Desk was quicker: Undone" in text(desk.post(url, {"do": "discard"}, follow=True))


@pytest.mark.both
def test_an_outdated_proposal_says_who_changed_what(desk, town, ride):
    _answer, proposal = propose(desk, "plan", day_of(ride))
    actions.assign(ride, town.big, actor=f"user:{town.coordinator.pk}")
    url = reverse("concierge:proposal", args=[proposal.pk])
    assert "Something has changed since this was proposed." in text(desk.get(url))
    said = text(desk.post(url, {"do": "accept"}, follow=True))
    assert "Nothing was done" in said
    assert "Kim Desk: \u2068Сарнай\u2069: Assigned" in said
    ride.refresh_from_db()
    assert ride.vehicle == town.big


def test_news_about_something_else_are_refused_beside_the_field(desk, town, ride):
    url = reverse("concierge:mend")
    day = day_of(ride).isoformat()
    sent = {"day": day, "kind": "ill", "subject": ride.subject}
    answer = desk.post(url, sent)
    assert (answer.status_code, "This cannot happen to what you chose." in text(answer)) == (422, True)
    answer = desk.post(url, {"day": day, "kind": "late", "subject": ride.subject})
    assert (answer.status_code, "Please say by how many minutes." in text(answer)) == (422, True)
    assert "selected" in desk.get(url, {"day": day, "kind": "late", "subject": ride.subject}).content.decode()
    answer, proposal = propose(desk, "mend", day_of(ride), kind="late", subject=ride.subject, minutes=30)
    assert proposal.news == [{"kind": "late", "subject": ride.subject, "minutes": 30}]
    assert "A guest or a crew is late" in text(answer)


def test_only_flights_that_somebody_is_fetched_from_can_be_late(desk, town, ride):
    """What is offered can be mended: a guest who lands and takes the train changes nothing of the day."""
    other = town.another(1).flight
    page = reverse("concierge:mend"), {"day": day_of(ride).isoformat()}
    offered = desk.get(*page).content.decode()
    assert f'value="flight:{ride.flight_id}"' in offered
    assert f'value="flight:{other.pk}"' not in offered
    Ride.objects.filter(pk=ride.pk).update(status="met")
    assert "flight:" not in desk.get(*page).content.decode()


# Constant work, however full the day


def _fill(town, number: int) -> None:
    start = town.at(8, 0)
    made = [
        Ride(
            stay=town.stay, kind="pick_up", origin=town.airport, destination=town.hotel, party=2, flight=town.flight,
            starts_at=start + dt.timedelta(minutes=2 * n), ends_at=start + dt.timedelta(minutes=2 * n + 80),
            status=["granted", "waiting", "assigned", "under_way"][n % 4],
            vehicle=[None, None, town.small, town.big][n % 4],
        )
        for n in range(number)
    ]  # fmt: skip
    Ride.objects.bulk_create(made)
    ServiceStep.objects.bulk_create(ServiceStep(ride=each, status=each.status, actor="crew:x") for each in made)
    for n in range(number // 10):
        town.interpreter(f"More {number} {n}", "mn", "en", sex="female")


def test_the_board_takes_the_same_queries_for_20_and_200_jobs(desk, town):
    day, counts = town.today + dt.timedelta(days=8), []
    for number in (20, 180):
        _fill(town, number)
        with CaptureQueriesContext(connection) as queries:
            page = at_board(desk, day).content.decode()
        with CaptureQueriesContext(connection) as filtered:
            at_board(desk, day, hand="1", language="mn")
        counts.append((len(queries), len(filtered)))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 30
    blocks = re.findall(r'<a class="job .*?</a>', page)
    assert len(blocks) == 200
    assert max(len(block.encode()) for block in blocks) < 400


def test_the_board_speaks_the_reader_s_language(desk, ride):
    for language, place_name in (("ko", "장소 hotel-one"), ("ar", "Place hotel-one")):
        with translation.override(language):
            page = at_board(desk, day_of(ride)).content.decode()
        assert f'lang="{language}"' in page
        assert place_name in page


def test_conflicts_ask_for_the_way_only_where_it_matters(town, ride):
    board = board_of(ride)
    [block] = board.blocks
    assert list(conflicts([block], lambda _one, _other: 1 / 0)) == []
    assert block.trouble == ()
