"""Kinds of figures by their captions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnisci_etl.figures.kinds import KINDS, kind_of


@pytest.mark.parametrize(
    ("caption", "panels", "kind"),
    [
        ("Western blot of lysates after electrophoresis.", 0, "gel"),
        ("Scanning electron micrographs of the fibres. Scale bars, 5 µm.", 3, "microscopy"),
        ("Geographic distribution of sites by latitude and longitude.", 0, "map"),
        ("Schematic of the experimental set-up and workflow.", 2, "schematic"),
        ("Absorption spectra as a function of temperature; error bars show s.d.", 2, "chart"),
        ("Reaction schemes and substrate scope.", 0, "chemical-structure"),
        ("Photographs of the device.", 0, "photo"),
        ("A, b and c.", 0, "other"),
        (
            "Schematic of the device, SEM image with scale bar, and spectra versus time with an overview of the set-up. Micrographs below.",
            6,
            "composite",
        ),
    ],
)
def test_words_tell_the_kind(caption: str, panels: int, kind: str) -> None:
    assert kind_of(caption, panels) == kind


@given(caption=st.text(max_size=400), panels=st.integers(0, 30))
def test_every_caption_has_a_kind(caption: str, panels: int) -> None:
    assert kind_of(caption, panels) in KINDS


@given(panels=st.integers(0, 3))
def test_few_panels_are_not_composite(panels: int) -> None:
    assert kind_of("Schematic, SEM micrograph, spectra versus time.", panels) != "composite"
