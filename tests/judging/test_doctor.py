"""What the check-up says of the scorers that need more than the text."""

from __future__ import annotations

import pytest

from omnisci_etl.config import Settings
from omnisci_etl.diagnosis import _judging


def findings() -> dict[str, tuple[str, str]]:
    return {finding.what: (finding.state, finding.text) for finding in _judging(Settings())}  # type: ignore[call-arg]


def test_each_scorer_that_is_absent_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnisci_etl.judging.embedding.find_spec", lambda name: None)
    monkeypatch.setattr("omnisci_etl.judging.reading.find_spec", lambda name: None)
    found = findings()
    assert {state for state, _ in found.values()} == {"warning"}
    assert "[embed]" in found["embeddings"][1]
    assert "OMNISCI_PICTURE_MODEL" in found["picture model"][1]
    assert "[ocr]" in found["picture text"][1]


def test_what_is_there_is_said_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNISCI_PICTURE_MODEL", "somebody/clip@0123abc")
    for module in ("embedding", "reading"):
        monkeypatch.setattr(f"omnisci_etl.judging.{module}.find_spec", lambda name: object())
    found = findings()
    assert {state for state, _ in found.values()} == {"ok"}
    assert found["picture model"][1] == "somebody/clip@0123abc"
