"""Pixels as everyone shows them: upright, 8-bit grey or sRGB, on white where they are transparent.

Large pictures are converted band by band, so that no step holds more than the picture and its result.
"""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import Image, ImageCms, ImageOps

BAND = 128
LARGE = 16_000_000
MAX_HELD = 24_000_000
"""Pixels; most take four bytes, twice that while they are converted."""
MAX_PROFILE = 4 << 20

_SPACES = {"RGB": "RGB", "CMYK": "CMYK"}
_Convert = Callable[[Image.Image], Image.Image]


def upright(image: Image.Image) -> Image.Image:
    """The picture turned as its EXIF orientation says."""
    return ImageOps.exif_transpose(image) if is_turned(image) else image


def is_turned(image: Image.Image) -> bool:
    """Whether the file asks to be shown turned or mirrored."""
    return image.getexif().get(0x0112, 1) in range(2, 9)


def flat(image: Image.Image, factor: int = 1) -> Image.Image:
    """The picture in 8-bit grey or sRGB, on white where it is transparent.

    What has to be converted for that has its sides divided by factor, rounded up; any other is given back as it is.
    """
    mode, convert = _conversion(image)
    if convert is None:
        return image
    result = Image.new(mode, (-(-image.width // factor), -(-image.height // factor)))
    step = max(1, BAND // factor) * factor
    for top in range(0, image.height, step):
        band = convert(image.crop((0, top, image.width, min(top + step, image.height))))
        result.paste(band if factor == 1 else band.reduce(factor), (0, top // factor))
    return result


def averaged(image: Image.Image, size: tuple[int, int], large: int = LARGE) -> Image.Image:
    """The flat picture in a smaller size, each pixel the mean of what it stands for, of large ones to within 1."""
    mode, convert = _conversion(image)
    if convert is None or image.width * image.height <= large:
        return flat(image).resize(size, Image.Resampling.BOX)
    result = Image.new(mode, size)
    width, height = size
    scale = image.height / height
    step = max(1, int(BAND / scale))
    for top in range(0, height, step):
        bottom = min(top + step, height)
        first, last = int(top * scale), min(image.height, math.ceil(bottom * scale))
        band = convert(image.crop((0, first, image.width, last)))
        box = (0, top * scale - first, image.width, min(bottom * scale - first, band.height))
        result.paste(band.resize((width, bottom - top), Image.Resampling.BOX, box=box), (0, top))
    return result


class Room:
    """How many pixels this process may hold decoded at once, whatever the number of its threads.

    Who asks for more than there is waits; a picture that is larger than all of it is let in alone.
    """

    def __init__(self, pixels: int) -> None:
        self._pixels = pixels
        self._held = 0
        self._freed = threading.Condition()

    @contextmanager
    def for_(self, size: tuple[int, int]) -> Iterator[None]:
        """Room for a picture of this width and height. Not to be asked for twice by one thread."""
        pixels = size[0] * size[1]
        with self._freed:
            self._freed.wait_for(lambda: not self._held or self._held + pixels <= self._pixels)
            self._held += pixels
        try:
            yield
        finally:
            with self._freed:
                self._held -= pixels
                self._freed.notify_all()


room = Room(MAX_HELD)


def _conversion(image: Image.Image) -> tuple[str, _Convert | None]:
    """The mode of the result and what makes it of a band; None where the picture is so already."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return "L", _scaling(image)
    if image.mode in _SPACES and not image.has_transparency_data:
        transform = _to_srgb(image)
        if transform is not None:
            return "RGB", lambda band: _applied(transform, band)
    if image.mode in ("L", "RGB") and not image.has_transparency_data:
        return image.mode, None
    if image.mode == "1":
        return "L", lambda band: band.convert("L")
    if not image.has_transparency_data:
        return "RGB", lambda band: band.convert("RGB")
    return "RGB", _on_white


def _on_white(band: Image.Image) -> Image.Image:
    layer = band.convert("RGBA")
    ground = Image.new("RGBA", layer.size, (255, 255, 255, 255))
    return Image.alpha_composite(ground, layer).convert("RGB")


def _applied(transform: ImageCms.ImageCmsTransform, band: Image.Image) -> Image.Image:
    result = ImageCms.applyTransform(band, transform)
    return band.convert("RGB") if result is None else result


def _to_srgb(image: Image.Image) -> ImageCms.ImageCmsTransform | None:
    """The way from the picture's own colour profile to sRGB; None where it has none, is sRGB or cannot be used."""
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or len(profile) > MAX_PROFILE:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != _SPACES[image.mode]:
            return None
        if "srgb" in (source.profile.profile_description or "").lower():
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), image.mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _scaling(image: Image.Image) -> _Convert:
    """More than 8 bits a pixel: 16-bit files by their range, others by what they hold."""
    low, high = (0.0, 65535.0) if image.mode.startswith("I;16") else _extrema(image)
    scale = 255.0 / (high - low) if high > low else 0.0
    return lambda band: band.convert("F").point(lambda value: value * scale - low * scale).convert("L")


def _extrema(image: Image.Image) -> tuple[float, float]:
    low, high = image.getextrema()
    if isinstance(low, tuple) or isinstance(high, tuple):
        return 0.0, 255.0
    return float(low), float(high)
