"""Addresses that open a place in the map services people use in Korea.

They are plain links which the reader opens; nothing of these services is loaded into our pages. Kakao's and
Google's forms are documented by them; Naver's is the one its own "share" button gives. A pin is set by
coordinates, so the place is found even where a service does not know the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from .models import Place


@dataclass(frozen=True, slots=True)
class MapLink:
    service: str
    url: str


def links(place: Place) -> list[MapLink]:
    """Naver first: it is the one that knows Korean doors best."""
    lat, lng = f"{place.latitude:.6f}", f"{place.longitude:.6f}"
    name = place.name.replace(",", " ")  # Kakao separates name and coordinates by commas
    pin = urlencode({"title": name, "lat": lat, "lng": lng, "zoom": "17"})
    point = urlencode({"api": "1", "query": f"{lat},{lng}"})
    return [
        MapLink("Naver Map", f"https://map.naver.com/p?{pin}"),
        MapLink("KakaoMap", f"https://map.kakao.com/link/map/{quote(name, safe='')},{lat},{lng}"),
        MapLink("Google Maps", f"https://www.google.com/maps/search/?{point}"),
    ]
