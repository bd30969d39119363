"""What the pages of the clinic start from: the institutions that the reader works for."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from sarangbang.directory.models import Institution
from sarangbang.people.queries import institutions_of
from sarangbang.scheduling.diary import Seat, seats_of
from sarangbang.scheduling.models import Appointment
from sarangbang.scheduling.queries import appointments_of


def houses_of(request: HttpRequest) -> list[Institution]:
    """The reader's institutions with their places."""
    return list(institutions_of(request.user).select_related("place"))


def seat_at(houses: list[Institution], resource: int) -> Seat:
    """Somebody or something with a roster there; 404 for any other."""
    for seat in seats_of(houses):
        if seat.resource.pk == resource:
            return seat
    raise Http404


def own_appointment(request: HttpRequest, pk: UUID) -> Appointment:
    """An appointment at the reader's institutions; 404 for any other."""
    return get_object_or_404(appointments_of(institutions_of(request.user)), pk=pk)
