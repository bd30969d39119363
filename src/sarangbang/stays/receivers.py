"""What stays do when an appointment changes, whoever changed it: tell the guest, and mind the promise. An appointment
that was booked by another way than the guest's own pages finds its stay here.

Runs inside the transaction of the change, so the message is in the outbox exactly when the change is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sarangbang.scheduling.models import Appointment

from . import queries
from .actions import link_to
from .adopting import PROMISE, adopt
from .letters import tell
from .promises import keep_promise, promise, withdraw_promise


def on_appointment_changed(
    sender: object,
    *,
    appointment: Appointment,
    change: str,
    actor: str,
    together: Sequence[Appointment] = (),
    **_rest: Any,
) -> None:
    """Receives ``scheduling.signals.appointment_changed``."""
    subject = f"appointment:{appointment.pk}"
    if change in ("arrived", "fulfilled"):
        keep_promise(subject, kind=PROMISE)
        return
    if change in ("cancelled", "noshow_guest"):
        withdraw_promise(subject, kind=PROMISE)
    stay = queries.stay_with(appointment)
    if stay is None:
        if change == "confirmed" and appointment.guest is not None:
            adopt(appointment.guest, [appointment], actor=actor)
        return
    if change == "moved":
        promise(
            stay,
            PROMISE,
            by=appointment.institution.name_latin,
            subject=subject,
            due_at=appointment.reservation.starts_at,
        )
        tell(stay, "stay_changed", stay_link=link_to(stay), starts_at=appointment.reservation.starts_at)
    elif change == "cancelled" and appointment in (together or [appointment])[:1]:  # the first tells of all
        more = [each.reservation.starts_at for each in together[1:]]
        told: dict[str, Any] = {"more_at": more} if more else {}
        tell(stay, "stay_cancelled", stay_link=link_to(stay), starts_at=appointment.reservation.starts_at, **told)
