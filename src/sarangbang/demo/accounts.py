"""One account per role, to look around with. Their password is public; they are excused from the second factor, and
the sign-in page says so."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from sarangbang.people.models import Membership, User
from sarangbang.people.queries import DEMO_PASSWORD

from .town import Town


@dataclass(frozen=True, slots=True)
class Account:
    email: str
    name: str
    role: str
    what: Lazy | str


ACCOUNTS = (
    Account("coordinator@demo.example", "김하람", Membership.Role.COORDINATOR, _("The coordinator's day")),
    Account("clinic@demo.example", "이서담", Membership.Role.CLINIC, _("A clinic's calendar")),
    Account("policy@demo.example", "박누리", Membership.Role.POLICY, _("Guests served")),
    Account("admin@demo.example", "최가온", Membership.Role.ADMINISTRATOR, _("Administration and outbox")),
)


def make_accounts(town: Town) -> None:
    """The accounts, without their roles yet. All have one password, which takes long to hash."""
    password = make_password(DEMO_PASSWORD)
    for account in ACCOUNTS:
        administers = account.role == Membership.Role.ADMINISTRATOR
        town.users[account.role] = User.objects.create(
            email=account.email,
            password=password,
            name=account.name,
            language="en",
            is_demo=True,
            is_staff=administers,
            is_superuser=administers,
        )


def make_memberships(town: Town) -> None:
    for role, user in town.users.items():
        institution = town.clinic_id if role == Membership.Role.CLINIC else None
        town.writer.add(Membership(user=user, role=role, institution_id=institution))
