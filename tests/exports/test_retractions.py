"""What may leave and why not, from the document to the release: retractions, corrections, credits and licences."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from omnisci_etl.context import Context
from omnisci_etl.exports.stage import export
from omnisci_etl.judging.stage import score
from omnisci_etl.papers.ingest import ingest
from omnisci_etl.papers.licences import licence_class
from omnisci_etl.sources.base import Record, Window
from omnisci_etl.sources.records import store_records

BODY = "The chart shows the yield of the samples at 5 mM."
CC_BY = "http://creativecommons.org/licenses/by/4.0/"
OURS, OTHER, NOTICE = "10.1038/s41467-026-00001-1", "10.1038/s41467-026-00002-2", "10.1038/s41467-026-00003-3"


def jats(doi: str, title: str, *, kind: str = "research-article", related: str = "", figures: str = "") -> str:
    return (
        f'<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="{kind}"><front><article-meta>'
        f'<article-id pub-id-type="doi">{doi}</article-id><title-group><article-title>{title}</article-title></title-group>'
        f'<permissions><license xlink:href="{CC_BY}"/></permissions>{related}</article-meta></front>'
        f"<body>{figures}</body></article>"
    )


def relation(kind: str, doi: str) -> str:
    return f'<related-article related-article-type="{kind}" ext-link-type="doi" xlink:href="{doi}"/>'


def figure(caption: str = "Yield of 5 mM samples.") -> str:
    return (
        f'<p>See <xref ref-type="fig" rid="f1">Fig. 1</xref>.</p><fig id="f1"><label>Fig. 1</label><caption><p>{caption}</p></caption>'
        '<graphic xlink:href="f1"/></fig>'
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "papers"


@pytest.fixture
def read(context: Context, folder: Path) -> Callable[[str, str], None]:
    """Puts a document into the folder and ingests it."""

    def put(name: str, document: str) -> None:
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "paper.xml").write_text(document)
        picture = io.BytesIO()
        Image.new("RGB", (64, 48), (sum(name.encode()) % 256, 90, 160)).save(picture, "PNG")
        (place / "f1.png").write_bytes(picture.getvalue())
        ingest(context, "folder", discipline=None, window=Window(), limit=None, path=folder)

    return put


@pytest.fixture
def release(context: Context, library: Any, tmp_path: Path) -> Callable[[], dict[str, int]]:
    """Captions what has no caption, judges, exports."""

    def run() -> dict[str, int]:
        for figure_id in query(
            context,
            "SELECT figure_id FROM triplets t WHERE NOT EXISTS (SELECT FROM caption c WHERE c.figure_id = t.figure_id)",
        ):
            library.caption(figure_id[0], BODY)
        score(context)
        return export(context, form="parquet", profile="default", out=tmp_path / "out")

    return run


def query(context: Context, statement: str, **values: Any) -> list[Any]:
    with context.ledger.read() as connection:
        return list(connection.execute(text(statement), values).all())


def exported(context: Context, export_id: int) -> list[str]:
    rows = query(context, "SELECT external_id FROM export_lineage WHERE export_id = :e ORDER BY 1", e=export_id)
    return [row[0] for row in rows]


def status(context: Context, name: str) -> str:
    return str(
        query(context, "SELECT status FROM papers WHERE external_id LIKE :n ORDER BY version DESC", n=f"{name}/%")[0][0]
    )


RETRACTION = jats(
    NOTICE, "Retraction Note: Ours", kind="retraction", related=relation("retracted-article", OURS), figures=figure()
)


def test_a_retraction_notice_takes_the_paper_out_of_the_next_release(
    context: Context, read: Any, release: Any, tmp_path: Path
) -> None:
    read("ours", jats(OURS, "Ours", figures=figure()))
    read("other", jats(OTHER, "Other", figures=figure("Yield of 5 mM samples, again.")))
    first = release()
    assert exported(context, first["export_id"]) == ["other/paper.xml", "ours/paper.xml"]
    assert query(context, "SELECT * FROM recalls") == []

    read("notice", RETRACTION)
    assert [status(context, name) for name in ("ours", "other", "notice")] == ["retracted", "current", "correction"]
    second = release()
    assert exported(context, second["export_id"]) == ["other/paper.xml"]
    recalled = query(context, "SELECT export_id, external_id, slug, detail FROM recalls")
    assert [tuple(row) for row in recalled] == [(first["export_id"], "ours/paper.xml", "retracted", NOTICE)]
    assert exported(context, first["export_id"]) == ["other/paper.xml", "ours/paper.xml"]
    manifest = json.loads(
        (tmp_path / "out" / (tmp_path / "out" / "LATEST").read_text().strip() / "manifest.json").read_text()
    )
    assert manifest["rows"] == 1


def test_the_order_of_notice_and_paper_does_not_matter(context: Context, read: Any, release: Any) -> None:
    read("notice", RETRACTION)
    read("ours", jats(OURS, "Ours", figures=figure()))
    assert status(context, "ours") == "retracted"
    assert release()["rows"] == 0


def test_an_empty_release_takes_the_place_of_one_that_was_recalled(
    context: Context, read: Any, release: Any, tmp_path: Path
) -> None:
    assert release()["export_id"] == 0
    read("ours", jats(OURS, "Ours", figures=figure()))
    first = release()
    before = (tmp_path / "out" / "LATEST").read_text()
    read("notice", RETRACTION)
    second = release()
    assert (second["rows"], second["made"]) == (0, 1)
    assert second["export_id"] != first["export_id"]
    assert (tmp_path / "out" / "LATEST").read_text() != before
    assert release() == second | {"made": 0}


def test_titles_of_notices_and_of_retracted_articles(context: Context) -> None:
    titles = {
        "RETRACTED ARTICLE: Ours": "retracted",
        "Retracted: Ours": "retracted",
        "Author Correction: Another": "notice",
        "Publisher Correction: Another": "notice",
        "Correction: Another": "notice",
        "Correction to: Another": "notice",
        "Correction for Smith et al., Another": "notice",
        "Retraction Note: Another": "notice",
        "Retraction: Another": "notice",
        "Erratum": "notice",
        "Erratum to: Another": "notice",
        "Corrigendum to \u201cAnother\u201d": "notice",
        "Addendum: Another": "notice",
        "Editorial Expression of Concern: Another": "notice",
        "Corrections to scaling in the model": None,
        "Correction to the mass of a particle": None,
        "Error correction: a review": None,
        "Retraction of a manifold onto its spine": None,
        "Publishers and their corrections": None,
        "": None,
    }
    found = {title: query(context, "SELECT notice_title(:t)", t=title)[0][0] for title in titles}
    assert found == titles


@pytest.mark.parametrize(
    ("title", "kind", "related", "expected"),
    [
        ("RETRACTED ARTICLE: Ours", "research-article", "", "retracted"),
        ("Ours", "research-article", relation("retraction-forward", NOTICE), "retracted"),
        ("Ours", "research-article", relation("correction-forward", NOTICE), "current"),
        ("Author Correction: Another", "research-article", "", "correction"),
        ("Another", "correction", relation("corrected-article", OTHER), "correction"),
        ("Retracted: Another", "retraction", relation("retracted-article", OTHER), "correction"),
        ("A comment on another", "article-commentary", relation("companion", OTHER), "current"),
    ],
    ids=["title", "names-its-notice", "corrected", "notice-by-title", "correction", "notice-that-quotes", "comment"],
)  # fmt: skip
def test_what_a_document_says_of_itself(
    context: Context, read: Any, title: str, kind: str, related: str, expected: str
) -> None:
    read("ours", jats(OURS, title, kind=kind, related=related, figures=figure()))
    assert status(context, "ours") == expected


def test_a_correction_leaves_its_paper_where_it_is(context: Context, read: Any, release: Any) -> None:
    read("ours", jats(OURS, "Ours", figures=figure()))
    read(
        "notice",
        jats(NOTICE, "Author Correction: Ours", kind="correction", related=relation("corrected-article", OURS)),
    )
    assert (status(context, "ours"), status(context, "notice")) == ("current", "correction")
    assert exported(context, release()["export_id"]) == ["ours/paper.xml"]
    assert [tuple(row) for row in query(context, "SELECT doi, kind, stated_by FROM notices")] == [
        (OURS, "correction", NOTICE)
    ]
    linked = query(
        context,
        "SELECT o.external_id FROM papers n JOIN papers o ON o.paper_id = n.linked_paper_id WHERE n.status = 'correction'",
    )
    assert linked[0][0] == "ours/paper.xml"


@pytest.mark.parametrize(
    ("kind", "expected"), [("retraction", "retracted"), ("removal", "retracted"), ("correction", "current")]
)
def test_metadata_of_a_notice_count_before_its_text_is_read(
    context: Context, read: Any, kind: str, expected: str
) -> None:
    with context.ledger.begin() as connection:
        facts = {"update_to": [{"doi": OURS.upper(), "type": kind}]}
        store_records(
            connection, context.run.key, "natcomms", [Record(NOTICE, None, "1", "A note", NOTICE, facts=facts)]
        )
    read("ours", jats(OURS, "Ours", figures=figure()))
    assert status(context, "ours") == expected


def test_a_preprint_of_a_retracted_article_is_held_back_too(context: Context, read: Any) -> None:
    with context.ledger.begin() as connection:
        store_records(connection, context.run.key, "arxiv", [Record("2601.00001", 1, "1", "Ours", OURS)])
    read("notice", RETRACTION)
    assert query(context, "SELECT status FROM papers WHERE source = 'arxiv'")[0][0] == "retracted"


def test_every_reason_has_its_slug(context: Context, library: Any) -> None:
    reasons: dict[str | None, list[dict[str, str]]] = {
        None: [{}, {"license_class": "cc-by-sa"}, {"license_class": "cc0"}],
        "third-party-credit": [{"credit": "Reproduced with permission from X."}],
        "license-noncommercial": [{"license_class": "cc-by-nc"}, {"license_class": "cc-by-nc-sa"}],
        "license-no-derivatives": [{"license_class": "cc-by-nd"}, {"license_class": "cc-by-nc-nd"}],
        "license-nonexclusive": [{"license_class": "arxiv-nonexclusive"}],
        "license-reserved": [{"license_class": "all-rights-reserved"}],
        "license-unknown": [{"license_class": "unknown"}],
        "retracted": [{"status": "retracted"}],
        "withdrawn": [{"status": "withdrawn"}],
        "no-caption": [{"reject_slug": "no-caption"}],
    }
    wanted = {library.figure(**stored): slug for slug, group in reasons.items() for stored in group}
    rows = query(context, "SELECT figure_id, slug, detail, exportable FROM export_gate JOIN triplets USING (figure_id)")
    assert {row.figure_id: row.slug for row in rows} == wanted
    for row in rows:
        assert row.exportable == (row.slug is None)
        assert bool(row.detail) == (row.slug not in (None, "no-caption"))


def test_named_profiles_recall_only_what_they_never_allow(context: Context, library: Any, tmp_path: Path) -> None:
    library.caption(library.figure(license_class="cc-by-nc"), BODY)
    library.caption(library.figure(license_class="cc-by-nd"), BODY)
    score(context)
    assert export(context, form="parquet", profile="noderivatives", out=tmp_path)["rows"] == 2
    assert export(context, form="parquet", profile="noncommercial", out=tmp_path)["rows"] == 1
    assert query(context, "SELECT * FROM recalls") == []


def test_a_credited_figure_stays_and_its_neighbour_leaves(context: Context, read: Any, release: Any) -> None:
    credited = (
        figure("Yield of 5 mM samples. Adapted from Smith et al. (2010).")
        .replace("f1", "f2")
        .replace("Fig. 1", "Fig. 2")
    )
    read("ours", jats(OURS, "Ours", figures=figure() + credited.replace('"f2"/></fig>', '"f1"/></fig>')))
    counts = release()
    rows = query(
        context,
        "SELECT t.label FROM export_lineage x JOIN triplets t USING (figure_id) WHERE export_id = :e",
        e=counts["export_id"],
    )
    assert [row[0] for row in rows] == ["Fig. 1"]
    held = query(context, "SELECT label, slug, detail FROM export_gate WHERE slug IS NOT NULL")
    assert [tuple(row) for row in held] == [("Fig. 2", "third-party-credit", "Adapted from Smith et al. (2010).")]


def test_every_class_of_licence_is_a_row_of_the_ledger(context: Context) -> None:
    known = {row[0] for row in query(context, "SELECT slug FROM license_class")}
    texts = ("CC BY 4.0", "CC BY-SA", "CC0", "CC BY-NC", "CC BY-NC-SA", "CC BY-ND", "CC BY-NC-ND", "arXiv non-exclusive",
             "All rights reserved", "")  # fmt: skip
    assert {licence_class(one) for one in texts} == known


def test_a_figure_of_preprint_and_article_is_exported_once(
    context: Context, read: Any, release: Any, folder: Path
) -> None:
    """The same work in two papers, by its DOI; another work with the same picture stays."""

    def drawn(name: str) -> None:
        picture = Image.effect_mandelbrot((120, 90), (-2.0, -1.2, 0.8, 1.2), 60)
        (folder / name).mkdir(parents=True)
        picture.save(folder / name / "f1.png")
        (folder / name / "paper.xml").write_text(
            jats(OTHER if name == "third" else OURS, f"The work in {name}", figures=figure())
        )

    for name in ("first", "second", "third"):
        drawn(name)
    ingest(context, "folder", discipline=None, window=Window(), limit=None, path=folder)
    found = query(context, "SELECT same_work, evidence FROM near_duplicates ORDER BY 1")
    assert [tuple(row) for row in found] == [(False, "same-file"), (False, "same-file"), (True, "same-file")]
    made = release()
    assert exported(context, made["export_id"]) == ["first/paper.xml", "third/paper.xml"]
