"""PDFs drawn here: captions and the pictures that belong to them, in the arrangements that journals use."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from PIL import Image

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers import pdf
from omnisci_etl.papers.model import Document
from omnisci_etl.papers.pdf import document as pdf_document
from omnisci_etl.papers.pdf.figures import find_areas, find_captions
from omnisci_etl.papers.pdf.page import Box, Line, Page, Rect, in_rows, read_page, union
from omnisci_etl.papers.pdf.text import Vocabulary

pymupdf: Any = pytest.importorskip("pymupdf")

LOREM = (
    "The samples were kept at room temperature and measured every second day with the same device as before. "
    "No change was seen in the first week, and the later ones differ by less than the error of the method. "
)
RED, BLUE, GREEN = (0.8, 0.1, 0.1), (0.1, 0.1, 0.8), (0.1, 0.6, 0.1)


class Paper:
    """A PDF in the making: boxes of text and coloured plots."""

    def __init__(self) -> None:
        self.file = pymupdf.open()
        self.page = self.file.new_page(width=595, height=842)

    def text(
        self, x0: float, y0: float, x1: float, y1: float, text: str, size: float = 10, font: str = "tiro"
    ) -> Paper:
        assert self.page.insert_textbox((x0, y0, x1, y1 + 300), text, fontsize=size, fontname=font) >= 300 - 2 * size, (
            text
        )
        return self

    def plot(self, x0: float, y0: float, x1: float, y1: float, color: tuple[float, float, float] = RED) -> Paper:
        """Axes, bars and an axis label inside the rectangle."""
        self.page.draw_rect((x0, y0, x1, y1), color=(0, 0, 0), width=1)
        step = (x1 - x0) / 8
        for bar in range(7):
            left = x0 + step * (bar + 0.3)
            self.page.draw_rect((left, y1 - (bar + 1) * (y1 - y0) / 9, left + step * 0.7, y1), fill=color, color=color)
        self.page.insert_text((x0 + 5, y0 + 12), "Yield (%)", fontsize=7)
        return self

    def next_page(self) -> Paper:
        self.page = self.file.new_page(width=595, height=842)
        return self

    def bytes_(self) -> bytes:
        data: bytes = self.file.tobytes()
        return data


def parse(paper: Paper) -> Document:
    return pdf.parse(paper.bytes_())


def colors(document: Document, index: int) -> set[str]:
    """Which of the plot colours the picture of a figure shows."""
    (picture,) = document.figures[index].pictures
    assert picture.data is not None
    image = Image.open(io.BytesIO(picture.data)).convert("RGB")
    assert max(image.size) <= 4096
    found = {color for count, color in image.getcolors(image.width * image.height) or [] if count > 500}
    names = {"red": RED, "blue": BLUE, "green": GREEN}
    return {name for name, want in names.items() if any(_close(color, want) for color in found)}


def _close(color: Any, wanted: tuple[float, float, float]) -> bool:
    return all(abs(value - 255 * want) < 6 for value, want in zip(color, wanted, strict=True))


def one_column() -> Paper:
    paper = Paper().text(60, 60, 535, 90, "Barley under lamps of three colours", 18)
    paper.text(60, 110, 535, 150, LOREM).text(60, 160, 300, 180, "Results", 13, "tibo")
    paper.text(60, 190, 535, 240, "As Fig. 1a shows, barley grows. " + LOREM)
    paper.plot(120, 260, 470, 480)
    paper.text(60, 490, 535, 530, "Figure 1: Yield of barley. (a) Early. (b) Late. Bars are means of five pots.", 9)
    return paper.text(60, 560, 535, 640, LOREM * 2)


def test_one_column() -> None:
    document = parse(one_column())
    (figure,) = document.figures
    assert (document.extractor, document.title) == ("pdf", "Barley under lamps of three colours")
    assert (figure.label, figure.page, figure.locator, figure.reject_slug) == ("Figure 1", 1, "fig1", None)
    assert figure.caption == "Yield of barley. (a) Early. (b) Late. Bars are means of five pots."
    assert [panel.label for panel in figure.panels] == ["a", "b"]
    assert figure.bbox is not None
    x0, y0, x1, y1 = figure.bbox
    assert 105 <= x0 <= 120
    assert 245 <= y0 <= 260
    assert 470 <= x1 <= 485
    assert 480 <= y1 <= 492
    assert figure.pictures[0].name == "page1-fig1.png"
    assert colors(document, 0) == {"red"}
    assert [mention.panels for mention in figure.mentions] == [("a",)]


def test_figures_of_two_columns_stay_apart() -> None:
    paper = Paper().text(50, 60, 290, 200, LOREM * 2).plot(60, 220, 280, 400, RED)
    paper.text(50, 405, 290, 440, "Fig. 1 | Left column. A red plot.", 8).text(50, 460, 290, 700, LOREM * 5)
    paper.plot(315, 60, 535, 240, BLUE).text(305, 245, 545, 280, "Fig. 2 | Right column. A blue plot.", 8)
    paper.text(305, 300, 545, 700, LOREM * 7)
    document = parse(paper)
    captions = {(figure.label, figure.caption) for figure in document.figures}
    assert captions == {("Fig. 1", "Left column. A red plot."), ("Fig. 2", "Right column. A blue plot.")}
    by_label = {figure.label: colors(document, index) for index, figure in enumerate(document.figures)}
    assert by_label == {"Fig. 1": {"red"}, "Fig. 2": {"blue"}}


def test_several_plots_above_one_caption_and_another_figure_below() -> None:
    paper = Paper().plot(70, 60, 280, 200, RED).plot(310, 60, 520, 200, BLUE).plot(70, 220, 280, 360, GREEN)
    paper.text(60, 375, 535, 400, "Figure 3. Three plots in two rows.", 9)
    paper.plot(150, 420, 430, 560, GREEN).text(60, 575, 535, 600, "Figure 4. One plot below.", 9)
    document = parse(paper.text(60, 620, 535, 700, LOREM * 3))
    assert [figure.label for figure in document.figures] == ["Figure 3", "Figure 4"]
    assert colors(document, 0) == {"red", "blue", "green"}
    assert colors(document, 1) == {"green"}


def test_a_caption_above_its_picture() -> None:
    paper = Paper().text(60, 60, 535, 150, LOREM * 3).text(60, 170, 535, 190, "Figure 1. Caption on top.", 9)
    document = parse(paper.plot(120, 200, 470, 400, BLUE).text(60, 430, 535, 520, LOREM * 3))
    assert colors(document, 0) == {"blue"}


def test_a_caption_in_two_columns_is_one_caption() -> None:
    paper = Paper().plot(60, 80, 530, 400)
    paper.text(50, 410, 290, 450, "Fig. 1 | A wide plot. The caption begins in the left column and ends", 7.5)
    paper.text(305, 410, 545, 450, "in the right one, with the number of samples, n = 5.", 7.5)
    paper.text(50, 480, 290, 700, LOREM * 4).text(305, 480, 545, 700, LOREM * 4)
    (figure,) = parse(paper).figures
    assert figure.caption.endswith("ends in the right one, with the number of samples, n = 5.")


def test_sentences_about_figures_are_no_captions() -> None:
    paper = one_column().text(60, 660, 535, 700, "Figure 1 shows that barley grows.")
    paper.text(60, 710, 535, 740, "Figures 2 and 3 are not here. See Fig. 9.")
    assert [figure.label for figure in parse(paper).figures] == ["Figure 1"]


def test_a_caption_without_a_picture_is_rejected() -> None:
    paper = Paper().text(60, 60, 535, 150, LOREM * 3).text(60, 170, 535, 190, "Figure 1. Nothing is here.", 9)
    (figure,) = parse(paper.text(60, 200, 535, 500, LOREM * 8)).figures
    assert (figure.reject_slug, figure.pictures, figure.bbox) == ("no-picture", (), None)


def test_a_figure_is_taken_once() -> None:
    paper = one_column().next_page().plot(120, 260, 470, 480, BLUE)
    paper.text(60, 490, 535, 530, "Figure 1: Yield of barley (continued).", 9)
    document = parse(paper)
    assert len(document.figures) == 1
    assert colors(document, 0) == {"red"}


def test_facts_of_the_first_page() -> None:
    paper = one_column().text(60, 740, 535, 760, "https://doi.org/10.1234/abc-5. Published online: 6 January 2024", 8)
    paper.next_page().text(
        60, 60, 535, 120, "This article is licensed under a Creative Commons Attribution 4.0 International License."
    )
    document = parse(paper)
    assert (document.doi, document.published_on) == ("10.1234/abc-5", date(2024, 1, 6))
    assert document.license_uri == "https://creativecommons.org/licenses/by/4.0/"
    assert pdf_document._published("arXiv:1708.05894v1 [stat.ML] 19 Aug 2017") == date(2017, 8, 19)
    assert pdf_document._published("Published online: 31 February 2024") is None


def test_without_the_layout_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_document, "activate_layout_model", lambda: False)
    document = parse(one_column())
    assert [(f.label, f.reject_slug) for f in document.figures] == [("Figure 1", None)]
    assert colors(document, 0) == {"red"}


def encrypted() -> bytes:
    data: bytes = one_column().file.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="x", owner_pw="y")
    return data


@pytest.mark.parametrize(
    ("make", "slug"),
    [
        (lambda: b"", "malformed-document"),
        (lambda: b"%PDF-1.7\nnothing", "malformed-document"),
        (lambda: b"<html></html>", "malformed-document"),
        (encrypted, "unsupported-document"),
    ],
)
def test_what_cannot_be_read(make: Callable[[], bytes], slug: str) -> None:
    with pytest.raises(BadInput) as caught:
        pdf.parse(make())
    assert caught.value.slug == slug


def test_a_truncated_file_is_repaired_or_refused() -> None:
    data = one_column().bytes_()
    try:
        figures = len(pdf.parse(data[: len(data) * 2 // 3]).figures)
    except BadInput:
        figures = 0
    assert figures in (0, 1)


def test_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_document, "MAX_PAGES", 1)
    with pytest.raises(HostileInput) as caught:
        pdf.parse(one_column().next_page().bytes_())
    assert caught.value.slug == "too-large"
    monkeypatch.setattr(pdf_document, "MAX_BYTES", 100)
    with pytest.raises(HostileInput):
        parse(one_column())


def test_without_pymupdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_document, "import_pymupdf", lambda: None)
    with pytest.raises(BadInput) as caught:
        parse(one_column())
    assert caught.value.slug == "unsupported-document"


def line(text: str, x0: float = 0, y0: float = 0, size: float = 10) -> Line:
    return Line(Rect(x0, y0, x0 + 5.0 * len(text), y0 + size), text, size)


def test_hyphens_at_line_ends() -> None:
    words = Vocabulary([line("a quantified self-contained term"), line("non-linear"), line("Smith")])
    assert words.join([line("we quan-"), line("tified a self-"), line("contained non-"), line("linear one")]) == (
        "we quantified a self-contained non-linear one"
    )
    assert words.join([line("by Miller-"), line("Smith at 5-"), line("fold")]) == "by Miller- Smith at 5- fold"
    assert words.join([]) == ""


def test_superscripts_and_ligatures() -> None:
    page = Paper().page
    page.insert_htmlbox((50, 50, 500, 90), "<p>of proteins<sup>12,13</sup> at 10<sup>−5</sup> m and n<sup>2</sup></p>")
    (box,) = read_page(page, with_layout=False).boxes
    assert Vocabulary([]).join(box.lines).replace(" ^", "^") in (
        "of proteins at 10^−5 m and n^2",
        "of proteins at 10^−5 m and n",
    )


def test_rows() -> None:
    lines = [line("right", 100, 10), line("below", 0, 30), line("left", 0, 11)]
    assert [one.text for one in in_rows(lines)] == ["left", "right", "below"]


def test_rectangles() -> None:
    one, two = Rect(0, 0, 10, 10), Rect(5, 20, 30, 40)
    assert union([one, two]) == Rect(0, 0, 30, 40)
    assert (one.overlap_x(two), one.overlap_y(two)) == (5, -10)
    assert one.holds_middle(Rect(8, 8, 12, 12))
    assert not one.holds_middle(two)
    assert Rect(5, 5, 0, 0).area == 0


class Blank:
    """A page on which nothing is drawn but what tests say."""

    def __init__(self, ink: list[Rect]) -> None:
        self.pieces = ink

    def __call__(self, without: object, with_: object) -> list[Rect]:
        return list(self.pieces)


def sketch(monkeypatch: pytest.MonkeyPatch, ink: list[Rect], *boxes: tuple[str, list[Line]]) -> Page:
    made = [Box(union(line.rect for line in lines), kind, lines) for kind, lines in boxes]
    page = Page(1, Rect(0, 0, 600, 800), made, [], None)
    monkeypatch.setattr(page, "ink", Blank(ink), raising=False)
    return page


def test_captions_beside_pictures_and_strays(monkeypatch: pytest.MonkeyPatch) -> None:
    caption = [line("Figure 1: Beside the plot stands its caption.", 320, 100)]
    page = sketch(
        monkeypatch, [Rect(50, 60, 300, 260), Rect(50, 700, 80, 720), Rect(10, 5, 590, 8)], ("caption", caption)
    )
    captions = find_captions(page, Vocabulary([]), 10)
    areas = find_areas(page, captions)
    assert [area for area in areas.values()] == [Rect(47, 57, 303, 263)]


def test_text_between_a_picture_and_a_caption_keeps_them_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    body = [line("words that run over the whole width of the column here", 50, 300 + 12 * row) for row in range(5)]
    caption = [line("Figure 1: A caption far below some running text.", 50, 400)]
    page = sketch(monkeypatch, [Rect(50, 60, 300, 260)], ("text", body), ("caption", caption))
    assert find_areas(page, find_captions(page, Vocabulary([]), 10)) == {}


def test_a_caption_that_starts_inside_a_text_box(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        line("Running text that ends here.", 50, 100),
        line("Figure 2: Title of the figure", 50, 125),
        line("and its second line.", 50, 137),
        line("Running text in another size goes on.", 50, 149, size=12),
        line("Figure 3. is named at the start of a line.", 50, 164, size=12),
    ]
    page = sketch(monkeypatch, [], ("text", lines))
    assert [(c.label, c.text) for c in find_captions(page, Vocabulary([]), 10)] == [
        ("Figure 2", "Title of the figure and its second line.")
    ]
