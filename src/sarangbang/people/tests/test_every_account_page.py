"""Administration and account pages as every role: who may enter, nothing inline, no fault."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import get_resolver, reverse

from sarangbang.people.models import AuditEntry, User

pytestmark = pytest.mark.django_db
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)(?![^>]*type=.application/json)")
ROLES = ("coordinator", "clinic_user", "policy_user", "administrator")


@pytest.fixture(autouse=True)
def in_the_demo(settings: Any) -> None:
    settings.DEMO = True
    settings.ACCOUNT_RATE_LIMITS = False


def admin_pages() -> list[str]:
    pages = [reverse("admin:index"), reverse("admin:password_change")]
    for model, keeper in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages.append(reverse(f"{name}_changelist"))
        one = model._default_manager.first()
        if one is not None:
            pages.append(reverse(f"{name}_change", args=[one.pk]))
        if keeper.has_add_permission.__qualname__.startswith("BaseModelAdmin"):
            pages.append(reverse(f"{name}_add"))
    return pages


def account_pages() -> list[str]:
    """Every page of allauth that takes no argument."""
    names = [str(name) for name in get_resolver().reverse_dict if isinstance(name, str)]
    return [
        reverse(name)
        for name in sorted(names)
        if name.startswith(("account_", "mfa_")) and not get_resolver().reverse_dict[name][0][0][1]
    ]


def check(client: Client, page: str, *, allowed: set[int]) -> None:
    answer = client.get(page)
    assert answer.status_code in allowed, (page, answer.status_code)
    assert "unsafe" not in answer["Content-Security-Policy"]
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        found = INLINE.search(answer.content.decode())
        assert found is None, (page, found)


@pytest.mark.once
def test_the_administration_is_whole_for_its_keeper(district: Any, client: Client) -> None:
    client.force_login(district.administrator)
    pages = admin_pages()
    assert len(pages) > 30
    for page in pages:
        check(client, page, allowed={200})


@pytest.mark.once
@pytest.mark.parametrize("role", ["nobody", *ROLES[:3]])
def test_the_administration_is_closed_to_everybody_else(district: Any, client: Client, role: str) -> None:
    if role != "nobody":
        client.force_login(getattr(district, role))
    for page in admin_pages():
        answer = client.get(page)
        assert answer.status_code in {302, 403}, page
        if answer.status_code == 302:
            assert "/login/" in answer["Location"], page
        assert client.post(page).status_code in {302, 403}, page
    # Who is nobody yet may sign in there; who is somebody else is told.
    led = client.get(reverse("admin:index"), follow=True)
    assert led.status_code == (200 if role == "nobody" else 403)


def test_second_factors_addresses_and_groups_have_no_page_there(district: Any, client: Client) -> None:
    client.force_login(district.administrator)
    for path in ("mfa/authenticator", "account/emailaddress", "auth/group"):
        assert client.get(f"/en/admin/{path}/").status_code == 404


def test_a_deleted_account_is_written_down(district: Any, client: Client) -> None:
    client.force_login(district.administrator)
    gone = User.objects.create_user("gone@example.org", "x", name="Gone")
    client.post(reverse("admin:people_user_delete", args=[gone.pk]), {"post": "yes"})
    assert not User.objects.filter(pk=gone.pk).exists()
    assert AuditEntry.objects.filter(verb="delete_account", object_id=str(gone.pk)).count() == 1


@pytest.mark.once
@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_account_pages_are_strict_for_everybody(district: Any, client: Client, role: str) -> None:
    pages = account_pages()
    assert len(pages) > 10
    for page in pages:
        fresh = Client()
        if role != "nobody":
            fresh.force_login(getattr(district, role))
        check(fresh, page, allowed={200, 302, 403, 404, 405, 409})
        assert fresh.post(page, {"login": "x", "code": "x", "email": "x", "password": "x"}).status_code < 500
