"""Can the caption be read alone, without the paper around it?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from omnisci_etl.judging.evidence import MAX_PART, Candidate
from omnisci_etl.judging.references import Kind, Reference, find_references
from omnisci_etl.judging.scorers.base import MAX_LISTED, Score, quote

# What each finding takes off; a figure that cannot be seen is worse than a citation mark that can be skipped.
WEIGHTS: dict[str, float] = {
    "empty": 1.0,
    "too-short": 0.5,
    "cut-off": 0.3,
    "latex": 0.25,
    "other-figure": 0.25,
    "supplement": 0.25,
    "other-object": 0.2,
    "elsewhere": 0.2,
    "bibliography": 0.2,
    "citation": 0.15,
    "address": 0.15,
}
MIN_WORDS = 8

_OF_REFERENCE: dict[Kind, str] = {
    "figure": "other-figure",
    "table": "other-object",
    "section": "other-object",
    "bibliography": "bibliography",
    "citation": "citation",
    "address": "address",
}
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "elsewhere",
        re.compile(
            r"\b(?:see|cf\.|refer to|as in|as|described|discussed|mentioned|defined|explained|introduced|noted|reported)"
            r"\s(?:(?:in|under)\s)?(?:the\s)?(?:(?:main\s|article\s|paper'?s?\s)?text\b|main\sarticle\b|methods?\b(?!\s[a-z])"
            r"|materials\sand\smethods|(?:results|discussion|methods|appendix)(?:\ssection)?\b(?=[\s.,;)]*(?:$|[.,;)]|for\b))"
            r"|(?:above|below)\b(?!\s(?:the|each|a|an|every|this|that|[0-9])\b)|elsewhere\b)",
            re.IGNORECASE,
        ),
    ),
    (
        "elsewhere",
        re.compile(
            r"\b(?:previous|preceding|next|following|earlier|foregoing|other|above|last)\s(?:figures?|tables?|sections?|equations?)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "supplement",
        re.compile(
            r"\b(?:supplementary|supplemental|supporting)\s(?:information|materials?|methods?|notes?|data|text|movies?|videos?|files?"
            r"|appendix|figs?\b|figures?|tables?|discussion)\b|\bextended\sdata\b",
            re.IGNORECASE,
        ),
    ),
    (
        "latex",
        re.compile(
            r"\\[A-Za-z]{2,30}\b(?:\{[^{}]{0,80}\})?|\$(?=[^\s$])[^$\n]{0,200}?(?<=[^\s$])\$(?![0-9])|\b[Ff]ig(?:ure|\.)?\s?\?\?|\[\?\]|\?\?"
            r"|\{\{[a-z]{2,20}:[^{}]{1,80}\}\}"
        ),
    ),
    # Raised numbers behind a long word or a full stop are citations; behind a short one they are exponents (cm², χ²).
    ("citation", re.compile(r"(?:(?<=[a-z]{4})|(?<=[a-z][.,;)]))(?:\^\{?[0-9]|[¹²³⁰⁴-⁹])[0-9¹²³⁰⁴-⁹,–⁻-]{0,20}\}?")),
    (
        "citation",
        re.compile(
            r"\b(?:described|reported|previously|elsewhere|published|shown|earlier|literature|stud(?:y|ies)|works?|al\.)"
            r"(?P<mark>[1-9][0-9]{0,2}(?:[,–-][1-9][0-9]{0,2}){0,9})(?![^\W_]|\.[0-9]|\s?%)"
        ),
    ),
)
_WORDS = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_CLOSED = re.compile(r"[.!?…。][)\]\"'”’*†‡]{0,3}$")
_DANGLING_END = re.compile(
    r"(?:\b(?:a|an|the|of|and|or|to|in|on|at|by|for|with|from|as|is|are|was|were|be|that|which|than|between|into|per|versus|their"
    r"|its|this|these|whose|while|when|where|if|but|not|has|have|had|can|via|using|under|over)|[,;:(\[–—-]|\.\.\.|…)$"
)
_SENTENCE_END = re.compile(r"[^\W_)\]%°][)\]]?\.\s+[A-Z0-9(\"“]")
_OPEN = re.compile(r"[(\[][^()\[\]]{0,400}$")
_GOES_ON = re.compile(r"[^\W_]| (?!\(?[A-Za-z]\)?[\s,.)])[a-z0-9(]")
_TAIL = 40


@dataclass(frozen=True, slots=True)
class _Finding:
    kind: str
    start: int
    end: int


def _references(text: str, own: frozenset[tuple[bool, str]]) -> Iterator[_Finding]:
    for reference in find_references(text):
        if reference.kind == "panel":
            continue
        if reference.kind == "figure" and reference.numbers and _numbers(reference) <= own:
            continue
        kind = "supplement" if reference.supplement else _OF_REFERENCE[reference.kind]
        yield _Finding(kind, reference.start, reference.end)


def _numbers(reference: Reference) -> frozenset[tuple[bool, str]]:
    return frozenset((reference.supplement, number.upper()) for number in reference.numbers)


def _own_numbers(label: str) -> frozenset[tuple[bool, str]]:
    """The number of the figure itself, as its label prints it ("Fig. 1", "Extended Data Fig. 2", "Figure S3")."""
    return frozenset(number for r in find_references(label) if r.kind == "figure" for number in _numbers(r))


def _dangling(text: str, own: frozenset[tuple[bool, str]]) -> list[_Finding]:
    """What points out of the text, by position; of two findings that overlap the longer one that starts first."""
    found = list(_references(text, own))
    for kind, pattern in _PATTERNS:
        group = "mark" if "mark" in pattern.groupindex else 0
        found.extend(_Finding(kind, *match.span(group)) for match in pattern.finditer(text))
    kept: list[_Finding] = []
    for finding in sorted(found, key=lambda f: (f.start, -f.end)):
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
    return kept


def _is_cut(body: str, evidence: str) -> bool:
    """Whether the body stops in the middle of a sentence.

    Author captions often lack their last full stop, so its absence alone says nothing: a copied end counts as cut where
    the evidence goes on behind it, an own one where the sentences before it are closed.
    """
    if _DANGLING_END.search(body) or _OPEN.search(body):
        return True
    if _CLOSED.search(body):
        return False
    tail = body[-_TAIL:]
    at = evidence.find(tail) if len(tail) == _TAIL else -1
    if at >= 0:
        return _GOES_ON.match(evidence, at + len(tail)) is not None
    return _SENTENCE_END.search(body) is not None


def _form(body: str, evidence: str) -> Iterator[_Finding]:
    """What is wrong with the body as a text: nothing there, too little, no end."""
    stripped = body.rstrip()
    words = sum(1 for _ in zip(_WORDS.finditer(body), range(MIN_WORDS), strict=False))
    if words == 0:
        yield _Finding("empty", 0, len(body))
    elif words < MIN_WORDS:
        yield _Finding("too-short", 0, len(body))
    if words and _is_cut(stripped, evidence):
        yield _Finding("cut-off", max(0, len(stripped) - _TAIL), len(stripped))


class SelfContained:
    """1 minus the weight of each thing that only a reader of the paper could resolve, not below 0.

    Found are: other figures, tables, equations, the supplement, references and citation marks, addresses, "see above",
    LaTeX left over, and a body that is empty, shorter than MIN_WORDS or cut off. The figure's own label is allowed.
    """

    name = "self-contained"
    version = "1"
    deterministic = True

    def config(self) -> Mapping[str, object]:
        """The weight of each kind of finding and the least number of words."""
        return {"weights": WEIGHTS, "min_words": MIN_WORDS}

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: findings as [{kind, text, part, start, end}], the first MAX_LISTED."""
        return [_score(candidate) for candidate in candidates]


def _score(candidate: Candidate) -> Score:
    own = _own_numbers(candidate.evidence.label)
    findings = []
    penalty = 0.0
    for part, text in candidate.parts():
        found = _dangling(text, own)
        if part == "body":
            found += _form(candidate.body[:MAX_PART], candidate.evidence.text)
        for finding in found:
            penalty += WEIGHTS[finding.kind]
            place = {"part": part, "start": finding.start, "end": finding.end}
            findings.append({"kind": finding.kind, "text": quote(text, finding.start, finding.end), **place})
    return Score(max(0.0, round(1.0 - penalty, 6)), {"findings": findings[:MAX_LISTED], "count": len(findings)})
