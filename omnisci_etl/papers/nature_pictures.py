"""Where the pictures of a nature.com page lie in full size."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice
from urllib.parse import quote, urljoin, urlsplit

from lxml import etree

from omnisci_etl.papers.model import Picture

# Of one picture: a few sizes and formats.
_MAX_SOURCES = 50
_BASE = "https://www.nature.com/"
_MEDIA = "https://media.springernature.com/full/springer-static/image/art%3A{doi}/MediaObjects/{name}"
_SIZE = re.compile(r"^/[a-z]{1,2}\d+(?:[a-z]\d+)?/")
# Until 2016 the sizes of a picture lay in folders side by side.
_SMALLER = re.compile(r"/(?:carousel|images_article)/(?=[^/]+$)")
_HIRES = re.compile(r"(?<=/images_hires/)[a-z]{1,2}\d+/")
_TAB = re.compile(r"(.*)/fig_tab/([^/]+)_F(\d+)\.html")
# A browser that saves a page puts what it shows into a folder beside it.
_SAVED = re.compile(r"(?:^|/)[^/]+_files/(\d+_\d{4}_[\w-]+_HTML)(?:\(\d\))?(\.\w{3,4})$")


def pictures(figure: etree._Element, texts: Collection[etree._Element], doi: str) -> Iterator[Picture]:
    """The pictures of a figure, named by the URL of their full size; those within its texts are formulas."""
    seen = set()
    within = frozenset(texts)
    for node in figure.iter("img"):
        if any(up in within for up in node.iterancestors()):
            continue
        url = next((url for source in _sources(node) if source and (url := _full_size(source.strip(), doi))), None)
        if url and url not in seen:
            seen.add(url)
            yield Picture(url)


def _sources(image: etree._Element) -> Iterator[str | None]:
    """Where a picture can lie, the likeliest first."""
    yield image.get("src")
    yield image.get("data-src")
    yield _first_of_set(image)
    if (picture := next(image.iterancestors("picture"), None)) is not None:
        yield from map(_first_of_set, islice(picture.iter("source"), _MAX_SOURCES))
    for link in image.iterancestors("a"):
        if tab := _TAB.fullmatch(link.get("href") or ""):
            yield f"{tab[1]}/images/{tab[2]}-f{tab[3]}.jpg"


def _first_of_set(node: etree._Element) -> str:
    return (node.get("srcset") or "").strip().split(" ")[0]


def _full_size(source: str, doi: str) -> str | None:
    """The https URL of the full-size picture; None for what is no web address."""
    if "_files/" in source:
        saved = _SAVED.search(source)
        return _MEDIA.format(doi=quote(doi, safe=""), name=f"{saved[1]}{saved[2]}") if saved else None
    try:
        parts = urlsplit(urljoin(_BASE, source))
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    path = parts.path
    if parts.netloc.lower().startswith(("media.", "images.")):
        path = _SIZE.sub("/full/", path)
    if parts.netloc.lower().endswith("nature.com"):
        path = _HIRES.sub("", _SMALLER.sub("/images/", path))
    return f"https://{parts.netloc}{path}"
