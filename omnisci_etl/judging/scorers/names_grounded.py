"""Are the names of the caption found in its evidence, and does none stand where the paper has another?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from omnisci_etl.judging.evidence import REMEMBERED, Candidate, Evidence
from omnisci_etl.judging.grounds import AROUND, SAME_PANEL, Grounds, Place, is_explained, stems_said
from omnisci_etl.judging.names import CLEAR, HALF, SLIGHT, Kind, Name, find_names, normalised
from omnisci_etl.judging.scorers.base import MAX_LISTED, SLIPS, SLIPS_AT_MOST, SLIPS_OUT, Score, slip
from omnisci_etl.judging.terms import words_sha256

# A name that the evidence has not stands in the place of another where so much of what is around it is there together;
# less of it where the evidence has a name there that the caption has not beside its own, or not at all.
SAME_PLACE, NOT_BESIDE, DISPLACED = 0.8, 0.6, 0.55
# What is added to the weight of such a name where all of it is.
QUOTED = 0.2
# So often the evidence has a name that its caption should have; where it is not there, one of its kind stands for it.
LEADING = 3
# Elsewhere a name may be read off the picture: what it takes off then, and where the picture was read and has it not.
DOUBT, DOUBT_WHERE_READ = 0.2, 0.4
# However many slight names and doubts there are, they alone fail no caption.
MOST_SLIGHT = 1 - SLIPS_OUT
_CACHED = 128
# Texts of strangers can hold thousands of names: those behind the first so many are not looked up.
_MAX_JUDGED, _MAX_EXAMINED = 400, 50
_MOST_LEADING = 50


@lru_cache(maxsize=_CACHED)
def _grounds(text: str) -> Grounds:
    return Grounds(text)


class NamesGrounded:
    """1 minus the weights of the names that the evidence does not have, not below 0; each name counts once.

    Names are acronyms, symbols, formulae, codes, proper names, species, elements, methods and rare technical words; a
    name is grounded by its string in another spelling, its expansion or abbreviation. A name weighs in full where the
    evidence says the same of another one, above all of one that the caption lacks, or where the caption lacks one of
    its kind that leads in the evidence; elsewhere it may be a label that only the picture shows, and raises a doubt.
    One of many is a slip (see base.slip). Slight ones (SEM, Gaussian, a rare word without the ending of a compound,
    two signs) and doubts count up to MOST_SLIGHT in all. It cannot see whether a name of the paper is said of the
    wrong thing.
    """

    name = "names-grounded"
    version = "7"
    deterministic = True

    def __init__(self, ocr: tuple[str, str] | None = None) -> None:
        """`ocr`: name and version of what read Evidence.picture_text; None: that text is not looked at."""
        self._ocr = ocr

    def config(self) -> Mapping[str, object]:
        """The weights, the lists of words, and the evidence that is read."""
        return {
            "weights": [CLEAR, HALF, SLIGHT],
            "place": [SAME_PLACE, NOT_BESIDE, DISPLACED, QUOTED, AROUND, SAME_PANEL],
            "leading": LEADING,
            "doubt": [DOUBT, DOUBT_WHERE_READ, MOST_SLIGHT],
            "slips": [SLIPS_AT_MOST, SLIPS],
            "words": words_sha256(),
            "evidence": ["author_caption", "mentions", "title", *(["picture_text"] if self._ocr else [])],
            "ocr": list(self._ocr) if self._ocr else None,
        }

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: named (count), said (how often one is), ungrounded; said counts quoted sentences where one is wrong.

        The last as [{text, kind, weight, part, start, end}], MAX_LISTED at most.
        """
        return [_score(one, one.evidence.picture_text if self._ocr else "") for one in candidates]


@lru_cache(maxsize=REMEMBERED)
def _names(text: str) -> tuple[Name, ...]:
    return tuple(find_names(normalised(text)))


@lru_cache(maxsize=2)
def _said(parts: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """The stems of a whole caption."""
    return stems_said(normalised(text) for _, text in parts)


def _is_grounded(grounds: Grounds, candidate: Candidate, text: str, name: Name, by_chance: list[Name]) -> bool:
    """Whether the evidence has the name, or the caption says what it is short for.

    Three letters begin some words of any evidence: such an acronym in the place of another one is not that. Those of
    which the place was looked at are added to by_chance, _MAX_EXAMINED at most.
    """
    if not grounds.have(name):
        return is_explained(text, name)
    if name.kind != "acronym" or grounds.spells(name) or len(by_chance) >= _MAX_EXAMINED:
        return True
    by_chance.append(name)
    place = grounds.place_of(text, name, _said(candidate.parts), grounds.acronyms)
    return not place.wholly or place.share < SAME_PLACE


def _score(candidate: Candidate, shown: str) -> Score:
    evidence = candidate.evidence.text
    text_of_all = f"{evidence}\n{shown}" if shown else evidence
    doubt = DOUBT_WHERE_READ if shown else DOUBT
    judged: dict[tuple[str, str], bool] = {}
    ungrounded: list[dict[str, Any]] = []
    by_chance: list[Name] = []
    said = unexamined = 0
    grounds = _grounds(text_of_all)
    # A sentence of the evidence itself names nothing that the evidence has not.
    for (part, whole), (_, text) in zip(candidate.parts, candidate.unquoted.parts, strict=True):
        for name in _names(text):
            key = name.text, name.kind
            said += key in judged or len(judged) < _MAX_JUDGED
            if key not in judged:
                judged[key] = len(judged) >= _MAX_JUDGED or _is_grounded(
                    grounds, candidate, normalised(whole), name, by_chance
                )
            if not judged[key] and len(ungrounded) >= _MAX_EXAMINED:
                unexamined += 1
            elif not judged[key]:
                weight = _weight(name, grounds.place_of(normalised(whole), name, _said(candidate.parts)), doubt)
                if name.weight > max(weight, SLIGHT) and (
                    _of_another(candidate.evidence, part, normalised(whole), name)
                    or grounds.abbreviate_otherwise(normalised(whole), name)
                    or _for_another(candidate, name)
                ):
                    weight = name.weight
                ungrounded.append(_listed(name, part, weight))
    worst = _once(ungrounded)
    clear = [one["weight"] for one in worst if one["weight"] > DOUBT_WHERE_READ]
    wrong = unexamined + sum(one["weight"] > DOUBT_WHERE_READ for one in ungrounded)
    slight = sum(one["weight"] for one in worst if one["weight"] <= SLIGHT)
    doubts = sum(one["weight"] for one in worst if SLIGHT < one["weight"] <= DOUBT_WHERE_READ)
    doubts += min(MOST_SLIGHT, slight)
    said += _quoted(candidate) if wrong else 0
    value = slip(wrong, said) if doubts <= MOST_SLIGHT else None
    if value is None:
        value = max(0.0, 1.0 - sum(clear) - doubts)
    return Score(round(value, 6), {"named": len(judged), "said": said, "ungrounded": worst[:MAX_LISTED]})


def _of_another(evidence: Evidence, part: str, text: str, name: Name) -> bool:
    """Whether the author says of the panel that the part is an entry of what it says of the name, of another one."""
    said = evidence.said_of(part)
    return bool(said) and Grounds(said).have_another(text, name)


def _for_another(candidate: Candidate, name: Name) -> bool:
    """Whether the caption lacks a name of this kind that its author uses for the figure again and again."""
    return any(kind == name.kind for kind in _lacking(candidate.evidence, candidate.parts))


@lru_cache(maxsize=2)
def _lacking(evidence: Evidence, parts: tuple[tuple[str, str], ...]) -> frozenset[Kind]:
    """The kinds of the leading names that a caption does not have."""
    leading = _leading(evidence.author_caption, evidence.title, evidence.text)
    if not leading:
        return frozenset()
    own = _grounds("\n".join(text for _, text in parts))
    return frozenset(name.kind for name in leading if not own.have(name))


@lru_cache(maxsize=REMEMBERED)
def _leading(caption: str, title: str, evidence: str) -> tuple[Name, ...]:
    """The names of author caption and title, but slight ones, that the evidence has LEADING times and more."""
    often = Counter((name.text.casefold(), name.kind) for text in evidence.split("\n") for name in _names(text))
    found = (name for text in (caption, title) for name in _names(text) if name.weight > SLIGHT)
    leading = (name for name in found if often[name.text.casefold(), name.kind] >= LEADING)
    return tuple(islice(leading, _MOST_LEADING))


def _quoted(candidate: Candidate) -> int:
    """How often sentences of the evidence in the caption name something."""
    return sum(min(_MAX_JUDGED, len(_names(text))) for _, text in candidate.quoted.parts)


def _weight(name: Name, place: Place, doubt: float) -> float:
    """What an ungrounded name takes off: in the place of another one more than where it can be a label."""
    if name.weight <= SLIGHT:
        return CLEAR if name.kind == "acronym" and place.wholly and place.share >= SAME_PLACE else name.weight
    if place.share < (DISPLACED if place.wholly else NOT_BESIDE if place.displaced else SAME_PLACE):
        return min(name.weight, doubt)
    return name.weight + QUOTED * (place.share - DISPLACED) / (1 - DISPLACED)


def _listed(name: Name, part: str, weight: float) -> dict[str, Any]:
    return {
        "text": name.text[:80],
        "kind": name.kind,
        "weight": round(weight, 3),
        "part": part,
        "start": name.start,
        "end": name.end,
    }


def _once(ungrounded: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One of each name, whatever its capitals: the one that weighs most."""
    heaviest: dict[str, dict[str, Any]] = {}
    for one in ungrounded:
        key = one["text"].casefold()
        if key not in heaviest or one["weight"] > heaviest[key]["weight"]:
            heaviest[key] = one
    return list(heaviest.values())
