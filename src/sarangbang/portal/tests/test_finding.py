"""What the finding pages promise to somebody who looks for a treatment from abroad."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sarangbang.config.testing.kept import made_once
from sarangbang.directory import queries as directory
from sarangbang.directory.actions import load_reference, source_hash
from sarangbang.directory.models import Place, PriceFact
from sarangbang.portal.finding import searching
from sarangbang.scheduling.models import WeeklyRule
from sarangbang.ui.locales import LANGUAGES

from .houses import make_institution, make_place, make_procedure

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PROCEDURE = "/en/treatments/cataract-surgery/"
STATIC_PAGES = ("", "search/", "treatments/", "institutions/", "getting-here/", "rights/", "privacy/", "sources/")


def text_of(response) -> str:
    """What a reader sees: without tags, with single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def day(days: int) -> str:
    return (directory.today() + dt.timedelta(days=days)).isoformat()


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_every_page_is_in_its_language_and_direction(client: Client, language) -> None:
    make_institution(1, make_procedure())
    pages = (*STATIC_PAGES, "treatments/cataract-surgery/", "institutions/garam-1/")
    for page in pages:
        response = client.get(f"/{language.code}/{page}")
        assert response.status_code == 200, page
        assert f'<html lang="{language.tag}" dir="{language.dir}"' in response.content.decode()


@pytest.mark.parametrize(
    "url",
    [
        "/en/",
        "/en/search/?q=garam",
        "/en/treatments/",
        PROCEDURE,
        f"{PROCEDURE}?language=mn&near=garam-station&sort=distance&all=on",
        "/en/institutions/",
        "/en/institutions/garam-1/",
        "/en/sources/",
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_rows(client: Client, url: str) -> None:
    procedure = make_procedure()
    make_place("garam-station", Place.Kind.STATION)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    for number in range(3):
        make_institution(number, procedure)
    client.get(url)
    few = count()
    for number in range(3, 30):
        make_institution(number, procedure)
    assert count() == few


@pytest.mark.parametrize(
    "lapse",
    [
        {"valid_until": dt.date(2026, 1, 1), "valid_from": dt.date(2023, 1, 2)},
        {"insured_until": dt.date(2026, 1, 1)},
        {"revoked_on": dt.date(2026, 1, 1)},
    ],
    ids=["registration", "insurance", "revoked"],
)
def test_a_lapsed_institution_is_not_listed_and_its_page_says_why(client: Client, lapse: dict) -> None:
    procedure = make_procedure()
    make_institution(1, procedure)
    make_institution(2, procedure, **lapse)

    for url in (PROCEDURE, "/en/institutions/", "/en/search/?q=Garam"):
        shown = text_of(client.get(url))
        assert "Garam Clinic 001" in shown
        assert "Garam Clinic 002" not in shown

    response = client.get("/en/institutions/garam-2/")
    assert response.status_code == 410
    assert "cannot be booked at present" in text_of(response)
    assert "/en/institutions/" in response.content.decode()


def test_a_closed_institution_is_gone_and_an_unknown_one_was_never_there(client: Client) -> None:
    offering = make_institution(1, make_procedure())
    offering.institution.is_open = False
    offering.institution.save()
    assert client.get("/en/institutions/garam-1/").status_code == 410
    assert client.get("/en/institutions/nobody/").status_code == 404
    assert client.get("/en/treatments/nothing/").status_code == 404


def test_a_row_tells_registration_language_price_and_three_free_times(client: Client) -> None:
    offering = make_institution(1, make_procedure(), languages=("ko", "mn"))
    response = client.get(f"/mn/treatments/cataract-surgery/?arrive={day(3)}&leave={day(6)}")
    content = response.content.decode()
    assert "M-0001" in content
    assert "₩" in content
    assert content.count("?at=") == 3
    assert f"/mn/book/{offering.pk}/?at=" in content
    (offer,) = response.context["found"].offers
    assert offer.speaks
    assert offer.first.starts_at.astimezone(directory.KOREA).date().isoformat() == day(3)


def test_who_does_not_fit_is_hidden_with_the_reason_and_can_be_shown(client: Client) -> None:
    procedure = make_procedure()
    make_institution(1, procedure, languages=("ko", "mn"))
    make_institution(2, procedure, languages=("ko",))
    url = f"{PROCEDURE}?language=mn"
    shown = text_of(client.get(url))
    assert "1 of 2 institutions fit." in shown
    assert "Without a doctor who speaks Mongolian: 1." in shown
    assert "Garam Clinic 002" not in shown
    assert "Show them too" in shown
    assert "Garam Clinic 002" in text_of(client.get(f"{url}&all=on"))


def test_who_has_no_time_in_the_stay_is_hidden_with_the_reason(client: Client) -> None:
    procedure = make_procedure()
    make_institution(1, procedure)
    WeeklyRule.objects.all().delete()
    shown = text_of(client.get(f"{PROCEDURE}?arrive={day(3)}&leave={day(6)}"))
    assert "0 of 1 institutions fit." in shown
    assert "Without a free time in your stay: 1." in shown
    assert "Ask the Medical Tour Center" in shown
    without_days = text_of(client.get(PROCEDURE))
    assert "1 of 1 institutions fit." in without_days
    assert "No free time in the next 30 days" in without_days


def test_a_stay_shorter_than_usual_is_said(client: Client) -> None:
    make_institution(1, make_procedure())
    assert "Your stay is shorter" in text_of(client.get(f"{PROCEDURE}?arrive={day(3)}&leave={day(5)}"))
    assert "Your stay is shorter" not in text_of(client.get(f"{PROCEDURE}?arrive={day(3)}&leave={day(9)}"))


@pytest.mark.both
def test_rows_are_sorted_by_first_time_distance_or_name(client: Client) -> None:
    procedure = make_procedure()
    make_place("garam-station", Place.Kind.STATION, latitude=37.52, longitude=127.0286)
    make_institution(1, procedure, opens=dt.time(10))
    make_institution(100, procedure, opens=dt.time(11))
    make_institution(50, procedure, opens=dt.time(9))

    def order(query: str) -> list[int]:
        offers = client.get(f"{PROCEDURE}?arrive={day(3)}&{query}").context["found"].offers
        return [int(offer.institution.slug.removeprefix("garam-")) for offer in offers]

    assert order("sort=free") == [50, 1, 100]
    assert order("sort=name") == [1, 50, 100]
    assert order("sort=distance&near=garam-station") == [100, 50, 1]
    assert "Please choose a place" in text_of(client.get(f"{PROCEDURE}?sort=distance"))


@pytest.mark.both
def test_twenty_rows_stand_on_a_page_and_no_row_is_lost_between_pages(client: Client) -> None:
    procedure = make_procedure()
    for number in range(45):
        make_institution(number, procedure)
    seen: list[str] = []
    for number in (1, 2, 3):
        page = client.get(f"{PROCEDURE}?page={number}").context["page"]
        seen += [offer.institution.slug for offer in page]
    assert len(seen) == len(set(seen)) == 45


HOSTILE = [
    "page=999999999999999999999999999",
    "page=-1",
    "page=" + "9" * 5000,
    "page=%00",
    "page=½",
    "arrive=2026-02-31",
    "arrive=0001-01-01",
    "arrive=9999-12-31",
    "leave=0001-01-01&arrive=9999-12-31",
    "leave=9999-12-31",
    "arrive=%00",
    "language=xx",
    "language=%00",
    "near=nowhere",
    "near=" + "x" * 10000,
    "sort=%F0%28%8C%28",
    "all=%00",
    "q=%00",
    "q=%ED%A0%80",
    "q=" + "ㅋ" * 2000,
    "q=%25_%27%22--",
    "department=%00",
    "arrive[]=1&q[$ne]=1",
]


@pytest.mark.both
@pytest.mark.parametrize("page", ["", "search/", "treatments/cataract-surgery/", "institutions/"])
def test_hostile_questions_get_a_page(client: Client, page: str) -> None:
    make_institution(1, make_procedure())
    for query in HOSTILE:
        response = client.get(f"/ar/{page}?{query}")
        assert response.status_code == (400 if "%00" in query else 200), query
        assert "\x00" not in response.content.decode(), query


@pytest.mark.both
@pytest.mark.parametrize("path", ["institutions/..%2f/", "treatments/ä/"])
def test_hostile_addresses_are_not_found(client: Client, path: str) -> None:
    assert client.get(f"/en/{path}").status_code == 404


def test_wrong_days_are_explained_beside_the_field_and_kept(client: Client) -> None:
    make_institution(1, make_procedure())
    cases = {
        f"arrive={day(9)}&leave={day(5)}": "You leave before you arrive.",
        f"arrive={day(-2)}": "This day is over.",
        f"arrive={day(400)}": "Times can be booked up to 180 days ahead.",
    }
    for query, said in cases.items():
        response = client.get(f"{PROCEDURE}?{query}")
        assert said in text_of(response)
        assert query.split("&")[0].removeprefix("arrive=") in response.content.decode()
        assert "Garam Clinic 001" in text_of(response)


def test_a_page_that_does_not_exist_is_said(client: Client) -> None:
    make_institution(1, make_procedure())
    assert "This page does not exist." in text_of(client.get(f"{PROCEDURE}?page=7"))
    assert "This page does not exist." not in text_of(client.get(PROCEDURE))


def test_prices_name_year_and_source_and_unofficial_ones_stand_apart(client: Client) -> None:
    procedure = make_procedure()
    assert "No published figure is known." in text_of(client.get(PROCEDURE))
    PriceFact.objects.create(
        procedure=procedure, year=2017, amount_low=2_200_000, amount_high=2_200_000,
        basis="average", source="https://example.org/a", status="verified",
    )  # fmt: skip
    PriceFact.objects.create(
        procedure=procedure, year=2025, amount_low=3_000_000, amount_high=6_000_000,
        basis="web guide", source="https://example.org/b", status="unofficial",
    )  # fmt: skip
    shown = text_of(client.get(PROCEDURE))
    assert shown.index("2,200,000") < shown.index("Unofficial figures") < shown.index("6,000,000")
    sources = text_of(client.get("/en/sources/"))
    assert "https://example.org/a" in sources
    assert "Unofficial" in sources


def test_a_text_says_when_it_is_not_reviewed_stale_or_in_another_language(client: Client) -> None:
    procedure = make_procedure(summary_mn="Болор солих", summary_sources={"mn": source_hash("older words")})
    make_institution(1, procedure)
    mongolian = client.get("/mn/treatments/cataract-surgery/")
    assert "Болор солих" in mongolian.content.decode()
    assert mongolian.context["about"].is_stale
    assert not mongolian.context["about"].is_reviewed

    procedure.summary_sources = {"mn": source_hash(procedure.summary_en)}
    procedure.reviewed_on = directory.today()
    procedure.save()
    mongolian = client.get("/mn/treatments/cataract-surgery/")
    assert not mongolian.context["about"].is_stale
    assert mongolian.context["about"].is_reviewed

    arabic = client.get("/ar/treatments/cataract-surgery/").content.decode()
    assert '<p class="prose" lang="en" dir="ltr">A cloudy lens is replaced.</p>' in arabic


def test_the_time_zone_is_kept_and_shown_beside_seoul(client: Client) -> None:
    make_institution(1, make_procedure())
    assert "(Ulaanbaatar)" not in text_of(client.get(PROCEDURE))
    response = client.post("/en/zone/", {"zone": "Asia/Ulaanbaatar", "next": PROCEDURE})
    assert (response.status_code, response["Location"]) == (302, PROCEDURE)
    url = f"{PROCEDURE}?arrive={day(3)}"
    assert "09:00 (Seoul)" in text_of(client.get(url))
    assert "08:00 (Ulaanbaatar)" in text_of(client.get(url))


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "\x00", "x" * 9999])
def test_a_zone_that_does_not_exist_is_refused_and_never_believed(client: Client, zone: str) -> None:
    make_institution(1, make_procedure())
    assert client.post("/en/zone/", {"zone": zone, "next": PROCEDURE}).status_code == 400
    client.cookies["zone"] = zone.replace("\x00", "%00")
    assert client.get(PROCEDURE).status_code == 200


def test_nobody_is_sent_to_another_host(client: Client) -> None:
    for target in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        response = client.post("/en/zone/", {"zone": "Asia/Tokyo", "next": target})
        assert response["Location"] == "/en/"


def test_the_institution_page_tells_what_the_law_asks(client: Client) -> None:
    make_place("garam-station", Place.Kind.STATION)
    make_institution(1, make_procedure())
    response = client.get("/en/institutions/garam-1/")
    shown = text_of(response)
    for said in ("M-0001", "₩100,000,000", "Kim Garam 1", "expected cost", "dispute", "Garam station", "09:00 – 18:00"):
        assert said in shown
    content = response.content.decode()
    for link in (
        "https://map.naver.com/p?title=",
        "https://map.kakao.com/link/map/",
        "https://www.google.com/maps/search/",
    ):
        assert link in content
    assert 'rel="noopener noreferrer external"' in content


def test_the_list_of_institutions_is_narrowed_by_name_department_and_language(client: Client) -> None:
    procedure = make_procedure()
    make_institution(1, procedure, languages=("ko", "th"))
    make_institution(2, procedure)
    for query in ("q=가람의원 1", "language=th", "q=CLINIC+001&department=ophthalmology"):
        shown = text_of(client.get(f"/en/institutions/?{query}"))
        assert "Garam Clinic 001" in shown
        assert "Garam Clinic 002" not in shown
    assert "No institution fits." in text_of(client.get("/en/institutions/?q=zzz"))


def test_the_language_switch_keeps_the_place_and_what_was_typed(client: Client) -> None:
    make_institution(1, make_procedure())
    content = client.get("/en/search/?q=garam&arrive=" + day(3)).content.decode()
    assert 'form="find" formaction="/mn/search/"' in content
    typed = client.get(f"/mn/search/?q=garam&arrive={day(3)}&leave=&_keep=1").content.decode()
    assert 'value="garam"' in typed
    assert day(3) in typed
    assert 'formaction="/mn/treatments/cataract-surgery/"' in client.get(PROCEDURE).content.decode()
    assert 'form="find" formaction="/ar/"' in client.get("/en/").content.decode()


def test_where_two_sources_disagree_both_figures_are_shown(client: Client) -> None:
    assert "377,043" in text_of(client.get("/en/"))
    assert "377,073 in other releases" in text_of(client.get("/en/sources/"))


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("쌍꺼풀", "double-eyelid"),
        ("双眼皮", "double-eyelid"),
        ("二重", "double-eyelid"),
        ("double eyelid", "double-eyelid"),
        ("duoble eyelid", "double-eyelid"),
        ("блефаропластика", "double-eyelid"),
        ("الجفون", "double-eyelid"),
    ],
)
@pytest.mark.parametrize("language", ["en", "th"])
def test_words_of_any_language_find_the_procedure_on_a_page_of_any_language(
    client: Client, language: str, words: str, slug: str
) -> None:
    made_once(load_reference)
    matches = client.get(f"/{language}/search/", {"q": words}).context["matches"]
    assert any(slug in match.procedure.slug for match in matches)
    assert all(match.term for match in matches)


def test_nothing_found_leads_on(client: Client) -> None:
    made_once(load_reference)
    make_place("medical-tour-center", Place.Kind.CENTER, phone="+82 2 0000 0000")
    shown = text_of(client.get("/en/search/?q=xqzwvk"))
    assert "Nothing was found for “xqzwvk”." in shown
    assert "Ask the Medical Tour Center" in shown
    assert "Departments" in shown


def test_a_procedure_that_is_not_in_the_database_is_not_shown() -> None:
    assert searching.procedures("cataract") == []


def test_home_weighs_little(client: Client) -> None:
    made_once(load_reference)
    response = client.get("/en/", headers={"accept-encoding": "gzip"})
    assert len(response.content) < 12_000
