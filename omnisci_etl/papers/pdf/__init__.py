"""PDFs by PyMuPDF and its layout model: the fallback where a paper has no structured source."""

from omnisci_etl.papers.pdf.document import EXTRACTOR, VERSION, parse

__all__ = ["EXTRACTOR", "VERSION", "parse"]
