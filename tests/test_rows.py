"""New rows of several models are written together, or not at all."""

import pytest
from django.db import IntegrityError, connection, transaction

from sarangbang import rows
from sarangbang.messages.models import Message
from sarangbang.people.models import AuditEntry, SecureLink

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
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 3), rows.together():
        rows.add(*many, SecureLink(purpose="stay", subject="7"))
        rows.add(letter())
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
