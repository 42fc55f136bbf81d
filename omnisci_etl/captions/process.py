"""Stages that ask models, in a process of their own, which outlives whoever started it by as long as requests take.

What is under way when a command is killed has been paid for. So the requests are made by a child in a session of its
own, which no kill of the command, of its process group or by a terminal reaches. The connection between the two is its
lifeline: where that ends, the child sends nothing more, stores the answers to what it has sent, and ends. Its lock
(Run.owner) tells every other process that its calls are still taken care of.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pkgutil import resolve_name
from typing import Any

from omnisci_etl.captions import routes, stage
from omnisci_etl.captions.concurrency import AWAY
from omnisci_etl.captions.planning import Planner
from omnisci_etl.config import Settings
from omnisci_etl.context import Context, Counts, Progress
from omnisci_etl.errors import OmnisciError, ServiceError
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger, reason
from omnisci_etl.ledger.runs import Run, RunIdentity

_LOST = (EOFError, OSError)
_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class _Order:
    """What the child is to do: the stage `module:function` with these options, under a run that has been started."""

    settings: Settings
    run_key: int
    identity: RunIdentity
    stage: str
    options: dict[str, Any]


def caption(context: Context, **options: Any) -> Counts:
    """captions.stage.caption by run; routes without a vendor need no process of their own."""
    planner = Planner(routes.load(context.settings))
    if all(planner.is_extractive(name) for name in planner.routes.routed_models()):
        return stage.caption(context, **options)
    return run(context, f"{stage.__name__}:{stage.caption.__name__}", options)


def run(context: Context, target: str, options: Mapping[str, Any]) -> Counts:
    """Runs a stage, `module:function` (context, **options), with its progress, counts and errors as if it ran here.

    Its requests are made by a process of its own, under the same run. Interrupted, it waits until the answers under
    way are stored. Options are what pickle can carry.
    """
    with _Child(_Order(context.settings, context.run.key, context.run.identity, target, dict(options))) as child:
        return child.result(context, target)


class _Child:
    """The process, and this end of the connection to it."""

    def __init__(self, order: _Order) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", __name__, str(theirs.fileno())]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=[theirs.fileno()]
            )
        self._line = Connection(ours.detach())
        with suppress(*_LOST):
            self._line.send(order)

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        self._process.wait()

    def result(self, context: Context, target: str) -> Counts:
        """What the child came to; its progress is passed on. Raises what the child raised."""
        while True:
            try:
                word, content = self._line.recv()
            except _LOST:
                raise ServiceError(
                    f"the process that asks models ended with exit code {self._process.wait()}; run it again"
                ) from None
            if word == "progress":
                context.progress.update(*content)
            elif word == "counts":
                return dict(content)
            elif isinstance(content, OmnisciError):
                raise content
            else:
                raise RuntimeError(f"{target} failed\n{content}")


class _Line:
    """The child's end: a progress that tells the parent, as long as there is one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._over = False

    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        """Passes progress on."""
        self._say("progress", (done, total, note))

    def end(self, word: str, content: object) -> None:
        """Tells the parent how it ended."""
        self._over = True
        self._say(word, content)

    def order(self) -> _Order:
        """What is to be done. From then on the end of the line interrupts this process, once; EOFError before."""
        order: _Order = self._connection.recv()
        threading.Thread(target=self._watch, daemon=True).start()
        return order

    def _say(self, word: str, content: object) -> None:
        with suppress(*_LOST):
            self._connection.send((word, content))

    def _watch(self) -> None:
        with suppress(*_LOST):
            self._connection.recv()
        if not self._over:
            os.kill(os.getpid(), signal.SIGINT)


def _serve(order: _Order, progress: Progress) -> Counts:
    ledger = Ledger.open(order.settings)
    try:
        joined = Run.join(ledger, order.run_key, order.identity)
        context = Context(order.settings, ledger, BlobStore(order.settings.blob_url), joined, progress)
        counts: Counts = resolve_name(order.stage)(context, **order.options)
        return counts
    finally:
        ledger.close()


def main(descriptor: int) -> int:
    """The child's whole life; its exit code."""
    # Whoever started the parent may have switched the interrupt off; a request to end is one, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    line = _Line(Connection(descriptor))
    try:
        order = line.order()
    except _LOST:
        return _INTERRUPTED
    try:
        line.end("counts", _serve(order, line))
    except OmnisciError as error:
        line.end("error", error)
    except AWAY as error:
        line.end("error", ServiceError(f"the database went away ({reason(error)}): run it again"))
    except KeyboardInterrupt:
        return _INTERRUPTED
    # The border of the process: the parent shows the traceback as its own.
    except Exception:
        line.end("bug", traceback.format_exc())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
