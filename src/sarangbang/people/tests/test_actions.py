"""Consents have a history, deeds and looks are written down."""

from __future__ import annotations

import pytest

from sarangbang.people import actions, links
from sarangbang.people.models import AuditEntry, Guest
from sarangbang.people.queries import accesses_of


@pytest.mark.django_db
def test_a_consent_is_in_force_once_and_its_end_is_kept(guest: Guest) -> None:
    actions.give_consents(guest, ["booking", "health", "booking"], "mn")
    actions.give_consents(guest, ["health"], "en")
    assert sorted(guest.consents.values_list("purpose", flat=True)) == ["booking", "health"]

    actions.withdraw_consent(guest, "health", actor=f"guest:{guest.pk}")
    actions.withdraw_consent(guest, "health", actor=f"guest:{guest.pk}")
    assert guest.consents.get(purpose="health").withdrawn_at is not None
    assert AuditEntry.objects.filter(verb="withdraw_consent").count() == 1

    actions.give_consents(guest, ["health"], "en")
    assert guest.consents.filter(purpose="health").count() == 2


@pytest.mark.django_db
def test_a_guest_sees_who_looked(guest: Guest) -> None:
    actions.record_access("user:1", "Clinic", guest, "appointment")
    actions.record_access("user:2", "Desk", guest, "stay")
    assert [entry.actor_name for entry in accesses_of(guest)] == ["Desk", "Clinic"]


@pytest.mark.django_db
def test_closing_a_link_is_audited_once() -> None:
    link = links.issue("driver", "a")
    actions.close_link(link, actor="user:1")
    actions.close_link(link, actor="user:1")
    assert AuditEntry.objects.get().object_id == str(link.pk)
    with pytest.raises(links.LinkRevoked):
        links.open_link(links.token_of(link), "driver")
