"""Ends the launcher's sessions when the launcher itself is gone, even by SIGKILL.

It reads lines from its standard input, the other end of which only the launcher holds: `+N` and `-N` name
sessions that began and ended, `done` says that nothing is left to do. The end of the input without
`done` means that the launcher has died.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable
from pathlib import Path

from omnisci_etl.scheduling.processes import end_sessions


def sessions_left(lines: Iterable[str]) -> set[int] | None:
    """The sessions that the launcher left behind; None where it said that it was done."""
    sessions: set[int] = set()
    for line in lines:
        word = line.strip()
        if word == "done":
            return None
        if word[:1] == "+":
            sessions.add(int(word[1:]))
        elif word[:1] == "-":
            sessions.discard(int(word[1:]))
    return sessions


def main(arguments: list[str]) -> int:
    """Watches. The argument, where there is one, is the folder of the embedded server to stop as well."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    left = sessions_left(sys.stdin)
    if left is None:
        return 0
    end_sessions(left)
    if arguments:
        from omnisci_etl.ledger.embedded import EmbeddedServer

        EmbeddedServer(Path(arguments[0])).stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
