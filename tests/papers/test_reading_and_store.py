"""From content to rows: the best document serves, faults are kept, the same reading twice writes nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from omnisci_etl.context import Context
from omnisci_etl.errors import BadInput
from omnisci_etl.papers import reading, registry
from omnisci_etl.papers.model import Document, Figure, Mention, Panel, Picture, Related
from omnisci_etl.papers.reading import read, with_pictures_of
from omnisci_etl.papers.store import evidence_sha256, store, store_outcome
from omnisci_etl.sources.base import ClaimedPaper, Content, SourceDocument


def png(width: int = 64, height: int = 48, colour: tuple[int, int, int] = (10, 90, 160)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


def figure(number: int, *pictures: Picture, **more: Any) -> Figure:
    values: dict[str, Any] = {
        "locator": f"fig{number}", "ordinal": number, "label": f"Fig. {number}", "caption": f"Caption {number}. a, One. b, Two.",
        "panels": (Panel("a", "One."), Panel("b", "Two.")),
        "mentions": (Mention(f"As Fig. {number}a shows.", "Results", ("a",), f"As Fig. {number}a shows."),),
        "pictures": pictures or (Picture(f"{number}.png", png(colour=(number, 0, 0))),),
    }  # fmt: skip
    return Figure(**(values | more))


def document(*figures: Figure, **more: Any) -> Document:
    return Document(**({"extractor": "jats", "extractor_version": "1", "title": "T", "figures": figures} | more))


@pytest.fixture
def parsers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Document | BadInput]:
    """What each kind of document parses to; an error is raised."""
    results: dict[str, Document | BadInput] = {}

    def parse(kind: str, data: bytes) -> Document:
        result = results[kind]
        if isinstance(result, BadInput):
            raise result
        return result

    monkeypatch.setattr(registry, "parse", parse)
    return results


def missing(name: str) -> bytes:
    raise BadInput("picture-missing", name)


def content(context: Context, *kinds: str, picture: Callable[[str], bytes] = missing, **more: Any) -> Content:
    documents = []
    with context.ledger.begin() as connection:
        for kind in kinds:
            sha256 = context.blobs.register(connection, kind.encode(), "text/plain", context.run.key)
            documents.append(SourceDocument(kind, kind.encode(), sha256))  # type: ignore[arg-type]
    return Content(tuple(documents), picture, **more)


def test_the_first_document_that_can_be_read_serves(context: Context, parsers: dict[str, Any]) -> None:
    parsers.update(latexml=BadInput("malformed-document", "broken"), eprint=document(figure(1)))
    found = read(content(context, "latexml", "eprint"))
    assert (found.outcome, found.source.kind if found.source else "") == ("extracted", "eprint")
    assert found.faults == (("latexml", "malformed-document", "broken"),)


def test_a_paper_that_cannot_be_read_has_the_slug_of_its_best_document(
    context: Context, parsers: dict[str, Any]
) -> None:
    parsers.update(eprint=BadInput("hostile-archive"), pdf=BadInput("parser-timeout"))
    found = read(content(context, "eprint", "pdf"))
    assert (found.outcome, found.document, len(found.faults)) == ("hostile-archive", None, 2)


@pytest.mark.parametrize("kind", ["correction", "retraction"])
def test_notices_keep_no_figures(context: Context, parsers: dict[str, Any], kind: str) -> None:
    parsers["jats"] = document(figure(1), article_type=kind)
    found = read(content(context, "jats"))
    assert (found.outcome, found.figures) == ("not-an-article", ())


def test_no_document_is_an_outcome(context: Context) -> None:
    assert read(content(context)).outcome == "no-full-text"
    assert read(content(context, outcome="withdrawn")).outcome == "withdrawn"


@pytest.mark.parametrize(
    ("pictures", "fetched", "slug"),
    [
        ((Picture("a.png"),), png(), None),
        ((Picture("a.png"),), None, "picture-missing"),
        ((Picture("a.png", b"not a picture"),), None, "picture-undecodable"),
        ((Picture("a.png", png(8, 8)),), None, "picture-tiny"),
        ((Picture("a.png", png()), Picture("b.png", png(80, 40))), None, None),
    ],
)
def test_each_figure_has_a_picture_or_a_slug(
    context: Context, parsers: dict[str, Any], pictures: tuple[Picture, ...], fetched: bytes | None, slug: str | None
) -> None:
    parsers["jats"] = document(figure(1, *pictures))
    fetch = missing if fetched is None else lambda _: fetched
    found = read(content(context, "jats", picture=fetch)).figures[0]
    assert found.reject_slug == slug
    assert (found.picture is None) == (slug is not None)


def test_what_the_parser_rejects_stays_rejected(context: Context, parsers: dict[str, Any]) -> None:
    parsers["jats"] = document(
        figure(1, reject_slug="picture-unsupported"), figure(2, caption=""), figure(3, pictures=())
    )
    slugs = [f.reject_slug for f in read(content(context, "jats")).figures]
    assert slugs == ["picture-unsupported", "no-caption", "no-picture"]


def test_pictures_of_the_package_serve_the_page(context: Context, parsers: dict[str, Any]) -> None:
    page = document(
        figure(1, Picture("x1.png")), figure(2, pictures=(), reject_slug="no-picture"), figure(3, Picture("x3.png"))
    )
    package = document(figure(1, label="Figure 1"), figure(2, label="Figure 2"), figure(9, label="Figure 9"))
    merged = with_pictures_of(page, package)
    assert [f.pictures[0].name for f in merged.figures] == ["1.png", "2.png", "x3.png"]
    assert [f.reject_slug for f in merged.figures] == [None, None, None]
    parsers.update(latexml=page, eprint=package)
    found = read(content(context, "latexml", "eprint", picture=lambda name: png()))
    assert found.cross_check == {"latexml": 3, "eprint": 3}
    assert [f.reject_slug for f in found.figures] == [None, None, None]


@pytest.mark.parametrize(
    "change",
    [
        {"caption": "Another."}, {"label": "Fig. 9"}, {"panels": ()}, {"mentions": ()},
        {"mentions": (Mention("As Fig. 1a shows.", "Methods", ("a",)),)},
    ],
)  # fmt: skip
def test_evidence_hash_follows_what_a_captioner_sees(change: dict[str, Any]) -> None:
    assert evidence_sha256("T", figure(1)) != evidence_sha256("T", figure(1, **change))
    assert evidence_sha256("T", figure(1)) == evidence_sha256("T", figure(1, ordinal=7, locator="x", page=3))


@pytest.fixture
def claim(context: Context) -> ClaimedPaper:
    """A paper that is in the ledger and was claimed."""
    with context.ledger.begin() as connection:
        row = connection.execute(
            text("WITH p AS (INSERT INTO paper (source, external_id, run_key) VALUES ('natcomms', '10.1/x', :r) RETURNING paper_id), "
                 "v AS (INSERT INTO paper_version (paper_id, version, run_key) SELECT paper_id, 1, :r FROM p RETURNING paper_id, paper_version_id), "
                 "s AS (INSERT INTO paper_state (paper_version_id, title, license_class, status, state_sha256, run_key) "
                 "SELECT paper_version_id, 'Meta title', 'unknown', 'current', :h, :r FROM v) SELECT * FROM v"),
            {"r": context.run.key, "h": "0" * 64},
        ).one()  # fmt: skip
    values = {
        "paper_id": row.paper_id,
        "paper_version_id": row.paper_version_id,
        "source": "natcomms",
        "external_id": "10.1/x",
    }
    return ClaimedPaper(
        **values,
        version=1,
        tries=0,
        doi="10.1/x",
        facts={},
        **({"stamp": "s"} if "stamp" in ClaimedPaper.__slots__ else {}),
    )


def rows(context: Context, query: str) -> list[Any]:
    with context.ledger.read() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_reading_becomes_rows(context: Context, claim: ClaimedPaper, parsers: dict[str, Any]) -> None:
    parsers["jats"] = document(
        figure(1), figure(2, Picture("gone.png"), caption="Map. Reproduced with permission from Elsevier."),
        license_uri="https://creativecommons.org/licenses/by-nc/4.0/", subjects=("/639/766/119", "Materials science"),
        related=(Related("commentary", "10.1/y"),), title="Printed title",
    )  # fmt: skip
    found = content(context, "jats")
    with context.ledger.begin() as connection:
        counts = store(connection, context, claim, found, read(found))
    assert counts == {"figures_kept": 1, "figures_rejected": 1}
    paper = rows(
        context, "SELECT title, license_class, figures_kept, figures_rejected, outcome, status, disciplines FROM papers"
    )[0]
    assert paper[:6] == ("Printed title", "cc-by-nc", 1, 1, "extracted", "current")
    assert {"physics", "materials-science"} <= set(paper[6])
    triplets = rows(
        context,
        "SELECT label, reject_slug, panel_labels, mentions, mention_count, width, height, exportable FROM triplets ORDER BY ordinal",
    )
    assert triplets[0] == (
        "Fig. 1",
        None,
        ["a", "b"],
        [{"text": "As Fig. 1a shows.", "section": "Results", "panels": ["a"]}],
        1,
        64,
        48,
        False,
    )
    assert triplets[1][:2] == ("Fig. 2", "picture-missing")
    assert rows(context, "SELECT third_party_credit FROM figure WHERE ordinal = 2")[0][0].startswith(
        "Reproduced with permission"
    )
    image = rows(context, "SELECT image_sha256 FROM triplets WHERE ordinal = 1")[0][0]
    assert context.blobs.get(image) == png(colour=(1, 0, 0))


def test_storing_again_writes_nothing(
    context: Context, claim: ClaimedPaper, parsers: dict[str, Any], table_hashes: Callable[[], dict[str, str]]
) -> None:
    parsers["jats"] = document(figure(1), figure(2))
    found = content(context, "jats")
    with context.ledger.begin() as connection:
        store(connection, context, claim, found, read(found))
    before = table_hashes()
    with context.ledger.begin() as connection:
        assert store(connection, context, claim, found, read(found)) == {"unchanged": 1}
    assert table_hashes() == before


def test_a_later_extraction_replaces_the_figures_but_keeps_the_rows(
    context: Context, claim: ClaimedPaper, parsers: dict[str, Any]
) -> None:
    for version, number in (("1", 1), ("2", 3)):
        parsers["jats"] = document(*(figure(n) for n in range(1, number + 1)), extractor_version=version)
        found = content(context, "jats")
        with context.ledger.begin() as connection:
            store(connection, context, claim, found, read(found))
    assert rows(context, "SELECT count(*), min(extractor_version) FROM triplets") == [(3, "2")]
    assert rows(context, "SELECT count(*) FROM figure") == [(4,)]


@pytest.fixture
def reread(context: Context, claim: ClaimedPaper, parsers: dict[str, Any]) -> Callable[[Document], Any]:
    """Stores what a version of the extractor makes of the one document; the counts."""

    def store_once(read_as: Document) -> Any:
        parsers["jats"] = read_as
        found = content(context, "jats")
        with context.ledger.begin() as connection:
            return store(connection, context, claim, found, read(found))

    return store_once


def test_what_a_later_version_reads_the_same_stands(context: Context, reread: Callable[[Document], Any]) -> None:
    reread(document(figure(1), figure(2, Picture("gone.png"))))
    before = rows(context, "SELECT figure_id, extractor_version FROM triplets ORDER BY 1")
    assert reread(document(figure(1), figure(2, Picture("gone.png")), extractor_version="2")) == {"unchanged": 1}
    assert rows(context, "SELECT figure_id, extractor_version FROM triplets ORDER BY 1") == before
    assert rows(context, "SELECT count(*) FROM extraction") == rows(context, "SELECT count(*) FROM rereading") == [(1,)]
    assert reread(document(figure(1), extractor_version="3")) == {"figures_kept": 1, "figures_rejected": 0}
    assert rows(context, "SELECT extractor_version FROM triplets") == [("3",)]


@pytest.mark.parametrize(
    "changed",
    [
        document(figure(1, caption="Another caption."), extractor_version="2"),
        document(figure(1, panels=(Panel("a", "Other."), Panel("b", "Warm."))), extractor_version="2"),
        document(figure(1, mentions=(Mention("As Fig. 1a shows.", "Results", ("a",), namings=2),)), extractor_version="2"),
        document(figure(1, Picture("one.png", png(colour=(9, 9, 9)))), extractor_version="2"),
        document(figure(1), figure(2), extractor_version="2"),
        document(figure(1), extractor_version="2", license_uri="http://creativecommons.org/licenses/by/4.0/"),
        document(figure(1), extractor_version="2", article_type="review"),
        document(extractor_version="2"),
    ],
    ids=["caption", "panel", "namings", "picture", "figures", "licence", "type", "none"],
)  # fmt: skip
def test_whatever_a_later_version_reads_otherwise_is_stored(
    context: Context, reread: Callable[[Document], Any], changed: Document
) -> None:
    reread(document(figure(1)))
    assert "unchanged" not in reread(changed)
    assert rows(context, "SELECT count(*) FROM extraction") == [(2,)]
    assert rows(context, "SELECT count(*) FROM rereading") == [(0,)]
    assert all(version == "2" for (version,) in rows(context, "SELECT extractor_version FROM triplets"))


@pytest.mark.parametrize("status", ["withdrawn", "retracted"])
def test_content_can_say_that_a_paper_is_gone(
    context: Context, claim: ClaimedPaper, parsers: dict[str, Any], status: str
) -> None:
    parsers["jats"] = document(figure(1))
    found = content(context, "jats", status=status)
    with context.ledger.begin() as connection:
        store(connection, context, claim, found, read(found))
    assert rows(context, "SELECT status, outcome, figures_kept FROM papers") == [(status, status, 1)]
    assert rows(context, "SELECT exportable FROM triplets") == [(False,)]


def test_content_of_a_newer_version_supersedes(context: Context, claim: ClaimedPaper, parsers: dict[str, Any]) -> None:
    parsers["jats"] = document(figure(1))
    first = content(context, "jats")
    with context.ledger.begin() as connection:
        store(connection, context, claim, first, read(first))
    parsers["jats"] = document(figure(1), figure(2))
    second = content(context, "jats", version=2)
    with context.ledger.begin() as connection:
        store(connection, context, claim, second, read(second))
    assert rows(context, "SELECT version, status, figures_kept FROM papers ORDER BY version") == [
        (1, "superseded", 1),
        (2, "current", 2),
    ]


def test_an_outcome_without_a_document_is_a_row(context: Context, claim: ClaimedPaper) -> None:
    with context.ledger.begin() as connection:
        store_outcome(connection, context, claim.paper_version_id, "fetch-failed", "the server is away")
    assert rows(context, "SELECT outcome, figures_kept FROM papers") == [("fetch-failed", 0)]
    found = content(context, outcome="no-full-text")
    with context.ledger.begin() as connection:
        store(connection, context, claim, found, reading.read(found))
    assert rows(context, "SELECT outcome FROM papers") == [("no-full-text",)]


def test_a_figure_that_the_text_names_and_the_document_lacks_is_accounted_for(
    context: Context, claim: ClaimedPaper, parsers: dict[str, Any]
) -> None:
    parsers["jats"] = document(figure(1), missing=("3", "A1"))
    found = content(context, "jats")
    with context.ledger.begin() as connection:
        assert store(connection, context, claim, found, read(found)) == {"figures_kept": 1, "figures_rejected": 2}
    assert rows(context, "SELECT label, ordinal, reject_slug FROM triplets ORDER BY ordinal") == [
        ("Fig. 1", 1, None), ("Fig. 3", 2, "figure-missing"), ("Fig. A1", 3, "figure-missing"),
    ]  # fmt: skip
    assert rows(context, "SELECT figures_found, figures_kept, figures_rejected FROM extraction") == [(3, 1, 2)]


def test_a_text_that_names_thousands_of_figures_costs_little(context: Context, parsers: dict[str, Any]) -> None:
    parsers["jats"] = document(figure(1), missing=tuple(map(str, range(2, 5000))))
    assert len(read(content(context, "jats")).figures) == 1 + reading.MAX_MISSING


def test_mentions_are_counted_by_what_names_the_figure(
    context: Context, claim: ClaimedPaper, parsers: dict[str, Any]
) -> None:
    said = (Mention("Fig. 1a, Fig. 1b.", "", ("a", "b"), "Fig. 1a, Fig. 1b.", 2), Mention("Fig. 1.", "", (), "Fig. 1."))
    parsers["jats"] = document(figure(1, mentions=said), figure(2, mentions=()))
    found = content(context, "jats")
    with context.ledger.begin() as connection:
        store(connection, context, claim, found, read(found))
    counted = rows(context, "SELECT mention_count, jsonb_array_length(mentions) FROM triplets ORDER BY ordinal")
    assert counted == [(3, 2), (0, 0)]
