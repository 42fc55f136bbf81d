"""The command line as a user meets it: output, exit codes, one line for each fault."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.table import Table
from sqlalchemy import text

from omnisci_etl import __version__, cli
from omnisci_etl.captions import replay
from omnisci_etl.cli.common import escape, out, print_table
from omnisci_etl.cli.later import LATER
from omnisci_etl.config import Settings
from omnisci_etl.context import Context
from omnisci_etl.judging.stage import score
from omnisci_etl.ledger import revisions
from omnisci_etl.ledger.runs import code_version

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def omnisci(settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process: (exit code, standard output, standard error)."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["omnisci", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def one(context: Context, library: Any) -> int:
    """A scored caption."""
    caption = int(
        library.caption(
            library.figure(panels=[("a", "Yield.")]), "The chart shows the yield at 5 mM.", [("a", "Yield.")], cost=0.25
        )
    )
    score(context)
    return caption


@pytest.mark.parametrize("name", sorted(LATER))
def test_what_is_not_built_says_so(omnisci: Run, name: str) -> None:
    code, _, error = omnisci(name)
    assert (code, error) == (2, f"omnisci: `omnisci {name}` is not built yet\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ingest", "arxiv", "--since", "yesterday"], "YYYY-MM-DD"),
        (["ingest", "arxiv", "--since", "2026-02-02", "--until", "2026-01-01"], "is after"),
        (["ingest", "nowhere"], "unknown source 'nowhere'"),
        (["ingest", "arxiv", "--discipline", "phisics"], "physics"),
        (["ingest", "arxiv", "--path", "x"], "source folder"),
        (["caption", "--discipline", "nonsense"], "nonsense"),
        (["plan", "export"], "cannot plan"),
        (["export", "--format", "csv"], "unknown format"),
        (["export", "--profile", "all"], "unknown profile"),
        (["sql", "no-such-query"], "no query named"),
        (["sql", "life-of-a-figure"], "--param figure_id="),
        (["sql", "captions-by-prompt", "--param", "x=1"], "no parameter x"),
        (["sql", "captions-by-prompt", "--param", "x"], "NAME=VALUE"),
        (["sql", "select 1 +"], "syntax error"),
        (["sql", "drop table omnisci.run"], "read-only"),
        (["lineage", "12345"], "no caption 12345"),
        (["lineage", "1:data/x.parquet:9"], "no exported row"),
        (["lineage", "abc"], "neither"),
        (["score", "--explain", "12345"], "no caption 12345"),
        (["report", "scores"], "run `omnisci score` first"),
        (["db", "stop"], "not ours to stop"),
        (["ratings", "import", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_faults_of_use_are_one_line_and_exit_code_two(omnisci: Run, arguments: list[str], said: str) -> None:
    code, _, error = omnisci(*arguments)
    assert code == 2
    assert said in error
    assert error.startswith("omnisci: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [["ingest"], ["nonsense"], ["score", "--limit", "0"], ["sample", "--size", "x"]])
def test_wrong_usage_is_exit_code_two(omnisci: Run, arguments: list[str]) -> None:
    code, _, error = omnisci(*arguments)
    assert code == 2
    assert "Usage" in error


@pytest.mark.parametrize(
    "command", [[], ["ingest"], ["caption"], ["db"], ["sql"], ["ratings", "export"], ["up"], ["demo"], ["judge"]]
)
def test_every_command_explains_itself(omnisci: Run, command: list[str]) -> None:
    code, said, _ = omnisci(*command, "--help")
    assert code == 0
    assert "Usage: omnisci" in said


@pytest.mark.parametrize(
    "text",
    ["\\[/red] x", "\\[ E = mc^2 \\]", "[bold]x[/bold]", "[/]", "x [1, 2] y", "a[0]", "\\\\[b] \\\\[ c", "[open"],
)
def test_texts_of_strangers_are_printed_as_they_are(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    out.print(f"[bold]{escape(text)}[/bold] end")
    assert capsys.readouterr().out == f"{text} end\n"


def test_into_a_pipe_every_row_of_a_table_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(box=None, show_header=False)
    table.add_row("density", "long " * 200)
    print_table(table)
    assert capsys.readouterr().out.count("\n") == 1


def test_the_version_is_printed_without_a_ledger(omnisci: Run) -> None:
    assert omnisci("--version") == (0, f"omnisci {code_version()}\n", "")
    assert code_version().startswith(__version__)


def test_an_unreachable_server_is_one_line_and_exit_code_one(omnisci: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNISCI_DATABASE_URL", "postgresql://u:p@127.0.0.1:1/x")
    for command in (["status"], ["db", "upgrade"], ["score"], ["verify"]):
        code, _, error = omnisci(*command)
        assert (code, error.count("\n")) == (1, 1)
        assert "not reachable" in error


def test_lineage_of_a_caption(omnisci: Run, one: int) -> None:
    code, said, _ = omnisci("lineage", str(one), "--json")
    row = json.loads(said)
    assert code == 0
    assert (row["caption_id"], row["decision"], row["cost_usd"], row["exports"]) == (one, "accept", "0.25", [])
    code, said, _ = omnisci("lineage", str(one))
    assert "prompt_sha256" in said
    assert "above-threshold" in said


def test_lineage_of_an_exported_row(omnisci: Run, one: int, tmp_path: Path) -> None:
    code, said, _ = omnisci("export", "--out", str(tmp_path), "--json")
    export_id = json.loads(said)["export_id"]
    shard = next(tmp_path.glob("*/data/*.parquet"))
    code, said, _ = omnisci("lineage", f"{export_id}:data/{shard.name}:0", "--json")
    assert (code, json.loads(said)["caption_id"]) == (0, one)


def test_sql_speaks_json_and_csv(omnisci: Run, one: int) -> None:
    query = "SELECT caption_id, body, panels, NULL AS none FROM lineage"
    code, said, _ = omnisci("sql", query, "--json")
    assert (code, json.loads(said)[0]["panels"]) == (0, [{"label": "a", "text": "Yield."}])
    _, said, _ = omnisci("sql", query, "--csv")
    assert next(iter(csv.DictReader(io.StringIO(said))))["body"] == "The chart shows the yield at 5 mM."
    _, said, _ = omnisci("sql", "SELECT 'a%b' AS x, 5 % 3 AS y")
    assert "a%b" in said


@pytest.mark.parametrize(
    "name", ["cost-per-accepted-caption", "captions-by-prompt", "figures-never-captioned", "what-a-run-wrote"]
)
def test_named_queries_run(omnisci: Run, one: int, library: Any, name: str) -> None:
    library.figure(reject_slug="picture-missing")
    code, said, _ = omnisci("sql", name, "--json")
    assert code == 0
    assert json.loads(said)


def test_named_queries_answer(omnisci: Run, one: int, library: Any, context: Context) -> None:
    never = library.figure(reject_slug="picture-missing")
    waiting = library.figure()
    rows = json.loads(omnisci("sql", "figures-never-captioned", "--json")[1])
    assert {row["figure_id"]: row["why"] for row in rows} == {never: "picture-missing", waiting: "waiting"}
    cost = json.loads(omnisci("sql", "cost-per-accepted-caption", "--json")[1])
    assert [float(row["cost_per_accepted"]) for row in cost] == [0.25]
    with context.ledger.read() as connection:
        figure = connection.execute(text("SELECT figure_id FROM caption")).scalar_one()
    life = json.loads(omnisci("sql", "life-of-a-figure", "--param", f"figure_id={figure}", "--json")[1])
    assert {row["what"] for row in life} == {"extracted", "routed", "sent", "captioned", "scored", "decided"}
    wrote = json.loads(
        omnisci("sql", "what-a-run-wrote", "--param", f"run_id={context.run.identity.run_id}", "--json")[1]
    )
    assert {row["written"]: row["rows"] for row in wrote}["caption"] == 1


def test_status_shows_funnel_and_spend(omnisci: Run, one: int) -> None:
    code, said, _ = omnisci("status", "--json")
    parts = json.loads(said)
    assert code == 0
    assert {"source": "natcomms", "stage": "caption", "status": "captioned", "count": 1} in parts["funnel"]
    assert parts["spend"][0]["input_tokens"] == 100
    assert "funnel" in omnisci("status")[1]


def test_counts_of_a_stage_are_printed(omnisci: Run, one: int) -> None:
    assert omnisci("score")[1].startswith("score: captions 0")
    assert json.loads(omnisci("sample", "--size", "3", "--json")[1])["items"] == 1


def test_verify_finds_what_is_damaged(omnisci: Run, one: int, context: Context) -> None:
    assert omnisci("verify")[0] == 0
    with context.ledger.read() as connection:
        sha256 = connection.execute(text("SELECT sha256 FROM blob LIMIT 1")).scalar_one()
    path = Path(context.blobs.path(sha256))
    path.write_bytes(path.read_bytes() + b"x")
    code, said, _ = omnisci("verify", "--json")
    assert code == 1
    assert json.loads(said)["faults"][0].startswith(f"blob {sha256} is damaged")
    path.unlink()
    assert "is missing" in omnisci("verify")[1]


def test_verify_finds_a_disabled_trigger(omnisci: Run, one: int, context: Context) -> None:
    with context.ledger.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE omnisci.caption DISABLE TRIGGER append_only")
    code, said, _ = omnisci("verify")
    assert code == 1
    assert "table caption: its append-only trigger" in said


def test_the_url_is_for_psql(omnisci: Run, database: str) -> None:
    assert omnisci("db", "url")[1].strip() == database.replace("+psycopg2", "")


def test_migrations_from_the_command_line(omnisci: Run) -> None:
    steps = int(revisions.head()) - 1
    assert json.loads(omnisci("db", "downgrade", "--steps", str(steps), "--json")[1])["revision"] == "0001"
    assert omnisci("status")[0] == 2
    assert f"revision {revisions.head()}" in omnisci("db", "upgrade")[1]
    assert omnisci("status")[0] == 0


def test_a_fresh_home_needs_no_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNISCI_HOME", str(tmp_path / "fresh"))
    command = [sys.executable, "-c", "from omnisci_etl.cli import main; main()"]
    try:
        done = subprocess.run([*command, "status", "--json"], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, json.loads(done.stdout)["funnel"]) == (0, [])
    finally:
        stopped = subprocess.run([*command, "db", "stop"], capture_output=True, text=True, timeout=60, check=False)
    assert stopped.stdout == "stopped\n"


def test_the_plan_of_batches_names_their_number_bytes_and_price(omnisci: Run, library: Any) -> None:
    library.figure(panels=[("a", "Yield.")])
    code, said, _ = omnisci("plan", "caption", "--batch", "--json")
    assert code == 0
    (row,) = json.loads(said)
    assert (row["calls"], row["in_batches"], row["batches"], row["batch_bytes"]) == (1, 0, 0, 0)


def test_prompts_are_listed_shown_and_compared(omnisci: Run) -> None:
    code, said, _ = omnisci("prompts", "list", "--json")
    assert code == 0
    assert {row["name"] for row in json.loads(said)} >= {"figure-caption", "extractive"}
    code, said, _ = omnisci("prompts", "show", "figure-caption")
    assert (code, said.splitlines()[0]) == (0, "name: figure-caption")
    code, said, _ = omnisci("prompts", "diff", "figure-caption", "extractive")
    assert code == 0
    assert "-name: figure-caption" in said.splitlines()
    code, said, _ = omnisci("prompts", "diff", "extractive", "extractive")
    assert (code, said) == (0, "the same\n")
    code, _, error = omnisci("prompts", "show", "nothing")
    assert (code, error.count("\n")) == (2, 1)


def test_routes_are_reported_and_explained(omnisci: Run, one: int, context: Context) -> None:
    with context.ledger.read() as connection:
        figure = connection.execute(text("SELECT figure_id FROM caption")).scalar_one()
    code, said, _ = omnisci("routes", "report", "--json")
    assert code == 0
    (row,) = json.loads(said)
    assert (row["calls"], row["accepted"], float(row["cost_usd"])) == (1, 1, 0.25)
    code, said, _ = omnisci("routes", "explain", str(figure))
    assert code == 0
    assert f"figure {figure}" in said
    assert "features:" in said
    code, _, error = omnisci("routes", "explain", "999999")
    assert (code, error.count("\n")) == (2, 1)


def test_replay_ends_with_1_where_a_caption_is_not_what_its_answer_gives(
    omnisci: Run, one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said, _ = omnisci("replay", "--json")
    assert (code, json.loads(said)) == (0, {"replayed": 1, "outdated": 1, "faults": []})
    code, _, error = omnisci("replay", "999999")
    assert (code, error) == (2, "omnisci: there is no caption 999999\n")
    monkeypatch.setattr(replay, "_one", lambda row, *_: replay.Replayed(row["caption_id"], "missing", detail="gone"))
    code, said, error = omnisci("replay", "--json")
    assert (code, json.loads(said)["faults"][0]["detail"], error.count("\n")) == (1, "gone", 1)
    code, said, _ = omnisci("replay", str(one))
    assert (code, said) == (1, "replayed 1, missing 1\ngone\n")


def test_the_path_of_a_caption_through_the_gate(omnisci: Run, one: int) -> None:
    code, said, _ = omnisci("score", "--explain", str(one))
    assert code == 0
    assert "text passed" in said
    assert "judge not due" in said
    assert re.search(r"accept above-threshold, gate score 0\.[6-9]|1\.0", said)
    code, told, _ = omnisci("score", "--explain", str(one), "--json")
    assert [stage["stage"] for stage in json.loads(told)["stages"]] == ["text", "embedding", "claims", "judge", "qa"]


def test_a_report_is_written_where_it_is_asked_for(omnisci: Run, one: int, tmp_path: Path) -> None:
    code, said, _ = omnisci("report", "scores", "--out", str(tmp_path / "plots"), "--json")
    assert code == 0
    assert Path(json.loads(said)["page"]).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert omnisci("report", "scores")[1].strip().endswith("reports/scores/index.html")
