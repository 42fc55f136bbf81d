"""Faults planted in true captions: pure functions of a case, a seed and a library of other papers.

What is planted is told from the text by rules of its own, so that nothing of the scorers judges itself.
`plant(fault, case, seed, library)` gives the spoiled candidate, or None where the fault cannot be planted.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from omnisci_etl.judging.evidence import Candidate


@dataclass(frozen=True)
class Case:
    """A true caption: the paper it belongs to (cases of one paper share evidence) and how the caption was made."""

    paper: str
    style: str
    candidate: Candidate


@dataclass(frozen=True)
class Library:
    """Sentences and entities by paper, from which foreign ones are taken."""

    sentences: Mapping[str, tuple[str, ...]]
    entities: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, cases: Iterable[Case]) -> Library:
        sentences: dict[str, dict[str, None]] = {}
        entities: dict[str, dict[str, dict[str, None]]] = {kind: {} for kind in ENTITIES}
        for case in cases:
            own = sentences.setdefault(case.paper, {})
            own.update(dict.fromkeys(s for s in _sentences(case.candidate.evidence.author_caption) if _foreign(s)))
            for kind, pattern in ENTITIES.items():
                found = (match[0] for match in pattern.finditer(case.candidate.evidence.text))
                entities[kind].setdefault(case.paper, {}).update(dict.fromkeys(found))
        return cls(
            {paper: tuple(found) for paper, found in sentences.items()},
            {kind: {paper: tuple(one) for paper, one in found.items()} for kind, found in entities.items()},
        )


Plant = Callable[[Case, random.Random, Library], Candidate | None]

_SENTENCE = re.compile(r"(?<=[a-z0-9%)\]][.!?])\s+(?=[A-Z(])")
_POINTS = re.compile(r"(?i)\b(?:figs?|figures?|tables?|refs?|eqs?|suppl\w*|methods|panels?|sect\w*)\b|\[|et al|http")


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in _SENTENCE.split(text)]


def _foreign(sentence: str) -> bool:
    """Whether a sentence says enough to be noticed, and does not give itself away by pointing somewhere."""
    return 40 <= len(sentence) <= 400 and len(sentence.split()) >= 7 and not _POINTS.search(sentence)


def _texts(candidate: Candidate) -> list[str]:
    return [candidate.body, *(text for _, text in candidate.panels)]


def _with_text(candidate: Candidate, index: int, text: str) -> Candidate:
    """The candidate with another text in place of its body (index 0) or of a panel."""
    if index == 0:
        return replace(candidate, body=text)
    panels = [*candidate.panels]
    panels[index - 1] = (panels[index - 1][0], text)
    return replace(candidate, panels=tuple(panels))


@dataclass(frozen=True)
class _Place:
    index: int
    text: str
    start: int
    end: int

    @property
    def what(self) -> str:
        return self.text[self.start : self.end]

    def put(self, candidate: Candidate, new: str) -> Candidate:
        return _with_text(candidate, self.index, self.text[: self.start] + new + self.text[self.end :])


def _places(candidate: Candidate, pattern: re.Pattern[str], group: int | str = 0) -> list[_Place]:
    found = []
    for index, text in enumerate(_texts(candidate)):
        found += [_Place(index, text, *match.span(group)) for match in pattern.finditer(text)]
    return found


# Numbers: not inside names, and not those of figures, references and the like.
_NUMBER = re.compile(
    r"(?<![\w.,^_/×·*{\[])(?<![A-Za-z][-‐‑–−])(?<!× )\d[\d,]*(?:\.\d+)?(?![\w^_\]}′']|[.,]\d|[-–]\d*[A-Za-z])"
)
_NO_NUMBER_AFTER = re.compile(
    r"(?i)(?:figs?|figures?|refs?|references?|tables?|eqs?|equations?|sections?|panels?|notes?|movies?|schemes?|videos?|appendix"
    r"|doi|https?|www)\S{0,8}\.?\s?\S{0,12}$"
)
_POWER = re.compile(r"(?<=10)\s?[−⁻^-]\s?\{?(?P<exponent>[0-9⁰¹²³⁴-⁹]{1,2})(?![0-9.])")


def _numbers(candidate: Candidate) -> list[_Place]:
    """The numbers that the evidence states too: of what only the picture shows no text can tell that it is wrong."""
    known = {_value(number) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", candidate.evidence.text)}
    words = set(_WORD.findall(candidate.evidence.text.lower()))
    return [
        place
        for place in _places(candidate, _NUMBER)
        if _value(place.what) in known
        and not _NO_NUMBER_AFTER.search(place.text, max(0, place.start - 30), place.start)
        and not _NAME_BEFORE.search(place.text, max(0, place.start - 15), place.start)
        and _is_told(place, words)
    ]


_WORD = re.compile(r"[a-zα-ω]{4,}")
_NAME_BEFORE = re.compile(r"[A-Za-z]\d*[-‐‑–]$")


def _is_told(place: _Place, words: set[str]) -> bool:
    """Whether the sentence says what the evidence says, in at least half of its words."""
    start = max(place.text.rfind(mark, 0, place.start) for mark in (". ", "; "))
    end = place.text.find(". ", place.end)
    own = _WORD.findall(place.text[start + 1 : end if end >= 0 else len(place.text)].lower())
    return 2 * sum(word in words for word in own) >= len(own)


def _shaped(value: float, like: str) -> str:
    places = len(like.partition(".")[2])
    return f"{value:,.{places}f}" if "," in like else f"{value:.{places}f}"


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _changed(case: Case, rng: random.Random, change: Callable[[str, random.Random], str]) -> Candidate | None:
    places = _numbers(case.candidate)
    rng.shuffle(places)
    for place in places:
        new = change(place.what.rstrip(","), rng)
        if _value(new) != _value(place.what):
            return replace_number(place, new, case.candidate)
    return None


def replace_number(place: _Place, new: str, candidate: Candidate) -> Candidate:
    tail = "," if place.what.endswith(",") else ""
    return place.put(candidate, new + tail)


def number_digit(case: Case, rng: random.Random, library: Library) -> Candidate | None:
    """One digit of a number becomes another (20 → 26)."""

    def change(number: str, rng: random.Random) -> str:
        positions = [i for i, c in enumerate(number) if c.isdigit()]
        at = rng.choice(positions)
        others = [d for d in "0123456789" if d != number[at] and not (d == "0" and at == 0)]
        return number[:at] + rng.choice(others) + number[at + 1 :]

    return _changed(case, rng, change)


def number_magnitude(case: Case, rng: random.Random, library: Library) -> Candidate | None:
    """A number ten or a hundred times as large or as small (5.2 → 52)."""

    def change(number: str, rng: random.Random) -> str:
        value = _value(number)
        if "." in number and rng.random() < 0.5:
            return f"{value * 10:.{max(0, len(number.partition('.')[2]) - 1)}f}"
        if rng.random() < 0.3 and value:
            return f"{value / 10:g}" if value < 1e6 else _shaped(value / 10, number)
        return _shaped(value * rng.choice((10, 100)), number)

    return _changed(case, rng, change)


def number_nearby(case: Case, rng: random.Random, library: Library) -> Candidate | None:
    """A number a little larger or smaller (93.1 → 95.4), at least one in its last place."""

    def change(number: str, rng: random.Random) -> str:
        places = len(number.partition(".")[2])
        value, step = _value(number), 10.0**-places
        moved = value * rng.choice((0.85, 0.92, 1.04, 1.09, 1.17))
        return _shaped(max(step, moved if abs(moved - value) >= step else value + rng.choice((step, 2 * step))), number)

    return _changed(case, rng, change)


def number_exponent(case: Case, rng: random.Random, library: Library) -> Candidate | None:
    """The exponent of a power of ten becomes another (10−4 → 10−6)."""
    places = _places(case.candidate, _POWER, "exponent")
    if not places:
        return None
    place = rng.choice(places)
    raised = "⁰¹²³⁴⁵⁶⁷⁸⁹"
    plain = int("".join(str(raised.index(c)) if c in raised else c for c in place.what))
    new = str(rng.choice([n for n in range(2, 13) if n != plain]))
    return place.put(case.candidate, "".join(raised[int(c)] for c in new) if place.what[0] in raised else new)


def number_exchanged(case: Case, rng: random.Random, library: Library) -> Candidate | None:
    """Two different numbers of the caption change places, so that both still stand in the evidence."""
    by_text: dict[int, list[_Place]] = {}
    for place in _numbers(case.candidate):
        by_text.setdefault(place.index, []).append(place)
    pairs = [(a, b) for places in by_text.values() for a in places for b in places if a.start < b.start]
    pairs = [(a, b) for a, b in pairs if _value(a.what.rstrip(",")) != _value(b.what.rstrip(","))]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    x, y, text = a.what.rstrip(","), b.what.rstrip(","), a.text
    text = text[: a.start] + y + text[a.start + len(x) : b.start] + x + text[b.start + len(y) :]
    return _with_text(case.candidate, a.index, text)


_UNITS: dict[str, tuple[str, ...]] = {
    "mM": ("µM", "nM", "M"), "µM": ("mM", "nM"), "μM": ("mM", "nM"), "nM": ("µM", "mM"), "nm": ("µm", "mm", "Å"), "µm": ("nm", "mm"), "μm": ("nm", "mm"),
    "mm": ("µm", "cm", "m"), "cm": ("mm", "m"), "m": ("km", "cm"), "km": ("m",), "Å": ("nm", "pm"), "°C": ("K", "°F"), "K": ("°C", "mK"), "ms": ("s", "µs"),
    "s": ("ms", "min", "h"), "min": ("h", "s"), "h": ("min", "days"), "hours": ("minutes", "days"), "days": ("hours", "weeks"), "weeks": ("days", "months"),
    "years": ("months", "days"), "months": ("years", "weeks"), "%": ("‰", " ppm"), "V": ("mV", "kV"), "mV": ("V", "µV"), "kV": ("V",), "eV": ("meV", "keV"),
    "meV": ("eV",), "keV": ("MeV", "eV"), "MeV": ("GeV", "keV"), "GeV": ("MeV", "TeV"), "TeV": ("GeV",), "Hz": ("kHz", "MHz"), "kHz": ("Hz", "MHz"),
    "MHz": ("GHz", "kHz"), "GHz": ("MHz", "THz"), "THz": ("GHz",), "mg": ("µg", "g"), "µg": ("mg", "ng"), "μg": ("mg", "ng"), "g": ("mg", "kg"), "kg": ("g", "t"),
    "mL": ("µL", "L"), "ml": ("µl", "l"), "µl": ("ml",), "μl": ("ml",), "L": ("mL",), "Pa": ("kPa", "MPa"), "kPa": ("Pa", "MPa"), "MPa": ("GPa", "kPa"),
    "GPa": ("MPa", "kPa"), "T": ("mT",), "mT": ("T",), "W": ("mW", "kW"), "mW": ("W", "µW"), "A": ("mA", "µA"), "mA": ("A", "µA"), "nA": ("mA", "µA"),
    "kDa": ("Da", "MDa"), "kb": ("bp", "Mb"), "bp": ("kb",), "ppm": ("ppb", "%"), "ppb": ("ppm",), "wt%": ("vol%", "at%"), "nN": ("µN", "mN"), "ns": ("µs", "ps"),
    "ps": ("ns", "fs"), "fs": ("ps",), "µs": ("ms", "ns"), "μs": ("ms", "ns"), "dB": ("%",), "Ma": ("ka",), "kyr": ("Myr",), "Mpc": ("kpc",), "kpc": ("Mpc", "pc"),
    "fm": ("pm", "nm"), "mol": ("mmol",), "mmol": ("mol", "µmol"), "J": ("mJ", "kJ"), "kJ": ("J",), "N": ("mN", "kN"), "Torr": ("bar",), "rpm": ("Hz",),
}  # fmt: skip
_UNIT = re.compile(
    rf"(?<=\d)[ \u2009\u00a0]?(?P<unit>{'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))})(?![\w/%⁻·^])(?! ?[−–-]\d)"
)


def _number_before(place: _Place) -> str:
    """The number that the unit belongs to, no text where there is none, it is 0, or part of a name."""
    digits = re.search(r"(?<![\w.-])\d[\d.,]*\s?$", place.text[: place.start])
    return digits[0].strip() if digits and _value(digits[0].strip().strip(",")) else "no number"


def unit_swapped(case: Case, rng: random.Random, library: Library) -> Candidate | None:
    """The unit behind a number becomes another of the same or a like quantity (mM → µM, °C → K)."""
    places = _places(case.candidate, _UNIT, "unit")
    places = [p for p in places if not _NO_NUMBER_AFTER.search(p.text, max(0, p.start - 30), p.start)]
    words = set(_WORD.findall(case.candidate.evidence.text.lower()))
    places = [p for p in places if _number_before(p) in case.candidate.evidence.text and _is_told(p, words)]
    if not places:
        return None
    place = rng.choice(places)
    return place.put(case.candidate, rng.choice(_UNITS[place.what]))


_MARK = r"(?:[(\[]{label}[)\]]|(?:(?<=^)|(?<=[.;:] )){label}[,.:)]? (?=[A-Z])|\b[Pp]anel {label}\b)"


def _panel_part(text: str, label: str, others: Sequence[str]) -> tuple[int, int] | None:
    """Where a body speaks of a panel: from its mark to the next panel's, where each mark begins a sentence."""
    marks = {one: [m.start() for m in re.finditer(_MARK.format(label=re.escape(one)), text)] for one in others}
    if any(at and text[:at].rstrip()[-1:] not in ".;:" for found in marks.values() for at in found):
        return None
    if not marks.get(label) or any(len(found) != 1 for found in marks.values()):
        return None
    order = sorted(marks, key=lambda one: marks[one][0])
    if order != list(others):
        return None
    at = order.index(label)
    return marks[label][0], marks[order[at + 1]][0] if at + 1 < len(order) else len(text)


def panel_dropped(case: Case, rng: random.Random, library: Library) -> Candidate | None:
    """A panel's text and label are gone, from the entries as well as from the body."""
    candidate = case.candidate
    labels = candidate.evidence.panel_labels
    entries = [label for label, _ in candidate.panels if label.lower() in {one.lower() for one in labels}]
    if not entries and len(labels) < 2:
        return None
    label = rng.choice(entries or labels)
    body = candidate.body
    if re.search(_MARK.format(label=re.escape(label)), body):
        span = _panel_part(body, label, labels)
        if span is None or span[1] - span[0] < 15:
            return None
        body = (body[: span[0]] + body[span[1] :]).strip()
    elif not entries:
        return None
    return replace(candidate, body=body, panels=tuple(panel for panel in candidate.panels if panel[0] != label))


def panels_swapped(case: Case, rng: random.Random, library: Library) -> Candidate | None:
    """The texts of two panels change places, or in the body, where marks begin their parts, what follows the marks."""
    candidate = case.candidate
    if len(candidate.panels) >= 2:
        pairs = [(i, j) for i in range(len(candidate.panels)) for j in range(i) if _differ(candidate.panels, i, j)]
        if not pairs:
            return None
        i, j = rng.choice(pairs)
        panels = [*candidate.panels]
        panels[i], panels[j] = (panels[i][0], panels[j][1]), (panels[j][0], panels[i][1])
        return replace(candidate, panels=tuple(panels))
    labels = candidate.evidence.panel_labels
    if len(labels) < 2 or candidate.panels:
        return None
    at = rng.randrange(len(labels) - 1)
    first = _panel_part(candidate.body, labels[at], labels)
    second = _panel_part(candidate.body, labels[at + 1], labels)
    if not first or not second or min(first[1] - first[0], second[1] - second[0]) < 15:
        return None
    one, other = candidate.body[slice(*first)], candidate.body[slice(*second)]
    cut_one = re.match(_MARK.format(label=re.escape(labels[at])), one)
    cut_other = re.match(_MARK.format(label=re.escape(labels[at + 1])), other)
    if not cut_one or not cut_other:
        return None
    swapped = (
        one[: cut_one.end()] + other[cut_other.end() :].rstrip() + " " + other[: cut_other.end()] + one[cut_one.end() :]
    )
    return replace(candidate, body=candidate.body[: first[0]] + swapped + candidate.body[second[1] :])


def _differ(panels: Sequence[tuple[str, str]], i: int, j: int) -> bool:
    """Whether two panels say different things: a swap of near-equal texts is no fault."""
    one, other = set(panels[i][1].lower().split()), set(panels[j][1].lower().split())
    return len(one & other) < 0.6 * min(len(one), len(other)) and min(len(one), len(other)) >= 3


_ELEMENT = (
    "(?:He|Li|Be|Ne|Na|Mg|Al|Si|Cl|Ar|Ca|Sc|Ti|Cr|Mn|Fe|Co|Ni|Cu|Zn|Ga|Ge|As|Se|Br|Sr|Zr|Nb|Mo|Ru|Rh|Pd|Ag|Cd|In|Sn|Sb|Te"
    "|Cs|Ba|La|Ce|Nd|Sm|Gd|Hf|Ta|Re|Os|Ir|Pt|Au|Hg|Tl|Pb|Bi|H|B|C|N|O|F|P|S|K|V|Y|W|I|U)"
)
_SPECIES = (
    "mouse|mice|rats?|zebrafish|maize|wheat|rice|Arabidopsis|yeast|Drosophila|humans?|monkeys?|macaques?|chickens?|Xenopus|tomato|barley|soybean|tobacco"
    "|pigs?|rabbits?|dogs?|cats?|ferrets?|oyster|salmon|mosquitoes|bats|honeybees?"
)
_METHODS = (
    "Western blot|X-ray diffraction|Raman spectroscopy|cryo-EM|mass spectrometry|flow cytometry|RNA-seq|immunofluorescence|atomic force microscopy|"
    "confocal microscopy|two-photon imaging|electrophoresis|chromatography|Monte Carlo|density functional theory|linear regression|random forest|"
    "principal component analysis|cyclic voltammetry|scanning electron microscopy|transmission electron microscopy|t-test|t test|ANOVA|Wilcoxon|"
    "Mann[–-]Whitney|bootstrap|gradient descent|cross-validation|molecular dynamics|finite element|photoluminescence|ellipsometry"
)
_PLACES = (
    "China|India|Brazil|Germany|France|Japan|Kenya|Mexico|Canada|Australia|Italy|Spain|Norway|Chile|Peru|Egypt|Turkey|Africa|Europe|Asia|America|Antarctica"
    "|Greenland|Iceland|Siberia|Alaska|California|London|Paris|Berlin|Tokyo|Beijing|Atlantic|Pacific|Arctic|Mediterranean|Amazon|Himalayas?|Andes|Sahara"
)
ENTITIES: dict[str, re.Pattern[str]] = {
    "gene": re.compile(r"(?<![\w-])(?:[A-Z][A-Za-z]{1,5}\d{1,3}[A-Z]?|p\d{2}|[A-Z]{2,4}-\d{1,2})(?![\w-])"),
    "formula": re.compile(rf"(?<![\w-])(?=\w*\d)(?:{_ELEMENT}\d?){{2,6}}(?![\w-])"),
    "acronym": re.compile(r"(?<![\w-])[A-Z]{3,6}(?![\w-])"),
    "species": re.compile(rf"(?<![\w-])(?:[A-Z]\. [a-z]{{4,14}}(?<!\.)|{_SPECIES})(?![\w-])"),
    "method": re.compile(rf"(?<![\w-])(?:{_METHODS})(?![\w-])"),
    "place": re.compile(rf"(?<![\w-])(?:{_PLACES})(?![\w-])"),
    "person": re.compile(r"(?<=[a-z] )[A-Z][a-z]{3,11}(?= (?:et al|model|test|law|equation|constant|distribution|function|transform|correction|coefficient|method|approximation))"),
}  # fmt: skip
_STOCK = {
    "gene": ("Foxp3", "BRCA1", "Sox2", "IL-17", "CD44", "Pax6", "Atg7", "NLRP3", "Tet2", "p38"),
    "formula": ("MoS2", "BaTiO3", "NH3", "WO3", "CdSe2", "SiO2", "LiFePO4", "CuCl2", "ZrO2", "C2H4"),
    "acronym": ("LSTM", "FRET", "EEG", "GWAS", "NMR", "ELISA", "TIRF", "SVM", "BERT", "HPLC"),
    "species": tuple(_SPECIES.replace("?", "").split("|")),
    "method": tuple(one for one in _METHODS.split("|") if "[" not in one),
    "place": tuple(_PLACES.replace("s?", "").split("|")),
    "person": ("Weibull", "Hubbard", "Langmuir", "Bonferroni", "Hamilton", "Kolmogorov", "Arrhenius", "Fresnel"),
}


def _entity(kind: str) -> Plant:
    def entity(case: Case, rng: random.Random, library: Library) -> Candidate | None:
        known = (case.candidate.evidence.text + case.candidate.evidence.picture_text).casefold()
        places = [p for p in _places(case.candidate, ENTITIES[kind]) if p.what.casefold() in known]
        foreign = {
            one for paper, found in library.entities.get(kind, {}).items() if paper != case.paper for one in found
        }
        pool = sorted(one for one in foreign.union(_STOCK[kind]) if one.casefold() not in known)
        if not places or not pool:
            return None
        return rng.choice(places).put(case.candidate, rng.choice(pool))

    entity.__doc__ = f"An entity of the kind {kind} becomes another that the paper does not have."
    return entity


def foreign_sentence(case: Case, rng: random.Random, library: Library) -> Candidate | None:
    """A sentence of another paper's caption stands between two of the body, or behind a panel's text."""
    known = case.candidate.evidence.text
    papers = sorted(paper for paper, found in library.sentences.items() if paper != case.paper and found)
    if not papers:
        return None
    sentence = rng.choice(library.sentences[rng.choice(papers)])
    if sentence in known:
        return None
    if case.candidate.panels and rng.random() < 0.3:
        at = rng.randrange(len(case.candidate.panels)) + 1
        return _with_text(case.candidate, at, f"{_closed(_texts(case.candidate)[at])} {_closed(sentence)}")
    return _inserted(case.candidate, _closed(sentence), rng)


def _closed(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def _inserted(candidate: Candidate, sentence: str, rng: random.Random) -> Candidate:
    told = _sentences(candidate.body)
    at = rng.randint(1, len(told))
    told[at - 1] = _closed(told[at - 1])
    return replace(candidate, body=" ".join([*told[:at], sentence, *told[at:]]))


_AUXILIARY = re.compile(r"(?<=[a-z)] )(?:is|are|was|were|can|does|do|has|have)(?= [a-z]+)(?! not)")
_OPPOSITES = {
    "increases": "decreases", "increased": "decreased", "increase": "decrease", "decreases": "increases", "decreased": "increased", "decrease": "increase",
    "higher": "lower", "lower": "higher", "larger": "smaller", "smaller": "larger", "positive": "negative", "negative": "positive", "above": "below",
    "below": "above", "before": "after", "after": "before", "with": "without", "without": "with", "rises": "falls", "falls": "rises", "left": "right", "right": "left",
    "strong": "weak", "weak": "strong", "high": "low", "low": "high", "maximum": "minimum", "minimum": "maximum", "faster": "slower", "stronger": "weaker",
}  # fmt: skip
_OPPOSITE = re.compile(rf"(?<![\w-])(?:{'|'.join(_OPPOSITES)})(?![\w-])")


def negated(case: Case, rng: random.Random, library: Library) -> Candidate | None:
    """A claim says the opposite: "not" behind the verb, or a word turned into its opposite."""
    verbs, words = _places(case.candidate, _AUXILIARY), _places(case.candidate, _OPPOSITE)
    if not verbs and not words:
        return None
    if verbs and (not words or rng.random() < 0.5):
        place = rng.choice(verbs)
        return place.put(case.candidate, place.what + " not")
    place = rng.choice(words)
    return place.put(case.candidate, _OPPOSITES[place.what])


_DANGLING = (
    "see Fig. {n}", "see Figure {n}b", "as in Fig. {n}", "cf. Figs. {n} and {m}", "see Supplementary Table {n}", "Supplementary Fig. {n}",
    "see Supplementary Note {n}", "see Extended Data Fig. {n}", "see Methods", "see Methods for details", "see main text", "see text for details", "see Table {n}",
    "Eq. ({n})", "see Section {n}.{m}", "ref. {n}", "refs. {n},{m}", "see above", "as described above", "see below", "discussed in the main text",
    "as described previously", "see the previous section", "Smith et al., 2019", "Movie S{n}", "see Appendix B", "Fig. S{n}", "see the Supplementary Information",
)  # fmt: skip
_DANGLING_SENTENCES = (
    "More details are given in Fig. {n}.", "The set-up is the same as in Figure {n}.", "As described above, the samples were cleaned first.",
    "Samples were prepared as described in the previous section.", "Further data are listed in Supplementary Table {n}.",
    "This agrees with earlier reports [{n}].", "Similar values were found before [{n},{m}].", "Parameters are listed in Table {n}.",
    "The line is a fit to Eq. ({n}).", "For the definition of the symbols see the main text.", "Details are given in the Methods.",
    "Colours as in the previous figure.", "The procedure is explained in Section {n}.", "Other conditions are shown in Supplementary Fig. {n}.",
    "The same trend was noted by Smith et al. (2019).", "As mentioned earlier, the effect is small.", "As discussed in the next section, this holds in general.",
    "This is consistent with the results shown below.", "The remaining samples are shown in Extended Data Fig. {n}.",
    "The method was introduced in ref. {n}.", "Symbols are the same as in the figure above.", "See the Supplementary Materials for the full data set.",
    "Data are available at https://example.org/data/{n}.", "We refer to Appendix A for the proof.", "The following section explains the deviation.",
)  # fmt: skip


def dangling(case: Case, rng: random.Random, library: Library) -> Candidate | None:
    """A reference to what the reader does not have, in brackets at the end of a sentence or as one of its own."""
    own = {int(n) for n in re.findall(r"\d+", case.candidate.evidence.label)[:1]}
    n, m = rng.sample([n for n in range(1, 19) if n not in own], 2)
    if rng.random() < 0.5:
        return _inserted(case.candidate, rng.choice(_DANGLING_SENTENCES).format(n=n, m=m), rng)
    told = _sentences(case.candidate.body)
    at = rng.randrange(len(told))
    pointer = rng.choice(_DANGLING).format(n=n, m=m)
    mark = f" [{n}]" if rng.random() < 0.15 else f" ({pointer})"
    told[at] = _closed(told[at])[:-1] + mark + "."
    return replace(case.candidate, body=" ".join(told))


FAULTS: dict[str, Plant] = {
    "number: digit": number_digit,
    "number: magnitude": number_magnitude,
    "number: nearby value": number_nearby,
    "number: exponent": number_exponent,
    "numbers exchanged": number_exchanged,
    "unit swapped": unit_swapped,
    "panel dropped": panel_dropped,
    "panels swapped": panels_swapped,
    **{f"entity: {kind}": _entity(kind) for kind in ENTITIES},
    "foreign sentence": foreign_sentence,
    "claim negated": negated,
    "dangling reference": dangling,
}
GROUPS: dict[str, tuple[str, ...]] = {
    "number changed": tuple(name for name in FAULTS if name.startswith("number:")),
    "entity replaced": tuple(name for name in FAULTS if name.startswith("entity:")),
    **{name: (name,) for name in FAULTS if ":" not in name},
}
"""Faults that are counted as one, and the faults that stand alone."""


def plant(fault: str, case: Case, seed: int, library: Library) -> Candidate | None:
    """The case's candidate with one fault of this name, the same for the same seed; None where it has no place."""
    made = FAULTS[fault](case, random.Random(f"{seed} {fault} {case.paper} {case.candidate.evidence.label}"), library)
    return None if made is None or (made.body, made.panels) == (case.candidate.body, case.candidate.panels) else made


def planted(fault: str, cases: Iterable[Case], library: Library, *, each: int = 1) -> Iterator[tuple[Case, Candidate]]:
    """(case, spoiled candidate) for each case that the fault has a place in; up to `each` different ones a case."""
    for case in cases:
        seen = set()
        for seed in range(each):
            made = plant(fault, case, seed, library)
            if made is not None and (made.body, made.panels) not in seen:
                seen.add((made.body, made.panels))
                yield case, made
