"""Asking a judge for marks by the rubric, and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnisci_etl.captions import prompts
from omnisci_etl.captions.identity import model_identity
from omnisci_etl.captions.questions import Question, Reply
from omnisci_etl.captions.routes import Routes
from omnisci_etl.hashing import canonical_sha256
from omnisci_etl.judging import material
from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.judge import rubric

PROMPT = "judge-rubric"
SCORER, VERSION = "judge", "1"
MAX_RATIONALE = 4_000


@dataclass(frozen=True, slots=True)
class Marks:
    """What a judge said of a caption: marks and rationales by dimension, and the overall number from 0 to 1."""

    call_id: int
    marks: Mapping[str, int]
    rationales: Mapping[str, str]
    overall: float


def to_judge(candidate: Candidate, figure_id: int | None, model: str, draw: int = 0) -> Question:
    """Asks for marks by the rubric, with the picture where there is one."""
    prompt, evidence = prompts.load(PROMPT), candidate.evidence
    parts = {
        "rubric": rubric.load().as_text(),
        "evidence": material.of_evidence(evidence),
        "caption": material.of_caption(candidate),
    }
    user = material.fill(prompt, parts)
    return Question("judge", model, prompt, user, figure_id, evidence.image_sha256 or None, draw)


def of_reply(reply: Reply, candidate: Candidate) -> Marks | None:
    """The marks of an answered question, else None."""
    if reply.content is None:
        return None
    content: Mapping[str, Any] = reply.content
    names = [dimension.name for dimension in rubric.load().dimensions]
    marks = {name: int(content[name]["mark"]) for name in names}
    rationales = {name: str(content[name]["rationale"])[:MAX_RATIONALE] for name in names}
    has_panels = bool(candidate.evidence.panel_labels)
    return Marks(reply.call_id, marks, rationales, rubric.load().overall(marks, has_panels=has_panels))


def config_sha256(routes: Routes, model: str) -> str:
    """The hash of what a score of the judge depends on but the caption."""
    return canonical_sha256({
        "name": SCORER, "version": VERSION, "prompt": prompts.load(PROMPT).sha256, "rubric": rubric.load().sha256,
        "judge": model_identity(routes, model),
    })  # fmt: skip
