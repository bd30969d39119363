"""The public navigation: rooms of the site on top, what everybody may ask for at the foot."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from sarangbang.ui.context import Link


def _link(request: HttpRequest, label: str, name: str, *under: str) -> Link:
    """A link that is marked while the reader is on its page or on one under it."""
    match = request.resolver_match
    here = match.view_name if match else ""
    return Link(label, reverse(name), current=here in (name, *under))


def links(request: HttpRequest) -> list[Link]:
    return [
        _link(request, _("Treatments"), "portal:treatments", "portal:search", "portal:procedure"),
        _link(request, _("Institutions"), "portal:institutions", "portal:institution"),
        _link(request, _("Getting here"), "portal:getting_here"),
        _link(request, _("My stay"), "portal:my_stay", "portal:stay", "portal:card", "portal:new_link"),
    ]


def foot(request: HttpRequest) -> list[Link]:
    return [
        _link(request, _("Your rights"), "portal:rights"),
        _link(request, _("Privacy"), "portal:privacy"),
        _link(request, _("Figures and sources"), "portal:sources"),
    ]
