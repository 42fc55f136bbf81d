"""Which models write, check and answer the questions, and the hashes that say what was made by whom and how."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from omnisci_etl.captions import prompts
from omnisci_etl.captions.identity import identity
from omnisci_etl.captions.routes import Routes
from omnisci_etl.errors import ConfigError
from omnisci_etl.hashing import canonical_sha256
from omnisci_etl.judging.qa import basic, blind, duplicates, taxonomy
from omnisci_etl.judging.qa.items import ADMISSION, Step
from omnisci_etl.judging.qa.ledger import Configs
from omnisci_etl.judging.qa.protocol import Protocol

WRITE = "qa-write"
PROMPTS: dict[Step, str] = {
    "blind": "qa-blind", "floor": "qa-blind", "agreement": "qa-agree", "ceiling": "qa-look", "caption": "qa-answer",
}  # fmt: skip
SCORER = "caption-qa"
VERSION = "1"


@dataclass(frozen=True, slots=True)
class Roles:
    """Models of the routes file by what they do. checkers: they see questions blind and with the picture."""

    writer: str
    checkers: tuple[str, str]
    answerer: str


def cast(routes: Routes, families: Collection[str]) -> Roles:
    """The models for captions of these families. Raises ConfigError, with the remedy, where the routes file lacks one.

    Writer and answerer are of other families than the captioners, unless the file allows it.
    """
    writer, answerer = writer_for(routes, families), routes.judge_for("qa_answerer", families)
    return Roles(writer, checkers_for(routes, writer), answerer)


def writer_for(routes: Routes, families: Collection[str]) -> str:
    """Who writes the questions about figures whose captions are of these families (none: nobody is excluded)."""
    return routes.judge_for("qa_writer", families)


def checkers_for(routes: Routes, writer: str) -> tuple[str, str]:
    """Two models that check each question: the first two answerers, the writer's own model only where it has to be."""
    names: dict[tuple[str, str], str] = {}
    for name in routes.judges.qa_answerer:
        if not routes.is_extractive(name):
            names.setdefault(_model(routes, name), name)
    others = sorted(names, key=lambda model: model == _model(routes, writer))
    if len(others) < 2:
        raise ConfigError("caption QA keeps a question where two models agree on it: name two under judges.qa_answerer")
    return names[others[0]], names[others[1]]


def _model(routes: Routes, name: str) -> tuple[str, str]:
    spec = routes.models[name]
    return spec.provider, spec.model


def writing_sha256(routes: Routes, writer: str) -> str:
    """What questions are questions of: writer, prompt and taxonomy."""
    known = identity(routes, writer, prompts.load(WRITE), "qa")
    return canonical_sha256({"writer": known, "taxonomy": taxonomy.load().sha256})


def filter_sha256(routes: Routes, checkers: tuple[str, str], protocol: Protocol) -> str:
    """What a filter's verdict is a verdict of: the filters, their limits, and the models that are asked."""
    return canonical_sha256({
        "basic": basic.VERSION, "blind": blind.config(protocol.draws), "near-duplicate": duplicates.config(),
        "models": [answering_sha256(routes, name, step) for name in checkers for step in ("blind", "agreement")],
    })  # fmt: skip


def answering_sha256(routes: Routes, answerer: str, step: Step) -> str:
    """What an answer is an answer of: the model with its parameters, and the prompt of the step."""
    return canonical_sha256(identity(routes, answerer, prompts.load(PROMPTS[step]), "qa"))


def configs_of(routes: Routes, roles: Roles, protocol: Protocol) -> Configs:
    """The hashes of a caption's score and of the questions it rests on."""
    return Configs(
        score_sha256(routes, roles, protocol),
        writing_sha256(routes, roles.writer),
        filter_sha256(routes, roles.checkers, protocol),
    )


def score_sha256(routes: Routes, roles: Roles, protocol: Protocol) -> str:
    """What the score of a caption depends on but the caption and its figure."""
    return canonical_sha256({
        "scorer": SCORER, "version": VERSION, "admission": ADMISSION, "writing": writing_sha256(routes, roles.writer),
        "filter": filter_sha256(routes, roles.checkers, protocol),
        "answering": answering_sha256(routes, roles.answerer, "caption"),
    })  # fmt: skip
