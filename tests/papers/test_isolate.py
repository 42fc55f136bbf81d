"""Worker processes: limits, crashes, reuse, threads, forks, and that none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers import isolate
from omnisci_etl.papers.isolate import call_isolated, close_workers, run_isolated

JATS = b"<article><front><article-meta><title-group><article-title>T</article-title></title-group></article-meta></front></article>"


@pytest.fixture(autouse=True)
def _no_workers_left() -> Iterator[None]:
    yield
    close_workers()


def call(function: str, data: object, *, seconds: float = 20, megabytes: int = 2000) -> object:
    return call_isolated(function, data, seconds=seconds, megabytes=megabytes)  # type: ignore[arg-type]


def evaluate(expression: str, **limits: float) -> object:
    """The value of a Python expression in a worker: stands for any parser."""
    return call("builtins:eval", expression, **limits)  # type: ignore[arg-type]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_parser_in_a_worker() -> None:
    document = run_isolated("omnisci_etl.papers.jats:parse", JATS, seconds=20, megabytes=2000)
    assert (document.extractor, document.title) == ("jats", "T")


def test_errors_of_the_parser_come_through() -> None:
    with pytest.raises(BadInput) as caught:
        run_isolated("omnisci_etl.papers.jats:parse", b"<broken", seconds=20, megabytes=2000)
    assert caught.value.slug == "malformed-document"
    with pytest.raises(HostileInput) as hostile:
        run_isolated("omnisci_etl.papers.jats:parse", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a/>", seconds=20, megabytes=2000)
    assert hostile.value.slug == "hostile-xml"


def test_what_is_no_document_is_an_error() -> None:
    with pytest.raises(TypeError):
        run_isolated("builtins:len", b"abc", seconds=20, megabytes=2000)


def test_the_worker_is_used_again() -> None:
    pid = evaluate("__import__('os').getpid()")
    assert pid == evaluate("__import__('os').getpid()")
    assert pid != os.getpid()


@pytest.mark.parametrize(
    "expression", ["__import__('time').sleep(60)", "[0 for _ in iter(int, 1)]", "sum(range(10**18))"]
)
def test_too_slow(expression: str) -> None:
    pid = evaluate("__import__('os').getpid()")
    start = time.monotonic()
    with pytest.raises(HostileInput) as caught:
        evaluate(expression, seconds=0.5)
    assert caught.value.slug == "parser-timeout"
    assert time.monotonic() - start < 5
    assert isinstance(pid, int)
    assert not is_running(pid)


def test_too_much_memory() -> None:
    with pytest.raises(HostileInput) as caught:
        evaluate("bytearray(3 * 10**9)", megabytes=1000)
    assert caught.value.slug == "parser-timeout"
    assert evaluate("len(bytearray(10**8))", megabytes=1000) == 10**8


def test_a_crash_and_the_next_call() -> None:
    for crash in ("__import__('ctypes').string_at(0)", "__import__('os')._exit(3)", "1/0"):
        with pytest.raises(BadInput) as caught:
            evaluate(crash)
        assert caught.value.slug == "malformed-document"
    assert evaluate("1 + 1") == 2


def test_a_worker_that_died_while_idle_is_replaced() -> None:
    pid = evaluate("__import__('os').getpid()")
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    assert evaluate("1 + 1") == 2


def test_answers_cannot_run_code() -> None:
    for answer in ("__import__('pathlib').Path('x')", "__import__('decimal').Decimal(1)"):
        with pytest.raises(HostileInput):
            evaluate(answer)


def test_the_worker_sees_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "secret")
    assert evaluate("__import__('os').environ.get('SOME_API_KEY', '')") == ""


def test_calls_from_threads_run_side_by_side() -> None:
    with ThreadPoolExecutor(4) as pool:
        pids = list(
            pool.map(lambda _: evaluate("(__import__('time').sleep(.3), __import__('os').getpid())[1]"), range(4))
        )
    assert len(set(pids)) == 4
    assert len(isolate._pool.idle) <= isolate.MAX_IDLE


def test_a_worker_outlives_the_thread_that_started_it() -> None:
    pids: list[object] = []
    thread = threading.Thread(target=lambda: pids.append(evaluate("__import__('os').getpid()")))
    thread.start()
    thread.join()
    time.sleep(1)
    assert evaluate("__import__('os').getpid()") == pids[0]


def test_a_forked_child_has_workers_of_its_own() -> None:
    mine = evaluate("__import__('os').getpid()")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(evaluate("__import__('os').getpid()")).encode())
        close_workers()
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    assert int(os.read(reader, 100)) != mine
    assert evaluate("__import__('os').getpid()") == mine


def test_inside_a_worker_calls_are_direct() -> None:
    nested = "__import__('omnisci_etl.papers.isolate').papers.isolate.call_isolated('builtins:len', b'abcd', seconds=1, megabytes=1)"
    assert evaluate(nested) == 4


PARENT = """
import sys, threading, time
from omnisci_etl.papers.isolate import call_isolated
print(call_isolated("builtins:eval", "__import__('os').getpid()", seconds=9, megabytes=2000), flush=True)
if sys.argv[1] == "busy":
    call_isolated("builtins:eval", "__import__('time').sleep(600)", seconds=600, megabytes=2000)
time.sleep(600)
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_no_worker_survives_a_killed_parent(state: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, state], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    time.sleep(0.2)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while is_running(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_running(worker)
    parent.stdout.close()
