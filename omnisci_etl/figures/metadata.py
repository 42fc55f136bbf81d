"""Pictures without what their files say besides the pixels, the encoded pixels left as they are.

What is dropped: EXIF, XMP, IPTC, comments, times, thumbnails, unknown chunks, and whatever follows the picture's end.
What stays: what a decoder needs to show the right pixels in the right colours (tables, palette, transparency, gamma,
ICC profile).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"pHYs")
)
_WEBP_KEPT = frozenset((b"VP8X", b"ICCP", b"ALPH", b"VP8 ", b"VP8L"))
_WEBP_EXIF_AND_XMP = 0x0C
_SOI, _EOI, _SOS, _APP0, _APP2, _APP14, _APP15, _COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
# In coded data a 0xFF byte of the data is followed by 0, and restart markers belong to it.
_END_OF_SCAN = re.compile(rb"\xff(?=[^\x00\xff\xd0-\xd7])", re.DOTALL)


class _UnknownStructure(Exception):
    """The file is not built as its format says; decoders may forgive that, this module does not guess."""


def without_metadata(data: bytes, form: str) -> bytes | None:
    """The file with its metadata cut out; form is PNG, JPEG or WEBP. None where its structure is not understood."""
    parts = {"PNG": _png_parts, "JPEG": _jpeg_parts, "WEBP": _webp_parts}[form]
    try:
        return b"".join(parts(data))
    except (_UnknownStructure, IndexError, struct.error):
        return None


def _png_parts(data: bytes) -> Iterator[bytes]:
    if not data.startswith(_PNG_MAGIC):
        raise _UnknownStructure
    yield _PNG_MAGIC
    at, name = len(_PNG_MAGIC), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise _UnknownStructure
        if name in _PNG_KEPT:
            yield data[at:end]
        at = end


def _jpeg_parts(data: bytes) -> Iterator[bytes]:
    if data[:2] != bytes((0xFF, _SOI)):
        raise _UnknownStructure
    yield data[:2]
    at = 2
    while True:
        if data[at] != 0xFF:
            raise _UnknownStructure
        while data[at + 1] == 0xFF:
            at += 1
        marker = data[at + 1]
        if marker == _EOI:
            yield data[at : at + 2]
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if marker == _SOS:
            following = _END_OF_SCAN.search(data, end)
            end = following.start() if following else len(data)
        if length < 2 or end > len(data):
            raise _UnknownStructure
        yield _jpeg_segment(marker, data[at:end])
        at = end


def _jpeg_segment(marker: int, segment: bytes) -> bytes:
    """What stays of a segment: of APP0 what says the pixels' shape, but not its thumbnail."""
    body = segment[4:]
    if marker == _APP0:
        return (
            b"\xff\xe0\x00\x10" + body[:12] + b"\x00\x00" if body.startswith(b"JFIF\x00") and len(body) >= 14 else b""
        )
    if marker == _APP2:
        return segment if body.startswith(b"ICC_PROFILE\x00") else b""
    if marker == _APP14:
        return segment[:16] if body.startswith(b"Adobe") and len(segment) == 16 else b""
    return b"" if marker == _COM or _APP0 < marker <= _APP15 else segment


def _webp_parts(data: bytes) -> Iterator[bytes]:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise _UnknownStructure
    body = b"".join(_webp_chunks(data[12 : 8 + struct.unpack_from("<I", data, 4)[0]]))
    yield b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _webp_chunks(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length
        if end > len(data):
            raise _UnknownStructure
        if name == b"VP8X":
            yield data[at : at + 8] + bytes((data[at + 8] & ~_WEBP_EXIF_AND_XMP,)) + data[at + 9 : end]
        elif name in _WEBP_KEPT:
            yield data[at:end] + b"\x00" * (length & 1)
        at = end + (length & 1)
