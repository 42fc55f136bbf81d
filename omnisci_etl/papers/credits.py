"""Credit lines: sentences of captions that give the rights in a picture to somebody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from omnisci_etl.papers.sentences import sentences

CreditKind = Literal[
    "permission", "copyright", "licence", "service", "agency", "courtesy", "credit", "source", "maker", "adapted"
]
# Credit lines stand at the ends of captions; what is longer than head and tail together is no caption.
_HEAD, _TAIL = 40_000, 10_000
_LONGEST_SENTENCE, _OVERLAP = 4_000, 400
_GLUED = re.compile(r"(?<=[a-z)\]]\.)(?=[A-Z(\[])")

_PICTURE = (
    r"(?:figures?|figs?\.?|images?|imagery|photos?|photographs?|pictures?|micrographs?|panels?|schematics?|schemes?|maps?|basemaps?"
    r"|drawings?|illustrations?|cartoons?|diagrams?|artworks?|graphics?|sketch(?:es)?|depictions?|icons?|logos?|silhouettes?|clip\s?art)"
)
_STRONG = r"(?:reproduced|republished|reprinted|adapted|adopted|redrawn|modified|re-?used|excerpted|copied)"
_WEAK = r"(?:used|taken|included|shown)"
_BE = r"(?:(?:is|are|was|were|has\s+been|have\s+been)\s+)?"
# Services and agencies that own or pass on pictures; a mention alone is a credit.
_SERVICE = re.compile(
    r"\bbio-?render\b|\bservier\s+medical\s+art|\bsmart\.servier\b|\bmind\s?the\s?graph\b|\bscidraw\b|\bflaticon\b|\bfreepik\b"
    r"|\bnoun\s?project\b|\bphylopic\b|\bvecteezy\b|\bshutterstock\b|\bi?stock\s?photo\b|\bgetty\s+images\b|\badobe\s+stock\b"
    r"|\b(?:pixabay|unsplash)\b|(?:commons|upload)\.wikimedia\.org|\bflickr\.com",
    re.I,
)
_AGENCY = (
    r"(?:google(?:\s+(?:earth|maps?|street\s+view|inc)\b|(?=\s*(?:[,.;)]|$)))|bing\s+maps?|esri\b|openstreetmap|mapbox"
    r"|digital\s?globe|maxar\b|planet\s+labs|wikimedia|wikipedia|nasa\b|esa\b|usgs\b|noaa\b)"
)
_FROM_AGENCY = re.compile(
    rf"\b{_PICTURE}\b[^.;]{{0,80}}\b(?:from|by|source:)\s*(?:the\s+)?{_AGENCY}"
    rf"|\b(?:{_STRONG}|downloaded|obtained|retrieved|taken)\s+from\s+(?:the\s+)?{_AGENCY}"
    rf"|\b{_PICTURE}\s+(?:data\s*)?(?:©|:)\s*{_AGENCY}"
    rf"|\b{_PICTURE}\s+{_BE}(?:downloaded|retrieved)\s+from\s+[\"“]?(?:https?://|www\.)",
    re.I,
)

_PERIOD = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|march|april|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
    r"|spring|summer|autumn|fall|winter)"
)
_NAME = rf"(?-i:(?!(?i:{_PERIOD})\b)[A-Z])[^\W\d_]*(?:[-'’][^\W\d_]+)*"
_PARTICLE = r"(?:(?:de|van|von|der|den|la|le|di|da|el|the|(?-i:[A-Z])\.)\s+)"
_NAMES = rf"(?:{_PARTICLE}{{0,3}}{_NAME}(?:\s*(?:,|and|&)\s*(?={_NAME})|\s+(?={_NAME}))?){{1,4}}"
_NAMED = rf"{_NAMES}(?:\s+et\s+al\b|\s*,?\s*[(\[]?\s*(?:19|20)\d\d|\s*[(\[]\s*\d)"
_REFERENCE = (
    rf"(?:refs?\b|references?\b|\[(?:\d|citation|(?-i:[A-Z]))|(?:[^.;()\s]+\s+and\s+)?(?:https?://|www\.)|[\w-]+\.(?:org|com|net|edu|gov|int)\b"
    rf"|{_NAMED}"
    r"|(?:previous|earlier|published|original)(?:ly)?\s+(?:\w+\s+){0,2}?(?:work|study|studies|papers?|publications?|reports?|articles?))"
)
# A number alone is a reference only where nothing is counted with it.
_NUMBER = rf"(?:(?:{_NAME})?\d{{1,3}}(?:\s?[,–-]\s?\d{{1,3}}){{0,9}}\s*(?:[.,;:)\]]|$))"
_BEFORE = (
    r"(?:(?:the|our|their|a|an)\s+)?(?:(?:work|paper|article|study|report|book)\s+(?:of|by|in)\s+)?"
    r"(?:fig(?:ure|s)?\.?\s?S?\d+\w?\s+(?:of|in|from)\s+)?[(\[]?"
)
_FROM = r"(?:from|after|based\s+on)"
_ADAPTED = re.compile(
    rf"\b{_STRONG}\b(?:\s*(?:and|or|/|,)\s*{_STRONG})?(?:\s+(?!from\b|after\b|to\b)[\w-]+){{0,3}}?\s+{_FROM}(?:\s*:)?\s+{_BEFORE}"
    rf"(?:{_REFERENCE}|{_NUMBER}|kegg\b|kyoto\s+encyclop|(?-i:[A-Z])\w+\s+of\s+(?-i:[A-Z]))",
    re.I,
)
_TAKEN = re.compile(rf"(?:^|(?<=[(\[]))\s*(?:taken\s+{_FROM}|after)\s+{_BEFORE}{_REFERENCE}", re.I)
# What is taken from the literature into a figure that the authors drew themselves, or into the laboratory.
_MATTER = (
    r"(?:data(?:sets?)?|values?|parameters?|energies|estimates?|results?|measurements?|numbers?|statistics|spectr(?:um|a)|sequences?"
    r"|annotations?|definitions?|criteria|settings?|constants?|rates?|coefficients?|equations?|formulas?|functions?|models?"
    r"|algorithms?|codes?|scripts?|protocols?|procedures?|methods?|assays?|techniques?|strategy|approach|classification"
    r"|questionnaires?|medium|media|buffers?|strains?|plasmids?|vectors?|constructs?|primers?|antibod(?:y|ies)|samples|specimens?"
    r"|reagents?|peptides?|software|tasks?|stimuli)"
)
_PICTURE_FROM = re.compile(
    rf"(?<!color )(?<!colour )\b{_PICTURE}\b(?:\s+(?!{_MATTER}\b)[^\s.;]+){{0,12}}?"
    rf"\s+(?:taken\s+)?from\s+{_BEFORE}{_REFERENCE}",
    re.I,
)
_OF_MATTER = re.compile(rf"\b{_MATTER}\b", re.I)
_OF_PICTURE = re.compile(rf"\b{_PICTURE}\b", re.I)
_MATTER_BEFORE_BRACKET = re.compile(rf"\b{_MATTER}\s*[(\[]\s*$", re.I)

_PERMISSION = re.compile(
    rf"\b{_STRONG}\b[^;]{{0,160}}?\b(?:permissions?|licen[cs]ed?|copyright)\b"
    r"|\b(?:with|by)\s+(?:kind\s+)?permission\s+(?:of|from)\s+(?:the\s+)?(?:copyright|publisher|author|journal|elsevier|springer|wiley"
    r"|american|royal|nature|oxford|cambridge|ieee|aaas|iop|acs|rsc)"
    r"|\bcopyright\s+(?:holders?|owners?)\b|\blicen[cs]e\s+(?:number|no\.?)\s*:?\s*\d{5}"
    rf"|\bpermission\s+to\s+(?:reproduce|reprint|re-?use|publish|use)\s+(?:\w+\s+){{0,2}}?{_PICTURE}",
    re.I,
)
_ASKED = re.compile(rf"(?:[(,]|\b{_WEAK}\b[^;]{{0,160}}?)\s*\b(?:with|by)\s+(?:kind\s+|the\s+)*permission\b", re.I)
# Permissions to do, not to print.
_CONSENT = re.compile(
    r"\b(?:collect|captur|sampl|caught|excavat|hous(?:ed|ing)|consent|ethic|committee|ministry|authorit|animals?\b|mice\b|national\s+park)",
    re.I,
)
_COPYRIGHT = re.compile(
    r"(?<![\w®™])©|\bgoogle\s*(?:earth|maps)?\s*©|(?<![\w-])copyright(?:ed)?\s*(?:©|\(c\)|by\b|of\b|[(\[]?(?:19|20)\d\d|(?-i:[A-Z]))|\ball\s+rights\s+reserved\b"
    r"|\(c\)\s*(?:19|20)\d\d,?\s+(?:by\s+)?(?:(?-i:[A-Z])[\w.&’'-]*\s+){0,4}?"
    r"(?:society|press|publish\w*|elsevier|springer|wiley|ieee|acm|aaas|optica|macmillan|nature|american|royal|inc|ltd|gmbh|google|esri)\b",
    re.I,
)
_OWN = re.compile(
    r"(?:©|\(c\)|copyright(?:ed)?)\s*:?\s*(?:©|\(c\))?\s*(?:(?:19|20)\d\d\s*)?(?:by\s+|held\s+by\s+)?the\s+authors?(?:\s*\(s\))?",
    re.I,
)
_SOFTWARE_NOTICE = re.compile(
    r"\b(?:software|program(?:me)?s?|packages?|toolbox|plug-?in|library|versions?|v\.?\s?\d[\d.]*|matlab|imagej|illustrator|photoshop|origin"
    r"|mathematica|labview|graphpad|prism|comsol)\b(?:[^.;]|\.(?=\d)){0,40}?(?:©|copyright)[^.;]{0,60}",
    re.I,
)
_LICENCE = re.compile(
    r"\bCC[\s-]BY\b|\bcreative\s+commons\s+(?:licen[cs]e|attribution)|creativecommons\.org/licenses", re.I
)
_COURTESY = re.compile(r"\bcourtesy\s*(?:of\b|from\b|by\b|:)|\bby\s+courtesy\b", re.I)
_CREDIT = re.compile(
    rf"\b{_PICTURE}\s+credits?\b|(?<!data )\bcredits?\s*:\s*(?-i:[A-Z©])|(?<!data )\bcredits?\s+to\s+(?-i:[A-Z])"
    r"|\bservice\s+layer\s+credits?",
    re.I,
)
_ATTRIBUTED = re.compile(
    rf"(?:(?:^|[(\[.])\s*(?:original\s+)?(?-i:S)ources?|\(source(?=:\s*(?:https?:|www\.))|\boriginal\s+sources?|\b{_PICTURE}\s+sources?)\s*:\s*"
    r"(?!(?:the\s+|study\s+|all\s+)?(?:own|authors?|our|this\s+(?:study|work|paper)|compiled|constructed|calculat|elaborat|prepared"
    r"|data|field|survey|primary|supplementa))(?:\d\s+)?(?=[\"“'(\[]?(?:(?-i:[A-Z])|\[|\d{1,3}\b|https?:|www\.|©))",
    re.I,
)
_MAKER = re.compile(
    r"\b(?:photos?|photographs?|photography|photo\s+credits?|pictures?|illustrations?|illustrated|artworks?|drawings?|drawn|graphics|figure)\s*"
    rf"{_BE}(?:(?:taken|drawn|made|created|painted|kindly\s+provided|provided)\s+)?by\s+(?:(?:Dr|Prof)\.?\s+)?"
    r"(?-i:[A-Z][a-zà-ÿ’'-]*\.?(?:\s?[A-Z]\.)*\s+[A-Z][\w’'-]+)(?![^.;)]{0,60}\b(?:microscop|camera|scanner|lens|telescope|imager))"
    r"|(?:^|[(\[])\s*(?:photos?|photographs?|pictures?)\s*:\s*(?-i:[A-Z][a-zà-ÿ’'-]*\.?\s*[A-Z][\w’'/-]+)"
    rf"|\b{_PICTURE}\b[^.;]{{0,60}}\bprovided\s+by\s+(?:Dr|Prof|(?-i:[A-Z]\.\s))",
    re.I,
)
_FREE = re.compile(
    r"\b(?:in|under|into|as|the)\s+(?:the\s+)?public\s+domain|\bpublic\s+domain\s+(?:image|dedication)|\bCC[\s-]?0\b",
    re.I,
)


_ABOUT_FIGURE = re.compile(
    rf"\W*(?:(?:all|the|some|{_PICTURE})\s+){{0,3}}(?:(?:in|of)\s+)?(?:fig|figure|figures|figs)\b[^;]{{0,60}}?"
    rf"\b(?:is|are|was|were|{_STRONG}|created|drawn|made|prepared)\b",
    re.I,
)
_MADE: frozenset[CreditKind | None] = frozenset({"permission", "copyright", "service", "courtesy", "maker", "adapted"})


class Credit(NamedTuple):
    """The kind of a credit and the sentence of the caption that gives it."""

    kind: CreditKind
    sentence: str


def third_party_credit(caption: str) -> str | None:
    """The sentence of a caption that gives the rights in the picture, or a part of it, to somebody else, or None."""
    found = credit(caption)
    return found.sentence if found else None


def figure_credit(caption: str, mentions: Iterable[str]) -> str | None:
    """The credit of a figure: in its caption, else in a sentence of the text that speaks of the figure's making.

    mentions: sentences that name the figure. "Fig. 1a was created with BioRender" stands in the methods of many papers.
    """
    if found := third_party_credit(caption):
        return found
    return next((one for one in mentions if _ABOUT_FIGURE.match(one) and _kind(one) in _MADE), None)


def credit(caption: str) -> Credit | None:
    """The first credit of a caption.

    None where there is none, the notice is the authors' own or a program's, or the sentence says that the
    material is in the public domain. Data, methods and materials from elsewhere are no picture from elsewhere.
    """
    for sentence in _sentences(caption):
        if kind := _kind(sentence):
            return Credit(kind, sentence)
    return None


def _sentences(caption: str) -> Iterator[str]:
    parts = [caption] if len(caption) <= _HEAD + _TAIL else [caption[:_HEAD], caption[-_TAIL:]]
    for part in parts:
        for start, end in sentences(part):
            for begin in range(start, end, _LONGEST_SENTENCE - _OVERLAP):
                # A missing blank hides the end of a sentence: "... of the sites.Adapted from ...".
                yield from _GLUED.split(part[begin : min(end, begin + _LONGEST_SENTENCE)])


def _kind(sentence: str) -> CreditKind | None:
    low = sentence.lower()
    for kind, hints, holds in _RULES:
        if any(hint in low for hint in hints) and holds(sentence):
            return None if _FREE.search(sentence) else kind
    return None


def _is_permission(sentence: str) -> bool:
    if found := _PERMISSION.search(sentence):
        return not _SOFTWARE_NOTICE.search(found[0])
    return bool(_ASKED.search(sentence)) and not _CONSENT.search(sentence)


def _is_copyright(sentence: str) -> bool:
    return bool(_COPYRIGHT.search(_SOFTWARE_NOTICE.sub("", _OWN.sub("", sentence))))


def _is_courtesy(sentence: str) -> bool:
    return any(not _is_matter(sentence, found.start()) for found in _COURTESY.finditer(sentence))


def _is_adapted(sentence: str) -> bool:
    if _PICTURE_FROM.search(sentence):
        return True
    return any(not _is_matter(sentence, at.start()) for rule in (_ADAPTED, _TAKEN) for at in rule.finditer(sentence))


def _is_matter(sentence: str, position: int) -> bool:
    """Whether what stands before a position as the subject is something else than a picture."""
    before = sentence[max(0, position - 90) : position]
    if _MATTER_BEFORE_BRACKET.search(before):
        return True
    subject = re.split(r"[;:()\[\]]", before)[-1]
    return bool(_OF_MATTER.search(subject)) and not _OF_PICTURE.search(subject)


# Each kind with (parts of) words without which it cannot hold: most sentences are let go after looking for these.
_RULES: tuple[tuple[CreditKind, tuple[str, ...], Callable[[str], object]], ...] = (
    ("permission", ("permission", "licens", "licenc", "copyright"), _is_permission),
    ("copyright", ("©", "copyright", "reserved", "(c)"), _is_copyright),
    ("service", ("render", "servier", "the graph", "thegraph", "scidraw", "icon", "pik", "noun", "pic", "vecteezy",
                 "stock", "getty", "pixabay", "unsplash", "wikimedia", "flickr"), _SERVICE.search),
    ("courtesy", ("courtesy",), _is_courtesy),
    ("credit", ("credit",), _CREDIT.search),
    ("agency", ("google", "bing", "esri", "street", "mapbox", "globe", "maxar", "planet", "wiki", "nasa", "esa", "usgs",
                "noaa", "downloaded", "retrieved"), _FROM_AGENCY.search),
    ("licence", ("cc", "commons"), _LICENCE.search),
    ("source", ("source",), _ATTRIBUTED.search),
    ("maker", (" by ", "photo", "picture"), _MAKER.search),
    ("adapted", ("from", "after ", "based "), _is_adapted),
)  # fmt: skip
