"""Stores what was read of a paper: extraction, figures, panels, mentions and pictures, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.context import Context, Counts
from omnisci_etl.figures.images import LoadedPicture
from omnisci_etl.figures.kinds import classify
from omnisci_etl.hashing import sha256_hex
from omnisci_etl.ledger.database import copy_into, dumps, sql
from omnisci_etl.papers import disciplines, rereading
from omnisci_etl.papers.credits import figure_credit
from omnisci_etl.papers.licences import licence_class
from omnisci_etl.papers.looks import store_looks
from omnisci_etl.papers.model import Document, Figure
from omnisci_etl.papers.reading import ReadFigure, Reading
from omnisci_etl.sources.base import ClaimedPaper, Content

_SQL = "omnisci_etl.papers.sql"
_FIGURE = {
    "extraction_id": "bigint", "paper_version_id": "bigint", "locator": "text", "ordinal": "integer", "label": "text",
    "author_caption": "text", "caption_source": "text", "kind": "text", "kind_confidence": "real",
    "image_sha256": "text", "page": "integer",
    "bbox": "double precision[]", "third_party_credit": "text", "reject_slug": "text", "evidence_sha256": "text",
    "extractor": "text", "extractor_version": "text",
}  # fmt: skip
_PICTURE = {
    "image_sha256": "text", "media_type": "text", "width": "integer", "height": "integer",
    "original_sha256": "text[]", "run_key": "bigint",
}  # fmt: skip
_BLOB = {"sha256": "text", "media_type": "text", "bytes": "bigint", "run_key": "bigint"}
_PANEL = {"extraction_id": "bigint", "locator": "text", "ordinal": "integer", "label": "text", "body": "text"}
_MENTION = {
    "extraction_id": "bigint", "locator": "text", "ordinal": "integer", "body": "text", "sentence": "text",
    "section": "text", "panels": "text[]", "namings": "integer",
}  # fmt: skip


def store(connection: Connection, context: Context, claim: ClaimedPaper, content: Content, reading: Reading) -> Counts:
    """Writes a reading; counts of figures kept and rejected, or that it is unchanged.

    The same reading a second time writes nothing.
    """
    version_id = _version(connection, context, claim, content)
    if content.status in ("withdrawn", "retracted"):
        _mark(connection, context, version_id, content.status)
        if not content.documents:
            return {}
    standing = rereading.standing(connection, version_id)
    extraction_id = _write(connection, context, version_id, content, reading, standing)
    if standing and standing.is_left_by(reading) and (extraction_id is None or reading.document is None):
        rereading.confirm(connection, context, standing)
    if extraction_id is None:
        return {"unchanged": 1}
    if reading.document:
        _disciplines(connection, context, claim, reading.document, content.evidence)
    looks = {f.picture.sha256: f.look for f in reading.figures if f.picture and f.look}
    store_looks(connection, looks, context.run.key)
    kept = sum(f.reject_slug is None for f in reading.figures)
    return {"figures_kept": kept, "figures_rejected": len(reading.figures) - kept}


def _write(
    connection: Connection,
    context: Context,
    version_id: int,
    content: Content,
    reading: Reading,
    standing: rereading.Standing | None,
) -> int | None:
    """The id of the extraction, stored with its figures; None where nothing is stored.

    What another version of the extractor reads the same is rolled back: the figures keep their identity, and so their
    captions, ratings and exports.
    """
    with connection.begin_nested() as written:
        extraction_id = _extraction(connection, context, version_id, content, reading)
        if extraction_id is None:
            return None
        if reading.figures and reading.document:
            _pictures(connection, context, reading)
            _figures(connection, extraction_id, version_id, reading)
        if standing and rereading.says_the_same(connection, standing, reading, extraction_id):
            written.rollback()
            return None
    return extraction_id


def store_outcome(connection: Connection, context: Context, version_id: int, outcome: str, detail: str) -> None:
    """Writes that a paper could not be read at all, and why."""
    parameters = _blank(version_id, outcome, context.run.key) | {"detail": dumps({"error": detail[:500]})}
    connection.execute(sql(_SQL, "insert_extraction"), parameters)


def _mark(connection: Connection, context: Context, version_id: int, status: str) -> None:
    connection.execute(sql(_SQL, "insert_extraction"), _blank(version_id, status, context.run.key))


def _blank(version_id: int, outcome: str, run_key: int) -> dict[str, Any]:
    return {
        "paper_version_id": version_id, "outcome": outcome, "document_sha256": None, "extractor": None,
        "extractor_version": None, "found": 0, "kept": 0, "rejected": 0, "article_type": None, "doi": None,
        "title": None, "abstract": None, "published_on": None, "license_uri": None, "license_class": None,
        "related": "[]", "detail": "{}", "run_key": run_key,
    }  # fmt: skip


def _version(connection: Connection, context: Context, claim: ClaimedPaper, content: Content) -> int:
    if content.version is None or content.version == claim.version:
        return claim.paper_version_id
    parameters = {
        "paper_id": claim.paper_id, "version": content.version, "paper_version_id": claim.paper_version_id,
        "run_key": context.run.key,
    }  # fmt: skip
    return int(connection.execute(sql(_SQL, "next_version"), parameters).scalar_one())


def _extraction(
    connection: Connection, context: Context, version_id: int, content: Content, reading: Reading
) -> int | None:
    document = reading.document
    parameters = _blank(version_id, reading.outcome, context.run.key)
    detail: dict[str, Any] = {}
    if reading.faults:
        detail["faults"] = [{"document": kind, "slug": slug, "error": text} for kind, slug, text in reading.faults]
    if len(reading.cross_check) > 1:
        detail["figures_by_document"] = reading.cross_check
    parameters["detail"] = dumps(detail)
    parameters["document_sha256"] = reading.source.sha256 if reading.source else None
    if document is not None:
        kept = sum(f.reject_slug is None for f in reading.figures)
        license_uri = document.license_uri or content.license_uri
        parameters |= {
            "extractor": document.extractor, "extractor_version": document.extractor_version,
            "found": len(reading.figures), "kept": kept, "rejected": len(reading.figures) - kept,
            "article_type": document.article_type, "doi": document.doi, "title": document.title,
            "abstract": document.abstract, "published_on": document.published_on, "license_uri": license_uri,
            "license_class": licence_class(license_uri) if license_uri else None,
            "related": dumps([{"kind": r.kind, "doi": r.doi} for r in document.related]),
        }  # fmt: skip
    row: int | None = connection.execute(sql(_SQL, "insert_extraction"), parameters).scalar()
    return row


def _pictures(connection: Connection, context: Context, reading: Reading) -> None:
    blobs: dict[str, LoadedPicture] = {}
    rows = []
    for one in reading.figures:
        if one.picture is None:
            continue
        for picture in (one.picture, *one.originals):
            blobs[picture.sha256] = picture
        originals = [picture.original_sha256 for picture in one.originals]
        rows.append(
            (
                one.picture.sha256,
                one.picture.media_type,
                one.picture.width,
                one.picture.height,
                originals,
                context.run.key,
            )
        )
    for picture in blobs.values():
        context.blobs.put(picture.bytes_)
    copy_into(
        connection, "blob_stage", _BLOB,
        ((sha, p.media_type, len(p.bytes_), context.run.key) for sha, p in blobs.items()),
    )  # fmt: skip
    connection.execute(sql(_SQL, "insert_blobs"))
    copy_into(connection, "picture_stage", _PICTURE, rows)
    connection.execute(sql(_SQL, "insert_pictures"))


def _figures(connection: Connection, extraction_id: int, version_id: int, reading: Reading) -> None:
    assert reading.document is not None
    document = reading.document
    rows = (_figure_row(extraction_id, version_id, document, one) for one in reading.figures)
    copy_into(connection, "figure_stage", _FIGURE, rows)
    connection.execute(sql(_SQL, "insert_figures"))
    panels = (
        (extraction_id, f.figure.locator, number, panel.label, panel.text)
        for f in reading.figures
        for number, panel in enumerate(f.figure.panels, 1)
    )
    copy_into(connection, "panel_stage", _PANEL, panels)
    connection.execute(sql(_SQL, "insert_panels"))
    copy_into(connection, "mention_stage", _MENTION, _mention_rows(extraction_id, reading.figures))
    connection.execute(sql(_SQL, "insert_mentions"))


def _figure_row(extraction_id: int, version_id: int, document: Document, one: ReadFigure) -> tuple[Any, ...]:
    figure = one.figure
    kind = classify(figure.caption, len(figure.panels), one.look.statistics if one.look else None)
    return (
        extraction_id, version_id, figure.locator, figure.ordinal, figure.label, figure.caption,
        figure.caption_source or None, kind.name, kind.confidence,
        one.picture.sha256 if one.picture else None, figure.page, list(figure.bbox) if figure.bbox else None,
        figure_credit(figure.caption, (m.sentence for m in figure.mentions)), one.reject_slug,
        evidence_sha256(document.title, figure), document.extractor, document.extractor_version,
    )  # fmt: skip


def _mention_rows(extraction_id: int, figures: tuple[ReadFigure, ...]) -> Iterator[tuple[Any, ...]]:
    for one in figures:
        for number, mention in enumerate(one.figure.mentions, 1):
            yield (
                extraction_id, one.figure.locator, number, mention.text, mention.sentence, mention.section,
                list(mention.panels), mention.namings,
            )  # fmt: skip


def evidence_sha256(title: str, figure: Figure) -> str:
    """The hash of everything textual that a captioner is given of a figure: a changed hash makes its caption stale."""
    evidence = {
        "title": title,
        "label": figure.label,
        "caption": figure.caption,
        "panels": [[p.label, p.text] for p in figure.panels],
        "mentions": [[m.text, m.section, list(m.panels)] for m in figure.mentions],
    }
    return sha256_hex(dumps(evidence))


def _disciplines(
    connection: Connection,
    context: Context,
    claim: ClaimedPaper,
    document: Document,
    evidence: Mapping[str, tuple[str, ...]],
) -> None:
    found = dict(evidence)
    if document.subjects:
        found["subjects"] = (*found.get("subjects", ()), *document.subjects)
    assign_disciplines(connection, context, claim.paper_id, found)


def assign_disciplines(
    connection: Connection, context: Context, paper_id: int, evidence: Mapping[str, tuple[str, ...]]
) -> None:
    """Gives a paper that has none the disciplines that the evidence speaks for; keys as in Taxonomy.classify."""
    taxonomy = disciplines.load()
    known = {"paper_id": paper_id, "taxonomy_version": taxonomy.version}
    if connection.execute(sql(_SQL, "has_discipline"), known).scalar_one():
        return
    for one in taxonomy.classify(**evidence):
        parameters = known | {
            "discipline": one.discipline, "is_primary": one.primary, "evidence_kind": one.evidence_kind,
            "evidence": one.evidence, "run_key": context.run.key,
        }  # fmt: skip
        connection.execute(sql(_SQL, "insert_disciplines"), parameters)
