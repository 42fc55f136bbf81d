"""A web server on loopback that speaks the batch APIs of both vendors, keeps a bill, and fails as it is told."""

from __future__ import annotations

import contextlib
import json
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HTML = b"<html>bad gateway</html>"


@dataclass(frozen=True)
class BatchFault:
    """What to do with a request instead of a plain answer.

    kind: status, reset (before the work), billed-reset (after it), billed-status, garbage (after it), cut (of results:
    half of them, then the end).
    """

    kind: str
    status: int = 500
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class BatchServer:
    """faults: "METHOD path" with * for ids -> one entry (or None) for each coming request, used up in order.

    ends: whether batches end; end: OpenAI's word for how. rows: what happens to coming requests of batches, used up in
    order: fail, bad (a 400), expire, cancel, refuse, truncate, schema, or of those that are billed: lose (no line),
    garble, double, twin (a second, other answer). foreign: lines for nobody, in each batch. fails: codes with which
    coming batches of OpenAI fail as a whole. hides: calls of listings that show nothing.
    """

    def __init__(self) -> None:
        self.faults: dict[str, list[BatchFault | None]] = {}
        self.ends = True
        self.end = "completed"
        self.rows: list[str] = []
        self.foreign = 0
        self.fails: list[str] = []
        self.hides = 0
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.bill: list[dict[str, Any]] = []
        self.asked: Counter[str] = Counter()
        self.lock = threading.RLock()
        outer = self

        class Handler(_Handler):
            fake = outer

        ThreadingHTTPServer.daemon_threads = True
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reset(self) -> None:
        """Forgets everything that was done."""
        with self.lock:
            for kept in (self.faults, self.rows, self.files, self.batches, self.bill, self.asked):
                kept.clear()

    def start(self, api: str, requests: list[dict[str, Any]], metadata: Any) -> dict[str, Any]:
        """A batch as if somebody had submitted it."""
        with self.lock:
            prefix = "batch_" if api == "openai" else "msgbatch_"
            batch = {
                "id": f"{prefix}{len(self.batches)}x{random.getrandbits(40):x}", "api": api, "requests": requests,
                "metadata": metadata, "created": time.time(), "lines": None, "counts": Counter(), "failed": None,
                "output": None, "errors": None,
            }  # fmt: skip
            self.batches[batch["id"]] = batch
            return batch

    def settle(self, batch: dict[str, Any]) -> None:
        """Does the work of a batch, once."""
        if batch["lines"] is not None or not self.ends:
            return
        if batch["api"] == "openai" and self.fails:
            batch["failed"], batch["lines"] = self.fails.pop(0), []
            return
        good: list[bytes] = []
        bad: list[bytes] = []
        for request in batch["requests"]:
            fate = self.rows.pop(0) if self.rows else "ok"
            for line in self._lines(batch, request, fate):
                (bad if fate in ("fail", "bad", "expire", "cancel") else good).append(line)
        for number in range(self.foreign):
            good.append(json.dumps(_row(batch["api"], f"{'f' * 60}{number:04d}", _said("ok"), "m")).encode())
        random.shuffle(good)
        batch["lines"] = good + bad if batch["api"] == "anthropic" else [*good, *bad]
        if batch["api"] == "anthropic":
            random.shuffle(batch["lines"])
        for name, lines in (("output", good), ("errors", bad)):
            if lines:
                batch[name] = f"file_{batch['id']}{name}"
                self.files[batch[name]] = _jsonl(lines)

    def _lines(self, batch: dict[str, Any], request: dict[str, Any], fate: str) -> list[bytes]:
        api, custom_id = batch["api"], request["custom_id"]
        body = request["body"] if api == "openai" else request["params"]
        if fate in ("fail", "bad", "expire", "cancel"):
            batch["counts"]["bad"] += 1
            return [json.dumps(_fault_row(api, custom_id, fate)).encode()]
        batch["counts"]["ok"] += 1
        said = _said(fate, tokens=len(json.dumps(body)) // 50)
        lost = fate in ("lose", "garble")
        self.bill.append({**said["tokens"], "custom_id": custom_id, "model": body["model"], "batch": batch["id"], "lost": lost})  # fmt: skip
        line = json.dumps(_row(api, custom_id, said, body["model"])).encode()
        twin = json.dumps(_row(api, custom_id, _said("twin", len(json.dumps(body)) // 50), body["model"])).encode()
        return {"lose": [], "garble": [line[:40]], "double": [line, line], "twin": [line, twin]}.get(fate, [line])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: BatchServer

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers["Content-Length"])))

    def _serve(self, raw: bytes) -> None:
        fake, path = self.fake, self.path.partition("?")[0]
        name = f"{self.command} {re.sub(r'(?<=/)(file|batch|msgbatch)_[^/]+', '*', path)}"
        with fake.lock:
            fake.asked[name] += 1
            planned = fake.faults.get(name)
            fault = (planned.pop(0) if planned else None) or BatchFault("")
        if fault.kind == "status":
            body = {"error": {"type": "some_error", "message": "told to fail"}} if fault.body is None else fault.body
            return self._send(fault.status, body, fault.headers)
        if fault.kind == "reset":
            return self._drop()
        with fake.lock:
            found = self._post(path, raw) if self.command == "POST" else self._get(path)
        if fault.kind == "billed-reset":
            return self._drop()
        if fault.kind == "billed-status":
            return self._send(fault.status, {"error": {"message": "told to fail"}})
        if fault.kind == "garbage":
            return self._send(200, HTML, {"Content-Type": "text/html"})
        if found is None:
            return self._send(404, {"error": {"type": "not_found_error", "message": "no such thing"}})
        return self._cut(found) if fault.kind == "cut" else self._send(200, found)

    def _post(self, path: str, raw: bytes) -> Any:
        fake = self.fake
        if path == "/v1/files":
            name = f"file_{len(fake.files)}"
            lines = [line for line in raw.split(b"\n") if line.startswith(b'{"custom_id"')]
            fake.files[name] = b"\n".join(line.rstrip(b"\r") for line in lines)
            return {"id": name, "object": "file"}
        body = json.loads(raw)
        if path == "/v1/messages/batches":
            return _view(fake, fake.start("anthropic", body["requests"], None))
        requests = [json.loads(line) for line in fake.files[body["input_file_id"]].splitlines()]
        return _view(fake, fake.start("openai", requests, body["metadata"]))

    def _get(self, path: str) -> Any:
        fake = self.fake
        parts = path.strip("/").split("/")
        if path in ("/v1/batches", "/v1/messages/batches"):
            return self._page("openai" if path == "/v1/batches" else "anthropic")
        if parts[-1] == "content":
            return fake.files.get(parts[2])
        batch = fake.batches.get(parts[3] if parts[-1] == "results" else parts[-1])
        if batch is None or parts[-1] != "results":
            return _view(fake, batch) if batch else None
        fake.settle(batch)
        return _jsonl(batch["lines"]) if batch["lines"] is not None else None

    def _page(self, api: str) -> dict[str, Any]:
        fake = self.fake
        query = dict(pair.split("=") for pair in self.path.partition("?")[2].split("&") if "=" in pair)
        rows = [batch for batch in reversed(fake.batches.values()) if batch["api"] == api]
        if fake.hides > 0:
            fake.hides, rows = fake.hides - 1, []
        after = query.get("after") or query.get("after_id")
        ids = [batch["id"] for batch in rows]
        rows = rows[ids.index(after) + 1 :] if after in ids else rows
        limit = min(int(query.get("limit", 20)), 3)
        return {"data": [_view(fake, batch) for batch in rows[:limit]], "has_more": len(rows) > limit}

    def _send(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "request-id": "req_1", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _cut(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.wfile.flush()
        self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def _jsonl(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _view(fake: BatchServer, batch: dict[str, Any]) -> dict[str, Any]:
    fake.settle(batch)
    done, total = batch["lines"] is not None, len(batch["requests"])
    ok, bad = (batch["counts"]["ok"], batch["counts"]["bad"]) if done else (0, 0)
    if batch["api"] == "anthropic":
        counts = {
            "processing": 0 if done else total,
            "succeeded": ok,
            "errored": total - ok if done else 0,
            "canceled": 0,
            "expired": 0,
        }
        return {
            "id": batch["id"], "type": "message_batch", "processing_status": "ended" if done else "in_progress",
            "created_at": datetime.fromtimestamp(batch["created"], UTC).isoformat(), "request_counts": counts,
        }  # fmt: skip
    status = ("failed" if batch["failed"] else fake.end) if done else "in_progress"
    errors = (
        {"object": "list", "data": [{"code": batch["failed"], "message": "told to fail"}]} if batch["failed"] else None
    )
    return {
        "id": batch["id"], "object": "batch", "status": status, "created_at": int(batch["created"]), "errors": errors,
        "metadata": batch["metadata"], "output_file_id": batch["output"], "error_file_id": batch["errors"],
        "request_counts": {"total": total, "completed": ok, "failed": bad},
    }  # fmt: skip


def _said(fate: str, tokens: int = 100) -> dict[str, Any]:
    content: Any = {"caption": f"A line rises in the plot{' again' if fate == 'twin' else ''}.", "panels": []}
    if fate == "schema":
        content = {"unexpected": True}
    usage = {"input_tokens": tokens, "cached_tokens": 10, "output_tokens": 7}
    return {"text": json.dumps(content)[: 20 if fate == "truncate" else None], "fate": fate, "tokens": usage}


def _row(api: str, custom_id: str, said: dict[str, Any], model: str) -> dict[str, Any]:
    tokens, fate = said["tokens"], said["fate"]
    usage: dict[str, Any] = {"input_tokens": tokens["input_tokens"], "output_tokens": tokens["output_tokens"]}
    if api == "anthropic":
        reason = {"truncate": "max_tokens", "refuse": "refusal"}.get(fate, "end_turn")
        usage |= {"input_tokens": tokens["input_tokens"] - 10, "cache_read_input_tokens": 10}
        message = {
            "id": "msg_1", "type": "message", "model": f"{model}-x", "stop_reason": reason, "usage": usage,
            "content": [{"type": "text", "text": said["text"]}],
        }  # fmt: skip
        return {"custom_id": custom_id, "result": {"type": "succeeded", "message": message}}
    cut = fate == "truncate"
    part = {"type": "refusal", "refusal": "No."} if fate == "refuse" else {"type": "output_text", "text": said["text"]}
    body = {
        "id": "resp_1", "model": f"{model}-x", "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "output": [{"type": "message", "content": [part]}], "usage": usage | {"input_tokens_details": {"cached_tokens": 10}},
    }  # fmt: skip
    response = {"status_code": 200, "request_id": "req_row", "body": body}
    return {"id": "batch_req_1", "custom_id": custom_id, "response": response, "error": None}


def _fault_row(api: str, custom_id: str, fate: str) -> dict[str, Any]:
    kind = {"fail": "api_error", "bad": "invalid_request_error"}.get(fate, "")
    fault = {"type": "error", "error": {"type": kind, "message": "told to fail"}}
    if api == "anthropic":
        result = {"type": {"expire": "expired", "cancel": "canceled"}.get(fate, "errored")}
        return {"custom_id": custom_id, "result": result | ({"error": fault} if kind else {})}
    if kind:
        response = {"status_code": 500 if fate == "fail" else 400, "request_id": "r", "body": fault}
        return {"id": "b", "custom_id": custom_id, "response": response, "error": None}
    code = {"expire": "batch_expired", "cancel": "batch_cancelled"}[fate]
    return {"id": "b", "custom_id": custom_id, "response": None, "error": {"code": code, "message": "not done"}}
