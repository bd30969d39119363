"""New rows of several models are written together, or not at all."""

import datetime as dt
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection, transaction

from sarangbang import rows
from sarangbang.messages.models import Message
from sarangbang.people.models import AuditEntry, Consent, Guest, SecureLink
from sarangbang.rows import planned
from sarangbang.scheduling.models import Appointment
from sarangbang.stays.models import Stay, StayAppointment

pytestmark = pytest.mark.django_db


def entry(verb="look"):
    return AuditEntry(actor="system", verb=verb, object_type="x", object_id="1", detail={"%s": "it's 100 %; DROP"})


def letter(key=None):
    return Message(kind="stay_link", channel="email", address="a@guest.example", language="mn", dedupe_key=key)


def refused():
    with rows.together():
        rows.add(entry("refused"))
        raise LookupError


def test_what_is_added_is_written_at_the_end_and_in_one_go(django_assert_num_queries):
    many = [entry(f"verb {number}") for number in range(3)]
    with django_assert_num_queries(2 if connection.vendor == "postgresql" else 4):
        with rows.together():
            rows.add(*many, SecureLink(purpose="stay", subject="7"))
            rows.add(letter())
        assert AuditEntry.objects.count() == 3  # whoever asks next finds them
    assert [AuditEntry.objects.get(pk=each.pk).verb for each in many] == ["verb 0", "verb 1", "verb 2"]
    assert AuditEntry.objects.get(pk=many[0].pk).detail == {"%s": "it's 100 %; DROP"}
    assert (SecureLink.objects.count(), Message.objects.get().language) == (1, "mn")
    many[0].verb = "saved, not added again"
    many[0].save()
    assert AuditEntry.objects.count() == 3


def test_outside_of_that_it_is_written_at_once():
    rows.add(entry())
    assert AuditEntry.objects.count() == 1


def test_an_error_leaves_nothing_and_an_inner_one_only_its_own():
    with pytest.raises(LookupError):
        refused()
    assert AuditEntry.objects.count() == 0
    with rows.together():
        rows.add(entry("outer"))
        with pytest.raises(LookupError):
            refused()
        with rows.together():
            rows.add(entry("inner"))
    assert [each.verb for each in AuditEntry.objects.order_by("pk")] == ["outer", "inner"]


def test_a_constraint_refuses_all_of_them():
    rows.write([letter("key")])
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.write([entry(), letter("key")])
    assert (AuditEntry.objects.count(), Message.objects.count()) == (0, 1)


def test_more_rows_than_one_statement_may_have():
    many = [SecureLink(purpose="stay", subject=str(number)) for number in range(1100)]
    rows.write(many)
    assert SecureLink.objects.count() == 1100


def test_a_statement_is_carried_out_after_all_rows():
    table = AuditEntry._meta.db_table
    with rows.together():
        rows.add((f"UPDATE {table} SET verb = %s", ["changed"]), entry())
    assert AuditEntry.objects.get().verb == "changed"


@pytest.mark.once
def test_a_new_object_is_as_the_model_makes_it():
    told = {"name": "Sarnai", "phone": "+97699112233", "birth_year": 1990, "email": "a@guest.example"}
    made, usual = rows.new(Guest, **told), Guest(**told)
    for field in Guest._meta.concrete_fields:
        if not callable(field.default):
            assert getattr(made, field.attname) == getattr(usual, field.attname)
    assert (made.pk != usual.pk, made.phone.is_valid(), made._state.adding) == (True, True, True)
    consent = rows.new(Consent, guest=made, purpose="health")
    assert (consent.guest is made, consent.guest_id, consent.pk) == (True, made.pk, None)
    with pytest.raises(TypeError, match="no field sort"):
        rows.new(Guest, sort=1)
    stay = rows.new(Stay, guest=made)
    hung = rows.new(StayAppointment, stay=stay, appointment=rows.new(Appointment, guest=None))
    assert (hung.stay_id, hung.appointment.stay_appointment is hung, hung.appointment.guest_id) == (stay.pk, True, None)


@pytest.mark.once
def test_an_object_of_a_row_that_was_read_looks_up_the_rest():
    link = SecureLink.objects.create(purpose="stay", subject="7")
    found = rows.known(SecureLink, ["id", "subject"], [link.pk, "7"])
    assert (found, found._state.adding, "purpose" in found.get_deferred_fields()) == (link, False, True)
    assert (found.subject, found.purpose) == ("7", "stay")


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
class TestWhatWaits:
    """New rows that nobody waits for travel with what is said next, at the latest with the commit."""

    def left(self, *objects):
        with rows.together():
            rows.add(*objects)

    def undone(self, *objects, then=lambda: None):
        with transaction.atomic():
            self.left(*objects)
            then()
            raise LookupError

    def written(self, *objects, then=lambda: None):
        with transaction.atomic():
            self.left(*objects)
            then()

    def test_a_transaction_is_two_ways(self, django_assert_num_queries):
        with django_assert_num_queries(3), transaction.atomic():  # Django counts a BEGIN that it does not send
            assert rows.at_once([("SELECT 1", [])]) == [[(1,)]]
            self.left(entry(), letter())
        assert (AuditEntry.objects.count(), Message.objects.count()) == (1, 1)

    def test_what_is_undone_is_never_said(self):
        with pytest.raises(LookupError):
            self.undone(entry())
        with transaction.atomic():
            self.left(entry("before"))
            with pytest.raises(LookupError):
                self.undone(entry("within"))
            with pytest.raises(LookupError):
                self.undone(entry("said"), then=AuditEntry.objects.count)
            self.written(entry("kept"))
        assert [each.verb for each in AuditEntry.objects.order_by("pk")] == ["before", "kept"]

    @pytest.mark.parametrize("then", [lambda: None, lambda: AuditEntry.objects.count()])
    def test_what_refuses_it_ends_the_transaction(self, then):
        rows.write([letter("key")])
        with pytest.raises(IntegrityError):
            self.written(entry(), letter("key"), then=then)
        assert (AuditEntry.objects.count(), Message.objects.count()) == (0, 1)

    def test_whatever_is_asked_next_comes_after_it(self):
        with transaction.atomic(), connection.cursor() as cursor:
            self.left(entry())
            cursor.execute("SELECT count(*) FROM people_auditentry")
            assert cursor.fetchone() == (1,)
            new = entry("second")
            self.left(new)
            assert rows.at_once([("SELECT count(*) FROM people_auditentry", [])]) == [[(2,)]]
            assert AuditEntry.objects.get(pk=new.pk).verb == "second"
            self.left(entry())
            assert len(list(AuditEntry.objects.iterator(1))) == 3


@pytest.mark.server
class TestPlannedStatements:
    QUESTION = "SELECT 'planned 100 %%', %s::text, %s::integer, %s::uuid"

    def ask(self, *values):
        return rows.at_once([(self.QUESTION, values)])[0][0][1:]

    def planned(self):
        """The questions of this test that PostgreSQL has planned for this connection."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%planned 100%'")
            return cursor.fetchone()[0]

    def test_one_is_planned_once_and_takes_whatever_values(self):
        key = SecureLink(purpose="stay", subject="7").pk
        assert self.ask("it's; DROP TABLE $1", 7, key) == ("it's; DROP TABLE $1", 7, key)
        assert self.ask(None, None, None) == (None, None, None)
        assert self.planned() == 1
        assert rows.at_once([("SELECT 'planned 100 %%'", [])] * 2) == [[("planned 100 %",)]] * 2
        assert self.planned() == 2

    def test_values_come_back_as_they_were(self):
        moment = dt.datetime(2026, 11, 26, 0, 30, 0, 120, tzinfo=ZoneInfo("Asia/Seoul"))
        texts = ["plain @:;,./_+=- 7", "", "it's", "back\\slash '' \\'", "한글 %s $1", "line\nend", "-- /* */", "NULL"]
        others = {"boolean": True, "integer": -7, "timestamptz": moment, "date": moment.date(), "uuid": uuid4()}
        kinds = ["text"] * len(texts) + list(others)
        values = [*texts, *others.values()]
        question = f"SELECT 'planned 100 %%', {', '.join(f'%s::{kind}' for kind in kinds)}"
        assert list(rows.at_once([(question, values)])[0][0][1:]) == values
        with pytest.raises(DataError), transaction.atomic():
            self.ask("null \0 character", 1, None)

    def test_much_travels_both_ways_at_once(self):
        many = [
            ("SELECT 'planned 100 %%', %s::text, repeat('y', 20000)", [f"{number}{'x' * 20000}"])
            for number in range(100)
        ]
        assert [row[1:] for (row,) in rows.at_once(many)] == [(sent, "y" * 20000) for _text, (sent,) in many]

    def test_nothing_is_kept_behind_a_pooler(self, monkeypatch):
        monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
        before = self.planned()
        text = f"{self.QUESTION}, 'pooled'"
        assert rows.at_once([(text, ["a", 1, None])]) == [[("planned 100 %", "a", 1, None, "pooled")]]
        assert self.planned() == before

    def test_there_are_never_more_than_some(self, monkeypatch):
        monkeypatch.setattr(planned, "MOST_PLANNED", 4)
        for number in range(12):
            assert rows.at_once([(f"{self.QUESTION}, {number}", ["a", 1, None])])[0][0][-1] == number
        assert 0 < self.planned() <= 5

    def test_what_waits_stays_planned(self, monkeypatch):
        monkeypatch.setattr(planned, "MOST_PLANNED", 0)
        with transaction.atomic():
            with rows.together():
                rows.add(entry())
            assert self.ask("a", 1, None) == ("a", 1, None)
        assert AuditEntry.objects.count() == 1

    def test_many_values_are_not_worth_it(self):
        before = self.planned()
        many = list(range(planned.MOST_VALUES + 1))
        text = f"SELECT 'planned 100 %%', {', '.join(['%s'] * len(many))}"
        assert rows.at_once([(text, many)]) == [[("planned 100 %", *many)]]
        assert self.planned() == before

    def test_a_refused_statement_leaves_the_others_known(self):
        with pytest.raises(DataError), transaction.atomic():
            rows.at_once([("SELECT 'planned 100 %%', 1 / %s", [0])])
        assert rows.at_once([("SELECT 'planned 100 %%', 1 / %s", [1])]) == [[("planned 100 %", 1)]]
        with pytest.raises(ProgrammingError), transaction.atomic():
            rows.at_once([("SELECT 'planned 100 %%', nothing", [])])
        assert self.ask("a", 1, None) == ("a", 1, None)
