"""Releases: what is let in, the files, their hashes, and doing it twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from omnisci_etl.context import Context
from omnisci_etl.errors import ConfigError
from omnisci_etl.exports import parquet
from omnisci_etl.exports.profiles import PROFILES, license_classes
from omnisci_etl.exports.rows import SPLITS, license_name, source_url, split_of
from omnisci_etl.exports.stage import export
from omnisci_etl.judging.stage import score

BODY = "The chart shows the yield of the samples at 5 mM."


@pytest.fixture
def shelf(library: Any) -> dict[str, int]:
    """One figure for each reason to be let in or held back, each with a caption that the gate accepts."""
    figures = {
        "open": library.figure(),
        "sharealike": library.figure(license_class="cc-by-sa"),
        "noncommercial": library.figure(license_class="cc-by-nc"),
        "noderivatives": library.figure(license_class="cc-by-nc-nd"),
        "arxiv": library.figure(source="arxiv", paper="2601.00001", license_class="arxiv-nonexclusive"),
        "credited": library.figure(credit="Reproduced with permission from X."),
        "retracted": library.figure(status="retracted"),
        "unknown": library.figure(license_class="unknown"),
    }
    captions = {name: library.caption(figure, BODY) for name, figure in figures.items()}
    library.caption(library.figure(), "Seen from 99 kg and 77 km, in Fig. 8 and 9, see above [3].")
    return captions


def exported(context: Context, export_id: int) -> set[int]:
    with context.ledger.read() as connection:
        rows = connection.execute(text("SELECT caption_id FROM export_lineage WHERE export_id = :e"), {"e": export_id})
        return set(rows.scalars())


@pytest.mark.parametrize(
    ("profile", "names"),
    [
        ("default", {"open", "sharealike"}),
        ("noncommercial", {"open", "sharealike", "noncommercial"}),
        ("noderivatives", {"open", "sharealike", "noncommercial", "noderivatives"}),
    ],
)
def test_profiles_hold_back_what_may_not_be_shared(
    context: Context, shelf: dict[str, int], tmp_path: Path, profile: str, names: set[str]
) -> None:
    score(context)
    counts = export(context, form="parquet", profile=profile, out=tmp_path)
    assert exported(context, counts["export_id"]) == {shelf[name] for name in names}
    assert counts["rows"] == len(names)


def test_no_profile_shares_what_arxiv_alone_may() -> None:
    for name in PROFILES:
        assert not {"arxiv-nonexclusive", "all-rights-reserved", "unknown"} & set(license_classes(name))
    with pytest.raises(ConfigError, match="default"):
        license_classes("everything")


def test_files_hold_pictures_and_origin(context: Context, shelf: dict[str, int], tmp_path: Path) -> None:
    score(context)
    export(context, form="parquet", profile="default", out=tmp_path)
    folder = tmp_path / (tmp_path / "LATEST").read_text().strip()
    manifest = json.loads((folder / "manifest.json").read_text())
    for file in manifest["files"]:
        data = (folder / file["path"]).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (file["sha256"], file["bytes"])
    rows = [row for path in sorted(folder.glob("data/*.parquet")) for row in pq.read_table(path).to_pylist()]
    assert manifest["rows"] == len(rows) == 2
    for row in rows:
        assert hashlib.sha256(row["image"]["bytes"]).hexdigest() == row["image_sha256"]
        assert row["caption"] == BODY
        assert row["url"].startswith("https://doi.org/10.1038/")
        assert row["license"] in row["attribution"].lower().replace(" ", "-")
    with context.ledger.read() as connection:
        placed = connection.execute(text("SELECT shard, row_no, caption_id, image_sha256 FROM export_lineage")).all()
    for shard, row_no, caption_id, image_sha256 in placed:
        row = pq.read_table(folder / shard).slice(row_no, 1).to_pylist()[0]
        assert (row["caption_id"], row["image_sha256"]) == (caption_id, image_sha256)


def test_the_card_names_licence_and_splits(context: Context, library: Any, tmp_path: Path) -> None:
    library.caption(library.figure(), BODY)
    score(context)
    export(context, form="parquet", profile="default", out=tmp_path)
    card = next(tmp_path.glob("*/README.md")).read_text()
    front = yaml.safe_load(card.split("---")[1])
    assert front["license"] == "cc-by-4.0"
    assert [d["path"] for d in front["configs"][0]["data_files"]] == [
        f"data/{d['split']}-*.parquet" for d in front["configs"][0]["data_files"]
    ]


def test_an_unchanged_state_is_one_release(
    context: Context, shelf: dict[str, int], tmp_path: Path, table_hashes: Callable[[], dict[str, str]]
) -> None:
    score(context)
    first = export(context, form="parquet", profile="default", out=tmp_path / "a")
    before = table_hashes()
    assert export(context, form="parquet", profile="default", out=tmp_path / "a") == first | {"made": 0}
    assert table_hashes() == before


def test_lost_files_are_written_again_byte_for_byte(context: Context, shelf: dict[str, int], tmp_path: Path) -> None:
    score(context)
    first = export(context, form="parquet", profile="default", out=tmp_path / "a")
    again = export(context, form="parquet", profile="default", out=tmp_path / "b")
    assert (again["export_id"], again["made"]) == (first["export_id"], 0)

    def contents(folder: Path) -> dict[str, bytes]:
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    victim = next((tmp_path / "a").rglob("*.parquet"))
    victim.write_bytes(b"")
    export(context, form="parquet", profile="default", out=tmp_path / "a")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_new_caption_is_a_new_release_and_the_old_one_stays(context: Context, library: Any, tmp_path: Path) -> None:
    figure = library.figure()
    old = library.caption(figure, BODY)
    score(context)
    first = export(context, form="parquet", profile="default", out=tmp_path)
    newer = library.caption(figure, "The bars of the chart give the yield of the samples at 5 mM.")
    score(context)
    second = export(context, form="parquet", profile="default", out=tmp_path)
    assert second["export_id"] != first["export_id"]
    assert exported(context, first["export_id"]) == {old}
    assert exported(context, second["export_id"]) == {newer}


def test_nothing_to_export_is_said_and_writes_nothing(context: Context, tmp_path: Path) -> None:
    assert export(context, form="parquet", profile="default", out=tmp_path) == {
        "export_id": 0,
        "rows": 0,
        "files": 0,
        "made": 0,
    }
    assert list(tmp_path.glob("*parquet*")) == []


def test_a_half_written_release_leaves_nothing_behind(
    context: Context, shelf: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score(context)

    def fail(*_: object) -> int:
        raise OSError("disk full")

    monkeypatch.setattr(parquet, "write_shard", fail)
    with pytest.raises(ConfigError, match="disk full"):
        export(context, form="parquet", profile="default", out=tmp_path / "a")
    assert list((tmp_path / "a").iterdir()) == []
    with context.ledger.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM export")).scalar() == 0


def test_unknown_formats_are_refused(context: Context, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="parquet"):
        export(context, form="csv", profile="default", out=tmp_path)


@given(st.lists(st.sampled_from(SPLITS), max_size=3000))
def test_shard_plan_gives_each_row_one_place(splits: list[str]) -> None:
    plan = parquet.shard_plan(splits)
    assert len(set(plan)) == len(plan) == len(splits)
    for (path, row_no), split in zip(plan, splits, strict=True):
        assert path.startswith(f"data/{split}-")
        assert row_no < parquet.ROWS_PER_SHARD


def test_splits_are_stable_and_shared_by_a_paper() -> None:
    names = [split_of("arxiv", f"2601.{n:05d}") for n in range(4000)]
    assert names == [split_of("arxiv", f"2601.{n:05d}") for n in range(4000)]
    shares = {name: names.count(name) / len(names) for name in SPLITS}
    assert 0.87 < shares["train"] < 0.93
    assert 0.03 < shares["test"] < 0.07


def test_names_of_licences_and_urls() -> None:
    assert license_name("cc-by", "https://creativecommons.org/licenses/by/4.0/") == "CC BY 4.0"
    assert license_name("cc0", "http://creativecommons.org/publicdomain/zero/1.0/") == "CC0 1.0"
    assert license_name("cc-by", None) == "cc-by"
    assert source_url("arxiv", "2601.00001", 2) == "https://arxiv.org/abs/2601.00001v2"
    assert source_url("folder", "x/y.xml", 1) == "x/y.xml"


def test_files_are_what_the_datasets_library_reads() -> None:
    features = json.loads(parquet.schema().metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert set(features) == set(parquet.schema().names)
    assert features["panels"] == [
        {"label": {"dtype": "string", "_type": "Value"}, "text": {"dtype": "string", "_type": "Value"}}
    ]
