"""Questions about figures, the order in which their options are shown, and what an answer is worth."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from xml.sax.saxutils import escape

from omnisci_etl.hashing import canonical_sha256, sha256_hex

Step = Literal["blind", "agreement", "floor", "ceiling", "caption"]
LETTERS = string.ascii_uppercase
MIN_OPTIONS, MAX_OPTIONS = 2, 6
OFF_LIST, OPTION, CANNOT_TELL = "off-list", "option", "cannot-tell"
# Ways out that are offered after the options proper, by step; never of a question that is answered by yes or no.
META: Mapping[str, str] = {
    "ambiguous": "The question is ambiguous.",
    "unanswerable": "The picture does not answer the question.",
    "unsuitable": "The question is unsuitable.",
    "none-of-these": "None of the options offered is right.",
}
_CANNOT = {
    "caption": "This cannot be told from the caption.",
    "ceiling": "This cannot be told from the picture.",
}
# What an admission is worth beyond a blind guess: saying "cannot tell" has to pay more than guessing.
ADMISSION = 0.05


@dataclass(frozen=True, slots=True)
class Draft:
    """A question as its writer gave it; key is the place of the right option from 0, None where it is none of them."""

    sort: str
    panel: str
    basis: str
    body: str
    options: tuple[str, ...]
    key: int | None
    grounds: str = ""

    def sha256(self, image_sha256: str) -> str:
        """The hash of what is asked about which picture."""
        return canonical_sha256([image_sha256, self.body, self.options])


@dataclass(frozen=True, slots=True)
class Item:
    """A stored question. sha256 is the hash of picture, question and options, and the seed of every order of these."""

    question_id: int
    figure_id: int
    image_sha256: str
    sha256: str
    draft: Draft

    @property
    def is_yes_no(self) -> bool:
        """Whether its options are yes and no."""
        return {option.casefold().strip(" .") for option in self.draft.options} == {"yes", "no"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answerer said: an option, one of the ways out, or a letter that was not offered.

    chosen is the option's place in the question; points are those of the caption-QA protocol.
    """

    said: str
    chosen: int | None
    correct: bool
    points: float


@dataclass(frozen=True)
class Sheet:
    """A question as one answerer sees it: the options in this draw's order, then the ways out of the step.

    The order depends on the question and the draw alone, so whatever caption is shown, its answerer sees the same
    sheet. From draw to draw the options move round by one place, so that each stands first once in as many draws as
    there are options; after that comes another order.
    """

    item: Item
    step: Step
    draw: int = 0

    @property
    def order(self) -> tuple[int, ...]:
        """The places of the options in the question, in the order shown."""
        places = range(len(self.item.draft.options))
        rounds, shift = divmod(self.draw, len(places)) if places else (0, 0)
        drawn = sorted(places, key=lambda place: sha256_hex(f"{self.item.sha256} {rounds} {place}"))
        return (*drawn[shift:], *drawn[:shift])

    @property
    def ways_out(self) -> Mapping[str, str]:
        """What can be chosen beside the options, by slug."""
        if self.step == "agreement":
            return META
        cannot = _CANNOT.get(self.step)
        return {CANNOT_TELL: cannot} if cannot and not self.item.is_yes_no else {}

    def text(self) -> str:
        """Question and options as escaped, delimited data."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        draft = self.item.draft
        shown = [*(draft.options[place] for place in self.order), *self.ways_out.values()]
        yield "<question>"
        yield escape(draft.body)
        for letter, option in zip(LETTERS, shown, strict=False):
            yield f'<option letter="{letter}">{escape(option)}</option>'
        yield "</question>"

    def read(self, content: Mapping[str, Any]) -> Answer:
        """The answer that a reply holds."""
        letter = str(content.get("answer", "")).strip().upper()
        place = LETTERS.index(letter) if len(letter) == 1 and letter in LETTERS else len(LETTERS)
        if place < len(self.order):
            chosen = self.order[place]
            correct = chosen == self.item.draft.key
            return Answer(OPTION, chosen, correct, float(correct))
        outs = list(self.ways_out)
        rest = place - len(self.order)
        said = outs[rest] if rest < len(outs) else OFF_LIST
        points = 1 / len(self.order) + ADMISSION if said == CANNOT_TELL and self.order else 0.0
        return Answer(said, None, False, points)
