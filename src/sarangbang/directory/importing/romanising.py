"""Korean in Latin letters, letter by letter (Revised Romanization without sound changes): good enough to read a name
whose owner has not told how they write it."""

from __future__ import annotations

INITIALS = [
    "g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h",
]  # fmt: skip
VOWELS = [
    "a", "ae", "ya", "yae",
    "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "eu", "ui", "i",
]  # fmt: skip
FINALS = [
    "", "k", "kk", "ks", "n", "nj", "nh", "t", "l",
    "lk", "lm", "lp", "ls", "lt", "lp", "lh", "m", "p", "ps", "t", "t", "ng", "t", "t", "k", "t", "p", "t",
]  # fmt: skip
FIRST, LAST = 0xAC00, 0xD7A3


def romanised(text: str) -> str:
    """ "하늘의원" becomes "Haneuluiwon"; what is not Hangul stays."""
    result = []
    for letter in text:
        code = ord(letter)
        if not FIRST <= code <= LAST:
            result.append(letter)
            continue
        code -= FIRST
        parts = (INITIALS[code // 588], VOWELS[code % 588 // 28], FINALS[code % 28])
        result.append("".join(parts))
    words = "".join(result).split()
    return " ".join(word[:1].upper() + word[1:] for word in words)
