"""`omnisci report scores`: how scores and decisions spread, as pictures and one page."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import quote

from omnisci_etl.errors import ConfigError
from omnisci_etl.judging.gate import DEFAULT_CHECKS, THRESHOLD
from omnisci_etl.judging.reports.figures import (
    BINS,
    GATE_SCORE,
    Cell,
    Spread,
    draw_decisions,
    draw_passing,
    draw_spread,
    spreads,
)
from omnisci_etl.ledger.database import Ledger, sql

PAGE = "index.html"
_SQL = "omnisci_etl.judging.sql"
_THRESHOLDS = {check.scorer: check.at_least for check in DEFAULT_CHECKS} | {GATE_SCORE: THRESHOLD}


def write_report(ledger: Ledger, out: Path, *, discipline: str | None = None) -> Path:
    """Writes the page and its pictures into a folder, in place of an earlier report there; the path of the page.

    Thresholds shown are the documented defaults. Raises ConfigError where nothing is scored, or where the folder holds
    something else.
    """
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / PAGE).exists())):
        raise ConfigError(f"{out} holds something else than a report: name another folder with --out")
    parameters = {"discipline": discipline}
    with ledger.read(timeout_s=600) as connection:
        cells = [Cell(*row) for row in connection.execute(sql(_SQL, "score_histogram"), parameters)]
        decisions = [tuple(row) for row in connection.execute(sql(_SQL, "decision_counts"), parameters)]
    if not cells:
        raise ConfigError("no caption is scored here: run `omnisci score` first")
    found = spreads(cells)
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        for scorer, spread in found.items():
            draw_spread(spread, scorer, _THRESHOLDS.get(scorer), folder / _picture(scorer))
        draw_passing(found, _THRESHOLDS, folder / "passing.png")
        if decisions:
            draw_decisions(decisions, folder / "decisions.png")
        (folder / PAGE).write_text(_page(found, bool(decisions), discipline), encoding="utf-8")
        folder.chmod(0o755)
        shutil.rmtree(out, ignore_errors=True)
        folder.rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return out / PAGE


def _picture(scorer: str) -> str:
    return f"score-{quote(scorer.replace(' ', '-'), safe='')}.png"


def _page(found: Mapping[str, Spread], decided: bool, discipline: str | None) -> str:
    template = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    none = "<p>The gate has decided on none yet.</p>"
    return template.substitute(
        scope=escape(f"discipline {discipline}" if discipline else "all disciplines"),
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        captions=f"{max(spread.captions for spread in found.values()):,}",
        rows="\n".join(_row(scorer, spread) for scorer, spread in found.items()),
        decisions='<img src="decisions.png" alt="Decisions by reason and model">' if decided else none,
        spreads="\n".join(
            f'<img src="{quote(_picture(scorer))}" alt="{escape(scorer)} by model, kind and discipline">'
            for scorer in found
        ),
    )


def _row(scorer: str, spread: Spread) -> str:
    threshold = _THRESHOLDS.get(scorer)
    passing = ["", ""] if threshold is None else [f"{threshold:g}", f"{spread.passing()[round(threshold * BINS)]:.1%}"]
    cells = [escape(scorer), f"{spread.captions:,}", f"{spread.mean:.3f}", *passing]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
