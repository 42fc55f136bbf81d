"""The report of scores: its numbers, its pictures, its page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import text

from omnisci_etl.context import Context
from omnisci_etl.errors import ConfigError
from omnisci_etl.judging.reports.figures import BINS, GROUPINGS, MAX_GROUPS, OTHERS, Cell, Spread
from omnisci_etl.judging.reports.scores import write_report
from omnisci_etl.judging.stage import score

CELLS = st.lists(
    st.builds(
        Cell, st.just("s"), st.sampled_from("ab"), st.sampled_from("xyz"), st.text(max_size=3), st.integers(0, BINS - 1),
        st.integers(1, 9),
    ),
    min_size=1, max_size=40,
)  # fmt: skip


@given(cells=CELLS)
@settings(deadline=None, max_examples=50)
def test_every_caption_is_counted_once_in_every_grouping(cells: list[Cell]) -> None:
    spread = Spread(cells)
    assert spread.captions == sum(cell.captions for cell in cells)
    for name in GROUPINGS:
        groups = spread.groups(name)
        assert sum(counts.sum() for _, counts in groups) == spread.captions
        assert len(groups) <= MAX_GROUPS + 1
    passing = spread.passing()
    assert passing[0] == 1
    assert all(left >= right for left, right in pairwise(passing))


def test_what_reaches_a_threshold() -> None:
    spread = Spread([Cell("s", "m", "k", "d", 0, 1), Cell("s", "m", "k", "d", 30, 2), Cell("s", "m", "k", "d", 49, 1)])
    assert [spread.passing()[bin] for bin in (0, 1, 30, 31, 49)] == [1, 0.75, 0.75, 0.25, 0.25]


def test_small_groups_are_put_together() -> None:
    cells = [Cell("s", f"m{n:02}", "k", "d", 0, 100 - n) for n in range(MAX_GROUPS + 3)]
    groups = Spread(cells).groups("model")
    assert [name for name, _ in groups[-2:]] == [f"m{MAX_GROUPS - 1:02}", OTHERS]
    assert groups[-1][1].sum() == sum(100 - n for n in range(MAX_GROUPS, MAX_GROUPS + 3))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.pictures.append(dict(attrs)["src"] or "")


def test_the_page_shows_every_picture(context: Context, library: Any, tmp_path: Path) -> None:
    figure = library.figure(caption="Yield of samples at 5 mM.", mentions=["The yield is 81% (Fig. 1)."])
    library.caption(figure, "The chart shows the yield of samples at 5 mM, which reaches 81%.")
    library.caption(figure, "The chart shows 17 kg of see Fig. 9 above [12] and nothing at all of samples")
    score(context)
    page = write_report(context.ledger, tmp_path / "report")
    found = _Page()
    found.feed(page.read_text(encoding="utf-8"))
    drawn = {path.name for path in page.parent.glob("*.png")}
    assert set(found.pictures) == drawn
    assert {"passing.png", "decisions.png", "score-gate-score.png", "score-numbers-grounded.png"} <= drawn
    for name in drawn:
        with Image.open(page.parent / name) as picture:
            assert picture.format == "PNG"
            assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 20, name
    assert write_report(context.ledger, tmp_path / "report") == page
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_folder_of_something_else_is_left_alone(context: Context, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="something else"):
        write_report(context.ledger, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_a_page_of_somebody_else_is_left_alone(context: Context, tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "blog").mkdir(parents=True)
    (site / "index.html").write_text("my site")
    with pytest.raises(ConfigError, match="something else"):
        write_report(context.ledger, site)
    assert (site / "index.html").read_text() == "my site"


def test_thresholds_are_those_of_the_newest_decisions(context: Context, library: Any, tmp_path: Path) -> None:
    for kind in ("chart", "map"):
        figure = library.figure(caption="Yield of samples at 5 mM.", mentions=["The yield is 81% (Fig. 1)."], kind=kind)
        library.caption(figure, "The chart shows the yield of samples at 5 mM, which reaches 81%.")
    score(context)
    with context.ledger.begin() as connection:
        statement = text(
            "INSERT INTO omnisci.calibration (scorer, config_sha256, stratum, at_least, method, n, run_key) "
            "SELECT DISTINCT scorer, config_sha256, CAST('{\"kind\": \"map\"}' AS jsonb), 0.75, 'test', 10, CAST(:run AS bigint) "
            "FROM omnisci.score WHERE scorer = 'density'"
        )
        connection.execute(statement, {"run": context.run.key})
    score(context)
    page = write_report(context.ledger, tmp_path / "report").read_text(encoding="utf-8")
    assert "<td>0.6 (0.6 to 0.75)</td>" in page
    assert "<td>density</td>" in page
    assert page.index("<td>gate score</td>") < page.index("<td>structure</td>") < page.index("<td>density</td>")
    assert re.search(r"<p>[12] (?:accepted|rejected) \(", page)


def test_a_place_that_cannot_be_written_is_said(context: Context, library: Any, tmp_path: Path) -> None:
    library.caption(library.figure(), "The chart shows the yield of samples at 5 mM, which reaches 81%.")
    score(context)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="name another folder with --out"):
        write_report(context.ledger, tmp_path / "file" / "report")


def test_nothing_scored_is_said(context: Context, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="omnisci score"):
        write_report(context.ledger, tmp_path / "report")
