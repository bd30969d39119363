"""Time of an interpreter that a visit keeps without a job: coordinators see it and why, no plan gives it away, and it is
free again everywhere when the offer ends."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from sarangbang.concierge import actions
from sarangbang.concierge.actions import telling
from sarangbang.concierge.board.day import Board
from sarangbang.concierge.board.page import BoardPage, Seen
from sarangbang.concierge.choosing.crewing import fit_of
from sarangbang.concierge.choosing.keeping import kept_between
from sarangbang.concierge.crew.availability_page import Touched, touched_by_leave
from sarangbang.concierge.days.daybook import Daybook
from sarangbang.concierge.models import Interpreter, Interpreting
from sarangbang.people import links
from sarangbang.people.actions import give_consents
from sarangbang.scheduling import rostering
from sarangbang.scheduling.cases import open_reasons
from sarangbang.scheduling.models import Reservation, WaitingOffer, WeeklyRule
from sarangbang.scheduling.standing import ON_LEAVE
from sarangbang.scheduling.waiting import answers, queries, rounds
from sarangbang.stays.waiting import accept
from sarangbang.ui import locales

from .conftest import SEOUL, Town
from .test_board import at_board
from .test_interpreter_kept import accepted, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client, town: Town, settings: Any) -> Client:
    settings.DEMO = True
    client.force_login(town.coordinator)
    return client


def offered(town: Town) -> tuple[WaitingOffer, Interpreter]:
    """A time is offered to a guest who gave no consent; one interpreter is kept with it."""
    town.guest.consents.filter(purpose="concierge").delete()
    entry = waiting(town, town.guest)
    assert rounds.run() == 1
    offer = entry.offers.select_related("reservation").get()
    return offer, Interpreter.objects.get(resource__allocations__reservation=offer.reservation_id)


def job_at(town: Town, reservation: Reservation, number: int = 1) -> Interpreting:
    """Another guest's job at the time of a reservation."""
    other = town.another(number)
    job = actions.request_interpreting(other.stay, other.appointment, actor="guest:y", language="mn")
    Interpreting.objects.filter(pk=job.pk).update(starts_at=reservation.starts_at, ends_at=reservation.ends_at)
    return Interpreting.objects.select_related("stay__guest", "place", "field").get(pk=job.pk)


def against(job: Interpreting, person: Interpreter) -> list[str]:
    return [each.code for each in fit_of(job, person).against]


def planned_for(job: Interpreting) -> set[str]:
    """To whom a plan of the day gives a job."""
    proposal = actions.propose_plan(timezone.localdate(job.starts_at, SEOUL), actor="desk")
    return {str(change.after["crew"]) for change in proposal.changes.filter(interpreting=job)}


@pytest.mark.parametrize("ends", ["declined", "expired"])
def test_what_an_offer_keeps_is_free_again_everywhere_when_it_ends(town: Town, ends: str) -> None:
    offer, person = offered(town)
    kept_with = offer.reservation
    assert kept_with is not None
    job = job_at(town, kept_with)
    assert against(job, person) == ["offered"]
    assert planned_for(job) == {str(next(each.pk for each in (town.bat, town.oyuun) if each != person))}
    day = Daybook.of(timezone.localdate(job.starts_at, SEOUL))
    assert not any(span.starts_at < job.ends_at and job.starts_at < span.ends_at for span in day.shifts(person))
    with pytest.raises(actions.DoesNotFit):
        actions.assign(job, person, actor="desk")
    if ends == "declined":
        answers.decline(offer, actor="guest:x")
    else:
        past = timezone.now() - dt.timedelta(minutes=1)
        WaitingOffer.objects.update(expires_at=past)
        Reservation.objects.filter(pk=kept_with.pk).update(hold_expires_at=past)
        assert against(job, person) == [], "free at once, before the round has come"
        assert rounds.close_offers() == 1
    offer.refresh_from_db()
    assert offer.status == ends
    assert kept_between(job.starts_at, job.ends_at) == []
    assert against(job, person) == []
    assert actions.assign(job, person, actor="desk").interpreter == person


@pytest.mark.once
def test_coordinators_see_that_an_offer_keeps_somebody_and_no_name(town: Town, desk: Client) -> None:
    offer, person = offered(town)
    kept_with = offer.reservation
    assert kept_with is not None
    job = job_at(town, kept_with)
    day = timezone.localdate(job.starts_at, SEOUL)
    until = timezone.localtime(offer.expires_at, SEOUL).strftime("%H:%M")
    own = reverse("concierge:interpreter_hours", args=[links.token_of(telling.crew_link(person))])
    pages = {
        "board": at_board(desk, day),
        "desk": desk.get(reverse("concierge:desk"), {"day": day.isoformat()}),
        "list": desk.get(reverse("concierge:desk"), {"day": day.isoformat(), "show": "list"}),
        "month": desk.get(reverse("concierge:interpreter_desk", args=[person.pk]), {"month": f"{day:%Y-%m}"}),
        "job": desk.get(reverse("concierge:interpreting", args=[job.pk])),
        "own": desk.get(own),
    }
    for name, answer in pages.items():
        said = answer.content.decode()
        assert answer.status_code == 200
        assert until in said, name
        assert "One Clinic" in said, name
        assert town.guest.name not in said, "who waits is not said"
    assert 'class="hold at-' in pages["board"].content.decode()
    assert "Offer of the waiting list until" in pages["month"].content.decode()
    assert "kept with an offer of the waiting list until" in pages["job"].content.decode()
    with translation.override("ko"):
        assert "하나의원" in at_board(desk, day).content.decode()


@pytest.mark.once
def test_a_booked_visit_without_a_job_says_whom_it_keeps_and_for_whom_once_they_agree(town: Town, desk: Client) -> None:
    town.guest.consents.filter(purpose="concierge").delete()
    appointment = accepted(town, town.guest)
    begins = appointment.reservation.starts_at
    [kept] = kept_between(begins, appointment.reservation.ends_at)
    assert (kept.offer_ends, kept.guest, kept.clinic) == (None, ("", ""), ("하나의원", "One Clinic"))
    day = timezone.localdate(begins, SEOUL)
    assert "Kept for a visit</b>" in at_board(desk, day).content.decode()
    job = job_at(town, appointment.reservation)
    person = Interpreter.objects.get(resource=kept.resource)
    assert against(job, person) == ["kept"]
    give_consents(town.guest, ["concierge"], "mn")
    assert "Kept for a visit: Sarnai</b>" in at_board(desk, day).content.decode()
    rostering.add_exception(person.resource, "leave", kept.starts_at, kept.ends_at, actor="crew:x")
    assert "<b dir=auto>Leave! Kept for a visit" in at_board(desk, day).content.decode()


@pytest.mark.once
@pytest.mark.parametrize("agrees", [True, False])
def test_who_accepts_without_consent_reads_what_is_missing(town: Town, client: Client, agrees: bool) -> None:
    offer, _person = offered(town)
    if agrees:
        give_consents(town.guest, ["concierge"], "mn")
    page = reverse("portal:waiting", args=[links.token_of(queries.link_to(offer.entry))])
    stay = client.post(page, {"offer": str(offer.pk), "accept": "1"}, follow=True).content.decode()
    assert "The time is yours." in stay
    assert ("An interpreter is kept for you. Please ask" in stay) is not agrees


@pytest.mark.once
def test_who_is_kept_elsewhere_needs_the_way_back(town: Town) -> None:
    offer, person = offered(town)
    kept_with = offer.reservation
    assert kept_with is not None
    job = job_at(town, kept_with)
    Interpreting.objects.filter(pk=job.pk).update(
        place=town.airport,
        starts_at=kept_with.ends_at + dt.timedelta(minutes=5),
        ends_at=F("ends_at") + dt.timedelta(hours=1),
    )
    job = Interpreting.objects.select_related("stay__guest", "place", "field").get(pk=job.pk)
    assert against(job, person) == ["way_before"]


@pytest.mark.once
def test_a_job_that_does_not_fit_leaves_the_interpreter_kept_and_seen(town: Town, desk: Client) -> None:
    """The visit begins when they begin to work; an interpreter comes ten minutes earlier."""
    for one in (town.bat, town.oyuun):
        WeeklyRule.objects.filter(resource=one.resource).update(starts=dt.time(10))
    appointment = accepted(town, town.guest)
    job = Interpreting.objects.get(appointment=appointment)
    assert (job.status, job.interpreter) == ("granted", None), "the desk sees a job without anybody"
    [kept] = kept_between(appointment.reservation.starts_at, appointment.reservation.ends_at)
    day = timezone.localdate(job.starts_at, SEOUL)
    said = at_board(desk, day).content.decode()
    assert "Kept for a visit: Sarnai</b>" in said
    person = Interpreter.objects.get(resource=kept.resource)
    job = Interpreting.objects.select_related("stay__guest", "place", "field").get(pk=job.pk)
    assert against(job, person) == ["hours"], "their own visit's time does not stand in the way"


@pytest.mark.once
def test_a_board_that_is_looked_at_learns_of_an_offer_and_of_its_end(town: Town) -> None:
    now = timezone.now()
    day = timezone.localdate(town.at(8, 10), SEOUL)
    before = Seen.of(BoardPage(Board(day, now)).seen_until)
    offer, _person = offered(town)
    assert before is not None
    assert not before.holds(timezone.now())
    board = Board(day, timezone.now())
    assert board.fresh_until == offer.expires_at
    seen = Seen.of(BoardPage(board).seen_until)
    answers.decline(offer, actor="guest:x")
    assert seen is not None
    assert not seen.holds(timezone.now())


# The interpreter's own leave


def away(offer: WaitingOffer, **more: str) -> dict[str, str]:
    """Leave on the day of an offer, as an interpreter types it."""
    day = timezone.localdate(offer.starts_at, SEOUL).isoformat()
    return {"kind": "leave", "first_day": day, "last_day": day, "starts": "", "ends": "", "reason": "", **more}


def leave_page(person: Interpreter) -> str:
    return reverse("concierge:interpreter_away", args=[links.token_of(telling.crew_link(person))])


def seen_in(answer: Any) -> str:
    return str(re.search(r'name="seen" value="([^"]*)"', answer.content.decode())[1])


@pytest.mark.once
def test_who_takes_leave_sees_which_offers_it_withdraws_before_and_after(town: Town, client: Client) -> None:
    offer, person = offered(town)
    day = locales.moment(offer.starts_at, "en")
    asked = client.post(leave_page(person), away(offer))
    said = asked.content.decode()
    assert asked.status_code == 409
    assert "1 offer of the waiting list would be withdrawn. The guest is told and keeps their place." in said
    assert (day in said, "Mongolian" in said) == (True, True)
    for hidden in (town.guest.name, town.guest.name_latin, offer.entry.offering.procedure.name, "One Clinic"):
        assert hidden not in said
    assert not person.resource.roster_exceptions.exists()
    assert rounds.close_offers() == 0, "nothing was saved"
    for unseen in ("", "x", str(uuid4())):
        assert client.post(leave_page(person), away(offer, seen=unseen)).status_code == 409
    saved = client.post(leave_page(person), away(offer, seen=seen_in(asked)), follow=True).content.decode()
    assert "1 offer of the waiting list is withdrawn. The guest is told and keeps their place." in saved
    assert day in saved
    assert "kept for a guest who answers until" not in saved, "nobody can accept it any more"
    assert town.guest.name not in saved
    assert person.resource.roster_exceptions.count() == 1
    assert rounds.close_offers() == 1
    offer.refresh_from_db()
    assert (offer.status, offer.entry.status) == ("gone", "waiting")


@pytest.mark.once
def test_the_interpreter_reads_it_in_their_own_language(town: Town, client: Client) -> None:
    offer, person = offered(town)
    with translation.override("ko"):
        page = leave_page(person)
        said = client.post(page, away(offer)).content.decode()
    assert "몽골어" in said
    assert locales.moment(offer.starts_at, "ko") in said
    assert "waiting list" not in said


@pytest.mark.once
def test_leave_that_touches_no_offer_is_saved_at_once(town: Town, client: Client) -> None:
    offer, person = offered(town)
    other = next(each for each in (town.bat, town.oyuun) if each != person)
    assert client.post(leave_page(other), away(offer)).status_code == 302
    hour = timezone.localtime(offer.starts_at, SEOUL) - dt.timedelta(hours=1)
    before = away(offer, starts="00:00", ends=f"{hour:%H:%M}")
    assert client.post(leave_page(person), before).status_code == 302
    extra = away(offer, kind="extra", starts="20:00", ends="21:00")
    assert client.post(leave_page(person), extra).status_code == 302
    assert rounds.close_offers() == 0


@pytest.mark.once
def test_a_booked_visit_that_keeps_them_is_seen_and_becomes_an_open_case(town: Town, client: Client) -> None:
    offer, person = offered(town)
    accept(offer)
    asked = client.post(leave_page(person), away(offer))
    said = asked.content.decode()
    assert asked.status_code == 409
    assert "Booked visits for which your time is kept: 1" in said
    assert "waiting list" not in said
    assert town.guest.name not in said
    saved = client.post(leave_page(person), away(offer, seen=seen_in(asked)), follow=True).content.decode()
    assert "Booked visits for which your time is kept, and which their institutions decide about:" in saved
    assert list(open_reasons([town.institution]).values()) == [(ON_LEAVE,)]


def test_an_answer_meets_the_interpreter_s_own_leave(town_of_threads: Town, at_once: Any) -> None:
    """Either the visit is booked and the interpreter sees it, or the offer is over and nobody has the time."""
    offer, person = offered(town_of_threads)
    link = telling.crew_link(person)
    span = offer.starts_at, offer.starts_at + dt.timedelta(hours=1)

    def take_leave() -> Touched:
        actions.take_leave(link, person, *span)
        return touched_by_leave(person, *span)

    accepted, touched = at_once([lambda: accept(offer), take_leave])
    is_booked = not isinstance(accepted, Exception)
    assert is_booked or isinstance(accepted, answers.OfferOver)
    assert (len(touched.visits), len(touched.offers)) == ((1, 0) if is_booked else (0, 1))
    assert rounds.close_offers() == (0 if is_booked else 1)
    assert bool(open_reasons([town_of_threads.institution])) == is_booked
