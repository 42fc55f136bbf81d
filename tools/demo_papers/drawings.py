"""The drawings by name, as bytes."""

from __future__ import annotations

from functools import cache

from demo_papers import plots_arxiv_tex, plots_brain_earth, plots_chemistry_patch, plots_materials, plots_other
from demo_papers.canvas import ENCODERS

FIGURES = {
    **plots_materials.FIGURES,
    **plots_brain_earth.FIGURES,
    **plots_chemistry_patch.FIGURES,
    **plots_arxiv_tex.FIGURES,
    **plots_other.FIGURES,
}


@cache
def draw(name: str, encoder: str) -> bytes:
    """The picture in the format of the encoder ("png", "jpg", "pdf")."""
    return ENCODERS[encoder](FIGURES[name]())
