"""What the pages of finding say, put together so that templates stay plain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from sarangbang.directory import maps
from sarangbang.directory import queries as directory
from sarangbang.directory.actions import source_hash
from sarangbang.directory.models import PriceFact, Procedure
from sarangbang.directory.travel import drive_minutes
from sarangbang.people.models import Consent
from sarangbang.ui import locales

from .forms import NarrowForm
from .offers import Wishes

DAY = 24 * 60
"""Minutes."""
BASES = (
    gettext_noop("Average paid by foreign patients in Korea"),
    gettext_noop("Asked by agencies, university hospital, basic"),
    gettext_noop("Asked by agencies, university hospital, VIP"),
    gettext_noop("Asked by agencies, check-up centre, basic"),
    gettext_noop("Asked by agencies, check-up centre, VIP"),
)
"""What known prices are (``PriceFact.basis``), for translators; a basis that is not here stays as written."""


def _given(form: forms.Form) -> dict[str, Any]:
    """What was given rightly; fields with errors count as not given."""
    return getattr(form, "cleaned_data", {})


def stay_query(form: forms.Form) -> str:
    """The days of the stay as a query string for links, so that they are asked only once; may be empty."""
    given = _given(form)
    days = {name: given[name].isoformat() for name in ("arrive", "leave") if given.get(name)}
    return f"?{urlencode(days)}" if days else ""


def wishes(form: NarrowForm, reader: str) -> Wishes:
    """The wishes of a form that has been validated; ``reader`` is the language of the page."""
    given = _given(form)
    near = directory.landmarks().filter(code=given["near"]).first() if given.get("near") else None
    return Wishes(
        arrive=given.get("arrive"),
        leave=given.get("leave"),
        language=given.get("language", ""),
        speaks=given.get("language") or reader,
        near=near,
        sort=given.get("sort") or NarrowForm.Sort.FREE,
        show_all=bool(given.get("all")),
    )


@dataclass(frozen=True)
class About:
    """What a procedure is, in the reader's language as far as it is known."""

    procedure: Procedure
    reader: str
    wishes: Wishes

    @property
    def days(self) -> str:
        low, high = self.procedure.days_in_korea_low, self.procedure.days_in_korea_high
        most = locales.duration(high * DAY, self.reader)
        return most if low == high else f"{low}–{most}"

    @property
    def rest(self) -> str:
        days = self.procedure.rest_before_flying_days
        return locales.duration(days * DAY, self.reader) if days else gettext("None is usual")

    @property
    def is_short(self) -> bool:
        """Whether the stay asked for is shorter than is usual."""
        return self.wishes.days is not None and self.wishes.days < self.procedure.days_in_korea_low

    @cached_property
    def text(self) -> str:
        return self._in(self.reader) or self._in("en")

    @property
    def text_language(self) -> str:
        """The language in which the text really is."""
        return self.reader if self._in(self.reader) else "en"

    @property
    def text_tag(self) -> str:
        return locales.language(self.text_language).tag

    @property
    def text_dir(self) -> str:
        return locales.language(self.text_language).dir

    @property
    def is_stale(self) -> bool:
        """Whether the English text changed after this translation was made."""
        if self.text_language == "en":
            return False
        made_from = self.procedure.summary_sources.get(_field_code(self.reader))
        return bool(made_from != source_hash(self._in("en")))

    @property
    def is_reviewed(self) -> bool:
        return self.procedure.reviewed_on is not None

    @cached_property
    def departments(self) -> list[str]:
        others = [
            room.name for room in self.procedure.departments.all() if room.pk != self.procedure.main_department_id
        ]
        return [self.procedure.main_department.name, *sorted(others)]

    @cached_property
    def verified_prices(self) -> list[PriceFact]:
        return [fact for fact in self.procedure.price_facts.all() if fact.is_verified]

    @cached_property
    def unofficial_prices(self) -> list[PriceFact]:
        return [fact for fact in self.procedure.price_facts.all() if not fact.is_verified]

    def _in(self, language: str) -> str:
        return getattr(self.procedure, f"summary_{_field_code(language)}", "") or ""


def _field_code(language: str) -> str:
    """The language as the fields of the directory name it."""
    return language.replace("-", "_")


def routes() -> dict[str, Any]:
    """The Center, and the ways from the airports to it in minutes by car, nearest first."""
    center = directory.center()
    if center is None:
        return {"center": None}
    ways = [(airport, drive_minutes(airport.point, center.point)) for airport in directory.airports()]
    return {"center": center, "airports": sorted(ways, key=lambda way: way[1]), "maps": maps.links(center)}


def purposes() -> list[tuple[Any, Any]]:
    """What guests are asked to consent to, each with what is kept for it and why."""
    told = {
        Consent.Purpose.BOOKING: _(
            "Your name, contact, nationality, year of birth and sex, your times and your way of travel. "
            "Without this nothing can be booked."
        ),
        Consent.Purpose.HEALTH: _(
            "The treatment you book. Only the institution and the Medical Tour Center read it, and each reading is "
            "written down for you to see."
        ),
        Consent.Purpose.ABROAD: _(
            "Your e-mail address or telephone number, if a message must pass through a service outside Korea."
        ),
        Consent.Purpose.CONCIERGE: _("Your name and where to meet you. Drivers never learn what you are treated for."),
        Consent.Purpose.SURVEY: _("Your contact, to ask once how it was."),
    }
    return [(purpose.label, told[purpose]) for purpose in Consent.Purpose]
