"""From an outbox row to the words that leave the house, in the recipient's language, at the time of sending.

A message of kind ``x`` is the plain-text template ``messages/x.txt`` of any room: the first line is ``Subject: …``,
then a blank line, then the body. ``messages/x.short.txt``, if there is one, is what a phone message says instead.
Every template knows ``language`` (``.code .tag .dir .autonym``), ``zone`` (the recipient's), ``guest`` (or nothing)
and the keys of the message's context, where

- ``…_link`` holds the id of a ``SecureLink`` and becomes an absolute address (``settings.LINK_VIEWS[purpose]``);
- ``…_page`` holds the name of a page without arguments ("concierge:desk") and becomes an absolute address;
- ``…_at`` holds an ISO 8601 moment and becomes an aware datetime, ``…_on`` a date;
- lists and dictionaries inside are treated alike; everything else is given as it is.

Templates use the filters of ``ui`` (``{{ starts_at|moment:zone }}``), not its tags, which write HTML. Nothing is
escaped: the text is not HTML.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateparse import parse_date, parse_datetime

from sarangbang.people.links import token_of
from sarangbang.people.models import SecureLink
from sarangbang.ui.locales import language

from .models import Message

HIDDEN = "••••••"
SUBJECT = "Subject:"
SECRETS = ("code", "digits")
"""Keys of the context that open something; taken out of the row once the message has left (except in the demo)."""


class NoLongerNeeded(Exception):
    """What the message wanted to show has been withdrawn meanwhile."""


class CannotBeRendered(Exception):
    """The template is missing or wrong, or the context does not fit it: no later try will help."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes along with a letter. ``media_type`` is like "text/calendar"; as neutral as the words."""

    filename: str
    content: str
    media_type: str


@dataclass(frozen=True)
class Rendered:
    """The words of one message. ``short`` is for phones; without a short template it is the body. Channels that carry
    no files leave ``attachments`` out."""

    subject: str
    body: str
    short: str
    language: str
    attachments: tuple[Attachment, ...] = ()


ATTACHING: dict[str, Callable[[Message], Attachment | None]] = {}
"""By kind of message what goes along, made when it is sent. A room above may add its own when its app is ready."""


def render(message: Message, *, reveal: bool = True) -> Rendered:
    """The words of this message. ``reveal=False`` hides what opens something: for the eyes of staff.

    Raises ``NoLongerNeeded`` and ``CannotBeRendered``.
    """
    try:
        with translation.override(message.language):
            words = Context(_context(message, reveal), autoescape=False)
            whole = _fill(f"messages/{message.kind}.txt", words)
            short = _fill(f"messages/{message.kind}.short.txt", words, optional=True)
            signature = _fill("messages/signature.txt", words)
            attachment = ATTACHING[message.kind](message) if reveal and message.kind in ATTACHING else None
    except NoLongerNeeded:
        raise
    except Exception as error:
        raise CannotBeRendered(f"{type(error).__name__}: {error}") from error
    head, _, body = whole.partition("\n")
    if not head.startswith(SUBJECT):
        raise CannotBeRendered(f"messages/{message.kind}.txt does not begin with a subject")
    letter = f"{body.strip()}\n\n-- \n{signature}\n"
    attachments = (attachment,) if attachment is not None else ()
    return Rendered(_line(head), letter, short or body.strip(), message.language, attachments)


def headline(message: Message, *, reveal: bool = False) -> str:
    """The subject line in the language of the page, for lists of many messages: nothing is looked up for it, so that
    links in it stay hidden. The kind's own name when there is no subject."""
    try:
        looked_up = tuple(set(RESOLVERS) - READABLE)
        hidden = {key: HIDDEN for key in message.context if key.endswith(looked_up)}
        rest = {key: value for key, value in message.context.items() if key not in hidden}
        words = Context({**_told(rest, message, reveal), **hidden, "guest": None}, autoescape=False)
        head = _fill(f"messages/{message.kind}.txt", words).partition("\n")[0]
    except Exception:  # noqa: BLE001 (a template may fail in any way; the list goes on)
        return message.kind
    return _line(head) if head.startswith(SUBJECT) else message.kind


def _line(head: str) -> str:
    return " ".join(head.removeprefix(SUBJECT).split())


def _fill(template: str, words: Context, *, optional: bool = False) -> str:
    try:
        found = get_template(template)
    except TemplateDoesNotExist:
        if optional:
            return ""
        raise
    # Conditions leave empty lines behind; more than one in a row says nothing.
    return re.sub(r"\n[ \t]*(\n[ \t]*)+\n", "\n\n", found.template.render(words)).strip()  # type: ignore[attr-defined]


def _context(message: Message, reveal: bool) -> dict[str, Any]:
    return {**_told(message.context, message, reveal), "guest": message.guest}


def _told(context: dict[str, Any], message: Message, reveal: bool) -> dict[str, Any]:
    known = {key: _resolved(key, value, reveal) for key, value in context.items()}
    if not reveal:
        known |= dict.fromkeys(set(SECRETS) & set(known), HIDDEN)
    for key in message.context.get("_scrubbed", []):
        known[key] = HIDDEN
    return {**known, "zone": message.zone, "language": language(message.language)}


def _resolved(key: str, value: Any, reveal: bool) -> Any:
    if isinstance(value, dict):
        return {inner: _resolved(inner, each, reveal) for inner, each in value.items()}
    if isinstance(value, list):
        return [_resolved(key, each, reveal) for each in value]
    if isinstance(value, str) and value:
        for ending, resolve in RESOLVERS.items():
            if key.endswith(ending):
                return resolve(value, reveal)
    return value


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def _link(value: str, reveal: bool) -> str:
    """The address of a secure link; if it was replaced meanwhile, that of the newest to the same thing."""
    try:
        link = SecureLink.objects.get(pk=uuid.UUID(value))
    except (SecureLink.DoesNotExist, ValueError, ValidationError):
        raise NoLongerNeeded from None
    now = timezone.now()
    still_open = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    if link.revoked_at is not None or (link.expires_at is not None and link.expires_at <= now):
        same = SecureLink.objects.filter(purpose=link.purpose, subject=link.subject, revoked_at__isnull=True)
        newest = same.filter(still_open).order_by("-created_at").first()
        if newest is None:
            if reveal:
                raise NoLongerNeeded
            newest = link
        link = newest
    token = token_of(link)
    address = absolute(reverse(settings.LINK_VIEWS[link.purpose], args=[token]))
    return address if reveal else address.replace(token, HIDDEN)


def _page(value: str, reveal: bool) -> str:
    return absolute(reverse(value))


def _parsed(parse: Callable[[str], Any], value: str, reveal: bool) -> Any:
    """Raises ``ValueError`` for what is neither a moment nor a day."""
    found = parse(value)
    if found is None or (isinstance(found, dt.datetime) and timezone.is_naive(found)):
        raise ValueError(f"neither an aware moment nor a day: {value!r}")
    return found


RESOLVERS: dict[str, Callable[[str, bool], Any]] = {
    "_link": _link,
    "_page": _page,
    "_at": partial(_parsed, parse_datetime),
    "_on": partial(_parsed, parse_date),
}
"""Endings of context keys and what becomes of their values. A room above may add its own when its app is ready."""
READABLE = frozenset({"_page", "_at", "_on"})
"""Endings whose values are read without a look into the database."""
