"""A run of the ripple effect on paper and as a workbook, with its method, its inputs and its caveats."""

from __future__ import annotations

import io
from collections.abc import Iterable
from decimal import Decimal
from importlib.resources import files
from typing import Any

import openpyxl
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import save_workbook

from sarangbang.ui import documents, locales
from sarangbang.ui.spreadsheets import harmless

from . import presenting
from .models import RippleRun
from .ripple import JOBS, MEASURES
from .runs import CATEGORY_NAMES, CAVEATS, SCENARIO
from .spending import BY_CODE, Line

TEMPLATE = files("sarangbang.policy").joinpath("data/run.typ")


def measure_words() -> dict[str, tuple[str, str]]:
    """What a measure counts, and where."""
    seoul, rest = _("Seoul"), _("Rest of Korea")
    words = {"production": _("Production"), "value_added": _("Value added"), "jobs": _("Jobs (full-time)")}
    return {
        measure: (words[measure.rpartition("_")[0]], seoul if measure.endswith("seoul") else rest)
        for measure in MEASURES
    }


def measure_names() -> dict[str, str]:
    """What the columns of a result are called."""
    return {measure: ", ".join(words) for measure, words in measure_words().items()}


def written(measure: str, value: float) -> str:
    """A result as people read it: billions to a tenth, jobs to a person."""
    return presenting.fixed(value, 0 if measure in JOBS else 1)


def inputs_of(run: RippleRun) -> list[tuple[str, str]]:
    """What went in, as pairs of words."""
    inputs = run.inputs
    pairs: list[tuple[str, str]] = []
    if inputs["kind"] == SCENARIO:
        pairs.append((_("Share of this spending that is counted, %"), presenting.number(100 * inputs["share"])))
        for row in inputs["lines"]:
            line = Line(**row)
            text = presenting.amount(_decimal(line.spent), "krw_bn")
            told = [_("taxed: %(share)s %%") % {"share": presenting.number(100 * line.taxed)}]
            if BY_CODE[line.category].margin:
                told.append(_("margin: %(share)s %%") % {"share": presenting.number(100 * line.margin)})
            pairs.append((str(CATEGORY_NAMES[line.category]), f"{text} ({', '.join(told)})"))
    else:
        pairs += [(code, presenting.amount(_decimal(value), "krw_bn")) for code, value in inputs["demand"].items()]
    pairs.append((_("Factor for jobs"), presenting.number(inputs["job_factor"])))
    pairs.append((_("Careful factor for jobs"), presenting.number(inputs["job_factor_low"])))
    pairs.append((_("Table of multipliers"), run.table))
    pairs.append((_("Hash of the inputs"), run.inputs_hash))
    pairs.append((_("Hash of the table"), run.table_hash))
    return pairs


def _decimal(value: float) -> Decimal:
    return round(Decimal(str(value)), 4)


def steps_of(run: RippleRun) -> list[tuple[str, float]]:
    """From the till to income in Korea, billion won."""
    results = run.results
    gone = results["left_out"]
    return [
        (_("Spent at the till"), results["spent"]),
        (_("Value-added tax"), -gone["tax"]),
        (_("Value of goods, which shops do not make"), -gone["goods"]),
        (_("Final demand"), results["total"]["final_demand_bn_krw"]),
        (_("of which leaves the country along the chain"), gone["imports"]),
    ]


def sector_name(row: dict[str, Any]) -> str:
    name = row["sector_ko"] if get_language() == "ko" else row["sector_en"]
    return str(name or row["bok_code_83"])


def result_rows(run: RippleRun) -> list[list[Any]]:
    """Header, sectors, total, and both ends of the range, unrounded."""
    names = measure_names()
    rows: list[list[Any]] = [
        [_("Code"), _("Sector"), _("Final demand, billion won"), *(names[measure] for measure in MEASURES)]
    ]
    for sector in run.results["sectors"]:
        amounts = [sector[measure] for measure in MEASURES]
        rows.append([sector["bok_code_83"], sector_name(sector), sector["final_demand_bn_krw"], *amounts])
    for label, key in ((_("Total"), "total"), (_("Careful"), "low"), (_("Generous"), "high")):
        total = run.results[key]
        rows.append(["", label, total["final_demand_bn_krw"], *(total[measure] for measure in MEASURES)])
    return rows


def xlsx(run: RippleRun) -> bytes:
    """A workbook of three sheets: result, inputs, method."""
    book = openpyxl.Workbook()
    first = book.worksheets[0]
    first.title = _("Result")[:31]
    _fill(first, [[_("Computation no. %(number)s") % {"number": run.number}, run.title], [], *result_rows(run)])
    for row in first.iter_rows(min_row=4, min_col=3):
        for cell in row:
            cell.number_format = "#,##0.000"
    inputs = book.create_sheet(_("Inputs")[:31])
    _fill(inputs, [*map(list, inputs_of(run)), [], *map(list, steps_of(run))])
    method = book.create_sheet(_("Method")[:31])
    _fill(method, [[str(caveat)] for caveat in CAVEATS] + [[_source_of(run)]])
    method.column_dimensions["A"].width = 110
    for row in method.iter_rows():
        row[0].alignment = Alignment(wrap_text=True, vertical="top")
    if locales.language(get_language()).dir == "rtl":
        for sheet in book.worksheets:
            sheet.sheet_view.rightToLeft = True
    file = io.BytesIO()
    save_workbook(book, file)
    return file.getvalue()


def _source_of(run: RippleRun) -> str:
    return f"{_('Source')}: {run.results.get('source', '')}"


def _fill(sheet: Worksheet, rows: Iterable[list[Any]]) -> None:
    for row in rows:
        sheet.append([harmless(cell) for cell in row])
    for column, width in (("A", 34), ("B", 46), *((letter, 18) for letter in "CDEFGHI")):
        sheet.column_dimensions[column].width = width
    for cell in sheet[1]:
        cell.font = Font(bold=True)


def _breakable(text: str) -> str:
    """A hash with places where a line may end."""
    return text if len(text) != 64 or " " in text else "\u200b".join(text[at : at + 16] for at in range(0, 64, 16))


def pdf(run: RippleRun, title: str) -> bytes:
    """One document in the reader's language, made from the template with typst."""
    language = get_language() or "en"
    total, low, high = (run.results[key] for key in ("total", "low", "high"))
    names = measure_names()
    data = {
        "heading": _("Ripple effect"),
        "number": _("Computation no. %(number)s") % {"number": run.number},
        "made": locales.date_year(run.made_at, language),
        "result": {
            "head": [_("Billion won; jobs in persons"), _("Usual"), _("Careful"), _("Generous")],
            "rows": [
                [names[measure], *(written(measure, one[measure]) for one in (total, low, high))]
                for measure in MEASURES
            ],
        },
        "steps": {
            "title": _("From the till to final demand, billion won"),
            "rows": [[name, presenting.fixed(value, 1)] for name, value in steps_of(run)],
        },
        "sectors": {
            "title": _("By sector"),
            "head": [_("Sector"), _("Final demand"), *(names[measure] for measure in MEASURES)],
            "rows": [
                [sector_name(row), presenting.fixed(row["final_demand_bn_krw"], 1),
                 *(written(measure, row[measure]) for measure in MEASURES)]
                for row in run.results["sectors"]
            ],
        },
        "inputs": {"title": _("Inputs"), "rows": [[name, _breakable(text)] for name, text in inputs_of(run)]},
        "method": {"title": _("Method and caveats"), "rows": [str(caveat) for caveat in CAVEATS]},
        "source": _source_of(run),
    }  # fmt: skip
    return documents.pdf(TEMPLATE.read_bytes(), title, language, data)
