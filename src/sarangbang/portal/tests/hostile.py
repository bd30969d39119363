"""What somebody hostile, or a broken program, sends in place of an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.core.cache import cache

WORDS = [
    "\0", "a\0b", "\ud800", "\u202eevil", "𝕏" * 10_000, "a" * 10_000, "'; DROP TABLE stays_stay; --", "<script>x</script>",
    "{{ 7|add:7 }}", "%s%n", "🙂", " ", "-1", "1e9", "9" * 40, "0x1F", "NaN", "../../etc/passwd", "٢٠٢٦", "\u200b",
]  # fmt: skip
HOSTILE = [word.encode("utf-8", "replace").decode() for word in WORDS]  # as a form can carry them


def squares(fields: Sequence[str]) -> Iterator[dict[str, str]]:
    """As many forms as there are words; every word stands once in every field."""
    for turn in range(len(HOSTILE)):
        yield {field: HOSTILE[(turn + place) % len(HOSTILE)] for place, field in enumerate(fields)}


def attack(send: Callable[[dict[str, str]], Any], fields: Sequence[str]) -> Iterator[tuple[dict[str, str], Any]]:
    """Sends every hostile word in every field and gives (what was sent, the answer).

    First all fields at once, which fails in each field for itself; then what a field has let through alone, with all
    else as ``send`` has it, so that it goes on to whatever is done with a form that is right.
    """
    passed = []
    for words in squares(fields):
        cache.clear()  # the rates
        answer = send(words)
        yield words, answer
        refused = answer.context["form"].errors if answer.context else {}
        passed += [{field: word} for field, word in words.items() if field not in refused]
    for word in passed:
        cache.clear()
        yield word, send(word)
