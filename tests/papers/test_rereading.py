"""Reading papers again that other versions of the extractors read."""

from __future__ import annotations

import dataclasses
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from omnisci_etl import stages
from omnisci_etl.context import Context
from omnisci_etl.ledger.runs import Run, RunIdentity
from omnisci_etl.papers import jats, latexml, registry
from omnisci_etl.papers.rereading import make_due
from omnisci_etl.sources.base import Window

ARTICLE = """<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta><title-group><article-title>Films</article-title></title-group>
<article-categories><subj-group subj-group-type="subject"><subject>Materials science</subject></subj-group></article-categories>
<pub-date pub-type="epub"><day>5</day><month>3</month><year>{year}</year></pub-date></article-meta></front>
<body><p>See Fig. 1.</p><fig id="F1"><label>Fig. 1</label><caption><p>Growth of {name}.</p></caption>
<graphic xlink:href="{name}.png"/></fig></body></article>"""


@pytest.fixture
def folder(tmp_path: Path, png: bytes) -> Path:
    """Two papers of the years 2021 and 2022, and one that no parser can read."""
    for year, name in ((2021, "films"), (2022, "wires")):
        (tmp_path / "papers" / name).mkdir(parents=True)
        (tmp_path / "papers" / name / "paper.xml").write_text(ARTICLE.format(year=year, name=name))
        (tmp_path / "papers" / name / f"{name}.png").write_bytes(png)
    (tmp_path / "papers" / "broken.xml").write_text("<article><body>")
    return tmp_path / "papers"


@pytest.fixture
def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (80, 60), (10, 90, 160)).save(buffer, "PNG")
    return buffer.getvalue()


def rows(context: Context, query: str) -> list[Any]:
    with context.ledger.read() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


FIGURES = "SELECT figure_id, external_id, author_caption, extractor_version FROM triplets ORDER BY external_id"


def test_refresh_reads_what_older_versions_read_and_keeps_what_stands(
    context: Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages.ingest(context, "folder", path=folder)
    before = rows(context, FIGURES)
    assert len(before) == 2
    # Nothing is outdated but what could not be read; it is read once more by these versions, and then no more.
    assert stages.ingest(context, "folder", refresh=True)["outdated"] == 1
    assert stages.ingest(context, "folder", refresh=True) == {}
    monkeypatch.setattr(jats, "VERSION", "99.0.0")
    counts = stages.ingest(context, "folder", refresh=True)
    assert (counts["outdated"], counts["read"], counts["unchanged"]) == (3, 3, 3)
    assert rows(context, FIGURES) == before
    assert stages.ingest(context, "folder", refresh=True) == {}
    assert [one[1:4] for one in rows(context, _named("papers_by_extractor"))] == [
        ("jats", before[0][3], 2), ("none", None, 1),
    ]  # fmt: skip


def _named(name: str) -> str:
    return Path(stages.__file__).with_name("ledger").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")


def test_a_paper_that_reads_otherwise_gets_figures_of_its_own(
    context: Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages.ingest(context, "folder", path=folder)
    before = rows(context, FIGURES)
    parse = jats.parse
    monkeypatch.setattr(jats, "VERSION", "99.0.0")
    monkeypatch.setattr(jats, "parse", lambda data: parse(data.replace(b"Growth of wires", b"Length of wires")))
    counts = stages.ingest(context, "folder", refresh=True)
    assert (counts["unchanged"], counts["figures_kept"]) == (2, 1)
    films, wires = rows(context, FIGURES)
    assert films == before[0]
    assert wires[2:] == ("Length of wires.", "99.0.0")
    assert wires[0] != before[1][0]
    assert rows(context, "SELECT count(*) FROM figure") == [(3,)]
    # What the paper was then stays to be looked up, and may not leave.
    gate = rows(context, f"SELECT slug FROM export_gate WHERE figure_id = {before[1][0]}")
    assert gate == [("superseded",)]


def test_another_extractor_makes_no_paper_due(context: Context, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stages.ingest(context, "folder", path=folder)
    stages.ingest(context, "folder", refresh=True)
    monkeypatch.setattr(latexml, "VERSION", "99.0.0")
    # What no extractor could read may be for this one.
    assert stages.ingest(context, "folder", refresh=True)["outdated"] == 1


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["broken.xml", "films/paper.xml", "wires/paper.xml"]),
        ({"limit": 2}, 2),
        ({"window": Window(date(2022, 1, 1), None)}, ["wires/paper.xml"]),
        ({"window": Window(None, date(2021, 3, 5))}, ["films/paper.xml"]),
        ({"discipline": "materials-science"}, ["films/paper.xml", "wires/paper.xml"]),
        ({"discipline": "unknown"}, ["broken.xml"]),
        ({"discipline": "physics"}, []),
        ({"source": "arxiv"}, []),
    ],
)
def test_due_are_those_that_were_asked_for(
    context: Context, folder: Path, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, Any], expected: Any
) -> None:
    stages.ingest(context, "folder", path=folder)
    monkeypatch.setattr(jats, "VERSION", "99.0.0")
    asked: dict[str, Any] = {"source": "folder", "discipline": None, "window": Window(), "limit": None} | wanted
    due = make_due(context, **asked)
    if isinstance(expected, int):
        assert len(due) == expected
    else:
        names = dict(rows(context, "SELECT paper_id, external_id FROM paper"))
        assert sorted(names[one] for one in due) == expected


def test_a_document_that_is_gone_leaves_the_figures_and_is_asked_for_again(
    context: Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages.ingest(context, "folder", path=folder)
    before = rows(context, FIGURES)
    monkeypatch.setattr(jats, "VERSION", "99.0.0")
    (folder / "films" / "paper.xml").rename(folder / "films" / "away")
    refreshed(context)
    assert rows(context, FIGURES) == before
    (folder / "films" / "away").rename(folder / "films" / "paper.xml")
    assert refreshed(context)["unchanged"] == 1


def refreshed(context: Context) -> Any:
    """What a refresh counts in a run of its own."""
    run = Run.start(context.ledger, RunIdentity.of_command("test"))
    counts = stages.ingest(dataclasses.replace(context, run=run), "folder", refresh=True)
    run.finish("done")
    return counts


def test_what_a_killed_refresh_left_is_due_in_the_next_run(
    context: Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages.ingest(context, "folder", path=folder)
    monkeypatch.setattr(jats, "VERSION", "99.0.0")
    make_due(context, "folder", discipline=None, window=Window(), limit=None)
    counts = stages.ingest(context, "folder", path=folder)
    assert (counts["read"], counts["unchanged"]) == (3, 3)


def test_every_extractor_has_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(registry.versions()) == {"jats", "latex", "latexml", "nature-html", "pdf", "html-eprint"}
    monkeypatch.setattr(jats, "VERSION", "99.0.0")
    assert registry.versions()["jats"] == "99.0.0"
