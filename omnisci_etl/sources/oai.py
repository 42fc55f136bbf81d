"""OAI-PMH as arXiv speaks it: a page of ListRecords as records (metadata formats arXivRaw, arXiv and oai_dc)."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

from omnisci_etl.errors import BadInput
from omnisci_etl.papers.model import clean
from omnisci_etl.papers.xml import local_names, parse_xml
from omnisci_etl.sources.base import Record
from omnisci_etl.sources.records import DELETED

_ID = re.compile(r"[\w-]+(?:\.[\w-]+)*(?:/[\w-]+)?")
_MONTH = re.compile(r"(?:^|/)(\d\d)(0[1-9]|1[0-2])")
_PARENTHESES = re.compile(r"\([^()]*\)")
_WITHDRAWN = re.compile(
    r"^\W*(?:temporarily\s+)?(?:withdrawn|retracted)\b"
    r"|[;,.(]\s*(?:withdrawn|retracted)\s+(?:by|due|because|as|pending|from\s+arxiv)\b"
    r"|\b(?:paper|article|manuscript|submission|preprint|work|note|this\s+version|it|thesis|report)\s+"
    r"(?:(?:has\s+been|is|was|is\s+being)\s+)?(?:\w+\s+)?(?:withdrawn|retracted|removed\s+by\s+arxiv)\b"
    r"|\b(?:authors?|I|we)\s+(?:have\s+|has\s+)?(?:withdrawn?|retract(?:ed)?)\s+(?:this|the|our|my)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to ListRecords. token: where the next page begins; error: code and text of a refusal."""

    records: tuple[Record, ...]
    token: str | None
    response_date: date | None
    error: tuple[str, str] | None = None


def parse_page(data: bytes) -> Page:
    """The page. Raises BadInput where the bytes are not an answer to ListRecords."""
    root = local_names(parse_xml(data))
    if root.tag not in ("OAI-PMH", "error"):
        raise BadInput("garbled", f"<{root.tag}> instead of OAI-PMH")
    answered = _day(root.findtext("responseDate"))
    refusal = root if root.tag == "error" else root.find("error")
    if refusal is not None:
        return Page((), None, answered, (refusal.get("code", "error"), clean(refusal.text or "")))
    listed = root.find("ListRecords")
    if listed is None:
        raise BadInput("garbled", "neither records nor an error")
    token = (listed.findtext("resumptionToken") or "").strip() or None
    return Page(tuple(parse_record(one) for one in listed.findall("record")), token, answered)


def parse_record(record: etree._Element) -> Record:
    """A record element, with or without namespaces. Raises BadInput where it has no usable id."""
    local_names(record)
    identifier = clean(record.findtext("header/identifier") or "")
    stamp = clean(record.findtext("header/datestamp") or "")
    body = record.find("metadata/*")
    arxiv_id = _text(body, "id") or identifier.rpartition(":")[2]
    if not _ID.fullmatch(arxiv_id):
        raise BadInput("garbled", f"not an arXiv id: {arxiv_id[:40]!r}")
    if record.find("header[@status='deleted']") is not None or body is None:
        return Record(arxiv_id, None, f"{stamp} deleted", status="withdrawn", facts={DELETED: True})
    return _described(arxiv_id, stamp, body)


def month_of(arxiv_id: str) -> tuple[date, date] | None:
    """First and last day of the month in which the id was given; None where the id does not tell."""
    found = _MONTH.search(arxiv_id)
    if found is None:
        return None
    year, month = int(found[1]), int(found[2])
    year += 1900 if year > 90 else 2000
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _described(arxiv_id: str, stamp: str, body: etree._Element) -> Record:
    versions = [_version(one) for one in body.findall("version")]
    newest = max(versions, key=lambda v: v["version"], default=None)
    days = [date.fromisoformat(v["date"]) for v in versions if v["date"]]
    categories = tuple(_text(body, "categories").split())
    comments = _text(body, "comments")
    facts = {
        "categories": list(categories), "versions": versions, "comments": comments[:1000],
        "journal_ref": _text(body, "journal-ref")[:500],
    }  # fmt: skip
    withdrawn = _WITHDRAWN.search(comments) or (newest and "I" in newest["source_type"])
    number = newest["version"] if newest else None
    return Record(
        arxiv_id,
        number,
        f"{stamp} v{number}" if number else stamp,
        title=_text(body, "title") or None,
        doi=next(iter(_text(body, "doi").split()), None),
        authors=_authors(body),
        published_on=min(days, default=None) or _day(body.findtext("created")) or _day(body.findtext("date")),
        license_uri=_text(body, "license") or None,
        status="withdrawn" if withdrawn else "current",
        evidence={"arxiv_categories": categories},
        facts={name: value for name, value in facts.items() if value},
    )


def _version(element: etree._Element) -> dict[str, Any]:
    number = element.get("version", "").lstrip("v")
    if not number.isdecimal():
        raise BadInput("garbled", "a version without a number")
    return {
        "version": int(number), "date": _mail_day(element.findtext("date")),
        "source_type": _text(element, "source_type"),
    }  # fmt: skip


def _authors(body: etree._Element) -> tuple[str, ...]:
    if body.find("creator") is not None:
        names = [" ".join(reversed((one.text or "").split(",", 1))) for one in body.findall("creator")]
    elif body.find("authors/author") is not None:
        parts = ("forenames", "keyname", "suffix")
        names = [" ".join(one.findtext(part) or "" for part in parts) for one in body.findall("authors/author")]
    else:
        text = _text(body, "authors")
        while (shorter := _PARENTHESES.sub(" ", text)) != text:
            text = shorter
        names = re.split(r",\s*(?:and\s+)?|\s+and\s+", text)
    return tuple(name for name in map(clean, names) if name)


def _text(element: etree._Element | None, name: str) -> str:
    return clean(element.findtext(name) or "") if element is not None else ""


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "").strip()[:10])
    except ValueError:
        return None


def _mail_day(text: str | None) -> str | None:
    """The UTC date of a date as in e-mail, ISO; None where it is none."""
    try:
        moment = parsedate_to_datetime((text or "").strip())
    except (ValueError, TypeError, IndexError):
        return None
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date().isoformat()
