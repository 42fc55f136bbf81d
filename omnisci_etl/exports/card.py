"""The dataset card of a release, as the Hugging Face hub reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from omnisci_etl.exports.rows import SPLITS

_HUB_LICENSES = {"cc0": "cc0-1.0", "cc-by": "cc-by-4.0", "cc-by-sa": "cc-by-sa-4.0"}


def render(rows: Sequence[Mapping[str, Any]], profile: str, shards: Sequence[str]) -> str:
    """README.md: front matter with licence and splits, then counts by licence, discipline and model."""
    licenses = Counter(row["license_class"] for row in rows)
    only = next(iter(licenses)) if len(licenses) == 1 else ""
    splits = [split for split in SPLITS if any(path.startswith(f"data/{split}-") for path in shards)]
    front = {
        "license": _HUB_LICENSES.get(only, "other"),
        "task_categories": ["image-to-text"],
        "configs": [
            {"config_name": "default", "data_files": [{"split": s, "path": f"data/{s}-*.parquet"} for s in splits]}
        ],
    }
    parts = [
        f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n",
        "# Scientific figures with generated captions\n",
        f"{len(rows)} figures, profile `{profile}`. Every row names its paper, licence, attribution, model and prompt; "
        "licences differ by row (column `license`), and `attribution` is the credit line to keep.\n",
        _table("Licence", licenses),
        _table("Discipline", Counter(row["disciplines"][0] for row in rows)),
        _table("Model", Counter(f"{row['provider']}/{row['requested']}" for row in rows)),
    ]
    return "\n".join(parts)


def _table(title: str, counts: Counter[str]) -> str:
    lines = [f"| {title} | Figures |", "| --- | ---: |", *(f"| {name} | {n} |" for name, n in sorted(counts.items()))]
    return "\n".join(lines) + "\n"
