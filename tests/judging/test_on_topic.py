from __future__ import annotations

from dataclasses import replace

import pytest

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.scorers.on_topic import OnTopic
from omnisci_etl.judging.terms import EVERYDAY, RARE, VISUAL, level, stem, stems

EVIDENCE = Evidence(
    "Drag on a rod in sand. a Sketch of the apparatus. b Force against depth at three speeds.",
    mentions=("The quasistatic force on the intruder does not depend on speed (Fig. 1b); grains rearrange around it.",),
    label="Fig. 1",
    title="Slowly driven intruders in granular beds",
)


def score(body: str, panels: tuple[tuple[str, str], ...] = (), evidence: Evidence = EVIDENCE) -> float:
    return OnTopic().score([Candidate(body, panels, evidence)])[0].value


@pytest.mark.parametrize(
    "body",
    [
        "The force on a rod in a granular bed grows with depth. The three curves overlap.",
        "The bars are blue; the y axis runs upward; a legend stands in the upper right.",
        "A dashed line marks the end. Open circles lie above filled squares. The inset is jagged.",
        "Grains are rearranged by the intruding rod. (b) Speeds differ threefold.",
        "",
    ],
)
def test_words_of_the_evidence_and_of_pictures_are_on_topic(body: str) -> None:
    assert score(body) >= 0.6


@pytest.mark.parametrize(
    "foreign",
    [
        "Relative expression of the transcription factor in young panicles of wild-type plants.",
        "Coulombic efficiency of lithium cells with a sulfide interlayer at room temperature.",
        "Posterior distributions of the cosmological parameters from supernova surveys.",
        "Impact cratering on icy moons resembles viscous relaxation of polymers.",
    ],
)
def test_one_foreign_sentence_decides(foreign: str) -> None:
    body = "The force on a rod in a granular bed grows with depth. The three curves overlap."
    assert score(f"{body} {foreign} The inset shows the rod.") < 0.6
    assert score(body, (("a", f"Sketch of the apparatus. {foreign}"),)) < 0.6


def test_the_worst_sentence_is_named_with_the_words_that_are_missing() -> None:
    body = "The force on a rod grows. Posterior distributions from supernova surveys."
    detail = OnTopic().score([Candidate(body, (), EVIDENCE)])[0].detail
    assert detail["sentences"] == 2
    (worst,) = detail["off_topic"]
    assert worst["text"].startswith("Posterior")
    assert worst["missing"] == ["Posterior", "supernova", "surveys"]


def test_what_was_read_off_the_picture_is_evidence() -> None:
    body = "Posterior distributions from supernova surveys."
    shown = Candidate(body, (), replace(EVIDENCE, picture_text="posterior\nSupernova survey"))
    assert score(body) == OnTopic().score([shown])[0].value < 0.6
    assert OnTopic(ocr=("reader", "1")).score([shown])[0].value == 1.0


def test_the_more_is_missing_the_lower_is_the_score() -> None:
    one = score("Posterior distributions.")
    two = score("Posterior distributions from supernova surveys.")
    three = score("Posterior distributions from supernova surveys of the southern hemisphere and polymers.")
    assert 0.6 > two > three > 0.0
    assert one > two


def test_what_the_caption_says_elsewhere_does_not_count_against_a_sentence() -> None:
    body = "Force on a rod with a viscometer. The viscometer stands on the left."
    assert score(body) > score("Force on a rod. The viscometer, a rheometer, stands on the left.")


def test_endings_do_not_part_words() -> None:
    assert stem("oscillates") == stem("oscillation") == stem("Oscillating")
    assert stems("The fit, fits; FITS.") >= {stem("fits")}


def test_levels_rise_from_words_of_pictures_to_rare_ones() -> None:
    assert level(stem("curve")) == VISUAL
    assert level(stem("supernova")) == RARE
    assert VISUAL < level(stem("model")) < level(stem("everything")) == EVERYDAY < RARE


def test_hostile_texts_are_read_in_time() -> None:
    for text in ("a. A" * 5_000, "supernova " * 2_000, ". " * 10_000, "ab" * 10_000):
        assert 0.0 <= score(text) <= 1.0


def test_spelled_units_say_nothing_of_the_topic() -> None:
    assert score("The force grows with depth. Scale bar, 50 micrometres.") == 1.0
    assert score("Left: 5 millimolar, 30 nanometers and 3 kilohertz.") == 1.0


def test_a_list_of_labels_condemns_no_sentence() -> None:
    labels = "Oslo, Bergen, Tromso, Narvik, Alta, Hamar and Molde"
    assert score(f"The force on the rod is drawn for {labels}.") >= 0.6


def test_short_evidence_leaves_more_room() -> None:
    foreign = "Vines, orchards and vineyards of the estate."
    short, long = (
        "Force on a rod.",
        "Force on a rod. " + " ".join(f"word{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(99)),
    )
    assert score(foreign, evidence=Evidence(long)) < score(foreign, evidence=Evidence(short)) < 1.0


QUOTED = "Grains rearrange around the slowly driven rod and close behind it."


@pytest.mark.parametrize(
    "body",
    [
        f"Force on a rod in granular beds against depth; {QUOTED[0].lower()}{QUOTED[1:]} {{}}",
        f"a rod in granular beds, its force and depth. {QUOTED} {{}}",
        "Force on a rod in granular beds against its depth. ***{}",
    ],
)
def test_a_foreign_sentence_does_not_hide_beside_a_quoted_one(body: str) -> None:
    evidence = replace(
        EVIDENCE, mentions=(*EVIDENCE.mentions, f"All flows. {QUOTED}", f"Or: {QUOTED[0].lower()}{QUOTED[1:]}")
    )
    foreign = "miR-9 promotes apoptosis of renal cells in sepsis by way of aquaporin."
    assert score(body.format("The force on the rod grows."), evidence=evidence) == 1.0
    assert score(body.format(foreign), evidence=evidence) < 0.6


@pytest.mark.parametrize(
    "body",
    [
        "The horizontal axis carries the independent variable and the vertical axis the measured quantity.",
        "Arrows link the boxes and show the direction of the process.",
        "Colours match those of the legend, and a broken line joins successive points.",
    ],
)
def test_words_of_any_paper_beside_those_of_pictures_condemn_no_sentence(body: str) -> None:
    assert score(f"Drag on a rod in sand. {body}") >= 0.65


@pytest.mark.parametrize(("one", "other"), [("leaf", "leaves"), ("larva", "larvae"), ("nucleus", "nuclei"), ("spectrum", "spectra")])  # fmt: skip
def test_words_are_the_same_in_both_numbers(one: str, other: str) -> None:
    for said, told in ((one, other), (other, one)):
        assert score(f"Count of {said}.", evidence=Evidence(f"All {told} were counted in a field.")) == 1.0


@pytest.mark.parametrize(
    "body",
    [
        "The southern core is yellow with a narrow rim, and the rest of the map is purple.",
        "Counts peak at about 13,000 in the 2 km bin and become negligible beyond 8 km.",
        "The colour bar runs from -0.8 (strong ascent) to +0.2 (descent).",
        "Screenshot of the interface with boxed lists on a dark background.",
        "The two tracks yield nearly identical values of 0.91, 0.93 and 0.94.",
    ],
)
def test_what_only_the_picture_shows_is_on_topic(body: str) -> None:
    assert score(body) >= 0.65


def test_numbers_speak_for_a_sentence_but_not_without_end() -> None:
    few, many = (f"Enzymes at {', '.join(map(str, range(10, 10 + n)))} thermocycles digest plasmids." for n in (4, 40))
    assert score("Enzymes at thermocycles digest plasmids.") < score(few) == score(many) < 0.6


def test_both_spellings_of_english_are_one_word() -> None:
    evidence = replace(EVIDENCE, mentions=("Pericenter distances of neighboring fibers were analyzed.",))
    assert score("Pericentre of the neighbouring fibres as analysed.", evidence=evidence) == 1.0
