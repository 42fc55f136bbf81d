"""A caption and its evidence as models that judge are given them: escaped, delimited, cut to a length.

Papers and captions are texts of strangers. Every character of them is escaped, so that none can close its element, and
all parts go into a template at once, so that none can stand where another belongs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import accumulate
from xml.sax.saxutils import escape

from omnisci_etl.captions.prompts import CUT, Prompt, clipped, start_tag
from omnisci_etl.judging.evidence import Candidate, Evidence

MAX_TITLE = 300
MAX_CAPTION = 8_000
MAX_MENTION = 3_000
MAX_MENTIONS = 14_000
MAX_BODY = 10_000
MAX_PANELS = 60
_FIELD = re.compile(r"\{([a-z_]+)\}")


def fill(prompt: Prompt, parts: Mapping[str, str]) -> str:
    """The template of a prompt with every {field} replaced in one pass. Raises KeyError for a part that is missing."""
    return _FIELD.sub(lambda match: parts[match[1]], prompt.template)


def element(tag: str, text: str, **attributes: str) -> str:
    """An element that holds the text as data."""
    return f"{start_tag(tag, attributes)}\n{escape(text)}\n</{tag}>"


def of_evidence(evidence: Evidence) -> str:
    """What the paper says of the figure: title, author caption, letters of the panels, mentions while there is room."""
    labels = " ".join(label[:20] for label in evidence.panel_labels[:MAX_PANELS])
    attributes = {"label": evidence.label[:60], "panels": labels}
    return "\n".join([start_tag("figure", attributes), *_texts(evidence), "</figure>"])


def _texts(evidence: Evidence) -> Iterator[str]:
    if evidence.title:
        yield element("paper-title", clipped(evidence.title, MAX_TITLE))
    if evidence.author_caption:
        yield element("author-caption", clipped(evidence.author_caption, MAX_CAPTION))
    mentions = [clipped(text, MAX_MENTION) for text in evidence.mentions]
    taken = accumulate(len(text) for text in mentions)
    yield from (
        element("mention", text) for text, so_far in zip(mentions, taken, strict=True) if so_far <= MAX_MENTIONS
    )


def of_caption(candidate: Candidate, name: str = "") -> str:
    """The caption under judgement with its panels; name tells two captions apart."""
    lines = [start_tag("caption", {"name": name}), element("body", clipped(candidate.body, MAX_BODY))]
    room = MAX_BODY
    for label, text in candidate.panels[:MAX_PANELS]:
        cut = clipped(text, max(room, len(CUT)))
        room -= len(cut)
        if room >= 0:
            lines.append(element("panel", cut, label=label[:20]))
    return "\n".join([*lines, "</caption>"])
