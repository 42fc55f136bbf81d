"""The registry of prompts and the reports on routes."""

from __future__ import annotations

import pytest
import yaml

from omnisci_etl.captions import prompts, registry, route_reports
from omnisci_etl.captions import routes as routes_file
from omnisci_etl.captions.planning import Planner
from omnisci_etl.captions.stage import caption
from omnisci_etl.errors import ConfigError


@pytest.fixture
def revised(monkeypatch):
    """Makes the code's figure prompt another version."""

    def make(version="2.0.0"):
        load = prompts.load.__wrapped__
        old = load(prompts.FIGURE_CAPTION)
        content = registry.content(old) | {"version": version, "system": old.system + "Be brief.\n"}
        made = prompts.parse(content, old.name)
        monkeypatch.setattr(prompts, "load", lambda name: made if name == old.name else load(name))
        return old, made

    return make


def test_prompts_of_code_and_ledger_are_listed_with_their_use(routed, library, revised):
    office = routed()
    library.figures(2)
    office.run(caption)
    old, made = revised()
    rows = [dict(zip(registry.COLUMNS, entry.row(), strict=True)) for entry in registry.entries(office.ledger)]
    by_hash = {row["sha256"]: row for row in rows}
    assert by_hash[old.sha256[:12]]["where"] == "ledger"
    assert (by_hash[old.sha256[:12]]["calls"], by_hash[old.sha256[:12]]["captions"]) == (2, 2)
    assert by_hash[made.sha256[:12]]["where"] == "code"
    assert by_hash[made.sha256[:12]]["registered_at"] is None
    assert {row["name"] for row in rows} == set(registry.names())


def test_a_prompt_is_found_by_name_version_and_hash(routed, library, revised):
    office = routed()
    library.figures(1)
    office.run(caption)
    old, made = revised()
    assert registry.find(office.ledger, "figure-caption") == made
    assert registry.find(office.ledger, f"figure-caption@{old.version}").sha256 == old.sha256
    assert registry.find(office.ledger, old.sha256[:8]).sha256 == old.sha256
    with pytest.raises(ConfigError, match="prompts list"):
        registry.find(office.ledger, "figure-caption@9")
    with pytest.raises(ConfigError, match="no prompt"):
        registry.find(office.ledger, old.sha256[:3])


def test_the_same_version_of_two_contents_is_asked_back(routed, library, revised):
    office = routed()
    library.figures(1)
    office.run(caption)
    old, made = revised(version=prompts.load("figure-caption").version)
    with pytest.raises(ConfigError, match="more than one") as caught:
        registry.find(office.ledger, f"figure-caption@{old.version}")
    assert old.sha256[:12] in str(caught.value)
    assert made.sha256[:12] in str(caught.value)


def test_a_diff_shows_the_lines_that_differ(revised):
    old, made = revised()
    lines = registry.diff(old, made)
    assert "+version: 2.0.0" in lines
    assert "+  Be brief." in lines
    assert sum(line.startswith(("+", "-")) for line in lines) == 5
    assert registry.diff(old, old) == []


def test_a_prompt_reads_back_from_its_text():
    for name in registry.names():
        prompt = prompts.load(name)
        assert prompts.parse(yaml.safe_load(registry.as_text(prompt)), name).sha256 == prompt.sha256


def test_the_report_adds_up_to_what_was_spent(routed, llm, library, fault):
    office = routed(rules=[{"when": {"kind": "map"}, "use": "extract"}])
    extraction = library.paper(discipline="physics")
    for number in range(1, 4):
        library.figure(extraction, number, kind="chart")
    library.figure(extraction, 4, kind="map")
    llm.faults["/v1/responses"] = [fault("truncate")]
    office.run(caption)
    columns, rows = route_reports.report(office.ledger)
    found = {row["model"]: row for row in (dict(zip(columns, row, strict=True)) for row in rows)}
    assert set(found) == {"m-1", "extractive-1"}
    chart = found["m-1"]
    assert (chart["kind"], chart["discipline"], chart["calls"], chart["attempts"], chart["failures"]) == (
        "chart", "physics", 3, 4, 1,
    )  # fmt: skip
    (spent,) = office.rows("SELECT sum(cost_usd) AS usd FROM spend")
    assert sum(row["cost_usd"] for row in found.values()) == spent["usd"] > 0
    assert (chart["captions"], chart["accepted"], chart["quality"], chart["cost_per_accepted"]) == (3, 0, None, None)
    _, only = route_reports.report(office.ledger, "extractive-1")
    assert [row[1] for row in only] == ["extractive-1"]


def test_a_figure_is_explained_before_and_after(routed, library):
    rules = [{"when": {"panels_at_least": 3, "kind": "chart"}, "use": "extract"}]
    office = routed(rules=rules)
    (figure,) = library.figures(1)
    planner = Planner(routes_file.load(office.settings))
    before = route_reports.explain(office.ledger, planner, figure)
    assert before["decisions"] == []
    assert (before["now"]["use"], before["now"]["standing"]) == ("main", "wanted")
    assert before["now"]["rules"] == [
        {"when": rules[0]["when"], "use": "extract", "fits": False, "missed": ["panels_at_least"]}
    ]
    assert before["now"]["usd"] > 0
    office.run(caption)
    after = route_reports.explain(office.ledger, planner, figure)
    (made,) = after["decisions"]
    assert (made["model"], made["state"], made["probability"]) == ("m-1", "answered", 1.0)
    assert made["cost_usd"] > 0
    assert made["price"]["output"] == "10"
    assert after["now"]["standing"] == "done"
    with pytest.raises(ConfigError, match="does not exist"):
        route_reports.explain(office.ledger, planner, 10**6)


def test_an_extractive_route_costs_nothing(offline, library):
    (figure,) = library.figures(1)
    found = route_reports.explain(offline.ledger, Planner(routes_file.load(offline.settings)), figure)
    assert (found["now"]["usd"], found["now"]["use"]) == (0.0, "extract")
