from __future__ import annotations

import contextlib
import csv
import io
from dataclasses import astuple, fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.alignment import ratings_csv
from omnisci_etl.alignment.ratings_csv import COLUMNS, RatingRow, SheetRow, read_sheet, write_sheet
from omnisci_etl.errors import ConfigError

HASH = "ab" * 32
ROW = SheetRow(7, 41, "Fig. 2", "Drag in sand", "Force on a rod.", "A rod in sand, seen twice.", HASH)
ANSWER = ("5", "4", "yes", "")
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
texts |= st.tuples(st.sampled_from(["=", "+", "-", "@", "\t", "\r", "'", "''=", "'-"]), texts).map("".join)
rows = st.builds(
    SheetRow,
    sample_id=st.integers(1, 10**15),
    caption_id=st.integers(1, 10**15),
    figure_label=texts,
    title=texts,
    author_caption=texts,
    caption=texts,
    image_sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
)


def sheet(*rows_: SheetRow) -> str:
    out = io.StringIO(newline="")
    assert write_sheet(rows_, out) == len(rows_)
    return out.getvalue()


def cells_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def filled(text: str, *answers: tuple[str, ...], rater: str = "ann") -> str:
    """The sheet as a spreadsheet would save it, with rater and answers in its last columns."""
    header, *body = cells_of(text)
    out = io.StringIO(newline="")
    written = [[*cells[:7], cells[7] or rater, *answer] for cells, answer in zip(body, answers, strict=True)]
    csv.writer(out).writerows([header, *written])
    return out.getvalue()


def read(text: str) -> list[RatingRow]:
    return read_sheet(io.StringIO(text, newline=""))


def fault_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return str(caught.value)


def with_cell(name: str, value: str) -> str:
    """A filled sheet of one row with one cell replaced."""
    header, cells = cells_of(filled(sheet(ROW), ANSWER))
    cells[COLUMNS.index(name)] = value
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, cells])
    return out.getvalue()


def test_the_sheet_shows_what_an_expert_needs_and_nothing_else() -> None:
    header, cells = cells_of(sheet(ROW))
    assert tuple(header) == COLUMNS
    assert cells == [
        "7",
        "41",
        "Fig. 2",
        "Drag in sand",
        "Force on a rod.",
        "A rod in sand, seen twice.",
        HASH,
        *[""] * 5,
    ]
    shown = {field.name for field in fields(SheetRow)}
    assert not {name for name in shown | set(COLUMNS) if "model" in name or "score" in name or "decision" in name}


def test_a_filled_sheet() -> None:
    ratings = read(filled(sheet(ROW, replace(ROW, caption_id=42)), ANSWER, ("1", "2", "no", "Wrong unit.")))
    assert ratings == [
        RatingRow(7, 41, "ann", 5, 4, True, "", HASH, 2),
        RatingRow(7, 42, "ann", 1, 2, False, "Wrong unit.", HASH, 3),
    ]


def test_rows_without_marks_are_left_out() -> None:
    text = filled(sheet(ROW, replace(ROW, caption_id=42)), ("", " ", "", ""), ANSWER)
    assert [rating.caption_id for rating in read(text)] == [42]
    assert read(sheet(ROW)) == []
    assert read(sheet()) == []


@given(st.lists(rows, max_size=5, unique_by=lambda row: row.caption_id), st.data())
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_read_back(rows_: list[SheetRow], data: st.DataObject) -> None:
    marks = st.tuples(st.sampled_from("12345"), st.sampled_from("12345"), st.sampled_from(["yes", "no", "Yes", "NO"]))
    comments = [data.draw(texts.filter(lambda text: not text.startswith("'"))) for _ in rows_]
    answers = [(*data.draw(marks), comment) for comment in comments]
    found = read(filled(sheet(*rows_), *answers))
    assert [(r.sample_id, r.caption_id, r.image_sha256) for r in found] == [
        (row.sample_id, row.caption_id, row.image_sha256) for row in rows_
    ]
    assert [(str(r.factual_accuracy), str(r.semantic_completeness), r.accept, r.comment) for r in found] == [
        (accuracy, completeness, accept.lower() == "yes", comment)
        for accuracy, completeness, accept, comment in answers
    ]


@given(rows)
@settings(max_examples=150, deadline=None)
def test_no_cell_starts_a_formula_and_reading_takes_off_what_writing_put_on(row: SheetRow) -> None:
    (_, cells) = cells_of(sheet(row))
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert tuple(ratings_csv._bared(cell) for cell in cells[2:8]) == astuple(row)[2:8]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=1", "''@x"])
def test_formulas_are_shielded_by_one_apostrophe(text: str) -> None:
    (_, cells) = cells_of(sheet(replace(ROW, caption=text)))
    assert cells[5] == "'" + text


@pytest.mark.parametrize("text", ["'quoted'", "it's", "a=b", " =x", "5-3", ""])
def test_other_cells_stay_as_they_are(text: str) -> None:
    (_, cells) = cells_of(sheet(replace(ROW, caption=text)))
    assert cells[5] == text


def test_a_comment_typed_with_a_leading_dash_stays() -> None:
    assert read(with_cell("comment", "- panel b is missing"))[0].comment == "- panel b is missing"
    assert read(with_cell("comment", "'- panel b is missing"))[0].comment == "- panel b is missing"


def test_byte_order_mark_crlf_lf_and_empty_lines() -> None:
    text = filled(sheet(ROW), ANSWER)
    assert "\r\n" in text
    expected = read(text)
    assert (
        read("\ufeff" + text)
        == read(text.replace("\r\n", "\n"))
        == read(text + "\r\n\r\n" + "," * 11 + "\r\n")
        == expected
    )


def test_lines_are_those_of_the_file_even_behind_cells_with_breaks() -> None:
    long = replace(ROW, caption="First\nsecond\nthird", caption_id=40)
    assert [rating.line for rating in read(filled(sheet(long, ROW), ANSWER, ANSWER))] == [2, 5]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("sample_id", "", "sample_id is not a positive whole number: ''"),
        ("sample_id", "0", "sample_id is not"),
        ("sample_id", "-7", "sample_id is not"),
        ("caption_id", "41.0", "caption_id is not a positive whole number: '41.0'"),
        ("caption_id", "４１", "caption_id is not"),
        ("caption_id", "9" * 30, "caption_id is not"),
        ("image_sha256", "abc", "image_sha256 is not a SHA-256"),
        ("rater", "", "rated, but rater is blank"),
        ("rater", "a" * 65, "rater is longer than 64 characters"),
        ("rater", "an\nn", "rater holds a control character"),
        ("factual_accuracy", "6", "factual_accuracy is not a whole number from 1 to 5: '6'"),
        ("factual_accuracy", "4.5", "factual_accuracy is not"),
        ("factual_accuracy", "good", "factual_accuracy is not"),
        ("semantic_completeness", "0", "semantic_completeness is not"),
        ("semantic_completeness", "５", "semantic_completeness is not"),
        ("semantic_completeness", "", "rated in part: semantic_completeness left blank"),
        ("accept", "maybe", "accept is neither yes nor no: 'maybe'"),
        ("accept", "1", "accept is neither"),
        ("accept", "", "rated in part: accept left blank"),
        ("comment", "x" * 4001, "comment is longer than 4000 characters"),
        ("comment", "a\x00b", "comment holds a NUL character"),
        ("title", "x" * 3000, "title is longer than 2000 characters"),
    ],
)
def test_faults_of_a_cell(name: str, value: str, said: str) -> None:
    text = fault_of(with_cell(name, value))
    assert f"line 2: {said}" in text


def test_a_comment_alone_is_no_rating() -> None:
    assert "rated in part: factual_accuracy, semantic_completeness, accept left blank" in fault_of(
        filled(sheet(ROW), ("", "", "", "cannot see it"))
    )


def test_a_caption_twice_by_the_same_rater() -> None:
    twice = filled(sheet(ROW, ROW), ANSWER, ANSWER)
    assert "line 3: caption 41 is rated by 'ann' on line 2 already" in fault_of(twice)
    other = sheet(replace(ROW, rater="ann"), replace(ROW, rater="bob"))
    assert [rating.rater for rating in read(filled(other, ANSWER, ANSWER))] == ["ann", "bob"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ((*COLUMNS, "score"), "unknown columns: 'score'"),
        (COLUMNS[:-1], "missing columns: comment"),
        (COLUMNS[::-1], "columns in another order"),
        ((*COLUMNS, "comment"), "columns in another order, or twice"),
        ((), "missing columns: sample_id"),
        (("Sample_ID", *COLUMNS[1:]), "unknown columns: 'Sample_ID'; missing columns: sample_id"),
    ],
)
def test_another_header(header: tuple[str, ...], said: str) -> None:
    assert said in fault_of(",".join(header) + "\r\n")


def test_semicolons_get_their_own_hint() -> None:
    assert "semicolons" in fault_of(sheet(ROW).replace(",", ";"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("7,41,too,few", "line 2: 4 cells instead of 12"),
        (",".join(["x"] * 13), "line 2: 13 cells instead of 12"),
        ('7,41,"open', "line 2: unexpected end of data"),
        ('7,41,"a"b,c', "line 2: ',' expected after '\"'"),
        ("7,41," + "x" * 200_000, "line 2: field larger than field limit"),
    ],
)
def test_lines_that_cannot_be_taken_apart(line: str, said: str) -> None:
    assert said in fault_of(",".join(COLUMNS) + "\r\n" + line + "\r\n")


def test_the_first_ten_faults_are_listed_and_the_others_counted() -> None:
    many = [replace(ROW, caption_id=100 + i) for i in range(25)]
    text = fault_of(filled(sheet(*many), *[("9", "4", "yes", "")] * 25))
    assert [line.split(":")[0].strip() for line in text.splitlines()[1:11]] == [f"line {i}" for i in range(2, 12)]
    assert text.endswith("and 15 more")


def test_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    three = filled(sheet(ROW, replace(ROW, caption_id=42), replace(ROW, caption_id=43)), *[ANSWER] * 3)
    with monkeypatch.context() as small:
        small.setattr(ratings_csv, "MAX_ROWS", 2)
        assert "line 4: more than 2 rows" in fault_of(three)
    monkeypatch.setattr(ratings_csv, "MAX_CHARACTERS", len(three) - 10)
    assert "longer than" in fault_of(three)


def test_texts_are_cut_to_what_reading_takes() -> None:
    long = replace(ROW, title="t" * 5000, author_caption="=" * 120_000, caption="c" * 120_000, figure_label="f" * 500)
    assert len(read(filled(sheet(long), ANSWER))) == 1


@given(st.text(alphabet='7,41"\n\r;=x\x00\ufeff', max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_refused(tail: str) -> None:
    for text in (tail, ",".join(COLUMNS) + "\n" + tail):
        with contextlib.suppress(ConfigError):
            assert read(text) == []
