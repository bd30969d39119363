"""Makes words comparable: one spelling for what people type in many ways, in the scripts of the ten languages.

Pure text in, pure text out. Folding loses what typists leave out (accents, tone marks, hamzas, long vowel marks)
and keeps what tells words apart. Nothing here depends on a language, because a guest may type in any of them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST = 80
"""Characters of a query that are looked at. Longer input is cut, so hostile input costs no more than a name."""

LATIN, CYRILLIC, ARABIC, HANGUL, HAN, THAI = "latin", "cyrillic", "arabic", "hangul", "han", "thai"
UNSPACED = frozenset({HAN, HANGUL, THAI})
"""Scripts in which spaces are absent or irregular: words are looked for inside a run of letters."""

ACCENTED = frozenset({LATIN, CYRILLIC, THAI})
"""Scripts in which a mark tells words apart."""

_RANGES = (
    (0x0370, 0x03FF, LATIN),
    (0x0400, 0x052F, CYRILLIC),
    (0x0600, 0x077F, ARABIC),
    (0x08A0, 0x08FF, ARABIC),
    (0x0E00, 0x0E7F, THAI),
    (0x1100, 0x11FF, HANGUL),
    (0x3040, 0x30FF, HAN),
    (0x3130, 0x318F, HANGUL),
    (0x3400, 0x9FFF, HAN),
    (0xAC00, 0xD7AF, HANGUL),
    (0xF900, 0xFAFF, HAN),
    (0x20000, 0x3FFFF, HAN),
)

# Letters without a decomposition, and letters that keyboards without them replace.
_LETTERS = str.maketrans(
    {
        **dict.fromkeys("ıɩ", "i"), "đ": "d", "ð": "d", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th",
        # Mongolian: ө and ү are typed as о and у, or as є and ї of the old code page; Kazakh letters likewise.
        "ө": "о", "є": "о", "ү": "у", "ұ": "у", "ї": "у", "қ": "к", "ғ": "г", "ң": "н", "һ": "х", "ә": "а", "і": "и",
        # Arabic: alef maksura, ta marbuta, and Persian or Maghrebi letters of loan words.
        "ى": "ي", "ة": "ه", "ٱ": "ا", "ک": "ك", "ی": "ي", "پ": "ب", "گ": "ج", "چ": "ج", "ڤ": "ف", "ء": None, "ـ": None,
        # Kana: the long mark is often left out.
        "ー": None,
    }
)  # fmt: skip
_SMALL_KANA = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ")
_THAI_TONES = dict.fromkeys(range(0x0E47, 0x0E4D))
_LOOKALIKES = str.maketrans("aceopxykmtbhvi", "асеорхукмтвнуи")
_APOSTROPHES = "'’‘`´ʼ"
_WORD = re.compile(r"[^\W_]+")
_CYRILLIC_LETTER = re.compile("[\u0400-\u052f]")
_LATIN_LETTER = re.compile("[a-z]")
_ARABIC_PREFIXES = ("وال", "بال", "فال", "كال", "لل", "ال")
_SHORTEST_ARABIC_WORD = 3


_SHORT = 4
"""Letters up to which an accent makes another word; in longer ones it is a slip."""


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word. ``marked`` is the same word with its accents, so that a careful typist is rewarded; ``spelt``
    is the folded word letter by letter: Arabic with its article, Korean as jamo."""

    text: str
    marked: str
    spelt: str
    script: str


def script_of(letter: str) -> str:
    """The script of a letter; digits and everything unknown count as Latin."""
    point = ord(letter)
    for first, last, script in _RANGES:
        if point <= last:
            return script if point >= first else LATIN
    return LATIN


def clean(text: str) -> str:
    """At most ``LONGEST`` characters in NFKC and lower case, without control, format and surrogate characters."""
    text = "".join(
        " " if _breaks(each) else each for each in text.lstrip()[:LONGEST] if unicodedata.category(each) != "Cf"
    )
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())[: 2 * LONGEST]


def _breaks(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}


@lru_cache(maxsize=8192)
def _fold_letter(letter: str) -> str:
    """One letter of cleaned text without its marks. Hangul and kana are whole letters and stay composed."""
    script = script_of(letter)
    if script == HANGUL:
        return letter
    if script == HAN:
        if "ァ" <= letter <= "ヶ":
            letter = chr(ord(letter) - 0x60)
        return letter.translate(_LETTERS).translate(_SMALL_KANA)
    if script == THAI:
        return letter.translate(_THAI_TONES)
    plain = unicodedata.normalize("NFD", letter.translate(_LETTERS))
    return "".join(each for each in plain if not unicodedata.combining(each)).translate(_LETTERS)


def _fold_word(word: str) -> str:
    if _CYRILLIC_LETTER.search(word) and _LATIN_LETTER.search(word):
        word = word.translate(_LOOKALIKES)
    return "".join(map(_fold_letter, word))


def _without_article(word: str) -> str:
    """An Arabic word without its article and the prepositions written together with it."""
    for prefix in _ARABIC_PREFIXES:
        if word.startswith(prefix) and len(word) >= len(prefix) + _SHORTEST_ARABIC_WORD:
            return word[len(prefix) :]
    return word


def _runs(word: str) -> list[str]:
    """Splits a run of letters where its script changes: ``全飞秒smile`` is two words. Digits follow their neighbour."""
    runs: list[str] = []
    current = ""
    for letter in word:
        script = current if letter.isdigit() and current else script_of(letter)
        if runs and script == current:
            runs[-1] += letter
        else:
            runs.append(letter)
        current = script
    return runs


def _pieces(cleaned: str) -> list[str]:
    """Runs of letters and digits with the marks that belong to them (Thai vowels are marks, not letters)."""
    spaced = "".join(each if each.isalnum() or unicodedata.category(each)[0] == "M" else _gap(each) for each in cleaned)
    return spaced.split()


def _gap(letter: str) -> str:
    return "" if letter in _APOSTROPHES else " "


def words_of(text: str) -> list[Word]:
    """The folded words of a text in their order."""
    words = []
    for piece in _pieces(clean(text)):
        mixed = _CYRILLIC_LETTER.search(piece) and _LATIN_LETTER.search(piece)
        for run in [piece] if mixed else _runs(piece):
            folded = _fold_word(run)
            if not _WORD.search(folded):
                continue
            script = CYRILLIC if mixed else script_of(folded[0])
            spelt = jamo(folded) if script == HANGUL else folded
            if script == ARABIC:
                folded = _without_article(folded)
            words.append(Word(folded, run if script in ACCENTED else folded, spelt, script))
    return words


@lru_cache(maxsize=8192)
def jamo(text: str) -> str:
    """Korean syllables as letters, so that 쌍커풀 and 쌍꺼풀 differ by one letter and not by a syllable. Tense and
    plain consonants stay different letters; final consonants become the same letters as initial ones."""
    return "".join(map(_compatible, unicodedata.normalize("NFD", text)))


def _compatible(letter: str) -> str:
    name = unicodedata.name(letter, "")
    if name.startswith("HANGUL JONGSEONG "):
        try:
            return unicodedata.lookup("HANGUL CHOSEONG " + name.removeprefix("HANGUL JONGSEONG "))
        except KeyError:
            return letter
    return letter


def is_kana(folded: str) -> bool:
    """Whether all letters are kana; folded text has no katakana."""
    return all("ぁ" <= letter <= "ゟ" for letter in folded)


@lru_cache(maxsize=8192)
def contradicts(typed: str, known: str) -> bool:
    """Whether a short word was typed with an accent or tone where the known one, as far as it was typed, has another
    or none: hộ is not hô. What was left out contradicts nothing. Both are Latin or Thai words as marked."""
    if script_of(typed[0]) not in {LATIN, THAI}:
        return False
    mine, others = _marks(typed), _marks(known)
    return len(mine) <= _SHORT and any(mark - other for mark, other in zip(mine, others, strict=False))


def _marks(word: str) -> list[set[str]]:
    """The marks of each letter of a word; the bar of đ counts as one."""
    marks: list[set[str]] = []
    for letter in unicodedata.normalize("NFD", word):
        if marks and (unicodedata.combining(letter) or ord(letter) in _THAI_TONES):
            marks[-1].add(letter)
        else:
            marks.append({letter} if letter == "đ" else set())
    return marks
