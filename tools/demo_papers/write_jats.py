"""Sample papers as JATS in the shape in which PMC serves articles: a folder with the XML and its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from demo_papers.drawings import draw
from demo_papers.model import JOURNAL, NOTE, Dialect, Figure, Paper, Ref

HEAD = (
    '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving and Interchange DTD v1.1 20151215//EN" '
    '"JATS-archivearticle1.dtd"> \n'
    '<article xmlns:mml="http://www.w3.org/1998/Math/MathML" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'article-type="{kind}">'
    "<?properties open_access?>"
)
LICENSES = {
    "by": "Creative Commons Attribution 4.0 International License",
    "by-nc": "Creative Commons Attribution-NonCommercial 4.0 International License",
}


def _refs(refs: Sequence[Ref]) -> str:
    links = [f'<xref rid="Fig{r.number}" ref-type="fig">{r.number}{r.suffix}</xref>' for r in refs]
    return f"Fig{'s' if len(refs) > 1 else ''}.\u00a0{' and '.join(links)}"


DIALECT = Dialect(
    escape=lambda text: escape(text, quote=False),
    styles={
        "bold": "<bold>{}</bold>".format,
        "italic": "<italic>{}</italic>".format,
        "sub": "<sub>{}</sub>".format,
        "sup": "<sup>{}</sup>".format,
    },
    refs=_refs,
)


def stem(paper: Paper, figure: Figure) -> str:
    """The name of a figure's picture without extension, as the publisher numbers them."""
    return f"41467_{paper.published_on[:4]}_{paper.number}_Fig{figure.number}_HTML"


def write(paper: Paper) -> dict[str, bytes]:
    """The files of the paper by their path below the papers folder."""
    xml = HEAD.format(kind=paper.article_type) + _front(paper) + _body(paper) + _back() + "</article>"
    files = {f"{paper.path}/{paper.id}.xml": xml.encode("ascii", "xmlcharrefreplace")}
    for figure in paper.figures:
        files[f"{paper.path}/{stem(paper, figure)}.{figure.encoder}"] = draw(figure.pictures[0], figure.encoder)
    return files


def _front(paper: Paper) -> str:
    heading = "Article" if paper.article_type == "research-article" else "Author Correction"
    abstract = (
        f'<abstract id="Abs1"><p id="ParA">{DIALECT.render(paper.abstract)}</p></abstract>' if paper.abstract else ""
    )
    related = (
        f'<related-article related-article-type="corrected-article" ext-link-type="doi" '
        f'xlink:href="{paper.corrects}" id="d1"/>'
        if paper.corrects
        else ""
    )
    return (
        '<front><journal-meta><journal-id journal-id-type="iso-abbrev">Sample Commun</journal-id><journal-title-group>'
        f"<journal-title>{JOURNAL}</journal-title></journal-title-group></journal-meta><article-meta>"
        f'<article-id pub-id-type="publisher-id">{paper.number}</article-id>'
        f'<article-id pub-id-type="doi">{paper.doi}</article-id><article-categories>'
        f'<subj-group subj-group-type="heading"><subject>{heading}</subject></subj-group></article-categories>'
        f"<title-group><article-title>{escape(paper.title)}</article-title></title-group>{_authors(paper)}{_dates(paper)}"
        f"{_permissions(paper)}{related}{abstract}</article-meta></front>"
    )


def _authors(paper: Paper) -> str:
    people = "".join(
        f'<contrib contrib-type="author"><name><surname>{family}</surname><given-names>{given}</given-names></name>'
        '<xref ref-type="aff" rid="Aff1">1</xref></contrib>'
        for given, family in paper.authors
    )
    return f'<contrib-group>{people}<aff id="Aff1"><label>1</label>Institute of Sample Data</aff></contrib-group>'


def _dates(paper: Paper) -> str:
    year, month, day = (int(part) for part in paper.published_on.split("-"))
    return (
        f'<pub-date pub-type="epub"><day>{day}</day><month>{month}</month><year>{year}</year></pub-date>'
        f'<pub-date pub-type="collection"><year>{year}</year></pub-date><volume>{year - 2009}</volume>'
        f"<elocation-id>{paper.number}</elocation-id>"
    )


def _permissions(paper: Paper) -> str:
    name = LICENSES[paper.license.rstrip("/").split("/")[-2]]
    link = f'<ext-link ext-link-type="uri" xlink:href="{paper.license}">{paper.license}</ext-link>'
    return (
        f"<permissions><copyright-statement>© The Author(s) {paper.published_on[:4]}</copyright-statement>"
        f'<license license-type="OpenAccess"><license-p><bold>Open Access</bold> This article is licensed under a '
        f"{name}. "
        f"Material of third parties is under this licence unless a credit line says otherwise. To view a copy of the "
        f"licence, visit {link}.</license-p></license></permissions>"
    )


def _body(paper: Paper) -> str:
    out, number = [], 0
    for i, section in enumerate(paper.sections):
        inner = []
        for j, paragraph in enumerate(section.paragraphs):
            number += 1
            figures = "".join(_figure(paper, f) for f in paper.figures_after(i, j))
            text = DIALECT.render(paragraph)
            inside, after = ("", figures) if paper.caption_title else (figures, "")
            inner.append(f'<p id="Par{number}">{text}{inside}</p>{after}')
        title = f"<title>{section.title}</title>" if section.title else ""
        out.append(f'<sec id="Sec{i + 1}">{title}{"".join(inner)}</sec>' if title else "".join(inner))
    return f"<body>{''.join(out)}</body>"


def _figure(paper: Paper, figure: Figure) -> str:
    parts = [f"<bold>{letter}</bold> {DIALECT.render(text)}" for letter, text in figure.panels.items()]
    rest = " ".join([*parts, DIALECT.render(figure.text)]).strip()
    title = DIALECT.render(figure.title)
    caption = f"<title>{title}</title><p>{rest}</p>" if paper.caption_title else f"<p>{title} {rest}</p>"
    return (
        f'<fig id="Fig{figure.number}"><label>Fig. {figure.number}</label><caption>{caption}</caption>'
        f'<graphic xlink:href="{stem(paper, figure)}" id="MO{figure.number}"/></fig>'
    )


def _back() -> str:
    return f"<back><ack><title>Acknowledgements</title><p>{NOTE}</p></ack></back>"
