"""An interpreter who was kept with an offered time becomes a job when the time is booked."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from sarangbang.concierge import actions
from sarangbang.concierge.models import Interpreting
from sarangbang.directory.models import Department
from sarangbang.people import links
from sarangbang.people.models import Guest
from sarangbang.scheduling import actions as scheduling
from sarangbang.scheduling.models import Appointment, WaitingEntry
from sarangbang.scheduling.waiting import joining, queries, rounds
from sarangbang.stays.queries import stay_of_offer
from sarangbang.stays.waiting import accept

from .conftest import Town

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def waiting(town: Town, guest: Guest) -> WaitingEntry:
    """The guest waits for a time in Mongolian that has just become free."""
    Guest.objects.filter(pk=guest.pk).update(email_proven_at=town.at(0, 0), zone="Asia/Seoul")
    guest.refresh_from_db()
    full = town.at(8, 10)
    wanted = scheduling.Wanted(town.doctors_resource, full, full + dt.timedelta(hours=1), town.clinic.pk)
    taken = scheduling.reserve([wanted], actor="clinic")
    entry = joining.join(
        guest, town.offering, actor="guest:x", language="mn", earliest_at=full, latest_at=full + dt.timedelta(hours=1)
    )
    scheduling.release(taken, actor="clinic")
    return entry


def accepted(town: Town, guest: Guest) -> Appointment:
    """They are asked and say yes."""
    entry = waiting(town, guest)
    assert rounds.run() == 1
    offer = entry.offers.get()
    accept(offer)
    assert stay_of_offer(offer) is not None
    offer.refresh_from_db()
    return Appointment.objects.get(reservation=offer.reservation_id)


def test_only_who_interprets_in_this_field_is_counted_on_and_the_guest_reads_of_it(town: Town, client: Client) -> None:
    others = Department.objects.create(slug="teeth", name="Dentistry")
    entry = waiting(town, town.guest)
    for one in (town.oyuun, town.bat):
        one.fields.add(others)
    assert rounds.run() == 0
    town.bat.fields.add(town.eyes)
    assert rounds.run() == 1
    assert entry.offers.get().reservation.allocations.filter(resource=town.bat.resource).exists()
    page = client.get(reverse("portal:waiting", args=[links.token_of(queries.link_to(entry))])).content.decode()
    assert "An interpreter is kept for you, too." in page


def test_the_interpreter_of_an_accepted_offer_is_sent_there(town: Town) -> None:
    appointment = accepted(town, town.guest)
    job = Interpreting.objects.get(appointment=appointment)
    assert (job.status, job.language, job.interpreter in (town.oyuun, town.bat)) == ("assigned", "mn", True)
    assert not scheduling.interpreters_along(appointment).exists(), "the job keeps the time now"
    allocation = job.reservation.allocations.get()
    assert (allocation.resource, allocation.ends_at) == (job.interpreter.resource, appointment.reservation.ends_at)
    scheduling.cancel(appointment, actor="clinic")
    job.refresh_from_db()
    assert (job.status, job.reservation) == ("cancelled", None)


def test_without_consent_the_time_stays_kept_until_the_guest_asks(town: Town) -> None:
    town.guest.consents.filter(purpose="concierge").delete()
    appointment = accepted(town, town.guest)
    assert not Interpreting.objects.filter(appointment=appointment).exists()
    kept = scheduling.interpreters_along(appointment).get().resource
    stay = appointment.stay_appointment.stay
    job = actions.request_interpreting(stay, appointment, actor="guest:x", language="mn", consents=True)
    assert (job.status, job.interpreter.resource) == ("assigned", kept)
    assert not scheduling.interpreters_along(appointment).exists()


def test_a_kept_interpreter_fits_no_other_job_at_that_time(town: Town) -> None:
    town.guest.consents.filter(purpose="concierge").delete()
    appointment = accepted(town, town.guest)
    kept = scheduling.interpreters_along(appointment).get().resource.interpreter
    other = town.another(1)
    elsewhere = town.book(other.stay, town.at(8, 12))
    taken = appointment.reservation
    job = actions.request_interpreting(other.stay, elsewhere, actor="guest:y", language="mn")
    Interpreting.objects.filter(pk=job.pk).update(starts_at=taken.starts_at, ends_at=taken.ends_at)
    job.refresh_from_db()
    with pytest.raises(actions.DoesNotFit):
        actions.assign(job, kept, actor="desk")
