"""What the document says is true, whatever a stranger's program sends: schemathesis asks, inside this process.

Bounded, and the same in every run: the examples are drawn from a fixed seed.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings

from sarangbang.scheduling.models import PathwayStep
from sarangbang.scheduling.tests.conftest import make_clinic

from .test_api import DETAILS

# ``make fuzz`` asks much more. PostgreSQL gets two each here: what it alone refuses, the hostile values of test_api and
# test_requests bring it.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2" if connection.vendor == "postgresql" else "6"))
SEEDED = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@contextmanager
def in_our_transaction() -> Iterator[None]:
    """Calls of the WSGI application stay in the test's transaction, which it would otherwise end by closing the
    connection (Django's test client does the same for its own calls)."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def application() -> Any:
    """The house behind a server that knows the visitor's address, for a client that cannot unpack."""
    house = get_wsgi_application()
    known = {"REMOTE_ADDR": "127.0.0.1", "HTTP_ACCEPT_ENCODING": ""}
    return lambda environ, start_response: house({**environ, **known}, start_response)


def hold(client: Client, district: Any) -> dict[str, Any]:
    """A held time of the district, with its token."""
    start = timezone.now() + dt.timedelta(days=3)
    known = {"institution": district.offering.institution.slug, "procedure": district.offering.procedure.slug}
    free = client.get("/api/v1/free-times", {**known, "start": start.isoformat()}).json()["items"][0]
    answer = client.post("/api/v1/holds", json.dumps(free), content_type="application/json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def hold_series(client: Client) -> dict[str, Any]:
    """The held times of a treatment that takes two visits, with their token."""
    clinic = make_clinic("series", doctors=1)
    for position in range(2):
        PathwayStep.objects.create(
            offering=clinic.offering, position=position, kind="check", visit_minutes=30, days_after_low=position
        )
    start = timezone.now() + dt.timedelta(days=3)
    asked = {"procedure": clinic.offering.procedure.slug, "institution": "series", "start": start.isoformat()}
    free = client.get("/api/v1/series-times", asked).json()["items"][0]
    answer = client.post("/api/v1/series", json.dumps(free), content_type="application/json")
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.mark.parametrize(
    "kind",
    # What is refused is refused before any database is asked.
    ["positive", pytest.param("negative", marks=pytest.mark.once)],
)
def test_every_answer_is_one_that_the_document_names(district: Any, client: Client, settings: Any, kind: str) -> None:
    import schemathesis  # which takes a second to read
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi import checks

    mode, is_positive = GenerationMode(kind), kind == "positive"
    settings.RATELIMIT_ENABLE = False  # of so many calls most would only be told to wait
    promised = [
        not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
        checks.response_schema_conformance,
    ]  # fmt: skip
    held, together = hold(client, district), hold_series(client)
    real = {name: held[name] for name in ("institution", "procedure", "starts_at", "token")}
    real |= {name: DETAILS[name] for name in ("guest", "consents")} | {"arrives_on": None, "leaves_on": None}
    statuses: dict[str, set[int]] = {}

    def ask(operation: Any) -> None:
        real["slug"] = real["procedure" if "procedures" in operation.path else "institution"]
        real["token"] = (together if "/series/" in operation.path else held)["token"]

        @SEEDED
        @given(case=operation.as_strategy(generation_mode=mode))
        def asked(case: Any) -> None:
            for sent in (case.path_parameters, case.query, case.body):
                if isinstance(sent, dict) and is_positive:  # names that lead somewhere
                    sent.update({name: real[name] for name in sent.keys() & real.keys()})
            answer = case.call()
            statuses.setdefault(operation.label, set()).add(answer.status_code)
            case.validate_response(answer, checks=promised)

        asked()

    with in_our_transaction():
        document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application())
        operations = [found.ok() for found in document.get_all_operations()]
        for operation in operations:
            ask(operation)
    assert len(statuses) == len(operations) >= 15
    if is_positive:
        refused = {label for label, seen in statuses.items() if min(seen) >= 400}
        assert refused <= {"POST /api/v1/holds", "POST /api/v1/appointments", "POST /api/v1/series"}, statuses
