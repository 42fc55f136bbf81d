"""Captions taken apart: by sentences, and by the answer of a model that has to keep to the caption."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.claims.splitting import MAX_CLAIMS, by_sentences, of_answer
from omnisci_etl.judging.evidence import Candidate, Evidence

BODY = "The yield rises to 80% at 5 mM (Fig. 1a, see ref. 3). It falls beyond 10 mM; the blank stays below 2%, whereas water has none."
CAPTION = Candidate(BODY, (("a", "Yield against concentration."), ("b", "It falls beyond 10 mM;")), Evidence("x"))


def claims(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"claims": [{"span": span, "text": text} for span, text in pairs]}


def test_every_clause_is_a_claim_once() -> None:
    split = by_sentences(CAPTION)
    assert [claim.text for claim in split.claims] == [
        "The yield rises to 80% at 5 mM (Fig. 1a, see ref. 3).",
        "It falls beyond 10 mM",
        "the blank stays below 2%",
        "water has none.",
        "Panel a: Yield against concentration.",
        "Panel b: It falls beyond 10 mM;",
    ]
    assert [claim.n for claim in split.claims] == [1, 2, 3, 4, 5, 6]
    assert split.claims[3].span == "whereas water has none."


def test_a_model_keeps_to_the_caption_and_leaves_nothing_out() -> None:
    answer = claims(
        ("The yield rises to 80%", "The yield rises to 80%."),
        ("at 5 mM", "The yield of 80% is reached at 5 mM."),
        ("rises to 90%", "The yield rises to 90%."),
        ("The yield rises to 80%", "The yield rises to 85%."),
        ("the blank stays below 2%", "The  yield rises to 80%."),
    )
    split = of_answer(answer, CAPTION)
    assert split.method == "model"
    assert split.dropped == {"ungrounded": 1, "number": 1, "repeated": 1}
    texts = [claim.text for claim in split.claims]
    assert texts[:2] == ["The yield rises to 80%.", "The yield of 80% is reached at 5 mM."]
    assert split.added == len(texts) - 2 == 5
    assert "It falls beyond 10 mM" in texts


def test_an_answer_without_a_grounded_statement_is_the_split_by_sentences() -> None:
    split = of_answer(claims(("nowhere to be found", "Dragons.")), CAPTION)
    assert split.claims == by_sentences(CAPTION).claims
    assert (split.method, split.dropped) == ("sentences", {"ungrounded": 1})


def test_the_number_of_claims_has_an_end() -> None:
    long = Candidate(" ".join(f"The value of sample {n} is steady." for n in range(500)), (), Evidence("x"))
    assert len(by_sentences(long).claims) == MAX_CLAIMS
    spans = [f"sample {n} is steady" for n in range(500)]
    split = of_answer(claims(*((span, f"The {span}.") for span in spans)), long)
    assert len(split.claims) == MAX_CLAIMS
    assert split.dropped == {"too-many": 500 - MAX_CLAIMS}
    assert split.added == 0


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40)), max_size=6), st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_answer_gives_numbered_claims_with_words_of_the_caption(pairs: list[tuple[str, str]], body: str) -> None:
    caption = Candidate(body, (), Evidence("x"))
    split = of_answer(claims(*pairs), caption)
    assert [claim.n for claim in split.claims] == list(range(1, len(split.claims) + 1))
    assert all(claim.text and claim.span for claim in split.claims)
