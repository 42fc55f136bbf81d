"""Captioning from figures in the ledger to captions in it."""

from __future__ import annotations

from omnisci_etl.captions.stage import caption


def test_offline_default_captions_every_figure(offline, library):
    extraction = library.paper()
    first = library.figure(extraction, 1, caption="Yield over time. (a) Rate. (b) Loss.", panels=[("a", "Rate."), ("b", "Loss.")],
                           mentions=["As shown in Fig. 1a, the rate rises to 5 %. Fig. 2 is another matter."])  # fmt: skip
    library.figure(extraction, 2, reject_slug="no-picture")
    assert offline.run(caption) == {"figures": 1, "captioned": 1, "calls": 1, "attempts": 1, "failed": 0, "waiting": 0}
    (row,) = offline.rows("SELECT * FROM lineage")
    assert row["figure_id"] == first
    assert row["body"] == "Yield over time. (a) Rate. (b) Loss. As shown in panel a, the rate rises to 5 %."
    assert row["panels"] == [{"label": "a", "text": "Rate."}, {"label": "b", "text": "Loss."}]
    assert (row["provider"], row["model_requested"], row["model_resolved"]) == ("offline", "extractive-1", "extractive-1")
    assert row["request_id"] is None
    assert row["cost_usd"] == 0
    assert row["prompt_name"] == "extractive"


def test_a_second_run_adds_no_row(offline, library):
    library.figures(3)
    offline.run(caption)
    before = offline.counts()
    assert offline.run(caption)["figures"] == 0
    assert offline.counts() == before
