"""What sources hand over: records of discovery, and the content of one paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

DocumentKind = Literal["jats", "nature-html", "latexml", "eprint", "pdf"]
Status = Literal["current", "withdrawn", "retracted"]


@dataclass(frozen=True, slots=True)
class Window:
    """Publication dates, both inclusive, UTC; both None: go on from the stored cursor."""

    since: date | None = None
    until: date | None = None

    @property
    def from_cursor(self) -> bool:
        """Whether no date was asked for."""
        return self.since is None and self.until is None

    def holds(self, day: date | None) -> bool:
        """Whether a publication date lies in the window; an unknown date lies in none that has a bound."""
        if self.from_cursor:
            return True
        return day is not None and (self.since or day) <= day <= (self.until or day)


@dataclass(frozen=True, slots=True)
class Record:
    """One paper as the source's metadata has it now.

    version: None where the source numbers versions only with the content (natcomms).
    stamp: the source's own mark of this state (OAI datestamp, Crossref index date); a changed stamp makes
    the content worth asking for again.
    evidence: what the taxonomy classifies: arxiv_categories, subjects, codes, openalex_fields.
    facts: anything else worth keeping, stored as JSON.
    """

    external_id: str
    version: int | None
    stamp: str
    title: str | None = None
    doi: str | None = None
    authors: tuple[str, ...] = ()
    published_on: date | None = None
    license_uri: str | None = None
    status: Status = "current"
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClaimedPaper:
    """A paper whose content this process is to fetch now; stamp is the source's mark when it was claimed."""

    paper_id: int
    paper_version_id: int
    source: str
    external_id: str
    version: int
    tries: int
    doi: str | None
    facts: Mapping[str, Any]
    stamp: str


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """Bytes of one document of a paper, already in the blob store."""

    kind: DocumentKind
    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a source has of a paper: documents, best first, or the slug that says why there is none.

    picture: fetches a picture by the name that the document gives it; raises BadInput("picture-missing").
    version: where the content numbers it (PMC), else that of the claim.
    status: what the content's metadata says (PMC's retraction flag), None where it says nothing.
    license_uri: a licence that the content's metadata states (PMC's licence code), None where none.
    evidence: further evidence for the taxonomy (OpenAlex, sidecar), as in Record.
    """

    documents: tuple[SourceDocument, ...]
    picture: Callable[[str], bytes]
    outcome: str | None = None
    version: int | None = None
    status: Status | None = None
    license_uri: str | None = None
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sidecar: Mapping[str, Any] = field(default_factory=dict)
