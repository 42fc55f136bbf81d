"""Sample papers as arXiv's HTML, which LaTeXML makes: a folder with the page and its pictures x1.png, x2.png, ..."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from itertools import count

from demo_papers.drawings import draw
from demo_papers.model import NOTE, Dialect, Figure, Paper, Ref, template

NAMES = {"by": "CC BY 4.0", "zero": "CC Zero", "by-sa": "CC BY-SA 4.0"}


class Writer:
    """One page and the pictures that it shows."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.maths: Iterator[int] = count(1)
        self.pictures: dict[str, bytes] = {}
        self.ids = {f.number: f"S{f.after[0] + 1}.F{f.number}" for f in paper.figures}
        self.dialect = Dialect(
            escape=lambda text: escape(text, quote=False),
            styles={
                "bold": '<span class="ltx_text ltx_font_bold">{}</span>'.format,
                "italic": '<em class="ltx_emph ltx_font_italic">{}</em>'.format,
                "sub": lambda text: self._math("sub", "_", text),
                "sup": lambda text: self._math("sup", "^", text),
            },
            refs=self._refs,
        )

    def page(self) -> str:
        """The HTML; afterwards .pictures holds the files that it names."""
        paper = self.paper
        creators = (
            f'<span class="ltx_creator ltx_role_author"><span class="ltx_personname">{given} {family}</span></span>'
            for given, family in paper.authors
        )
        return template("latexml_page.html").format(
            title=escape(paper.title),
            day=date.fromisoformat(paper.published_on).strftime("%d %b %Y"),
            arxiv_id=paper.arxiv_id,
            license=paper.license,
            license_name=NAMES[paper.license.rstrip("/").split("/")[-2]],
            category=paper.arxiv_categories[0],
            authors="\n".join(creators),
            abstract=self.dialect.render(paper.abstract),
            sections="".join(map(self._section, range(len(paper.sections)))),
            note=NOTE,
        )

    def _math(self, kind: str, mark: str, text: str) -> str:
        """An index or exponent as LaTeXML writes it: presentation, content and TeX of the same."""
        plain = text.replace("−", "-")
        sign, number = ("<mo>−</mo>", plain[1:]) if plain.startswith("-") else ("", plain)
        name = f"m{next(self.maths)}.1"
        return template("latexml_math.html").format(
            kind=kind, mark=mark, plain=plain, sign=sign, number=number, name=name
        )

    def _refs(self, refs: Sequence[Ref]) -> str:
        return " and ".join(map(self._ref, refs))

    def _ref(self, ref: Ref) -> str:
        figure = self.paper.figures[ref.number - 1]
        target, tag, rest = self.ids[ref.number], str(ref.number), f"({ref.suffix})" if ref.panels else ""
        if figure.layout == "subfigure" and len(ref.panels) == 1:
            target += f".sf{list(figure.panels).index(ref.panels[0]) + 1}"
            tag, rest = tag + rest, ""
        link = template("latexml_ref.html").format(
            target=target, number=ref.number, title=escape(self.paper.title), tag=tag
        )
        return f"Figure\u00a0{link}{rest}"

    def _section(self, index: int) -> str:
        section, name = self.paper.sections[index], f"S{index + 1}"
        content = []
        for j, paragraph in enumerate(section.paragraphs, start=1):
            text = self.dialect.render(paragraph)
            content.append(
                f'<div class="ltx_para" id="{name}.p{j}">\n<p class="ltx_p" id="{name}.p{j}.1">{text}</p>\n</div>\n'
            )
            content += [self._figure(f) for f in self.paper.figures_after(index, j - 1)]
            if self.paper.table and self.paper.table["after"] == [index, j - 1]:
                content.append(self._table(name))
        return template("latexml_section.html").format(
            name=name, number=index + 1, title=section.title, content="".join(content)
        )

    def _image(self, picture: str, name: str) -> str:
        file = f"x{len(self.pictures) + 1}.png"
        self.pictures[file] = draw(picture, "png")
        return template("latexml_image.html").format(name=name, file=file)

    def _caption(self, tag: str, text: str) -> str:
        span = f'<span class="ltx_tag ltx_tag_figure">{tag}</span>'
        return f'<figcaption class="ltx_caption ltx_centering">{span}{text}</figcaption>'

    def _figure(self, figure: Figure) -> str:
        name = self.ids[figure.number]
        if figure.layout == "subfigure":
            body, text = f'<div class="ltx_flex_figure">\n{self._panels(figure, name)}</div>\n', figure.title
        else:
            body, text = self._image(figure.pictures[0], name), f"{figure.title} {figure.text}".strip()
        caption = self._caption(f"Figure {figure.number}: ", self.dialect.render(text))
        return f'<figure class="ltx_figure" id="{name}">{body}{caption}</figure>\n'

    def _panels(self, figure: Figure, name: str) -> str:
        panels = zip(figure.pictures, figure.panels.items(), strict=True)
        return "".join(
            template("latexml_panel.html").format(
                of=len(figure.panels),
                name=f"{name}.sf{k}",
                image=self._image(picture, f"{name}.sf{k}"),
                caption=self._caption(f"({letter}) ", self.dialect.render(text)),
            )
            for k, (picture, (letter, text)) in enumerate(panels, start=1)
        )

    def _table(self, section: str) -> str:
        table = self.paper.table or {}
        cells = ("".join(f'<td class="ltx_td ltx_align_left">{cell}</td>' for cell in row) for row in table["rows"])
        rows = "".join(f'<tr class="ltx_tr">{row}</tr>' for row in cells)
        return template("latexml_table.html").format(section=section, title=table["title"], rows=rows)


def write(paper: Paper) -> dict[str, bytes]:
    """The files of the paper by their path below the papers folder."""
    writer = Writer(paper)
    page = writer.page()
    files = {f"{paper.path}/{paper.id}.html": page.encode()}
    return files | {f"{paper.path}/{name}": data for name, data in writer.pictures.items()}
