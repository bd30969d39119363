"""What every page knows without its view saying so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from django.utils.translation import get_language

from .locales import LANGUAGES, Language, language

_PREFIX = re.compile(rf"^/({'|'.join(re.escape(each.code) for each in LANGUAGES)})(?=/|$)")


@dataclass(frozen=True)
class Link:
    """An entry of a navigation. ``icon`` is a lucide name, shown in the phone's bottom bar."""

    label: str
    url: str
    icon: str = ""
    current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Choice:
    """One language in the switch. ``url`` is this page in it with its query, ``path`` without."""

    language: Language
    path: str
    url: str
    current: bool


def has_language_prefix(path: str) -> bool:
    return bool(_PREFIX.match(path))


def in_language(path: str, code: str) -> str:
    """The same path under another language's prefix; a path without prefix is given back."""
    return _PREFIX.sub(f"/{code}", path, count=1)


def choices(request: HttpRequest) -> list[Choice]:
    """This page in all ten languages; without one in its address it is switched by ``?language=``."""
    now = language(get_language()).code
    query = request.GET.copy()
    query.pop("language", None)
    prefixed = has_language_prefix(request.path)
    shown = []
    for each in LANGUAGES:
        path = in_language(request.path, each.code)
        tail = query.urlencode()
        if not prefixed:
            tail = f"{tail}&" * bool(tail) + urlencode({"language": each.code})
        shown.append(Choice(each, path, f"{path}?{tail}" if tail else path, each.code == now))
    return shown


def _links(request: HttpRequest, setting: str) -> list[Link]:
    """The public navigation comes from a room above: UI_NAV (top) and UI_FOOT name functions of the request."""
    dotted = getattr(settings, setting, None)
    if not dotted:
        return []
    provide: Callable[[HttpRequest], Iterable[Link]] = import_string(dotted)
    return list(provide(request))


def room(request: HttpRequest) -> dict[str, Any]:
    """Context processor of every page."""
    here = language(get_language())
    return {
        "language": here,
        "languages": SimpleLazyObject(lambda: choices(request)),
        "language_in_path": has_language_prefix(request.path),
        "site_nav": SimpleLazyObject(lambda: _links(request, "UI_NAV")),
        "foot_nav": SimpleLazyObject(lambda: _links(request, "UI_FOOT")),
        "home_url": f"/{here.code}/",
        "page_url": request.build_absolute_uri(request.path) if _host_is_allowed(request) else request.path,
        "page_origin": f"{request.scheme}://{request.get_host()}" if _host_is_allowed(request) else "",
        "demo": getattr(settings, "DEMO", False),
    }


def _host_is_allowed(request: HttpRequest) -> bool:
    """A forged Host header must not break the error page that answers it."""
    from django.core.exceptions import DisallowedHost

    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True
