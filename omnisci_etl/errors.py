"""Errors that a user can meet, on two axes: who must act (exit code) and what happened (a stored slug)."""

from __future__ import annotations

from collections.abc import Mapping


class OmnisciError(Exception):
    """Anything that the program can explain in one line; bugs are never of this type.

    exit_code is the command's exit code: 1 when work is left or a service is away, 2 when the user must
    change a setting or an argument.
    """

    exit_code = 1


class ConfigError(OmnisciError):
    """A setting, a routes file or an argument is wrong; the message says what to do about it."""

    exit_code = 2


class ServiceError(OmnisciError):
    """A server could not be reached or did not answer as it should, after all retries."""

    def __init__(self, message: str, slug: str = "service-unreachable") -> None:
        super().__init__(message)
        self.slug = slug


class BadInput(OmnisciError):
    """Bytes that came from outside could not be used; slug is stored with the row they belong to."""

    def __init__(self, slug: str, message: str = "") -> None:
        super().__init__(message or slug)
        self.slug = slug


class HostileInput(BadInput):
    """Bytes from outside that break a safety cap: bombs, traversal, entities, devices."""


class LeftOver(OmnisciError):
    """The command did what it could, and work is left for the next run; counts say what was done."""

    def __init__(self, message: str, counts: Mapping[str, int] | None = None) -> None:
        super().__init__(message)
        self.counts = dict(counts or {})
