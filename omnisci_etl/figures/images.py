"""Pictures: decoded under caps, hashed, brought to a form that browsers and vision models read.

The same bytes give the same result on every machine with the same library versions: nothing of the time,
the machine or the file's metadata goes into what is encoded here.
"""

from __future__ import annotations

import importlib
import io
import math
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from PIL import Image, UnidentifiedImageError, features

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.figures import postscript
from omnisci_etl.figures.metadata import without_metadata
from omnisci_etl.figures.pixels import averaged, flat, is_turned, room, upright
from omnisci_etl.hashing import sha256_hex
from omnisci_etl.papers.isolate import call_isolated

MAX_BYTES = 64 << 20
MAX_PIXELS = 100_000_000
MAX_SIDE = 4096
SMALL_SIDE = 512
MIN_SIDE = 32
DPI = 200
# A progressive JPEG of few bytes can ask for a pass over all its pixels for each of thousands of scans.
MAX_SCANS = 64
RENDER_SECONDS, RENDER_MEGABYTES = 25.0, 1536

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")
_VIEWABLE = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
_KEPT = ("PNG", "JPEG", "WEBP")
_JPEG2000 = (b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")
# HEIF and AVIF, Windows metafiles.
_UNSUPPORTED = re.compile(
    rb"....ftyp(?:heic|heix|mif1|msf1|avif|avis)|\xd7\xcd\xc6\x9a|\x01\x00\x00\x00.{36} EMF", re.DOTALL
)
_GAP = 24
_FRAGMENT = re.compile(r"#(?:page=(?P<page>\d{1,4}))?&?(?:angle=(?P<angle>-?\d{1,3}))?$")
_DECODING_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError)


@dataclass(frozen=True, slots=True)
class LoadedPicture:
    """A decoded picture. original_sha256 is the hash of the bytes as found; equal to sha256 where they were kept."""

    bytes_: bytes
    media_type: str
    width: int
    height: int
    sha256: str
    original_sha256: str


def load_picture(data: bytes, *, name: str = "") -> LoadedPicture:
    """Decode a picture of any format that papers use.

    Upright PNG, JPEG and WebP files keep their coded pixels and lose their metadata; everything else becomes PNG:
    GIF, TIFF, BMP, CMYK, the first frame of an animation, what EXIF asks to turn, a PDF page at 200 dpi, PostScript
    through Ghostscript. name may end in "#page=2" (of a PDF) or "#angle=90" (counter-clockwise).

    Raises BadInput with the slugs picture-undecodable, picture-unsupported and picture-tiny, HostileInput with
    picture-too-large (over 64 MB, 100 million pixels or 64 JPEG scans).
    """
    if len(data) > MAX_BYTES:
        raise HostileInput("picture-too-large", f"{len(data)} bytes")
    original = sha256_hex(data)
    page, angle = _fragment(name)
    if b"%PDF-" in data[:1024]:
        return _of_png(_isolated("render_pdf", data, page=page), original, angle)
    if data.startswith(_JPEG2000):
        return _of_png(_isolated("render_jpeg2000", data), original, angle)
    if postscript.is_postscript(data):
        program = shutil.which("gs")
        if program is None:
            raise BadInput("picture-unsupported", "PostScript needs Ghostscript (gs)")
        return _of_png(_isolated("render_postscript", data, program=program), original, angle)
    if _is_svg(data) or _UNSUPPORTED.match(data):
        raise BadInput("picture-unsupported", "SVG, HEIF, AVIF or a Windows metafile")
    return _load_raster(data, original, angle)


def _isolated(function: str, data: bytes, **options: int | str) -> bytes:
    name = f"{__name__}:{function}"
    try:
        png: bytes = call_isolated(name, data, seconds=RENDER_SECONDS, megabytes=RENDER_MEGABYTES, **options)
    except BadInput as e:
        if e.slug == "parser-timeout":
            raise HostileInput("picture-too-large", f"rendering {e}") from e
        raise BadInput("picture-undecodable", str(e)) if e.slug == "malformed-document" else e from e
    return png


def _fragment(name: str) -> tuple[int, int]:
    found = _FRAGMENT.search(name)
    if found is None:
        return 1, 0
    angle = int(found["angle"] or 0) % 360
    return int(found["page"] or 1), angle if angle % 90 == 0 else 0


def _is_svg(data: bytes) -> bool:
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"<") and b"<svg" in data[:65536].lower()


def _load_raster(data: bytes, original: str, angle: int) -> LoadedPicture:
    image = _open(data, _FORMATS)
    with room.for_(image.size):
        return _raster(image, data, original, angle)


def _raster(image: Image.Image, data: bytes, original: str, angle: int) -> LoadedPicture:
    _decode(image, data)
    if image.format in _KEPT and not angle and not _must_change(image):
        kept = without_metadata(data, image.format)
        if kept is not None:
            return LoadedPicture(kept, _VIEWABLE[image.format], image.width, image.height, sha256_hex(kept), original)
    return _encoded(_turned(_normal(image), angle), original)


def _decode(image: Image.Image, data: bytes) -> None:
    """Load the pixels of the first frame."""
    _check_size(image)
    if image.format == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
        raise HostileInput("picture-too-large", f"more than {MAX_SCANS} scans")
    try:
        image.seek(0)
        image.load()
    except (*_DECODING_ERRORS, Image.DecompressionBombError) as e:
        raise BadInput("picture-undecodable", f"{image.format}: {e}") from e


def _must_change(image: Image.Image) -> bool:
    """Whether the file as it is would not show, everywhere, the picture that it means."""
    try:
        return image.mode == "CMYK" or getattr(image, "is_animated", False) or is_turned(image)
    except _DECODING_ERRORS:
        return True


def _normal(image: Image.Image) -> Image.Image:
    """The picture upright and flat; EXIF that cannot be read turns nothing."""
    try:
        return flat(upright(image))
    except _DECODING_ERRORS:
        return flat(image)


def _open(data: bytes, formats: tuple[str, ...] = _FORMATS) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as e:
        raise BadInput("picture-undecodable", "no known picture format") from e
    except Image.DecompressionBombError as e:
        raise HostileInput("picture-too-large", str(e)) from e
    except _DECODING_ERRORS as e:
        raise BadInput("picture-undecodable", str(e)) from e


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise HostileInput("picture-too-large", f"{image.width} x {image.height} pixels")
    if min(image.width, image.height) < MIN_SIDE:
        raise BadInput("picture-tiny", f"{image.width} x {image.height} pixels")


def _of_png(png: bytes, original: str, angle: int) -> LoadedPicture:
    """A picture from PNG bytes that were rendered here."""
    loaded = _load_raster(png, original, 0)
    if angle:
        return _encoded(_turned(flat(_open(png)), angle), original)
    return LoadedPicture(png, "image/png", loaded.width, loaded.height, sha256_hex(png), original)


def _turned(image: Image.Image, angle: int) -> Image.Image:
    return image.rotate(angle, expand=True) if angle else image


def _encoded(image: Image.Image, original: str | None = None) -> LoadedPicture:
    png = _png(image)
    digest = sha256_hex(png)
    return LoadedPicture(png, "image/png", image.width, image.height, digest, original or digest)


def _png(image: Image.Image) -> bytes:
    """The pixels and nothing that the file said besides."""
    out = io.BytesIO()
    image.info = {}
    image.save(out, format="PNG", compress_level=6)
    return out.getvalue()


def render_pdf(data: bytes, *, page: int = 1) -> bytes:
    """A page of a PDF as PNG at 200 dpi, at most 4096 pixels a side. Meant to be run in a worker process."""
    pymupdf = import_pymupdf()
    if pymupdf is None:
        raise BadInput("picture-unsupported", "PDF pictures need PyMuPDF")
    with faults_of_mupdf("picture-undecodable"), pymupdf.open(stream=data, filetype="pdf") as document:
        if document.needs_pass or not 0 < page <= document.page_count:
            raise BadInput("picture-undecodable", f"a PDF without a readable page {page}")
        return render_area(document[page - 1], None)


def render_jpeg2000(data: bytes) -> bytes:
    """A JPEG 2000 picture as PNG. Meant to be run in a worker process: its decoder is the least tried of all."""
    if not features.check("jpg_2000"):
        raise BadInput("picture-unsupported", "JPEG 2000 needs OpenJPEG in Pillow")
    image = _open(data, ("JPEG2000",))
    _decode(image, data)
    return _png(_normal(image))


def import_pymupdf() -> Any:
    """PyMuPDF with its chatter on standard error switched off; None where it is not installed."""
    try:
        pymupdf = importlib.import_module("pymupdf")
    except ImportError:
        return None
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    return pymupdf


@contextmanager
def faults_of_mupdf(slug: str) -> Iterator[None]:
    """What PyMuPDF raises for a document that it cannot read, as BadInput; MemoryError where MuPDF gets none."""
    mupdf = import_pymupdf().mupdf
    try:
        yield
    except mupdf.FzErrorSystem as e:
        raise MemoryError(str(e)) from e
    except (mupdf.FzErrorBase, RuntimeError, ValueError, TypeError, KeyError, IndexError) as e:
        raise BadInput(slug, f"PDF: {e}") from e


def render_area(page: Any, area: tuple[float, float, float, float] | None) -> bytes:
    """A part (None: the whole) of a PyMuPDF page as PNG, 200 dpi or as many as 4096 pixels a side allow."""
    pymupdf = import_pymupdf()
    clip = pymupdf.Rect(area) & page.rect if area else page.rect
    if clip.is_empty or clip.is_infinite:
        raise BadInput("picture-undecodable", "an empty page")
    zoom = min(DPI / 72, MAX_SIDE / max(clip.width, clip.height))
    pixels = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), clip=clip, alpha=False, colorspace=pymupdf.csRGB)
    return _png(Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples))


def render_postscript(data: bytes, *, program: str) -> bytes:
    """EPS or PostScript as PNG by the Ghostscript at program. Meant for a worker process."""
    return _png(flat(_open(postscript.rasterize(data, program, dpi=DPI, max_side=MAX_SIDE))))


def compose(pictures: Sequence[LoadedPicture]) -> LoadedPicture:
    """Several pictures of one figure on one white canvas: left to right in rows, in order, at most 4096 pixels a side.

    Pictures of a row share the height of its lowest; original_sha256 is the hash over the originals' hashes.
    """
    if len(pictures) == 1:
        return pictures[0]
    # The parts of a row, the rows, and the canvas: no more than twice what the parts have.
    with room.for_((2, min(sum(picture.width * picture.height for picture in pictures), MAX_SIDE**2))):
        canvas = _canvas(pictures, _columns(pictures))
        return _encoded(canvas, sha256_hex("\n".join(picture.original_sha256 for picture in pictures).encode()))


def _canvas(pictures: Sequence[LoadedPicture], columns: int) -> Image.Image:
    """The pictures in rows of so many; those of one row are held at once."""
    rows = [
        _row([_shrunk(picture, 2 * MAX_SIDE // columns) for picture in pictures[start : start + columns]])
        for start in range(0, len(pictures), columns)
    ]
    width = max(row.width for row in rows)
    canvas = Image.new("RGB", (width, sum(row.height for row in rows) + _GAP * (len(rows) - 1)), "white")
    top = 0
    for row in rows:
        canvas.paste(row, (0, top))
        top += row.height + _GAP
    canvas.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return canvas


def _shrunk(picture: LoadedPicture, side: int) -> Image.Image:
    image = flat(_open(picture.bytes_)).convert("RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image


def _columns(pictures: Sequence[LoadedPicture]) -> int:
    """How many pictures stand in a row: so many that the canvas comes nearest to 4:3."""
    ratio = sum(picture.width / picture.height for picture in pictures) / len(pictures)
    return max(1, min(len(pictures), round(math.sqrt(len(pictures) * 4 / 3 / ratio))))


def _row(images: Sequence[Image.Image]) -> Image.Image:
    lowest = min(image.height for image in images)
    room = MAX_SIDE - _GAP * (len(images) - 1)
    height = max(1, min(lowest, int(room / sum(image.width / image.height for image in images))))
    scaled = [
        image.resize((max(1, round(image.width * height / image.height)), height), Image.Resampling.LANCZOS)
        if image.height != height
        else image
        for image in images
    ]
    canvas = Image.new("RGB", (sum(image.width for image in scaled) + _GAP * (len(scaled) - 1), height), "white")
    left = 0
    for image in scaled:
        canvas.paste(image, (left, 0))
        left += image.width + _GAP
    return canvas


def for_model(picture: bytes, *, max_side: int = 2048) -> tuple[bytes, str]:
    """The bytes to send to a vendor and their media type (PNG, JPEG, GIF or WebP).

    A picture that is larger than max_side a side, transparent (vendors do not say on what ground they put it)
    or of another format is encoded anew as PNG, without metadata; any other goes as it is.
    """
    image = _open(picture)
    _check_size(image)
    media_type = _VIEWABLE.get(image.format or "")
    small = max(image.width, image.height) <= max_side
    if media_type and small and not image.has_transparency_data and image.mode != "CMYK":
        return picture, media_type
    with room.for_(image.size):
        try:
            image.load()
            # From twice the sides that are wanted a picture is as sharp as from all of its own.
            sent = flat(image, max(1, (max(image.size) - 1) // (2 * max_side)))
        except (*_DECODING_ERRORS, Image.DecompressionBombError) as e:
            raise BadInput("picture-undecodable", str(e)) from e
        if not small:
            sent.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
        return _png(sent), "image/png"


def small_copy(picture: bytes) -> Image.Image:
    """A stored picture in RGB on white, at most 512 and at least 16 pixels a side, for looking at as a whole."""
    image = _open(picture)
    _check_size(image)
    with room.for_(image.size):
        try:
            image.draft("RGB", (SMALL_SIDE, SMALL_SIDE))
            scale = min(1.0, SMALL_SIDE / max(image.size))
            width, height = (max(MIN_SIDE // 2, round(side * scale)) for side in image.size)
            return averaged(image, (width, height)).convert("RGB")
        except (*_DECODING_ERRORS, Image.DecompressionBombError) as e:
            raise BadInput("picture-undecodable", str(e)) from e
