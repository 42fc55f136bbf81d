"""A folder of documents: each is a paper, with the pictures and the sidecar beside it."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import BadInput, ConfigError
from omnisci_etl.ledger.database import sql
from omnisci_etl.papers import archive
from omnisci_etl.sources.base import ClaimedPaper, Content, DocumentKind, Record, SourceDocument, Window
from omnisci_etl.sources.records import newest_versions, store_records
from omnisci_etl.sources.sidecar import MAX_BYTES as MAX_SIDECAR_BYTES
from omnisci_etl.sources.sidecar import Sidecar, parse_sidecar
from omnisci_etl.sources.wire import MAX_PICTURE_BYTES, no_picture

SOURCE = "folder"
MAX_DOCUMENT_BYTES = 256 << 20
_PAGE = 200
_XML = (".xml", ".nxml")
_HTML = (".html", ".htm")
_PACKAGES = (".tar.gz", ".tgz", ".gz", ".zip", ".tar", ".tex")
_SUFFIXES = (*_XML, *_HTML, *_PACKAGES, ".pdf")
_PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".gif", ".webp", ".svg", ".pdf", ".eps", ".ps", ".bmp")
_MAX_PICTURE_FILES = 20000
_MEDIA_TYPES: dict[DocumentKind, str] = {
    "jats": "application/xml", "nature-html": "text/html", "latexml": "text/html", "eprint": "application/octet-stream",
    "pdf": "application/pdf",
}  # fmt: skip
_SQL = "omnisci_etl.sources.sql"


@dataclass(frozen=True, slots=True)
class _Found:
    """A document below root; alone: the only one in its folder, whose paper.yaml and pictures are then its own."""

    root: Path
    path: Path
    alone: bool

    @property
    def name(self) -> str:
        return self.path.relative_to(self.root).as_posix()


def discover(context: Context, *, path: Path | None, window: Window) -> Counts:
    """Stores a record a document; a document or sidecar whose bytes changed is a new version of its paper.

    Raises ConfigError where there is no such folder.
    """
    root = _root(path or context.settings.folder_path)
    counts: Counter[str] = Counter()
    batch: list[Record] = []
    for found in _documents(root):
        record = _record(found)
        if window.holds(record.published_on):
            batch.append(record)
        if len(batch) == _PAGE:
            counts.update(_store(context, batch))
            batch = []
            context.progress.update(counts["records"], None, str(root))
    counts.update(_store(context, batch))
    return dict(counts)


def _root(path: Path | None) -> Path:
    if path is None:
        raise ConfigError("which folder? use --path DIR, or set OMNISCI_FOLDER_PATH")
    root = path.expanduser()
    if not root.is_dir():
        raise ConfigError(f"{path} is not a folder: give --path the folder that holds the documents")
    return root.resolve()


def _documents(root: Path) -> list[_Found]:
    """Documents in a stable order. Links to what lies outside of root, and what is no plain file, are left out."""
    found: list[_Found] = []
    with_tex: set[Path] = set()
    for folder, folders, files in os.walk(root, onerror=_unreadable):
        here = _spelled(Path(folder))
        documents = [_spelled(here / name) for name in sorted(files) if _is_document(root, here / name)]
        folders[:] = sorted(name for name in folders if not _is_appendage(name, documents))
        leading = [one for one in documents if one.suffix.lower() != ".pdf"]
        if here != root and any(one.suffix.lower() == ".tex" for one in leading):
            with_tex.add(here)
        # Beside the one document that is not a PDF, and anywhere under LaTeX, PDFs are pictures or the printed form.
        if (here != root and len(leading) == 1) or not with_tex.isdisjoint((here, *here.parents)):
            documents = leading
        found += [_Found(root, one, alone=here != root and len(documents) == 1) for one in documents]
    return [dataclasses.replace(found[0], alone=True)] if len(found) == 1 else found


def _spelled(path: Path) -> Path:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{os.fsencode(path)!r}: rename it, its name is not UTF-8") from None
    return path


def _unreadable(error: OSError) -> None:
    raise ConfigError(f"{error.filename} cannot be read: {error.strerror}")


def _is_appendage(name: str, documents: list[Path]) -> bool:
    """Whether a folder is hidden, or holds what a browser saved along with a page."""
    return name.startswith(".") or any(name == f"{one.stem}_files" for one in documents)


def _is_document(root: Path, path: Path) -> bool:
    if path.name.startswith(".") or not path.name.lower().endswith(_SUFFIXES) or not _is_inside(root, path):
        return False
    if path.suffix.lower() != ".tex":
        return True
    head = _read(path, 1 << 20, whole=False)
    return head is not None and (b"\\documentclass" in head or b"\\documentstyle" in head)


def _is_inside(root: Path, path: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root) and stat.S_ISREG(path.stat().st_mode)
    except (OSError, RuntimeError):
        return False


def _read(path: Path, max_bytes: int, *, whole: bool = True) -> bytes | None:
    """The bytes of a file; None where it cannot be read, or has more than max_bytes and is wanted whole."""
    try:
        with open(path, "rb") as handle:
            data = handle.read(max_bytes + 1)
    except OSError:
        return None
    return None if whole and len(data) > max_bytes else data[:max_bytes]


def _sidecar(found: _Found) -> bytes | None:
    names = [f"{found.path.name}.yaml", *([] if not found.alone else ["paper.yaml"])]
    for name in names:
        path = found.path.with_name(name)
        if _is_inside(found.root, path):
            data = _read(path, MAX_SIDECAR_BYTES + 1, whole=False)
            return b"" if data is None else data
    return None


def _stamp(found: _Found) -> str:
    """The hash of document and sidecar; of a document that cannot be read or is over the cap, its size."""
    document = _read(found.path, MAX_DOCUMENT_BYTES)
    if document is None:
        return f"unread, {found.path.stat().st_size} bytes"
    return hashlib.sha256(
        hashlib.sha256(document).digest() + hashlib.sha256(_sidecar(found) or b"").digest()
    ).hexdigest()


def _record(found: _Found) -> Record:
    facts: dict[str, Any] = {"root": str(found.root), "alone": found.alone}
    sidecar = Sidecar.model_validate({})
    try:
        sidecar = parse_sidecar(_sidecar(found) or b"")
    except BadInput as error:
        facts["fault"] = {"slug": error.slug, "text": str(error)}
    return Record(
        found.name,
        None,
        _stamp(found),
        title=sidecar.title,
        doi=sidecar.doi,
        authors=sidecar.authors,
        published_on=sidecar.published_on,
        license_uri=sidecar.license,
        evidence=_evidence(sidecar),
        facts=facts,
    )


def _evidence(sidecar: Sidecar) -> dict[str, tuple[str, ...]]:
    codes = tuple(one for one in sidecar.subjects if one.startswith("/"))
    subjects = tuple(one for one in sidecar.subjects if not one.startswith("/"))
    return {"arxiv_categories": sidecar.arxiv_categories, "subjects": subjects, "codes": codes}


def _store(context: Context, records: list[Record]) -> Counts:
    with context.ledger.begin() as connection:
        known = newest_versions(connection, SOURCE, [record.external_id for record in records])
        numbered = []
        for record in records:
            _, version, stamp = known.get(record.external_id, (0, 0, ""))
            numbered.append(dataclasses.replace(record, version=version + (stamp != record.stamp)))
        return store_records(connection, context.run.key, SOURCE, numbered)


def fetch_content(context: Context, claim: ClaimedPaper) -> Content:
    """The document, its bytes now a blob, with the pictures beside it and what its sidecar says."""
    root = Path(str(claim.facts.get("root", "")))
    found = _Found(root, root / claim.external_id, alone=bool(claim.facts.get("alone")))
    fault = claim.facts.get("fault")
    if fault:
        return Content((), no_picture, outcome=str(fault["slug"]), sidecar={"error": fault["text"]})
    if not _is_inside(root, found.path):
        return Content((), no_picture, outcome="no-full-text")
    if found.path.stat().st_size > MAX_DOCUMENT_BYTES:
        return Content((), no_picture, outcome="too-large")
    data = _read(found.path, MAX_DOCUMENT_BYTES)
    if data is None:
        return Content((), no_picture, outcome="fetch-failed")
    kind = kind_of(found.path.name, data)
    if kind is None:
        return Content((), no_picture, outcome="unsupported-document")
    sidecar = parse_sidecar(_sidecar(found) or b"")
    document = SourceDocument(kind, data, _keep(context, claim, data, kind))
    pictures = _Pictures(found)
    stated = sidecar.model_dump(mode="json", exclude_defaults=True)
    return Content((document,), pictures.get, license_uri=sidecar.license, evidence=_evidence(sidecar), sidecar=stated)


def kind_of(name: str, data: bytes) -> DocumentKind | None:
    """What a document is, by its content; the name only tells LaTeX packages from other archives."""
    name = name.lower()
    sniffed = archive.sniff(data)
    if sniffed == "pdf":
        return "pdf"
    if name.endswith(_PACKAGES):
        return "eprint"
    if b"<article" in data[:65536] and name.endswith(_XML):
        return "jats"
    if sniffed == "html" or name.endswith(_HTML):
        return "latexml" if b"ltx_" in data else "nature-html"
    return None


def _keep(context: Context, claim: ClaimedPaper, data: bytes, kind: DocumentKind) -> str:
    """Puts the document into the blob store, under a row that says where it came from; its hash."""
    with context.ledger.begin() as connection:
        sha256 = context.blobs.register(connection, data, _MEDIA_TYPES[kind], context.run.key)
        row = {
            "run_key": context.run.key, "service": SOURCE, "purpose": "document", "url": f"folder:{claim.external_id}",
            "status": None, "slug": None, "sha256": sha256, "bytes": len(data), "etag": None,
            "started_at": datetime.now(UTC), "duration_ms": 0,
        }  # fmt: skip
        connection.execute(sql(_SQL, "insert_fetch"), row)
    return sha256


class _Pictures:
    """The picture files that a document can mean: beside it, and below where it is alone in its folder."""

    def __init__(self, found: _Found) -> None:
        self._found = found
        self._index: dict[str, Path] | None = None

    def get(self, name: str) -> bytes:
        """The picture of a name, URL or path: exact path first, then file name or stem in any case."""
        for path in self._candidates(name):
            if _is_inside(self._found.root, path) and (data := _read(path, MAX_PICTURE_BYTES)) is not None:
                return data
        return no_picture(name)

    def _candidates(self, name: str) -> Iterator[Path]:
        home = self._found.path.parent
        try:
            wanted = PurePosixPath(unquote(urlsplit(name.strip().replace("\\", "/")).path))
        except ValueError:
            return
        if wanted.name and not wanted.is_absolute() and "\0" not in name:
            yield home / wanted
        if self._index is None:
            self._index = self._listed(home)
        low = wanted.name.casefold()
        stem = wanted.stem.casefold() if wanted.suffix.lower() in _PICTURES else low
        keys = (low, *(stem + suffix for suffix in _PICTURES), stem)
        yield from (self._index[key] for key in keys if key in self._index)

    def _listed(self, home: Path) -> dict[str, Path]:
        """Files below home by name, the nearest first; folders that hold documents of their own are left out."""
        index: dict[str, Path] = {}
        for folder, folders, files in os.walk(home):
            folders.sort()
            if not self._found.alone:
                folders.clear()
            if folder != str(home) and any(name.lower().endswith((*_XML, *_HTML, *_PACKAGES)) for name in files):
                folders.clear()
                continue
            for name in sorted(files):
                if Path(folder, name) != self._found.path and len(index) < _MAX_PICTURE_FILES:
                    index.setdefault(name.casefold(), Path(folder, name))
        return index
