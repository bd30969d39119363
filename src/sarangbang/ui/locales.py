"""How the house writes days, clocks, places and amounts in its ten languages.

Pure: knows neither the ORM nor HTTP. Every function takes the language as a Django code ("ko", "zh-hans").
Names of months, cities, countries, languages and units come from Unicode CLDR (through Babel); the order of
the parts of a date is the table below, because CLDR's ready formats name another era for Thai and write
months as words for Mongolian.

Digits are European (0-9) everywhere, in Arabic too: a guest compares our times with boarding passes, Korean
signs, licence plates and phone keypads, which all use them, and tabular figures line up only within one set
of digits. The calendar is Gregorian everywhere for the same reason. The clock has 24 hours.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.dates import format_datetime, get_timezone_location
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit

HOUSE_ZONE = "Asia/Seoul"
DIGITS = "latn"


@dataclass(frozen=True)
class Language:
    """One of the ten. ``code`` is Django's, ``tag`` BCP 47, ``babel`` the CLDR locale used."""

    code: str
    tag: str
    autonym: str
    greeting: str
    babel: str
    dir: str = "ltr"


LANGUAGES: tuple[Language, ...] = (
    Language("ko", "ko", "한국어", "어서 오세요", "ko"),
    # British order (day before month) is the one most readers of English as a second language know.
    Language("en", "en", "English", "Welcome", "en_GB"),
    Language("zh-hans", "zh-Hans", "简体中文", "欢迎光临", "zh_Hans"),
    Language("ja", "ja", "日本語", "ようこそ", "ja"),
    Language("ru", "ru", "Русский", "Добро пожаловать", "ru"),
    Language("mn", "mn", "Монгол", "Тавтай морилно уу", "mn"),
    Language("es", "es", "Español", "Bienvenidos", "es"),
    Language("vi", "vi", "Tiếng Việt", "Chào mừng bạn", "vi"),
    Language("th", "th", "ไทย", "ยินดีต้อนรับ", "th"),
    Language("ar", "ar", "العربية", "أهلًا وسهلًا", "ar", "rtl"),
)
BY_CODE: dict[str, Language] = {language.code: language for language in LANGUAGES}

# LDML patterns. "long": weekday, day, month. "full": the same with the year. "short": for rows and tags.
# "date": without weekday. "month": heading of a calendar.
PATTERNS: dict[str, dict[str, str]] = {
    "ko": {
        "long": "M월 d일 EEEE",
        "full": "y년 M월 d일 EEEE",
        "short": "M월 d일 (EEE)",
        "date": "y년 M월 d일",
        "month": "y년 M월",
    },
    "en": {
        "long": "EEEE d MMMM",
        "full": "EEEE d MMMM y",
        "short": "EEE d MMM",
        "date": "d MMMM y",
        "month": "LLLL y",
    },
    "zh-hans": {
        "long": "M月d日 EEEE",
        "full": "y年M月d日 EEEE",
        "short": "M月d日 EEE",
        "date": "y年M月d日",
        "month": "y年M月",
    },
    "ja": {
        "long": "M月d日 EEEE",
        "full": "y年M月d日 EEEE",
        "short": "M月d日(EEE)",
        "date": "y年M月d日",
        "month": "y年M月",
    },
    "ru": {
        "long": "EEEE, d MMMM",
        "full": "EEEE, d MMMM y 'г'.",
        "short": "EEE, d MMM",
        "date": "d MMMM y 'г'.",
        "month": "LLLL y 'г'.",
    },
    "mn": {
        "long": "M'-р сарын' d, EEEE",
        "full": "y 'оны' M'-р сарын' d, EEEE",
        "short": "M'-р сарын' d, EEE",
        "date": "y 'оны' M'-р сарын' d",
        "month": "y 'оны' M'-р сар'",
    },
    "es": {
        "long": "EEEE d 'de' MMMM",
        "full": "EEEE d 'de' MMMM 'de' y",
        "short": "EEE d MMM",
        "date": "d 'de' MMMM 'de' y",
        "month": "LLLL 'de' y",
    },
    "vi": {
        "long": "EEEE, d MMMM",
        "full": "EEEE, d MMMM, y",
        "short": "EEE, d/M",
        "date": "d MMMM, y",
        "month": "LLLL, y",
    },
    "th": {
        "long": "EEEE'ที่' d MMMM",
        "full": "EEEE'ที่' d MMMM y",
        "short": "EEE d MMM",
        "date": "d MMMM y",
        "month": "LLLL y",
    },
    "ar": {
        "long": "EEEE، d MMMM",
        "full": "EEEE، d MMMM y",
        "short": "EEE، d MMM",
        "date": "d MMMM y",
        "month": "LLLL y",
    },
}

# Offered in the zone field, those of most guests first; any other IANA zone is accepted too.
COMMON_ZONES: tuple[str, ...] = (
    "Asia/Seoul",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Asia/Hong_Kong",
    "Asia/Taipei",
    "Asia/Ulaanbaatar",
    "Asia/Ho_Chi_Minh",
    "Asia/Bangkok",
    "Asia/Singapore",
    "Asia/Kuala_Lumpur",
    "Asia/Manila",
    "Asia/Jakarta",
    "Asia/Phnom_Penh",
    "Asia/Vientiane",
    "Asia/Yangon",
    "Asia/Kolkata",
    "Asia/Dhaka",
    "Asia/Kathmandu",
    "Asia/Colombo",
    "Asia/Karachi",
    "Asia/Tashkent",
    "Asia/Almaty",
    "Asia/Bishkek",
    "Asia/Dushanbe",
    "Asia/Ashgabat",
    "Asia/Baku",
    "Asia/Tbilisi",
    "Asia/Yerevan",
    "Asia/Tehran",
    "Asia/Dubai",
    "Asia/Riyadh",
    "Asia/Qatar",
    "Asia/Kuwait",
    "Asia/Bahrain",
    "Asia/Muscat",
    "Asia/Baghdad",
    "Asia/Amman",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Africa/Cairo",
    "Asia/Vladivostok",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Novosibirsk",
    "Asia/Yekaterinburg",
    "Europe/Moscow",
    "Europe/Kyiv",
    "Europe/Istanbul",
    "Europe/Athens",
    "Europe/Warsaw",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Rome",
    "Europe/London",
    "Europe/Lisbon",
    "Africa/Casablanca",
    "Africa/Lagos",
    "Africa/Nairobi",
    "Africa/Johannesburg",
    "America/New_York",
    "America/Toronto",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Vancouver",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Mexico_City",
    "America/Bogota",
    "America/Lima",
    "America/Santiago",
    "America/Argentina/Buenos_Aires",
    "America/Sao_Paulo",
    "Australia/Perth",
    "Australia/Sydney",
    "Pacific/Guam",
    "Pacific/Auckland",
)


def language(code: str | None) -> Language:
    """The language for a Django or BCP 47 code in any case; English if the house does not speak it."""
    wanted = (code or "").lower()
    if wanted in BY_CODE:
        return BY_CODE[wanted]
    if wanted.startswith("zh"):
        return BY_CODE["zh-hans"]
    return BY_CODE.get(wanted.split("-")[0], BY_CODE["en"])


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(language(code).babel)


@cache
def zone_of(name: str | None) -> ZoneInfo:
    """The IANA zone of that name, Seoul if the name is empty or unknown."""
    return ZoneInfo(name if is_zone(name) else HOUSE_ZONE)  # type: ignore[arg-type]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "Factory"})  # this machine's, and nobody's


def is_zone(name: str | None) -> bool:
    return name in _zones()


def local(moment: dt.datetime, zone: str | None = HOUSE_ZONE) -> dt.datetime:
    """The aware moment on the clocks of a zone. Naive moments are refused: nobody knows when they are."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(zone_of(zone))


def listed(code: str, *parts: str) -> str:
    """Words after each other, with the comma of the language's script."""
    return ("، " if language(code).dir == "rtl" else ", ").join(parts)


def _write(value: dt.date | dt.datetime, pattern: str, code: str, zone: str | None) -> str:
    if isinstance(value, dt.datetime):
        value = local(value, zone).replace(tzinfo=None)
    else:
        value = dt.datetime.combine(value, dt.time())
    return format_datetime(value, PATTERNS[language(code).code][pattern], locale=_locale(code))


def day(value: dt.date | dt.datetime, code: str, zone: str | None = HOUSE_ZONE) -> str:
    """Tuesday 8 December"""
    return _write(value, "long", code, zone)


def day_year(value: dt.date | dt.datetime, code: str, zone: str | None = HOUSE_ZONE) -> str:
    """Tuesday 8 December 2026"""
    return _write(value, "full", code, zone)


def short_day(value: dt.date | dt.datetime, code: str, zone: str | None = HOUSE_ZONE) -> str:
    """Tue 8 Dec"""
    return _write(value, "short", code, zone)


def date_year(value: dt.date | dt.datetime, code: str, zone: str | None = HOUSE_ZONE) -> str:
    """8 December 2026"""
    return _write(value, "date", code, zone)


def month(value: dt.date | dt.datetime, code: str, zone: str | None = HOUSE_ZONE) -> str:
    """December 2026"""
    return _write(value, "month", code, zone)


def clock(value: dt.datetime | dt.time, zone: str | None = HOUSE_ZONE) -> str:
    """10:30, on the clocks of the zone; a bare time is written as it is. The same in every language."""
    return (local(value, zone) if isinstance(value, dt.datetime) else value).strftime("%H:%M")


def moment(value: dt.datetime, code: str, zone: str | None = HOUSE_ZONE) -> str:
    """Wed 9 Dec, 10:30 (Seoul). The city stands in brackets so that no language has to decline it."""
    comma = "، " if language(code).dir == "rtl" else " " if code in ("ko", "ja", "zh-hans") else ", "
    return f"{short_day(value, code, zone)}{comma}{clock(value, zone)} ({zone_city(zone, code)})"


def zone_city(zone: str | None, code: str) -> str:
    """The city by which CLDR names a zone, in the reader's language: Ulaanbaatar, 울란바토르."""
    return get_timezone_location(zone_of(zone).key, locale=_locale(code), return_city=True)


def country(alpha2: str | None, code: str) -> str:
    """The name of an ISO 3166 country in the reader's language; an unknown code is given back."""
    key = (alpha2 or "").upper()
    return _locale(code).territories.get(key, key)


@cache
def countries(code: str) -> tuple[tuple[str, str], ...]:
    """(ISO 3166 alpha-2, name) of all countries in the reader's order, as far as code points give it."""
    names = _locale(code).territories
    # CLDR also lists the world's regions (digits) and pseudo-territories, which are nobody's nationality.
    unreal = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
    real = [(key, name) for key, name in names.items() if len(key) == 2 and key.isalpha() and key not in unreal]
    return tuple(sorted(real, key=lambda item: _collation(item[1])))


def _collation(name: str) -> str:
    """Accents do not change the place in the alphabet; a stable, library-free approximation of collation."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()


def language_name(of: str | None, code: str) -> str:
    """The name of a spoken language in the reader's language; an unknown code is given back."""
    spoken = (of or "").lower().replace("_", "-").split("-")[0]
    return _locale(code).languages.get(spoken, of or "")


def won(amount: int, code: str) -> str:
    """Whole won: ₩3,100,000."""
    return format_currency(amount, "KRW", locale=_locale(code), numbering_system=DIGITS).replace("KRW", "₩")


def number(value: float, code: str) -> str:
    return format_decimal(value, locale=_locale(code), numbering_system=DIGITS)


def percent(share: float, code: str) -> str:
    """A share of one (0.042) as a percentage with at most one decimal (4.2 %)."""
    pattern = _locale(code).percent_formats[None].pattern.replace("0", "0.#", 1) if share % 0.01 else None
    return format_percent(share, pattern, locale=_locale(code), numbering_system=DIGITS)


LONG_UNITS = {
    "es": ("duration-day", "duration-hour", "duration-minute"),  # CLDR's short form says "1 horas"
    "ar": ("duration-hour", "duration-minute"),  # its short form is a bare letter
}
"""Units that are written out. Elsewhere the short form is a word, and CLDR has no long one in some languages."""


def duration(minutes: int, code: str, *, of_work: bool = False) -> str:
    """Minutes as days, hours and minutes in words: 1 hr 30 min. What is ``of_work`` is not told in days of 24 hours."""
    whole = max(0, int(minutes))
    days, rest = (0, whole) if of_work else divmod(whole, 24 * 60)
    hours, rest = divmod(rest, 60)
    parts = [("duration-day", days), ("duration-hour", hours), ("duration-minute", rest)]
    shown = [(unit, value) for unit, value in parts if value] or [("duration-minute", 0)]
    long = LONG_UNITS.get(language(code).code, ())
    return " ".join(
        format_unit(v, unit, "long" if unit in long else "short", locale=_locale(code), numbering_system=DIGITS)
        for unit, v in shown
    )


def distance(meters: float, code: str) -> str:
    """Metres below one kilometre, to the next ten; kilometres with one decimal above."""
    if meters < 995:
        unit, value = "length-meter", float(round(meters, -1))
    else:
        unit, value = "length-kilometer", round(meters / 1000, 1)
    return format_unit(value, unit, "short", format="#,##0.#", locale=_locale(code), numbering_system=DIGITS)


def iso(value: dt.date | dt.datetime | dt.time) -> str:
    """For <time datetime>: moments in UTC with Z, days and times as they are."""
    if isinstance(value, dt.datetime):
        return local(value, "UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


def script_direction(text: str) -> str:
    """Which way a text in an unknown script runs: that of its first letter that has one (UAX 9, P2)."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind == "L":
            return "ltr"
        if kind in ("R", "AL"):
            return "rtl"
    return "ltr"


def text_width(text: str) -> int:
    """Width in Latin letters: East Asian wide characters count two, combining marks nothing."""
    wide = {"W", "F"}
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in wide else 1 for c in text)
