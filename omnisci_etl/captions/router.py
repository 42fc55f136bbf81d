"""The router: features of a figure in, the model that the policy gives it out, with the reason and its probability."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from omnisci_etl.captions import costs
from omnisci_etl.captions.conditions import holds
from omnisci_etl.captions.evidence import Evidence
from omnisci_etl.captions.figures import Standing
from omnisci_etl.captions.language import language
from omnisci_etl.captions.outlook import Outlook
from omnisci_etl.captions.routes import Routes, Rule

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# What a call is taken to need where models are compared by price.
_TYPICAL_INPUT, _TYPICAL_OUTPUT = 3_000, 600


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
    texts = [evidence.author_caption, *(mention.text for mention in evidence.mentions)]
    return {
        "kind": evidence.kind,
        "panels": len(evidence.panels),
        "discipline": list(figure.disciplines),
        "source": figure.source,
        "extractor": figure.extractor,
        "width": figure.width,
        "height": figure.height,
        "caption_words": len(evidence.author_caption.split()),
        "evidence_words": sum(len(text.split()) for text in texts),
        "mentions": len(evidence.mentions),
        "numbers": sum(len(_NUMBER.findall(text)) for text in texts),
        "language": language(" ".join(texts)),
    }


def decide(routes: Routes, found: Mapping[str, Any], outlook: Outlook, draw: float) -> Decision:
    """The first decision on a figure with these features.

    The first rule that fits, else the default; in a cascade not a default that has failed too often on such figures.
    draw (0 to 1, uniform over figures) gives the share `explore` of decisions to a model drawn at random.
    """
    candidates = tuple(routes.routed_models())
    chosen, reason = _by_rule(routes, found, outlook)
    model, explore = chosen, routes.policy.explore
    share = explore / len(candidates)
    if draw < explore:
        model = candidates[min(int(draw / share), len(candidates) - 1)]
        reason = {"rule": "explore", "use": model, "instead_of": reason}
    probability = share + (1 - explore if model == chosen else 0)
    return Decision(model, reason, _with(found, outlook), candidates, probability)


def escalated(
    routes: Routes, found: Mapping[str, Any], outlook: Outlook, standing: Standing | None, used: Sequence[str]
) -> Decision | None:
    """The next model for a figure whose captions the gate finds too weak; None where there is nothing to be asked.

    Weak is a low gate score, and a good one where a later stage of the gate turned the caption down. Nothing is asked
    while a caption is not judged, after `at_most` escalations, of a model whose circuit is open, or where the budget is
    used up. used: models that have captioned the figure already.
    """
    rule = routes.policy.escalation
    if rule is None or standing is None or not standing.is_judged or standing.best is None:
        return None
    is_weak = standing.best < rule.below or standing.turned_down
    if not is_weak or standing.escalations >= rule.at_most or outlook.budget_left == 0:
        return None
    model = next((name for name in rule.to if name not in used and outlook.is_healthy(name)), None)
    if model is None:
        return None
    reason = {
        "rule": "escalate", "use": model, "gate_score": standing.best, "below": rule.below,
        "caption_id": standing.caption_id, "escalation": standing.escalations + 1,
    }  # fmt: skip
    if standing.turned_down:
        reason["turned_down"] = standing.turned_down
    return Decision(model, reason, _with(found, outlook), tuple(routes.routed_models()))


def fits(rule: Rule, found: Mapping[str, Any]) -> bool:
    """Whether every condition of the rule holds."""
    return all(holds(key, wanted, found) for key, wanted in rule.when.items())


def _by_rule(routes: Routes, found: Mapping[str, Any], outlook: Outlook) -> tuple[str, dict[str, Any]]:
    for number, rule in enumerate(routes.policy.rules):
        if fits(rule, found):
            return rule.use, {"rule": number, "when": rule.when, "use": rule.use}
    default = routes.policy.default
    return _skipped(routes, found["kind"], outlook) or (default, {"rule": "default", "use": default})


def _skipped(routes: Routes, kind: str, outlook: Outlook) -> tuple[str, dict[str, Any]] | None:
    """The second model of a cascade, where asking the first is a waste.

    With a first model of price p whose captions are accepted with frequency a, and a second of price q, the cascade
    costs p + (1 - a) q and the second alone q: the first pays where a is above p / q.
    """
    rule, first = routes.policy.escalation, routes.policy.default
    share = outlook.acceptance(first, kind)
    if rule is None or rule.at_most == 0 or share is None:
        return None
    second = rule.to[0]
    dear, cheap = _price(routes, second), _price(routes, first)
    if share * dear >= cheap or not outlook.is_healthy(second):
        return None
    reason = {"rule": "history", "use": second, "instead_of": first, "accepted": share, "price_ratio": cheap / dear}
    return second, reason


def _price(routes: Routes, model: str) -> float:
    return float(costs.likely_cost(routes.models[model].prices, _TYPICAL_INPUT, _TYPICAL_OUTPUT))


def _with(found: Mapping[str, Any], outlook: Outlook) -> dict[str, Any]:
    return {**found, **outlook.features(found["kind"])}
