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
# Renderers can hang or eat memory where no cap of ours reaches, and TeX packages hold what they render and long macros:
# these run in a worker process under limits of time (seconds) and memory (megabytes).
LIMITS: dict[DocumentKind, tuple[float, int]] = {"pdf": (25.0, 1536), "eprint": (25.0, 1536)}


def parse(kind: DocumentKind, data: bytes) -> Document:
    """The parsed document. Raises BadInput or HostileInput with the slug to store."""
    kind = "pdf" if kind == "eprint" and data[:5] == b"%PDF-" else kind
    if kind in LIMITS:
        from omnisci_etl.papers.isolate import run_isolated

        seconds, megabytes = LIMITS[kind]
        return run_isolated(PARSERS[kind], data, seconds=seconds, megabytes=megabytes)
    module, function = PARSERS[kind].split(":")
    document: Document = getattr(import_module(module), function)(data)
    return document


def versions() -> dict[str, str]:
    """The version of each extractor, by the name that documents carry."""
    from omnisci_etl.papers import eprint, jats, latex, latexml, nature_html, pdf

    found = {module.EXTRACTOR: module.VERSION for module in (jats, latex, latexml, nature_html, pdf)}
    return found | {eprint.HTML_EXTRACTOR: eprint.HTML_VERSION}
