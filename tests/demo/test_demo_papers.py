"""The bundled sample papers: parsers find what the manifest says, and the generator writes the same again."""

from __future__ import annotations

import io
import re
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from lxml import etree
from PIL import Image

from omnisci_etl.papers import disciplines, registry
from omnisci_etl.papers.model import Document

PAPERS = Path(str(files("omnisci_etl.demo").joinpath("papers")))
MANIFEST: dict[str, dict[str, Any]] = yaml.safe_load((PAPERS / "MANIFEST.yaml").read_text("utf-8"))["papers"]
KINDS = {"jats": "jats", "nature": "nature-html", "latex": "eprint", "latexml": "latexml", "pdf": "pdf"}
SUFFIXES = {"jats": ".xml", "nature": ".html", "latexml": ".html"}
XLINK = "{http://www.w3.org/1999/xlink}href"

each_paper = pytest.mark.parametrize("name", MANIFEST)


def of_format(*formats: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", [n for n, entry in MANIFEST.items() if entry["format"] in formats])


def main_file(name: str) -> Path:
    entry = MANIFEST[name]
    path = PAPERS / entry["path"]
    return path / f"{name}{SUFFIXES[entry['format']]}" if entry["format"] in SUFFIXES else path


@cache
def document(name: str) -> Document:
    return registry.parse(KINDS[MANIFEST[name]["format"]], main_file(name).read_bytes())


def sidecar(name: str) -> dict[str, Any]:
    path = PAPERS / MANIFEST[name]["path"]
    found = path / "paper.yaml" if path.is_dir() else Path(f"{path}.yaml")
    return dict(yaml.safe_load(found.read_text("utf-8"))) if found.exists() else {}


def members(name: str) -> dict[str, bytes]:
    with tarfile.open(main_file(name)) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar.getmembers()}  # type: ignore[union-attr]


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    pytest.importorskip("matplotlib", reason="the sample figures are drawn with matplotlib")
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "tools"))
    import make_demo_papers

    yield make_demo_papers
    for module in set(sys.modules) - before:
        if module.partition(".")[0] in {"demo_papers", "make_demo_papers"}:
            del sys.modules[module]


def test_the_set_is_what_the_demo_promises() -> None:
    assert Counter(e["format"] for e in MANIFEST.values()) == {
        "jats": 4,
        "nature": 3,
        "latex": 3,
        "latexml": 2,
        "pdf": 2,
    }
    assert len({e["disciplines"][0] for e in MANIFEST.values()}) >= 6
    assert sum(len(e["figures"]) for e in MANIFEST.values()) == 38
    assert all(2 <= len(e["figures"]) <= 4 or e["article_type"] == "correction" for e in MANIFEST.values())
    assert sum(path.stat().st_size for path in PAPERS.rglob("*") if path.is_file()) < 3_000_000


def test_the_gates_have_something_to_stop() -> None:
    assert Counter(e["article_type"] for e in MANIFEST.values())["correction"] == 1
    classes = Counter(e["license_class"] for e in MANIFEST.values())
    assert classes["cc-by-nc"] == classes["arxiv-nonexclusive"] == 1
    assert classes["cc-by"] >= 8
    credited = [(n, i) for n, e in MANIFEST.items() for i, f in enumerate(e["figures"]) if f["third_party"]]
    ((name, index),) = credited
    assert "with permission" in document(name).figures[index].caption
    others = [f.caption for n in MANIFEST for i, f in enumerate(document(n).figures) if (n, i) != (name, index)]
    assert not any("permission" in caption for caption in others)


@each_paper
def test_front_matter_is_found(name: str) -> None:
    entry, found, beside = MANIFEST[name], document(name), sidecar(name)
    assert found.title == entry["title"] or beside.get("title") == entry["title"]
    assert entry["published_on"] in {str(found.published_on), str(beside.get("published_on"))}
    assert found.article_type == entry["article_type"]
    assert found.license_uri or beside["license"]
    assert name == "correction-perovskite" or found.abstract or entry["format"] == "pdf"


@each_paper
def test_figures_are_exactly_those_of_the_manifest(name: str) -> None:
    wanted, found = MANIFEST[name]["figures"], document(name).figures
    assert [figure.label for figure in found] == [figure["label"] for figure in wanted]
    assert [figure.reject_slug for figure in found] == [None] * len(wanted)
    assert all(len(figure.caption.split()) >= 8 for figure in found)


@each_paper
def test_panels_are_exactly_those_of_the_manifest(name: str) -> None:
    for wanted, found in zip(MANIFEST[name]["figures"], document(name).figures, strict=True):
        assert [panel.label for panel in found.panels] == wanted["panels"], found.label
        assert all(panel.text for panel in found.panels)


@each_paper
def test_mentions_are_exactly_those_of_the_manifest(name: str) -> None:
    for wanted, found in zip(MANIFEST[name]["figures"], document(name).figures, strict=True):
        assert len(found.mentions) == wanted["mentions"] >= 1, found.label
        named = ["".join(mention.panels) for mention in found.mentions]
        assert named == wanted["mentioned_panels"], found.label


@of_format("jats", "nature", "latexml")
def test_each_picture_lies_beside_its_document(name: str) -> None:
    folder = {path.stem: path for path in (PAPERS / MANIFEST[name]["path"]).iterdir()}
    for wanted, found in zip(MANIFEST[name]["figures"], document(name).figures, strict=True):
        stems = [re.sub(r"\.\w+$", "", picture.name.rpartition("/")[2]) for picture in found.pictures]
        assert len(set(stems)) == wanted["pictures"]
        for stem in stems:
            with Image.open(folder[stem]) as image:
                assert min(image.size) >= 200


@of_format("latex")
def test_each_picture_lies_in_its_package(name: str) -> None:
    for wanted, found in zip(MANIFEST[name]["figures"], document(name).figures, strict=True):
        assert len(found.pictures) == wanted["pictures"]
        assert all(picture.data and len(picture.data) > 1000 for picture in found.pictures)


@of_format("pdf")
def test_each_picture_is_placed_on_its_page(name: str) -> None:
    for found in document(name).figures:
        assert found.page is not None
        assert found.bbox is not None
        x0, y0, x1, y1 = found.bbox
        assert x1 - x0 > 150
        assert y1 - y0 > 100


@each_paper
def test_disciplines_follow_from_the_paper(name: str) -> None:
    beside = sidecar(name)
    evidence = {key: beside.get(key) or [] for key in ("arxiv_categories", "subjects")}
    if not beside:
        evidence["subjects"] = list(document(name).subjects)
    assigned = disciplines.load().classify(**evidence)
    assert [one.discipline for one in assigned] == MANIFEST[name]["disciplines"]


@of_format("jats", "nature", "latexml")
def test_each_page_says_that_it_is_a_sample(name: str) -> None:
    assert "This is a synthetic sample paper" in main_file(name).read_text("utf-8")


@of_format("latex")
def test_each_package_says_that_it_is_a_sample(name: str) -> None:
    assert b"This is a synthetic sample paper" in members(name)["main.tex"]


@of_format("pdf")
def test_each_pdf_says_that_it_is_a_sample(name: str) -> None:
    import pymupdf

    with pymupdf.open(main_file(name)) as opened:
        text = " ".join(" ".join(page.get_text().split()) for page in opened)
    assert "This is a synthetic sample paper" in text


@of_format("jats")
def test_jats_is_as_pmc_serves_it(name: str) -> None:
    root = etree.fromstring(main_file(name).read_bytes(), etree.XMLParser(load_dtd=False, resolve_entities=False))
    ids = [node.get("id") for node in root.iterfind(".//fig")]
    hrefs = [node.get(XLINK) for node in root.iterfind(".//graphic")]
    assert ids == [f"Fig{n}" for n in range(1, len(MANIFEST[name]["figures"]) + 1)]
    assert all(re.fullmatch(r"41467_\d{4}_\d+_Fig\d_HTML", str(href)) for href in hrefs)
    assert {node.get("rid") for node in root.iterfind(".//xref[@ref-type='fig']")} == set(ids)


def test_the_correction_names_the_article_that_it_corrects() -> None:
    (related,) = document("correction-perovskite").related
    assert related.kind == "corrected-article"
    assert related.doi == document("perovskite-cycling").doi
    assert document("correction-perovskite").figures == ()


def test_no_sample_borrows_a_real_identifier() -> None:
    for name in MANIFEST:
        doi = document(name).doi or sidecar(name).get("doi")
        assert doi is None or doi.startswith("10.5555/"), name


def test_archives_carry_no_time_and_no_owner() -> None:
    for name, entry in MANIFEST.items():
        if entry["format"] == "latex":
            assert main_file(name).read_bytes()[4:8] == bytes(4)
            with tarfile.open(main_file(name)) as tar:
                assert {(m.mtime, m.uid, m.gid, m.uname, m.isfile()) for m in tar} == {(0, 0, 0, "", True)}


def test_the_generator_writes_the_texts_again(generator: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    writers = [sys.modules[f"demo_papers.write_{name}"] for name in ("jats", "nature", "latex", "latexml")]
    for writer in writers:
        monkeypatch.setattr(writer, "draw", lambda name, encoder: b"")
    papers = generator.model.load()
    written = generator.files(paper for paper in papers if paper.format != "pdf")
    texts = {name: data for name, data in written.items() if name.endswith((".xml", ".html", ".yaml"))}
    assert len(texts) >= 18
    for name, data in texts.items():
        assert (PAPERS / name).read_bytes() == data, name
    assert (PAPERS / "MANIFEST.yaml").read_bytes() == generator.manifest(papers)
    for name in (n for n in written if n.endswith(".tar.gz")):
        with tarfile.open(fileobj=io.BytesIO(written[name])) as tar:
            tex = {m.name: tar.extractfile(m).read() for m in tar if m.name.endswith(".tex")}  # type: ignore[union-attr]
        assert tex.items() <= members(Path(name).name.removesuffix(".tar.gz")).items()


@pytest.mark.parametrize(("drawing", "encoder"), [("soil-3", "png"), ("foam_845", "jpg"), ("transit_timing", "pdf")])
def test_drawings_do_not_change_between_runs(generator: ModuleType, drawing: str, encoder: str) -> None:
    drawings = sys.modules["demo_papers.drawings"]
    first = drawings.draw.__wrapped__(drawing, encoder)
    assert first == drawings.draw.__wrapped__(drawing, encoder)
    assert b"CreationDate" not in first


def test_pdfs_do_not_change_between_runs(generator: ModuleType) -> None:
    (paper,) = (p for p in generator.model.load() if p.id == "shade-cycling")
    assert generator.WRITERS["pdf"](paper) == generator.WRITERS["pdf"](paper)


def test_every_drawing_is_used_once(generator: ModuleType) -> None:
    used = [name for paper in generator.model.load() for figure in paper.figures for name in figure.pictures]
    assert sorted(used) == sorted(sys.modules["demo_papers.drawings"].FIGURES)


@pytest.mark.parametrize(
    ("markup", "refs"),
    [
        ("1", [(1, (), "")]),
        ("2a,c", [(2, ("a", "c"), "a, c")]),
        ("3a-c", [(3, ("a", "b", "c"), "a–c")]),
        ("1;3b", [(1, (), ""), (3, ("b",), "b")]),
        ("1L", [(1, (), "")]),
    ],
)
def test_mention_markup(generator: ModuleType, markup: str, refs: list[tuple[int, tuple[str, ...], str]]) -> None:
    assert [(r.number, r.panels, r.suffix) for r in generator.model.parse_refs(markup)] == refs
