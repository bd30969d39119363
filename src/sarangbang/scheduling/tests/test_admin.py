"""The administration speaks the reader's language, and what is changed there stands in the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise

from sarangbang.people.models import AuditEntry, User
from sarangbang.scheduling.models import BookingRule

pytestmark = pytest.mark.once

WITHOUT = {"policy"}
"""Rooms whose tables are not shown in the administration."""


def test_every_model_has_names_that_can_be_translated() -> None:
    ours = [model for model in apps.get_models() if model.__module__.startswith("sarangbang.")]
    plain = [
        model._meta.label
        for model in ours
        if model._meta.app_label not in WITHOUT
        and not (isinstance(model._meta.verbose_name, Promise) and isinstance(model._meta.verbose_name_plural, Promise))
    ]
    assert len(ours) > 50
    assert not plain


@pytest.fixture
def keeper(client: Client, db: None, settings: Any) -> Client:
    settings.DEMO = True
    client.force_login(User.objects.create_superuser("keeper@demo.example", "x", name="Keeper", is_demo=True))
    return client


def test_the_pages_of_scheduling_open(keeper: Client) -> None:
    ours = [(model, page) for model, page in admin.site._registry.items() if model._meta.app_label == "scheduling"]
    assert len(ours) >= 12
    with translation.override("ko"):
        for model, page in ours:
            name = f"admin:scheduling_{model._meta.model_name}"
            assert keeper.get(reverse(f"{name}_changelist")).status_code == 200
            wanted = 403 if page.__class__.__mro__[1].__name__ == "ReadOnly" else 200
            assert keeper.get(reverse(f"{name}_add")).status_code == wanted


def test_a_rule_of_the_house_is_kept_with_its_author(keeper: Client) -> None:
    address = reverse("admin:scheduling_bookingrule_add")
    assert keeper.post(address, {"notice_minutes": "60"}).status_code == 302
    assert BookingRule.objects.get().notice_minutes == 60
    assert AuditEntry.objects.get(object_type="scheduling.bookingrule").verb == "add"
    twice = keeper.post(address, {"notice_minutes": "90"})
    assert (twice.status_code, BookingRule.objects.count()) == (200, 1)
    assert keeper.post(address, {"notice_minutes": "99999999999"}).status_code == 200
