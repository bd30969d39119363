"""The only place that reads the environment. Everything that is missing is said at once, in one sentence."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


class Environment:
    """Reads variables, collects the missing and the unreadable ones, and refuses once, in ``insist()``."""

    def __init__(self) -> None:
        self.missing: list[str] = []
        self.unreadable: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return os.environ.get(name, "").strip() or default

    def required(self, name: str, what: str, default: str | None) -> str:
        """The variable, or ``default``; without a default it counts as missing. ``what`` explains it."""
        value = self.text(name)
        if value or default is not None:
            return value or str(default)
        self.missing.append(f"{name} ({what})")
        return ""

    def flag(self, name: str, default: bool) -> bool:
        value = os.environ.get(name)
        if value is None:
            return default
        if value.strip().lower() in TRUE:
            return True
        if value.strip().lower() not in FALSE:
            self.unreadable.append(f"{name} must be 1 or 0")
        return False

    def one_of(self, name: str, default: str, *known: str) -> str:
        value = self.text(name, default).upper()
        if value in known:
            return value
        self.unreadable.append(f"{name} must be one of {', '.join(known)}")
        return default

    def whole(self, name: str, default: int, least: int = 0, most: int = 2**31 - 1) -> int:
        """A whole number between two bounds, both allowed."""
        value = self.text(name, str(default))
        if value.isascii() and value.isdigit() and least <= int(value) <= most:
            return int(value)
        self.unreadable.append(f"{name} must be a whole number from {least} to {most}")
        return default

    def words(self, name: str, default: str = "") -> list[str]:
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def folder(self, name: str, default: Path) -> Path:
        return Path(self.text(name, str(default))).expanduser().absolute()

    def rate(self, name: str, default: str) -> str:
        """A rate as django-ratelimit writes it: ``10/h``, ``5/10m``, ``100/d``."""
        value = self.text(name, default)
        if re.fullmatch(r"[1-9][0-9]{0,6}/[0-9]{0,4}[smhd]", value):
            return value
        self.unreadable.append(f"{name} must be a rate as 10/h")
        return default

    def database(self, address: str, **options: Any) -> dict[str, Any]:
        """Django's settings of one database from its address."""
        try:
            return dict(dj_database_url.parse(address, **options))
        except (ValueError, dj_database_url.ParseError):
            self.unreadable.append("DATABASE_URL must be as postgresql://user:password@host/name or sqlite:////path")
            return {"ENGINE": "django.db.backends.dummy"}

    def mail(self, address: str) -> dict[str, Any]:
        """Django's mail settings from ``smtp://user:password@host:port``, ``smtp+tls://``, ``smtps://``, ``file:///folder``
        or ``console:``."""
        parts = urlsplit(address)
        backend = "django.core.mail.backends.{}.EmailBackend"
        if parts.scheme == "file":
            return {"EMAIL_BACKEND": backend.format("filebased"), "EMAIL_FILE_PATH": unquote(parts.path)}
        if parts.scheme == "console":
            return {"EMAIL_BACKEND": backend.format("console")}
        if parts.scheme not in {"smtp", "smtp+tls", "smtps"} or not parts.hostname:
            self.unreadable.append("EMAIL_URL must be as smtp+tls://user:password@host:587")
        try:
            port = parts.port
        except ValueError:
            port = None
            self.unreadable.append("EMAIL_URL has no readable port")
        usual_port = {"smtps": 465, "smtp+tls": 587}.get(parts.scheme, 25)
        return {
            "EMAIL_BACKEND": backend.format("smtp"),
            "EMAIL_HOST": parts.hostname or "",
            "EMAIL_PORT": port or usual_port,
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
            "EMAIL_USE_SSL": parts.scheme == "smtps",
        }

    def insist(self) -> None:
        """Raises ImproperlyConfigured when something is missing or unreadable."""
        complaints = []
        if self.missing:
            complaints.append(f"these environment variables are missing: {', '.join(self.missing)}")
        complaints += self.unreadable
        if complaints:
            raise ImproperlyConfigured(
                f"Sarangbang does not start: {'; '.join(complaints)}. For development set DEBUG=1."
            )
