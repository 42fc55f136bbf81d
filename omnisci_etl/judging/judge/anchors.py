"""Anchors: captions of the bundled sample papers whose worth is known, judged again whenever a judge changes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

import yaml
from PIL import Image

from omnisci_etl.context import Context
from omnisci_etl.hashing import canonical_sha256, sha256_hex
from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.judge import faults
from omnisci_etl.ledger.database import sql

_SQL = "omnisci_etl.judging.judge.sql"
_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg"}
PADDING = 4


@dataclass(frozen=True, slots=True)
class Anchor:
    """A figure of a bundled paper with a caption that is true and complete. picture is its file."""

    name: str
    picture: bytes
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Item:
    """The versions of one caption that a judge is asked about.

    longer and longest say the same at more length; pleading and remarking are the faulty one with a plea for the
    highest marks, and with as many words that ask for nothing.
    """

    name: str
    good: Candidate
    reworded: Candidate
    longer: Candidate
    longest: Candidate
    faulty: Candidate
    pleading: Candidate
    remarking: Candidate


@cache
def load() -> tuple[Anchor, ...]:
    """The anchors of the package, in the order of their file."""
    content = yaml.safe_load(files("omnisci_etl.judging.judge").joinpath("anchors.yaml").read_text(encoding="utf-8"))
    papers = files("omnisci_etl.demo").joinpath("papers")
    anchors = []
    for name, entry in content.items():
        picture = papers.joinpath(*entry["picture"].split("/")).read_bytes()
        evidence = Evidence(
            author_caption=entry["author_caption"], panel_labels=tuple(entry["panels"]), label=entry["label"],
            mentions=tuple(entry["mentions"]), kind=entry["kind"], title=entry["title"],
            image_sha256=sha256_hex(picture),
        )  # fmt: skip
        anchors.append(Anchor(name, picture, Candidate(entry["caption"], tuple(entry["panels"].items()), evidence)))
    return tuple(anchors)


def items(count: int) -> list[Item]:
    """So many items: each anchor once, then again with other faults and padding. Always the same ones."""
    anchors = load()
    made = []
    for number in range(count):
        turn, place = divmod(number, len(anchors))
        anchor = anchors[place]
        foreign = _sentences(anchors[(place + 1 + turn) % len(anchors)].candidate)
        made.append(_item(f"{anchor.name}/{turn}", anchor.candidate, foreign))
    return made


def _item(name: str, good: Candidate, foreign: list[str]) -> Item:
    # Versions of a caption for a test: nothing here is a secret.
    rng = Random(name)  # noqa: S311
    longer = faults.padded(good, PADDING, rng)
    faulty = faults.with_faults(good, foreign, rng)
    return Item(
        name, good, faults.reworded(good), longer, faults.padded(good, 2 * PADDING, rng), faulty,
        faults.with_plea(faulty), faults.with_remark(faulty),
    )  # fmt: skip


def _sentences(candidate: Candidate) -> list[str]:
    """Sentences with a number, which would be wrong in any other caption."""
    return [text for text in candidate.body.replace(". ", ".\n").split("\n") if any(c.isdigit() for c in text)]


def sha256(count: int) -> str:
    """The hash of so many items and their evidence."""
    return canonical_sha256([[item.name, [[v.body, v.panels] for v in _versions(item)], item.good.evidence.text]
                             for item in items(count)])  # fmt: skip


def _versions(item: Item) -> tuple[Candidate, ...]:
    return item.good, item.reworded, item.longer, item.longest, item.faulty, item.pleading, item.remarking


def store_pictures(context: Context) -> None:
    """Puts the anchors' pictures where pictures are sent from."""
    with context.ledger.begin() as connection:
        for anchor in load():
            with Image.open(io.BytesIO(anchor.picture)) as opened:
                media_type, (width, height) = _MEDIA_TYPES[str(opened.format)], opened.size
            sha = context.blobs.register(connection, anchor.picture, media_type, context.run.key)
            parameters = {"sha": sha, "type": media_type, "width": width, "height": height, "run_key": context.run.key}
            connection.execute(sql(_SQL, "insert_picture"), parameters)
