"""Names of LaTeX commands and environments, by what they mean for figures."""

from __future__ import annotations

FIGURES = frozenset(
    f"{name}{star}"
    for name in (
        "figure",
        "wrapfigure",
        "floatingfigure",
        "sidewaysfigure",
        "SCfigure",
        "marginfigure",
        "teaserfigure",
        "cutoutfigure",
        "mfigure",
        "figurehere",
        "figwindow",
        "rotatefigure",
        "overlayfigure",
        "turnfigure",
    )
    for star in ("", "*")
)
SUBFIGURES = frozenset(("subfigure", "subfigure*", "subfigures", "subcaptionblock", "subfloatrow", "panel"))
TABLES = frozenset(
    f"{name}{star}"
    for name in (
        "table",
        "wraptable",
        "floatingtable",
        "sidewaystable",
        "SCtable",
        "margintable",
        "longtable",
        "deluxetable",
        "supertabular",
        "xltabular",
        "tablehere",
        "rotatetable",
        "threeparttable",
        "ltable",
    )
    for star in ("", "*")
)
ALGORITHMS = frozenset(
    (
        "algorithm",
        "algorithm*",
        "algorithm2e",
        "algo",
        "procedure",
        "function",
        "algorithmic",
        "algorithm2e*",
        "wrapalgorithm",
        "scheme",
        "scheme*",
        "chart",
        "listing",
        "listing*",
        "program",
        "codelisting",
        "video",
        "movie",
        "plate",
        "map",
        "box",
    )
)
FLOATS = FIGURES | TABLES | ALGORITHMS

TABULARS = frozenset(
    (
        "tabular",
        "tabular*",
        "tabularx",
        "tabulary",
        "tabu",
        "longtable",
        "longtabu",
        "xltabular",
        "supertabular",
        "tblr",
        "algorithm",
        "algorithm*",
        "algorithm2e",
        "algorithmic",
        "algo",
        "verbatim",
    )
)
DRAWINGS = frozenset(
    (
        "tikzpicture",
        "tikzcd",
        "pgfpicture",
        "picture",
        "pspicture",
        "pspicture*",
        "axis",
        "forest",
        "circuitikz",
        "feynmandiagram",
        "feynman",
        "fmffile",
        "fmfgraph",
        "fmfgraph*",
        "quantikz",
        "tikz-cd",
        "asy",
        "mfpic",
        "psmatrix",
        "dependency",
        "chemfigure",
        "bytefield",
        "diagram",
        "msc",
        "gantt",
        "ganttchart",
        "sequencediagram",
    )
)
DRAWING_COMMANDS = frozenset(
    (
        "tikz",
        "xymatrix",
        "chemfig",
        "feynmandiagram",
        "Qcircuit",
        "includestandalone",
        "includesvg",
        "includetikz",
        "animategraphics",
        "includemedia",
        "smartdiagram",
        "Tree",
        "unitlength",
        "qtree",
        "schemestart",
    )
)
EQUATIONS = frozenset(
    f"{name}{star}"
    for name in ("equation", "align", "eqnarray", "gather", "multline", "alignat", "flalign", "subequations", "dmath")
    for star in ("", "*")
)
NOT_BODY = frozenset(
    (
        "thebibliography",
        "references",
        "abstract",
        "abstract*",
        "onecolabstract",
        "keywords",
        "keyword",
        "verbatim",
        "CCSXML",
        "titlepage",
        "acronym",
        "theindex",
    )
)

SECTIONS = {
    "part": 0,
    "chapter": 1,
    "section": 2,
    "subsection": 3,
    "subsubsection": 4,
    "paragraph": 5,
    "subparagraph": 6,
}

# Commands with the number of the argument that names the file; "key" commands take key=value pairs.
PICTURES = {
    "includegraphics": 1,
    "adjustincludegraphics": 1,
    "adjincludegraphics": 1,
    "pgfimage": 1,
    "epsfbox": 1,
    "epsffile": 1,
    "plotone": 1,
    "plottwo": 1,
    "plotfiddle": 1,
    "rotatefig": 2,
    "fig": 1,
    "leftfig": 1,
    "rightfig": 1,
    "boxedfig": 1,
    "psfig": 1,
    "epsfig": 1,
    "psfigure": 1,
    "epsfigure": 1,
    "special": 1,
}
ONLY_IN_FIGURES = frozenset(("fig", "leftfig", "rightfig", "boxedfig", "rotatefig", "special"))
SUBFLOATS = frozenset(("subfloat", "subfigure", "subfig", "subbottom", "sidesubfloat", "subtop"))

REFERENCES = frozenset(
    (
        "ref",
        "autoref",
        "Autoref",
        "cref",
        "Cref",
        "labelcref",
        "crefrange",
        "Crefrange",
        "vref",
        "Vref",
        "fref",
        "Fref",
        "figref",
        "Figref",
        "subref",
        "eqref",
        "pageref",
        "cpageref",
        "nameref",
        "zcref",
        "hyperref",
        "prettyref",
    )
)

CONDITIONALS = frozenset(
    (
        "if",
        "ifx",
        "ifnum",
        "ifdim",
        "ifodd",
        "ifcat",
        "ifcase",
        "ifvmode",
        "ifhmode",
        "ifmmode",
        "ifinner",
        "ifvoid",
        "ifhbox",
        "ifvbox",
        "ifeof",
        "iftrue",
        "iffalse",
        "ifdefined",
        "ifcsname",
        "iffontchar",
        "ifpdf",
        "ifxetex",
        "ifluatex",
        "ifPDFTeX",
        "ifXeTeX",
        "ifLuaTeX",
        "else",
        "fi",
    )
)

STRUCTURAL = (
    frozenset(
        (
            "begin",
            "end",
            "caption",
            "captionof",
            "subcaption",
            "subcaptionbox",
            "captionbox",
            "sidecaption",
            "bicaption",
            "figcaption",
            "captionsetup",
            "ContinuedFloat",
            "label",
            "title",
            "abstract",
            "appendix",
            "graphicspath",
            "setcounter",
            "addtocounter",
            "stepcounter",
            "refstepcounter",
            "gridline",
            "input",
            "include",
            "import",
        )
    )
    | PICTURES.keys()
    | SUBFLOATS
    | REFERENCES
    | SECTIONS.keys()
    | DRAWING_COMMANDS
)
# Own definitions of these are ignored: what LaTeX means by them is built in. The short names that authors
# commonly take for their own macros are left to them.
PROTECTED = (STRUCTURAL | {"item", "par", "footnote", "document", "today", "and", "\\", "cite", "citep", "citet"}) - {
    "fig",
    "subfig",
    "figref",
    "Figref",
    "fref",
    "Fref",
    "vref",
    "subtop",
    "psfigure",
    "epsfigure",
    "Tree",
    "special",
    "chemfig",
}
PROTECTED_ENVIRONMENTS = FLOATS | SUBFIGURES | EQUATIONS | {"document", "abstract", "center", "minipage", "verbatim"}
KEPT_DEFINITIONS = frozenset(("thefigure", "thetable", "thesubfigure", "thesection", "figurename"))
