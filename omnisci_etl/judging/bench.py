"""The scorers that are present, and what their rows are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

from sqlalchemy import Connection

from omnisci_etl.judging.gate import DEFAULT_CHECKS, PAID, Seen
from omnisci_etl.judging.records import ScoreRow
from omnisci_etl.judging.scorers import Scorer, config_sha256
from omnisci_etl.judging.subjects import Subject
from omnisci_etl.judging.workers import Scores, Workers, score_all
from omnisci_etl.ledger.database import sql

_SQL = "omnisci_etl.judging.sql"
PAID_SCORERS = [check.scorer for check in DEFAULT_CHECKS if check.stage in PAID]

Rows = Callable[[], list[ScoreRow]]


class Bench:
    """texts need nothing but the text and run in many processes; heavy ones use all cores by themselves."""

    def __init__(self, texts: Sequence[Scorer], heavy: Sequence[Scorer] = ()) -> None:
        self.texts = texts
        self.heavy = heavy
        self.keys = {scorer.name: config_sha256(scorer) for scorer in (*texts, *heavy)}

    @property
    def wanted(self) -> list[str]:
        """Name and configuration of each scorer, as SQL compares them."""
        return [f"{name} {key}" for name, key in self.keys.items()]

    def seen(self, connection: Connection, captions: Sequence[int]) -> dict[int, dict[str, Seen]]:
        """The stored scores of captions by scorer, those of models that judge among them."""
        parameters = {"captions": list(captions), "wanted": self.wanted, "paid": PAID_SCORERS}
        found: defaultdict[int, dict[str, Seen]] = defaultdict(dict)
        for row in connection.execute(sql(_SQL, "scores_of_captions"), parameters):
            found[row.caption_id][row.scorer] = Seen(row.value, row.slug)
        return found

    def start(self, workers: Workers, subjects: Sequence[Subject], seen: Mapping[int, Mapping[str, Seen]]) -> Rows:
        """Begins to score what lacks a score; what it returns waits for the rows."""
        begun = [
            (scorers, group, workers.start(scorers, [subject.candidate for subject in group]))
            for scorers, group in self._groups(self.texts, subjects, seen)
        ]
        heavy = self._groups(self.heavy, subjects, seen)

        def finish() -> list[ScoreRow]:
            rows = [row for scorers, group, parts in begun for row in self._rows(scorers, group, _joined(parts))]
            for scorers, group in heavy:
                scores = score_all(scorers, [subject.candidate for subject in group])
                rows.extend(self._rows(scorers, group, scores))
            return rows

        return finish

    def _groups(
        self, scorers: Sequence[Scorer], subjects: Sequence[Subject], seen: Mapping[int, Mapping[str, Seen]]
    ) -> list[tuple[tuple[Scorer, ...], list[Subject]]]:
        """Captions together with the scorers whose scores they lack."""
        groups: defaultdict[tuple[Scorer, ...], list[Subject]] = defaultdict(list)
        for subject in subjects:
            present = seen.get(subject.caption_id, {})
            groups[tuple(scorer for scorer in scorers if scorer.name not in present)].append(subject)
        return [(lacking, group) for lacking, group in groups.items() if lacking]

    def _rows(self, scorers: Sequence[Scorer], subjects: Sequence[Subject], scores: Scores) -> list[ScoreRow]:
        return [
            ScoreRow(
                subject.caption_id, scorer.name, scorer.version, self.keys[scorer.name], scorer.deterministic,
                score.value, score.detail,
            )
            for scorer, column in zip(scorers, scores, strict=True)
            for subject, score in zip(subjects, column, strict=True)
        ]  # fmt: skip


def _joined(parts: Sequence[Future[Scores]]) -> Scores:
    """The scores of all parts, scorer by scorer."""
    columns = zip(*(part.result() for part in parts), strict=True)
    return [[score for part in column for score in part] for column in columns]
