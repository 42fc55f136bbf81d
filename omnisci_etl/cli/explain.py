"""`omnisci score --explain`: the path of one caption through the gate, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from omnisci_etl.cli.common import escape, out, print_table
from omnisci_etl.ledger.database import dumps

_MARKS = {
    "passed": "[green]passed[/green]", "failed": "[red]failed[/red]", "awaited": "[yellow]awaited[/yellow]",
    "unscored": "[yellow]unscored[/yellow]", "no verdict": "[yellow]no verdict[/yellow]",
    "passed over": "[dim]passed over[/dim]", "not reached": "[dim]not reached[/dim]", "not due": "[dim]not due[/dim]",
}  # fmt: skip
_OUTCOMES = {"accept": "green", "reject": "red"}
# The longest finding that a line shows; --json shows all of it.
_SHOWN = 240


def show(told: Mapping[str, Any]) -> None:
    """Prints what judging.explain tells."""
    out.print(
        f"[bold]caption {told['caption_id']}[/bold] of figure {told['figure_id']} ({escape(told['label'])}, "
        f"{told['kind']}, {told['discipline']}) by {escape(told['model'])}"
    )
    out.print(f"  {escape(told['body'])}", style="dim")
    for stage in told["stages"]:
        out.print(f"\n[bold]{stage['stage']}[/bold] {_MARKS[stage['state']]}")
        if stage["state"] not in ("not due", "not reached"):
            print_table(_checks(stage["checks"]))
    if told["not_gating"]:
        values = ", ".join(f"{row['scorer']} {row['value']:.3f}" for row in told["not_gating"])
        out.print(f"\n[bold]scored, not gated[/bold] {escape(values)}")
    _decisions(told)


def _checks(checks: list[dict[str, Any]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=True)
    table.add_column(no_wrap=True)
    for _ in range(3):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        value = "" if check["value"] is None else f"{check['value']:.3f}"
        source = "" if check["threshold_source"].startswith("default") else f" ({check['threshold_source']})"
        stale = " [yellow](older version)[/yellow]" if check["current"] is False else ""
        least = f"at least {check['at_least']:g}{source}"
        finding = "" if check["value"] in (None, 1) else f"[dim]{escape(_finding(check['detail'] or {}))}[/dim]"
        table.add_row(check["scorer"], _MARKS[check["state"]] + stale, value, least, finding)
    return table


def _finding(detail: Mapping[str, Any]) -> str:
    """What the scorer found, in few words: of each finding its text, and nothing of what is empty."""
    told = [f"{name} {_words(value)}" for name, value in detail.items() if value not in (None, [], {}, "", 0)]
    text = "; ".join(told)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_words(one) for one in value)
    if isinstance(value, dict):
        return f"“{value['text']}”" if "text" in value else dumps(value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _decisions(told: Mapping[str, Any]) -> None:
    out.print("\n[bold]decisions[/bold] (newest first)")
    for row in told["decisions"]:
        colour = _OUTCOMES.get(row["outcome"], "yellow")
        out.print(
            f"  {row['decided_at']:%Y-%m-%d %H:%M:%S} [{colour}]{row['outcome']}[/{colour}] {row['slug']}, gate score "
            f"{row['gate_score']:.3f}, policy {row['policy']} {row['policy_sha256'][:12]}: {escape(row['explanation'])}"
        )
    if not told["decisions"]:
        out.print("  none yet: `omnisci score` decides")
    elif told["outdated"]:
        out.print("  [yellow]the policy has changed since: `omnisci score` decides again[/yellow]")
