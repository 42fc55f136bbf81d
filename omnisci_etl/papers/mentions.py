"""The paragraphs that mention each figure, and the figures that the text speaks of."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

from omnisci_etl.errors import HostileInput
from omnisci_etl.papers.figure_references import (
    Reference,
    bare_panels,
    figure_number,
    find_references,
    split_label,
)
from omnisci_etl.papers.model import Figure, Link, Mention, Panel, Paragraph
from omnisci_etl.papers.panel_lists import numbered_panels
from omnisci_etl.papers.sentences import sentence_at, sentences

__all__ = [
    "Reference",
    "figure_number",
    "find_references",
    "mentions",
    "sentence_at",
    "sentences",
    "split_label",
    "survey",
]

# Of all mentions together, as each figure that a paragraph names has one with its whole text; beside its text each
# takes room, and time to find its sentence.
_MAX_TEXT = 50_000_000
_MENTION = 2_000
# References under one link: further ones say nothing of its panels.
_MAX_OVER = 50
_START = itemgetter(0)
_FIRST_NUMBER = re.compile(r"[0-9]{1,3}")
# No number stands so far behind the beginning of what names its figure.
_LONGEST_HEAD = 200
_LEADS = frozenset(",;-–(")
_Hit = tuple[int, tuple[str, ...], bool]


def mentions(paragraphs: Iterable[Paragraph], figures: Mapping[str, str]) -> dict[str, tuple[Mention, ...]]:
    """The mentions of each figure: at most one per paragraph, with the panels that the paragraph names.

    figures maps the locator of each figure to its label; every locator is a key of the result.
    """
    return survey(paragraphs, figures)[0]


def survey(
    paragraphs: Iterable[Paragraph], figures: Mapping[str, str], panels: Mapping[str, Iterable[Panel]] | None = None
) -> tuple[dict[str, tuple[Mention, ...]], tuple[str, ...]]:
    """The mentions of each figure, and the numbers of own figures that the text names and `figures` lacks.

    panels: those of the figures, by locator, where they are known; a mention names numbered panels ("d1") only if its
    figure has them, else by their letters. Raises HostileInput("too-large") where mentions multiply the text beyond
    that of any paper.
    """
    named_panels = {locator: frozenset([panel.label for panel in those]) for locator, those in (panels or {}).items()}
    numbers: dict[str, str] = {}
    for locator, label in figures.items():
        if number := figure_number(label):
            numbers.setdefault(number, locator)
    found: dict[str, list[Mention]] = {locator: [] for locator in figures}
    named: list[str] = []
    room = _MAX_TEXT
    for paragraph in paragraphs:
        references = find_references(paragraph.text)
        hits_of, wrong = _hits(paragraph, references, numbers, figures)
        if wrong:
            references = [reference for n, reference in enumerate(references) if n not in wrong]
        named.extend([reference.number for reference in references])
        said: dict[int, str] = {}
        for locator, hits in hits_of.items():
            if names := named_panels.get(locator):
                hits = _exact(paragraph.text, hits, names)
            letters = tuple(dict.fromkeys([panel for _, panels_there, _ in hits for panel in panels_there]))
            first = hits[0][0]
            sentence = said[first] = said.get(first) or sentence_at(paragraph.text, first)
            namings = sum([counts for _, _, counts in hits])
            room -= len(paragraph.text) + len(paragraph.section) + len(sentence) + _MENTION
            if room < 0:
                raise HostileInput("too-large", f"mentions of more than {_MAX_TEXT} characters")
            found[locator].append(Mention(paragraph.text, paragraph.section, letters, sentence, namings))
    missing = tuple(number for number in _own(named) if _locator(number, numbers) is None)
    return {locator: tuple(those) for locator, those in found.items()}, missing


def survey_figures(
    paragraphs: Iterable[Paragraph], figures: Sequence[Figure]
) -> tuple[dict[str, tuple[Mention, ...]], tuple[str, ...]]:
    """As survey, for figures that are read."""
    labels = {figure.locator: figure.label for figure in figures}
    return survey(paragraphs, labels, {figure.locator: figure.panels for figure in figures})


def _exact(text: str, hits: list[_Hit], names: frozenset[str]) -> list[_Hit]:
    """The namings, with the numbered panels where some are named: "Fig. 1d1, d2", and "Fig. 2, A1–C1" for A to C."""
    numbered = any([name[1:].isdecimal() for name in names])
    return [
        (start, _numbered(text, start, letters, names, numbered), counts) if numbered or not letters else hit
        for hit in hits
        for start, letters, counts in (hit,)
    ]


def _numbered(
    text: str, start: int, letters: tuple[str, ...], names: frozenset[str], numbered: bool
) -> tuple[str, ...]:
    """The panels behind the first number from start on; the letters themselves where none of them has a number."""
    number = _FIRST_NUMBER.search(text, start, start + _LONGEST_HEAD)
    if number is None or not (numbered or text[number.end() : number.end() + 1] in _LEADS):
        return letters
    labels = numbered_panels(text, number.end())
    if not any([label[1:] for label in labels]):
        return letters
    own = [label if label in names else label[0] for label in labels]
    return tuple([label for label in own if label in names or label in letters]) or letters


def _own(numbers: Iterable[str]) -> list[str]:
    """The numbers of the paper's main figures, each once; "1.34" is figure 1 with a citation mark stuck to it, unless
    the paper numbers all its figures by chapter.
    """
    own = [number for number in numbers if not (number.startswith(("S", "ED")) or "-" in number)]
    if any("." not in number for number in own):
        own = [number.partition(".")[0] for number in own]
    return [number for number in dict.fromkeys(own) if number != "0"]


def _hits(
    paragraph: Paragraph, references: Iterable[Reference], numbers: Mapping[str, str], figures: Mapping[str, str]
) -> tuple[dict[str, list[_Hit]], set[int]]:
    """(start, panels, whether it counts) of each naming of each figure in the paragraph, in the order of the text, and
    which of the references are wrong.

    Where a link and the number in its anchor disagree, the link is right. A number under a link to its own figure adds
    its panels and counts with the link, once.
    """
    links = [link for link in paragraph.links if link.target in figures]
    named = [(ref, _locator(ref.number, numbers)) for ref in references]
    if not links and not named:
        return {}, set()
    starts, ends = [ref.start for ref, _ in named], [ref.end for ref, _ in named]
    hits: list[tuple[int, str, tuple[str, ...], bool]] = []
    wrong: set[int] = set()
    linked: set[int] = set()
    for link in links:
        over = range(bisect_right(ends, link.start), bisect_left(starts, link.end))[:_MAX_OVER]
        panels: tuple[str, ...] = (link.panel,) if link.panel else ()
        same = [n for n in over if named[n][1] == link.target]
        linked.update(same)
        if not same:
            wrong.update(over)
            named_there = tuple(panel for n in over for panel in named[n][0].panels)
            panels = panels or named_there or _anchor(paragraph.text, link)
        hits.append((link.start, link.target, panels, True))
    hits.extend(
        [
            (ref.start, locator, ref.panels, n not in linked)
            for n, (ref, locator) in enumerate(named)
            if locator and n not in wrong
        ]
    )
    grouped: dict[str, list[_Hit]] = {}
    for start, locator, panels, counts in sorted(hits, key=_START):
        grouped.setdefault(locator, []).append((start, panels, counts))
    return grouped, wrong


def _locator(number: str, numbers: Mapping[str, str]) -> str | None:
    """The figure of a number; "2.34" is figure 2 and a citation mark where there is no figure 2.34."""
    return numbers.get(number) or numbers.get(number.partition(".")[0])


def _anchor(text: str, link: Link) -> tuple[str, ...]:
    return bare_panels(text[link.start : link.end].strip())
