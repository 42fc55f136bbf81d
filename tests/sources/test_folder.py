"""The folder source: what is a paper, what changed, and nothing from outside the folder."""

from __future__ import annotations

import contextlib
import gzip
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from omnisci_etl.context import Context
from omnisci_etl.errors import BadInput, ConfigError
from omnisci_etl.sources import discovery, folder, queue
from omnisci_etl.sources.base import Content, Window
from omnisci_etl.sources.http import HttpClient
from omnisci_etl.sources.sidecar import Sidecar, parse_sidecar

FEW = hypothesis_settings(max_examples=40, deadline=None)
Rows = Callable[..., list[dict[str, Any]]]
JATS = b"<?xml version='1.0'?><article><front/></article>"
NATURE = b"<!DOCTYPE html><html><body><figure></figure></body></html>"
LATEXML = b'<!DOCTYPE html><html><body class="ltx_page_main"></body></html>'
TEX = b"\\documentclass{article}\\begin{document}x\\end{document}"
PDF = b"%PDF-1.5 ..."
PNG = b"\x89PNG\r\n\x1a\n..."
PAPERS = "SELECT external_id, version, status, title, published_on, license_class, disciplines FROM omnisci.papers ORDER BY 1, 2"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "papers"
    path.mkdir()
    return path


def write(root: Path, files: dict[str, bytes | str]) -> None:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data.encode() if isinstance(data, str) else data)


@pytest.fixture
def discover(context: Context, http: HttpClient, root: Path) -> Callable[..., Any]:
    return lambda **named: discovery.discover(context, http, "folder", **({"path": root} | named))


@pytest.fixture
def contents(context: Context, http: HttpClient, ledger: Any) -> Callable[[], dict[str, Content]]:
    """The content of everything that is due, settled."""

    def fetched() -> dict[str, Content]:
        found = {}
        while (claim := queue.claim(context, "folder")) is not None:
            content = discovery.fetch_content(context, http, claim)
            found[claim.external_id] = content
            with ledger.begin() as connection:
                queue.settle(connection, claim, content.outcome or "no-figures")
        return found

    return fetched


def names(rows: Rows) -> list[str]:
    return [row["external_id"] for row in rows(PAPERS)]


def missing(content: Content, name: str) -> bool:
    try:
        content.picture(name)
    except BadInput as error:
        return error.slug == "picture-missing"
    return False


def test_each_format_is_told_by_its_content(
    root: Path, discover: Any, contents: Any, context: Context, rows: Rows
) -> None:
    write(root, {
        "a.xml": JATS, "b.nxml": JATS, "c.html": NATURE, "d.htm": LATEXML, "e.tex": TEX, "f.gz": gzip.compress(TEX, mtime=0),
        "g.tar.gz": gzip.compress(b"x", mtime=0), "h.zip": b"PK\x03\x04", "i.pdf": PDF, "j.gz": PDF, "k.xml": b"<other/>",
        "README.md": b"no paper", "fig.png": PNG, "data.json": b"{}", "part.tex": b"\\section{Part}", ".hidden.xml": JATS,
    })  # fmt: skip
    counts = discover()
    assert (counts["records"], counts["papers"], counts["queued"]) == (11, 11, 11)
    found = contents()
    assert {name: content.documents[0].kind if content.documents else content.outcome for name, content in found.items()} == {
        "a.xml": "jats", "b.nxml": "jats", "c.html": "nature-html", "d.htm": "latexml", "e.tex": "eprint", "f.gz": "eprint",
        "g.tar.gz": "eprint", "h.zip": "eprint", "i.pdf": "pdf", "j.gz": "pdf", "k.xml": "unsupported-document",
    }  # fmt: skip
    document = found["a.xml"].documents[0]
    assert context.blobs.get(document.sha256) == JATS
    fetch = rows("SELECT service, purpose, sha256, status FROM omnisci.fetch WHERE url = 'folder:a.xml'")
    assert fetch == [{"service": "folder", "purpose": "document", "sha256": document.sha256, "status": None}]


def test_a_second_run_changes_nothing(root: Path, discover: Any, contents: Any, snapshot: Any) -> None:
    write(root, {"a.xml": JATS, "a.xml.yaml": "title: A", "x/b.html": LATEXML, "x/x1.png": PNG, "c.pdf.yaml": "["})
    write(root, {"c.pdf": PDF})
    discover()
    contents()
    before = snapshot()
    counts = discover()
    assert {name: number for name, number in counts.items() if name != "records"} == {
        "papers": 0, "versions": 0, "states": 0, "disciplines": 0, "queued": 0,
    }  # fmt: skip
    assert contents() == {}
    assert snapshot() == before


def test_changed_bytes_are_a_new_version(root: Path, discover: Any, contents: Any, rows: Rows) -> None:
    write(root, {"a.xml": JATS, "b.xml": JATS})
    discover()
    contents()
    write(root, {"a.xml": JATS + b"\n"})
    assert discover()["versions"] == 1
    assert list(contents()) == ["a.xml"]
    write(root, {"b.xml.yaml": "title: B"})
    discover()
    assert [(r["external_id"], r["version"], r["status"], r["title"]) for r in rows(PAPERS)] == [
        ("a.xml", 1, "superseded", None), ("a.xml", 2, "current", None),
        ("b.xml", 1, "superseded", None), ("b.xml", 2, "current", "B"),
    ]  # fmt: skip


def test_a_sidecar_speaks_of_its_paper(root: Path, discover: Any, contents: Any, rows: Rows) -> None:
    write(root, {
        "one/a.html": LATEXML, "one/x1.png": PNG,
        "one/paper.yaml": "title: One\npublished_on: 2024-05-06\nlicense: http://creativecommons.org/licenses/by/4.0/\n"
                          "arxiv_categories: [hep-th, math-ph]\nunknown: 1\n",
        "two.pdf": PDF, "two.pdf.yaml": "doi: 10.1/x\nsubjects: [Organic chemistry, /639/638/403]\nlicence: CC0",
        "paper.yaml": "title: of nobody", "three.xml": JATS,
    })  # fmt: skip
    discover()
    assert [(r["external_id"], r["title"], r["published_on"], r["license_class"], r["disciplines"][0]) for r in rows(PAPERS)] == [
        ("one/a.html", "One", date(2024, 5, 6), "cc-by", "physics"), ("three.xml", None, None, "unknown", "unknown"),
        ("two.pdf", None, None, "cc0", "chemistry"),
    ]  # fmt: skip
    found = contents()
    assert found["one/a.html"].sidecar == {
        "title": "One", "published_on": "2024-05-06", "license": "http://creativecommons.org/licenses/by/4.0/",
        "arxiv_categories": ["hep-th", "math-ph"],
    }  # fmt: skip
    assert found["one/a.html"].evidence["arxiv_categories"] == ("hep-th", "math-ph")
    assert found["two.pdf"].evidence["codes"] == ("/639/638/403",)
    assert found["three.xml"].sidecar == {}


def test_a_bad_sidecar_costs_only_its_paper(root: Path, discover: Any, contents: Any, rows: Rows) -> None:
    write(
        root,
        {"a.xml": JATS, "a.xml.yaml": "title: [", "b.xml": JATS, "c.xml": JATS, "c.xml.yaml": "published_on: soon"},
    )
    discover()
    found = contents()
    assert {name: content.outcome for name, content in found.items()} == {
        "a.xml": "malformed-document", "b.xml": None, "c.xml": "malformed-document",
    }  # fmt: skip
    assert "published_on" in found["c.xml"].sidecar["error"]
    assert missing(found["a.xml"], "x1.png")
    write(root, {"a.xml.yaml": "title: repaired"})
    discover()
    assert contents()["a.xml"].documents


def test_pictures_are_found_beside_the_document(root: Path, discover: Any, contents: Any) -> None:
    write(root, {
        "p/a.html": LATEXML, "p/X1.PNG": PNG, "p/media/fig 2.jpg": b"jpg", "p/sub/own.xml": JATS, "p/sub/x9.png": b"of another",
        "q.xml": JATS, "41467_Fig1_HTML.jpg": b"one", "q_files/41467_Fig2_HTML.png": b"two", "else/x1.png": b"far",
    })  # fmt: skip
    discover()
    found = contents()
    page = found["p/a.html"]
    for name in ("x1.png", "x1", "X1.png", "./X1.PNG", "https://arxiv.org/html/2401.1v1/x1.png?a=b"):
        assert page.picture(name) == PNG, name
    for name in ("media/fig%202.jpg", "fig 2", "FIG 2.jpeg", "/elsewhere/fig%202.jpg"):
        assert page.picture(name) == b"jpg", name
    for name in ("x9.png", "x2.png", "", "..", "data:image/png;base64,AA", "http://[", "a\0b"):
        assert missing(page, name), name
    article = found["q.xml"]
    assert article.picture("41467_Fig1_HTML") == b"one"
    assert article.picture("q_files/41467_Fig2_HTML.png") == b"two"
    assert missing(article, "41467_Fig2_HTML")
    assert missing(article, "x1.png")
    assert set(found) == {"p/a.html", "p/sub/own.xml", "q.xml"}, "what a browser saved along is no paper"


def test_a_folder_of_one_paper_is_that_paper(root: Path, discover: Any, contents: Any, rows: Rows) -> None:
    write(root, {"a.html": LATEXML, "paper.yaml": "title: Alone", "img/x1.png": PNG})
    discover()
    assert [r["title"] for r in rows(PAPERS)] == ["Alone"]
    assert contents()["a.html"].picture("x1.png") == PNG


def test_pdfs_beside_another_form_are_pictures(root: Path, discover: Any, rows: Rows, contents: Any) -> None:
    write(root, {
        "p/a.xml": JATS, "p/fig1.pdf": PDF, "t/main.tex": TEX, "t/appendix.tex": TEX, "t/figs/plot.pdf": PDF,
        "only/one.pdf": PDF, "only/two.pdf": PDF, "x.xml": JATS, "y.pdf": PDF,
    })  # fmt: skip
    discover()
    assert names(rows) == ["only/one.pdf", "only/two.pdf", "p/a.xml", "t/appendix.tex", "t/main.tex", "x.xml", "y.pdf"]
    found = contents()
    assert found["p/a.xml"].picture("fig1.pdf") == PDF
    assert found["t/main.tex"].picture("figs/plot.pdf") == PDF


def test_nothing_from_outside_is_read(root: Path, tmp_path: Path, discover: Any, contents: Any, rows: Rows) -> None:
    write(tmp_path, {"outside/secret.xml": JATS, "outside/x1.png": b"secret", "outside/paper.yaml": "title: secret"})
    write(root, {"p/a.html": LATEXML, "inside.xml": JATS})
    (root / "linked.xml").symlink_to(tmp_path / "outside" / "secret.xml")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "p" / "x1.png").symlink_to(tmp_path / "outside" / "x1.png")
    (root / "p" / "paper.yaml").symlink_to(tmp_path / "outside" / "paper.yaml")
    (root / "loop.xml").symlink_to(root / "loop.xml")
    (root / "same.xml").symlink_to(root / "inside.xml")
    os.mkfifo(root / "pipe.xml")
    discover()
    assert names(rows) == ["inside.xml", "p/a.html", "same.xml"]
    page = contents()["p/a.html"]
    assert page.sidecar == {}
    for name in (
        "x1.png",
        "../../outside/x1.png",
        "/outside/x1.png",
        str(tmp_path / "outside" / "x1.png"),
        "../inside.xml/x",
    ):
        assert missing(page, name), name


def test_caps(root: Path, discover: Any, contents: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MAX_DOCUMENT_BYTES", 200)
    monkeypatch.setattr(folder, "MAX_PICTURE_BYTES", 50)
    write(
        root,
        {
            "a.xml": JATS,
            "big.xml": JATS + b" " * 200,
            "b.xml": JATS,
            "b.xml.yaml": "title: " + "x" * 70_000,
            "p.png": b"x" * 51,
        },
    )
    discover()
    found = contents()
    assert {name: content.outcome for name, content in found.items()} == {
        "a.xml": None, "big.xml": "too-large", "b.xml": "malformed-document",
    }  # fmt: skip
    assert missing(found["a.xml"], "p.png")


def test_a_document_that_goes_away_is_asked_for_later(root: Path, discover: Any, contents: Any) -> None:
    write(root, {"a.xml": JATS})
    discover()
    (root / "a.xml").unlink()
    assert contents()["a.xml"].outcome == "no-full-text"


def test_a_window_takes_dated_papers_only(root: Path, discover: Any, rows: Rows) -> None:
    write(root, {"a.xml": JATS, "a.xml.yaml": "published_on: 2024-01-01", "b.xml": JATS, "c.xml": JATS,
                 "c.xml.yaml": "published_on: 2023-01-01"})  # fmt: skip
    discover(window=Window(date(2024, 1, 1)))
    assert names(rows) == ["a.xml"]


def test_a_wrong_path_is_one_clear_line(root: Path, discover: Any, with_settings: Any) -> None:
    write(root, {"a.xml": JATS})
    for path in (root / "none", root / "a.xml"):
        with pytest.raises(ConfigError, match="is not a folder: give --path"):
            discover(path=path)
    with pytest.raises(ConfigError, match="use --path DIR, or set OMNISCI_FOLDER_PATH"):
        discover(path=None)
    context = with_settings(folder_path=root)
    with HttpClient(context) as http:
        assert discovery.discover(context, http, "folder")["papers"] == 1


def test_a_name_that_is_no_text_is_one_clear_line(root: Path, discover: Any) -> None:
    try:
        (Path(os.fsdecode(os.fsencode(root) + b"/\xff.xml"))).write_bytes(JATS)
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    with pytest.raises(ConfigError, match="rename it"):
        discover()


@FEW
@given(st.binary(max_size=200))
def test_any_bytes_are_a_sidecar_or_malformed(data: bytes) -> None:
    with contextlib.suppress(BadInput):
        assert isinstance(parse_sidecar(data), Sidecar)


def test_sidecars_that_would_hurt() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    for text in (
        "[" * 3_000, "!!python/object/apply:os.system [echo]", "- a\n- b", "just text", "published_on: 2024-13-45",
        f"{bomb}title: *u", f"{bomb}subjects: *u", 'title: "\\ud800"',
    ):  # fmt: skip
        with pytest.raises(BadInput) as caught:
            parse_sidecar(text.encode())
        assert caught.value.slug == "malformed-document"
    assert parse_sidecar(b"") == parse_sidecar(b"# nothing")
    assert parse_sidecar(b"subjects: Chemistry").subjects == ("Chemistry",)


@FEW
@given(st.sampled_from(["a.xml", "a.html", "a.gz", "a.tex", "a.pdf", "a.zip"]), st.binary(max_size=400))
def test_any_bytes_have_a_kind_or_none(name: str, data: bytes) -> None:
    assert folder.kind_of(name, data) in ("jats", "nature-html", "latexml", "eprint", "pdf", None)


@pytest.mark.realdata
def test_real_documents(realdata: Path, discover: Any, contents: Any) -> None:
    expected = {
        "natcomms_jats": "jats", "natcomms_html": "nature-html", "arxiv_html": "latexml", "arxiv_source": "eprint",
        "arxiv_pdf": "pdf",
    }  # fmt: skip
    for name, kind in expected.items():
        discover(path=realdata / name)
        found = contents()
        assert len(found) >= 2
        assert {content.documents[0].kind for content in found.values()} == {kind}, name
