"""The verbs of stays: from what a guest typed to a stay, and all that changes it afterwards.

Times are held, booked and moved by ``scheduling.actions``; here they become a guest's. Whoever moves or cancels an
appointment (guest, clinic, API), ``receivers`` tells the guest, in the same transaction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from sarangbang import rows
from sarangbang.directory.models import Place, Practitioner
from sarangbang.people import links
from sarangbang.people.actions import GUEST_FIELDS, audit, give_consents, withdraw_consent
from sarangbang.people.models import Guest, SecureLink
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.actions.appointments import lock_all
from sarangbang.scheduling.holding import forget_unbooked, hold_again, hold_series_again, is_held
from sarangbang.scheduling.models import Appointment, Reservation
from sarangbang.scheduling.odd_hours import check_hour
from sarangbang.ui.locales import HOUSE_ZONE

from . import proof, queries, rules
from .letters import tell
from .models import Intake, Stay, StayAppointment
from .promises import promise
from .signals import consent_withdrawn

KEEP_TYPED = dt.timedelta(hours=1)
"""How long what was typed is kept after its hold ended, so that somebody who is late loses nothing."""

HOLD_LINK_LASTS = dt.timedelta(hours=24)
NEW_LINK_EVERY_SECONDS = 600

STAY_FIELDS = ("companions", "arrives_on", "leaves_on")
INTAKE_FIELDS = (*GUEST_FIELDS, *STAY_FIELDS, "consents")


# From what was typed to a stay


@transaction.atomic
def save_intake(appointment: Appointment, cleaned: Mapping[str, Any]) -> Intake:
    """Keep what the guest typed, beside the held time. Saving again replaces it; another address must be proven
    again. ``cleaned`` holds ``INTAKE_FIELDS``; consents are purposes. Raises ``MoveNotAllowed`` when it is booked, and
    ``OddHour`` for a visit from home in the guest's night unless ``cleaned["accept_odd_hour"]``."""
    values = _typed(appointment, cleaned)
    known = Intake.objects.filter(appointment=appointment).first()
    if known is None:
        return Intake.objects.create(appointment=appointment, **values)
    if known.email.casefold() != values["email"].casefold():
        values["email_proven_at"] = None
    for name, value in values.items():
        setattr(known, name, value)
    known.save()
    return known


def _typed(appointment: Appointment, cleaned: Mapping[str, Any], *, is_locked: bool = False) -> dict[str, Any]:
    """The fields of an intake; the appointment's reservation is locked from here on."""
    # Of two presses at once the second waits here.
    present = appointment.reservation if is_locked else scheduling.lock_present(appointment)
    if appointment.guest_id is not None:
        raise scheduling.MoveNotAllowed(present.status, Reservation.Status.HELD)
    accepted = bool(cleaned.get("accept_odd_hour"))
    check_hour(appointment.mode, present.starts_at, cleaned.get("zone") or HOUSE_ZONE, accepted=accepted)
    return _values(cleaned)


def _values(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: cleaned[name] for name in INTAKE_FIELDS if name in cleaned}
    values["phone"] = str(values.get("phone") or "")
    values["consents"] = sorted(set(values.get("consents", ())))
    return values


@transaction.atomic
def ensure_held(appointment: Appointment, *, actor: str) -> Appointment:
    """The same time, held again if its ten minutes are over, with the other visits of its pathway. Raises ``Taken`` or
    ``NotBookable``."""
    visits = queries.visits_with(appointment)
    if all(is_held(each.reservation) for each in visits):
        return appointment
    if appointment.series_id is not None:
        times = [scheduling.Visit.of(each) for each in visits]
        return hold_series_again(visits[0], appointment.offering, times, actor=actor)
    return hold_again(
        appointment,
        appointment.offering,
        appointment.practitioner,
        appointment.reservation.starts_at,
        actor=actor,
    )


@transaction.atomic
def confirm_booking(appointment: Appointment, *, actor: str | None = None, proven: bool) -> Stay:
    """Make guest, stay, consents, links, promise and message of what was typed, and book the time, or the times of all
    visits of a pathway: all or nothing.
    ``proven`` says that the address was proven; otherwise opening the link in the message proves it. Without ``actor``
    the guest acts. Confirming again gives the stay made then. Raises ``HoldExpired`` or ``MoveNotAllowed``.
    """
    lock_all(appointment)
    intake = Intake.objects.filter(appointment=appointment).first()
    if intake is None:
        made = queries.stay_with(appointment)
        if made is None:
            raise scheduling.HoldExpired
        return made
    stay = _open_stay(appointment, intake, actor, proven)
    intake.delete()
    return stay


@transaction.atomic(savepoint=False)
def book_at_once(appointment: Appointment, cleaned: Mapping[str, Any], *, actor: str, is_locked: bool = False) -> Stay:
    """``save_intake`` and ``confirm_booking`` in one, for a caller who asks nothing in between; the address is not
    proven. ``is_locked`` says that it comes from ``lock_found`` in this transaction, with its intake. Raises what they
    raise, with which the caller's transaction has to end; then nothing that was typed is kept."""
    typed = _typed(appointment, cleaned, is_locked=is_locked)
    stay = _open_stay(appointment, rows.new(Intake, **typed), actor, proven=False)
    if not is_locked or hasattr(appointment, "intake"):
        Intake.objects.filter(appointment=appointment).delete()
    return stay


@transaction.atomic(savepoint=False)
def book_new(
    book: Callable[[Guest], Appointment], cleaned: Mapping[str, Any], *, starts_at: dt.datetime, mode: str, actor: str
) -> Stay:
    """Make guest and stay of ``cleaned`` (as ``save_intake``) and book for them, without a hold before; the address is
    not proven. ``book`` books and announces nothing. Raises ``OddHour`` and what ``book`` raises, with which the
    caller's transaction has to end; then nothing is kept."""
    check_hour(mode, starts_at, cleaned.get("zone") or HOUSE_ZONE, accepted=bool(cleaned.get("accept_odd_hour")))
    intake = rows.new(Intake, **_values(cleaned))
    with rows.together():
        guest = _guest_of(intake, proven=False)
        appointment = book(guest)
        stay, link = _new_stay(guest, intake, actor)
        rows.add(rows.new(StayAppointment, stay=stay, appointment=appointment))
        try:
            scheduling.announce(appointment, actor=actor)  # the receivers see the stay on the appointment
        finally:
            queries.forget_stay(appointment)
        _promise_time(stay, appointment, is_first=True)
        tell(stay, "stay_booked", stay_link=link, starts_at=starts_at)
    return stay


def _open_stay(appointment: Appointment, intake: Intake, actor: str | None, proven: bool) -> Stay:
    guest = _guest_of(intake, proven=proven)
    actor = actor or f"guest:{guest.pk}"
    with rows.together():
        stay, link = _new_stay(guest, intake, actor)
        _book(stay, queries.visits_with(appointment), actor, link, is_new=True)
    return stay


def _new_stay(guest: Guest, intake: Intake, actor: str) -> tuple[Stay, SecureLink]:
    """A stay with consents and links; the link is the one to its page."""
    stay = rows.new(Stay, guest=guest, **{name: getattr(intake, name) for name in STAY_FIELDS})
    rows.add(stay)
    give_consents(guest, intake.consents, intake.language)
    _calendar, link = links.issue_all((SecureLink.Purpose.CALENDAR, SecureLink.Purpose.STAY), stay.pk)
    audit(actor, "open_stay", stay)
    return stay, link


@transaction.atomic
def book_proven(appointment: Appointment) -> Stay:
    """Book for a guest whose address is proven, holding the time again if its ten minutes are over.
    However often and however many at once: one booking. Raises ``Taken``, ``NotBookable``, ``HoldExpired`` or
    ``MoveNotAllowed``.
    """
    made = queries.stay_with(appointment)
    if made is not None:
        return made
    try:
        ensure_held(appointment, actor="system")
    except scheduling.MoveNotAllowed:
        made = queries.stay_with(appointment)  # another request was quicker
        if made is None:
            raise
        return made
    return confirm_booking(appointment, proven=True)


@transaction.atomic
def add_appointment(
    stay: Stay, appointment: Appointment, *, actor: str, consents: Iterable[str] = (), accept_odd_hour: bool = False
) -> Stay:
    """Book a held time into an open stay, whose guest is known and proven; of a pathway all its visits. Adding again
    changes nothing.

    Raises ``Overlaps``, ``OddHour``, ``HoldExpired`` or ``MoveNotAllowed``.
    """
    lock(stay)
    lock_all(appointment)
    known = StayAppointment.objects.filter(appointment=appointment).first()
    if known is not None:
        if known.stay_id != stay.pk:
            raise scheduling.MoveNotAllowed(appointment.reservation.status, Reservation.Status.BOOKED)
        return stay
    visits, others = queries.visits_with(appointment), list(queries.appointments_of(stay))
    for each in visits:
        check_hour(each.mode, each.reservation.starts_at, stay.guest.zone, accepted=accept_odd_hour)
        rules.check_no_overlap(others, each.reservation.starts_at, each.reservation.ends_at)
    give_consents(stay.guest, consents, stay.guest.language)
    Intake.objects.filter(appointment=appointment).delete()
    _book(stay, visits, actor, link_to(stay))
    return stay


def lock(stay: Stay) -> None:
    """Of two who change a stay at once the second waits. Promises and jobs can still be hung on it (``no_key``)."""
    Stay.objects.select_for_update(no_key=True).get(pk=stay.pk)


def _book(
    stay: Stay, appointments: Sequence[Appointment], actor: str, link: SecureLink, *, is_new: bool = False
) -> None:
    """Book appointments whose reservations are locked, and tell of them in one letter; a stay that ``is_new`` was made
    in this transaction."""
    for appointment in appointments:
        rows.add(rows.new(StayAppointment, stay=stay, appointment=appointment))
        try:
            # The receivers see the stay on the appointment.
            scheduling.confirm_locked(appointment, stay.guest, actor=actor)
        finally:
            queries.forget_stay(appointment)
        _promise_time(stay, appointment, is_first=is_new)
    first, *more = [appointment.reservation.starts_at for appointment in appointments]
    told: dict[str, Any] = {"more_at": more} if more else {}
    tell(stay, "stay_booked", stay_link=link, starts_at=first, **told)


def _promise_time(stay: Stay, appointment: Appointment, *, is_first: bool) -> None:
    promise(
        stay,
        "time_kept",
        is_first=is_first,
        by=appointment.institution.name_latin,
        subject=f"appointment:{appointment.pk}",
        due_at=appointment.reservation.starts_at,
    )


def _guest_of(intake: Intake, *, proven: bool) -> Guest:
    """The same person who comes again is the same guest, if they proved the address both times."""
    now = timezone.now()
    if proven:
        known = queries.proven_guest(intake)
        if known is not None:
            known.name, known.sex, known.phone = intake.name, intake.sex, intake.phone
            known.language, known.zone, known.email_proven_at = intake.language, intake.zone, now
            known.save()
            return known
    told = {name: getattr(intake, name) for name in GUEST_FIELDS}
    guest = rows.new(Guest, **told, email_proven_at=now if proven else None)
    rows.add(guest)
    guest.is_new = True
    return guest


# Changes


@transaction.atomic
def reschedule_appointment(
    stay: Stay,
    appointment: Appointment,
    practitioner: Practitioner,
    starts_at: dt.datetime,
    *,
    actor: str,
    accept_odd_hour: bool = False,
) -> Appointment:
    """Move an appointment of the stay. The old time is given up only when the new one is certain.
    Raises ``Refused`` (too late, overlapping, over), ``OddHour``, ``Taken`` or ``NotBookable``.
    """
    lock(stay)
    rules.check_may_change(appointment, timezone.now())
    check_hour(appointment.mode, starts_at, stay.guest.zone, accepted=accept_odd_hour)
    sized = appointment.step or appointment.offering
    ends_at = starts_at + dt.timedelta(minutes=sized.visit_minutes)
    others = queries.appointments_of(stay).exclude(pk=appointment.pk)
    rules.check_no_overlap(others, starts_at, ends_at)
    return scheduling.reschedule(appointment, practitioner, starts_at, actor=actor)


@transaction.atomic
def cancel_appointment(appointment: Appointment, *, actor: str, reason: str = "") -> Appointment:
    """Cancel before the cut-off. Cancelling twice changes nothing. Raises ``Refused``."""
    if appointment.reservation.status == Reservation.Status.CANCELLED:
        return appointment
    rules.check_may_change(appointment, timezone.now())
    return scheduling.cancel(appointment, actor=actor, reason=reason)


@transaction.atomic
def save_hotel(stay: Stay, hotel: Place | None, *, actor: str) -> None:
    """Where the guest stays the night."""
    stay.hotel = hotel
    stay.save(update_fields=["hotel"])
    audit(actor, "save_hotel", stay)


@transaction.atomic
def withdraw(stay: Stay, purpose: str, *, actor: str) -> None:
    """End a consent. Without a needed one nothing can be kept for the guest: what is still ahead is cancelled, also
    after the cut-off. The floors above hear of it and end what they did under this consent."""
    withdraw_consent(stay.guest, purpose, actor=actor)
    if purpose in rules.NEEDED_CONSENTS:
        booked = Appointment.objects.filter(
            guest=stay.guest, reservation__status=Reservation.Status.BOOKED, reservation__starts_at__gt=timezone.now()
        )
        for appointment in booked.select_related("reservation", "institution"):
            scheduling.cancel(appointment, actor=actor)
    consent_withdrawn.send(Stay, stay=stay, purpose=purpose, actor=actor)


# Links


def link_to(stay: Stay) -> SecureLink:
    """The open link to the stay's page, or a new one."""
    return queries.link_to(stay, SecureLink.Purpose.STAY) or links.issue(SecureLink.Purpose.STAY, stay.pk)


def links_to(stays: Iterable[Stay]) -> dict[UUID, SecureLink]:
    """``link_to`` for many stays, by the key of the stay, in a constant number of statements."""
    kind, keys = SecureLink.Purpose.STAY, {stay.pk for stay in stays}
    known = queries.links_to(keys, kind)
    new = {link.subject: link for link in links.issue_each(kind, [key for key in keys if str(key) not in known])}
    return {key: known.get(str(key)) or new[str(key)] for key in keys}


def calendar_link(stay: Stay) -> SecureLink:
    """The open link to the stay's calendar, or a new one."""
    kind = SecureLink.Purpose.CALENDAR
    return queries.link_to(stay, kind) or links.issue(kind, stay.pk)


def hold_link(appointment: Appointment) -> SecureLink:
    """The link to the page of a held time; it outlives the hold, so that somebody who is late loses nothing."""
    return queries.link_to(appointment, SecureLink.Purpose.HOLD) or links.issue(
        SecureLink.Purpose.HOLD, appointment.pk, expires_at=timezone.now() + HOLD_LINK_LASTS
    )


@transaction.atomic
def prove_email(guest: Guest) -> None:
    """The guest opened a link that only their mailbox held."""
    if guest.email_proven_at is None:
        guest.email_proven_at = timezone.now()
        guest.save(update_fields=["email_proven_at"])
        audit(f"guest:{guest.pk}", "prove_email", guest)


@transaction.atomic
def send_new_link(email: str) -> None:
    """Send a link to every guest with this address. Says nothing to the caller, so that nobody can find out who is
    treated here. Asked again within ten minutes, nothing more is sent."""
    minute = int(timezone.now().timestamp()) // NEW_LINK_EVERY_SECONDS
    for stay in queries.latest_stays(email):
        key = hashlib.sha256(f"{stay.pk}:{minute}".encode()).hexdigest()[:40]
        tell(stay, "stay_link", dedupe_key=f"stay_link:{key}", stay_link=link_to(stay))
        audit("system", "send_new_link", stay)


@transaction.atomic
def replace_links(stay: Stay, *, actor: str) -> SecureLink:
    """End every link to this stay, its calendar and those of its booking too, and send a new one; returns it."""
    for purpose in (SecureLink.Purpose.STAY, SecureLink.Purpose.CALENDAR):
        links.revoke(purpose, stay.pk)
    for booked in queries.appointments_of(stay):
        links.revoke(SecureLink.Purpose.HOLD, booked.pk)
        links.revoke(SecureLink.Purpose.CONFIRM, proof.subject_of(booked.pk, stay.guest.email))
    links.issue(SecureLink.Purpose.CALENDAR, stay.pk)
    link = links.issue(SecureLink.Purpose.STAY, stay.pk)
    tell(stay, "stay_link", stay_link=link)
    audit(actor, "replace_links", stay)
    return link


# Housekeeping


def forget_expired_intakes() -> int:
    """Delete what was typed for times that were never booked, with their holds, an hour after these ended."""
    return forget_unbooked(timezone.now() - KEEP_TYPED)
