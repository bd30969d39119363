"""The script that keeps crews' pages on the phone. It is served below ``/<language>/crew/``: that is its scope."""

from __future__ import annotations

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

SCRIPT = Path(__file__).parents[1] / "static" / "concierge" / "worker.js"


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker; browsers ask again each time whether there is a newer one."""
    response = HttpResponse(SCRIPT.read_bytes(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
