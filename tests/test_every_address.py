"""Every address as every role and as nobody: who may enter, no server error, a constant number of queries, a small first load."""

from __future__ import annotations

import gzip
import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from sarangbang.concierge.models import (
    Driver,
    Interpreter,
    Interpreting,
    LedgerEntry,
    Proposal,
    Ride,
    Statement,
    Survey,
)
from sarangbang.demo.sizes import TINY, Size
from sarangbang.demo.testing import load_district
from sarangbang.directory.models import Offering
from sarangbang.messages.models import Message
from sarangbang.people import links
from sarangbang.people.models import SecureLink
from sarangbang.policy.awards.actions import Told, record_award
from sarangbang.policy.models import AwardEntry, Figure
from sarangbang.policy.reporting.rows import rows_of
from sarangbang.scheduling.models import Appointment, Closure, PathwayStep, Requirement, Resource, RosterException

pytestmark = pytest.mark.django_db
BUDGET = 60_000
ROLES = ("nobody", "coordinator", "clinic", "policy", "administrator")
BOTH_ENDS, BETWEEN = {ROLES[0], ROLES[-1]}, ROLES[1:-1]
OWNERS = {"desk": "coordinator", "clinic": "clinic", "policy": "policy"}
"""Whose pages stand below which part of the address."""
SENT_ONLY = {"scheduling:mark", "concierge:move", "concierge:plan"}
"""Addresses that take forms and show nothing."""
NUMBER_OF_QUERIES = 40
A_FEW = 3


@pytest.fixture(autouse=True)
def open_house(settings: Any) -> None:
    settings.DEMO = True
    settings.RATELIMIT_ENABLE = False


def patterns(node: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    """(full name, pattern) of every address of the house; Django's admin and allauth have tests of their own."""
    for entry in node.url_patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace in {"admin", "api-v1"}:
                continue
            yield from patterns(entry, (*names, entry.namespace) if entry.namespace else names)
        elif entry.name:
            yield ":".join([*names, entry.name]), entry


@pytest.fixture
def arguments(district: Any) -> dict[str, Any]:
    return arguments_of(district)


def arguments_of(district: Any) -> dict[str, Any]:
    """Something real for every argument that an address takes."""
    ride, interpreting = Ride.objects.filter(flight__direction="arrival").first(), Interpreting.objects.first()
    assert ride
    assert interpreting
    visit = Appointment.objects.filter(institution=district.institution, stay_appointment__isnull=False).first()
    assert visit
    held = Appointment.objects.create(
        reservation=type(district.appointment.reservation).objects.create(
            status="held",
            starts_at=district.appointment.reservation.starts_at,
            ends_at=district.appointment.reservation.ends_at,
            hold_expires_at=district.appointment.reservation.starts_at,
        ),
        offering=district.offering, institution=district.institution, practitioner=district.practitioner,
        place=district.institution.place,
    )  # fmt: skip

    def token(purpose: str, subject: Any) -> str:
        return links.token_of(links.issue(purpose, subject))

    return {
        "stay": token(SecureLink.Purpose.STAY, district.stay.pk),
        "calendar": token(SecureLink.Purpose.CALENDAR, district.stay.pk),
        "hold": token(SecureLink.Purpose.HOLD, held.pk),
        "confirm": token(SecureLink.Purpose.CONFIRM, held.pk),
        "driver": token(SecureLink.Purpose.DRIVER, Driver.objects.first().pk),
        "interpreter": token(SecureLink.Purpose.INTERPRETER, Interpreter.objects.first().pk),
        "offering": district.offering.pk,
        "procedure": district.procedure.slug,
        "institution": district.institution.slug,
        "appointment": district.appointment.pk,
        "visit": visit.pk,
        "ride": ride.pk,
        "flight": ride.flight_id,
        "interpreting": interpreting.pk,
        "whose": district.stay.pk,
        "who": Interpreter.objects.earliest("name_latin").pk,
        "proposal": Proposal.objects.create(day=district.today, kind="plan", made_by="system").pk,
        "message": uuid.uuid4(),
        "letter": Message.objects.earliest("created_at").pk,
        "figure": Figure.objects.filter(code__startswith="patients.").earliest("pk").code,
        "year": district.today.year,
        "measure": "guests",
        "reference": rows_of(district.institution, district.today.year, district.moment)[0].reference,
        "award": _award().award.code,
        **_money_of(district, ride),
        **roster_of(district),
    }


def _money_of(district: Any, ride: Ride) -> dict[str, Any]:
    """An amount that the institution bears, in its statement, and a guest's survey."""
    about = {"institution": district.institution, "month": date(2026, 1, 1), "total": 1, "issued_by": "test"}
    statement = Statement.objects.create(number="2026-01-test", digest="", **about)
    entry = LedgerEntry.objects.create(
        kind="fare", payer="institution", ride=ride, institution=district.institution, amount=1, rule="", revision=9,
        happened_on=date(2026, 1, 2), booked_by="test", statement=statement,
    )  # fmt: skip
    survey, _is_new = Survey.objects.get_or_create(stay=district.stay, defaults={"language": "en"})
    link = links.issue(SecureLink.Purpose.SURVEY, survey.pk)
    return {"statement": statement.pk, "entry": entry.pk, "survey": links.token_of(link)}


def _award() -> AwardEntry:
    """An award that rests on something, so that its frozen evidence has an address."""
    told = Told(title="A", giver="B", level="city", state="received", received_on=date(2026, 1, 2),
                names=("guests-served.2025",), prize_krw=5)  # fmt: skip
    return record_award(told, actor="test")


def roster_of(district: Any) -> dict[str, Any]:
    """A roster with something to take back, and the feeds of clinic and person."""
    resource = Resource.objects.get(practitioner=district.practitioner)
    far = district.moment + timedelta(days=300)
    span = {"starts_at": far, "ends_at": far + timedelta(hours=2)}
    place = district.institution.place
    closure = Closure.objects.create(place=place, **span)
    exception = RosterException.objects.create(resource=resource, kind="extra", place=place, **span)
    room = Resource.objects.create(kind="room", label="Room", institution=district.institution)
    requirement = Requirement.objects.create(offering=district.offering, name="Room of its own")
    requirement.resources.add(room)
    other = Offering.objects.filter(institution=district.institution).exclude(pk=district.offering.pk).earliest("pk")
    treatment = {"offering": other, "kind": "check", "visit_minutes": 20}
    if not other.pathway.exists():
        PathwayStep.objects.bulk_create(PathwayStep(position=number, **treatment) for number in range(2))
    feeds = {
        "clinic_feed": links.issue(SecureLink.Purpose.CLINIC_CALENDAR, district.institution.pk),
        "roster_feed": links.issue(SecureLink.Purpose.ROSTER_CALENDAR, f"{resource.pk}:{district.institution.pk}"),
        "interpreter_feed": links.issue(SecureLink.Purpose.INTERPRETER_CALENDAR, district.interpreter.pk),
    }
    return {
        "resource": resource.pk,
        "rule": resource.weekly_rules.filter(place=place).earliest("pk").pk,
        "closure": closure.pk,
        "exception": exception.pk,
        "room": room.pk,
        "requirement": requirement.pk,
        "treatment": other.pk,
        "step": other.pathway.earliest("position").pk,
        **{name: links.token_of(link) for name, link in feeds.items()},
    }


def fill(route: str, name: str, known: dict[str, Any]) -> str:
    """The route with real arguments."""

    def value(match: re.Match[str]) -> str:
        argument = match[1].split(":")[-1]
        if argument == "token":
            for word, key in (("feed/clinic", "clinic_feed"), ("feed/roster", "roster_feed"),
                              ("crew/calendar", "interpreter_feed"), ("calendar/<", "calendar"), ("confirm/", "confirm"), ("crew/d/", "driver"),
                              ("crew/i/", "interpreter"), ("hold/", "hold"), ("stay/", "stay"), ("survey/", "survey"), ("agree/", "stay")):  # fmt: skip
                if word in route:
                    return str(known[key])
        if argument == "offering" and "visits/" in route:
            return str(known["treatment"])
        if "outbox" in name and argument == "pk":
            return str(known["letter"])
        if argument in {"pk", "job"}:
            kind = "ride" if "ride" in name or "driver" in name or "board" in name else "interpreting"
            return str(known["visit" if "scheduling" in name else "flight" if "flight" in name else kind])
        if "figures/" in route and argument in {"code", "name"}:
            return "years" if argument == "name" else str(known["figure"])
        if argument == "appointment" and "clinic/" in route:  # of the institution that its reader works for
            return str(known["visit"])
        if argument == "file":  # a report of a year
            return "form.csv" if "facilitators" in route else "report.csv"
        if argument == "slug":
            return str(known["procedure" if "treatments" in route else "institution"])
        fixed = {"direction": "arrival", "purpose": "survey", "service": "ride", "moment": "1", "until": "1"}
        return str(known.get(argument, fixed.get(argument, "1")))

    return re.sub(r"<([^>]+)>", value, route)


def addresses(known: dict[str, Any], language: str = "en") -> list[tuple[str, str]]:
    found = []
    for name, pattern in patterns(get_resolver()):
        if name.startswith(("account_", "mfa_", "socialaccount", "usersessions")):
            continue
        found.append((name, _full(pattern, known, name, language)))
    return found


def _full(pattern: URLPattern, known: dict[str, Any], name: str, language: str) -> str:
    routes = ROUTES.setdefault(id(get_resolver()), {})
    if not routes:
        for parts, entry in _walk(get_resolver(), ()):
            routes[id(entry)] = "".join(parts)
    route = routes[id(pattern)]
    return "/" + fill(route.replace("en/", f"{language}/", 1), name, known)


ROUTES: dict[int, dict[int, str]] = {}


def _walk(node: Any, before: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for entry in node.url_patterns:
        parts = (*before, str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from _walk(entry, parts)
        else:
            yield parts, entry


def signed_in(district: Any, role: str) -> Client:
    client = Client(raise_request_exception=False)
    user = {
        "coordinator": district.coordinator,
        "clinic": district.clinic_user,
        "policy": district.policy_user,
        "administrator": district.administrator,
    }.get(role)
    if user:
        client.force_login(user)
    return client


def readers(name: str, path: str) -> set[str]:
    """Who may read a page: whose part of the house it stands in; the other addresses are everybody's to ask."""
    owner = OWNERS.get("".join(path.split("/")[2:3]))
    if owner is None:
        return set(ROLES)
    return {owner, "coordinator"} if name == "scheduling:waiting" else {owner}  # the Center sees who waits, too


@pytest.mark.parametrize("role", [pytest.param(ROLES[0], marks=pytest.mark.once), *ROLES[1:]])
def test_every_address_as_every_role(district: Any, arguments: dict[str, Any], role: str) -> None:
    """What is everybody's is sent forms and read by nobody and by who may most; the roles between them take turns in
    reading, because what differs for them is the frame around all pages. What the test below reads while it counts the
    queries is not read twice. On PostgreSQL an address is asked by those for whom it is, what is everybody's by who may
    most: who is refused is refused in the same words by any database."""
    client = signed_in(district, role)
    broken, open_to_wrong = [], []
    for number, (name, path) in enumerate(addresses(arguments)):
        may_read = readers(name, path)
        is_owned = may_read != set(ROLES)
        is_for_role = role in (may_read if is_owned else BOTH_ENDS)
        is_turn = is_owned or role == BETWEEN[number % len(BETWEEN)]
        if not is_for_role and (connection.vendor == "postgresql" or not is_turn):
            continue
        is_read_below = connection.vendor == "sqlite" and is_counted(role, may_read)
        methods = {"get": not is_read_below, "post": is_owned or is_for_role}
        for method in filter(methods.get, methods):
            response = getattr(client, method)(path)
            if response.status_code >= 500:
                broken.append((method, name, path))
            if response.status_code == 200 and role not in may_read:
                open_to_wrong.append((method, name))
            if is_owned and role in may_read and method == "get":
                assert_shown(name, response)
    assert not broken
    assert not open_to_wrong


def test_clinic_staff_see_their_own_institution_only(district: Any) -> None:
    client = signed_in(district, "clinic")
    others = Appointment.objects.exclude(institution=district.institution).filter(guest__isnull=False)
    assert others.exists()
    for appointment in others[:5]:
        assert client.get(f"/en/clinic/{appointment.pk}/").status_code == 404
        assert client.post(f"/en/clinic/{appointment.pk}/mark/", {"status": "arrived"}).status_code == 404


@pytest.mark.parametrize("link", ["A" * 43, "x", "%00", "é" * 20, "." * 500])
def test_forged_links_say_so(district: Any, link: str) -> None:
    client = Client(raise_request_exception=False)
    for path in ("stay/{}/", "hold/{}/", "confirm/{}/", "crew/d/{}/", "crew/i/{}/", "stay/{}/card/"):
        assert client.get("/ar/" + path.format(link)).status_code in {400, 404, 410}


PUBLIC = ("portal:home", "portal:search", "portal:treatments", "portal:procedure", "portal:institutions",
          "portal:institution", "portal:times", "portal:visits", "portal:details", "portal:stay", "concierge:rules")  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize("language", ["en", "ko", "ar", "th"])
def test_first_load_of_public_pages_is_small(district: Any, arguments: dict[str, Any], language: str) -> None:
    client = Client()
    for name, path in addresses(arguments, language):
        if name not in PUBLIC:
            continue
        page = client.get(path).content
        parts = re.findall(rb'(?:<script[^>]*src|<link[^>]*rel="(?:stylesheet|icon)"[^>]*href)="([^"]+)"', page)
        weight = len(gzip.compress(page))
        for part in {part.decode() for part in parts}:
            assert part.startswith("/static/"), part
            file = finders.find(part.removeprefix("/static/"))
            assert file, part
            weight += len(gzip.compress(Path(str(file)).read_bytes()))
        assert weight <= BUDGET, (name, weight)


def is_counted(role: str, may_read: set[str]) -> bool:
    """Whose reading is counted in any case: of everybody's pages nobody's, of the others that of those who may read them."""
    return role in may_read and (role == ROLES[0] or ROLES[0] not in may_read)


def assert_shown(name: str, response: Any) -> None:
    assert response.status_code == 200 or name in SENT_ONLY, (name, response.status_code)


def queries_of_every_page(size: Size) -> dict[tuple[str, str], int]:
    """How many queries each page costs in a district of this size: public pages as nobody, the others as those who may
    read them. The district is gone afterwards."""
    counts: dict[tuple[str, str], int] = {}
    public: set[str] = set()
    with transaction.atomic():
        district = load_district(size=size)
        known = arguments_of(district)
        for role in ROLES:
            client = signed_in(district, role)
            for name, path in addresses(known):
                may_read = readers(name, path)
                if name in public or role not in may_read:
                    continue
                with CaptureQueriesContext(connection) as queries:
                    answer = client.get(path)
                counts[role, name] = len(queries)
                assert answer.status_code < 500, (name, path)
                if role == ROLES[0] and answer.status_code == 200:
                    public.add(name)
                if may_read != set(ROLES):
                    assert_shown(name, answer)
        transaction.set_rollback(True)
    return counts


@pytest.mark.once
def test_no_page_costs_more_queries_with_more_rows() -> None:
    """With six times the guests a page may cost a few queries more (it had nothing to fetch before), never one a row."""
    few = queries_of_every_page(TINY)
    many = queries_of_every_page(replace(TINY, guests=6 * TINY.guests))
    grown = {page: (few[page], cost) for page, cost in many.items() if cost > few[page] + A_FEW}
    assert not grown
    dear = {page: cost for page, cost in many.items() if cost > NUMBER_OF_QUERIES}
    assert not dear
