"""Pages of the awards ledger: for the officer, and the list for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sarangbang.people.access import staff_required
from sarangbang.people.models import User
from sarangbang.policy import presenting, shelf
from sarangbang.policy.models import Award, AwardEntry
from sarangbang.ui.forms import RoomForm, bind, is_submission

from . import ledger
from .actions import Refused, correct_award, record_award, take_back_use, told_by, use_prize
from .evidence import Later, served_year
from .forms import AwardForm, CorrectionForm, TakeBackForm, UseForm, initial_of, show_refusal
from .ledger import Said, Standing
from .words import Level

PER_PAGE = 60
STAFF, PUBLIC = "ui/staff.html", "ui/base.html"


def actor_of(request: HttpRequest) -> str:
    return f"user:{request.user.pk}" if isinstance(request.user, User) else ""


def _shown_claim(said: Said) -> dict[str, Any]:
    """A claim of the shelf beside the ledger's own sum, in words."""
    shown = presenting.shown(said.figure, {})
    return {
        "shown": shown,
        "said": presenting.amount(said.said, said.unit),
        "counted": presenting.amount(said.counted, said.unit),
        "gap": presenting.amount(abs(said.gap), said.unit),
        "is_shown": said.is_shown,
    }


def _summary(known: Sequence[Standing]) -> dict[str, Any]:
    return {
        "sums": ledger.sums(known),
        "claims": [_shown_claim(one) for one in ledger.said_and_counted(known)],
        "levels": [(Level(level).label, sums) for level, sums in ledger.by_level(known).items()],
    }


@require_GET
@staff_required("policy.use")
def awards(request: HttpRequest) -> HttpResponseBase:
    """Sums beside what was said of them, deadlines, warnings, and all awards."""
    known = ledger.standings()
    asked = request.GET.get("show", "")
    listed = [one for one in known if not asked or (one.warnings if asked == "warned" else one.entry.level == asked)]
    context = {
        "base": STAFF,
        **_summary(known),
        "deadlines": ledger.deadlines(known, timezone.localdate()),
        "warned": sum(1 for one in known if one.warnings),
        "page": Paginator(listed, PER_PAGE).get_page(request.GET.get("page")),
        "asked": asked,
        "choices": [("", _("All")), *Level.choices, ("warned", _("with a warning"))],
    }
    return render(request, "policy/awards.html", context)


@require_GET
def public_awards(request: HttpRequest) -> HttpResponse:
    """Awards that were received, for everybody."""
    received = [one for one in ledger.standings() if one.is_received]
    context = {
        "base": PUBLIC,
        **_summary(received),
        "page": Paginator(received, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "policy/awards.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("policy.use")
def new(request: HttpRequest) -> HttpResponseBase:
    form = bind(AwardForm, request)
    if form.is_bound and form.is_valid():
        try:
            entry = record_award(form.told(), actor=actor_of(request))
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            return HttpResponseRedirect(reverse("policy:award", args=[entry.award.code]))
    return _form_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("policy.use")
def correct(request: HttpRequest, award: str) -> HttpResponseBase:
    """A further version; the one before stays."""
    known, last = _award_or_404(award)
    form = bind(CorrectionForm, request, initial=initial_of(told_by(last)))
    seen = request.POST.get("seen", "")
    if form.is_bound and form.is_valid():
        try:
            number = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 6 else 0
            reason = form.cleaned_data["reason"]
            correct_award(known, form.told(), reason=reason, seen=number, actor=actor_of(request))
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            return HttpResponseRedirect(reverse("policy:award", args=[known.code]))
    return _form_page(request, form, last)


def _form_page(request: HttpRequest, form: AwardForm, last: AwardEntry | None) -> HttpResponse:
    context = {"base": STAFF, "form": form, "last": last, "keep_form": "award"}
    return render(request, "policy/award_form.html", context)


def _award_or_404(code: str) -> tuple[Award, AwardEntry]:
    found = ledger.award_of(code)
    versions = ledger.versions(found) if found else []
    if found is None or not versions:
        raise Http404
    return found, versions[-1]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("policy.use")
def award(request: HttpRequest, award: str) -> HttpResponseBase:
    """One award: what it rests on, warnings, versions; and the ledger of its money, which is written here, too."""
    known, _last = _award_or_404(award)
    step = request.POST.get("step", "")
    use_form = bind(UseForm, request) if step == "use" else UseForm()
    back_form = bind(TakeBackForm, request) if step == "take_back" else TakeBackForm()
    if is_submission(request) and _money_moved(request, known, use_form if step == "use" else back_form):
        messages.success(request, _("It is written down."))
        return HttpResponseRedirect(f"{reverse('policy:award', args=[known.code])}#uses")
    return _award_page(request, known, use_form, back_form)


def _money_moved(request: HttpRequest, known: Award, form: RoomForm) -> bool:
    if not (form.is_bound and form.is_valid()):
        return False
    said = form.cleaned_data
    try:
        if isinstance(form, UseForm):
            use_prize(
                known, amount=said["amount_krw"], used_on=said["used_on"], purpose=said["purpose"],
                reference=said["reference"], actor=actor_of(request),
            )  # fmt: skip
        else:
            take_back_use(known, said["use"], purpose=said["why"], actor=actor_of(request))
    except Refused as refusal:
        show_refusal(form, refusal)
        return False
    return True


def _award_page(request: HttpRequest, known: Award, use_form: RoomForm, back_form: RoomForm) -> HttpResponse:
    everything = {one.code: one for one in ledger.standings()}
    standing = everything[known.code]
    uses = ledger.uses(known)
    asked_back = back_form["use"].value() if back_form.is_bound else None
    context = {
        "base": STAFF,
        "one": standing,
        "evidence": _evidence(standing),
        "frozen_at": parse_datetime(standing.frozen.frozen_at) if standing.frozen.frozen_at else None,
        "doubles": [(double, everything[double.other]) for double in standing.doubles],
        "later": _shown_later(standing.later),
        "versions": list(reversed(ledger.versions(known))),
        "uses": uses,
        "can_use": standing.is_received and standing.left > 0,
        "use_form": use_form,
        "back_form": back_form,
        "asked_back": str(asked_back or ""),
        "keep_form": "use" if standing.is_received and standing.left > 0 else "",
    }
    return render(request, "policy/award.html", context)


def _evidence(standing: Standing) -> list[dict[str, Any]]:
    """What the snapshot holds, each with the page of the figure."""
    departments = shelf.department_names()
    figures = shelf.figures_by_code(standing.frozen.figures)
    rows = []
    for code, kept in standing.frozen.figures.items():
        figure = figures.get(code)
        shown = presenting.shown(figure, departments) if figure else None
        rows.append(
            {
                "name": shown.label if shown else code,
                "url": shown.url if shown else "",
                "value": presenting.amount(kept["value"], kept["unit"]),
                "revision": kept["revision"],
                "source": kept["source"],
            }
        )
    rows += [
        {"name": _("Guests served, %(year)s") % {"year": year}, "url": f"{reverse('policy:guests')}?year={year}",
         "value": presenting.number(guests), "revision": None, "source": _("The appointments on this platform")}
        for year, guests in standing.frozen.served.items()
    ]  # fmt: skip
    return rows


def _shown_later(revised: Sequence[Later]) -> list[dict[str, Any]]:
    """What was revised since, in words, each with its page."""
    departments, rows = shelf.department_names(), []
    figures = shelf.figures_by_code(one.name for one in revised)
    for one in revised:
        year, figure = served_year(one.name), figures.get(one.name)
        shown = presenting.shown(figure, departments) if figure else None
        rows.append(
            {
                "name": shown.label if shown else _("Guests served, %(year)s") % {"year": year},
                "url": shown.url if shown else f"{reverse('policy:guests')}?year={year}",
                "then": presenting.amount(one.then, one.unit),
                "now": presenting.amount(one.now, one.unit),
                "reason": one.reason,
            }
        )
    return rows


@require_GET
def evidence_file(request: HttpRequest, award: str) -> HttpResponse:
    """The frozen snapshot of an award that was received, byte for byte as it was hashed. One with counts of the
    platform is not given away here."""
    found = ledger.award_of(award)
    versions = ledger.versions(found) if found else []
    if not versions or not ledger.standing_of(versions[-1]).is_open:
        raise Http404
    return HttpResponse(versions[-1].evidence.encode(), content_type="application/json")
