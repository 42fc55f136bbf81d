"""Can the caption be read alone, without the paper around it?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from omnisci_etl.judging.evidence import MAX_PART, REMEMBERED, Candidate
from omnisci_etl.judging.references import Kind, Reference, find_references
from omnisci_etl.judging.scorers.base import MAX_LISTED, Score, quote
from omnisci_etl.papers.letter_runs import Needs

# What each finding takes off. A single pointer to what the reader does not have is enough to fall below the gate.
WEIGHTS: dict[str, float] = {
    "empty": 1.0,
    "too-short": 0.5,
    "other-figure": 0.45,
    "supplement": 0.45,
    "other-object": 0.45,
    "elsewhere": 0.45,
    "bibliography": 0.45,
    "citation": 0.45,
    "address": 0.45,
    "cut-off": 0.3,
    "latex": 0.25,
}
# Twenty marks of the same kind are one habit, not twenty faults.
AT_MOST = 3
MIN_WORDS = 8

_OF_REFERENCE: dict[Kind, str] = {
    "figure": "other-figure",
    "table": "other-object",
    "section": "other-object",
    "bibliography": "bibliography",
    "citation": "citation",
    "address": "address",
}
_AT_HOME = "at-home"

# Words for places in a paper; they dangle only where the words before them send the reader there.
_PLACE = re.compile(r"[abepl](?<![^\W_].)(?:bove|elow|lsewhere|arlier|efore|reviously|ater)\b")
_PLACES = Needs.of([["above below elsewhere earlier before previously later"]])
_POSITIONS = frozenset({"above", "below", "elsewhere"})
# "As noted earlier" points to a place; "was reported previously to be small" tells of other work.
_IN_THIS_TEXT = "mentioned|noted|discussed|defined|explained|outlined|stated|said"
_TOLD = (
    f"{_IN_THIS_TEXT}|introduced|given|described|reported|detailed|listed|seen|argued|derived|published|observed|demonstrated|indicated"
    "|presented|summari[sz]ed"
)
_OBJECT = "figures?|tables?|sections?|subsections?|equations?|chapters?|paragraphs?|pages?|appendix|(?:main )?text"
_SENT_TO_POSITION = re.compile(
    rf"\b(?:see|as|as\s(?:shown|was|were|has\sbeen)|results?\s(?:shown|presented)|{_TOLD}|the\s(?:{_OBJECT}))\s$",
    re.IGNORECASE,
)
_SENT_TO_TIME = re.compile(
    rf"\b(?:as\s(?:(?:was|were|has\sbeen|have\sbeen|we)\s)?(?:{_TOLD}|shown)|{_IN_THIS_TEXT})\s$", re.IGNORECASE
)
_SEEN_HERE = re.compile(r"\s(?:the|each|a|an|every|this|that|[0-9])\b")
_LONGEST_SENDING = 60

# Parts of a paper.
_PART = re.compile(
    r"[MmRrDdIiAaSsEeTtCcFfOoPp](?<![^\W_].)(?:ethods?|esults|iscussion|ntroduction|bstract|ppendix|upplement|(?<=S)I|(?<=E)SI|ext"
    r"|rticle|aper|anuscript|aption|verleaf|xperimental\s[Ss]ection)\b(?!\s?[=:]|\s(?:[A-Z0-9]|units?)\b)|[Ff]ootnotes?\b"
)
_PARTS = Needs.of([[
    "method methods results discussion introduction abstract appendix supplement si esi text article paper manuscript"
    " caption overleaf experimental footnote footnotes"
]])  # fmt: skip
_BEFORE_PART = r"(?:also\s)?(?:the\s|our\s|this\s)?(?:(?:main|online|figure|full|STAR|materials\sand)\s){0,2}$"
_SENT_TO_TEXT = re.compile(
    rf"\b(?:see|cf\.|refer\sto|(?:as|{_TOLD}|elsewhere)\s(?:in|under))\s{_BEFORE_PART}", re.IGNORECASE
)
_SENT_TO_PART = re.compile(
    r"\b(?:see|cf\.|consult|refer(?:red)?\sto|according\sto|as\sper|(?:in|of|from)\sthe\smain"
    rf"|(?:as|{_TOLD}|elsewhere|shown|available|found|included|provided|details?|procedures?|protocols?|notations?)"
    rf"\s(?:in|under|from)|(?:rest|lists?|details|definitions|values|examples)\s(?:is|are|can\sbe\sfound)\sin)\s{_BEFORE_PART}",
    re.IGNORECASE,
)
_IN_SECTION = re.compile(r"\b(?:in|under|per|from)\s(?:the\s(?:[Oo]nline\s|STAR\s|[Mm]ain\s)?|[Oo]nline\s)$")
_ANYWHERE = frozenset({"text", "Text", "article", "paper", "manuscript"})
_SECTIONS = frozenset({"Methods", "Results", "Discussion", "Introduction", "Abstract", "Appendix", "Supplement"})
_COMPANION = re.compile(
    r"\b(?:(?:accompanying|companion|supplementary|(?:in|of|from|see)\sthe\smain)\s"
    r"(?:article|paper|manuscript|video|movie|figure|table)s?\b"
    r"|our\s(?:previous|earlier|other|recent)\s(?:article|paper|work|study)"
    r"|(?:first|second|subsequent|remaining|later)\s(?:figures?|tables?)(?=\s?(?:[,.;)]|of\b|in\b|shows?\b|$)))",
    re.IGNORECASE,
)
_COMPANIONS = Needs.of([
    [
        "accompanying companion supplementary main",
        "article articles paper papers manuscript manuscripts video videos movie movies figure figures table tables",
    ],
    ["our", "previous earlier other recent"],
    ["first second subsequent remaining later", "figure figures table tables"],
])  # fmt: skip

_RAISED = "¹²³⁰⁴-⁹"


class _Code(NamedTuple):
    kind: str
    needs: Needs
    pattern: re.Pattern[str]


_CODES = (
    _Code(
        "elsewhere",
        Needs.of([
            [
                "previous preceding next following earlier foregoing above aforementioned other last",
                "fig figure figures table tables section sections subsection subsections equation equations"
                " chapter chapters paragraph paragraphs page pages",
            ],
            ["vide"],
        ]),
        re.compile(
            r"[PpNnFfEeAaOoLl](?<![^\W_].)(?:revious|receding|ext|ollowing|arlier|oregoing|bove|forementioned|ther|ast)\s"
            r"(?:fig\.|(?:figure|table|section|subsection|equation|chapter|paragraph|page)s?\b)"
            r"|[v](?<![^\W_].)ide\s(?:supra|infra)\b"
        ),
    ),
    _Code(
        "supplement",
        Needs.of([["supplementary supplemental supporting extended"]]),
        re.compile(
            r"[SsE](?<![^\W_].)(?:upplementa(?:ry|l)|upporting|xtended)\s(?:[Ii]nformation|[Mm]aterials?|[Mm]ethods?|[Nn]otes?"
            r"|[Dd]ata|[Tt]ext|[Mm]ovies?|[Vv]ideos?|[Ff]iles?|[Aa]ppendix|[Ff]igs?\b|[Ff]igures?|[Tt]ables?|[Dd]iscussion)"
        ),
    ),
    _Code("latex", Needs.of([["\\"]]), re.compile(r"\\[A-Za-z]{2,30}\b(?:\{[^{}]{0,80}\})?")),
    _Code("latex", Needs.of([["$"]]), re.compile(r"\$(?=[^\s$])[^$\n]{0,200}?(?<=[^\s$])\$(?![0-9])")),
    _Code("latex", Needs.of([["? {{"]]), re.compile(r"\?\?|\[\?\]|\{\{[a-z]{2,20}:[^{}]{1,80}\}\}")),
    # Raised numbers behind a long word or a full stop are citations; behind a short one they are exponents (cm², χ²).
    _Code(
        "citation",
        Needs.of([["¹ ² ³ ⁰ ⁴ ⁵ ⁶ ⁷ ⁸ ⁹"]]),
        re.compile(rf"[{_RAISED}](?:(?<=[a-z]{{4}}.)|(?<=[a-z][.,;)].))[0-9,–⁻{_RAISED}-]{{0,20}}"),
    ),
    _Code(
        "citation",
        Needs.of([["^"]]),
        re.compile(r"\^\{?(?:(?<=[a-z]{4}\^)|(?<=[a-z]{4}\^\{))[0-9]{1,3}(?:[,–-][0-9]{1,3}){0,9}\}?"),
    ),
    # The same where the raised numbers lost their markup.
    _Code(
        "citation",
        Needs.of([["described reported previously elsewhere published literature study studies works work al"]]),
        re.compile(
            r"[1-9](?:(?<=described.)|(?<=reported.)|(?<=previously.)|(?<=elsewhere.)|(?<=published.)|(?<=literature.)"
            r"|(?<=study.)|(?<=studies.)|(?<=\bworks.)|(?<=\bwork.)|(?<=\bal\..))[0-9]{0,2}(?:[,–-][1-9][0-9]{0,2}){0,9}"
            r"(?![^\W_]|\.[0-9]|\s?%)"
        ),
    ),
)  # fmt: skip

_WORDS = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_CLOSED = re.compile(rf"[.!?…。](?:[)\]\"'”’*†‡]|\[[0-9,–-]{{1,20}}\]|[{_RAISED},–-]){{0,9}}$")
_OPEN_WORDS = (
    "a|an|the|of|and|or|to|in|on|at|by|for|with|from|as|is|are|was|were|be|that|which|than|between|into|per|versus|their"
    "|its|this|these|whose|while|when|where|if|but|not|has|have|had|can|via|using|under|over"
)
_DANGLING_END = re.compile(rf"(?:(?<![^\W_])(?:{_OPEN_WORDS})|[,;:(\[–—-]|\.\.\.|…)$")
_SENTENCE_END = re.compile(
    r"(?:(?<!\bFig)(?<!\bFigs)(?<!\bRef)(?<!\bRefs)(?<!\bEq)(?<!\bapprox)(?<!\bresp)(?<!\betc)(?<=[^\W_]{2})"
    r"|(?<=[0-9%°)\]\"”’]))[.!?]\s+[A-Z0-9(\"“]"
)
_OPEN_BRACKET = re.compile(r"[(\[][^()\[\]]*$")
_GOES_ON = re.compile(r"[^\W_]| (?!\(?[A-Za-z]\)?[\s,.)])[a-z0-9(]")
_TAIL = 40


@dataclass(frozen=True, slots=True)
class _Finding:
    kind: str
    start: int
    end: int


def _numbers(reference: Reference) -> frozenset[tuple[bool, str]]:
    return frozenset((reference.supplement, number.upper()) for number in reference.numbers)


def _own_numbers(label: str) -> frozenset[tuple[bool, str]]:
    """The number of the figure itself, as its label prints it ("Fig. 1", "Extended Data Fig. 2", "Figure S3")."""
    return frozenset(number for r in find_references(label) if r.kind == "figure" for number in _numbers(r))


def _references(text: str, own: frozenset[tuple[bool, str]]) -> Iterator[_Finding]:
    for reference in find_references(text):
        at_home = reference.kind == "figure" and reference.numbers and _numbers(reference) <= own
        kind = "supplement" if reference.supplement else _OF_REFERENCE.get(reference.kind, _AT_HOME)
        yield _Finding(_AT_HOME if at_home else kind, reference.start, reference.end)


def _sendings(text: str) -> Iterator[_Finding]:
    """ "see above", "as noted earlier", "described in the main text", "see Methods"."""
    for place in _PLACE.finditer(text) if _PLACES.are_met_by(text) else ():
        position = place[0] in _POSITIONS
        if not (position and _SEEN_HERE.match(text, place.end())):
            yield from _sent(text, place, _SENT_TO_POSITION if position else _SENT_TO_TIME)
    for place in _PART.finditer(text) if _PARTS.are_met_by(text) else ():
        yield from _sent(text, place, _SENT_TO_TEXT if place[0] in _ANYWHERE else _SENT_TO_PART)
        if place[0] in _SECTIONS:
            yield from _sent(text, place, _IN_SECTION)
    if _COMPANIONS.are_met_by(text):
        yield from (_Finding("elsewhere", *match.span()) for match in _COMPANION.finditer(text))


def _sent(text: str, place: re.Match[str], sending: re.Pattern[str]) -> Iterator[_Finding]:
    """The place with the words before it that send the reader there, where such stand."""
    found = sending.search(text, max(0, place.start() - _LONGEST_SENDING), place.start())
    if found:
        yield _Finding("elsewhere", found.start(), place.end())


@lru_cache(maxsize=REMEMBERED)
def _dangling(text: str, own: frozenset[tuple[bool, str]]) -> tuple[_Finding, ...]:
    """What points out of the text, by position; of two findings that overlap the one that starts first.

    References to the figure itself and its panels take part in that, so that nothing inside them is found.
    """
    found = [*_references(text, own), *_sendings(text)]
    for code in _CODES:
        if code.needs.are_met_by(text):
            found.extend(_Finding(code.kind, *match.span()) for match in code.pattern.finditer(text))
    kept: list[_Finding] = []
    for finding in sorted(found, key=lambda f: (f.start, -f.end)):
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
    return tuple(finding for finding in kept if finding.kind != _AT_HOME)


def _is_cut(body: str, evidence: str) -> bool:
    """Whether the body stops in the middle of a sentence.

    Author captions often lack their last full stop, so its absence alone says nothing: a copied end counts as cut where
    the evidence goes on behind it, an own one where the sentences before it are closed.
    """
    tail = body[-_TAIL:]
    if _DANGLING_END.search(tail) or _OPEN_BRACKET.search(body, max(0, len(body) - 10 * _TAIL)):
        return True
    if _CLOSED.search(tail):
        return False
    at = evidence.find(tail) if len(tail) == _TAIL else -1
    if at >= 0:
        return _GOES_ON.match(evidence, at + len(tail)) is not None
    return _SENTENCE_END.search(body) is not None


def _form(body: str, evidence: str) -> Iterator[_Finding]:
    """What is wrong with the body as a text: nothing there, too little, no end."""
    stripped = body.rstrip()
    words = sum(1 for _ in zip(range(MIN_WORDS), _WORDS.finditer(body), strict=False))
    if words == 0:
        yield _Finding("empty", 0, len(body))
    elif words < MIN_WORDS:
        yield _Finding("too-short", 0, len(body))
    if words and _is_cut(stripped, evidence):
        yield _Finding("cut-off", max(0, len(stripped) - _TAIL), len(stripped))


class SelfContained:
    """1 minus the weights of whatever only a reader of the paper could resolve, not below 0.

    Found are: other figures, tables, equations, the supplement, references and citation marks, addresses, "see above",
    LaTeX left over, and a body that is empty, shorter than MIN_WORDS or cut off. The figure's own label is allowed.
    Of one kind, AT_MOST findings count.
    """

    name = "self-contained"
    version = "4"
    deterministic = True

    def config(self) -> Mapping[str, object]:
        """The weight of each kind of finding, how many of a kind count, and the least number of words."""
        return {"weights": WEIGHTS, "at_most": AT_MOST, "min_words": MIN_WORDS}

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: count, and findings as [{kind, text, part, start, end}], MAX_LISTED at most."""
        return [_score(candidate) for candidate in candidates]


def _score(candidate: Candidate) -> Score:
    own = _own_numbers(candidate.evidence.label)
    listed = []
    kinds: Counter[str] = Counter()
    for part, text in candidate.parts:
        found = _dangling(text, own)
        if part == "body":
            found = *found, *_form(candidate.body[:MAX_PART], candidate.evidence.text)
        kinds.update(finding.kind for finding in found)
        for f in found[:MAX_LISTED]:
            listed.append(
                {"kind": f.kind, "text": quote(text, f.start, f.end), "part": part, "start": f.start, "end": f.end}
            )
    penalty = sum(WEIGHTS[kind] * min(count, AT_MOST) for kind, count in kinds.items())
    return Score(max(0.0, round(1.0 - penalty, 6)), {"count": kinds.total(), "findings": listed[:MAX_LISTED]})
