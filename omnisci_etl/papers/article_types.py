"""Types of articles by what JATS and the headings of articles call them, and the papers that notices are about."""

from __future__ import annotations

import re
from collections.abc import Iterable

from omnisci_etl.papers.model import Related

DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>?#]+")
NOTICES = {"correction": "corrected-article", "retraction": "retracted-article"}
"""The article types that are notices about another paper, and what JATS calls that paper."""
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
    (
        "correction",
        re.compile(
            r"(?:author |publisher )?correction|erratum|errata|corrigend|addend|(?:editorial )?expression of concern",
            re.I,
        ),
    ),
    ("comment", re.compile(r"(?:invited )?comment(?:ary|s)?$|correspondence$|matters arising$|q ?& ?a$", re.I)),
    ("review", re.compile(r"(?:systematic )?review(?: article)?s?$|perspectives?$", re.I)),
    (
        "other",
        re.compile(r"editorial|news\b|obituary|research (?:highlight|briefing)s?$|books?\b|world view$|career\b", re.I),
    ),
    (
        "research-article",
        re.compile(r"(?:original |research )*(?:article|paper|report)s?$|brief report|letters?$", re.I),
    ),
)

# Most of what is asked about is a subject.
_ANY_HEADING = re.compile("|".join(pattern.pattern for _, pattern in _HEADINGS), re.I)


def article_type(stated: str, headings: list[str]) -> str:
    """What the heading says where it says it, as some publishers give comments and corrections any type.

    "Article" says nothing against a type that is more exact.
    """
    if stated in {"correction", "retraction"}:
        return stated
    named = next(filter(None, (heading_type(heading) for heading in headings)), None)
    exact = _TYPES.get(stated, "research-article")
    return exact if named is None or (named == "research-article" and exact in {"review", "other"}) else named


def heading_type(heading: str) -> str | None:
    """The article type that the heading of an article ("Author Correction", "Comment") stands for."""
    if not _ANY_HEADING.match(heading):
        return None
    return next((kind for kind, pattern in _HEADINGS if pattern.match(heading)), None)


def first_named(texts: Iterable[str], kind: str, own: str) -> list[Related]:
    """The first DOI in the texts of a notice that is not its own, or none."""
    dois = (found[0].rstrip(".,;)]") for text in texts for found in DOI.finditer(text))
    return [Related(kind, doi) for doi in dois if doi.lower() != own.lower()][:1]
