"""An e-print of the size and make-up of real ones: 60 kB of TeX in several files, a class, a bibliography, pictures.

The median of arXiv's packages with figures is of 1 to 2 MB, nearly all of it pictures.
"""

from __future__ import annotations

import gzip
import io
import random
import tarfile

_TEXT = (
    "growth of thin films under \\eg pressure shows that $\\alpha_{i}^2$ yield rises with temperature~$T$ and falls where "
    "\\emph{cells} were 5\\,\\% slower by \\ours in cold rooms"
)
_WORDS = _TEXT.split()
_FIGURES, _SECTIONS, _PARAGRAPHS = 9, 6, 9
_PICTURE_BYTES = 170_000
# Pictures of real packages shrink by a few per cent, which costs the reader their inflation.
_SMALLER = bytes(value % 230 for value in range(256))
_PREAMBLE = (
    "\\documentclass[twocolumn]{article}\n\\usepackage{graphicx,subcaption,cleveref}\n\\graphicspath{{figs/}}\n"
    "\\newcommand{\\eg}{e.g.\\xspace}\\newcommand{\\ours}{\\textsc{Ours}}\\newcommand{\\figref}[1]{Fig.~\\ref{fig:#1}}\n"
)


def _prose(choice: random.Random, words: int) -> str:
    return " ".join(choice.choices(_WORDS, k=words)).capitalize() + "."


def _paragraph(choice: random.Random) -> str:
    sentences = [f"{_prose(choice, 18)[:-1]}~\\cite{{key{choice.randrange(70)}}}." for _ in range(7)]
    if choice.random() < 0.4:
        sentences.append(f"{_prose(choice, 9)[:-1]} (\\figref{{{choice.randrange(_FIGURES)}}}a).")
    if choice.random() < 0.2:
        sentences.append("\\begin{align}a &= \\sum_{i} b_i \\\\ c &= \\frac{d}{e}\\label{e}\\end{align}")
    return "\n".join(sentences)


def _figure(choice: random.Random, number: int) -> str:
    parts = "".join(
        f"\\begin{{subfigure}}{{0.4\\linewidth}}\\includegraphics[width=\\linewidth]{{plot{number}}}"
        f"\\caption{{{_prose(choice, 8)}}}\\end{{subfigure}}\n"
        for _ in "ab"
    )
    return f"\\begin{{figure}}[t]\n\\centering\n{parts}\\caption{{{_prose(choice, 60)}}}\\label{{fig:{number}}}\\end{{figure}}"


def package() -> bytes:
    """The e-print, a tar.gz."""
    choice = random.Random(4)
    files: dict[str, bytes] = {}
    for section in range(_SECTIONS):
        pieces = [f"\\section{{{_prose(choice, 4)}}}"]
        pieces += [_paragraph(choice) for _ in range(_PARAGRAPHS)]
        pieces += [_figure(choice, number) for number in range(section, _FIGURES, _SECTIONS)]
        files[f"sections/s{section}.tex"] = "\n\n".join(pieces).encode()
    inputs = "\n".join(f"\\input{{sections/s{section}}}" for section in range(_SECTIONS))
    body = f"\\title{{T}}\n\\begin{{document}}\n\\begin{{abstract}}{_prose(choice, 150)}\\end{{abstract}}\n{inputs}\n\\end{{document}}"
    files["main.tex"] = (_PREAMBLE + body).encode()
    files["main.bbl"] = "\n".join(f"\\bibitem{{key{n}}} {_prose(choice, 25)}" for n in range(70)).encode()
    files["journal.cls"] = b"\\def\\x#1{\\y{#1}}% a class\n" * 2000
    files |= {
        f"figs/plot{number}.png": choice.randbytes(_PICTURE_BYTES).translate(_SMALLER) for number in range(_FIGURES)
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0)


def bare_read(data: bytes) -> int:
    """What any reader has to do at least: inflate, and read all members."""
    size = 0
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as archive:
        for member in archive:
            stream = archive.extractfile(member)
            size += len(stream.read()) if stream else 0
    return size
