"""What scorers that embed share: sentence-transformers models, texts in windows, vectors kept over a run."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from importlib.util import find_spec
from statistics import fmean
from typing import Any

MAX_WINDOWS = 32
# Texts in one pass through a model; encode() brings those of like length together.
BATCH = 64
# Vectors kept for the next batch of captions: 30 MB for a model of 384 numbers.
KEPT = 20_000


def missing(modules: Mapping[str, str]) -> str | None:
    """Which of these modules (with the packages that hold them) lack, in one line; None where all are there."""
    lacking = [package for module, package in modules.items() if find_spec(module) is None]
    return f"the [embed] extra is not installed (missing: {', '.join(lacking)})" if lacking else None


def load_model(name: str, *, hub: bool = False, **options: Any) -> Any:
    """A sentence-transformers model on the CPU, with all cores. No connection is made unless `hub` allows one."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    return SentenceTransformer(name, device="cpu", local_files_only=not hub, **options)


def windows(tokenizer: Any, text: str, size: int, most: int = MAX_WINDOWS) -> list[str]:
    """The text in pieces that hold at most `size` tokens (without the special ones), `most` at most."""
    offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)["offset_mapping"]
    starts = range(0, min(len(offsets), size * most), size)
    return [text[offsets[i][0] : offsets[min(i + size, len(offsets)) - 1][1]] for i in starts]


class Vectors:
    """Unit vectors by key, made in batches; those that may be asked for again are kept, the oldest dropped first.

    make gives one vector for each key, in order; None for a key that has none.
    """

    def __init__(self, make: Callable[[list[str]], Sequence[Any]], keep: int = KEPT) -> None:
        self._make = make
        self._keep = keep
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def of(self, passing: Collection[str], kept: Collection[str]) -> dict[str, Any]:
        """The vectors of all these keys. Each is made once, in sorted order, so that batches do not depend on sets."""
        wanted = {*passing, *kept}
        found = {key: self._kept[key] for key in wanted if key in self._kept}
        lacking = sorted(wanted - found.keys())
        if lacking:
            found.update(zip(lacking, self._make(lacking), strict=True))
        for key in sorted(set(kept)):
            self._kept[key] = found[key]
            self._kept.move_to_end(key)
        while len(self._kept) > self._keep:
            self._kept.popitem(last=False)
        return found


def weighted(values: Sequence[float], pieces: Sequence[str]) -> float:
    """The mean of the values of pieces of a text, each weighted by its length."""
    return fmean(values, [len(piece) for piece in pieces])


def chunks(keys: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The keys, `size` at a time."""
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
