"""The workbook of the ripple effect: a scenario or a file, a numbered run, its exports."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from sarangbang.people.access import staff_required
from sarangbang.people.models import User
from sarangbang.ui.forms import bind

from . import exports, shelf
from .actions import record_run
from .models import RippleRun
from .reading_ripple import MultiplierTable, multipliers_of
from .ripple import MEASURES
from .ripple_forms import DemandForm, ScenarioForm, empty_scenario, initial_of
from .runs import CAVEATS, JOB_FACTOR_LOW, SCENARIO, compute, demand_inputs, scenario_inputs, scenario_of

RUNS_SHOWN = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("policy.use")
def workbook(request: HttpRequest) -> HttpResponseBase:
    """Both ways in: amounts by category, or a file of final demand. A valid one becomes a run."""
    table = multipliers_of()
    by_file = "demand_title" in request.POST
    initial = _initial(request)
    scenario_form = bind(ScenarioForm, request, initial=initial) if not by_file else ScenarioForm(initial=initial)
    demand_form = bind(DemandForm, request, table=table) if by_file else DemandForm(table=table)
    run = _made(request, demand_form if by_file else scenario_form, table)
    if run:
        return HttpResponseRedirect(reverse("policy:ripple_run", args=[run.number]))
    context = {
        "base": "ui/staff.html",
        "form": scenario_form,
        "demand_form": demand_form,
        "keep_form": "demand" if by_file else "scenario",
        "runs": Paginator(shelf.runs(), RUNS_SHOWN).get_page(request.GET.get("page")),
        "table": table,
    }
    return render(request, "policy/ripple.html", context)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """The scenario of the run named in ``from``, or of the first run; empty amounts without one."""
    asked = request.GET.get("from", "")
    run = shelf.run(int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 10 else shelf.first_run()
    if run and run.inputs["kind"] == SCENARIO:
        return initial_of(scenario_of(run.inputs), gettext(run.title))
    return initial_of(empty_scenario(), "")


def _made(request: HttpRequest, form: ScenarioForm | DemandForm, table: MultiplierTable) -> RippleRun | None:
    """The run that was asked for; None while the form is not sent or not right."""
    if not (form.is_bound and form.is_valid()) or not isinstance(request.user, User):
        return None
    actor = f"user:{request.user.pk}"
    if isinstance(form, DemandForm):
        inputs = demand_inputs(form.demand, table, 1.0, JOB_FACTOR_LOW)
        return record_run(form.cleaned_data["demand_title"], inputs, table, actor=actor)
    return record_run(form.cleaned_data["title"], scenario_inputs(form.scenario(), table), table, actor=actor)


def _run_or_404(number: int) -> RippleRun:
    run = shelf.run(number)
    if run is None:
        raise Http404
    return run


@require_GET
@staff_required("policy.use")
def run(request: HttpRequest, number: int) -> HttpResponseBase:
    """One run: result with range, what was left out, inputs, method; and whether it comes out the same today."""
    kept, table = _run_or_404(number), multipliers_of()
    same_table = table.sha256 == kept.table_hash
    rows = [_written(row) for row in exports.result_rows(kept)[1:]]
    context = {
        "base": "ui/staff.html",
        "run": kept,
        "head": exports.measure_words().values(),
        "rows": rows[:-3],
        "totals": rows[-3:],
        "steps": exports.steps_of(kept),
        "inputs": exports.inputs_of(kept),
        "caveats": CAVEATS,
        "source": table.source,
        "reproduced": same_table and compute(kept.inputs, table) == kept.results,
    }
    return render(request, "policy/ripple_run.html", context)


def _written(row: list[Any]) -> dict[str, Any]:
    """A row of the result for people."""
    columns = ("final_demand_bn_krw", *MEASURES)
    amounts = [exports.written(measure, value) for measure, value in zip(columns, row[2:], strict=True)]
    return {"code": row[0], "name": row[1], "amounts": amounts}


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@require_GET
@staff_required("policy.use")
def run_xlsx(request: HttpRequest, number: int) -> HttpResponseBase:
    return _file(exports.xlsx(_run_or_404(number)), XLSX, f"ripple-{number}.xlsx")


@require_GET
@staff_required("policy.use")
def run_pdf(request: HttpRequest, number: int) -> HttpResponseBase:
    kept = _run_or_404(number)
    return _file(exports.pdf(kept, gettext(kept.title)), "application/pdf", f"ripple-{number}.pdf")
