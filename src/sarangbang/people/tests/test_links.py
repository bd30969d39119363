"""A link opens one thing until it is replaced; a changed one opens nothing."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from sarangbang.people import links
from sarangbang.people.models import SecureLink


@pytest.mark.django_db
def test_a_token_opens_its_link_and_nothing_else() -> None:
    link = links.issue("stay", uuid.uuid4())
    token = links.token_of(link)
    assert len(token) == links.TOKEN_LENGTH
    assert links.open_link(token, "stay") == link
    with pytest.raises(links.LinkForged):
        links.open_link(token, "calendar")


@pytest.mark.django_db
def test_every_changed_character_is_noticed() -> None:
    token = links.token_of(links.issue("stay", "a"))
    for place, char in enumerate(token):
        changed = token[:place] + ("A" if char != "A" else "B") + token[place + 1 :]
        with pytest.raises(links.LinkForged):
            links.open_link(changed, "stay")


@given(st.text(max_size=60))
def test_an_invented_token_is_forged_without_a_look_into_the_database(token: str) -> None:
    with pytest.raises(links.LinkForged):
        links.open_link(token, "stay")


@pytest.mark.django_db
def test_replaced_and_ended_links_say_so_and_are_known() -> None:
    link = links.issue("stay", "a")
    token = links.token_of(link)
    assert links.revoke("stay", "a") == 1
    with pytest.raises(links.LinkRevoked) as revoked:
        links.open_link(token, "stay")
    assert revoked.value.link == link

    late = links.issue("stay", "a", expires_at=timezone.now() - dt.timedelta(seconds=1))
    with pytest.raises(links.LinkExpired) as expired:
        links.open_link(links.token_of(late), "stay")
    assert expired.value.link == late


@pytest.mark.django_db
def test_a_deleted_link_is_as_good_as_forged(settings) -> None:  # type: ignore[no-untyped-def]
    link = links.issue("stay", "a")
    token = links.token_of(link)
    SecureLink.objects.all().delete()
    with pytest.raises(links.LinkForged):
        links.open_link(token, "stay")


@pytest.mark.django_db
def test_another_secret_key_makes_all_tokens_forged(settings) -> None:  # type: ignore[no-untyped-def]
    token = links.token_of(links.issue("stay", "a"))
    settings.SECRET_KEY = "another"
    with pytest.raises(links.LinkForged):
        links.open_link(token, "stay")
