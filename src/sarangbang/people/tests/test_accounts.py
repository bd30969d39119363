"""Signing in: password, second factor, landing; every allauth page in the look of the house and under its strict CSP."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings as house
from django.core import mail
from django.test import Client
from django.urls import reverse

from sarangbang.directory.models import Institution, Place
from sarangbang.messages.delivery import sweep
from sarangbang.messages.models import Message
from sarangbang.people.models import User

from .conftest import PASSWORD

pytestmark = pytest.mark.once

OPEN_PAGES = [
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_inactive",
]
OWN_PAGES = [
    "mfa_index",
    "account_logout",
    "account_email",
    "account_change_password",
    "account_reauthenticate",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_list_webauthn",
]
FACTOR_PAGES = [
    "mfa_index",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_reauthenticate",
]


class Strictness(HTMLParser):
    """Collects what a strict Content-Security-Policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.headings = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.headings += tag == "h1"
        if tag == "script" and "src" not in known and known.get("type") != "application/json":
            self.refused.append("inline script")
        if tag == "style" or "style" in known:
            self.refused.append(f"inline style of {tag}")
        self.refused += [f"{name} of {tag}" for name in known if name.startswith("on")]
        for name in ("src", "href"):
            if re.match(r"(data:|javascript:|https?://|//)", known.get(name) or ""):
                self.refused.append(f"{tag} {name}={known[name]}")


def assert_ours(answer) -> str:  # type: ignore[no-untyped-def]
    """A whole page of the house with one heading and nothing that its CSP refuses."""
    assert answer.status_code == 200
    text = answer.content.decode()
    page = Strictness()
    page.feed(text)
    assert page.refused == []
    assert page.headings == 1
    assert "ui/room.css" in text
    assert '<main id="main"' in text
    return text


def sign_in(client: Client, user: User, **more: str):  # type: ignore[no-untyped-def]
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD, **more})


def confirm(client: Client) -> None:
    """Type the password once more, as allauth asks before anything about signing in changes."""
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302


def app_code(user: User) -> str:
    """What the user's authenticator app shows now."""
    secret = Authenticator.objects.get(user=user, type="totp").wrap()
    key = totp.decrypt(secret.instance.data["secret"])
    return totp.format_hotp_value(totp.hotp_value(key, next(totp.yield_hotp_counters_from_time())))


@pytest.fixture
def clinic(db: None) -> Institution:
    place = Place.objects.create(code="a", kind="medical", name="가", name_latin="A", latitude=37.5, longitude=127)
    return Institution.objects.create(slug="a", kind="clinic", name="가", name_latin="A", place=place)


# The pages


@pytest.mark.django_db
@pytest.mark.parametrize("name", OPEN_PAGES)
def test_pages_for_nobody_are_ours_and_strict(client: Client, name: str) -> None:
    text = assert_ours(client.get(reverse(name)))
    assert 'content="noindex"' in text


@pytest.mark.django_db
@pytest.mark.parametrize("name", OWN_PAGES)
def test_pages_of_the_own_account_are_ours_and_strict(client: Client, make_user, name: str) -> None:  # type: ignore[no-untyped-def]
    sign_in(client, make_user("coordinator", factor=False))
    confirm(client)
    assert_ours(client.get(reverse(name)))


@pytest.mark.django_db
@pytest.mark.parametrize("name", FACTOR_PAGES)
def test_pages_with_a_second_factor_are_ours_and_strict(client: Client, make_user, name: str) -> None:  # type: ignore[no-untyped-def]
    user = make_user("coordinator", factor=False)
    sign_in(client, user)
    confirm(client)
    TOTP.activate(user, totp.generate_totp_secret())
    RecoveryCodes.activate(user)
    assert_ours(client.get(reverse(name)))


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["ar", "ko", "vi"])
def test_the_sign_in_page_speaks_every_language(client: Client, code: str) -> None:
    text = assert_ours(client.get(f"/{code}/accounts/login/"))
    assert f'lang="{code}"' in text


@pytest.mark.django_db
def test_the_policy_that_is_sent_has_no_way_around(client: Client) -> None:
    policy = client.get(reverse("account_login"))["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


# Signing in


@pytest.mark.django_db
def test_nobody_signs_up_alone(client: Client) -> None:
    client.post(reverse("account_signup"), {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD})
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "page"),
    [
        ("coordinator", "concierge:desk"),
        ("clinic", "scheduling:calendar"),
        ("policy", "policy:dashboard"),
        ("administrator", "admin:index"),
    ],
)
def test_each_role_lands_on_its_page(client: Client, make_user, clinic, settings, role: str, page: str) -> None:  # type: ignore[no-untyped-def]
    settings.DEMO = True
    user = make_user(
        role,
        factor=False,
        is_demo=True,
        is_staff=role == "administrator",
        institution=clinic if role == "clinic" else None,
    )
    answer = sign_in(client, user)
    assert answer["Location"] == reverse("people:landing")
    assert client.get(answer["Location"])["Location"] == reverse(page)


@pytest.mark.django_db
def test_an_account_without_a_role_is_told_so(client: Client, make_user) -> None:  # type: ignore[no-untyped-def]
    sign_in(client, make_user(""))
    client.force_login(make_user("", factor=False))
    assert "no role yet" in assert_ours(client.get(reverse("people:landing")))


@pytest.mark.django_db
def test_a_password_alone_leads_to_the_second_factor_and_then_to_the_page_that_was_asked_for(
    client: Client,
    make_user,  # type: ignore[no-untyped-def]
) -> None:
    user = make_user("administrator", factor=False)
    wanted = reverse("outbox:list") + "?status=failed"
    sign_in(client, user)
    assert client.get(wanted)["Location"] == reverse("mfa_index")
    assert "add a second factor" in assert_ours(client.get(reverse("mfa_index")))

    assert client.get(reverse("mfa_activate_totp"))["Location"].startswith(reverse("account_reauthenticate"))
    confirm(client)
    page = assert_ours(client.get(reverse("mfa_activate_totp")))
    assert "<svg" in page
    secret = client.session["mfa.totp.secret"]
    code = totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))
    answer = client.post(reverse("mfa_activate_totp"), {"code": code})
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    assert secret not in str(Authenticator.objects.get(type="totp").data)

    assert client.get(reverse("people:landing"))["Location"] == wanted
    assert client.get(wanted).status_code == 200


@pytest.mark.django_db
def test_with_a_second_factor_the_password_alone_signs_nobody_in(client: Client, make_user) -> None:  # type: ignore[no-untyped-def]
    user = make_user("administrator", factor=False)
    TOTP.activate(user, totp.generate_totp_secret())
    answer = sign_in(client, user)
    assert answer["Location"].startswith(reverse("mfa_authenticate"))
    assert_ours(client.get(reverse("mfa_authenticate")))
    assert client.get(reverse("outbox:list")).status_code == 302
    assert "_auth_user_id" not in client.session

    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    client.post(reverse("mfa_authenticate"), {"code": app_code(user)})
    assert client.get(reverse("outbox:list")).status_code == 200


@pytest.mark.django_db
def test_passkey_sign_in_offers_a_challenge_and_refuses_nonsense(client: Client) -> None:
    offered = client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    assert "challenge" in str(offered.json())
    assert client.post(reverse("mfa_login_webauthn"), {"credential": "{}"}).status_code < 500


@pytest.mark.django_db
def test_wrong_passwords_are_limited(client: Client, make_user) -> None:  # type: ignore[no-untyped-def]
    user = make_user("policy")
    for _try in range(5):
        client.post(reverse("account_login"), {"login": user.email, "password": "wrong"})
    assert "_auth_user_id" not in client.session
    assert sign_in(client, user).status_code in (200, 429)
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_too_many_sign_ins_are_answered_in_the_look_of_the_house(client: Client) -> None:
    for _try in range(31):
        answer = client.post(reverse("account_login"), {"login": "a@example.org", "password": "x"})
    assert answer.status_code == 429
    assert "ui/room.css" in answer.content.decode()


@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["\0", "x" * 10_000, "a\ud800@example.org", "💥"])
def test_nonsense_at_the_sign_in_page_is_an_error_beside_the_field(client: Client, typed: str) -> None:
    body = {"login": typed.encode("utf-8", "surrogatepass"), "password": typed.encode("utf-8", "surrogatepass")}
    assert client.post(reverse("account_login"), body).status_code in (200, 400)


# Demo


@pytest.mark.django_db
def test_demo_accounts_are_offered_in_the_demo_only(client: Client, make_user, settings) -> None:  # type: ignore[no-untyped-def]
    make_user("coordinator", factor=False, is_demo=True)
    real = make_user("policy")
    assert "sarangbang-demo" not in assert_ours(client.get(reverse("account_login")))
    settings.DEMO = True
    page = assert_ours(client.get(reverse("account_login")))
    assert "sarangbang-demo" in page
    assert "someone1@example.org" in page
    assert real.email not in page


@pytest.mark.django_db
def test_every_staff_page_of_a_demo_account_says_that_it_is_excused(client: Client, make_user, settings) -> None:  # type: ignore[no-untyped-def]
    settings.DEMO = True
    client.force_login(make_user("administrator", factor=False, is_demo=True))
    assert "without a second factor" in client.get(reverse("outbox:list")).content.decode()
    client.force_login(make_user("administrator"))
    assert "without a second factor" not in client.get(reverse("outbox:list")).content.decode()


# Passwords


@pytest.mark.django_db(transaction=True)
def test_a_new_password_is_set_by_a_link_that_is_not_stored(client: Client, make_user) -> None:  # type: ignore[no-untyped-def]
    user = make_user("policy", language="en")
    client.post(reverse("account_reset_password"), {"email": user.email})
    sweep()
    [letter] = mail.outbox
    link = re.search(r"https?://[^\s]+/password/reset/key/[^\s]+", letter.body)
    assert link is not None
    assert link.group().startswith(house.SITE_URL)
    key = link.group().rstrip("/").rpartition("/")[2]
    assert key not in str(Message.objects.values())

    path = link.group().removeprefix(house.SITE_URL)
    form = client.get(path, follow=True)
    assert_ours(form)
    fresh = "an entirely new password"
    client.post(form.request["PATH_INFO"], {"password1": fresh, "password2": fresh})
    user.refresh_from_db()
    assert user.check_password(fresh)
    assert Message.objects.filter(kind="account_changed").exists()
    assert_ours(client.get(path, follow=True))


@pytest.mark.django_db(transaction=True)
def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: Client, make_user) -> None:  # type: ignore[no-untyped-def]
    user = make_user("policy")
    known = client.post(reverse("account_reset_password"), {"email": user.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert Message.objects.count() == 1


# Administration


@pytest.mark.django_db
def test_the_administration_has_no_door_of_its_own(client: Client, make_user) -> None:  # type: ignore[no-untyped-def]
    index = reverse("admin:index")
    assert client.get(reverse("admin:login"))["Location"].startswith(reverse("account_login"))
    assert client.get(index).status_code == 302

    client.force_login(make_user("coordinator"))
    assert client.get(index, follow=True).status_code == 403

    client.force_login(make_user("administrator", is_staff=True, is_superuser=True, factor=False))
    assert client.get(index, follow=True).redirect_chain[-1][0] == reverse("mfa_index")

    client.force_login(make_user("administrator", is_staff=True, is_superuser=True))
    assert client.get(index).status_code == 200


@pytest.mark.django_db
def test_administrators_keep_accounts_and_cannot_change_records(client: Client, make_user, guest) -> None:  # type: ignore[no-untyped-def]
    admin = make_user("administrator", is_staff=True, is_superuser=True)
    client.force_login(admin)
    for model in ("user", "guest", "consent", "securelink", "auditentry", "accessentry"):
        assert client.get(reverse(f"admin:people_{model}_changelist")).status_code == 200
    assert client.get(reverse("admin:people_user_add")).status_code == 200
    assert client.get(reverse("admin:people_user_change", args=[admin.pk])).status_code == 200
    shown = client.get(reverse("admin:people_guest_change", args=[guest.pk])).content.decode()
    assert guest.name not in shown
    assert guest.email not in shown
    assert client.post(reverse("admin:people_guest_delete", args=[guest.pk])).status_code == 403
    assert client.get(reverse("admin:people_guest_add")).status_code == 403


@pytest.mark.django_db
def test_a_lost_device_is_helped_by_an_administrator(client: Client, make_user) -> None:  # type: ignore[no-untyped-def]
    lost = make_user("policy")
    client.force_login(make_user("administrator", is_staff=True, is_superuser=True))
    client.post(
        reverse("admin:people_user_changelist"),
        {"action": "take_away_second_factors", "_selected_action": [lost.pk]},
    )
    assert not Authenticator.objects.filter(user=lost).exists()
