"""What points out of a text is found, and taken out of it without harm to the rest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.captions.pointers import OWN, names_figure, pointers, rewrite

STANDS = [
    ("As shown in Fig. 1a, the rate rises.", "As shown in panel a, the rate rises."),
    ("Figure 1 shows the rate.", "This figure shows the rate."),
    ("In the Fig. 1, the rate rises.", "In this figure, the rate rises."),
    ("The rate rises (Fig. 1).", "The rate rises."),
    ("The rate (Fig. 1b–d; Fig. 2, Supplementary Fig. 3) rises.", "The rate (panels b, c and d) rises."),
    ("Panels a and b of Fig. 1 show the rate.", "Panels a and b show the rate."),
    ("The yield (P < 0.05, n = 3; Fig. 2d and Table 2) is 5 nm [12, 13].", "The yield (P < 0.05, n = 3) is 5 nm."),
    ("The rate (see also refs. 4–6) rose (Fig. 3 (b)) by 5 (10%).", "The rate rose by 5 (10%)."),
    ("The yield f(x) (Eq. (3)) is high (see Methods).", "The yield f(x) is high."),
    ("It rises (Smith et al., 2020; Jones and Doe, 2021).", "It rises."),
    ("It rises (right, Fig. 4; n = 5 mice, see Supplementary Methods).", "It rises (right; n = 5 mice)."),
    ("It lies in [10, 20] nm and in the interval [1, 2].", "It lies in [10, 20] nm and in the interval [1, 2]."),
    ("The code is out (https://example.org/a_b(1)).", "The code is out."),
    ("Scale bars, 5 µm (1st row).", "Scale bars, 5 µm (1st row)."),
    ("Cells grew in medium (Wolf et al., 2015b) but died (De Iaco et al., 2017) later.", "Cells grew in medium but died later."),
    ("The rate rises (Tables 3 or 4).", "The rate rises."),
    ("It fell (Supplementary Table 5; P < 0.001, t-test).", "It fell (P < 0.001, t-test)."),
    ("It fell (Fig. 1b and Supplementary Data 3 and 4; n = 5).", "It fell (panel b; n = 5)."),
    ("It fell (Supplementary file 1), as D3 did (ref. 9,36,).", "It fell, as D3 did."),
    ("It grows along the [123] direction.", "It grows along the [123] direction."),
    ("a, Overview (larger in Supplementary Fig. 5b). b, Rate.", "a, Overview. b, Rate."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "alone"), STANDS)
def test_a_sentence_stands_alone_afterwards(text, alone):
    assert rewrite(text, "Fig. 1", resolve=True) == (alone, False)


LEANS = [
    "This agrees with Fig. 2.",
    "Values are listed in Table II.",
    "It follows from Eq. (4).",
    "See Section 3.2 for the proof.",
    "As in Smith et al., the rate rises.",
    "It is given in ref. 12.",
    "Details are given in the Methods.",
    "As described above, the rate rises.",
    "The data of Supplementary Table 3 are plotted.",
    "The same holds for the previous figure.",
    "Figures 1a and 2b differ.",
    "Data are at https://example.org/x.",
    "It agrees with Fig. 1 of Smith et al. (2010).",
    "It follows from Eqs (1) – (3) and Lemma 2.",
    "It is as large as in[12].",
    "It is given in Supp. Note 1.",
]


@pytest.mark.parametrize("text", LEANS)
def test_a_sentence_that_needs_something_else_leans(text):
    made, leans = rewrite(text, "Fig. 1", resolve=True)
    assert leans
    assert not any(pointer.what != OWN for pointer in pointers(made, "Fig. 1"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("The rate (Figs. 1a and 2) rises as in Fig. 1b.", "The rate (Fig. 1a) rises as in Fig. 1b."),
        ("It agrees with Figs. 2–4 and Supplementary Fig. 5.", "It agrees with another figure."),
        ("Fig. S1 differs from Fig. 1.", "Another figure differs from Fig. 1."),
    ],
)
def test_without_resolve_only_the_own_number_stays(text, kept):
    assert rewrite(text, "Fig. 1", resolve=False)[0] == kept


def test_the_label_says_which_figure_is_the_own_one():
    assert names_figure("see Extended Data Fig. 2a", "Extended Data Fig. 2")
    assert not names_figure("see Fig. 2a", "Extended Data Fig. 2")
    assert names_figure("as Figure S3 shows", "Fig. S3")
    assert not names_figure("as Figure 3 shows", "Fig. S3")


PIECES = st.sampled_from([
    "Fig. 1", "Fig. 2a,b", "Figs 1 and 3", "(", ")", "[12]", "[1, 2]", "see", "Table 3", "et al.", "Smith", "2020", ";", ",", ".",
    "Eq. (2)", "panels a and b of", "the", "n = 5", "https://a.b/c", "Supplementary", "Methods", "above", "a", "rises", "5 nm",
])  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(PIECES, max_size=14).map(" ".join), st.booleans())
def test_any_text_can_be_rewritten_and_no_word_is_invented(text, resolve):
    made, _ = rewrite(text, "Fig. 1", resolve=resolve)
    assert len(made) <= len(text) + 20 * (
        text.count("Fig") + text.count("Table") + text.count("Eq") + text.count("et al") + text.count("https")
        + text.count("[")
    )  # fmt: skip
    again, _ = rewrite(made, "Fig. 1", resolve=resolve)
    if resolve:
        assert not any(p.what not in (OWN, "") for p in pointers(again, "Fig. 1"))
    numbers = {word for word in made.split() if word.isdigit()}
    assert numbers <= {word.strip("().,;[]") for word in text.split()}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_text_without_pointers_is_left_as_it_is(text):
    if not pointers(text, "Fig. 1"):
        made, leans = rewrite(text, "Fig. 1", resolve=True)
        assert leans or made == text
