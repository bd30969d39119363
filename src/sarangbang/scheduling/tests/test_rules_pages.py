"""The clinic's pages of booking rules: what is shown before saving, what is refused, whose rules they are."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sarangbang.people.models import AuditEntry, Guest, Membership, User
from sarangbang.scheduling import actions
from sarangbang.scheduling.models import (
    Appointment,
    BookingRule,
    PathwayStep,
    Reminder,
    ReminderRule,
    Requirement,
    Resource,
)
from sarangbang.scheduling.pages.rule_book import Ruled
from sarangbang.scheduling.pages.rule_preview import preview_rules, preview_steps
from sarangbang.scheduling.queries import free_times, rules_for
from sarangbang.scheduling.refusals import REASONS

from .conftest import a_free_time, make_clinic, make_guest

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def house(clinic: SimpleNamespace, client: Client, settings: Any) -> SimpleNamespace:
    """Somebody of the clinic, signed in."""
    settings.DEMO = True
    user = User.objects.create_user("clinic@demo.example", "x", name="Nurse", is_demo=True)
    Membership.objects.create(user=user, role="clinic", institution=clinic.institution)
    client.force_login(user)
    clinic.client = client
    return clinic


def book(clinic: SimpleNamespace, starts_at: dt.datetime, email: str = "guest@guest.example") -> Appointment:
    guest = Guest.objects.filter(email=email).first() or make_guest(email)
    return actions.book(clinic.offering, clinic.doctors[0], starts_at, guest, actor="user:1")


def later(clinic: SimpleNamespace, days: int) -> dt.datetime:
    """A free time of the first doctor so many days ahead, or a little later."""
    start = timezone.now() + dt.timedelta(days=days)
    found = free_times(clinic.offering, start, start + dt.timedelta(days=12), practitioner_id=clinic.doctors[0].pk)
    return found[0].starts_at


def url(clinic: SimpleNamespace, *parts: object) -> str:
    return f"/en/clinic/rules/{clinic.offering.pk}/" + "".join(f"{part}/" for part in parts)


def test_a_rule_is_shown_before_it_is_saved_and_written_down(house: SimpleNamespace) -> None:
    visit = book(house, later(house, 60))
    sent = {"horizon_days": "30", "notice_minutes_0": "2", "notice_minutes_1": "1440", "do": "preview"}
    page = house.client.post(url(house, "change"), sent).content.decode()
    assert "3 hr" in page  # now
    assert "<b>2 days</b>" in page
    assert "1 booked visit would lie outside" in page
    assert "opens 30 days before" in page
    assert not BookingRule.objects.exists()
    assert house.client.post(url(house, "change"), {**sent, "do": "save"})["Location"] == url(house)
    rules = rules_for([house.offering])[house.offering.pk]
    assert (rules.horizon, rules.notice) == (dt.timedelta(days=30), dt.timedelta(days=2))
    entry = AuditEntry.objects.get(verb="change_rules")
    assert entry.detail == {"horizon_days": [None, 30], "notice_minutes": [None, 2880]}
    visit.refresh_from_db()
    assert visit.reservation.status == "booked"  # nothing is cancelled
    assert "says this treatment" in house.client.get(url(house)).content.decode()


def test_the_institution_s_rules_hold_for_what_says_nothing_itself(house: SimpleNamespace) -> None:
    BookingRule.objects.create(offering=house.offering, step_minutes=15)
    address = f"/en/clinic/rules/of/{house.institution.slug}/"
    sent = {"step_minutes_0": "1", "step_minutes_1": "60", "per_day": "4", "remote": "yes", "do": "save"}
    assert house.client.post(address, sent).status_code == 302
    rules = rules_for([house.offering])[house.offering.pk]
    assert (rules.step_minutes, rules.per_day) == (15, 4)
    page = house.client.get("/en/clinic/rules/").content.decode()
    assert "says the institution" in page


WRONG = [
    ("horizon_days", "0", "greater than or equal to 1"),
    ("horizon_days", "9" * 40, "less than or equal to 730"),
    ("notice_minutes_0", "-1", "greater than or equal to 0"),
    ("notice_minutes_0", "86400", "too long"),
    ("step_minutes_0", "x", "whole number"),
    ("step_minutes_1", "7", "valid choice"),
    ("per_day", "é\x00", "whole number"),
    ("remote", "perhaps", "valid choice"),
]


def test_errors_stand_beside_the_field_and_nothing_is_lost(house: SimpleNamespace) -> None:
    for field, value, said in WRONG:
        sent = {"buffer_after_minutes_0": "10", "buffer_after_minutes_1": "1", "notice_minutes_1": "60",
                "step_minutes_0": "1", "step_minutes_1": "60", "do": "save", field: value}  # fmt: skip
        answer = house.client.post(url(house, "change"), sent)
        page = answer.content.decode()
        assert answer.status_code == 422, field
        assert said in page
        name = field.removesuffix("_0").removesuffix("_1")
        assert f'id="id_{name}_error"' in page
        assert 'name="buffer_after_minutes_0" value="10"' in page
    assert not BookingRule.objects.exists()


def test_other_institutions_rules_do_not_exist(house: SimpleNamespace) -> None:
    other = make_clinic("other", doctors=1)
    need = Requirement.objects.create(offering=other.offering, name="Room")
    step = PathwayStep.objects.create(offering=other.offering, position=0, kind="check", visit_minutes=20)
    room = Resource.objects.create(kind="room", label="Room", institution=other.institution)
    paths = [url(other), url(other, "change"), url(other, "needs"), url(other, "needs", need.pk), url(other, "visits"),
             url(other, "visits", step.pk), url(other, "reminders"), "/en/clinic/rules/of/other/",
             f"/en/clinic/roster/room/{room.pk}/", url(house, "needs", need.pk), url(house, "visits", step.pk),
             "/en/clinic/rules/99999999999999999999/"]  # fmt: skip
    for path in paths:
        assert house.client.get(path).status_code == 404, path
        assert house.client.post(path, {"do": "remove"}).status_code in {404, 405}, path
    assert Requirement.objects.exists()
    assert "Room" not in house.client.get("/en/clinic/rules/").content.decode()


def test_what_lies_outside_of_limits_and_buffers_is_named(house: SimpleNamespace) -> None:
    first = a_free_time(house).replace(hour=1, minute=0)  # ten o'clock in Seoul
    minutes = dt.timedelta(minutes=house.offering.visit_minutes)
    visits = [book(house, first, "a@guest.example"), book(house, first + minutes, "b@guest.example"),
              book(house, first + dt.timedelta(hours=4), "a@guest.example")]  # fmt: skip
    ruled = Ruled.of(house.offering)

    def outside(**values: Any) -> dict[Any, list[str]]:
        return {hit.visit.pk: list(hit.reasons) for hit in preview_rules(ruled, values).hits}

    assert outside() == {}
    assert outside(notice_minutes=60 * 24 * 30, step_minutes=45) == {}  # of what is booked later
    assert set(outside(buffer_after_minutes=15)) == {visits[0].pk}
    assert set(outside(buffer_before_minutes=15)) == {visits[1].pk}
    assert outside(buffer_before_minutes=15)[visits[1].pk] == [str(REASONS["buffer"])]
    assert set(outside(per_day=2)) == {visits[2].pk}
    assert set(outside(open_per_person=1)) == {visits[2].pk}
    preview = preview_rules(ruled, {"step_minutes": 60})
    assert preview.free is not None
    assert preview.free[0] > preview.free[1] > 0


def test_needs_are_added_changed_and_removed(house: SimpleNamespace) -> None:
    assert "no room or device" in house.client.get(url(house, "needs")).content.decode()
    rooms = [Resource.objects.create(kind="room", label=f"Room {n}", institution=house.institution) for n in (1, 2)]
    visit = book(house, a_free_time(house))
    sent = {"name": "Laser", "resources": [str(rooms[0].pk)], "do": "preview"}
    page = house.client.post(url(house, "needs"), sent).content.decode()
    assert "It was booked without one of these." in page
    assert house.client.post(url(house, "needs"), {**sent, "do": "save"}).status_code == 302
    need = Requirement.objects.get()
    assert "another need" in house.client.post(url(house, "needs"), {**sent, "do": "save"}).content.decode()
    foreign = make_clinic("other", doctors=1)
    theirs = Resource.objects.create(kind="room", label="Theirs", institution=foreign.institution)
    answer = house.client.post(url(house, "needs", need.pk), {**sent, "resources": [str(theirs.pk)], "do": "save"})
    assert answer.status_code == 422
    both = [str(room.pk) for room in rooms]
    house.client.post(url(house, "needs", need.pk), {**sent, "resources": both, "do": "save"})
    assert need.resources.count() == 2
    house.client.post(url(house, "needs", need.pk), {"do": "remove"})
    assert not Requirement.objects.exists()
    assert list(AuditEntry.objects.filter(verb__contains="need").values_list("verb", flat=True)) == [
        "save_need", "save_need", "remove_need",
    ]  # fmt: skip
    visit.refresh_from_db()
    assert visit.reservation.status == "booked"


def test_visits_of_a_treatment_are_added_changed_and_removed(house: SimpleNamespace) -> None:
    for number, low in enumerate((0, 1, 3)):
        sent = {"kind": "check", "visit_minutes": "30", "days_after_low": str(low), "do": "save"}
        assert house.client.post(url(house, "visits"), sent).status_code == 302
        assert PathwayStep.objects.count() == number + 1
    first, second, third = PathwayStep.objects.order_by("position")
    wrong = {"kind": "check", "visit_minutes": "30", "days_after_low": "5", "days_after_high": "2", "do": "save"}
    answer = house.client.post(url(house, "visits", second.pk), wrong)
    assert "less than the fewest days" in answer.content.decode()
    times, begin = [], a_free_time(house)
    for step, days in ((first, 0), (second, 4), (third, 4)):  # counted from the visit before: a weekend may lie between
        begin += dt.timedelta(days=days)
        found = free_times(
            house.offering, begin, begin + dt.timedelta(days=4), limit=1, practitioner_id=house.doctors[0].pk, step=step
        )
        begin = found[0].starts_at
        times.append(begin)
    visits = [actions.Visit(step, house.doctors[0], at) for step, at in zip((first, second, third), times, strict=True)]
    series = actions.hold_series(house.offering, visits, actor="guest:new")
    actions.confirm_series(series, make_guest(), actor="guest:x")
    second.days_after_low = 30
    assert len(preview_steps(house.offering, [first, second, third]).hits) == 3
    answer = house.client.post(url(house, "visits", second.pk), {"do": "remove"})
    assert "booked already and stays" in answer.content.decode()
    Appointment.objects.all().update(step=None)
    house.client.post(url(house, "visits", first.pk), {"do": "remove"})
    assert list(PathwayStep.objects.order_by("position").values_list("position", "pk")) == [
        (0, second.pk),
        (1, third.pk),
    ]


def test_reminders_of_an_offering_plan_what_is_booked_anew(house: SimpleNamespace) -> None:
    visit = book(house, later(house, 20))
    sent = {"before_1_0": "2", "before_1_1": "1440", "before_2_0": "5", "before_2_1": "1"}
    assert "too short" in house.client.post(url(house, "reminders"), {**sent, "do": "save"}).content.decode()
    assert house.client.post(url(house, "reminders"), {**sent, "before_2_0": "", "do": "save"}).status_code == 302
    assert list(ReminderRule.objects.values_list("minutes_before", flat=True)) == [2880]
    assert set(Reminder.objects.filter(reservation=visit.reservation).values_list("minutes_before", flat=True)) == {
        2880
    }
    assert "2 days before a visit" in house.client.get(url(house)).content.decode()
    house.client.post(url(house, "reminders"), {"do": "save"})
    assert not ReminderRule.objects.exists()


def test_seats_that_are_taken_cannot_go(house: SimpleNamespace) -> None:
    room = Resource.objects.create(kind="session", label="Class", institution=house.institution, seats=3)
    at = timezone.now() + dt.timedelta(days=3)
    wanted = actions.Wanted(room, at, at + dt.timedelta(hours=1), None, 2)
    actions.reserve([wanted], actor="test")
    address = f"/en/clinic/roster/room/{room.pk}/"
    answer = house.client.post(address, {"label": "Class", "seats": "1", "do": "save"})
    assert answer.status_code == 422
    assert "too few" in answer.content.decode()
    assert house.client.post(address, {"label": "Group", "seats": "2", "do": "save"}).status_code == 302
    room.refresh_from_db()
    assert (room.label, room.seats) == ("Group", 2)


def test_a_room_without_hours_is_never_away(house: SimpleNamespace) -> None:
    Resource.objects.create(kind="room", label="Laser room", institution=house.institution)
    today = timezone.localdate()
    sunday = today + dt.timedelta(days=6 - today.weekday())
    for day in (sunday, sunday + dt.timedelta(days=1)):
        page = house.client.get(f"/en/clinic/?span=day&day={day}").content.decode()
        assert "Laser room" not in page.partition("Not here on this day")[2].partition("</p>")[0]
