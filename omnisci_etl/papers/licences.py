"""Licences of articles, as classes that the export gate knows."""

from __future__ import annotations

import re
from typing import NamedTuple

from omnisci_etl.papers.credits import third_party_credit as third_party_credit

UNKNOWN = "unknown"
_CC_URL = re.compile(
    r"(?:https?://)?(?:www\.)?creativecommons\.org/(?:"
    r"licen[sc]es?/(?P<prefix>cc(?:[\s_-]|%20)+)?(?P<kind>[a-z]+(?:-[a-z]+)*)(?:/(?P<version>\d(?:\.\d)?))?[^\s\"'<>)\],;]*"
    r"|(?:public-?domain|share-your-work/public-domain|about)/(?P<public>zero|mark|cc0)(?:/\d(?:\.\d)?)?[^\s\"'<>)\],;]*)",
    re.I,
)
_ARXIV_URL = re.compile(r"(?:https?://)?(?:www\.)?arxiv\.org/licenses/[\w.-]+(?:/[\d.]+)?/?", re.I)
_ARXIV_NAME = re.compile(
    r"\barxiv(?:\.org)?(?:['’]s)?\s+(?:perpetual,?\s+)?non-?\s?exclusive|\bnonexclusive-distrib\b"
    r"|(?P<assumed>\bassumed[\s-](?:\w+\s){0,3}1991-2003)",
    re.I,
)
_ARXIV = "http://arxiv.org/licenses/"
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
_ZERO = re.compile(
    r"(?<![^\W_])CC[\s_-]?(?:0|zero)(?![^\W_])|public\s+domain\s+dedication"
    r"|creative\s+commons\s+(?:zero|public\s+domain|1\.0\s+universal)"
    r"|\A\W*(?:licen[sc]e:?\s*)?public[\s-]domain\W*\Z",
    re.I,
)
_ZERO_URI = "https://creativecommons.org/publicdomain/zero/1.0/"
_RESERVED = re.compile(r"\ball\s+rights\s+reserved\b", re.I)
_TERMS = (
    ("nc", re.compile(r"non|nc", re.I)),
    ("nd", re.compile(r"deriv|nd", re.I)),
    ("sa", re.compile(r"alike|sa", re.I)),
)
_RESTRICTION = re.compile(r"(?<!commercial and )(?<!commercial or )\bnon-?\s?commercial|\bno-?\s?deriv", re.I)
_CLASSES = frozenset({"cc-by", "cc-by-sa", "cc-by-nc", "cc-by-nc-sa", "cc-by-nd", "cc-by-nc-nd"})
_HYPHENS = str.maketrans("\u2010\u2011\u2012\u2013\u00ad", "-----")


class _Stated(NamedTuple):
    """Where in a text a licence is named, its class, and its URL; public: it waives all rights."""

    start: int
    kind: str
    uri: str
    public: bool = False


def licence_class(uri_or_text: str | None) -> str:
    """The class of a licence given by URL, by name or in a sentence; of several named the first counts.

    cc-by, cc-by-sa, cc0, cc-by-nc, cc-by-nc-sa, cc-by-nd, cc-by-nc-nd, arxiv-nonexclusive, all-rights-reserved
    or unknown, which is what every other text is.
    """
    text = uri_or_text or ""
    if stated := _stated(text):
        return stated.kind
    return "all-rights-reserved" if _RESERVED.search(text) else UNKNOWN


def licence_uri(text: str) -> str | None:
    """The URL of the licence that a rights paragraph states, or the one that its name (and version) stands for."""
    stated = _stated(text)
    return stated.uri if stated else None


def _stated(text: str) -> _Stated | None:
    """The licence of a text: its first link, which is more exact than the words around it, else the first name.

    Behind a licence in words, a link to a waiver is about something else: publishers waive rights in the data.
    """
    text = text.translate(_HYPHENS)
    link = _first(_cc_link(text), _arxiv_link(text))
    if link and not link.public:
        return link
    name = _first(_cc_name(text), _arxiv_name(text), _zero_name(text))
    if link and name and link.public and not name.public and name.start < link.start:
        return name
    return link or name


def _first(*found: _Stated | None) -> _Stated | None:
    return min((one for one in found if one), key=lambda one: one.start, default=None)


def _cc_link(text: str) -> _Stated | None:
    url = _CC_URL.search(text)
    if url is None:
        return None
    if url["public"] or url["kind"].lower() == "publicdomain":
        return _Stated(url.start(), "cc0", _whole(url[0]), public=True)
    parts = url["kind"].lower().split("-")
    uri = _cc_uri(parts, url["version"]) if url["prefix"] else _whole(url[0])
    return _Stated(url.start(), _cc_class(parts), uri)


def _arxiv_link(text: str) -> _Stated | None:
    url = _ARXIV_URL.search(text)
    return _Stated(url.start(), "arxiv-nonexclusive", _whole(url[0])) if url else None


def _whole(url: str) -> str:
    url = url.rstrip(".:")
    return url if url.lower().startswith("http") else f"https://{url}"


def _cc_name(text: str) -> _Stated | None:
    found = [match for match in (_CC_WORDS.search(text), _SHORT.search(text)) if match]
    words = min(found, key=lambda match: (match.start(), -len(match[0])), default=None)
    if words is None:
        return None
    parts = _parts(words["terms"], text)
    return _Stated(words.start(), _cc_class(parts), _cc_uri(parts, words["version"]))


def _arxiv_name(text: str) -> _Stated | None:
    name = _ARXIV_NAME.search(text)
    if name is None:
        return None
    path = "assumed-1991-2003/" if name["assumed"] else "nonexclusive-distrib/1.0/"
    return _Stated(name.start(), "arxiv-nonexclusive", _ARXIV + path)


def _zero_name(text: str) -> _Stated | None:
    name = _ZERO.search(text)
    return _Stated(name.start(), "cc0", _ZERO_URI, public=True) if name else None


def _parts(terms: str, text: str) -> list[str]:
    """The parts of the licence's name; a restriction that the text spells out elsewhere counts as well."""
    restrictions = "".join(found[0] for found in _RESTRICTION.finditer(text))
    return ["by", *(name for name, pattern in _TERMS if pattern.search(terms) or pattern.search(restrictions))]


def _cc_uri(parts: list[str], version: str | None) -> str:
    return f"https://creativecommons.org/licenses/{'-'.join(parts)}/{f'{version}/' if version else ''}"


def _cc_class(parts: list[str]) -> str:
    name = "-".join(["cc", *(part for part in ("by", "nc", "nd", "sa") if part in parts)])
    return name if name in _CLASSES else UNKNOWN
