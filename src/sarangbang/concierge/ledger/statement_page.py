"""A statement in words: on the page, on paper and as a table. Neither names of guests nor medicine stand in it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from sarangbang.concierge import months, wording
from sarangbang.concierge.entitlement import rules_on
from sarangbang.concierge.models import LedgerEntry, Ride, Statement
from sarangbang.concierge.months import day_of
from sarangbang.directory.models import Institution, Place
from sarangbang.ui import documents, locales
from sarangbang.ui.spreadsheets import harmless

from . import accounting, hours
from . import queries as ledger_queries

TEMPLATE = files("sarangbang.concierge").joinpath("data/statement.typ")
CSV_HEAD = (
    "day", "reference", "kind", "from", "to", "payer", "institution", "minutes", "amount_krw", "revision", "reverses",
    "reason", "rule",
)  # fmt: skip
CSV_HOURS_HEAD = ("day", "reference", "place", "begins", "ends", "minutes", "amount_krw")


def _code() -> str:
    return get_language() or "en"


def name_of(thing: Place | Institution) -> str:
    """A name as the reader can read it."""
    return thing.name if _code() == "ko" else thing.name_latin


def whom(statement: Statement) -> str:
    """Whose statement it is, in words."""
    if statement.institution is not None:
        return name_of(statement.institution)
    if statement.interpreter is not None:
        return statement.interpreter.name if _code() == "ko" else statement.interpreter.name_latin
    return str(wording.CODES["district"])


@dataclass(frozen=True, slots=True)
class Line:
    """One line: an amount of the ledger, or the hours at one appointment."""

    day: dt.date
    reference: str
    what: str
    where: str
    minutes: int
    amount: int
    entry: LedgerEntry | None = None


@dataclass
class StatementPage:
    """A statement with its lines."""

    statement: Statement

    @cached_property
    def whom(self) -> str:
        return whom(self.statement)

    @cached_property
    def entries(self) -> list[LedgerEntry]:
        return ledger_queries.lines_of(self.statement)

    @cached_property
    def month(self) -> hours.Month | None:
        person = self.statement.interpreter
        return hours.Month(person, self.statement.month) if person is not None else None

    @cached_property
    def lines(self) -> list[Line]:
        if self.month is None:
            return [line_of(entry) for entry in self.entries]
        return [_hours_line(row) for row in self.month.rows]

    @property
    def adds_up(self) -> bool:
        """Whether the lines are still those that were issued. Hours are read from what was tapped, so a word that came
        very late shows here."""
        if self.month is None:
            return self.statement.digest == ledger_queries.digest_of(self.entries)
        return self.statement.digest == ledger_queries.hours_digest(self.month.rows)

    def csv(self) -> str:
        """The lines with codes and ISO dates, for other programs; text that a spreadsheet would run is marked."""
        out = io.StringIO()
        rows = csv.writer(out)
        if self.month is not None:
            rows.writerow(CSV_HOURS_HEAD)
            for row, line in zip(self.month.rows, self.lines, strict=True):
                ends = row.ends_at.isoformat() if row.ends_at else ""
                begins = row.starts_at.isoformat()
                cells = [line.day, line.reference, line.where, begins, ends, line.minutes, line.amount]
                rows.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
            return out.getvalue()
        rows.writerow(CSV_HEAD)
        for entry in self.entries:
            rows.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in _csv_row(entry)])
        return out.getvalue()

    def pdf(self) -> bytes:
        """One document in the reader's language."""
        statement, code = self.statement, _code()
        is_hours = self.month is not None
        facts = [
            (_("Month"), locales.month(statement.month, code)),
            (_("Issued"), locales.date_year(statement.issued_at, code)),
            (_("Lines"), str(len(self.lines))),
        ]
        if statement.minutes:
            facts.append((_("Interpreting"), locales.duration(statement.minutes, code)))
        head = [_("Day"), _("Reference"), pgettext("of a bill", "For"), _("Place"), _("Minutes"), _("Amount")]
        data: dict[str, Any] = {
            "heading": _("Medical Gangnam"),
            "number": statement.number,
            "whom": self.whom,
            "facts": facts,
            "head": head,
            "widths": [0, 0, 2, 3, 0, 0],
            "numbers": 4,
            "rows": [
                [
                    locales.date_year(line.day, code),
                    line.reference,
                    line.what,
                    line.where,
                    str(line.minutes) if line.minutes else "",
                    locales.won(line.amount, code),
                ]
                for line in self.lines
            ],
            "sum_name": _("Together"),
            "sum": locales.won(statement.total, code),
            "notes": [*notes(statement.month, is_hours=is_hours), f"SHA-256 {statement.digest}"],
        }
        return documents.pdf(TEMPLATE.read_bytes(), title(statement), code, data)


def title(statement: Statement) -> str:
    """What the statement is called."""
    return _("Hours of interpreting") if statement.interpreter_id else _("Statement of rides and interpreting")


def notes(month: dt.date, *, is_hours: bool) -> list[str]:
    """By which rules it was reckoned, in words."""
    rules = rules_on(months.after(month) - dt.timedelta(days=1))
    keys = ["interpreting_step", "interpreting_fee"]
    if not is_hours:
        keys = [
            "ride_share_institution", "ride_share_district", "ride_fare_airport", "ride_fare_city",
            "ride_fare_programme", "ride_waiting_free", "ride_waiting_step", "ride_waiting_fee", "ride_no_show_share",
            *keys, "interpreting_free", "interpreting_payer",
        ]  # fmt: skip
    said = [f"{wording.RULES[key]}: {wording.rule_value(rules[key])}" for key in keys if rules.has(key)]
    return [" · ".join(said), _("Corrections are lines of their own; an issued statement never changes.")]


def line_of(entry: LedgerEntry) -> Line:
    """An amount of the ledger in words."""
    kind = str(entry.get_kind_display())
    if entry.reverses_id is not None:
        kind = _("%(kind)s, taken back") % {"kind": kind}
    elif entry.reason:
        kind = _("%(kind)s, corrected") % {"kind": kind}
    if entry.payer == accounting.GUEST:
        kind = f"{kind} ({wording.CODES['guest']})"
    return Line(entry.happened_on, reference(entry), kind, _where(entry), entry.minutes, entry.amount, entry)


def reference(entry: LedgerEntry) -> str:
    """How a job is called on paper: the beginning of its id, which the desk finds it by."""
    return str(entry.ride_id or entry.interpreting_id)[:8]


def _where(entry: LedgerEntry) -> str:
    if entry.ride is not None:
        return " – ".join(_ends(entry.ride))
    return name_of(entry.interpreting.place) if entry.interpreting is not None else ""


def _ends(ride: Ride) -> tuple[str, str]:
    return name_of(ride.origin), name_of(ride.destination)


def _hours_line(row: hours.Worked) -> Line:
    day = day_of(row.job.starts_at)
    amount = accounting.earned(row.minutes, rules_on(day))
    return Line(day, str(row.job.pk)[:8], _("Interpreting"), name_of(row.job.place), row.minutes, amount)


def _csv_row(entry: LedgerEntry) -> list[Any]:
    ride, job = entry.ride, entry.interpreting
    begin, end = (ride.origin, ride.destination) if ride is not None else (job.place if job else None, None)
    return [
        entry.happened_on.isoformat(),
        str(entry.ride_id or entry.interpreting_id),
        entry.kind,
        begin.name_latin if begin is not None else "",
        end.name_latin if end is not None else "",
        entry.payer,
        entry.institution.name_latin if entry.institution is not None else "",
        entry.minutes,
        entry.amount,
        entry.revision,
        entry.reverses_id or "",
        entry.reason,
        entry.rule,
    ]
