"""The scorers that are present, and what their rows are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from omnisci_etl.judging.gate import DEFAULT_CHECKS, PAID, Seen
from omnisci_etl.judging.lines import Key, Scored, score_lines
from omnisci_etl.judging.scorers import Scorer, config_sha256
from omnisci_etl.judging.subjects import Subject
from omnisci_etl.judging.workers import Workers
from omnisci_etl.ledger.database import sql

_SQL = "omnisci_etl.judging.sql"
PAID_SCORERS = [check.scorer for check in DEFAULT_CHECKS if check.stage in PAID]


@dataclass(frozen=True, slots=True)
class Found:
    """Scores of captions by scorer, those that were stored and those that lines (as score_line gives them) add."""

    scores: Mapping[int, Mapping[str, Seen]]
    lines: bytes


Begun = Callable[[], Found]


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

    def start(self, workers: Workers, subjects: Sequence[Subject], seen: Mapping[int, Mapping[str, Seen]]) -> Begun:
        """Begins to score what lacks a score; what it returns waits for that."""
        begun = [
            (group, workers.start(keys, [one.caption_id for one in group], [one.candidate for one in group]))
            for keys, group in self._groups(self.texts, subjects, seen)
        ]
        heavy = self._groups(self.heavy, subjects, seen)

        def finish() -> Found:
            parts = [(group, [part.result() for part in parts]) for group, parts in begun]
            parts += [
                (group, [score_lines(keys, [one.caption_id for one in group], [one.candidate for one in group])])
                for keys, group in heavy
            ]
            found: dict[int, dict[str, Seen]] = {caption: dict(scores) for caption, scores in seen.items()}
            for group, scored in parts:
                _add(found, group, scored)
            return Found(found, b"".join(part.lines for _, scored in parts for part in scored))

        return finish

    def _groups(
        self, scorers: Sequence[Scorer], subjects: Sequence[Subject], seen: Mapping[int, Mapping[str, Seen]]
    ) -> list[tuple[tuple[Key, ...], list[Subject]]]:
        """Captions together with the scorers whose scores they lack; those of one figure stand together."""
        groups: defaultdict[tuple[Scorer, ...], list[Subject]] = defaultdict(list)
        for subject in sorted(subjects, key=lambda one: one.figure_id):
            present = seen.get(subject.caption_id, {})
            groups[tuple(scorer for scorer in scorers if scorer.name not in present)].append(subject)
        return [
            (tuple((scorer, self.keys[scorer.name]) for scorer in lacking), group)
            for lacking, group in groups.items()
            if lacking
        ]


def _add(found: dict[int, dict[str, Seen]], subjects: Sequence[Subject], parts: Sequence[Scored]) -> None:
    """The scores of captions, which lie in parts of them, put to those that are found."""
    start = 0
    for part in parts:
        length = max(map(len, part.seen.values()))
        for name, column in part.seen.items():
            for subject, score in zip(subjects[start : start + length], column, strict=True):
                found.setdefault(subject.caption_id, {})[name] = Seen(*score)
        start += length
