"""The house as a browser meets it: language first, strict headers, plain refusals."""

import pytest
from django.conf import settings

pytestmark = pytest.mark.django_db


@pytest.mark.once
@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("mn-MN,mn;q=0.9,en;q=0.5", "mn"),
        ("zh-CN,zh;q=0.9", "zh-hans"),
        ("zh-TW", "zh-hans"),
        ("ar-AE", "ar"),
        ("fr-FR,fr;q=0.9", "en"),
        ("tlh,ko;q=0.1", "ko"),
        ("*;q=0.1,;;;", "en"),
    ],
)
def test_the_language_is_negotiated_once(client, accepted, language):
    response = client.get("/", headers={"accept-language": accepted})
    assert response.status_code == 302
    assert response["Location"] == f"/{language}/"
    assert "Accept-Language" in response["Vary"]


def test_the_remembered_language_goes_before_the_browsers(client):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "th"
    assert client.get("/", headers={"accept-language": "ko"})["Location"] == "/th/"


@pytest.mark.once
@pytest.mark.parametrize("path", ["/en/", "/ar/", "/healthz", "/en/nothing-here/", "/api/v1/openapi.json"])
def test_every_answer_has_strict_headers(client, path):
    response = client.get(path)
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert "geolocation" in response["Permissions-Policy"]
    assert len(response["X-Request-ID"]) == 32


@pytest.mark.once
def test_programs_pass_by_what_is_for_pages(client):
    page, call = client.get("/en/"), client.get("/api/v1/procedures")
    assert [hasattr(each.wsgi_request, "session") for each in (page, call)] == [True, False]
    assert call["Content-Length"] == str(len(call.content))
    assert client.get("/api/v1/nothing").json()["code"] == "not_found"
    assert client.get("/api/").status_code == 404
    refused = client.get("/api/v1/procedures", headers={"host": "bad host"})
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/json")


def test_only_the_countdown_may_stand_in_a_frame_of_ours(client):
    response = client.get("/en/ui/clock/1900000000/")
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "path",
    ["/en/%00", "/en/?q=%00", "/en/search/?q=%ED%A0%80", "/%FF%FE/", "/en/" + "x" * 5000, "/en/../../etc/passwd"],
)
def test_strange_addresses_are_no_fault_of_ours(client, path):
    assert client.get(path).status_code < 500


def test_a_session_cookie_with_a_null_character_is_no_session(client):
    assert client.get("/en/", headers={"cookie": 'sessionid="abcdefgh\\000ijkl"'}).status_code == 200


@pytest.mark.once
def test_too_many_fields_and_too_much_text_are_refused(client):
    assert client.post("/en/accounts/login/", {f"f{n}": "x" for n in range(400)}).status_code == 400
    assert client.post("/en/accounts/login/", {"login": "x" * 1_100_000}).status_code == 400


def test_an_unknown_host_is_refused(client):
    assert client.get("/en/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/api/v1/procedures?q=%00", "/api/v1/appointments/%00"])
def test_a_program_is_answered_in_json_even_before_any_room_is_asked(client, path):
    answer = client.get(path, headers={"accept-language": "ko"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "unreadable"
    assert "\uac00" <= answer.json()["detail"][0] <= "\ud7a3"  # Hangul
    assert client.get("/api/v1/procedures", headers={"host": "evil.example"}).json()["code"] == "unreadable"


def test_pages_are_compressed(client):
    response = client.get("/en/", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"


def test_administration_asks_for_the_houses_own_sign_in(client):
    response = client.get("/en/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/en/accounts/login/")
