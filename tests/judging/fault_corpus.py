"""True captions to plant faults in: of the bundled sample papers and pairs.yaml, and of real papers where they are at hand.

Each figure gives several: the author's own words, what the extractive captioner composes, the same respelled in other
words and with what only the picture shows, and an answer by panels as a model gives it.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import yaml
from faults import Case

from omnisci_etl.captions.evidence import Evidence as Material
from omnisci_etl.captions.evidence import MentionText, PanelText
from omnisci_etl.captions.providers.extractive import compose
from omnisci_etl.errors import BadInput
from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.papers import eprint, jats, latexml, nature_html
from omnisci_etl.papers.isolate import close_workers, run_isolated
from omnisci_etl.papers.model import Document, Figure

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "omnisci_etl" / "demo" / "papers"

# What a reader of the picture says and no text holds.
SEEN = (
    "The bars are blue and the background is white.",
    "The y axis runs upward and a legend stands in the upper right corner.",
    "The x axis runs from 0 to {a} in steps of {b}.",
    "The vertical axis extends from 0 to {c} and carries six tick marks.",
    "Three curves are drawn in black, red and orange.",
    "The tallest bar reaches about {a} on the vertical axis.",
    "Dashed grey lines mark the mean of each group.",
    "A colour bar from {c} to {a} stands to the right of the map.",
    "The points scatter more widely towards the right edge.",
    "A white scale bar lies in the lower left corner.",
    "The logarithmic axis spans four decades.",
    "The curve peaks near {b} and then flattens.",
    "Open circles and filled squares tell the two groups apart.",
    "The inset in the lower right corner enlarges the first part of the curve.",
    "Arrows point at the bright spots in the centre.",
    "The legend lists five entries, each with its own colour.",
    "There are roughly {b} data points, most of them in the lower half.",
    "The heat map has {b} rows and uses a colour scale from dark purple to yellow.",
    "The shaded band around each line is narrow.",
    "Labels in the image read Control and Treated.",
)
_SAME = (
    (r"\bshows\b", "depicts"), (r"\bshow\b", "present"), (r"\bshowing\b", "presenting"), (r"\bas a function of\b", "plotted against"),
    (r"\bmeasured\b", "recorded"), (r"\bindicates?\b", "mark"), (r"\bincreases\b", "rises"), (r"\bdecreases\b", "falls"), (r"\brepresents?\b", "stand for"),
    (r"\bcomparison of\b", "contrast between"), (r"\bobtained\b", "derived"), (r"\bexperiments?\b", "trials"), (r"\bIn addition,? ", "Also, "), (r"\bHowever,? ", ""),
    (r"\busing\b", "by means of"), (r"\bcorresponds? to\b", "belong to"), (r"\bWe (?:find|found|observed?|see) that ", ""), (r"(?<=\d) ?°C\b", " degrees Celsius"),
    (r"(?<=\d) ?%", " percent"), (r"(?<=\d),(?=\d{3}\b)", ""), (r"(?<=\d)[–-](?=\d+(?:\.\d+)? ?(?:nm|mm|µm|μm|s|h|min|K|mM|µM|kHz|Hz|GPa|MPa)\b)", " to "),
    (r"\b(n|N|P|p) ?([=<>]) ?(?=\d)", r"\1 \2 "), (r"(?<=\d) h\b", " hours"), (r"(?<=\d) ?min\b", " minutes"), (r"(?<=\d)(?:\u2009|\u00a0)", " "), (r"µ", "μ"),
)  # fmt: skip


# Less of a caption is left where sentences had to go that point elsewhere, and with them panels.
_WHOLE = 0.9


def case_of(paper: str, style: str, figure: Figure, title: str, body: str, panels: Iterable[tuple[str, str]]) -> Case:
    beside = [p.text for p in figure.panels if p.text not in figure.caption]
    evidence = Evidence(
        author_caption=" ".join([figure.caption, *dict.fromkeys(beside)]),
        panel_labels=tuple(p.label for p in figure.panels),
        mentions=tuple(m.text for m in figure.mentions),
        label=figure.label,
        title=title,
        panel_texts=tuple(p.text for p in figure.panels),
    )
    return Case(paper, style, Candidate(body, tuple(panels), evidence))


def respelled(text: str) -> str:
    """The text in other words, with numbers and units spelled another way."""
    for pattern, new in _SAME:
        text = re.sub(pattern, new, text)
    return text


def seen(rng: random.Random, count: int) -> list[str]:
    """Statements about a picture."""
    numbers = {
        "a": rng.choice((60, 80, 120, 250, 400)),
        "b": rng.choice((5, 15, 30, 40)),
        "c": rng.choice((1.2, 0.8, 2.5)),
    }
    return [one.format(**numbers) for one in rng.sample(SEEN, count)]


def cases_of(paper: str, document: Document) -> Iterator[Case]:
    """The true captions of each figure of a document; none of a figure of whose caption nothing can stand alone."""
    for figure in document.figures:
        rng = random.Random(f"{paper} {figure.locator}")
        panels = tuple(PanelText(p.label, p.text) for p in figure.panels)
        mentions = tuple(MentionText(m.text, m.section, m.panels) for m in figure.mentions)
        own = compose(Material(figure.label, figure.caption))
        full = compose(Material(figure.label, figure.caption, document.title, "", panels, mentions))
        if len(own.body.split()) < 8:
            continue
        alone = all(panel.text in figure.caption for panel in figure.panels)
        if alone:
            yield case_of(paper, "as printed", figure, document.title, figure.caption, ())
        if alone and len(own.body) > _WHOLE * len(figure.caption):
            yield case_of(paper, "author", figure, document.title, own.body, ())
        yield case_of(paper, "composed", figure, document.title, full.body, full.panels)
        said = [respelled(one) for one in (full.body, *(text for _, text in full.panels))]
        body = " ".join([said[0], *seen(rng, 2)])
        yield case_of(
            paper, "respelled", figure, document.title, body, zip((p for p, _ in full.panels), said[1:], strict=True)
        )
        if len(full.panels) >= 2:
            yield case_of(
                paper, "by panels", figure, document.title, *_by_panels(full.body, own.body, full.panels, rng)
            )


def _by_panels(
    full: str, own: str, panels: Iterable[tuple[str, str]], rng: random.Random
) -> tuple[str, list[tuple[str, str]]]:
    """An answer of a model: what the figure is, what is seen, what the paper says of it, and an entry a panel."""
    first = re.split(r"(?<=[a-z)]\.) (?=[A-Z])", own)[0]
    said = full[len(own) :].strip() if full.startswith(own) else ""
    entries = [(label, f"{text if text.endswith('.') else text + '.'} {seen(rng, 1)[0]}") for label, text in panels]
    return " ".join(part for part in (first, *seen(rng, 2), respelled(said)) if part), entries


PARSERS = {".xml": jats.parse, ".nxml": jats.parse}


def _read(path: Path) -> Document | None:
    """The parsed document, None of what is no document with figures."""
    name, data = path.name, path.read_bytes()
    try:
        if name.endswith((".xml", ".nxml")):
            return jats.parse(data)
        if name.endswith(".html"):
            return (
                nature_html.parse(data)
                if b"springer" in data[:20_000] or b"nature.com" in data[:20_000]
                else latexml.parse(data)
            )
        if name.endswith(".pdf"):
            return run_isolated("omnisci_etl.papers.pdf:parse", data, seconds=200, megabytes=4096)  # type: ignore[no-any-return]
        return eprint.parse(data) if name.endswith((".gz", ".tgz", ".tar", ".zip")) else None
    except BadInput:
        return None


def _pairs() -> Iterator[Case]:
    for entry in yaml.safe_load((HERE / "pairs.yaml").read_text("utf-8")):
        evidence = Evidence(
            entry["author_caption"], tuple(entry.get("panel_labels", ())), tuple(entry["mentions"]), label=entry["label"], title=entry["title"]
        )  # fmt: skip
        yield Case(entry["id"], "written", Candidate(entry["body"], tuple(entry.get("panels", {}).items()), evidence))


@cache
def samples() -> tuple[Case, ...]:
    """The bundled papers (PDF left out: slow) and the pairs written by hand."""
    papers = [path for path in sorted(SAMPLES.rglob("*")) if path.name.endswith((".xml", ".html", ".tar.gz"))]
    read = ((path.name.partition(".")[0], _read(path)) for path in papers)
    return (*(case for name, document in read if document for case in cases_of(name, document)), *_pairs())


FOLDERS = ("natcomms_jats", "jats_other_journals", "natcomms_html", "nature_sibling_html", "arxiv_html", "arxiv_source", "natcomms_pdf", "arxiv_pdf")  # fmt: skip
# The same papers in another format.
_TWINS = re.compile(r"^(?:.*_)?(?P<stem>1707\.0\d{4}|1803\.07574)")


@cache
def real(root: Path) -> tuple[Case, ...]:
    """True captions of the real documents and, as "expert", descriptions of figures that people wrote."""
    cases: list[Case] = []
    known: set[str] = set()
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = path.parent.name if path.parent.name != folder else path.name
            twin = _TWINS.match(name)
            key = twin["stem"] if twin else name
            if not path.is_file() or key in known:
                continue
            document = _read(path)
            if document and document.figures:
                known.add(key)
                cases += cases_of(key, document)
    close_workers()
    return (*cases, *_experts(root / "human_judgement" / "anafig"))


_LATEX = (
    (r"\\(?:label|includegraphics|vspace|centering|begin|end)(?:\[[^\]]*\])?(?:\{[^{}]*\})?", " "), (r"\\caption\b", " "),
    (r"\\%", "%"), (r"\\(?:textbf|textit|emph|footnotesize|mathrm|text|mathcal|small|underline|texttt)\b", ""), (r"~", " "),
    (r"\\cite\w*\{[^{}]*\}", "[1]"), (r"[${}]", ""), (r"\\times", "×"), (r"\\[A-Za-z]+", lambda m: m[0][1:]), (r"\s+", " "),
)  # fmt: skip


def _plain(latex: str, label: str) -> str:
    text = latex.replace(f"\\ref{{{label}}}", "1")
    text = re.sub(r"\\(?:ref|cref|autoref|eqref)\{[^{}]*\}", "7", text)
    for pattern, new in _LATEX:
        text = re.sub(pattern, new, text)  # type: ignore[call-overload]
    return text.strip()


def _experts(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.glob("*.json")):
        for entry in json.loads(path.read_text("utf-8")).values():
            label = entry["label1"]
            evidence = Evidence(_plain(entry["caption1"], label), (), (_plain(entry["text"], label),), label="Figure 1")
            yield Case(
                entry["figure1"].partition("_")[0],
                "expert",
                Candidate(_plain(entry["summarization"], label), (), evidence),
            )


def kept_back(case: Case) -> bool:
    """Whether the case belongs to the half of the papers that nothing is fitted to."""
    return int(hashlib.sha256(case.paper.encode()).hexdigest(), 16) % 2 == 1


def unseen_by_text(case: Case) -> bool:
    """Whether the caption also says what only the picture shows."""
    return case.style in ("respelled", "by panels", "expert")


def without_pointers(cases: Iterable[Case]) -> list[Case]:
    """The cases whose caption is meant to be read alone: captions as printed point elsewhere, and rightly lose by it."""
    return [case for case in cases if case.style != "as printed"]


def read_picture(case: Case) -> Case:
    """The case with what only the picture shows as text read off it."""
    evidence = replace(case.candidate.evidence, picture_text=case.candidate.body)
    return replace(case, candidate=replace(case.candidate, evidence=evidence))
