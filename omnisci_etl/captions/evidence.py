"""What a captioner is given of a figure, whoever it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PanelText:
    """A lettered part of the figure with its part of the author caption."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class MentionText:
    """A paragraph of the body that names the figure, its section, and the panels it names."""

    text: str
    section: str = ""
    panels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything textual that the paper says of a figure; the texts are data of strangers.

    label is the figure's own ("Fig. 1"), title the paper's; kind is our guess from the caption and no evidence.
    """

    label: str
    author_caption: str
    title: str = ""
    kind: str = ""
    panels: tuple[PanelText, ...] = ()
    mentions: tuple[MentionText, ...] = ()
