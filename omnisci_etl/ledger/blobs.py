"""The blob store: bytes under their sha256, in a folder or an object store (any fsspec URL)."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem
from sqlalchemy import Connection, text

from omnisci_etl.errors import ConfigError, OmnisciError
from omnisci_etl.hashing import sha256_hex

_REGISTER = text(
    "INSERT INTO omnisci.blob (sha256, media_type, bytes, run_key) VALUES (:sha256, :media_type, :bytes, :run_key) "
    "ON CONFLICT (sha256) DO NOTHING"
)


class BlobMissing(OmnisciError):
    """The ledger names a blob that the store does not hold."""


class BlobStore:
    """Content-addressed bytes. Writing the same bytes twice is one object; objects are never changed."""

    def __init__(self, url: str) -> None:
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise ConfigError(
                f"OMNISCI_BLOBS: {error}; use a folder or an fsspec URL whose driver is installed"
            ) from None

    def path(self, sha256: str) -> str:
        """Where the bytes of a hash are kept."""
        return f"{self._root}/{sha256[:2]}/{sha256[2:4]}/{sha256}"

    def put(self, data: bytes) -> str:
        """Stores bytes, whole or not at all; their hash."""
        sha256 = sha256_hex(data)
        path = self.path(sha256)
        if self._fs.exists(path):
            return sha256
        if isinstance(self._fs, LocalFileSystem):
            self._put_local(Path(path), data)
        else:
            self._fs.pipe_file(path, data)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes of a hash. Raises BlobMissing when they are gone or damaged."""
        try:
            data: bytes = self._fs.cat_file(self.path(sha256))
        except FileNotFoundError:
            raise BlobMissing(f"blob {sha256} is missing at {self._root}; restore it or run `omnisci verify`") from None
        if sha256_hex(data) != sha256:
            raise BlobMissing(f"blob {sha256} is damaged at {self._root}; restore it or run `omnisci verify`")
        return data

    def exists(self, sha256: str) -> bool:
        """Whether the store holds the hash, without reading it."""
        return bool(self._fs.exists(self.path(sha256)))

    def check_writable(self) -> None:
        """Raises ConfigError unless bytes can be written and read back."""
        try:
            self.get(self.put(b"omnisci_etl"))
        except (OSError, BlobMissing) as error:
            raise ConfigError(f"OMNISCI_BLOBS: {self._root} is not writable: {error}") from None

    def hashes(self) -> Iterator[str]:
        """Every hash in the store."""
        listed: list[Any] = self._fs.find(self._root) if self._fs.exists(self._root) else []
        for path in listed:
            name = str(path).rsplit("/", 1)[-1]
            if len(name) == 64:
                yield name

    def register(self, connection: Connection, data: bytes, media_type: str, run_key: int) -> str:
        """Stores bytes and their row; the bytes first, so that a row never points at nothing."""
        sha256 = self.put(data)
        parameters = {"sha256": sha256, "media_type": media_type, "bytes": len(data), "run_key": run_key}
        connection.execute(_REGISTER, parameters)
        return sha256

    @staticmethod
    def _put_local(path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
        with open(temporary, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temporary, path)
