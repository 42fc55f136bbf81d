"""Limits over many workers at once: budgets that hold, requests in flight that follow the vendor, a model that is down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from decimal import Decimal
from functools import partial

import pytest

from omnisci_etl.captions import outlook
from omnisci_etl.captions.routes import load
from omnisci_etl.captions.stage import caption
from omnisci_etl.errors import LeftOver

SPENT = (
    "SELECT coalesce(sum(coalesce(o.cost_usd, a.worst_case_usd)), 0) AS usd, count(*) AS attempts, count(DISTINCT a.run_key) AS runs, "
    "max(a.worst_case_usd) AS worst FROM attempt a LEFT JOIN attempt_outcome o USING (attempt_id)"
)


def spent(office, since=0):
    return office.rows(f"{SPENT} WHERE a.attempt_id > {since}")[0]


def worst_case(office, one):
    """What the first figure may cost at most; it is captioned."""
    office.run(partial(one, limit=1))
    return spent(office)["worst"]


def at_once(office, stage, workers):
    """Runs a stage as so many runs side by side; how each ended."""
    ends = []

    def work():
        try:
            ends.append(str(office.run(stage)))
        # Whatever it is, the test is to see it.
        except Exception as error:
            ends.append(repr(error))

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    return ends


@pytest.mark.parametrize("batch", [False, True], ids=["on-line", "batches"])
def test_a_day_keeps_to_its_budget_over_workers_at_once(batch, routed, batched, llm, depot, library):
    stage = partial(caption, batch=batch)
    make = partial(batched, batch_requests=2) if batch else partial(routed, max_output_tokens=100)
    library.figures(40)
    worst = worst_case(make(), stage)
    llm.latency, llm.written = 0.05, 4000
    # Answers of the fake batches cost far less than their worst case.
    budget = worst * (Decimal("1.1") if batch else 6)
    office = make(budget={"usd_per_day": str(budget)})
    ends = at_once(office, stage, workers=6)
    assert all("LeftOver" in end and "usd_per_day" in end for end in ends), ends
    found = spent(office)
    assert found["usd"] <= budget
    # What is charged frees what was held for it, so the money is used up to the last call that it has room for.
    assert found["usd"] + worst * Decimal("1.05") > budget
    assert not office.rows("SELECT FROM call_status WHERE state NOT IN ('answered', 'planned')")


PROGRAM = """
import sys
from omnisci_etl.captions.process import caption
from omnisci_etl.context import run_stage
from omnisci_etl.errors import OmnisciError
from omnisci_etl.ledger.runs import RunIdentity
try:
    run_stage(RunIdentity.of_command("caption"), caption)
except OmnisciError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@pytest.mark.slow
def test_a_day_keeps_to_its_budget_over_processes(routed, llm, library, tmp_path, monkeypatch):
    """Processes of their own, a vendor that is slow, and answers that cost nearly what was held for them."""
    llm.written = 4000
    library.figures(60)
    worst = worst_case(routed(max_output_tokens=100), caption)
    budget = worst * 12
    office = routed(max_output_tokens=100, max_in_flight=64, budget={"usd_per_day": str(budget)})
    llm.latency = 1.0
    command = [sys.executable, "-c", PROGRAM]
    processes = [
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=os.environ) for _ in range(4)
    ]
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert all("LeftOver" in one and "usd_per_day" in one for one in said), said
    found = spent(office)
    assert found["usd"] <= budget < found["usd"] + worst * Decimal("1.05")
    assert len(llm.bill) == found["attempts"]


def test_each_run_keeps_to_its_own_budget_beside_others(routed, llm, library):
    library.figures(40)
    worst = worst_case(routed(max_output_tokens=100), caption)
    first = spent(routed(max_output_tokens=100))["attempts"]
    llm.latency, llm.written = 0.05, 4000
    office = routed(max_output_tokens=100, budget={"usd_per_run": str(worst * 3)})
    at_once(office, caption, workers=4)
    runs = office.rows(
        "SELECT a.run_key, sum(o.cost_usd) AS usd FROM attempt a JOIN attempt_outcome o USING (attempt_id) "
        f"WHERE a.attempt_id > {first} GROUP BY 1"
    )
    assert len(runs) > 1
    assert all(0 < row["usd"] <= worst * 3 for row in runs)


def test_places_in_flight_hold_over_all_workers(routed, llm, library):
    office = routed(max_in_flight=4)
    for discipline in ("ecology", "physics", "materials-science"):
        library.figures(12, discipline=discipline)
    extraction = library.paper()
    for number in range(20, 50):
        library.figure(extraction, number)
    llm.latency = 0.1
    ends = at_once(office, caption, workers=3)
    assert all("'waiting': 0" in end for end in ends), ends
    assert len(llm.bill) == len({json.dumps(asked.body) for asked in llm.asked})
    # The vendor's own count of a request that it has answered ends a moment later than ours.
    assert llm.peak <= 4 + 1


def test_a_storm_of_429s_ends_with_the_first_answers(routed, llm, library):
    """What is in flight beyond what the vendor takes is refused once; then there are hardly any refusals."""
    office = routed(max_in_flight=24)
    library.figures(100)
    llm.most_in_flight, llm.latency = 6, 0.1
    assert office.run(caption)["captioned"] == 100
    rows = office.rows(
        "SELECT slug, a.sent_at FROM attempt a JOIN attempt_outcome USING (attempt_id) ORDER BY a.sent_at"
    )
    refused = [number for number, row in enumerate(rows) if row["slug"] == "rate-limited"]
    assert 18 <= len(refused) <= 18 + 6
    assert len([number for number in refused if number >= 40]) <= 3
    assert Counter(row["slug"] for row in rows)["answered"] == 100


def cascade(office, **policy):
    path = office.settings.routes
    content = json.loads(path.read_text())
    content["models"]["strong"] = content["models"]["main"] | {"model": "m-2"}
    content["policy"] |= {"mode": "cascade", "escalate": {"below": 0.6, "to": "strong"}} | policy
    path.write_text(json.dumps(content))
    return office


def test_a_model_that_is_down_costs_bounded_requests_a_run_and_is_asked_again_later(
    routed, llm, fault, library, monkeypatch
):
    office = cascade(routed(max_in_flight=8, settings_={"call_tries": 3}))
    library.figures(60)
    llm.always = fault("status", status=500)
    for number in (1, 2, 3):
        with pytest.raises(LeftOver, match=r"60 figures are left: .*overloaded"):
            office.run(caption)
        assert len(llm.asked) <= number * (8 + 3 + 2)
    assert {asked.body["model"] for asked in llm.asked} == {"m-1"}

    def healthy():
        with office.ledger.begin() as connection:
            return outlook.load(connection, load(office.settings), 0).is_healthy("main")

    assert not healthy()
    llm.always = None
    assert office.run(caption)["captioned"] == 60
    monkeypatch.setattr(outlook, "MINUTES", 0)
    assert healthy()
