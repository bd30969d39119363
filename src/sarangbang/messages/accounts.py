"""Messages about staff accounts: allauth says when, the outbox says how. A mail server that is down loses none of
them."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from sarangbang.people.adapters import Accounts
from sarangbang.people.models import User
from sarangbang.ui.locales import language

from .actions import post
from .rendering import HIDDEN, NoLongerNeeded, absolute

logger = logging.getLogger(__name__)


class StaffAccounts(Accounts):
    """allauth's account adapter, named by ``settings.ACCOUNT_ADAPTER``."""

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """The link is made when the message is sent; it is not stored."""
        post(
            "account_reset",
            address=user.email,
            language=language(user.language).code,
            context={"account_reset": str(user.pk)},
            expires_at=timezone.now() + dt.timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
        )

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Something about signing in has changed; the account's owner should know."""
        what = template_prefix.rpartition("/")[2]
        post(
            "account_changed",
            address=user.email,
            language=language(user.language).code,
            context={"what": what, "happened_at": timezone.now(), "reset_page": "account_reset_password"},
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Nothing else is sent: allauth's other mails answer questions about addresses that have no account here."""
        logger.info("account mail not sent", extra={"mail": template_prefix})


def reset_address(value: str, reveal: bool) -> str:
    """Resolver of ``…_reset``: the address where this account sets a new password."""
    user = User.objects.filter(pk=value, is_active=True).first()
    if user is None:
        raise NoLongerNeeded
    key = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user) if reveal else HIDDEN
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return absolute(path)
