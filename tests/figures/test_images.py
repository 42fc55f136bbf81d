"""Pictures of every format, drawn here."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import stat
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageDraw

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.figures import images
from omnisci_etl.figures.images import MAX_SCANS, LoadedPicture, compose, for_model, load_picture, small_copy
from omnisci_etl.figures.pixels import BAND, Room, averaged, flat

EPS = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 10 10 110 60\n"
    b"10 setlinewidth newpath 10 10 moveto 110 60 lineto stroke\nshowpage\n"
)


def drawing(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> Image.Image:
    """A white picture with a dark left half."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1]), fill=(20, 30, 90))
    return image.convert(mode)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)  # type: ignore[arg-type]
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pdf(width: int = 144, height: int = 72, pages: int = 1) -> bytes:
    pymupdf = pytest.importorskip("pymupdf")
    document = pymupdf.open()
    for number in range(pages):
        page = document.new_page(width=width, height=height)
        page.draw_rect((0, 0, width / 2, height), fill=(0, 0, number), color=None)
    data: bytes = document.tobytes()
    return data


def slug(data: bytes, name: str = "") -> str:
    with pytest.raises(BadInput) as caught:
        load_picture(data, name=name)
    return caught.value.slug


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")],
)
def test_what_browsers_show_is_kept(form: str, media_type: str) -> None:
    data = encoded(drawing(), form)
    loaded = load_picture(data, name="x")
    assert loaded.bytes_ == data
    assert (loaded.media_type, loaded.width, loaded.height) == (media_type, 60, 40)
    assert loaded.sha256 == loaded.original_sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        ("TIFF", "RGB"),
        ("TIFF", "1"),
        ("TIFF", "CMYK"),
        ("TIFF", "P"),
        ("BMP", "L"),
        ("BMP", "RGB"),
        ("JPEG", "CMYK"),
        ("GIF", "P"),
        ("JPEG2000", "RGB"),
        ("JPEG2000", "L"),
    ],
)
def test_everything_else_becomes_png(form: str, mode: str) -> None:
    data = encoded(drawing(mode), form)
    loaded = load_picture(data)
    assert loaded.media_type == "image/png"
    assert loaded.sha256 == hashlib.sha256(loaded.bytes_).hexdigest() != loaded.original_sha256
    assert loaded.original_sha256 == hashlib.sha256(data).hexdigest()
    image = opened(loaded.bytes_).convert("L")
    assert image.getpixel((10, 20)) < 90  # type: ignore[operator]
    assert image.getpixel((50, 20)) > 240  # type: ignore[operator]
    assert load_picture(data) == loaded


def test_sixteen_bits_and_floats_are_scaled() -> None:
    deep = Image.frombytes(
        "I;16", (64, 64), b"".join(struct.pack("<H", x * 1000) for _ in range(64) for x in range(64))
    )
    shades = opened(load_picture(encoded(deep, "TIFF")).bytes_)
    assert shades.mode == "L"
    assert [shades.getpixel((x, 5)) for x in (0, 33, 63)] == [0, 128, 245]
    floats = Image.new("F", (40, 40), -1.5)
    floats.paste(2.5, (0, 0, 20, 40))
    assert opened(load_picture(encoded(floats, "TIFF")).bytes_).getextrema() == (0, 255)
    flat = opened(load_picture(encoded(Image.new("F", (40, 40), 7.0), "TIFF")).bytes_)
    assert flat.getextrema() == (0, 0)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF"])
def test_the_first_frame_of_an_animation(form: str) -> None:
    frames = [drawing(), Image.new("RGB", (60, 40), "red")]
    loaded = load_picture(encoded(frames[0], form, save_all=True, append_images=frames[1:]))
    assert loaded.media_type == "image/png"
    assert opened(loaded.bytes_).convert("L").getpixel((10, 20)) < 90  # type: ignore[operator]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_pictures_stand_upright(form: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    loaded = load_picture(encoded(drawing(), form, exif=exif))
    assert (loaded.width, loaded.height, loaded.media_type) == (40, 60, "image/png")
    upright = opened(loaded.bytes_).convert("L")
    assert upright.getpixel((20, 5)) < 90  # type: ignore[operator]
    assert upright.getpixel((20, 55)) > 240  # type: ignore[operator]


def test_large_pictures_are_flattened_in_bands_without_a_seam() -> None:
    layer = Image.new("RGBA", (40, 3 * BAND + 7))
    layer.putdata([(x * 6, y % 256, 90, (x * 7 + y) % 256) for y in range(layer.height) for x in range(40)])
    whole = Image.alpha_composite(Image.new("RGBA", layer.size, (255, 255, 255, 255)), layer).convert("RGB")
    assert flat(layer).tobytes() == whole.tobytes()
    assert flat(layer.convert("CMYK")).tobytes() == layer.convert("CMYK").convert("RGB").tobytes()
    assert flat(whole) is whole
    assert flat(layer, 3).size == (14, -(-layer.height // 3))
    assert flat(layer, 3).tobytes() == whole.reduce(3).tobytes()
    assert flat(whole, 3) is whole
    for size in ((20, 191), (40, layer.height), (7, 33)):
        small = whole.resize(size, Image.Resampling.BOX)
        assert averaged(layer, size).tobytes() == small.tobytes()
        by_bands = averaged(layer, size, large=0)
        assert max(high for _, high in ImageChops.difference(by_bands, small).getextrema()) <= 1


def test_room_for_pictures_is_shared_and_the_largest_comes_in_alone() -> None:
    room, inside, most, alone = Room(100), [], [], []

    def hold(side: int) -> None:
        with room.for_((side, side)):
            inside.append(side * side)
            most.append(sum(inside))
            alone.append(side < 20 or len(inside) == 1)
            time.sleep(0.002)
            inside.remove(side * side)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hold, [5, 6, 20, 5, 7, 3, 20, 8, 5, 4] * 5))
    assert max(total for total in most if total < 400) <= 100
    assert all(alone)
    assert not inside


def test_room_is_given_back_after_an_error() -> None:
    room = Room(1)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"), room.for_((5, 5)):
            raise ValueError("broken")


def test_a_large_transparent_picture_is_looked_at_without_a_second_one_of_its_size() -> None:
    large = Image.new("RGBA", (9000, 7000), (200, 30, 30, 128))
    large.putpixel((0, 0), (0, 0, 0, 0))
    data = encoded(large, "PNG", compress_level=1)
    del large
    tracked = Path("/proc/self/clear_refs")
    tracked.write_text("5")
    before = peak()
    assert small_copy(data).size == (512, 398)
    assert load_sent(data) == (2048, 1593)
    assert peak() - before < 420, "MB"


def peak() -> int:
    """The most memory that this process has had since it was last reset, in MB."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) >> 10


def load_sent(data: bytes) -> tuple[int, int]:
    """Width and height of what a model would be sent."""
    return opened(for_model(data)[0]).size


def test_colours_of_a_profile_become_those_of_the_screen() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    grass = Image.new("RGB", (40, 40), (90, 200, 40))
    for profile in (ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), lab, b"no profile"):
        grass.info["icc_profile"] = profile
        assert flat(grass).getpixel((5, 5)) == (90, 200, 40)
    grass.info["icc_profile"] = swapped_primaries()
    assert flat(grass).getpixel((5, 5)) != (90, 200, 40)


def swapped_primaries() -> bytes:
    """An RGB profile whose red and green are exchanged, made of the standard one."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"tmp1").replace(b"gXYZ", b"rXYZ").replace(b"tmp1", b"gXYZ")
    return swapped.replace("sRGB".encode("utf-16-be"), "aRGB".encode("utf-16-be")).replace(b"sRGB built", b"aRGB built")


def test_a_jpeg_of_very_many_scans_is_refused() -> None:
    data = encoded(drawing(), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    bomb = data[:start] + data[start:-2] * MAX_SCANS + data[-2:]
    assert slug(bomb) == "picture-too-large"
    assert load_picture(data).media_type == "image/jpeg"


def test_pdf_pages_are_rendered() -> None:
    data = pdf(pages=2)
    loaded = load_picture(data, name="plot.pdf")
    assert (loaded.media_type, loaded.width, loaded.height) == ("image/png", 400, 200)
    assert opened(loaded.bytes_).getpixel((10, 10)) == (0, 0, 0)
    second = load_picture(data, name="plot.pdf#page=2")
    assert opened(second.bytes_).getpixel((10, 10)) == (0, 0, 255)
    turned = load_picture(data, name="plot.pdf#page=2&angle=90")
    assert (turned.width, turned.height) == (200, 400)
    assert opened(turned.bytes_).getpixel((10, 390)) == (0, 0, 255)
    assert turned.original_sha256 == loaded.original_sha256
    assert slug(data, "plot.pdf#page=3") == "picture-undecodable"


def test_a_large_pdf_page_is_rendered_at_fewer_dots() -> None:
    loaded = load_picture(pdf(width=14_400, height=1440))
    assert (loaded.width, loaded.height) == (4096, 410)


def test_the_angle_of_an_ordinary_picture() -> None:
    data = encoded(drawing(), "PNG")
    turned = load_picture(data, name="a.png#angle=-90")
    assert (turned.width, turned.height, turned.media_type) == (40, 60, "image/png")
    assert opened(turned.bytes_).getpixel((20, 5)) == (20, 30, 90)
    assert load_picture(data, name="a.png#angle=13").bytes_ == data


@pytest.fixture
def ghostscript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program named gs that stands on the PATH alone; tests write what it does."""
    program = tmp_path / "bin" / "gs"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


def script(program: Path, text: str) -> None:
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def test_postscript_needs_ghostscript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert slug(EPS) == "picture-unsupported"


def test_postscript_through_ghostscript(ghostscript: Path, tmp_path: Path) -> None:
    picture = tmp_path / "x.png"
    picture.write_bytes(encoded(drawing(), "PNG"))
    script(
        ghostscript,
        f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/input; /usr/bin/env > {tmp_path}/environment; cat {picture}',
    )
    loaded = load_picture(EPS, name="x.eps")
    assert (loaded.media_type, loaded.width) == ("image/png", 60)
    assert EPS in (tmp_path / "input").read_bytes()
    arguments = (tmp_path / "arguments").read_text().split()
    assert {"-dSAFER", "-dBATCH", "-dNOPAUSE", "-r200"} <= set(arguments)
    # PWD and _ are the shell's own.
    assert {line.partition("=")[0] for line in (tmp_path / "environment").read_text().split()} <= {
        "TMPDIR", "TEMP", "PWD", "_", "PATH", "SHLVL", "OLDPWD",
    }  # fmt: skip
    wide = EPS.replace(b"110 60", b"5000 60")
    load_picture(wide)
    assert "-r59" in (tmp_path / "arguments").read_text().split()


def test_ghostscript_that_fails_or_hangs(ghostscript: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(ghostscript, "echo broken >&2; exit 1")
    assert slug(EPS) == "picture-undecodable"
    monkeypatch.setattr(images, "RENDER_SECONDS", 0.2)
    script(ghostscript, "exec sleep 20")
    assert slug(EPS) == "picture-too-large"


real_ghostscript = pytest.mark.skipif(shutil.which("gs") is None, reason="needs Ghostscript")
LINE = b"20 30 moveto 100 50 lineto stroke"


@real_ghostscript
@pytest.mark.parametrize(
    "data",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 10 20 110 60\n" + LINE + b" showpage\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 10 20 110 60\n" + LINE,
        b"%!PS-Adobe-3.0\n%%BoundingBox: 10 20 110 60\n" + LINE + b" showpage\n",
        b"\x04%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 10 20 110 60\n" + LINE + b" showpage\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: (atend)\n" + LINE
        + b" showpage\n%%Trailer\n%%BoundingBox: 10 20 110 60\n%%EOF\n",
    ],
    ids=["plain", "without-showpage", "no-eps-by-its-word", "behind-a-control-character", "box-at-the-end"],
)  # fmt: skip
@pytest.mark.parametrize("preview", [False, True])
def test_postscript_is_cropped_to_its_box(data: bytes, preview: bool) -> None:
    if preview:
        tiff = b"II*\0" + bytes(60)
        data = (
            struct.pack("<4s6IH", b"\xc5\xd0\xd3\xc6", 30, len(data), 0, 0, 30 + len(data), len(tiff), 65535)
            + data
            + tiff
        )
    loaded = load_picture(data, name="x.eps")
    assert (loaded.width, loaded.height) == (278, 111)
    assert opened(loaded.bytes_).convert("L").getextrema() == (0, 255)


@real_ghostscript
@pytest.mark.parametrize(
    "program",
    ["({0}) (r) file 9 string readstring", "({0}) deletefile", "({1}) (w) file dup (x) writestring closefile",
     "(%pipe%touch {1}) (w) file", "<< /OutputFile ({1}) >> setpagedevice", "(/etc/passwd) run"],
)  # fmt: skip
def test_postscript_has_no_hands(program: str, tmp_path: Path) -> None:
    kept, made = tmp_path / "kept", tmp_path / "made"
    kept.write_text("a picture of somebody else")
    text = f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 90\n{program.format(kept, made)} showpage\n"
    assert slug(text.encode()) == "picture-undecodable"
    assert kept.exists()
    assert not made.exists()


@real_ghostscript
@pytest.mark.parametrize(
    ("program", "expected"),
    [("{} loop", "picture-too-large"), ("/a [] def { /a [ a 65000 string ] def } loop", "picture-undecodable")],
)
def test_postscript_without_end(program: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "RENDER_SECONDS", 6.0 if "string" in program else 0.5)
    assert slug(f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 90\n{program}\n".encode()) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "picture-undecodable"),
        (b"not a picture", "picture-undecodable"),
        (encoded(drawing(), "PNG")[:80], "picture-undecodable"),
        (encoded(drawing(size=(300, 300)), "JPEG")[:400], "picture-undecodable"),
        (b"%PDF-1.4 but nothing more", "picture-undecodable"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "picture-unsupported"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "picture-unsupported"),
        (b"\xd7\xcd\xc6\x9a\0\0", "picture-unsupported"),
        (encoded(drawing(), "JPEG2000")[:300], "picture-undecodable"),
        (encoded(drawing(size=(31, 200)), "PNG"), "picture-tiny"),
        (encoded(drawing(size=(200, 31)), "GIF"), "picture-tiny"),
    ],
)
def test_what_is_no_usable_picture(data: bytes, expected: str) -> None:
    assert slug(data) == expected


def test_smallest_picture() -> None:
    assert load_picture(encoded(drawing(size=(32, 32)), "PNG")).width == 32


def load(width: int, height: int, color: str) -> LoadedPicture:
    return load_picture(encoded(Image.new("RGB", (width, height), color), "PNG"))


def test_compose_side_by_side() -> None:
    one, two = load(100, 100, "red"), load(200, 200, "blue")
    both = compose([one, two])
    image = opened(both.bytes_)
    assert (both.width, both.height, both.media_type) == (100 + 24 + 100, 100, "image/png")
    assert [image.getpixel((x, 50)) for x in (50, 112, 150)] == [(255, 0, 0), (255, 255, 255), (0, 0, 255)]
    assert both == compose([one, two])
    assert both.original_sha256 != compose([two, one]).original_sha256
    assert compose([one]) is one


def test_compose_in_rows() -> None:
    canvas = compose([load(300, 200, color) for color in ("red", "green", "blue", "black", "grey")])
    image = opened(canvas.bytes_)
    assert (canvas.width, canvas.height) == (300 * 2 + 24, 200 * 3 + 24 * 2)
    assert image.getpixel((150, 548)) == (128, 128, 128)
    assert image.getpixel((500, 548)) == (255, 255, 255)


def test_compose_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_SIDE", 512)
    canvas = compose([load(600, 500, "red") for _ in range(4)])
    assert max(canvas.width, canvas.height) <= 512
    tall = compose([load(40, 900, "red"), load(900, 40, "blue")])
    assert max(tall.width, tall.height) <= 512
    assert min(tall.width, tall.height) >= 32


def test_compose_lays_transparent_pictures_on_white() -> None:
    clear = load_picture(encoded(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG"))
    assert opened(compose([clear, clear]).bytes_).getpixel((10, 10)) == (255, 255, 255)


def test_for_model_keeps_what_fits() -> None:
    for form in ("PNG", "JPEG", "GIF", "WEBP"):
        data = encoded(drawing(), form)
        assert for_model(data) == (data, f"image/{form.lower()}")


def test_for_model_shrinks_flattens_and_drops_metadata() -> None:
    data = encoded(drawing(size=(300, 150)), "JPEG", comment=b"secret")
    small, media_type = for_model(data, max_side=100)
    assert media_type == "image/png"
    assert opened(small).size == (100, 50)
    assert b"secret" not in small
    assert for_model(data, max_side=100)[0] == small
    clear = encoded(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG")
    assert opened(for_model(clear)[0]).getpixel((0, 0)) == (255, 255, 255)
    assert for_model(encoded(drawing("CMYK"), "JPEG"))[1] == "image/png"


def test_for_model_refuses_what_it_cannot_read() -> None:
    for data in (b"nothing", encoded(drawing(size=(300, 300)), "JPEG")[:700]):
        with pytest.raises(BadInput):
            for_model(data, max_side=100)


def test_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 100)
    with pytest.raises(HostileInput) as caught:
        load_picture(encoded(drawing(), "PNG"))
    assert caught.value.slug == "picture-too-large"


def test_loading_does_not_leave_files(tmp_path: Path) -> None:
    os.chdir(tmp_path)
    load_picture(pdf())
    assert list(tmp_path.iterdir()) == []


SEEDS = [encoded(drawing(), form) for form in ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")]


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=80, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(0, 3000), st.binary(min_size=1, max_size=8), st.integers(0, 3000))
def test_damaged_pictures_load_or_are_refused(seed: bytes, place: int, patch: bytes, cut: int) -> None:
    data = bytearray(seed)
    place %= len(data)
    data[place : place + len(patch)] = patch
    damaged = bytes(data[: max(cut % len(data), 40)])
    try:
        loaded = load_picture(damaged)
    except BadInput as error:
        refused = error.slug
    else:
        refused = ""
        assert opened(loaded.bytes_).size == (loaded.width, loaded.height)
    assert refused in ("", "picture-undecodable", "picture-tiny", "picture-too-large")
