"""Metadata leaves a picture, its pixels do not."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from omnisci_etl.figures.images import load_picture
from omnisci_etl.figures.metadata import without_metadata

SECRET = b"Jane's camera 51.5 N"
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def noise(size: tuple[int, int] = (64, 48)) -> Image.Image:
    raw = hashlib.shake_128(b"pixels").digest(size[0] * size[1] * 3)
    return Image.frombytes("RGB", size, raw)


def encoded(form: str, **options: object) -> bytes:
    out = io.BytesIO()
    noise().save(out, form, **options)  # type: ignore[arg-type]
    return out.getvalue()


def exif() -> Image.Exif:
    tags = Image.Exif()
    tags[0x010F] = SECRET.decode()
    return tags


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_texts() -> PngImagePlugin.PngInfo:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", SECRET.decode())
    texts.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return texts


def jpeg() -> bytes:
    data = encoded("JPEG", exif=exif(), comment=SECRET, icc_profile=ICC, xmp=SECRET, progressive=True)
    thumbnail = b"JFIF\0\1\1\0\0\1\0\1\1\1" + b"abc"
    extras = jpeg_segment(0xED, b"Photoshop 3.0\0" + SECRET) + jpeg_segment(0xE5, SECRET)
    assert data[2:6] == b"\xff\xe0\x00\x10"
    return data[:2] + jpeg_segment(0xE0, thumbnail) + extras + data[20:] + SECRET


def png() -> bytes:
    data = encoded("PNG", exif=exif(), pnginfo=png_texts(), icc_profile=ICC)
    return data[:33] + png_chunk(b"tIME", b"\x07\xe8\1\1\1\1\1") + png_chunk(b"priV", SECRET) + data[33:] + SECRET


def webp() -> bytes:
    return encoded("WEBP", exif=exif(), xmp=SECRET, icc_profile=ICC, lossless=True) + SECRET


FILES = {"JPEG": jpeg(), "PNG": png(), "WEBP": webp()}


@pytest.mark.parametrize("form", FILES)
def test_metadata_goes_and_pixels_stay(form: str) -> None:
    data = FILES[form]
    assert SECRET in data
    loaded = load_picture(data)
    assert SECRET not in loaded.bytes_
    assert loaded.original_sha256 == hashlib.sha256(data).hexdigest()
    assert loaded.sha256 == hashlib.sha256(loaded.bytes_).hexdigest() != loaded.original_sha256
    before, after = opened(data), opened(loaded.bytes_)
    assert after.format == form
    assert after.tobytes() == before.tobytes()
    assert after.info["icc_profile"] == ICC
    assert not after.getexif()
    assert set(after.info) <= {"icc_profile", "jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "progressive",
                               "progression", "loop", "background", "timestamp", "duration"}  # fmt: skip
    assert load_picture(loaded.bytes_).bytes_ == loaded.bytes_


@pytest.mark.parametrize("form", FILES)
def test_a_file_without_metadata_is_kept_byte_for_byte(form: str) -> None:
    data = encoded(form)
    assert without_metadata(data, form) == data


def test_an_adobe_segment_is_what_tells_the_colours_and_stays() -> None:
    data = encoded("JPEG", keep_rgb=True)
    kept = without_metadata(data, "JPEG")
    assert kept
    assert opened(kept).tobytes() == opened(data).tobytes()


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_a_file_that_breaks_off_is_not_guessed_at(form: str, cut: float) -> None:
    data = encoded(form)
    assert without_metadata(data[: int(len(data) * cut)], form) is None


@settings(max_examples=150, deadline=None)
@given(form=st.sampled_from(sorted(FILES)), place=st.integers(0, 10**5), patch=st.binary(min_size=1, max_size=6))
def test_damaged_files_are_cut_or_left(form: str, place: int, patch: bytes) -> None:
    data = bytearray(FILES[form])
    place %= len(data)
    data[place : place + len(patch)] = patch
    kept = without_metadata(bytes(data), form)
    assert kept is None or len(kept) <= len(data) + 16
