"""Finds procedures by the guest's own words, in any of the ten languages, misspelt or inside a sentence.

Pure: knows neither the database nor HTTP. What is typed and what is known are folded (``folding``) and compared in
tiers; a tier's score tells how sure the match is, from 100 down to ``FLOOR``:

* exact: the same words (100);
* prefix: the beginning of a known word, as while typing (86 to 95);
* contained: a known word inside what was typed (58 to 84), or the other way round (50 to 80); the more of the typed
  text a word explains, the better; words that occur for many procedures ("surgery") explain little;
* fuzzy: one mistyped letter in four to seven, two in longer words (below 72). Korean is compared by letter. A near
  miss of all that was typed may so beat a word that explains only a small part of it.

Names weigh a little more than synonyms, synonyms more than names of departments. The same word may lead to several
procedures ("eye"). Words come from ``data/procedures.csv``, ``data/procedure_terms.csv`` and ``data/departments.csv``.
"""

from __future__ import annotations

import csv
import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from .endings import is_inflection, without_particles
from .folding import ARABIC, HAN, HANGUL, THAI, UNSPACED, Word, words_of

DATA = Path(__file__).parent / "data"
LANGUAGES = ("ko", "en", "zh-hans", "ja", "ru", "mn", "es", "vi", "th", "ar")

NAME, SYNONYM, VARIANT, DEPARTMENT = "name", "synonym", "variant", "department"
WEIGHTS = {NAME: 1.0, SYNONYM: 0.99, VARIANT: 0.98, DEPARTMENT: 0.8}

FLOOR = 40.0
"""A match below this score is no match."""
OWN_LANGUAGE = 0.5
"""Points for a word of the reader's own language: orders equal matches, never more."""
OTHER_ACCENTS = 0.96
"""What a word with other accents than the typed ones is worth."""
MOST_WORDS = 16
UNKNOWN_WORD = 0.5
"""How much an unknown word of a sentence counts, compared with a word that names one procedure only."""
ONE_EDIT, TWO_EDITS = 4, 8
"""Letters from which one and two mistyped letters are forgiven."""
LONG_ENOUGH = {HAN: 4, HANGUL: 7, THAI: 6}
"""Letters of a word for which a misspelling is looked for inside a text without spaces."""
SURE = 60.0
"""From this score on, no misspelling inside a longer text is looked for."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase for a procedure. ``kind`` is one of ``WEIGHTS``."""

    slug: str
    language: str
    text: str
    kind: str = SYNONYM


@dataclass(frozen=True, slots=True)
class Match:
    """A procedure, how sure the match is (0 to 100), and the known word that matched with its language."""

    slug: str
    score: float
    matched_term: str
    language: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """A folded term. ``compact`` and ``spelt`` (see ``Word``) have no spaces."""

    term: Term
    words: tuple[str, ...]
    marked: tuple[str, ...]
    compact: str
    spelt: str
    script: str


class ProcedureIndex:
    """The words of all procedures, ready to be searched. Immutable; safe to share between threads."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._entries = [entry for term in terms for entry in _entries_of(term)]
        self._order = {slug: at for at, slug in enumerate(dict.fromkeys(e.term.slug for e in self._entries))}
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._by_script: dict[str, list[int]] = defaultdict(list)
        self._spelt: dict[str, dict[str, str]] = defaultdict(dict)
        slugs: dict[str, set[str]] = defaultdict(set)
        for at, entry in enumerate(self._entries):
            self._exact[entry.compact].append(at)
            self._by_script[entry.script].append(at)
            self._spelt[entry.script].setdefault(entry.spelt, entry.compact)
            for place, word in enumerate(entry.words):
                self._postings[word].append((at, place))
                slugs[word].add(entry.term.slug)
        self._compacts = sorted(self._exact)
        self._says = {word: 0.15 + math.log(len(self._order) / len(found)) for word, found in slugs.items()}
        self._unknown = UNKNOWN_WORD * max(self._says.values(), default=1.0)
        self._neighbours: dict[str, list[str]] = defaultdict(list)
        self._vocabulary: dict[str, list[str]] = defaultdict(list)
        for word in self._postings:
            script = words_of(word)[0].script
            self._neighbours[word[:2]].append(word)
            if len(word) >= ONE_EDIT and script not in UNSPACED:
                self._vocabulary[script].append(word)
        self._wholes = {script: self._distinct(script) for script in self._by_script}
        self._spellings = {script: list(spelt) for script, spelt in self._spelt.items()}

    def find(self, text: str, language: str | None = None, limit: int = 10) -> list[Match]:
        """Procedures for what a guest typed, best first; nothing for nonsense.

        ``language`` is the reader's: it orders equal matches and excludes nothing. Only the first 80 characters are
        looked at.
        """
        words = words_of(text)[:MOST_WORDS]
        compact = "".join(word.text for word in words)
        if not compact:
            return []
        scores: dict[int, float] = {}
        _raise(scores, ((at, 100 * self._accents(at, words)) for at in self._exact.get(compact, ())))
        if len(compact) > 1:
            self._find_longer(scores, words, compact)
        elif words[0].script not in {HAN, HANGUL}:
            return []
        return self._ranked(scores, language)[:limit]

    def _find_longer(self, scores: dict[int, float], words: list[Word], compact: str) -> None:
        content = [word for word in words if not _is_stop_word(word)]
        if not content:
            return
        _raise(scores, self._beginnings(compact, words[0].script))
        _raise(scores, self._by_words(content))
        for script in UNSPACED:
            run = "".join(word.text for word in content if word.script == script)
            if len(run) > 1:
                _raise(scores, self._inside(run, script))
                _raise(scores, self._around(run, script))
        _raise(scores, self._misspelt(content))
        if len(content) < len(words):
            _raise(scores, self._misspelt(words))
        if max(scores.values(), default=0.0) < SURE and content[0].script in UNSPACED:
            _raise(scores, self._misspelt_inside(content))

    def _accents(self, at: int, words: list[Word]) -> float:
        """Who types accents means them: mắt (eye) is not mặt (face). Who types none leaves them open."""
        typed = "".join(word.marked for word in words)
        return 1.0 if typed in {"".join(self._entries[at].marked), self._entries[at].compact} else OTHER_ACCENTS

    def _distinct(self, script: str) -> list[str]:
        return list(dict.fromkeys(self._entries[at].compact for at in self._by_script[script]))

    def _beginnings(self, compact: str, script: str) -> Iterator[tuple[int, float]]:
        if len(compact) < (2 if script in UNSPACED else 3):
            return
        for at in range(bisect_left(self._compacts, compact), len(self._compacts)):
            known = self._compacts[at]
            if not known.startswith(compact):
                return
            for entry in self._exact[known]:
                yield entry, 86 + 9 * len(compact) / len(known)

    def _inside(self, run: str, script: str) -> Iterator[tuple[int, float]]:
        """Known words inside a run of letters without spaces, the longest first. A word that is only part of a
        longer known one does not count: 眼 in 双眼皮. A single Korean syllable says too little."""
        shortest = 1 if script == HAN else 2
        found = [known for known in self._wholes.get(script, ()) if len(known) >= shortest and known in run]
        taken: list[tuple[int, int]] = []
        for known in sorted(found, key=len, reverse=True):
            spans = [(hit.start(), hit.start() + len(known)) for hit in re.finditer(f"(?={re.escape(known)})", run)]
            if free := [span for span in spans if not any(a <= span[0] and span[1] <= b for a, b in taken)]:
                taken += free
                for entry in self._exact[known]:
                    yield entry, (58 if len(known) > 1 else 48) + 26 * len(known) / len(run)

    def _around(self, run: str, script: str) -> Iterator[tuple[int, float]]:
        """Known names that hold the whole run."""
        for known in self._wholes.get(script, ()):
            if run in known:
                for entry in self._exact[known]:
                    yield entry, 50 + 30 * len(run) / len(known)

    def _by_words(self, content: list[Word]) -> Iterator[tuple[int, float]]:
        """Terms by the words they share with the query: how much of the term is there, how much of the query that
        explains."""
        parts: dict[int, dict[int, float]] = defaultdict(dict)
        explained: dict[int, float] = defaultdict(float)
        asked = 0.0
        for word in content:
            known = self._known(word)
            says = max((self._says[each] for each in known), default=self._unknown)
            asked += says
            best: dict[int, float] = {}
            for each, quality in known.items():
                for at, place in self._postings[each]:
                    accents = quality == 1.0 and word.marked not in {word.text, self._entries[at].marked[place]}
                    sure = OTHER_ACCENTS if accents else quality
                    parts[at][place] = max(parts[at].get(place, 0.0), sure)
                    best[at] = max(best.get(at, 0.0), sure)
            for at, sure in best.items():
                explained[at] += says * sure
        for at, found in parts.items():
            words = self._entries[at].words
            whole = sum(self._says[word] for word in words)
            there = sum(self._says[words[place]] * sure for place, sure in found.items())
            share, sure = explained[at] / asked, there / sum(self._says[words[place]] for place in found)
            if len(found) == len(words):
                yield at, (58 + 26 * share) * (sure if sure > 0.9 else sure * (0.6 + 0.4 * share))
            elif share > 0.999:
                yield at, 50 + 30 * there / whole
            else:
                yield at, 66 * share * math.sqrt(there / whole)

    def _known(self, word: Word) -> dict[str, float]:
        """Known words for a typed one, with how sure they are (0 to 1)."""
        text, known = word.text, {}
        if word.script in UNSPACED:
            forms = without_particles(text) if word.script == HANGUL else (text,)
            return {form: 1.0 for form in forms if form in self._postings}
        if text in self._postings:
            known[text] = 1.0
        for other in self._neighbours.get(text[:2], ()):
            if other not in known and is_inflection(text, other, word.script):
                known[other] = (0.955 if text.startswith(other) else 0.95) - 0.002 * abs(len(other) - len(text))
            elif len(text) >= ONE_EDIT and other.startswith(text):
                known.setdefault(other, 0.85)
        if not known and len(text) >= ONE_EDIT:
            for other, edits in _near(text, self._vocabulary.get(word.script, [])):
                known[other] = 0.86 - 0.5 * edits / len(text)
        return known

    def _misspelt(self, words: list[Word]) -> Iterator[tuple[int, float]]:
        """Whole names that differ from the whole query by few letters."""
        script = words[0].script
        whole, spelt = "".join(word.text for word in words), "".join(word.spelt for word in words)
        found = list(_near(whole, self._wholes.get(script, [])))
        if script in {HANGUL, ARABIC}:
            found += [(self._spelt[script][each], edits) for each, edits in _near(spelt, self._spellings[script])]
        for known, edits in found:
            for entry in self._exact[known]:
                yield entry, 50 + 22 * (1 - edits / max(len(known), len(whole)))

    def _misspelt_inside(self, words: list[Word]) -> Iterator[tuple[int, float]]:
        """A misspelt name inside a sentence without spaces."""
        script, typed = words[0].script, "".join(word.spelt for word in words)
        shorter = [each for each in self._spellings.get(script, ()) if LONG_ENOUGH[script] <= len(each) < len(typed)]
        for known, ratio, _ in process.extract(typed, shorter, scorer=fuzz.partial_ratio, score_cutoff=80, limit=12):
            if len(known) * (100 - ratio) <= 100 * (1 if len(known) < TWO_EDITS else 2):
                for entry in self._exact[self._spelt[script][known]]:
                    yield entry, 48 + ratio / 8

    def _ranked(self, scores: dict[int, float], language: str | None) -> list[Match]:
        best: dict[str, Match] = {}
        for at, score in scores.items():
            term = self._entries[at].term
            score = score * WEIGHTS[term.kind] + (OWN_LANGUAGE if term.language == language else 0)
            if score >= FLOOR and (term.slug not in best or score > best[term.slug].score):
                best[term.slug] = Match(term.slug, round(min(score, 100.0), 2), term.text, term.language)
        return sorted(best.values(), key=lambda match: (-match.score, self._order[match.slug]))


def _raise(scores: dict[int, float], found: Iterable[tuple[int, float]]) -> None:
    for at, score in found:
        if score > scores.get(at, 0.0):
            scores[at] = score


def _entries_of(term: Term) -> Iterator[_Entry]:
    """A term as it stands; a name also without its brackets, and what stands in them or beside a slash."""
    texts = [(term.text, term.kind)]
    if term.kind == NAME and re.search(r"[(/]", term.text):
        outside = re.sub(r"\([^)]*\)", " ", term.text)
        parts = re.findall(r"\(([^)]*)\)", term.text)
        texts += [
            (bit, VARIANT) for part in (outside, *parts) for bit in re.split(r"[/,]", part) if len(bit.strip()) > 1
        ]
    seen = set()
    for text, kind in texts:
        words = words_of(text)
        compact = "".join(word.text for word in words)
        if compact and compact not in seen:
            seen.add(compact)
            known = Term(term.slug, term.language, term.text, kind)
            marked, spelt = tuple(word.marked for word in words), "".join(word.spelt for word in words)
            yield _Entry(known, tuple(word.text for word in words), marked, compact, spelt, words[0].script)


def _near(text: str, known: list[str]) -> Iterator[tuple[str, int]]:
    """Known words that differ by few letters, and by how many. Short words must begin alike, as typists' do."""
    allowed = 0 if len(text) < ONE_EDIT else 1 if len(text) < TWO_EDITS else 2
    if not allowed:
        return
    for other, edits, _ in process.extract(text, known, scorer=OSA.distance, score_cutoff=allowed, limit=24):
        if len(other) >= ONE_EDIT and (max(len(text), len(other)) > ONE_EDIT + 1 or other[0] == text[0]):
            yield other, edits


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _stop_words() -> dict[str, set[str]]:
    """Words of a sentence that name no procedure ("how much does it cost"), folded, with their accents."""
    known: dict[str, set[str]] = defaultdict(set)
    for row in _rows("stop_words.csv"):
        for each in row["words"].split():
            for word in words_of(each):
                known[word.text].add(word.marked)
    return dict(known)


def _is_stop_word(word: Word) -> bool:
    """có (have) says nothing, cơ (muscle) does."""
    marked = _stop_words().get(word.text)
    return marked is not None and (word.marked == word.text or word.marked in marked)


@cache
def load_terms() -> tuple[Term, ...]:
    """All words for procedures: names, synonyms and their main departments' names."""
    departments = {row["slug"]: row for row in _rows("departments.csv")}
    procedures = _rows("procedures.csv")
    columns = [(language, language.replace("-", "_")) for language in LANGUAGES]
    names = [Term(row["slug"], language, row[column], NAME) for row in procedures for language, column in columns]
    synonyms = [Term(row["slug"], row["language"], row["term"]) for row in _rows("procedure_terms.csv")]
    rooms = [
        Term(row["slug"], language, departments[row["departments"].split("|")[0]][column], DEPARTMENT)
        for row in procedures
        for language, column in columns
    ]
    return tuple(names + synonyms + rooms)


@cache
def procedure_index() -> ProcedureIndex:
    """The index of all known words, built once in each process."""
    return ProcedureIndex(load_terms())
