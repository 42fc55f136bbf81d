"""What stands before the body of a JATS article: title, dates, rights, people, subjects, related papers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import chain

from lxml import etree

from omnisci_etl.papers.article_types import DOI, NOTICES, first_named, heading_type
from omnisci_etl.papers.flat import flatten
from omnisci_etl.papers.jats_text import XLINK, CaptionReader, plain
from omnisci_etl.papers.licences import licence_uri
from omnisci_etl.papers.model import Related
from omnisci_etl.papers.xml import outermost

_NO_SUBJECT = frozenset({"NatureArticleTypeID", "display-channel"})
_OTHER_ABSTRACTS = frozenset(
    {
        "web-summary",
        "teaser",
        "graphical",
        "toc",
        "precis",
        "executive-summary",
        "key-points",
        "plain-language-summary",
        "short",
    }
)


def abstract(meta: etree._Element) -> str:
    """The text of the main abstract, without its heading."""
    kinds = meta.findall("abstract")
    main = next((node for node in kinds if node.get("abstract-type") not in _OTHER_ABSTRACTS), None)
    if main is None:
        return ""
    parts = [node for node in main if not (node.tag == "title" and plain(node).lower() in {"abstract", "summary"})]
    return flatten(parts, CaptionReader()).text


def published(meta: etree._Element) -> date | None:
    """The day of electronic publication; the earliest other complete day without one; else the first of its month."""
    dated = [(not _is_online(node), found) for node in meta.findall("pub-date") if (found := _date(node))]
    days = [(late, day) for late, (day, complete) in dated if complete]
    return min(days)[1] if days else min((day for _, (day, _) in dated), default=None)


def _is_online(node: etree._Element) -> bool:
    kind = node.get("date-type") or node.get("pub-type") or ""
    return kind in {"epub", "pub", "epub-ppub"} and node.get("publication-format") != "print"


def _date(node: etree._Element) -> tuple[date, bool] | None:
    """A date and whether it names the day."""
    iso = re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", node.get("iso-8601-date") or "")
    if iso:
        parts = list(iso.groups())
    else:
        found = {part.tag: part for part in reversed(node)}
        parts = [plain(found.get(name)) for name in ("year", "month", "day")]
    numbers = [int(part) if part and len(part) < 5 and part.isdecimal() else 0 for part in parts]
    try:
        return date(numbers[0], numbers[1] or 1, numbers[2] or 1), all(numbers)
    except ValueError:
        return None


def licence(meta: etree._Element) -> str | None:
    """The URL of the licence, as the file links it or else as its words name it; some say it in the copyright line."""
    for name in ("license", "license_ref", "copyright-statement"):
        for node in meta.iterfind(f"permissions/{name}"):
            if uri := next((uri for text in _terms(node) if text and (uri := licence_uri(text))), None):
                return uri
    return None


def _terms(licence: etree._Element) -> Iterator[str | None]:
    """What could name the licence, the surest first."""
    for reference in outermost(licence.iter("license_ref")):
        yield plain(reference)
    yield licence.get(XLINK)
    for link in licence.iter("ext-link", "uri"):
        yield link.get(XLINK)
    yield plain(licence)


def authors(meta: etree._Element) -> Iterator[str]:
    """Names as "Given Surname", or of groups; editors and others are left out."""
    for contrib in meta.iterfind("contrib-group/contrib"):
        if contrib.get("contrib-type", "author") != "author":
            continue
        first: dict[str, etree._Element] = {}
        for part in contrib.iter("given-names", "surname", "collab"):
            first.setdefault(part.tag, part)
        given, surname = plain(first.get("given-names")), plain(first.get("surname"))
        name = " ".join(filter(None, (given, surname))) or plain(first.get("collab"))
        if name:
            yield name


def subjects(meta: etree._Element) -> Iterator[str]:
    """Subjects and codes; headings that only name a type of article are no subjects."""
    groups = meta.findall("article-categories//subj-group")
    stated = (group for group in groups if group.get("subj-group-type") not in _NO_SUBJECT)
    for subject in outermost(node for group in stated for node in group.findall("subject")):
        text = plain(subject)
        if text and heading_type(text) is None:
            yield text
    for group in meta.findall("kwd-group"):
        if "subject" in (group.get("kwd-group-type") or "").lower():
            yield from filter(None, map(plain, outermost(group.iter("kwd", "compound-kwd-part"))))


def related(article: etree._Element, article_type: str, own: str) -> Iterator[Related]:
    """The papers that the article is linked to; for a notice without a link the one that its text names first."""
    linked = False
    for node in article.iterfind("front/article-meta/related-article"):
        if doi := DOI.search(node.get(XLINK) or "") or DOI.search("".join(map(str, node.itertext()))):
            linked = True
            yield Related(node.get("related-article-type") or "", doi[0])
    if article_type in NOTICES and not linked:
        paragraphs = (
            node
            for place in ("front/article-meta", "body")
            for part in article.iterfind(place)
            for node in outermost(part.iter("p"))
        )
        texts = (
            [plain(node), *(link.get(XLINK) or "" for link in node.iter("ext-link", "uri"))] for node in paragraphs
        )
        yield from first_named(chain.from_iterable(texts), NOTICES[article_type], own)
