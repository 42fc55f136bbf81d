"""Names of LaTeX commands and environments, by what they mean; the lists stand in commands.yaml."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pylatexenc.latex2text import get_default_latex_context_db

_DATA: dict[str, Any] = yaml.safe_load(files(__package__).joinpath("commands.yaml").read_text("utf-8"))


def _words(key: str) -> frozenset[str]:
    return frozenset(_DATA[key].split())


def _starred(key: str) -> frozenset[str]:
    return frozenset(f"{name}{star}" for name in _words(key) for star in ("", "*"))


FIGURES = _starred("figures")
TABLES = _starred("tables")
FLOATS = FIGURES | TABLES | _starred("algorithms")
SUBFIGURES = _words("subfigures")
TABULARS = _words("tabulars")
DRAWINGS = _words("drawings")
EQUATIONS = _starred("equations")
NUMBERED = _words("numbered_equations")
ROWS_OF_EQUATIONS = _words("rows_of_equations")
OTHER_FLOATS: dict[str, str] = {name: kind for kind, words in _DATA["other_floats"].items() for name in words.split()}
NUMBERED_LINES = _starred("numbered_lines")
NUMBERED_LISTS = _words("numbered_lists")
STATEMENTS = _words("statements")
CLASS_STATEMENTS: dict[str, str] = _DATA["class_statements"]
NOT_BODY = _words("not_body")

DRAWING_COMMANDS = _words("drawing_commands")
SUBFLOATS = _words("subfloats")
ONLY_IN_FIGURES = _words("only_in_figures")
REFERENCES = _words("references")
CONDITIONALS = _words("conditionals")
KEPT_DEFINITIONS = _words("kept_definitions")
KEYED_PICTURES = _words("keyed_pictures")
APPENDIX_NUMBERS: dict[str, dict[str, str]] = _DATA["appendix_numbers"]
APPENDIX_COMMANDS: dict[str, str] = _DATA["appendix_commands"]
CLASS_FORMATS: dict[str, dict[str, str]] = _DATA["class_formats"]
PICTURES: dict[str, int] = _DATA["pictures"]
SECTIONS: dict[str, int] = _DATA["sections"]

STRUCTURAL = (
    _words("structural")
    | APPENDIX_COMMANDS.keys()
    | PICTURES.keys()
    | SUBFLOATS
    | REFERENCES
    | SECTIONS.keys()
    | DRAWING_COMMANDS
)
PROTECTED = (STRUCTURAL | _words("protected")) - _words("free")
PROTECTED_ENVIRONMENTS = FLOATS | SUBFIGURES | EQUATIONS | {"document", "abstract", "center", "minipage", "verbatim"}

OPERATORS = _words("operators")
ASSIGNED = _words("assigned")
TEXT_IN_MATH = _words("text_in_math")
CITES = _words("cites")
SILENT_IN_MATH = _words("silent_in_math")
DROPPED: dict[str, int] = {name: count for count, words in _DATA["dropped"].items() for name in words.split()}
ENVIRONMENT_ARGUMENTS: dict[str, int] = _DATA["environment_arguments"]
ACCENTS: dict[str, str] = _DATA["accents"]
UNIT_PREFIXES: dict[str, str] = _DATA["unit_prefixes"]
UNITS: dict[str, str] = _DATA["units"]
DOUBLE_STRUCK = dict(zip("CEHNPQRZ1", "ℂ𝔼ℍℕℙℚℝℤ𝟙", strict=True))


@cache
def symbols() -> dict[str, str]:
    """Commands without arguments and the text that they print."""
    table: dict[str, str] = {}
    for spec in get_default_latex_context_db().iter_macro_specs():
        printed = spec.simplify_repl
        if isinstance(printed, str) and "%" not in printed and len(printed) <= 3 and spec.macroname != "today":
            table[spec.macroname] = printed
    own: dict[str, str] = _DATA["symbols"]
    return table | {name: name for name in OPERATORS} | own | {mark: mark for mark in "{}%$#&_"}
