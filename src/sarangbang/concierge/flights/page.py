"""A guest's flight at the desk, put together: what was said of it, in order, and when the guest is out of the hall."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sarangbang.concierge import wording
from sarangbang.concierge.entitlement import rules_at
from sarangbang.concierge.models import FlightReport, Ride
from sarangbang.stays.models import Flight

from .exits import exit_span


@dataclass(frozen=True, slots=True)
class Said:
    """One report in words. ``source`` is "desk" or the feed's name."""

    report: FlightReport
    state: str
    doubt: str


@dataclass(frozen=True, slots=True)
class FlightPage:
    """What the page of one arrival shows."""

    flight: Flight

    @property
    def reports(self) -> list[Said]:
        """What was said, the newest first."""
        return [
            Said(
                report,
                str(wording.FLIGHT_STATES.get(report.state, "")),
                str(wording.FLIGHT_DOUBTS.get(report.doubt, report.doubt)),
            )
            for report in reversed(self.flight.reports.all())
        ]

    @property
    def question(self) -> Said | None:
        """What a coordinator is asked, if anything."""
        return next((said for said in self.reports if said.doubt and said.report.closed_at is None), None)

    @property
    def ride(self) -> Ride | None:
        return next(iter(self.flight.rides.all()), None)

    @property
    def out_at(self) -> dt.datetime:
        """When the plan counts on the guest in the arrivals hall."""
        landing = self.flight.goes_at
        return landing + exit_span(self.flight.place.code, landing, int(rules_at(landing)["exit_quantile"].value))
