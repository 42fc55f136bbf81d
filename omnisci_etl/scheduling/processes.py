"""Sessions: starting a component as the leader of one, and ending whole sessions for certain.

Airflow gives each running task a process group of its own, so a component's group is not all of it; the
session is.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

GRACE_SECONDS = 15.0
# After SIGKILL the kernel needs a moment.
KILLED_SECONDS = 5.0
PROC = Path("/proc")


def start(
    command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path
) -> subprocess.Popen[bytes]:
    """Starts a process as the leader of a new session, so that Ctrl-C in a terminal does not reach it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(environment), cwd=folder,
            start_new_session=True,
        )  # fmt: skip


def end_sessions(
    sessions: Iterable[int], *, grace_s: float = GRACE_SECONDS, reap: Callable[[], object] | None = None
) -> None:
    """Ends sessions: SIGTERM, up to grace_s seconds, SIGKILL. reap collects the caller's own dead children."""
    remaining = set(sessions)
    for sign, seconds in ((signal.SIGTERM, grace_s), (signal.SIGKILL, KILLED_SECONDS)):
        give_up = time.monotonic() + seconds
        alive = members(remaining)
        for process in alive:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, sign)
        while alive and time.monotonic() < give_up:
            time.sleep(0.05)
            if reap:
                reap()
            alive = members(remaining)


def members(sessions: Iterable[int]) -> list[int]:
    """The processes of the sessions that still run; zombies do not. Without /proc only the leaders are known."""
    wanted = set(sessions)
    if not (PROC / "self" / "stat").exists():
        return [leader for leader in wanted if _exists(leader)]
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            session, runs = _session(entry)
            if runs and session in wanted:
                found.append(int(entry.name))
    return found


def _session(entry: Path) -> tuple[int, bool]:
    """The session of a process, and whether it still runs."""
    try:
        fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return -1, False
    return int(fields[3]), fields[0] not in "ZX"


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
