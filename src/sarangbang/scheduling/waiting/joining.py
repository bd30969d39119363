"""The verbs of the waiting list for those who wait: join, confirm, leave. What was offered: ``answers``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import Promise as Lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sarangbang.directory.models import Offering, Practitioner
from sarangbang.directory.queries import is_receiving
from sarangbang.people.actions import audit
from sarangbang.people.models import Guest
from sarangbang.scheduling.actions import NotBookable
from sarangbang.scheduling.models import LARGEST_PARTY, Appointment, WaitingEntry
from sarangbang.scheduling.pathways import FreeSeries, every_series, search_of, steps_of, takes_several_visits
from sarangbang.scheduling.queries import free_times, rules_for

from . import queries
from .nudges import look_again
from .steps import Answer, Status, close, end, lock_entry, step, tell
from .understanding import Understanding
from .wishes import Time, matches, of_several_visits

SHOWN = 6
"""Free times that are named when somebody wants to wait although there are some."""

SHOWN_WHOLE = 3
"""Of a treatment of several visits, each beginning on another day."""

FARTHEST = dt.timedelta(days=400)


class CannotWait(Exception):
    """The wish makes no sense. ``code`` is stable, ``str()`` is for the reader."""

    REASONS: dict[str, Lazy | str] = {
        "past": _("This day is over. Please choose a later one."),
        "order": _("The last day is before the first."),
        "far": _("This date is outside the calendar."),
        "party": _("One appointment can be moved for one person only."),
        "party_size": format_lazy(
            "{} {}",
            _("So many people cannot be booked together here."),
            _("The Medical Tour Center can help you further."),
        ),
        "short": _("All visits do not fit into these days."),
        "booking": _("This appointment can no longer be moved."),
        "practitioner": _("This doctor does not take this procedure here."),
        "language": _("Nobody here speaks this language, and no interpreter of it is on duty in these days."),
    }

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return str(self.REASONS[self.code])


class AlreadyWaiting(Exception):
    """The guest waits for this already; ``entry`` is how."""

    def __init__(self, entry: WaitingEntry) -> None:
        super().__init__(str(entry.pk))
        self.entry = entry


class FreeNow(Exception):
    """There are such times already; ``times`` are the first of them, ``series`` those for all visits of a treatment."""

    def __init__(self, times: Sequence[Time] = (), series: Sequence[FreeSeries] = ()) -> None:
        super().__init__(len(times or series))
        self.times = times
        self.series = series


def check_join(entry: WaitingEntry) -> None:
    """Raises ``NotBookable`` or ``CannotWait`` when nobody could ever be offered what ``entry`` asks for."""
    now, offering = timezone.now(), entry.offering
    if not is_receiving(offering.institution_id):
        raise NotBookable("not_receiving")
    if not offering.is_active:
        raise NotBookable("not_offered")
    if entry.earliest_at >= entry.latest_at:
        raise CannotWait("order")
    if entry.latest_at <= now:
        raise CannotWait("past")
    if entry.latest_at > now + FARTHEST:
        raise CannotWait("far")
    steps = steps_of(offering)
    most = rules_for([offering])[offering.pk].open_per_person or LARGEST_PARTY
    if not 1 <= entry.party <= min(most, LARGEST_PARTY):
        raise CannotWait("party_size")
    if entry.latest_at - max(entry.earliest_at, now) < dt.timedelta(days=sum(step.days_after_low for step in steps)):
        raise CannotWait("short")
    _check_booking(entry)
    roles = offering.institution.roles.filter(department=offering.department_id, is_active=True)
    if entry.practitioner_id is not None and not roles.filter(practitioner=entry.practitioner_id).exists():
        raise CannotWait("practitioner")
    if entry.language and not _understanding(entry).is_possible:
        raise CannotWait("language")


def _understanding(entry: WaitingEntry) -> Understanding:
    start = max(entry.earliest_at, timezone.now())
    return Understanding(entry.offering, entry.language, start, entry.latest_at)


def _check_booking(entry: WaitingEntry) -> None:
    booked = entry.appointment
    if booked is None:
        return
    if entry.party != 1:
        raise CannotWait("party")
    own = booked.guest_id == entry.guest_id and booked.offering_id == entry.offering_id
    one_visit = booked.series_id is None and not takes_several_visits(entry.offering)
    if not (own and one_visit) or queries.replaced_by(entry) is None:
        raise CannotWait("booking")


def join(
    guest: Guest,
    offering: Offering,
    *,
    earliest_at: dt.datetime,
    latest_at: dt.datetime,
    actor: str,
    part_of_day: str = WaitingEntry.PartOfDay.ANY,
    practitioner: Practitioner | None = None,
    language: str = "",
    party: int = 1,
    appointment: Appointment | None = None,
    request_id: UUID | None = None,
) -> WaitingEntry:
    """Put a guest on the waiting list; they get a message with the link to their place on it.

    With ``appointment`` they wait for an earlier time than that booking, with ``language`` (a code of ``ui.locales``)
    for one at which somebody speaks it. ``request_id`` makes a repeated request the
    same entry. A guest whose address is not proven is asked to confirm first and gets no offers until then.
    Raises ``NotBookable``, ``CannotWait``, ``AlreadyWaiting``, or ``FreeNow`` when one person need not wait at all.
    """
    entry = WaitingEntry(
        guest=guest, offering=offering, earliest_at=earliest_at, latest_at=latest_at, part_of_day=part_of_day,
        practitioner=practitioner, language=language, party=party, appointment=appointment,
    )  # fmt: skip
    if request_id is not None:
        entry.pk = request_id
        known = WaitingEntry.objects.filter(pk=request_id).first()
        if known is not None:
            return known
    check_join(entry)
    if party == 1:
        _check_not_free(entry)
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
            step(entry, Status.WAITING, actor)
            audit(actor, "join_waiting_list", entry)
            tell(entry, "waiting_joined", confirmed=guest.email_proven_at is not None)
            look_again(offering.pk)
    except IntegrityError:
        known = WaitingEntry.objects.filter(pk=entry.pk).first()
        if known is not None:
            return known
        known = WaitingEntry.objects.filter(guest=guest, offering=offering, status=Status.WAITING).first()
        if known is None:
            raise
        raise AlreadyWaiting(known) from None
    return entry


def _check_not_free(entry: WaitingEntry) -> None:
    wish = queries.wishes_of([entry])[entry.pk]
    if entry.language:
        wish = replace(wish, attended=_understanding(entry).attended)
    start, offering = max(entry.earliest_at, timezone.now()), entry.offering
    if takes_several_visits(offering):
        each = of_several_visits(wish)
        found = every_series(
            search_of(offering, start, entry.latest_at), start, entry.latest_at, each_day=1,
            suits=lambda time: matches(each, queries.time_of(time)), practitioner_id=wish.practitioner_id,
        )  # fmt: skip
        if series := list(islice(found, SHOWN_WHOLE)):
            raise FreeNow(series=series)
        return
    free = (queries.time_of(time) for time in free_times(offering, start, entry.latest_at))
    if times := list(islice((time for time in free if matches(wish, time)), SHOWN)):
        raise FreeNow(times)


@transaction.atomic
def confirm_waiting(entry: WaitingEntry, guest: Guest, *, actor: str) -> None:
    """The address is proven: ``guest`` (perhaps known from before) waits from now on."""
    locked, _offer = lock_entry(entry.pk)
    if locked.guest_id != guest.pk:
        if WaitingEntry.objects.filter(guest=guest, offering=locked.offering_id, status=Status.WAITING).exists():
            end(locked, Status.LEFT, actor, "waits already")
        locked.guest = guest
        locked.save(update_fields=["guest"])
    audit(actor, "confirm_waiting", locked)
    look_again(locked.offering_id)


@transaction.atomic
def leave(entry: WaitingEntry, *, actor: str, reason: str = "", status: str = Status.LEFT) -> bool:
    """End the wait; a time that is kept for the guest goes to the next one. Returns whether anything changed: leaving
    twice changes nothing."""
    locked, offer = lock_entry(entry.pk)
    if locked.status != Status.WAITING:
        return False
    if offer is not None:
        close(offer, Answer.DECLINED, actor)
    end(locked, status, actor, reason)
    return True
