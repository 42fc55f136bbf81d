"""The routes file and the router."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from omnisci_etl import diagnosis
from omnisci_etl.captions import conditions, routes
from omnisci_etl.captions.evidence import Evidence, MentionText, PanelText
from omnisci_etl.captions.outlook import Outlook
from omnisci_etl.captions.router import decide, features
from omnisci_etl.config import Settings
from omnisci_etl.errors import ConfigError

EXAMPLE = """
providers:
  openai:    {api: openai, api_key_env: OPENAI_API_KEY}
  claude:    {api: anthropic}
  gpu-box:   {api: openai-compatible, base_url: "http://127.0.0.1:8000/v1", api_key_env: VLLM_API_KEY}
  offline:   {api: extractive}
models:
  extract: {provider: offline, model: extractive-1, family: none}
  cheap:   {provider: openai, model: gpt-x-luna, family: gpt, usd_per_mtok: {input: 0.10, cached_input: 0.01, output: 0.50, batch_factor: 0.5},
            max_in_flight: 32, requests_per_minute: 500, tokens_per_minute: 2000000, max_output_tokens: 2000, params: {}, retires_on: null}
  strong:  {provider: claude, model: claude-opus-x, usd_per_mtok: {input: 4, output: 20, batch_factor: 0.5}, max_in_flight: 8}
policy:
  name: default-2026-11
  mode: rules
  rules:
    - {when: {kind: [chart, plot], panels_at_least: 4}, use: strong}
    - {when: {discipline: [materials-science]}, use: extract}
  default: cheap
  escalate: {below: 0.6, to: strong, at_most: 1}
  explore: 0.0
judges: {caption: [strong, cheap], qa_writer: [cheap], qa_answerer: [cheap, strong]}
allow_same_family_judge: false
budget: {usd_per_day: 20, usd_per_run: 5}
"""
PATH = Path("/somewhere/routes.yaml")


def parse(text=EXAMPLE):
    return routes.parse(text.encode(), PATH)


def test_the_example_of_the_contract_is_read():
    found = parse()
    cheap = found.models["cheap"]
    assert cheap.prices.input == Decimal("0.1")
    assert cheap.prices.cached_input == Decimal("0.01")
    assert (cheap.max_in_flight, cheap.max_output_tokens) == (32, 2000)
    assert found.models["strong"].prices.cached_input is None
    assert found.models["extract"].prices.output == 0
    assert found.provider_of("strong").url == "https://api.anthropic.com"
    assert found.provider_of("strong").api_key_env == "ANTHROPIC_API_KEY"
    assert found.providers["gpu-box"].url == "http://127.0.0.1:8000/v1"
    assert (found.family_of("strong"), found.family_of("extract")) == ("claude", "none")
    assert found.routed_models() == ["strong", "extract", "cheap"]
    assert found.budget.usd_per_day == 20


def change(*path, value=None, drop=False):
    """The example with one thing changed."""
    import yaml

    content = yaml.safe_load(EXAMPLE)
    place = content
    for step in path[:-1]:
        place = place[step]
    if drop:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(content)


FAULTS = [
    (change("models", "cheap", "usd_per_mtok", drop=True),
     "models.cheap.usd_per_mtok: a price is required (a model without a price is an error, never free)"),
    (change("models", "cheap", "usd_per_mtok", "input", value="much"), "models.cheap.usd_per_mtok.input"),
    (change("models", "cheap", "usd_per_mtok", "input", value=-1), "models.cheap.usd_per_mtok.input"),
    (change("models", "cheap", "usd_per_mtok", "output", drop=True), "models.cheap.usd_per_mtok.output: it is required"),
    (change("models", "cheap", "provider", value="openia"), "models.cheap.provider: there is no provider 'openia'; did you mean 'openai'?"),
    (change("models", "cheap", "max_inflight", value=3), "models.cheap.max_inflight: there is no such key here"),
    (change("models", "cheap", "max_in_flight", value=0), "models.cheap.max_in_flight"),
    (change("models", "cheap", "params", value={"n": 4}), "models.cheap.params: n cannot be set here"),
    (change("policy", "rules", 0, "use", value="strng"), "policy.rules.0.use: there is no model 'strng'; did you mean 'strong'?"),
    (change("policy", "default", value="nothing"), "policy.default: there is no model 'nothing'; known are extract, cheap, strong"),
    (change("policy", "escalate", "to", value="x"), "policy.escalate.to: there is no model 'x'"),
    (change("judges", "qa_answerer", value=["cheap", "x"]), "judges.qa_answerer.1: there is no model 'x'"),
    (change("policy", "rules", 0, "when", value={"colour": "red"}), "policy.rules.0.when.colour: unknown feature; known are kind, discipline"),
    (change("policy", "rules", 0, "when", value={"kind_at_least": 3}), "policy.rules.0.when.kind_at_least: kind is no number"),
    (change("policy", "rules", 0, "when", value={"panels_at_least": "four"}), "policy.rules.0.when.panels_at_least: a number is expected"),
    (change("policy", "rules", 0, "when", value={"kind": 4}), "policy.rules.0.when.kind: a word or a list of words is expected"),
    (change("policy", "rules", 0, "when", value={}), "policy.rules.0.when"),
    (change("policy", value={"name": "x", "mode": "cascade", "default": "cheap"}), "policy.escalate: mode cascade needs it: {below: a gate score, to: a model, at_most: 1}"),
    (change("policy", "escalate", "to", value=["strong", "strnog"]), "policy.escalate.to: there is no model 'strnog'; did you mean 'strong'?"),
    (change("providers", "openai", "base_url", value="http://example.org"), "providers.openai.base_url: must be https"),
    (change("providers", "gpu-box", "base_url", drop=True), "providers.gpu-box: an openai-compatible provider needs its base_url"),
    (change("providers", "offline", "api_key_env", value="X"), "providers.offline: the extractive api takes neither"),
    (change("providers", "openai", "api", value="opnai"), "providers.openai.api: Input should be 'openai'"),
    (change("policy", drop=True), "policy: it is required"),
    ("- a list", "it must hold providers, models and policy"),
    ("a: [b", "not YAML"),
    ("\x00", "not YAML"),
    ("models: {a: 1, a: 2}", "not YAML: the key 'a' stands twice"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_a_fault_is_one_line_that_names_its_place_and_the_remedy(text, message):
    with pytest.raises(ConfigError) as raised:
        parse(text)
    said = str(raised.value)
    assert said.startswith("routes.yaml: ")
    assert message in said
    assert "\n" not in said


def test_files_that_are_not_there_or_not_set(tmp_path):
    assert routes.load(Settings()) is routes.DEFAULT
    with pytest.raises(ConfigError, match=r"OMNISCI_ROUTES: .*No such file"):
        routes.load(Settings(routes=tmp_path / "none.yaml"))
    (tmp_path / "big.yaml").write_bytes(b"#" * (routes.MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="larger than"):
        routes.load(Settings(routes=tmp_path / "big.yaml"))
    (tmp_path / "good.yaml").write_text(EXAMPLE)
    assert routes.load(Settings(routes=tmp_path / "good.yaml")).policy.name == "default-2026-11"


def test_models_that_retire_are_named(caplog):
    text = change("models", "cheap", "retires_on", value="2020-01-01")
    found = parse(text)
    assert "models.cheap: gpt-x-luna retired on 2020-01-01" in caplog.text
    assert routes.warnings(found, date(2019, 12, 20)) == [
        "models.cheap: gpt-x-luna retires on 2020-01-01; name another model in "
        "policy.default and judges.caption.1 and judges.qa_writer.0 and judges.qa_answerer.0"
    ]
    assert routes.warnings(found, date(2020, 1, 2))[0].startswith("models.cheap: gpt-x-luna retired on")
    assert routes.warnings(found, date(2019, 6, 1)) == []


def test_a_family_is_known_by_its_name_whoever_serves_the_model_and_however_it_is_written():
    content = json.loads(change("allow_same_family_judge", value=False))
    price = {"input": 1, "output": 1}
    content["models"]["kin"] = {"provider": "openai", "model": "openai/gpt-x-luna", "usd_per_mtok": price}
    content["models"]["loud"] = {"provider": "openai", "model": "m", "family": "GPT", "usd_per_mtok": price}
    content["judges"] = {"caption": ["kin", "loud"]}
    found = parse(json.dumps(content))
    assert found.family_of("kin") == "gpt"
    with pytest.raises(ConfigError, match="only kin, loud, of the captioner's own family 'gpt'"):
        found.judge_for("caption", ["gpt"])
    assert found.judge_for("caption", ["claude"]) == "kin"


def test_judges_that_retire_are_named_and_models_that_nobody_names_are_not():
    content = json.loads(change("policy", "rules", value=[]))
    content["models"]["strong"]["retires_on"] = content["models"]["extract"]["retires_on"] = "2020-01-01"
    (said,) = routes.warnings(parse(json.dumps(content)), date(2020, 1, 1))
    assert said.startswith("models.strong: claude-opus-x retired on 2020-01-01; name another model in judges.caption.0")
    assert "policy" not in said


def test_the_doctor_shows_models_that_retire(tmp_path, monkeypatch):
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "VLLM_API_KEY"):
        monkeypatch.delenv(name)
    path = tmp_path / "routes.yaml"
    path.write_text(change("models", "cheap", "retires_on", value="2020-01-01"))
    found = [one for one in diagnosis._routes(Settings(routes=path)) if one.what == "retirement"]
    assert [one.state for one in found] == ["warning"]
    assert "gpt-x-luna retired on 2020-01-01" in found[0].text


def test_the_policy_hash_covers_policy_and_models():
    hashes = {
        parse(text).policy_sha256
        for text in (
            EXAMPLE, change("policy", "name", value="other"), change("models", "cheap", "model", value="gpt-y"),
            change("models", "cheap", "usd_per_mtok", "input", value=0.2), change("providers", "gpu-box", "base_url", value="https://a.b"),
        )
    }  # fmt: skip
    assert len(hashes) == 4
    assert parse().policy_sha256 == parse(json.dumps(__import__("yaml").safe_load(EXAMPLE))).policy_sha256


@dataclass(frozen=True)
class Figure:
    evidence: Evidence
    disciplines: tuple[str, ...] = ("physics",)
    source: str = "arxiv"
    extractor: str = "jats"
    width: int = 640
    height: int = 480


def figure(kind="chart", panels=0, words=3, **options):
    evidence = Evidence(
        "Fig. 1", " ".join(["word"] * words), kind=kind, panels=tuple(PanelText(chr(97 + n), "x") for n in range(panels)),
        mentions=(MentionText("two words"),),
    )  # fmt: skip
    return Figure(evidence, **options)


def test_features_of_a_figure():
    assert features(figure(panels=2)) == {
        "kind": "chart", "panels": 2, "discipline": ["physics"], "source": "arxiv", "extractor": "jats", "width": 640,
        "height": 480, "caption_words": 3, "evidence_words": 5, "mentions": 1, "numbers": 0, "language": "other",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "rule", "model"),
    [
        (figure("chart", panels=4), 0, "strong"),
        (figure("plot", panels=9), 0, "strong"),
        (figure("chart", panels=3), "default", "cheap"),
        (figure("map", panels=4), "default", "cheap"),
        (figure("map", disciplines=("physics", "materials-science")), 1, "extract"),
        (figure("chart", panels=4, disciplines=("materials-science",)), 0, "strong"),
    ],
)
def test_the_first_rule_that_fits_decides(given, rule, model):
    decision = decide(parse(), features(given), Outlook(), 0.5)
    assert (decision.model, decision.reason["rule"], decision.reason["use"]) == (model, rule, model)
    assert decision.probability == 1
    assert decision.candidates == ("strong", "extract", "cheap")


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ({"panels": 2}, True), ({"panels": [1, 2]}, True), ({"panels": 3}, False), ({"panels_at_most": 2}, True),
        ({"panels_at_most": 1}, False), ({"width_at_least": 640, "height_at_most": 480}, True), ({"source": "natcomms"}, False),
        ({"extractor": ["jats", "latex"]}, True), ({"caption_words_at_least": 4}, False), ({"mentions": 1}, True),
    ],
)  # fmt: skip
def test_conditions(when, fits):
    found = parse(change("policy", "rules", value=[{"when": when, "use": "strong"}]))
    assert (decide(found, features(figure(panels=2)), Outlook(), 0.5).model == "strong") is fits


def test_settings_are_not_changed_by_parsing():
    before = copy.deepcopy(routes.DEFAULT.model_dump())
    parse()
    assert routes.DEFAULT.model_dump() == before


def test_every_key_of_the_file_is_documented():
    page = (Path(__file__).resolve().parents[2] / "docs" / "routes.md").read_text()
    parts = (routes.Provider, routes.Prices, routes.Model, routes.Policy, routes.Escalate, routes.Judges, routes.GateShares,
             routes.Budget, routes.Routes)  # fmt: skip
    missing = {
        name for part in parts for name in part.model_fields if f"`{name}" not in page and f".{name}`" not in page
    }
    assert missing == set()
    assert all(f"`{name}`" in page for name in (*conditions.WORDS, *conditions.NUMBERS))
