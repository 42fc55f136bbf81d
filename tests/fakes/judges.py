"""Models that judge, each with one habit. They read what they are sent, as a model would, and answer to the schema."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from omnisci_etl.captions.questions import Question, Reply
from omnisci_etl.judging.numbers import find_quantities, grounds, offered

DIMENSIONS = (
    "factual_accuracy", "semantic_completeness", "specificity", "self_containedness", "panel_coverage", "language",
)  # fmt: skip
SIGNATURE = "rendered here"


def _between(tag: str, text: str) -> str:
    found = re.search(rf"<{tag}\b[^>]*>(.*?)</{tag}>", text, re.DOTALL)
    return found[1] if found else ""


def _plain(marked: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", marked)).strip()


class FakeJudge:
    """habit: honest, lenient, first, longest, own (prefers captions that hold SIGNATURE), obedient, sloppy (numbers
    claims as it likes), erratic (another mark each time), harsh (a mark less for everything).
    """

    def __init__(self, habit: str = "honest") -> None:
        self.habit = habit
        self.asked = 0

    def __call__(self, user: str, properties: Sequence[str]) -> dict[str, Any]:
        """The content of an answer to a request with this text, whose schema has these properties."""
        self.asked += 1
        if "better" in properties:
            return {"rationale": "As compared.", "better": self._better(user)}
        if "claims" in properties:
            return {"claims": self._claims(user)}
        if "verdicts" in properties:
            return {"verdicts": self._verdicts(user)}
        if self.habit == "erratic":
            drawn = hashlib.sha256(f"{self.asked} {user}".encode()).digest()[0]
            return {name: {"rationale": "So it seems.", "mark": 1 + drawn % 5} for name in DIMENSIONS}
        marks = self._marks(_between("caption", user), _between("evidence", user))
        return {name: {"rationale": f"Of {name}.", "mark": marks[name]} for name in DIMENSIONS}

    def _errors(self, caption: str, evidence: str) -> int:
        offers = [offered(line) for line in _plain(evidence).split("\n")]
        return sum(one.sure and not grounds(offers, one) for one in find_quantities(_plain(caption)))

    def _better(self, user: str) -> str:
        evidence = _between("evidence", user)
        texts = re.findall(r'<caption name="(?:first|second)">(.*?)</caption>', user, re.DOTALL)
        assert len(texts) == 2
        if self.habit == "first":
            return "first"
        if self.habit == "lenient":
            return "tie"
        key: Callable[[str], float] = {
            "longest": lambda text: -len(text.split()), "own": lambda text: -text.count(SIGNATURE),
        }.get(self.habit, lambda text: self._errors(text, evidence))  # fmt: skip
        one, two = map(key, texts)
        return "tie" if one == two else "first" if one < two else "second"

    def _marks(self, caption: str, evidence: str) -> dict[str, int]:
        marks = dict.fromkeys(DIMENSIONS, 5)
        marks["factual_accuracy"] = max(1, 5 - self._errors(caption, evidence))
        if self.habit == "lenient" or (self.habit == "obedient" and "give it 5" in caption):
            return dict.fromkeys(DIMENSIONS, 5)
        if self.habit == "longest":
            return dict.fromkeys(DIMENSIONS, min(5, 1 + len(_plain(caption).split()) // 50))
        if self.habit == "harsh":
            return {name: max(1, mark - 1) for name, mark in marks.items()}
        return marks

    def _claims(self, user: str) -> list[dict[str, str]]:
        body = _plain(_between("body", user))
        spans = [part for part in re.split(r"(?<=\.)\s+", body) if part]
        if self.habit == "sloppy":
            return [{"span": "words that stand nowhere", "text": "The figure shows 77 dragons."}]
        return [{"span": span, "text": span} for span in spans]

    def _verdicts(self, user: str) -> list[dict[str, Any]]:
        evidence = _plain(_between("evidence", user))
        claims = re.findall(r'<claim number="(\d+)">(.*?)</claim>', user, re.DOTALL)
        rows = [{"number": int(n), **self._verdict(html.unescape(text), evidence)} for n, text in claims]
        if self.habit == "sloppy":
            return [*rows[1:], *({**row, "verdict": "contradicted"} for row in rows[2:3]), {**rows[0], "number": 99}]
        return rows

    def _verdict(self, claim: str, evidence: str) -> dict[str, str]:
        if self.habit == "lenient":
            return {"quote": "as everybody knows", "verdict": "supported-by-text"}
        if self._errors(claim, evidence):
            return {"quote": "another number is given", "verdict": "contradicted"}
        words = " ".join(claim.split()[:4]).rstrip(".")
        if words in evidence:
            return {"quote": words, "verdict": "supported-by-text"}
        return {"quote": "seen in the plot", "verdict": "supported-by-picture"}


def in_process(judge: FakeJudge) -> Callable[[Sequence[Question]], list[Reply]]:
    """The judge as what judging asks, without a call in any ledger; equal questions are asked once."""

    def ask(questions: Sequence[Question]) -> list[Reply]:
        known: dict[tuple[str, int], Mapping[str, Any]] = {}
        replies = []
        for number, question in enumerate(questions, 1):
            key = (question.user, question.draw)
            known.setdefault(key, judge(question.user, list(question.prompt.output_schema["properties"])))
            replies.append(Reply(question, "answered", "answered", number, known[key]))
        return replies

    return ask


def over_http(judge: FakeJudge) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The judge as the content of a fake vendor's answers (openai-compatible requests)."""

    def content(data: dict[str, Any]) -> dict[str, Any]:
        schema = data["response_format"]["json_schema"]["schema"]
        parts = data["messages"][-1]["content"]
        texts = [parts] if isinstance(parts, str) else [part["text"] for part in parts if part["type"] == "text"]
        return judge("\n".join(texts), list(schema["properties"]))

    return content
