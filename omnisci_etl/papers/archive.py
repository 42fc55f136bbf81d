"""A read-only view of a downloaded package: gzip, tar, zip or a single file, told apart by content.

Nothing is written to disk. Sizes in headers are never believed: bytes are counted while they are inflated.
"""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from omnisci_etl.errors import BadInput, HostileInput

Kind = Literal["gzip", "tar", "zip", "pdf", "postscript", "html", "tex", "unknown"]

PICTURE_EXTENSIONS = (".pdf", ".png", ".jpg", ".jpeg", ".eps", ".ps", ".gif", ".svg")

_CHUNK = 1 << 20
_FED = 1 << 18
_MAX_NAME = 1024
_FILE_NAMES: Mapping[Kind, str] = {
    "pdf": "main.pdf",
    "postscript": "main.ps",
    "html": "main.html",
    "tex": "main.tex",
    "unknown": "main",
}


@dataclass(frozen=True, slots=True)
class Caps:
    """Limits on what a package may become: bytes, members, and the inflation ratio past ratio_free bytes."""

    total: int = 512 << 20
    member: int = 128 << 20
    members: int = 5000
    ratio: int = 200
    ratio_free: int = 10 << 20


DEFAULT = Caps()


@dataclass
class _Meter:
    """Counts inflated bytes of one package against its caps."""

    caps: Caps
    packed: int
    inflated: int = 0

    def add(self, count: int) -> None:
        self.inflated += count
        allowed = max(self.caps.ratio_free, self.packed * self.caps.ratio)
        if self.inflated > min(self.caps.total, allowed):
            raise HostileInput("too-large", f"inflates to more than {self.inflated - count} bytes")


@dataclass(frozen=True)
class Package:
    """Files of a package by their cleaned names, in archive order.

    skipped maps the name of each member that was left out to "unsafe" (link, device, absolute or climbing
    name) or "too-large".
    """

    names: tuple[str, ...]
    skipped: Mapping[str, str]
    _source: _Source = field(repr=False)
    _folded: Mapping[str, str] = field(repr=False)

    def read(self, name: str) -> bytes:
        """Bytes of a member; KeyError for a name that is not in names, HostileInput over the caps."""
        return self._source.read(name)

    def find(self, name: str, extensions: Sequence[str] = PICTURE_EXTENSIONS) -> str | None:
        """The member that name means, as TeX would look: exact, then with an extension, then in any case."""
        wanted = posixpath.normpath(name.strip().replace("\\", "/")).lstrip("/")
        while wanted.startswith("../"):
            wanted = wanted[3:]
        candidates = [wanted, *(wanted + extension for extension in extensions)]
        for candidate in candidates:
            if candidate in self._source.members:
                return candidate
        for candidate in candidates:
            if candidate.casefold() in self._folded:
                return self._folded[candidate.casefold()]
        return None


class _Source:
    """Where the bytes of members come from."""

    members: Mapping[str, object]

    def read(self, name: str) -> bytes:
        raise NotImplementedError


class _Slices(_Source):
    """Members that are stretches of one buffer."""

    def __init__(self, data: bytes, members: Mapping[str, tuple[int, int]]) -> None:
        self.data = data
        self.members: Mapping[str, tuple[int, int]] = members

    def read(self, name: str) -> bytes:
        start, size = self.members[name]
        return self.data[start : start + size]


class _Zip(_Source):
    """Members of a zip file, inflated when read; each counts once against the total."""

    def __init__(self, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], meter: _Meter) -> None:
        self.archive = archive
        self.members: Mapping[str, zipfile.ZipInfo] = members
        self.meter = meter
        self.counted: set[str] = set()

    def read(self, name: str) -> bytes:
        info = self.members[name]
        parts: list[bytes] = []
        size = 0
        try:
            with self.archive.open(info) as stream:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    self._count(name, size, len(chunk))
                    parts.append(chunk)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as e:
            raise BadInput("malformed-document", f"zip member {name!r}: {e}") from e
        self.counted.add(name)
        return b"".join(parts)

    def _count(self, name: str, size: int, chunk: int) -> None:
        if size > self.meter.caps.member:
            raise HostileInput("too-large", f"zip member {name!r} is over {self.meter.caps.member} bytes")
        if name not in self.counted:
            self.meter.add(chunk)


def sniff(data: bytes) -> Kind:
    """What the bytes are, judged by content alone."""
    if data[:2] == b"\x1f\x8b":
        return "gzip"
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if data[257:262] == b"ustar" or _is_old_tar(data):
        return "tar"
    return _sniff_file(data)


def _sniff_file(data: bytes) -> Kind:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\x04")
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if head.startswith((b"%!PS", b"\xc5\xd0\xd3\xc6")):
        return "postscript"
    if re.search(rb"<!doctype\s+html|<html[\s>]", data[:4096], re.IGNORECASE):
        return "html"
    if data.startswith((b"\xff\xfe\\\0", b"\xff\xfe%\0", b"\xfe\xff\0\\", b"\xfe\xff\0%")):
        return "tex"
    if b"\0" not in data[:65536] and (head.startswith(b"%") or re.search(rb"\\[a-zA-Z]{2,}", data)):
        return "tex"
    return "unknown"


def _is_old_tar(data: bytes) -> bool:
    """Pre-POSIX tar has no magic: only the header's checksum tells."""
    header = data[:512]
    if len(header) < 512 or not header[0]:
        return False
    try:
        stored = int(header[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return stored == sum(header) - sum(header[148:156]) + 8 * 32


def open_package(data: bytes, *, caps: Caps = DEFAULT) -> Package:
    """Open a package of any kind; a single file becomes a package with one member ("main.tex", "main.pdf", ...).

    Raises BadInput("malformed-document") for broken containers, HostileInput("too-large") for bombs and
    HostileInput("hostile-archive") where unsafe members outnumber the usable ones.
    """
    kind = sniff(data)
    if kind == "gzip":
        meter = _Meter(caps, len(data))
        data = b"".join(_inflate(data, meter))
        kind = "tar" if sniff(data) == "tar" else _sniff_file(data)
    if kind == "tar":
        return _open_tar(data, caps)
    if kind == "zip":
        return _open_zip(data, caps)
    if len(data) > caps.member:
        raise HostileInput("too-large", f"one file of {len(data)} bytes")
    name = _FILE_NAMES[kind]
    return _package(_Slices(data, {name: (0, len(data))}), {})


def _inflate(data: bytes, meter: _Meter) -> Iterator[bytes]:
    """Inflate all members of a gzip file; zero padding and other trailing bytes after the first are ignored."""
    position, first = 0, True
    while data[position : position + 2] == b"\x1f\x8b":
        engine = zlib.decompressobj(wbits=31)
        pending = b""
        try:
            while not engine.eof:
                fed = pending or data[position : position + _FED]
                position += 0 if pending else len(fed)
                chunk = engine.decompress(fed, _CHUNK)
                pending = engine.unconsumed_tail
                if not fed and not chunk and not engine.eof:
                    raise BadInput("malformed-document", "gzip data end too early")
                meter.add(len(chunk))
                yield chunk
        except zlib.error as e:
            if first:
                raise BadInput("malformed-document", f"gzip: {e}") from e
            return
        position, first = position - len(engine.unused_data), False


def _open_tar(data: bytes, caps: Caps) -> Package:
    members: dict[str, tuple[int, int]] = {}
    skipped: dict[str, str] = {}
    count = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for member in archive:
                count = _count_member(count, caps)
                name = _clean_name(member.name)
                if member.isdir() and name is not None:
                    continue
                reason = _tar_reason(member, name, len(data), caps)
                if reason or not name:
                    skipped[_printable(member.name)] = reason or "unsafe"
                else:
                    members[name] = (member.offset_data, member.size)
    except (tarfile.TarError, EOFError, ValueError, OverflowError, IndexError, KeyError) as e:
        raise BadInput("malformed-document", f"tar: {e}") from e
    return _package(_Slices(data, members), skipped)


def _tar_reason(member: tarfile.TarInfo, name: str | None, length: int, caps: Caps) -> str | None:
    if name is None or not member.isreg() or member.issparse():
        return "unsafe"
    if member.size > caps.member:
        return "too-large"
    if member.size < 0 or member.offset_data + member.size > length:
        raise BadInput("malformed-document", "tar data end too early")
    return None


def _open_zip(data: bytes, caps: Caps) -> Package:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = archive.infolist()
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError, UnicodeDecodeError) as e:
        raise BadInput("malformed-document", f"zip: {e}") from e
    members: dict[str, zipfile.ZipInfo] = {}
    skipped: dict[str, str] = {}
    count = 0
    for info in infos:
        count = _count_member(count, caps)
        name = _clean_name(info.filename)
        file_type = info.external_attr >> 28
        if info.is_dir() and name is not None:
            continue
        if not name or info.flag_bits & 1 or file_type not in (0, 8):
            skipped[_printable(info.filename)] = "unsafe"
        elif info.file_size > caps.member:
            skipped[name] = "too-large"
        else:
            members[name] = info
    return _package(_Zip(archive, members, _Meter(caps, len(data))), skipped)


def _count_member(count: int, caps: Caps) -> int:
    if count >= caps.members:
        raise HostileInput("too-large", f"more than {caps.members} members")
    return count + 1


def _clean_name(raw: str) -> str | None:
    """The member's name as a relative path with forward slashes; None where it is not safe to use."""
    name = _decoded(raw).replace("\\", "/")
    if not name.isprintable() or len(name) > _MAX_NAME or name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return None
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return None if ".." in parts else "/".join(parts)


def _decoded(raw: str) -> str:
    """The name without the surrogates that tarfile makes of bytes outside UTF-8."""
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _printable(raw: str) -> str:
    return "".join(c for c in _decoded(raw[:_MAX_NAME]) if c.isprintable())


def _package(source: _Source, skipped: Mapping[str, str]) -> Package:
    unsafe = sum(1 for reason in skipped.values() if reason == "unsafe")
    if unsafe > len(source.members):
        raise HostileInput("hostile-archive", f"{unsafe} unsafe members of {unsafe + len(source.members)}")
    folded: dict[str, str] = {}
    for name in source.members:
        folded.setdefault(name.casefold(), name)
    return Package(tuple(source.members), dict(skipped), source, folded)
