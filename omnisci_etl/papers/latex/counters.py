"""LaTeX's counters, as far as figures need them: figures, tables, sections, and how they are printed."""

from __future__ import annotations

import re

from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.structure import Event
from omnisci_etl.papers.latex.text import plain

_PRINTED = re.compile(r"\\(arabic|alph|Alph|roman|Roman|value)\s*\{\s*(\w+)\s*\}|\\the(\w+)")
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_INNER = ("figure", "table", "equation", "algorithm")
# Each of them is looked at whenever a section or a theorem is counted.
_MOST_WITHIN = 200
_SECTIONS = ("chapter", "section", "subsection", "subsubsection")


def letter(number: int, style: str = "alph") -> str:
    """1 as "a" (alph), "A" (Alph), "i" (roman), "I" (Roman) or "1" (arabic); after z comes aa."""
    if style.lower() == "roman":
        printed = _roman(number)
    elif style.lower() == "alph":
        printed = "" if number <= 26 else letter((number - 1) // 26)
        printed += chr(ord("a") + (number - 1) % 26)
    else:
        return str(number)
    return printed.upper() if style[0].isupper() else printed


def _roman(number: int) -> str:
    printed = ""
    for value, digits in _ROMAN:
        while number >= value and len(printed) < 20:
            printed += digits
            number -= value
    return printed


class Counters:
    """The state of the counters at a place in the document; feed it the events in order."""

    def __init__(self, document_class: str = "") -> None:
        self.document_class = document_class
        self.value: dict[str, int] = {}
        formats = (forms for name, forms in names.CLASS_FORMATS.items() if document_class.lower().startswith(name))
        self.formats: dict[str, str] = dict(next(formats, {}))
        self.within: dict[str, str] = {}
        self.appendix = False
        self.lettered = False
        self.chapters = False

    def feed(self, event: Event) -> None:
        """Take note of a section, an appendix, or a command that changes a counter."""
        if event.kind == "section" and not event.starred:
            self._section(int(event.value))
        elif event.kind == "appendix":
            self._appendix(event.value)
        elif event.kind == "counter":
            self._change(event)
        elif event.kind == "format":
            self.formats[event.value] = event.option
        elif event.kind == "within":
            self.count_within(event.value, event.option)

    def count_within(self, name: str, outer: str) -> None:
        """Let a counter begin anew whenever another one is stepped."""
        if name in self.within or len(self.within) < _MOST_WITHIN:
            self.within[name] = outer

    def _appendix(self, command: str) -> None:
        """\\appendix as the class has it, or one of names.APPENDIX_COMMANDS."""
        known, name = names.APPENDIX_NUMBERS, self.document_class.lower()
        numbers = known.get(name) or known.get(name.rstrip("0123456789")) or {}
        if command in ("end", numbers.get("until")):
            self._end_appendix()
        elif command == "restart":
            self._by_letters("\\thesection\\arabic{figure}", "once" if self.appendix else "section")
        elif command == "open":
            if not self.lettered:
                self._begin_appendix()
            self.lettered = True
            self._section(_SECTIONS.index("section") + 1)
            self._by_letters("\\thesection\\arabic{figure}", "once")
        elif not command:
            self._begin_appendix()
            if numbers and "thefigure" not in self.formats:
                self._by_letters(numbers["form"], numbers["reset"])

    def _by_letters(self, form: str, reset: str) -> None:
        self.formats["thefigure"] = form
        if reset == "section":
            self.within["figure"] = "section"
        if reset != "never":
            self.value["figure"] = 0

    def _begin_appendix(self) -> None:
        self.appendix = True
        self.value.update(chapter=0, section=0)
        for forms in names.CLASS_FORMATS.values():
            for name in ("thesection", "thesubsection"):
                if self.formats.get(name) == forms[name]:
                    del self.formats[name]

    def _end_appendix(self) -> None:
        if self.appendix:
            self.appendix = False
            self.formats.pop("thefigure", None)
            self.within.pop("figure", None)

    def step(self, name: str) -> str:
        """Count one more figure or table, and what LaTeX prints for it."""
        self.value[name] = self.value.get(name, 0) + 1
        for inner, outer in self.within.items():
            if outer == name:
                self.value[inner] = 0
        return self.printed(name)

    def printed(self, name: str, depth: int = 0) -> str:
        """The counter as LaTeX prints it: "3", "S3", "2.3"."""
        number = self.value.get(name, 0)
        form = self.formats.get(f"the{name}")
        if form is not None and depth < 4:
            return plain(_PRINTED.sub(lambda hit: self._part(hit, depth), form))
        if name == self._top():
            return letter(max(number, 1), "Alph") if self.appendix else str(number)
        outer = self.within.get(name) or self._outer(name)
        return f"{self.printed(outer, depth + 1)}.{number}" if outer and depth < 4 else str(number)

    def _part(self, hit: re.Match[str], depth: int) -> str:
        if hit[3]:
            return self.printed(hit[3], depth + 1)
        number = self.value.get(hit[2], 0)
        return letter(number, hit[1]) if number > 0 else str(number)

    def _top(self) -> str:
        return "chapter" if self.chapters else "section"

    def _outer(self, name: str) -> str:
        if name in ("subsection", "subsubsection"):
            return _SECTIONS[_SECTIONS.index(name) - 1]
        return "chapter" if self.chapters and name in ("section", *_INNER) else ""

    def _section(self, level: int) -> None:
        if not 1 <= level <= len(_SECTIONS):
            return
        name = _SECTIONS[level - 1]
        self.chapters = self.chapters or name == "chapter"
        self.value[name] = self.value.get(name, 0) + 1
        for lower in _SECTIONS[level:]:
            self.value[lower] = 0
        inner = {counter for counter, outer in self.within.items() if outer in _SECTIONS[level - 1 :]}
        if name == "chapter":
            inner.update(counter for counter in _INNER if counter not in self.within)
        self.value.update(dict.fromkeys(inner, 0))

    def _change(self, event: Event) -> None:
        action, _, amount = event.option.partition(" ")
        if not re.fullmatch(r"-?\d{1,4}", amount):
            return
        start = 0 if action == "set" else self.value.get(event.value, 0)
        self.value[event.value] = start + int(amount)
