"""Who somebody is and what they belong to."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from sarangbang.directory.models import Institution

from .models import AccessEntry, Guest, Membership, User

AnyUser = User | AnonymousUser

DEMO_PASSWORD = "sarangbang-demo"  # noqa: S105 (public: the sign-in page of a demo shows it)


def actor_of(user: AnyUser) -> str:
    """How the audit names this account: "user:<id>"."""
    return f"user:{user.pk}"


def memberships_of(user: AnyUser) -> list[Membership]:
    """The account's roles, read once per request: kept on the user object, which lives as long."""
    if not isinstance(user, User):
        return []
    kept: list[Membership] | None = getattr(user, "_memberships_kept", None)
    if kept is None:
        kept = list(Membership.objects.filter(user_id=user.pk).order_by("pk"))
        user._memberships_kept = kept  # type: ignore[attr-defined]  # noqa: SLF001
    return kept


def roles_of(user: AnyUser) -> frozenset[str]:
    """The values of ``Membership.Role`` that this account holds; none for an account that was closed."""
    return frozenset(each.role for each in memberships_of(user)) if user.is_active else frozenset()


def institutions_of(user: AnyUser) -> QuerySet[Institution]:
    """The institutions whose calendar this account works in."""
    if not user.is_active:
        return Institution.objects.none()
    return Institution.objects.filter(
        pk__in=[each.institution_id for each in memberships_of(user) if each.institution_id is not None]
    )


def accesses_of(guest: Guest) -> QuerySet[AccessEntry]:
    """Who read this guest's record, newest first, for the guest to see."""
    return AccessEntry.objects.filter(guest=guest).order_by("-at")


def demo_users() -> QuerySet[User]:
    """The accounts that the demo district has made, with their roles."""
    return User.objects.filter(is_demo=True, is_active=True).prefetch_related("memberships").order_by("pk")
