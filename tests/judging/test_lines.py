"""Scores travel as lines for COPY: the same whether one process makes them or several."""

from __future__ import annotations

import csv
import io
import json

import pytest

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.lines import COLUMNS, score_lines
from omnisci_etl.judging.scorers import Score, config_sha256, default_scorers
from omnisci_etl.judging.workers import PART, Workers
from omnisci_etl.ledger.copying import csv_line, dumps

KEYS = [(scorer, config_sha256(scorer)) for scorer in default_scorers()]


def candidates(count: int) -> list[Candidate]:
    evidence = Evidence('Yield at 5 mM, as "read".', ("a",), ("At 5 mM it is 81%.",), label="Fig. 1")
    return [
        Candidate(f'The yield is {n}% "at" 5 mM; C:\\x\nIt rises.', (("a", "At 5 mM."),), evidence)
        for n in range(count)
    ]


def test_several_processes_give_what_one_gives() -> None:
    captions = list(range(7, 7 + 2 * PART + 3))
    crew = Workers(2)
    try:
        parts = [part.result() for part in crew.start(KEYS, captions, candidates(len(captions)))]
    finally:
        crew.close()
    (alone,) = (part.result() for part in Workers(1).start(KEYS, captions, candidates(len(captions))))
    assert len(parts) == 3
    assert sorted(b"".join(part.lines for part in parts).splitlines()) == sorted(alone.lines.splitlines())
    for name, column in alone.seen.items():
        assert [one for part in parts for one in part.seen[name]] == column


def test_a_line_holds_what_the_scorer_said() -> None:
    made = candidates(4)
    scored = score_lines(KEYS, [1, 2, 3, 4], made)
    rows = list(csv.DictReader(io.StringIO(scored.lines.decode()), fieldnames=list(COLUMNS)))
    assert len(rows) == 4 * len(KEYS) == scored.lines.count(b"\n")
    said = {(str(n), scorer.name): score for scorer, _ in KEYS for n, score in enumerate(scorer.score(made), 1)}
    for row in rows:
        score: Score = said[row["caption_id"], row["scorer"]]
        assert float(row["value"]) == score.value
        assert json.loads(row["detail"]) == score.detail
        assert scored.seen[row["scorer"]][int(row["caption_id"]) - 1] == (score.value, score.detail.get("slug", ""))


@pytest.mark.parametrize(
    ("value", "kind", "field"),
    [
        (None, "text", ""), ("", "text", '""'), (True, "boolean", "True"), (0.1, "double precision", "0.1"),
        ('a"\x00b', "text", '"a""b"'), (["a,b", None], "text[]", '"{""a,b"",NULL}"'), ({"a": ["\x00é"]}, "jsonb", '"{""a"": [""é""]}"'),
    ],
)  # fmt: skip
def test_fields(value: object, kind: str, field: str) -> None:
    assert csv_line([value], [kind]) == field + "\n"


def test_json_without_nul() -> None:
    assert dumps({"a": "x\x00y"}) == '{"a": "xy"}'
