"""What cars would take for one more request."""

from __future__ import annotations

from .arrays import AWAY
from .compiling import compiled
from .fitting import fit_in
from .timetable import NEVER


@compiled
def ask_cars(case, tours, request, cars, offers, scratch):
    """Put into ``offers``, for each of ``cars``, what a request costs there, that of another car than its own
    included; NEVER where it does not fit."""
    for c in range(cars.size):
        car = cars[c]
        offers[car] = NEVER
        if case.fits[request, case.kind[car]]:
            price = fit_in(case, tours, car, request, scratch, False)
            if case.home[request] >= 0 and case.home[request] != car:
                price += case.request[request, AWAY]
            offers[car] = price
