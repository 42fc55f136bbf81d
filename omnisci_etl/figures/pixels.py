"""Pixels as everyone shows them: upright, 8-bit grey or sRGB, on white where they are transparent.

Large pictures are converted band by band, so that no step holds more than the picture and its result.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image, ImageCms, ImageOps

BAND = 512
MAX_PROFILE = 4 << 20

_SPACES = {"RGB": "RGB", "CMYK": "CMYK"}
_Convert = Callable[[Image.Image], Image.Image]


def upright(image: Image.Image) -> Image.Image:
    """The picture turned as its EXIF orientation says."""
    return ImageOps.exif_transpose(image) if is_turned(image) else image


def is_turned(image: Image.Image) -> bool:
    """Whether the file asks to be shown turned or mirrored."""
    return image.getexif().get(0x0112, 1) in range(2, 9)


def flat(image: Image.Image) -> Image.Image:
    """The picture in 8-bit grey or sRGB, on white where it is transparent."""
    mode, convert = _conversion(image)
    if convert is None:
        return image
    result = Image.new(mode, image.size)
    for top in range(0, image.height, BAND):
        bottom = min(top + BAND, image.height)
        result.paste(convert(image.crop((0, top, image.width, bottom))), (0, top))
    return result


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
