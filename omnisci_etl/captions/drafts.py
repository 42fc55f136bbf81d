"""A caption before it is stored: its text and its texts by panel, cleaned and capped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from omnisci_etl.captions.providers.base import ANSWERED, Answer, printable
from omnisci_etl.hashing import sha256_hex

MAX_BODY = 20_000
MAX_PANEL = 5_000
MAX_LABEL = 20
MAX_PANELS = 60


@dataclass(frozen=True, slots=True)
class Draft:
    """A caption text with its panels as (label, text); an empty body is no caption."""

    body: str
    panels: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, body: str, panels: Iterable[tuple[str, str]]) -> Draft:
        """A draft from texts of strangers. Panels without a text are left out."""
        cleaned = [(printable(label, MAX_LABEL).strip(), printable(text, MAX_PANEL).strip()) for label, text in panels]
        return cls(
            printable(body, MAX_BODY).strip(), tuple((label, text) for label, text in cleaned[:MAX_PANELS] if text)
        )

    @classmethod
    def of_answer(cls, content: Mapping[str, Any]) -> Draft:
        """A draft from an answer that fits the schema of a caption prompt."""
        return cls.of(content["caption"], ((panel["label"], panel["text"]) for panel in content["panels"]))

    @property
    def sha256(self) -> str:
        """The hash of the body."""
        return sha256_hex(self.body)

    def panel_rows(self) -> list[dict[str, str]]:
        """Panels as the ledger keeps them."""
        return [{"label": label, "text": text} for label, text in self.panels]


def drafted(answer: Answer) -> tuple[Answer, Draft | None]:
    """The answer to a caption prompt with its caption; an empty caption is off schema."""
    if answer.slug != ANSWERED or answer.content is None:
        return answer, None
    draft = Draft.of_answer(answer.content)
    if draft.body:
        return answer, draft
    return replace(answer, slug="off-schema", error="caption: is empty"), None
