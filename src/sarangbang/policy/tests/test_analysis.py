"""Many rows: the sums are right, a wrong row is named, and the same expression runs on Spark."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest
from click.testing import CliRunner

from sarangbang.policy.analysis import DIMENSIONS, spending
from sarangbang.policy.cli import commands
from sarangbang.policy.spending import BY_CODE

GUESTS = "guest_id,nationality\n1,JP\n2,CN\n"
CARDS = "guest_id,paid_on,sector,amount_krw\n1,2025-01-31,medical,1000\n2,2025-02-01,food,500\n"


def run(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(commands, ["analyse", *(str(word) for word in words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def write(folder: Path, guests: str = GUESTS, cards: str = CARDS, encoding: str = "utf-8") -> tuple[Path, Path]:
    paths = folder / "guests.csv", folder / "cards.csv"
    for path, text in zip(paths, (guests, cards), strict=True):
        path.write_bytes(text.encode(encoding))
    return paths


def made(rows: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = random.Random(seed)
    guests = pd.DataFrame({"guest_id": range(50), "nationality": [rng.choice(["JP", "CN", "MN"]) for _ in range(50)]})
    cards = pd.DataFrame(
        {
            "guest_id": [rng.randrange(50) for _ in range(rows)],
            "paid_on": [dt.date(2025, 1, 1) + dt.timedelta(days=rng.randrange(365)) for _ in range(rows)],
            "sector": [rng.choice(list(BY_CODE)) for _ in range(rows)],
            "amount_krw": [rng.randrange(0, 10**7) for _ in range(rows)],
        }
    )
    return guests, cards


def by_hand(guests: pd.DataFrame, cards: pd.DataFrame) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    home = dict(zip(guests.guest_id, guests.nationality, strict=True))
    groups: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    for guest, day, sector, amount in cards.itertuples(index=False):
        groups[f"{day:%Y-%m}", home[guest], sector].append((guest, amount))
    return {
        key: (len({guest for guest, _won in rows}), len(rows), sum(won for _guest, won in rows))
        for key, rows in groups.items()
    }


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_every_group_is_what_counting_by_hand_makes(tmp_path: Path, kind: str) -> None:
    guests, cards = made(3000)
    paths = [tmp_path / f"{name}.{kind}" for name in ("guests", "cards")]
    for frame, path in zip((guests, cards), paths, strict=True):
        frame.to_parquet(path) if kind == "parquet" else frame.to_csv(path, index=False)
    code, out, _err = run(*paths, "--json")
    data = json.loads(out)
    assert code == 0
    found = {(row["month"], row["nationality"], row["sector"]): (row["guests"], row["payments"], row["amount_krw"])
             for row in data["rows"]}  # fmt: skip
    assert found == by_hand(guests, cards)
    assert list(found) == sorted(found)
    assert data["total"] == {
        "guests": cards.guest_id.nunique(),
        "payments": 3000,
        "amount_krw": int(cards.amount_krw.sum()),
    }
    small = json.loads(run(*paths, "--by", "sector", "--json")[1])
    assert sum(row["payments"] for row in small["rows"]) == 3000
    assert {row["sector"] for row in small["rows"]} == set(cards.sector)


def test_texts_and_titles_as_offices_write_them(tmp_path: Path) -> None:
    cards = "메모;Amount_KRW;GUEST-ID;Paid On;sector\r\n가;1000;1;2025-01-31; medical\r\n나;500.0;2;2025-02-01;food\r\n"
    paths = write(tmp_path, GUESTS.replace("\n", "\r\n"), cards, "cp949")
    code, out, _err = run(*paths, "--csv")
    assert (code, out) == (
        0, "month,nationality,sector,guests,payments,amount_krw\n2025-01,JP,medical,1,1,1000\n2025-02,CN,food,1,1,500\n")  # fmt: skip
    code, out, _err = run(*paths)
    assert out.splitlines()[-1].split() == ["total", "2", "2", "1,500"]


WRONG = (
    ("1,2025-01-01,medical,-1", "amount_krw", "negative"),
    ("1,2025-01-01,gambling,1", "sector", "no sector"),
    ("1,2025-02-30,food,1", "paid_on", "no day"),
    ("1,2025-01-01,food,1.5", "amount_krw", "whole"),
    ("1,2025-01-01,food,1e3", "amount_krw", "whole"),
    ("1,2025-01-01,food,9999999999999", "amount_krw", "more than"),
    ("1,2025-01-01,food,", "amount_krw", "empty"),
    ("3,2025-01-01,food,1", "guest_id", "none of the guests"),
    (",2025-01-01,food,1", "guest_id", "empty"),
)


def test_every_wrong_row_is_named_and_nothing_is_computed(tmp_path: Path) -> None:
    # A blank line is none of DuckDB's rows, but one of a spreadsheet's.
    paths = write(tmp_path, cards=CARDS + "\n\n" + "\n".join(line for line, _column, _reason in WRONG) + "\n")
    code, out, err = run(*paths, "--json")
    errors = json.loads(out)["errors"]
    assert (code, len(errors)) == (2, len(WRONG))
    for error, row, (_line, column, reason) in zip(errors, range(6, 6 + len(WRONG)), WRONG, strict=True):
        assert (error["row"], error["column"]) == (row, column)
        assert reason in error["reason"]
    assert "nothing was used" in err
    paths = write(tmp_path, GUESTS + "3,Narnia\n4,\n1,JP\n")
    errors = json.loads(run(*paths, "--json")[1])["errors"]
    assert [(error["row"], error["column"]) for error in errors] == [
        (4, "nationality"),
        (5, "nationality"),
        (6, "guest_id"),
    ]


@pytest.mark.parametrize(
    "cards", ["", "a,b\n1,2\n", "a,a\n1,2\n", CARDS + "1,2025-01-01,food,1,extra\n", CARDS + '1,"2025\n']
)
def test_a_file_that_is_none_is_refused_in_one_sentence(tmp_path: Path, cards: str) -> None:
    code, out, err = run(*write(tmp_path, cards=cards), "--json")
    assert code == 2
    assert json.loads(out)["error"]
    assert len(err.splitlines()) == 1


def test_parquet_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    guests, cards = made(5)
    paths = tmp_path / "g.parquet", tmp_path / "c.parquet"
    guests.to_parquet(paths[0])
    wrong: list[tuple[str, Any]] = [
        ("amount_krw", [1.5, float("nan"), 1, 1, 1]),
        ("paid_on", pd.date_range("2025-01-01", periods=5, tz="UTC")), ("guest_id", [0.5, 1, 2, 3, 4]),
    ]  # fmt: skip
    for name, values in wrong:
        cards.assign(**{name: values}).to_parquet(paths[1])
        assert run(*paths)[0] == 2, (name, values)
    cards.to_parquet(paths[1])
    assert run(*paths)[0] == 0
    assert run(paths[0], tmp_path)[0] == 2
    assert run(*paths, "--by", "month,age")[0] == 2
    paths[1].write_bytes(b"PAR1 and nothing more")
    assert run(*paths)[0] == 2


@pytest.mark.optional
def test_spark_runs_the_same_expression(tmp_path: Path) -> None:
    """Only where pyspark and Java are installed; neither is needed for anything else."""
    pytest.importorskip("pyspark", reason="pyspark is not installed; with it this test runs the expression on Spark")
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    guests, cards = made(500)
    paths = {"guests": tmp_path / "guests.parquet", "cards": tmp_path / "cards.parquet"}
    guests.to_parquet(paths["guests"])
    cards.to_parquet(paths["cards"])
    try:
        session = (
            SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "1").config("spark.sql.session.timeZone", "UTC").getOrCreate()
        )  # fmt: skip
    except Exception as problem:  # noqa: BLE001 (without Java it breaks in any way)
        pytest.skip(f"Spark does not start here: {problem}")
    results = []
    for backend in (ibis.pyspark.connect(session), ibis.duckdb.connect()):
        tables = {name: backend.read_parquet(str(path), table_name=name) for name, path in paths.items()}
        frame = backend.to_pandas(spending(tables["guests"], tables["cards"], DIMENSIONS))
        results.append([tuple(map(str, row)) for row in frame.itertuples(index=False)])
    session.stop()
    assert results[0] == results[1]
    assert len(results[0]) > 50
