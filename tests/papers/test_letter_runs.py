from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from omnisci_etl.papers.letter_runs import letter_runs, words


def test_words_stand_between_anything_else() -> None:
    assert letter_runs("In Fig2a, the µm-scale RATE_x") == words("in fig a the m scale rate x")


def test_letters_that_ignorecase_takes_for_others_count_as_those() -> None:
    assert letter_runs("\u017fee \u212aey") == words("see key")


@given(text=st.text("abY9 _-.µſK", max_size=40), word=st.sampled_from(["ab", "by", "ys", "kab"]))
def test_a_word_that_a_pattern_finds_is_held(text: str, word: str) -> None:
    if re.search(rf"(?<![^\W_]){word}(?![^\W_])", text, re.IGNORECASE):
        assert word.encode() in letter_runs(text)
