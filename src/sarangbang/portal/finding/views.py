"""Pages on which a guest finds a treatment and an institution."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from sarangbang.directory import queries as directory
from sarangbang.ui.forms import bind

from . import listing, offers, pages, searching, zones
from .figures import figures
from .forms import InstitutionsForm, MyZoneForm, NarrowForm, SearchForm

PER_PAGE = 20


def _page(request: HttpRequest, rows: Any) -> dict[str, Any]:
    """The asked page of rows; of a page that does not exist the nearest, which the reader is told."""
    asked = request.GET.get("page", "1")
    page = Paginator(rows, PER_PAGE).get_page(asked)
    return {"page": page, "page_missing": str(page.number) != asked}


def _zone(request: HttpRequest) -> dict[str, Any]:
    """The reader's clock and the form that changes it."""
    known = zones.zone_of(request)
    return {
        "zone": known,
        "zone_form": MyZoneForm(initial={"zone": known}, auto_id="my_%s"),
        "here": request.get_full_path(),
    }


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "portal/home.html",
        {
            "form": bind(SearchForm, request, method="get"),
            "figures": figures(),
            "departments": searching.popular_departments(),
            "keep_form": "find",
            "keep_get": True,
        },
    )


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    form = bind(SearchForm, request, method="get")
    form.is_valid()
    text = getattr(form, "cleaned_data", {}).get("q", "")
    return render(
        request,
        "portal/search.html",
        {
            "form": form,
            "text": text,
            "matches": searching.procedures(text),
            "institutions": searching.institutions(text),
            "departments": searching.popular_departments(),
            "center": directory.center(),
            "stay_query": pages.stay_query(form),
            "keep_form": "find",
            "keep_get": True,
        },
    )


@require_safe
def treatments(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/treatments.html", {"rooms": listing.treatments()})


@require_safe
def procedure(request: HttpRequest, slug: str) -> HttpResponse:
    shown = directory.procedure_at(slug)
    if shown is None:
        raise Http404
    form = bind(NarrowForm, request, method="get")
    form.is_valid()
    wishes = pages.wishes(form, get_language() or "en")
    found = offers.find(shown, wishes)
    page = _page(request, found.offers)
    offers.with_registrations(page["page"].object_list)
    return render(
        request,
        "portal/procedure.html",
        {
            "about": pages.About(shown, get_language() or "en", wishes),
            "form": form,
            "wishes": wishes,
            "found": found,
            "stay_query": pages.stay_query(form),
            "center": directory.center() if not found.total else None,
            "keep_form": "narrow",
            "keep_get": True,
            **page,
            **_zone(request),
        },
    )


@require_safe
def institutions(request: HttpRequest) -> HttpResponse:
    form = bind(InstitutionsForm, request, method="get")
    form.is_valid()
    page = _page(request, listing.institutions(form))
    return render(
        request,
        "portal/institutions.html",
        {
            "form": form,
            "rows": listing.rows(page["page"].object_list),
            "keep_form": "narrow",
            "keep_get": True,
            **page,
        },
    )


@require_safe
def institution(request: HttpRequest, slug: str) -> HttpResponse:
    """An institution's page; 410 with the reason and ways on if it may not receive guests from abroad today."""
    shown = directory.institution_at(slug)
    if shown is None:
        raise Http404
    if not directory.is_receiving(shown.pk):
        context = {"institution": shown, "center": directory.center()}
        return render(request, "portal/not_receiving.html", context, status=410)
    context = {**listing.profile(shown, get_language() or "en"), **_zone(request)}
    return render(request, "portal/institution.html", context)


@require_safe
def getting_here(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/getting_here.html", {**pages.routes(), "figures": figures()})


@require_safe
def rights(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/rights.html", {"center": directory.center()})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/privacy.html", {"purposes": pages.purposes(), "center": directory.center()})


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    context = {"figures": figures().values(), "prices": directory.price_facts()}
    return render(request, "portal/sources.html", context)


@require_POST
def zone(request: HttpRequest) -> HttpResponse:
    """Keeps the reader's time zone and goes back to where they were."""
    form = MyZoneForm(request.POST)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("portal:home")
    if not form.is_valid():
        return render(request, "portal/zone.html", {"form": form, "back": back}, status=400)
    response = redirect(back)
    zones.remember(response, form.cleaned_data["zone"])
    return response
