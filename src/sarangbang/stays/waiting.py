"""The verbs of somebody who waits for a time: as a new guest or a known one, and what becomes of an accepted offer.

The list itself is scheduling's (``scheduling.waiting``); here a person becomes a guest and a taken time a stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from sarangbang.directory.models import Offering
from sarangbang.messages.actions import hand_over
from sarangbang.people.actions import give_consents
from sarangbang.people.models import Guest
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import WaitingEntry, WaitingOffer
from sarangbang.scheduling.waiting import answers, joining

from . import queries, rules
from .actions import prove_email
from .adopting import adopt
from .models import Stay

PERSON = ("name", "name_latin", "nationality", "birth_year", "sex", "email", "language", "zone")


@transaction.atomic
def wait_as_new(
    offering: Offering, person: Mapping[str, Any], wish: Mapping[str, Any], *, request_id: UUID
) -> WaitingEntry:
    """Put somebody on the waiting list whom nobody knows yet; a message asks them to confirm.

    ``person`` holds ``PERSON``, ``phone`` and ``consents``; ``wish`` what ``joining.join`` takes. The same
    ``request_id`` again changes nothing. Raises what ``joining.join`` raises.
    """
    known = WaitingEntry.objects.filter(pk=request_id).first()
    if known is not None:
        return known
    guest = Guest.objects.create(**{name: person[name] for name in PERSON}, phone=str(person.get("phone") or ""))
    give_consents(guest, person.get("consents", ()), guest.language)
    entry = joining.join(guest, offering, actor=f"guest:{guest.pk}", request_id=request_id, **wish)
    if entry.guest_id != guest.pk:  # the same press at the same moment
        guest.delete()
    return entry


@transaction.atomic
def wait_as_known(
    stay: Stay, offering: Offering, wish: Mapping[str, Any], *, request_id: UUID, consents: Iterable[str] = ()
) -> WaitingEntry:
    """Put the guest of a stay on the waiting list. Raises what ``joining.join`` raises."""
    guest = stay.guest
    give_consents(guest, consents, guest.language)
    return joining.join(guest, offering, actor=f"guest:{guest.pk}", request_id=request_id, **wish)


@transaction.atomic
def confirm_waiting(entry: WaitingEntry) -> None:
    """The guest pressed the button behind the link that only their mailbox held. Somebody who was here before, with
    this address proven, is the same guest. Confirming again changes nothing."""
    typed = Guest.objects.select_for_update(no_key=True).get(pk=entry.guest_id)
    if typed.email_proven_at is not None:
        return
    known = queries.proven_guest(typed)
    if known is None:
        prove_email(typed)
        joining.confirm_waiting(entry, typed, actor=f"guest:{typed.pk}")
        return
    agreed = typed.consents.filter(withdrawn_at__isnull=True).values_list("purpose", flat=True)
    give_consents(known, list(agreed), typed.language)
    joining.confirm_waiting(entry, known, actor=f"guest:{known.pk}")
    hand_over(typed, known)
    typed.delete()


@transaction.atomic
def accept(offer: WaitingOffer) -> None:
    """Take what is offered: a booking moves, or the times of the party, or of all visits of a treatment, become
    bookings of a stay. Accepting again changes nothing.

    Raises ``OfferOver``, ``Overlaps``, ``Taken``, ``NotBookable``, ``HoldExpired`` or ``MoveNotAllowed``; then
    nothing has changed.
    """
    guest = offer.entry.guest
    actor = f"guest:{guest.pk}"
    held = answers.take(offer, actor=actor)
    standing = queries.standing_of(guest)
    for one in held:  # a party's times may lie side by side, but not where the guest is already
        rules.check_no_overlap(standing, one.reservation.starts_at, one.reservation.ends_at)
    if held:
        adopt(guest, held, actor=actor)
    series = {one.series_id: one.series for one in held if one.series is not None}
    for each in series.values():
        scheduling.confirm_series(each, guest, actor=actor)
    for one in held:
        if one.series is None:
            scheduling.confirm(one, guest, actor=actor)
    answers.announce_interpreters(offer, actor=actor)
