"""What is drawn, what is escalated, and what the ledger's past does to a decision."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from omnisci_etl.captions import outlook as outlooks
from omnisci_etl.captions import routes as routes_file
from omnisci_etl.captions.figures import Standing
from omnisci_etl.captions.language import language
from omnisci_etl.captions.outlook import Outlook
from omnisci_etl.captions.planning import Planner
from omnisci_etl.captions.router import decide, escalated
from omnisci_etl.captions.routes import Routes
from omnisci_etl.captions.stage import caption, escalations, plan
from omnisci_etl.judging.stage import score

FOUND = {"kind": "chart", "panels": 2}


def routes(mode="cascade", explore=0.0, at_most=1, to="strong", rules=()):
    """Three models; strong costs forty times what cheap does."""
    price = {"weak": 0.05, "cheap": 0.1, "strong": 4}
    return Routes.model_validate({
        "providers": {"v": {"api": "openai-compatible", "base_url": "http://127.0.0.1:1/v1"}},
        "models": {name: {"provider": "v", "model": f"m-{name}", "usd_per_mtok": {"input": usd, "output": 5 * usd}} for name, usd in price.items()},
        "policy": {"name": "p", "mode": mode, "default": "cheap", "rules": list(rules), "explore": explore,
                   "escalate": {"below": 0.6, "to": to, "at_most": at_most}},
    })  # fmt: skip


def standing(best=0.3, judged=True, escalations=0):
    return Standing(7, best, judged, escalations)


@given(st.floats(0, 1, exclude_max=True), st.floats(0, 1))
@settings(max_examples=200, deadline=None)
def test_every_draw_has_the_probability_that_is_stored(draw, explore):
    table = routes(explore=explore)
    made = decide(table, FOUND, Outlook(), draw)
    share = explore / 2
    assert made.candidates == ("cheap", "strong")
    assert made.probability == pytest.approx(share + (1 - explore if made.model == "cheap" else 0))
    assert (made.reason["rule"] == "explore") == (draw < explore)


def test_the_drawn_share_is_uniform_over_models():
    table = routes(explore=0.5, to=["weak", "strong"])
    made = [decide(table, FOUND, Outlook(), n / 600).model for n in range(600)]
    assert made.count("weak") == made.count("strong") == 100
    assert made.count("cheap") == 400
    found = decide(table, FOUND, Outlook(), 0.2)
    assert found.reason["instead_of"] == {"rule": "default", "use": "cheap"}


def test_a_weak_caption_is_asked_again_of_the_next_model_that_has_not_tried():
    table = routes(to=["weak", "strong"], at_most=2)
    first = escalated(table, FOUND, Outlook(), standing(), ["cheap"])
    assert first.model == "weak"
    assert first.reason == {
        "rule": "escalate", "use": "weak", "gate_score": 0.3, "below": 0.6, "caption_id": 7, "escalation": 1,
    }  # fmt: skip
    assert escalated(table, FOUND, Outlook(), standing(escalations=1), ["cheap", "weak"]).model == "strong"
    assert escalated(table, FOUND, Outlook(), standing(escalations=1), ["cheap", "weak", "strong"]) is None


def test_a_caption_that_a_later_stage_turned_down_is_asked_again_whatever_its_gate_score():
    turned_down = Standing(7, 0.9, True, 0, "judge-low")
    made = escalated(routes(), FOUND, Outlook(), turned_down, ["cheap"])
    assert made.model == "strong"
    assert (made.reason["gate_score"], made.reason["turned_down"]) == (0.9, "judge-low")
    assert escalated(routes(mode="rules"), FOUND, Outlook(), turned_down, ["cheap"]) is None


@pytest.mark.parametrize(
    "held_back",
    [
        {"standing": None},
        {"standing": standing(best=0.6)},
        {"standing": standing(judged=False)},
        {"standing": standing(best=None)},
        {"standing": standing(escalations=1)},
        {"table": routes(mode="rules")},
        {"outlook": Outlook(budget_left=Decimal(0))},
        {"outlook": Outlook(health={"strong": (20, 10)})},
    ],
    ids=["no-caption", "good", "unjudged", "unscored", "at-most", "rules", "budget", "circuit"],
)
def test_nothing_is_escalated_without_need_or_means(held_back):
    given = {"table": routes(), "outlook": Outlook(), "standing": standing()} | held_back
    assert escalated(given["table"], FOUND, given["outlook"], given["standing"], ["cheap"]) is None


def test_a_first_model_that_never_pays_is_skipped():
    def model(accepted, decided, **options):
        known = Outlook(history={("cheap", "chart"): (accepted, decided)}, **options)
        return decide(routes(), FOUND, known, 0.9).model

    assert model(0, 19) == "cheap"
    assert model(0, 20) == "strong"
    assert model(1, 100) == "strong"
    assert model(3, 100) == "cheap"
    assert model(0, 20, health={"strong": (30, 30)}) == "cheap"
    known = Outlook(history={("cheap", "chart"): (0, 20)})
    assert decide(routes(), {**FOUND, "kind": "map"}, known, 0.9).model == "cheap"
    assert decide(routes(mode="rules"), FOUND, known, 0.9).model == "cheap"
    reason = decide(routes(), FOUND, known, 0.9).reason
    assert (reason["rule"], reason["instead_of"], reason["price_ratio"]) == ("history", "cheap", pytest.approx(0.025))


def test_a_decision_keeps_what_it_knew():
    known = Outlook({"cheap": (10, 1)}, {("cheap", "chart"): (5, 6), ("cheap", "map"): (1, 1)}, Decimal("1.5"))
    assert decide(routes(), FOUND, known, 0.9).features == {
        **FOUND, "health": {"cheap": [10, 1]}, "history": {"cheap": [5, 6]}, "budget_left_usd": 1.5,
    }  # fmt: skip


def test_a_circuit_opens_on_the_share_of_failures_and_not_on_a_few():
    assert Outlook(health={"m": (19, 19)}).is_healthy("m")
    assert not Outlook(health={"m": (20, 10)}).is_healthy("m")
    assert Outlook(health={"m": (21, 10)}).is_healthy("m")
    assert Outlook().is_healthy("never asked")


@pytest.mark.parametrize(
    ("said", "tongue"),
    [
        ("", "en"),
        ("12 34", "en"),
        ("The curve shows the yield of the reaction as a function of time.", "en"),
        ("Die Kurve zeigt die Ausbeute der Reaktion mit der Zeit und den Fehlern.", "other"),
        ("La courbe montre le rendement de la réaction en fonction du temps.", "other"),
        ("曲线 显示 反应 的 产率", "other"),
    ],
)
def test_language(said, tongue):
    assert language(said) == tongue


@pytest.fixture
def cascade(routed, llm, tmp_path):
    """An office whose routes ask `cheap` first and `strong` where the gate is not content."""

    def make(**policy):
        office = routed()
        llm.panels = []
        content = json.loads((tmp_path / "routes.yaml").read_text())
        main = content["models"]["main"]
        content["models"]["strong"] = main | {"model": "m-strong", "usd_per_mtok": {"input": 80, "output": 400}}
        content["policy"] = {
            "name": "c", "mode": "cascade", "default": "main", "escalate": {"below": 0.6, "to": "strong", "at_most": 1},
        } | policy  # fmt: skip
        (tmp_path / "routes.yaml").write_text(json.dumps(content))
        return office

    return make


GOOD = "A line rises from left to right in the plot of the yield against time."
BAD = GOOD + " The rest stands at https://example.org/more."


def test_the_cascade_escalates_what_the_gate_rejects_and_nothing_else(cascade, llm, library):
    office = cascade()
    extraction = library.paper()
    library.figure(extraction, 1, caption="The yield in plain words.")
    library.figure(extraction, 2, caption="The yield against time.")
    llm.caption_of = lambda data: BAD if data["model"] == "m-1" and "plain words" in json.dumps(data) else GOOD
    assert office.run(caption)["captioned"] == 2
    assert office.run(caption)["figures"] == 0, "nothing is escalated before it is judged"
    assert escalations(office.settings, office.ledger) == 0
    office.run(score)
    assert escalations(office.settings, office.ledger) == 1
    (row,) = plan(office.settings, office.ledger)
    assert (row["requested"], row["calls"]) == ("m-strong", 1)
    assert office.run(caption) == {"figures": 1, "captioned": 1, "calls": 1, "attempts": 1, "failed": 0, "waiting": 0}
    office.run(score)
    before = office.counts()
    assert office.run(caption)["figures"] == 0
    assert office.counts() == before
    assert escalations(office.settings, office.ledger) == 0
    made = office.rows(
        "SELECT f.ordinal, l.model_requested AS model, l.is_active, l.decision, l.route_reason FROM lineage l "
        "JOIN figure f USING (figure_id) ORDER BY l.model_requested, f.ordinal"
    )
    assert [(m["ordinal"], m["model"], m["decision"]) for m in made] == [
        (1, "m-1", "reject"), (2, "m-1", "accept"), (1, "m-strong", "accept"),
    ]  # fmt: skip
    assert [m["is_active"] for m in made] == [False, True, True]
    assert made[2]["route_reason"]["rule"] == "escalate"
    stored = office.rows("SELECT features, candidates, probability FROM route ORDER BY route_id")
    assert stored[-1]["features"]["history"] == {"main": [1, 2]}
    assert stored[-1]["candidates"] == ["main", "strong"]


def _decide(office, outcome, slug, stopped_at):
    """Another decision on every caption, newer than the gate's own."""
    with office.ledger.begin() as connection:
        statement = text(
            "INSERT INTO omnisci.decision "
            "(caption_id, policy, policy_sha256, inputs_sha256, outcome, slug, gate_score, reason, run_key) "
            "SELECT DISTINCT ON (caption_id) caption_id, policy, policy_sha256, md5(:slug) || md5(caption_id::text), :outcome, :slug, "
            "gate_score, jsonb_build_object('stopped_at', CAST(:stage AS text)), run_key "
            "FROM omnisci.decision ORDER BY caption_id, decision_id DESC"
        )
        connection.execute(statement, {"outcome": outcome, "slug": slug, "stage": stopped_at})


@pytest.mark.parametrize(
    ("outcome", "slug", "stage", "asked"),
    [
        ("reject", "judge-low", "judge", 1),
        ("reject", "caption-mismatch", "embedding", 1),
        ("escalate", "in-the-band", "claims", 1),
        ("escalate", "in-the-band", "text", 1),
        ("reject", "says-little", "text", 0),
        ("abstain", "verdict-awaited", "judge", 0),
        ("abstain", "no-verdict", "claims", 0),
        ("accept", "above-threshold", "qa", 0),
    ],
)
def test_what_a_later_stage_turned_down_is_escalated_with_a_good_gate_score(
    cascade, llm, library, outcome, slug, stage, asked
):
    office = cascade()
    library.figure(library.paper(), 1, caption="The yield against time.")
    llm.caption_of = lambda data: GOOD
    office.run(caption)
    office.run(score)
    _decide(office, outcome, slug, stage)
    assert escalations(office.settings, office.ledger) == asked
    assert sum(row["calls"] for row in plan(office.settings, office.ledger)) == asked
    assert office.run(caption)["captioned"] == asked
    assert office.run(caption)["figures"] == 0, "nothing more is asked before the new caption is judged"
    reasons = [row["reason"] for row in office.rows("SELECT reason FROM route ORDER BY route_id")]
    assert [reason.get("turned_down") for reason in reasons] == [None, *[slug] * asked]


def test_the_cascade_stops_at_its_last_model(cascade, llm, library):
    office = cascade(escalate={"below": 0.6, "to": "strong", "at_most": 5})
    library.figure(library.paper(), 1, caption="The yield in plain words.")
    llm.caption_of = lambda data: BAD
    for expected in (1, 1, 0):
        assert office.run(caption)["figures"] == expected
        office.run(score)
    assert len(llm.bill) == 2


def test_an_escalation_that_was_cut_short_goes_on(cascade, llm, library, fault):
    office = cascade()
    library.figure(library.paper(), 1, caption="The yield in plain words.")
    llm.caption_of = lambda data: BAD if data["model"] == "m-1" else GOOD
    office.run(caption)
    office.run(score)
    llm.faults["/v1/responses"] = [fault("billed-reset")]
    office.run(caption, call_tries=3)
    assert office.rows("SELECT count(*) AS n FROM caption") == [{"n": 2}]
    assert office.rows("SELECT count(*) AS n FROM route") == [{"n": 2}]
    assert office.rows("SELECT sum(unknown) AS n FROM spend") == [{"n": 1}]


def test_exploring_draws_the_same_again_and_makes_nothing_stale(cascade, llm, library):
    office = cascade(explore=1.0)
    library.figures(24)
    llm.caption_of = lambda data: GOOD
    office.run(caption, routes=office.settings.routes)
    made = office.rows(
        "SELECT m.requested AS model, r.probability FROM route r JOIN call USING (call_id) JOIN model m USING (model_id)"
    )
    assert {row["model"] for row in made} == {"m-1", "m-strong"}
    assert {row["probability"] for row in made} == {0.5}
    assert plan(office.settings, office.ledger) == []
    assert office.run(caption)["figures"] == 0


def test_the_outlook_is_read_from_the_ledger(cascade, llm, library, fault):
    office = cascade()
    library.figures(2)
    llm.caption_of = lambda data: GOOD
    llm.faults["/v1/responses"] = [fault("status", status=503)]
    office.run(caption)
    office.run(score)
    table = routes_file.load(office.settings)
    with office.ledger.begin() as connection:
        connection.execute(text("SET LOCAL ROLE omnisci_reader"))
        found = outlooks.load(connection, table, 0)
    assert found.health == {"main": (3, 1)}
    assert found.history == {("main", "chart"): (2, 2)}
    assert found.budget_left is None
    limited = table.model_copy(update={"budget": routes_file.Budget(usd_per_day=Decimal(1))})
    with office.ledger.begin() as connection:
        left = outlooks.load(connection, limited, 0).budget_left
    (spent,) = office.rows("SELECT sum(cost_usd) AS usd FROM spend")
    assert left == 1 - spent["usd"]
    assert Planner(table).outlook == Outlook()


def test_a_figure_that_has_no_further_model_waits_for_none(cascade, llm, library):
    office = cascade(rules=[{"when": {"kind": "chart"}, "use": "strong"}])
    library.figure(library.paper(), 1, caption="The yield in plain words.")
    llm.caption_of = lambda data: BAD
    office.run(caption)
    office.run(score)
    assert escalations(office.settings, office.ledger) == 0
    assert office.run(caption)["figures"] == 0
