"""How long it takes from one place to another in Seoul, when nobody asks a map.

A stated approximation, not a router: great-circle distance times a detour factor, driven at a speed that
grows with the distance (city streets, then expressway). Incheon airport to Apgujeong comes out at about 70
minutes, Apgujeong to Samseong at about 15.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
DETOUR = 1.3  # road length over straight line
CITY_KMH = 20.0
EXPRESSWAY_KMH = 65.0
CITY_KM = 6.0  # the part of every longer ride that is driven in the city
FIXED_MINUTES = 5.0  # getting in, getting out, finding the door
WALK_KMH = 4.5


@dataclass(frozen=True, slots=True)
class Point:
    """WGS 84 degrees."""

    latitude: float
    longitude: float


def distance_km(a: Point, b: Point) -> float:
    """Great-circle distance in kilometres (haversine)."""
    lat_a, lat_b = math.radians(a.latitude), math.radians(b.latitude)
    d_lat = lat_b - lat_a
    d_lon = math.radians(b.longitude - a.longitude)
    h = math.sin(d_lat / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(d_lon / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(h)))


def drive_minutes(a: Point, b: Point) -> int:
    """Minutes by car from door to door, rounded up; 0 for the same place."""
    road = distance_km(a, b) * DETOUR
    if road < 0.05:
        return 0
    city = min(road, CITY_KM)
    hours = city / CITY_KMH + (road - city) / EXPRESSWAY_KMH
    return math.ceil(FIXED_MINUTES + hours * 60)


def walk_minutes(a: Point, b: Point) -> int:
    """Minutes on foot, rounded up."""
    return math.ceil(distance_km(a, b) * DETOUR / WALK_KMH * 60)
