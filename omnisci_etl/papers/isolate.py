"""Parsers of hostile bytes run in a process of their own, under limits of memory, CPU and wall-clock time.

Workers are started with exec, not forked, so that threads, locks and open connections of the caller stay
out of them, and live on for the next call, so that a heavy import is paid once. They see none of the
caller's secrets: the environment is cut down to what Python needs.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import math
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from omnisci_etl.errors import BadInput, ConfigError, HostileInput
from omnisci_etl.papers.model import Document

IDLE_SECONDS = 60.0
START_SECONDS = 120.0
MAX_IDLE = 2
# A busy machine gives a good document less than a whole processor: it is waited for so many times its seconds.
PATIENCE = 2

_ROOT = str(Path(__file__).resolve().parents[2])
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")
# Every thread of a model would reserve an arena of its own, and the limit of memory counts what is reserved.
_ALLOCATOR = {"MALLOC_ARENA_MAX": "2"}
_SERVE = (
    "import sys; sys.path.append(sys.argv[1]); from omnisci_etl.papers.isolate import serve; serve(int(sys.argv[2]))"
)
_OVER_LIMIT = (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL)
_ANSWERS = {("omnisci_etl.figures.images", "LoadedPicture"), ("datetime", "date")}
_ERRORS: dict[str, type[BadInput]] = {"BadInput": BadInput, "HostileInput": HostileInput}

_in_worker = False


def run_isolated(function: str, data: bytes, *, seconds: float, megabytes: int) -> Document:
    """The document that function ("package.module:name", taking bytes) makes of data, in another process.

    seconds are those of processors, all threads together; PATIENCE times as long is waited for by the clock.

    Raises what the function raises; HostileInput("parser-timeout") over the limit of time or memory;
    BadInput("malformed-document") where the process crashed.
    """
    document = call_isolated(function, data, seconds=seconds, megabytes=megabytes)
    if not isinstance(document, Document):
        raise TypeError(f"{function} returned {type(document).__name__}, not a Document")
    return document


def call_isolated(function: str, data: bytes, *, seconds: float, megabytes: int, **options: int | str) -> Any:
    """As run_isolated, for functions with further arguments and other results that the pool lets through."""
    if _in_worker:
        return _resolve(function)(data, **options)
    request = pickle.dumps((function, data, options, seconds, megabytes))
    worker = _pool.take()
    try:
        answer = worker.ask(request, seconds)
    except BaseException:
        worker.kill()
        raise
    _pool.give_back(worker)
    return _opened(answer)


class _Worker:
    """A worker process and the line to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            environment = _ALLOCATOR | {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", _SERVE, _ROOT, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        self.line = Connection(ours.detach())

    def start(self) -> bool:
        """Wait until the worker listens; False where it died first."""
        try:
            return self.line.poll(START_SECONDS) and self.line.recv_bytes() == b"ready"
        except (EOFError, OSError):
            return False

    def is_alive(self) -> bool:
        """Whether the worker still waits for a request: an idle one that ended has closed the line."""
        return self.process.poll() is None and not self.line.poll(0)

    def ask(self, request: bytes, seconds: float) -> bytes:
        """The answer to a request, or the error that stands for a worker that was too slow or died."""
        try:
            self.line.send_bytes(request)
            if not self.line.poll(PATIENCE * seconds):
                raise HostileInput("parser-timeout", f"not done after {PATIENCE * seconds:g} s")
            return self.line.recv_bytes()
        except (EOFError, OSError) as gone:
            status = self.process.wait(timeout=10)
            if -status in _OVER_LIMIT:
                raise HostileInput("parser-timeout", f"stopped by {signal.Signals(-status).name}") from gone
            raise BadInput("malformed-document", f"the parser crashed with status {status}") from gone

    def kill(self) -> None:
        """End the worker and what it started."""
        self.line.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class _Pool:
    """Idle workers of this process. A forked child starts with none: the parent's are not its own."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.lock = threading.Lock()
        self.idle: list[_Worker] = []

    def take(self) -> _Worker:
        while True:
            with self.lock:
                worker = self.idle.pop() if self.idle else None
            if worker is None:
                break
            if worker.is_alive():
                return worker
            worker.kill()
        worker = _Worker()
        if not worker.start():
            worker.kill()
            raise ConfigError("a worker process for parsers did not start; run `omnisci doctor`")
        return worker

    def give_back(self, worker: _Worker) -> None:
        with self.lock:
            if len(self.idle) < MAX_IDLE:
                self.idle.append(worker)
                return
        worker.kill()

    def close(self) -> None:
        """End the idle workers."""
        with self.lock:
            idle, self.idle = self.idle, []
        for worker in idle:
            worker.kill()


_pool = _Pool()
os.register_at_fork(after_in_child=_pool.reset)


def close_workers() -> None:
    """End the idle workers of this process now, not after their idle time."""
    _pool.close()


class _Answer(pickle.Unpickler):
    """Answers hold only documents and pictures: a worker taken over by its input cannot make us run code."""

    def find_class(self, module: str, name: str) -> Any:
        if module == Document.__module__ or (module, name) in _ANSWERS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} in an answer")


def _opened(answer: bytes) -> Any:
    try:
        kind, value = _Answer(io.BytesIO(answer)).load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, IndexError, KeyError) as e:
        raise HostileInput("malformed-document", f"an answer of the parser that cannot be read: {e}") from e
    if kind == "value":
        return value
    slug, message = value
    if kind in _ERRORS:
        raise _ERRORS[kind](slug, message)
    raise ConfigError(message)


# What follows runs in the worker.


def serve(fileno: int) -> None:
    """The worker's life: answer requests on a socket until the other side is gone or silent for long."""
    global _in_worker
    _in_worker = True
    line = Connection(fileno)
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        line.send_bytes(b"ready")
        while line.poll(IDLE_SECONDS):
            line.send_bytes(_answer(line.recv_bytes()))
    except (EOFError, OSError):
        return


def _watch(parent: int) -> None:
    """End with the parent even in the middle of a parse; without the GIL the alarm of the request does it."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(0, signal.SIGKILL)


def _answer(request: bytes) -> bytes:
    function, data, options, seconds, megabytes = pickle.loads(request)  # noqa: S301 - comes from our own process
    _limit(seconds, megabytes)
    answer: tuple[str, object]
    try:
        answer = ("value", _resolve(function)(data, **options))
    except BadInput as error:
        answer = (type(error).__name__, (error.slug, str(error)))
    except ConfigError as error:
        answer = ("ConfigError", ("", str(error)))
    except MemoryError:
        answer = ("HostileInput", ("parser-timeout", f"over the limit of {megabytes} MB"))
    signal.setitimer(signal.ITIMER_REAL, 0)
    return pickle.dumps(answer)


def _limit(seconds: float, megabytes: int) -> None:
    """The kernel stops a request that its caller did not: by default action, so that no Python code has to run."""
    signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds + 5)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    processor_seconds = math.ceil(usage.ru_utime + usage.ru_stime + seconds)
    for kind, soft in ((resource.RLIMIT_CPU, processor_seconds), (resource.RLIMIT_AS, megabytes << 20)):
        hard = resource.getrlimit(kind)[1]
        try:
            resource.setrlimit(kind, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
        except (ValueError, OSError):
            continue  # not every system can limit the address space


def _resolve(function: str) -> Any:
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)
