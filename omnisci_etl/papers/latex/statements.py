"""Theorems and their like, numbered items and listings: what text and captions that point at them print."""

from __future__ import annotations

import re

from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.counters import Counters, letter
from omnisci_etl.papers.latex.macros import Macros, Statement
from omnisci_etl.papers.latex.structure import Env, Event, Structure
from omnisci_etl.papers.latex.text import plain

_COUNTED = re.compile(r"\\(?:arabic|alph|Alph|roman|Roman|value|the)(?![a-z])|\\the[a-z]")
_OPTION = re.compile(r"(?:^|,)\s*(caption|label|title)\s*=\s*(?:\{([^{}]{0,300})\}|([^,{}]{0,300}))")
_ITEM_LABEL = re.compile(r"(?:^|,)\s*(?:label|ref)\s*=((?:[^,{}]|\{(?:[^{}]|\{[^{}]{0,40}\}){0,60}\}){0,100})")
_STAR = re.compile(r"\\(arabic|alph|Alph|roman|Roman)\s*\*")
_COUNTER = re.compile(r"\\(arabic|alph|Alph|roman|Roman)\s*\{enumi{1,3}v?\}")
_SHORT = re.compile(r"(?<![A-Za-z\\])[AaIi1](?![A-Za-z])|1")
_STYLES = {"1": "arabic", "a": "alph", "A": "Alph", "i": "roman", "I": "Roman"}
_LEVELS = ("arabic", "alph", "roman", "Alph")
_LONGEST_TITLE = 40
_RESTATED = frozenset({"restatable", "restatable*"})


def declared(document_class: str, macros: Macros) -> dict[str, Statement]:
    """The statements that the class brings along, and those that the paper declares itself, with their counters."""
    shapes = names.CLASS_STATEMENTS.items()
    shape = next((shape for name, shape in shapes if document_class.lower().startswith(name)), "")
    found: dict[str, Statement] = {}
    for name in names.STATEMENTS if shape else ():
        within = "section" if shape == "sections" else ""
        found[name] = Statement(name.capitalize(), name if shape == "apart" else "theorem", within)
    for name, own in macros.statements.items():
        counter = macros.aliases.get(own.counter, own.counter)
        found[name] = Statement(plain(own.title, macros)[:_LONGEST_TITLE], counter, own.within)
    return found


class Statements:
    """Counts statements, items and listings of a structure; feed it environments and items in order.

    numbers: (word, number) of the environments that have one; one whose number cannot be told has none.
    """

    def __init__(self, structure: Structure, counters: Counters, macros: Macros) -> None:
        self.source = structure.source
        self.counters = counters
        self.declared = declared(counters.document_class, macros)
        for statement in self.declared.values():
            if statement.within:
                counters.count_within(statement.counter, statement.within)
        printed = macros.commands.get("theenumi")
        self.enumi = printed.body if printed else None
        self.numbers: dict[Env, tuple[str, str]] = {}
        self.listings: dict[str, str] = {}
        self.items: dict[Env, int] = {}

    def counts(self, env: Env) -> bool:
        """Whether feed has to see the environment."""
        return env.name in self.declared or env.name in _RESTATED or env.name == "lstlisting"

    def feed(self, env: Env) -> None:
        """Count a statement or a listing that begins."""
        pos = self.source.text.find("}", env.start, env.end) + 1
        if env.name == "lstlisting":
            self._listing(self.source.get(self.source.optional(pos)))
            return
        name = env.name
        if name in _RESTATED:
            name = self.source.get(self.source.group(self.source.skip_optionals(pos))).strip()
        statement = self.declared.get(name)
        if statement is None or not statement.counter:
            return
        number = self._step(statement.counter)
        if number:
            self.numbers[env] = (statement.title, number)

    def _step(self, counter: str) -> str:
        """A form without a counter ("1'") is that of the next one alone."""
        form = self.counters.formats.get(f"the{counter}")
        if form is not None and not _COUNTED.search(form):
            del self.counters.formats[f"the{counter}"]
            return "" if "ref" in form else plain(form)
        return self.counters.step(counter)

    def _listing(self, options: str) -> None:
        found = {hit[1]: (hit[2] or hit[3] or "").strip() for hit in _OPTION.finditer(options)}
        if "caption" not in found:
            return
        number = self.counters.step("lstlisting")
        if found.get("label"):
            self.listings.setdefault(found["label"], number)

    def item(self, event: Event) -> None:
        """Count an \\item of a numbered list."""
        if event.env.name in names.NUMBERED_LISTS:
            self.items[event.env] = self.items.get(event.env, 0) + 1

    def at(self, env: Env) -> tuple[str, str] | None:
        """(word, number) of the innermost item or statement around a label that stands in env."""
        for outer in env.chain():
            if self.items.get(outer):
                return "Item", self._item(outer)
            if outer in self.numbers:
                return self.numbers[outer]
            if outer.name in names.FLOATS or self.counts(outer):
                return None
        return None

    def _item(self, env: Env) -> str:
        """The number of the last item as \\ref prints it: "3", "(iii)", "2a" of an inner list."""
        count = self.items[env]
        form = self._form(env)
        if form is not None:
            return form
        outer = [list_ for list_ in env.chain() if list_.name in names.NUMBERED_LISTS and list_ is not env]
        style = _LEVELS[min(len(outer), len(_LEVELS) - 1)]
        before = self._item(outer[0]) if 0 < len(outer) < len(_LEVELS) and self.items.get(outer[0]) else ""
        return before + letter(count, style)

    def _form(self, env: Env) -> str | None:
        count = self.items[env]
        given = self.source.get(self.source.optional(self.source.text.find("}", env.start, env.end) + 1))
        is_outermost = sum(outer.name in names.NUMBERED_LISTS for outer in env.chain()) == 1
        found = _ITEM_LABEL.search(given)
        form = found[1] if found else self.enumi if self.enumi and is_outermost and not given else None
        if form is not None:
            printed, hits = _STAR.subn(lambda hit: letter(count, hit[1]), form)
            printed, more = _COUNTER.subn(lambda hit: letter(count, hit[1]), printed)
            return plain(printed).rstrip(".:, ") if hits + more else None
        short = _SHORT.search(given) if given and "=" not in given else None
        if short is None:
            return None
        printed = given[: short.start()] + letter(count, _STYLES[short[0]]) + given[short.end() :]
        return plain(printed).rstrip(".:, ")
