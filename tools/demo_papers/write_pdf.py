"""Sample papers as PDF, typeset with PyMuPDF: two columns with figures over the full width, or one column."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape

import pymupdf

from demo_papers.drawings import draw
from demo_papers.model import JOURNAL, NOTE, Dialect, Figure, Paper, Ref

WIDTH, HEIGHT, MARGIN, GUTTER = 595.0, 842.0, 54.0, 18.0
CSS = """
* { font-family: sans-serif; font-size: 9.5px; line-height: 1.3; }
h1 { font-size: 19px; line-height: 1.15; margin: 0 0 8px 0; }
h2 { font-size: 11.5px; margin: 9px 0 3px 0; }
p { margin: 0 0 5px 0; text-align: justify; }
p.authors { font-size: 10px; margin-bottom: 10px; }
p.abstract { font-size: 10.5px; font-weight: bold; text-align: left; }
p.caption { font-size: 8.2px; text-align: left; }
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
    """One document. Page 1: title, abstract, text. Then one figure at the top of each page, with the text going on below."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.document = pymupdf.open()
        self.text = self._story()

    def bytes(self) -> bytes:
        """The PDF, without times or random identifiers."""
        self._text_below(self._title_page())
        for figure in self.paper.figures:
            self._text_below(self._figure_page(figure))
        self._footers()
        self.document.set_metadata({"title": self.paper.title, "author": ", ".join(" ".join(a) for a in self.paper.authors)})
        return bytes(self.document.tobytes(garbage=4, deflate=True, no_new_id=True))

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

    def _title_page(self) -> float:
        page = self.document.new_page(width=WIDTH, height=HEIGHT)
        authors = ", ".join(f"{given} {family}" for given, family in self.paper.authors)
        html = f"<h1>{escape(self.paper.title)}</h1><p class='authors'>{authors}</p>"
        label = "<h2>Abstract</h2>" if self.paper.columns == 1 else ""
        html += f"{label}<p class='abstract'>{DIALECT.render(self.paper.abstract)}</p>"
        box = pymupdf.Rect(MARGIN, 60, WIDTH - MARGIN, HEIGHT - 80)
        return float(self._place(pymupdf.Story(html=html, user_css=CSS), page, box)[1].y1)

    def _figure_page(self, figure: Figure) -> float:
        page = self.document.new_page(width=WIDTH, height=HEIGHT)
        picture = draw(figure.pictures[0], "png")
        size = pymupdf.Pixmap(picture)
        width = min(WIDTH - 2 * MARGIN, size.width * 72 / 150)
        left = (WIDTH - width) / 2
        bottom = 56 + width * size.height / size.width
        page.insert_image(pymupdf.Rect(left, 56, left + width, bottom), stream=picture)
        box = pymupdf.Rect(MARGIN, bottom + 6, WIDTH - MARGIN, HEIGHT - 80)
        story = pymupdf.Story(html=f"<p class='caption'>{self._caption(figure)}</p>", user_css=CSS)
        return float(self._place(story, page, box)[1].y1)

    def _caption(self, figure: Figure) -> str:
        modern = self.paper.columns == 2
        letter = "<b>{}</b>, {}" if modern else "({}) {}"
        panels = [letter.format(name, DIALECT.render(text)) for name, text in figure.panels.items()]
        title = DIALECT.render(figure.title)
        head = f"<b>Fig. {figure.number} | {title}</b>" if modern else f"Figure {figure.number}: {title}"
        return " ".join([head, *panels, DIALECT.render(figure.text)]).strip()

    def _text_below(self, top: float) -> None:
        """Fill the columns of the last page below top; balanced columns are not tried."""
        page, columns = self.document[-1], self.paper.columns
        width = (WIDTH - 2 * MARGIN - GUTTER * (columns - 1)) / columns
        share = HEIGHT - 66 if self._is_last() else min(HEIGHT - 66, top + 330)
        for column in range(columns):
            left = MARGIN + column * (width + GUTTER)
            if not self._place(self.text, page, pymupdf.Rect(left, top + 12, left + width, share))[0]:
                return

    def _is_last(self) -> bool:
        return len(self.document) > len(self.paper.figures)

    def _footers(self) -> None:
        modern = self.paper.columns == 2
        for number, page in enumerate(self.document, start=1):
            label = f"{JOURNAL} | ({self.paper.published_on[:4]}) 17:91013" if modern else ""
            page.insert_text((MARGIN, HEIGHT - 36), label, fontsize=7, fontname="helv")
            page.insert_text((WIDTH - MARGIN - 8, HEIGHT - 36), str(number), fontsize=7, fontname="helv")


def write(paper: Paper) -> dict[str, bytes]:
    """The files of the paper by their path below the papers folder."""
    return {paper.path: Writer(paper).bytes()}
