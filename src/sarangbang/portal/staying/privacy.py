"""What belongs to the guest: consents, who read their record, the link itself."""

from __future__ import annotations

import time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sarangbang.people import links
from sarangbang.people.models import Consent
from sarangbang.portal.finding.pages import purposes
from sarangbang.stays import actions, queries
from sarangbang.stays.models import Stay
from sarangbang.stays.rules import NEEDED_CONSENTS
from sarangbang.ui.forms import bind, is_submission
from sarangbang.ui.views import secret, too_many

from .doors import REMEMBERED, at_stay, limited, not_too_often, page_methods, remember, remembered
from .forms import NewLinkForm
from .itinerary import StayPage

ANSWER_AFTER = 0.3
"""Seconds; longer than it takes to write the message."""


@at_stay
def privacy(request: HttpRequest, stay: Stay, token: str) -> HttpResponse:
    """Consents given and withdrawn, and who read the record."""
    told = dict(zip(Consent.Purpose, (text for _label, text in purposes()), strict=True))
    consents = queries.consents_of(stay)
    context = {
        "stay": stay,
        "token": token,
        "zone": stay.guest.zone,
        "consents": [(consent, told.get(consent.purpose, "")) for consent in consents],
        "readers": queries.readers_of(stay),
        "bottom_nav": StayPage(stay, token).bottom_nav("stay_privacy"),
    }
    return render(request, "portal/stay_privacy.html", context)


@at_stay
def withdraw(request: HttpRequest, stay: Stay, token: str, purpose: str) -> HttpResponse:
    """Says what follows, and ends a consent."""
    if purpose not in queries.consents_in_force(stay):
        return redirect("portal:stay_privacy", token=token)
    if is_submission(request):
        actions.withdraw(stay, purpose, actor=f"guest:{stay.guest_id}")
        messages.success(request, _("Your consent has ended."))
        return redirect("portal:stay_privacy", token=token)
    context = {
        "stay": stay,
        "token": token,
        "label": Consent.Purpose(purpose).label,
        "needed": purpose in NEEDED_CONSENTS,
        "concierge": purpose == Consent.Purpose.CONCIERGE,
    }
    return render(request, "portal/withdraw.html", context)


@not_too_often("new_link")
@at_stay
def replace_links(request: HttpRequest, stay: Stay, token: str) -> HttpResponse:
    """End the old link and go on with a new one; calendars that used the old address stop."""
    if request.method != "POST":
        return redirect("portal:stay", token=token)
    link = actions.replace_links(stay, actor=f"guest:{stay.guest_id}")
    remember(request, link)
    messages.success(request, _("The old link no longer opens anything. We have sent you the new one."))
    return redirect("portal:stay", token=links.token_of(link))


@require_safe
def my_stay(request: HttpRequest) -> HttpResponse:
    """To the stay that this browser knows; otherwise to the page that sends its link."""
    known = remembered(request)
    return secret(redirect("portal:stay", token=known[1]) if known else redirect("portal:new_link"))


@page_methods
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the stay in this browser, for instance in a hotel's."""
    if request.method == "POST":
        request.session.pop(REMEMBERED, None)
        messages.success(request, _("This browser no longer knows your stay."))
    return redirect("portal:home")


@page_methods
def new_link(request: HttpRequest) -> HttpResponse:
    """Ask for a new link. The answer is the same whether or not anybody booked with the address."""
    form = bind(NewLinkForm, request)
    sent = False
    if is_submission(request) and form.is_valid():
        if limited(request, "new_link"):
            return too_many(request)
        begun = time.monotonic()
        actions.send_new_link(form.cleaned_data["email"])
        # Whether there was something to send shows neither in the answer nor in how long it took.
        time.sleep(max(0.0, begun + ANSWER_AFTER - time.monotonic()))
        sent = True
    return secret(render(request, "portal/new_link.html", {"form": form, "sent": sent, "keep_form": "ask"}))
