"""Finds procedures by the guest's own words, in any of the ten languages, misspelt or inside a sentence.

Pure: knows neither the database nor HTTP. What is typed and what is known are folded (``folding``) and compared in
tiers; a tier's score tells how sure the match is, from 100 down to ``FLOOR``:

* exact: the same words (100);
* prefix: the beginning of a known word, as while typing (86 to 95);
* contained: a known word inside what was typed (58 to 84), or the other way round (50 to 80); the more of the typed
  text a word explains, the better; words that occur for many procedures ("surgery") explain little;
* fuzzy: one mistyped letter in four to seven, two in longer words (below 76). Korean is compared by letter. A near
  miss of all that was typed may so beat a word that explains only a small part of it.

Korean words are also known in Latin letters (ssangkkeopul), as travellers write what they hear.

Names weigh a little more than synonyms, synonyms more than names of departments. The same word may lead to several
procedures ("eye"). Words come from ``data/procedures.csv``, ``data/procedure_terms.csv`` and ``data/departments.csv``.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from .endings import is_inflection, without_particles
from .folding import ARABIC, HAN, HANGUL, LATIN, THAI, UNSPACED, Word, contradicts, is_kana, script_of, words_of
from .importing.romanising import romanised
from .words import (
    DEPARTMENT,
    NAME,
    ROMANISED,
    SYNONYM,
    VARIANT,
    Term,
    is_stop_word,
    load_terms,
    stop_words_inside,
)

WEIGHTS = {NAME: 1.0, SYNONYM: 0.99, VARIANT: 0.98, ROMANISED: 0.97, DEPARTMENT: 0.8}

FLOOR = 40.0
"""A match below this score is no match."""
BESIDE = 0.6
"""What a match must have of the best one's score to stand beside it."""
OWN_LANGUAGE = 0.5
"""Points for a word of the reader's own language: orders equal matches, never more."""
OTHER_ACCENTS = 0.96
"""What a word with other accents than the typed ones is worth."""
ANOTHER_WORD = 0.7, 0.5
"""What a short word is worth whose accents say that another was meant (hộ is not hô): alone, and among others."""
MOST_WORDS = 16
UNKNOWN_WORD = 0.5
"""How much an unknown word of a sentence counts, compared with a word that names one procedure only."""
ONE_EDIT, TWO_EDITS = 4, 8
"""Letters from which one and two mistyped letters are forgiven."""
SHORTEST_PREFIX = 5
"""Letters from which the beginning of a word is understood in the middle of a sentence."""
SHORTEST_ROMANISED = 5
"""Letters from which a Korean word in Latin letters is not mistaken for a word of another language."""
LONG_ENOUGH = {HAN: 4, HANGUL: 7, THAI: 6}
"""Letters of a word for which a misspelling is looked for inside a text without spaces."""
SHORT_KANA, KANA_PARTICLES = 3, "をがのはにもでとへや"
"""Up to so many letters a word of kana stands between other signs or particles."""
SHORT_THAI = 3
"""Up to so many letters a Thai word inside others must be typed with its tones."""
SURE = 60.0
"""From this score on, no misspelling inside a longer text is looked for."""


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
            script = script_of(word[0])
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
        content = [word for word in words if not is_stop_word(word)]
        if not content:
            return
        _raise(scores, self._beginnings(words, compact))
        _raise(scores, self._by_words(content))
        for script in UNSPACED:
            run = "".join(word.text for word in content if word.script == script)
            if len(run) > 1:
                marked = "".join(word.marked for word in content if word.script == script)
                _raise(scores, self._inside(run, marked, script))
                _raise(scores, self._around(run, script))
        _raise(scores, self._misspelt(content))
        if len(content) < len(words):
            _raise(scores, self._misspelt(words))
        if max(scores.values(), default=0.0) < SURE and content[0].script in UNSPACED:
            _raise(scores, self._misspelt_inside(content))

    def _accents(self, at: int, words: list[Word]) -> float:
        """Who types accents means them: mắt (eye) is not mặt (face). Who types none leaves them open."""
        typed, known = "".join(word.marked for word in words), "".join(self._entries[at].marked)
        if typed in {known, self._entries[at].compact}:
            return 1.0
        return ANOTHER_WORD[0] if contradicts(typed, known) else OTHER_ACCENTS

    def _distinct(self, script: str) -> list[str]:
        return list(dict.fromkeys(self._entries[at].compact for at in self._by_script[script]))

    def _beginnings(self, words: list[Word], compact: str) -> Iterator[tuple[int, float]]:
        signs = words[0].script in {HAN, HANGUL} and not is_kana(compact)
        if len(compact) < (2 if signs else 3 if words[0].script in UNSPACED else ONE_EDIT):
            return
        typed = "".join(word.marked for word in words)
        for at in range(bisect_left(self._compacts, compact), len(self._compacts)):
            known = self._compacts[at]
            if not known.startswith(compact):
                return
            for entry in self._exact[known]:
                if not contradicts(typed, "".join(self._entries[entry].marked)):
                    yield entry, 86 + 9 * len(compact) / len(known)

    def _inside(self, run: str, marked: str, script: str) -> Iterator[tuple[int, float]]:
        """Known words inside a run of letters without spaces, the longest first. A word that is only part of a
        longer one, known or a stop word, does not count: 眼 in 双眼皮, กระ (freckle) in กระเป๋า (bag). A single Korean
        syllable says too little, and a short Thai word must have its tones."""
        shortest = 1 if script == HAN else 2
        found = [known for known in self._wholes.get(script, ()) if len(known) >= shortest and known in run]
        others = [each for each in stop_words_inside(script) if each in run and each not in self._exact]
        taken: list[tuple[int, int]] = []
        said: dict[str, int] = {}
        asked = len(run)
        for known in sorted(found + others, key=len, reverse=True):
            starts = [hit.start() for hit in re.finditer(f"(?={re.escape(known)})", run)]
            spans = [(at, at + len(known)) for at in starts if _stands_alone(known, run, at)]
            if free := [span for span in spans if not any(a <= span[0] and span[1] <= b for a, b in taken)]:
                taken += free
                if known in self._exact:
                    said[known] = len(known)
                else:
                    asked -= len(known)
        for known, letters in said.items():
            for entry in self._exact[known]:
                if script != THAI or letters > SHORT_THAI or "".join(self._entries[entry].marked) in marked:
                    yield entry, (58 if letters > 1 else 48) + 26 * min(1.0, letters / max(asked, 1))

    def _around(self, run: str, script: str) -> Iterator[tuple[int, float]]:
        """Known names that hold the whole run; letters of sound only at an end of a word, lest ビザ (visa) be
        インビザライン and 부탄 (Bhutan) be 피부 탄력."""
        anywhere = script == HAN and not is_kana(run)
        for known in self._wholes.get(script, ()):
            if run in known:
                for entry in self._exact[known]:
                    words = (known, *self._entries[entry].words)
                    if anywhere or any(word.startswith(run) or word.endswith(run) for word in words):
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
                    marked = self._entries[at].marked[place]
                    accents = quality == 1.0 and word.marked not in {word.text, marked}
                    sure = OTHER_ACCENTS if accents else quality
                    if each.startswith(word.text) and contradicts(word.marked, marked):
                        sure *= ANOTHER_WORD[1]
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
            elif len(text) >= SHORTEST_PREFIX and other.startswith(text):
                known.setdefault(other, 0.85)
        if not known and len(text) >= ONE_EDIT:
            for other, edits in _near(text, self._vocabulary.get(word.script, []), word.script):
                known[other] = 0.86 - 0.5 * edits / len(text)
        return known

    def _misspelt(self, words: list[Word]) -> Iterator[tuple[int, float]]:
        """Whole names that differ from the whole query by few letters."""
        script = words[0].script
        whole, spelt = "".join(word.text for word in words), "".join(word.spelt for word in words)
        found = list(_near(whole, self._wholes.get(script, []), script, alone=True))
        if script in {HANGUL, ARABIC}:
            near = _near(spelt, self._spellings[script], script if script == ARABIC else LATIN, alone=True)
            found += [(self._spelt[script][each], edits) for each, edits in near]
        for known, edits in found:
            for entry in self._exact[known]:
                # "mì tôm" (noodles) is not a misspelt "miom": a short word is not torn in two as well. A word of five
                # letters may begin otherwise if it is a name: "kasik" is LASIK, but "hello" is not "vello" (hair).
                its = self._entries[entry]
                torn = edits and script not in UNSPACED and len(words) > len(its.words) and len(known) < TWO_EDITS
                if not torn and (its.term.kind in {NAME, VARIANT} or not _begins_otherwise(spelt, its.spelt)):
                    yield entry, 54 + 22 * (1 - edits / max(len(known), len(whole)))

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
        least = BESIDE * max((match.score for match in best.values()), default=0.0)
        good = [match for match in best.values() if match.score >= least]
        return sorted(good, key=lambda match: (-match.score, self._order[match.slug]))


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
    if term.language == "ko" and term.kind != DEPARTMENT:
        latin = romanised(term.text).replace(" ", "")
        texts += [(latin, ROMANISED)] if latin.isascii() and len(latin) >= SHORTEST_ROMANISED else []
    seen = set()
    for text, kind in texts:
        words = words_of(text)
        compact = "".join(word.text for word in words)
        if compact and compact not in seen:
            seen.add(compact)
            known = Term(term.slug, term.language, term.text, kind)
            marked, spelt = tuple(word.marked for word in words), "".join(word.spelt for word in words)
            yield _Entry(known, tuple(word.text for word in words), marked, compact, spelt, words[0].script)


def _begins_otherwise(text: str, other: str) -> bool:
    """Whether of two words with five letters only the first differs."""
    return len(text) == len(other) == ONE_EDIT + 1 and text[0] != other[0] and text[1:] == other[1:]


def _stands_alone(known: str, run: str, at: int) -> bool:
    """Whether a short word of kana is not the middle of another: がん (cancer) is not in ウガンダ (Uganda)."""
    if len(known) > SHORT_KANA or not is_kana(known):
        return True
    around = run[max(at - 1, 0) : at] + run[at + len(known) : at + len(known) + 1]
    return all(letter in KANA_PARTICLES or not is_kana(letter) for letter in around)


def _near(text: str, known: list[str], script: str, *, alone: bool = False) -> Iterator[tuple[str, int]]:
    """Known words that differ by few letters, and by how many. ``alone``: the text is all that was typed."""
    # A syllable or a sign says more than a letter.
    shortest = ONE_EDIT - 1 if script in UNSPACED and not is_kana(text) else ONE_EDIT
    allowed = 0 if len(text) < shortest else 1 if len(text) < TWO_EDITS else 2
    if not allowed:
        return
    for other, edits, _ in process.extract(text, known, scorer=OSA.distance, score_cutoff=allowed, limit=24):
        if not edits or (_may_be_short(text, other, script, alone=alone)):
            yield other, edits


def _may_be_short(text: str, other: str, script: str, *, alone: bool) -> bool:
    """Whether two words that differ are long enough to be taken for one. Of four signs of a script without spaces
    three must be right. Five letters must begin alike unless they were typed alone; of four none may be replaced:
    casa (house) is not cara (face)."""
    longer, shorter = max(len(text), len(other)), min(len(text), len(other))
    if script in UNSPACED:
        return longer >= ONE_EDIT
    if shorter < ONE_EDIT:
        return False
    if longer == ONE_EDIT:
        return text[0] == other[0] and sorted(text) == sorted(other)
    return longer > ONE_EDIT + 1 or text[0] == other[0] or alone


@cache
def procedure_index() -> ProcedureIndex:
    """The index of all known words, built once in each process."""
    return ProcedureIndex(load_terms())
