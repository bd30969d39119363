"""People to test with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from sarangbang.directory.models import Institution
from sarangbang.people.models import Guest, Membership, User

PASSWORD = "a long enough password"


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """``make_user("coordinator", factor=False, is_demo=True)``: an account with one role, by default with an
    authenticator app."""
    made = 0

    def make(role: str = "", *, factor: bool = True, institution: Institution | None = None, **fields: Any) -> User:
        nonlocal made
        made += 1
        user = User.objects.create_user(f"someone{made}@example.org", PASSWORD, name=f"Someone {made}", **fields)
        if role:
            Membership.objects.create(user=user, role=role, institution=institution)
        if factor:
            Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
        return user

    return make


@pytest.fixture
def guest(db: None) -> Guest:
    return Guest.objects.create(
        name="Сарнай",
        name_latin="Sarnai",
        nationality="MN",
        birth_year=1990,
        sex="female",
        email="sarnai@example.org",
        language="mn",
        zone="Asia/Ulaanbaatar",
    )
