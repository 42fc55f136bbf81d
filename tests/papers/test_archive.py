"""Packages of every kind, read without trusting them."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from omnisci_etl.errors import BadInput
from omnisci_etl.papers.archive import Caps, open_package, sniff

TEX = b"\\documentclass{article}\n\\begin{document}\\end{document}\n"


def tar(members: dict[str, bytes], mode: str = "w", form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


MEMBERS = {"main.tex": TEX, "figs/a.PNG": b"png", "figs/b.pdf": b"pdf", "c.1.eps": b"eps"}
CONTAINERS = {
    "tar": tar(MEMBERS),
    "tar.gz": tar(MEMBERS, "w:gz"),
    "old tar": tar(MEMBERS, form=tarfile.USTAR_FORMAT).replace(b"ustar\x0000", b"\0" * 8),
    "gnu tar": tar(MEMBERS, form=tarfile.GNU_FORMAT),
    "two gzip members": gzip.compress(tar(MEMBERS)[:5000], mtime=0)
    + gzip.compress(tar(MEMBERS)[5000:], mtime=0)
    + b"\0" * 100,
    "zip": zipped(MEMBERS),
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_containers(kind: str) -> None:
    data = CONTAINERS[kind]
    if kind == "old tar":
        # Without the magic the checksum of each header is another.
        blocks = bytearray(data)
        for start in (0, 1024, 2048, 3072):
            header = blocks[start : start + 512]
            header[148:156] = b" " * 8
            blocks[start + 148 : start + 156] = f"{sum(header):06o}\0 ".encode()
        data = bytes(blocks)
    package = open_package(data)
    assert package.names == tuple(MEMBERS)
    assert {name: package.read(name) for name in package.names} == MEMBERS
    assert not package.skipped


@pytest.mark.parametrize(
    ("data", "kind", "name"),
    [
        (TEX, "tex", "main.tex"),
        (b"% comment only", "tex", "main.tex"),
        (b"%PDF-1.4 ...", "pdf", "main.pdf"),
        (b"junk before %PDF-1.4 ...", "pdf", "main.pdf"),
        (b"%!PS-Adobe-3.0 EPSF", "postscript", "main.ps"),
        (b"\xc5\xd0\xd3\xc6....", "postscript", "main.ps"),
        (b"\n<!DOCTYPE HTML PUBLIC><HTML>", "html", "main.html"),
        (b"plain words", "unknown", "main"),
        (b"", "unknown", "main"),
    ],
)
def test_single_files(data: bytes, kind: str, name: str) -> None:
    assert sniff(data) == kind
    for packed in (data, gzip.compress(data, mtime=0)):
        package = open_package(packed)
        assert package.names == (name,)
        assert package.read(name) == data


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("main.tex", "main.tex"),
        ("./figs/a.PNG", "figs/a.PNG"),
        ("figs/a", "figs/a.PNG"),
        ("FIGS/A.png", "figs/a.PNG"),
        ("figs//b", "figs/b.pdf"),
        ("figs\\b.pdf", "figs/b.pdf"),
        ("../figs/b", "figs/b.pdf"),
        ("/figs/b", "figs/b.pdf"),
        ("c.1", "c.1.eps"),
        ("figs", None),
        ("", None),
        ("nothing", None),
    ],
)
def test_find(wanted: str, found: str | None) -> None:
    assert open_package(tar(MEMBERS)).find(wanted) == found


def test_find_with_other_extensions() -> None:
    package = open_package(tar({"a.tex": b"", "a.pdf": b""}))
    assert package.find("a", (".tex",)) == "a.tex"
    assert package.find("a", ()) is None


def test_names_outside_of_utf_8() -> None:
    package = open_package(tar({"m.tex": TEX, "x\udce9.png": b"x"}, form=tarfile.USTAR_FORMAT))
    assert package.names[1].encode() == "x\ufffd.png".encode()


def test_the_last_of_two_members_of_one_name_counts() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for data in (b"one", b"second"):
            info = tarfile.TarInfo("a.tex")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    assert open_package(out.getvalue()).read("a.tex") == b"second"


def test_a_large_member_is_left_out_and_named() -> None:
    caps = Caps(member=100)
    for data in (tar({"a.tex": TEX, "big.png": b"x" * 101}), zipped({"a.tex": TEX, "big.png": b"x" * 101})):
        package = open_package(data, caps=caps)
        assert package.names == ("a.tex",)
        assert package.skipped == {"big.png": "too-large"}
    with pytest.raises(KeyError):
        package.read("big.png")


@pytest.mark.parametrize(
    "broken",
    [
        gzip.compress(tar(MEMBERS), mtime=0)[:-20],
        b"\x1f\x8b" + b"\0" * 50,
        gzip.compress(b"x" * 1000, mtime=0)[:12] + b"\xff" * 20,
        tar(MEMBERS)[:1600],
        CONTAINERS["zip"][:-30],
        b"PK\x03\x04" + b"\0" * 40,
    ],
)
def test_broken_containers(broken: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        open_package(broken)
    assert caught.value.slug == "malformed-document"


def test_a_broken_zip_member() -> None:
    data = bytearray(zipped({"a.tex": TEX * 50}))
    data[60:70] = b"\xff" * 10
    package = open_package(bytes(data))
    with pytest.raises(BadInput) as caught:
        package.read("a.tex")
    assert caught.value.slug == "malformed-document"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.sampled_from(sorted(CONTAINERS)), st.integers(0, 6000), st.binary(min_size=1, max_size=20))
def test_damaged_containers_never_raise_anything_else(kind: str, place: int, patch: bytes) -> None:
    data = bytearray(CONTAINERS[kind])
    place %= len(data)
    data[place : place + len(patch)] = patch
    try:
        package = open_package(bytes(data))
        contents = [package.read(name) for name in package.names]
    except BadInput as error:
        assume(error.slug not in ("malformed-document", "too-large", "hostile-archive"))
        raise
    assert all(isinstance(content, bytes) for content in contents)
    assert not any(name.startswith(("/", "..")) or not name.isprintable() for name in package.names)
