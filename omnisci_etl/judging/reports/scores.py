"""`omnisci report scores`: how scores and decisions spread, as pictures and one page."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
_OURS = re.compile(r"index\.html|(?:passing|decisions|score-.+)\.png")
# The order of the gate, the gate's own score first.
_ORDER = {name: place for place, name in enumerate([GATE_SCORE, *(check.scorer for check in DEFAULT_CHECKS)])}
_DEFAULTS = {check.scorer: check.at_least for check in DEFAULT_CHECKS} | {GATE_SCORE: THRESHOLD}
_OUTCOMES = {"accept": "accepted", "reject": "rejected", "abstain": "undecided", "escalate": "to be looked at again"}


@dataclass(frozen=True, slots=True)
class _Threshold:
    """A threshold as the newest decisions were made by: the commonest, and how far strata differ."""

    commonest: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.least:g}" if self.least == self.most else f"{self.commonest:g} ({self.least:g} to {self.most:g})"


def write_report(ledger: Ledger, out: Path, *, discipline: str | None = None) -> Path:
    """Writes the page and its pictures into a folder, in place of an earlier report there; the path of the page.

    Thresholds shown are those that the newest decisions were made by, else the documented defaults. Raises ConfigError
    where nothing is scored, or where the folder holds something else.
    """
    if out.exists() and not _is_report(out):
        raise ConfigError(f"{out} holds something else than a report: name another folder with --out")
    parameters = {"discipline": discipline}
    with ledger.read(timeout_s=600) as connection:
        cells = [Cell(*row) for row in connection.execute(sql(_SQL, "score_histogram"), parameters)]
        decisions = [tuple(row) for row in connection.execute(sql(_SQL, "decision_counts"), parameters)]
        thresholds = {name: _Threshold(value, value, value) for name, value in _DEFAULTS.items()} | {
            row.scorer: _Threshold(row.commonest, row.least, row.most)
            for row in connection.execute(sql(_SQL, "thresholds_in_force"), parameters)
        }
    if not cells:
        raise ConfigError("no caption is scored here: run `omnisci score` first")
    found = dict(sorted(spreads(cells).items(), key=lambda item: (_ORDER.get(item[0], len(_ORDER)), item[0])))
    commonest = {scorer: threshold.commonest for scorer, threshold in thresholds.items()}
    folder = _beside(out)
    try:
        for scorer, spread in found.items():
            draw_spread(spread, scorer, commonest.get(scorer), folder / _picture(scorer))
        draw_passing(found, commonest, folder / "passing.png")
        if decisions:
            draw_decisions(decisions, folder / "decisions.png")
        (folder / PAGE).write_text(_page(found, decisions, thresholds, discipline), encoding="utf-8")
        folder.chmod(0o755)
        shutil.rmtree(out, ignore_errors=True)
        folder.rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return out / PAGE


def _is_report(folder: Path) -> bool:
    """Whether a folder is empty, or holds a report and nothing else: it is replaced as a whole."""
    return folder.is_dir() and all(_OURS.fullmatch(entry.name) and entry.is_file() for entry in folder.iterdir())


def _beside(out: Path) -> Path:
    """A folder to write into before it takes the place of out. Raises ConfigError where there can be none."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise ConfigError(f"{out}: {error.strerror or type(error).__name__}: name another folder with --out") from None


def _picture(scorer: str) -> str:
    return f"score-{quote(scorer.replace(' ', '-'), safe='')}.png"


def _page(
    found: Mapping[str, Spread],
    decisions: Sequence[tuple[str, str, str, int]],
    thresholds: Mapping[str, _Threshold],
    discipline: str | None,
) -> str:
    template = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    none = "<p>The gate has decided on none yet.</p>"
    return template.substitute(
        scope=escape(f"discipline {discipline}" if discipline else "all disciplines"),
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        captions=f"{max(spread.captions for spread in found.values()):,}",
        rows="\n".join(_row(scorer, spread, thresholds.get(scorer)) for scorer, spread in found.items()),
        decisions=_decided(decisions) if decisions else none,
        spreads="\n".join(
            f'<img src="{quote(_picture(scorer))}" alt="{escape(scorer)} by model, kind and discipline">'
            for scorer in found
        ),
    )


def _decided(decisions: Sequence[tuple[str, str, str, int]]) -> str:
    """How many captions came to which outcome, in words, and the picture."""
    counts: Counter[str] = Counter()
    for _, outcome, _, captions in decisions:
        counts[outcome] += captions
    told = ", ".join(
        f"{counts[outcome]:,} {word} ({counts[outcome] / counts.total():.1%})"
        for outcome, word in _OUTCOMES.items() if counts[outcome]
    )  # fmt: skip
    return f'<p>{told}.</p>\n<img src="decisions.png" alt="Decisions by reason and model">'


def _row(scorer: str, spread: Spread, threshold: _Threshold | None) -> str:
    passing = ["", ""]
    if threshold is not None:
        passing = [str(threshold), f"{spread.passing()[min(BINS - 1, round(threshold.commonest * BINS))]:.1%}"]
    cells = [escape(scorer), f"{spread.captions:,}", f"{spread.mean:.3f}", *passing]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
