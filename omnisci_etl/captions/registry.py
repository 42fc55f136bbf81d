"""The registry of prompts: those of this code and every one that the ledger has captions, calls or rows of."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

import yaml

from omnisci_etl.captions import prompts
from omnisci_etl.captions.prompts import KEYS, Prompt
from omnisci_etl.errors import ConfigError
from omnisci_etl.ledger.database import Ledger, sql

COLUMNS = ("name", "version", "sha256", "purpose", "where", "calls", "captions", "registered_at")
SHORTEST_HASH = 4
_SQL = "omnisci_etl.captions.sql"


@dataclass(frozen=True, slots=True)
class Entry:
    """A prompt, where it stands (code, ledger or both) and how often it was used."""

    prompt: Prompt
    in_code: bool
    calls: int = 0
    captions: int = 0
    registered_at: datetime | None = None

    def row(self) -> Sequence[Any]:
        """The values of COLUMNS."""
        where = "code" if self.registered_at is None else "code, ledger" if self.in_code else "ledger"
        prompt = self.prompt
        return (
            prompt.name, prompt.version, prompt.sha256[:12], prompt.purpose, where, self.calls, self.captions,
            self.registered_at,
        )  # fmt: skip


def names() -> list[str]:
    """The prompts of this code."""
    folder = files("omnisci_etl.captions").joinpath("prompts")
    return sorted(one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml"))


def entries(ledger: Ledger) -> list[Entry]:
    """Every known prompt, by name and time of its first use; those of the code that were never used come last."""
    current = {prompt.sha256: prompt for prompt in map(prompts.load, names())}
    with ledger.read() as connection:
        rows = connection.execute(sql(_SQL, "prompts")).mappings().all()
    used = [
        Entry(
            Prompt(**{name: row[name] for name in (*KEYS, "sha256")}),
            row["sha256"] in current, row["calls"], row["captions"], row["registered_at"],
        )
        for row in rows
    ]  # fmt: skip
    known = {entry.prompt.sha256 for entry in used}
    unused = [Entry(prompt, True) for sha256, prompt in current.items() if sha256 not in known]
    return sorted([*used, *unused], key=lambda entry: (entry.prompt.name, entry.registered_at is None))


def find(ledger: Ledger, which: str) -> Prompt:
    """The prompt of a name (that of this code), NAME@VERSION or the beginning of a hash. Raises ConfigError."""
    if which in names():
        return prompts.load(which)
    name, _, version = which.partition("@")
    known = [entry.prompt for entry in entries(ledger)]
    found = [
        p for p in known if (p.name, p.version) == (name, version) or (len(which) >= 4 and p.sha256.startswith(which))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        hashes = ", ".join(prompt.sha256[:12] for prompt in found)
        raise ConfigError(f"{which!r} is more than one prompt: say which of {hashes}")
    raise ConfigError(f"there is no prompt {which!r}: `omnisci prompts list` shows them")


def content(prompt: Prompt) -> dict[str, Any]:
    """The parts of a prompt that its hash covers, as its file holds them."""
    return {name: getattr(prompt, name) for name in KEYS}


def as_text(prompt: Prompt) -> str:
    """The prompt as its file reads."""
    return yaml.dump(
        content(prompt), Dumper=_Readable, sort_keys=False, allow_unicode=True, width=120, default_flow_style=False
    )


def diff(one: Prompt, other: Prompt) -> list[str]:
    """A unified diff of two prompts; empty where they are the same."""
    a, b = (f"{prompt.name}@{prompt.version} {prompt.sha256[:12]}" for prompt in (one, other))
    return list(difflib.unified_diff(as_text(one).splitlines(), as_text(other).splitlines(), a, b, lineterm=""))


class _Readable(yaml.SafeDumper):
    """YAML with texts of several lines as blocks."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _block)
