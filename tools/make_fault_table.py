"""Writes docs/faults.md: how often the deterministic scorers find faults that were planted in true captions.

Needs the real documents (OMNISCI_REALDATA, as the tests); no word of them goes into the table.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "judging"))

import fault_corpus  # noqa: E402
import fault_rates  # noqa: E402
from faults import GROUPS, Case, Library  # noqa: E402

from omnisci_etl.judging.scorers import Scorer, default_scorers  # noqa: E402

REALDATA = Path(os.environ.get("OMNISCI_REALDATA", ROOT.parent / "shared" / "data" / "real"))
PAGE = ROOT / "docs" / "faults.md"
# The scorer that each fault is a matter of; none is expected to see a negation.
OWN = {
    "number changed": "numbers-grounded", "numbers exchanged": "numbers-grounded", "unit swapped": "numbers-grounded",
    "panel dropped": "panels-covered", "panels swapped": "panels-covered", "entity replaced": "names-grounded",
    "foreign sentence": "on-topic", "dangling reference": "self-contained",
}  # fmt: skip
INTRODUCTION = """\
# Planted faults

Written by `tools/make_fault_table.py`; the generator is tests/judging/faults.py, the captions are made by
tests/judging/fault_corpus.py. One fault is planted in a true caption, and counts as found where the score falls below a
threshold. "Strict gate": the weakest of the deterministic scores lies below 0.65, which lets no slip through; the default
of 0.6 accepts a caption of whose numbers or names up to a fifth contradict the evidence (docs/scorers.md), and nothing
else that 0.65 does not. "Own scorer": the score of the one scorer that
the fault is a matter of lies below the largest threshold that flags no more than 5 % of the true captions of the same
table (ties are not flagged). Numbers and units are changed only where the evidence states them, entities only where it
names them: what only the picture shows no text can tell to be wrong. A negation is a matter of the judge; it stands here
to show that these scorers do not see it.

Where captions come from: *author*, the author's caption without sentences that point elsewhere; *composed*, that and the
sentences of the text that name the figure, with an entry a panel; *respelled*, the same in other words, with numbers
and units spelled another way and statements of what only the picture shows; *by panels*, an answer of a model: what the
figure is, what is seen, and an entry a panel that ends with something seen; *written*, by hand; *expert*, descriptions
that people wrote of figures, in their own words and with values read off charts; *as printed*, the author's caption with
all its pointers, which are real faults of a caption that is to be read alone.
"""


def main() -> None:
    """Measures and writes the page."""
    real, samples = fault_corpus.real(REALDATA), fault_corpus.samples()
    library = Library.of(real)
    scorers = default_scorers()
    parts = [INTRODUCTION]
    for title, kept_back in (("papers kept back", True), ("papers of development", False)):
        half = [case for case in real if fault_corpus.kept_back(case) == kept_back]
        parts += section(f"Real papers: {title}", half, library, scorers)
    parts += section("Bundled sample papers", samples, Library.of(samples), scorers)
    PAGE.write_text("\n".join(parts), "utf-8")


def section(title: str, cases: Sequence[Case], library: Library, scorers: Sequence[Scorer]) -> Iterator[str]:
    """A part of the page: false alarms by kind of caption, then detection by fault."""
    papers = len({case.paper for case in cases})
    yield f"## {title}\n\n{len(cases)} captions of {papers} papers.\n"
    yield from false_alarms(cases, scorers)
    for heading, styles in (
        ("Captions from the paper's words", ("author", "composed", "written")),
        ("Captions in other words, with what only the picture shows", ("respelled", "by panels")),
        ("Descriptions written by people", ("expert",)),
    ):
        chosen = [case for case in cases if case.style in styles]
        if chosen:
            yield f"\n### {heading}\n"
            yield from detection(chosen, library, scorers)
    yield ""


def false_alarms(cases: Sequence[Case], scorers: Sequence[Scorer]) -> Iterator[str]:
    """Share of true captions below the gate, by where they come from."""
    names = [*(scorer.name for scorer in scorers), fault_rates.WHOLE]
    yield "True captions below 0.65 (false alarms of the strict gate):\n"
    yield f"| captions | n | {' | '.join(names)} |"
    yield "|---" * (len(names) + 2) + "|"
    for style, count in Counter(case.style for case in cases).items():
        found = fault_rates.alarms(scorers, [case for case in cases if case.style == style])
        yield f"| {style} | {count} | {' | '.join(percent(found[name]) for name in names)} |"
    clean = fault_corpus.without_pointers(cases)
    found = fault_rates.alarms(scorers, clean)
    yield f"| all but as printed | {len(clean)} | {' | '.join(percent(found[name]) for name in names)} |"


def detection(cases: Sequence[Case], library: Library, scorers: Sequence[Scorer]) -> Iterator[str]:
    """Share of planted faults that are found."""
    found = fault_rates.rates(scorers, cases, library)
    yield "| fault | n | strict gate | own scorer | scorer |"
    yield "|---|---|---|---|---|"
    for group, names in GROUPS.items():
        every = fault_rates.together(found, names)
        if every is None:
            continue
        yield row(f"**{group}**", every, OWN.get(group))
        for name in names if len(names) > 1 else ():
            if name in found:
                yield row(name, found[name], OWN.get(group))


def row(title: str, rates: fault_rates.Rates, own: str | None) -> str:
    """A line of a table."""
    scorer = percent(rates.at_alarms[own]) if own in rates.at_alarms else "–"
    return f"| {title} | {rates.count} | {percent(rates.at_gate[fault_rates.WHOLE])} | {scorer} | {own or '–'} |"


def percent(share: float) -> str:
    """A share as the table prints it."""
    return f"{100 * share:.1f} %"


if __name__ == "__main__":
    main()
