"""The shelf of figures: what comes along, what is refused, that nothing is overwritten; its pages and files."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sarangbang.directory.importing.problems import UnusableFile
from sarangbang.people.models import Membership, User
from sarangbang.policy import exports, open_data
from sarangbang.policy.actions import load_reference
from sarangbang.policy.importing import load_file, records_of, shipped_records, shipped_relations
from sarangbang.policy.models import Figure, RippleRun, Written
from sarangbang.policy.reading import Refused
from sarangbang.policy.records import Record, report_of
from sarangbang.policy.shelf import in_force, revisions

pytestmark = pytest.mark.django_db
HEAD = "code,value,unit,measure,period,geography,source,group,category,revision"
GOOD = "x,5,persons,patients,2024,korea,here,,,"


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return shipped_records()


@pytest.fixture
def shelf(records: list[Record]) -> None:
    load_reference()


def write(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "figures.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


# What comes along


@pytest.mark.once
def test_what_comes_along_finds_what_the_article_gets_right_and_wrong(records: list[Record]) -> None:
    report = report_of(records, shipped_relations(records))
    found = {finding.relation.code: finding for finding in report.findings}
    assert found["interview.ratio"].verdict == "holds"
    assert round(float(found["interview.ratio"].computed.value), 3) == 1.408
    assert round(found["interview.growth"].implied["interview.patients-2022"].value) == 59858
    assert (found["interview.share-gangnam"].verdict, found["interview.sales"].verdict) == ("holds", "holds")
    for code in ("interview.seoul-parts", "interview.seoul-twice", "interview.threshold-last-year"):
        assert found[code].verdict == "contradicts"
    assert {"interview.seoul-last-year", "interview.seoul-2023"} <= report.disputed
    assert "interview.card-seoul" not in report.disputed
    card = next(one for one in report.disagreements if one.topic[:3] == ("card_medical", "korea", "2024"))
    values = {str(record.value) for record in records if record.code in card.codes}
    assert values == {"1244", "1258.3", "1405.3"}


def test_loading_again_changes_nothing(shelf: None) -> None:
    before = Figure.objects.count()
    again = load_reference()
    assert (again.created, again.revised, Figure.objects.count()) == (0, 0, before)
    assert RippleRun.objects.count() == 1
    assert [str(one.value.normalize()) for one in revisions("target.gangnam-gu")] == ["1.5E+5", "2E+5"]
    assert Figure.objects.filter(sureness="remembered").exists()
    assert Figure.objects.filter(sureness="derived").exists()


# Nothing is overwritten


def test_a_new_value_is_a_revision_and_an_old_file_brings_nothing_back(tmp_path: Path) -> None:
    load_file(write(tmp_path, GOOD), actor="a")
    changed = load_file(write(tmp_path, GOOD.replace("x,5", "x,6")), actor="b")
    assert (changed.created, changed.revised) == (0, 1)
    load_file(write(tmp_path, GOOD), actor="c")
    first, second = revisions("x")
    assert (first.value, second.value, second.supersedes) == (5, 6, first)
    assert list(in_force()) == [second]


def test_a_row_that_was_written_cannot_be_changed(tmp_path: Path) -> None:
    load_file(write(tmp_path, GOOD), actor="a")
    figure = Figure.objects.get()
    for change in (figure.save, figure.delete, Figure.objects.all().delete, lambda: Figure.objects.update(value=9)):
        with pytest.raises(Written):
            change()


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (GOOD.replace(",5,", ",-5,"), "value", "negative"),
        (GOOD.replace("persons", "won"), "unit", "counted in persons"),
        (GOOD.replace("persons", "furlongs"), "unit", "no unit"),
        (GOOD.replace("korea", "atlantis"), "geography", "no place"),
        (GOOD.replace("here,,", "here,nationality,QQQ"), "category", "no country"),
        (GOOD.replace("here,,", "here,nationality,"), "category", "is empty"),
        (GOOD.replace("2024", "2024-13"), "period", "does not exist"),
        (GOOD.replace("2024", "soon"), "period", "no period"),
        (GOOD.replace(",5,", ",NaN,"), "value", "not a number"),
        (GOOD.replace(",5,", ',"1,5",'), "value", "two ways"),
        (GOOD.replace("here", ""), "source", "is empty"),
        (GOOD.replace("patients", "secrets"), "measure", "no definition"),
        (GOOD, "code", "row 2 already"),
        (GOOD.replace("x,", "x y,"), "code", "no code"),
        (f"{GOOD}7", "revision", "follows none"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason_and_nothing_is_written(
    tmp_path: Path, line: str, column: str, reason: str
) -> None:
    with pytest.raises(Refused) as refusal:
        load_file(write(tmp_path, GOOD, line if column != "revision" else line.replace("x,", "z,")), actor="a")
    (error,) = refusal.value.errors
    assert (error.row, error.column) == (3, column)
    assert reason in error.reason
    assert not Figure.objects.exists()


YEARLY = "year,geography,nationality,iso3,patients,share_pct,source"


@pytest.mark.parametrize(
    ("lines", "row", "reason"),
    [
        (["2024,korea,Japan,JPN,60,60,x", "2024,korea,China,CHN,40,40,x", "2024,korea,Total,,101,,x"], 4, "make 100"),
        (["2024,korea,Japan,JPN,60,60,x", "2024,korea,Japan,JPN,61,40,x"], 3, "twice"),
        (["2024,korea,Narnia,NAR,60,60,x"], 2, "no country"),
        (["2024,korea,Japan,JPN,-1,60,x"], 2, "negative"),
        (["2024,korea,Japan,JPN,1.5,60,x"], 2, "whole number"),
        (["2024,korea,Japan,JPN,1,160,x"], 2, "more than 100"),
        (["2024,korea,Japan,JPN,1,60,x", "2024,korea,China,CHN,1,60,x"], 3, "shares of its year"),
        (["2024,korea,Japan,JPN,,,x"], 2, "is empty"),
    ],
)
def test_a_bad_yearly_table_is_refused(tmp_path: Path, lines: list[str], row: int, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        records_of(write(tmp_path, *lines, head=YEARLY))
    assert any(error.row == row and reason in error.reason for error in refusal.value.errors)


def test_a_good_yearly_table(tmp_path: Path) -> None:
    lines = ("2024,seoul,Japan,JPN,60,60.0,x", "2024,seoul,중국,,40,40.0 (press),x", "2024,seoul,합계,,100,,x")
    found = records_of(write(tmp_path, *lines, head=YEARLY.replace(",iso3", ",note")))
    assert [(each.code, str(each.value)) for each in found][:2] == [
        ("patients.seoul.2024.JP", "60"), ("patients_share.seoul.2024.JP", "60.0")]  # fmt: skip
    running = write(tmp_path, "2023,10,10,x", "2024,5,16,x", head="year,patients,cumulative,source")
    with pytest.raises(UnusableFile, match="--place"):
        records_of(running)
    with pytest.raises(Refused) as refusal:
        records_of(running, "korea")
    assert "make 15" in refusal.value.errors[0].reason


# Pages and files


@pytest.fixture
def officer(client: Client, settings: Any) -> Client:
    settings.DEMO = True
    user = User.objects.create_user("policy@demo.example", "x", name="Officer", is_demo=True)
    Membership.objects.create(user=user, role="policy")
    client.force_login(user)
    return client


@pytest.mark.once
def test_a_citizen_sees_the_answers_with_their_sources(client: Client, shelf: None) -> None:
    language = "ko"
    page = client.get(f"/{language}/figures/").content.decode()
    for number in ("377,043", "377,073", "103.2", "37.7", "185,559"):
        assert number in page
    assert f"/{language}/figures/of/patients.gangnam-gu.2024/" in page
    for path in ("checks", "all", "data", "of/interview.seoul-last-year"):
        assert client.get(f"/{language}/figures/{path}/").status_code == 200
    assert client.get(f"/{language}/figures/of/nobody/").status_code == 404
    assert client.get(f"/{language}/figures/all/?year=x&measure=nothing").status_code == 200


@pytest.mark.once
def test_pages_without_figures_say_so(client: Client, officer: Client) -> None:
    for path in ("figures/", "figures/checks/", "policy/overview/", "policy/plan/", "policy/ripple/"):
        assert client.get(f"/en/{path}").status_code == 200
    assert client.get("/en/figures/chart/years.svg").status_code == 404


@pytest.mark.once
def test_open_data_is_what_is_on_the_shelf(client: Client, shelf: None) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/en/figures/data/figures.csv").content.decode())))
    assert len(rows) == Figure.objects.count()
    assert sum(row["in_force"] == "true" for row in rows) == in_force().count()
    assert [int(row["revision"]) for row in rows] == [
        one.revision for one in Figure.objects.order_by("code", "revision")
    ]
    data = json.loads(client.get("/ko/figures/data/figures.json").content)
    assert [row["value"] for row in data["figures"]] == [row["value"] for row in rows]
    package = json.loads(client.get("/en/figures/data/datapackage.json").content)
    fields = [field["name"] for field in package["resources"][0]["schema"]["fields"]]
    assert fields == list(rows[0])
    checks = json.loads(client.get("/ko/figures/data/checks.json").content)
    told = list(csv.DictReader(io.StringIO(client.get("/ko/figures/data/checks.csv").content.decode())))
    assert {row["verdict"]: row["relation"] for row in told}.keys() == {"holds", "off", "contradicts", "implied"}
    assert {name: sum(row["verdict"] == name for row in told) for name in checks["counts"]} == checks["counts"]
    ratio = next(row for row in told if row["relation"] == "interview.seoul-parts")
    assert (ratio["computed"], ratio["published"], ratio["gap"]) == ("", "1099", "419.5")
    feed = client.get("/en/figures/data/changes.atom").content.decode()
    assert feed.count("<entry>") == open_data.FEED_LENGTH
    assert feed.index("<author><name>") < feed.index("<entry>")
    svg = client.get("/en/figures/chart/years.svg").content.decode()
    assert re.search(r'role="img"><title>[^<]+</title><desc>[^<]*377,043[^<]*</desc>', svg)


@pytest.mark.once
def test_others_may_frame_the_embedded_chart_and_nothing_else(client: Client, shelf: None) -> None:
    embedded = client.get("/ko/figures/embed/years/")
    assert "X-Frame-Options" not in embedded
    assert "frame-ancestors *" in embedded["Content-Security-Policy"]
    assert "377,043" in embedded.content.decode()
    for path in ("", "data/", "awards/", "chart/years.svg"):
        page = client.get(f"/ko/figures/{path}")
        assert (page.status_code, page["X-Frame-Options"]) == (200, "DENY")
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert client.get("/ko/figures/embed/nothing/").status_code == 404
    assert "/ko/figures/embed/years/" in client.get("/ko/figures/data/").content.decode()


@pytest.mark.once
def test_the_plan_says_what_would_have_to_happen_to_miss_it(officer: Client, shelf: None) -> None:
    page = officer.get("/en/policy/plan/")
    nationalities, departments = page.context["parts"]
    japan, china = nationalities["rows"][0]["alone"], nationalities["rows"][1]["alone"]
    assert (japan.part.code, japan.fall) == ("JP", None)
    assert round(japan.left) == round(377_043 * (1 - 0.385))
    assert china.part.before == (2019, 0.408)
    many, fall = nationalities["together"]
    assert (many, round(fall, 3)) == (2, round(177_043 / (377_043 * 0.554), 3))
    assert departments["rows"][0]["alone"].part.code == "dermatology"
    assert page.context["below"] == 2023
    seasons = page.context["seasons"]
    assert (seasons["rows"], seasons["published"]) == ([], 0)


def test_monthly_figures_make_a_seasonal_pattern(officer: Client, shelf: None, tmp_path: Path) -> None:
    months = [f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in range(1, 13)]
    lines = [
        f"m.{month},{1000 + 50 * (at % 12)},persons,patients,{month},gangnam-gu,here,,,"
        for at, month in enumerate(months)
    ]
    load_file(write(tmp_path, *lines), actor="a")
    seasons = officer.get("/ko/policy/plan/").context["seasons"]
    assert (seasons["is_published"], seasons["months"], seasons["trials"]) == (True, 36, 12)
    factors = [one.factor for _name, one in seasons["rows"]]
    assert factors == sorted(factors)
    assert seasons["error"] < 5


def test_a_scenario_becomes_a_numbered_run_with_its_papers(officer: Client, shelf: None) -> None:
    form = officer.get("/en/policy/ripple/").context["form"]
    asked = {**form.initial, "title": "=1+1"}
    first = officer.post("/en/policy/ripple/", {**asked, "spent_medical": "100"})
    assert first.status_code == 302
    again = officer.post("/en/policy/ripple/", {**asked, "spent_medical": "100.0", "title": "other"})
    assert again.url == first.url
    page = officer.get(first.url)
    assert page.context["reproduced"]
    number = int(first.url.rstrip("/").rpartition("/")[2])
    run = RippleRun.objects.get(number=number)
    with_formula = openpyxl.load_workbook(io.BytesIO(officer.get(f"{first.url}run.xlsx").content))
    sheet = with_formula.worksheets[0]
    assert sheet["B1"].value == "'=1+1"
    cells = {row[1]: row[3] for row in sheet.iter_rows(min_row=4, values_only=True)}
    assert cells["Total"] == pytest.approx(run.results["total"]["production_seoul"])
    pdf = officer.get(f"{first.url}run.pdf").content
    assert pdf.startswith(b"%PDF")
    assert exports.pdf(run, "제목")[:4] == b"%PDF"


@pytest.mark.once
def test_a_wrong_scenario_is_answered_beside_its_field(officer: Client, shelf: None) -> None:
    form = officer.get("/en/policy/ripple/").context["form"]
    for typed in ("-1", "x", "1e999", "99999999999999", "NaN", ""):
        page = officer.post("/en/policy/ripple/", {**form.initial, "share": typed})
        assert page.status_code == 200
        assert list(page.context["form"].errors) == ["share"]
    assert RippleRun.objects.count() == 1


@pytest.mark.once
def test_a_file_of_demand_is_taken_or_refused_with_its_rows(officer: Client, shelf: None) -> None:
    def send(text: str) -> Any:
        file = SimpleUploadedFile("d.csv", text.encode())
        return officer.post("/en/policy/ripple/", {"demand_title": "From a file", "demand_file": file})

    page = send("bok_code_83,final_demand_bn_krw\n77,5\n99,1\n")
    assert "Row 3" in str(page.context["demand_form"].errors["demand_file"])
    assert send("").status_code == 200
    assert send("bok_code_83,final_demand_bn_krw\n77,5\n").status_code == 302
