"""Traces of an injection in a caption: what only an order that somebody hid in paper or picture can have put there.

Evidence goes out as escaped, delimited data; whether a model obeyed it all the same is seen in what it answers. The
signs are words and patterns, so the same caption gives the same finding on any machine. A paper that is about such
orders and whose caption quotes one is found, too: a person has to look at that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from omnisci_etl.papers import references
from omnisci_etl.papers.sentences import sentences

Kind = Literal["address", "order", "markup", "echo"]

_ADDRESS = re.compile(
    r"\b(?:h(?:tt|xx)ps?|ftp|javascript|data):\S|\bwww\d?\.\S|[\w.+-]{1,64}@[\w-]{1,63}\.\w", re.IGNORECASE
)
_MARKUP = re.compile(
    r"</?(?:evidence|figure|author-caption|paper-title|panel|mention|section|system|user|assistant|developer|instructions?|script|"
    r"img|iframe|a\s+href)\b|&lt;/?(?:evidence|figure|mention|panel|system)\b|<\|[\w ]{1,40}\|>|\[/?INST\]|<</?SYS>>"
    r"|^\s{0,8}#{2,4}\s{0,4}(?:system|instructions?|assistant|user)\b"
    r"|(?:^|[.!?\]]\s{1,4})\[?(?:system|developer|assistant)(?:\s(?:message|prompt|note|override|notice))?\]?:\s"
    r"|!?\[[^\[\]\n]{0,200}\]\([^()\s]{1,300}\)",
    re.IGNORECASE | re.MULTILINE,
)
_WHAT = (
    r"(?:instructions?|prompts?|rules?|guidelines?|directions?|directives?|orders?|commands?|constraints?|"
    r"(?:earlier|previous|prior|system)\s(?:messages?|text|tasks?|context))"
)
_TO_A_MODEL = re.compile(
    r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|bypass(?:ing)?|do\snot\sfollow|stop\sfollowing)\s"
    rf"(?:[\w'’,-]+\s){{0,6}}{_WHAT}\b"
    r"|\b(?:new|updated|real|actual|following)\s(?:system\s)?(?:instructions?|task|prompt)\s?(?::|is\b|are\b)"
    r"|\byou\s(?:are\snow|will\snow|must\snow|must\s(?:ignore|obey|comply|output|reply|respond|answer|write))\b"
    r"|\bfrom\snow\son,?\syou\b|\b(?:pretend|act)\s(?:to\sbe|as\s(?:if\syou|an?\s(?:ai|assistant|language\smodel)))\b"
    r"|\bas\san?\s(?:ai|large\slanguage|language)(?:\slanguage)?\s(?:model|assistant)\b"
    r"|\b(?:reveal|print|repeat|show|output|leak)\s(?:me\s)?(?:your|the)\s(?:system\s)?(?:prompt|instructions?)\b"
    r"|\bI\s(?:cannot|can't|can’t|am\sunable\sto|will\snot)\s(?:help|assist|comply|describe|fulfil|do\sthat)\b"
    r"|\binstructions?\s(?:above|below|received|acknowledged|overrid\w+)\b",
    re.IGNORECASE,
)
_TO_A_READER = re.compile(
    r"(?:^|[.!?:;,]\s|\b(?:please|instead|then|now|must|should|and)\s)(?:now\s|instead,?\s|only\s|just\s|always\s)?(?:"
    r"(?:reply|respond|answer|output|print|say|repeat|append|insert|include|write|add|begin|start|end)\s"
    r"(?:only\s|exactly\s|with\s|in\s|your\s|this\s|the\s|a\s|it\s|caption\s|answer\s|by\s|saying\s){0,6}"
    r"(?:following|words?\b|phrases?\b|strings?\b|tokens?\b|codes?\b|sentences?\b|keywords?\b|canary|[\"“'‘])"
    r"|(?:visit|open|click|follow|go\sto|download|scan|subscribe|browse)\s(?:[\w'’-]+\s){0,4}"
    r"(?:links?|urls?|sites?|websites?|pages?|addresses?|qr\scodes?|here)\b"
    r"|(?:give|assign|award|rate|score|mark)\s(?:[\w'’-]+\s){0,6}"
    r"(?:(?:highest|perfect|full|maximum|top|best|positive|favou?rable)\s(?:possible\s)?(?:score|scores|rating|ratings|marks?|review|grade)"
    r"|(?:accepted|faithful|correct)\b)"
    r"|(?:accept|approve|recommend)\s(?:this|the)\s(?:caption|paper|answer|manuscript)\b)",
    re.IGNORECASE | re.MULTILINE,
)
# The patterns are tried at every letter. What one of them matches holds a word, or a sign of _SIGNS, of every group of
# one of its lines here: that is told far faster, and few captions do.
_Lines = tuple[tuple[frozenset[bytes], ...], ...]
_SIGNS = ("<", "[", "](", "##", "&lt;", ":", "@", '"', "“", "'", "‘")


def _lines(*lines: tuple[str, ...]) -> _Lines:
    return tuple(tuple(frozenset(group.encode().split()) for group in line) for line in lines)


_RULES = (
    "rule rules guideline guidelines direction directions directive directives order orders command commands constraint"
    " constraints earlier previous prior system"
)
_OF_ADDRESS = _lines(("http https hxxp hxxps ftp javascript data", ":"), ("www",), ("@",))
_OF_MARKUP = _lines(("<",), ("&lt;",), ("inst", "["), ("##",), ("system developer assistant", ":"), ("](",))
_OF_ORDER_TO_MODEL = _lines(
    (
        "ignore ignoring disregard disregarding forget override overriding bypass bypassing",
        _RULES,
    ),
    ("follow following", "not stop", _RULES),
    ("instruction instructions prompt prompts",),
    ("task", "new updated real actual following"),
    ("you", "now must"),
    ("pretend act", "be you ai assistant language"),
    ("ai language", "model assistant", "as"),
    ("i", "cannot can am will", "help assist comply describe fulfil do"),
)  # fmt: skip
_OF_ORDER_TO_READER = _lines(
    (
        "reply respond answer output print say repeat append insert include write add begin start end",
        "following word words phrase phrases string strings token tokens code codes sentence sentences keyword keywords"
        " canary \" “ ' ‘",
    ),
    (
        "visit open click follow go download scan subscribe browse",
        "link links url urls site sites website websites page pages address addresses qr here",
    ),
    (
        "give assign award rate score mark",
        "highest perfect full maximum top best positive favorable favourable accepted faithful correct",
    ),
    ("accept approve recommend", "caption paper answer manuscript"),
)
# Letters in small ones, and blanks for all else.
_LETTERS = bytes(ord(chr(c).lower()) if c < 128 and chr(c).isalpha() else 32 for c in range(256))
# What IGNORECASE takes for s, k and i.
_ALIKE = str.maketrans("ſ\u212aıİ", "skii")
_QUOTED = re.compile(r"[\"“‘'`]([^\"“”‘’'`\n]{8,200})[\"”’'`]|:\s([^\n]{8,200}?)[.!]?$", re.MULTILINE)
# Letters and digits together, capitals in a row, or words joined by underscores: what a watermark looks like.
_CODE = re.compile(
    r"\b(?=[\w-]{5,80}\b)(?:(?=[\w-]{0,80}\d)(?=[\w-]{0,80}[^\W\d_])[\w-]{1,80}|[A-Z]{4,}(?:[-_][A-Z\d]+)*|\w{1,60}_\w{1,60})\b"
)
_ORDERS = ((_TO_A_MODEL, _OF_ORDER_TO_MODEL), (_TO_A_READER, _OF_ORDER_TO_READER))
_MOST = 20
_QUOTE = 120
_LONGEST = 60_000


@dataclass(frozen=True, slots=True)
class Trace:
    """One sign: an address, an order to whoever reads it, markup of a request, or an echo of an order's own words."""

    kind: Kind
    quote: str


class Orders:
    """What orders in the evidence ask to be said; texts are those of the paper and what was read off the picture."""

    def __init__(self, texts: Iterable[str]) -> None:
        read = [text[:_LONGEST] for text in texts]
        tainted: list[str] = []
        honest: list[str] = []
        if any(_is_order(text) for text in read):
            for text in read:
                _sort(text, tainted, honest)
        known = " ".join(honest).casefold()
        wanted = {word for text in tainted for word in _words_of(text)}
        self.words = tuple(sorted(word for word in wanted if word.casefold() not in known))

    def echoes(self, text: str) -> Iterator[Trace]:
        """Words of the text that nothing but an order in the evidence asks for."""
        if self.words:
            folded = text.casefold()
            yield from (Trace("echo", word[:_QUOTE]) for word in self.words if word.casefold() in folded)


def traces(text: str, orders: Orders) -> list[Trace]:
    """The signs of an injection in a caption or a part of it, a limited number."""
    text = text[:_LONGEST]
    held = _held(text)
    found = [*_addresses(text, held), *_matches("markup", _MARKUP, _OF_MARKUP, text, held)]
    for pattern, lines in _ORDERS:
        found += _matches("order", pattern, lines, text, held)
    found += orders.echoes(text)
    return list(dict.fromkeys(found))[:_MOST]


def _held(text: str) -> set[bytes]:
    """The runs of letters of a text, in small ones, and those of _SIGNS that it has."""
    held = {sign.encode() for sign in _SIGNS if sign in text}
    if not text.isascii() and any(chr(letter) in text for letter in _ALIKE):
        text = text.translate(_ALIKE)
    held.update(text.encode("ascii", "replace").translate(_LETTERS).split())
    return held


def _may_match(lines: _Lines, held: set[bytes]) -> bool:
    """Whether a text that holds this can match the pattern that the lines belong to."""
    for first, *others in lines:
        if not held.isdisjoint(first) and not any(held.isdisjoint(group) for group in others):
            return True
    return False


def _addresses(text: str, held: set[bytes]) -> Iterator[Trace]:
    yield from _matches("address", _ADDRESS, _OF_ADDRESS, text, held)
    for pointer in references.find_pointers(text):
        if pointer.kind == "address":
            yield Trace("address", text[pointer.start : pointer.end][:_QUOTE])


def _matches(kind: Kind, pattern: re.Pattern[str], lines: _Lines, text: str, held: set[bytes]) -> Iterator[Trace]:
    if not _may_match(lines, held):
        return
    for number, match in enumerate(pattern.finditer(text)):
        if number == _MOST:
            return
        yield Trace(kind, match[0].strip()[:_QUOTE])


def _sort(text: str, tainted: list[str], honest: list[str]) -> None:
    """Sentences that hold an order, and the one after each, apart from all others."""
    follows = False
    for start, end in sentences(text):
        sentence = text[start:end]
        is_order = _is_order(sentence)
        (tainted if is_order or follows else honest).append(sentence)
        follows = is_order


def _is_order(text: str) -> bool:
    held = _held(text)
    signs = (*_ORDERS, (_MARKUP, _OF_MARKUP))
    return any(_may_match(lines, held) and pattern.search(text) for pattern, lines in signs)


def _words_of(sentence: str) -> Iterator[str]:
    """What an order may want to be said: quotations, what stands after a colon, and codes."""
    for match in _QUOTED.finditer(sentence):
        yield (match[1] or match[2]).strip()
    yield from (match[0] for match in _CODE.finditer(sentence))
