"""Process groups: starting a component in a session of its own, and ending whole groups for certain."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

GRACE_SECONDS = 15.0
# After SIGKILL: how long to wait for the kernel, and for init to reap orphans.
KILLED_SECONDS = 5.0


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


def end_groups(
    groups: Iterable[int], *, grace_s: float = GRACE_SECONDS, reap: Callable[[], object] | None = None
) -> None:
    """Ends process groups: SIGTERM, up to grace_s seconds, SIGKILL. reap collects the caller's own dead children."""
    remaining = set(groups)
    for sign, seconds in ((signal.SIGTERM, grace_s), (signal.SIGKILL, KILLED_SECONDS)):
        for group in remaining:
            _signal(group, sign)
        give_up = time.monotonic() + seconds
        while remaining and time.monotonic() < give_up:
            if reap:
                reap()
            remaining = {group for group in remaining if is_alive(group)}
            time.sleep(0.05)


def is_alive(group: int) -> bool:
    """Whether the group has a process that is not a zombie; without /proc, whether it has any."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if not Path("/proc/self/stat").exists():
        return True
    return any(_group_and_state(entry) == (group, True) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _group_and_state(entry: Path) -> tuple[int, bool]:
    """The process group, and whether the process still runs."""
    try:
        fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return -1, False
    return int(fields[2]), fields[0] not in "ZX"


def _signal(group: int, sign: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, sign)
