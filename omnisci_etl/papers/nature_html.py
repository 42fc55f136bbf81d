"""Article pages of nature.com, from the designs of 2012 to today's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain, islice
from typing import NamedTuple

from lxml import etree

from omnisci_etl.errors import BadInput
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers.article_types import DOI, NOTICES, first_named, heading_type
from omnisci_etl.papers.flat import Dialect, citation, flatten, formula_text, raw_text, squeeze
from omnisci_etl.papers.licences import licence_uri
from omnisci_etl.papers.mentions import figure_number, split_label, survey
from omnisci_etl.papers.model import Document, Figure, Paragraph, Related
from omnisci_etl.papers.nature_pictures import pictures
from omnisci_etl.papers.tex_in_text import formula_of_tex
from omnisci_etl.papers.xml import (
    MAX_PARAGRAPHS,
    check_figures,
    is_too_deep,
    outermost,
    parse_html,
    select,
)

EXTRACTOR = "nature-html"
VERSION = "1.3.0"

_ANCHOR = re.compile(r"#(?:Fig|figure-|f)(\d+)$|/figures/(\d+)$|/fig_tab/[^/]+_F(\d+)\.html$", re.I)
# Links behind a caption, in one element with it.
_FURNITURE = re.compile(r"(?<=[.!?)\]])(?:\s(?:Source data|PowerPoint slide|Full size image|View in article))+$")
_CITATION = re.compile(r"#(?:ref-|b)")
_ARISING = re.compile(r"\W*arising from\b", re.I)
_DROPPED = frozenset(
    {"script", "style", "noscript", "svg", "button", "figure", "annotation", "annotation-xml", "table"}
)
# What designs of the page have for one thing, the present one first: an expression costs a walk over the page.
# Authors' keywords stand in lists like that of the subjects, but deeper.
_SUBJECTS = (
    "descendant::li[contains(@class, 'subject-list__subject')][a]",
    "descendant::a[@data-track-action='view subject']",
    "descendant::div[contains(@class, 'article-keywords')][not(ancestor::div[contains(@class, 'article-keywords')])]"
    "/descendant::a",
)
_CATEGORY = ("descendant::li[@data-test='article-category']", "descendant::*[@data-test='article-category']")
_ABSTRACT = (
    "descendant::div[starts-with(@id, 'Abs') and contains(@id, '-content')]",
    "descendant::*[starts-with(@id, 'Abs') and contains(@id, '-content')]",
)
_RIGHTS = (
    "descendant::section[@aria-labelledby='rightslink' or starts-with(@data-title, 'Rights')]",
    "descendant::*[@id='rightslink-content' or @id='rightslink-section']"
    "|descendant::p[contains(concat(' ', @class, ' '), ' license ')]",
)
_SUBJECT_CODE = re.compile(r"[?&]subject=((?:/\d+)+)(?:&|$)")
_LEGEND = "descendant::span[starts-with(@class, 'legend')]"
_DESCRIPTION = (
    "descendant::*[contains(@class, 'figure-description') or @class='description' or @data-test='bottom-caption']"
)
_METADATA = frozenset(
    {
        "citation_doi",
        "prism.doi",
        "dc.identifier",
        "citation_title",
        "dc.title",
        "og:title",
        "citation_author",
        "dc.creator",
        "citation_article_type",
        "prism.section",
        "dc.type",
        "citation_online_date",
        "prism.publicationdate",
        "dc.date",
        "citation_publication_date",
        "wt.z_subject_term",
        "dc.subject",
        "keywords",
    }
)
_BLOCKS = frozenset({"p", "div", "li", "br", "h1", "h2", "h3", "h4", "figcaption", "td", "th", "tr", "dt", "dd"})
_SKIPPED = frozenset(
    {"figure", "figcaption", "table", "aside", "nav", "header", "footer", "form", "script", "style", "noscript"}
)
_SKIPPED_CLASS = re.compile(
    r"c-article-(?:section__figure|table|further|references|metrics|share|recommend|supplementary)|\bc-(?:ad|nature-box)\b"
    r"|figure-description|references"
)
_NO_BODY = re.compile(
    r"(?:abstract|editor.{0,20}summary|references|acknowledge?ments?|funding|author (?:information|contributions?)"
    r"|ethics declarations|competing interests|peer review(?: information)?|additional information|source data"
    r"|(?:electronic )?supplementary (?:information|materials?)|rights and permissions|about this article"
    r"|(?:further|related) (?:reading|links|articles?|content)|comments?|change history|extended data(?: figures.*)?"
    r"|access options|associated content)$",
    re.I,
)


class _Found(NamedTuple):
    """A figure's label, the caption without it, the bold stretches of that, the element, and those of the text."""

    label: str
    caption: str
    bold: list[tuple[int, int]]
    element: etree._Element
    texts: list[etree._Element]


class _Caption(Dialect):
    blocks = _BLOCKS
    replaced = _DROPPED | {"math", "span"}
    bold = frozenset({"b", "strong"})
    linking = frozenset()

    def instead(self, element: etree._Element) -> str | None:
        if element.tag in _DROPPED:
            return ""
        if element.tag == "math":
            return formula_text(element)
        if element.tag == "span" and "mathjax-tex" in (element.get("class") or ""):
            return formula_of_tex(raw_text(element))
        return None

    def is_bold(self, element: etree._Element) -> bool:
        return True


class _Body(_Caption):
    replaced = _Caption.replaced | {"sup"}
    linking = frozenset({"a"})

    def __init__(self, locators: dict[str, str]) -> None:
        self._locators = locators

    def instead(self, element: etree._Element) -> str | None:
        if element.tag != "sup" or next(element.iterancestors("sup"), None) is not None:
            return super().instead(element)
        for node in element.iter("a"):
            if _CITATION.search(node.get("href") or ""):
                return citation(element, node)
        return None

    def targets(self, element: etree._Element) -> Iterable[tuple[str, str]]:
        anchor = _ANCHOR.search(element.get("href") or "")
        locator = self._locators.get(anchor[anchor.lastindex or 0]) if anchor else None
        return [(locator, "")] if locator else []


def parse(data: bytes) -> Document:
    """The article of a nature.com page, with its figures; pictures are named by the URL of their full size.

    Raises BadInput: malformed-document, unsupported-document (no article page), too-large.
    """
    root = parse_html(data)
    meta = _metadata(root)
    doi = next(
        (found[0] for name in ("citation_doi", "prism.doi", "dc.identifier") for found in _dois(meta, name)), None
    )
    article = _article(root)
    if article is None or doi is None:
        raise BadInput("unsupported-document", "no article page of nature.com")
    article_type = _article_type(root, meta)
    figures, missing = _figures(article, doi)
    return Document(
        extractor=EXTRACTOR,
        extractor_version=VERSION,
        title=_first(meta, "citation_title", "dc.title", "og:title"),
        abstract=_abstract(root),
        doi=doi,
        article_type=article_type,
        published_on=_published(meta),
        license_uri=_licence(root),
        authors=tuple(meta.get("citation_author") or meta.get("dc.creator") or ()),
        subjects=_subjects(root, meta),
        related=_related(article, article_type, doi),
        figures=figures,
        missing=missing,
    )


def _metadata(root: etree._Element) -> dict[str, list[str]]:
    """The contents of those of the page's <meta> elements that are used, by lower-case name."""
    found: dict[str, list[str]] = {}
    for node in root.iter("meta"):
        name = (node.get("name") or node.get("property") or "").lower()
        if name in _METADATA and (content := squeeze(node.get("content") or "")):
            found.setdefault(name, []).append(content)
    return found


def _first(meta: dict[str, list[str]], *names: str) -> str:
    return next((meta[name][0] for name in names if name in meta), "")


def _dois(meta: dict[str, list[str]], name: str) -> Iterator[re.Match[str]]:
    return (found for text in meta.get(name, ()) if (found := DOI.search(text)))


def _article(root: etree._Element) -> etree._Element | None:
    return next(root.iter("article"), None)


def _article_type(root: etree._Element, meta: dict[str, list[str]]) -> str:
    stated = [_first(meta, name) for name in ("citation_article_type", "prism.section", "dc.type")]
    named = outermost(_first_found(root, _CATEGORY))
    stated[1:1] = [squeeze(raw_text(node)) for node in named]
    return next(filter(None, map(heading_type, stated)), None) or "research-article"


def _published(meta: dict[str, list[str]]) -> date | None:
    for name in ("citation_online_date", "prism.publicationdate", "dc.date", "citation_publication_date"):
        found = re.match(r"(\d{4})[-/](\d\d?)[-/](\d\d?)", _first(meta, name))
        if found:
            try:
                return date(*map(int, found.groups()))
            except ValueError:
                continue
    return None


def _first_found(root: etree._Element, paths: Iterable[str]) -> list[etree._Element]:
    """What the first of the expressions finds that finds anything."""
    return next(filter(None, (select(root, path) for path in paths)), [])


def _abstract(root: etree._Element) -> str:
    if nodes := _first_found(root, _ABSTRACT)[:1]:
        return flatten(nodes, _Caption()).text
    boxes = outermost(select(root, "descendant::div[@id='abstract' or @id='first-paragraph']"))
    return flatten(outermost(node for box in boxes for node in box.iter("p")), _Caption()).text


def _licence(root: etree._Element) -> str | None:
    """The licence in the section "Rights and permissions"; the page's metadata contradict it and do not count."""
    for section in chain.from_iterable(outermost(select(root, path)) for path in _RIGHTS):
        links = [node.get("href") or "" for node in section.iter("a") if "license" in (node.get("rel") or "")]
        if uri := next((uri for text in [*links, raw_text(section)] if (uri := licence_uri(text))), None):
            return uri
    return None


def _subjects(root: etree._Element, meta: dict[str, list[str]]) -> tuple[str, ...]:
    """The subjects by name; where the page links them by code too, as it did until 2016, their codes behind them."""
    listed = _first_found(root, _SUBJECTS)
    codes = [code[1] for node in listed if (code := _SUBJECT_CODE.search(node.get("href") or ""))]
    names = [*(squeeze(raw_text(node)) for node in outermost(listed)), *codes] or re.split(
        r"\s*;\s*", _first(meta, "wt.z_subject_term")
    )
    named = tuple(dict.fromkeys(filter(None, names))) or tuple(meta.get("dc.subject", ()))
    return named or tuple(filter(None, re.split(r"\s*[;,]\s*", _first(meta, "keywords"))))


def _related(article: etree._Element, article_type: str, own: str) -> tuple[Related, ...]:
    """The article that a correction or retraction names, or that a comment says it arises from."""
    if article_type in NOTICES:
        named = chain.from_iterable(_with_links(paragraph) for paragraph, _ in _body(article))
        return tuple(first_named(named, NOTICES[article_type], own))
    if article_type != "comment":
        return ()
    arising = (texts for paragraph, _ in _body(article) if _ARISING.match((texts := _with_links(paragraph))[0]))
    return tuple(first_named(chain.from_iterable(arising), "commentary-article", own))


def _with_links(paragraph: etree._Element) -> list[str]:
    """The text of a paragraph, and the addresses that it links to."""
    return [flatten(paragraph, _Caption()).text, *(node.get("href") or "" for node in paragraph.iter("a"))]


def _figures(article: etree._Element, doi: str) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """The figures, and the numbers of those that the text names besides."""
    found = _find_figures(article)
    check_figures(len(found))
    locators = {number: f"Fig{number}" for number in found}
    labels = {locators[number]: figure.label for number, figure in found.items()}
    panels = {locators[number]: split_panels(figure.caption, figure.bold)[1] for number, figure in found.items()}
    named, missing = survey(islice(_paragraphs(article, _Body(locators)), MAX_PARAGRAPHS), labels, panels)
    figures = []
    for ordinal, (number, figure) in enumerate(found.items(), 1):
        shown = tuple(pictures(figure.element, figure.texts, doi))
        caption = figure.caption
        slug = "no-picture" if not shown else None if caption else "no-caption"
        own = locators[number]
        figures.append(Figure(own, ordinal, figure.label, caption, panels[own], named[own], shown, reject_slug=slug))
    return tuple(figures), missing


def _find_figures(article: etree._Element) -> dict[str, _Found]:
    """The main figures by number; of those with one number the first, but rather the text's than a carousel's."""
    found: dict[str, _Found] = {}
    for node in article.iter("figure"):
        if is_too_deep(node, "figure"):
            continue
        figure = _read(node)
        number = figure_number(figure.label)
        if number and number[0].isdecimal() and (number not in found or _is_preview(found[number].element)):
            found[number] = figure
    return found


def _is_preview(figure: etree._Element) -> bool:
    return any("at-a-glance" in (node.get("class") or "") for node in figure.iterancestors("div"))


def _read(figure: etree._Element) -> _Found:
    titles = list(figure.iter("figcaption"))
    if titles and next(titles[0].iter("span"), None) is not None:
        titles = select(figure, _LEGEND) or titles
    texts = dict.fromkeys([*titles, *select(figure, _DESCRIPTION)])
    outer = [text for text in texts if not any(up in texts for up in text.iterancestors())]
    flat = flatten(outer, _Caption())
    label, start = split_label(flat.text)
    if not label and len(outer) > 1:
        label, start = _label_alone(outer[0], flat.text)
    bold = [(a - start, b - start) for a, b in flat.bold if a >= start]
    return _Found(label, _FURNITURE.sub("", flat.text[start:]), bold, figure, outer)


def _label_alone(title: etree._Element, text: str) -> tuple[str, int]:
    """The label that is the whole title, and where the caption starts in the text, however that goes on."""
    own = squeeze(raw_text(title))
    label, end = split_label(own)
    return (label, len(text) - len(text[end:].lstrip())) if label and end == len(own) else ("", 0)


def _paragraphs(article: etree._Element, reader: _Body) -> Iterator[Paragraph]:
    """The paragraphs of the body that name or link a figure."""
    for paragraph, section in _body(article):
        if reader.concerns_figure(paragraph):
            flat = flatten(paragraph, reader)
            yield Paragraph(flat.text, section, flat.links)


def _body(article: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """The headings and paragraphs of the body with their innermost headings; front and back matter is left out."""
    sections: dict[str, str] = {}
    walk = etree.iterwalk(article, events=("start",))
    for _, element in walk:
        tag = element.tag
        if not isinstance(tag, str):
            continue
        if tag in {"h2", "h3", "h4"} or (tag == "h1" and "section-heading" in (element.get("class") or "")):
            title = flatten(element, _Caption()).text
            sections = {level: text for level, text in sections.items() if level < tag} | {tag: title}
            if not _NO_BODY.match(next(iter(sections.values()))):
                yield element, title
        elif tag == "p" and not _NO_BODY.match(next(iter(sections.values()), "")):
            yield element, list(sections.values())[-1] if sections else ""
        elif tag not in _SKIPPED and not _SKIPPED_CLASS.search(element.get("class") or ""):
            continue
        walk.skip_subtree()
