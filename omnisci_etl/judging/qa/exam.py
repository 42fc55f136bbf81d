"""One examination: questions for figures, and captions of these examined by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from omnisci_etl.captions.figures import load_figures
from omnisci_etl.captions.questions import Asker
from omnisci_etl.captions.routes import Routes
from omnisci_etl.context import Context
from omnisci_etl.judging.qa import ledger, scoring, writing
from omnisci_etl.judging.qa.filters import Filters
from omnisci_etl.judging.qa.items import Item, Sheet
from omnisci_etl.judging.qa.protocol import Protocol
from omnisci_etl.judging.qa.roles import (
    SCORER,
    VERSION,
    Roles,
    filter_sha256,
    score_sha256,
    writing_sha256,
)
from omnisci_etl.judging.qa.steps import LEFT, Came, Desk, Sitter, Wanted
from omnisci_etl.judging.records import ScoreRow, store_scores

Framed = dict[int, tuple[Came, Came]]


class Exam:
    """Writes, filters and answers, each once, and stores what came of it at every step."""

    def __init__(self, context: Context, routes: Routes, protocol: Protocol, ask: Asker) -> None:
        self._context = context
        self._routes = routes
        self._protocol = protocol
        self.desk = Desk(context, routes, ask)
        self.counts = self.desk.counts

    def questions(self, figures: Iterable[int], writer: str, checkers: tuple[str, str]) -> dict[int, list[Item]]:
        """The kept questions of the figures that are ready, by figure (none, where none was kept).

        Figures with questions left to a later run are not among them.
        """
        listed = sorted(set(figures))
        self._write(listed, writer)
        self._filter(listed, writer, checkers)
        with self._context.ledger.begin() as connection:
            ready = ledger.written(connection, listed, self._writing(writer))
            found = self._stored(connection, listed, writer, checkers)
        waiting = {item.figure_id for item, outcome in found.items() if outcome is None}
        kept: dict[int, list[Item]] = {figure: [] for figure in sorted(ready - waiting)}
        for item, outcome in found.items():
            if outcome == "kept" and item.figure_id in kept:
                kept[item.figure_id].append(item)
        return kept

    def sit(self, sitters: Sequence[Sitter], roles: Roles) -> None:
        """Examines captions; those of the ledger get their score. Those whose questions are not there yet wait."""
        kept = self.questions((sitter.figure_id for sitter in sitters), roles.writer, roles.checkers)
        ready = [sitter for sitter in sitters if kept.get(sitter.figure_id)]
        self.counts["captions"] += len(ready)
        self.counts["waiting"] += sum(sitter.figure_id not in kept for sitter in sitters)
        self.counts["without_questions"] += sum(kept.get(sitter.figure_id) == [] for sitter in sitters)
        items = [item for figure in {s.figure_id: None for s in ready} for item in kept[figure]]
        frame = [Wanted(sheet, roles.answerer) for item in items for sheet in self._frame(item)]
        asked = [
            Wanted(Sheet(item, "caption"), roles.answerer, sitter)
            for sitter in ready for item in kept[sitter.figure_id]
        ]  # fmt: skip
        came = self.desk.answers([*frame, *asked])
        framed = {item.question_id: (came[2 * place], came[2 * place + 1]) for place, item in enumerate(items)}
        self._score(asked, came[len(frame) :], framed, roles)

    def _frame(self, item: Item) -> tuple[Sheet, Sheet]:
        """Floor and ceiling. The floor is a draw of its own: those of the filter have chosen the question."""
        return Sheet(item, "floor", self._protocol.draws), Sheet(item, "ceiling")

    def _score(self, asked: Sequence[Wanted], came: Sequence[Came], framed: Framed, roles: Roles) -> None:
        by_caption: dict[int, list[tuple[Item, Came]]] = defaultdict(list)
        for one, answer in zip(asked, came, strict=True):
            if one.sitter and one.sitter.caption_id is not None:
                by_caption[one.sitter.caption_id].append((one.sheet.item, answer))
        config = score_sha256(self._routes, roles, self._protocol)
        rows = []
        for caption, answered in by_caption.items():
            frame = [framed[item.question_id] for item, _ in answered]
            settled = all(one != LEFT for _, one in answered) and all(LEFT not in pair for pair in frame)
            found = scoring.score(answered, (f for f, _ in frame), (c for _, c in frame)) if settled else None
            if found:
                detail = found.detail | {"writer": self._name(roles.writer), "answerer": self._name(roles.answerer)}
                rows.append(ScoreRow(caption, SCORER, VERSION, config, False, found.value, detail))
        with self._context.ledger.begin() as connection:
            self.counts["scores"] += store_scores(connection, rows, self._context.run.key)

    def _name(self, model: str) -> str:
        return self._routes.models[model].model

    def _writing(self, writer: str) -> str:
        return writing_sha256(self._routes, writer)

    def _stored(
        self, connection: Connection, figures: Sequence[int], writer: str, checkers: tuple[str, str]
    ) -> dict[Item, str | None]:
        verdicts = filter_sha256(self._routes, checkers, self._protocol)
        return ledger.questions(connection, figures, self._writing(writer), verdicts)

    def _write(self, figures: Sequence[int], writer: str) -> None:
        """Has questions written for the figures that have none by this writer."""
        config = self._writing(writer)
        with self._context.ledger.begin() as connection:
            missing = set(figures) - ledger.written(connection, figures, config)
            rows = load_figures(connection, sorted(missing))
        replies = self.desk.ask([writing.question(row, writer) for row in rows])
        with self._context.ledger.begin() as connection:
            for row, reply in zip(rows, replies, strict=True):
                if reply.state != "answered" or reply.content is None:
                    continue
                drafts = writing.drafts(reply.content)
                ledger.store_writing(
                    connection, row.figure_id, row.image_sha256, config, reply.call_id, drafts, self._context.run.key
                )
                self.counts["questions"] += len(drafts)

    def _filter(self, figures: Sequence[int], writer: str, checkers: tuple[str, str]) -> None:
        """Settles the questions that lack a verdict; figures are filtered whole, as repeats depend on all of them."""
        with self._context.ledger.begin() as connection:
            found = self._stored(connection, figures, writer, checkers)
        unsettled = {item.figure_id for item, outcome in found.items() if outcome is None}
        if not unsettled:
            return
        filters = Filters(checkers, self._protocol.draws, self.desk.answers)
        filters.run([item for item in found if item.figure_id in unsettled])
        fresh = {item.question_id for item, outcome in found.items() if outcome is None}
        verdicts = {question: v for question, v in filters.verdicts.items() if question in fresh}
        config = filter_sha256(self._routes, checkers, self._protocol)
        with self._context.ledger.begin() as connection:
            ledger.store_verdicts(connection, verdicts, config, self._context.run.key)
        for verdict in verdicts.values():
            self.counts[verdict.outcome.replace("-", "_")] += 1
