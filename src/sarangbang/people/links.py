"""Unguessable, revocable links for people without an account.

A token is the id of a ``SecureLink`` (122 random bits) followed by 128 bits of an HMAC over id and purpose with
``SECRET_KEY``. The row makes it revocable; the signature makes a guessed or altered token recognisable without
a look into the database. Tokens are never stored, they are made anew from the row when a message is sent.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from collections.abc import Iterable

from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from sarangbang import rows

from .models import SecureLink

ID_BYTES = 16
SIGNATURE_BYTES = 16
TOKEN_LENGTH = 43  # 32 bytes in base64url without padding


class LinkProblem(Exception):
    """The link does not open anything. ``link`` is the row, when the token is genuine."""

    def __init__(self, link: SecureLink | None = None) -> None:
        super().__init__(type(self).__name__)
        self.link = link


class LinkForged(LinkProblem):
    """The token was altered, mistyped or invented."""


class LinkExpired(LinkProblem):
    """The token is genuine, its time is over."""


class LinkRevoked(LinkProblem):
    """The token is genuine, it was replaced or withdrawn."""


def _signature(link_id: uuid.UUID, purpose: str) -> bytes:
    return salted_hmac(f"sarangbang.people.links.{purpose}", link_id.bytes, algorithm="sha256").digest()[
        :SIGNATURE_BYTES
    ]


def token_of(link: SecureLink) -> str:
    """The token that opens this link, 43 URL-safe characters."""
    raw = link.id.bytes + _signature(link.id, link.purpose)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def open_link(token: str, purpose: str) -> SecureLink:
    """The link that this token opens for this purpose; raises ``LinkProblem``."""
    if len(token) != TOKEN_LENGTH:
        raise LinkForged
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=")
    except (binascii.Error, UnicodeEncodeError):
        raise LinkForged from None
    link_id = uuid.UUID(bytes=raw[:ID_BYTES])
    canonical = base64.urlsafe_b64encode(link_id.bytes + _signature(link_id, purpose)).rstrip(b"=").decode()
    if not constant_time_compare(canonical, token):
        raise LinkForged
    link = SecureLink.objects.filter(pk=link_id, purpose=purpose).first()
    if link is None:
        raise LinkForged
    if link.revoked_at is not None:
        raise LinkRevoked(link)
    if link.expires_at is not None and link.expires_at <= timezone.now():
        raise LinkExpired(link)
    return link


def issue(purpose: str, subject: object, *, expires_at: dt.datetime | None = None) -> SecureLink:
    """A new link to ``subject`` (its primary key)."""
    link = rows.new(SecureLink, purpose=purpose, subject=str(subject), expires_at=expires_at)
    rows.add(link)
    return link


def issue_all(purposes: Iterable[str], subject: object) -> list[SecureLink]:
    """New links of several purposes to ``subject``."""
    links = [rows.new(SecureLink, purpose=purpose, subject=str(subject)) for purpose in purposes]
    rows.add(*links)
    return links


def issue_each(purpose: str, subjects: Iterable[object], *, expires_at: dt.datetime | None = None) -> list[SecureLink]:
    """New links of one purpose, one to each of ``subjects``."""
    links = [rows.new(SecureLink, purpose=purpose, subject=str(subject), expires_at=expires_at) for subject in subjects]
    rows.add(*links)
    return links


def revoke(purpose: str, subject: object) -> int:
    """End every link of this purpose to ``subject``; returns how many were open."""
    return SecureLink.objects.filter(purpose=purpose, subject=str(subject), revoked_at__isnull=True).update(
        revoked_at=timezone.now()
    )
