"""The awards ledger: frozen evidence, money that is never used twice, doubles that are said, sums beside claims."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.people.models import AuditEntry, Membership, User
from sarangbang.policy import reading
from sarangbang.policy.actions import load_reference
from sarangbang.policy.awards import ledger
from sarangbang.policy.awards.actions import (
    Refused,
    Told,
    correct_award,
    record_award,
    take_back_use,
    told_by,
    use_prize,
)
from sarangbang.policy.awards.doubles import Claim, counted_once, doubles, same_prizes
from sarangbang.policy.awards.importing import load_awards
from sarangbang.policy.cli import commands
from sarangbang.policy.importing import load_file
from sarangbang.policy.models import Award, AwardEntry, Figure, PrizeUse, Written

DAY = dt.date(2024, 11, 20)
TOLD = Told(
    title="Best district", giver="Ministry", level="national", state="received", received_on=DAY,
    prize_krw=10_000_000, achievement="Most guests", names=("patients.gangnam-gu.2024",),
)  # fmt: skip
FIGURES = "code,value,unit,measure,period,geography,source\n"
COUNT = "patients.gangnam-gu.2024,377043,persons,patients,2024,gangnam-gu,here\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def figure(db: None, tmp_path: Path) -> Path:
    """One figure on the shelf, and the file to revise it with."""
    path = write(tmp_path, "figures.csv", FIGURES + COUNT)
    load_file(path, actor="a")
    return path


def standing(code: str) -> ledger.Standing:
    return next(one for one in ledger.standings() if one.code == code)


# Evidence


def test_evidence_is_frozen_and_a_later_revision_is_said(figure: Path) -> None:
    entry = record_award(TOLD, actor="user:1")
    text = entry.evidence
    assert entry.evidence_hash == hashlib.sha256(text.encode()).hexdigest()
    assert text == json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert json.loads(text)["figures"][0]["value"] == "377043"
    assert standing(entry.award.code).later == []
    figure.write_text(FIGURES + COUNT.replace("377043", "377073"))
    load_file(figure, actor="a")
    (later,) = standing(entry.award.code).later
    assert (later.then, later.now, later.revision) == (377043, 377073, 2)
    assert AwardEntry.objects.get().evidence == text
    corrected = correct_award(entry.award, replace(TOLD, note="x"), reason="a note", seen=1, actor="b")
    assert (corrected.evidence, corrected.number) == (text, 2)
    anew = correct_award(
        entry.award, replace(TOLD, names=("patients.gangnam-gu.2024@2",)), reason="r", seen=2, actor="b"
    )
    assert json.loads(anew.evidence)["figures"][0]["value"] == "377073"
    assert standing(entry.award.code).later == []


def test_evidence_that_was_changed_behind_our_back_is_not_believed(figure: Path) -> None:
    entry = record_award(TOLD, actor="a")
    for text in (entry.evidence.replace("377043", "999999"), "{", "[]", '{"figures":1}'):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE policy_awardentry SET evidence = %s", [text])
        one = standing(entry.award.code)
        assert (one.is_whole, one.frozen.names) == (False, ())
    told = told_by(AwardEntry.objects.get())
    correct_award(entry.award, replace(told, names=TOLD.names), reason="named again", seen=1, actor="a")
    assert standing(entry.award.code).is_whole


def test_guests_served_on_the_platform_are_evidence_too(db: None) -> None:
    entry = record_award(replace(TOLD, names=("guests-served.2025",)), actor="a")
    assert json.loads(entry.evidence)["measures"] == [
        {"name": "guests-served.2025", "period": "2025", "unit": "persons", "value": "0"}
    ]


# Rows that stay


def test_nothing_is_overwritten_and_every_deed_is_audited(figure: Path) -> None:
    entry = record_award(TOLD, actor="user:7")
    use = use_prize(entry.award, amount=1, used_on=DAY, purpose="books", actor="user:7")
    for change in (entry.save, entry.delete, use.save, AwardEntry.objects.all().delete, PrizeUse.objects.all().delete,
                   lambda: PrizeUse.objects.update(amount_krw=2), lambda: Award.objects.update(code="x")):  # fmt: skip
        with pytest.raises(Written):
            change()
    verbs = AuditEntry.objects.filter(actor="user:7").values_list("verb", flat=True)
    assert sorted(verbs) == ["record_award", "use_prize"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"received_on": None}, "received_on"),
        ({"received_on": dt.date(2999, 1, 1)}, "received_on"),
        ({"state": "called", "received_on": None}, "due_on"),
        ({"state": "applied"}, "received_on"),
        ({"prize_krw": -1}, "prize_krw"),
        ({"prize_krw": 10**13}, "prize_krw"),
        ({"names": ("nobody.knows",)}, "names"),
        ({"state": "missed", "received_on": None}, "state"),
    ],
)
def test_what_can_be_true_of_no_award_is_refused(figure: Path, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        record_award(replace(TOLD, **change), actor="a")
    assert list(refusal.value.reasons) == [field]
    assert not Award.objects.exists()


def test_a_correction_needs_a_reason_and_the_version_that_was_read(figure: Path) -> None:
    entry = record_award(TOLD, actor="a")
    changed = replace(TOLD, title="Better")
    for told, reason, seen, field in (
        (changed, " ", 1, "reason"), (changed, "why", 2, ""), (TOLD, "why", 1, ""),
        (replace(TOLD, state="applied", received_on=None), "why", 1, "state"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refusal:
            correct_award(entry.award, told, reason=reason, seen=seen, actor="a")
        assert list(refusal.value.reasons) == [field]
    assert AwardEntry.objects.count() == 1


# Money


def test_no_more_is_used_than_the_prize_and_a_use_is_taken_back_by_a_counter_row(figure: Path) -> None:
    award = record_award(TOLD, actor="a").award
    use_prize(award, amount=6_000_000, used_on=DAY, purpose="a ramp", actor="a")
    for amount, day, field in (
        (4_000_001, DAY, "amount_krw"), (0, DAY, "amount_krw"), (-5, DAY, "amount_krw"),
        (1, DAY - dt.timedelta(days=1), "used_on"), (1, dt.date(2999, 1, 1), "used_on"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refusal:
            use_prize(award, amount=amount, used_on=day, purpose="more", actor="a")
        assert list(refusal.value.reasons) == [field]
    with pytest.raises(Refused, match="used already"):
        correct_award(award, replace(TOLD, prize_krw=5_999_999), reason="less", seen=1, actor="a")
    with pytest.raises(Refused, match="used already"):
        correct_award(award, replace(TOLD, state="withdrawn"), reason="back", seen=1, actor="a")
    back = take_back_use(award, 1, purpose="typed twice", actor="a")
    assert (back.amount_krw, back.spent_after) == (-6_000_000, 0)
    for number in (1, 2, 99):
        with pytest.raises(Refused):
            take_back_use(award, number, purpose="again", actor="a")
    use_prize(award, amount=10_000_000, used_on=DAY, purpose="all", actor="a")
    assert standing(award.code).spent == 10_000_000


@pytest.mark.django_db(transaction=True)
def test_two_who_use_the_last_of_a_prize_at_once(at_once: Any) -> None:
    award = record_award(replace(TOLD, names=()), actor="a").award

    def use() -> Any:
        return use_prize(award, amount=6_000_000, used_on=DAY, purpose="x", actor="a")

    results = at_once([use, use, use])
    assert sum(isinstance(one, PrizeUse) for one in results) == 1
    assert sum(isinstance(one, Refused) for one in results) == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_write_down_the_same_award_at_once(at_once: Any, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", HEAD + GOOD.replace("patients.gangnam-gu.2024", ""))

    def load() -> Any:
        return load_awards(path, actor="a")

    def record() -> Any:
        return record_award(replace(TOLD, names=()), actor="a")

    loaded, recorded = at_once([load, load]), at_once([record, record])
    assert Award.objects.count() == AwardEntry.objects.count() == 2
    assert sum(isinstance(one, Refused) for one in recorded) == 1
    assert sum(getattr(one, "created", 0) for one in loaded) == 1


# Claimed twice


def claim(code: str, **more: Any) -> Claim:
    return Claim(**{"code": code, "title": code, "giver": "G", "received_on": DAY, **more})


def test_what_is_claimed_twice_is_said_of_both() -> None:
    found = doubles([
        claim("a", title="Best", achievement="Most guests", names=frozenset({"x", "y"}), prize=5),
        claim("b", title="BEST!", achievement="most  guests", names=frozenset({"y"}), prize=5),
        claim("c", names=frozenset({"z"}), prize=5, received_on=DAY + dt.timedelta(days=90)),
    ])  # fmt: skip
    assert [(one.kind, one.other) for one in found["a"]] == [
        ("award", "b"), ("prize", "b"), ("achievement", "b"), ("evidence", "b")]  # fmt: skip
    assert found["b"][-1].shared == ("y",)
    assert "c" not in found


def test_one_payment_has_one_reference() -> None:
    one, two = claim("a", prize=5, reference="no 1"), claim("b", prize=5, reference="no. 2")
    assert same_prizes([one, two]) == []
    assert same_prizes([one, claim("b", prize=7, giver="H", reference="No.1")]) == [["a", "b"]]
    assert same_prizes([claim("a"), claim("b")]) == []


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 80), st.sampled_from(["", "", "r1", "r2"])), max_size=9))
def test_counted_once_lies_between_the_largest_and_the_sum(rows: list[tuple[int, int, str]]) -> None:
    claims = [
        claim(str(at), prize=prize, received_on=DAY + dt.timedelta(days=days), reference=reference)
        for at, (prize, days, reference) in enumerate(rows)
    ]
    amounts = {one.code: one.prize for one in claims}
    groups = same_prizes(claims)
    assert len({code for group in groups for code in group}) == sum(map(len, groups))
    once = counted_once(claims, groups, amounts)
    assert max(amounts.values(), default=0) <= once <= sum(amounts.values())
    assert once == sum(amounts.values()) - sum(sum(amounts[c] for c in g) - max(amounts[c] for c in g) for g in groups)


def test_sums_stand_beside_what_was_said_and_never_pretend(db: None) -> None:
    load_reference()
    record_award(replace(TOLD, prize_krw=400_000_000), actor="a")
    record_award(replace(TOLD, title="Other", received_on=dt.date(2021, 5, 1), prize_krw=1), actor="a")
    record_award(replace(TOLD, title="Third", prize_krw=400_000_000), actor="a")
    record_award(
        replace(TOLD, title="Call", state="called", received_on=None, due_on=dt.date(2999, 1, 1).replace(year=2027)),
        actor="a",
    )
    awards, money = ledger.said_and_counted(ledger.standings())
    assert (awards.said, awards.counted, awards.gap, awards.is_shown) == (130, 2, 128, False)
    assert (money.said, money.counted) == (1_000_000_000, 400_000_000)
    own = ledger.sums(ledger.standings())
    assert (own.awards, own.prize, own.prize_once) == (3, 800_000_001, 400_000_001)
    (ahead,) = ledger.deadlines(ledger.standings(), dt.date(2026, 12, 31))
    assert ahead.days == 1


# Files

HEAD = "title,giver,level,received_on,prize_krw,evidence,code,reason,state,due_on\n"
GOOD = 'Best,Ministry,국가,2024-11-20,"10,000,000",patients.gangnam-gu.2024,,,,\n'


def test_a_file_of_awards_is_taken_and_again_without_effect(figure: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", HEAD + GOOD + "Call,City,city,,,,,,called,2027-01-31\n")
    assert load_awards(path, actor="a", apply=False).created == 2
    assert not Award.objects.exists()
    assert load_awards(path, actor="a").created == 2
    assert load_awards(path, actor="a").unchanged == 2
    path.write_text(HEAD + GOOD.replace("Best,", "Best of all,").replace(",,,,", ",2024-001,a slip of the pen,,"))
    assert load_awards(path, actor="a").revised == 1
    path.write_text(HEAD + GOOD)
    assert load_awards(path, actor="a").unchanged == 1
    assert [entry.title for entry in ledger.versions(Award.objects.get(code="2024-001"))] == ["Best", "Best of all"]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (GOOD.replace("Ministry", ""), "giver"),
        (GOOD.replace("국가", "galactic"), "level"),
        (GOOD.replace("2024-11-20", "2024-11-31"), "received_on"),
        (GOOD.replace("10,000,000", "-1"), "prize_krw"),
        (GOOD.replace("patients.", "patience."), "evidence"),
        (GOOD.replace("2024-11-20", "2999-01-01"), "received_on"),
        (GOOD.replace(",,,,", ",no code!,,,"), "code"),
        ("=1+1" + GOOD[4:], "title"),
        (GOOD.replace("Best", "First").replace("10,000,000", "5"), "code"),
        (GOOD.replace("Best", "First").replace("10,000,000", "5").replace(",,,,", ",2024-001,,,"), "reason"),
        (GOOD.replace("Best", "First").replace(",,,,", ",2024-002,,,"), "code"),
    ],
)
def test_a_bad_row_is_refused_and_nothing_of_the_file_is_written(
    figure: Path, tmp_path: Path, line: str, column: str
) -> None:
    load_awards(write(tmp_path, "a.csv", HEAD + GOOD.replace("Best", "First")), actor="a")
    with pytest.raises(reading.Refused) as refusal:
        load_awards(write(tmp_path, "b.csv", HEAD + GOOD.replace("Best", "Second") + line), actor="a")
    (error,) = refusal.value.errors
    assert (error.row, error.column) == (3, column)
    assert Award.objects.count() == 1


def test_the_command_line_loads_and_lists(figure: Path, tmp_path: Path) -> None:
    def run(*words: object) -> tuple[int, str]:
        result = CliRunner().invoke(commands, ["awards", *(str(word) for word in words)])
        return result.exit_code, result.stdout

    path = write(tmp_path, "a.csv", HEAD + GOOD + GOOD.replace("Best", "Other"))
    assert json.loads(run("load", path, "--dry-run", "--json")[1]) == {
        "created": 2, "revised": 0, "unchanged": 0, "applied": False}  # fmt: skip
    assert run("load", path)[0] == 0
    listed = json.loads(run("list", "--json")[1])
    assert (listed["sums"]["awards"], listed["sums"]["prize_krw_counted_once"]) == (2, 10_000_000)
    assert run("list")[0] == 0
    path.write_text(HEAD + GOOD.replace("국가", "galactic"))
    code, out = run("load", path, "--json")
    assert (code, json.loads(out)["errors"][0]["column"]) == (2, "level")


# Pages


@pytest.fixture
def officer(db: None, client: Client, settings: Any) -> Client:
    settings.DEMO = True
    user = User.objects.create_user("policy@demo.example", "x", name="Officer", is_demo=True)
    Membership.objects.create(user=user, role="policy")
    client.force_login(user)
    return client


def test_an_award_from_its_form_to_open_data(officer: Client, figure: Path) -> None:
    typed = {"title": "Best", "giver": "Ministry", "level": "national", "state": "received", "received_on": "2024-11-20",
             "prize_krw": "10,000,000원", "evidence": ["patients.gangnam-gu.2024"]}  # fmt: skip
    wrong = officer.post(
        "/ko/policy/awards/new/", {**typed, "received_on": "2999-01-01", "names": "x.y", "note": "keep"}
    )
    assert set(wrong.context["form"].errors) == {"received_on", "names"}
    assert "keep" in wrong.content.decode()
    page = officer.post("/en/policy/awards/new/", typed)
    address = page.url
    assert officer.get(address).status_code == 200
    over = officer.post(
        address, {"step": "use", "amount_krw": "10000001", "used_on": "2024-12-01", "purpose": "a ramp"}
    )
    assert "amount_krw" in over.context["use_form"].errors
    assert "a ramp" in over.content.decode()
    assert (
        officer.post(
            address, {"step": "use", "amount_krw": "10000000", "used_on": "2024-12-01", "purpose": "r"}
        ).status_code
        == 302
    )
    assert "why" in officer.post(address, {"step": "take_back", "use": "1", "why": ""}).context["back_form"].errors
    assert officer.post(address, {"step": "take_back", "use": "x", "why": "z"}).status_code == 200
    assert officer.post(address, {"step": "take_back", "use": "1", "why": "typed wrongly"}).status_code == 302
    form = officer.get(f"{address}correct/").context["form"]
    stale = officer.post(f"{address}correct/", {**typed, "title": "Bester", "reason": "why", "seen": "9"})
    assert stale.context["form"].non_field_errors()
    assert form.initial["evidence"] == typed["evidence"]
    assert (
        officer.post(f"{address}correct/", {**typed, "title": "Bester", "reason": "why", "seen": "1"}).status_code
        == 302
    )
    anyone = Client()
    (row,) = csv.DictReader(io.StringIO(anyone.get("/en/figures/data/awards.csv").content.decode()))
    assert (row["title"], row["version"], row["prize_used_krw"]) == ("Bester", "2", "0")
    snapshot = anyone.get(f"/en/figures/awards/{row['code']}/evidence.json").content
    assert hashlib.sha256(snapshot).hexdigest() == row["evidence_sha256"]
    data = json.loads(anyone.get("/en/figures/data/awards.json").content)
    assert data["sums"]["prize_krw"] == 10_000_000
    assert "recorded_by" not in data["awards"][0]
    assert "Bester" in anyone.get("/ko/figures/awards/").content.decode()
    assert officer.get("/en/policy/awards/?show=warned&page=x").status_code == 200
    for code in ("%00", "no", "x" * 300, "é"):
        for path in (
            f"policy/awards/of/{code}/",
            f"policy/awards/of/{code}/correct/",
            f"figures/awards/{code}/evidence.json",
        ):
            assert officer.get(f"/en/{path}").status_code in {400, 404}


def test_a_table_is_looked_through_mended_and_loaded(officer: Client, db: None) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for cells in (["A title"], [], FIGURES.strip().split(","), ["x", -5, "persons", "patients", 2024, "korea", "here"],
                  ["y", 7, "persons", "patients", dt.date(2024, 1, 1), "korea", "here"]):  # fmt: skip
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    upload = SimpleUploadedFile("figures.xlsx", file.getvalue())
    page = officer.post("/ko/policy/upload/", {"file": upload, "step": "load"})
    assert [(error.row, error.column) for error in page.context["looked"].errors] == [(4, "value")]
    text = page.context["form"].initial["table"]
    assert text.splitlines()[3].startswith("x,-5,")
    mended = text.replace("-5", "5").replace("\n", "\r\n")
    asked = officer.post("/en/policy/upload/", {"table": mended, "step": "load"})
    assert (asked.context["looked"].created, Figure.objects.count()) == (2, 0)
    again = {"table": mended, "looked": asked.context["mark"], "step": "load"}
    changed = officer.post("/en/policy/upload/", {**again, "table": mended.replace("x,5", "x,6")})
    assert (changed.status_code, Figure.objects.count()) == (200, 0)
    assert officer.post("/en/policy/upload/", again).status_code == 302
    assert set(Figure.objects.values_list("code", "value")) == {("x", 5), ("y", 7)}
    assert not officer.post("/en/policy/upload/", {**again, "step": "look"}).context["looked"].brings
    for sent in (
        {},
        {"table": " "},
        {"table": "a,b\n1,2"},
        {"file": SimpleUploadedFile("x.xlsx", b"PK\x03\x04nothing")},
    ):
        assert officer.post("/ar/policy/upload/", {"step": "look", **sent}).status_code == 200
    loaded = officer.post("/en/policy/awards/upload/", {"table": HEAD + GOOD.replace("patients.gangnam-gu.2024", "x")})
    assert (loaded.context["looked"].created, Award.objects.count()) == (1, 0)


@pytest.mark.once
def test_the_demo_ledger_says_that_it_is_invented_and_shows_everything(district: Any) -> None:
    known = ledger.standings()
    entries = [one.entry for one in known]
    assert all("[Demo]" in entry.title and "Demo" in entry.note for entry in entries)
    assert all("fictional" in entry.giver for entry in entries)
    assert [one for one in known if one.later]
    assert {double.kind for one in known for double in one.doubles} >= {"prize", "achievement", "evidence"}
    assert [one for one in known if one.spent]
    assert [entry for entry in entries if entry.number > 1]
    assert len(ledger.deadlines(known, district.today)) == 3
    assert [one.is_shown for one in ledger.said_and_counted(known)] == [False, False]
