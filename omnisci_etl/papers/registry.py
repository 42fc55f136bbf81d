"""Which parser reads which kind of document, and where it runs."""

from __future__ import annotations

from importlib import import_module

from omnisci_etl.papers.model import Document
from omnisci_etl.sources.base import DocumentKind

PARSERS: dict[DocumentKind, str] = {
    "jats": "omnisci_etl.papers.jats:parse",
    "nature-html": "omnisci_etl.papers.nature_html:parse",
    "latexml": "omnisci_etl.papers.latexml:parse",
    "eprint": "omnisci_etl.papers.eprint:parse",
    "pdf": "omnisci_etl.papers.pdf:parse",
}
# PDFs can hang or eat memory inside the renderer, where no cap of ours reaches.
ISOLATED: frozenset[DocumentKind] = frozenset({"pdf"})
PDF_SECONDS, PDF_MEGABYTES = 300.0, 4096


def parse(kind: DocumentKind, data: bytes) -> Document:
    """The parsed document. Raises BadInput or HostileInput with the slug to store."""
    if kind in ISOLATED or (kind == "eprint" and data[:5] == b"%PDF-"):
        from omnisci_etl.papers.isolate import run_isolated

        return run_isolated(PARSERS["pdf"], data, seconds=PDF_SECONDS, megabytes=PDF_MEGABYTES)
    module, function = PARSERS[kind].split(":")
    document: Document = getattr(import_module(module), function)(data)
    return document
