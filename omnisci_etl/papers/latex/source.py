"""Which file of a package is the paper, and its text without comments and verbatim stretches."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator

import yaml

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers.archive import Package

TEX_EXTENSIONS = (".tex", ".ltx", ".latex", ".txt")
README_NAMES = ("00readme.json", "00readme.yaml", "00readme.yml", "00readme.xxx", "00readme")

_README_BYTES = 1 << 16
_CANDIDATE_BYTES = 8 << 20
_DOCUMENT_CLASS = re.compile(r"\\document(?:class|style)\s*(?:\[[^\]]{0,2000}\])?\s*\{([^{}]{0,200})\}")
_BEGIN_DOCUMENT = re.compile(r"\\begin\s*\{document\}")
_FIGURE = re.compile(r"\\begin\s*\{\w*figure\*?\}|\\(?:figcaption|captionof\s*\{figure)")
_INPUT = re.compile(r"\\(?:input|include|subfile|subfileinclude)\b\s*\{?\s*([^\s{}%\\]{1,200})")
_SUPPLEMENT = re.compile(
    r"supp|(?:^|[^a-z])(?:si|sm|esi)(?:[^a-z]|$)|append|respon|reply|cover|letter_to|rebut|diff", re.IGNORECASE
)
_WITHDRAWN = re.compile(r"^\s*%\s*auto-ignore", re.IGNORECASE)

_UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ue000-\uf8ff\U000f0000-\U0010ffff]")
_RAW = re.compile(
    r"""\\begin\s*\{(?P<env>verbatim\*?|Verbatim\*?|lstlisting|minted|alltt|comment|filecontents\*?)\}
      | \\(?:verb|lstinline)\*?(?P<fence>[^A-Za-z*\s{\[])(?P<verb>[^\n]*?)(?P=fence)
      | \\(?P<url>url|path|nolinkurl|href)\s*\{(?P<address>[^\s{}]*)\}
      | \\endinput(?![A-Za-z])(?P<stop>.*)
      | \\.
      | (?P<comment>%[^\n]*(?:\n[ \t]*(?![ \t]*\n))?)
    """,
    re.VERBOSE | re.DOTALL,
)
_BARE_SPECIAL, _BACKSLASHED = re.compile(r"(?<!\\)([%#&])"), r"\\\1"
_EMPTY_VERBATIM = "\\begin{verbatim}\\end{verbatim}"
_SPECIAL = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}


def decode(data: bytes) -> str:
    """Text of a TeX file: UTF-8, else Latin-1 (Windows); private-use and control characters dropped."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return _UNUSABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def strip_comments(text: str) -> str:
    """The text without comments; verbatim environments come out empty, inline verbatim as escaped text."""
    out: list[str] = []
    pos = 0
    while found := _RAW.search(text, pos):
        out.append(text[pos : found.start()])
        pos = found.end()
        if found["env"]:
            close = text.find(f"\\end{{{found['env']}}}", pos)
            pos = len(text) if close < 0 else close + len(found["env"]) + 6
            out.append("" if found["env"] in ("comment", "filecontents", "filecontents*") else _EMPTY_VERBATIM)
        elif found["fence"]:
            out.append("{" + "".join(_escape(c) for c in found["verb"]) + "}")
        elif found["url"]:
            out.append(f"\\{found['url']}{{{_BARE_SPECIAL.sub(_BACKSLASHED, found['address'])}}}")
        elif found["stop"] is not None:
            return "".join(out)
        elif found["comment"] is None:
            out.append(found.group())
    out.append(text[pos:])
    return "".join(out)


def _escape(char: str) -> str:
    return _SPECIAL.get(char, f"\\{char}" if char in "{}%$#&_" else char)


def read_tex(package: Package, name: str) -> str:
    """The decoded text of a member without comments."""
    return strip_comments(decode(package.read(name)))


def top_file(package: Package) -> str:
    """The name of the file that LaTeX would be run on.

    What the submitter said in a 00README file decides; else the best file with a document class: not a
    supplement, with title and abstract, most figures, longest tree. Raises BadInput("no-document-class")
    where there is none, BadInput("withdrawn") for the empty package of a withdrawn paper.
    """
    named = next((name for name in _named_by_readme(package) if name), None)
    if named:
        return named
    candidates = list(_candidates(package))
    if not candidates:
        if len(package.names) == 1 and _WITHDRAWN.match(decode(package.read(package.names[0])[:200])):
            raise BadInput("withdrawn", "the package holds only an auto-ignore line")
        raise BadInput("no-document-class", "no file with a document class")
    if len(candidates) == 1:
        return candidates[0][0]
    return max(candidates, key=lambda candidate: _rank(package, *candidate))[0]


def _named_by_readme(package: Package) -> Iterator[str]:
    for name in package.names:
        if name.lower() not in README_NAMES:
            continue
        text = decode(package.read(name)[:_README_BYTES])
        listed = _readme_table(text) if name.lower().endswith((".json", ".yaml", ".yml")) else _readme_lines(text)
        for file in listed:
            found = package.find(file, TEX_EXTENSIONS)
            if found and found.lower().endswith(TEX_EXTENSIONS):
                yield found


def _readme_lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2 and words[1].lower() == "toplevelfile":
            yield words[0]


def _readme_table(text: str) -> Iterator[str]:
    try:
        table = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError):
        return
    sources = table.get("sources") if isinstance(table, dict) else None
    for source in sources if isinstance(sources, list) else []:
        if isinstance(source, dict) and source.get("usage", "toplevel") == "toplevel":
            name = source.get("filename")
            if isinstance(name, str) and name.strip():
                yield name


def _candidates(package: Package) -> Iterator[tuple[str, str]]:
    for name in package.names:
        stem, extension = posixpath.splitext(name.lower())
        if name.startswith("anc/") or not (extension in TEX_EXTENSIONS or "." not in posixpath.basename(stem)):
            continue
        if extension and extension not in TEX_EXTENSIONS:
            continue
        data = package.read(name)
        if b"\\document" not in data:
            continue
        if len(data) > _CANDIDATE_BYTES:
            raise HostileInput("too-large", f"{name} has {len(data)} bytes of TeX")
        text = strip_comments(decode(data))
        found = _DOCUMENT_CLASS.search(text)
        if found and "subfiles" not in found.group(1):
            yield name, text


def _rank(package: Package, name: str, text: str) -> tuple[bool | int, ...]:
    tree = "".join(_tree(package, text, 0, {name}))
    stem, _ = posixpath.splitext(name)
    found = _DOCUMENT_CLASS.search(text)
    return (
        _BEGIN_DOCUMENT.search(tree) is not None,
        found is not None and "standalone" not in found.group(1),
        _SUPPLEMENT.search(posixpath.basename(stem)) is None,
        "\\title" in tree and "abstract" in tree,
        stem + ".bbl" in package.names,
        len(_FIGURE.findall(tree)),
        len(tree),
    )


def _tree(package: Package, text: str, depth: int, seen: set[str]) -> Iterator[str]:
    yield text
    for found in _INPUT.finditer(text):
        name = package.find(found.group(1), TEX_EXTENSIONS)
        if name and name not in seen and depth < 5:
            seen.add(name)
            yield from _tree(package, read_tex(package, name), depth + 1, seen)
