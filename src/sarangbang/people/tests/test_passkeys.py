"""A passkey from first to last in a browser with a virtual authenticator, under the CSP that is really sent."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from .conftest import PASSWORD


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_passkey_is_added_and_then_signs_in_alone(live_server, new_page, axe, make_user, settings) -> None:  # type: ignore[no-untyped-def]
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    user = make_user("administrator", factor=False)
    # Browsers give passkeys to names, not to IP addresses.
    house = live_server.url.replace("127.0.0.1", "localhost")
    page = new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    page.goto(house + reverse("account_login"))
    axe(page)
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"**{reverse('mfa_index')}")
    axe(page)

    page.goto(house + reverse("mfa_add_webauthn"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    axe(page)
    page.get_by_label(re.compile("passwordless|Passwordless")).check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(f"**{reverse('mfa_view_recovery_codes')}")
    axe(page)
    assert Authenticator.objects.filter(user=user, type="webauthn").exists()

    page.goto(house + reverse("account_logout"))
    page.locator("main").get_by_role("button").click()
    page.wait_for_url(f"**{reverse('account_login')}")
    page.locator("#passkey_login").click()
    page.wait_for_url(f"**{reverse('outbox:list')}")
    axe(page)
    assert refused == []
