"""Arrangements of text, captions and drawings on a page that the layout model and old fonts make hard to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.papers.pdf.areas import Area, find_areas
from omnisci_etl.papers.pdf.captions import find_captions
from omnisci_etl.papers.pdf.document import parse, under_headings
from omnisci_etl.papers.pdf.geometry import Box, Line, Rect, union
from omnisci_etl.papers.pdf.ink import white_row
from omnisci_etl.papers.pdf.page import Page, in_rows, read_page
from omnisci_etl.papers.pdf.pieces import Style
from omnisci_etl.papers.pdf.text import Vocabulary

pymupdf: Any = pytest.importorskip("pymupdf")

STYLE = Style(size=10, font="Body")
BODY = "the samples were kept at room temperature and measured"


def line(text: str, x0: float, y0: float, size: float = 10, font: str = "Body") -> Line:
    return Line(Rect(x0, y0, x0 + 5.0 * len(text), y0 + size), text, size, font)


def box(kind: str, *lines: Line, around: Rect | None = None) -> Box:
    return Box(around or union(row.rect for row in lines), kind, list(lines))


@pytest.fixture
def page_with(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    """A page whose ink is as given, together with the picture boxes that are to count as ink."""

    def make(ink: Sequence[Rect], *boxes: Box, gap: float | None = None) -> Page:
        page = Page(1, Rect(0, 0, 600, 800), list(boxes), [], None)
        hidden: list[Rect] = []

        def stretches(without: Sequence[Rect], with_: Sequence[Rect], _: Sequence[Rect]) -> list[Rect]:
            hidden.extend(without)
            return [*with_, *(rect for rect in ink if not any(cover.holds_middle(rect) for cover in without))]

        monkeypatch.setattr(page, "ink", stretches)
        monkeypatch.setattr(page, "gutter", lambda area: (area.x0 + area.x1) / 2)
        monkeypatch.setattr(page, "first_gap", lambda area: gap)
        return page

    return make


def areas_of(page: Page, style: Style = STYLE) -> dict[str, Area]:
    captions = find_captions(page, Vocabulary([]), style.size)
    return {caption.label: area for caption, area in find_areas(page, captions, style).items()}


def read(*texts: tuple[float, float, str, float]) -> Page:
    """A page of a PDF with pieces of text at places, in sizes."""
    with pymupdf.open() as file:
        sheet = file.new_page(width=595, height=842)
        for x, y, text, size in texts:
            sheet.insert_text((x, y), text, fontsize=size, fontname="tiro")
        return read_page(sheet, with_layout=False)


def captions_of(page: Page) -> list[str]:
    return [f"{caption.label}: {caption.text}" for caption in find_captions(page, Vocabulary([]), 10)]


def test_a_label_far_from_its_caption_goes_with_it() -> None:
    page = read((60, 100, "Figure 2.", 8), (105, 100, "Share of the bits that agree", 8))
    assert captions_of(page) == ["Figure 2: Share of the bits that agree"]


def test_columns_are_not_joined_into_rows() -> None:
    page = read((60, 100, "The left column ends here", 10), (190, 100, "and the right one begins", 10))
    assert [row.text for row in page.lines()] == ["The left column ends here", "and the right one begins"]


def test_text_as_large_as_the_rest_is_not_raised() -> None:
    page = read((60, 103, "M", 10), (70, 100, "2", 6), (74, 100, "is the mass of the heavier one", 10))
    assert "^is" not in " ".join(row.text for row in page.lines())


def test_lines_with_roots_keep_their_order() -> None:
    first, tall = (
        line("sponding to four values of the mass", 54.0, 324.2, 8.4),
        line("the plane of both", 53.9, 327.4, 15.7),
    )
    assert [row.text for row in in_rows([tall, first])] == [first.text, tall.text]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 700), st.integers(4, 30)), max_size=30))
def test_rows_lose_no_line(places: list[tuple[int, int, int]]) -> None:
    lines = [line("text", x, y, size) for x, y, size in places]
    assert sorted(map(id, in_rows(lines))) == sorted(map(id, lines))


def test_a_caption_in_a_table_box_takes_no_cells() -> None:
    cells = [line("144 (2.5)", 60, y) for y in (301, 313, 325)]
    words = [
        line(text, 300, y)
        for text, y in (("Figure 2. How often masks", 300), ("were worn by date", 312), ("of work.", 324))
    ]
    page = Page(1, Rect(0, 0, 600, 800), [box("table", *in_rows([*cells, *words]))], [], None)
    assert captions_of(page) == ["Figure 2: How often masks were worn by date of work."]


def test_a_row_of_a_caption_in_pieces_is_whole() -> None:
    inside = [line("Fig. 4. Hops by nodes,", 50, 300), line("b = 4", 170, 300), line("and lookups.", 50, 312)]
    page = Page(1, Rect(0, 0, 600, 800), [box("picture", *inside, around=Rect(50, 100, 400, 330))], [], None)
    assert captions_of(page) == ["Fig. 4: Hops by nodes, b = 4 and lookups."]


def test_a_centred_second_row_belongs_to_the_caption() -> None:
    first = box("caption", line("Figure 4. Time variation of the state values and their elements:", 100, 300))
    second = box("caption", line("a. voltages; b, c. active powers", 180, 311))
    page = Page(1, Rect(0, 0, 600, 800), [first, second], [], None)
    assert captions_of(page) == [
        "Figure 4: Time variation of the state values and their elements: a. voltages; b, c. active powers"
    ]


def test_titles_of_panels_are_no_barrier(page_with: Callable[..., Page]) -> None:
    titles = [box("caption", line(f"({letter}) Lozenge dual", x, 285)) for letter, x in (("a", 100), ("b", 330))]
    small = [
        box("text", line(f"({letter}) As it was before, from a", x, 285, 9), line("distance.", x, 295, 9))
        for letter, x in (("a", 100), ("b", 330))
    ]
    caption = box("caption", line("Figure 1. Tilings and what they are the duals of in the plane.", 100, 315))
    panels = [Rect(100, 150, 280, 280), Rect(320, 150, 500, 280)]
    for boxes in (titles, small):
        area = areas_of(page_with(panels, *boxes, caption))["Figure 1"]
        assert (area.side, area.rect.x0, area.rect.x1) == ("above", 97, 503)


def test_ink_that_runs_into_the_rows_of_a_caption_is_cut_at_it(page_with: Callable[..., Page]) -> None:
    caption = box("caption", line("Fig. 4. Average number of hops", 100, 300), line("by nodes.", 100, 312))
    area = areas_of(page_with([Rect(90, 100, 320, 311)], caption))["Fig. 4"]
    assert (area.side, area.rect.y1 <= 300) == ("above", True)


def test_a_drawing_over_its_caption_is_not_given_up_for_a_larger_box_below(page_with: Callable[..., Page]) -> None:
    caption = box("caption", line("Fig. 1. A range of W entries of it", 240, 260))
    page = page_with([Rect(176, 192, 440, 248), Rect(132, 280, 484, 404)], caption)
    assert areas_of(page)["Fig. 1"].rect.y1 < 260


def test_rows_of_panels_far_apart_are_one_figure(page_with: Callable[..., Page]) -> None:
    caption = box("caption", line("Figure 3 | Blots of four proteins and their shares in each.", 100, 412))
    rows = [Rect(60, 60, 300, 172), Rect(330, 60, 536, 172), Rect(60, 264, 264, 404), Rect(336, 264, 536, 404)]
    assert areas_of(page_with(rows, caption))["Figure 3"].rect == Rect(57, 57, 539, 407)
    beside = [Rect(60, 264, 264, 404), Rect(330, 264, 536, 404)]
    assert areas_of(page_with(beside, caption))["Figure 3"].rect == Rect(57, 261, 539, 407)


def test_a_picture_box_that_runs_into_a_column_of_text_is_cut(page_with: Callable[..., Page]) -> None:
    column = box("text", *(line(BODY, 312, 100 + 12 * row) for row in range(8)))
    picture = box("picture", line("Tasks", 60, 120, 6, "Label"), around=Rect(50, 90, 420, 250))
    caption = box("caption", line("Fig. 2. A typical schedule of tasks.", 60, 262))
    area = areas_of(page_with([], column, picture, caption))["Fig. 2"]
    assert (area.rect.x0, area.rect.y0, area.rect.y1) == (47, 87, 253)
    assert 280 < area.rect.x1 <= 313


@pytest.mark.parametrize(("belongs", "top"), [(True, 200), (False, 117)])
def test_a_table_on_top_of_a_picture_box_is_no_part_of_it(
    page_with: Callable[..., Page], belongs: bool, top: float
) -> None:
    """Unless the caption between belongs to a table above it."""
    above = [] if belongs else [box("table", line("12.5", 100, 60), around=Rect(60, 40, 300, 90))]
    table = box("caption", line("Table I. What was set in all of the runs.", 80, 100))
    picture = box("picture", line("0.5", 80, 125, 6, "Label"), around=Rect(60, 120, 300, 350))
    caption = box("caption", line("Figure 4: Best values of the feedback.", 80, 360))
    page = page_with([], *above, table, picture, caption, gap=203)
    assert areas_of(page)["Figure 4"].rect.y0 == top


def test_the_first_clear_row_parts_an_area() -> None:
    with pymupdf.open() as file:
        sheet = file.new_page(width=300, height=300)
        for y0, y1 in ((20, 40), (44, 60), (90, 200)):
            sheet.draw_rect((50, y0, 250, y1), fill=(0, 0, 0))
        assert white_row(sheet, Rect(40, 10, 260, 210)) == pytest.approx(90, abs=2)
        assert white_row(sheet, Rect(40, 100, 260, 210)) is None
        assert white_row(sheet, Rect(40, 400, 40, 400)) is None


def test_a_listing_whose_last_line_is_short(page_with: Callable[..., Page]) -> None:
    code = box(
        "text",
        *(
            line("fun link (t1, t2) = if leq (x1, x2) then t1 else t2 fi", 100, 80 + 12 * n, 9, "Code")
            for n in range(9)
        ),
    )
    end = box("text", line("end", 100, 190, 9, "Code"))
    caption = box("text", line("Figure 3: A functor of queues.", 240, 225))
    area = areas_of(page_with([], code, end, caption))["Figure 3"]
    assert (area.side, area.rect.y0, area.rect.y1) == ("above", 80, 199)


def test_a_drawing_that_the_model_takes_for_a_table(page_with: Callable[..., Page]) -> None:
    cells = box("table", line("HMaster.Opened()", 200, 90, 7), around=Rect(60, 80, 330, 160))
    caption = box("caption", line("Figure 10: A failure where the handler was wrong.", 60, 170))
    table = box("text", line("Table 4: Events that led to a failure.", 60, 62))
    assert areas_of(page_with([], cells, caption))["Figure 10"].rect == Rect(57, 77, 333, 163)
    assert areas_of(page_with([], table, cells, caption)) == {}


def test_rules_of_a_table_are_no_part_of_the_plot_below(page_with: Callable[..., Page]) -> None:
    title = box("caption", line("Table 4: What both score with one parameter.", 60, 60))
    cells = box("table", line("0.1579", 80, 100), around=Rect(61, 96, 500, 185))
    caption = box("caption", line("Figure 3: Retrieval patterns against lengths.", 320, 382))
    page = page_with([Rect(56, 94, 505, 95), Rect(320, 204, 552, 368)], title, cells, caption)
    assert areas_of(page)["Figure 3"].rect.y0 == 201


def test_a_drawing_is_taken_before_an_equation_far_below(page_with: Callable[..., Page]) -> None:
    caption = box("caption", line("Fig. 11. Example of a discrete channel.", 220, 467))
    page = page_with([Rect(216, 388, 388, 464), Rect(88, 548, 520, 708)], caption)
    assert areas_of(page)["Fig. 11"].rect.y1 == 467


def test_a_caption_centred_under_a_listing_in_one_box() -> None:
    code = [
        line("(define clock (make-clock seconds)) ; ticks once a second, whatever", 100, 100 + 11 * n) for n in range(4)
    ]
    captioned = box("text", *code, line("Fig. 2. A clock program", 210, 148))
    running = box("text", *code, line("Fig. 2. The clock shows", 100, 148))
    for found, holder in ((["Fig. 2: A clock program"], captioned), ([], running)):
        assert captions_of(Page(1, Rect(0, 0, 600, 800), [holder], [], None)) == found


class Judged:
    """A page of which the layout model says what its boxes are."""

    def __init__(self, page: Any, *boxes: tuple[float, float, float, float, str]) -> None:
        self.page = page
        self.layout_information = boxes

    def get_layout(self) -> None:
        """The model has spoken."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.page, name)


def test_a_paragraph_is_no_footer() -> None:
    with pymupdf.open() as file:
        sheet = file.new_page(width=595, height=842)
        for row in range(5):
            sheet.insert_text((60, 495 + 14 * row), BODY, fontsize=10)
        sheet.insert_text((60, 790), "Printed in May", fontsize=8)
        boxes = ((50, 480, 545, 560, "page-footer"), (50, 780, 545, 800, "page-footer"))
        page = read_page(Judged(sheet, *boxes), with_layout=True)
    assert [(found.kind, len(found.lines)) for found in page.boxes] == [("text", 5), ("page-footer", 1)]


def test_a_drawing_with_its_caption_is_no_formula() -> None:
    with pymupdf.open() as file:
        sheet = file.new_page(width=595, height=842)
        for place, text in (
            ((100, 100), "Rank 0"),
            ((90, 160), "Figure 2: Binomial trees of ranks 0 to 3."),
            ((90, 300), "E = mc"),
        ):
            sheet.insert_text(place, text, fontsize=10)
        page = read_page(Judged(sheet, (80, 80, 400, 180, "formula"), (80, 280, 400, 310, "formula")), with_layout=True)
    assert [found.kind for found in page.boxes] == ["picture", "formula"]
    assert captions_of(page) == ["Figure 2: Binomial trees of ranks 0 to 3."]


def test_what_stands_over_a_heading_across_the_columns_is_read_before_it() -> None:
    left, right = box("text", line(BODY, 20, 100)), box("text", line(BODY, 310, 100))
    heading = box("section-header", line("REFERENCES", 275, 150))
    cited = [box("text", line("Adams, D. 1979", x, 170)) for x in (20, 310)]
    page = Page(1, Rect(0, 0, 600, 800), [left, heading, cited[0], right, cited[1]], [], None)
    assert under_headings(page) == [left, right, heading, *cited]
    beside = box("section-header", line("3 Results", 20, 150))
    page.boxes[1] = beside
    assert under_headings(page) == [left, beside, cited[0], right, cited[1]]


def test_a_cover_is_the_picture_of_no_figure() -> None:
    with pymupdf.open() as file:
        cover = file.new_page(width=595, height=842)
        cover.draw_rect((100, 100, 500, 500), fill=(0, 0, 1))
        sheet = file.new_page(width=595, height=842)
        for row in range(30):
            sheet.insert_text((60, 80 + 14 * row), f"As Fig. 1 shows in line {row}, " + BODY, fontsize=10)
        sheet.insert_text((60, 700), "Figure 1: Yield of barley in red light.", fontsize=8)
        document = parse(file.tobytes())
    assert [(figure.label, figure.page, figure.reject_slug) for figure in document.figures] == [
        ("Figure 1", 2, "no-picture")
    ]
