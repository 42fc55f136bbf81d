"""The router: features of a figure in, the model that the policy gives it out, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from omnisci_etl.captions.conditions import holds
from omnisci_etl.captions.evidence import Evidence
from omnisci_etl.captions.routes import Routes, Rule


class Routable(Protocol):
    """What the router looks at."""

    @property
    def evidence(self) -> Evidence:
        """The figure's texts."""

    @property
    def disciplines(self) -> Sequence[str]:
        """Disciplines of its paper."""

    @property
    def source(self) -> str:
        """Where its paper comes from."""

    @property
    def extractor(self) -> str:
        """What read it."""

    @property
    def width(self) -> int:
        """Pixels."""

    @property
    def height(self) -> int:
        """Pixels."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision: the model by its name in the routes file, and why. probability is 1 where nothing is drawn."""

    model: str
    reason: Mapping[str, Any]
    features: Mapping[str, Any]
    candidates: tuple[str, ...]
    probability: float = 1.0


def features(figure: Routable) -> dict[str, Any]:
    """What rules can name. Words are counted by blanks; evidence is author caption and mentions."""
    evidence = figure.evidence
    caption_words = len(evidence.author_caption.split())
    return {
        "kind": evidence.kind,
        "panels": len(evidence.panels),
        "discipline": list(figure.disciplines),
        "source": figure.source,
        "extractor": figure.extractor,
        "width": figure.width,
        "height": figure.height,
        "caption_words": caption_words,
        "evidence_words": caption_words + sum(len(m.text.split()) for m in evidence.mentions),
        "mentions": len(evidence.mentions),
    }


def decide(routes: Routes, found: Mapping[str, Any]) -> Decision:
    """The decision on a figure with these features: the first rule that fits, else the default."""
    candidates = tuple(routes.routed_models())
    for number, rule in enumerate(routes.policy.rules):
        if fits(rule, found):
            return Decision(rule.use, {"rule": number, "when": rule.when, "use": rule.use}, found, candidates)
    return Decision(routes.policy.default, {"rule": "default", "use": routes.policy.default}, found, candidates)


def fits(rule: Rule, found: Mapping[str, Any]) -> bool:
    """Whether every condition of the rule holds."""
    return all(holds(key, wanted, found) for key, wanted in rule.when.items())
