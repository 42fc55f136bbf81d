"""A release: chosen rows, files written aside and moved into place whole, then rows of the ledger."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import ConfigError
from omnisci_etl.exports import card, parquet
from omnisci_etl.exports.profiles import license_classes
from omnisci_etl.exports.rows import export_row, split_of
from omnisci_etl.hashing import sha256_hex
from omnisci_etl.ledger.database import copy_into, sql

FORMATS = ("parquet",)
# Part of the state's hash: a change of what a row holds makes another release of the same captions.
ROW_VERSION = "1"
_SQL = "omnisci_etl.exports.sql"
_ROW = {
    "export_id": "bigint", "shard": "text", "row_no": "integer", "caption_id": "bigint", "decision_id": "bigint",
}  # fmt: skip
_FILE = {"export_id": "bigint", "path": "text", "sha256": "text", "bytes": "bigint", "rows": "integer"}
Rows = Sequence[Mapping[str, Any]]


def export(context: Context, *, form: str, profile: str, out: Path | None) -> Counts:
    """Publishes; an unchanged state gives the release that exists, its files written again where they are missing.

    Where nothing may be exported any more, an empty release takes the place of the one before: that one holds rows
    which were recalled since (view recalls).
    """
    if form not in FORMATS:
        raise ConfigError(f"unknown format {form!r}: use one of {', '.join(FORMATS)}")
    rows = _chosen(context, profile)
    if not rows and not _released_before(context, form, profile):
        return {"export_id": 0, "rows": 0, "files": 0, "made": 0}
    state = _state(form, profile, rows)
    known = _known(context, form, profile, state)
    folder = _root(context, out) / f"{form}-{profile}-{state[:12]}"
    manifest = _materialise(context, folder, form, profile, state, rows)
    made = _store(context, form, profile, state, rows, manifest) if known is None else False
    known = known or _known(context, form, profile, state)
    assert known is not None
    if sha256_hex(manifest) != known["manifest_sha256"]:
        raise ConfigError(
            f"{folder} differs from the stored release {known['export_id']}: it was written by another version of the "
            "libraries or changed since; move it away and export again with the stored versions"
        )
    _point_latest(folder)
    return {
        "export_id": int(known["export_id"]),
        "rows": len(rows),
        "files": len(json.loads(manifest)["files"]),
        "made": int(made),
    }


def _chosen(context: Context, profile: str) -> Rows:
    parameters = {"license_classes": list(license_classes(profile))}
    with context.ledger.begin() as connection:
        return [dict(row) for row in connection.execute(sql(_SQL, "chosen"), parameters).mappings()]


def _state(form: str, profile: str, rows: Rows) -> str:
    """The hash of every value that the release holds (pictures by their hashes)."""
    digest = hashlib.sha256(json.dumps([ROW_VERSION, form, profile]).encode())
    for row in rows:
        values = export_row(row, b"")
        values["image"] = values["image"]["path"]
        digest.update(json.dumps([row["decision_id"], values], sort_keys=True).encode())
    return digest.hexdigest()


def _released_before(context: Context, form: str, profile: str) -> bool:
    with context.ledger.read() as connection:
        found = connection.execute(sql(_SQL, "released_before"), {"format": form, "profile": profile}).scalar_one()
    return bool(found)


def _known(context: Context, form: str, profile: str, state: str) -> Mapping[str, Any] | None:
    parameters = {"format": form, "profile": profile, "state_sha256": state}
    with context.ledger.begin() as connection:
        row = connection.execute(sql(_SQL, "find_export"), parameters).mappings().first()
    return dict(row) if row else None


def _root(context: Context, out: Path | None) -> Path:
    return (out or context.settings.export_path or context.settings.home_dir / "exports").absolute()


def _materialise(context: Context, folder: Path, form: str, profile: str, state: str, rows: Rows) -> bytes:
    """The manifest of the folder, which is written first unless it is there and whole."""
    present = folder / "manifest.json"
    if present.exists() and _whole(folder, json.loads(present.read_text())):
        return present.read_bytes()
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        manifest = _write(context, partial, form, profile, state, rows)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(partial, folder)
    except OSError as error:
        raise ConfigError(f"cannot write to {folder.parent}: {error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def _whole(folder: Path, manifest: Mapping[str, Any]) -> bool:
    return all(
        (folder / file["path"]).is_file() and _file_sha256(folder / file["path"]) == file["sha256"]
        for file in manifest["files"]
    )


def _file_sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _write(context: Context, folder: Path, form: str, profile: str, state: str, rows: Rows) -> bytes:
    shards: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for (path, _), row in zip(_plan(rows), rows, strict=True):
        shards[path].append(row)
    done = 0
    counted: dict[str, int] = {}
    for path, members in shards.items():
        counted[path] = parquet.write_shard(folder / path, map(_with_picture(context), members))
        done += len(members)
        context.progress.update(done, len(rows), path)
    (folder / "README.md").write_text(card.render(rows, profile, sorted(shards)), encoding="utf-8")
    files = [
        {
            "path": path,
            "sha256": _file_sha256(folder / path),
            "bytes": (folder / path).stat().st_size,
            "rows": counted.get(path, 0),
        }
        for path in sorted([*shards, "README.md"])
    ]
    manifest = json.dumps(
        {"format": form, "profile": profile, "state_sha256": state, "rows": len(rows), "files": files},
        indent=1,
        sort_keys=True,
    ).encode()
    (folder / "manifest.json").write_bytes(manifest)
    return manifest


def _with_picture(context: Context) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda row: export_row(row, context.blobs.get(row["image_sha256"]))


def _plan(rows: Rows) -> list[tuple[str, int]]:
    return parquet.shard_plan([split_of(row["source"], row["external_id"]) for row in rows])


def _store(context: Context, form: str, profile: str, state: str, rows: Rows, manifest: bytes) -> bool:
    """Whether this run wrote the release's rows; another run of the same state may have been first."""
    parameters = {
        "format": form, "profile": profile, "state_sha256": state, "rows": len(rows),
        "manifest_sha256": sha256_hex(manifest), "run_key": context.run.key,
    }  # fmt: skip
    with context.ledger.begin() as connection:
        export_id = connection.execute(sql(_SQL, "insert_export"), parameters).scalar()
        if export_id is not None:
            placed = zip(_plan(rows), rows, strict=True)
            members = ((export_id, path, row_no, r["caption_id"], r["decision_id"]) for (path, row_no), r in placed)
            copy_into(connection, "export_row_stage", _ROW, members)
            connection.execute(sql(_SQL, "insert_rows"))
            files = ((export_id, f["path"], f["sha256"], f["bytes"], f["rows"]) for f in json.loads(manifest)["files"])
            copy_into(connection, "export_file_stage", _FILE, files)
            connection.execute(sql(_SQL, "insert_files"))
    return export_id is not None


def _point_latest(folder: Path) -> None:
    pointer = folder.parent / "LATEST"
    if pointer.exists() and pointer.read_text() == folder.name + "\n":
        return
    temporary = folder.parent / f".LATEST.{os.getpid()}"
    temporary.write_text(folder.name + "\n")
    os.replace(temporary, pointer)
