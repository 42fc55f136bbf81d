"""Captions examined claim by claim: what is stored, with models over real HTTP and without any."""

from __future__ import annotations

from typing import Any

import pytest

from omnisci_etl.captions import routes as routes_module
from omnisci_etl.captions.asking import asker
from omnisci_etl.captions.questions import Reply
from omnisci_etl.errors import ConfigError
from omnisci_etl.judging.claims import stage

CAPTION = "Yield of 5 mM samples rises with time. The yield of the blank is 900 mM. A red curve stands for water."


def stored(ledger: Any) -> list[tuple[Any, ...]]:
    with ledger.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(
            "SELECT n, verdict, evidence_kind, note, method, call_id IS NULL, split_method FROM claims ORDER BY caption_id, n"
        )]  # fmt: skip


def scores(ledger: Any) -> dict[str, Any]:
    with ledger.read() as connection:
        rows = connection.exec_driver_sql("SELECT scorer, value, detail, deterministic FROM score").all()
    assert not any(row.deterministic for row in rows)
    return {row.scorer: row for row in rows}


@pytest.fixture
def one(library: Any) -> int:
    """A caption with a claim that is true, one that is false, and one of what is seen."""
    figure = library.figure(caption="Yield of 5 mM samples rises with time.", mentions=["The blank stays below 2%."])
    return int(library.caption(figure, CAPTION))


def examined(context: Any, captions: list[int]) -> Any:
    routes = routes_module.load(context.settings)
    return stage.examine(context, routes, captions, asker(context, routes))


def test_models_split_and_judge(routes_file, at_work, llm, judges, one, ledger, table_hashes) -> None:
    llm.content_of = judges.over_http(judges.FakeJudge())
    path = routes_file()
    assert at_work(lambda context: examined(context, [one]), path) == {"examined": 1, "claims": 3, "left": 0}
    assert stored(ledger) == [
        (1, "supported-by-text", "text", "", "model", False, "model"),
        (2, "contradicted", "picture", "", "model", False, "model"),
        (3, "supported-by-picture", "picture", "", "model", False, "model"),
    ]
    found = scores(ledger)
    assert found["claims-faithful"].value == pytest.approx(2 / 3)
    assert found["claims-faithful"].detail["n"] == 3
    assert found["claims-covered"].value == 1.0
    before, asked = table_hashes(), len(llm.bill)
    assert asked == 2
    assert at_work(lambda context: examined(context, [one]), path) == {"examined": 0, "claims": 0, "left": 0}
    assert (table_hashes(), len(llm.bill)) == (before, asked)


def test_what_a_sloppy_model_answers_has_its_outcome(routes_file, at_work, llm, judges, one, ledger) -> None:
    llm.content_of = judges.over_http(judges.FakeJudge("sloppy"))
    at_work(lambda context: examined(context, [one]), routes_file())
    assert [row[1:5] for row in stored(ledger)] == [
        ("unknown", "none", "missing", "model"),
        ("contradicted", "picture", "", "model"),
        ("unknown", "none", "doubled", "model"),
    ]
    odd = scores(ledger)["claims-faithful"].detail["odd"]
    assert odd == {"dropped-ungrounded": 1, "missing": 1, "doubled": 1, "foreign": 1}


def test_a_lenient_model_cannot_quote_what_is_not_there(routes_file, at_work, llm, judges, one, ledger) -> None:
    llm.content_of = judges.over_http(judges.FakeJudge("lenient"))
    at_work(lambda context: examined(context, [one]), routes_file())
    assert {row[1:4] for row in stored(ledger)} == {("unknown", "none", "unquoted")}
    # Nothing is decided, so there is no share of it.
    assert set(scores(ledger)) == {"claims-covered"}


def test_without_a_model_the_wording_decides(routes_file, at_work, llm, one, ledger) -> None:
    path = routes_file(judges={"caption": ["judge"]})
    at_work(lambda context: examined(context, [one]), path)
    assert [row[1:] for row in stored(ledger)] == [
        ("supported-by-text", "text", "", "text", True, "sentences"),
        ("unknown", "none", "", "text", True, "sentences"),
        ("unknown", "none", "", "text", True, "sentences"),
    ]
    assert llm.bill == []
    assert scores(ledger)["claims-faithful"].detail["unknown_share"] == pytest.approx(2 / 3)


def test_where_no_answer_will_come_the_wording_decides_and_what_is_left_stays_undone(
    context, routes_file, one, ledger
) -> None:
    routes = routes_module.load(context.settings.model_copy(update={"routes": routes_file()}))

    def saying(state: Any) -> Any:
        return lambda questions: [Reply(q, state, "refused", 1, None, "no") for q in questions]

    assert stage.examine(context, routes, [one], saying("left")) == {"examined": 0, "claims": 0, "left": 1}
    assert stored(ledger) == []
    failing = stage.examine(context, routes, [one], saying("failed"))
    assert (failing["examined"], failing["claims"]) == (1, 3)
    assert {row[4] for row in stored(ledger)} == {"text"}


def test_a_model_of_the_captioners_own_family_is_refused(context, routes_file, one) -> None:
    path = routes_file(judges={"caption": ["judge"], "claims": ["kin"]})
    routes = routes_module.load(context.settings.model_copy(update={"routes": path}))
    with pytest.raises(ConfigError, match="own family 'none'"):
        stage.examine(context, routes, [one], lambda questions: [])
