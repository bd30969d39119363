"""Jobs offered to interpreters: best first, one at a time, answered once, never past the job."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from sarangbang.concierge import actions
from sarangbang.concierge.actions import telling
from sarangbang.concierge.models import Interpreter, Interpreting, JobOffer
from sarangbang.messages.models import Message
from sarangbang.people import links
from sarangbang.people.models import AuditEntry

from .test_asking import speak
from .test_assigning import claims

Answer = JobOffer.Answer


def link_of(person: Interpreter):
    return telling.crew_link(person)


def answers(job) -> list[tuple[str, str]]:
    return [(each.interpreter.name, each.answer) for each in job.offers.select_related("interpreter").order_by("pk")]


def late(offer: JobOffer) -> None:
    """The same offer, as if its time were over."""
    now = timezone.now()
    JobOffer.objects.filter(pk=offer.pk).update(
        made_at=now - dt.timedelta(hours=2), expires_at=now - dt.timedelta(hours=1)
    )


@pytest.fixture
def job(town):
    return speak(town)


def test_the_best_who_fits_is_asked_and_has_half_an_hour(town, job):
    made = actions.offer(job, actor="user:1")
    assert made.interpreter in (town.oyuun, town.bat)
    assert made.expires_at - made.made_at == dt.timedelta(minutes=30)
    assert actions.offer(job, actor="user:2") == made  # a second click
    [message] = Message.objects.filter(kind="job_offer")
    assert (message.channel, message.address) == ("sms", made.interpreter.phone)
    assert set(message.context) == {"news", "starts_at", "answer_by_at", "crew_link"}


def test_who_accepts_has_the_job_and_accepting_twice_changes_nothing(town, job):
    made = actions.offer(job, actor="user:1")
    link = link_of(made.interpreter)
    assert actions.accept_offer(link, made, seen=job.sequence).answer == Answer.ACCEPTED
    assert actions.accept_offer(link, made, seen=job.sequence).answer == Answer.ACCEPTED
    job.refresh_from_db()
    assert (job.status, job.interpreter) == ("assigned", made.interpreter)
    assert claims(made.interpreter) > 0
    assert AuditEntry.objects.filter(verb="offer_accepted").count() == 1


def test_who_declines_is_followed_by_the_next_best_until_nobody_is_left(town, job):
    first = actions.offer(job, actor="user:1")
    actions.decline_offer(link_of(first.interpreter), first, "ill")
    second = job.offers.get(answer=Answer.OPEN)
    assert second.rank == 2
    assert second.interpreter != first.interpreter
    actions.decline_offer(link_of(second.interpreter), second)
    assert not job.offers.filter(answer=Answer.OPEN).exists()
    job.refresh_from_db()
    assert (job.status, job.interpreter) == ("granted", None)
    # The desk may ask again; who said no comes last, and Huda, who does not speak Mongolian, is never asked.
    again = actions.offer(job, actor="user:1")
    assert again.rank == 1
    assert {name for name, _answer in answers(job)} == {"Oyuun", "Bat"}


def test_an_offer_that_ran_out_goes_on_by_the_worker_and_cannot_be_accepted(town, job):
    first = actions.offer(job, actor="user:1")
    late(first)
    assert actions.follow_offers(timezone.now()) == 1
    assert actions.follow_offers(timezone.now()) == 0
    assert [answer for _name, answer in answers(job)] == [Answer.EXPIRED, Answer.OPEN]
    with pytest.raises(actions.OfferOver):
        actions.accept_offer(link_of(first.interpreter), first)
    late(job.offers.get(answer=Answer.OPEN))
    made = job.offers.get(answer=Answer.OPEN)
    assert actions.accept_offer(link_of(made.interpreter), made).answer == Answer.EXPIRED
    job.refresh_from_db()
    assert job.status == "granted"


def test_an_offer_ends_before_they_would_have_to_leave_and_never_past_the_job(town, job):
    soon = timezone.now() + dt.timedelta(minutes=50)
    Interpreting.objects.filter(pk=job.pk).update(starts_at=soon, ends_at=soon + dt.timedelta(hours=1))
    made = actions.offer(job, actor="user:1")
    assert timezone.now() < made.expires_at <= made.interpreting.starts_at
    Interpreting.objects.filter(pk=job.pk).update(starts_at=timezone.now() - dt.timedelta(minutes=1))
    assert actions.follow_offers(timezone.now()) == 1
    made.refresh_from_db()
    assert made.answer == Answer.EXPIRED
    with pytest.raises(actions.NobodyLeft):
        actions.offer(job, actor="user:1")


def test_a_job_that_was_assigned_or_called_off_is_no_longer_offered(town, job):
    made = actions.offer(job, actor="user:1")
    other = town.bat if made.interpreter == town.oyuun else town.oyuun
    actions.assign(job, other, actor="user:1")
    assert actions.accept_offer(link_of(made.interpreter), made).answer == Answer.WITHDRAWN
    job.refresh_from_db()
    assert job.interpreter == other
    with pytest.raises(actions.MoveNotAllowed):
        actions.offer(job, actor="user:1")


def test_the_worker_takes_back_what_is_no_longer_wanted(town, job):
    actions.offer(job, actor="user:1")
    actions.cancel(job, actor="user:1")
    assert actions.follow_offers(timezone.now()) == 1
    assert [answer for _name, answer in answers(job)] == [Answer.WITHDRAWN]
    assert [m.context["news"] for m in Message.objects.filter(kind="job_offer").order_by("created_at")] == [
        "offered",
        "withdrawn",
    ]


def test_who_no_longer_fits_does_not_get_it_and_the_next_is_asked(town, job):
    made = actions.offer(job, actor="user:1")
    other = town.another(1)
    theirs = actions.request_interpreting(other.stay, other.appointment, actor="g", language="mn")
    actions.assign(theirs, made.interpreter, actor="user:1")
    Interpreting.objects.filter(pk=theirs.pk).update(starts_at=job.starts_at, ends_at=job.ends_at)
    assert actions.accept_offer(link_of(made.interpreter), made).answer == Answer.WITHDRAWN
    assert job.offers.get(answer=Answer.OPEN).interpreter != made.interpreter


def test_a_job_that_changed_is_looked_at_again_before_it_is_taken(town, job):
    made = actions.offer(job, actor="user:1")
    with pytest.raises(actions.Changed):
        actions.accept_offer(link_of(made.interpreter), made, seen=job.sequence + 1)
    made.refresh_from_db()
    assert made.answer == Answer.OPEN


def test_nobody_answers_for_somebody_else(town, job):
    made = actions.offer(job, actor="user:1")
    for verb in (actions.accept_offer, actions.decline_offer):
        with pytest.raises(actions.NotYours):
            verb(link_of(town.huda), made)


def test_nobody_is_given_a_job_beyond_their_appointment_or_certificate(town, job):
    day = job.starts_at.date()
    Interpreter.objects.filter(pk=town.oyuun.pk).update(certified_until=day - dt.timedelta(days=2))
    Interpreter.objects.filter(pk=town.bat.pk).update(appointed_until=day - dt.timedelta(days=2))
    with pytest.raises(actions.NobodyLeft):
        actions.offer(job, actor="user:1")
    for person, code in ((town.oyuun, "certificate"), (town.bat, "term")):
        with pytest.raises(actions.DoesNotFit) as refused:
            actions.assign(job, person, actor="user:1")
        assert [reason.code for reason in refused.value.fit.against] == [code]


def outcome(job) -> tuple[str, list[str]]:
    job.refresh_from_db()
    return job.status, sorted(answer for _name, answer in answers(job) if answer != Answer.OPEN)


def test_accepting_and_running_out_at_once_have_one_outcome(town_of_threads, at_once):
    job = speak(town_of_threads)
    made = actions.offer(job, actor="user:1")
    JobOffer.objects.filter(pk=made.pk).update(expires_at=timezone.now() + dt.timedelta(milliseconds=40))
    link = link_of(made.interpreter)
    later = timezone.now() + dt.timedelta(minutes=1)
    at_once([lambda: actions.accept_offer(link, made), lambda: actions.follow_offers(later)])
    status, closed = outcome(job)
    assert (status, closed) in [("assigned", ["accepted"]), ("granted", ["expired"])]
    assert (job.interpreter is not None) == (status == "assigned")
    assert job.offers.filter(answer=Answer.OPEN).count() == (0 if status == "assigned" else 1)


def test_two_who_accept_at_once_are_one(town_of_threads, at_once):
    """The one who was asked before and the one who is asked now, each twice."""
    job = speak(town_of_threads)
    old = actions.offer(job, actor="user:1")
    late(old)
    actions.follow_offers(timezone.now())
    new = job.offers.get(answer=Answer.OPEN)
    pairs = [(link_of(each.interpreter), each) for each in (old, new)]
    results = at_once([lambda pair=pair: actions.accept_offer(*pair) for pair in (*pairs, *pairs)])
    assert [isinstance(result, actions.OfferOver) for result in results] == [True, False, True, False]
    assert outcome(job) == ("assigned", ["accepted", "expired"])
    assert job.interpreter == new.interpreter
    assert job.steps.filter(status="assigned").count() == 1


# On the page


def test_an_interpreter_answers_on_their_page(client, town, job):
    made = actions.offer(job, actor="user:1")
    page = reverse("concierge:interpreter", args=[links.token_of(link_of(made.interpreter))])
    shown = client.get(page).content.decode()
    assert "Offered to you" in shown
    assert town.guest.name not in shown  # who it is, they learn when it is theirs
    for sent in ({}, {"answer": "accept"}, {"answer": "x", "seen": "1"}, {"answer": "accept", "seen": "9" * 30}):
        assert "could not read" in client.post(f"{page}offer/{made.pk}/", sent, follow=True).content.decode()
    assert client.post(f"{page}offer/999999/", {"answer": "accept", "seen": "0"}).status_code == 302
    stale = client.post(f"{page}offer/{made.pk}/", {"answer": "accept", "seen": job.sequence + 5}, follow=True)
    assert "has changed" in stale.content.decode()
    taken = client.post(f"{page}offer/{made.pk}/", {"answer": "accept", "seen": job.sequence}, follow=True)
    assert "The job is yours." in taken.content.decode()
    job.refresh_from_db()
    assert job.interpreter == made.interpreter
