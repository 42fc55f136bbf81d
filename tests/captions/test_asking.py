"""Questions asked by the paid-call protocol: once, in order, within the budget, and read again with the network off."""

from __future__ import annotations

import io
import threading
from collections import Counter
from decimal import Decimal

import pytest
from PIL import Image

from omnisci_etl.captions import prompts, routes
from omnisci_etl.captions.asking import asker
from omnisci_etl.captions.questions import Question
from omnisci_etl.captions.stage import caption
from omnisci_etl.errors import ConfigError
from omnisci_etl.hashing import sha256_hex

CONTENT = {
    "name": "test-judge", "version": "1", "purpose": "judge", "system": "You judge captions.", "template": "{caption}",
    "output_schema": {
        "type": "object", "additionalProperties": False, "required": ["verdict", "points"],
        "properties": {"verdict": {"type": "string"}, "points": {"type": "integer"}},
    },
}  # fmt: skip
JUDGE = prompts.parse(CONTENT, "test-judge")
QA = prompts.parse({**CONTENT, "name": "test-qa", "purpose": "qa"}, "test-qa")


def answering(data):
    """An answer that only this request gets."""
    text = str(data)
    return {"verdict": sha256_hex(text)[:8], "points": len(text) % 5}


@pytest.fixture
def desk(routed, llm):
    """An office whose model answers questions; ask(office, questions) asks them in a run of its own."""
    llm.content_of = answering

    def make(api="openai", **options):
        office = routed(api, **options)

        def ask(questions, **changes):
            return office.run(lambda context: asker(context, routes.load(context.settings))(questions), **changes)

        office.ask = ask
        return office

    return make


def question(figure_id, text="Is it so?", **changes):
    return Question(
        **{"purpose": "judge", "model": "main", "prompt": JUDGE, "user": text, "figure_id": figure_id} | changes
    )


def said(replies):
    return [(r.state, r.slug, dict(r.content) if r.content else None) for r in replies]


@pytest.mark.parametrize("api", ["openai", "anthropic", "openai-compatible"])
def test_questions_are_answered_in_their_order_and_never_asked_again(api, desk, llm, library):
    office = desk(api)
    figures = library.figures(3)
    asked = [question(figures[i % 3], f"Question {i} of {{braces}} & <tags>") for i in range(20)]
    replies = office.ask(asked)
    assert [r.question for r in replies] == asked
    assert {(r.state, r.slug) for r in replies} == {("answered", "answered")}
    assert len({r.content["verdict"] for r in replies}) == 20
    assert len(llm.bill) == 20
    for reply, row in zip(replies, asked, strict=True):
        assert office.rows("SELECT count(*) AS n FROM question WHERE call_id = :c AND figure_id = :f", c=reply.call_id, f=row.figure_id) == [{"n": 1}]  # fmt: skip
    llm.close()
    before = office.counts()
    # Neither the vendor nor its key is needed.
    again = office.ask(list(reversed(asked)), call_timeout=1.0)
    assert said(again) == said(reversed(replies))
    assert office.counts() == before


def test_no_key_is_needed_for_what_is_known(desk, llm, library, monkeypatch):
    office = desk()
    (figure,) = library.figures(1)
    first = office.ask([question(figure)])
    monkeypatch.delenv("VLLM_API_KEY")
    assert said(office.ask([question(figure)])) == said(first)
    with pytest.raises(ConfigError, match="VLLM_API_KEY"):
        office.ask([question(figure), question(figure, "Another?")])
    assert len(llm.bill) == 1


def test_equal_questions_are_asked_once_and_others_are_told_apart(desk, llm, library):
    office = desk()
    one, other = library.figures(2)
    image = office.rows("SELECT image_sha256::text AS sha FROM figure WHERE figure_id = :f", f=one)[0]["sha"]
    asked = [
        question(one), question(one), question(other), question(one, "Is it not?"), question(one, draw=1),
        question(one, prompt=QA, purpose="qa"), question(one, image_sha256=image),
    ]  # fmt: skip
    replies = office.ask(asked)
    assert len({r.call_id for r in replies}) == len(llm.bill) == 5
    assert len({r.call_id for r in replies[:3]}) == 1
    assert said(replies)[0] == said(replies)[1] == said(replies)[2]
    rows = office.rows("SELECT figure_id FROM question WHERE call_id = :c ORDER BY question_id", c=replies[0].call_id)
    assert [row["figure_id"] for row in rows] == [one, other]
    pictures = office.rows("SELECT count(sent_image_sha256) AS n FROM attempt")
    assert pictures == [{"n": 1}]


def test_spend_is_the_bill_by_purpose_discipline_and_kind(desk, llm, library):
    office = desk()
    paper = library.paper(discipline="physics")
    chart, photo = library.figure(paper, 1, kind="chart"), library.figure(paper, 2, kind="photo")
    office.ask([question(chart), question(photo, "And this?"), question(photo, prompt=QA, purpose="qa")])
    rows = office.rows(
        "SELECT purpose, discipline, kind, sum(calls) AS calls, sum(output_tokens) AS output FROM spend GROUP BY 1, 2, 3 ORDER BY 1, 3"
    )
    assert [(r["purpose"], r["discipline"], r["kind"], r["calls"]) for r in rows] == [
        ("judge", "physics", "chart", 1), ("judge", "physics", "photo", 1), ("qa", "physics", "photo", 1),
    ]  # fmt: skip
    assert sum(row["output"] for row in rows) == sum(row["output_tokens"] for row in llm.bill)
    llm.content_of = None
    office.run(caption)
    (paid,) = office.rows("SELECT sum(cost_usd) AS usd, sum(input_tokens) AS input FROM spend")
    dollars = sum(2 * row["input_tokens"] + 10 * row["output_tokens"] for row in llm.bill) / Decimal(1_000_000)
    assert (paid["usd"], paid["input"]) == (dollars, sum(row["input_tokens"] for row in llm.bill))
    assert Counter(r["purpose"] for r in office.rows("SELECT purpose FROM call")) == {"judge": 2, "qa": 1, "caption": 2}


def test_what_the_budget_has_no_room_for_is_left_and_asked_by_a_later_run(desk, llm, library):
    office = desk(budget={"usd_per_run": 0.0151}, max_output_tokens=1000, max_in_flight=2)
    (figure,) = library.figures(1)
    asked = [question(figure, f"Question {i}") for i in range(12)]
    llm.cached = 2000
    replies = office.ask(asked)
    states = Counter(r.state for r in replies)
    assert states["answered"] == len(llm.bill) > 2
    assert states["left"] == 12 - len(llm.bill) > 0
    (left, *_) = [r for r in replies if r.state == "left"]
    assert (left.slug, left.content) == ("budget", None)
    assert "usd_per_run" in left.reason
    (spent,) = office.rows("SELECT sum(cost_usd) AS usd FROM spend")
    assert spent["usd"] <= Decimal("0.0151")
    later = office.ask(asked)
    assert sum(r.state == "answered" for r in later) > states["answered"]
    assert [x for x in said(later) if x in said(replies) and x[0] == "answered"]


def test_a_question_about_no_figure_of_the_ledger_is_billed_as_unknown(desk, llm):
    office = desk()
    (reply,) = office.ask([question(None)])
    assert reply.state == "answered"
    assert office.rows("SELECT FROM question") == []
    (row,) = office.rows("SELECT discipline, kind, output_tokens FROM spend")
    assert row == {"discipline": "unknown", "kind": "unknown", "output_tokens": llm.bill[0]["output_tokens"]}


def test_failures_end_questions_by_the_strike_cap_and_are_not_asked_again(desk, llm, library, fault):
    office = desk()
    (figure,) = library.figures(1)
    llm.by_text = {}
    llm.faults["/v1/responses"] = [fault("off-schema")] * 3
    (failed,) = office.ask([question(figure)])
    assert (failed.state, failed.slug) == ("failed", "strikes-out")
    assert "off-schema" in failed.reason
    assert len(llm.bill) == 3
    assert said(office.ask([question(figure)])) == [("failed", "strikes-out", None)]
    assert len(llm.bill) == 3
    llm.faults["/v1/responses"] = [fault("refuse")]
    assert said(office.ask([question(figure, "Again?")]))[0][0] == "answered"
    assert len(llm.bill) == 5
    llm.faults["/v1/responses"] = [fault("status", status=400)]
    (bad,) = office.ask([question(figure, "What?")])
    assert (bad.state, bad.slug) == ("failed", "bad-request")


def test_a_question_whose_answers_never_come_is_given_up(desk, llm, library, fault):
    office = desk()
    (figure,) = library.figures(1)
    llm.always = fault("billed-reset")
    (lost,) = office.ask([question(figure)], unknown_cap=2, unknown_grace=0.0)
    assert (lost.state, lost.slug) == ("failed", "unknowns-out")
    assert len(llm.bill) == 2
    (again,) = office.ask([question(figure)], unknown_cap=2)
    assert (again.state, again.slug, len(llm.bill)) == ("failed", "unknowns-out", 2)
    assert office.rows("SELECT unknown FROM spend") == [{"unknown": 2}]
    llm.always = None
    assert office.ask([question(figure)], unknown_cap=3, unknown_grace=0.0)[0].state == "answered"


def test_captions_and_questions_share_the_budget_of_a_day(desk, llm, library):
    office = desk(budget={"usd_per_day": 0.03}, max_output_tokens=1000, max_in_flight=1)
    figures = library.figures(2)
    llm.cached = 2000
    llm.content_of = None
    office.run(caption)
    llm.content_of = answering
    replies = office.ask([question(figures[0], f"Question {i}") for i in range(30)])
    assert {"answered", "left"} == {r.state for r in replies}
    (spent,) = office.rows("SELECT sum(cost_usd) AS usd, count(DISTINCT purpose) AS purposes FROM spend")
    assert (spent["usd"] <= Decimal("0.03"), spent["purposes"]) == (True, 2)


def test_a_vendor_that_is_down_leaves_questions_and_a_refused_key_stops_the_run(desk, llm, library, fault):
    office = desk()
    (figure,) = library.figures(1)
    asked = [question(figure, f"Question {i}") for i in range(6)]
    llm.always = fault("status", status=503)
    replies = office.ask(asked, call_tries=2)
    assert {(r.state, r.slug) for r in replies} == {("left", "overloaded")}
    assert all("503" in r.reason for r in replies)
    llm.always = fault("status", status=401)
    with pytest.raises(ConfigError, match="wrong-key"):
        office.ask(asked)
    llm.always = None
    assert {r.state for r in office.ask(asked)} == {"answered"}
    assert len(llm.bill) == 6


def test_only_models_that_can_be_asked_are_asked(desk, library):
    office = desk()
    (figure,) = library.figures(1)
    with pytest.raises(ConfigError, match="no model 'other'"):
        office.ask([question(figure, model="other")])
    with pytest.raises(ConfigError, match="extract only composes"):
        office.ask([question(figure, model="extract")])
    assert office.ask([]) == []
    assert office.counts()["call"] == 0


def test_a_picture_is_sent_as_captions_send_it_and_one_that_is_gone_leaves_its_question(desk, llm, library):
    office = desk()
    image = Image.new("RGB", (3000, 300), (9, 9, 9))
    data = io.BytesIO()
    image.save(data, format="PNG")
    figure = library.figure(library.paper(), 1, picture=data.getvalue())
    image_sha256 = sha256_hex(data.getvalue())
    (reply,) = office.ask([question(figure, image_sha256=image_sha256)])
    assert reply.state == "answered"
    (row,) = office.rows("SELECT sent_image_sha256::text AS sha FROM attempt")
    assert row["sha"] not in (None, image_sha256)
    (gone,) = office.ask([question(figure, image_sha256="0" * 64)])
    assert (gone.state, gone.content) == ("left", None)
    assert "is missing" in gone.reason
    assert len(llm.bill) == 1


def test_many_questions_take_few_threads_and_no_pictures_ahead(desk, llm, library, monkeypatch):
    office = desk(max_in_flight=8)
    (figure,) = library.figures(1)
    image = office.rows("SELECT image_sha256::text AS sha FROM figure")[0]["sha"]
    prepared = []
    most = []
    from omnisci_etl.captions import asking

    whole = asking.request_of

    def watched(*args):
        prepared.append(1)
        most.append((threading.active_count(), len(prepared) - len(llm.bill)))
        return whole(*args)

    monkeypatch.setattr(asking, "request_of", watched)
    before = threading.active_count()
    replies = office.ask([question(figure, f"Question {i}", image_sha256=image) for i in range(600)])
    assert Counter(r.state for r in replies) == {"answered": 600}
    # The fake vendor has a thread for each connection.
    assert max(threads for threads, _ in most) - before < 40
    assert max(ahead for _, ahead in most) < 40


def test_two_askers_at_once_pay_once(desk, llm, library):
    office = desk(max_in_flight=4)
    (figure,) = library.figures(1)
    asked = [question(figure, f"Question {i}") for i in range(30)]
    llm.latency = 0.02
    found = {}

    def ask(name, questions):
        found[name] = office.ask(questions)

    threads = [
        threading.Thread(target=ask, args=("one", asked)),
        threading.Thread(target=ask, args=("other", asked[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert said(found["one"]) == said(reversed(found["other"]))
    assert {r.state for r in found["one"]} == {"answered"}
    assert len(llm.bill) == 30
    assert office.rows("SELECT FROM call_lease") == []
