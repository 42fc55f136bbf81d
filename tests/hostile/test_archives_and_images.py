"""Archives, documents and pictures that mean harm, all made here."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.figures.images import load_picture
from omnisci_etl.papers import eprint, isolate, latex
from omnisci_etl.papers.archive import Caps, open_package
from omnisci_etl.papers.model import Document

TEX = (
    b"\\documentclass{article}\\title{T}\\begin{document}\\section{S} See \\ref{f}.\n\n"
    b"\\begin{figure}\\includegraphics{a}\\caption{Caption (a) one (b) two.}\\label{f}\\end{figure}\\end{document}"
)
HTML = b"<html><title>T</title><h1>S</h1><p>See Figure 1.<p><img src=a.gif><p>Figure 1: A <b>plot</b>.</html>"
MEGABYTE = 1 << 20


def members(*infos: tarfile.TarInfo, good: int = 1) -> bytes:
    """A tar with some good members and those given."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for number in range(good):
            info = tarfile.TarInfo(f"main{number or ''}.tex")
            info.size = len(TEX)
            archive.addfile(info, io.BytesIO(TEX))
        for info in infos:
            archive.addfile(info, io.BytesIO(b"x" * info.size))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def slug_of(data: bytes, caps: Caps | None = None) -> str:
    with pytest.raises(HostileInput) as caught:
        package = open_package(data, caps=caps) if caps else open_package(data)
        for name in package.names:
            package.read(name)
    return caught.value.slug


UNSAFE = {
    "climbs": member("../../etc/passwd", size=3),
    "climbs inside": member("figs/../../x", size=3),
    "absolute": member("/etc/passwd", size=3),
    "drive": member("C:\\x.tex", size=3),
    "control character": member("a\nb.tex", size=3),
    "symbolic link": member("link.tex", tarfile.SYMTYPE, linkname="/etc/passwd"),
    "hard link": member("hard.tex", tarfile.LNKTYPE, linkname="main.tex"),
    "character device": member("tty", tarfile.CHRTYPE, devmajor=5),
    "block device": member("disk", tarfile.BLKTYPE, devmajor=8),
    "pipe": member("pipe", tarfile.FIFOTYPE),
    "very long name": member("x" * 5000, size=3),
}


@pytest.mark.parametrize("trick", UNSAFE)
def test_unsafe_members_are_left_out_and_counted(trick: str) -> None:
    package = open_package(members(UNSAFE[trick]))
    assert package.names == ("main.tex",)
    assert list(package.skipped.values()) == ["unsafe"]
    assert all(name.isprintable() for name in package.skipped)
    assert [figure.label for figure in latex.parse(package).figures] == ["Figure 1"]


def test_an_archive_of_nothing_but_tricks_is_refused() -> None:
    assert slug_of(members(*UNSAFE.values())) == "hostile-archive"
    assert slug_of(members(UNSAFE["symbolic link"], good=0)) == "hostile-archive"


def test_zip_with_climbing_names_and_links() -> None:
    out = io.BytesIO()
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("main.tex", "other.tex", "more.tex", "../up.tex"):
            archive.writestr(name, TEX)
        archive.writestr(link, "/etc/passwd")
    package = open_package(out.getvalue())
    assert package.names == ("main.tex", "other.tex", "more.tex")
    assert set(package.skipped) == {"../up.tex", "link"}


def test_gzip_bomb() -> None:
    bomb = gzip.compress(b"\0" * (60 * MEGABYTE), mtime=0)
    start = time.monotonic()
    assert slug_of(bomb) == "too-large"
    assert time.monotonic() - start < 5


def test_gzip_bomb_in_many_members() -> None:
    assert slug_of(gzip.compress(b"\0" * MEGABYTE, mtime=0) * 300, Caps(total=100 * MEGABYTE)) == "too-large"


def test_tar_with_too_many_members() -> None:
    assert slug_of(members(*(member(f"{n}.tex") for n in range(30))), Caps(members=20)) == "too-large"


def test_tar_header_that_promises_more_than_there_is() -> None:
    data = bytearray(members(good=1))
    data[124:136] = b"77777777777\0"
    data[148:156] = b" " * 8
    data[148:156] = f"{sum(data[:512]):06o}\0 ".encode()
    for packed in (bytes(data), gzip.compress(bytes(data), mtime=0)):
        try:
            names = open_package(packed).names
        except BadInput as error:
            names = (error.slug,)
        assert names in ((), ("malformed-document",))


def test_sparse_tar_members_are_not_inflated() -> None:
    sparse = member("big.tex", size=512, pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                                                     "GNU.sparse.realsize": str(10**12), "GNU.sparse.name": "big.tex"})  # fmt: skip
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        good = member("main.tex", size=len(TEX))
        archive.addfile(good, io.BytesIO(TEX))
        archive.addfile(sparse, io.BytesIO(b"1\n0\n512\n".ljust(512, b"\0")))
    assert open_package(out.getvalue()).names == ("main.tex",)


def test_zip_bomb() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("main.tex", TEX)
        archive.writestr("bomb.tex", b"\0" * (40 * MEGABYTE))
    assert slug_of(out.getvalue()) == "too-large"


def test_zip_with_members_that_overlap() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(30):
            archive.writestr(f"{number}.tex", b"\0" * MEGABYTE)
    assert slug_of(out.getvalue()) == "too-large"


def test_zip_that_understates_a_size() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("main.tex", b"\0" * MEGABYTE)
    data = bytearray(out.getvalue())
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 10)
    with pytest.raises(BadInput):
        package = open_package(bytes(data))
        assert len(package.read("main.tex")) == MEGABYTE


def test_nested_archives_stay_closed() -> None:
    inner = gzip.compress(b"\0" * (20 * MEGABYTE), mtime=0)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in (("main.tex", TEX), ("a.tar.gz", inner)):
            archive.addfile(member(name, size=len(data)), io.BytesIO(data))
    package = open_package(gzip.compress(out.getvalue(), mtime=0))
    assert package.read("a.tar.gz") == inner
    with pytest.raises(BadInput) as caught:
        eprint.parse(gzip.compress(gzip.compress(TEX), mtime=0))
    assert caught.value.slug in ("no-document-class", "unsupported-document")


def png(width: int, height: int, pixels: bytes = b"") -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(100_000, 100_000), (10_001, 10_000), (2**31 - 1, 33)])
def test_pictures_with_huge_dimensions(size: tuple[int, int]) -> None:
    with pytest.raises(HostileInput) as caught:
        load_picture(png(*size))
    assert caught.value.slug == "picture-too-large"


def test_a_gif_that_is_larger_than_it_says() -> None:
    gif = b"GIF89a\x40\x00\x40\x00\x80\x00\x00\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;"
    with pytest.raises(BadInput):
        load_picture(gif)


def test_a_picture_with_a_text_bomb() -> None:
    data = png(40, 40, b"\0" * (40 * 121))
    bomb = zlib.compress(b"\0" * (200 * MEGABYTE))
    text = b"zTXt" + b"k\0\0" + bomb
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    start = time.monotonic()
    with pytest.raises(BadInput):
        load_picture(data[:33] + chunk + data[33:])
    assert time.monotonic() - start < 5


def test_a_pdf_picture_that_crashes_or_hangs_costs_one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> bytes:
        raise BadInput("malformed-document", "the parser crashed")

    monkeypatch.setattr("omnisci_etl.figures.images.call_isolated", failing)
    with pytest.raises(BadInput) as caught:
        load_picture(b"%PDF-1.4")
    assert caught.value.slug == "picture-undecodable"


@pytest.mark.parametrize("words", [2_100_000, 200_000])
def test_captions_of_megabytes(words: int) -> None:
    start = time.monotonic()
    with pytest.raises(HostileInput) as caught:
        eprint.parse(TEX.replace(b"Caption", b"word " * words))
    assert caught.value.slug == "too-large"
    assert time.monotonic() - start < 20


def test_control_and_private_characters_do_not_reach_the_text() -> None:
    dirty = TEX.replace(b"one", "o\x00\x07\x1b[31mn\ue000\U000f0001\u202ee".encode())
    (figure,) = eprint.parse(dirty).figures
    assert figure.caption == "Caption (a) o[31mne (b) two."
    assert figure.mentions[0].text == "See 1."


def test_html_with_climbing_picture_names() -> None:
    page = b"<html><p><img src='../../../etc/passwd'><p>Figure 1: A plot.<p><img src='file:///etc/passwd'></html>"
    assert eprint.parse(page).figures == ()


@pytest.fixture(scope="module", autouse=True)
def _no_workers_left() -> Iterator[None]:
    yield
    isolate.close_workers()


SEEDS = [TEX, HTML, members(), gzip.compress(members(), mtime=0), gzip.compress(TEX, mtime=0)]


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 20_000), st.binary(max_size=6)), max_size=5))
def test_mutated_eprints_parse_or_are_refused(seed: bytes, patches: list[tuple[int, bytes]]) -> None:
    data = bytearray(seed)
    for place, patch in patches:
        place %= len(data)
        data[place : place + len(patch)] = patch or data[place : place + 3] * 2
    try:
        document = eprint.parse(bytes(data))
    except BadInput:
        return
    assert isinstance(document, Document)
    for figure in document.figures:
        assert figure.caption.isprintable()
        assert figure.locator
