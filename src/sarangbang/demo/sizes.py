"""How large a demo district is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """``guests`` are those served in the year before today; guests who cancelled, did not come or are still to
    come are added on top. The shares say how many guests ask for a car or an interpreter: at the district's real
    scale the crew could not serve more."""

    name: str
    summary: str
    listed: int
    hidden: int
    medical_partners: int
    hotels: int
    tour_firms: int
    guests: int
    vehicles: int
    interpreters: int
    ride_share: float
    interpreting_share: float
    days_back: int = 365
    days_ahead: int = 42


SMALL = Size(
    name="small",
    summary="the district's institutions and crew, 4,300 guests served in a year; loads in half a minute",
    listed=1021,
    hidden=41,
    medical_partners=104,
    hotels=28,
    tour_firms=17,
    guests=4300,
    vehicles=24,
    interpreters=57,
    ride_share=0.62,
    interpreting_share=0.62,
)

X10 = Size(
    name="x10",
    summary="ten times the guests of small with four times its cars and interpreters",
    listed=1021,
    hidden=41,
    medical_partners=104,
    hotels=28,
    tour_firms=17,
    guests=43_000,
    vehicles=96,
    interpreters=228,
    ride_share=0.25,
    interpreting_share=0.3,
)

GANGNAM = Size(
    name="gangnam",
    summary="one year at the district's real scale: 377,043 guests served (2024); takes minutes and gigabytes",
    listed=1021,
    hidden=41,
    medical_partners=104,
    hotels=28,
    tour_firms=17,
    guests=377_043,
    vehicles=24,
    interpreters=57,
    ride_share=0.05,
    interpreting_share=0.1,
)

TINY = Size(
    name="tiny",
    summary="a few institutions, for tests",
    listed=13,
    hidden=4,
    medical_partners=6,
    hotels=2,
    tour_firms=1,
    guests=24,
    vehicles=4,
    interpreters=10,
    ride_share=0.8,
    interpreting_share=0.8,
    days_back=90,
    days_ahead=14,
)

SIZES = {size.name: size for size in (SMALL, GANGNAM, X10)}
"""What the command offers."""
