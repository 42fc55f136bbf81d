"""The markup parsers against real documents, and against what was read in them by eye.

Each figure of each document has a line in realdata_markup.txt. Where a change is meant, the test that compares them
says where the measured lines are, to be looked through and put in their place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from omnisci_etl.errors import BadInput
from omnisci_etl.papers import jats, latexml, nature_html
from omnisci_etl.papers.licences import licence_class, third_party_credit
from omnisci_etl.papers.model import Document, Figure

pytestmark = pytest.mark.realdata

PARSERS: dict[str, Callable[[bytes], Document]] = {
    "natcomms_jats": jats.parse,
    "jats_other_journals": jats.parse,
    "natcomms_html": nature_html.parse,
    "nature_sibling_html": nature_html.parse,
    "arxiv_html": latexml.parse,
}
EXPECTED = Path(__file__).with_name("realdata_markup.txt")
SUFFIXES = {".xml", ".nxml", ".html"}


@pytest.fixture(scope="module")
def documents(realdata: Path) -> dict[str, Document]:
    """Every document of the five classes by its path."""
    files = [path for name in PARSERS for path in sorted((realdata / name).rglob("*")) if path.suffix in SUFFIXES]
    named = {path.relative_to(realdata).as_posix(): path for path in files}
    return {name: PARSERS[name.split("/")[0]](path.read_bytes()) for name, path in named.items()}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def lines(documents: dict[str, Document]) -> Iterator[str]:
    """What is measured: of a document its type, date, rights, people, subjects and relations, then its figures.

    Of a figure: label, letters of the panels, paragraphs that mention it and references in them, digests of the
    beginning of the caption and of all of it, where its pictures are.
    """
    for name, document in documents.items():
        relations = " ".join(f"{one.kind}={one.doi}" for one in document.related) or "-"
        rights = licence_class(document.license_uri)
        counts = f"{len(document.authors)} authors, {len(document.subjects)} subjects"
        yield f"{name} | {document.article_type} | {document.published_on} | {rights} | {counts} | {relations}"
        for figure in document.figures:
            letters = " ".join(panel.label for panel in figure.panels) or "-"
            pictures = " ".join(picture.name.rpartition("/")[2] for picture in figure.pictures) or figure.reject_slug
            mentions = f"{len(figure.mentions)} mentions, {count(figure)} references"
            caption = f"{digest(figure.caption[:100])} {digest(figure.caption)}"
            yield f"    {figure.label} | {letters} | {mentions} | {caption} | {pictures}"


def test_every_figure_is_read_as_it_was(documents: dict[str, Document], tmp_path: Path) -> None:
    measured = list(lines(documents))
    (tmp_path / EXPECTED.name).write_text("".join(f"{line}\n" for line in measured), "utf-8")
    expected = EXPECTED.read_text("utf-8").splitlines()
    assert measured == expected, f"compare {EXPECTED} with {tmp_path / EXPECTED.name}"


def test_pictures_of_nature_pages_are_of_full_size(documents: dict[str, Document]) -> None:
    names = [
        p.name
        for name, d in documents.items()
        if "_html/" in name and "arxiv" not in name
        for f in d.figures
        for p in f.pictures
    ]
    assert len(names) == 57
    start = "https://media.springernature.com/full/springer-static/image/art%3A10.1038%2F"
    assert [name for name in names if not name.startswith(start)] == []


@pytest.fixture(scope="module")
def gold(realdata: Path, documents: dict[str, Document]) -> list[tuple[dict[str, Any], Document]]:
    lines = (json.loads(line) for line in (realdata / "gold.jsonl").read_text("utf-8").splitlines())
    return [(entry, documents[entry["file"]]) for entry in lines if entry["file"] in documents]


def pairs(gold: list[tuple[dict[str, Any], Document]]) -> Iterator[tuple[str, dict[str, Any], Figure]]:
    for entry, document in gold:
        for expected, found in zip(entry["figures"], document.figures, strict=True):
            yield f"{entry['key']} {expected['label']}", expected, found


def count(figure: Figure) -> int:
    """How often the text names a figure."""
    return sum(mention.namings for mention in figure.mentions)


def test_every_document_is_read(documents: dict[str, Document]) -> None:
    assert len(documents) >= 51
    for name, document in documents.items():
        assert document.title, name
        ordinals = [figure.ordinal for figure in document.figures]
        assert ordinals == list(range(1, len(ordinals) + 1)), name
        assert len({figure.locator for figure in document.figures}) == len(ordinals), name
        for figure in document.figures:
            assert figure.caption, (name, figure.label)
            assert "\\documentclass" not in figure.caption, (name, figure.label)
            assert figure.pictures or figure.reject_slug == "no-picture", (name, figure.label)


def test_figures_labels_and_locators(gold: list[tuple[dict[str, Any], Document]]) -> None:
    assert len(gold) >= 17
    for entry, document in gold:
        expected = [(figure["id"], figure["label"]) for figure in entry["figures"]]
        assert [(figure.locator, figure.label) for figure in document.figures] == expected, entry["key"]


def test_captions_begin_as_read_by_eye(gold: list[tuple[dict[str, Any], Document]]) -> None:
    """HTML captions open with their title, which was noted apart (as far as 100 characters); arXiv's with the label.

    Where the page repeats each formula as TeX the note does so too, and only the words before it can be compared.
    """
    for name, expected, found in pairs(gold):
        start = " ".join(expected["caption_start"].split())
        if "natcomms_html" in name:
            assert found.caption.startswith(expected["title"].strip()), name
            assert start in found.caption, name
            continue
        caption = f"{found.label}: {found.caption}" if start.startswith(f"{found.label}:") else found.caption
        if " italic_" in start or "start_ARG" in start:
            assert caption[:33] == start[:33], name
        else:
            assert caption.startswith(start), name


def test_panels(gold: list[tuple[dict[str, Any], Document]]) -> None:
    compared = [(name, e["panels"], [p.label for p in f.panels]) for name, e, f in pairs(gold) if "panels" in e]
    assert len(compared) == 75
    assert [row for row in compared if row[1] != row[2]] == []


def test_references_in_the_text(gold: list[tuple[dict[str, Any], Document]]) -> None:
    """All namings where they were counted, else the linked ones."""
    for name, expected, found in pairs(gold):
        linked = expected.get("linked_intext_refs", expected.get("intext_refs"))
        assert bool(found.mentions) == bool(linked), name
        assert all(mention.sentence and mention.sentence in mention.text for mention in found.mentions), name
        named = expected["text_mentions"] if expected.get("text_mentions") is not None else linked
        assert count(found) == named, name


def test_pictures(gold: list[tuple[dict[str, Any], Document]]) -> None:
    for name, expected, found in pairs(gold):
        names = [picture.name for picture in found.pictures]
        if "graphic" in expected:
            assert names == expected["graphic"], name
        elif "image" in expected:
            assert names == ["https:" + expected["image"].replace("/lw685/", "/full/")], name
        else:
            assert len(names) == expected["n_images"], name


def test_dates_types_and_licences(gold: list[tuple[dict[str, Any], Document]]) -> None:
    for entry, document in gold:
        if "doi" not in entry:
            continue
        assert document.doi == entry["doi"], entry["key"]
        assert str(document.published_on) == entry["published"], entry["key"]
        kind = {"brief-report": "comment"}.get(entry["article_type"], entry["article_type"])
        assert document.article_type == kind, entry["key"]
        expected = "cc-by" if entry["licence"].startswith("CC BY") else "unknown"
        assert licence_class(document.license_uri) == expected, entry["key"]


def test_corrections_name_what_they_correct(documents: dict[str, Document]) -> None:
    corrections = [document for document in documents.values() if document.article_type == "correction"]
    assert len(corrections) == 3
    assert all(document.related[0].kind == "corrected-article" and not document.figures for document in corrections)


def test_both_captures_of_a_page_are_the_same(documents: dict[str, Document]) -> None:
    folder = "natcomms_html/s41467-018-06211-3/s41467-018-06211-3"
    assert documents[f"{folder}.html"] == documents[f"{folder}.capture2.html"]


def test_credit_lines(documents: dict[str, Document]) -> None:
    credited = [
        (name.split("/")[1], figure.label)
        for name, document in documents.items()
        if name.startswith("natcomms_jats")
        for figure in document.figures
        if third_party_credit(figure.caption)
    ]
    assert credited == [("PMC6098049", "Fig. 6")]


def test_pages_that_are_no_articles_are_refused(realdata: Path) -> None:
    for path in sorted((realdata / "nature_lists_html").glob("*.html")):
        with pytest.raises(BadInput):
            nature_html.parse(path.read_bytes())
