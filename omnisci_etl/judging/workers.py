"""Scorers that need nothing but text, on all cores.

Workers are started with exec, as a fork would share locks and connections with its parent, and without a look at the
caller's main module, which multiprocessing would import again.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection

from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.lines import Key, Scored, score_lines

# So many captions keep a process busy for longer than it takes to hand them over.
PART = 100
# A worker holds hundreds of thousands of objects for as long as it lives: what the collector looks through must be new.
_YOUNG = 50_000


class Workers:
    """Scores candidates, in processes of their own where there is a pool."""

    def __init__(self, cores: int) -> None:
        self._threads = ThreadPoolExecutor(cores, "scorers") if cores > 1 else None
        self._own = threading.local()
        self._lines: list[_Worker] = []

    def start(
        self, keys: Sequence[Key], captions: Sequence[int], candidates: Sequence[Candidate]
    ) -> list[Future[Scored]]:
        """Begins with the candidates of these ids; each future holds what score_lines gives for one part, in order."""
        if self._threads is None:
            done: Future[Scored] = Future()
            done.set_result(score_lines(keys, captions, candidates))
            return [done]
        parts = [slice(start, start + PART) for start in range(0, len(candidates), PART)]
        return [self._threads.submit(self._ask, keys, captions[part], candidates[part]) for part in parts]

    def _ask(self, keys: Sequence[Key], captions: Sequence[int], candidates: Sequence[Candidate]) -> Scored:
        """In a thread: by the process that belongs to it."""
        worker: _Worker | None = getattr(self._own, "worker", None)
        if worker is None:
            worker = self._own.worker = _Worker()
            self._lines.append(worker)
        return worker.ask(keys, captions, candidates)

    def close(self) -> None:
        """Ends the processes; parts that are not begun are dropped."""
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for worker in self._lines:
            worker.close()


@contextmanager
def workers(captions: int) -> Iterator[Workers]:
    """Workers for about so many captions; for few of them starting processes would take longer than the work."""
    cores = len(os.sched_getaffinity(0)) if captions >= 2 * PART else 1
    crew = Workers(cores)
    try:
        yield crew
    finally:
        crew.close()


class _Worker:
    """A process that scores, and the line to it; it ends with the line."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", __name__, str(theirs.fileno())]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        self._line = Connection(ours.detach())

    def ask(self, keys: Sequence[Key], captions: Sequence[int], candidates: Sequence[Candidate]) -> Scored:
        """The scores of candidates. Raises RuntimeError where the process has ended."""
        try:
            self._line.send((keys, captions, candidates))
            scored: Scored = self._line.recv()
        except (EOFError, OSError):
            raise RuntimeError(f"a process that scores ended with exit code {self._process.wait()}") from None
        return scored

    def close(self) -> None:
        """Ends the process."""
        self._line.close()
        self._process.wait()


def serve(descriptor: int) -> None:
    """The life of a worker: scores what it is sent until the other side is gone; faults end it with a traceback."""
    # Ctrl-C reaches the whole group: the parent ends its workers by itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = Connection(descriptor)
    gc.freeze()
    gc.set_threshold(_YOUNG)
    try:
        while True:
            keys, captions, candidates = line.recv()
            line.send(score_lines(keys, captions, candidates))
    except (EOFError, OSError):
        return


if __name__ == "__main__":
    serve(int(sys.argv[1]))
