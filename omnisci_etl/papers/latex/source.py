"""Which file of a package is the paper, and its text without comments and verbatim stretches."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping

import yaml

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers.archive import Package

TEX_EXTENSIONS = (".tex", ".ltx", ".latex", ".txt")
README_NAMES = ("00readme.json", "00readme.yaml", "00readme.yml", "00readme.xxx", "00readme")

_README_BYTES = 1 << 16
_MAX_NESTS = 2000
_FRAME_BYTES = 1 << 16
_CANDIDATE_BYTES = 8 << 20
_DOCUMENT_CLASS = re.compile(r"\\document(?:class|style)\s*(?:\[[^\]]{0,2000}\])?\s*\{([^{}]{0,200})\}")
_BEGIN_DOCUMENT = re.compile(r"\\begin\s*\{document\}")
_TITLE = re.compile(r"\\[A-Za-z]*[Tt]itle\s*[\[{]")
_FIGURE = re.compile(r"\\begin\s*\{\w*figure\*?\}|\\(?:figcaption|captionof\s*\{figure)")
_INPUT = re.compile(r"\\(?:input|include|subfile|subfileinclude)\b\s*\{?\s*([^\s{}%\\]{1,200})")
_SUPPLEMENT = re.compile(
    r"supp|(?:^|[^a-z])(?:si|sm|esi)(?:[^a-z]|$)|append|respon|reply|cover|letter_to|rebut|diff", re.IGNORECASE
)
_PLAIN_START = re.compile(
    r"\\(?:magnification|nopagenumbers|hsize|vsize|baselineskip|headline|footline|beginsection|centerline|proclaim)"
    r"(?![A-Za-z])|\\input\s*\{?(?:harvmac|lanlmac|amstex|amsppt|eplain|epsf|phyzzx|jytex|mn)(?![A-Za-z])"
)
_PLAIN_END = re.compile(r"\\bye(?![A-Za-z])|\\end(?![A-Za-z]|\s*\{)")
_DIFFERENCE = "\\DIFadd"
_VERSION = re.compile(
    r"track_?changes?|(?:^|[^a-z])(?:old|org|orig(?:inal)?|backup|bak|changes|marked)(?:[^a-z]|$)", re.IGNORECASE
)
_WITHDRAWAL = re.compile(r"\b(?:withdrawn|retracted)\b", re.IGNORECASE)
_NOTICE = 4000
_NO_PAPERS = frozenset(("standalone", "beamer", "letter", "minimal"))
_MAX_TREE = 200
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_WITHDRAWN = re.compile(r"^\s*%\s*auto-ignore", re.IGNORECASE)

_HEAD_BYTES = 1 << 16
_INPUT_ENCODING = re.compile(rb"\\usepackage\s*\[\s*([A-Za-z0-9-]{1,20})\s*\]\s*\{inputenc\}")
_CYRILLIC_WORD = re.compile(rb"[\xc0-\xff]{4,}")
_BELOW_LETTERS, _LOWER_HALF = bytes(range(0x80, 0xC0)), bytes(range(0xC0, 0xE0))
_SAMPLE_BYTES, _LEAST_CYRILLIC = 1 << 18, 500
_ENCODINGS = {
    "latin2": "iso8859-2", "latin3": "iso8859-3", "latin4": "iso8859-4", "latin5": "iso8859-9", "latin9": "iso8859-15",
    "cp1250": "cp1250", "cp1251": "cp1251", "cp1257": "cp1257", "cp866": "cp866", "cp437": "cp437", "cp850": "cp850",
    "koi8-r": "koi8-r", "koi8-u": "koi8-u", "applemac": "mac-roman", "macce": "mac-latin2",
}  # fmt: skip
_UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ue000-\uf8ff\U000f0000-\U0010ffff]")
_RAW = re.compile(
    r"""\\begin\s*\{(?P<env>verbatim\*?|Verbatim\*?|lstlisting|minted|alltt|comment|filecontents\*?)\}
      | \\(?:verb|lstinline)\*?(?P<fence>[^A-Za-z*\s{\[])(?P<verb>[^\n]*?)(?P=fence)
      | \\(?P<url>url|path|nolinkurl|href)\s*\{(?P<address>[^\s{}]*)\}
      | \\endinput(?![A-Za-z])(?P<stop>.*)
      | (?P<comment>%(?:(?<!\\%)|(?<=[^\\]\\\\%)|(?<=^\\\\%))[^\n]*(?:\n[ \t]*(?![ \t]*\n))?)
    """,
    re.VERBOSE | re.DOTALL,
)
_BARE_SPECIAL, _BACKSLASHED = re.compile(r"(?<!\\)([%#&])"), r"\\\1"
_LISTING = re.compile(r"\s*(\[(?:[^\[\]{}]|\{[^{}]{0,500}\}){0,1000}\])")
_EMPTY_VERBATIM = "\\begin{verbatim}\\end{verbatim}"
_SPECIAL = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}


def decode(data: bytes, encoding: str = "cp1252") -> str:
    """Text of a TeX file: UTF-8, UTF-16 with its mark, else in the given encoding of one byte a character.

    Private-use and control characters are dropped.
    """
    try:
        text = data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
    return _UNUSABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def declared_encoding(data: bytes) -> str:
    """The encoding that \\usepackage[...]{inputenc} names, as Python calls it.

    Where there is none: a Cyrillic one for a text with many words of Cyrillic bytes alone, else Windows Latin-1.
    """
    found = _INPUT_ENCODING.search(data, 0, _HEAD_BYTES)
    return _ENCODINGS.get(found.group(1).decode("ascii").lower(), "cp1252") if found else _guessed_encoding(data)


def _guessed_encoding(data: bytes) -> str:
    """KOI8-R has its small letters below its capitals, Windows-1251 the other way round; neither has letters below."""
    sample = data[:_SAMPLE_BYTES]
    words = b"" if sample.isascii() else b"".join(_CYRILLIC_WORD.findall(sample))
    if len(words) < _LEAST_CYRILLIC or _count(_BELOW_LETTERS, sample) > len(words) // 10:
        return "cp1252"
    return "koi8-r" if _count(_LOWER_HALF, words) > len(words) // 2 else "cp1251"


def _count(kinds: bytes, data: bytes) -> int:
    return len(data) - len(data.translate(None, kinds))


def strip_comments(text: str) -> str:
    """The text without comments; inline verbatim as escaped text, verbatim environments empty but for captions."""
    out: list[str] = []
    pos = 0
    while found := _RAW.search(text, pos):
        out.append(text[pos : found.start()])
        pos = found.end()
        if found["env"]:
            listing = _LISTING.match(text, pos) if found["env"] == "lstlisting" else None
            close = text.find(f"\\end{{{found['env']}}}", pos)
            pos = len(text) if close < 0 else close + len(found["env"]) + 6
            if listing and "caption" in listing[1]:
                out.append(f"\\begin{{lstlisting}}{listing[1]}\\end{{lstlisting}}")
            elif found["env"] not in ("comment", "filecontents", "filecontents*"):
                out.append(_EMPTY_VERBATIM)
        elif found["fence"]:
            out.append("{" + "".join(_escape(c) for c in found["verb"]) + "}")
        elif found["url"]:
            out.append(f"\\{found['url']}{{{_BARE_SPECIAL.sub(_BACKSLASHED, found['address'])}}}")
        elif found["stop"] is not None:
            return "".join(out)
    out.append(text[pos:])
    return "".join(out)


def _escape(char: str) -> str:
    return _SPECIAL.get(char, f"\\{char}" if char in "{}%$#&_" else char)


def read_tex(package: Package, name: str) -> str:
    """The decoded text of a member without comments."""
    return strip_comments(decode(package.read(name)))


def top_file(package: Package) -> str:
    """The name of the file that LaTeX would be run on.

    What the submitter said in a 00README file decides; else the best file with a document in it: not read by another
    one, no supplement, no earlier version or comparison with one, in the outermost folder, with title and abstract,
    most figures, longest tree; without any, a file of plain TeX. Raises BadInput("no-document-class") where there is
    none, BadInput("withdrawn") for the package of a withdrawn paper.
    """
    named, ignored = _readme(package)
    if named:
        return named[0]
    candidates = {name: text for name, text in _candidates(package) if name not in ignored}
    if not candidates:
        if _is_withdrawn(package):
            raise BadInput("withdrawn", "the package holds only a notice")
        if plain := _plain_tex(package, ignored):
            return plain
        raise BadInput("no-document-class", "no file with a document class")
    trees = {name: _Tree(package, name, text) for name, text in candidates.items()}
    if len(trees) > 1 or not next(iter(trees.values())).complete:
        trees |= {name: tree for name, tree in _frames(package, trees) if name not in ignored}
    return max(trees, key=lambda name: _rank(package, trees, name))


def _plain_tex(package: Package, ignored: set[str]) -> str | None:
    """The longest file that plain TeX could be run on: it sets up pages and says where the document ends."""
    found: dict[str, int] = {}
    for name in package.names:
        if _may_be_tex(name) and name not in ignored:
            data = package.read(name)
            if len(data) <= _CANDIDATE_BYTES and (b"\\bye" in data or b"\\end" in data):
                text = strip_comments(decode(data))
                if _PLAIN_START.search(text) and _PLAIN_END.search(text):
                    found[name] = len(text)
    return max(found, key=lambda name: found[name]) if found else None


def _is_withdrawn(package: Package) -> bool:
    if len(package.names) != 1:
        return False
    text = decode(package.read(package.names[0])[: _NOTICE + 1])
    return _WITHDRAWN.match(text) is not None or (len(text) <= _NOTICE and _WITHDRAWAL.search(text) is not None)


def _readme(package: Package) -> tuple[list[str], set[str]]:
    """The top files that a 00README names, and the files that it wants ignored."""
    named: list[str] = []
    ignored: set[str] = set()
    for name in package.names:
        if name.lower() not in README_NAMES:
            continue
        text = decode(package.read(name)[:_README_BYTES])
        listed = _readme_table(text) if name.lower().endswith((".json", ".yaml", ".yml")) else _readme_lines(text)
        for file, usage in listed:
            found = package.find(file, TEX_EXTENSIONS)
            if found and usage == "ignore":
                ignored.add(found)
            elif found and usage == "toplevel" and found.lower().endswith(TEX_EXTENSIONS):
                named.append(found)
    return named, ignored


def _readme_lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2:
            yield words[0], "toplevel" if words[1].lower() == "toplevelfile" else words[1].lower()


def _readme_table(text: str) -> Iterator[tuple[str, str]]:
    if text.count("[") + text.count("{") > _MAX_NESTS:
        return
    try:
        table = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError):
        return
    sources = table.get("sources") if isinstance(table, dict) else None
    for source in sources if isinstance(sources, list) else []:
        if isinstance(source, dict):
            name, usage = source.get("filename"), source.get("usage", "toplevel")
            if isinstance(name, str) and name.strip() and isinstance(usage, str):
                yield name, usage


def _candidates(package: Package) -> Iterator[tuple[str, str]]:
    for name in package.names:
        if not _may_be_tex(name):
            continue
        data = package.read(name)
        if b"\\document" not in data and b"{document}" not in data and not data.startswith(_UTF_16):
            continue
        if len(data) > _CANDIDATE_BYTES:
            raise HostileInput("too-large", f"{name} has {len(data)} bytes of TeX")
        text = strip_comments(decode(data))
        found = _DOCUMENT_CLASS.search(text)
        if (found and "subfiles" not in found.group(1)) or (not found and _BEGIN_DOCUMENT.search(text)):
            yield name, text


def _may_be_tex(name: str) -> bool:
    base = posixpath.basename(name.lower())
    if name.startswith("anc/") or base.startswith("._"):
        return False
    return base.endswith(TEX_EXTENSIONS) or "." not in base


def _frames(package: Package, trees: Mapping[str, _Tree]) -> Iterator[tuple[str, _Tree]]:
    """Files that say neither what class nor where the document begins, but read files that do."""
    for name in package.names:
        if name in trees or not _may_be_tex(name):
            continue
        data = package.read(name)
        if b"\\input" in data and len(data) < _FRAME_BYTES:
            tree = _Tree(package, name, strip_comments(decode(data)))
            if tree.complete:
                yield name, tree


class _Tree:
    """A file with what it reads: names of the files, text of all of them; complete: class and document are in it."""

    def __init__(self, package: Package, name: str, text: str) -> None:
        self.seen = {name}
        self.folder = posixpath.dirname(name)
        self.text = "".join(self._read(package, text, 0))
        self.complete = bool(_BEGIN_DOCUMENT.search(self.text) and _DOCUMENT_CLASS.search(self.text))

    def _read(self, package: Package, text: str, depth: int) -> Iterator[str]:
        yield text
        for found in _INPUT.finditer(text):
            paths = (posixpath.join(self.folder, found.group(1)), found.group(1))
            name = next((hit for path in paths if (hit := package.find(path, TEX_EXTENSIONS))), None)
            if name and name not in self.seen and depth < 5 and len(self.seen) < _MAX_TREE:
                self.seen.add(name)
                yield from self._read(package, read_tex(package, name), depth + 1)


def _rank(package: Package, trees: Mapping[str, _Tree], name: str) -> tuple[bool | int, ...]:
    tree = trees[name]
    stem, _ = posixpath.splitext(name)
    found = _DOCUMENT_CLASS.search(tree.text)
    return (
        tree.complete,
        found is not None and found.group(1).strip() not in _NO_PAPERS,
        not any(name in other.seen for key, other in trees.items() if key != name),
        _SUPPLEMENT.search(posixpath.basename(stem)) is None,
        _DIFFERENCE not in tree.text and _VERSION.search(posixpath.basename(stem)) is None,
        -name.count("/"),
        stem + ".bbl" in package.names,
        _TITLE.search(tree.text) is not None and "abstract" in tree.text.lower(),
        len(_FIGURE.findall(tree.text)),
        len(tree.text),
    )
