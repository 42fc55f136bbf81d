"""What one exported row holds, whatever the format."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

# Shares of papers, in 1/256; a paper stays in its split for ever because only its name decides.
_SPLIT_BOUNDS = (("test", 13), ("validation", 26), ("train", 256))
SPLITS = ("train", "validation", "test")
_CC = re.compile(r"creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/([\d.]+)")


def split_of(source: str, external_id: str) -> str:
    """The split of a paper: of its hash, so that figures of one paper never fall into two splits."""
    first = hashlib.sha256(f"{source}:{external_id}".encode()).digest()[0]
    return next(name for name, bound in _SPLIT_BOUNDS if first < bound)


def source_url(source: str, external_id: str, version: int) -> str:
    """Where the paper can be read."""
    if source == "arxiv":
        return f"https://arxiv.org/abs/{external_id}v{version}"
    return f"https://doi.org/{external_id}" if source == "natcomms" else external_id


def license_name(license_class: str, uri: str | None) -> str:
    """The licence as people write it ("CC BY 4.0")."""
    match = _CC.search(uri or "")
    if match is None:
        return license_class
    return "CC0 1.0" if match[1] in ("zero", "mark") else f"CC {match[1].upper()} {match[2]}"


def export_row(row: Mapping[str, Any], image: bytes) -> dict[str, Any]:
    """The exported form of a row of chosen.sql with the picture's bytes."""
    url = source_url(row["source"], row["external_id"], row["version"])
    licence = license_name(row["license_class"], row["license_uri"])
    suffix = row["media_type"].rsplit("/", 1)[-1].replace("jpeg", "jpg")
    return {
        "image": {"bytes": image, "path": f"{row['image_sha256']}.{suffix}"},
        "caption": row["body"],
        "panels": [{"label": p["label"], "text": p["text"]} for p in row["panels"]],
        "author_caption": row["author_caption"],
        "context": [m["text"] for m in row["mentions"]],
        "label": row["label"],
        "kind": row["kind"],
        "disciplines": list(row["disciplines"]),
        "title": row["title"] or "",
        "source": row["source"],
        "external_id": row["external_id"],
        "version": row["version"],
        "url": url,
        "published_on": row["published_on"].isoformat() if row["published_on"] else None,
        "license": row["license_class"],
        "license_uri": row["license_uri"],
        "attribution": f"{row['title'] or row['external_id']}, {row['label']}, {url}, {licence}; caption generated",
        "image_sha256": row["image_sha256"],
        "width": row["width"],
        "height": row["height"],
        "caption_id": row["caption_id"],
        "figure_id": row["figure_id"],
        "provider": row["provider"],
        "model": row["requested"],
        "model_resolved": row["model_resolved"],
        "prompt": row["prompt_name"],
        "prompt_sha256": row["prompt_sha256"],
        "gate_score": row["gate_score"],
        "scores": [{"scorer": k, "value": float(v)} for k, v in sorted((row["scores"] or {}).items())],
        "generated_at": row["created_at"].isoformat(),
    }
