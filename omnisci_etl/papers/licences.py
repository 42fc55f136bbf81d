"""Licences of articles, as classes that the export gate knows, and credit lines that take a figure out of them."""

from __future__ import annotations

import re

from omnisci_etl.papers.mentions import sentences

UNKNOWN = "unknown"
_CC_URL = re.compile(
    r"(?:https?://)?(?:www\.)?creativecommons\.org/(?:"
    r"licen[sc]es/(?P<kind>[a-z]+(?:-[a-z]+)*)(?:/(?P<version>\d(?:\.\d)?))?[^\s\"'<>)\],;]*"
    r"|publicdomain/(?P<public>zero|mark)(?:/\d(?:\.\d)?)?[^\s\"'<>)\],;]*)",
    re.I,
)
_ARXIV_URL = re.compile(r"(?:https?://)?(?:www\.)?arxiv\.org/licenses/[\w.-]+(?:/[\d.]+)?/?", re.I)
_ARXIV_NAME = re.compile(r"\barxiv(?:\.org)?\s+(?:perpetual,?\s+)?non-?\s?exclusive", re.I)
_ARXIV_NONEXCLUSIVE = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
_CC_WORDS = re.compile(
    r"(?:creative\s+commons|\bCC\b)[\s_:,(-]*(?:attribution|by)(?![^\W_])(?P<terms>(?:[\s_/,-]*(?:and\s+)?(?:non-?\s?commercial"
    r"|no-?\s?deriv(?:atives|ative\s+works|s)?|share-?\s?alike|nc|nd|sa)(?![^\W_]))*)"
    r"(?:[\s(-]*(?:CC[\s-]*BY[\w\s-]{0,9}\)?)?[\s)]*(?:v\.?|version)?\s*(?P<version>[1-4]\.\d))?",
    re.I,
)
_SHORT = re.compile(
    r"(?<![^\W_])CC[\s_-]*BY(?P<terms>(?:[\s_-]*(?:NC|ND|SA)(?![^\W_]))*)(?:[\s_-]*v?(?P<version>[1-4]\.\d))?(?![^\W_])",
    re.I,
)
_ZERO = re.compile(r"(?<![^\W_])CC[\s_-]?(?:0|zero)(?![^\W_])|public\s+domain\s+dedication", re.I)
_RESERVED = re.compile(r"\ball\s+rights\s+reserved\b", re.I)
_TERMS = (
    ("nc", re.compile(r"non|nc", re.I)),
    ("nd", re.compile(r"deriv|nd", re.I)),
    ("sa", re.compile(r"alike|sa", re.I)),
)
_RESTRICTION = re.compile(r"(?<!commercial and )(?<!commercial or )\bnon-?\s?commercial|\bno\s?deriv", re.I)
_CLASSES = frozenset({"cc-by", "cc-by-sa", "cc-by-nc", "cc-by-nc-sa", "cc-by-nd", "cc-by-nc-nd"})

_VERB = r"(?:reproduced|republished|reprinted|adapted|redrawn|modified|re-?used|used|taken|included|shown|copied)"
_PICTURE = (
    r"(?:figures?|figs?\.?|images?|photos?|photographs?|pictures?|micrographs?|panels?|schematics?|schemes?|maps?|drawings?"
    r"|illustrations?|cartoons?|diagrams?|artworks?|icons?|logos?|silhouettes?|clip\s?art)"
)
_SOURCE = (
    r"(?:refs?\b|references?\b|\[\d|(?-i:[A-Z])[\w'’-]+(?:\s+(?:et\s+al|and|&)\b|\s*[(\[]?\d{4})"
    r"|the\s+(?:work|paper|article)\s+of)"
)
_CREDIT = re.compile(
    rf"\b{_VERB}\b[^.;]{{0,160}}\b(?:permissions?|licen[cs]ed?|copyright)\b"
    rf"|\b(?:with|by)\s+(?:kind\s+)?permission\s+(?:of|from)\s+(?:the\s+)?(?:copyright|publisher|author)"
    rf"|(?:^|[(\[]|\b{_PICTURE}\b[^.;]{{0,60}}?\s)(?:is\s+|are\s+|was\s+|were\s+)?"
    rf"(?:reproduced|republished|reprinted|adapted|redrawn|modified|taken)\s+(?:with\s+\w+\s+)?(?:from|after)\s+{_SOURCE}"
    r"|(?<!\w)©|(?<![\w-])copyright(?:ed)?\s*(?:©|\(c\)|by\b|of\b|(?:19|20)\d\d|(?-i:[A-Z]))"
    r"|\ball\s+rights\s+reserved\b|\bbiorender\b"
    r"|\bcourtesy\s+(?:of|from|by|:)|\bby\s+courtesy\b"
    rf"|\b{_PICTURE}\s*(?:credits?|©)\b|\bcredits?\s*:|\bcredits?\s+to\s+(?-i:[A-Z])"
    rf"|\b{_PICTURE}\b[^.;]{{0,80}}\b(?:from|by|©|source:)\s*(?:google\s*(?:earth|maps)|esri|openstreetmap|shutterstock|i?stock"
    r"photo|getty|adobe\s+stock|flaticon|freepik|the\s+noun\s+project|phylopic|wikimedia|servier)",
    re.I,
)
_OWN = re.compile(r"(?:©|copyright(?:ed)?)\s*(?:©|\(c\))?\s*(?:(?:19|20)\d\d\s*)?(?:by\s+)?the\s+authors?", re.I)
_FREE = re.compile(r"\b(?:in|under|into|as)\s+(?:the\s+)?public\s+domain|\bpublic\s+domain\s+image|\bCC[\s-]?0\b", re.I)


def licence_class(uri_or_text: str | None) -> str:
    """The class of a licence given by URL, by name or in a sentence; of several named the first counts.

    cc-by, cc-by-sa, cc0, cc-by-nc, cc-by-nc-sa, cc-by-nd, cc-by-nc-nd, arxiv-nonexclusive, all-rights-reserved
    or unknown, which is what every other text is.
    """
    text = uri_or_text or ""
    if url := _CC_URL.search(text):
        return "cc0" if url["public"] or url["kind"].lower() == "publicdomain" else _cc_class(url["kind"].split("-"))
    if _ARXIV_URL.search(text) or _ARXIV_NAME.search(text):
        return "arxiv-nonexclusive"
    if words := _words(text):
        return _cc_class(_parts(words, text))
    if _ZERO.search(text):
        return "cc0"
    return "all-rights-reserved" if _RESERVED.search(text) else UNKNOWN


def licence_uri(text: str) -> str | None:
    """The URL of the licence that a rights paragraph states, or the one that its name (and version) stands for."""
    for pattern in (_CC_URL, _ARXIV_URL):
        if found := pattern.search(text):
            url = found[0].rstrip(".:")
            return url if url.lower().startswith("http") else f"https://{url}"
    if _ARXIV_NAME.search(text):
        return _ARXIV_NONEXCLUSIVE
    if _ZERO.search(text):
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    words = _words(text)
    if words is None:
        return None
    version = f"{words['version']}/" if words["version"] else ""
    return f"https://creativecommons.org/licenses/{'-'.join(_parts(words, text))}/{version}"


def third_party_credit(caption: str) -> str | None:
    """The sentence of a caption that gives the rights in the picture, or a part of it, to somebody else.

    Permissions, copyright notes, courtesies, picture agencies and drawing services; None where there is none, the
    notice is the authors' own, or the sentence says that the material is in the public domain.
    """
    for start, end in sentences(caption):
        sentence = caption[start:end]
        if _CREDIT.search(_OWN.sub("", sentence)) and not _FREE.search(sentence):
            return sentence
    return None


def _words(text: str) -> re.Match[str] | None:
    found = [match for match in (_CC_WORDS.search(text), _SHORT.search(text)) if match]
    return min(found, key=lambda match: (match.start(), -len(match[0])), default=None)


def _parts(words: re.Match[str], text: str) -> list[str]:
    """The parts of the licence's name; a restriction that the text spells out elsewhere counts as well."""
    terms = words["terms"]
    restrictions = "".join(found[0] for found in _RESTRICTION.finditer(text))
    return ["by", *(name for name, pattern in _TERMS if pattern.search(terms) or pattern.search(restrictions))]


def _cc_class(parts: list[str]) -> str:
    kinds = {part.lower() for part in parts}
    name = "-".join(["cc", *(part for part in ("by", "nc", "nd", "sa") if part in kinds)])
    return name if name in _CLASSES else UNKNOWN
