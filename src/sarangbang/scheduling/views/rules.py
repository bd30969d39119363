"""Booking rules: what holds, what a change would change, and what was booked before and would lie outside of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sarangbang.directory.models import Institution, Offering
from sarangbang.people.access import staff_required
from sarangbang.people.queries import actor_of
from sarangbang.scheduling import ruling
from sarangbang.scheduling.diary import offerings_at
from sarangbang.scheduling.models import PathwayStep, Requirement, Resource
from sarangbang.scheduling.pages import rule_book, rule_preview
from sarangbang.scheduling.pages.rule_book import Ruled
from sarangbang.scheduling.pages.rule_preview import Preview
from sarangbang.scheduling.pathways import steps_of
from sarangbang.scheduling.rule_forms import (
    ChangeRoomForm,
    NeedForm,
    RemindersForm,
    RulesForm,
    StepForm,
    typed_of,
)
from sarangbang.scheduling.ruling import UnfitRule
from sarangbang.ui.forms import bind, is_submission

from .scope import houses_of

page_methods = require_http_methods(["GET", "HEAD", "POST"])


def _wants(request: HttpRequest, what: str) -> bool:
    return request.POST.get("do") == what


def _house(request: HttpRequest, slug: str) -> Institution:
    house = next((house for house in houses_of(request) if house.slug == slug), None)
    if house is None:
        raise Http404
    return house


def _offering(request: HttpRequest, pk: int) -> Offering:
    """An offering of the reader's institutions; 404 for any other."""
    offering = offerings_at(houses_of(request)).filter(pk=min(pk, 2**31)).first()
    if offering is None:
        raise Http404
    return offering


@require_safe
@staff_required("clinic.use")
def rules(request: HttpRequest) -> HttpResponse:
    """The rules of the reader's institutions and everything they offer."""
    shown = [(house, Ruled.of(house), rule_book.rows_of(house)) for house in houses_of(request)]
    return render(request, "scheduling/rules.html", {"shown": shown})


@require_safe
@staff_required("clinic.use")
def offering_rules(request: HttpRequest, offering: int) -> HttpResponse:
    """Everything that holds for one offering."""
    shown = _offering(request, offering)
    own, house = rule_book.reminders_of(shown)
    context = {
        "offering": shown,
        "ruled": Ruled.of(shown),
        "steps": steps_of(shown),
        "needs": rule_book.needs_of(shown),
        "reminders": rule_book.said_lengths(own or house),
        "has_own_reminders": bool(own),
    }
    return render(request, "scheduling/rules_of.html", context)


@page_methods
@staff_required("clinic.use")
def change_house(request: HttpRequest, slug: str) -> HttpResponse:
    """The rules of an institution."""
    return _change(request, _house(request, slug), reverse("scheduling:rules"))


@page_methods
@staff_required("clinic.use")
def change_offering(request: HttpRequest, offering: int) -> HttpResponse:
    """The rules of one offering."""
    shown = _offering(request, offering)
    return _change(request, shown, reverse("scheduling:offering_rules", args=[shown.pk]))


def _change(request: HttpRequest, target: Institution | Offering, back: str) -> HttpResponse:
    ruled = Ruled.of(target)
    form = bind(RulesForm, request, wider=ruled.wider, initial=typed_of(ruled.own))
    preview = None
    if is_submission(request) and form.is_valid():
        if _wants(request, "save"):
            ruling.change_rules(target, form.cleaned_data, actor=actor_of(request.user))
            return _saved(request, back)
        preview = rule_preview.preview_rules(ruled, form.cleaned_data)
    return _form_page(request, form, back, preview, title=_("Booking rules"), of=target, previews=True)


def _saved(request: HttpRequest, back: str) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect(back)


def _form_page(
    request: HttpRequest, form: forms.Form, back: str, preview: Preview | None = None, **more: Any
) -> HttpResponse:
    context = {"form": form, "back": back, "preview": preview, "keep_form": "rule", **more}
    return render(request, "scheduling/rule.html", context, status=422 if form.errors else 200)


def _back_to(offering: Offering) -> str:
    return reverse("scheduling:offering_rules", args=[offering.pk])


# What a visit needs


@page_methods
@staff_required("clinic.use")
def add_need(request: HttpRequest, offering: int) -> HttpResponse:
    """One more room or device that every visit needs."""
    return _need(request, _offering(request, offering), None)


@page_methods
@staff_required("clinic.use")
def change_need(request: HttpRequest, offering: int, requirement: int) -> HttpResponse:
    """Other rooms or devices, or none any more."""
    shown = _offering(request, offering)
    need = next((each for each in rule_book.needs_of(shown) if each.pk == requirement), None)
    if need is None:
        raise Http404
    return _need(request, shown, need)


def _need(request: HttpRequest, offering: Offering, need: Requirement | None) -> HttpResponse:
    back = _back_to(offering)
    if need is not None and is_submission(request) and _wants(request, "remove"):
        ruling.remove_need(need, actor=actor_of(request.user))
        return _saved(request, back)
    known = {"name": need.name, "resources": [str(each.pk) for each in need.resources.all()]} if need else {}
    form = bind(NeedForm, request, rooms=rule_book.rooms_of(offering.institution_id), initial=known)
    preview = None
    if is_submission(request) and form.is_valid():
        name, chosen = form.cleaned_data["name"], form.chosen()
        try:
            if _wants(request, "save"):
                ruling.save_need(offering, name, chosen, need=need, actor=actor_of(request.user))
                return _saved(request, back)
            preview = rule_preview.preview_need(offering, chosen)
        except UnfitRule as unfit:
            form.add_error("name", str(unfit.reason))
    title = _("What a visit needs")
    return _form_page(
        request, form, back, preview, title=title, of=offering, previews=True, removes=need is not None,
        without_rooms=not form.rooms,
    )  # fmt: skip


# In how many visits a treatment comes


@page_methods
@staff_required("clinic.use")
def add_step(request: HttpRequest, offering: int) -> HttpResponse:
    """One more visit at the end."""
    return _step(request, _offering(request, offering), None)


@page_methods
@staff_required("clinic.use")
def change_step(request: HttpRequest, offering: int, step: int) -> HttpResponse:
    """Another length, other days, or one visit less."""
    shown = _offering(request, offering)
    found = next((each for each in steps_of(shown) if each.pk == step), None)
    if found is None:
        raise Http404
    return _step(request, shown, found)


def _step(request: HttpRequest, offering: Offering, step: PathwayStep | None) -> HttpResponse:
    back, steps = _back_to(offering), steps_of(offering)
    actor = actor_of(request.user)
    is_first = step.position == 0 if step is not None else not steps
    known = {name: getattr(step, name) for name in ruling.STEP_FIELDS} if step is not None else {}
    fresh = {"visit_minutes": offering.visit_minutes, "same_practitioner": True, "days_after_low": 1}
    form = bind(StepForm, request, is_first=is_first, initial=known or fresh)
    preview = None
    if is_submission(request):
        try:
            if step is not None and _wants(request, "remove"):
                ruling.remove_step(step, actor=actor)
                return _saved(request, back)
            if form.is_valid() and _wants(request, "save"):
                ruling.save_step(offering, form.values(), step=step, actor=actor)
                return _saved(request, back)
            if form.is_valid():
                changed = [_with(each, form.values()) if step and each.pk == step.pk else each for each in steps]
                preview = rule_preview.preview_steps(offering, changed)
        except UnfitRule as unfit:
            form.is_valid()
            form.add_error(None, str(unfit.reason))
    title = _("A visit of this treatment")
    return _form_page(request, form, back, preview, title=title, of=offering, previews=True, removes=step is not None)


def _with(step: PathwayStep, values: dict[str, Any]) -> PathwayStep:
    for name in ruling.STEP_FIELDS:
        setattr(step, name, values[name])
    return step


# Reminders, and seats


@page_methods
@staff_required("clinic.use")
def change_reminders(request: HttpRequest, offering: int) -> HttpResponse:
    """When guests are reminded of their visits."""
    shown = _offering(request, offering)
    own, house = rule_book.reminders_of(shown)
    known = {f"before_{number}": minutes for number, minutes in enumerate(own, start=1)}
    form = bind(RemindersForm, request, initial=known)
    if is_submission(request) and form.is_valid():
        ruling.save_reminders(shown, form.minutes(), actor=actor_of(request.user))
        return _saved(request, _back_to(shown))
    said = _("All empty: %(times)s before a visit.") % {"times": rule_book.said_lengths(house)}
    note = _("Nobody is woken: what falls into the night comes before it. What is booked already is planned anew.")
    return _form_page(request, form, _back_to(shown), title=_("Reminders"), of=shown, notes=[said, note])


@page_methods
@staff_required("clinic.use")
def change_room(request: HttpRequest, room: int) -> HttpResponse:
    """The name and the seats of a room, a device or a session."""
    found: Resource | None = None
    for house in houses_of(request):
        found = next((each for each in rule_book.rooms_of(house.pk) if each.pk == room), found)
    if found is None:
        raise Http404
    form = bind(ChangeRoomForm, request, initial={"label": found.label, "seats": found.seats})
    back = reverse("scheduling:roster", args=[found.pk])
    if is_submission(request) and form.is_valid():
        given = form.cleaned_data
        try:
            ruling.change_room(found, given["label"], given["seats"], actor=actor_of(request.user))
            return _saved(request, back)
        except UnfitRule as unfit:
            form.add_error("seats", str(unfit.reason))
    return _form_page(request, form, back, title=found.label, of=None)
