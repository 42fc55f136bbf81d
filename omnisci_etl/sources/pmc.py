"""Open-access articles in PubMed Central's public bucket: versions, metadata with checksums, XML and media."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from omnisci_etl.errors import BadInput, ServiceError
from omnisci_etl.papers.xml import local_names, parse_xml
from omnisci_etl.sources.base import SourceDocument
from omnisci_etl.sources.http import HttpClient
from omnisci_etl.sources.wire import GONE, ask, fetch_picture, parse_json

MAX_LOOKUP = 20
_MAX_XML_BYTES = 64 << 20
_MAX_LISTS = 100
# Of several renditions of a picture the first kind here is taken; GIFs are thumbnails.
_PICTURE_ORDER = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".svg", ".pdf", ".eps", ".gif")
_PMCID = re.compile(r"PMC\d{1,12}")
_LICENSE_CODE = re.compile(r"CC[ -](BY(?:-(?:NC|ND|SA))*)", re.IGNORECASE)
_DOI_UNSAFE = re.compile(r'["\\\s]')


@dataclass(frozen=True, slots=True)
class Stored:
    """An object of the bucket with the MD5 that the metadata state, None where they state none."""

    key: str
    md5: str | None


@dataclass(frozen=True, slots=True)
class Article:
    """A version of an article in the bucket."""

    pmcid: str
    version: int
    retracted: bool
    license_uri: str | None
    xml: Stored
    media: tuple[Stored, ...]


def pmcids(http: HttpClient, dois: Sequence[str]) -> dict[str, str]:
    """The PMC ids that Europe PMC knows for DOIs (at most MAX_LOOKUP at once), keyed by DOI in lower case."""
    usable = [doi for doi in dois[:MAX_LOOKUP] if not _DOI_UNSAFE.search(doi)]
    query = {
        "query": " OR ".join(f'DOI:"{doi}"' for doi in usable), "resultType": "lite", "format": "json",
        "pageSize": str(5 * MAX_LOOKUP),
    }  # fmt: skip
    url = f"{http.settings.europepmc_url}/search?{urlencode(query)}"
    found = ask(http, url, parse_search, service="europepmc") if usable else {}
    if found is None:
        raise ServiceError("europepmc: no search at that address: check OMNISCI_EUROPEPMC_URL", "http-error")
    wanted = {doi.lower() for doi in usable}
    return {doi: pmcid for doi, pmcid in found.items() if doi in wanted}


def parse_search(data: bytes) -> dict[str, str]:
    """DOI -> PMC id of the results of a search. Raises BadInput where it is no answer of Europe PMC."""
    results = parse_json(data).get("resultList")
    items = results.get("result") if isinstance(results, dict) else None
    if not isinstance(items, list):
        raise BadInput("garbled", "no list of results")
    found = {}
    for item in items:
        doi, pmcid = (_single(item.get(name)) for name in ("doi", "pmcid"))
        if doi and pmcid and _PMCID.fullmatch(pmcid):
            found[doi.lower()] = pmcid
    return found


def _single(value: Any) -> str | None:
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, str) else None


def newest_article(http: HttpClient, pmcid: str) -> Article | None:
    """The highest version of an article in the bucket, None where it holds none with XML."""
    versions = sorted(_versions(http, pmcid), reverse=True)
    for version in versions:
        url = f"{http.settings.pmc_url}/metadata/{pmcid}.{version}.json"
        article = ask(http, url, lambda data, v=version: parse_metadata(data, pmcid, v), service="pmc")  # type: ignore[misc]
        if article is not None:
            return article
    return None


def _versions(http: HttpClient, pmcid: str) -> set[int]:
    query = {"list-type": "2", "prefix": f"{pmcid}.", "delimiter": "/"}
    found: set[int] = set()
    for _ in range(_MAX_LISTS):
        listed = ask(http, f"{http.settings.pmc_url}/?{urlencode(query)}", parse_list, service="pmc")
        if listed is None:
            break
        prefixes, token = listed
        names = (prefix.strip("/").removeprefix(f"{pmcid}.") for prefix in prefixes)
        found |= {int(name) for name in names if name.isdecimal()}
        if token is None:
            break
        query["continuation-token"] = token
    return found


def parse_list(data: bytes) -> tuple[list[str], str | None]:
    """The common prefixes of a bucket listing, and the token of its next page."""
    root = local_names(parse_xml(data))
    if root.tag != "ListBucketResult":
        raise BadInput("garbled", f"<{root.tag}> instead of a bucket listing")
    prefixes = [one.text or "" for one in root.iterfind("CommonPrefixes/Prefix")]
    more = (root.findtext("IsTruncated") or "").strip().lower() == "true"
    return prefixes, (root.findtext("NextContinuationToken") or None) if more else None


def parse_metadata(data: bytes, pmcid: str, version: int) -> Article:
    """The metadata object of one version."""
    metadata = parse_json(data)
    media = metadata.get("media_urls") or []
    if metadata.get("pmcid") not in (None, pmcid) or not isinstance(media, list):
        raise BadInput("garbled", f"not the metadata of {pmcid}.{version}")
    xml = _stored(metadata.get("xml_url")) or Stored(f"{pmcid}.{version}/{pmcid}.{version}.xml", None)
    return Article(
        pmcid,
        version,
        metadata.get("is_retracted") is True,
        license_of(metadata.get("license_code")),
        xml,
        tuple(stored for url in media if (stored := _stored(url)) is not None),
    )


def _stored(url: Any) -> Stored | None:
    """An object by its s3 URL; None for what cannot be a key of the bucket."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    key = parts.path.lstrip("/")
    md5 = parse_qs(parts.query).get("md5", [""])[0].lower()
    if not key or ".." in key.split("/"):
        return None
    return Stored(key, md5 if re.fullmatch(r"[0-9a-f]{32}", md5) else None)


def license_of(code: Any) -> str | None:
    """The licence that a code of PMC ("CC BY-NC") stands for, without a version, which the code does not state."""
    if not isinstance(code, str):
        return None
    if re.match(r"CC[ -]?0", code, re.IGNORECASE):
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    found = _LICENSE_CODE.match(code)
    return f"https://creativecommons.org/licenses/{found[1].lower()}/" if found else None


def fetch_xml(http: HttpClient, article: Article) -> SourceDocument | None:
    """The article's JATS, checked against its MD5; None where the bucket lacks it."""
    response = http.get(
        f"{http.settings.pmc_url}/{quote(article.xml.key)}", service="pmc", purpose="document", limit=None,
        max_bytes=_MAX_XML_BYTES, accept_statuses=GONE, check=_checked(article.xml, _is_article), reuse=True,
    )  # fmt: skip
    if response.status in GONE or response.sha256 is None:
        return None
    return SourceDocument("jats", response.data, response.sha256)


def fetch_media(http: HttpClient, article: Article, name: str) -> bytes:
    """The picture that the JATS names, with or without extension. Raises BadInput("picture-missing")."""
    stored = find_media(article.media, name)
    if stored is not None:
        data = fetch_picture(
            http, f"{http.settings.pmc_url}/{quote(stored.key)}", service="pmc", check=_checked(stored)
        )
        if data is not None:
            return data
    raise BadInput("picture-missing", name[:200])


def find_media(media: Sequence[Stored], name: str) -> Stored | None:
    """Of the objects with the name's stem (case does not count) the exact one, else the best rendition."""
    wanted = PurePosixPath(name.replace("\\", "/")).name.casefold()
    stem = wanted[: -len(suffix)] if (suffix := PurePosixPath(wanted).suffix) in _PICTURE_ORDER else wanted
    files = {PurePosixPath(one.key).name.casefold(): one for one in media}
    if wanted in files:
        return files[wanted]
    return next((files[stem + kind] for kind in _PICTURE_ORDER if stem + kind in files), None)


def _is_article(data: bytes) -> None:
    if b"<article" not in data[:65536]:
        raise BadInput("garbled", "not a JATS article")


def _checked(stored: Stored, also: Callable[[bytes], None] | None = None) -> Callable[[bytes], None]:
    def check(data: bytes) -> None:
        if stored.md5 and hashlib.md5(data, usedforsecurity=False).hexdigest() != stored.md5:
            raise BadInput("garbled", "not the bytes that its MD5 promises")
        if also is not None:
            also(data)

    return check
