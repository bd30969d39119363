"""What the account pages show of accounts."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context

from sarangbang.people import queries, rules

register = template.Library()


@register.simple_tag
def demo_accounts() -> dict[str, Any]:
    """In the demo: its password and its accounts, each with its role; otherwise nothing."""
    if not settings.DEMO:
        return {}
    accounts = [
        {"email": user.email, "role": ", ".join(each.get_role_display() for each in user.memberships.all())}
        for user in queries.demo_users()
    ]
    return {"password": queries.DEMO_PASSWORD, "accounts": accounts} if accounts else {}


@register.simple_tag(takes_context=True)
def second_factor(context: Context) -> dict[str, bool]:
    """Whether the reader still needs a second factor, or is excused from it."""
    user = context["request"].user
    return {"missing": rules.needs_second_factor(user), "excused": rules.is_excused(user)}
