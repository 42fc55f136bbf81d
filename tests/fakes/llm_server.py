"""A web server on loopback that speaks the vendors' wire formats, keeps a bill, and fails as it is told."""

from __future__ import annotations

import contextlib
import hashlib
import json
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATHS = {"/v1/responses": "responses", "/v1/chat/completions": "chat", "/v1/messages": "messages"}


@dataclass(frozen=True)
class Fault:
    """What to do instead of a plain answer.

    kind: status, reset (before the work), billed-reset (after it), hang, garbage, truncate, refuse, off-schema, empty,
    filtered, no-usage. body and headers are those of kind status; body of garbage, too.
    """

    kind: str
    status: int = 500
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    at: float


class LLMServer:
    """faults: path -> one entry (or None) for each coming request, used up in order; by_text: a fault for the first
    request that holds the text; always: a fault for every request.

    bill: a row for each answer that was worked out; its digest is that of the request. cached: tokens of every input that count as cached.
    caption and panels are what it answers; "{user}" in caption stands for the request's own text;
    caption_of gives the caption of a request, caption itself unless it is replaced; content_of, where set, gives the
    whole content of an answer.
    """

    def __init__(self) -> None:
        self.faults: dict[str, list[Fault | None]] = {}
        self.by_text: dict[str, Fault] = {}
        self.always: Fault | None = None
        self.bill: list[dict[str, Any]] = []
        self.asked: list[Asked] = []
        self.cached = 0
        self.written = 0
        self.latency = 0.0
        self.most_in_flight = 0
        self.caption = "A line rises from left to right in the plot of the figure."
        self.caption_of: Callable[[dict[str, Any]], str] = lambda _: self.caption
        self.content_of: Callable[[dict[str, Any]], Any] | None = None
        self.panels: list[dict[str, str]] = [{"label": "a", "text": "A line."}]
        self.in_flight = self.peak = 0
        self.gate = threading.Event()
        self.gate.set()
        self.lock = threading.Lock()
        outer = self

        class Handler(_Handler):
            fake = outer

        ThreadingHTTPServer.daemon_threads = True
        ThreadingHTTPServer.request_queue_size = 256
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()

    def fault_for(self, path: str, data: object = None) -> Fault | None:
        with self.lock:
            if planned := self.faults.get(path):
                return planned.pop(0)
            if found := next((words for words in self.by_text if words in json.dumps(data)), None):
                return self.by_text.pop(found)
            return self.always

    def answered(self) -> list[dict[str, Any]]:
        """Rows of the bill whose answer left."""
        return [row for row in self.bill if not row["lost"]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: LLMServer

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.split("?")[0] == "/v1/models":
            if fault := self.fake.fault_for("/v1/models"):
                return self._status(fault)
            rows = [{"id": name, "object": "model", "created": 1, "owned_by": "x"} for name in ("m-1", "m-2")]
            return self._send(200, {"object": "list", "data": rows, "has_more": False})
        return self._send(404, {"error": {"message": "no such path"}})

    def do_POST(self) -> None:
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fake = self.fake
        with fake.lock:
            fake.asked.append(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, data, time.monotonic()))
            fake.in_flight += 1
            fake.peak = max(fake.peak, fake.in_flight)
            crowded = 0 < fake.most_in_flight < fake.in_flight
        try:
            self._post(data, crowded)
        finally:
            with fake.lock:
                fake.in_flight -= 1

    def _post(self, data: dict[str, Any], crowded: bool) -> None:
        fake = self.fake
        if crowded:
            return self._status(Fault("status", 429, headers={"Retry-After": "0.2"}))
        fault = fake.fault_for(self.path, data) or Fault("")
        if fault.kind == "status":
            return self._status(fault)
        if fault.kind == "reset":
            return self._drop()
        if fault.kind == "garbage":
            return self._send(
                200, fault.body or b"<html>bad gateway</html>", {"Content-Type": "text/html", **fault.headers}
            )
        if fault.kind == "hang":
            time.sleep(fault.seconds)
        time.sleep(fake.latency)
        fake.gate.wait(30)
        said = self._work(data, fault)
        lost = fault.kind in ("billed-reset", "hang") or self._client_left()
        with fake.lock:
            row = {**said["tokens"], "model": data["model"], "lost": lost, "path": self.path, "digest": said["digest"]}
            fake.bill.append(row)
        if lost:
            return self._drop()
        shape = {"responses": _response, "chat": _chat, "messages": _message}[PATHS[self.path]]
        return self._send(200, shape(said, fault.kind))

    def _work(self, data: dict[str, Any], fault: Fault) -> dict[str, Any]:
        text = json.dumps(data)
        content: Any = {"caption": self.fake.caption_of(data), "panels": self.fake.panels}
        if self.fake.content_of is not None:
            content = self.fake.content_of(data)
        if fault.kind == "empty":
            content = {**content, "caption": "  "}
        if fault.kind == "off-schema":
            content = {"unexpected": True}
        words = len(text.split())
        return {
            "model": f"{data['model']}-2026-08-01",
            "text": json.dumps(content)[: 20 if fault.kind == "truncate" else None],
            "digest": hashlib.sha256(text.encode()).hexdigest(),
            "tokens": {
                "input_tokens": words + self.fake.cached + self.fake.written, "cached_tokens": self.fake.cached,
                "cache_write_tokens": self.fake.written, "output_tokens": len(json.dumps(content).split()),
            },
        }  # fmt: skip

    def _status(self, fault: Fault) -> None:
        body = (
            {"error": {"type": "some_error", "code": None, "message": "told to fail"}}
            if fault.body is None
            else fault.body
        )
        self._send(fault.status, body, fault.headers)

    def _send(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        sent = {"Content-Type": "application/json", "x-request-id": "req_1", "request-id": "req_1", **(headers or {})}
        for name, value in sent.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _client_left(self) -> bool:
        ready, _, _ = select.select([self.connection], [], [], 0)
        try:
            return bool(ready) and self.connection.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def _response(said: dict[str, Any], kind: str) -> dict[str, Any]:
    tokens = said["tokens"]
    part: dict[str, Any] = {"type": "output_text", "text": said["text"], "annotations": []}
    if kind == "refuse":
        part = {"type": "refusal", "refusal": "I cannot help with that."}
    reason = {"truncate": "max_output_tokens", "filtered": "content_filter"}.get(kind)
    usage = {
        "input_tokens": tokens["input_tokens"], "output_tokens": tokens["output_tokens"],
        "input_tokens_details": {"cached_tokens": tokens["cached_tokens"], "cache_write_tokens": tokens["cache_write_tokens"]},
        "output_tokens_details": {"reasoning_tokens": 0},
    }  # fmt: skip
    return {
        "id": f"resp_{said['digest'][:8]}", "object": "response", "created_at": 1, "model": said["model"],
        "status": "incomplete" if reason else "completed", "incomplete_details": {"reason": reason} if reason else None,
        "error": None, "output": [{"type": "reasoning", "id": "rs_1", "summary": []},
                                  {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}],
        "usage": None if kind == "no-usage" else usage,
    }  # fmt: skip


def _chat(said: dict[str, Any], kind: str) -> dict[str, Any]:
    tokens = said["tokens"]
    message: dict[str, Any] = {"role": "assistant", "content": said["text"], "refusal": None}
    if kind == "refuse":
        message.update(content=None, refusal="I cannot help with that.")
    usage = {
        "prompt_tokens": tokens["input_tokens"], "completion_tokens": tokens["output_tokens"],
        "prompt_tokens_details": {"cached_tokens": tokens["cached_tokens"]},
    }  # fmt: skip
    reason = {"truncate": "length", "filtered": "content_filter"}.get(kind, "stop")
    return {
        "id": f"chatcmpl-{said['digest'][:8]}", "object": "chat.completion", "created": 1, "model": said["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        **({} if kind == "no-usage" else {"usage": usage}),
    }  # fmt: skip


def _message(said: dict[str, Any], kind: str) -> dict[str, Any]:
    tokens = said["tokens"]
    reason = {"truncate": "max_tokens", "refuse": "refusal"}.get(kind, "end_turn")
    return {
        "id": f"msg_{said['digest'][:8]}", "type": "message", "role": "assistant", "model": said["model"],
        "content": [{"type": "text", "text": "No." if kind == "refuse" else said["text"]}], "stop_reason": reason,
        "usage": {
            "input_tokens": tokens["input_tokens"] - tokens["cached_tokens"] - tokens["cache_write_tokens"],
            "cache_read_input_tokens": tokens["cached_tokens"], "cache_creation_input_tokens": tokens["cache_write_tokens"],
            "output_tokens": tokens["output_tokens"],
        },
    }  # fmt: skip
