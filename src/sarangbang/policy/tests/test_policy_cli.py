"""``sarangbang policy``: what programs rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sarangbang.policy.cli import commands
from sarangbang.policy.models import Figure
from sarangbang.policy.ripple import MEASURES

pytestmark = pytest.mark.django_db


def run(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(commands, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_ripple(tmp_path: Path) -> None:
    demand = write(tmp_path, "demand.csv", "bok_code_83,final_demand_bn_krw\n77,100\n58,20\n")
    code, out, _err = run("ripple", "--demand", demand, "--json")
    data = json.loads(out)
    assert code == 0
    assert [row["bok_code_83"] for row in data["sectors"]] == ["77", "58"]
    for measure in MEASURES:
        assert data["total"][measure] == pytest.approx(sum(row[measure] for row in data["sectors"]))
    assert data["sectors"][0]["production_seoul"] == pytest.approx(119.84894159093373)
    assert run("ripple", "--demand", demand)[0] == 0
    bad = write(tmp_path, "bad.csv", "bok_code_83,final_demand_bn_krw\n77,-1\n")
    code, out, err = run("ripple", "--demand", bad, "--json")
    assert (code, json.loads(out)["errors"][0]["row"]) == (2, 2)
    assert "row 2, final_demand_bn_krw: is negative" in err
    assert run("ripple", "--demand", tmp_path / "nowhere.csv")[0] == 2


def test_ripple_of_a_square_table(tmp_path: Path) -> None:
    square = write(tmp_path, "square.csv", "code,1,2,output,jobs\n1,150,500,1000,300\n2,200,100,2000,500\n")
    demand = write(tmp_path, "demand.csv", "code,final_demand\n1,600\n2,1500\n")
    _code, out, _err = run("ripple", "--demand", demand, "--coefficients", square, "--json")
    total = json.loads(out)["total"]
    assert total["production"] == pytest.approx(1247.52475248 + 1841.58415842)
    assert total["jobs"] == pytest.approx(374.25742574 + 460.3960396)


def test_check_of_another_text(tmp_path: Path) -> None:
    figures = write(tmp_path, "f.csv", "id,what,value,unit,year,note\nA,now,185559,persons,2023,= count\nB,then,131808,persons,2019,\n"
                    'C,ratio,1.4,times,"2023 (""the year before last"")",\nD,lots,~440,billion KRW,2024,\n')  # fmt: skip
    relations = write(tmp_path, "r.csv", "code,kind,result,terms\nr,ratio,C,A B\ng,growth,G,A B\nx,equality,A,B\n")
    code, out, _err = run("check", "--figures", figures, "--relations", relations, "--json")
    data = json.loads(out)
    assert code == 0
    assert data["counts"] == {"holds": 1, "off": 0, "contradicts": 1, "disputed": 0, "implied": 1, "unknown": 0}
    assert round(data["holds"][0]["computed"]["value"], 3) == 1.408
    assert run("check", "--figures", figures, "--relations", relations, "--strict")[0] == 1
    assert run("check", "--figures", figures, "--relations", write(tmp_path, "b.csv", "code,kind,result,terms\nr,ratio,C,D A B\n"))[0] == 2  # fmt: skip


def test_check_and_load(tmp_path: Path) -> None:
    code, out, err = run("check", "--json")
    assert (code, "No figures are loaded" in err) == (0, True)
    assert json.loads(out)["counts"]["contradicts"] >= 3
    assert "59,857.7" in run("check")[1]
    table = write(tmp_path, "t.csv", "year,patients,source\n2024,5,x\n")
    assert run("load", table)[0] == 2
    assert run("load", table, "--place", "korea", "--dry-run")[0] == 0
    assert not Figure.objects.exists()
    assert json.loads(run("load", table, "--place", "korea", "--json")[1]) == {
        "created": 1, "revised": 0, "unchanged": 0, "applied": True}  # fmt: skip
