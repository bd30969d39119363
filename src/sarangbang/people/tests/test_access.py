"""The door of staff pages: signed in, in the role, with a second factor."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from sarangbang.directory.models import Institution, Place
from sarangbang.people.access import staff_required
from sarangbang.people.models import Membership
from sarangbang.people.queries import actor_of, institutions_of, roles_of
from sarangbang.people.rules import PERMISSIONS, may

ALLOWED = {
    "coordinator": {"desk.use", "outbox.see", "waiting.see"},
    "clinic": {"clinic.use", "waiting.see"},
    "policy": {"policy.use"},
    "administrator": {"outbox.see"},
    "": set(),
}


@staff_required("desk.use")
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("the desk")


def ask(user, rf: RequestFactory, method: str = "get") -> HttpResponse:  # type: ignore[no-untyped-def]
    request = getattr(rf, method)("/en/desk/?day=2026-12-08")
    request.user = user
    request.session = {}
    return page(request)


def institution(slug: str) -> Institution:
    place = Place.objects.create(
        code=f"medical-{slug}", kind="medical", name="가", name_latin=slug, latitude=37.5, longitude=127.0
    )
    return Institution.objects.create(slug=slug, kind="clinic", name="가", name_latin=slug, place=place)


@pytest.fixture
def clinic(db: None) -> Institution:
    return institution("a")


@pytest.mark.django_db
@pytest.mark.parametrize("role", ALLOWED)
def test_each_role_may_what_it_needs_and_no_more(role: str, make_user, clinic) -> None:  # type: ignore[no-untyped-def]
    user = make_user(role, institution=clinic if role == "clinic" else None)
    assert {perm for perm in PERMISSIONS if may(user, perm)} == ALLOWED[role]


@pytest.mark.django_db
def test_neither_superusers_nor_closed_accounts_nor_nobody_are_in_a_role(make_user) -> None:  # type: ignore[no-untyped-def]
    superuser = make_user("", is_superuser=True, is_staff=True)
    closed = make_user("coordinator", is_active=False)
    for user in (superuser, closed, AnonymousUser()):
        assert not any(may(user, perm) for perm in PERMISSIONS)
    assert roles_of(closed) == frozenset()


@pytest.mark.django_db
def test_clinic_staff_belong_to_their_institutions_only(make_user, clinic) -> None:  # type: ignore[no-untyped-def]
    institution("b")
    user = make_user("clinic", institution=clinic)
    assert list(institutions_of(user)) == [clinic]
    assert not institutions_of(make_user("coordinator")).exists()
    assert not institutions_of(AnonymousUser()).exists()
    assert actor_of(user) == f"user:{user.pk}"


@pytest.mark.django_db
def test_nobody_is_led_to_the_sign_in_page_and_back(rf: RequestFactory) -> None:
    answer = ask(AnonymousUser(), rf)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))
    assert "next=/en/desk/%3Fday%3D2026-12-08" in answer["Location"]
    assert "next" not in ask(AnonymousUser(), rf, "post")["Location"]


@pytest.mark.django_db
def test_another_role_is_refused(rf: RequestFactory, make_user) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(PermissionDenied):
        ask(make_user("policy"), rf)


@pytest.mark.django_db
def test_without_a_second_factor_the_door_leads_to_its_set_up(rf: RequestFactory, make_user, settings) -> None:  # type: ignore[no-untyped-def]
    for demo in (False, True):
        answer = ask(make_user("coordinator", factor=False, is_demo=demo), rf)
        assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_index"))


@pytest.mark.django_db
def test_demo_accounts_are_excused_in_the_demo_only_and_others_never(rf: RequestFactory, make_user, settings) -> None:  # type: ignore[no-untyped-def]
    settings.DEMO = True
    assert ask(make_user("coordinator", factor=False, is_demo=True), rf).content == b"the desk"
    assert ask(make_user("coordinator", factor=False), rf).status_code == 302


@pytest.mark.django_db
def test_with_a_second_factor_the_door_opens_and_nothing_keeps_the_page(rf: RequestFactory, make_user) -> None:  # type: ignore[no-untyped-def]
    answer = ask(make_user("coordinator"), rf)
    assert answer.content == b"the desk"
    assert answer["Cache-Control"] == "no-store, private"


@pytest.mark.django_db
def test_recovery_codes_alone_are_no_second_factor(rf: RequestFactory, make_user) -> None:  # type: ignore[no-untyped-def]
    user = make_user("coordinator", factor=False)
    user.authenticator_set.create(type="recovery_codes", data={})
    assert ask(user, rf).status_code == 302


@pytest.mark.django_db
def test_the_door_costs_two_queries_however_many_roles(
    rf: RequestFactory, make_user, django_assert_num_queries
) -> None:  # type: ignore[no-untyped-def]
    user = make_user("coordinator")
    Membership.objects.create(user=user, role="policy")
    with django_assert_num_queries(2):
        ask(user, rf)
