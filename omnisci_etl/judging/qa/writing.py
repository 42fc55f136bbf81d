"""Questions asked for and read: what a writer is sent about a figure, and the drafts that its answer holds."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Mapping
from typing import Any

from omnisci_etl.captions import prompts
from omnisci_etl.captions.figures import FigureRow
from omnisci_etl.captions.questions import Question
from omnisci_etl.judging.qa import taxonomy
from omnisci_etl.judging.qa.items import LETTERS, Draft
from omnisci_etl.judging.qa.roles import WRITE

# A writer that does not stop must not make rows without end.
MAX_DRAFTS = 30
MAX_STORED = 1_000
MAX_STORED_OPTIONS = 12


def question(figure: FigureRow, writer: str) -> Question:
    """What a writer is asked about a figure."""
    prompt, table = prompts.load(WRITE), taxonomy.load()
    sorts = "\n".join(f"{sort}: {table.sorts[sort]}" for sort in table.of_kind(figure.evidence.kind))
    count = table.count(sum(1 for panel in figure.evidence.panels if panel.label))
    # The evidence goes in last: nothing that it holds is taken for a place to fill.
    template = prompt.template.replace("{sorts}", sorts).replace("{count}", str(count))
    user = prompts.render(dataclasses.replace(prompt, template=template), figure.evidence)
    return Question("qa", writer, prompt, user, figure.figure_id, figure.image_sha256)


def drafts(content: Mapping[str, Any]) -> list[Draft]:
    """The questions of a writer's answer that fits the schema, cut where they are boundless, none left out."""
    return [_draft(one) for one in content["questions"][:MAX_DRAFTS]]


def _draft(one: Mapping[str, Any]) -> Draft:
    options = tuple(_plain(option) for option in one["options"][:MAX_STORED_OPTIONS])
    letter = str(one["key"]).strip().upper()
    place = LETTERS.find(letter) if len(letter) == 1 else -1
    return Draft(
        sort=one["sort"], panel=_plain(one["about_panel"])[:20].strip("()[] ."), basis=one["basis"],
        body=_plain(one["question"]), options=options, key=place if 0 <= place < len(options) else None,
        grounds=_plain(one["grounds"]),
    )  # fmt: skip


def _plain(text: str) -> str:
    """The text in one line, without what cannot be stored or shown."""
    shown = "".join(" " if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in text[: 2 * MAX_STORED])
    return " ".join(shown.split())[:MAX_STORED]
