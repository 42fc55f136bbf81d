"""Crossref's works of a journal, as records of discovery."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from omnisci_etl.errors import BadInput
from omnisci_etl.papers.model import clean
from omnisci_etl.sources.base import Record
from omnisci_etl.sources.wire import parse_json

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_RETRACTIONS = frozenset({"retraction", "withdrawal", "removal"})
# Which licence is the article's: that of the version of record, before one that names no version.
_LICENSE_ORDER = ("vor", "unspecified")
_DATES = ("published-online", "published", "issued", "published-print", "created")


@dataclass(frozen=True, slots=True)
class WorksPage:
    """A page of works. retracted: DOIs of others that notices on this page retract, with the DOI of the notice."""

    records: tuple[Record, ...]
    retracted: Mapping[str, str]
    cursor: str | None


def parse_works(data: bytes) -> WorksPage:
    """A work-list answer. Raises BadInput where it is none."""
    message = parse_json(data).get("message")
    items = message.get("items") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(items, list):
        raise BadInput("garbled", "not a list of works")
    works = [item for item in items if isinstance(item, dict) and item.get("DOI")]
    cursor = message.get("next-cursor")
    return WorksPage(
        tuple(parse_work(work) for work in works),
        {target: doi_of(work) for work in works for target in _retracts(work)},
        str(cursor) if cursor else None,
    )


def parse_work(work: Mapping[str, Any]) -> Record:
    """The record of one work of a work-list."""
    doi = doi_of(work)
    updates = _notes(work.get("updated-by"))
    facts = {
        "relation": _relation(work.get("relation")),
        "updated_by": updates,
        "update_to": _notes(work.get("update-to")),
    }
    retracted = any(note["type"] in _RETRACTIONS for note in updates)
    return Record(
        external_id=doi,
        version=None,
        stamp=str(_mapping(work.get("indexed")).get("date-time") or ""),
        title=_title(work),
        doi=doi,
        authors=tuple(name for name in map(_author, _mappings(work.get("author"))) if name),
        published_on=_published(work),
        license_uri=_license(work),
        status="retracted" if retracted else "current",
        facts={name: value for name, value in facts.items() if value},
    )


def doi_of(work: Mapping[str, Any]) -> str:
    """The DOI in the one spelling that we keep: DOIs do not tell upper from lower case."""
    return clean(str(work["DOI"])).lower()


def _retracts(work: Mapping[str, Any]) -> Iterable[str]:
    own = doi_of(work)
    return [n["doi"] for n in _notes(work.get("update-to")) if n["type"] in _RETRACTIONS and n["doi"] != own]


def _notes(value: Any) -> list[dict[str, str]]:
    """Updates without their dates, which Crossref rewrites: [{doi, type}]."""
    notes = {(doi_of(n), str(n.get("type", "")).lower()) for n in _mappings(value) if n.get("DOI")}
    return [{"doi": doi, "type": kind} for doi, kind in sorted(notes)]


def _relation(value: Any) -> dict[str, list[str]]:
    kinds = _mapping(value)
    return {k: sorted({str(r["id"]).lower() for r in _mappings(kinds[k]) if r.get("id")}) for k in sorted(kinds)}


def _title(work: Mapping[str, Any]) -> str | None:
    titles = work.get("title")
    first = titles[0] if isinstance(titles, list) and titles else titles
    return clean(html.unescape(_TAG.sub("", first))) or None if isinstance(first, str) else None


def _author(author: Mapping[str, Any]) -> str:
    return clean(f"{author.get('given') or ''} {author.get('family') or author.get('name') or ''}")


def _published(work: Mapping[str, Any]) -> date | None:
    for name in _DATES:
        if (day := _date(_mapping(work.get(name)).get("date-parts"))) is not None:
            return day
    return None


def _date(parts: Any) -> date | None:
    """A date of Crossref; its month and day may be missing, and count as the first."""
    first = parts[0] if isinstance(parts, list) and parts else None
    if not isinstance(first, list) or not first or not all(isinstance(n, int) for n in first[:3]):
        return None
    try:
        year, month, day = [*first[:3], 1, 1][:3]
        return date(year, month, day)
    except ValueError:
        return None


def _license(work: Mapping[str, Any]) -> str | None:
    licenses = [one for one in _mappings(work.get("license")) if isinstance(one.get("URL"), str)]
    for version in _LICENSE_ORDER:
        for one in licenses:
            if one.get("content-version") == version:
                return str(one["URL"])
    return next((str(one["URL"]) for one in licenses if "creativecommons.org/" in one["URL"]), None)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
