"""Write the sample papers of the offline demo, byte for byte the same on every run.

python tools/make_demo_papers.py            write omnisci_etl/demo/papers
python tools/make_demo_papers.py --check    exit with 1 where a file differs from what would be written
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parent))

from demo_papers import model, write_jats, write_latex, write_latexml, write_nature, write_pdf
from demo_papers.model import Figure, Paper

TARGET = Path(__file__).parents[1] / "omnisci_etl" / "demo" / "papers"
WRITERS = {
    "jats": write_jats.write,
    "nature": write_nature.write,
    "latex": write_latex.write,
    "latexml": write_latexml.write,
    "pdf": write_pdf.write,
}
SIDECAR_KEYS = {
    "jats": ("subjects",),
    "nature": (),
    "latex": ("published_on", "license", "arxiv_categories"),
    "latexml": ("published_on", "license", "arxiv_categories"),
    "pdf": ("title", "published_on", "license", "doi", "subjects", "arxiv_categories"),
}
CLASSES = {
    "by": "cc-by",
    "by-nc": "cc-by-nc",
    "by-sa": "cc-by-sa",
    "zero": "cc0",
    "nonexclusive-distrib": "arxiv-nonexclusive",
}


def sidecar(paper: Paper) -> dict[str, bytes]:
    """What the document itself cannot say; inside a paper's folder, or beside its single file."""
    values = {key: _plain(getattr(paper, key)) for key in SIDECAR_KEYS[paper.format]}
    values = {key: value for key, value in values.items() if value}
    if not values:
        return {}
    single = Path(paper.path).suffix in {".gz", ".pdf"}
    name = f"{paper.path}.yaml" if single else f"{paper.path}/paper.yaml"
    return {name: _yaml(values)}


def entry(paper: Paper) -> dict[str, Any]:
    """What the manifest says about a paper: the truth that parsers are tested against."""
    return {
        "path": paper.path,
        "format": paper.format,
        "title": paper.title,
        "published_on": paper.published_on,
        "article_type": paper.article_type,
        "license_class": CLASSES[paper.license.rstrip("/").split("/")[-2]],
        "disciplines": list(paper.disciplines),
        "figures": [_figure(paper, figure) for figure in paper.figures],
    }


def _figure(paper: Paper, figure: Figure) -> dict[str, Any]:
    mentions = paper.mentions(figure.number)
    return {
        "label": f"{'Fig.' if _is_journal(paper) else 'Figure'} {figure.number}",
        "panels": list(figure.panels),
        "pictures": len(figure.pictures),
        "mentions": len(mentions),
        "mentioned_panels": ["".join(panels) for panels in mentions],
        "third_party": figure.third_party,
    }


def _is_journal(paper: Paper) -> bool:
    return paper.path.startswith("natcomms/")


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _yaml(value: object) -> bytes:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=150).encode()


def files(papers: Iterable[Paper]) -> dict[str, bytes]:
    """Every file of the papers, by its path below the papers folder."""
    return {name: data for paper in papers for name, data in (WRITERS[paper.format](paper) | sidecar(paper)).items()}


def manifest(papers: Iterable[Paper]) -> bytes:
    """The manifest of the papers."""
    return b"# Written by tools/make_demo_papers.py.\n" + _yaml(
        {"papers": {paper.id: entry(paper) for paper in papers}}
    )


def main(arguments: list[str]) -> int:
    """Write or check; the exit code."""
    parser = argparse.ArgumentParser(description="Write the sample papers of the offline demo.")
    parser.add_argument("--check", action="store_true", help="compare with what is there instead of writing")
    check = parser.parse_args(arguments).check
    papers = model.load()
    wanted = files(papers) | {"MANIFEST.yaml": manifest(papers)}
    present = {path.relative_to(TARGET).as_posix(): path for path in TARGET.rglob("*") if path.is_file()}
    if check:
        differing = sorted(
            {n for n in wanted if n not in present or present[n].read_bytes() != wanted[n]} | (present.keys() - wanted)
        )
        sys.stdout.write("".join(f"differs: {name}\n" for name in differing))
        return 1 if differing else 0
    shutil.rmtree(TARGET, ignore_errors=True)
    for name, data in wanted.items():
        path = TARGET / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    sys.stdout.write(f"{len(papers)} papers, {len(wanted)} files, {sum(map(len, wanted.values())) / 1e6:.2f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
