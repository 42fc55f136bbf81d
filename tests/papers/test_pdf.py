"""PDFs drawn here: captions and the pictures that belong to them, in the arrangements that journals use."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers import isolate, pdf
from omnisci_etl.papers.isolate import run_isolated
from omnisci_etl.papers.model import Document
from omnisci_etl.papers.pdf import document as pdf_document
from omnisci_etl.papers.pdf.areas import find_areas
from omnisci_etl.papers.pdf.captions import Caption, continue_over_pages, find_captions
from omnisci_etl.papers.pdf.geometry import Box, Line, Rect, union
from omnisci_etl.papers.pdf.page import LIGATURES, Page, drop_structure_tree, in_rows, read_page
from omnisci_etl.papers.pdf.pieces import Style
from omnisci_etl.papers.pdf.text import Vocabulary

pymupdf: Any = pytest.importorskip("pymupdf")

LOREM = (
    "The samples were kept at room temperature and measured every second day with the same device as before. "
    "No change was seen in the first week, and the later ones differ by less than the error of the method. "
)
STYLE = Style(size=10)
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
        (
            lambda: one_column().bytes_().replace(b"/Kids", b"/Nots").replace(b"/Count 1", b"/Count 0"),
            "malformed-document",
        ),
        (encrypted, "unsupported-document"),
    ],
)
def test_what_cannot_be_read(make: Callable[[], bytes], slug: str) -> None:
    with pytest.raises(BadInput) as caught:
        pdf.parse(make())
    assert caught.value.slug == slug


@pytest.mark.parametrize(("size", "outcome"), [(1 << 62, MemoryError), (0, BadInput)])
def test_faults_of_mupdf_while_a_page_is_read(
    monkeypatch: pytest.MonkeyPatch, size: int, outcome: type[Exception]
) -> None:
    mupdf = pytest.importorskip("pymupdf").mupdf

    def fails(*_: object, **__: object) -> None:
        if size:
            mupdf.fz_malloc(size)
        raise mupdf.FzErrorFormat("no objects found")

    monkeypatch.setattr(pdf_document, "read_page", fails)
    with pytest.raises(outcome):
        parse(one_column())


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

    def __call__(self, without: object, with_: object, captions: object = ()) -> list[Rect]:
        return list(self.pieces)


def sketch(monkeypatch: pytest.MonkeyPatch, ink: list[Rect], *boxes: tuple[str, list[Line]]) -> Page:
    made = [Box(union(line.rect for line in lines), kind, lines) for kind, lines in boxes]
    page = Page(1, Rect(0, 0, 600, 800), made, [], None)
    monkeypatch.setattr(page, "ink", Blank(ink), raising=False)
    monkeypatch.setattr(page, "gutter", lambda area: (area.x0 + area.x1) / 2, raising=False)
    return page


def test_captions_beside_pictures_and_strays(monkeypatch: pytest.MonkeyPatch) -> None:
    caption = [line("Figure 1: Beside the plot stands its caption.", 320, 100)]
    page = sketch(
        monkeypatch, [Rect(50, 60, 300, 260), Rect(50, 700, 80, 720), Rect(10, 5, 590, 8)], ("caption", caption)
    )
    captions = find_captions(page, Vocabulary([]), 10)
    areas = find_areas(page, captions, STYLE)
    assert [area.rect for area in areas.values()] == [Rect(47, 57, 303, 263)]
    assert [area.side for area in areas.values()] == ["beside"]


def test_text_between_a_picture_and_a_caption_keeps_them_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    body = [line("words that run over the whole width of the column here", 50, 300 + 12 * row) for row in range(5)]
    caption = [line("Figure 1: A caption far below some running text.", 50, 400)]
    page = sketch(monkeypatch, [Rect(50, 60, 300, 260)], ("text", body), ("caption", caption))
    assert find_areas(page, find_captions(page, Vocabulary([]), 10), STYLE) == {}


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


def test_a_frame_around_figure_and_caption_is_taken_off() -> None:
    paper = Paper().text(60, 60, 535, 150, LOREM * 3).plot(120, 190, 470, 380, GREEN)
    paper.page.draw_rect((60, 170, 535, 440), color=(0.3, 0.3, 0.3), width=0.7)
    paper.text(70, 400, 525, 430, "Fig. 1 Yield of barley in a frame. Bars are means of five pots.", 8)
    (figure,) = parse(paper.text(60, 460, 535, 700, LOREM * 6)).figures
    assert figure.bbox is not None
    assert (figure.bbox[0] > 100, figure.bbox[3] < 400) == (True, True)


def test_bars_on_every_page_are_no_part_of_figures() -> None:
    paper = Paper()
    for page, color in enumerate((RED, GREEN, BLUE, RED), start=1):
        paper.page.draw_rect((0, 0, 595, 40), fill=(0.4, 0.5, 0.6), color=None)
        paper.plot(120, 60, 470, 300, color).text(60, 310, 535, 330, f"Figure {page}. A plot under the bar.", 9)
        paper.text(60, 350, 535, 600, LOREM * 6).next_page()
    boxes = [figure.bbox for figure in parse(paper).figures]
    assert [box is not None and box[1] > 42 for box in boxes] == [True] * 4


def test_notes_below_a_caption_belong_to_it() -> None:
    paper = Paper().text(60, 60, 535, 150, LOREM * 3).plot(120, 180, 470, 380)
    paper.text(60, 390, 535, 400, "Figure 1 Yield of barley.", 8, "tibo")
    paper.text(60, 401, 535, 430, "Notes: (A) Early harvest. (B) Late harvest. Bars are means of five pots.", 8)
    (figure,) = parse(paper.text(60, 450, 535, 700, LOREM * 6)).figures
    assert figure.caption.endswith("Bars are means of five pots.")
    assert [panel.label for panel in figure.panels] == ["A", "B"]


def test_a_legend_on_the_next_page() -> None:
    paper = Paper().plot(120, 100, 470, 600, BLUE).text(60, 620, 535, 640, "Fig. 2 (See legend on next page.)", 8)
    paper.next_page().text(60, 60, 535, 75, "(See figure on previous page.)", 8)
    paper.text(60, 75, 535, 100, "Fig. 2 Yield of barley, in full. Bars are means of five pots.", 8)
    document = parse(paper.text(60, 140, 535, 400, LOREM * 7))
    (figure,) = document.figures
    assert (figure.page, figure.caption[:24]) == (1, "Yield of barley, in full")
    assert colors(document, 0) == {"blue"}


def test_pages_that_are_turned_or_set_sideways() -> None:
    upright = one_column()
    upright.page.set_rotation(90)
    sideways = Paper()
    sideways.page.show_pdf_page(sideways.page.rect, one_column().file, 0, rotate=90)
    for paper in (upright, sideways):
        document = parse(paper)
        (figure,) = document.figures
        assert figure.caption.startswith("Yield of barley.")
        assert colors(document, 0) == {"red"}
    assert figure.bbox is not None
    assert figure.bbox[3] - figure.bbox[1] > figure.bbox[2] - figure.bbox[0]


def test_line_numbers_and_the_stamp_in_the_margin_are_no_text() -> None:
    paper = one_column()
    for number in range(40):
        paper.page.insert_text((30, 70 + 18 * number), str(number + 1), fontsize=7)
    paper.page.insert_text((22, 500), "arXiv:2401.00001v1 [q-bio.PE] 1 Jan 2024", fontsize=14, rotate=90)
    (figure,) = parse(paper).figures
    assert figure.bbox is not None
    assert figure.bbox[0] > 100
    assert figure.caption == "Yield of barley. (a) Early. (b) Late. Bars are means of five pots."


def test_a_scan_without_text_is_refused() -> None:
    image = io.BytesIO()
    Image.new("RGB", (300, 400), "gray").save(image, "PNG")
    paper = Paper()
    paper.page.insert_image(paper.page.rect, stream=image.getvalue())
    with pytest.raises(BadInput, match="text layer") as caught:
        parse(paper)
    assert caught.value.slug == "no-text-layer"


def test_bold_letters_name_panels() -> None:
    paper = Paper().text(60, 60, 535, 150, LOREM * 3).plot(120, 180, 470, 380)
    caption = (
        "<p style='font-size:9px'><b>Fig. 1</b> <b>a</b> Yield early and <b>b</b> yield late, <b>c–d</b> weeds</p>"
    )
    paper.page.insert_htmlbox((60, 390, 535, 420), caption)
    (figure,) = parse(paper.text(60, 450, 535, 700, LOREM * 6)).figures
    assert [panel.label for panel in figure.panels] == ["a", "b", "c", "d"]


def test_pictures_at_the_end_of_a_manuscript() -> None:
    paper = Paper().text(60, 60, 535, 300, "As Fig. 1 and Fig. 2 show, barley grows. " + LOREM * 4)
    paper.text(60, 400, 535, 420, "Figure 1. Yield in red light.", 9).text(60, 450, 535, 470, "Figure 2. In blue.", 9)
    paper.next_page().plot(120, 200, 470, 500, RED).next_page().plot(120, 200, 470, 500, BLUE)
    document = parse(paper)
    assert [(figure.label, figure.page) for figure in document.figures] == [("Figure 1", 2), ("Figure 2", 3)]
    assert (colors(document, 0), colors(document, 1)) == ({"red"}, {"blue"})


def test_a_listing_is_a_figure() -> None:
    paper = Paper().text(60, 60, 535, 150, LOREM * 3)
    paper.text(
        60, 180, 535, 300, "for pot in pots:\n    water(pot)\n    weigh(pot)\n    note(pot, day)\n" * 2, 9, "cour"
    )
    (figure,) = parse(paper.text(60, 300, 535, 320, "Figure 1: A program that waters barley.", 10)).figures
    assert figure.bbox is not None
    assert 170 < figure.bbox[1] < 200


def test_captions_on_top_of_stacked_figures() -> None:
    paper = Paper().text(60, 40, 535, 90, LOREM * 2)
    for row, color in enumerate((RED, BLUE, GREEN)):
        top = 100 + 220 * row
        paper.text(60, top, 535, top + 15, f"Figure {row + 1}. A caption above its plot.", 9)
        paper.plot(150, top + 22, 430, top + 170, color)
    document = parse(paper)
    assert [colors(document, index) for index in range(3)] == [{"red"}, {"blue"}, {"green"}]


def test_supplementary_figures_have_numbers_of_their_own() -> None:
    paper = one_column().next_page().plot(120, 100, 470, 300, BLUE)
    paper.text(60, 310, 535, 330, "Supplementary Fig. 1. Yield of oats.", 9)
    document = parse(paper)
    assert [(figure.label, figure.locator) for figure in document.figures] == [
        ("Figure 1", "fig1"),
        ("Supplementary Fig. 1", "figS1"),
    ]
    assert document.figures[1].mentions == ()


def test_tags_are_dropped_before_the_layout_model_looks() -> None:
    paper = one_column()
    catalog = paper.file.pdf_catalog()
    paper.file.xref_set_key(catalog, "StructTreeRoot", "<</Type/StructTreeRoot/K[]>>")
    with pymupdf.open(stream=paper.bytes_(), filetype="pdf") as source:
        drop_structure_tree(source)
        assert source.xref_get_key(source.pdf_catalog(), "StructTreeRoot")[0] == "null"
    assert len(parse(paper).figures) == 1


def test_double_spacing(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line(text, 50, 100 + 26 * row) for row, text in enumerate(("Figure 1. Yield", "of barley", "in lamps."))]
    body = [line("Figure 2. in running text does not begin", 50, 300 + 26 * row) for row in range(1, 3)]
    body.insert(0, line("Words that go on to", 50, 300))
    page = sketch(monkeypatch, [], ("caption", lines), ("text", body))
    assert [caption.text for caption in find_captions(page, Vocabulary([]), 10)] == ["Yield of barley in lamps."]


def test_ink_that_one_caption_leaves_goes_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    upper, beside = Rect(50, 60, 550, 260), Rect(250, 300, 550, 450)
    first = [line("Figure 1: The upper plot, which is as wide as the page is.", 50, 270)]
    second = [line("Figure 2: Beside the lower plot.", 50, 420)]
    page = sketch(monkeypatch, [upper, beside], ("caption", first), ("caption", second))
    captions = find_captions(page, Vocabulary([]), 10)
    areas = find_areas(page, captions, STYLE)
    assert [areas[caption].rect.holds_middle(ink) for caption, ink in zip(captions, (upper, beside), strict=True)] == [
        True,
        True,
    ]


def test_ink_wide_of_a_narrow_caption(monkeypatch: pytest.MonkeyPatch) -> None:
    ink = [Rect(50, 60, 150, 260), Rect(180, 60, 300, 260), Rect(330, 60, 550, 260)]
    page = sketch(monkeypatch, ink, ("caption", [line("Fig. 1 Short words.", 50, 280)]))
    captions = find_captions(page, Vocabulary([]), 10)
    assert find_areas(page, captions, STYLE)[captions[0]].rect == Rect(47, 57, 553, 263)


def test_a_table_between_keeps_ink_from_a_caption(monkeypatch: pytest.MonkeyPatch) -> None:
    title = [line("Table 1. Yields in grams.", 50, 200)]
    caption = [line("Figure 1: Below the table and its plot.", 50, 400)]
    page = sketch(
        monkeypatch, [Rect(50, 60, 300, 190), Rect(50, 230, 300, 390)], ("caption", title), ("caption", caption)
    )
    captions = find_captions(page, Vocabulary([]), 10)
    assert find_areas(page, captions, STYLE)[captions[0]].rect == Rect(47, 227, 303, 393)


@pytest.mark.parametrize(
    ("text", "stub"),
    [
        ("(See legend on next page.)", True),
        ("(continued)", True),
        ("", True),
        ("Continuous growth of barley.", False),
        ("See-through barley pots.", False),
    ],
)
def test_captions_that_stand_elsewhere(text: str, stub: bool) -> None:
    assert Caption("Fig. 1", text, [], Rect(0, 0, 1, 1)).is_stub is stub


def test_ligatures_of_tex_fonts() -> None:
    assert "coe\x1ecient e\x0bect \ufb01eld".translate(LIGATURES) == "coefficient effect field"


def test_figures_named_at_the_start_of_a_line_of_a_caption(monkeypatch: pytest.MonkeyPatch) -> None:
    words = (
        "Figure 1. Yield of barley; for oats see",
        "Supplementary Figs. 4 and 5. For rye see",
        "Fig. 7. All by lamp.",
    )
    page = sketch(monkeypatch, [], ("caption", [line(text, 50, 100 + 11 * row) for row, text in enumerate(words)]))
    assert [caption.label for caption in find_captions(page, Vocabulary([]), 10)] == ["Figure 1"]


def test_a_caption_ends_where_that_of_a_table_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("Figure 1. Yield of barley.", "Table 2. Yields in grams.")
    page = sketch(monkeypatch, [], ("text", [line(text, 50, 100 + 11 * row) for row, text in enumerate(words)]))
    assert [caption.text for caption in find_captions(page, Vocabulary([]), 10)] == ["Yield of barley."]


def test_two_captions_in_one_box(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("Figure 1. Yield of barley.", "Figure 2. Yield of oats.")
    page = sketch(monkeypatch, [], ("caption", [line(text, 50, 100 + 11 * row) for row, text in enumerate(words)]))
    assert [caption.text for caption in find_captions(page, Vocabulary([]), 10)] == [
        "Yield of barley.",
        "Yield of oats.",
    ]


def test_a_label_that_hangs_beside_its_caption(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = [line("Fig. 2.", 50, 100), line("Yield of barley in", 100, 100), line("lamps of two colours.", 100, 111)]
    page = sketch(monkeypatch, [], ("text", hanging))
    assert [caption.text for caption in find_captions(page, Vocabulary([]), 10)] == [
        "Yield of barley in lamps of two colours."
    ]


def test_a_caption_goes_on_over_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    start = [line("Fig. 3 | Yield of barley in lamps of", 50, 700, size=7)]
    for first, whole in (("two colours.", "two colours."), ("Table 1 Yields", "")):
        page = sketch(monkeypatch, [], ("caption", list(start)))
        (caption,) = find_captions(page, Vocabulary([]), 10)
        following = sketch(monkeypatch, [], ("text", [line(first, 50, 60, size=7)]))
        continue_over_pages(caption, page, following, Vocabulary([]), 10)
        assert caption.text == f"Yield of barley in lamps of {whole}".strip()


def test_figures_side_by_side_in_one_box_are_cut_apart() -> None:
    paper = Paper().plot(60, 100, 285, 240, RED).plot(290, 100, 535, 240, BLUE)
    paper.text(60, 250, 280, 280, "Figure 1: The left one, in red.", 9)
    paper.text(310, 250, 535, 280, "Figure 2: The right one, in blue.", 9).text(60, 300, 535, 400, LOREM * 3)
    document = parse(paper)
    assert {figure.label: colors(document, n) for n, figure in enumerate(document.figures)} == {
        "Figure 1": {"red"},
        "Figure 2": {"blue"},
    }


def test_one_stretch_of_ink_over_captions_beside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [line("Figure 1: The left one of the two.", 60, 270)]
    right = [line("Figure 2: The right one of the two.", 320, 240)]
    page = sketch(monkeypatch, [Rect(50, 60, 550, 262)], ("caption", left), ("caption", right))
    captions = find_captions(page, Vocabulary([]), 10)
    areas = {caption.label: area.rect for caption, area in find_areas(page, captions, STYLE).items()}
    assert areas["Figure 1"].x1 < 320 < areas["Figure 2"].x1
    assert areas["Figure 1"].x0 < 60 < 250 < areas["Figure 2"].x0
    assert areas["Figure 2"].y1 <= 240


def test_a_narrow_drawing_around_a_wide_caption_is_cut_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    between = [line("Figure 1: Words of the upper one, far wider than both drawings are.", 60, 300)]
    below = [line("Figure 2: Words of the lower one.", 60, 560)]
    page = sketch(monkeypatch, [Rect(150, 100, 250, 550)], ("caption", between), ("caption", below))
    captions = find_captions(page, Vocabulary([]), 10)
    upper, lower = (find_areas(page, captions, STYLE)[caption].rect for caption in captions)
    assert upper.y1 <= 300 < lower.y0


def test_captions_that_begin_in_one_row_of_a_box() -> None:
    box = Box(
        Rect(50, 100, 500, 130),
        "caption",
        [
            line("Fig. 1. What grows in the", 50, 100),
            line("Fig. 2. What is harvested.", 300, 100),
            line("field of barley.", 50, 112),
        ],
    )
    page = Page(1, Rect(0, 0, 600, 800), [box], [], None)
    assert {caption.label: caption.text for caption in find_captions(page, Vocabulary([]), 10)} == {
        "Fig. 1": "What grows in the field of barley.",
        "Fig. 2": "What is harvested.",
    }


def test_a_list_of_figures_holds_no_captions() -> None:
    rows = [line(f"Figure {n}: The yield of field {n} . . . . . . {n + 10}", 50, 100 + 30 * n) for n in range(1, 5)]
    page = Page(
        1, Rect(0, 0, 600, 800), [Box(union(row.rect for row in rows), "caption", [row]) for row in rows], [], None
    )
    assert find_captions(page, Vocabulary([]), 10) == []


def test_a_label_alone_on_its_line_goes_with_the_paragraph_below() -> None:
    head = Box(Rect(50, 100, 100, 112), "section-header", [line("Figure 1", 50, 100)])
    words = Box(Rect(50, 122, 400, 134), "text", [line("Barley under lamps.", 50, 122)])
    page = Page(1, Rect(0, 0, 600, 800), [head, words], [], None)
    assert [caption.text for caption in find_captions(page, Vocabulary([]), 10)] == ["Barley under lamps."]


def test_notes_between_a_drawing_and_its_caption(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = [line("Each shaded node stands for a field of barley, and each line", 50, 206),
             line("for the path of one farmer over the year.", 50, 216)]  # fmt: skip
    caption = [line("Figure 1: A chart of the fields.", 60, 233)]
    page = sketch(monkeypatch, [Rect(60, 70, 280, 200)], ("text", notes), ("caption", caption))
    assert [area.rect for area in find_areas(page, find_captions(page, Vocabulary([]), 10), STYLE).values()] == [
        Rect(60, 70, 280, 200)
    ]


def test_a_drawing_close_by_outweighs_a_larger_one_in_the_other_column(monkeypatch: pytest.MonkeyPatch) -> None:
    own, other = Rect(136, 80, 228, 172), Rect(328, 76, 544, 244)
    first = [line("Figure 1. Four fields of barley in one row of plots", 65, 185)]
    second = [line("Figure 2. A model of the fields", 356, 293)]
    text = [line("This model has a begin and an end, and four of the fields,", 328, 258 + 10 * n) for n in range(3)]
    page = sketch(monkeypatch, [own, other], ("caption", first), ("text", text), ("caption", second))
    areas = {c.label: area.rect for c, area in find_areas(page, find_captions(page, Vocabulary([]), 10), STYLE).items()}
    assert (areas["Figure 1"].x1, areas["Figure 2"].x0) == (231, 328)


def test_of_a_book_the_model_sees_the_pages_with_captions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_document, "MAX_MODELLED", 2)
    asked: dict[int, bool] = {}
    read = pdf_document.read_page

    def spy(source: Any, *, with_layout: bool) -> Page:
        asked[source.number] = asked.get(source.number, False) or with_layout
        return read(source, with_layout=with_layout)

    monkeypatch.setattr(pdf_document, "read_page", spy)
    paper = Paper().text(60, 60, 535, 200, "As Fig. 1 shows, barley grows. " + LOREM)
    for _ in range(2):
        paper.next_page().text(60, 60, 535, 200, "In Fig. 1 it grows again. " + LOREM)
    paper.next_page().plot(120, 100, 470, 300).text(60, 310, 535, 330, "Figure 1: Yield of barley.", 9)
    (figure,) = parse(paper.text(60, 400, 535, 500, LOREM)).figures
    assert (figure.page, figure.reject_slug, len(figure.mentions)) == (4, None, 3)
    assert {number for number, layout in asked.items() if layout} == {3}


def test_a_caption_that_the_model_takes_for_a_part_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["Figure 1 | Fields.", "Of barley and oats", "in May, from a hill", "in the north."]
    inside = [line(text, 50, 100 + 12 * row) for row, text in enumerate(words)]
    inside += [line("a", 200, 100), line("b", 350, 112)]
    page = sketch(monkeypatch, [Rect(120, 80, 500, 190)], ("picture", inside))
    (caption,) = find_captions(page, Vocabulary([]), 10)
    assert caption.text == "Fields. Of barley and oats in May, from a hill in the north."
    area = find_areas(page, [caption], STYLE)[caption]
    assert (area.side, area.rect.x0 > caption.rect.x1 - 3, area.rect.x1) == ("beside", True, 503)


def test_a_page_headed_by_the_label_of_its_figure() -> None:
    head = Box(Rect(50, 60, 200, 72), "page-header", [line("17", 50, 60), line("Figure 2", 80, 60)])
    other = Box(Rect(50, 40, 300, 52), "page-header", [line("Barley in Figure 2", 50, 40)])
    page = Page(1, Rect(0, 0, 600, 800), [head, other], [], None)
    (caption,) = find_captions(page, Vocabulary([]), 10)
    assert (caption.label, caption.is_stub) == ("Figure 2", True)


def test_a_huge_picture_is_not_unpacked_for_the_layout_model() -> None:
    paper = one_column().next_page()
    photograph = Image.linear_gradient("L").resize((9000, 7000)).convert("RGB")
    photograph.putalpha(Image.linear_gradient("L").resize(photograph.size))
    packed = io.BytesIO()
    photograph.save(packed, "PNG", compress_level=1)
    paper.page.insert_image((60, 60, 535, 430), stream=packed.getvalue())
    paper.text(60, 440, 535, 470, "Figure 2. A photograph of the whole device.")
    try:
        document = run_isolated(
            "omnisci_etl.papers.pdf:parse", paper.file.tobytes(deflate=True), seconds=60, megabytes=4096
        )
        (worker,) = isolate._pool.idle
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
    finally:
        isolate.close_workers()
    assert [len(figure.pictures) for figure in document.figures] == [1, 1]
    peak = int(status.partition("VmHWM:")[2].split()[0]) >> 10
    assert peak < 500, f"{peak} MB"


class ColumnAsHeader:
    """A page of which the layout model says that one column is a page header."""

    layout_information = ((50, 50, 545, 700, "page-header"), (50, 20, 545, 40, "page-header"))

    def __init__(self, page: Any) -> None:
        self.page = page

    def get_layout(self) -> None:
        """The model has spoken."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.page, name)


def test_a_whole_column_is_no_page_header() -> None:
    with pymupdf.open(stream=one_column().bytes_(), filetype="pdf") as source:
        page = read_page(ColumnAsHeader(source[0]), with_layout=True)
    assert {box.kind for box in page.boxes if box.lines} == {"text"}
    assert [caption.label for caption in find_captions(page, Vocabulary([]), 10)] == ["Figure 1"]
    assert [box.kind for box in page.boxes].count("page-header") == 1
