"""The outbox as a page."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from sarangbang.messages import delivery
from sarangbang.messages.channels import PermanentFailure
from sarangbang.messages.models import Message
from sarangbang.people import links
from sarangbang.people.models import Membership, User

LIST = "/en/outbox/"


@pytest.fixture
def coordinator(db: None) -> User:
    user = User.objects.create_user("c@example.org", "x", name="C")
    Membership.objects.create(user=user, role="coordinator")
    user.authenticator_set.create(type="totp", data={})
    return user


@pytest.fixture
def desk(client: Client, coordinator: User) -> Client:
    client.force_login(coordinator)
    return client


def test_the_outbox_is_not_for_everybody(client: Client, letter) -> None:  # type: ignore[no-untyped-def]
    message = letter()
    pages = [LIST, reverse("outbox:message", args=[message.pk])]
    assert all(client.get(page).status_code == 302 for page in pages)
    outsider = User.objects.create_user("p@example.org", "x", name="P")
    Membership.objects.create(user=outsider, role="policy")
    client.force_login(outsider)
    assert all(client.get(page).status_code == 403 for page in pages)


def test_in_the_demo_it_is_everybodys_mailbox_but_only_staff_send_again(client: Client, letter, settings) -> None:  # type: ignore[no-untyped-def]
    settings.DEMO = True
    link = links.issue("stay", "a")
    message = letter(kind="test_letter", context={"code": "123456", "stay_link": str(link.pk)})
    assert client.get(LIST).status_code == 200
    page = client.get(reverse("outbox:message", args=[message.pk])).content.decode()
    assert "123456" in page
    assert f'href="https://house.example/en/stay/{links.token_of(link)}/"' in page
    assert client.post(reverse("outbox:again", args=[message.pk])).status_code == 302


def test_staff_read_the_words_without_what_opens_something(desk: Client, letter) -> None:  # type: ignore[no-untyped-def]
    link = links.issue("stay", "a")
    message = letter(
        kind="test_letter",
        language="ar",
        context={"code": "123456", "stay_link": str(link.pk), "name": "<script>alert(1)</script>"},
    )
    page = desk.get(reverse("outbox:message", args=[message.pk])).content.decode()
    assert "123456" not in page
    assert links.token_of(link) not in page
    assert "<script>alert" not in page
    assert 'lang="ar" dir="rtl"' in page


def test_one_who_was_given_up_can_be_sent_again_once(desk: Client, server, letter) -> None:  # type: ignore[no-untyped-def]
    server.trouble = PermanentFailure("no such mailbox")
    message = letter()
    delivery.deliver(message.pk)
    page = reverse("outbox:message", args=[message.pk])
    assert "no such mailbox" in desk.get(page).content.decode()
    assert "Send again" in desk.get(page).content.decode()
    assert (
        "waits to be sent again" in desk.post(reverse("outbox:again", args=[message.pk]), follow=True).content.decode()
    )
    assert Message.objects.get().status == "queued"
    again = desk.post(reverse("outbox:again", args=[message.pk]), follow=True).content.decode()
    assert "not waiting for a decision" in again
    assert "Send again" not in desk.get(page).content.decode()


def test_words_that_cannot_be_shown_are_no_error(desk: Client, letter) -> None:  # type: ignore[no-untyped-def]
    message = letter(kind="no_such_template")
    assert "cannot be shown" in desk.get(reverse("outbox:message", args=[message.pk])).content.decode()
    assert desk.get(reverse("outbox:message", args=[uuid.uuid4()])).status_code == 404


def test_the_list_is_narrowed_by_what_is_chosen(desk: Client, letter) -> None:  # type: ignore[no-untyped-def]
    letter(address="ko@example.org", language="ko")
    letter(address="+821012345678", channel="sms")
    page = desk.get(LIST, {"language": "ko"}).content.decode()
    assert "ko@example.org" in page
    assert "+821012345678" not in page
    assert "ko@example.org" not in desk.get(LIST, {"channel": "sms"}).content.decode()
    assert "Nothing fits" in desk.get(LIST, {"status": "failed"}).content.decode()


@pytest.mark.once
def test_the_list_says_in_the_readers_language_what_each_is_about(desk: Client, letter) -> None:  # type: ignore[no-untyped-def]
    link = str(links.issue("stay", "a").pk)
    letter(kind="stay_booked", language="ar", context={"stay_link": link, "starts_at": "2026-11-24T01:00:00+00:00"})
    letter(kind="no_such_template")
    letter(kind="stay_code", language="th", context={"code": "123456"})
    page = desk.get("/ko/outbox/").content.decode()
    with translation.override("ko"):
        subject = translation.gettext("Your appointment is booked")
    assert subject != "Your appointment is booked"
    assert f">{subject}</a>" in page
    assert ">no_such_template</a>" in page
    assert "123456" not in page
    assert "••••••" in page


@pytest.mark.parametrize(
    "query",
    [{"status": "x" * 5000}, {"channel": "\x01"}, {"page": "99999999999999999999"}, {"page": "x"}, {"language": "💥"}],
)
def test_nonsense_in_the_address_is_no_error(desk: Client, letter, query: dict[str, str]) -> None:  # type: ignore[no-untyped-def]
    letter()
    assert desk.get(LIST, query).status_code == 200


@pytest.mark.once
def test_the_pages_cost_the_same_however_many_messages(desk: Client, server, letter) -> None:  # type: ignore[no-untyped-def]
    message = letter()

    def cost(page: str) -> int:
        with CaptureQueriesContext(connection) as counted:
            assert desk.get(page).status_code == 200
        return len(counted)

    before = cost(LIST), cost(reverse("outbox:message", args=[message.pk]))
    for each in range(60):
        delivery.deliver(letter(address=f"a{each}@example.org").pk)
        Message.objects.get(pk=message.pk).receipts.create(accepted=False, detail="later")
    assert (cost(LIST), cost(reverse("outbox:message", args=[message.pk]))) == before
