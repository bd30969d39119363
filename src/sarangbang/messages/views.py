"""The outbox as pages: what has left, what waits, what was given up."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sarangbang.people.access import staff_required
from sarangbang.people.queries import actor_of
from sarangbang.people.rules import may
from sarangbang.ui.forms import bind
from sarangbang.ui.locales import language

from . import actions, queries
from .forms import OutboxFilter
from .models import Message
from .rendering import CannotBeRendered, NoLongerNeeded, headline
from .rendering import render as words_of
from .rules import PERMISSION, outbox_door

PAGE = 50


@require_safe
@outbox_door
def outbox(request: HttpRequest) -> HttpResponse:
    """All messages, newest first."""
    form = bind(OutboxFilter, request, method="get")
    page = Paginator(queries.outbox(**form.wanted()), PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": [(each, headline(each, reveal=settings.DEMO)) for each in page],
        "form": form,
        "keep_form": "filter",
        "keep_get": True,
        "page": page,
        "counts": queries.waiting_and_failed(),
    }
    return render(request, "outbox/list.html", context)


@require_safe
@outbox_door
def message(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One message as its recipient reads it, and what the channel answered. What opens something is shown in the demo
    only."""
    found = queries.one(pk)
    try:
        words = words_of(found, reveal=settings.DEMO)
    except (NoLongerNeeded, CannotBeRendered):
        words = None
    context = {
        "message": found,
        "headline": headline(found, reveal=settings.DEMO),
        "words": words,
        "spoken": language(found.language),
        "receipts": found.receipts.all(),
        "may_send_again": found.status == Message.Status.FAILED and may(request.user, PERMISSION),
    }
    return render(request, "outbox/message.html", context)


@require_POST
@staff_required(PERMISSION)
def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin anew with a message that was given up."""
    found = queries.one(pk)
    try:
        actions.send_again(found, actor=actor_of(request.user))
    except actions.CannotSendAgain as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The message waits to be sent again."))
    return redirect("outbox:message", pk=found.pk)
