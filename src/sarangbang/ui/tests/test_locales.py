"""Days, clocks, places and amounts are written as readers of each language expect."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sarangbang.ui import locales
from sarangbang.ui.templatetags import ui

LANGUAGES = [each.code for each in locales.LANGUAGES]
EXAM = dt.datetime(2026, 12, 9, 1, 30, tzinfo=dt.UTC)  # Wednesday 10:30 in Seoul, 09:30 in Ulaanbaatar

EXPECTED = {
    "ko": ("12월 9일 수요일", "12월 9일 (수)", "2026년 12월 9일", "울란바토르", "몽골"),
    "en": ("Wednesday 9 December", "Wed 9 Dec", "9 December 2026", "Ulaanbaatar", "Mongolia"),
    "zh-hans": ("12月9日 星期三", "12月9日 周三", "2026年12月9日", "乌兰巴托", "蒙古"),
    "ja": ("12月9日 水曜日", "12月9日(水)", "2026年12月9日", "ウランバートル", "モンゴル"),
    "ru": ("среда, 9 декабря", "ср, 9 дек.", "9 декабря 2026 г.", "Улан-Батор", "Монголия"),
    "mn": ("12-р сарын 9, лхагва", "12-р сарын 9, Лх", "2026 оны 12-р сарын 9", "Улаанбаатар", "Монгол"),
    "es": ("miércoles 9 de diciembre", "mié 9 dic", "9 de diciembre de 2026", "Ulán Bator", "Mongolia"),
    "vi": ("Thứ Tư, 9 tháng 12", "Th 4, 9/12", "9 tháng 12, 2026", "Ulan Bator", "Mông Cổ"),
    "th": ("วันพุธที่ 9 ธันวาคม", "พ. 9 ธ.ค.", "9 ธันวาคม 2026", "อูลานบาตอร์", "มองโกเลีย"),
    "ar": ("الأربعاء، 9 ديسمبر", "الأربعاء، 9 ديسمبر", "9 ديسمبر 2026", "آلانباتار", "منغوليا"),
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_language_writes_days_and_places_its_own_way(code):
    written = (
        locales.day(EXAM, code),
        locales.short_day(EXAM, code),
        locales.date_year(EXAM, code),
        locales.zone_city("Asia/Ulaanbaatar", code),
        locales.country("mn", code),
    )
    assert written == EXPECTED[code]


@pytest.mark.parametrize("code", LANGUAGES)
def test_digits_are_european_and_the_year_gregorian_in_every_language(code):
    written = " ".join(
        [
            locales.day_year(EXAM, code),
            locales.month(EXAM, code),
            locales.moment(EXAM, code, "Asia/Ulaanbaatar"),
            locales.won(3_100_000, code),
            locales.number(377043.5, code),
            locales.percent(0.042, code),
            locales.duration(1535, code),
            locales.distance(12_345, code),
        ]
    )
    assert "2026" in written
    assert all(char in "0123456789" for char in re.findall(r"\d", written))
    assert "09:30" in written
    assert "₩" in locales.won(1, code)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_time_is_said_with_the_city_whose_clock_it_is(code):
    assert locales.zone_city("Asia/Ulaanbaatar", code) in locales.moment(EXAM, code, "Asia/Ulaanbaatar")


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_country_has_a_name_once(code):
    listed = locales.countries(code)
    assert len(listed) == len({alpha2 for alpha2, _ in listed}) >= 245
    assert {"KR", "MN", "AE", "US", "CN", "JP", "KZ"} <= {alpha2 for alpha2, _ in listed}


def test_the_same_moment_is_another_day_elsewhere():
    assert locales.clock(EXAM, "America/Los_Angeles") == "17:30"
    assert locales.short_day(EXAM, "en", "America/Los_Angeles") == "Tue 8 Dec"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a time zone"):
        locales.clock(dt.datetime(2026, 12, 9, 1, 30))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("code", "found"), [("zh-CN", "zh-hans"), ("AR-ae", "ar"), ("de", "en"), (None, "en"), ("mn", "mn")]
)
def test_a_language_is_found_by_any_code(code, found):
    assert locales.language(code).code == found


@pytest.mark.parametrize(("text", "runs"), [("محمد", "rtl"), ("Сарнай", "ltr"), ("12 שלום", "rtl"), ("", "ltr")])
def test_a_name_runs_the_way_of_its_letters(text, runs):
    assert locales.script_direction(text) == runs


@pytest.mark.parametrize(
    ("minutes", "code", "said"),
    [
        (60, "es", "1 hora"),
        (80, "es", "1 hora 20 minutos"),
        (6 * 24 * 60, "es", "6 días"),
        (15, "ar", "15 دقيقة"),
        (120, "ar", "ساعتان"),
        (90, "th", "1 ชม. 30 นาที"),
    ],
)
def test_lengths_of_time_are_words(minutes, code, said):
    assert locales.duration(minutes, code) == said


@given(minutes=st.integers(min_value=-5, max_value=10**6), code=st.sampled_from(LANGUAGES))
def test_any_length_of_time_can_be_said(minutes, code):
    said = locales.duration(minutes, code)
    assert re.search(r"\d|يوم|ساع|دق", said)
    assert "duration-" not in said  # what Babel says of a unit without a name


@given(
    moment=st.datetimes(dt.datetime(1900, 1, 2), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
    code=st.sampled_from(LANGUAGES),
    zone=st.sampled_from(locales.COMMON_ZONES),
)
def test_any_moment_can_be_written_anywhere(moment, code, zone):
    assert locales.clock(moment, zone) in locales.moment(moment, code, zone)
    assert str(moment.astimezone(locales.zone_of(zone)).year) in locales.day_year(moment, code, zone)


def test_all_common_zones_exist():
    assert all(locales.is_zone(zone) for zone in locales.COMMON_ZONES)
    assert not locales.is_zone("../etc/passwd")
    assert locales.zone_of("nonsense").key == locales.HOUSE_ZONE


def test_a_list_has_the_comma_of_its_script() -> None:
    assert locales.listed("en", "Mon", "Tue") == "Mon, Tue"
    assert locales.listed("ar", "إثنين", "ثلاثاء") == "إثنين، ثلاثاء"
    assert locales.listed("ko") == ""


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ((2, 0), (4, 0), "Wednesday 2 December 2026 – Thursday 3 December 2026"),
        ((2, 0), (3, 0), "Wednesday 2 December 2026"),
        ((2, 9), (2, 12), 'Wednesday 2 December 2026 <span class="num" dir="ltr">09:00–12:00</span>'),
        ((2, 9), (3, 0), "Wednesday 2 December 2026 09:00 – Thursday 3 December 2026 00:00"),
    ],
)
def test_leave_is_said_in_days_or_in_hours(first: tuple[int, int], last: tuple[int, int], said: str) -> None:
    seoul = ZoneInfo(locales.HOUSE_ZONE)
    starts_at, ends_at = (dt.datetime(2026, 12, day, hour, tzinfo=seoul) for day, hour in (first, last))
    assert ui.stretch(starts_at.astimezone(dt.UTC), ends_at) == said
