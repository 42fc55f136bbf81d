"""What is asked of which kind of figure: taxonomy.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from omnisci_etl.hashing import canonical_sha256

OTHER = "other"


@dataclass(frozen=True)
class Taxonomy:
    """sorts: what each sort of question is about; kinds: the sorts that suit a kind of figure."""

    sorts: Mapping[str, str]
    kinds: Mapping[str, tuple[str, ...]]
    figure: int
    panel: int
    most: int
    sha256: str

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """The sorts that suit a kind of figure; a kind that is not named is as `other`."""
        return self.kinds.get(kind, self.kinds[OTHER])

    def count(self, panels: int) -> int:
        """How many questions a writer is asked for about a figure with so many lettered panels."""
        return min(self.most, self.figure + self.panel * panels)


@cache
def load() -> Taxonomy:
    """The taxonomy of the package."""
    content = yaml.safe_load(files(__package__).joinpath("taxonomy.yaml").read_text(encoding="utf-8"))
    kinds = {kind: tuple(sorts) for kind, sorts in content["kinds"].items()}
    return Taxonomy(content["sorts"], kinds, **content["questions"], sha256=canonical_sha256(content))
