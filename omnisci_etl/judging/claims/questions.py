"""What models are asked about claims."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from omnisci_etl.captions import prompts
from omnisci_etl.captions.questions import Question
from omnisci_etl.judging import material
from omnisci_etl.judging.claims.splitting import Claim
from omnisci_etl.judging.subjects import Subject

SPLIT = "claims-split"
VERDICTS = "claims-verdicts"
# Judges lose count in long lists.
MAX_AT_ONCE = 20


def to_split(subject: Subject, model: str) -> Question:
    """Asks for the statements of a caption; the picture is not needed for it."""
    prompt = prompts.load(SPLIT)
    user = material.fill(prompt, {"caption": material.of_caption(subject.candidate)})
    return Question("judge", model, prompt, user, subject.figure_id)


def to_judge(subject: Subject, claims: Sequence[Claim], model: str) -> Question:
    """Asks for the verdicts on claims, by picture and evidence."""
    prompt, evidence = prompts.load(VERDICTS), subject.candidate.evidence
    listed = "\n".join(f'<claim number="{claim.n}">{escape(claim.text)}</claim>' for claim in claims)
    user = material.fill(prompt, {"evidence": material.of_evidence(evidence), "claims": listed})
    return Question("judge", model, prompt, user, subject.figure_id, evidence.image_sha256 or None)


def portions(claims: Sequence[Claim]) -> list[Sequence[Claim]]:
    """The claims in lists of at most MAX_AT_ONCE, of about the same length."""
    if not claims:
        return []
    count = -(-len(claims) // MAX_AT_ONCE)
    size = -(-len(claims) // count)
    return [claims[start : start + size] for start in range(0, len(claims), size)]
