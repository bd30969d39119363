"""Catalogues of texts: compile, extract, and what is missing.

``locale`` holds our own texts. ``locale_libraries`` holds those texts of Django and allauth that their own catalogues
lack in one of our languages.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent.parent
FOLDERS = {"ko": "ko", "zh-hans": "zh_Hans", "ja": "ja", "ru": "ru", "mn": "mn", "es": "es", "vi": "vi", "th": "th",
           "ar": "ar"}  # fmt: skip
"""Our languages but English, in which the texts are written, and their folders."""
DATES = tuple(f'"{name}' for name in ("POT-C", "PO-Rev", "Report-", "Last-T", "Language-T", "Generated-"))
"""Header lines that would change with every extraction, or that nobody fills in."""


def _read(path: Path) -> Catalog | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def compile_all() -> int:
    """Compile what is newer than its compiled form; returns how many."""
    made = 0
    for path in sorted(PACKAGE.glob("locale*/*/LC_MESSAGES/django.po")):
        target = path.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= path.stat().st_mtime:
            continue
        catalog = _read(path)
        if catalog is None:
            continue
        buffer = io.BytesIO()
        write_mo(buffer, catalog)
        # Written whole under another name first, because a process beside us may be reading.
        fresh = target.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(buffer.getvalue())
        fresh.replace(target)
        made += 1
    return made


def extract() -> None:
    """Bring every ``locale/*/django.po`` up to date with code and templates."""
    from django.core.management import call_command

    before = Path.cwd()
    os.chdir(PACKAGE)
    try:
        for folder in FOLDERS.values():
            (PACKAGE / "locale" / folder / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
        call_command(
            "makemessages",
            locale=list(FOLDERS.values()),
            ignore_patterns=["tests/*", "*/tests/*", "showcase*", "components*", "locale_libraries/*"],
            no_wrap=True,
            add_location="file",
            no_obsolete=True,
            verbosity=0,
        )
    finally:
        os.chdir(before)
    for folder in FOLDERS.values():
        _tidy(PACKAGE / "locale" / folder / "LC_MESSAGES/django.po", folder)


def _tidy(path: Path, folder: str) -> None:
    """Write the catalogue with our header instead of gettext's questionnaire."""
    found = _read(path)
    if found is None:
        return
    catalog = Catalog(
        locale=folder, project="Sarangbang", version="1", fuzzy=False, charset="utf-8", header_comment="# Sarangbang"
    )
    for message in found:
        if message.id:
            message.user_comments = [said for said in message.user_comments if not said.startswith("|")]  # former ids
            catalog[message.id] = message
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=0, include_lineno=False, ignore_obsolete=True, sort_output=True)
    lines = [line for line in buffer.getvalue().decode().splitlines() if not line.startswith(DATES)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _done(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    strings = message.string if isinstance(message.string, list | tuple) else [message.string]
    return all(strings) and bool(strings)


def _texts(catalog: Catalog | None) -> dict[tuple[str | None, str], Message]:
    if catalog is None:
        return {}
    return {(m.context, m.id[0] if isinstance(m.id, list | tuple) else m.id): m for m in catalog if m.id}


def _libraries() -> list[tuple[Path, str]]:
    import allauth
    import django

    house, guests = Path(django.__file__).parent, Path(allauth.__file__).parent
    parts = ("conf", "contrib/auth", "contrib/admin", "contrib/contenttypes", "contrib/sessions")
    return [*((house / part / "locale", "en") for part in parts), (guests / "locale", "en")]


def missing() -> dict[str, list[str]]:
    """Per language, the texts that a reader would meet in English: our own, Django's and allauth's."""
    result: dict[str, list[str]] = {}
    for language, folder in FOLDERS.items():
        own = _texts(_read(PACKAGE / "locale" / folder / "LC_MESSAGES/django.po"))
        result[language] = [key[1] for key, message in own.items() if not _done(message)]
        if not own:
            result[language].append("(the whole catalogue)")
        lent = _texts(_read(PACKAGE / "locale_libraries" / folder / "LC_MESSAGES/django.po"))
        for root, source in _libraries():
            theirs = _texts(_read(root / folder / "LC_MESSAGES/django.po"))
            for key in _texts(_read(root / source / "LC_MESSAGES/django.po")):
                if not _done(theirs.get(key)) and not _done(lent.get(key)):
                    result[language].append(key[1])
    return result
