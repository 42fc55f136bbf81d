from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.boilerplate import Pattern, patterns
from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.scorers.base import Score
from omnisci_etl.judging.scorers.structure import Structure
from omnisci_etl.ledger.statuses import statuses

EVIDENCE = Evidence(
    "Force on a rod that is pushed into sand at three speeds. The dashed line marks the end of the transient.",
    mentions=("The force does not depend on the speed of the rod (Fig. 1).",),
    label="Fig. 1",
    title="Drag in granular beds",
)
GOOD = (
    "The force on a rod grows with the depth to which it is pushed into sand, and it is the same at all three speeds. "
    "A dashed line marks the end of the transient."
)


def score(
    body: str, panels: tuple[tuple[str, str], ...] = (), finish: str = "stop", evidence: Evidence = EVIDENCE
) -> Score:
    return Structure().score([Candidate(body, panels, evidence, finish_reason=finish)])[0]


@pytest.mark.parametrize("finish", ["stop", "end_turn", "completed", "stop_sequence", ""])
def test_a_finished_text_is_well_formed(finish: str) -> None:
    found = score(GOOD, (("a", "Sketch of the rod."),), finish)
    assert (found.value, found.detail["slug"]) == (1.0, "")


@pytest.mark.parametrize(
    "finish", ["length", "max_tokens", "max_output_tokens", "content_filter", "MAX_TOKENS", "incomplete"]
)
def test_an_answer_that_was_cut_off_is_unfinished(finish: str) -> None:
    found = score(GOOD, finish=finish)
    assert (found.value, found.detail["slug"]) == (0.0, "unfinished")


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ("", "too-short"),
        ("Force on a rod.", "too-short"),
        ("Die Kraft auf den Stab wächst mit der Tiefe, und sie ist bei allen drei Geschwindigkeiten nicht verschieden.", "wrong-language"),
        ("La force sur la tige augmente avec la profondeur dans le sable et elle est la même pour les trois vitesses.", "wrong-language"),
        ("La fuerza sobre la varilla aumenta con la profundidad en la arena y es la misma para las tres velocidades.", "wrong-language"),
        ("Сила, действующая на стержень, растет с глубиной и одинакова при всех трех скоростях в этом опыте.", "wrong-language"),
        ("该图显示了 力 随 深度 增加 的 关系 在 三种 不同 的 速度 下 测量 结果 一致", "wrong-language"),
        ("I'm sorry, but I cannot describe this figure in the way that you ask of me here.", "refusal"),
        ("As an AI language model, I do not have access to pictures and so give no caption.", "refusal"),
        (GOOD + " I am unable to view the image, so this rests on the text.", "refusal"),
        (GOOD + " No image was provided.", "refusal"),
        (GOOD + " See https://example.org/data for all of them.", "address"),
        (GOOD + " See hxxps://example.org/data for all of them.", "address"),
        (GOOD + " See www2.example.org for all of them.", "address"),
        (GOOD + " Write to someone@example.org for all of them.", "address"),
        (GOOD + " The data are at doi:10.1234/abcd.5 for all to see.", "address"),
        ("Sure, here is the caption that you asked for. " + GOOD, "instruction"),
        ("Here's a detailed description of the figure: " + GOOD, "instruction"),
        (GOOD + " Let me know if you need anything else.", "instruction"),
        (f"```json\n{GOOD}\n```", "instruction"),
        ('{"body": "' + GOOD + '"}', "instruction"),
        (f"<p>{GOOD}</p>", "instruction"),
        ("The force grows with depth in all of the runs and so on, " * 12, "degenerate"),
        (GOOD + " The rod is pushed into sand at three different speeds." * 6, "degenerate"),
        (GOOD + " " + "=" * 60, "degenerate"),
        (GOOD + " and the rod and the rod" * 20, "degenerate"),
    ],
)  # fmt: skip
def test_each_finding_fails_a_caption_by_its_slug(body: str, slug: str) -> None:
    found = score(body)
    assert found.detail["slug"] == slug
    assert found.value < 0.6
    assert score(GOOD, (("a", body),)).value < 0.6 or slug == "too-short"


def test_length_is_told_in_words() -> None:
    text = " ".join(f"the force is f{number}" for number in range(600))
    assert (score(text).value, score(text).detail["slug"]) == (0.4, "too-long")
    assert score(text[: len(text) // 3]).value == 1.0
    assert score(text[: len(text) * 2 // 3]).value == 0.8


@pytest.mark.parametrize(
    "text",
    [
        "Photosystem I cannot be excited in the dark, and type II can, as the three traces of this figure show.",
        "System: NaCl in water. Model: the Ising lattice, answer times of the user in ms, and prompt emission of the burst.",
        "Values that cannot be seen in the image are marked. We provide the fit as a dashed line (10.5/2 and 3.2/4 mm).",
        "P < 0.05, **P < 0.01, ***P < 0.001, t-test; Prec@0.5 against recall, with d<b and b>a, for n = 3 of the runs.",
        "Of course effects in the field; great circle distance. OK cells and NO cells; sure bets of the players.",
        "a Scale bar, 5 µm. b Scale bar, 5 µm. c Scale bar, 5 µm. d Scale bar, 10 µm. Data are means and s.d. of the runs.",
    ],
)
def test_what_only_looks_like_a_finding_is_none(text: str) -> None:
    assert score(text).value == 1.0


def test_a_text_in_the_language_of_its_paper_is_not_blamed() -> None:
    german = Evidence("Die Kraft auf den Stab wächst mit der Tiefe und ist bei allen Geschwindigkeiten gleich.")
    body = (
        "Die Kraft auf den Stab wächst mit der Tiefe, und sie ist bei allen drei Geschwindigkeiten nicht verschieden."
    )
    assert score(body, evidence=german).value == 1.0


def test_a_copy_is_a_slight_fault_where_the_paper_says_more() -> None:
    copy = score(EVIDENCE.author_caption)
    assert (copy.value, copy.detail["slug"], copy.detail["copied"]) == (0.8, "verbatim-copy", 1.0)
    assert score(f"{EVIDENCE.author_caption} The force does not depend on speed.").value == 1.0
    alone = Evidence(EVIDENCE.author_caption)
    assert score(EVIDENCE.author_caption, evidence=alone).value == 1.0


def test_the_part_of_each_finding_is_named() -> None:
    found = score(GOOD, (("a", "Sketch."), ("b", "As an AI model I see none.")))
    assert [(one["slug"], one["part"], one["text"]) for one in found.detail["findings"]] == [
        ("refusal", "panel b", "As an AI")
    ]


def test_every_slug_is_a_status() -> None:
    known = {slug for slug, stage, *_ in statuses() if stage == "decision"}
    slugs = {pattern.slug for pattern in patterns()}
    assert slugs | {"unfinished", "too-short", "too-long", "wrong-language", "degenerate", "verbatim-copy"} <= known


@pytest.mark.parametrize("pattern", patterns(), ids=[f"{one.slug}-{n}" for n, one in enumerate(patterns())])
def test_what_a_pattern_matches_meets_its_needs(pattern: Pattern) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(text=st.from_regex(pattern.pattern))
    def check(text: str) -> None:
        assert pattern.needs.are_met_by(text)

    check()


def test_hostile_texts_are_read_in_time() -> None:
    for text in (
        "i'm " * 5_000,
        "<p " * 6_000,
        "a@" * 10_000,
        "ignore " * 2_800,
        "here is a " * 2_000,
        "{'a':" * 4_000,
        "**a" * 6_000,
    ):
        assert 0.0 <= score(text).value <= 1.0
