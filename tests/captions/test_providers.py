"""What vendors answer, as answers of ours."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import yaml
from pydantic import SecretStr, ValidationError

from omnisci_etl.captions import providers
from omnisci_etl.captions.prompts import FIGURE_CAPTION, load
from omnisci_etl.captions.providers import anthropic_messages, openai_chat, openai_responses, wire
from omnisci_etl.captions.providers.base import Answer, ModelRequest, Usage, judged, printable
from omnisci_etl.captions.routes import Model, Policy, Provider, Routes
from omnisci_etl.errors import ConfigError, ServiceError

SCHEMA = load(FIGURE_CAPTION).output_schema
REQUEST = ModelRequest(model="m-1", system="s", user="u", schema=SCHEMA)
READERS = {
    "/v1/messages": anthropic_messages.read,
    "/v1/chat/completions": openai_chat.read,
    "/v1/responses": openai_responses.read,
}
GOOD = json.dumps({"caption": "A line.", "panels": [{"label": "a", "text": "One."}]})


def received(body, status=200, **headers):
    return wire.Received(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


ERRORS = [
    (400, {"error": {"message": "Invalid schema", "type": "invalid_request_error", "code": None}}, "bad-request"),
    (400, {"error": {"message": "blocked", "code": "content_policy_violation"}}, "content-filtered"),
    (400, {"error": {"message": "no such model", "code": "model_not_found"}}, "model-not-found"),
    (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access the API."}}, "no-credit"),
    (401, {"error": {"message": "bad key"}}, "wrong-key"),
    (402, {"type": "error", "error": {"type": "billing_error", "message": "pay"}}, "no-credit"),
    (403, {"error": {"message": "no right"}}, "wrong-key"),
    (404, b"<html>", "model-not-found"),
    (408, {}, "request-timeout"),
    (409, {}, "overloaded"),
    (413, {"error": {"type": "request_too_large", "message": "too large"}}, "bad-request"),
    (422, [], "bad-request"),
    (429, {"error": {"message": "Rate limit reached", "type": "tokens", "code": "rate_limit_exceeded"}}, "rate-limited"),
    (429, {"error": {"message": "quota", "type": "insufficient_quota", "code": "insufficient_quota"}}, "no-credit"),
    (500, b"", "overloaded"),
    (503, b"\xff\xfe", "overloaded"),
    (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "overloaded"),
    (302, b"", "garbled-answer"),
    (204, b"", "garbled-answer"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "slug"), ERRORS)
def test_statuses_become_slugs(status, body, slug):
    answer = wire.failure(received(body, status, **{"x-request-id": "req_9", "retry-after": "3"}))
    assert answer.slug == slug
    assert (answer.http_status, answer.request_id, answer.retry_after) == (status, "req_9", 3)
    assert answer.error.startswith(f"{status}: ")
    assert answer.usage == Usage()


def test_every_slug_is_registered():
    from importlib.resources import files

    known = yaml.safe_load(files("omnisci_etl").joinpath("statuses.yaml").read_text())
    for slug in {slug for _, _, slug in ERRORS} | {
        "connection-lost",
        "truncated",
        "refused",
        "off-schema",
        "strikes-out",
        "answered",
    }:
        assert slug in known["call"]


def test_retry_after_as_seconds_milliseconds_and_date():
    later = datetime.now(UTC) + timedelta(seconds=90)
    assert wire.retry_after({"retry-after": "2.5"}) == 2.5
    assert wire.retry_after({"retry-after-ms": "250", "retry-after": "1"}) == 0.25
    assert 80 < wire.retry_after({"retry-after": format_datetime(later)}) <= 90
    for value in ("soon", "-3", "nan", "1e99", ""):
        assert wire.retry_after({"retry-after": value}) is None
    assert wire.retry_after({}) is None


def test_a_text_is_read_against_the_schema():
    answer = Answer("off-schema", http_status=200)
    assert judged(answer, GOOD, SCHEMA) == replace(answer, slug="answered", content=json.loads(GOOD))
    escaped = json.dumps({"caption": "a\x00b\ud83d", "panels": [{"label": "\udc00", "text": "\U0001f600"}]})
    assert judged(answer, escaped, SCHEMA).content == {
        "caption": "ab?",
        "panels": [{"label": "?", "text": "\U0001f600"}],
    }
    for text, said in [
        ("", "not JSON"), ("no", "not JSON"), ("[" * 100_000, "not JSON"), ("{}", "the answer: 'caption' is a required property"),
        ('{"caption": 3, "panels": []}', "caption: 3 is not of type 'string'"),
        ('{"caption": "x", "panels": [{"label": "a"}]}', "panels.0: 'text' is a required property"),
        ('{"caption": "x", "panels": [], "more": 1}', "the answer: Additional properties"),
    ]:  # fmt: skip
        found = judged(answer, text, SCHEMA)
        assert found.slug == "off-schema"
        assert said in found.error
        assert len(found.error) <= 500


def test_texts_of_strangers_fit_the_ledger():
    assert printable("a\x00b\ud800c", 3) == "ab"
    assert printable("a\ud800c") == "a?c"
    assert printable("x" * 300) == "x" * 200


@pytest.mark.parametrize("path", READERS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b"[]",
        b"null",
        b'{"id": "x", "model": "m", "choices": [], "output": 3, "content": 3}',
        b"\xff",
    ],
)
def test_a_200_that_is_not_the_apis_is_garbled(path, body):
    with pytest.raises(ValidationError):
        READERS[path](received(body), REQUEST)


def test_absurd_token_counts_are_garbled():
    body = {
        "id": "x",
        "model": "m",
        "stop_reason": "end_turn",
        "content": [{"type": "text", "text": GOOD}],
        "usage": {"input_tokens": -4, "output_tokens": 1},
    }
    with pytest.raises(ValidationError):
        anthropic_messages.read(received(body), REQUEST)
    body["usage"] = {"input_tokens": 10**12, "output_tokens": 1}
    with pytest.raises(ValidationError):
        anthropic_messages.read(received(body), REQUEST)


def test_a_failed_response_of_a_200():
    body = {
        "id": "r",
        "model": "m",
        "status": "failed",
        "output": [],
        "error": {"code": "server_error", "message": "x"},
        "usage": None,
    }
    assert openai_responses.read(received(body), REQUEST).slug == "overloaded"
    body["error"]["code"] = "rate_limit_exceeded"
    assert openai_responses.read(received(body), REQUEST).slug == "rate-limited"
    body["error"] = {"code": "invalid_prompt", "message": "x"}
    assert openai_responses.read(received(body), REQUEST).slug == "bad-request"


def test_keys_that_servers_send_back_are_masked():
    key = SecretStr("sk-secret-1")
    import httpx2

    found = wire.Received.of(
        httpx2.Response(200, content=b'{"a": "sk-secret-1"}', headers={"X-Request-Id": "of sk-secret-1"}), key
    )
    assert found.body == b'{"a": "***"}'
    assert found.request_id == "of ***"


def provider_spec(api, url):
    return Provider(api=api, base_url=url, api_key_env="VLLM_API_KEY")


@pytest.mark.parametrize(("api", "suffix"), [("openai", "/v1"), ("openai-compatible", "/v1"), ("anthropic", "")])
def test_the_free_check_of_a_provider(api, suffix, llm, fault, settings, monkeypatch):
    routes = Routes(
        providers={"vendor": provider_spec(api, llm.url + suffix)}, models={"main": Model(provider="vendor", model="m-9")},
        policy=Policy(name="p", default="main"),
    )  # fmt: skip
    assert providers.check_provider(settings, routes, "vendor") == "answers, 2 models; it does not list m-9"
    llm.faults["/v1/models"] = [fault("status", status=401, body={"error": {"message": "bad key"}})]
    with pytest.raises(ConfigError, match="refuses the key"):
        providers.check_provider(settings, routes, "vendor")
    llm.faults["/v1/models"] = [fault("status", status=500)]
    with pytest.raises(ServiceError, match="does not answer: 500"):
        providers.check_provider(settings, routes, "vendor")
    monkeypatch.delenv("VLLM_API_KEY")
    with pytest.raises(ConfigError, match="VLLM_API_KEY is not set"):
        providers.check_provider(settings, routes, "vendor")
    assert llm.bill == []


def test_params_go_into_the_body_and_the_schema_stays():
    request = replace(REQUEST, params={"text": {"verbosity": "low"}, "reasoning": {"effort": "low"}})
    body = openai_responses.body(request)
    assert body["text"] == {
        "verbosity": "low",
        "format": {"type": "json_schema", "name": "answer", "schema": SCHEMA, "strict": True},
    }
    assert body["reasoning"] == {"effort": "low"}
    body = anthropic_messages.body(replace(REQUEST, params={"output_config": {"effort": "low"}}))
    assert body["output_config"] == {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}}
    assert openai_chat.body(replace(REQUEST, params={"seed": 7}))["seed"] == 7


def test_environment_variables_of_the_sdks_change_no_address(monkeypatch, llm):
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "another-secret")

    async def ask(api):
        provider = providers.build(
            provider_spec(api, llm.url + ("" if api == "anthropic" else "/v1")), SecretStr("k"), 5.0
        )
        try:
            return await provider.complete(REQUEST)
        finally:
            await provider.close()

    for api in ("openai", "openai-compatible", "anthropic"):
        assert asyncio.run(ask(api)).slug == "answered"
    assert all("another-secret" not in json.dumps(dict(asked.headers)) for asked in llm.asked)


def interactions(realdata):
    """Recorded (path, status, body) of the vendors."""
    for path in sorted(realdata.glob("llm_wire/*/*.y*ml")):
        for one in yaml.load(path.read_text(), yaml.CSafeLoader).get("interactions", []):
            uri = one["request"]["uri"].split("?")[0]
            if "api." not in uri:
                continue
            response = one["response"]
            body = (
                json.dumps(response["parsed_body"]) if "parsed_body" in response else response["body"].get("string", "")
            )
            data = body.encode() if isinstance(body, str) else body
            data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
            yield uri.split(".com")[1], response["status"]["code"], data


@pytest.mark.realdata
def test_recorded_answers_are_read_with_their_tokens(realdata):
    read = refused = 0
    for path, status, data in interactions(realdata):
        if status != 200:
            answer = wire.failure(received(data, status))
            assert answer.slug in ("bad-request", "model-not-found")
            assert "an error without a message" not in answer.error
            refused += 1
        elif data.startswith(b"{") and path in READERS:
            answer = READERS[path](received(data), REQUEST)
            usage = json.loads(data)["usage"]
            assert answer.model_resolved == json.loads(data)["model"]
            assert answer.slug in ("off-schema", "truncated")
            wanted = usage.get("input_tokens", usage.get("prompt_tokens"))
            extra = (usage.get("cache_read_input_tokens") or 0) + (usage.get("cache_creation_input_tokens") or 0)
            assert answer.usage.input_tokens == wanted + extra
            assert answer.usage.output_tokens == usage.get("output_tokens", usage.get("completion_tokens"))
            read += 1
        elif path in READERS:
            with pytest.raises(ValidationError):
                READERS[path](received(data), REQUEST)
    assert read >= 15
    assert refused >= 5


@pytest.mark.realdata
def test_recorded_errors_of_overload(realdata):
    for line in (realdata / "llm_wire/errors_from_issues/errors_from_issues.jsonl").read_text().splitlines():
        row = json.loads(line)
        body = row.get("body") or json.dumps({"error": {"message": row["message"]}})
        assert (
            wire.failure(received(body.encode(), row["status"])).slug
            == {429: "rate-limited", 529: "overloaded"}[row["status"]]
        )


def test_a_key_that_is_a_word_spoils_no_answer():
    import httpx2

    response = httpx2.Response(200, headers={"x-request-id": "x"}, content=b'{"text": "max of x over test"}')
    for key in ("x", "test"):
        found = wire.Received.of(response, SecretStr(key))
        assert found.body == b'{"text": "max of x over test"}'
