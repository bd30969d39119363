"""Ten languages are complete: our own texts, Django's and allauth's, with the same placeholders."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest

from sarangbang.config import catalogues

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|<[^>]+>")


@functools.cache
def texts_in(path: Path) -> dict[Any, Any]:
    return catalogues._texts(catalogues._read(path))


@pytest.fixture(scope="module")
def missing() -> dict[str, list[str]]:
    return catalogues.missing()


@pytest.mark.parametrize("language", catalogues.FOLDERS)
def test_no_text_is_missing(missing: dict[str, list[str]], language: str) -> None:
    assert missing[language] == []


@pytest.mark.parametrize("folder", catalogues.FOLDERS.values())
@pytest.mark.parametrize("where", ["locale", "locale_libraries"])
def test_translations_keep_the_placeholders(where: str, folder: str) -> None:
    path = catalogues.PACKAGE / where / folder / "LC_MESSAGES/django.po"
    wrong = []
    for (_, text), message in texts_in(path).items():
        originals = message.id if isinstance(message.id, list | tuple) else [message.id]
        forms = message.string if isinstance(message.string, list | tuple) else [message.string]
        known = {each for original in originals for each in PLACEHOLDER.findall(original)}
        # A form for none, one or two may say the number as a word.
        needed = known if len(originals) == 1 else set()
        for form in forms:
            found = set(PLACEHOLDER.findall(form))
            if not (needed <= found <= known):
                wrong.append((text, form))
    assert wrong == []


@pytest.mark.parametrize(("language", "script"), [("ko", "[가-힣]"), ("ja", "[ぁ-んァ-ン一-龯]"), ("zh-hans", "[一-龯]"),
                                                   ("ru", "[а-яё]"), ("mn", "[а-яөү]"), ("th", "[ก-๛]"), ("ar", "[ء-ي]")])  # fmt: skip
def test_translations_are_in_their_own_script(language: str, script: str) -> None:
    path = catalogues.PACKAGE / "locale" / catalogues.FOLDERS[language] / "LC_MESSAGES/django.po"
    foreign = [
        text
        for (_, text), message in texts_in(path).items()
        if len(text.split()) > 3
        and re.search("[a-z]", PLACEHOLDER.sub("", text), re.IGNORECASE)
        and not re.search(script, str(message.string), re.IGNORECASE)
        and "<id>" not in text
    ]
    assert foreign == []
