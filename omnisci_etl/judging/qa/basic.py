"""The first filter: what a question is rid of without asking anybody."""

from __future__ import annotations

import re
import unicodedata

from omnisci_etl.judging.qa.items import MAX_OPTIONS, MIN_OPTIONS, Draft

VERSION = "1"
MAX_QUESTION = 600
MAX_OPTION = 300
_META = re.compile(
    r"\b(?:all|none|both|neither|any|some|two|either)\s+of\s+(?:the\s+|these\s+|those\s+)?"
    r"(?:above|below|these|those|them|options?|others?|answers?|choices?|preceding|following)\b"
    r"|\b(?:options?|choices?|answers?)\s+(?-i:[A-F])\b"
    r"|\b(?:not\s+enough|insufficient)\s+information\b"
    r"|\b(?:cannot|can't|can\s+not|could\s+not)\s+be\s+(?:determined|told|answered|inferred|known)\b"
    r"|^(?:all|both|neither)\W*$",
    re.I,
)
# "A and B" is about options, unless the question is about panels.
_LETTERS = re.compile(r"^(?:[Bb]oth\s+)?[A-F]\s*(?:and|&|,|or)\s*[A-F]\W*$")
_PANELS = re.compile(r"\bpanels?\b", re.I)
_SPECULATIVE = re.compile(
    r"\b(?:impl(?:y|ies|ied|ying|ications?)|infer(?:s|red|ring|able|ences?)?|assum(?:e|es|ed|ing|ptions?)"
    r"|suggest(?:s|ed|ing|ive|ions?)?|presum(?:e|es|ed|ably|ing)|specul\w+|conjectur\w+|hint(?:s|ed|ing)?)\b",
    re.I,
)
_POINTER = re.compile(
    r"\b(?:(?:supplementary|extended\s+data|supporting)\s+)?"
    r"(?:figs?|figures?|tables?|eqs?|eqns?|equations?|sections?|schemes?|refs?|references?)\b\.?\s*\(?\[?\s*S?\d",
    re.I,
)
_WORD = re.compile(r"\w{4,}")


def fault(draft: Draft) -> str | None:
    """Why a question cannot be used, as a slug; None where it passes."""
    if not _is_well_formed(draft):
        return "question-malformed"
    if not MIN_OPTIONS <= len(draft.options) <= MAX_OPTIONS or not _are_distinct(draft.options):
        return "question-options"
    if draft.key is None:
        return "question-without-key"
    if any(_is_meta(option, draft.body) for option in draft.options):
        return "question-meta-option"
    if _SPECULATIVE.search(draft.body):
        return "question-speculative"
    if any(_POINTER.search(text) for text in (draft.body, *draft.options)):
        return "question-points-away"
    return None


def _is_well_formed(draft: Draft) -> bool:
    texts = [(draft.body, MAX_QUESTION), *((option, MAX_OPTION) for option in draft.options)]
    return all(0 < len(text) <= most for text, most in texts)


def _is_meta(option: str, question: str) -> bool:
    return bool(_META.search(option) or (_LETTERS.match(option) and not _PANELS.search(question)))


def _are_distinct(options: tuple[str, ...]) -> bool:
    return len({_normal(option) for option in options}) == len(options)


def _normal(option: str) -> str:
    """An option without what does not tell it from another. Case counts in short words: mW is not MW."""
    text = " ".join(unicodedata.normalize("NFKC", option).split()).rstrip(".;, ")
    return _WORD.sub(lambda word: word[0].casefold(), text)
