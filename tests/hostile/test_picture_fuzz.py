"""Damaged, lying and exploding pictures: each gives a picture or a slug, soon and in bounded memory."""

from __future__ import annotations

import gzip
import io
import os
import struct
import time
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.figures.images import LoadedPicture, for_model, load_picture
from omnisci_etl.figures.look import look_at
from omnisci_etl.papers import isolate

SLUGS = {"picture-undecodable", "picture-unsupported", "picture-tiny", "picture-too-large"}


def drawing(mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (48, 40), "white")
    ImageDraw.Draw(image).ellipse((4, 4, 40, 30), fill=(200, 40, 90))
    return image.convert(mode)


def encoded(form: str, mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    drawing(mode).save(out, form, **options)  # type: ignore[arg-type]
    return out.getvalue()


def exif() -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = 8
    return tags


def animation(form: str) -> bytes:
    return encoded(form, save_all=True, append_images=[drawing(), drawing("L").convert("RGB")])


SEEDS = [
    encoded("PNG"), encoded("PNG", "RGBA"), encoded("PNG", "P"), encoded("PNG", "I;16"), encoded("PNG", "1"), animation("PNG"),
    encoded("JPEG"), encoded("JPEG", "CMYK"), encoded("JPEG", progressive=True, exif=exif()),
    encoded("GIF"), animation("GIF"), encoded("BMP"), encoded("BMP", "P"),
    encoded("TIFF"), encoded("TIFF", compression="tiff_lzw"), encoded("TIFF", compression="jpeg"), animation("TIFF"),
    encoded("WEBP"), encoded("WEBP", lossless=True, exif=exif()), animation("WEBP"),
]  # fmt: skip
# These are read in a worker process or by another program, so fewer of them are tried.
SLOW_SEEDS = [
    encoded("JPEG2000"),
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 60 60\n10 10 moveto 50 50 lineto stroke showpage\n",
    b"\xc5\xd0\xd3\xc6" + struct.pack("<6I", 32, 40, 0, 0, 0, 0) + b"\xff\xff\0\0%!PS-Adobe-3.0 EPSF-3.0\nshowpage\n",
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 90 60]/Contents 4 0 R>>endobj\n"
    b"4 0 obj<</Length 21>>stream\n10 10 40 30 re f 0 0 m\nendstream endobj\ntrailer<</Root 1 0 R>>\n",
]

patches = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.binary(max_size=5), st.integers(0, 40)), min_size=1, max_size=6
)


def mutated(seed: bytes, changes: list[tuple[int, bytes, int]], cut: float) -> bytes:
    """The seed with bytes overwritten, doubled or left out, and cut off."""
    data = bytearray(seed)
    for place, patch, count in changes:
        place %= max(1, len(data))
        if count > 30:
            data[place:place] = data[place : place + count]
        elif count > 20:
            del data[place : place + count]
        else:
            data[place : place + len(patch)] = patch
    return bytes(data[: max(1, int(len(data) * cut))])


def outcome(data: bytes, name: str = "") -> str:
    """The slug, "" for a picture; whatever is taken as a picture must serve all the later stages."""
    loaded, slug = None, ""
    try:
        loaded = load_picture(data, name=name)
    except BadInput as error:
        slug = error.slug
    if loaded is None:
        assert slug in SLUGS
        return slug
    assert isinstance(loaded, LoadedPicture)
    assert loaded.media_type in ("image/png", "image/jpeg", "image/webp")
    image = Image.open(io.BytesIO(loaded.bytes_))
    assert (image.width, image.height) == (loaded.width, loaded.height)
    assert look_at(loaded.bytes_).statistics["aspect"] is not None
    assert for_model(loaded.bytes_, max_side=64)[0]
    return ""


@pytest.fixture(scope="module", autouse=True)
def _no_workers_left() -> Iterator[None]:
    yield
    isolate.close_workers()


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.sampled_from(SEEDS),
    changes=patches,
    cut=st.sampled_from([1.0, 1.0, 1.0, 0.9, 0.4]),
    name=st.sampled_from(["", "#angle=90"]),
)
def test_mutated_pictures(seed: bytes, changes: list[tuple[int, bytes, int]], cut: float, name: str) -> None:
    outcome(mutated(seed, changes, cut), name)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.sampled_from(SLOW_SEEDS), changes=patches, cut=st.sampled_from([1.0, 1.0, 0.6]))
def test_mutated_documents(seed: bytes, changes: list[tuple[int, bytes, int]], cut: float) -> None:
    outcome(mutated(seed, changes, cut))


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=60, deadline=None)
@given(head=st.sampled_from([seed[:16] for seed in SEEDS + SLOW_SEEDS[:2]]), rest=st.binary(max_size=300))
def test_noise_behind_a_known_beginning(head: bytes, rest: bytes) -> None:
    outcome(head + rest)


@pytest.mark.parametrize("number", range(len(SEEDS)))
def test_the_seeds_themselves_are_pictures(number: int) -> None:
    assert outcome(SEEDS[number]) == ""


def png(width: int, height: int, rows: bytes, depth: int = 8, colour: int = 0) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def tiff_chain(count: int) -> bytes:
    """A TIFF of very many directories, the first a small picture."""
    small = encoded("TIFF")
    start = struct.unpack_from("<I", small, 4)[0]
    entries = struct.unpack_from("<H", small, start)[0]
    link = start + 2 + 12 * entries
    data = bytearray(small)
    base = len(data) + len(data) % 2
    data += b"\0" * (base - len(data))
    for number in range(count):
        data += struct.pack("<HHHIII", 1, 256, 4, 1, 48, base + 18 * (number + 1))
    struct.pack_into("<I", data, link, base)
    return bytes(data)


BOMBS = {
    "png of 10^10 pixels": png(100_000, 100_000, b""),
    "png whose data never end": png(64, 64, zlib.compress(b"\0" * (80 << 20))),
    "gif larger than its screen": b"GIF89a\x40\0\x40\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;",
    "bmp of negative and huge sides": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 60, 0, 0, 54, 40, 2**30, -(2**31), 1, 24, 0, 0, 0, 0, 0, 0),
    "tiff of many directories": tiff_chain(200_000),
    "webp that claims 16383 pixels a side": b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xff\xff\xff\x0f" + b"\0" * 8,
    "jpeg of 65535 pixels a side": encoded("JPEG").replace(struct.pack(">HH", 40, 48), b"\xff\xff\xff\xff"),
    "pdf of a giant page": SLOW_SEEDS[3].replace(b"[0 0 90 60]", b"[0 0 9e9 9e9]"),
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='100000' height='100000'/>",
    "gzip": gzip.compress(b"\0" * (1 << 20), mtime=0),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_end_soon(bomb: str) -> None:
    start = time.monotonic()
    outcome(BOMBS[bomb])
    assert time.monotonic() - start < 10


def test_a_progressive_jpeg_of_thousands_of_scans_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = encoded("JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    bomb = data[:start] + data[start:-2] * 20_000 + data[-2:]
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("decoded"))
    with pytest.raises(HostileInput) as caught:
        load_picture(bomb)
    assert caught.value.slug == "picture-too-large"


def test_nothing_is_written_to_disk() -> None:
    before = set(os.listdir("."))
    for seed in SEEDS:
        outcome(seed)
    assert set(os.listdir(".")) == before
