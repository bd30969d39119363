"""The ledger follows what happened, by entries and counter-entries; statements close a month."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from sarangbang.concierge import months
from sarangbang.concierge.entitlement import SEOUL, rules_at
from sarangbang.concierge.ledger import accounting, hours
from sarangbang.concierge.ledger import queries as ledger_queries
from sarangbang.concierge.models import Interpreter, Job, LedgerEntry, Ride, Statement
from sarangbang.concierge.months import day_of
from sarangbang.directory.models import Institution
from sarangbang.people.actions import audit

from .steps import locked

SYSTEM = "system"
LOOK_BACK = dt.timedelta(days=40)
"""Taps can come late and a finished job can be opened again: so long the ledger is compared with what happened."""


class MonthNotOver(Exception):
    """A statement closes a month that is over."""


class NothingToState(Exception):
    """There is nothing in this month that stands in no statement yet."""


class AlreadyCorrected(Exception):
    """Somebody corrected this entry before, or it is a correction itself."""


def reckon_all(now: dt.datetime) -> int:
    """Bring the ledger up to what happened in the last weeks; returns how many jobs changed in it. Safe beside others:
    each job is looked at again under its lock."""
    jobs = ledger_queries.jobs_over(now - LOOK_BACK, now)
    return sum(bool(reckon(job)) for job in jobs if _differs(job))


def _differs(job: Job) -> bool:
    """Whether the ledger of a job says something else than is due. Without a lock; most jobs end here."""
    standing = ledger_queries.standing(job)
    wrong, missing = _compared(job, standing, _borne_by(job, standing))
    return bool(wrong or missing)


def _borne_by(job: Job, standing: list[LedgerEntry]) -> UUID | None:
    """Which institution bears a share. Once booked it stays so unless the job itself names another: a guest whose
    appointments change later does not move what is paid for already."""
    booked = (each.institution_id for each in standing if each.institution_id is not None)
    return job.institution_id or next(booked, None) or ledger_queries.institution_of(job)


def _compared(
    job: Job, standing: list[LedgerEntry], institution: UUID | None
) -> tuple[list[accounting.Standing], list[accounting.Share]]:
    entries = [
        accounting.Standing(
            each.pk, each.kind, each.payer, str(each.institution_id or ""), each.amount, bool(each.reason)
        )
        for each in standing
    ]
    due = ledger_queries.due(job, has_institution=institution is not None)
    return accounting.corrections(entries, due, str(institution or ""))


@transaction.atomic
def reckon(job: Job, *, actor: str = SYSTEM) -> list[LedgerEntry]:
    """Book what a job comes to, or correct what was booked: what is wrong gets a counter-entry, what is right a new
    entry of the next revision. Nothing changes when the ledger is right; returns what was written."""
    job = locked(job)
    standing = ledger_queries.standing(job)
    institution = _borne_by(job, standing)
    wrong, missing = _compared(job, standing, institution)
    by_key = {each.pk: each for each in standing}
    written = [_reverse(by_key[each.key], actor=actor, reason="") for each in wrong]
    written += [_book(job, share, institution, actor=actor) for share in missing]
    if written:
        audit(actor, "reckon", job, won=sum(each.amount for each in written))
    return written


def _book(job: Job, share: accounting.Share, institution: UUID | None, *, actor: str) -> LedgerEntry:
    return LedgerEntry.objects.create(
        kind=share.kind,
        payer=share.payer,
        institution_id=institution if share.payer == accounting.INSTITUTION else None,
        amount=share.amount,
        minutes=share.minutes,
        rule=share.rule,
        revision=ledger_queries.last_revision(job, share.kind, share.payer) + 1,
        happened_on=day_of(job.starts_at),
        booked_by=actor,
        **_about(job),
    )


def _about(job: Job) -> dict[str, Job]:
    return {"ride": job} if isinstance(job, Ride) else {"interpreting": job}


def _reverse(entry: LedgerEntry, *, actor: str, reason: str) -> LedgerEntry:
    """The counter-entry of an entry; it belongs to the same day and to the next statement."""
    return LedgerEntry.objects.create(
        kind=entry.kind,
        payer=entry.payer,
        ride_id=entry.ride_id,
        interpreting_id=entry.interpreting_id,
        institution_id=entry.institution_id,
        amount=-entry.amount,
        minutes=entry.minutes,
        rule=entry.rule,
        revision=entry.revision,
        happened_on=entry.happened_on,
        booked_by=actor,
        reverses=entry,
        reason=reason,
    )


@transaction.atomic
def correct(entry: LedgerEntry, *, amount: int, reason: str, actor: str) -> LedgerEntry | None:
    """Set an amount by hand, with the reason: the entry gets a counter-entry, and the new amount (if any) stands as the
    next revision and is not reckoned again. Raises ``AlreadyCorrected`` and ``ValueError`` without a reason."""
    if not reason.strip():
        raise ValueError("a correction needs its reason")
    entry = LedgerEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if entry.reverses_id is not None:
        raise AlreadyCorrected
    job = entry.ride or entry.interpreting
    if job is None:  # the constraint of the table forbids it
        raise AlreadyCorrected
    try:
        with transaction.atomic():
            _reverse(entry, actor=actor, reason=reason)
    except IntegrityError:
        raise AlreadyCorrected from None
    audit(actor, "correct_entry", entry, before=entry.amount, after=amount)
    return LedgerEntry.objects.create(
        kind=entry.kind,
        payer=entry.payer,
        institution_id=entry.institution_id,
        amount=amount,
        minutes=entry.minutes,
        rule=entry.rule,
        revision=ledger_queries.last_revision(job, entry.kind, entry.payer) + 1,
        happened_on=entry.happened_on,
        booked_by=actor,
        reason=reason,
        **_about(job),
    )


def _check_over(month: dt.date) -> None:
    if timezone.now().astimezone(SEOUL).date() < months.after(month):
        raise MonthNotOver


@transaction.atomic
def issue(month: dt.date, institution: Institution | None, *, actor: str) -> Statement:
    """Close a month for one institution, or for the district (None): everything up to its end that stands in no
    statement goes into it. Issued twice, or by two at once, the first is returned.

    Raises ``MonthNotOver`` and ``NothingToState``.
    """
    _check_over(month)
    known = Statement.objects.filter(month=month, institution=institution, interpreter__isnull=True).first()
    if known is not None:
        return known
    entries = list(ledger_queries.open_entries(month, institution).select_for_update(of=("self",)).order_by("pk"))
    if not entries:
        raise NothingToState
    statement = Statement(
        number=f"{month:%Y-%m}-{institution.slug[:30] if institution else accounting.DISTRICT}",
        month=month,
        institution=institution,
        total=sum(each.amount for each in entries),
        minutes=sum(each.minutes for each in entries if each.kind == accounting.INTERPRETING and not each.reverses_id),
        digest=ledger_queries.digest_of(entries),
        issued_by=actor,
    )
    standing = _save_once(statement)
    if standing is not statement:
        return standing
    LedgerEntry.objects.filter(pk__in=[each.pk for each in entries]).update(statement=statement)
    audit(actor, "issue_statement", statement, won=statement.total)
    return statement


@transaction.atomic
def issue_hours(month: dt.date, interpreter: Interpreter, *, actor: str) -> Statement:
    """Close an interpreter's month: their minutes and what they are paid for them. Raises as ``issue``."""
    _check_over(month)
    known = Statement.objects.filter(month=month, interpreter=interpreter).first()
    if known is not None:
        return known
    worked = hours.Month(interpreter, month)
    if not worked.rows:
        raise NothingToState
    statement = Statement(
        number=f"{month:%Y-%m}-{str(interpreter.pk)[:8]}",
        month=month,
        interpreter=interpreter,
        total=sum(accounting.earned(row.minutes, rules_at(row.job.starts_at)) for row in worked.rows),
        minutes=worked.minutes,
        digest=ledger_queries.hours_digest(worked.rows),
        issued_by=actor,
    )
    standing = _save_once(statement)
    if standing is statement:
        audit(actor, "issue_statement", statement, minutes=statement.minutes)
    return standing


def _save_once(statement: Statement) -> Statement:
    """Save it, or give back the one that somebody issued meanwhile."""
    try:
        with transaction.atomic():
            statement.save(force_insert=True)
    except IntegrityError:
        return Statement.objects.get(
            month=statement.month, institution=statement.institution, interpreter=statement.interpreter
        )
    return statement


def issue_month(month: dt.date, *, actor: str) -> list[Statement]:
    """Close a month for everybody who has something in it. Raises ``MonthNotOver``."""
    _check_over(month)
    for job in ledger_queries.jobs_over(months.midnight(month), months.midnight(months.after(month))):
        if _differs(job):
            reckon(job, actor=actor)
    issued = [issue(month, each.institution, actor=actor) for each in ledger_queries.still_open(month)]
    for interpreter in ledger_queries.working_in(month):
        try:
            issued.append(issue_hours(month, interpreter, actor=actor))
        except NothingToState:
            continue
    return issued
