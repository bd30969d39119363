"""Files as they come: well made, badly made, and not made at all."""

import json

import pytest

from sarangbang.dispatch import cordeau, documents
from sarangbang.dispatch.cordeau import Malformed

GOOD = """2 2 480 3 30
0 0 0 0 0 0 480
1 1 1 3 1 0 480
2 2 2 3 1 30 45
3 3 3 3 -1 60 75
4 4 4 3 -1 0 480
5 0 0 0 0 0 480
"""
ROWS = GOOD.splitlines()


def changed(row, text):
    return "\n".join([*ROWS[:row], text, *ROWS[row + 1 :]])


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.rsplit("5 0", 1)[0],  # without the depot at the end
        GOOD.replace("2 2 480", "2 4 480"),  # 2n
        GOOD.rsplit("5 0", 1)[0].replace("2 2 480", "2 4 480"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\n\n \n"),
        GOOD.replace(" ", "\t").replace("480", "480.000"),
        "\n\n" + GOOD,
    ],
)
def test_every_way_of_writing_the_same_day(text):
    problem = cordeau.read(text)
    assert len(problem.requests) == 2
    assert len(problem.cars) == 2
    assert problem.requests[1].pickup.latest == 45.0
    assert problem.length[0, 2] == pytest.approx(8**0.5)


def test_marks_and_encodings(tmp_path):
    for raw in (b"\xef\xbb\xbf" + GOOD.encode(), GOOD.encode("utf-16")):
        (tmp_path / "day.txt").write_bytes(raw)
        assert len(cordeau.read(cordeau.text_of(tmp_path / "day.txt")).requests) == 2
    (tmp_path / "day.txt").write_bytes(b"1 2\n\xff\xfa\n")
    with pytest.raises(Malformed, match="line 2"):
        cordeau.text_of(tmp_path / "day.txt")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "empty"),
        ("\n \n", 1, "empty"),
        ("2 2 480", 1, "first line"),
        (GOOD.replace("1 1 1", "1 \u0663 1"), 3, "x is not a number"),
        (GOOD.replace("2 2 480", "99999 2 480"), 1, "more than 10000 cars"),
        ("2 2 480 3 30 9\n", 1, "first line"),
        ("x 2 480 3 30\n", 1, "cars is not a number"),
        ("2.5 2 480 3 30\n", 1, "whole number"),
        ("0 2 480 3 30\n", 1, "cars is 0"),
        ("2 -2 480 3 30\n", 1, "ends after"),
        ("2 2 -1 3 30\n", 1, "longest duty is -1"),
        (changed(2, "1 1 nan 3 1 0 480"), 3, "y is not a number"),
        (changed(2, "1 1 inf 3 1 0 480"), 3, "y is not a number"),
        (changed(2, "1 1 1e400 3 1 0 480"), 3, "y is out of bounds"),
        (changed(2, "1 1 1 3 1 0"), 3, "needs 7 numbers"),
        (changed(2, "1 1 1 3 1 0 480 8"), 3, "needs 7 numbers"),
        (changed(2, "2 1 1 3 1 0 480"), 3, "id 2 stands where 1 should"),
        (changed(2, "1 1 1 -3 1 0 480"), 3, "service is negative"),
        (changed(2, "1 1 1 3 1 480 0"), 3, "is after latest"),
        (changed(2, "1 1 1 3 -1 0 480"), 3, "load of pick-up 1"),
        (changed(5, "4 4 4 3 -2 0 480"), 6, "load of drop-off 4"),
        ("\n".join(ROWS[:4]), 4, "load of drop-off 2"),
        ("\n".join(ROWS[:3]), 3, "ends after 2 stops"),
        (GOOD + "6 0 0 0 0 0 480\n", 8, "ends after 7 stops"),
    ],
)
def test_malformed_days_name_line_and_reason(text, line, reason):
    with pytest.raises(Malformed, match=reason) as caught:
        cordeau.read(text)
    assert caught.value.line == line


DAY = {
    "places": [{"id": "hotel", "x": 0, "y": 0}, {"id": "clinic", "x": 3, "y": 4}],
    "speed": 30,
    "vehicles": [{"id": "van", "start": "hotel", "room": {"seats": 4, "wheelchairs": 1}, "shift": ["08:00", 1200], "breaks": [{"earliest": 720, "latest": 780, "minutes": 30}]}],
    "requests": [
        {
            "id": "kim",
            "pickup": {"place": "hotel", "earliest": "09:00", "due": 560, "late_price": 2},
            "dropoff": {"place": "clinic", "latest": 700, "service": 4},
            "load": {"seats": 2, "wheelchairs": 1},
            "max_ride": 45,
            "may_share": False,
            "price": 90,
        }
    ],
}  # fmt: skip


def test_a_day_as_json():
    problem = documents.read(json.dumps(DAY))
    (request,), (car,) = problem.requests, problem.cars
    assert (request.pickup.earliest, request.pickup.due, request.alone, request.price) == (540.0, 560.0, True, 90.0)
    assert (car.begin, car.until, car.end, car.breaks[0].minutes) == (480.0, 1200.0, None, 30.0)
    assert problem.length[0, 1] == 5.0
    assert problem.minutes(0, 0, 1) == 10.0


def test_tables_by_the_hour_and_degrees():
    tables = [[[0, 10 + hour], [20, 0]] for hour in range(24)]
    problem = documents.read(json.dumps({**DAY, "travel": tables}))
    assert problem.minutes(90.0, 0, 1) == pytest.approx(11.5)
    assert problem.minutes(90.0, 1, 0) == 20.0
    earth = [
        {"id": "hotel", "latitude": 37.5, "longitude": 127.0},
        {"id": "clinic", "latitude": 37.6, "longitude": 127.0},
    ]
    assert documents.read(json.dumps({**DAY, "places": earth})).length[0, 1] == pytest.approx(11.12, abs=0.01)


def with_request(**fields):
    return {**DAY, "requests": [{**DAY["requests"][0], **fields}]}


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ([], "the day must be an object"),
        ({}, "places is missing"),
        ({**DAY, "cars": []}, "unknown field 'cars'"),
        ({**DAY, "requests": [7]}, "a request must be an object"),
        ({**DAY, "requests": {}}, "requests must be a list"),
        ({**DAY, "places": [{"id": "hotel"}, {"id": "clinic"}]}, "coordinates"),
        ({**DAY, "places": [*DAY["places"], DAY["places"][0]]}, "two places have the same id"),
        ({**DAY, "travel": [[0, 1]]}, "travel must have 2 rows of 2 numbers"),
        ({**DAY, "travel": [[0, "x"], [1, 0]]}, "travel must be a table"),
        ({**DAY, "travel": [[0, -1], [1, 0]]}, "out of bounds"),
        ({**DAY, "travel": [[[0, 1000], [1, 0]], [[0, 1], [1, 0]]]}, "leaves later would arrive earlier"),
        ({**DAY, "speed": 0}, "speed must be above zero"),
        (with_request(pickup=None), "the pickup of a request must be an object"),
        (with_request(pickup={"place": "moon"}), "place must be the id of a place"),
        (with_request(load={"seats": -1}), "load of 'seats'"),
        (with_request(load={"seats": True}), "load of 'seats'"),
        (with_request(max_ride=-4), "max_ride is out of bounds"),
        (with_request(max_ride=10**400), "max_ride is out of bounds"),
        (with_request(price="dear"), "price must be a number"),
        (with_request(alone="yes"), "alone and may_share"),
        (with_request(vehicles=["bus"]), "no vehicle is called 'bus'"),
        (with_request(dropoff={"place": "clinic", "earliest": 9, "latest": 8}), "ends before it begins"),
        ({**DAY, "requests": DAY["requests"] * 2}, "the name occurs twice"),
    ],
)
def test_malformed_json_days_name_line_and_reason(day, reason):
    with pytest.raises(Malformed, match=reason):
        documents.read(json.dumps(day))


def test_lines_of_json():
    text = json.dumps(with_request(max_ride=-4), indent=1)
    with pytest.raises(Malformed) as caught:
        documents.read(text)
    assert text.splitlines()[caught.value.line - 1].strip().startswith("{")
    assert '"kim"' in text.splitlines()[caught.value.line]
    for broken, line in (
        ('{"places": [\n\n', 3),
        ('{\n"speed": 1,\n"speed": 2}', 2),
        ('{\n"speed": NaN}', 2),
        ("[" * 100_000, 1),
    ):
        with pytest.raises(Malformed) as caught:
            documents.read(broken)
        assert caught.value.line == line
