"""Who may: the roles as predicates, the permissions of staff pages, and the second factor."""

from __future__ import annotations

import rules
from allauth.mfa.models import Authenticator
from django.conf import settings

from .models import Membership, User
from .queries import AnyUser, roles_of

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes alone are no second factor: they help somebody who has lost theirs."""


@rules.predicate
def is_coordinator(user: AnyUser) -> bool:
    return Membership.Role.COORDINATOR in roles_of(user)


@rules.predicate
def is_clinic_staff(user: AnyUser) -> bool:
    return Membership.Role.CLINIC in roles_of(user)


@rules.predicate
def is_policy_officer(user: AnyUser) -> bool:
    return Membership.Role.POLICY in roles_of(user)


@rules.predicate
def is_administrator(user: AnyUser) -> bool:
    return Membership.Role.ADMINISTRATOR in roles_of(user)


# An administrator keeps accounts and the outbox running and has no business in a guest's record.
PERMISSIONS = {
    "desk.use": is_coordinator,
    "clinic.use": is_clinic_staff,
    "waiting.see": is_coordinator | is_clinic_staff,
    "policy.use": is_policy_officer,
    "outbox.see": is_coordinator | is_administrator,
}
for _name, _predicate in PERMISSIONS.items():
    rules.set_perm(_name, _predicate)


def may(user: AnyUser, perm: str) -> bool:
    """Whether this account may use pages under ``perm``.

    Asked of the predicate itself: Django says yes to a superuser whatever is asked, but the keeper of the accounts
    is not thereby a member of every clinic.
    """
    return user.is_authenticated and bool(rules.has_perm(perm, user))


def is_excused(user: AnyUser) -> bool:
    """Demo accounts need no second factor, and only while the house runs as a demo."""
    return bool(getattr(settings, "DEMO", False)) and isinstance(user, User) and user.is_demo


def has_second_factor(user: AnyUser) -> bool:
    return Authenticator.objects.filter(user_id=user.pk, type__in=SECOND_FACTORS).exists()


def needs_second_factor(user: AnyUser) -> bool:
    """Whether this account must set up a second factor before it sees anything of a guest."""
    return not is_excused(user) and not has_second_factor(user)
