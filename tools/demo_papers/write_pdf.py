"""Sample papers as PDF, typeset with PyMuPDF: two columns with figures over the full width, or one column."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape

import pymupdf

from demo_papers.drawings import draw
from demo_papers.model import JOURNAL, NOTE, Dialect, Figure, Paper, Ref

WIDTH, HEIGHT, MARGIN, GUTTER = 595.0, 842.0, 54.0, 18.0
TOP, BOTTOM = 56.0, 776.0
CSS = """
* { font-family: sans-serif; font-size: 11px; line-height: 1.45; }
h1 { font-size: 19px; line-height: 1.15; margin: 0 0 8px 0; }
h2 { font-size: 13px; margin: 10px 0 3px 0; }
p { margin: 0 0 6px 0; text-align: justify; }
p.authors { font-size: 11px; margin-bottom: 10px; }
p.abstract { font-size: 11.5px; font-weight: bold; text-align: left; }
p.caption, p.caption b { font-size: 8.5px; line-height: 1.25; text-align: left; }
"""


def _refs(refs: Sequence[Ref]) -> str:
    return f"Fig{'s' if len(refs) > 1 else ''}. {' and '.join(f'{r.number}{r.suffix}' for r in refs)}"


DIALECT = Dialect(
    escape=lambda text: escape(text, quote=False),
    styles={
        "bold": "<b>{}</b>".format,
        "italic": "<i>{}</i>".format,
        "sub": "<sub>{}</sub>".format,
        "sup": "<sup>{}</sup>".format,
    },
    refs=_refs,
)


class Writer:
    """One document of two pages: title, abstract, text, first figure; the rest of the text, the other figures."""

    def __init__(self, paper: Paper, second: float) -> None:
        self.paper = paper
        self.second = second
        self.document = pymupdf.open()
        self.text = self._story()

    def bytes(self) -> bytes | None:
        """The PDF, without times or random identifiers; None where the text does not fit into page 2."""
        first, *others = self.paper.figures
        top = self._title()
        bottom = BOTTOM - self._height(first) - 45
        self._columns(top, bottom)
        self._figure(first, bottom + 12)
        self._new_page()
        if self._columns(TOP, TOP + self.second):
            return None
        top = TOP + self.second + 20
        for figure in others:
            top = self._figure(figure, top)
        self._footers()
        self.document.set_metadata(
            {"title": self.paper.title, "author": ", ".join(" ".join(a) for a in self.paper.authors)}
        )
        return bytes(self.document.tobytes(garbage=4, deflate=True, no_new_id=True))

    def _new_page(self) -> pymupdf.Page:
        return self.document.new_page(width=WIDTH, height=HEIGHT)

    def _story(self) -> pymupdf.Story:
        parts = []
        for section in self.paper.sections:
            parts.append(f"<h2>{section.title}</h2>")
            parts += [f"<p>{DIALECT.render(paragraph)}</p>" for paragraph in section.paragraphs]
        return pymupdf.Story(html=f"{''.join(parts)}<h2>Acknowledgements</h2><p>{NOTE}</p>", user_css=CSS)

    def _place(self, story: pymupdf.Story, page: pymupdf.Page, box: pymupdf.Rect) -> tuple[bool, pymupdf.Rect]:
        """Whether text is left over after filling the box, and the part of the box that was filled."""
        more, filled = story.place(box)
        buffer = io.BytesIO()
        writer = pymupdf.DocumentWriter(buffer)
        device = writer.begin_page(page.rect)
        story.draw(device)
        writer.end_page()
        writer.close()
        page.show_pdf_page(page.rect, pymupdf.open("pdf", buffer.getvalue()), 0)
        return bool(more), pymupdf.Rect(filled)

    def _title(self) -> float:
        """Title, authors and abstract on a page of their own; where they end."""
        authors = ", ".join(f"{given} {family}" for given, family in self.paper.authors)
        html = f"<h1>{escape(self.paper.title)}</h1><p class='authors'>{authors}</p>"
        label = "<h2>Abstract</h2>" if self.paper.columns == 1 else ""
        html += f"{label}<p class='abstract'>{DIALECT.render(self.paper.abstract)}</p>"
        box = pymupdf.Rect(MARGIN, TOP, WIDTH - MARGIN, BOTTOM)
        return float(self._place(pymupdf.Story(html=html, user_css=CSS), self._new_page(), box)[1].y1) + 10

    @staticmethod
    def _width(size: pymupdf.Pixmap) -> float:
        return min(WIDTH - 2 * MARGIN, size.width * 72 / 150)

    def _height(self, figure: Figure) -> float:
        size = pymupdf.Pixmap(draw(figure.pictures[0], "png"))
        return self._width(size) * size.height / size.width

    def _figure(self, figure: Figure, top: float) -> float:
        """A figure with its caption over the width of the last page; where it ends."""
        page, picture = self.document[-1], draw(figure.pictures[0], "png")
        width = self._width(pymupdf.Pixmap(picture))
        left, bottom = (WIDTH - width) / 2, top + self._height(figure)
        page.insert_image(pymupdf.Rect(left, top, left + width, bottom), stream=picture)
        box = pymupdf.Rect(MARGIN, bottom + 6, WIDTH - MARGIN, HEIGHT)
        story = pymupdf.Story(html=f"<p class='caption'>{self._caption(figure)}</p>", user_css=CSS)
        return float(self._place(story, page, box)[1].y1)

    def _caption(self, figure: Figure) -> str:
        modern = self.paper.columns == 2
        letter = "<b>{}</b>, {}" if modern else "({}) {}"
        panels = [letter.format(name, DIALECT.render(text)) for name, text in figure.panels.items()]
        title = DIALECT.render(figure.title)
        head = f"<b>Fig. {figure.number} | {title}</b>" if modern else f"Figure {figure.number}: {title}"
        return " ".join([head, *panels, DIALECT.render(figure.text)]).strip()

    def _columns(self, top: float, bottom: float) -> bool:
        """Let the text go on in the columns of the last page; whether some is left over."""
        columns = self.paper.columns
        width = (WIDTH - 2 * MARGIN - GUTTER * (columns - 1)) / columns
        for column in range(columns):
            left = MARGIN + column * (width + GUTTER)
            if not self._place(self.text, self.document[-1], pymupdf.Rect(left, top, left + width, bottom))[0]:
                return False
        return True

    def _footers(self) -> None:
        modern = self.paper.columns == 2
        for number, page in enumerate(self.document, start=1):
            label = f"{JOURNAL} | ({self.paper.published_on[:4]}) 17:91013" if modern else ""
            page.insert_text((MARGIN, HEIGHT - 36), label, fontsize=7, fontname="helv")
            page.insert_text((WIDTH - MARGIN - 8, HEIGHT - 36), str(number), fontsize=7, fontname="helv")


def write(paper: Paper) -> dict[str, bytes]:
    """The files of the paper by their path below the papers folder."""
    # The first height that fits makes columns of about the same length.
    tries = (Writer(paper, float(height)).bytes() for height in range(40, 500, 15))
    return {paper.path: next(data for data in tries if data is not None)}
