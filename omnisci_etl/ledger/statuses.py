"""The slugs of statuses.yaml: the one list of what a row of the ledger can say of itself."""

from __future__ import annotations

from importlib.resources import files

import yaml


def statuses() -> list[tuple[str, str, str, bool, bool, bool, str]]:
    """Every status: (slug, stage, class, retryable, billable, uncertain, explanation)."""
    stages = yaml.safe_load(files("omnisci_etl").joinpath("statuses.yaml").read_text(encoding="utf-8"))
    return [
        (
            slug,
            stage,
            row["class"],
            *(row.get(flag, False) for flag in ("retryable", "billable", "uncertain")),
            row["text"],
        )
        for stage, rows in stages.items()
        for slug, row in rows.items()
    ]
