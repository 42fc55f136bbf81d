"""What single LaTeX commands print: symbols, accents, units; and which commands print nothing."""

from __future__ import annotations

from functools import cache

from pylatexenc.latex2text import get_default_latex_context_db

ACCENTS = {
    "'": "\u0301",
    "`": "\u0300",
    '"': "\u0308",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
    "c": "\u0327",
    "H": "\u030b",
    "k": "\u0328",
    "b": "\u0331",
    "d": "\u0323",
    "r": "\u030a",
    "u": "\u0306",
    "v": "\u030c",
    "vec": "\u20d7",
    "dot": "\u0307",
    "ddot": "\u0308",
    "hat": "\u0302",
    "widehat": "\u0302",
    "check": "\u030c",
    "breve": "\u0306",
    "acute": "\u0301",
    "grave": "\u0300",
    "tilde": "\u0303",
    "widetilde": "\u0303",
    "bar": "\u0304",
    "overline": "\u0304",
    "mathring": "\u030a",
}

OPERATORS = frozenset(
    "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max min "
    "mod Pr sec sin sinh sup tan tanh arccosh arcsinh arctanh".split()
)
DOUBLE_STRUCK = dict(zip("CEHNPQRZ", "ℂ𝔼ℍℕℙℚℝℤ", strict=True)) | {"1": "𝟙"}

_OWN = {
    "circ": "°",
    "degree": "°",
    "degr": "°",
    "deg": "deg",
    "prime": "′",
    "arcdeg": "°",
    "arcmin": "′",
    "arcsec": "″",
    "farcs": ".″",
    "micron": "µm",
    "msun": "M⊙",
    "Msun": "M⊙",
    "lsun": "L⊙",
    "Lsun": "L⊙",
    "sun": "☉",
    "angstrom": "Å",
    "TeX": "TeX",
    "LaTeX": "LaTeX",
    "BibTeX": "BibTeX",
    "slash": "/",
    "textbar": "|",
    "textless": "<",
    "textgreater": ">",
    "lt": "<",
    "gt": ">",
    "colon": ":",
    "lvert": "|",
    "rvert": "|",
    "vert": "|",
    "lVert": "‖",
    "rVert": "‖",
    "Vert": "‖",
    "qquad": " ",
    "quad": " ",
    "enspace": " ",
    "thinspace": " ",
    "space": " ",
    "newline": " ",
    "linebreak": " ",
    "par": " ",
    "xspace": "",
    "i": "ı",
    "j": "ȷ",
    "iff": "⇔",
    "sim": "∼",
    "approx": "≈",
    "lesssim": "≲",
    "gtrsim": "≳",
    "la": "≲",
    "ga": "≳",
    "citation": "[citation]",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textunderscore": "_",
    "-": "",
    "/": "",
    "!": "",
    ",": " ",
    ";": " ",
    ":": " ",
    ">": " ",
    " ": " ",
    "\n": " ",
    "\t": " ",
    "|": "‖",
    "@": "",
}


@cache
def symbols() -> dict[str, str]:
    """Commands without arguments and the text that they print."""
    table: dict[str, str] = {}
    for spec in get_default_latex_context_db().iter_macro_specs():
        printed = spec.simplify_repl
        if isinstance(printed, str) and "%" not in printed and len(printed) <= 3 and spec.macroname != "today":
            table[spec.macroname] = printed
    return table | {name: name for name in OPERATORS} | _OWN | {c: c for c in "{}%$#&_"}


# Commands that print nothing, with the number of mandatory arguments that go with them.
DROPPED = {
    **dict.fromkeys(
        "label vspace hspace footnotetext footnotemark footnote thanks index marginpar todo marginnote color setstretch "
        "captionsetup includegraphics input include raisebox parbox scalebox rotatebox phantom vphantom hphantom "
        "href hypertarget hyperlink hypersetup pagestyle thispagestyle addtocounter bibliography bibliographystyle "
        "email address affil affiliation institute author date keywords pacs preprint thispagestyle pdfbookmark "
        "graphicspath usepackage documentclass documentstyle enlargethispage linespread fontfamily fontseries "
        "newtheorem theoremstyle colorbox textcolor pagecolor acresetall glsreset includeonly begin end cmidrule "
        "subjclass shorttitle shortauthors orcid orcidlink ead received accepted tablenum cline rowcolor cellcolor "
        "textlabel phantomlabel phantomsubcaption "
        "epsfbox psfig epsfig plotone ref pageref eqref nameref".split(),
        1,
    ),
    **dict.fromkeys(
        "setlength addtolength setcounter rule resizebox fontsize addcontentsline fcolorbox markboth definecolor "
        "plottwo colorlet".split(),
        2,
    ),
    **dict.fromkeys(["addcontentsline", "crefname", "Crefname", "newfloat"], 3),
}
# Where a length or a number follows the command.
ASSIGNED = frozenset(
    "vskip hskip kern mkern mskip looseness baselineskip parindent parskip hsize vsize epsfxsize epsfysize "
    "leftskip rightskip tabcolsep penalty baselinestretch textwidth columnwidth linewidth".split()
)
TEXT_IN_MATH = frozenset(
    "text textrm textit textbf textsf texttt textsc textnormal mbox hbox makebox fbox operatorname mathrm intertext".split()
)
CITES = frozenset(
    "cite citep citet citealt citealp citeauthor citeyear citeyearpar Cite Citet Citep Citealt Citeauthor parencite "
    "textcite autocite Autocite footcite supercite fullcite citenum onlinecite citen cites nocite shortcite cites "
    "smartcite citetext citeN citeA citeNP".split()
)
ENVIRONMENT_ARGUMENTS = {
    "tabular": 1,
    "array": 1,
    "minipage": 1,
    "tabular*": 2,
    "tabularx": 2,
    "alignat": 1,
    "alignat*": 1,
    "multicols": 1,
    "adjustbox": 1,
    "spacing": 1,
    "wrapfigure": 2,
}

UNITS = {
    "meter": "m", "metre": "m", "second": "s", "gram": "g", "kilogram": "kg", "ampere": "A", "kelvin": "K", "mole": "mol",
    "candela": "cd", "hertz": "Hz", "newton": "N", "pascal": "Pa", "joule": "J", "watt": "W", "coulomb": "C", "volt": "V",
    "farad": "F", "ohm": "Ω", "siemens": "S", "weber": "Wb", "tesla": "T", "henry": "H", "celsius": "°C",
    "degreeCelsius": "°C", "lumen": "lm", "lux": "lx", "becquerel": "Bq", "gray": "Gy", "sievert": "Sv", "electronvolt": "eV",
    "dalton": "Da", "minute": "min", "hour": "h", "day": "d", "degree": "°", "arcminute": "′", "arcsecond": "″",
    "liter": "L", "litre": "L", "percent": "%", "bar": "bar", "angstrom": "Å", "decibel": "dB", "bit": "bit", "byte": "B",
    "molar": "M", "radian": "rad", "steradian": "sr", "tonne": "t", "hectare": "ha", "barn": "b", "astronomicalunit": "au",
    "parsec": "pc", "year": "yr", "rpm": "rpm", "elementarycharge": "e",
    "yocto": "y", "zepto": "z", "atto": "a", "femto": "f", "pico": "p", "nano": "n", "micro": "µ", "milli": "m", "centi": "c",
    "deci": "d", "deca": "da", "hecto": "h", "kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P", "exa": "E",
    "nm": "nm", "um": "µm", "mm": "mm", "cm": "cm", "km": "km", "m": "m", "s": "s", "ms": "ms", "us": "µs", "ns": "ns",
    "ps": "ps", "fs": "fs", "eV": "eV", "keV": "keV", "MeV": "MeV", "GeV": "GeV", "TeV": "TeV", "K": "K", "Hz": "Hz",
    "kHz": "kHz", "MHz": "MHz", "GHz": "GHz", "V": "V", "mV": "mV", "W": "W", "mW": "mW", "kW": "kW", "Pa": "Pa",
    "kPa": "kPa", "MPa": "MPa", "GPa": "GPa", "g": "g", "kg": "kg", "mol": "mol", "J": "J", "kJ": "kJ", "T": "T", "mT": "mT",
}  # fmt: skip
UNIT_POWERS = {"squared": "^2", "cubed": "^3"}
UNIT_POWERS_BEFORE = {"square": "^2", "cubic": "^3"}
