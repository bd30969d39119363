"""A stay as a calendar.

What a calendar shows on a locked phone is ``Entry.summary``, the time and the address: never the institution's name,
the department or the reason of a visit.
"""

from __future__ import annotations

from collections.abc import Iterable

from sarangbang.scheduling.ical import Event, Feed, Status, write

from .itinerary import HOUSE_ZONE, Entry, State

UID_DOMAIN = "stay.sarangbang"

STATUS = {
    State.WAITING: Status.TENTATIVE,
    State.CANCELLED: Status.CANCELLED,
    State.REFUSED: Status.CANCELLED,
}


def feed(entries: Iterable[Entry], name: str, description: str = "") -> Feed:
    """All entries as one calendar called ``name``; ``description`` is written into each of them."""
    return write((_event(entry, description) for entry in entries), name)


def _event(entry: Entry, description: str) -> Event:
    spot = entry.spot
    position = None
    if spot is not None and spot.latitude is not None and spot.longitude is not None:
        position = (spot.latitude, spot.longitude)
    return Event(
        uid=f"{entry.uid.replace(':', '-')}@{UID_DOMAIN}",
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        summary=entry.summary,
        changed_at=entry.changed_at,
        sequence=entry.sequence,
        status=STATUS.get(entry.state, Status.CONFIRMED),
        zone=HOUSE_ZONE,
        description=description,
        location=(spot.address or spot.address_latin) if spot else "",
        position=position,
    )
