"""Captions rebuilt from stored answers, with nobody to ask."""

from __future__ import annotations

import pytest

from omnisci_etl.captions import replay as replaying
from omnisci_etl.captions.replay import replay, summary
from omnisci_etl.captions.stage import caption
from omnisci_etl.ledger.blobs import BlobStore


def replayed(office, caption_id=None):
    return list(replay(office.ledger, BlobStore(office.settings.blob_url), caption_id))


@pytest.mark.parametrize("api", ["openai", "anthropic", "openai-compatible"])
def test_every_api_gives_the_same_bytes_with_the_vendor_gone(routed, llm, library, api, monkeypatch):
    office = routed(api)
    llm.caption = 'µ "quoted"\n“{user}” \\ é'
    library.figures(5)
    office.run(caption)
    llm.close()
    monkeypatch.setattr(replaying, "CHUNK", 2)
    found = replayed(office)
    assert summary(found) == {"replayed": 5, "same": 5}
    stored = office.rows("SELECT caption_id, body FROM caption ORDER BY caption_id")
    assert [(one.caption_id, one.body) for one in found] == [(row["caption_id"], row["body"]) for row in stored]
    assert [one.caption_id for one in replayed(office, stored[3]["caption_id"])] == [stored[3]["caption_id"]]
    assert replayed(office, 10**6) == []


def test_extractive_captions_are_composed_again(offline, library, monkeypatch):
    library.figures(2)
    offline.run(caption)
    assert summary(replayed(offline)) == {"replayed": 2, "same": 2}
    monkeypatch.setattr(replaying.prompts, "load", lambda name: type("Other", (), {"sha256": "0" * 64}))
    assert summary(replayed(offline)) == {"replayed": 2, "outdated": 2}


def test_an_answer_that_is_gone_or_says_something_else_is_told(routed, library):
    office = routed()
    library.figures(3)
    office.run(caption)
    blobs = BlobStore(office.settings.blob_url)
    rows = office.rows(
        "SELECT c.caption_id, o.response_sha256 AS sha FROM caption c JOIN attempt_outcome o USING (attempt_id) ORDER BY 1"
    )

    class Swapped:
        def get(self, sha256):
            if sha256 == rows[0]["sha"]:
                return blobs.get(sha256).replace(b"A line rises", b"A line falls")
            if sha256 == rows[1]["sha"]:
                return blobs.get(sha256).replace(b'\\"caption\\"', b'\\"title\\"')
            return BlobStore(str(office.settings.home_dir / "elsewhere")).get(sha256)

    outcomes = list(replay(office.ledger, Swapped()))
    assert [one.outcome for one in outcomes] == ["different", "different", "missing"]
    assert outcomes[0].body.startswith("A line falls")
    assert "caption" in outcomes[1].detail
    assert rows[2]["sha"] in outcomes[2].detail
