"""Calendar feeds: the page on which staff opens and closes them, and the feeds themselves behind their links."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sarangbang.people import links
from sarangbang.people.access import staff_required
from sarangbang.people.models import SecureLink
from sarangbang.people.queries import actor_of
from sarangbang.scheduling import feeds as channels
from sarangbang.scheduling.ical import Feed
from sarangbang.scheduling.serving import serve
from sarangbang.ui.forms import is_submission

from .scope import houses_of


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("clinic.use")
def feeds(request: HttpRequest) -> HttpResponse:
    """The calendars of the reader's institutions, with the addresses that are open."""
    found = channels.channels_of(houses_of(request))
    if is_submission(request):
        channel = next((each for each in found if each.key == request.POST.get("key")), None)
        if channel is None:
            raise Http404
        if request.POST.get("do") == "close":
            channels.close_channel(channel, actor=actor_of(request.user))
            messages.success(request, _("Closed. The old address no longer opens anything."))
        else:
            channels.open_channel(channel, actor=actor_of(request.user))
            messages.success(request, _("Here is the new address. An older one no longer opens anything."))
        return redirect(f"{reverse('scheduling:feeds')}#{channel.key}")
    rows = []
    for channel in found:
        address = _address(request, channel.link) if channel.link else ""
        rows.append((channel, address, "webcal:" + address.partition(":")[2] if address else ""))
    return render(request, "scheduling/feeds.html", {"rows": rows})


def _address(request: HttpRequest, link: SecureLink) -> str:
    kind = "clinic" if link.purpose == channels.CLINIC else "roster"
    return request.build_absolute_uri(reverse(f"feeds:{kind}", args=[links.token_of(link)]))


def _serve(request: HttpRequest, token: str, purpose: str) -> HttpResponse:
    def page_of(pk: UUID) -> str:
        return request.build_absolute_uri(reverse("scheduling:appointment", args=[pk]))

    def write(link: SecureLink) -> Feed | None:
        channel = channels.channel_behind(link)
        return channels.feed_of(channel, page_of) if channel else None

    return serve(request, token, purpose, write)


@require_safe
def clinic(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of an institution, in the language of its address."""
    return _serve(request, token, channels.CLINIC)


@require_safe
def roster(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of a person or a room at an institution."""
    return _serve(request, token, channels.ROSTER)
