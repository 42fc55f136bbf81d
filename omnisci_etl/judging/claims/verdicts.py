"""What the evidence says of a claim: by the answer of a model, or by its text alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from omnisci_etl.judging.claims.matching import Source, content_words, names, negated, normal, share
from omnisci_etl.judging.claims.splitting import Claim
from omnisci_etl.judging.evidence import Evidence
from omnisci_etl.judging.numbers import Key, Quantity, find_quantities, grounds, offered
from omnisci_etl.papers.sentences import sentences

Verdict = Literal["supported-by-picture", "supported-by-text", "contradicted", "not-visible", "unknown"]
Kind = Literal["picture", "text", "none"]
Method = Literal["model", "text"]
SUPPORTED: tuple[Verdict, ...] = ("supported-by-picture", "supported-by-text")
MAX_QUOTE = 1_000
# Shares of content words: of the claim in a sentence of the evidence to count as said there; both ways, for a number
# that differs to be a contradiction and not another statement.
SAID = 0.75
SAME = 0.9
_MAX_SENTENCES = 2_000


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on a claim with the evidence quoted. note: why it is not what a model answered, "" where it is."""

    claim: Claim
    verdict: Verdict
    kind: Kind
    quote: str
    method: Method
    call_id: int | None = None
    note: str = ""


def of_answer(
    content: Mapping[str, Any], claims: Sequence[Claim], evidence: Source, call_id: int, *, has_picture: bool
) -> tuple[list[Finding], Counter[str]]:
    """A finding for each claim, and how often the answer was not followed, by reason.

    foreign: a number that no claim has (left aside). missing: a claim without an answer; doubled: one with several that
    differ; unquoted: "supported-by-text" with a quotation that is not in the evidence; no-picture: support by a picture
    that was not shown. The last four leave the claim unknown.
    """
    answers: dict[int, list[Mapping[str, Any]]] = {claim.n: [] for claim in claims}
    odd: Counter[str] = Counter()
    for one in content["verdicts"]:
        if one["number"] in answers:
            answers[one["number"]].append(one)
        else:
            odd["foreign"] += 1
    findings = [_finding(claim, answers[claim.n], evidence, call_id, has_picture) for claim in claims]
    odd.update(finding.note for finding in findings if finding.note)
    return findings, odd


def _finding(
    claim: Claim, answers: Sequence[Mapping[str, Any]], evidence: Source, call_id: int, has_picture: bool
) -> Finding:
    verdicts = {one["verdict"] for one in answers}
    if len(verdicts) != 1:
        return Finding(claim, "unknown", "none", "", "model", call_id, "doubled" if answers else "missing")
    verdict: Verdict = answers[0]["verdict"]
    quote = " ".join(answers[0]["quote"].split())[:MAX_QUOTE]
    quoted = evidence.holds(quote)
    if verdict == "supported-by-text" and not quoted:
        return Finding(claim, "unknown", "none", quote, "model", call_id, "unquoted")
    if verdict == "supported-by-picture" and not has_picture:
        return Finding(claim, "unknown", "none", quote, "model", call_id, "no-picture")
    return Finding(claim, verdict, _kind(verdict, quoted, has_picture), quote, "model", call_id)


def _kind(verdict: Verdict, quoted: bool, has_picture: bool) -> Kind:
    """What a verdict rests on; a contradiction on the text that is quoted, else on the picture."""
    if verdict == "supported-by-text":
        return "text"
    if verdict == "supported-by-picture":
        return "picture"
    if verdict == "contradicted":
        return "text" if quoted else "picture" if has_picture else "none"
    return "none"


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    words: frozenset[str]
    quantities: tuple[Quantity, ...]


class TextJudge:
    """Verdicts by the text of the evidence alone: for claims that no model judged.

    supported-by-text: a sentence of the evidence holds at least SAID of the claim's content words and negates as the
    claim does, and all its amounts and names stand in the evidence. contradicted: the sentence says the same (SAME,
    both ways) with another amount of the same unit, and the claim's stands nowhere in the evidence. Else unknown.
    """

    def __init__(self, evidence: Evidence) -> None:
        texts = evidence.text.split("\n")
        self._offers: list[frozenset[Key]] = [offered(text) for text in texts]
        self._names = names(evidence.text) | frozenset(normal(evidence.text).split())
        found = (text[start:end] for text in texts for start, end in sentences(text))
        self._sentences = [
            _Sentence(text, content_words(text), tuple(find_quantities(text)))
            for _, text in zip(range(_MAX_SENTENCES), found, strict=False)
        ]

    def judge(self, claim: Claim) -> Finding:
        """The finding on one claim."""
        words = content_words(claim.text)
        best = max(self._sentences, key=lambda s: share(words, s.words), default=None)
        if best is None or share(words, best.words) < SAID or negated(claim.span) != negated(best.text):
            return Finding(claim, "unknown", "none", "", "text")
        stated = [quantity for quantity in find_quantities(claim.span) if quantity.sure]
        ungrounded = [quantity for quantity in stated if not grounds(self._offers, quantity)]
        quote = best.text[:MAX_QUOTE]
        if ungrounded:
            same = min(share(words, best.words), share(best.words, words)) >= SAME
            differs = same and all(_opposed(one, stated, best) for one in ungrounded)
            return Finding(claim, "contradicted", "text", quote, "text") if differs else _unknown(claim)
        if names(claim.span) - self._names:
            return _unknown(claim)
        return Finding(claim, "supported-by-text", "text", quote, "text")


def _unknown(claim: Claim) -> Finding:
    return Finding(claim, "unknown", "none", "", "text")


def _opposed(quantity: Quantity, stated: Sequence[Quantity], sentence: _Sentence) -> bool:
    """Whether the sentence states an amount of the same unit that the claim does not state."""
    own = {amount.reduced for one in stated for reading in one.readings for amount in reading}
    dimensions = {amount.unit.dimensions for reading in quantity.readings for amount in reading}
    return any(
        amount.unit.dimensions in dimensions and amount.reduced not in own
        for other in sentence.quantities
        for reading in other.readings
        for amount in reading
    )
