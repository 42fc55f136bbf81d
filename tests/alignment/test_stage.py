"""Samples and ratings as the ledger keeps them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from omnisci_etl.alignment.stage import export_sheet, import_sheet, sample
from omnisci_etl.context import Context
from omnisci_etl.errors import ConfigError
from omnisci_etl.judging.stage import score

BODY = "The chart shows the yield of the samples at 5 mM."


@pytest.fixture
def captions(context: Context, library: Any) -> list[int]:
    """Judged captions of two disciplines."""
    made = [library.caption(library.figure(discipline=d), BODY) for d in ["chemistry"] * 6 + ["physics"] * 3]
    score(context)
    return made


def items(context: Context, sample_id: int) -> dict[int, float]:
    with context.ledger.read() as connection:
        rows = connection.execute(
            text("SELECT caption_id, inclusion_probability FROM sample_item WHERE sample_id = :s"), {"s": sample_id}
        )
        return {caption: probability for caption, probability in rows}


def test_a_sample_is_stored_with_its_probabilities(context: Context, captions: list[int]) -> None:
    counts = sample(context, size=4, seed=1)
    drawn = items(context, counts["sample_id"])
    assert (counts["drawn"], counts["frame"], counts["items"], len(drawn)) == (1, 9, 4, 4)
    assert set(drawn) <= set(captions)
    # Within a stratum 1/p sums to the stratum's size, so over the sample it estimates the frame's.
    assert sum(1 / p for p in drawn.values()) == pytest.approx(9)


def test_the_same_state_and_seed_give_the_sample_that_exists(
    context: Context, captions: list[int], library: Any, table_hashes: Callable[[], dict[str, str]]
) -> None:
    first = sample(context, size=4, seed=1)
    before = table_hashes()
    assert sample(context, size=4, seed=1) == first | {"drawn": 0}
    assert table_hashes() == before
    assert sample(context, size=4, seed=2)["sample_id"] != first["sample_id"]
    library.caption(library.figure(), BODY)
    score(context)
    assert sample(context, size=4, seed=1)["sample_id"] != first["sample_id"]


def test_discipline_narrows_the_frame(context: Context, captions: list[int]) -> None:
    counts = sample(context, size=50, seed=0, discipline="physics")
    assert (counts["frame"], counts["items"]) == (3, 3)


def test_nothing_judged_is_nothing_drawn(context: Context, library: Any) -> None:
    library.caption(library.figure(), BODY)
    assert sample(context, size=4, seed=0)["items"] == 0


def fill(path: Path, **marks: str) -> None:
    with open(path, newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        row.update({"rater": "ada", "factual_accuracy": "5", "semantic_completeness": "4", "accept": "yes"} | marks)
    with open(path, "w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def sheet(context: Context, captions: list[int], tmp_path: Path) -> Path:
    """The sheet of a sample of three, not filled yet."""
    sample(context, size=3, seed=0)
    path = tmp_path / "sheet" / "ratings.csv"
    export_sheet(context, path)
    return path


def test_a_filled_sheet_comes_back_as_ratings(context: Context, sheet: Path) -> None:
    fill(sheet, comment="= fine")
    assert import_sheet(context, sheet) == {"rows": 3, "stored": 3}
    assert import_sheet(context, sheet) == {"rows": 3, "stored": 0}
    with context.ledger.read() as connection:
        ratings = connection.execute(text("SELECT ratings FROM lineage WHERE ratings <> '[]'")).scalars().all()
    assert len(ratings) == 3
    assert ratings[0][0] | {"sample_id": 0} == {
        "sample_id": 0, "rater": "ada", "round": 1, "factual_accuracy": 5, "semantic_completeness": 4, "accept": True, "comment": "= fine",
    }  # fmt: skip


def test_the_sheet_is_blind_and_has_its_pictures(context: Context, sheet: Path) -> None:
    with open(sheet, newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert not {"model", "score", "decision", "provider"} & set(rows[0])
    for row in rows:
        assert (sheet.with_name("ratings-pictures") / row["image_sha256"]).read_bytes() == context.blobs.get(
            row["image_sha256"]
        )


def test_an_empty_sheet_stores_nothing(context: Context, sheet: Path) -> None:
    assert import_sheet(context, sheet) == {"rows": 0, "stored": 0}


def test_marks_are_never_changed(context: Context, sheet: Path) -> None:
    fill(sheet)
    import_sheet(context, sheet)
    fill(sheet, accept="no")
    with pytest.raises(ConfigError, match="other marks"):
        import_sheet(context, sheet)
    assert import_sheet(context, sheet, round_no=2)["stored"] == 3


def test_one_faulty_row_stores_none(context: Context, sheet: Path) -> None:
    fill(sheet)
    sheet.write_text(sheet.read_text().replace(",5,4,yes", ",6,4,yes", 1))
    with pytest.raises(ConfigError, match="line 2"):
        import_sheet(context, sheet)
    with context.ledger.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM rating")).scalar() == 0


def test_captions_outside_the_sample_are_refused(context: Context, sheet: Path) -> None:
    fill(sheet, caption_id="987654")
    lines = sheet.read_text().splitlines(keepends=True)
    sheet.write_text("".join(lines[:2]))
    with pytest.raises(ConfigError, match="not in the sample: sample 1 caption 987654"):
        import_sheet(context, sheet)


def test_faults_of_use_are_said(context: Context, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no sample"):
        export_sheet(context, tmp_path / "x.csv")
    with pytest.raises(ConfigError, match="no sample 9"):
        export_sheet(context, tmp_path / "x.csv", 9)
    with pytest.raises(ConfigError, match=r"missing\.csv"):
        import_sheet(context, tmp_path / "missing.csv")
    with pytest.raises(ConfigError, match="size"):
        sample(context, size=0, seed=0)
