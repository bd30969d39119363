"""Waiting, the guest who does not come, the meter, notes, an interpreter's own time: each word counts once."""

from __future__ import annotations

import datetime as dt
import json
import re
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.concierge import actions
from sarangbang.concierge.actions import telling
from sarangbang.concierge.crew.page import CrewPage
from sarangbang.concierge.desk.day import DeskDay
from sarangbang.concierge.ledger import hours, metering
from sarangbang.concierge.models import Interpreter, Interpreting, Ride, SessionNote, Tap
from sarangbang.people import links
from sarangbang.scheduling import rostering

from .test_asking import pick_up, speak
from .test_assigning import told

MINUTE = dt.timedelta(minutes=1)


def begun(job, minutes: int):
    """The same job, as if it had been planned for so many minutes ago and asked for two days ago."""
    now = timezone.now()
    start = now - minutes * MINUTE
    type(job).objects.filter(pk=job.pk).update(
        starts_at=start, ends_at=start + dt.timedelta(hours=3), created_at=now - dt.timedelta(days=2)
    )
    job.refresh_from_db()
    return job


@pytest.fixture
def ride(town):
    return begun(actions.assign(pick_up(town), town.small, actor="user:1"), 60)


@pytest.fixture
def job(town):
    return begun(actions.assign(speak(town), town.oyuun, actor="user:1"), 150)


@pytest.fixture
def link(town):
    return telling.crew_link(town.small.driver)


@pytest.fixture
def her(town):
    return telling.crew_link(town.oyuun)


def page_of(person) -> str:
    return reverse(f"concierge:{person.purpose}", args=[links.token_of(telling.crew_link(person))])


def meter_of(job, now=None):
    return metering.meter(hours.events_about(job), hours.free_time(job), now)


def waiting_of(job) -> int:
    return metering.waiting_minutes(hours.events_about(job))


def ago(minutes: float) -> dt.datetime:
    return timezone.now() - minutes * MINUTE


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# Waiting, and a guest who does not come


def test_waiting_is_recorded_from_the_meeting_point_to_the_meeting_and_shown(client, town, ride, link):
    actions.tap(link, ride, "at_place", ago(40))
    ride.refresh_from_db()
    assert ride.status == "under_way"
    assert "Waiting since" in text(client.get(page_of(town.small.driver)))
    actions.tap(link, ride, "met", ago(28))
    assert waiting_of(ride) == 12
    assert "Waited: 12 mins" in text(client.get(page_of(town.small.driver)))


def test_that_the_guest_did_not_come_is_a_question_for_the_desk_and_moves_nothing(client, town, ride, link, settings):
    actions.tap(link, ride, "at_place", ago(50))
    begun(ride, 30)
    with pytest.raises(actions.WaitOn) as early:
        actions.tap(link, ride, "no_show")
    assert early.value.until == ride.starts_at + 45 * MINUTE  # who is early waits from the planned start
    answer = client.post(
        page_of(town.small.driver) + "tap/", {"job": ride.pk, "word": "no_show"}, headers={"accept": "application/json"}
    )
    assert (answer.status_code, "Please wait on" in json.loads(answer.content)["said"]) == (409, True)
    begun(ride, 50)
    actions.tap(link, ride, "no_show")
    ride.refresh_from_db()
    assert (ride.status, ride.vehicle) == ("under_way", town.small)
    day = DeskDay(timezone.localdate(ride.starts_at, timezone.get_fixed_timezone(540)), timezone.now())
    assert any("the guest has not come" in hand.said for hand in day.hands)
    actions.tap(link, ride, "met")
    day = DeskDay(day.day, timezone.now())
    assert not any("the guest has not come" in hand.said for hand in day.hands)


STORY = [("on_the_way", 120), ("at_place", 100), ("no_show", 5), ("met", 4), ("dropped", 1)]
SPOKEN = [("on_the_way", 150), ("at_place", 145), ("met", 140), ("told", 138), ("started", 136), ("finished", 6)]


def as_it_stands(job) -> tuple[object, ...]:
    job.refresh_from_db()
    taps = sorted((tap.word, tap.tapped_at) for tap in job.taps.all())
    meter = meter_of(job) if isinstance(job, Interpreting) else None
    return job.status, taps, waiting_of(job), meter


@pytest.mark.once
@given(data=st.data())
@settings(max_examples=5)
def test_replayed_reordered_and_doubled_taps_change_nothing(town, ride, job, link, her, data):
    each, by, story = data.draw(st.sampled_from([(ride, link, STORY), (job, her, SPOKEN)]))
    said = [(word, ago(minutes)) for word, minutes in story]
    mixed = data.draw(st.permutations([*said, *data.draw(st.lists(st.sampled_from(said), max_size=6))]))
    stands = []
    for order in (said, mixed):
        each.taps.all().delete()
        type(each).objects.filter(pk=each.pk).update(status="assigned")
        for word, at in order:
            actions.tap(by, each, word, at)
        stands.append(as_it_stands(each))
    assert stands[0] == stands[1]
    assert stands[0][0] == "finished"


# The meter


@pytest.mark.once
def test_nothing_begins_on_the_page_before_the_guest_knows_what_it_costs(client, town, job, her):
    actions.tap(her, job, "met", ago(140))
    shown = client.get(page_of(town.oyuun)).content.decode()
    assert "After that the guest pays." in shown
    assert re.search(r'value="started" disabled data-after="told"', shown)
    terms = text(client.get(f"{page_of(town.oyuun)}terms/{job.pk}/"))
    assert "The interpreter is free for 2 hrs at this appointment." in terms
    assert "you pay for the time beyond that" in terms
    actions.tap(her, job, "told", ago(138))
    assert not re.search(r'value="started" disabled', client.get(page_of(town.oyuun)).content.decode())
    actions.tap(her, job, "started", ago(136))
    running = text(client.get(page_of(town.oyuun)))
    assert "Beyond the free time: 16 mins" in running
    actions.tap(her, job, "finished", ago(6))
    meter = meter_of(job)
    assert (meter.minutes, meter.free_minutes, meter.paid_minutes, meter.agreed) == (130, 120, 10, True)


def test_what_the_desk_marks_counts_like_the_crew_s_word(town, job, her):
    actions.tap(her, job, "started", ago(60))
    job.refresh_from_db()
    actions.mark(job, "finished", actor="user:1")
    assert meter_of(job).minutes == 60
    actions.mark(job, "met", actor="user:1")
    assert meter_of(job, timezone.now()).is_running


def test_a_month_of_hours_is_reckoned_from_the_taps(client, town, job, her):
    for word, minutes in SPOKEN:
        actions.tap(her, job, word, ago(minutes))
    page = page_of(town.oyuun) + "month/"
    shown = text(client.get(page, {"month": f"{job.starts_at.astimezone(rostering.SEOUL):%Y-%m}"}))
    assert "2 hrs 10 mins" in shown
    assert town.guest.name not in shown
    for month in ("2019-01", "2026-13", "x", "2099-01", "%00"):
        assert client.get(page, {"month": month}).status_code == 200
    assert client.get(page_of(town.small.driver) + "month/").status_code == 404


# Notes


def test_a_note_is_written_once_by_its_key_however_often_it_arrives(client, town, job, her):
    url, key = page_of(town.oyuun) + "tap/", uuid4()
    sent = {"job": job.pk, "word": "incident", "text": "The lift is broken", "key": key, "at": int(ago(5).timestamp())}
    for _again in range(3):
        answer = client.post(url, sent, headers={"accept": "application/json"})
        assert (answer.status_code, json.loads(answer.content)) == (200, {"said": "Sent."})
    assert [note.text for note in job.notes.all()] == ["The lift is broken"]
    for refused in ({"text": " "}, {"key": "x"}, {"word": "hand_over", "text": ""}, {"text": "x" * 1001}):
        answer = client.post(url, sent | {"key": uuid4()} | refused, headers={"accept": "application/json"})
        assert answer.status_code == 422, refused
    for _again in range(2):
        actions.note(her, job, "teach_back", "", uuid4())
    assert job.notes.count() == 2
    day = DeskDay(job.starts_at.astimezone(rostering.SEOUL).date(), timezone.now())
    assert any("Incident: The lift is broken" in hand.said for hand in day.hands)


def test_only_who_had_the_job_writes_about_it(town, job, her):
    with pytest.raises(actions.NotYours):
        actions.note(telling.crew_link(town.bat), job, "hand_over", "x", uuid4())
    key = uuid4()
    actions.note(her, job, "hand_over", "x", key)
    actions.tap(her, job, "on_the_way")
    actions.reassign(job, town.bat, actor="user:1")
    assert actions.note(her, job, "hand_over", "y", uuid4()).text == "y"
    with pytest.raises(ValueError, match=str(key)):
        actions.note(telling.crew_link(town.bat), job, "hand_over", "x", key)


@pytest.mark.once
def test_the_next_interpreter_reads_the_hand_over_note_and_no_other(client, town, job, her):
    actions.note(her, job, "hand_over", "Hears better on the left", uuid4())
    actions.note(her, job, "incident", "Something else", uuid4())
    later = town.book(town.stay, town.at(6, 10))
    other = actions.request_interpreting(town.stay, later, actor="g", language="mn")
    begun(actions.assign(other, town.bat, actor="user:1"), 5)
    shown = text(client.get(page_of(town.bat)))
    assert "Hears better on the left" in shown
    assert "Something else" not in shown
    assert "Hears better on the left" not in text(client.get(page_of(town.huda)))


# What the phone keeps


@pytest.mark.once
def test_what_the_phone_keeps_says_until_when_and_holds_no_medicine(client, town, ride, job, her):
    actions.note(her, job, "hand_over", "Hears better on the left", uuid4())
    for person, each in ((town.small.driver, ride), (town.oyuun, job)):
        page = page_of(person)
        for path in ("", f"board/{each.pk}/", f"phrases/{each.pk}/"):
            assert "X-Kept-Until" not in client.get(page + path)
            kept = client.get(page + path, {"kept": "1"})
            until = dt.datetime.fromtimestamp(int(kept["X-Kept-Until"]), tz=dt.UTC)
            assert timezone.now() < until <= timezone.now() + dt.timedelta(hours=30)
            for hidden in ("Ophthalmology", "eyes", "Lens", "Doctor", "Hears better", "guest@example.org"):
                assert hidden not in kept.content.decode(), (path, hidden)
        assert each.stay.guest.name in kept.content.decode() or path
    assert client.get(page_of(town.oyuun)[:-8] + "AAAAAAA/", {"kept": "1"}).status_code == 404


def test_a_night_s_work_is_kept_until_it_is_over(town, ride):
    late = town.at(0, 23, 30)
    Ride.objects.filter(pk=ride.pk).update(starts_at=late, ends_at=late + dt.timedelta(hours=2))
    page = CrewPage(town.small.driver, "x" * 43, town.at(0, 22))
    assert page.kept_until == late + dt.timedelta(hours=3)
    Ride.objects.filter(pk=ride.pk).update(status="cancelled")
    assert CrewPage(town.small.driver, "x" * 43, town.at(0, 22)).kept_until == town.at(1, 0)


def test_the_worker_s_scope_is_the_crews_pages(client, db):
    answer = client.get(reverse("concierge:worker"))
    assert answer["Content-Type"].startswith("text/javascript")
    assert reverse("concierge:worker") == "/en/crew/worker.js"


# An interpreter's own time


def test_leave_over_accepted_jobs_names_them_and_gives_them_back_with_it(client, town, job):
    other = speak_at(town, 5, 14)
    page = page_of(town.oyuun) + "hours/away/"
    day = town.at(5, 0).astimezone(rostering.SEOUL).date().isoformat()
    sent = {"kind": "leave", "first_day": day, "last_day": day, "starts": "", "ends": "", "reason": "family"}
    asked = client.post(page, sent)
    assert (asked.status_code, "Jobs that you have accepted in this time: 1" in text(asked)) == (409, True)
    assert not town.oyuun.resource.roster_exceptions.exists()
    other.refresh_from_db()
    assert other.interpreter == town.oyuun
    assert client.post(page, sent | {"giving_back": "x"}).status_code == 409
    assert client.post(page, sent | {"giving_back": f"{other.pk} "}).status_code == 302
    other.refresh_from_db()
    assert (other.status, other.interpreter) == ("granted", None)
    assert town.oyuun.resource.roster_exceptions.count() == 1
    with pytest.raises(actions.DoesNotFit):
        actions.assign(other, town.oyuun, actor="user:1")
    assert told("interpreting_news")[-1] == "unassigned"


def speak_at(town, days: int, hour: int):
    another = town.another(3)
    appointment = town.book(another.stay, town.at(days, hour))
    other = actions.request_interpreting(another.stay, appointment, actor="g", language="mn")
    return actions.assign(other, town.oyuun, actor="user:1")


def test_weekly_hours_are_entered_changed_and_ended_by_the_interpreter(client, town):
    resource, page = town.oyuun.resource, page_of(town.oyuun) + "hours/"
    resource.weekly_rules.all().delete()
    today = rostering.today().isoformat()
    sent = {"weekdays": ["0", "2"], "starts": "09:00", "ends": "18:00", "valid_from": today, "valid_until": ""}
    assert client.post(page + "weekly/", sent).status_code == 302
    assert resource.weekly_rules.count() == 2
    assert "overlap" in text(client.post(page + "weekly/", sent))
    assert client.post(page + "weekly/", sent | {"weekdays": ["3"], "ends": "09:00"}).status_code == 422
    rule = resource.weekly_rules.earliest("weekday")
    changed = client.post(f"{page}weekly/?rule={rule.pk}", sent | {"weekdays": ["0"], "ends": "20:00"})
    assert changed.status_code == 302
    assert sorted(f"{each.ends:%H}" for each in resource.weekly_rules.all()) == ["18", "20"]
    shown = text(client.get(page))
    assert "09:00–20:00" in shown
    for each in list(resource.weekly_rules.all()):
        client.post(page, {"rule": each.pk})
    assert not resource.weekly_rules.exists()
    for hostile in ({"rule": "x"}, {"rule": "9" * 40}, {"entry": "-1"}, {}):
        assert client.post(page, hostile).status_code == 302
    assert client.get(page_of(town.small.driver) + "hours/").status_code == 404


def test_nobody_ends_hours_or_leave_of_somebody_else(client, town):
    theirs = town.bat.resource.weekly_rules.first()
    page = page_of(town.oyuun) + "hours/"
    client.post(page, {"rule": theirs.pk})
    theirs.refresh_from_db()
    assert theirs.valid_until is None
    town.oyuun.resource.weekly_rules.all().delete()
    assert client.get(f"{page}weekly/?rule={theirs.pk}").status_code == 200


@pytest.mark.once
def test_that_a_term_or_certificate_ends_is_said_to_them_and_to_the_desk(client, town):
    today = rostering.today()
    Interpreter.objects.filter(pk=town.oyuun.pk).update(
        appointed_until=today + dt.timedelta(days=60), certified_until=today - dt.timedelta(days=1)
    )
    Interpreter.objects.filter(pk=town.bat.pk).update(appointed_until=today + dt.timedelta(days=61))
    shown = text(client.get(page_of(town.oyuun)))
    assert "The appointment as interpreter ends on" in shown
    assert "The certificate ended on" in shown
    assert "ends on" not in text(client.get(page_of(town.bat)))
    assert [person for person, _said in DeskDay(today, timezone.now()).endings] == [town.oyuun]


def test_two_same_notes_at_once_are_one(town_of_threads, at_once):
    town = town_of_threads
    job = begun(actions.assign(speak(town), town.oyuun, actor="user:1"), 10)
    her, key = telling.crew_link(town.oyuun), uuid4()
    results = at_once([lambda: actions.note(her, job, "incident", "x", key) for _ in range(3)])
    assert {result.pk for result in results} == {SessionNote.objects.get().pk}
    assert not Tap.objects.exists()


def test_leave_and_a_new_job_at_once_leave_no_job_in_the_leave(town_of_threads, at_once):
    town = town_of_threads
    job = speak(town)
    her = telling.crew_link(town.oyuun)
    at_once(
        [
            lambda: actions.take_leave(her, town.oyuun, town.at(5, 0), town.at(6, 0)),
            lambda: actions.assign(job, town.oyuun, actor="user:1"),
        ]
    )
    job.refresh_from_db()
    is_away = town.oyuun.resource.roster_exceptions.exists()
    assert is_away != (job.interpreter is not None)
