"""The verbs of people: audit, access log, consents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import models, transaction
from django.utils import timezone

from sarangbang import rows

from .models import AccessEntry, AuditEntry, Consent, Guest, SecureLink, User

CONSENT_VERSION = "2026-11"


def audit(actor: str, verb: str, obj: models.Model, **detail: Any) -> AuditEntry:
    """Write down a deed. Call it in the transaction of the deed; never put names or health data in ``detail``."""
    entry = _entry(actor, verb, obj, detail)
    rows.add(entry)
    return entry


def audit_all(actor: str, verb: str, objects: Iterable[models.Model]) -> None:
    """Write down the same deed on several things."""
    rows.add(*(_entry(actor, verb, obj, {}) for obj in objects))


def _entry(actor: str, verb: str, obj: models.Model, detail: Mapping[str, Any]) -> AuditEntry:
    kind = obj._meta.label_lower  # noqa: SLF001 (public by Django's documentation)
    return rows.new(AuditEntry, actor=actor, verb=verb, object_type=kind, object_id=str(obj.pk), detail=dict(detail))


def record_access(actor: str, actor_name: str, guest: Guest, what: str) -> AccessEntry:
    """Write down that somebody read a guest's record; the guest sees ``actor_name`` and ``what``."""
    return AccessEntry.objects.create(actor=actor, actor_name=actor_name, guest=guest, what=what)


GUEST_FIELDS = ("name", "name_latin", "nationality", "birth_year", "sex", "email", "phone", "language", "zone")


@transaction.atomic
def register_guest(told: Mapping[str, Any], *, consents: Iterable[str], actor: str) -> Guest:
    """A guest as somebody of the staff was told, with the consents that they gave on the telephone or at the desk.
    The address is not proven yet; opening the link that is sent there proves it."""
    guest = Guest.objects.create(**{name: told[name] for name in GUEST_FIELDS if told.get(name)})
    give_consents(guest, consents, guest.language)
    audit(actor, "register_guest", guest)
    return guest


def give_consents(guest: Guest, purposes: Iterable[str], language: str) -> None:
    """Keep the guest's consents, one row per purpose, in the words of the version in force: all of them or none."""
    how = {"version": CONSENT_VERSION, "language": language, "given_at": timezone.now()}
    in_force = set() if guest.is_new else set(_in_force(guest))
    rows.add(
        *(
            rows.new(Consent, guest_id=guest.pk, purpose=purpose, **how)
            for purpose in dict.fromkeys(purposes)
            if purpose not in in_force
        )
    )


def _in_force(guest: Guest) -> Iterable[str]:
    return guest.consents.filter(withdrawn_at__isnull=True).values_list("purpose", flat=True)


@transaction.atomic
def withdraw_consent(guest: Guest, purpose: str, *, actor: str) -> None:
    """End a consent; the row stays as proof of what was agreed until now."""
    changed = guest.consents.filter(purpose=purpose, withdrawn_at__isnull=True).update(withdrawn_at=timezone.now())
    if changed:
        audit(actor, "withdraw_consent", guest, purpose=purpose)


@transaction.atomic
def close_link(link: SecureLink, *, actor: str) -> None:
    """End one link; what it led to is reached by a new one."""
    changed = SecureLink.objects.filter(pk=link.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
    if changed:
        audit(actor, "close_link", link, purpose=link.purpose)


@transaction.atomic
def take_away_second_factors(user: User, *, actor: str) -> None:
    """For somebody who lost device and recovery codes: they set up a new one when they sign in next."""
    Authenticator.objects.filter(user_id=user.pk).delete()
    audit(actor, "take_away_second_factors", user)
