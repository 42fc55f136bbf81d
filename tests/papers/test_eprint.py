"""What arXiv serves as a source: dispatch by content, and HTML packages of the old days."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping

import pytest

from omnisci_etl.errors import BadInput
from omnisci_etl.papers import eprint
from omnisci_etl.papers.isolate import close_workers

TEX = (
    "\\documentclass{article}\\title{Of plots}\\begin{document}\n"
    "\\begin{figure}\\includegraphics{a}\\caption{A plot.}\\end{figure}\\end{document}"
)
PICTURE = b"GIF89a" + b"x" * 3000


@pytest.fixture(scope="module", autouse=True)
def _no_workers_left() -> Iterator[None]:
    yield
    close_workers()


def tar(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            data = content.encode("latin-1") if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(files: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def small_pdf() -> bytes:
    pymupdf = pytest.importorskip("pymupdf")
    document = pymupdf.open()
    page = document.new_page()
    page.draw_rect((100, 100, 300, 250), fill=(0.2, 0.4, 0.8))
    page.insert_text((100, 270), "Figure 1: A blue box.")
    data: bytes = document.tobytes()
    return data


def slug(data: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        eprint.parse(data)
    return caught.value.slug


@pytest.mark.parametrize(
    "data",
    [
        TEX.encode(),
        gzip.compress(TEX.encode(), mtime=0),
        tar({"x.tex": TEX}),
        gzip.decompress(tar({"x.tex": TEX})),
        zipped({"x.tex": TEX}),
    ],
)
def test_tex_however_packed(data: bytes) -> None:
    document = eprint.parse(data)
    assert (document.extractor, document.title) == ("latex", "Of plots")
    assert [figure.reject_slug for figure in document.figures] == ["picture-missing"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"%!PS-Adobe-2.0\n", "unsupported-document"),
        (gzip.compress(b"%!PS-Adobe-2.0\n", mtime=0), "unsupported-document"),
        (tar({"paper.ps": b"%!PS-Adobe-2.0\n", "x.txt": "x"}), "unsupported-document"),
        (tar({"paper.docx": b"PK"}), "unsupported-document"),
        (tar({"macros.tex": "\\def\\x{y}"}), "no-document-class"),
        (b"words only", "no-document-class"),
        (b"", "no-document-class"),
        (gzip.compress(b"%auto-ignore\nThis paper was withdrawn.", mtime=0), "withdrawn"),
        (gzip.compress(b"This paper has been withdrawn by the author: Lemma 2 is wrong.", mtime=0), "withdrawn"),
        (tar({"notice.txt": "The submission has been withdrawn."}), "withdrawn"),
        (tar({"one.txt": "Withdrawn.", "two.txt": "x"}), "no-document-class"),
    ],
)
def test_what_cannot_be_read(data: bytes, expected: str) -> None:
    assert slug(data) == expected


def test_pdfs_bare_alone_and_inside_a_shell_of_tex() -> None:
    data = small_pdf()
    shell = "\\documentclass{article}\\usepackage{pdfpages}\\begin{document}\\includepdf[pages=-]{p}\\end{document}"
    for served in (data, gzip.compress(data, mtime=0), tar({"paper.pdf": data}), tar({"m.tex": shell, "p.pdf": data})):
        document = eprint.parse(served)
        assert document.extractor == "pdf"
        assert [(figure.label, figure.caption) for figure in document.figures] == [("Figure 1", "A blue box.")]
        assert document.figures[0].pictures[0].data
    assert slug(tar({"a.pdf": data, "b.pdf": data})) == "unsupported-document"


PAGE = """<html><head><title>Old &amp; good</title><style>p {}</style></head><body>
<h1>Results</h1><p>The curves of Figure 2b rise.
<center><img src="one.gif" width=400 height=300></center>
<p><b>Figure 1.</b> First plot. (a) Left part. (b) Right part.
<p>Text between.
<p>Fig. 2: Second plot.<br><img src="two.gif"><img src="two-b.jpg">
<h2>Discussion</h2><p>Figure 1 shows nothing.<p><img src="rule.gif" height=5><img src="icon.gif"></body></html>"""


def test_html_with_labelled_figures() -> None:
    document = eprint.parse(
        tar({"index.html": PAGE, "one.gif": PICTURE, "two.gif": PICTURE, "two-b.jpg": PICTURE, "rule.gif": PICTURE,
             "icon.gif": b"GIF89a"})
    )  # fmt: skip
    assert (document.extractor, document.title) == ("html-eprint", "Old & good")
    one, two = document.figures
    assert (one.label, one.caption) == ("Figure 1", "First plot. (a) Left part. (b) Right part.")
    assert [panel.label for panel in one.panels] == ["a", "b"]
    assert [picture.name for picture in one.pictures] == ["one.gif"]
    assert (two.label, two.caption) == ("Fig. 2", "Second plot.")
    assert [picture.name for picture in two.pictures] == ["two.gif", "two-b.jpg"]
    assert [mention.section for mention in one.mentions] == ["Discussion"]
    assert [(mention.section, mention.panels) for mention in two.mentions] == [("Results", ("b",))]


def test_html_without_labels_takes_its_large_pictures() -> None:
    page = "<html><body><p>Text.<p><img src='map.gif'><h2>Map of caf\xe9s</h2><p><img src='dot.gif'><img src='no.gif'>"
    (figure,) = eprint.parse(tar({"a.htm": page, "map.gif": PICTURE, "dot.gif": b"GIF89a"})).figures
    assert (figure.label, figure.caption, figure.reject_slug) == ("Figure 1", "Map of caf\xe9s", None)


def test_html_picture_without_any_text_has_no_caption() -> None:
    (figure,) = eprint.parse(tar({"a.htm": "<html><img src=m.gif></html>", "m.gif": PICTURE})).figures
    assert (figure.caption, figure.reject_slug) == ("", "no-caption")


def test_html_of_several_pages_starts_at_the_index() -> None:
    pages = {"a.html": "<html><title>A</title><p>Figure 1 again.</html>", "index.html": PAGE, "one.gif": PICTURE}
    document = eprint.parse(tar(pages))
    assert document.title == "Old & good"
    assert [mention.text for mention in document.figures[0].mentions] == ["Figure 1 shows nothing.", "Figure 1 again."]
