"""What is offered and can no longer be kept: leave, a closure or other hours were entered over it, or the institution
or the practitioner no longer offers it.

Nobody cancels it silently: who enters such a thing sees it before, the guest is told and waits on, in their place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.utils import timezone
from django.utils.translation import ngettext

from sarangbang.directory.models import Institution, Place, PractitionerRole
from sarangbang.scheduling.models import Resource, WaitingOffer
from sarangbang.scheduling.standing import Promised, reasons_against, resources_of

from . import queries


def open_offers(institutions: Iterable[Institution] | None = None) -> list[WaitingOffer]:
    """What somebody may still accept, at these institutions or anywhere, in the order of time."""
    found = WaitingOffer.objects.filter(status=WaitingOffer.Status.OPEN, expires_at__gt=timezone.now())
    if institutions is not None:
        found = found.filter(entry__offering__institution__in=institutions)
    related = found.select_related(
        "entry__offering__institution", "entry__offering__procedure", "entry__guest"
    ).prefetch_related("beside")
    return list(related.order_by("starts_at", "pk"))


def promised_by(offers: Sequence[WaitingOffer]) -> list[list[Promised]]:
    """The visits of each offer, with all that is kept for them."""
    rows = [queries.rows_of(offer) for offer in offers]
    kept = [one.reservation_id for each in rows for one in each if one.reservation_id is not None]
    taken = resources_of(kept) if kept else {}
    people = {one.practitioner_id for each in rows for one in each}
    seats = dict(Resource.objects.filter(practitioner__in=people).values_list("practitioner", "pk")) if people else {}
    found = []
    for offer, each in zip(offers, rows, strict=True):
        offering, visits = offer.entry.offering, []
        for one, time in zip(each, queries.times_of(offer, offering), strict=True):
            person = seats.get(one.practitioner_id)
            resources = taken.get(one.reservation_id, set()) if one.reservation_id is not None else set()
            visits.append(Promised.of(time.starts_at, time.ends_at, offering.institution.place_id, person, resources))
        found.append(visits)
    return found


def fallen(offers: Sequence[WaitingOffer]) -> list[WaitingOffer]:
    """Those against which something stands by now. A constant number of queries."""
    promised = promised_by(offers)
    ahead = [visit for visits in promised for visit in visits]
    reasons = dict(zip(ahead, reasons_against(ahead), strict=True))
    given = _still_given(offers)
    return [
        offer
        for offer, visits in zip(offers, promised, strict=True)
        if offer.pk not in given or any(map(reasons.get, visits))
    ]


def _still_given(offers: Sequence[WaitingOffer]) -> set[UUID]:
    """Those whose institution and practitioners still offer the procedure."""
    who = {offer.pk: {one.practitioner_id for one in queries.rows_of(offer)} for offer in offers}
    roles = PractitionerRole.objects.filter(is_active=True, practitioner__in=set().union(*who.values()))
    there = set(roles.values_list("practitioner", "institution", "department"))

    def is_given(offer: WaitingOffer) -> bool:
        offering = offer.entry.offering
        at = (offering.institution_id, offering.department_id)
        return offering.is_active and all((one, *at) in there for one in who[offer.pk])

    return {offer.pk for offer in offers if is_given(offer)}


def would_fall(institutions: Iterable[Institution] | None, falls: Callable[[Promised], bool]) -> list[WaitingOffer]:
    """The open offers of these institutions, or of all, of which at least one visit would fall."""
    offers = open_offers(institutions)
    return [offer for offer, visits in zip(offers, promised_by(offers), strict=True) if any(map(falls, visits))]


def met_by(
    what: Resource | Place, start: dt.datetime, end: dt.datetime, institutions: Iterable[Institution] | None = None
) -> list[WaitingOffer]:
    """The open offers, of these institutions or of all, that leave of this resource, or a closure of this place, would
    withdraw."""
    return would_fall(institutions, lambda visit: visit.lies_in(what, start, end))


def withdrawn_sentence(number: int) -> str:
    """What is said to whoever has just entered what withdraws so many offers."""
    said = ngettext(
        "%(number)s offer of the waiting list is withdrawn. The guest is told and keeps their place.",
        "%(number)s offers of the waiting list are withdrawn. The guests are told and keep their places.",
        number,
    )
    return said % {"number": number}
