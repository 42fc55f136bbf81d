"""Sample papers as article pages of nature.com in the design of today: a folder with the page and its pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from html import escape
from urllib.parse import quote

from demo_papers.drawings import draw
from demo_papers.model import JOURNAL, NOTE, Dialect, Figure, Paper, Ref
from demo_papers.write_jats import LICENSES, stem

PAGE = """<!DOCTYPE html>
<html lang="en" class="grade-c">
<head>
<title>{title} | {journal}</title>
{metas}
</head>
<body class="article-page" id="top">
<div class="u-container u-mt-32 u-mb-32 u-clearfix" id="content">
<main class="c-article-main-column u-float-left js-main-column" data-track-component="article body">
<article lang="en">
<div class="c-article-header"><header>
<ul class="c-article-identifiers" data-test="article-identifier">
<li class="c-article-identifiers__item" data-test="article-category">Article</li>
<li class="c-article-identifiers__item"><a class="u-color-open-access" data-test="open-access" href="#rightslink">Open Access</a></li>
<li class="c-article-identifiers__item"><a data-track="click" data-track-action="publication date" href="#article-info">Published: \
<time datetime="{iso}">{day}</time></a></li>
</ul>
<h1 class="c-article-title" data-article-title="" data-test="article-title">{title}</h1>
<ul class="c-article-author-list c-article-author-list--short" data-test="authors-list">{authors}</ul>
<p class="c-article-info-details" data-container-section="info"><i data-test="journal-title">{journal}</i> \
<b data-test="journal-volume"><span class="u-visually-hidden">volume</span> {volume}</b>, Article number: \
<span data-test="article-number">{number}</span> (<span data-test="article-publication-year">{year}</span>)</p>
</header>
<div class="u-js-hide" data-component="article-subject-links">
<h3 class="c-article__sub-heading">Subjects</h3>
<ul class="c-article-subject-list">
{subjects}
</ul>
</div>
</div>
<div class="c-article-body">
<section aria-labelledby="Abs1" data-title="Abstract" lang="en">{abstract}</section>
<div class="main-content">
{sections}
</div>
{back}
</div>
</article>
</main>
</div>
</body>
</html>
"""
SECTION = (
    '<div class="c-article-section" id="{id}-section"><h2 class="c-article-section__title js-section-title '
    'js-c-reading-companion-sections-item" id="{id}">{title}</h2><div class="c-article-section__content" id="{id}-content">'
    "{content}</div></div>"
)


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
        return PAGE.format(
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
            abstract=SECTION.format(id="Abs1", title="Abstract", content=f"<p>{self.dialect.render(paper.abstract)}</p>"),
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
        inner = SECTION.format(id=f"Sec{index + 1}", title=section.title, content="".join(content))
        return f'<section data-title="{section.title}">{inner}</section>'

    def _figure(self, figure: Figure) -> str:
        paper, n = self.paper, figure.number
        source = (
            f"//media.springernature.com/lw685/springer-static/image/art%3A{quote(paper.doi, safe='')}/MediaObjects/"
            f"{stem(paper, figure)}.{figure.encoder}"
        )
        parts = [f"<b>{letter}</b> {self.dialect.render(text)}" for letter, text in figure.panels.items()]
        rest = " ".join([*parts, self.dialect.render(figure.text)]).strip()
        link = f'data-track="click" data-track-action="view figure" href="/articles/{self.article}/figures/{n}" rel="nofollow"'
        return (
            '<div class="c-article-section__figure js-c-reading-companion-figures-item" data-container-section="figure" '
            f'data-test="figure" data-title="{escape(figure.title)}" id="figure-{n}"><figure><figcaption>'
            f'<b class="c-article-section__figure-caption" data-test="figure-caption-text" id="Fig{n}">Fig. {n}: '
            f'{self.dialect.render(figure.title)}</b></figcaption><div class="c-article-section__figure-content">'
            f'<div class="c-article-section__figure-item"><a class="c-article-section__figure-link" data-test="img-link" {link}>'
            f'<picture><source srcset="{source}?as=webp" type="image/webp"/><img alt="figure {n}" aria-describedby="Fig{n}" '
            f'loading="lazy" src="{source}"/></picture></a></div><div class="c-article-section__figure-description" '
            f'data-test="bottom-caption" id="figure-{n}-desc"><p>{rest}</p></div></div><div class="u-text-right u-hide-print">'
            f'<a aria-label="Full size image figure {n}" class="c-article__pill-button" data-test="article-link" {link}>'
            "<span>Full size image</span></a></div></figure></div>"
        )

    def _table(self) -> str:
        table = self.paper.table or {}
        return (
            '<div class="c-article-table" data-test="inline-table" data-container-section="table" id="table-1"><figure><figcaption '
            'class="c-article-table__figcaption"><b class="c-article-table__caption" data-test="table-caption" id="Tab1">'
            f'Table 1 {table["title"]}</b></figcaption><div class="u-text-right u-hide-print"><a class="c-article__pill-button" '
            f'data-test="table-link" href="/articles/{self.article}/tables/1" rel="nofollow"><span>Full size table</span></a></div>'
            "</figure></div>"
        )

    def _back(self) -> str:
        license_uri = self.paper.license
        rights = (
            f"<p><b>Open Access</b>  This article is licensed under a {LICENSES[license_uri.rstrip('/').split('/')[-2]]}. "
            "Material of third parties is under this licence unless a credit line says otherwise. To view a copy of the "
            f'licence, visit <a href="{license_uri}" rel="license">{license_uri}</a>.</p>'
        )
        parts = (("Acknowledgements", "Ack1", f"<p>{NOTE}</p>"), ("Rights and permissions", "rightslink", rights))
        return "".join(
            f'<section data-title="{title}">{SECTION.format(id=name, title=title, content=content)}</section>'
            for title, name, content in parts
        )


def write(paper: Paper) -> dict[str, bytes]:
    """The files of the paper by their path below the papers folder."""
    files = {f"{paper.path}/{paper.id}.html": Writer(paper).page().encode()}
    for figure in paper.figures:
        files[f"{paper.path}/{stem(paper, figure)}.{figure.encoder}"] = draw(figure.pictures[0], figure.encoder)
    return files
