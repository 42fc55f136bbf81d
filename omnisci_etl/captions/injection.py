"""Traces of an injection in a caption: what only an order that somebody hid in paper or picture can have put there.

Evidence goes out as escaped, delimited data; whether a model obeyed it all the same is seen in what it answers. The
signs are words and patterns, so the same caption gives the same finding on any machine. A paper that is about such
orders and whose caption quotes one is found, too: a person has to look at that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Literal

from omnisci_etl.papers.letter_runs import Needs
from omnisci_etl.papers.sentences import sentences

Kind = Literal["order", "markup", "echo"]

_MARKUP = re.compile(
    r"</?(?:evidence|figure|author-caption|paper-title|panel|mention|section|system|user|assistant|developer|instructions?|script|"
    r"img|iframe|a\s+href|think(?:ing)?)\b|&lt;/?(?:evidence|figure|mention|panel|system)\b|<\|[\w ]{1,40}\|>"
    r"|\[/?INST\]|<</?SYS>>|</s>|^\s{0,8}#{2,4}\s{0,4}(?:system|instructions?|assistant|user|response|input|output)\b"
    r"|^\W{0,4}(?:assistant|user)\W{0,3}:"
    r"|(?:^|[.!?\]]\s{1,4})\[?(?:system|developer|assistant)(?:\s(?:message|prompt|note|override|notice))?\]?:\s"
    r"|!?\[[^\[\]\n]{0,200}\]\([^()\s]{1,300}\)",
    re.IGNORECASE | re.MULTILINE,
)
_WHAT = (
    r"(?:instructions?|prompts?|rules?|rubrics?|guidelines?|directions?|directives?|orders?|commands?|constraints?|"
    r"(?:earlier|previous|prior|system)\s(?:messages?|text|tasks?|context))"
)
_TO_A_MODEL = re.compile(
    r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|bypass(?:ing)?|do\snot\sfollow|stop\sfollowing)\s"
    rf"(?:[\w'’,-]+\s){{0,6}}{_WHAT}\b"
    r"|\b(?:ignore|disregard|forget)\s(?:(?:all|everything|anything|the|of|text|that|is|was)\s){1,4}above\b"
    r"|\b(?:new|updated|real|actual|following)\s(?:system\s)?(?:instructions?|task|prompt)\s?(?::|is\b|are\b)"
    r"|\byou\s(?:are\snow|will\snow|must\snow|must\s(?:ignore|obey|comply|output|reply|respond|answer|write)"
    r"|are\s(?:chatgpt|claude|gpt|gemini|an?\s(?:helpful|expert|ai|assistant|language|scientific|professional|image)))\b"
    r"|\bfrom\snow\son,?\syou\b"
    r"|\b(?:pretend|act)\s(?:to\sbe|that\syou|as\s(?:if\syou|an?\s(?:ai|assistant|language\smodel)))\b"
    r"|\b(?:reveal|print|repeat|show|output|leak)\s(?:me\s)?(?:your|the)\s(?:system\s)?(?:prompt|instructions?)\b"
    r"|\binstructions?\s(?:above|below|received|acknowledged|overrid\w+)\b",
    re.IGNORECASE,
)
_TO_A_READER = re.compile(
    r"(?:^|[.!?:;,]\s|\b(?:please|instead|then|now|must|should|and)\s)(?:now\s|instead,?\s|only\s|just\s|always\s)?(?:"
    r"(?:reply|respond|answer|output|return|print|say|repeat|append|insert|include|write|add|begin|start|end)\s"
    r"(?:only\s|just\s|exactly\s|with\s|in\s|your\s|this\s|the\s|a\s|it\s|valid\s|caption\s|answer\s|by\s|saying\s){0,6}"
    r"(?:following|words?\b|phrases?\b|strings?\b|tokens?\b|codes?\b|sentences?\b|keywords?\b|canary|json\b|markdown\b"
    r"|[\"“'‘])"
    r"|(?:visit|open|click|follow|go\sto|download|scan|subscribe|browse)\s(?:[\w'’-]+\s){0,4}"
    r"(?:(?:links?|urls?|websites?|qr\scodes?|here)\b|(?:h(?:tt|xx)ps?:|www\d?\.)\S)"
    # Papers have scan sites and open metal sites.
    r"|(?:visit|open|click|follow|go\sto|download|subscribe\sto|browse)\s(?:the|this|that|these|our|my|following)\s"
    r"(?:[\w'’-]+\s){0,3}(?:sites?|pages?|addresses?)\b"
    r"|(?:give|assign|award|rate|score|mark)\s(?:[\w'’-]+\s){0,6}"
    r"(?:(?:highest|perfect|full|maximum|top|best|positive|favou?rable)\s(?:possible\s)?(?:score|scores|rating|ratings|marks?|review|grade)"
    r"|(?:accepted|faithful|correct)\b)"
    r"|(?:give|assign|award|rate|score|mark)\s(?:it|this|the\s(?:caption|answer|response))\s(?:[\w'’-]+\s){0,4}"
    r"(?:score|rating|marks?|points?|highest|maximum|full|10|5|ten|five)\b"
    r"|(?:accept|approve|recommend)\s(?:this|the)\s(?:caption|paper|answer|manuscript)\b)",
    re.IGNORECASE | re.MULTILINE,
)


def _needs(*lines: tuple[str, ...]) -> Needs:
    return Needs.of(lines)


_RULES = (
    "rule rules rubric rubrics guideline guidelines direction directions directive directives order orders command"
    " commands constraint constraints earlier previous prior system"
)
_OF_MARKUP = _needs(("<",), ("&lt;",), ("inst", "["), ("##",), ("system developer assistant user", ":"), ("](",))
_OF_ORDER_TO_MODEL = _needs(
    (
        "ignore ignoring disregard disregarding forget override overriding bypass bypassing",
        _RULES,
    ),
    ("follow following", "not stop", _RULES),
    ("ignore disregard forget", "above"),
    ("instruction instructions prompt prompts",),
    ("task", "new updated real actual following"),
    ("you", "now must chatgpt claude gpt gemini helpful expert ai assistant language scientific professional image"),
    ("pretend act", "be you ai assistant language"),
)  # fmt: skip
_OF_ORDER_TO_READER = _needs(
    (
        "reply respond answer output return print say repeat append insert include write add begin start end",
        "following word words phrase phrases string strings token tokens code codes sentence sentences keyword keywords"
        " canary json markdown \" “ ' ‘",
    ),
    (
        "visit open click follow go download scan subscribe browse",
        "link links url urls site sites website websites page pages address addresses qr here"
        " http https hxxp hxxps www",
    ),
    (
        "give assign award rate score mark",
        "highest perfect full maximum top best positive favorable favourable accepted faithful correct",
    ),
    ("give assign award rate score mark", "it this caption answer response"),
    ("accept approve recommend", "caption paper answer manuscript"),
)
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
    """One sign: an order to whoever reads it, markup of a request, or an echo of an order's own words."""

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
    return list(dict.fromkeys((*_signs(text), *orders.echoes(text))))[:_MOST]


@lru_cache(maxsize=512)
def _signs(text: str) -> tuple[Trace, ...]:
    """Markup and orders; remembered, because captions of one figure share texts of panels."""
    found = list(_matches("markup", _MARKUP, _OF_MARKUP, text))
    for pattern, needs in _ORDERS:
        found += _matches("order", pattern, needs, text)
    return tuple(found)


def _matches(kind: Kind, pattern: re.Pattern[str], needs: Needs, text: str) -> Iterator[Trace]:
    if needs.are_met_by(text):
        yield from (Trace(kind, match[0].strip()[:_QUOTE]) for match in islice(pattern.finditer(text), _MOST))


def _sort(text: str, tainted: list[str], honest: list[str]) -> None:
    """Sentences that hold an order, and the one after each, apart from all others."""
    follows = False
    for start, end in sentences(text):
        sentence = text[start:end]
        is_order = _is_order(sentence)
        (tainted if is_order or follows else honest).append(sentence)
        follows = is_order


def _is_order(text: str) -> bool:
    signs = (*_ORDERS, (_MARKUP, _OF_MARKUP))
    return any(needs.are_met_by(text) and pattern.search(text) for pattern, needs in signs)


def _words_of(sentence: str) -> Iterator[str]:
    """What an order may want to be said: quotations, what stands after a colon, and codes."""
    for match in _QUOTED.finditer(sentence):
        yield (match[1] or match[2]).strip()
    yield from (match[0] for match in _CODE.finditer(sentence))
