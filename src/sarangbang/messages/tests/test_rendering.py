"""What a message says, in whose language, and what it hides."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.utils import timezone, translation

from sarangbang.messages.rendering import HIDDEN, CannotBeRendered, NoLongerNeeded, render
from sarangbang.people import links

MOMENT = dt.datetime(2026, 12, 9, 1, 30, tzinfo=dt.UTC)


def test_a_message_speaks_its_recipients_language_whatever_the_readers_is(letter) -> None:  # type: ignore[no-untyped-def]
    message = letter(kind="test_letter", language="mn", zone="Asia/Ulaanbaatar", context={"starts_at": MOMENT})
    with translation.override("ko"):
        words = render(message)
        assert translation.get_language() == "ko"
    assert "12-р сарын" in words.body
    assert "9:30" in words.body  # an hour behind Seoul
    assert words.language == "mn"


def test_links_are_made_when_the_message_is_sent_and_lead_to_its_language(letter) -> None:  # type: ignore[no-untyped-def]
    link = links.issue("stay", uuid.uuid4())
    message = letter(kind="test_letter", language="ar", context={"stay_link": link.pk, "desk_page": "desk"})
    token = links.token_of(link)
    assert token not in str(message.context)
    words = render(message)
    assert f"https://house.example/ar/stay/{token}/" in words.body
    assert "https://house.example/ar/desk/" in words.body
    assert words.short.endswith(f"/ar/stay/{token}/")


def test_text_is_not_html(letter) -> None:  # type: ignore[no-untyped-def]
    words = render(letter(kind="test_letter", context={"name": "Ó'Brien <b>"}))
    assert "Ó'Brien <b> & Co" in words.body
    assert "\n\n\n" not in words.body


def test_a_subject_is_one_line_whatever_a_name_holds(letter) -> None:  # type: ignore[no-untyped-def]
    words = render(letter(kind="test_letter", context={"name": "A\tB"}))
    assert words.subject == "Language A B"


def test_moments_inside_lists_are_moments_too(letter) -> None:  # type: ignore[no-untyped-def]
    message = letter(kind="test_letter", context={"visits": [{"starts_at": MOMENT.isoformat()}]})
    assert "10:30" in render(message).body


def test_staff_see_neither_links_nor_codes(letter) -> None:  # type: ignore[no-untyped-def]
    link = links.issue("stay", "a")
    message = letter(kind="test_letter", context={"stay_link": str(link.pk), "code": "123456"})
    words = render(message, reveal=False)
    assert links.token_of(link) not in words.body + words.short
    assert "123456" not in words.body
    assert HIDDEN in words.body
    assert "123456" in render(message).body


def test_a_replaced_link_becomes_the_newest_one_and_a_withdrawn_one_stops_the_message(letter) -> None:  # type: ignore[no-untyped-def]
    message = letter(kind="test_letter", context={"stay_link": str(links.issue("stay", "a").pk)})
    links.revoke("stay", "a")
    with pytest.raises(NoLongerNeeded):
        render(message)
    newest = links.issue("stay", "a")
    assert links.token_of(newest) in render(message).body
    newest.expires_at = timezone.now()
    newest.save()
    with pytest.raises(NoLongerNeeded):
        render(message)
    assert HIDDEN in render(message, reveal=False).body


@pytest.mark.parametrize(
    ("kind", "context"),
    [
        ("no_such_template", {}),
        ("test_headless", {}),
        ("test_letter", {"starts_at": "yesterday"}),
        ("test_letter", {"starts_at": "2026-12-09T10:30:00"}),
        ("test_letter", {"desk_page": "no such page"}),
    ],
)
def test_what_can_never_be_rendered_says_so(letter, kind: str, context: dict[str, str]) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(CannotBeRendered):
        render(letter(kind=kind, context=context))
