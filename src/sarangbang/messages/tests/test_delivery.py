"""No message is lost, none is sent by two workers, none goes out when it is of no more use."""

from __future__ import annotations

import datetime as dt
import uuid
from unittest import mock

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks import task_backends
from django_tasks_db.models import DBTaskResult
from hypothesis import given
from hypothesis import strategies as st

from sarangbang.messages import actions, delivery
from sarangbang.messages.channels import PermanentFailure
from sarangbang.messages.models import Message, Receipt
from sarangbang.messages.worker import Worker
from sarangbang.people import links
from sarangbang.people.models import AuditEntry


def make_due() -> None:
    """The time of the next try has come."""
    Message.objects.filter(status="queued").update(due_at=timezone.now())


# Posting


@pytest.mark.django_db(transaction=True)
def test_a_message_belongs_to_the_deed_that_it_tells_of(letter) -> None:  # type: ignore[no-untyped-def]
    def deed() -> None:
        with transaction.atomic():
            letter()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        deed()
    assert not Message.objects.exists()
    assert not DBTaskResult.objects.exists()
    letter()
    assert DBTaskResult.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_queue_elsewhere_hears_of_it_after_the_deed(letter, settings) -> None:  # type: ignore[no-untyped-def]
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    results = task_backends["default"].results
    with transaction.atomic():
        letter()
        assert not results
    assert len(results) == 1


@pytest.mark.django_db
def test_the_same_news_twice_is_one_message(letter) -> None:  # type: ignore[no-untyped-def]
    assert letter(dedupe_key="a") == letter(dedupe_key="a")
    assert letter() != letter()
    assert Message.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_the_same_news_at_once_is_one_message(letter, at_once) -> None:  # type: ignore[no-untyped-def]
    answers = at_once([lambda: letter(dedupe_key="a")] * 3)
    assert len({message.pk for message in answers}) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", [{"kind": "../x"}, {"channel": "pigeon"}, {"language": "xx"}, {"address": "  "}, {"kind": ""}]
)
def test_a_programmers_mistakes_are_refused(letter, wrong: dict[str, str]) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"message|channel|language"):
        letter(**wrong)


@pytest.mark.django_db
def test_an_unknown_zone_becomes_seouls(letter) -> None:  # type: ignore[no-untyped-def]
    assert letter(zone="Mars/Olympus").zone == "Asia/Seoul"


# Delivering


@pytest.mark.django_db
def test_a_message_is_sent_once(server, letter) -> None:  # type: ignore[no-untyped-def]
    message = letter()
    assert delivery.deliver(message.pk) == "sent"
    assert delivery.deliver(message.pk) == "not due"
    assert [address for address, *_ in server.sent] == ["sarnai@example.org"]
    assert list(message.receipts.values_list("accepted", "detail")) == [(True, "accepted")]
    assert delivery.deliver(uuid.uuid4()) == "not due"


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_send_it_once(server, letter, at_once) -> None:  # type: ignore[no-untyped-def]
    message = letter()
    answers = at_once([lambda: delivery.deliver(message.pk)] * 4)
    assert sorted(answers) == ["not due", "not due", "not due", "sent"]
    assert len(server.sent) == 1
    assert message.receipts.count() == 1


@pytest.mark.django_db
def test_while_the_server_is_down_a_message_waits_and_then_goes_out(server, letter) -> None:  # type: ignore[no-untyped-def]
    server.down()
    message = letter()
    for tries in range(1, 4):
        make_due()
        assert delivery.deliver(message.pk) == "retry"
        message.refresh_from_db()
        assert (message.status, message.attempts) == ("queued", tries)
        assert message.due_at > timezone.now() + dt.timedelta(seconds=60)
        assert delivery.deliver(message.pk) == "not due"
    server.up()
    make_due()
    assert delivery.sweep() == 1
    message.refresh_from_db()
    assert message.status == "sent"
    assert list(message.receipts.values_list("accepted", flat=True)) == [False, False, False, True]


@pytest.mark.django_db
def test_after_eight_tries_a_message_is_given_up_and_can_be_sent_again(server, letter) -> None:  # type: ignore[no-untyped-def]
    server.down()
    message = letter()
    answers = []
    for _try in range(delivery.TRIES):
        make_due()
        answers.append(delivery.deliver(message.pk))
    assert answers == ["retry"] * 7 + ["failed"]
    message.refresh_from_db()
    assert message.status == "failed"
    assert delivery.deliver(message.pk) == "not due"

    server.up()
    stale = Message.objects.get()
    actions.send_again(message, actor="user:1")
    with pytest.raises(actions.CannotSendAgain):
        actions.send_again(stale, actor="user:2")
    assert AuditEntry.objects.filter(verb="send_again").count() == 1
    assert delivery.deliver(message.pk) == "sent"
    with pytest.raises(actions.CannotSendAgain):
        actions.send_again(Message.objects.get(), actor="user:1")


@given(st.floats(0, 1), st.integers(1, delivery.TRIES - 1))
def test_waits_grow_are_bounded_and_last_about_a_day(share: float, tries: int) -> None:
    wait = delivery.wait_after(tries, share)
    assert dt.timedelta(minutes=1) <= wait <= dt.timedelta(hours=19)
    if tries > 1:
        assert wait > delivery.wait_after(tries - 1, 1 - share) * 2
    whole = sum((delivery.wait_after(each, share) for each in range(1, delivery.TRIES)), dt.timedelta())
    assert dt.timedelta(hours=20) < whole < dt.timedelta(hours=28)


@pytest.mark.django_db
def test_a_refused_address_is_not_tried_again(server, letter) -> None:  # type: ignore[no-untyped-def]
    server.trouble = PermanentFailure("no such mailbox")
    message = letter()
    assert delivery.deliver(message.pk) == "failed"
    assert message.receipts.get().detail == "no such mailbox"


@pytest.mark.django_db
def test_a_broken_channel_loses_nothing_and_tells_no_secrets(server, letter) -> None:  # type: ignore[no-untyped-def]
    server.trouble = ZeroDivisionError("secret words")
    message = letter()
    assert delivery.deliver(message.pk) == "retry"
    assert message.receipts.get().detail == "ZeroDivisionError"


@pytest.mark.django_db
def test_what_cannot_be_rendered_is_given_up_visibly(server, letter) -> None:  # type: ignore[no-untyped-def]
    message = letter(kind="no_such_template")
    assert delivery.deliver(message.pk) == "failed"
    assert "cannot be rendered" in message.receipts.get().detail


@pytest.mark.django_db
def test_what_is_of_no_more_use_is_dropped(server, letter) -> None:  # type: ignore[no-untyped-def]
    late = letter(expires_at=timezone.now())
    assert delivery.deliver(late.pk) == "dropped"
    link = links.issue("hold", "a", expires_at=timezone.now())
    withdrawn = letter(kind="test_letter", context={"stay_link": str(link.pk)})
    assert delivery.deliver(withdrawn.pk) == "dropped"
    assert not server.sent
    assert Receipt.objects.count() == 2


@pytest.mark.django_db
def test_codes_leave_the_row_when_they_have_left_the_house(server, letter, settings) -> None:  # type: ignore[no-untyped-def]
    message = letter(kind="test_letter", context={"code": "123456", "name": "A"})
    delivery.deliver(message.pk)
    message.refresh_from_db()
    assert "123456" not in str(message.context)
    assert message.context["name"] == "A"
    settings.DEMO = True
    message = letter(kind="test_letter", context={"code": "123456"})
    delivery.deliver(message.pk)
    message.refresh_from_db()
    assert message.context["code"] == "123456"


@pytest.mark.django_db
def test_an_address_is_not_flooded_and_what_is_too_much_comes_later(server, letter, settings) -> None:  # type: ignore[no-untyped-def]
    settings.MESSAGE_HOURLY_LIMIT = 3
    messages = [letter() for _each in range(4)]
    other = letter(address="someone@example.org")
    assert [delivery.deliver(each.pk) for each in messages] == ["sent", "sent", "sent", "throttled"]
    assert delivery.deliver(other.pk) == "sent"
    waiting = Message.objects.get(pk=messages[3].pk)
    assert (waiting.status, waiting.attempts, waiting.receipts.count()) == ("queued", 0, 0)
    assert timezone.now() + dt.timedelta(minutes=50) < waiting.due_at <= timezone.now() + dt.timedelta(hours=1)
    Receipt.objects.update(at=timezone.now() - dt.timedelta(hours=1))
    make_due()
    assert delivery.deliver(waiting.pk) == "sent"


@pytest.mark.django_db
def test_a_message_for_later_waits_for_its_time(server, letter) -> None:  # type: ignore[no-untyped-def]
    message = letter(due_at=timezone.now() + dt.timedelta(hours=1))
    assert delivery.deliver(message.pk) == "not due"
    assert delivery.sweep() == 0
    make_due()
    assert delivery.sweep() == 1


# Crashes


@pytest.mark.django_db(transaction=True)
def test_what_a_queue_elsewhere_lost_the_sweep_sends(server, letter, settings) -> None:  # type: ignore[no-untyped-def]
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    with mock.patch("django_tasks.backends.dummy.DummyBackend.enqueue", side_effect=OSError):
        letter()
    assert not DBTaskResult.objects.exists()
    Worker("a").work_once()
    assert len(server.sent) == 1


@pytest.mark.django_db
def test_killed_while_sending_the_lease_ends_and_another_worker_sends_it(server, letter) -> None:  # type: ignore[no-untyped-def]
    message = letter()
    server.trouble = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        delivery.deliver(message.pk)
    server.up()
    assert delivery.sweep() == 0
    Message.objects.update(leased_until=timezone.now())
    assert delivery.sweep() == 1
    assert server.sent[0][2] == str(message.pk)


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_does_not_overwrite_what_the_next_one_did(server, letter) -> None:  # type: ignore[no-untyped-def]
    message = letter()
    held = delivery._lease(message.pk)
    Message.objects.update(leased_until=timezone.now())
    assert delivery.deliver(message.pk) == "sent"
    assert held is not None
    delivery._again(held, "timed out")
    message.refresh_from_db()
    assert message.status == "sent"
    assert message.receipts.count() == 1


@pytest.mark.django_db
def test_a_sweep_costs_one_query_when_nothing_is_due(letter, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    letter(due_at=timezone.now() + dt.timedelta(hours=1))
    with django_assert_num_queries(1):
        delivery.sweep()
