"""An interpreter's calendar: the page that gives its address, and the calendar behind it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sarangbang.concierge import queries
from sarangbang.concierge.actions import subscribing
from sarangbang.concierge.crew.feed import feed_of
from sarangbang.concierge.models import Driver, Interpreter
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.scheduling.ical import Feed
from sarangbang.scheduling.serving import serve

from .crew import at_crew


def _subscribe(request: HttpRequest, link: SecureLink, person: Driver | Interpreter, token: str) -> HttpResponse:
    """The address of the calendar, and a new one when the old came into other hands."""
    if not isinstance(person, Interpreter):
        raise Http404
    if request.method == "POST":
        subscribing.replace_calendar_link(person)
        messages.success(request, _("Here is the new address. An older one no longer opens anything."))
        return redirect("concierge:interpreter_calendar", token=token)
    key = links.token_of(subscribing.calendar_link(person))
    address = request.build_absolute_uri(reverse("concierge:interpreter_feed", args=[key]))
    context = {"address": address, "webcal": "webcal:" + address.partition(":")[2], "token": token}
    return render(request, "concierge/calendar.html", context)


subscribe = require_http_methods(["GET", "HEAD", "POST"])(at_crew("interpreter")(_subscribe))


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The jobs of an interpreter, in the language of the address."""

    def write(link: SecureLink) -> Feed | None:
        person = queries.interpreter_at(link.subject)
        return feed_of(person) if person is not None else None

    return serve(request, token, subscribing.PURPOSE, write)
