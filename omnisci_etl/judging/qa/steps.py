"""Answers that are wanted, asked for, read and stored; what is stored is not asked again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from omnisci_etl.captions import prompts
from omnisci_etl.captions.questions import Asker, Question, Reply
from omnisci_etl.captions.routes import Routes
from omnisci_etl.context import Context
from omnisci_etl.judging.qa import ledger
from omnisci_etl.judging.qa.items import Answer, Sheet
from omnisci_etl.judging.qa.roles import PROMPTS, answering_sha256

FAILED: Literal["failed"] = "failed"
LEFT: Literal["left"] = "left"
Came = Answer | Literal["failed", "left"]
MAX_CAPTION = 24_000
_PLACE = re.compile(r"\{(caption|question)\}")


@dataclass(frozen=True, slots=True)
class Sitter:
    """A caption whose figure is asked about: a caption of the ledger, or one from elsewhere."""

    figure_id: int
    text: str
    caption_id: int | None = None
    outside_id: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sheet to be answered by a model of the routes file; sitter is the caption shown, at the step caption."""

    sheet: Sheet
    answerer: str
    sitter: Sitter | None = None

    def question(self) -> Question:
        """What the model is asked."""
        item, step = self.sheet.item, self.sheet.step
        prompt = prompts.load(PROMPTS[step])
        caption = self.sitter.text[:MAX_CAPTION] if self.sitter else ""
        parts = {"question": self.sheet.text(), "caption": escape(caption)}
        # In one pass: nothing that a part holds is taken for a place to fill.
        user = _PLACE.sub(lambda place: parts[place[1]], prompt.template)
        image = item.image_sha256 if step in ("agreement", "ceiling") else None
        return Question("qa", self.answerer, prompt, user, item.figure_id, image, self.sheet.draw)


class Desk:
    """Asks through the paid-call protocol, and counts what failed and what is left to a later run."""

    def __init__(self, context: Context, routes: Routes, ask: Asker) -> None:
        self._context = context
        self._routes = routes
        self._ask = ask
        self.counts: Counter[str] = Counter()
        self.reason = ""
        self.is_stuck = False

    def ask(self, questions: Sequence[Question]) -> list[Reply]:
        """A reply for each question. Where all are left, nothing more can be had in this run."""
        replies = self._ask(questions) if questions else []
        for reply in replies:
            if reply.state == LEFT:
                self.counts["left"] += 1
                self.reason = self.reason or reply.reason or reply.slug
            elif reply.state == FAILED:
                self.counts["failed"] += 1
        self.is_stuck |= bool(replies) and all(reply.state == LEFT for reply in replies)
        return replies

    def answers(self, wanted: Sequence[Wanted]) -> list[Came]:
        """What came of each, in order."""
        keys = [self._key(one) for one in wanted]
        with self._context.ledger.begin() as connection:
            came: dict[ledger.Key, Came] = dict(ledger.answers(connection, keys))
        missing = {key: one for key, one in zip(keys, wanted, strict=True) if key not in came}
        replies = self.ask([one.question() for one in missing.values()])
        given = []
        for (key, one), reply in zip(missing.items(), replies, strict=True):
            if reply.state == "answered" and reply.content is not None:
                answer = one.sheet.read(reply.content)
                came[key] = answer
                given.append(ledger.Given(key, one.sheet, answer, reply.call_id))
            else:
                came[key] = LEFT if reply.state == LEFT else FAILED
        if given:
            with self._context.ledger.begin() as connection:
                self.counts["answers"] += ledger.store_answers(connection, given, self._context.run.key)
        return [came[key] for key in keys]

    def _key(self, one: Wanted) -> ledger.Key:
        sheet, sitter = one.sheet, one.sitter
        config = answering_sha256(self._routes, one.answerer, sheet.step)
        caption, outside = (sitter.caption_id, sitter.outside_id) if sitter else (None, None)
        return sheet.item.question_id, sheet.step, caption, outside, sheet.draw, config
