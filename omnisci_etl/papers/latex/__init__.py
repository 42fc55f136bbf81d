"""LaTeX packages without TeX: read as far as figures, captions and references need it."""

from omnisci_etl.papers.latex.document import EXTRACTOR, VERSION, parse

__all__ = ["EXTRACTOR", "VERSION", "parse"]
