"""The roster editor: what is saved, what is refused, what becomes of visits that no longer fit."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.messages.models import Message
from sarangbang.people.models import AuditEntry, Guest, Membership, User
from sarangbang.scheduling import actions, rostering
from sarangbang.scheduling.availability import Hours
from sarangbang.scheduling.calendar import SEOUL
from sarangbang.scheduling.cases import open_reasons
from sarangbang.scheduling.models import Closure, Override, Resource, RosterException, WeeklyRule
from sarangbang.scheduling.producing import clash, minus
from sarangbang.scheduling.queries import free_times
from sarangbang.ui.locales import duration

from .conftest import a_free_time, make_clinic


@pytest.fixture
def house(db: None, clinic: SimpleNamespace, client: Client, settings: Any) -> SimpleNamespace:
    """Somebody of the clinic, signed in, and the first doctor's roster."""
    settings.DEMO = True
    user = User.objects.create_user("clinic@demo.example", "x", name="Nurse", is_demo=True)
    Membership.objects.create(user=user, role="clinic", institution=clinic.institution)
    client.force_login(user)
    clinic.client, clinic.resource = client, Resource.objects.get(practitioner=clinic.doctors[0])
    clinic.other = make_clinic("other", doctors=1)
    clinic.foreign = Resource.objects.get(practitioner=clinic.other.doctors[0])
    return clinic


def booked(clinic: SimpleNamespace, guest: Guest) -> Any:
    return actions.book(clinic.offering, clinic.doctors[0], a_free_time(clinic), guest, actor="user:1")


HOURS = {"starts": "08:00", "ends": "08:45", "every_weeks": "1"}


def hours(clinic: SimpleNamespace, **more: Any) -> dict[str, Any]:
    monday = rostering.today() + dt.timedelta(days=7 - rostering.today().weekday())
    first = {"valid_from": monday.isoformat(), "weekdays": ["0"], "place": str(clinic.place.pk)}
    return {**HOURS, **first, "do": "save", **more}


def url(*parts: object) -> str:
    return "/en/clinic/roster/" + "".join(f"{part}/" for part in parts)


@pytest.mark.once
def test_hours_are_shown_before_they_are_saved(house: SimpleNamespace) -> None:
    address = url(house.resource.pk, "hours")
    before = WeeklyRule.objects.count()
    page = house.client.post(address, hours(house, do="preview", every_weeks="2", on_holidays="on")).content.decode()
    assert page.count("+ 08:00–08:45") == 4  # every other of eight weeks
    assert WeeklyRule.objects.count() == before
    answer = house.client.post(address, hours(house, weekdays=["0", "2"], every_weeks="2"))
    assert answer["Location"] == url(house.resource.pk)
    made = WeeklyRule.objects.filter(resource=house.resource, starts=dt.time(8))
    assert {(rule.weekday, rule.every_weeks) for rule in made} == {(0, 2), (2, 2)}
    assert AuditEntry.objects.filter(verb="add_hours").count() == 2


@pytest.mark.once
def test_a_night_is_shown_on_the_day_on_which_it_begins(house: SimpleNamespace) -> None:
    """The clinic is told what 22:00 to 06:00 means before it is saved, in the list, and when it meets the next morning;
    a visit may lie over midnight."""
    address, night = url(house.resource.pk, "hours"), {"starts": "22:00", "ends": "06:00", "on_holidays": "on"}
    assert "23:59 means until midnight" in house.client.get(address).content.decode()
    page = house.client.post(address, hours(house, do="preview", **night)).content.decode()
    assert page.count("+ 22:00–06:00 <small>+1</small>") == 8
    assert duration(8 * 8 * 60, "en", of_work=True) in page
    assert "+1 is the next day" in page
    first = dt.date.fromisoformat(hours(house)["valid_from"])
    house.client.post(address, hours(house, **night))
    roster = house.client.get(url(house.resource.pk)).content.decode()
    assert "22:00–06:00</span> (ends on the next day)" in roster
    assert "22:00–06:00 +1" in house.client.get(url()).content.decode()
    start = dt.datetime.combine(first, dt.time(23, 45), tzinfo=SEOUL)
    found = free_times(house.offering, start, start + dt.timedelta(hours=8), practitioner_id=house.doctors[0].pk)
    assert [f"{each.starts_at.astimezone(SEOUL):%H:%M}" for each in found][:2] == ["00:00", "00:30"]
    assert found[-1].ends_at.astimezone(SEOUL).hour == 6
    [after] = {str((first.weekday() + 1) % 7)}
    clashing = hours(house, weekdays=[after], starts="05:00", ends="07:00")
    answer = house.client.post(address, clashing)
    assert (answer.status_code, "22:00–06:00" in answer.content.decode()) == (422, True)


@pytest.mark.once
def test_holidays_that_are_left_out_are_named(house: SimpleNamespace) -> None:
    holiday = dt.date(rostering.today().year + 1, 3, 1)
    form = hours(house, do="preview", weekdays=[str(holiday.weekday())], valid_from=holiday.isoformat())
    page = house.client.post(url(house.resource.pk, "hours"), form).content.decode()
    assert "Public holidays left out" in page
    assert "Independence Movement Day" in page
    kept = house.client.post(url(house.resource.pk, "hours"), {**form, "on_holidays": "on"}).content.decode()
    assert "Public holidays left out" not in kept


@pytest.mark.once
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"starts": "08:30", "ends": "09:30"}, "overlap others"),
        ({"starts": "18:00", "ends": "18:00"}, "would end when they begin"),
        ({"valid_from": "2010-01-01"}, "outside the calendar"),
        ({"valid_from": "2025-11-01"}, "in the past"),
        ({"valid_until": "2026-01-01"}, "end is before"),
        ({"weekdays": ["9"]}, "valid choice"),
        ({"weekdays": []}, "required"),
        ({"every_weeks": "99999999999999999999"}, "less than or equal to 52"),
        ({"place": "999"}, "valid choice"),
        ({"starts": "\x00", "ends": "25:99"}, "hours and minutes"),
        ({"valid_from": "9999-12-31", "valid_until": "0001-01-01"}, "outside the calendar"),
    ],
)
def test_wrong_hours_are_refused_with_words(house: SimpleNamespace, change: dict[str, Any], said: str) -> None:
    before = WeeklyRule.objects.count()
    answer = house.client.post(url(house.resource.pk, "hours"), hours(house, **change))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert WeeklyRule.objects.count() == before


def test_hours_end_and_the_past_stays(house: SimpleNamespace, guest: Guest) -> None:
    visit = booked(house, guest)
    local = visit.reservation.starts_at.astimezone(SEOUL)
    rule = house.resource.weekly_rules.get(weekday=local.weekday())
    address = url(house.resource.pk, "hours", rule.pk, "end")
    page = house.client.post(address, {"last_day": rostering.today().isoformat(), "do": "preview"}).content.decode()
    assert "1 booked visit would lie outside" in page
    assert str(visit.pk) in page
    answer = house.client.post(address, {"last_day": rostering.today().isoformat(), "do": "save"})
    assert answer["Location"].endswith(f"/cases/?who={house.resource.pk}")
    rule.refresh_from_db()
    assert rule.valid_until == rostering.today()
    assert open_reasons([house.institution]) == {visit.pk: ("outside_hours",)}
    visit.reservation.refresh_from_db()
    assert visit.reservation.status == "booked"


def test_changed_hours_follow_the_old_ones(house: SimpleNamespace) -> None:
    rule = house.resource.weekly_rules.get(weekday=0)
    form = hours(house, starts="10:00", ends="16:00")
    answer = house.client.post(url(house.resource.pk, "hours", rule.pk), form)
    assert answer.status_code == 302
    rule.refresh_from_db()
    new = house.resource.weekly_rules.get(weekday=0, starts=dt.time(10))
    assert rule.valid_until == new.valid_from - dt.timedelta(days=1)
    # The new ones have not begun: ending them before their first day withdraws them.
    house.client.post(
        url(house.resource.pk, "hours", new.pk, "end"), {"last_day": rostering.today().isoformat(), "do": "save"}
    )
    assert not WeeklyRule.objects.filter(pk=new.pk).exists()
    assert AuditEntry.objects.filter(verb="withdraw_hours").exists()


def test_leave_over_a_visit_opens_a_case_that_is_decided(house: SimpleNamespace, guest: Guest) -> None:
    visit = booked(house, guest)
    day = visit.reservation.starts_at.astimezone(SEOUL).date().isoformat()
    leave = {"kind": "leave", "first_day": day, "last_day": day, "place": str(house.place.pk), "reason": "Congress"}
    shown = house.client.post(url(house.resource.pk, "leave"), {**leave, "do": "preview"}).content.decode()
    assert str(visit.pk) in shown
    assert not RosterException.objects.exists()
    house.client.post(url(house.resource.pk, "leave"), {**leave, "do": "save"})
    again = house.client.post(url(house.resource.pk, "leave"), {**leave, "do": "save"})
    assert (again.status_code, RosterException.objects.count()) == (422, 1)
    visit.reservation.refresh_from_db()
    assert visit.reservation.status == "booked"

    case = f"/en/clinic/cases/{visit.pk}/"
    page = house.client.get("/en/clinic/cases/").content.decode()
    assert case in page
    assert page.count('value="move"') == 3
    house.client.post(case, {"do": "ask"})
    assert "Asked" in house.client.get("/en/clinic/cases/").content.decode()
    for wrong in ({"starts_at": "never", "who": "1"}, {"starts_at": "2026-01-01T10:00", "who": house.resource.pk}):
        assert house.client.post(case, {"do": "move", **wrong}).status_code == 302
    assert house.client.post(case, {"do": "keep", "reason": ""}).status_code == 422
    assert visit.pk in open_reasons([house.institution])

    house.client.post(case, {"do": "keep", "reason": "The doctor comes in for it"})
    assert not open_reasons([house.institution])
    kept = Override.objects.get()
    assert (kept.rule, kept.reason) == ("on_leave", "The doctor comes in for it")


def test_a_case_moves_to_a_proposal_and_the_guest_is_told(house: SimpleNamespace, guest: Guest) -> None:
    visit = booked(house, guest)
    starts_at = visit.reservation.starts_at
    day = starts_at.astimezone(SEOUL).date().isoformat()
    closure = {"place": str(house.place.pk), "first_day": day, "last_day": day, "do": "save"}
    assert house.client.post(url("closure"), closure)["Location"] == "/en/clinic/cases/"
    assert open_reasons([house.institution]) == {visit.pk: ("closed",)}
    row = house.client.get("/en/clinic/cases/").context["rows"][0]
    proposal = row[2][0][0].time
    house.client.post(
        f"/en/clinic/cases/{visit.pk}/",
        {"do": "move", "starts_at": proposal.starts_at.isoformat(), "who": proposal.resource_id},
    )
    visit.refresh_from_db()
    assert visit.reservation.starts_at == proposal.starts_at != starts_at
    assert not open_reasons([house.institution])
    told = Message.objects.filter(guest=guest, kind="stay_changed").get()
    assert told.language == guest.language
    closed = Closure.objects.get()
    house.client.post(url("closure", closed.pk))
    assert not Closure.objects.exists()


def test_what_has_begun_ends_now_and_what_is_over_stays(house: SimpleNamespace) -> None:
    now = dt.datetime.now(SEOUL).replace(second=0, microsecond=0)
    day = dt.timedelta(days=1)
    begun = RosterException.objects.create(
        resource=house.resource, kind="leave", starts_at=now - day, ends_at=now + day
    )
    over = RosterException.objects.create(
        resource=house.resource, kind="leave", starts_at=now - 3 * day, ends_at=now - 2 * day
    )
    assert house.client.get(url(house.resource.pk, "leave", over.pk)).status_code == 404
    house.client.post(url(house.resource.pk, "leave", begun.pk))
    begun.refresh_from_db()
    assert now - day < begun.ends_at <= now + dt.timedelta(minutes=1)
    with pytest.raises(rostering.Unfit, match="past"):
        rostering.take_back(over, actor="user:1")


def test_a_room_with_seats_is_made(house: SimpleNamespace) -> None:
    form = {"house": house.institution.slug, "kind": "session", "label": "Back school", "seats": "12"}
    answer = house.client.post(url("room"), form)
    made = Resource.objects.get(label="Back school")
    assert (answer["Location"], made.seats, made.institution) == (url(made.pk), 12, house.institution)
    assert house.client.post(url("room"), {**form, "kind": "vehicle"}).status_code == 422
    assert house.client.post(url("room"), {**form, "seats": "0"}).status_code == 422


@pytest.mark.once
def test_other_rosters_do_not_exist(house: SimpleNamespace, guest: Guest, client: Client) -> None:
    """The other clinic's people, rules, leave, closures and cases; and nobody gets in at all."""
    rule = house.foreign.weekly_rules.first()
    visit = booked(house.other, guest)
    far = dt.datetime.now(SEOUL) + dt.timedelta(days=30)
    span = {"starts_at": far, "ends_at": far + dt.timedelta(days=1)}
    leave = RosterException.objects.create(resource=house.foreign, kind="leave", **span)
    closure = Closure.objects.create(place=house.other.place, **span)
    paths = [
        url(house.foreign.pk), url(house.foreign.pk, "hours"), url(house.foreign.pk, "hours", rule.pk),
        url(house.foreign.pk, "hours", rule.pk, "end"), url(house.foreign.pk, "leave"),
        url(house.foreign.pk, "leave", leave.pk), url("closure", closure.pk), url(house.resource.pk, "hours", rule.pk),
        f"/en/clinic/cases/{visit.pk}/", f"/en/clinic/{visit.pk}/move/", f"/en/clinic/{visit.pk}/cancel/",
        f"/en/clinic/cases/?who={house.foreign.pk}", url(10**15),
    ]  # fmt: skip
    for path in paths:
        assert house.client.get(path).status_code == 404, path
        assert house.client.post(path, {"do": "save"}).status_code in {404, 405}, path
    # Extra hours and closures can only be entered at one's own place.
    foreign = hours(house, place=str(house.other.place.pk))
    assert house.client.post(url(house.resource.pk, "hours"), foreign).status_code == 422
    for path in paths:
        assert Client().get(path)["Location"].startswith("/en/accounts/login/"), path
    assert Closure.objects.count() == RosterException.objects.count() == 1


days = st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31))
rules = st.builds(
    lambda weekday, first, length, start, hours, every: Hours(
        weekday, dt.time(start), dt.time((start + hours) % 24), first, first + dt.timedelta(days=length), "Asia/Seoul", False,
        every,
    ),
    st.sampled_from([0, 1, 2, 6]), days, st.integers(0, 120), st.integers(1, 23), st.integers(1, 12), st.integers(1, 5),
)  # fmt: skip


@settings(max_examples=80)
@given(rules, rules)
def test_a_clash_is_the_first_day_on_which_both_apply(one: Hours, other: Hours) -> None:
    """Hour by hour; a night of the one may meet the morning after of the other."""
    first, last = dt.date(2025, 12, 1), dt.date(2028, 6, 1)

    def each_hour(of: Hours) -> set[int]:
        length = (of.ends.hour - of.starts.hour) % 24
        return {day.toordinal() * 24 + of.starts.hour + hour for day in of.days(first, last) for hour in range(length)}

    shared = each_hour(one) & each_hour(other)
    assert clash(one, other) == (dt.date.fromordinal(min(shared) // 24) if shared else None)
    assert clash(other, one) == clash(one, other)


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair))), max_size=6)


@settings(max_examples=80)
@given(spans, spans)
def test_what_is_left_is_what_is_not_taken(some: list[tuple[int, int]], taken: list[tuple[int, int]]) -> None:
    def minutes(of: list[tuple[int, int]]) -> set[int]:
        return {minute for start, end in of for minute in range(start, end)}

    assert minutes(minus(some, taken)) == minutes(some) - minutes(taken)


def test_what_the_preview_says_is_what_can_be_booked(house: SimpleNamespace) -> None:
    """After saving, the first free time of the new hours is where the preview showed it."""
    house.resource.weekly_rules.all().delete()
    house.client.post(url(house.resource.pk, "hours"), hours(house, starts="07:00", ends="08:00", on_holidays="on"))
    first = dt.date.fromisoformat(hours(house)["valid_from"])
    start = dt.datetime.combine(first, dt.time(), tzinfo=SEOUL)
    found = free_times(house.offering, start, start + dt.timedelta(days=1), practitioner_id=house.doctors[0].pk)
    assert [free.starts_at.astimezone(SEOUL).hour for free in found] == [7, 7]
