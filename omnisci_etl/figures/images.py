"""Pictures: decoded under caps, hashed, brought to a form that browsers and vision models read.

The same bytes give the same result on every machine with the same library versions: nothing of the time,
the machine or the file's metadata goes into what is encoded here.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import math
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, UnidentifiedImageError

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers.isolate import call_isolated

MAX_BYTES = 64 << 20
MAX_PIXELS = 100_000_000
MAX_SIDE = 4096
MIN_SIDE = 32
DPI = 200
RENDER_SECONDS, RENDER_MEGABYTES = 60.0, 3072

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")
_VIEWABLE = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
_GAP = 24
_FRAGMENT = re.compile(r"#(?:page=(?P<page>\d{1,4}))?&?(?:angle=(?P<angle>-?\d{1,3}))?$")
_BOUNDING_BOX = re.compile(rb"%%BoundingBox:\s*(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)")
_GHOSTSCRIPT = (
    *("-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dEPSCrop", "-dFirstPage=1", "-dLastPage=1"),
    *("-dTextAlphaBits=4", "-dGraphicsAlphaBits=4", "-sDEVICE=png16m", "-sOutputFile=-"),
    *("-sstdout=%stderr", "-K2000000"),
)
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

    PNG, JPEG, WebP and still GIF files that browsers show are kept byte for byte; everything else becomes PNG:
    the first frame of an animation, a PDF page at 200 dpi, PostScript through Ghostscript. name may end in
    "#page=2" or "#angle=90" (counter-clockwise, for formats that are rendered here).

    Raises BadInput with the slugs picture-undecodable, picture-unsupported and picture-tiny, HostileInput with
    picture-too-large (over 64 MB or 100 million pixels).
    """
    if len(data) > MAX_BYTES:
        raise HostileInput("picture-too-large", f"{len(data)} bytes")
    original = _sha256(data)
    page, angle = _fragment(name)
    if b"%PDF-" in data[:1024]:
        return _of_png(_isolated_pdf(data, page), original, angle)
    if data[:4] in (b"%!PS", b"\xc5\xd0\xd3\xc6") or data[:64].lstrip(b"\x04\r\n ").startswith(b"%!"):
        return _of_png(render_postscript(data), original, angle)
    if _is_svg(data):
        raise BadInput("picture-unsupported", "SVG")
    return _load_raster(data, original, angle)


def _isolated_pdf(data: bytes, page: int) -> bytes:
    function = "omnisci_etl.figures.images:render_pdf"
    try:
        png: bytes = call_isolated(function, data, seconds=RENDER_SECONDS, megabytes=RENDER_MEGABYTES, page=page)
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
    image = _open(data)
    _check_size(image)
    try:
        animated = getattr(image, "is_animated", False)
        image.seek(0)
        image.load()
    except (*_DECODING_ERRORS, Image.DecompressionBombError) as e:
        raise BadInput("picture-undecodable", f"{image.format}: {e}") from e
    if image.format in _VIEWABLE and image.mode != "CMYK" and not animated and not angle:
        return LoadedPicture(data, _VIEWABLE[image.format], image.width, image.height, original, original)
    return _encoded(_turned(_flat(image), angle), original)


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
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
        return _encoded(_turned(_flat(_open(png)), angle), original)
    return LoadedPicture(png, "image/png", loaded.width, loaded.height, _sha256(png), original)


def _turned(image: Image.Image, angle: int) -> Image.Image:
    return image.rotate(angle, expand=True) if angle else image


def _flat(image: Image.Image) -> Image.Image:
    """The picture in 8-bit grey or RGB, on white where it is transparent."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _scaled_to_bytes(image)
    if image.mode in ("L", "RGB"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    ground = Image.new("RGBA", layer.size, (255, 255, 255, 255))
    return Image.alpha_composite(ground, layer).convert("RGB")


def _scaled_to_bytes(image: Image.Image) -> Image.Image:
    """More than 8 bits a pixel: 16-bit files by their range, others by what they hold."""
    wide = image.convert("F")
    low, high = (0.0, 65535.0) if image.mode.startswith("I;16") else _extrema(wide)
    scale = 255.0 / (high - low) if high > low else 0.0
    return wide.point(lambda value: value * scale - low * scale).convert("L")


def _extrema(image: Image.Image) -> tuple[float, float]:
    low, high = image.getextrema()
    if isinstance(low, tuple) or isinstance(high, tuple):
        return 0.0, 255.0
    return float(low), float(high)


def _encoded(image: Image.Image, original: str | None = None) -> LoadedPicture:
    png = _png(image)
    digest = _sha256(png)
    return LoadedPicture(png, "image/png", image.width, image.height, digest, original or digest)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    plain = Image.new(image.mode, image.size)
    plain.paste(image)
    plain.save(out, format="PNG", compress_level=6)
    return out.getvalue()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def render_pdf(data: bytes, *, page: int = 1) -> bytes:
    """A page of a PDF as PNG at 200 dpi, at most 4096 pixels a side. Meant to be run in a worker process."""
    pymupdf = import_pymupdf()
    if pymupdf is None:
        raise BadInput("picture-unsupported", "PDF pictures need PyMuPDF")
    try:
        with pymupdf.open(stream=data, filetype="pdf") as document:
            if document.needs_pass or not 0 < page <= document.page_count:
                raise BadInput("picture-undecodable", f"a PDF without a readable page {page}")
            return render_area(document[page - 1], None)
    except (RuntimeError, ValueError, TypeError) as e:
        raise BadInput("picture-undecodable", f"PDF: {e}") from e


def import_pymupdf() -> Any:
    """PyMuPDF with its chatter on standard error switched off; None where it is not installed."""
    try:
        pymupdf = importlib.import_module("pymupdf")
    except ImportError:
        return None
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    return pymupdf


def render_area(page: Any, area: tuple[float, float, float, float] | None) -> bytes:
    """A part (None: the whole) of a PyMuPDF page as PNG, 200 dpi or as many as 4096 pixels a side allow."""
    pymupdf = import_pymupdf()
    clip = pymupdf.Rect(area) & page.rect if area else page.rect
    if clip.is_empty or clip.is_infinite:
        raise BadInput("picture-undecodable", "an empty page")
    zoom = min(DPI / 72, MAX_SIDE / max(clip.width, clip.height))
    pixels = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), clip=clip, alpha=False, colorspace=pymupdf.csRGB)
    return _png(Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples))


def render_postscript(data: bytes) -> bytes:
    """EPS or PostScript as PNG by Ghostscript, where that is on the PATH; its first page only.

    Ghostscript runs without access to files (-dSAFER) and under a time limit.
    """
    program = shutil.which("gs")
    if program is None:
        raise BadInput("picture-unsupported", "PostScript needs Ghostscript (gs)")
    command = [program, *_GHOSTSCRIPT, f"-r{_resolution(data)}", "-"]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=RENDER_SECONDS, check=False)
    except subprocess.TimeoutExpired as e:
        raise HostileInput("picture-too-large", "Ghostscript ran over its time limit") from e
    if not done.stdout.startswith(b"\x89PNG"):
        raise BadInput("picture-undecodable", f"Ghostscript: {done.stderr[-200:].decode('ascii', 'replace')}")
    return _png(_flat(_open(done.stdout)))


def _resolution(data: bytes) -> int:
    """200 dpi, or less where the bounding box would give more than 4096 pixels a side."""
    found = _BOUNDING_BOX.search(data[:65536]) or _BOUNDING_BOX.search(data[-65536:])
    if found is None:
        return DPI
    left, bottom, right, top = (float(number) for number in found.groups())
    side = max(right - left, top - bottom, 1.0)
    return max(1, min(DPI, int(MAX_SIDE * 72 / side)))


def compose(pictures: Sequence[LoadedPicture]) -> LoadedPicture:
    """Several pictures of one figure on one white canvas: left to right in rows, in order, at most 4096 pixels a side.

    Pictures of a row share the height of its lowest; original_sha256 is the hash over the originals' hashes.
    """
    if len(pictures) == 1:
        return pictures[0]
    columns = _columns(pictures)
    images = [_shrunk(picture, 2 * MAX_SIDE // columns) for picture in pictures]
    rows = [_row(images[start : start + columns]) for start in range(0, len(images), columns)]
    width = max(row.width for row in rows)
    canvas = Image.new("RGB", (width, sum(row.height for row in rows) + _GAP * (len(rows) - 1)), "white")
    top = 0
    for row in rows:
        canvas.paste(row, (0, top))
        top += row.height + _GAP
    canvas.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return _encoded(canvas, _sha256("\n".join(picture.original_sha256 for picture in pictures).encode()))


def _shrunk(picture: LoadedPicture, side: int) -> Image.Image:
    image = _flat(_open(picture.bytes_)).convert("RGB")
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
    try:
        image.load()
        flat = _flat(image)
    except (*_DECODING_ERRORS, Image.DecompressionBombError) as e:
        raise BadInput("picture-undecodable", str(e)) from e
    if not small:
        flat.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    return _png(flat), "image/png"
