"""Why a proposal leaves something open, and what it costs, as sentences in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy

from sarangbang.concierge import wording
from sarangbang.concierge.choosing.helping import Count
from sarangbang.ui import locales

NOBODY = gettext_lazy("Nobody fits.")
BUSY = gettext_lazy("Everybody who could is busy.")
OFF = gettext_lazy("Nobody works at this time.")
LOCKED = gettext_lazy("Locked: it stays as it is.")
LEFT: dict[str, Lazy | str] = {
    "waits": gettext_lazy("The request waits for an answer first."),
    "offered": gettext_lazy("An interpreter was asked and has not answered yet."),
    "past": gettext_lazy("This time has passed."),
    "locked": LOCKED,
    "nobody": NOBODY,
    # Cars (the codes of the search over tours)
    "ride_no_car": OFF,
    "ride_no_room": gettext_lazy("No car is large enough."),
    "ride_not_allowed": LOCKED,
    "ride_hours": gettext_lazy("A car could come only at another time."),
    "ride_own_hours": gettext_lazy("A car could come only at another time."),
    "ride_duty": OFF,
    "ride_room": BUSY,
    "ride_company": BUSY,
    "ride_others": BUSY,
    "ride_price": BUSY,
    "ride_not_found": BUSY,
    # Interpreters
    "interpreting_language": gettext_lazy("Nobody speaks the language."),
    "interpreting_sex": gettext_lazy("Nobody is as the guest wishes."),
    "interpreting_field": gettext_lazy("Nobody works in this field."),
    "interpreting_hours": OFF,
    "interpreting_month": gettext_lazy("Everybody who could has no hours left in this month."),
    "interpreting_day": OFF,
    "interpreting_pause": OFF,
    "interpreting_busy": BUSY,
    "interpreting_far": gettext_lazy("Everybody who could comes from too far."),
    "interpreting_frozen": LOCKED,
    # Clinic hours
    "appointment_fixed": LOCKED,
    "appointment_promised": LOCKED,
    "appointment_no_slot": gettext_lazy("The clinic has no other time on this day."),
    "appointment_too_late": gettext_lazy(
        "The guest is there at %(time)s, after the last time that the clinic has free."
    ),
    "appointment_no_ride": gettext_lazy("No car could come at any other time of the clinic."),
    "appointment_no_interpreter": gettext_lazy("No interpreter is free at any other time of the clinic."),
}
"""By code of ``planning.Left``."""

MOVE = gettext_lazy("It would fit if another job of somebody who could were moved or given away.")
CAR = gettext_lazy("It would fit with a larger or differently equipped car, or with two.")
RENEW = gettext_lazy("It would fit if an appointment or a certificate were renewed.")
HELP: dict[str, Lazy | str] = {
    "way_after": MOVE,
    "way_before": MOVE,
    "busy": MOVE,
    "kept": gettext_lazy("It would fit if another interpreter went to the visit for which somebody is kept."),
    "offered": gettext_lazy("It may fit when the offer of the waiting list is answered; please look again then."),
    "month": gettext_lazy(
        "It would fit beyond somebody's hours of the month; that is decided on the job's page, with a reason."
    ),
    "hours": gettext_lazy("It would fit if somebody worked longer on this day."),
    "wish": gettext_lazy("It would fit without the wish for a woman or a man."),
    "field": gettext_lazy("It would fit if somebody of another field could help."),
    "luggage": CAR,
    "child_seats": CAR,
    "seats": CAR,
    "wheelchair": CAR,
    "certificate": RENEW,
    "term": RENEW,
    "language": gettext_lazy("An interpreter of this language from outside would help."),
}
"""What would help, by the reason that alone keeps somebody from the job."""

COSTS: dict[str, Lazy | str] = {
    "way_minutes": gettext_lazy("Minutes on the way, more than now"),
    "changed": gettext_lazy("Jobs that change hands"),
    "appointments": gettext_lazy("Clinic hours that move, weighed in minutes of way"),
    "interpreters": gettext_lazy("Interpreters that change, weighed in minutes of way"),
    "rides": gettext_lazy("Cars that change and ways that grow, weighed in minutes of way"),
}
"""What the changes cost, by kind."""


def left_why(row: Mapping[str, Any]) -> str:
    """Why nothing was found for a job or an appointment; how many do not fit for which reason, and
    what would help, where that is known."""
    about = row.get("about") or {}
    counts = about.get("counts") or []
    if counts:
        helps = HELP.get(str(about.get("help")))
        said = [wording.count(_count(each)) for each in counts]
        return " ".join([*said, str(helps)] if helps else said)
    why = str(LEFT.get(str(row.get("code")), NOBODY))
    arrives = about.get("arrives_at")
    return why % {"time": locales.clock(dt.datetime.fromisoformat(arrives))} if arrives and "%" in why else why


def _count(row: list[Any]) -> Count:
    code, number, free_from = row
    return Count(code, number, dt.datetime.fromisoformat(free_from) if free_from else None)
