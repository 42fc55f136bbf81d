"""Names and topics on the captions of real articles: their own words are at home, those of other articles are not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.scorers.names_grounded import NamesGrounded
from omnisci_etl.judging.scorers.on_topic import OnTopic
from omnisci_etl.judging.scorers.structure import Structure
from omnisci_etl.papers import jats

pytestmark = pytest.mark.realdata
SEEN = (
    " The bars are blue and the y axis runs upward. A legend stands in the upper right corner; dashed lines mark the mean,"
    " and two curves are drawn in black and red."
)


def _papers(root: Path) -> Iterator[list[Candidate]]:
    for path in sorted(root.glob("natcomms_jats/*/*.xml")):
        document = jats.parse(path.read_bytes())
        found = []
        for figure in document.figures:
            evidence = Evidence(
                figure.caption, (), tuple(m.text for m in figure.mentions), label=figure.label, title=document.title
            )
            found.append(Candidate(figure.caption + SEEN, (), evidence))
        if found:
            yield found


@pytest.fixture(scope="module")
def papers(realdata: Path) -> list[list[Candidate]]:
    found = list(_papers(realdata))
    assert len(found) > 15
    return found


def test_true_captions_and_what_is_seen_pass(papers: list[list[Candidate]]) -> None:
    captions = [caption for paper in papers for caption in paper]
    assert len(captions) > 100
    for scorer in (NamesGrounded(), OnTopic()):
        assert all(score.value == 1.0 for score in scorer.score(captions)), scorer.name
    failed = [score.detail["slug"] for score in Structure().score(captions) if score.value < 0.6]
    assert len(failed) <= 0.02 * len(captions), failed


def test_captions_of_other_papers_fail(papers: list[list[Candidate]]) -> None:
    chooser = random.Random(3)
    foreign = []
    for number, paper in enumerate(papers):
        others = [caption for other, captions in enumerate(papers) if other != number for caption in captions]
        foreign += [Candidate(other.body, (), one.evidence) for one in paper for other in chooser.sample(others, 3)]
    assert sum(score.value < 0.6 for score in OnTopic().score(foreign)) > 0.98 * len(foreign)
    assert sum(score.value < 1.0 for score in NamesGrounded().score(foreign)) > 0.95 * len(foreign)
