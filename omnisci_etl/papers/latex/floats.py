"""From captions and pictures to figures: which belong together, how they are numbered, what labels point at."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from omnisci_etl.errors import HostileInput
from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.counters import Counters, letter
from omnisci_etl.papers.latex.equations import Equations
from omnisci_etl.papers.latex.macros import Macros
from omnisci_etl.papers.latex.scan import Arg
from omnisci_etl.papers.latex.sharing import grouped, share
from omnisci_etl.papers.latex.statements import Statements
from omnisci_etl.papers.latex.structure import Env, Event, Structure
from omnisci_etl.papers.latex.text import plain
from omnisci_etl.papers.mentions import figure_number, split_label

# A picture outside of any environment belongs to a caption at most this many characters behind it.
_NEAR = 3000
_RIGHT_BEHIND = 3
_LABEL_LENGTH = 200
_DOCUMENT_CLASS = re.compile(r"\\document(?:class|style)\s*(?:\[[^\]]{0,2000}\])?\s*\{([^{}]{0,200})\}")
_WORD_BEFORE = re.compile(r"fig(?:ures?|s)?\b[.:]?\s*", re.IGNORECASE)
MAX_CAPTIONS, MAX_LABELS = 2000, 20_000


@dataclass(eq=False)
class Part:
    """A lettered part: its caption in the source (None: not captioned) and the environment that holds it."""

    letter: str
    caption: Arg | None
    env: Env
    start: int
    end: int


@dataclass(eq=False)
class Draft:
    """A figure in the making; text[start:end] is what the body does not have.

    printed: what \\ref prints, where \\thefigure is more than the number ("Fig 1").
    """

    number: str
    name: str
    caption: Arg
    start: int
    end: int
    pictures: list[Event] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    drawn: bool = False
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What a label stands for: its kind, number, the figure and its part.

    kind: "figure", "table", "algorithm", "section", "equation"; of others the word that is printed ("Lemma").
    """

    kind: str
    number: str
    draft: Draft | None = None
    part: str = ""


@dataclass
class Floats:
    """The figures of a document in order, what each label stands for, and where captions stand outside of floats."""

    drafts: list[Draft] = field(default_factory=list)
    targets: dict[str, Target] = field(default_factory=dict)
    outside: list[tuple[int, int]] = field(default_factory=list)


def owner(event: Event) -> Env | None:
    """The float or lettered part that a caption belongs to: the innermost around it, None outside of both."""
    for env in event.env.chain():
        if env.captype or env.name in names.FLOATS or env.name in names.SUBFIGURES or env.name == "subfloat":
            return env
    return None


def kind_of(event: Event) -> str:
    """What a caption is the caption of: "figure", "table", "part", "other" or, outside of floats, ""."""
    if event.kind == "subcaption":
        return "part"
    if event.value:
        return event.value if event.value in ("figure", "table") else "other"
    env = owner(event)
    if env is None:
        return ""
    if env.captype:
        return env.captype if env.captype in ("figure", "table") else "other"
    if env.name in names.FIGURES:
        return "figure"
    if env.name in names.TABLES:
        return "table"
    return "part" if env.name in names.SUBFIGURES or env.name == "subfloat" else "other"


def collect(structure: Structure, macros: Macros) -> Floats:
    """The figures of a structure, and what its labels stand for."""
    return _Collector(structure, macros).run()


class _Collector:
    def __init__(self, structure: Structure, macros: Macros) -> None:
        self.events = structure.events
        self.envs = structure.envs
        self.text = structure.source.text
        for kind, cap in (("caption", MAX_CAPTIONS), ("label", MAX_LABELS)):
            if sum(1 for _ in structure.of_kind(kind)) > cap:
                raise HostileInput("too-large", f"more than {cap} commands \\{kind}")
        self.starts = [event.start for event in self.events]
        self.found = Floats()
        found = _DOCUMENT_CLASS.search(structure.source.text)
        self.counters = Counters(found.group(1).strip().rpartition("/")[2] if found else "")
        self.equations = Equations(structure, self.counters)
        self.statements = Statements(structure, self.counters, macros)
        self.stated: dict[Event, tuple[str, str] | None] = {}
        self.drafts: dict[Event, Draft] = {}
        self.numbers: dict[Event, tuple[str, str]] = {}
        self.sections: dict[Event, tuple[str, Env | None]] = {}
        self.further: dict[Env, list[Env]] = {}
        self.again: set[Env] = set()
        self.last = 0
        self.counted: list[Event] = []
        self.counted_starts: list[int] = []
        self.lettered: list[Draft] = []

    def run(self) -> Floats:
        self._link_continued()
        captions = self._number()
        for container, group in grouped(captions):
            self._fill(container, group)
        for draft in self.found.drafts:
            self._letter(draft)
        self._aim_labels()
        return self.found

    def _link_continued(self) -> None:
        """What belongs together by \\ContinuedFloat: environments without a caption, and captions after the first.

        So does a float that holds a picture alone with the next one, which holds a caption alone.
        """
        continued = {env for event in self.events if event.kind == "continued" for env in event.env.chain()}
        captioned = {env for event in self.events if event.kind == "caption" and kind_of(event) == "figure"
                     for env in event.env.chain()}  # fmt: skip
        chain: list[Env] = []
        head: Env | None = None
        for env in self.envs:
            if env.name not in names.FIGURES:
                continue
            if env not in continued:
                chain, head = [before for before in chain[-1:] if self._is_picture_of(before, env)], None
            if env in captioned and head:
                self.again.add(env)
            elif env in captioned:
                head = env
                self.further[env] = chain
            elif head:
                self.further[head].append(env)
            else:
                chain.append(env)

    def _is_picture_of(self, before: Env, env: Env) -> bool:
        """Whether a float has a picture and the next one, right behind it, none."""
        if self.text[before.end : env.start].strip():
            return False
        shown = [self._shows_picture(float_) for float_ in (before, env)]
        return shown == [True, False]

    def _shows_picture(self, env: Env) -> bool:
        return any(event.kind in ("picture", "drawing") for event in self.between(env.start, env.end))

    def _number(self) -> list[Event]:
        """Walk through the counters; the captions of figures, in order."""
        figures: list[Event] = []
        section: Env | None = None
        counted = [env for env in self.envs if env.name in names.NUMBERED or self.statements.counts(env)]
        places: list[Event | Env] = [*self.events, *counted]
        for event in sorted(places, key=lambda place: place.start):
            if isinstance(event, Env):
                (self.equations if event.name in names.NUMBERED else self.statements).feed(event)
                continue
            kind = kind_of(event) if event.kind == "caption" else ""
            if kind == "figure" and event.starred:
                figures += self._by_hand(event)
            elif kind == "figure":
                again = bool(self.found.drafts) and any(env in self.again for env in event.env.chain())
                self._draft(event, again)
                figures.append(event)
            elif kind and not event.starred:
                self._count(event, kind)
            elif event.kind == "label":
                self.sections[event] = (self._section_number(), section)
                self.stated[event] = self.statements.at(event.env)
            elif event.kind == "item":
                self.statements.item(event)
            else:
                section = event.env if event.kind == "section" else section
                self.counters.feed(event)
        return figures

    def _by_hand(self, event: Event) -> list[Event]:
        """\\caption*{Figure 1: ...} is numbered by the authors themselves."""
        label, _ = (
            split_label(plain(self.text[event.arg.start : event.arg.end][:_LABEL_LENGTH])) if event.arg else ("", 0)
        )
        number = figure_number(label)
        if number is None or event.arg is None:
            return []
        draft = Draft(number, "", event.arg, event.start, event.end)
        self.found.drafts.append(draft)
        self.drafts[event] = draft
        self.numbers[event] = ("figure", number)
        return [event]

    def _count(self, event: Event, kind: str) -> None:
        env = owner(event)
        if kind == "other":
            kind = names.OTHER_FLOATS.get(event.value or (env.name.rstrip("*") if env else ""), "")
        if kind in ("table", "algorithm") or kind in names.OTHER_FLOATS.values():
            self.numbers[event] = (kind, event.option or self.counters.step(kind.lower()))

    def _section_number(self) -> str:
        level = next(
            (n for n in ("subsubsection", "subsection", "section", "chapter") if self.counters.value.get(n)), ""
        )
        return self.counters.printed(level) if level else ""

    def _draft(self, event: Event, again: bool) -> None:
        arg = event.arg or Arg(event.end, event.end, event.end)
        if again and self.counters.value.get("figure", 0) == self.last:
            draft = self.found.drafts[-1]
        else:
            # Where authors count the figure themselves, \\ContinuedFloat stands in its first float as well.
            printed = event.option or (self.counters.printed("figure") if again else self.counters.step("figure"))
            self.last = self.counters.value.get("figure", 0)
            number = _unnamed(printed)
            name = self.counters.formats.get("figurename", "")
            draft = Draft(number, name, arg, event.start, event.end, printed=printed)
            self.found.drafts.append(draft)
        self.drafts[event] = draft
        self.numbers[event] = ("figure", draft.printed or draft.number)

    def between(self, start: int, end: int) -> Sequence[Event]:
        """The events in a stretch of text."""
        return self.events[bisect_right(self.starts, start - 1) : bisect_right(self.starts, end - 1)]

    def _fill(self, container: Env | None, captions: list[Event]) -> None:
        if container is None:
            container = self._surroundings(captions)
        if container is None:
            for caption in captions:
                self._fill_near(caption)
            return
        inside = [e for e in self.between(container.start, container.end) if e.env.inside(container)]
        bounds = share(container, inside, captions)
        for caption, (start, end) in zip(captions, bounds, strict=True):
            draft = self.drafts[caption]
            draft.start, draft.end = min(draft.start, start), max(draft.end, end)
            self._take(draft, [e for e in inside if start <= e.start < end])
        for env in self.further.get(container, ()):
            further = self.between(env.start, env.end)
            self._take(self.drafts[captions[0]], further, first=env.start < container.start)
        self.found.outside.append((container.start, container.end))

    def _surroundings(self, captions: list[Event]) -> Env | None:
        """For captions outside of floats: the innermost environment around them that holds a picture."""
        for env in captions[0].env.chain():
            if env.parent is None or env.name == "document":
                return None
            if env.end - env.start > _NEAR + sum(caption.end - caption.start for caption in captions):
                return None
            if self._shows_picture(env):
                return env
        return None

    def _fill_near(self, caption: Event) -> None:
        """Outside of any environment: the pictures since the last caption, heading or float, not far above."""
        draft = self.drafts[caption]
        index = self.events.index(caption)
        for event in reversed(self.events[:index]):
            barrier = event.kind in ("caption", "section") or event.start < caption.start - _NEAR
            if barrier or any(env.name in names.FLOATS for env in event.env.chain()):
                break
            if event.kind in ("picture", "drawing", "subcaption"):
                self._take(draft, [event], first=True)
        self.found.outside.append((caption.start, caption.end))

    def _take(self, draft: Draft, events: Sequence[Event], *, first: bool = False) -> None:
        pictures = [event for event in events if event.kind == "picture"]
        draft.pictures[:] = [*pictures, *draft.pictures] if first else [*draft.pictures, *pictures]
        draft.drawn = draft.drawn or any(event.kind == "drawing" for event in events)
        for event in events:
            captioned = event.kind in ("caption", "subcaption")
            if captioned and kind_of(event) == "part" and not event.starred:
                env = owner(event) or event.env
                if event.kind == "subcaption" and env.name in names.FLOATS:
                    env = event.env
                draft.parts.append(Part("", event.arg, env, event.start, event.end))

    def _letter(self, draft: Draft) -> None:
        draft.parts.sort(key=lambda part: part.start)
        form = self.counters.formats.get("thesubfigure", "")
        style = next((style for style in ("Alph", "arabic", "roman", "Roman") if f"\\{style}" in form), "alph")
        for number, part in enumerate(draft.parts, 1):
            part.letter = letter(number, style)

    def _aim_labels(self) -> None:
        """What each label stands for; of labels of one name LaTeX knows the last."""
        self.counted = list(self.numbers)
        self.counted_starts = [event.start for event in self.counted]
        self.lettered = [draft for draft in self.found.drafts if draft.parts]
        for event in self.events:
            if event.kind == "label" and event.value:
                target = self._target(event)
                if target:
                    self.found.targets[event.value] = target
                    if target.draft and not target.part:
                        target.draft.labels.append(event.value)
        for key, number in self.statements.listings.items():
            self.found.targets.setdefault(key, Target("Listing", number))

    def _target(self, label: Event) -> Target | None:
        part = self._part_of(label)
        if part:
            return Target("figure", part[0].printed or part[0].number, part[0], part[1].letter)
        caption = self._caption_of(label)
        if caption:
            kind, number = self.numbers[caption]
            return Target(kind, number, self.drafts.get(caption))
        if label.value in self.equations.numbers:
            return Target("equation", self.equations.numbers[label.value])
        if label.env in self.equations.groups:
            return Target("equation", self.equations.groups[label.env])
        stated = self.stated[label]
        if stated:
            return Target(*stated)
        number, env = self.sections[label]
        return Target("section", number) if number and label.env is env else None

    def _part_of(self, label: Event) -> tuple[Draft, Part] | None:
        envs = set(label.env.chain())
        for draft in self.lettered:
            behind = next((part for part in draft.parts if 0 <= label.start - part.end <= _RIGHT_BEHIND), None)
            if behind:
                return draft, behind
            if not draft.start <= label.start < draft.end:
                continue
            mine = [part for part in draft.parts if part.env in envs and part.env.name not in names.FIGURES]
            if mine:
                before = [part for part in mine if part.start <= label.start]
                return draft, before[-1] if before else mine[0]
        return None

    def _caption_of(self, label: Event) -> Event | None:
        """The caption that a label stands in or behind, in the same float; else the next one of the float."""
        index = bisect_right(self.counted_starts, label.start)
        if index and label.start < self.counted[index - 1].end:
            return self.counted[index - 1]
        for env in label.env.chain():
            if env.parent is None or env.name == "document":
                break
            if env.name in names.NUMBERED_LINES:
                return None
            first, last = (bisect_left(self.counted_starts, place) for place in (env.start, env.end))
            if first < last and (env.name in names.FLOATS or env.captype or self.counted[first].env is env):
                before = bisect_left(self.counted_starts, label.start, first, last)
                return self.counted[max(first, before - 1)]
        return self._just_before(label)

    def _just_before(self, label: Event) -> Event | None:
        """The caption right before a label that stands outside of any environment."""
        index = self.events.index(label)
        previous = self.events[index - 1] if index else None
        near = previous in self.numbers and previous is not None and label.start - previous.end < 20
        return previous if near else None


def _unnamed(printed: str) -> str:
    """The number that \\thefigure prints, without the word that authors put before it."""
    word = _WORD_BEFORE.match(printed)
    return (printed[word.end() :] if word else printed) or printed
