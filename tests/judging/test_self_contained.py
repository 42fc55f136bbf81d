from __future__ import annotations

import json
import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.scorers import self_contained
from omnisci_etl.judging.scorers.base import Score
from omnisci_etl.judging.scorers.self_contained import WEIGHTS, SelfContained
from omnisci_etl.papers.letter_runs import Needs

GOOD = "Force on a rod that is pushed into sand at constant speed."


def score(candidate: Candidate) -> Score:
    return SelfContained().score([candidate])[0]


def of(body: str, label: str = "Fig. 2", evidence: str = "x") -> Score:
    return score(Candidate(body, (), Evidence(evidence, label=label)))


def kinds(found: Score) -> list[str]:
    return [finding["kind"] for finding in found.detail["findings"]]


def test_good_captions_stand_alone(pair: Candidate) -> None:
    assert score(pair).detail["findings"] == []
    assert score(pair).value == 1.0


@pytest.mark.parametrize(
    ("sentence", "kind", "text"),
    [
        ("See Fig. 9 for details.", "other-figure", "Fig. 9"),
        ("Colours are as in Figure 12.", "other-figure", "Figure 12"),
        ("Symbols as in Figs. 9b and 10.", "other-figure", "Figs. 9b and 10"),
        ("Same as the previous figure.", "elsewhere", "previous figure"),
        ("Fits are given in Supplementary Fig. 4.", "supplement", "Supplementary Fig. 4"),
        ("Fits are in Supplementary Table 1.", "supplement", "Supplementary Table 1"),
        ("More is in the Supplementary Information.", "supplement", "Supplementary Information"),
        ("Samples were made as described in ref. 12.", "bibliography", "ref. 12"),
        ("Values are those of Table 3.", "other-object", "Table 3"),
        ("The line is Eq. (5).", "other-object", "Eq. (5)"),
        ("Samples were made as described previously.", "elsewhere", "as described previously"),
        ("As mentioned earlier, the effect is small.", "elsewhere", "As mentioned earlier"),
        ("Symbols are those of the figure above.", "elsewhere", "the figure above"),
        ("It agrees with the results shown below.", "elsewhere", "results shown below"),
        ("It follows from the previous chapter.", "elsewhere", "previous chapter"),
        ("The details follow, see SI.", "elsewhere", "see SI"),
        ("For the sign vide supra.", "elsewhere", "vide supra"),
        ("Samples were made as described above.", "elsewhere", "described above"),
        ("For the definition see below.", "elsewhere", "see below"),
        ("The procedure is described in the Methods.", "elsewhere", "described in the Methods"),
        ("Error bars (see Methods).", "elsewhere", "see Methods"),
        ("It is discussed in the main text.", "elsewhere", "discussed in the main text"),
        ("This agrees with earlier work [12].", "citation", "[12]"),
        ("This agrees with earlier work [3,5–7].", "citation", "[3,5–7]"),
        ("This agrees with theory (Smith et al., 2019).", "citation", "et al., 2019)"),
        ("This agrees with theory (Smith and Jones, 2019).", "citation", "(Smith and Jones, 2019)"),
        ("This agrees with earlier measurements.¹²", "citation", "¹²"),
        ("This was seen previously¹²,¹³ in sand.", "citation", "¹²,¹³"),
        ("This was seen in a previous study7 of sand.", "citation", "7"),
        ("Data of Gale et al.61 are shown.", "citation", "61"),
        ("Code is at https://example.org/code here.", "address", "https://example.org/code"),
        ("Data: doi:10.5281/zenodo.123 here.", "address", "doi:10.5281/zenodo.123"),
        (r"The set-up is that of \ref{fig:one} here.", "latex", r"\ref{fig:one}"),
        (r"The speed is $v_0^2$ here.", "latex", "$v_0^2$"),
        (r"The angle \theta is shown.", "latex", r"\theta"),
        ("The set-up is that of Fig. ?? here.", "latex", "??"),
        ("The set-up is that of {{figure:9f2c}} here.", "latex", "{{figure:9f2c}}"),
    ],
)
def test_every_planted_fault_is_found(pairs: list[Candidate], sentence: str, kind: str, text: str) -> None:
    for pair in pairs:
        body = f"{pair.body} {sentence}"
        found = score(replace(pair, body=body))
        assert [(f["kind"], f["text"]) for f in found.detail["findings"]] == [(kind, text)]
        assert found.value == pytest.approx(1 - WEIGHTS[kind])
        finding = found.detail["findings"][0]
        assert finding["part"] == "body"
        assert body[finding["start"] : finding["end"]] == text


def test_faults_in_panels_count_too(pairs: list[Candidate]) -> None:
    for pair in pairs:
        found = score(replace(pair, panels=(*pair.panels, ("q", "As in Fig. 99."))))
        assert [(f["kind"], f["part"]) for f in found.detail["findings"]] == [("other-figure", "panel q")]


@pytest.mark.parametrize(
    "sentence",
    [
        "This figure shows the force.",
        "The values above the bars are means.",
        "The signal lies below the threshold, as expected.",
        "The areas are 5 cm² and 3 m², with χ² = 1.2 and R² = 0.9.",
        "Rates are in s⁻¹ and fluxes in mg m⁻² d⁻¹.",
        "It cost between $5 and $10, or $3–$4 in bulk.",
        "The interval [0, 1] is shaded.",
        "Markers RM6235 and Cas9 are shown with p53.",
        "The text labels name the samples.",
        "The drift was reported previously to be small.",
        "The images were taken before and after heating, the last ones two days later.",
        "The vector is [8, 5, 5, 5].",
        "The residuals are shown below the curve.",
        "The next panel shows the depth.",
        "The lower table in the photograph holds the sample.",
        "It was measured in 2019 (Summer 2019).",
        "Results are shown for methods A and B.",
    ],
)
def test_what_a_reader_can_resolve_alone(sentence: str) -> None:
    assert of(f"{GOOD} {sentence}").detail["findings"] == []


@pytest.mark.parametrize(
    ("label", "own"),
    [
        ("Fig. 2", "Fig. 2"), ("Fig. 2", "Figure 2a"), ("Figure 2", "Fig. 2b,c"), ("FIG. 2.", "Fig. 2"), ("Fig. S3", "Figure S3"),
        ("Extended Data Fig. 4", "Extended Data Fig. 4b"), ("Supplementary Figure 5", "Supplementary Fig. 5"),
    ],
)  # fmt: skip
def test_its_own_label_is_allowed(label: str, own: str) -> None:
    assert of(f"{GOOD} It is shown in {own} here.", label).value == 1.0


@pytest.mark.parametrize(
    ("label", "other"),
    [
        ("Fig. 2", "Fig. 3"),
        ("Fig. 2", "Figs. 2 and 3"),
        ("Fig. 2", "Fig. S2"),
        ("Fig. 2", "Extended Data Fig. 2"),
        ("", "Fig. 1"),
        ("Fig. 1", "Fig. 12"),
    ],
)
def test_other_labels_are_not(label: str, other: str) -> None:
    assert of(f"{GOOD} It is shown in {other} here.", label).value < 1.0


@pytest.mark.parametrize(
    ("body", "kind"), [("", "empty"), ("  \n ", "empty"), ("…", "empty"), ("Force on a rod.", "too-short")]
)
def test_nothing_or_too_little(body: str, kind: str) -> None:
    assert kinds(of(body)) == [kind]
    assert of(body).value == 1 - WEIGHTS[kind]


def test_a_body_cut_at_any_word_is_found(pairs: list[Candidate]) -> None:
    cut = missed = 0
    for pair in pairs:
        words = pair.body.split(" ")
        first = next(i for i, word in enumerate(words, 1) if re.search(r"(?:[a-z]{2}|[0-9%)])\.$", word))
        for end in range(max(10, first + 1), len(words)):
            if not words[end - 1].endswith("."):
                cut += 1
                missed += "cut-off" not in kinds(score(replace(pair, body=" ".join(words[:end]))))
    assert cut > 200
    assert missed == 0


@pytest.mark.parametrize(
    "body",
    [
        "Force on a rod that is pushed into sand at a speed of",
        "Force on a rod that is pushed into sand at constant speed,",
        "Force on a rod that is pushed into sand (at constant speed",
        "Force on a rod that is pushed into sand at constant...",
        "Force on a rod that is pushed into sand. The speed is const",
    ],
)
def test_cut_ends(body: str) -> None:
    assert kinds(of(body)) == ["cut-off"]


@pytest.mark.parametrize(
    "body",
    [
        "Force on a rod that is pushed into sand at constant speed",
        "Force on a rod that is pushed into sand (at constant speed).",
        "Is the force on the rod in the sand constant?",
        "Force on a rod that is pushed into “dry sand.”",
        "Force on a rod. The dashed line marks the end of the transient at a depth of 3.5 mm",
    ],
)
def test_whole_ends(body: str) -> None:
    evidence = "Set-up. The dashed line marks the end of the transient at a depth of 3.5 mm\nThe force was measured."
    assert of(body, evidence=evidence).detail["findings"] == []


def test_an_end_copied_from_the_middle_of_a_sentence_is_cut() -> None:
    evidence = "Set-up. The dashed line marks the end of the transient at a depth of 3.5 mm in sand."
    assert kinds(
        of("Force on a rod. The dashed line marks the end of the transient at a depth", evidence=evidence)
    ) == ["cut-off"]


def test_author_captions_without_a_full_stop_are_whole(pairs: list[Candidate]) -> None:
    for pair in pairs:
        evidence = replace(pair.evidence, author_caption=pair.body.rstrip("."))
        assert "cut-off" not in kinds(score(replace(pair, body=pair.body.rstrip("."), evidence=evidence)))


def test_of_one_kind_only_three_count() -> None:
    few = of(rf"{GOOD} It is $x$ or $y$ or $z$.")
    many = of(rf"{GOOD} It is $x$ or $y$ or $z$ or $v$ or $w$.")
    assert few.value == many.value == pytest.approx(1 - 3 * WEIGHTS["latex"])
    assert many.detail["count"] == 5


def test_one_pointer_falls_below_the_gate() -> None:
    for kind in ("other-figure", "supplement", "other-object", "elsewhere", "bibliography", "citation", "address"):
        assert 1 - WEIGHTS[kind] < 0.6


def test_the_score_does_not_fall_below_zero() -> None:
    assert (
        of(r"See Fig. 3, Fig. 4, ref. 5, Table 6 [7] \ref{x} as described above in Supplementary Fig. 8 and").value
        == 0.0
    )


def test_details_can_be_written_as_json_and_stay_small() -> None:
    hostile = Candidate(
        "see Fig. 3 [1] $x$ " * 20_000, tuple(("a" * 1000, "Fig. 9") for _ in range(1000)), Evidence("x")
    )
    detail = score(hostile).detail
    assert len(json.dumps(detail, allow_nan=False)) < 20_000
    assert detail["count"] > 50


@pytest.mark.parametrize(
    "piece", ["$", "$a", "see ", "see the ", "\\ref{", "[", "(", "¹", "Fig. 1, ", "{{a:", "al.1,", "of. A", "^{1,"]
)
def test_time_grows_with_length_only(piece: str) -> None:
    start = time.process_time()
    of(piece * (20_000 // len(piece)), evidence=piece * (200_000 // len(piece)))
    assert time.process_time() - start < 3


@given(st.text(max_size=200), st.text(max_size=50))
@settings(max_examples=150, deadline=None)
def test_any_caption_has_a_score(body: str, evidence: str) -> None:
    found = of(body, evidence=evidence)
    assert 0 <= found.value <= 1
    assert (found.value == 1.0) == (found.detail["count"] == 0)


@pytest.mark.parametrize(
    "pointer",
    [
        "the rest is in the appendix", "for details refer to the supplement", "see caption", "as stated in the introduction",
        "shown in the accompanying video", "details in Methods", "given in the SI", "according to the Methods",
        "as in our previous paper", "in the main article", "elsewhere in this article", "as discussed in the paper", "mentioned earlier in the text",
        "as in the first figure", "see footnote 2", "as noted in the abstract",
        "described in the Experimental Section", "available in the online supplement", "see overleaf",
    ],
)  # fmt: skip
def test_parts_of_the_paper_are_not_there_for_the_reader(pointer: str) -> None:
    assert kinds(of(f"{GOOD[:-1]}, {pointer}.")) == ["elsewhere"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Lengths are in SI units.", "The method converges in ten steps.", "Expression in the appendix and the colon rises.",
        "Words of the text are highlighted in red.",
        "The results follow the discussion of the jury.", "The drug was given earlier to older mice.",
        "Methods A and B differ.", "The introduction of grains stirs the bed.", "Our previous guess is drawn in grey.",
    ],
)  # fmt: skip
def test_words_that_only_look_like_parts_of_a_paper(sentence: str) -> None:
    assert kinds(of(f"{GOOD} {sentence}")) == []


_SAID = r"""
see as noted above below described elsewhere earlier before previously later in the main text our Methods results SI ESI
article paper manuscript caption overleaf experimental section footnote supplementary Supporting Information extended data
Fig. figure figures table previous preceding next following other last vide supra accompanying companion first second recent
work study reported12 published3 al.4 \alpha $x$ ?? {{cite:a}} cell.² x^{12} surface^3 the . , ( )
"""


@given(st.lists(st.sampled_from(_SAID.split()), min_size=2, max_size=9).map(" ".join))
@settings(max_examples=400, deadline=None)
def test_what_a_text_needs_for_a_pattern_hides_no_finding(text: str) -> None:
    found = self_contained._dangling(text, frozenset())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Needs, "are_met_by", lambda _, __: True)
        assert found == self_contained._dangling(text, frozenset())
