"""Sample papers as article pages of nature.com in the design of today: a folder with the page and its pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from html import escape
from urllib.parse import quote

from demo_papers.drawings import draw
from demo_papers.model import JOURNAL, NOTE, Dialect, Figure, Paper, Ref, template
from demo_papers.write_jats import LICENSES, stem


class Writer:
    """One page; what it writes depends on the paper's address."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.article = f"s41467-{paper.published_on[1:4]}-{paper.number}"
        self.dialect = Dialect(
            escape=lambda text: escape(text, quote=False),
            styles={
                "bold": "<b>{}</b>".format,
                "italic": "<i>{}</i>".format,
                "sub": "<sub>{}</sub>".format,
                "sup": "<sup>{}</sup>".format,
            },
            refs=self._refs,
        )

    def page(self) -> str:
        """The HTML."""
        paper = self.paper
        day = date.fromisoformat(paper.published_on)
        return template("nature_page.html").format(
            title=escape(paper.title),
            journal=JOURNAL,
            metas=self._metas(),
            iso=paper.published_on,
            day=day.strftime("%d %B %Y"),
            authors="".join(self._author(*names) for names in paper.authors),
            volume=day.year - 2009,
            number=paper.number,
            year=day.year,
            subjects="".join(map(self._subject, paper.subjects)),
            abstract=self._block("Abstract", "Abs1", f"<p>{self.dialect.render(paper.abstract)}</p>"),
            sections="".join(self._section(i) for i in range(len(paper.sections))),
            back=self._back(),
        )

    def _metas(self) -> str:
        paper = self.paper
        pairs = [
            ("journal_id", "41467"),
            ("dc.title", paper.title),
            ("dc.publisher", "omnisci_etl sample data"),
            ("dc.date", paper.published_on),
            ("dc.type", "OriginalPaper"),
            ("dc.language", "En"),
            ("dc.copyright", f"{paper.published_on[:4]} The Author(s)"),
            ("dc.rights", f"{paper.published_on[:4]} The Author(s)"),
            ("prism.publicationName", JOURNAL),
            ("prism.publicationDate", paper.published_on),
            ("prism.section", "OriginalPaper"),
            ("prism.doi", f"doi:{paper.doi}"),
            ("citation_journal_title", JOURNAL),
            ("citation_title", paper.title),
            ("citation_online_date", paper.published_on.replace("-", "/")),
            ("citation_article_type", "Article"),
            ("dc.identifier", f"doi:{paper.doi}"),
            ("DOI", paper.doi),
            ("citation_doi", paper.doi),
            *(("dc.creator", f"{family}, {given}") for given, family in paper.authors),
            *(("dc.subject", subject) for subject in paper.subjects),
            *(("citation_author", f"{family}, {given}") for given, family in paper.authors),
        ]
        return "\n".join(f'<meta content="{escape(value)}" name="{name}"/>' for name, value in pairs)

    def _author(self, given: str, family: str) -> str:
        return (
            f'<li class="c-article-author-list__item"><a data-test="author-name" data-track="click" '
            f'href="#auth-{given}-{family}">{given} {family}</a><sup class="u-js-hide"><a href="#Aff1">1</a></sup></li>'
        )

    def _subject(self, name: str) -> str:
        slug = re.sub(r"[^a-z]+", "-", name.lower())
        return (
            '<li class="c-article-subject-list__subject"><a data-track="click" data-track-action="view subject" '
            f'data-track-label="link" href="/subjects/{slug}">{name}</a></li>'
        )

    def _refs(self, refs: Sequence[Ref]) -> str:
        links = [
            f'<a data-track="click" data-track-action="figure anchor" data-track-label="link" '
            f'href="/articles/{self.article}#Fig{r.number}">{r.number}{r.suffix}</a>'
            for r in refs
        ]
        return f"Fig{'s' if len(refs) > 1 else ''}.\u00a0{' and '.join(links)}"

    def _section(self, index: int) -> str:
        section = self.paper.sections[index]
        content = []
        for j, paragraph in enumerate(section.paragraphs):
            content.append(f"<p>{self.dialect.render(paragraph)}</p>")
            content += [self._figure(f) for f in self.paper.figures_after(index, j)]
            if self.paper.table and self.paper.table["after"] == [index, j]:
                content.append(self._table())
        return self._block(section.title, f"Sec{index + 1}", "".join(content))

    def _figure(self, figure: Figure) -> str:
        parts = [f"<b>{letter}</b> {self.dialect.render(text)}" for letter, text in figure.panels.items()]
        article = f"art%3A{quote(self.paper.doi, safe='')}"
        folder = f"//media.springernature.com/lw685/springer-static/image/{article}/MediaObjects"
        return template("nature_figure.html").format(
            n=figure.number,
            article=self.article,
            source=f"{folder}/{stem(self.paper, figure)}.{figure.encoder}",
            data_title=escape(figure.title),
            title=self.dialect.render(figure.title),
            rest=" ".join([*parts, self.dialect.render(figure.text)]).strip(),
        )

    def _table(self) -> str:
        table = self.paper.table or {}
        return template("nature_table.html").format(title=table["title"], article=self.article)

    def _back(self) -> str:
        uri = self.paper.license
        rights = template("nature_rights.html").format(name=LICENSES[uri.rstrip("/").split("/")[-2]], uri=uri)
        parts = (("Acknowledgements", "Ack1", f"<p>{NOTE}</p>"), ("Rights and permissions", "rightslink", rights))
        return "".join(self._block(title, name, content) for title, name, content in parts)

    def _block(self, title: str, name: str, content: str) -> str:
        inner = template("nature_section.html").format(id=name, title=title, content=content)
        return f'<section data-title="{title}">{inner}</section>\n'


def write(paper: Paper) -> dict[str, bytes]:
    """The files of the paper by their path below the papers folder."""
    files = {f"{paper.path}/{paper.id}.html": Writer(paper).page().encode()}
    for figure in paper.figures:
        files[f"{paper.path}/{stem(paper, figure)}.{figure.encoder}"] = draw(figure.pictures[0], figure.encoder)
    return files
