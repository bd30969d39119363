"""A whole day, played: sixty arrive, the day is planned, breaks four times and is mended, crews tap with and without a
connection, and at the end of the month every won is where it belongs. In English first, then in Korean; crews in four
languages more."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlencode

import pytest
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from sarangbang.concierge import actions
from sarangbang.concierge.actions import telling
from sarangbang.concierge.days import mending, planning
from sarangbang.concierge.entitlement import SEOUL, rules_at
from sarangbang.concierge.flights.arrivals import Arrival, plain_number
from sarangbang.concierge.models import Driver, Interpreting, LedgerEntry, Proposal, Ride, ServiceStep, Statement, Tap
from sarangbang.directory.models import Institution
from sarangbang.dispatch.interpreting.plan import warm_up
from sarangbang.dispatch.solving import ready
from sarangbang.messages.models import Message
from sarangbang.messages.rendering import render
from sarangbang.people import links
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.stays.models import Flight, StayAppointment

from .crowd import Crowd
from .test_browser import signed_in
from .test_planned_days import check_law, everything, state

pytestmark = [pytest.mark.browser, pytest.mark.long]
DAY, MINUTE = 6, dt.timedelta(minutes=1)
PATIENCE = 60_000
"""Milliseconds: a plan of a whole day on a busy machine."""
BY_THE_WAY = 57
"""So many of the sixty arrive without anything happening to them; they are written in bulk."""


class Clock:
    """The house's clock, which stands still until it is set."""

    def __init__(self, monkeypatch):
        self.now = timezone.now()
        monkeypatch.setattr(timezone, "now", lambda: self.now)


class Feed:
    """The airport's: everybody on time but for what ``late`` says, by flight number."""

    name = "told"

    def __init__(self):
        self.late = {}

    def arrivals(self, day):
        rows = Flight.objects.values_list("number", "scheduled_at").distinct()
        return [
            Arrival(plain_number(number), at, "icn-t1", at + self.late.get(number, 0) * MINUTE)
            for number, at in rows
            if at.astimezone(SEOUL).date() == day
        ]


class Others(Crowd):
    """The others of the day: they land one after the other, and whoever has an appointment has it after noon."""

    def _cars(self, count):
        return super()._cars(28)

    def _interpreters(self, count):
        return super()._interpreters(15)

    def _resources(self, kind, count, shifts):
        return super()._resources(kind, count, [(4, 23)])

    def _rides(self, count):
        first = self.town.at(self.day, 7)
        flights = Flight.objects.bulk_create(
            Flight(stay=stay, direction="arrival", number=f"KE{n + 100}", place=self.town.airport,
                   scheduled_at=first + n * 8 * MINUTE)
            for n, stay in enumerate(self.stays)
        )  # fmt: skip
        return Ride.objects.bulk_create(
            self._ride("pick_up", stay, flight) for stay, flight in zip(self.stays, flights, strict=True)
        )

    def _jobs(self, count):
        """Who needs no interpreter on this day has an appointment on the next."""
        begins = self.town.at(self.day + 1, 10)
        booked = Reservation.objects.bulk_create(
            Reservation(status="booked", starts_at=begins, ends_at=begins + 30 * MINUTE) for _stay in self.stays[count:]
        )
        visits = Appointment.objects.bulk_create(
            Appointment(reservation=each, offering=self.town.offering, institution=self.town.institution,
                        practitioner=self.town.doctor, place=self.clinics[0], guest_id=stay.guest_id)
            for each, stay in zip(booked, self.stays[count:], strict=True)
        )  # fmt: skip
        StayAppointment.objects.bulk_create(
            StayAppointment(stay=stay, appointment=each) for each, stay in zip(visits, self.stays[count:], strict=True)
        )
        return super()._jobs(count)

    def _clock(self, first, last, step=5):
        return super()._clock(max(first, 13), last, step)


def arrives(town, name, latin, language, lands_at, visit_at):
    """A guest whose day is followed closely: asked for by the verbs, days before."""
    guest = town.new_guest(name, name_latin=latin, email=f"{latin}@example.org", language=language)
    stay = town.new_stay(guest)
    flight = Flight.objects.create(
        stay=stay, direction="arrival", number=f"OM{300 + lands_at.hour}", place=town.airport, scheduled_at=lands_at
    )
    visit = town.book(stay, visit_at)
    ride = actions.request_ride(stay, "pick_up", actor="guest:x", flight=flight, party=2)
    job = actions.request_interpreting(stay, visit, actor="guest:x", language=language)
    assert (ride.status, job.status) == ("granted", "granted")
    return SimpleNamespace(guest=guest, stay=stay, flight=flight, visit=visit, ride=ride, job=job)


@pytest.fixture
def played(town_of_threads, live_server, settings, monkeypatch):
    """The town on the evening before: sixty are to come, nobody has a car or an interpreter yet."""
    ready()  # what must be compiled is compiled before somebody waits for it in a browser
    warm_up()
    settings.DEMO = True
    settings.RATELIMIT_ENABLE = False
    monkeypatch.setattr(planning, "STEPS_REST", 60)
    monkeypatch.setattr(mending, "SECONDS", 0.2)
    town = town_of_threads
    others = Others(town, day=DAY, rides=BY_THE_WAY, jobs=15)
    other = Institution.objects.create(
        slug="two", kind="clinic", name="두울의원", name_latin="Two Clinic", place=others.clinics[0]
    )
    Appointment.objects.exclude(stay_appointment__stay=town.stay).update(institution=other)
    town.interpreter("Lan", "vi", sex="female")
    town.amal = arrives(town, "أمل", "Amal", "ar", town.at(DAY, 7, 30), town.at(DAY, 11, 30))
    town.book(town.amal.stay, town.at(DAY + 1, 15))
    town.dorj = arrives(town, "Дорж", "Dorj", "mn", town.at(DAY, 8), town.at(DAY, 15))
    town.minh = arrives(town, "Minh Anh", "Minh", "vi", town.at(DAY, 9), town.at(DAY, 17))
    for number, driver in enumerate(Driver.objects.order_by("name_latin")):
        driver.language = ("ko", "vi", "ar", "mn")[number % 4]
        driver.save(update_fields=["language"])
    Message.objects.all().delete()
    return town


class Desk:
    """The coordinator before the pages of the day, in one language. Buttons are found by what they send."""

    def __init__(self, town, page, site, language, axe):
        self.town, self.page, self.site, self.language, self.axe = town, page, site, language, axe
        page.set_default_timeout(PATIENCE)
        self.day = town.at(DAY, 12).astimezone(SEOUL).date().isoformat()

    def open(self, name, *args, **query):
        with translation.override(self.language):
            path = reverse(f"concierge:{name}", args=args)
        self.page.goto(f"{self.site}{path}?{urlencode(query)}")
        assert self.page.locator("html").get_attribute("lang") == self.language

    def board(self):
        self.open("timeline", day=self.day)

    def press(self, selector):
        with self.page.expect_navigation() as shown:
            self.page.locator(selector).first.click()
        assert shown.value.status == 200, self.page.locator("main").inner_text()

    def proposed(self):
        """The proposal that is shown."""
        return Proposal.objects.get(pk=self.page.url.rstrip("/").rpartition("/")[2])

    def tell(self, kind, subject, minutes=""):
        """Fill in the open page of news; a proposal answers."""
        self.page.locator(f"[name=kind][value={kind}]").check()
        self.page.locator("[name=subject]").select_option(subject)
        self.page.locator("[name=minutes]").fill(str(minutes))
        self.press("form.fields button")
        return self.proposed()

    def mend(self, kind, subject, minutes=""):
        """From the board by the link to the page of news."""
        self.board()
        self.press(".boardhead a[href*='/board/mend/']")
        return self.tell(kind, subject, minutes)

    def decide(self, what):
        """Press it; what was told to whom, and in which language: guests, and crews by language."""
        Message.objects.all().delete()
        while self.page.locator("[name=answer][value=agreed]").count():  # everybody who must agrees on the telephone
            self.press("[name=answer][value=agreed] >> nth=0")
        self.press(f"button[name=do][value={what}]")
        assert self.proposed().status == {"accept": "accepted", "undo": "undone"}[what]
        told = Message.objects.all()
        guests = list(told.filter(guest__isnull=False).values_list("guest", "guest__language", "language"))
        assert len({guest for guest, *_more in guests}) == len(guests)  # one letter each
        assert all(theirs == language for _guest, theirs, language in guests)
        return {guest for guest, *_more in guests}, Counter(told.filter(guest=None).values_list("language", flat=True))


def spoken(jobs):
    """The languages of the crews of these jobs, each crew once."""
    return Counter(person.language for person in {job.crew.person for job in jobs})


def fresh(thing):
    thing.refresh_from_db()
    return thing


def the_flight_is_late(town, desk, clock):
    """The airport says something unlikely of Amal's flight: a question, which moves nothing. The desk knows better, and
    that Amal would miss the doctor: car, interpreter and clinic hour are mended together, then the question answered."""
    feed, amal = Feed(), town.amal
    before, visit = fresh(amal.ride).starts_at, amal.visit.reservation.starts_at
    feed.late[amal.flight.number] = 300
    actions.watch(feed, clock.now)
    assert fresh(amal.ride).starts_at == before
    desk.board()
    desk.axe(desk.page)
    assert desk.page.locator(f".boardside a[href*='/desk/flights/{amal.flight.pk}/']").count() == 1
    proposal = desk.mend("flight_delay", f"flight:{amal.flight.pk}", 150)
    desk.axe(desk.page)
    assert {each.appointment_id for each in proposal.changes.all()} >= {amal.visit.pk}
    guests, crews = desk.decide("accept")
    moved = fresh(amal.visit).reservation.starts_at
    assert moved > max(visit, fresh(amal.ride).ends_at)
    assert fresh(amal.job).starts_at == moved - 10 * MINUTE
    assert (amal.ride.status, amal.job.status) == ("assigned", "assigned")
    assert amal.guest.pk in guests
    assert crews.total() >= 1
    assert amal.ride.starts_at >= before + 150 * MINUTE
    letter = render(Message.objects.get(guest=amal.guest))
    assert re.search("[\u0621-\u064a]{4}", letter.body)  # in Arabic
    desk.board()
    desk.press(f".boardside a[href*='/desk/flights/{amal.flight.pk}/']")
    desk.page.fill("[name=day]", desk.day)
    desk.page.fill("[name=clock]", "10:05")
    desk.press("form.fields button")
    assert not amal.flight.reports.exclude(doubt="").filter(closed_at=None).exists()
    assert fresh(amal.ride).status == "assigned"


def the_car_is_late(town, desk):
    """Dorj's car is three quarters of an hour late."""
    dorj = town.dorj
    before = fresh(dorj.ride).starts_at
    desk.mend("late", dorj.ride.subject, 45)
    guests, crews = desk.decide("accept")
    assert fresh(dorj.ride).starts_at >= before + 45 * MINUTE
    assert dorj.guest.pk in guests
    assert crews.total() >= 1


def the_clinic_is_late(town, desk):
    """Whoever is still to come is seen half an hour later, with their interpreters."""
    ours = [town.amal, town.dorj, town.minh]
    before = [fresh(each.visit).reservation.starts_at for each in ours]
    desk.board()
    desk.axe(desk.page)
    desk.mend("clinic_late", f"institution:{town.institution.pk}", 30)
    guests, crews = desk.decide("accept")
    assert [fresh(each.visit).reservation.starts_at for each in ours] == [each + 30 * MINUTE for each in before]
    assert [fresh(each.job).starts_at for each in ours] == [each + 20 * MINUTE for each in before]
    assert guests >= {each.guest.pk for each in ours}
    assert crews == spoken([each.job for each in ours])


def the_interpreter_is_ill(town, desk):
    """Dorj gets another interpreter; taken back, everything is as it was, and then it is done after all."""
    job = fresh(town.dorj.job)
    ill, before = job.interpreter, state(everything())
    for again in (False, True):
        proposal = desk.mend("ill", f"interpreter:{ill.pk}")
        assert job.pk in proposal.changes.values_list("interpreting", flat=True)
        guests, crews = desk.decide("accept")
        assert (town.dorj.guest.pk in guests, crews["ko"] >= 2) == (True, True)  # who is ill, too
        assert fresh(job).interpreter not in (None, ill)
        if not again:
            desk.decide("undo")
            assert state(everything()) == before
    assert not Interpreting.objects.filter(
        interpreter=ill, appointment__reservation__starts_at__gte=town.at(DAY, 0)
    ).exists()


class Phone:
    """What a driver or interpreter holds in the hand."""

    def __init__(self, clock, new_page, site, language, job):
        self.clock, self.job, self.sent = clock, job, []
        self.person = job.crew.person
        token = links.token_of(telling.crew_link(self.person))
        with translation.override(language):
            path = reverse(f"concierge:{self.person.purpose}", args=[token])
        self.page = new_page(locale=language, width=375)
        self.page.set_default_timeout(PATIENCE)
        self.page.clock.set_fixed_time(clock.now)
        self.page.on("request", lambda asked: self.sent.append(asked.post_data) if asked.method == "POST" else None)
        self.path = f"{path}tap/"
        self.page.goto(site + path)
        assert self.page.locator("html").get_attribute("lang") == language
        assert self.page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")

    def tap(self, word, at, *, reaches=True):
        """Tap at that moment; the phone shows whether it was sent or waits."""
        self.clock.now = at
        self.page.clock.set_fixed_time(at)
        self.page.locator(f"button[form='t{self.job.pk}'][value={word}]").click()
        if reaches:
            self.shows(word)
        else:
            self.page.locator("[data-taps]").wait_for()

    def shows(self, word):
        is_last = word in ("dropped", "finished")
        said = "section[aria-labelledby=done] li" if is_last else f"article:has(#j{self.job.pk}) [data-said={word}]"
        self.page.locator(said).first.wait_for()


def played_by_crews(town, clock, new_page, site, axe):
    """What the three say; the time is that of the thumb, not that of the network."""
    ride, other, job = fresh(town.amal.ride), fresh(town.minh.ride), fresh(town.amal.job)
    start = other.starts_at
    driver = Phone(clock, new_page, site, "vi", other)
    driver.tap("on_the_way", start - 40 * MINUTE)
    driver.tap("at_place", start)
    driver.tap("met", start + 12 * MINUTE)

    start = ride.starts_at
    clock.now = start - 60 * MINUTE
    offline = Phone(clock, new_page, site, "ko", ride)
    axe(offline.page)
    offline.tap("on_the_way", start - 50 * MINUTE)
    offline.page.context.set_offline(True)
    offline.tap("at_place", start, reaches=False)
    offline.tap("met", start + 75 * MINUTE, reaches=False)
    assert [each.word for each in ride.taps.all()] == ["on_the_way"]
    clock.now = start + 90 * MINUTE
    offline.page.context.set_offline(False)
    offline.shows("met")
    offline.tap("dropped", start + 150 * MINUTE)
    driver.tap("dropped", start + 151 * MINUTE)
    said = {each.word: each.tapped_at for each in ride.taps.all()}
    assert said["met"] - said["at_place"] == 75 * MINUTE

    start = job.starts_at
    clock.now = start - 30 * MINUTE
    interpreter = Phone(clock, new_page, site, "ar", job)
    axe(interpreter.page)
    for word, minutes in (("at_place", 0), ("met", 5), ("told", 9), ("started", 10), ("finished", 161)):
        interpreter.tap(word, start + minutes * MINUTE)
    Phone(clock, new_page, site, "mn", fresh(town.dorj.job))
    return [driver, offline, interpreter]


def replayed(phones):
    """Everything that the phones sent is sent once more, the last word first, and twice: nothing changes."""
    before = list(Tap.objects.order_by("pk").values()), state(everything()), ServiceStep.objects.count()
    for phone in phones:
        assert len(phone.sent) >= 4
        for body in reversed(phone.sent * 2):
            said = Client().post(phone.path, dict(parse_qsl(body)), headers={"Accept": "application/json"})
            assert said.status_code == 200
    assert (list(Tap.objects.order_by("pk").values()), state(everything()), ServiceStep.objects.count()) == before


def the_others_are_driven():
    """What the other crews said in the course of the day, written in bulk: waits and hours of many lengths."""
    taps, steps = [], []
    jobs = [job for job in everything().values() if job.status == "assigned"]
    for number, job in enumerate(sorted(jobs, key=lambda job: (job.service, job.starts_at, str(job.pk)))):
        about = {job.service: job}
        long = number * 7 % 95 if job.service == "ride" else 25 + number * 37 % 160
        words = {"at_place": 0, "met": long, "dropped": long + 80}
        if job.service == "interpreting":
            words = {"told": 9, "started": 10, "finished": 10 + long}
            if number % 3 == 0:
                del words["told"]
        actor = job.crew.person.actor
        taps += [
            Tap(word=word, actor=actor, tapped_at=job.starts_at + at * MINUTE, **about) for word, at in words.items()
        ]
        steps.append(ServiceStep(status="finished", actor=actor, **about))
    Tap.objects.bulk_create(taps)
    ServiceStep.objects.bulk_create(steps)
    for model in (Ride, Interpreting):
        model.objects.filter(status="assigned").update(status="finished")


def due():
    """What everybody owes, from the taps alone and by plain sums: won by institution, and of the district with the
    guests; and what each interpreter is paid."""
    owed, paid = Counter(), Counter()
    for job in everything().values():
        said = {each.word: each.tapped_at for each in job.taps.all()}
        visit = Appointment.objects.filter(stay_appointment__stay=job.stay_id).first()
        rules = rules_at(job.starts_at)
        if job.service == "ride":
            waited = (said["met"] - said["at_place"]) // MINUTE
            charges = [rules.amount("ride_fare_airport"), max(0, math.ceil((waited - 60) / 10)) * 3000]
            owed[visit and visit.institution.slug] += sum(each // 2 for each in charges) if visit else 0
            owed["district"] += sum(each - each // 2 if visit else each for each in charges)
        else:
            steps = math.ceil((said["finished"] - said["started"]) // MINUTE / 30)
            owed["district"] += steps * 10_000  # free of charge, or the guest's part, which stands with the district's
            paid[job.interpreter_id] += steps * 10_000
    del owed[None]
    return owed, paid


def the_month_is_closed(desk, clock, client, live_server):
    """By the worker and the coordinator's button."""
    first = desk.town.at(DAY, 0).astimezone(SEOUL).replace(day=1)
    clock.now = (first + dt.timedelta(days=32)).replace(day=1, hour=9)
    assert actions.reckon_all(clock.now) == 60 + 18
    assert actions.reckon_all(clock.now) == 0
    signed_in(desk.page, live_server, client, desk.town.coordinator)
    desk.open("statements", month=f"{first:%Y-%m}")
    desk.press("main form button")
    owed, paid = due()
    stated = Statement.objects.filter(interpreter=None)
    assert {each.institution.slug if each.institution else "district": each.total for each in stated} == owed
    assert {each.interpreter_id: each.total for each in Statement.objects.exclude(interpreter=None)} == paid
    for statement in stated:
        assert statement.entries.aggregate(won=Sum("amount"))["won"] == statement.total
        assert f"{statement.total:,}" in desk.page.locator("main").inner_text()
    booked = LedgerEntry.objects.aggregate(won=Sum("amount"))["won"]
    assert booked == sum(owed.values()) == sum(each.total for each in stated)
    assert LedgerEntry.objects.filter(payer="guest").exists()


def test_a_day_is_played(played, live_server, new_page, axe, client, monkeypatch):
    town, clock = played, Clock(monkeypatch)
    page = new_page(width=1440)
    clock.now = town.at(DAY - 1, 20)
    signed_in(page, live_server, client, town.coordinator)
    desk = Desk(town, page, live_server.url, "en", axe)

    # The evening before: sixty arrive tomorrow, and the plan gives everybody a car and an interpreter.
    desk.board()
    assert Ride.objects.filter(kind="pick_up", status="granted").count() == 60
    desk.press("button[name=whole][value='']")
    plan = desk.proposed()
    assert (plan.unmended, plan.changes.count()) == ([], 60 + 18)
    guests, crews = desk.decide("accept")
    check_law(everything())
    assert len(guests) == 60
    assert crews == spoken(everything().values())

    axe(page)

    # The morning: a flight is late, and a car. Each is mended by one proposal.
    clock.now = town.at(DAY, 6, 30)
    the_flight_is_late(town, desk, clock)
    the_car_is_late(town, desk)

    # A colleague takes over, in Korean: a clinic runs late, and an interpreter is ill.
    desk.language = "ko"
    the_clinic_is_late(town, desk)
    the_interpreter_is_ill(town, desk)
    check_law(everything())

    # The day goes on: two drivers and an interpreter tap, one of them in a tunnel.
    driven = played_by_crews(town, clock, new_page, live_server.url, axe)
    replayed(driven)
    the_others_are_driven()
    assert set(Ride.objects.values_list("status", flat=True)) == {"finished"}

    # The month is over: the ledger is what happened, the statements are the ledger.
    the_month_is_closed(desk, clock, client, live_server)
