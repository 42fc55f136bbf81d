from __future__ import annotations

import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from omnisci_etl.judging.embedding import MAX_WINDOWS, Vectors
from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.scorers.similarity import (
    WINDOW_TOKENS,
    Similarity,
    cut,
    embedding_missing,
    encode,
    minilm,
)

needs_model = pytest.mark.skipif(embedding_missing() is not None, reason=str(embedding_missing()))


def test_without_the_extra_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnisci_etl.judging.embedding.find_spec", lambda name: None)
    minilm.cache_clear()
    with pytest.raises(RuntimeError, match="embed"):
        Similarity().score([Candidate("Text.", (), Evidence("Text."))])


def test_asking_for_it_imports_no_torch() -> None:
    code = "import sys; from omnisci_etl.judging.scorers import *; embedding_missing(); embedding_scorers(); print('torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_what_is_kept_is_made_once_and_the_rest_each_time() -> None:
    made: list[list[str]] = []

    def make(keys: list[str]) -> list[str]:
        made.append(keys)
        return [key.upper() for key in keys]

    vectors = Vectors(make, keep=3)
    assert vectors.of({"b", "a"}, {"c", "d"}) == {"a": "A", "b": "B", "c": "C", "d": "D"}
    assert vectors.of(["a"], ["d", "c", "e"]) == {"a": "A", "c": "C", "d": "D", "e": "E"}
    assert vectors.of([], ["f", "g"]) == {"f": "F", "g": "G"}
    assert vectors.of(["c", "e"], []) == {"c": "C", "e": "E"}
    assert made == [["a", "b", "c", "d"], ["a", "e"], ["f", "g"], ["c"]]


def test_more_than_is_kept_at_once_is_still_answered() -> None:
    vectors = Vectors(lambda keys: keys, keep=2)
    assert vectors.of([], "abcdef") == {letter: letter for letter in "abcdef"}


@pytest.mark.embed
@needs_model
def test_evidence_is_embedded_once_over_many_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = Evidence("Force on a rod in sand.", mentions=("The rod is pushed slowly.",), title="Rods")
    embedded: list[str] = []

    def counted(texts: list[str]) -> object:
        embedded.extend(texts)
        return encode(texts)

    monkeypatch.setattr("omnisci_etl.judging.scorers.similarity.encode", counted)
    scorer = Similarity()
    for words in ("A rod in sand.", "Sand on a rod.", "Force on a rod in sand."):
        scorer.score([Candidate(words, (), evidence)])
    assert sorted(embedded) == sorted(["A rod in sand.", "Sand on a rod.", *evidence.texts])


@pytest.mark.embed
@needs_model
def test_own_evidence_is_nearer_than_any_other(pairs: list[Candidate]) -> None:
    crossed = [replace(caption, evidence=other.evidence) for caption in pairs for other in pairs]
    values = [score.value for score in Similarity().score(crossed)]
    rows = [values[i : i + len(pairs)] for i in range(0, len(values), len(pairs))]
    assert all(0 <= value <= 1 for value in values)
    assert all(row[i] == max(row) for i, row in enumerate(rows))
    assert min(row[i] for i, row in enumerate(rows)) > 0.5


@pytest.mark.embed
@needs_model
def test_the_same_text_is_near_one_and_the_order_of_the_batch_does_not_matter(pairs: list[Candidate]) -> None:
    copies = [Candidate(pair.evidence.author_caption, (), pair.evidence) for pair in pairs]
    forward = Similarity().score(copies)
    backward = Similarity().score(copies[::-1])[::-1]
    for one, other in zip(forward, backward, strict=True):
        assert one.value == pytest.approx(1.0, abs=1e-4)
        assert one.value == pytest.approx(other.value, abs=1e-5)


@pytest.mark.embed
@needs_model
def test_texts_that_say_nothing() -> None:
    evidence = Evidence("Force on a rod in sand.")
    values = [s.value for s in Similarity().score([Candidate("", (), evidence), Candidate("Text.", (), Evidence(""))])]
    assert values == [0.0, 0.0]
    assert Similarity().score([]) == []


@pytest.mark.embed
@needs_model
def test_windows_hold_the_whole_text_within_the_model_s_length() -> None:
    tokenizer = minilm().tokenizer
    text = " ".join(f"word{i} pushes sand." for i in range(300))
    windows = cut(text)
    assert 1 < len(windows) <= MAX_WINDOWS
    assert "".join(windows).replace(" ", "") == text.replace(" ", "")
    assert all(len(tokenizer(window)["input_ids"]) <= WINDOW_TOKENS + 2 for window in windows)
    assert cut("") == []
    assert len(cut("sand " * 60_000)) == MAX_WINDOWS


@pytest.mark.embed
@needs_model
def test_a_long_paragraph_about_other_things_does_not_count_against_the_caption() -> None:
    caption = "Force on a rod that is pushed slowly into a bed of dry sand."
    noise = " ".join(f"The committee met on day {i} and spoke of taxes, ships and music." for i in range(60))
    alone, buried = Similarity().score(
        [Candidate(caption, (), Evidence(caption)), Candidate(caption, (), Evidence(noise, mentions=(caption,)))]
    )
    assert buried.value == pytest.approx(alone.value, abs=1e-4)
    assert buried.detail["evidence_windows"] > 2


@pytest.mark.embed
@needs_model
def test_loading_and_scoring_open_no_connection() -> None:
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError('a connection was tried')\n"
        "socket.socket.connect = refuse; socket.getaddrinfo = refuse\n"
        "from omnisci_etl.judging.evidence import *; from omnisci_etl.judging.scorers import *\n"
        "print(embedding_scorers()[0].score([Candidate('Sand.', (), Evidence('Sand.'))])[0].value)\n"
    )
    assert callable(socket.getaddrinfo)
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    assert float(shown.stdout.split()[-1]) > 0.99
