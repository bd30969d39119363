"""The workbook: what was spent where, or a file of final demand."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.importing.problems import UnusableFile
from sarangbang.ui.fields import Line, PlainCharField
from sarangbang.ui.forms import RoomForm

from .reading import Refused
from .reading_ripple import MultiplierTable, demand_of
from .reasons import in_words
from .runs import CATEGORY_NAMES, JOB_FACTOR_LOW
from .spending import BY_CODE, CATEGORIES, MOST_BN, Scenario, line_of

MOST_UPLOAD = 1_000_000
SHOWN = 20


def _amount(label: Any, most: float, *, step: float, **more: Any) -> forms.DecimalField:
    """A number as a line of text, which keeps what was typed; with scripts a slider stands beside it."""
    marks = {
        "inputmode": "decimal",
        "autocomplete": "off",
        "dir": "ltr",
        "data-slide": f"{most:g}",
        "data-step": f"{step:g}",
    }
    return forms.DecimalField(
        label=label, min_value=0, max_value=MOST_BN if most > 100 else most, max_digits=12, decimal_places=4,
        widget=Line(attrs=marks), **more,
    )  # fmt: skip


class ScenarioForm(RoomForm):
    """Spending by category and the assumptions that turn it into final demand."""

    all_optional = True
    title = PlainCharField(label=_("Title"), max_length=120)
    share = _amount(_("Share of this spending that is counted, %"), 100, step=0.1)
    taxed_medical = _amount(
        _("Medical spending that bears value-added tax, %"), 100, step=1,
        help_text=_("Cosmetic procedures are taxed, treatment is not. The range goes from none to 67 %."),
    )  # fmt: skip
    margin_shopping = _amount(
        _("Margin of shops, %"), 100, step=1, help_text=_("An assumption. The range goes from 20 to 40 %.")
    )
    margin_duty_free = _amount(
        _("Margin of duty-free shops, %"), 100, step=1, help_text=_("An assumption. The range goes from 20 to 40 %.")
    )
    job_factor = _amount(
        _("Factor for jobs"), 2, step=0.01, help_text=_("1 leaves the jobs per billion won as they were in 2020.")
    )
    job_factor_low = _amount(
        _("Careful factor for jobs"), 2, step=0.01,
        help_text=_("0.81 is what was left in Korea's other services from 2020 to 2023."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for category in CATEGORIES:
            self.fields[f"spent_{category.code}"] = _amount(
                CATEGORY_NAMES[category.code], 2000, step=1, required=False, initial=0
            )

    @property
    def spent(self) -> list[forms.BoundField]:
        return [self[f"spent_{category.code}"] for category in CATEGORIES]

    @property
    def assumptions(self) -> list[forms.BoundField]:
        names = ("share", "taxed_medical", "margin_shopping", "margin_duty_free", "job_factor", "job_factor_low")
        return [self[name] for name in names]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        names = [f"spent_{category.code}" for category in CATEGORIES]
        if not self.errors and not any(cleaned.get(name) for name in names):
            self.add_error(names[0], gettext("Say in at least one line what was spent."))
        return cleaned

    def scenario(self) -> Scenario:
        """What was asked; of a form that is valid."""
        said = {name: float(value or 0) for name, value in self.cleaned_data.items() if name != "title"}
        lines = []
        for code, category in BY_CODE.items():
            margin = said[f"margin_{code}"] / 100 if category.margin else None
            taxed = said["taxed_medical"] / 100 if code == "medical" else None
            lines.append(line_of(code, said[f"spent_{code}"], taxed=taxed, margin=margin))
        return Scenario(tuple(lines), said["share"] / 100, said["job_factor"], said["job_factor_low"])


def initial_of(scenario: Scenario, title: str) -> dict[str, Any]:
    """A scenario as it stands in the form."""
    lines = {line.category: line for line in scenario.lines}
    spent = {f"spent_{code}": _plain(lines[code].spent) if code in lines else 0 for code in BY_CODE}
    usual = {code: lines.get(code) or line_of(code, 0) for code in BY_CODE}
    return {
        "title": title,
        "share": _plain(100 * scenario.share),
        "taxed_medical": _plain(100 * usual["medical"].taxed),
        "margin_shopping": _plain(100 * usual["shopping"].margin),
        "margin_duty_free": _plain(100 * usual["duty_free"].margin),
        "job_factor": _plain(scenario.job_factor),
        "job_factor_low": _plain(scenario.job_factor_low),
        **spent,
    }


def empty_scenario() -> Scenario:
    return Scenario(tuple(line_of(category.code, 0) for category in CATEGORIES), 1.0, 1.0, JOB_FACTOR_LOW)


def _plain(value: float) -> str:
    return f"{round(value, 4):g}" if abs(value) < 1e5 else f"{value:.4f}".rstrip("0").rstrip(".")


class DemandForm(RoomForm):
    """Final demand by sector as a file."""

    demand_title = PlainCharField(label=_("Title"), max_length=120)
    demand_file = forms.FileField(
        label=_("File of final demand"),
        help_text=_(
            "CSV or XLSX with the columns bok_code_83 and final_demand_bn_krw: billion won without tax, "
            "of retail only the margin."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, table: MultiplierTable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table
        self.demand: dict[str, float] = {}

    def clean_demand_file(self) -> Any:
        upload = self.cleaned_data["demand_file"]
        if upload.size > MOST_UPLOAD:
            raise forms.ValidationError(gettext("The file is too large."))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "demand"
            path.write_bytes(upload.read())
            try:
                self.demand = demand_of(path, list(self.table.sectors))
            except UnusableFile as problem:
                raise forms.ValidationError(in_words(str(problem))) from None
            except Refused as refusal:
                raise forms.ValidationError(
                    [
                        gettext("Row %(row)s, %(column)s: %(reason)s")
                        % {"row": error.row, "column": error.column, "reason": in_words(error.reason)}
                        for error in refusal.errors[:SHOWN]
                    ]
                ) from None
        return upload
