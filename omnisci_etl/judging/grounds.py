"""Whether an evidence text has a name, in any spelling that is still the same name."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cache, cached_property, lru_cache
from itertools import islice, permutations, takewhile
from typing import NamedTuple

from omnisci_etl.judging.evidence import MAX_EVIDENCE
from omnisci_etl.judging.names import SLIGHT, Name, find_names, normalised, words_of
from omnisci_etl.judging.terms import VISUAL, WORD, level, stem, stems, vocabulary

_LETTERS = {ord("α") + n: f"-{name}-" for n, name in enumerate(vocabulary()["greek"].split())}
_LETTERS |= {ord("µ"): "-mu-", ord("ϕ"): "-phi-", ord("ϵ"): "-epsilon-"}
_PAIR = re.compile(r"(?P<symbol>[A-Z][a-z]?)(?:[0-9]{0,3})")
_STOPS = frozenset(vocabulary()["stops"].split())
_LETTERS_ONLY = re.compile(r"[^\W\d_]+")
_BREAKS = re.compile(r"[^\W\d_]+|[.;:,()\[\]]")
# So many words on each side of a name are its place.
AROUND = 3
_REACH = 90
# So much of what an entry says has to be what the author says of its panel.
SAME_PANEL = 0.6
# What a word counts there that may stand in any caption ("model", "curve").
_OF_ANY_PICTURE = 0.5
_TOKENS = re.compile(r"[^\W_]+|[.!?;](?=\s)")
_STOP, _ENDS = ".", frozenset(".!?;")
_SMALL_WORDS = _STOPS | frozenset(vocabulary()["particles"].split())
_LONGEST = 40
_MANY = 20
_MANY_PLACES = 2_000
_MANY_NAMES = 5_000
_LEAST_SHARED = 5
_LONG = 6
_SHORT = 3
_BETWEEN = 2
_FEW = 3


def _folded(text: str) -> str:
    """Small letters, Greek ones spelled out between hyphens, compatibility characters as what they stand for."""
    text = unicodedata.normalize("NFKC", text).casefold() if not text.isascii() else text.casefold()
    return text if text.isascii() else text.translate(_LETTERS)


@lru_cache(maxsize=8192)
def _loosely(name: str) -> re.Pattern[str]:
    """The name with anything but letters and digits between its characters, or an s behind it."""
    between = r"[\W_]{0,4}"
    parts = re.findall(r"[^\W\d_]+|[0-9]+", name[:_LONGEST])
    # Letters stay together where they make a word; symbols of elements stand apart in text that lost its markup.
    spelled = [between.join(map(re.escape, part)) if len(part) <= 2 else re.escape(part) for part in parts]
    return re.compile(rf"(?<![^\W_]){between.join(spelled)}(?:s|es)?(?![^\W_])")


@cache
def _symbols() -> Mapping[str, str]:
    """Symbol by name of each element."""
    return {name: symbol for symbol, names in vocabulary()["elements"].items() for name in names.split()}


@cache
def _groups() -> Mapping[str, frozenset[str]]:
    """The words that ground each organism."""
    groups = [(set(named.split()), set(whole.replace("|", " ").split())) for whole, named in _split_groups()]
    return {
        word: frozenset(one for names, all_words in groups if word in names for one in all_words)
        for named, _ in groups
        for word in named
    }


@cache
def _same_substance() -> Mapping[str, str]:
    """All names of each substance that has several, with slashes between them."""
    several = (names for names in vocabulary()["substances"].split() if "/" in names)
    return {name: names for names in several for name in names.split("/")}


@cache
def _months() -> Mapping[str, str]:
    """The months by what their names are often cut to."""
    return {month[:_SHORT]: month for month in vocabulary()["months"].split()}


def _split_groups() -> Iterator[tuple[str, str]]:
    for group in vocabulary()["organisms"]:
        yield group, group.partition("|")[0]


def _content(text: str) -> list[str]:
    """The stems of the words that say something, and the ends of sentences."""
    tokens = _TOKENS.findall(text)
    return [_STOP if token in _ENDS else stem(token) for token in tokens if token.lower() not in _SMALL_WORDS]


def stems_said(texts: Iterable[str]) -> frozenset[str]:
    """The stems of all words of the texts, as place_of asks for them."""
    return frozenset(map(stem, {word for text in texts for word in _TOKENS.findall(text)}))


def is_explained(text: str, name: Name) -> bool:
    """Whether an acronym in brackets stands behind what it is short for: "batch normalization (BN, dashed)"."""
    letters = name.text.rstrip("s").casefold()
    return len(letters) > 1 and any(one.endswith(letters) for one in _initials_before(text, name))


def _initials_before(text: str, name: Name) -> tuple[str, ...]:
    """The first letters of the words before an acronym in brackets, of all and of all but the small ones."""
    if name.kind != "acronym" or text[name.start - 1 : name.start] not in ("(", "["):
        return ()
    words = re.findall(r"[^\W\d_]+", text[max(0, name.start - _REACH) : name.start].casefold())
    return "".join(word[0] for word in words), "".join(word[0] for word in words if word not in _STOPS)


def _stems_of(names: Iterable[Name]) -> frozenset[str]:
    """The stems of every word of the names."""
    return frozenset(stem(word) for name in names for word in _TOKENS.findall(name.text))


def _up_to_stop(words: list[str]) -> list[str]:
    return list(islice(takewhile(_STOP.__ne__, words), AROUND))


class Place(NamedTuple):
    """Where the evidence says what a caption says around a name: share of it, 0 to 1, and whether with another name.

    displaced: the caption has that other name not around its own one, wholly: and nowhere else.
    """

    share: float
    displaced: bool = False
    wholly: bool = False


class Grounds:
    """The names of an evidence: its texts, and what was read off the picture."""

    def __init__(self, text: str) -> None:
        self.text = normalised(text[:MAX_EVIDENCE])
        self._asked: dict[tuple[str, str], bool] = {}

    @cached_property
    def _small(self) -> str:
        return _folded(self.text)

    @cached_property
    def _stems(self) -> frozenset[str]:
        return stems(self.text)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(WORD.findall(self._small))

    @cached_property
    def _initials(self) -> tuple[str, str, str]:
        """The first letters of all words, of all but the small ones, and with a bar for each small one.

        In each a bar stands for punctuation. Three letters come together by chance, but less often in the last.
        """
        tokens = _BREAKS.findall(self._small)
        marks = [(token[0] if token[0].isalpha() else "|", token in _STOPS) for token in tokens]
        return (
            "".join(mark for mark, _ in marks),
            "".join(mark for mark, small in marks if not small),
            "".join("|" if small else mark for mark, small in marks),
        )

    @cached_property
    def _told(self) -> list[str]:
        return _content(self.text)

    @cached_property
    def _found(self) -> tuple[Name, ...]:
        return tuple(find_names(self.text))

    @cached_property
    def _names(self) -> frozenset[str]:
        """The stems of every word of an acronym, and of other names that are more than slight."""
        return self.acronyms | _stems_of(name for name in self._found if name.weight > SLIGHT)

    @cached_property
    def acronyms(self) -> frozenset[str]:
        """The stems of every word of an acronym."""
        return _stems_of(name for name in self._found if name.kind == "acronym")

    def place_of(self, text: str, name: Name, said: Set[str], among: Set[str] | None = None) -> Place:
        """Where what stands around a name of a caption's text also stands together in the evidence.

        That is the words of the sentence that say something, at most AROUND on each side; fewer than two of them tell
        nothing. said: the stems of the whole caption; a name of the evidence that it has elsewhere is not displaced.
        among: the stems of the names that count there; without it all that are more than slight.
        """
        counted = self._names if among is None else among
        before = _up_to_stop(_content(text[max(0, name.start - _REACH) : name.start])[::-1])
        behind = _up_to_stop(_content(text[name.end : name.end + _REACH]))
        around = {*before, *behind}
        places = list(islice((place for place, word in enumerate(self._told) if word in around), _MANY_PLACES))
        longest = len(before) + len(behind) + 2
        near_by = stems_said([text[max(0, name.start - _REACH) : name.end + _REACH]])
        weights = {word: _OF_ANY_PICTURE if level(word) == VISUAL else 1.0 for word in around}
        best = Place(0.0)
        for first, start in enumerate(places):
            near = bisect_right(places, start + longest)
            found = {self._told[place] for place in places[first:near]}
            share = sum(weights[word] for word in found) if len(found) > 1 else 0.0
            if share and share >= best.share:
                names = counted & {*self._told[max(0, start - 1) : start + longest + 2]}
                best = max(best, Place(share, not names <= near_by, not names <= said))
        return best._replace(share=best.share / sum(weights.values())) if best.share else best

    def abbreviate_otherwise(self, text: str, name: Name) -> bool:
        """Whether an acronym in brackets stands behind what this abbreviates otherwise: "core level shift (GFP)"."""
        initials = _initials_before(text, name)
        return any(one.endswith(short) for one in initials for short in self._abbreviations)

    @cached_property
    def _abbreviations(self) -> frozenset[str]:
        found = (name.text.rstrip("s").casefold() for name in self._found if name.kind == "acronym")
        return frozenset(short for short in found if len(short) > 1)

    def have_another(self, text: str, name: Name) -> bool:
        """Whether this says what a text says around a name, but of another name that the text lacks.

        For an entry of a panel and what the author says of that panel, which are too short for place_of.
        """
        entry = f"{text[: name.start]} {text[name.end :]}"
        words = {word for word in _content(entry) if word != _STOP and level(word) != VISUAL}
        if len(words.intersection(self._told)) < SAME_PANEL * len(words):
            return False
        return not self._names <= stems_said([text])

    def have(self, name: Name) -> bool:
        """Whether the evidence has the name, its expansion, its abbreviation, or the same under another name.

        Remembered, because captions of one figure name the same.
        """
        key = name.text, name.kind
        found = self._asked.get(key)
        return self._remember(key, self._have(name)) if found is None else found

    def spells(self, name: Name) -> bool:
        """Whether it stands there by its own letters: what only the letters of other words ground may be chance."""
        key = name.text, ""
        found = self._asked.get(key)
        return self._remember(key, self._literally(name.text) or self._loose(name.text)) if found is None else found

    def _remember(self, key: tuple[str, str], answer: bool) -> bool:
        if len(self._asked) < _MANY_NAMES:
            self._asked[key] = answer
        return answer

    def _have(self, name: Name) -> bool:
        if self._literally(name.text):
            return True
        if name.kind in ("term", "capital", "gloss", "place") and self._as_word(name.text):
            return True
        if name.kind == "species":
            return self._species(name.text)
        if name.kind == "organism":
            return self._organism(name.text)
        if name.kind == "element":
            return self._element(name.text)
        if name.kind == "substance":
            return self._substance(name.text)
        if name.kind == "method":
            return self._method(name.text)
        return self._loose(name.text) or self._expanded(name)

    def _literally(self, name: str) -> bool:
        """Whether the very characters stand there, with no letter or digit beside them."""
        at = self.text.find(name)
        for _ in range(_MANY):
            if at < 0:
                return False
            end = at + len(name)
            if not self.text[at - 1 : at].isalnum() and not self.text[end : end + 1].isalnum():
                return True
            at = self.text.find(name, end)
        return False

    def _loose(self, name: str) -> bool:
        """Whether it stands there in other capitals, with other signs between, or in the plural or singular."""
        folded = _folded(name)
        first = _LETTERS_ONLY.search(folded)
        if first is None or first[0][:2] not in self._small:
            return False
        if _loosely(folded).search(self._small):
            return True
        short = folded[:-1] if folded.endswith("s") and len(folded) > 3 else ""
        return bool(short) and _loosely(short).search(self._small) is not None

    def _as_word(self, name: str) -> bool:
        """Whether a word of the same stem stands there, or one that has it in it, or shares all but its ending."""
        found = stem(name)
        if found in self._stems:
            return True
        folded = _folded(name)
        month = _months().get(folded[:_SHORT], "")
        if month.startswith(folded) and not self._words.isdisjoint((month, month[:_SHORT])):
            return True
        if len(name) <= _LEAST_SHARED:
            return False
        beginning = folded[: max(_LEAST_SHARED, len(name) - 4)]
        inside = len(name) > _LONG and folded in self._small
        return inside or any(word.startswith(beginning) for word in self._words)

    def _species(self, name: str) -> bool:
        """Whether the epithet stands there behind a genus of the same letter ("E. coli", "Escherichia coli")."""
        initial, epithet = name[0], name.rpartition(" ")[2].rpartition(".")[2]
        return re.search(rf"\b{initial}(?:\.|[a-z]+)\s?{epithet}\b", self.text) is not None

    def _organism(self, name: str) -> bool:
        """Whether the organism stands there under one of its names; a number behind a hyphen (cow-1) says nothing."""
        words = map(_singular, name.casefold().split("-"))
        return any(not self._words.isdisjoint(_groups().get(word, ())) for word in words)

    def _element(self, name: str) -> bool:
        """Whether the element stands there by name or by symbol; a count or charge beside the symbol says nothing.

        A symbol of one letter (N, K) is mostly something else: it has to stand in a formula, with a number or charge.
        """
        bare = "".join(filter(str.isalpha, name))
        symbol = _symbols().get(bare.casefold(), bare)
        names = vocabulary()["elements"].get(symbol, "").split()
        if any(stem(one) in self._stems or one in self._small for one in names):
            return True
        beginnings = tuple(one[: _LONG if len(symbol) == 1 else _LEAST_SHARED] for one in names)
        if any(word.startswith(beginnings) for word in self._words):
            return True
        if len(symbol) > 1:
            return re.search(rf"(?<![a-z]){re.escape(symbol)}(?![a-z])", self.text) is not None
        within = rf"{symbol}(?=[0-9+]|[A-Z][a-z](?![a-z]))|(?<=[0-9)]){symbol}(?![a-z])"
        return re.search(rf"(?<![a-z])(?:{within})", self.text) is not None

    def _substance(self, name: str) -> bool:
        """Whether the substance stands there under one of its names, or by its formula."""
        small = name.casefold()
        alike = _same_substance().get(small, small).split("/")
        if any(self._as_word(one) for one in alike):
            return True
        compounds = vocabulary()["compounds"].items()
        return any(formula in self.text for formula, names in compounds if not {*names.split()}.isdisjoint(alike))

    def _method(self, name: str) -> bool:
        """Whether its words stand there side by side, in this or another form, or the letters of its acronym."""
        words = words_of(name)
        if words and self._side_by_side(words):
            return True
        initials = "".join(word[0] for word in re.findall(r"[^\W\d_]+", name)).upper()
        return len(initials) > 1 and self._literally(initials)

    def _side_by_side(self, words: list[str]) -> bool:
        """Whether words that begin like these stand together in any order, at most _BETWEEN others between any two."""
        cut = (word.casefold()[: max(6, len(word) - 6)] for word in words)
        beginnings = [re.escape(min(one, stem(word), key=len)) for one, word in zip(cut, words, strict=True)]
        apart = rf"[^\W_]*[\W_]+(?:[^\W_]+[\W_]+){{0,{_BETWEEN}}}"
        orders = permutations(beginnings) if len(beginnings) <= _FEW else [beginnings]
        return any(re.search(rf"(?<![^\W_]){apart.join(order)}", self._small) for order in orders)

    def _expanded(self, name: Name) -> bool:
        if name.kind == "formula" and self._compound(name.text):
            return True
        letters = name.text.rstrip("s").casefold() if name.kind == "acronym" else ""
        if len(letters) == _SHORT:
            return letters in self._initials[2]
        return len(letters) > _SHORT and any(letters in initials for initials in self._initials[:2])

    def _compound(self, formula: str) -> bool:
        """Whether every element of a formula is named, or its compound is."""
        trivial = vocabulary()["compounds"].get(formula, "").split()
        if not self._words.isdisjoint(trivial):
            return True
        symbols = {match["symbol"] for match in _PAIR.finditer(formula)}
        return len(symbols) > 1 and all(self._named(symbol) for symbol in symbols)

    def _named(self, symbol: str) -> bool:
        names = vocabulary()["elements"].get(symbol, "").split()
        return any(word.startswith(beginning) for beginning in _beginnings(symbol, names) for word in self._words)


def _beginnings(symbol: str, names: list[str]) -> Iterator[str]:
    """How words begin that name an element in a compound: titanium, nitride, oxide, carbonate, hydride, phosphate."""
    short = {
        "O": "oxi",
        "N": "nitr",
        "C": "carb",
        "H": "hydr",
        "P": "phosph",
        "S": "sul",
        "Cl": "chlor",
        "F": "fluor",
        "I": "iod",
        "Br": "brom",
    }
    if symbol in short:
        yield short[symbol]
        if symbol == "O":
            yield from ("dioxi", "trioxi", "monoxi", "oxyg", "peroxi")
        return
    yield from (name[:5] for name in names)


def _singular(word: str) -> str:
    """The word as the lists of organisms have it."""
    return word if word in _groups() else word.rstrip("s")
