"""The macros that a paper defines, and which of them matter for finding its figures."""

from __future__ import annotations

from dataclasses import dataclass, field

from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.scan import control_words


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro of the paper: body with #1..#9, number of arguments, default of the first where it is optional."""

    body: str
    args: int = 0
    default: str | None = None


@dataclass
class Macros:
    """Everything that the paper defines: commands, environments (begin, end), switches of \\newif."""

    commands: dict[str, Macro] = field(default_factory=dict)
    environments: dict[str, tuple[Macro, str]] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    structural: dict[str, bool] = field(default_factory=dict)

    def define(self, name: str, macro: Macro | None, *, keep: bool = False) -> None:
        """Set or (None: a form that is not expanded here) forget a command; keep: not where it is defined."""
        self.structural.clear()
        if name in names.PROTECTED or (keep and name in self.commands):
            return
        if macro is None:
            self.commands.pop(name, None)
        else:
            self.commands[name] = macro

    def is_structural(self, name: str) -> bool:
        """Whether the command makes or hides figures, captions, labels, references or headings."""
        known = self.structural.get(name)
        if known is None:
            self.structural[name] = False
            macro = self.commands[name]
            known = hides_argument(macro) or self.makes_structure(macro.body)
            self.structural[name] = known
        return known

    def makes_structure(self, body: str) -> bool:
        """Whether a macro body holds structural commands, directly or through other macros."""
        words = control_words(body)
        return not words.isdisjoint(names.STRUCTURAL) or any(
            self.is_structural(word) for word in words if word in self.commands
        )


def hides_argument(macro: Macro) -> bool:
    """Whether an argument of the macro never appears in its body, so that whatever stands there is not printed."""
    return any(f"#{n}" not in macro.body for n in range(1, macro.args + 1))
