from django.utils import timezone

from sarangbang.demo.testing import District
from sarangbang.directory.models import Institution
from sarangbang.scheduling.models import Appointment


def test_the_district_has_one_of_everything(district: District) -> None:
    assert Institution.objects.receiving(district.today).filter(pk=district.institution.pk).exists()
    assert not Institution.objects.receiving(district.today).filter(pk=district.lapsed.pk).exists()
    assert district.institution.partner.kind == "medical"
    assert district.appointment.reservation.starts_at > timezone.now()
    assert district.stay.flights.count() == 2
    assert district.coordinator.is_demo
    assert Appointment.objects.filter(institution=district.institution).exists()
