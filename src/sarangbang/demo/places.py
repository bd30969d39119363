"""Public places as they are, and invented hotels and tour firms."""

from __future__ import annotations

import datetime as dt

from django.utils.text import slugify

from sarangbang.directory.models import Partner, Place

from .names import house_names
from .tables import rows_of
from .town import Town

HOTELS = (("호텔", "Hotel"), ("레지던스", "Residence"), ("스테이", "Stay"))
FIRMS = (("여행사", "Travel"), ("투어", "Tours"))


def make_public_places(town: Town) -> None:
    """Airports, stations and the Medical Tour Center, with true coordinates where they are public; its telephone is
    invented."""
    for row in rows_of("places"):
        place = Place(
            **{key: row[key] for key in ("code", "kind", "name", "name_latin", "address", "address_latin", "phone")},
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
        )
        town.places[place.code] = place
        town.writer.add(place)


def make_hosts(town: Town) -> None:
    """Partner hotels and tour firms."""
    rng = town.dice("hosts")
    names = house_names(town.seed + 1)
    for number in range(town.size.hotels + town.size.tour_firms):
        is_hotel = number < town.size.hotels
        word, suffix = next(names), rng.choice(HOTELS if is_hotel else FIRMS)
        written, latin = f"{word[0]} {suffix[0]}", f"{word[1]} {suffix[1]}"
        kind = Place.Kind.HOTEL if is_hotel else Place.Kind.OFFICE
        code = f"{'hotel' if is_hotel else 'tour'}-{slugify(word[1])}"
        place = town.new_place(kind, code, (written, latin), rng, f"+82-2-0000-{number:04d}")
        if is_hotel:
            town.hotels.append(place)
        town.writer.add(
            Partner(
                kind=Partner.Kind.HOTEL if is_hotel else Partner.Kind.TOUR,
                name=written,
                name_latin=latin,
                place=place,
                since=town.today - dt.timedelta(days=rng.randrange(60, 1200)),
            )
        )
