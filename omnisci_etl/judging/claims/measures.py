"""Faithfulness and coverage of a caption, from the verdicts on its claims.

faithfulness = supported / (supported + contradicted + not visible)
    Claims whose verdict is unknown count neither way; their share stands in the detail. None where all are unknown.

coverage = (covered statements + covered panels) / (statements + panels)
    Statements are the clauses of the author caption with at least three content words and amounts. One is covered where
    the caption states all its amounts and at least COVERED of its content words, or where a supported claim quotes it.
    Panels are those that the evidence names, covered as the scorer panels-covered finds them. 1 where there is neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from omnisci_etl.judging.claims.matching import Source, content_words, share
from omnisci_etl.judging.claims.splitting import clauses_of
from omnisci_etl.judging.claims.verdicts import SUPPORTED, Finding
from omnisci_etl.judging.evidence import MAX_PART, Candidate
from omnisci_etl.judging.numbers import Key, Quantity, find_quantities, grounds, offered
from omnisci_etl.judging.scorers.base import MAX_LISTED, MAX_QUOTE
from omnisci_etl.judging.scorers.panels_covered import PanelsCovered

COVERED = 0.6
MIN_CONTENT = 3
_MAX_STATEMENTS = 100


def faithfulness(findings: Sequence[Finding]) -> tuple[float | None, dict[str, Any]]:
    """The share and its detail: n, the number of claims by verdict, and the share of unknown ones."""
    verdicts = Counter(finding.verdict for finding in findings)
    supported = sum(verdicts[verdict] for verdict in SUPPORTED)
    decided = supported + verdicts["contradicted"] + verdicts["not-visible"]
    unknown = verdicts["unknown"] / len(findings) if findings else 1.0
    detail = {"n": len(findings), "decided": decided, "unknown_share": unknown, "verdicts": dict(verdicts)}
    return supported / decided if decided else None, detail


def coverage(candidate: Candidate, findings: Sequence[Finding]) -> tuple[float, dict[str, Any]]:
    """The share and its detail: n, statements and panels covered, and what is missing."""
    evidence = candidate.evidence
    clauses = list(clauses_of(evidence.author_caption[:MAX_PART]))[:_MAX_STATEMENTS]
    statements = [clause for clause in clauses if len(content_words(clause)) + len(_amounts(clause)) >= MIN_CONTENT]
    texts = [text for _, text in candidate.parts]
    words, offers = content_words("\n".join(texts)), [offered(text) for text in texts]
    quotes = [finding.quote for finding in findings if finding.verdict == "supported-by-text"]
    missing = [s for s in statements if not (_quoted(s, quotes) or _stated(s, words, offers))]
    panels = PanelsCovered().score([candidate])[0].detail
    total = len(statements) + len(panels["expected"])
    covered = len(statements) - len(missing) + len(panels["covered"])
    detail = {
        "n": total, "statements": len(statements), "panels": len(panels["expected"]),
        "missing": [text[:MAX_QUOTE] for text in missing[:MAX_LISTED]], "missing_panels": panels["missing"],
    }  # fmt: skip
    return covered / total if total else 1.0, detail


def _stated(statement: str, words: frozenset[str], offers: list[frozenset[Key]]) -> bool:
    said = share(content_words(statement), words) >= COVERED
    return said and all(grounds(offers, amount) for amount in _amounts(statement))


def _amounts(statement: str) -> list[Quantity]:
    return [quantity for quantity in find_quantities(statement) if quantity.sure]


def _quoted(statement: str, quotes: Sequence[str]) -> bool:
    """Whether a quotation is most of the statement, or holds it."""
    source, words = Source(statement), content_words(statement)
    return any(
        (source.holds(quote) and share(words, content_words(quote)) >= COVERED) or Source(quote).holds(statement)
        for quote in quotes
    )
