"""Commands that move data: ingest, caption, score, sample, ratings, export, plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnisci_etl import stages
from omnisci_etl.cli.common import Discipline, Json, Limit, ledger, out, parse_date, print_json, print_rows, stage
from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import ConfigError

ratings = typer.Typer(help="Sheets for experts: export a sample as CSV, import their marks.", no_args_is_help=True)
Day = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for function in (ingest, caption, score, sample, export, plan):
        app.command()(function)
    app.add_typer(ratings, name="ratings")


def ingest(
    source: Annotated[str, typer.Argument(help="arxiv, natcomms or folder")],
    discipline: Discipline = None,
    since: Day = None,
    until: Day = None,
    limit: Limit = None,
    path: Annotated[Path | None, typer.Option(help="The folder to read (source folder).")] = None,
    refresh: Annotated[
        bool,
        typer.Option(help="Discover nothing; read stored papers again that other versions of the extractors read."),
    ] = False,
    json: Json = False,
) -> None:
    """Discover, fetch, parse and store papers; without dates it goes on from the stored cursor.

    --since and --until are publication dates (UTC, inclusive) and leave the cursor alone.
    """
    first, last = parse_date(since, "--since"), parse_date(until, "--until")
    if path is not None and source != "folder":
        raise ConfigError(f"--path belongs to the source folder, not to {source}")
    if path is not None and refresh:
        raise ConfigError("--refresh reads the papers that are stored: leave --path away")
    stages.checked_window(source, first, last)
    stages.known_discipline(discipline)

    def work(context: Context) -> Counts:
        return stages.ingest(
            context, source, discipline=discipline, since=first, until=last, limit=limit, path=path, refresh=refresh
        )

    given = {"discipline": discipline, "since": since, "until": until, "limit": limit, "path": path, "refresh": refresh}
    stage(f"ingest {source}", work, json, **given)


def caption(
    discipline: Discipline = None,
    limit: Limit = None,
    refresh: Annotated[
        bool, typer.Option(help="Also caption figures whose prompt, evidence or model has changed.")
    ] = False,
    batch: Annotated[
        bool, typer.Option(help="Ask by the vendors' batches, at their price; waits until all are collected.")
    ] = False,
    json: Json = False,
) -> None:
    """Caption every figure that has none, by the model that the routes file gives it."""
    stages.known_discipline(discipline)

    def work(context: Context) -> Counts:
        return stages.caption(context, discipline=discipline, limit=limit, refresh=refresh, batch=batch)

    stage("caption", work, json, discipline=discipline, limit=limit, refresh=refresh, batch=batch)


def score(
    discipline: Discipline = None,
    limit: Limit = None,
    explain: Annotated[
        int | None, typer.Option(metavar="CAPTION_ID", help="Score nothing; show the whole path of this caption.")
    ] = None,
    json: Json = False,
) -> None:
    """Score captions and let the gate decide on them."""
    if explain is not None:
        _explain(explain, json)
        return
    stages.known_discipline(discipline)
    stage(
        "score", lambda context: stages.score(context, discipline=discipline, limit=limit), json,
        discipline=discipline, limit=limit,
    )  # fmt: skip


def _explain(caption_id: int, json: bool) -> None:
    from omnisci_etl import config
    from omnisci_etl.cli.explain import show
    from omnisci_etl.judging.explain import explain

    with ledger() as opened:
        told = explain(config.load(), opened, caption_id)
    print_json(told) if json else show(told)


def sample(
    size: Annotated[int, typer.Option(min=1, help="Captions to draw.")] = 50,
    seed: Annotated[int, typer.Option(help="Seed of the draw; the same state and seed give the same sample.")] = 0,
    discipline: Discipline = None,
    json: Json = False,
) -> None:
    """Draw a stratified sample of captions for experts, with stored inclusion probabilities."""
    stages.known_discipline(discipline)
    stage(
        "sample", lambda context: stages.sample(context, size=size, seed=seed, discipline=discipline), json,
        size=size, seed=seed, discipline=discipline,
    )  # fmt: skip


@ratings.command("export")
def ratings_export(
    out_file: Annotated[Path, typer.Option("--out", help="The CSV file to write.")] = Path("ratings.csv"),
    sample_id: Annotated[int | None, typer.Option("--sample", help="Sample; the newest by default.")] = None,
    json: Json = False,
) -> None:
    """Write the sheet that experts fill: one row a sampled caption, the pictures beside it."""
    from omnisci_etl.alignment.stage import export_sheet

    stage("ratings export", lambda context: export_sheet(context, out_file, sample_id), json, out=out_file)
    if not json:
        out.print(f"written to {out_file} and {out_file.with_name(out_file.stem + '-pictures')}/")


@ratings.command("import")
def ratings_import(
    path: Annotated[Path, typer.Argument(help="The filled CSV file.")],
    round_no: Annotated[int, typer.Option("--round", min=1, help="Which round of rating this is.")] = 1,
    json: Json = False,
) -> None:
    """Store the marks of a filled sheet, all or none."""
    from omnisci_etl.alignment.stage import import_sheet

    stage("ratings import", lambda context: import_sheet(context, path, round_no=round_no), json, path=path)


def export(
    form: Annotated[str, typer.Option("--format", help="parquet (Hugging Face, pictures embedded)")] = "parquet",
    out_dir: Annotated[Path | None, typer.Option("--out", help="Where releases are kept.")] = None,
    profile: Annotated[str, typer.Option(help="default, noncommercial or noderivatives")] = "default",
    json: Json = False,
) -> None:
    """Publish the accepted captions that the profile's licences allow, with a manifest."""
    stage(
        "export", lambda context: stages.export(context, form=form, profile=profile, out=out_dir), json,
        format=form, profile=profile, out=out_dir,
    )  # fmt: skip


def plan(
    what: Annotated[str, typer.Argument(help="caption or score")],
    discipline: Discipline = None,
    limit: Limit = None,
    refresh: Annotated[bool, typer.Option(help="As of `caption --refresh`.")] = False,
    batch: Annotated[bool, typer.Option(help="As of `caption --batch`: how many batches, bytes and dollars.")] = False,
    json: Json = False,
) -> None:
    """Say what a command would call and what that would cost, without doing it."""
    from omnisci_etl import config

    stages.known_discipline(discipline)
    if what not in ("caption", "score"):
        raise ConfigError(f"cannot plan {what!r}: use caption or score")
    with ledger() as opened:
        if what == "caption":
            from omnisci_etl.captions.stage import plan as plan_captions

            rows = plan_captions(
                config.load(), opened, discipline=discipline, limit=limit, refresh=refresh, batch=batch
            )
        else:
            from omnisci_etl.judging.stage import plan as plan_scores

            rows = plan_scores(config.load(), opened, discipline=discipline, limit=limit)
    if json:
        print_json(rows)
    elif rows:
        print_rows(list(rows[0]), [list(row.values()) for row in rows])
    else:
        out.print("nothing to do")
