"""An interpreter's hours of a month: entered by a coordinator, kept by plans and by hand, set aside with a reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from sarangbang.concierge import actions, months
from sarangbang.concierge.actions import News
from sarangbang.concierge.actions.proposing import Draft, keep
from sarangbang.concierge.choosing.crewing import fit_of
from sarangbang.concierge.days import mending, planning
from sarangbang.concierge.days.daybook import Daybook, crew_key
from sarangbang.concierge.days.model import DayModel
from sarangbang.concierge.interpreters import workload
from sarangbang.concierge.interpreters.allowance import Allowance, counted
from sarangbang.concierge.models import Interpreter, Interpreting, Proposal
from sarangbang.concierge.months import day_of
from sarangbang.concierge.proposals.wording import left_why
from sarangbang.dispatch.interpreting import FULL_TIME
from sarangbang.people.models import AuditEntry
from sarangbang.scheduling import actions as scheduling

from .crowd import Crowd

UTC = dt.UTC


@pytest.fixture(autouse=True)
def _short_search(monkeypatch):
    monkeypatch.setattr(planning, "ROUNDS_WHOLE", 2)
    monkeypatch.setattr(mending, "SECONDS", 0.4)


def early(town) -> int:
    """Days from today to a day with a week of the same month behind it."""
    soon = town.today + dt.timedelta(days=6)
    first = soon if (soon + dt.timedelta(days=7)).month == soon.month else months.after(soon.replace(day=1))
    return (first - town.today).days


def job_at(town, days: int, hour: int, *, language: str = "mn") -> Interpreting:
    """A guest of their own who needs an interpreter for 70 minutes, which count 75."""
    stay = town.new_stay(town.new_guest(f"Гость {days} {hour}", email=f"g{days}-{hour}@example.org"))
    return actions.request_interpreting(stay, town.book(stay, town.at(days, hour)), actor="guest:x", language=language)


def bound(one: Interpreter, agreed: int | None, most: int | None) -> Interpreter:
    return actions.agree_hours(one, (agreed, most), seen=(one.agreed_hours, one.most_hours), actor="user:1")


@pytest.fixture
def full(town):
    """Oyuun may work two hours a month, and has one job of 75 minutes; Bat, who speaks Mongolian too, is gone."""
    Interpreter.objects.filter(pk=town.bat.pk).update(appointed_until=dt.date(2020, 2, 1))
    bound(town.oyuun, None, 2)
    return actions.assign(job_at(town, early(town), 10), town.oyuun, actor="user:1")


def test_time_counts_in_quarter_hours_begun():
    at = dt.datetime(2026, 3, 1, tzinfo=UTC)
    assert [counted(at, at + dt.timedelta(minutes=each)) for each in (0, 1, 15, 16, 70)] == [0, 15, 15, 30, 75]


def test_who_is_beyond_the_most_keeps_what_they_have_and_gets_no_more():
    month = Allowance(dt.date(2026, 3, 1), most=120, elsewhere=60, held=90)
    assert (month.beyond([90]), month.beyond([60, 45])) == (0, 165)


def test_what_moves_within_the_month_counts_once_on_either_day():
    def times(day: int, minutes: int) -> tuple[dt.datetime, dt.datetime]:
        at = dt.datetime(2026, 3, day, 3, tzinfo=UTC)
        return at, at + dt.timedelta(minutes=minutes)

    here = Allowance(dt.date(2026, 3, 10), most=300, elsewhere=100, held=90)
    assert here.after([(times(12, 60), times(10, 60))]) == replace(here, elsewhere=40)  # comes
    assert here.after([(times(10, 60), times(12, 60))]) == replace(here, elsewhere=160, held=30)  # goes
    assert here.after([(times(12, 60), times(15, 60))]) == here  # neither
    assert here.after([(times(12, 60), None), (None, times(15, 30))]) == replace(here, elsewhere=70)  # given, taken
    other_month = dt.datetime(2026, 4, 1, 3, tzinfo=UTC)
    assert here.after([(times(10, 60), (other_month, other_month + dt.timedelta(hours=1)))]) == here


@pytest.fixture
def moved_on(town):
    """Oyuun's job of 75 minutes goes to the next day in a proposal, and a second one is given to her on ``day``."""
    days = early(town)
    first = actions.assign(job_at(town, days, 10), town.oyuun, actor="user:1")
    later = dt.timedelta(days=1)

    def propose(day: int) -> Proposal:
        second, visit = job_at(town, day, 15), first.appointment
        now, then = (
            {"starts_at": (each.starts_at + by).isoformat(), "ends_at": (each.ends_at + by).isoformat()}
            for each, by in ((first, dt.timedelta()), (first, later))
        )
        at = visit.reservation
        drafts = [
            Draft(first, now, then),
            Draft(second, {"crew": None}, {"crew": str(town.oyuun.pk)}),
            Draft(
                visit,
                {"starts_at": at.starts_at.isoformat()},
                {"starts_at": (at.starts_at + later).isoformat(), "practitioner": str(town.doctor.pk)},
            ),
        ]
        proposal = Proposal(day=day_of(first.starts_at), kind=Proposal.Kind.PLAN)
        return keep(proposal, drafts, actor="user:1")

    return propose


@pytest.mark.once
@pytest.mark.parametrize("beside", [0, 1])
def test_a_proposal_that_moves_a_job_to_another_day_counts_it_once(town, moved_on, beside):
    """Whether on the day that it leaves or on the one to which it goes, two jobs of 75 minutes are 150."""
    bound(town.oyuun, None, 3)
    actions.accept(moved_on(early(town) + beside), actor="user:1")
    month = workload.month_of_work(day_of(town.at(early(town), 10)).replace(day=1))
    assert month[str(town.oyuun.pk)].total == 150


@pytest.mark.once
@pytest.mark.parametrize("beside", [0, 1])
def test_a_proposal_that_moves_a_job_to_another_day_forgets_it_on_neither(town, moved_on, beside):
    bound(town.oyuun, None, 2)
    with pytest.raises(actions.Outdated) as refused:
        actions.accept(moved_on(early(town) + beside), actor="user:1")
    assert [each.code for each in refused.value.why.fit.against] == ["month"]


@pytest.mark.once
def test_the_load_is_that_of_the_korean_month_and_of_four_weeks(town, django_assert_num_queries):
    jobs = [actions.assign(job_at(town, early(town), hour), town.oyuun, actor="user:1") for hour in (8, 10, 12, 14, 16)]
    begins = ["2026-02-28T15:00", "2026-02-28T14:59", "2026-03-20T03:00", "2026-03-31T14:59", "2026-03-31T15:00"]
    for job, text in zip(jobs, begins, strict=True):
        at = dt.datetime.fromisoformat(text).replace(tzinfo=UTC)
        Interpreting.objects.filter(pk=job.pk).update(starts_at=at, ends_at=at + dt.timedelta(minutes=31))
    with django_assert_num_queries(1):
        assert workload.loads(dt.date(2026, 3, 20))[str(town.oyuun.pk)] == workload.Load(month=90, recent=90)
    assert workload.loads(dt.date(2026, 3, 28))[str(town.oyuun.pk)] == workload.Load(month=135, recent=90)
    Interpreting.objects.filter(pk=jobs[0].pk).update(status="finished")
    with django_assert_num_queries(1):
        march = workload.month_of_work(dt.date(2026, 3, 1))
    assert march == {str(town.oyuun.pk): workload.MonthOfWork(done=45, ahead=90)}
    actions.cancel(jobs[2], actor="user:1")
    assert workload.month_of_work(dt.date(2026, 3, 1))[str(town.oyuun.pk)].total == 90


def test_nobody_is_given_a_job_beyond_the_month_without_a_reason(town, full):
    job = job_at(town, early(town) + 1, 10)
    with pytest.raises(actions.DoesNotFit) as refused:
        actions.assign(job, town.oyuun, actor="user:1", despite=" ")
    assert [(each.code, dict(each.params)) for each in refused.value.fit.against] == [
        ("month", {"month": 150, "most": 120})
    ]
    job = actions.assign(job, town.oyuun, actor="user:1", despite="Nobody else speaks it")
    assert (job.interpreter, job.steps.last().reason) == (town.oyuun, "Nobody else speaks it")
    said = AuditEntry.objects.get(verb="interpreting_despite")
    assert said.detail == {"against": ["month"]}


def test_no_reason_puts_anybody_in_two_places(town, full):
    Interpreter.objects.filter(pk=town.oyuun.pk).update(most_hours=1)
    same_time = job_at(town, early(town), 11)
    with pytest.raises(actions.DoesNotFit):
        actions.assign(same_time, town.oyuun, actor="user:1", despite="please")


@pytest.mark.once
def test_the_next_month_begins_anew(town, full):
    first = months.after(day_of(full.starts_at).replace(day=1))
    job = job_at(town, (first - town.today).days, 10)
    assert actions.assign(job, town.oyuun, actor="user:1").interpreter == town.oyuun


@pytest.mark.once
def test_whoever_has_a_job_keeps_it_when_its_appointment_moves_within_the_month(town, full):
    bound_now = Interpreter.objects.get(pk=town.oyuun.pk)
    bound(bound_now, None, 1)  # less than they have
    scheduling.reschedule(
        full.appointment, town.doctor, full.starts_at + dt.timedelta(days=1, minutes=10), actor="user:1"
    )
    full.refresh_from_db()
    assert (full.interpreter, full.status) == (town.oyuun, "assigned")


@pytest.mark.once
def test_offers_go_to_those_who_have_hours_left(town, full):
    Interpreter.objects.filter(pk=town.bat.pk).update(appointed_until=dt.date(2099, 1, 1))
    job = job_at(town, early(town), 14)  # the guest wishes nobody; Oyuun would be as near
    assert actions.offer(job, actor="user:1").interpreter == town.bat


@pytest.mark.once
def test_a_plan_leaves_out_who_has_no_hours_left_and_says_so(town, full):
    job = job_at(town, early(town), 14)
    proposal = actions.propose_plan(day_of(job.starts_at), actor="user:1")
    assert proposal.changes.count() == 0
    [left] = proposal.unmended
    assert "1 have no hours left in this month." in left_why(left)
    assert "beyond somebody's hours of the month" in left_why(left)


@pytest.mark.once
def test_a_plan_of_many_keeps_every_month(town):
    crowd = Crowd(town, rides=0, jobs=16, day=early(town))
    Interpreter.objects.update(most_hours=2)
    day = town.today + dt.timedelta(days=crowd.day)
    actions.accept(actions.propose_plan(day, actor="user:1", whole=True), actor="user:1")
    done = workload.month_of_work(day.replace(day=1))
    assert done
    assert all(each.total <= 120 for each in done.values())


@pytest.mark.once
def test_a_mending_gives_nobody_more_than_the_month_and_takes_nothing_away(town, full):
    """Who works beyond the month by somebody's decision keeps it, whatever else is mended."""
    ill = actions.assign(job_at(town, early(town), 14, language="ar"), town.huda, actor="user:1")
    over = actions.assign(job_at(town, early(town), 16), town.oyuun, actor="user:1", despite="nobody else")
    Interpreter.objects.get(pk=town.oyuun.pk).languages.create(language="ar")
    news = News("ill", f"interpreter:{town.huda.pk}")
    proposal = actions.propose_mend(day_of(ill.starts_at), [news], actor="user:1")
    assert [(each.interpreting_id, each.after["crew"]) for each in proposal.changes.all()] == [(ill.pk, None)]
    assert "no hours left" in left_why(next(row for row in proposal.unmended if row["subject"] == ill.subject))
    actions.accept(proposal, actor="user:1", despite="urgent")
    assert {crew_key(job) for job in Interpreting.objects.filter(pk__in=[full.pk, over.pk])} == {str(town.oyuun.pk)}


@pytest.mark.once
def test_the_plan_shares_work_by_what_was_agreed_on(town):
    """Bat did much in the last weeks, Oyuun nothing, but Bat was promised far more: by their shares it is Bat's turn."""
    Interpreter.objects.filter(pk__in=(town.oyuun.pk, town.bat.pk)).update(home=town.clinic, sex="female")
    days = early(town)
    done = [actions.assign(job_at(town, days, hour), town.bat, actor="user:1") for hour in (8, 10, 12)]
    for number, job in enumerate(done, start=5):
        times = {"starts_at": town.at(days - number, 10), "ends_at": town.at(days - number, 11)}
        Interpreting.objects.filter(pk=job.pk).update(status="finished", **times)
    some = actions.assign(job_at(town, days + 1, 9), town.oyuun, actor="user:1")
    times = {"starts_at": town.at(days - 4, 10), "ends_at": town.at(days - 4, 11)}
    Interpreting.objects.filter(pk=some.pk).update(status="finished", **times)
    job = job_at(town, days, 15)
    day = town.today + dt.timedelta(days=days)

    def chosen() -> str:
        [change] = actions.propose_plan(day, actor="user:1").changes.filter(interpreting=job)
        return change.after["crew"]

    assert DayModel(Daybook.of(day)).person(str(town.bat.pk)).recent_minutes == 180
    assert chosen() == str(town.oyuun.pk)
    bound(town.oyuun, 10, None)
    bound(town.bat, 200, None)
    assert chosen() == str(town.bat.pk)


@pytest.mark.once
def test_the_engine_is_told_what_is_left_and_what_was_agreed(town, full, django_assert_num_queries):
    bound(Interpreter.objects.get(pk=town.oyuun.pk), 1, 2)
    other = day_of(full.starts_at) + dt.timedelta(days=1)
    book = Daybook.of(other)
    person = DayModel(book).person(str(town.oyuun.pk))
    days = (months.after(other.replace(day=1)) - other.replace(day=1)).days
    assert (person.minutes_left, person.agreed_minutes) == (45, 60 * 28 // days)
    free = DayModel(book).person(str(town.huda.pk))
    assert (free.minutes_left, free.agreed_minutes) == (None, FULL_TIME)
    assert DayModel(Daybook.of(day_of(full.starts_at))).person(str(town.oyuun.pk)).minutes_left == 120


@pytest.mark.parametrize("by_proposal", [False, True])
def test_two_coordinators_at_once_do_not_pass_the_month_unseen(town_of_threads, at_once, by_proposal):
    town = town_of_threads
    bound(town.oyuun, None, 2)
    jobs = [job_at(town, early(town) + number, 10) for number in range(2)]

    def give(job):
        if by_proposal:
            return lambda: actions.move(job, town.oyuun, actor="user:1", seen=job.sequence)
        return lambda: actions.assign(job, town.oyuun, actor="user:1")

    results = at_once([give(job) for job in jobs])
    assert sum(isinstance(each, Exception) for each in results) == 1
    refused = next(each for each in results if isinstance(each, Exception))
    assert isinstance(refused, (actions.DoesNotFit, actions.Outdated))
    assert workload.month_of_work(day_of(jobs[0].starts_at).replace(day=1))[str(town.oyuun.pk)].total == 75


def test_the_database_refuses_what_makes_no_sense(town):
    for hours in ({"agreed_hours": 0}, {"most_hours": 745}, {"agreed_hours": 9, "most_hours": 8}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Interpreter.objects.filter(pk=town.oyuun.pk).update(**hours)


# Pages


@pytest.fixture
def desk(client, town, settings):
    settings.DEMO = True
    client.force_login(town.coordinator)
    return client


@pytest.mark.once
def test_a_coordinator_enters_the_hours_and_sees_the_month(desk, town, full):
    page = reverse("concierge:interpreter_desk", args=[town.oyuun.pk])
    month = f"?month={full.starts_at + dt.timedelta(hours=9):%Y-%m}"
    shown = desk.get(page + month).content.decode()
    assert "1 hr 15 mins" in shown
    assert "2 hrs · 45 mins left" in " ".join(shown.split())
    saved = desk.post(page + month, {"agreed": "40", "most": "60", "was_agreed": "", "was_most": "2"})
    assert (saved.status_code, saved.url) == (302, page + month)
    town.oyuun.refresh_from_db()
    assert (town.oyuun.agreed_hours, town.oyuun.most_hours) == (40, 60)
    assert AuditEntry.objects.filter(verb="agree_hours").last().detail == {"before": [None, 2], "after": [40, 60]}
    listed = desk.get(reverse("concierge:interpreters") + month).content.decode()
    assert "58 hrs 45 mins left" in listed
    emptied = desk.post(page, {"agreed": "", "most": "", "was_agreed": "40", "was_most": "60"})
    assert emptied.status_code == 302
    town.oyuun.refresh_from_db()
    assert (town.oyuun.agreed_hours, town.oyuun.most_hours) == (None, None)


@pytest.mark.once
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"agreed": "80", "most": "60"}, "less than the hours that were agreed on"),
        ({"agreed": "0"}, "agreed"),
        ({"most": "99999999999999999999"}, "most"),
        ({"most": "sixty"}, "sixty"),
        ({"most": "70", "was_most": "50"}, "Somebody entered other hours meanwhile"),
    ],
)
def test_what_makes_no_sense_is_said_and_stays_in_the_form(desk, town, given, said):
    page = reverse("concierge:interpreter_desk", args=[town.oyuun.pk])
    answer = desk.post(page, {"agreed": "", "most": "", "was_agreed": "", "was_most": ""} | given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    town.oyuun.refresh_from_db()
    assert (town.oyuun.agreed_hours, town.oyuun.most_hours) == (None, None)


@pytest.mark.once
def test_the_job_page_asks_for_the_reason_and_takes_it(desk, town, full):
    job = job_at(town, early(town), 14)
    page = reverse("concierge:interpreting", args=[job.pk])
    shown = desk.get(page).content.decode()
    assert "would have 2 hrs 30 mins this month, at most 2 hrs" in shown
    form = {"do": "assign", "seen": job.sequence, "crew": str(town.oyuun.pk)}
    assert "Not without a reason" in desk.post(page, form, follow=True).content.decode()
    assert "Saved" in desk.post(page, form | {"despite": "The only one who can"}, follow=True).content.decode()
    assert "The only one who can" in desk.get(page).content.decode()
    job.refresh_from_db()
    assert fit_of(job, town.oyuun).fits  # and nothing speaks against who has it now


@pytest.mark.once
def test_many_interpreters_are_read_in_a_constant_number_of_queries(desk, town, django_assert_max_num_queries):
    Crowd(town, rides=0, jobs=60)
    with django_assert_max_num_queries(8):
        desk.get(reverse("concierge:interpreters"))
