"""The ripple effect against the textbook, against the published multipliers, and against hostile files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sarangbang.directory.importing.problems import UnusableFile
from sarangbang.policy import runs
from sarangbang.policy.reading import Refused
from sarangbang.policy.reading_ripple import demand_of, economy_of, multipliers_of
from sarangbang.policy.ripple import (
    MEASURES,
    BadTable,
    Economy,
    effects,
    imports_per_unit,
    induced_output,
    leontief_inverse,
    output_multipliers,
    technical_coefficients,
)
from sarangbang.policy.spending import BY_CODE, Scenario, left_out, line_of, outcome
from sarangbang.policy.telling import effects_data

FLOWS, OUTPUT = [[150, 500], [200, 100]], [1000, 2000]
"""Table 2.3 of Miller and Blair, Input-Output Analysis, 2009."""
THREE_BY_TWO = np.array([
    [10, 5, 1, 6, 5, 7], [0, 2, 0, 0, 5, 3], [10, 3, 20, 4, 2, 0],
    [5, 0, 0, 1, 10, 9], [0, 10, 1, 0, 20, 1], [5, 0, 0, 1, 10, 10],
])  # fmt: skip
"""Two regions of three sectors; the test table of pymrio."""
FINAL = np.array([17, 5, 19, 25, 20, 13])


@pytest.fixture(scope="module")
def table():
    return multipliers_of()


def test_the_textbook() -> None:
    a = technical_coefficients(FLOWS, OUTPUT)
    assert_allclose(a, [[0.15, 0.25], [0.20, 0.05]])
    assert_allclose(leontief_inverse(a), [[1.25412541, 0.330033], [0.2640264, 1.12211221]], atol=1e-6)
    x = induced_output(a, [600, 1500])
    assert_allclose(x, [1247.52475248, 1841.58415842], atol=1e-6)
    economy = Economy(("1", "2"), a, {"jobs": np.array([0.3, 0.25])})
    assert_allclose(economy.effects({"1": 600, "2": 1500})["jobs"], [374.25742574, 460.3960396], atol=1e-6)
    assert_allclose(output_multipliers(a), [1.51815182, 1.45214521], atol=1e-6)
    assert_allclose(induced_output(a, [350, 1700]), OUTPUT)


def test_a_table_of_two_regions() -> None:
    output = THREE_BY_TWO.sum(axis=1) + FINAL
    assert_allclose(output, [51, 15, 58, 50, 52, 39])
    a = technical_coefficients(THREE_BY_TWO, output)
    assert_allclose(leontief_inverse(a)[0][:2], [1.3387146304736708, 0.9689762471208287], atol=1e-9)
    assert_allclose(induced_output(a, FINAL), output)
    codes = tuple(f"{region}/{sector}" for region in ("one", "two") for sector in "abc")
    assert Economy(codes, a, {}).by_region(output) == {"one": 124, "two": 141}


def test_the_target_plan_of_2008() -> None:
    assert round(112.108 * 1.754, 3) == 196.637


@settings(max_examples=20)
@given(st.integers(1, 6), st.randoms(use_true_random=False))
def test_inputs_value_added_and_imports_are_one(size: int, random) -> None:
    raw = np.array([[random.random() for _ in range(size)] for _ in range(size)])
    a = raw / (raw.sum(axis=0) + 1) * 0.9
    va = (1 - a.sum(axis=0)) * random.random()
    imports = imports_per_unit(a, va)
    assert_allclose(a.sum(axis=0) + va + imports, 1, atol=1e-9)
    inverse = leontief_inverse(a)
    # Every won of final demand ends as income at home or abroad.
    assert_allclose((va + imports) @ inverse, 1, atol=1e-9)


@pytest.mark.parametrize(
    "a", [[[0.5, 0.6], [0.6, 0.5]], [[1.0]], [[0.1, 0.2]], [[float("nan")]], [[-0.1]], []], ids=repr
)
def test_an_impossible_table_is_refused(a) -> None:
    with pytest.raises(BadTable):
        leontief_inverse(a)


@pytest.mark.parametrize("demand", [[1.0], [1.0, float("nan")], [float("inf"), 1.0]], ids=repr)
def test_an_impossible_demand_is_refused(demand) -> None:
    with pytest.raises(BadTable):
        induced_output([[0.1, 0.2], [0.3, 0.4]], demand)


def test_published_multipliers(table) -> None:
    found = effects(table.sectors, {"77": 100.0, "58": 20.0})
    assert_allclose(found.sectors[0].amounts["production_seoul"], 119.84894159093373)
    assert_allclose(found.total["jobs_rest"], 164.03166854402312 + 20 * 5.746669714098928)
    assert set(found.total) == set(MEASURES)
    fewer = effects(table.sectors, {"77": 100.0}, job_factor=0.5)
    assert_allclose(fewer.total["jobs_seoul"], 0.5 * found.sectors[0].amounts["jobs_seoul"])
    assert fewer.total["production_seoul"] == found.sectors[0].amounts["production_seoul"]
    assert all(0 <= sector.imported < 1 for sector in table.sectors.values())


def test_of_retail_only_the_margin_counts_and_no_tax() -> None:
    line = line_of("shopping", 110.0, margin=0.3)
    assert_allclose((line.tax, line.goods, line.demand), (10, 70, 30))
    free = line_of("duty_free", 100.0, margin=0.3)
    assert_allclose((free.tax, free.goods, free.demand), (0, 70, 30))
    assert_allclose(line_of("medical", 100.0, taxed=0).demand, 100)
    gone = left_out([line, free], share=0.5)
    assert_allclose((gone["tax"], gone["goods"]), (5, 70))


@settings(max_examples=20)
@given(
    st.dictionaries(st.sampled_from(sorted(BY_CODE)), st.floats(0, 5000), min_size=1),
    st.floats(0, 1),
    st.floats(0.5, 1),
)
def test_the_range_holds_the_usual_value(spent: dict[str, float], share: float, low: float) -> None:
    scenario = Scenario(tuple(line_of(code, amount) for code, amount in spent.items()), share, 1.0, low)
    found = outcome(multipliers(), scenario)
    for measure in MEASURES:
        assert found.careful.total[measure] <= found.usual.total[measure] + 1e-9
        assert found.usual.total[measure] <= found.generous.total[measure] + 1e-9


def multipliers():
    if not KEPT:
        KEPT.append(multipliers_of())
    return KEPT[0].sectors


KEPT: list = []


def test_the_same_inputs_have_the_same_hash_and_result(table) -> None:
    scenario = Scenario((line_of("medical", 100.0), line_of("food", 0.0)))
    inputs = runs.scenario_inputs(scenario, table)
    assert runs.hash_of(inputs) == runs.hash_of(dict(reversed(inputs.items())))
    first = runs.compute(inputs, table)
    assert first == runs.compute(inputs, table)
    results = first["total"]
    assert "production_and_value_added" not in results
    assert_allclose(first["left_out"]["imports"] + results["value_added_seoul"] + results["value_added_rest"],
                    results["final_demand_bn_krw"])  # fmt: skip


# Files


def write(folder: Path, text: str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_demand_may_be_written_as_offices_do(tmp_path: Path, table) -> None:
    text = '\ufeffbok_code_83;final_demand_bn_krw\n77;"1,234.5"\n8;20\n'
    assert demand_of(write(tmp_path, text), list(table.sectors)) == {"77": 1234.5, "08": 20.0}


@pytest.mark.parametrize(
    ("rows", "row", "reason"),
    [
        ("99,5", 2, "is no sector"),
        ("77,5\n77,6", 3, "row 2 already"),
        ("77,NaN", 2, "is not a number"),
        ("77,inf", 2, "is not a number"),
        ("77,-3", 2, "is negative"),
        ("77,", 2, "is empty"),
        (",5", 2, "is empty"),
        ('77,"1,5"', 2, "two ways"),
        ("77,1.234.5", 2, "two ways"),
        ("77,1,234.5", 2, "more cells"),
        ("77,1e30", 2, "too large"),
        ("77,=1+1", 2, "formula"),
    ],
)
def test_a_wrong_demand_is_refused_with_row_and_reason(tmp_path: Path, table, rows: str, row: int, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        demand_of(write(tmp_path, f"bok_code_83,final_demand_bn_krw\n{rows}\n"), list(table.sectors))
    assert [(error.row, reason in error.reason) for error in refusal.value.errors][:1] == [(row, True)]


@pytest.mark.parametrize(("unit", "fine"), [("bn KRW", True), ("10억원", True), ("", True), ("million KRW", False),
                                            ("persons", False), ("x", False)])  # fmt: skip
def test_a_column_of_units_is_read(tmp_path: Path, table, unit: str, fine: bool) -> None:
    path = write(tmp_path, f"bok_code_83,final_demand_bn_krw,unit\n77,5,{unit}\n")
    if fine:
        assert demand_of(path, list(table.sectors)) == {"77": 5.0}
    else:
        with pytest.raises(Refused):
            demand_of(path, list(table.sectors))


@pytest.mark.parametrize("text", ["", "bok_code_83\n77\n", "a,b\n1,2\n", "bok_code_83,final_demand_bn_krw\n", "\0\1"])
def test_a_file_that_is_no_demand_is_unusable(tmp_path: Path, table, text: str) -> None:
    with pytest.raises(UnusableFile):
        demand_of(write(tmp_path, text), list(table.sectors))


def test_another_table_of_multipliers(tmp_path: Path, table) -> None:
    with (Path(runs.__file__).parent / "data/multipliers_seoul_2020.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    rows[1][3] = "9.5"
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
    other = multipliers_of(write(tmp_path, text))
    assert other.sha256 != table.sha256
    assert other.sectors["08"].per_unit["production_seoul"] == 9.5
    with pytest.raises(Refused, match="1 wrong"):
        multipliers_of(write(tmp_path, text.replace('"9.5"', '"x"')))
    with pytest.raises(Refused, match=f"{len(rows) - 1} wrong"):
        multipliers_of(write(tmp_path, text.replace("per 1 bn KRW", "per 1 mn KRW")))
    assert effects_data(effects(table.sectors, {"77": 1}), table)["warnings"] == []
    impossible = multipliers_of(write(tmp_path, text.replace(rows[1][5], "1.5")))
    assert len(effects_data(effects(impossible.sectors, {"08": 1, "77": 1}), impossible)["warnings"]) == 1


def test_a_square_table_of_flows(tmp_path: Path) -> None:
    flows = "code,1,2,final_demand,output,jobs\n1,150,500,350,1000,300\n2,200,100,1700,2000,500\n"
    economy = economy_of(write(tmp_path, flows))
    demand = demand_of(write(tmp_path, "code,final_demand\n1,600\n2,1500\n", "d.csv"), economy.codes)
    found = economy.effects(demand)
    assert_allclose(found["production"], [1247.52475248, 1841.58415842], atol=1e-6)
    assert_allclose(found["jobs"], [374.25742574, 460.3960396], atol=1e-6)
    coefficients = "code,1,2\n1,0.15,0.25\n2,0.20,0.05\n"
    assert_allclose(economy_of(write(tmp_path, coefficients)).coefficients, economy.coefficients)


@pytest.mark.parametrize(
    "text",
    [
        "code,1,value_added\n1,.4,.7\n",
        "code,1,total\n1,.1,.1\ntotal,.1,.1\n",
        "code,1,final_demand,output\n1,5,4,10\n",
        "code,1,2\n1,0.1,0.2\n",
        "code,1\n1,0.1\n2,0.1\n",
        "code,1\n1,1.2\n",
        "code,1,output\n1,5,0\n",
        "code,1,x\n1,.1,.2\n",
    ],
)
def test_a_table_that_is_not_square_or_uses_up_too_much_is_unusable(tmp_path: Path, text: str) -> None:
    with pytest.raises((UnusableFile, Refused)):
        economy_of(write(tmp_path, text))
