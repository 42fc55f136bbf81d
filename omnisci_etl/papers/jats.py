"""JATS articles: Europe PMC's and the PMC bucket's files, the publisher's own feed, and JATS of other journals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from lxml import etree

from omnisci_etl.errors import BadInput
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers.licences import licence_uri
from omnisci_etl.papers.mentions import figure_number, mentions, split_label
from omnisci_etl.papers.model import Document, Figure, Panel, Paragraph, Picture, Related, clean
from omnisci_etl.papers.xml import Dialect, Flat, flatten, formula_text, local_names, parse_xml

EXTRACTOR = "jats"
VERSION = "1.0.0"

_XLINK = "{http://www.w3.org/1999/xlink}href"
_FOREIGN = frozenset({"sub-article", "response", "supplementary-material", "front-stub"})
_FLOATS = frozenset(
    {
        "fig",
        "fig-group",
        "table-wrap",
        "table-wrap-group",
        "supplementary-material",
        "media",
        "graphic",
        "fn",
        "fn-group",
        "ref-list",
        "ref",
        "sub-article",
        "response",
        "floats-group",
    }
)
_MATHS = frozenset({"inline-formula", "disp-formula", "alternatives"})
_DROPPED = frozenset({"inline-graphic", "graphic", "media", "object-id", "alt-text", "long-desc", "annotation"})
_BLOCKS = frozenset(
    {
        "p",
        "title",
        "label",
        "list",
        "list-item",
        "def-list",
        "def-item",
        "def",
        "disp-formula",
        "disp-quote",
        "sec",
        "caption",
        "tr",
        "td",
        "th",
        "break",
        "attrib",
        "permissions",
    }
)
_TEX_BODY = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.S)
_NO_RESEARCH = (
    "editorial",
    "news",
    "obituary",
    "book-review",
    "announcement",
    "calendar",
    "meeting-report",
    "reply",
    "discussion",
    "introduction",
    "oration",
    "abstract",
    "product-review",
    "in-brief",
)
_TYPES = {
    "review-article": "review",
    "systematic-review": "review",
    "article-commentary": "comment",
    "brief-report": "comment",
    "retraction": "retraction",
    "partial-retraction": "retraction",
    "correction": "correction",
    "addendum": "correction",
    "expression-of-concern": "correction",
    **dict.fromkeys(_NO_RESEARCH, "other"),
}
_HEADINGS = (
    ("retraction", re.compile(r"retract(?:ion|ed)", re.I)),
    ("correction", re.compile(r"(?:author |publisher )?correction|erratum|errata|corrigend|addend", re.I)),
    ("comment", re.compile(r"(?:invited )?comment(?:ary|s)?$|correspondence$|q ?& ?a$", re.I)),
    ("review", re.compile(r"(?:systematic )?review(?: article)?s?$|perspectives?$", re.I)),
    ("other", re.compile(r"editorial|news\b|obituary", re.I)),
    (
        "research-article",
        re.compile(r"(?:original |research )*(?:article|paper|report)s?$|brief report|letters?$", re.I),
    ),
)
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


@dataclass(frozen=True, slots=True)
class _Found:
    """A figure's element, its label, and the sub-figures within it."""

    element: etree._Element
    label: str
    parts: tuple[etree._Element, ...] = ()


class _Caption(Dialect):
    blocks = _BLOCKS

    def instead(self, element: etree._Element) -> str | None:
        if element.tag in _MATHS:
            return _formula(element)
        if element.tag == "tex-math":
            return _tex(element)
        return "" if element.tag in _DROPPED or element.tag in _FLOATS else None

    def is_bold(self, element: etree._Element) -> bool:
        return element.tag in {"bold", "b"}


class _Body(_Caption):
    def __init__(self, targets: dict[str, tuple[str, str]]) -> None:
        self._targets = targets

    def instead(self, element: etree._Element) -> str | None:
        if element.tag == "sup" and element.find(".//xref[@ref-type='bibr']") is not None:
            return f"[{clean(str(piece) for piece in element.itertext()).strip('[]')}]"
        return super().instead(element)

    def targets(self, element: etree._Element) -> Iterable[tuple[str, str]]:
        if element.tag != "xref":
            return ()
        return [self._targets[rid] for rid in (element.get("rid") or "").split() if rid in self._targets]


def parse(data: bytes) -> Document:
    """The article in a JATS file, with its figures.

    A wrapper such as <pmc-articleset> is looked through for its first article. Raises BadInput:
    malformed-document, unsupported-document (XML, but no JATS article), too-large, hostile-xml.
    """
    root = local_names(parse_xml(data))
    article = root if root.tag == "article" else root.find(".//article")
    meta = article.find("front/article-meta") if article is not None else None
    if article is None or meta is None:
        raise BadInput("unsupported-document", f"<{root.tag}> holds no JATS article")
    headings = [_plain(node) for node in meta.findall(".//subj-group[@subj-group-type='heading']/subject")]
    return Document(
        extractor=EXTRACTOR,
        extractor_version=VERSION,
        title=_plain(meta.find("title-group/article-title")),
        abstract=_abstract(meta),
        doi=_plain(meta.find("article-id[@pub-id-type='doi']")) or None,
        article_type=_article_type(article.get("article-type") or "", headings),
        published_on=_published(meta),
        license_uri=_licence(meta),
        authors=tuple(_authors(meta)),
        subjects=tuple(dict.fromkeys(_subjects(meta))),
        related=tuple(_related(meta)),
        figures=_figures(article),
    )


def _plain(element: etree._Element | None) -> str:
    return flatten(element, _Caption()).text if element is not None else ""


def _formula(element: etree._Element) -> str | None:
    """One rendering of a formula: the text of its MathML, else of any other twin, else its TeX without the frame."""
    maths = element.find(".//math")
    if maths is not None:
        return formula_text(maths)
    if element.tag != "alternatives":
        return None
    twins = [node for node in element if node.tag not in _DROPPED]
    text = next((_plain(node) for node in twins if node.tag != "tex-math"), "")
    return text or next((_tex(node) for node in twins), "")


def _tex(element: etree._Element) -> str:
    """The TeX between \\begin{document} and \\end{document}, or nothing where a text twin stands next to it."""
    parent = element.getparent()
    if parent is not None and parent.tag in {"inline-formula", "disp-formula"} and _has_text_twin(parent):
        return ""
    source = "".join(str(piece) for piece in element.itertext())
    body = _TEX_BODY.search(source)
    return (body[1] if body else source).strip().strip("$").strip()


def _has_text_twin(formula: etree._Element) -> bool:
    others = [node for node in formula if node.tag not in {"tex-math", "label", *_DROPPED}]
    texts = [formula.text, *(formula_text(node) for node in others), *(node.tail for node in formula)]
    return any(text and text.strip() for text in texts)


def _figures(article: etree._Element) -> tuple[Figure, ...]:
    found = list(_find_figures(article))
    locators = _locators(found)
    targets: dict[str, tuple[str, str]] = {}
    for figure, locator in zip(found, locators, strict=True):
        targets.update({node.get("id", ""): (locator, _part_label(node, n)) for n, node in enumerate(figure.parts)})
        targets[figure.element.get("id", "")] = (locator, "")
    targets.pop("", None)
    labels = {locator: figure.label for figure, locator in zip(found, locators, strict=True)}
    named = mentions(_paragraphs(article, _Body(targets)), labels)
    figures = []
    for ordinal, (figure, locator) in enumerate(zip(found, locators, strict=True), 1):
        caption, panels = _caption(figure)
        pictures = tuple(_pictures(figure.element))
        slug = "no-picture" if not pictures else None if caption else "no-caption"
        figures.append(
            Figure(locator, ordinal, figure.label, caption, panels, named[locator], pictures, reject_slug=slug)
        )
    return tuple(figures)


def _locators(found: list[_Found]) -> list[str]:
    """The id of each figure, "figN" for those without one or with one that stands twice."""
    taken: set[str] = set()
    locators = []
    for ordinal, figure in enumerate(found, 1):
        locator = figure.element.get("id") or f"fig{ordinal}"
        while locator in taken:
            locator = f"{locator}-{ordinal}"
        taken.add(locator)
        locators.append(locator)
    return locators


def _find_figures(article: etree._Element) -> Iterator[_Found]:
    """The main figures; what is within one of them is a part of it, or a figure supplement and left out."""
    stack = [*reversed(article)]
    taken: set[etree._Element] = set()
    while stack:
        element = stack.pop()
        if element.tag in _FOREIGN or element in taken:
            continue
        if element.tag in {"fig", "fig-group"}:
            label = _label(element)
            number = figure_number(label)
            if _is_main(label, number):
                taken.add(element)
                parts = [node for node in element.iter("fig") if node is not element]
                yield _Found(element, label, tuple(node for node in parts if not figure_number(_label(node))))
                stack.extend(n for n in reversed(parts) if _is_main(_label(n), figure_number(_label(n))))
                continue
            if element.tag == "fig":
                continue
        stack.extend(reversed(element))


def _label(element: etree._Element) -> str:
    """The label of a figure; where it has none, the one that its caption begins with."""
    text = _plain(element.find("label")).rstrip(" .:|")
    if text:
        return text
    return split_label(_plain(element.find("caption")))[0]


def _is_main(label: str, number: str | None) -> bool:
    if number is None:
        return re.fullmatch(r"fig(?:ure|\.)?", label, re.I) is not None
    return not (number.startswith(("S", "ED")) or "-S" in number)


def _caption(figure: _Found) -> tuple[str, tuple[Panel, ...]]:
    """The caption with its credit line, and its panels: those that it names, else the sub-figures."""
    texts = [node for node in figure.element if node.tag in {"caption", "attrib", "permissions"}]
    flat = flatten(texts, _Caption())
    _, panels = split_panels(flat.text, flat.bold)
    parts = [(_part_label(node, n), _plain(node.find("caption"))) for n, node in enumerate(figure.parts)]
    if not panels and len(parts) > 1:
        panels = tuple(Panel(label, text) for label, text in parts)
    caption = flat.text or " ".join(f"({label}) {text}" for label, text in parts if text)
    return caption, panels


def _part_label(part: etree._Element, index: int) -> str:
    """The label of a sub-figure as its letter; the letter of its place where it has none."""
    text = _plain(part.find("label")).strip("() .:")
    return text if 0 < len(text) <= 4 else chr(ord("a") + index % 26)


def _pictures(element: etree._Element) -> Iterator[Picture]:
    """The graphics of a figure; of alternatives the first. Formulas' pictures and figure supplements are left out."""
    stack = [*reversed(element)]
    while stack:
        node = stack.pop()
        if node.tag == "alternatives":
            stack.extend(next(([child] for child in node if child.tag == "graphic"), []))
        elif node.tag == "graphic" and node.get(_XLINK):
            yield Picture(node.get(_XLINK, "").strip())
        elif node.tag == "fig" and figure_number(_label(node)):
            continue
        elif node.tag not in _MATHS and node.tag not in _FOREIGN:
            stack.extend(reversed(node))


def _paragraphs(article: etree._Element, dialect: _Body) -> Iterator[Paragraph]:
    stack = [(node, "") for node in [*article.findall("back//app"), *article.findall("body")]]
    while stack:
        element, section = stack.pop()
        if element.tag == "p":
            flat: Flat = flatten(element, dialect)
            if flat.text:
                yield Paragraph(flat.text, section, flat.links)
        elif element.tag not in _FLOATS:
            title = _plain(element.find("title")) if element.tag in {"sec", "app", "boxed-text"} else ""
            stack.extend((child, title or section) for child in reversed(element))


def _abstract(meta: etree._Element) -> str:
    kinds = meta.findall("abstract")
    main = next((node for node in kinds if node.get("abstract-type") not in _OTHER_ABSTRACTS), None)
    if main is None:
        return ""
    parts = [node for node in main if not (node.tag == "title" and _plain(node).lower() in {"abstract", "summary"})]
    return flatten(parts, _Caption()).text


def _article_type(stated: str, headings: list[str]) -> str:
    """What the heading says where it says it, as some publishers give comments and corrections any type."""
    if stated in {"correction", "retraction"}:
        return stated
    named = (heading_type(heading) for heading in headings)
    return next(filter(None, named), None) or _TYPES.get(stated, "research-article")


def heading_type(heading: str) -> str | None:
    """The article type that the heading of an article ("Author Correction", "Comment") stands for."""
    return next((kind for kind, pattern in _HEADINGS if pattern.match(heading)), None)


def _published(meta: etree._Element) -> date | None:
    """The day of electronic publication; the earliest other complete day without one; else the first of its month."""
    nodes = meta.findall("pub-date")
    online = [_date(node) for node in nodes if _is_online(node)]
    other = [_date(node) for node in nodes if not _is_online(node)]
    for group in (online, other):
        days = [day for day, complete in filter(None, group) if complete]
        if days:
            return min(days)
    return min((day for day, _ in filter(None, online + other)), default=None)


def _is_online(node: etree._Element) -> bool:
    kind = node.get("date-type") or node.get("pub-type") or ""
    return kind in {"epub", "pub", "epub-ppub"} and node.get("publication-format") != "print"


def _date(node: etree._Element) -> tuple[date, bool] | None:
    """A date and whether it names the day."""
    iso = re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", node.get("iso-8601-date") or "")
    parts = list(iso.groups()) if iso else [_plain(node.find(name)) for name in ("year", "month", "day")]
    numbers = [int(part) if part and part.isdecimal() else 0 for part in parts]
    try:
        return date(numbers[0], numbers[1] or 1, numbers[2] or 1), all(numbers)
    except ValueError:
        return None


def _licence(meta: etree._Element) -> str | None:
    for licence in meta.findall("permissions/license"):
        links = [licence.get(_XLINK), *(node.get(_XLINK) for node in licence.iter("ext-link", "uri"))]
        texts = [*(_plain(node) for node in licence.iter("license_ref")), *links, _plain(licence)]
        if uri := next((uri for text in texts if text and (uri := licence_uri(text))), None):
            return uri
    return None


def _authors(meta: etree._Element) -> Iterator[str]:
    for contrib in meta.findall("contrib-group/contrib"):
        if contrib.get("contrib-type", "author") != "author":
            continue
        names = (_plain(contrib.find(".//given-names")), _plain(contrib.find(".//surname")))
        name = " ".join(filter(None, names)) or _plain(contrib.find(".//collab"))
        if name:
            yield name


def _subjects(meta: etree._Element) -> Iterator[str]:
    """Subjects and codes; headings that only name a type of article are no subjects."""
    for group in meta.findall("article-categories//subj-group"):
        if group.get("subj-group-type") in _NO_SUBJECT:
            continue
        for subject in group.findall("subject"):
            text = _plain(subject)
            if text and heading_type(text) is None:
                yield text
    for group in meta.findall("kwd-group"):
        if "subject" in (group.get("kwd-group-type") or "").lower():
            yield from filter(None, (_plain(node) for node in group.iter("kwd", "compound-kwd-part")))


def _related(meta: etree._Element) -> Iterator[Related]:
    for node in meta.findall("related-article"):
        doi = re.search(r"10\.\d{4,9}/\S+", node.get(_XLINK) or "")
        if doi:
            yield Related(node.get("related-article-type") or "", doi[0])
