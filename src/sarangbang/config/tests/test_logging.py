"""What is logged: enough to find a fault, nothing about a person."""

import io
import json
import logging

import pytest
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.urls import ResolverMatch

from sarangbang.config.logging import Discreet, HouseFormatter, dictionary
from sarangbang.config.middleware import Guard, RequestLog

SECRET = "kR4x-a-secret-link"


@pytest.fixture
def lines():
    """Log lines as objects."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(Discreet())
    handler.setFormatter(HouseFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    before = root.level
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def secret_request(rf):
    request = rf.get(f"/en/stay/{SECRET}/?name=Bold")
    request.resolver_match = ResolverMatch(lambda: None, (), {}, route="en/stay/<str:token>/")
    return request


def test_a_request_is_logged_by_its_route_and_id(secret_request, lines):
    response = RequestLog(lambda request: HttpResponse("ok"))(secret_request)
    (line,) = lines()
    assert line["route"] == "/en/stay/<str:token>/"
    assert line["method"] == "GET"
    assert line["status"] == 200
    assert line["ms"] >= 0
    assert line["request_id"] == response["X-Request-ID"]
    assert SECRET not in json.dumps(line)
    assert "Bold" not in json.dumps(line)
    assert "127.0.0.1" not in json.dumps(line)


@pytest.mark.parametrize(
    ("came", "kept"),
    [("abcdef-123456", True), ("short", False), ("x" * 65, False), ("with space", False), ('"}{"', False)],
)
def test_a_request_id_from_outside_is_kept_when_it_is_sane(rf, came, kept):
    response = RequestLog(lambda request: HttpResponse())(rf.get("/", headers={"x-request-id": came}))
    assert (response["X-Request-ID"] == came) is kept


def test_djangos_own_lines_lose_the_path(secret_request, lines):
    secret_request.resolver_match = None
    logging.getLogger("django.request").warning(
        "%s: %s", "Not Found", secret_request.path, extra={"status_code": 404, "request": secret_request}
    )
    logging.getLogger("django.security.csrf").warning(
        "Forbidden (%s): %s", "token", secret_request.path, extra={"status_code": 403, "request": secret_request}
    )
    logging.getLogger("django.security.DisallowedHost").error("Invalid HTTP_HOST header: %r.", "evil.example")
    assert len(lines()) == 3
    assert SECRET not in json.dumps(lines())
    assert lines()[0]["status_code"] == 404


def test_an_error_is_logged_without_its_values(lines):
    typed = "Бат-Эрдэнэ"
    try:
        raise ValueError(f"cannot read {typed!r}")
    except ValueError:
        logging.getLogger("sarangbang.anything").exception("could not do it")
    (line,) = lines()
    assert "ValueError" in line["exc_info"]
    assert "test_logging.py" in line["exc_info"]
    assert typed not in json.dumps(line, ensure_ascii=False)


def test_the_configuration_is_valid():
    logging.config.dictConfigClass(dictionary("INFO"))
    assert dictionary("INFO", plain=True)["handlers"]["console"]["filters"] == []


class TestGuard:
    @pytest.mark.parametrize("path", ["/en/?q=a%00b", "/en/%00/"])
    def test_null_characters_in_the_address_are_refused(self, rf, path):
        with pytest.raises(BadRequest):
            Guard(lambda request: HttpResponse())(rf.get(path))

    def test_a_cookie_with_a_null_character_is_dropped(self, rf):
        request = rf.get("/")
        request.COOKIES = {"sessionid": "a\0b", "language": "ko"}
        Guard(lambda request: HttpResponse())(request)
        assert request.COOKIES == {"language": "ko"}

    @pytest.mark.parametrize(
        ("came", "visitor"),
        [
            ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
            ("203.0.113.9:4711", "203.0.113.9"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("", "127.0.0.1"),
            ("rubbish", "127.0.0.1"),
            ("203.0.113.9, ", "127.0.0.1"),
            ("[[::1]", "127.0.0.1"),
        ],
    )
    def test_behind_our_proxy_the_last_entry_is_the_visitor(self, rf, settings, came, visitor):
        settings.TRUSTED_PROXY = True
        request = rf.get("/", headers={"x-forwarded-for": came})
        Guard(lambda request: HttpResponse())(request)
        assert request.META["REMOTE_ADDR"] == visitor

    def test_without_a_proxy_the_header_is_not_believed(self, rf, settings):
        settings.TRUSTED_PROXY = False
        request = rf.get("/", headers={"x-forwarded-for": "6.6.6.6"})
        Guard(lambda request: HttpResponse())(request)
        assert request.META["REMOTE_ADDR"] == "127.0.0.1"

    def test_a_page_may_use_little_of_the_device(self, rf):
        assert "camera=()" in Guard(lambda request: HttpResponse())(rf.get("/"))["Permissions-Policy"]
