"""Structured logs: one JSON object per line on standard error, with the request's id and nothing personal.

A path may hold a secret link and an exception's message may hold what somebody typed, so neither is logged: a request
is named by its route (``<str:token>`` instead of the token), an error by its class and its frames, without values.
"""

from __future__ import annotations

import logging
import logging.config
import traceback
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")

UNWANTED = ("request", "server_time", "taskName", "color_message")


def route_of(request: Any) -> str:
    """The address template of a request, "(none)" when no route fits."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "(none)"


class Discreet(logging.Filter):
    """Adds the request's id, and puts the route where Django's own lines have the path."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        record.request_id = request_id.get() or getattr(request, "request_id", "")
        if record.name.startswith(("django.request", "django.security", "django.server")):
            record.msg = str(record.msg).split(":")[0].split("(%s)")[0].replace("%s", "").strip() or "Request"
            record.args = ()
            if request is not None:
                record.route = route_of(request)
                record.msg = f"{record.name}: {getattr(record, 'status_code', '')}".rstrip(": ")
        for name in UNWANTED:
            record.__dict__.pop(name, None)
        return True


class HouseFormatter(JsonFormatter):
    """JSON with errors as class and frames: no message, no local variables."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 (the name is logging's)
        kind, _error, frames = ei
        lines = traceback.format_list(traceback.extract_tb(frames))
        return "".join(lines) + (f"{kind.__module__}.{kind.__qualname__}" if kind else "")


def configure(options: dict[str, Any]) -> None:
    """Called by Django with ``settings.LOGGING``: ``level`` and ``plain`` (readable lines, for development)."""
    logging.config.dictConfig(dictionary(**options))


def dictionary(level: str = "INFO", plain: bool = False) -> dict[str, Any]:
    """The logging configuration; ``serve`` gives the same to granian."""
    formatter: dict[str, Any] = {
        "()": HouseFormatter,
        "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
        "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
        "datefmt": "%Y-%m-%dT%H:%M:%S%z",
        "json_ensure_ascii": False,
    }
    if plain:
        formatter = {"format": "%(asctime)s %(levelname)-7s %(name)s %(message)s", "datefmt": "%H:%M:%S"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"house": formatter},
        "filters": {} if plain else {"discreet": {"()": Discreet}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "house",
                "filters": [] if plain else ["discreet"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers are taken away; what it says goes the way of everything else.
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},
            "django.server": {"handlers": [], "level": "NOTSET", "propagate": True},
            "_granian": {"handlers": [], "level": "WARNING", "propagate": True},
            "granian.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }
