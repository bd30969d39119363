"""The phrases: complete in ten languages, without medicine for drivers."""

from __future__ import annotations

import csv

import pytest

from sarangbang.concierge.crew.phrases import PHRASES_FILE, said_in
from sarangbang.ui.locales import LANGUAGES


@pytest.mark.parametrize("service", ["ride", "interpreting"])
@pytest.mark.parametrize("language", [language.code for language in LANGUAGES])
def test_every_phrase_exists_in_every_language(service, language):
    phrases = said_in(language, "ko", service)
    assert len(phrases) >= 5
    assert all(phrase.guest.strip() and phrase.crew.strip() for phrase in phrases)


def test_keys_are_unique_and_services_known():
    with PHRASES_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["key"] for row in rows}) == len(rows)
    assert {row["service"] for row in rows} <= {"ride", "interpreting", "both"}


def test_drivers_have_no_medical_phrases():
    said = " ".join(phrase.guest.lower() for phrase in said_in("en", "en", "ride"))
    assert not {"doctor", "pain", "surgery", "treatment", "medicine"} & set(said.replace(".", " ").split())
