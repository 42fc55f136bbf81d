"""Models that answer in process, and figures with facts that they are asked about."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Connection, text

from omnisci_etl.captions import prompts, routes
from omnisci_etl.captions.identity import identity, register_model
from omnisci_etl.captions.questions import Question, Reply
from omnisci_etl.context import Context
from omnisci_etl.hashing import canonical_sha256
from omnisci_etl.judging.qa import stage

ROUTES = """
providers: {test: {api: openai-compatible, base_url: "http://127.0.0.1:9/v1"}}
models:
  cap:    {provider: test, model: cap-1, family: cap, usd_per_mtok: {input: 1, output: 1}}
  poor:   {provider: test, model: poor-1, family: poor, usd_per_mtok: {input: 1, output: 1}}
  writer: {provider: test, model: writer-1, family: writer, usd_per_mtok: {input: 1, output: 1}}
  one:    {provider: test, model: one-1, family: one, usd_per_mtok: {input: 1, output: 1}}
  two:    {provider: test, model: two-1, family: two, usd_per_mtok: {input: 1, output: 1}}
  lazy:   {provider: test, model: lazy-1, family: lazy, usd_per_mtok: {input: 1, output: 1}}
policy: {name: test, default: cap}
judges: {qa_writer: [writer], qa_answerer: [one, two]}
"""
_OPTION = re.compile(r'<option letter="([A-Z])">(.*?)</option>', re.S)


@dataclass(frozen=True)
class Fact:
    """A question with its options, the right one first, as a figure settles it."""

    question: str
    options: tuple[str, ...]
    sort: str = "value"
    panel: str = ""

    def written(self) -> dict[str, Any]:
        """As a good writer gives it; the key stands at a place that the question decides."""
        place = len(self.question) % len(self.options)
        options = [*self.options[1:]]
        options.insert(place, self.options[0])
        return {
            "sort": self.sort, "about_panel": self.panel, "basis": "picture", "question": self.question,
            "options": options, "grounds": "seen", "key": "ABCDEF"[place],
        }  # fmt: skip


FACTS = (
    Fact("Which metal gives the highest yield?", ("palladium", "nickel", "copper", "cobalt"), "comparison"),
    Fact("At which temperature does the curve peak?", ("412 K", "388 K", "455 K", "501 K"), "value"),
    Fact("What does the red line stand for?", ("the doped sample", "the fit", "the control"), "legend"),
    Fact("Does the signal rise with time?", ("Yes", "No"), "trend"),
    Fact("Which quantity is on the vertical axis?", ("turnover", "pressure", "voltage", "current", "mass"), "axes"),
)


def _options(user: str) -> dict[str, str]:
    return {letter: unescape(shown) for letter, shown in _OPTION.findall(user)}


def _asked(user: str) -> str:
    return unescape(user.split("<question>\n", 1)[1].split("\n", 1)[0])


def _caption(user: str) -> str | None:
    return unescape(user.split("<caption>\n", 1)[1].split("\n</caption>", 1)[0]) if "<caption>" in user else None


def _lot(question: Question, letters: Sequence[str]) -> str:
    """The same place for a question at every draw: as options move round, it is right no more often than by chance."""
    digest = hashlib.sha256(f"{question.model} {_asked(question.user)}".encode()).digest()
    return letters[int.from_bytes(digest[:6]) % len(letters)]


def _meaning(options: Mapping[str, str], words: str) -> str | None:
    return next((letter for letter, shown in options.items() if words in shown), None)


def honest(question: Question, truth: Mapping[str, str]) -> str:
    """Sees what the picture shows, reads what the caption says, admits what it cannot tell, and guesses where it must."""
    options, right = _options(question.user), truth.get(_asked(question.user), "")
    letter = next((letter for letter, shown in options.items() if shown == right), None)
    caption = _caption(question.user)
    known = question.image_sha256 is not None or (caption is not None and right != "" and right in caption)
    if known and letter:
        return letter
    if out := _meaning(options, "cannot be told") or _meaning(options, "does not answer"):
        return out
    real = [one for one, shown in options.items() if "question is" not in shown]
    return _lot(question, real)


def guesser(question: Question, truth: Mapping[str, str]) -> str:
    """Knows by heart, without looking, what is likely in this field: palladium and yes."""
    for letter, shown in _options(question.user).items():
        if shown in ("palladium", "Yes"):
            return letter
    return honest(question, truth)


def always_first(question: Question, truth: Mapping[str, str]) -> str:
    """Takes whatever stands first."""
    return "A"


def never_tells(question: Question, truth: Mapping[str, str]) -> str:
    """Looks at pictures, but says of every caption that it does not tell."""
    options = _options(question.user)
    if question.image_sha256 is not None:
        return honest(question, truth)
    return _meaning(options, "cannot be told") or _lot(question, list(options))


def off_list(question: Question, truth: Mapping[str, str]) -> str:
    """Names a letter that was not offered, unless it sees the picture and has to agree."""
    return honest(question, truth) if question.image_sha256 is not None else "J"


WAYS = {way.__name__: way for way in (honest, guesser, always_first, never_tells, off_list)}


@dataclass
class Models:
    """Answers questions in process. facts: by figure; written: what a writer says of a figure instead of its facts.

    answers: how a model of the routes file answers; states: replies that are none, by model. asked holds everything
    that was really asked, equal questions once for all.
    """

    context: Context
    routes: routes.Routes
    facts: dict[int, tuple[Fact, ...]] = field(default_factory=dict)
    written: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    answers: dict[str, Callable[[Question, Mapping[str, str]], str]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)
    _known: dict[str, tuple[int, Any]] = field(default_factory=dict)
    _models: dict[tuple[str, str], int] = field(default_factory=dict)

    def __call__(self, questions: Sequence[Question]) -> list[Reply]:
        with self.context.ledger.begin() as connection:
            return [self._reply(connection, question) for question in questions]

    def _reply(self, connection: Connection, question: Question) -> Reply:
        if state := self.states.get(question.model):
            return Reply(question, state, "refused" if state == "failed" else "over-budget", 0, None, "the budget")  # type: ignore[arg-type]
        known = identity(self.routes, question.model, question.prompt, "qa", question.draw)
        mark = canonical_sha256([known, question.image_sha256, question.user])
        if mark not in self._known:
            self.asked.append(question)
            self._known[mark] = (self._call(connection, question, mark), self._content(question))
        call_id, content = self._known[mark]
        return Reply(question, "answered", "answered", call_id, content)

    def _content(self, question: Question) -> dict[str, Any]:
        facts = self.facts[question.figure_id]
        if question.prompt.name == "qa-write":
            return {"questions": self.written.get(question.figure_id) or [fact.written() for fact in facts]}
        truth = {fact.question: fact.options[0] for fact in facts}
        return {"answer": self.answers.get(question.model, honest)(question, truth)}

    def _call(self, connection: Connection, question: Question, mark: str) -> int:
        run, who = self.context.run.key, (question.model, question.prompt.sha256)
        if who not in self._models:
            prompts.register(connection, question.prompt, run)
            self._models[who] = register_model(connection, self.routes, question.model, run)
        values = {"mark": mark, "prompt": question.prompt.sha256, "model": self._models[who], "draw": question.draw}
        return int(connection.execute(_CALL, values | {"run": run}).scalar_one())

    def steps(self) -> dict[str, int]:
        """How many questions were asked by prompt."""
        names = [question.prompt.name for question in self.asked]
        return {name: names.count(name) for name in dict.fromkeys(names)}


_CALL = text(
    "INSERT INTO call (fingerprint, purpose, prompt_sha256, model_id, evidence_sha256, draw, run_key) "
    "VALUES (:mark, 'qa', :prompt, :model, :mark, :draw, :run) RETURNING call_id"
)


class School:
    """Figures with facts, captions by models of the routes file, and rows."""

    def __init__(self, context: Context, library: Any, tmp_path: Path) -> None:
        self.context = context
        self.library = library
        self.path = tmp_path / "qa-routes.yaml"
        self.models = Models(context, self.read(ROUTES))

    def read(self, content: str) -> routes.Routes:
        """Routes that are those of the settings from now on, too."""
        self.path.write_text(content)
        return routes.parse(content.encode(), self.path)

    def figure(self, facts: Sequence[Fact] = FACTS, *, kind: str = "chart") -> int:
        """A figure that shows these facts."""
        figure = int(self.library.figure(kind=kind))
        self.models.facts[figure] = tuple(facts)
        return figure

    def caption(self, figure: int, body: str, model: str = "cap") -> int:
        """A caption of a figure by a model of the routes file."""
        caption = int(self.library.caption(figure, body or "-"))
        return self._of(caption, model)

    def _of(self, caption: int, model: str) -> int:
        """The same caption by a model of the routes file: captions are never changed, so it is put in again."""
        with self.context.ledger.begin() as connection:
            number = register_model(connection, self.models.routes, model, self.context.run.key)
            return int(connection.execute(_COPY, {"caption": caption, "model": number}).scalar_one())

    def behave(self, **ways: str) -> None:
        """How models of the routes file answer: honest, guesser, always_first, never_tells, off_list."""
        self.models.answers.update({model: WAYS[way] for model, way in ways.items()})

    def fact(self, question: str, *options: str, **fields: str) -> Fact:
        """A fact; the first option is the right one."""
        return Fact(question, options, **fields)

    def truth(self, figure: int, count: int | None = None) -> str:
        """A caption that says the first so many facts of a figure."""
        return " ".join(f"{fact.question} {fact.options[0]}." for fact in self.models.facts[figure][:count])

    def run(self, stage: Any, **options: Any) -> Any:
        """A stage under these routes."""
        settings = self.context.settings.model_copy(update={"routes": self.path})
        return stage(dataclasses.replace(self.context, settings=settings), **options)

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query."""
        with self.context.ledger.begin() as connection:
            return [dict(row) for row in connection.execute(text(query), parameters).mappings()]

    def score(self, caption: int) -> dict[str, Any]:
        """The score of a caption with its detail."""
        [row] = self.rows(
            "SELECT value, detail, deterministic FROM score WHERE caption_id = :c AND scorer = 'caption-qa'", c=caption
        )
        return row

    def outcomes(self) -> dict[str, tuple[str, str]]:
        """What the filters made of each question: outcome and slug."""
        return {row["question"]: (row["outcome"], row["slug"]) for row in self.rows("SELECT * FROM qa_questions")}

    def file(self, name: str, lines: Sequence[Mapping[str, Any]]) -> Path:
        """A file of captions from elsewhere."""
        path = self.path.with_name(name)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path


_COPY = text("""
WITH k AS (INSERT INTO call (fingerprint, purpose, prompt_sha256, model_id, evidence_sha256, run_key)
      SELECT encode(sha256((k.fingerprint || :model)::bytea), 'hex'), 'caption', k.prompt_sha256, :model, k.evidence_sha256, k.run_key
      FROM caption c JOIN call k USING (call_id) WHERE c.caption_id = :caption RETURNING call_id, prompt_sha256, model_id)
INSERT INTO caption (figure_id, call_id, attempt_id, route_id, prompt_sha256, model_id, run_key, body, panels, body_sha256)
SELECT c.figure_id, k.call_id, c.attempt_id, c.route_id, k.prompt_sha256, k.model_id, c.run_key, c.body, c.panels, c.body_sha256
FROM caption c, k WHERE c.caption_id = :caption RETURNING caption_id
""")


@pytest.fixture
def judged_by() -> Callable[..., routes.Routes]:
    """The routes with other judges: qa_writer, qa_answerer, and further keys of the file."""

    def make(qa_writer: Sequence[str], qa_answerer: Sequence[str], **further: Any) -> routes.Routes:
        content = yaml.safe_load(ROUTES) | {"judges": {"qa_writer": qa_writer, "qa_answerer": qa_answerer}} | further
        return routes.parse(yaml.safe_dump(content).encode(), Path("routes.yaml"))

    return make


@pytest.fixture
def school(context: Context, library: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> School:
    """Figures, captions and models; stages ask these."""
    made = School(context, library, tmp_path)
    monkeypatch.setattr(stage, "asker", lambda context, routes: made.models)
    monkeypatch.setenv("OMNISCI_ROUTES", str(made.path))
    return made
