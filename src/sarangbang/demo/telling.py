"""Promises, links and messages of stays that are going on, lie ahead or ended lately."""

from __future__ import annotations

import datetime as dt

from sarangbang.concierge.actions.steps import service_promise
from sarangbang.concierge.models import Ride, ServiceStatus
from sarangbang.messages.models import Message, Receipt
from sarangbang.people.models import SecureLink
from sarangbang.scheduling.models import Reservation
from sarangbang.stays.models import Promise
from sarangbang.stays.promises import CENTER

from .drawing import draw_id
from .guests import Story
from .services import Ask
from .town import Town

MISSED = (Reservation.Status.CANCELLED, Reservation.Status.NOSHOW_GUEST, Reservation.Status.NOSHOW_HOST)
WAITING_SHARE = 0.02


def tell_stay(town: Town, story: Story) -> None:
    """Links to the stay, the promise of each time and the message that told of it."""
    stay, made_on = story.stay, story.stay.created_at
    calendar, link = (
        SecureLink(id=draw_id(story.rng), purpose=purpose, subject=str(stay.pk), created_at=made_on)
        for purpose in (SecureLink.Purpose.CALENDAR, SecureLink.Purpose.STAY)
    )
    town.writer.add(calendar)
    town.writer.add(link)
    for appointment in story.appointments:
        reservation = appointment.reservation
        kept = reservation.status in (Reservation.Status.ARRIVED, Reservation.Status.FULFILLED)
        over = reservation.status in MISSED
        town.writer.add(
            Promise(
                stay=stay,
                kind="time_kept",
                subject=f"appointment:{appointment.pk}",
                promised_by=appointment.institution.name_latin,
                promised_at=made_on,
                due_at=reservation.starts_at,
                kept_at=reservation.starts_at if kept else None,
                withdrawn_at=min(reservation.starts_at, town.moment) if over else None,
            )
        )
        context = {"stay_link": str(link.pk), "starts_at": reservation.starts_at.isoformat()}
        _message(town, story, "stay_booked", made_on, context)


def tell_service(town: Town, ask: Ask) -> None:
    """What the center promised about a car or an interpreter, as the verbs of the concierge would have."""
    job, waited = ask.job, ask.job.answer_by is not None
    service = "ride" if isinstance(job, Ride) else "interpreting"
    subject = f"{service}:{job.pk}"
    if waited:
        off = job.status == ServiceStatus.CANCELLED
        open_still = job.status == ServiceStatus.WAITING
        _promise(town, ask, f"{service}_answer", subject, job.answer_by, kept=not (off or open_still), off=off)
    if job.status in (ServiceStatus.WAITING, ServiceStatus.DECLINED):
        return
    kind, due_at = service_promise(job)
    done = job.status in (ServiceStatus.MET, ServiceStatus.FINISHED)
    _promise(town, ask, kind, subject, due_at, kept=done, off=job.status == ServiceStatus.CANCELLED)


def _promise(
    town: Town, ask: Ask, kind: str, subject: str, due_at: dt.datetime | None, *, kept: bool, off: bool
) -> None:
    done_at = min(due_at or town.moment, town.moment)
    town.writer.add(
        Promise(
            stay=ask.job.stay,
            kind=kind,
            subject=subject,
            promised_by=CENTER,
            promised_at=ask.asked_at,
            due_at=due_at,
            kept_at=done_at if kept else None,
            withdrawn_at=done_at if off else None,
        )
    )


def _message(town: Town, story: Story, kind: str, at: dt.datetime, context: dict[str, str]) -> None:
    waits = story.rng.random() < WAITING_SHARE and story.outcome == "ahead"
    failed = not waits and story.rng.random() < 0.004
    status = Message.Status.QUEUED if waits else Message.Status.FAILED if failed else Message.Status.SENT
    message = Message(
        id=draw_id(story.rng),
        kind=kind,
        channel=Message.Channel.EMAIL,
        address=story.guest.email,
        language=story.guest.language,
        zone=story.guest.zone,
        context=context,
        guest=story.guest,
        created_at=at,
        due_at=town.moment + dt.timedelta(hours=20) if waits else at,
        status=status,
        attempts=0 if waits else 8 if failed else 1,
    )
    town.writer.add(message)
    if not waits:
        said = "550 no such mailbox" if failed else "250 accepted"
        town.writer.add(Receipt(message=message, at=at, accepted=not failed, detail=said))
